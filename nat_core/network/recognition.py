"""Which architecture a stranger's tensors make, and which of them is which: shapes decide, names only tell the order.

A file's tensors are grouped into layers by what stands before their last dot. The shapes of all layers together say
which architecture it is. Convolutions of one shape follow each other as their names count (conv1 before conv2, layer2
before layer10); a norm belongs to the convolutions with which its name has most in common. So what a project calls its
parts, and what DataParallel, torch.compile or a wrapper put before the names, does not matter.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product

import torch

from nat_core.errors import CheckpointError
from nat_core.language import _, ngettext
from nat_core.measure.predictions import MAX_CLASSES
from nat_core.network.models import ARCHITECTURES, build

COUNTER = ("num_batches_tracked", "n_averaged")
"""The ends of the names of what only training reads: of a norm, and of PyTorch's AveragedModel."""
_MOST_GUESSES = 4
"""Of how many numbers of classes a file that fits nothing is looked at."""
Shape = tuple[int, ...]
Path = tuple[str, ...]
_KNOWN_NAMES = (
    (r"^conv1\.", "stem.0."),
    (r"^bn1\.", "stem.1."),
    (r"^layer([1-4])\.", lambda match: f"stages.{int(match[1]) - 1}."),
    (r"\.bn([12])\.", r".norm\1."),
    (r"\.downsample\.", ".shortcut."),
    (r"^(linear|fc)\.", "classifier."),
)
"""What github.com/kuangliu/pytorch-cifar and torchvision call parts of ours, for sentences on a file that fits none."""


@dataclass(frozen=True)
class _Layer:
    """Tensors with one name but for its last part."""

    path: Path
    tensors: tuple[tuple[str, Shape], ...]
    """The last part of each name, and its shape, in the order of the names."""

    @property
    def is_norm(self) -> bool:
        """Whether it keeps a mean of what passed it."""
        return "running_mean" in dict(self.tensors)

    @property
    def kernel(self) -> Shape:
        """Height and width of a convolution, () for any other layer."""
        weight = dict(self.tensors).get("weight", ())
        return weight[2:] if len(weight) == 4 else ()


@dataclass(frozen=True)
class Recognised:
    """What a file's tensors make."""

    architecture: str
    """A key of `models.ARCHITECTURES`."""
    classes: int
    names: dict[str, str]
    """Our name of each of the file's tensors, counters left out."""


def recognised(shapes: Mapping[str, Shape], name: str) -> Recognised:
    """Return which architecture the tensors of these shapes, by their names, make; `name`, the file's, is for errors.

    Raises CheckpointError, in one sentence, where they make none that we know, or where their names leave open which
    tensor is which.
    """
    classes = _classes(shapes, name)
    layers = _layers(shapes)
    kinds = Counter(layer.tensors for layer in layers)
    for architecture in ARCHITECTURES:
        ours = _layers(shapes_of(architecture, classes))
        if Counter(layer.tensors for layer in ours) != kinds:
            continue
        pairs = _paired(layers, ours)
        if pairs is None:
            raise CheckpointError(
                _(
                    "{name} has the shapes of {architecture}, but its names leave open which tensor is which: name the "
                    "layers of a block alike, such as layer1.0.conv1 and layer1.0.bn1.",
                    name=name,
                    architecture=architecture,
                )
            )
        names = {
            ".".join((*theirs.path, last)): ".".join((*mine.path, last))
            for theirs, mine in pairs
            for last, _shape in theirs.tensors
        }
        return Recognised(architecture, classes, names)
    raise CheckpointError(_unknown(shapes, [classes], name))


def _classes(shapes: Mapping[str, Shape], name: str) -> int:
    """How many classes the one linear layer tells apart."""
    linear = [shape for key, shape in shapes.items() if len(shape) == 2]
    if len(linear) != 1:
        # Of several linear layers any may be the last one: two networks in one file have two of the same.
        several = dict.fromkeys(rows for rows, _columns in linear if 2 <= rows <= MAX_CLASSES)
        raise CheckpointError(_unknown(shapes, [*several][:_MOST_GUESSES] or [10], name))
    classes = linear[0][0]
    if not 2 <= classes <= MAX_CLASSES:
        told = ngettext(
            "{name} has {count:,} class; from 2 to {most:,} can be shown.",
            "{name} has {count:,} classes; from 2 to {most:,} can be shown.",
            classes,
            name=name,
            most=MAX_CLASSES,
        )
        raise CheckpointError(told)
    return classes


def _layers(shapes: Mapping[str, Shape]) -> list[_Layer]:
    """The layers in the order of the first tensor of each, counters left out."""
    found: dict[Path, dict[str, Shape]] = defaultdict(dict)
    for key, shape in shapes.items():
        *path, last = key.split(".")
        if last not in COUNTER:
            found[tuple(path)][last] = shape
    return [_Layer(path, tuple(sorted(tensors.items()))) for path, tensors in found.items()]


def _paired(theirs: Sequence[_Layer], ours: Sequence[_Layer]) -> list[tuple[_Layer, _Layer]] | None:
    """Each of their layers with ours, given that all shapes agree; None where the names leave open which is which."""
    theirs = sorted(theirs, key=lambda layer: _natural(layer.path))
    pairs = _in_order(*(_by(lambda layer: layer.tensors, layers) for layers in (_not_norms(theirs), _not_norms(ours))))
    if pairs is None:
        return None
    place = {their.path: our.path for their, our in pairs if our.kernel}
    norms = _in_order(
        _by(lambda norm: (_part([place[each] for each in _nearest(norm.path, place)]), norm.tensors), _norms(theirs)),
        _by(lambda norm: (_part(_nearest(norm.path, place.values())), norm.tensors), _norms(ours)),
    )
    return None if norms is None else pairs + norms


def _norms(layers: Iterable[_Layer]) -> list[_Layer]:
    return [layer for layer in layers if layer.is_norm]


def _not_norms(layers: Iterable[_Layer]) -> list[_Layer]:
    return [layer for layer in layers if not layer.is_norm]


def _by(key: Callable[[_Layer], Hashable], layers: Iterable[_Layer]) -> dict[Hashable, list[_Layer]]:
    found = defaultdict(list)
    for layer in layers:
        found[key(layer)].append(layer)
    return found


def _in_order(
    theirs: Mapping[Hashable, list[_Layer]], ours: Mapping[Hashable, list[_Layer]]
) -> list[tuple[_Layer, _Layer]] | None:
    """The layers of each group one by one; None where the groups are not the same."""
    if {key: len(group) for key, group in theirs.items()} != {key: len(group) for key, group in ours.items()}:
        return None
    return [pair for key, group in theirs.items() for pair in zip(group, ours[key], strict=True)]


def _nearest(path: Path, others: Iterable[Path]) -> list[Path]:
    """Those of the paths that begin as this one does for longest."""
    shared = {other: _shared(path, other) for other in others}
    most = max(shared.values())
    return [other for other, length in shared.items() if length == most]


def _shared(first: Path, second: Path) -> int:
    return next((place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), len(first))


def _part(convolutions: Sequence[Path]) -> Path:
    """The part of our network to which a norm beside these convolutions of ours belongs.

    () is what lies in no block: the norm of the stem, or the one after the last block.
    """
    blocks = {path[:3] for path in convolutions}
    if len(blocks) > 1 or convolutions[0][0] != "stages":
        return ()
    shortcut = all("shortcut" in path for path in convolutions)
    return (*blocks.pop(), *(("shortcut",) if shortcut else ()))


def _natural(path: Path) -> list[list[tuple[int, str]]]:
    """By what names are put in order: numbers in them by their size."""
    # A longer number is a larger one, so none is computed: a stranger's may have any length.
    return [[(len(part) if part.isdecimal() else 0, part) for part in re.split(r"0*(\d+)", each)] for each in path]


@lru_cache(maxsize=64)
def shapes_of(architecture: str, classes: int) -> dict[str, Shape]:
    """Return the shapes of an architecture's tensors by our names, in its own order.

    >>> shapes_of("wrn10_1", 2)["classifier.weight"]
    (2, 64)
    """
    with torch.device("meta"):  # shapes alone: no memory, no random weights
        return {key: tuple(value.shape) for key, value in build(architecture, classes).state_dict().items()}


# --- what fits none --------------------------------------------------------------------------------------------------


def _unknown(shapes: Mapping[str, Shape], classes: Sequence[int], name: str) -> str:
    """Say which architecture comes nearest, of one of these numbers of classes, and the first tensor that differs."""
    every = {each: shapes_of(*each) for each in product(ARCHITECTURES, classes)}
    held, nearest = max(
        product(map(partial(_unwrapped, shapes), _wrappers(shapes)), every),
        key=lambda pair: len(pair[0].items() & every[pair[1]].items()) - 0.1 * len(every[pair[1]]),
    )
    wanted = every[nearest]
    key = next((key for key in wanted if not key.endswith(COUNTER) and held.get(key) != wanted[key]), None)
    if key is None:
        # Where nothing else is there, two of its names mean one of ours.
        extra = next((each for each in held if each not in wanted), None) or next(
            each for each in shapes if each not in wanted and not each.endswith(COUNTER)
        )
        extra = extra[:60]
        differs = _("it also has {tensor}", tensor=extra)
    elif key in held:
        differs = _("its {tensor} is {held}, not {wanted}", tensor=key, held=str(held[key]), wanted=str(wanted[key]))
    else:
        differs = _("it has no {tensor} {wanted}", tensor=key, wanted=str(wanted[key]))
    return _(
        "{name} is not one of the networks that we know ({known}). It comes nearest to {nearest}, but {differs}: bring "
        "one of these, trained on 32 x 32 pictures.",
        name=name,
        known=", ".join(ARCHITECTURES),
        nearest=nearest[0],
        differs=differs,
    )


def _wrappers(shapes: Mapping[str, Shape]) -> list[str]:
    """What DataParallel, torch.compile and wrappers may have put before names: what all begin with, or half of them."""
    paths = [tuple(key.split(".")[:-1]) for key in shapes]
    first = min(paths, default=())
    shared = first[: _shared(first, max(paths, default=()))]
    more = [path[len(shared) : len(shared) + 5] for path in paths]
    begin = Counter(path[:deep] for path in more for deep in range(1, len(path) + 1))
    most = [each for each, number in begin.items() if 2 * number >= len(shapes)]
    return [".".join([*shared, *each, ""]) for each in ((), *most)]


def _unwrapped(shapes: Mapping[str, Shape], wrapper: str) -> dict[str, Shape]:
    """The shapes by our names, as far as we know theirs, without what stands before them."""
    return {_our_name(key.removeprefix(wrapper)): shape for key, shape in shapes.items()}


def _our_name(key: str) -> str:
    for pattern, ours in _KNOWN_NAMES:
        key = re.sub(pattern, ours, key)
    return key
