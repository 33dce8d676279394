"""Networks from strangers: a safetensors file's bytes become a network, checked tensor by tensor, nothing unpickled.

Its architecture is found by the names and shapes of its tensors. The names of the CIFAR ResNet-18 that many train
(github.com/kuangliu/pytorch-cifar, the same network) are taken for ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor

from nat_core.data.sets import CIFAR10_CLASSES
from nat_core.errors import CheckpointError
from nat_core.files import parsed_json
from nat_core.measure.predictions import MAX_CLASSES, check_class_names
from nat_core.network.inference import Network, frozen
from nat_core.network.models import ARCHITECTURES, build
from nat_core.store.tensors import MAX_STRANGERS_HEADER, TensorPlace, read_header

MAX_BYTES = 60_000_000
"""The most bytes of a file: a ResNet-18 in float32 takes 45 MB."""
MAX_CARD_BYTES = 1_000_000
CIFAR10_MEAN = (0.4914, 0.4822, 0.4465)
CIFAR10_STD = (0.2470, 0.2435, 0.2616)
_FLOATS = ("F16", "BF16", "F32", "F64")
"""Types of weights, as safetensors names them."""
_COUNTER = "num_batches_tracked"
_SAVE = "from safetensors.torch import save_file; save_file(model.state_dict(), 'weights.safetensors')"
_OTHER_NAMES = (
    (r"^conv1\.", "stem.0."),
    (r"^bn1\.", "stem.1."),
    (r"^layer([1-4])\.", lambda match: f"stages.{int(match[1]) - 1}."),
    (r"\.bn([12])\.", r".norm\1."),
    (r"^(linear|fc)\.", "classifier."),
)


@dataclass(frozen=True)
class Described:
    """What a network's file does not tell: the names of its classes, and what its inputs are normalised by."""

    classes: tuple[str, ...] | None = None
    """None takes CIFAR-10's in their usual order."""
    mean: tuple[float, ...] = CIFAR10_MEAN
    """The channels' means, in [0, 1]."""
    std: tuple[float, ...] = CIFAR10_STD


def read_card(content: bytes, name: str) -> Described:
    """Return what a card.json says: `classes`, `mean` and `std`, any of which may be missing; the rest is not read.

    Raises CheckpointError for what is no such file.

    >>> read_card(b'{"classes": ["cat", "dog"]}', "card.json").classes
    ('cat', 'dog')
    """
    try:
        values = parsed_json(content, MAX_CARD_BYTES)
    except ValueError as error:
        raise CheckpointError(
            f"{name} is not JSON that we read ({error}): write one like {{'classes': ['cat', ...]}} in double quotes."
        ) from None
    if not isinstance(values, dict):
        raise CheckpointError(f'{name} holds no object: write {{"classes": [...], "mean": [...], "std": [...]}}.')
    classes = values.get("classes")
    if classes is not None and (not isinstance(classes, list) or not all(isinstance(each, str) for each in classes)):
        raise CheckpointError(f'{name}: classes must be a list of names in quotes, like ["cat", "dog"].')
    return Described(
        None if classes is None else tuple(classes),
        _three(values.get("mean", CIFAR10_MEAN), "mean", name, 0.0),
        _three(values.get("std", CIFAR10_STD), "std", name, 1e-3),
    )


def described(classes: str, mean: str, std: str) -> Described:
    """Return what a visitor wrote into a form: names with commas between them, and three numbers each.

    Raises CheckpointError as `read_card` does.

    >>> described("cat, dog", "0.5, 0.5, 0.5", "0.25, 0.25, 0.25").classes
    ('cat', 'dog')
    """
    names = tuple(each.strip() for each in classes.split(",") if each.strip())
    return Described(
        names or None,
        _three(_numbers(mean), "mean", "The form", 0.0),
        _three(_numbers(std), "std", "The form", 1e-3),
    )


def _numbers(text: str) -> list[float] | str:
    try:
        return [float(each) for each in text.split(",")]
    except ValueError:
        return text


def _three(values: Any, what: str, name: str, least: float) -> tuple[float, ...]:
    # By `type`, because True and False are of the class int as well.
    numbers = isinstance(values, list | tuple) and all(type(each) in (int, float) for each in values)
    if not numbers or len(values) != 3 or not all(least <= each <= 1 for each in values):
        raise CheckpointError(
            f"{name}: {what} must be three numbers from {least:g} to 1, one a colour; got {values!r:.80}."
        )
    return tuple(float(each) for each in values)


def read_network(content: bytes, name: str, described: Described) -> Network:
    """Return the network in a safetensors file's bytes, ready to predict; `name`, the file's, stands in the errors.

    Raises CheckpointError, in one sentence, where it is no such file, too large, of no architecture that we know, of
    wrong shapes or types, holds values that are not finite, or where its classes are not those described.
    """
    _check_kind(content, name)
    held = _declared(content, name)
    architecture, classes = _recognised({key: each.shape for key, each in held.items()}, name)
    tensors = _tensors(content, name)
    _check_values(tensors, name)
    names = CIFAR10_CLASSES if described.classes is None else described.classes
    if len(names) != classes:
        raise CheckpointError(f"{name} has {classes} classes, but {len(names)} are named: name each of them, in order.")
    try:
        check_class_names(name, names)
    except ValueError as error:
        raise CheckpointError(f"{error}.") from None
    model = build(architecture, classes)
    # Only training reads the counters, but load_state_dict wants each one.
    counters = {key: torch.tensor(0) for key in model.state_dict() if key.endswith(_COUNTER)}
    model.load_state_dict(counters | tensors)
    return Network(name, frozen(model, torch.device("cpu")), names, described.mean, described.std)


def architecture_of(network: Network) -> str:
    """Return the key of `models.ARCHITECTURES` that a network is built by; ValueError where there is none.

    >>> architecture_of(Network("mine", build("wrn10_1", 2), ("cat", "dog"), CIFAR10_MEAN, CIFAR10_STD))
    'wrn10_1'
    """
    shapes = {key: tuple(value.shape) for key, value in network.model.state_dict().items()}
    found = _architecture(shapes, len(network.classes))
    if found is None:
        raise ValueError(f"{network.name} is of no known architecture; known: {', '.join(ARCHITECTURES)}")
    return found


def _check_kind(content: bytes, name: str) -> None:
    # torch.save writes a zip file, older versions a bare pickle. The first eight bytes of a safetensors file are a
    # length, and may be any, so look like either; the ninth begins its JSON.
    begins = content[:2] == b"PK" or (content[:1] == b"\x80" and content[1:2] in b"\x02\x03\x04\x05")
    if (begins and content[8:9] != b"{") or name.endswith((".pt", ".pth", ".pkl", ".ckpt")):
        raise CheckpointError(
            f"{name} is a pickle, which could run any program when it is opened, so we never do: where you trained it, "
            f"save it with `{_SAVE}`."
        )
    if len(content) > MAX_BYTES:
        raise CheckpointError(f"{name} is {len(content) / 1e6:,.0f} MB, more than the {MAX_BYTES / 1e6:.0f} MB read.")


def _declared(content: bytes, name: str) -> dict[str, TensorPlace]:
    """What the header says of each tensor, by our names; no tensor is read."""
    tensors = read_header(content, name, f"save it again with `{_SAVE}`", MAX_STRANGERS_HEADER).tensors
    held: dict[str, TensorPlace] = {}
    for theirs, each in tensors.items():
        if (key := _our_name(theirs)) in held:
            raise CheckpointError(f"{name} holds two tensors that both are our {key:.60}: save one network alone.")
        if not key.endswith(_COUNTER) and each.dtype not in _FLOATS:  # batches are counted in whole numbers
            raise CheckpointError(
                f"{name}: {key:.60} holds {each.dtype}, not floating-point numbers: save it unquantised."
            )
        held[key] = each
    return held


def _recognised(shapes: dict[str, tuple[int, ...]], name: str) -> tuple[str, int]:
    """The architecture whose shapes these are, and how many classes it knows."""
    if len(shapes.get("classifier.weight", ())) != 2:
        raise CheckpointError(_unknown(shapes, name))
    classes = shapes["classifier.weight"][0]
    if not 2 <= classes <= MAX_CLASSES:
        raise CheckpointError(f"{name} has {classes:,} classes; from 2 to {MAX_CLASSES:,} can be shown.")
    architecture = _architecture(shapes, classes)
    if architecture is None:
        raise CheckpointError(_unknown(shapes, name))
    return architecture, classes


def _tensors(content: bytes, name: str) -> dict[str, Tensor]:
    """The tensors by our names, as float32."""
    try:
        tensors = load(content)
        found = {_our_name(key): value for key, value in tensors.items()}
        return {key: value if key.endswith(_COUNTER) else value.float() for key, value in found.items()}
    except Exception as error:
        raise CheckpointError(f"{name} is cut short or no safetensors file: save it again with `{_SAVE}`.") from error


def _our_name(key: str) -> str:
    # What DataParallel and torch.compile put before every name.
    key = key.removeprefix("module.").removeprefix("_orig_mod.")
    for pattern, ours in _OTHER_NAMES:
        key = re.sub(pattern, ours, key)
    return key


def _architecture(shapes: Mapping[str, tuple[int, ...]], classes: int) -> str | None:
    """Return the architecture of these shapes, by name; counters of batches may be missing."""
    for architecture in ARCHITECTURES:
        wanted = _shapes(architecture, classes)
        fits = all(wanted.get(key) == shape for key, shape in shapes.items())
        if fits and all(key.endswith(_COUNTER) for key in set(wanted) - set(shapes)):
            return architecture
    return None


@lru_cache(maxsize=64)
def _shapes(architecture: str, classes: int) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):  # shapes alone: no memory, no random weights
        return {key: tuple(value.shape) for key, value in build(architecture, classes).state_dict().items()}


def _unknown(held: Mapping[str, tuple[int, ...]], name: str) -> str:
    """Say which architecture comes nearest, and the first tensor that does not fit it."""
    shape = held.get("classifier.weight", ())
    classes = shape[0] if len(shape) == 2 and 2 <= shape[0] <= MAX_CLASSES else 10
    every = {each: _shapes(each, classes) for each in ARCHITECTURES}
    nearest = max(every, key=lambda each: len(held.items() & every[each].items()) - 0.1 * len(every[each]))
    wanted = every[nearest]
    key = next((key for key in wanted if not key.endswith(_COUNTER) and held.get(key) != wanted[key]), None)
    if key is None:
        differs = f"it also has {next(each for each in held if each not in wanted):.60}"
    elif key in held:
        differs = f"its {key} is {held[key]}, not {wanted[key]}"
    else:
        differs = f"it has no {key} {wanted[key]}"
    return (
        f"{name} is none of the networks that we know ({', '.join(ARCHITECTURES)}). It comes nearest to {nearest}, but "
        f"{differs}: bring one of these, trained on 32 x 32 pictures."
    )


def _check_values(tensors: Mapping[str, Tensor], name: str) -> None:
    for key, value in tensors.items():
        if not torch.isfinite(value).all():
            raise CheckpointError(
                f"{name}: {key} holds values that are not finite (its training blew up): train it again."
            )
        if key.endswith("running_var") and (value < 0).any():
            raise CheckpointError(f"{name}: {key} holds negative variances, so it is damaged: save it again.")
