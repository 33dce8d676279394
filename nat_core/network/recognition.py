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
from functools import lru_cache
from itertools import product

import torch

from nat_core.errors import CheckpointError
from nat_core.language import _, legible, ngettext
from nat_core.measure.predictions import MAX_CLASSES
from nat_core.network.models import ARCHITECTURES, build

COUNTER = ("num_batches_tracked", "n_averaged")
"""The ends of the names of what only training reads: of a norm, and of PyTorch's AveragedModel."""
LONGEST = 60
"""How many letters of a tensor's name a sentence holds."""
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
            raise CheckpointError(_open_names(name, architecture))
        names = {
            ".".join((*theirs.path, last)): ".".join((*mine.path, last))
            for theirs, mine in pairs
            for last, _shape in theirs.tensors
        }
        return Recognised(architecture, classes, names)
    raise CheckpointError(_unknown(shapes, name))


def _classes(shapes: Mapping[str, Shape], name: str) -> int:
    """How many classes the one linear layer tells apart."""
    linear = [shape for key, shape in shapes.items() if len(shape) == 2]
    if len(linear) != 1:
        raise CheckpointError(_unknown(shapes, name))
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


@dataclass(frozen=True)
class _Held:
    """A file's tensors by our names, as far as we know theirs once a wrapper's part is taken off."""

    names: Mapping[str, Sequence[str]]
    """What in the file may be ours of this name: one tensor, or several whose names mean the same."""
    shapes: Mapping[str, Shape]
    """By the file's own names, counters left out."""

    def fitting(self, key: str, wanted: Shape) -> str | None:
        """The file's name of our tensor, where it is there in the shape that is wanted."""
        return next((each for each in self.names.get(key, ()) if self.shapes[each] == wanted), None)

    def beside(self, key: str) -> str | None:
        """What our tensor would be called in the file: as the others of its layer are; None where none is there."""
        layer, _dot, last = key.rpartition(".")
        for ours, (theirs, *_others) in self.names.items():
            if ours.rpartition(".")[0] == layer and "." in theirs:
                return f"{theirs.rpartition('.')[0]}.{last}"
        return None


def shown(tensor: str) -> str:
    """Return a stranger's name of a tensor for a sentence: a long one without its middle, as its end tells most.

    >>> shown("module.net.layer1.0.conv1.weight"), shown(f"{'a' * 200}.weight")
    ('module.net.layer1.0.conv1.weight', 'aaaaaaaaaaaaaaa…aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.weight')
    """
    tensor = legible(tensor)
    return tensor if len(tensor) <= LONGEST else f"{tensor[:15]}…{tensor[16 - LONGEST :]}"


def _unknown(shapes: Mapping[str, Shape], name: str) -> str:
    """Say which architecture comes nearest, and the first tensor that does not fit it, as the file calls it."""
    shapes = {key: shape for key, shape in shapes.items() if key.rpartition(".")[2] not in COUNTER}
    every = {
        (architecture, classes): _wanted(architecture, classes)
        for architecture, classes in product(ARCHITECTURES, _perhaps_classes(shapes))
    }
    helds = [_held(shapes, wrapper) for wrapper in _wrappers(shapes)]

    def fits(of: tuple[_Held, tuple[str, int]]) -> tuple[bool, float, int]:
        held, wanted = of[0], every[of[1]]
        # One that is there as a whole comes first: of two copies, weights and their mean, shapes make a larger one.
        # Names may be anyone's, so the shapes decide; of all that have as many in common, the names do.
        common = (Counter(shapes.values()) & Counter(wanted.values())).total()
        named = sum(held.fitting(key, shape) is not None for key, shape in wanted.items())
        return named == len(wanted), common - 0.1 * len(wanted), named

    held, (nearest, classes) = max(product(helds, every), key=fits)
    differs = _difference(held, every[nearest, classes])
    if differs is None:
        return _open_names(name, nearest)
    return _(
        "{name} is not one of the networks that we know ({known}). It comes nearest to {nearest}, but {differs}: bring "
        "one of these, trained on 32 x 32 pictures.",
        name=name,
        known=", ".join(ARCHITECTURES),
        nearest=nearest,
        differs=differs,
    )


def _open_names(name: str, architecture: str) -> str:
    return _(
        "{name} has the shapes of {architecture}, but its names leave open which tensor is which: name the "
        "layers of a block alike, such as layer1.0.conv1 and layer1.0.bn1.",
        name=name,
        architecture=architecture,
    )


def _perhaps_classes(shapes: Mapping[str, Shape]) -> list[int]:
    """How many classes the file may tell apart, by its linear layers; ten where none says."""
    linear = [shape[0] for shape in shapes.values() if len(shape) == 2 and 2 <= shape[0] <= MAX_CLASSES]
    return list(dict.fromkeys(linear))[-4:] or [10]  # the last ones: a stranger's file may hold hundreds


def _difference(held: _Held, wanted: Mapping[str, Shape]) -> str | None:
    """Say the first tensor that differs; None where for each of ours there is one of theirs in its shape."""
    fitting = {key: held.fitting(key, shape) for key, shape in wanted.items()}
    used = {theirs for theirs in fitting.values() if theirs is not None}
    free = [theirs for theirs in sorted(held.shapes, key=_natural_name) if theirs not in used]
    lacking = []
    for key in (key for key, theirs in fitting.items() if theirs is None):
        # Under whatever name: a tensor of this shape that is no other of ours may well be it.
        same = next((theirs for theirs in free if held.shapes[theirs] == wanted[key]), None)
        if same is None:
            lacking.append(key)
        else:
            free.remove(same)
    if not lacking:
        return _("it also has {tensor} {held}", tensor=shown(free[0]), held=str(held.shapes[free[0]])) if free else None
    key, theirs = next(((k, t) for k in lacking if (t := _instead(held, free, k, lacking))), (lacking[0], None))
    said = {"wanted": str(wanted[key])}
    if theirs is not None:
        return _("its {tensor} is {held}, not {wanted}", tensor=shown(theirs), held=str(held.shapes[theirs]), **said)
    if (called := held.beside(key)) is not None:
        return _("it has no {tensor} {wanted}", tensor=shown(called), **said)
    return _("it has no tensor of the shape {wanted} for {tensor}, as we call it", tensor=key, **said)


def _instead(held: _Held, free: Sequence[str], key: str, lacking: Sequence[str]) -> str | None:
    """What the file has in place of one of our tensors that it lacks; None where that is not plain."""
    if (named := next((theirs for theirs in held.names.get(key, ()) if theirs in free), None)) is not None:
        return named
    # By no name that we know, but nothing else is left of either.
    return free[0] if len(free) == len(lacking) == 1 else None


def _wanted(architecture: str, classes: int) -> dict[str, Shape]:
    return {key: shape for key, shape in shapes_of(architecture, classes).items() if not key.endswith(COUNTER)}


def _natural_name(key: str) -> list[list[tuple[int, str]]]:
    return _natural(tuple(key.split(".")))


def _wrappers(shapes: Mapping[str, Shape]) -> list[str]:
    """What DataParallel, torch.compile and wrappers may have put before names: what all begin with, or half of them."""
    paths = [tuple(key.split(".")[:-1]) for key in shapes]
    first = min(paths, default=())
    shared = first[: _shared(first, max(paths, default=()))]
    more = [path[len(shared) : len(shared) + 5] for path in paths]
    begin = Counter(path[:deep] for path in more for deep in range(1, len(path) + 1))
    most = [each for each, number in begin.items() if 2 * number >= len(shapes)]
    return [".".join([*shared, *each, ""]) for each in ((), *most)]


def _held(shapes: Mapping[str, Shape], wrapper: str) -> _Held:
    """The tensors, without what stands before their names."""
    names: dict[str, list[str]] = defaultdict(list)
    for key in shapes:
        names[_our_name(key.removeprefix(wrapper))].append(key)
    return _Held(names, shapes)


def _our_name(key: str) -> str:
    for pattern, ours in _KNOWN_NAMES:
        key = re.sub(pattern, ours, key)
    return key
