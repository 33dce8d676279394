"""Networks from strangers: a safetensors file's bytes become a network, checked tensor by tensor, nothing unpickled.

Its architecture, and which tensor is which, is found by `recognition`.
"""

import codecs
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from safetensors.torch import load
from torch import Tensor

from nat_core.data.sets import CIFAR10_CLASSES
from nat_core.data.sources.class_labels import places_among
from nat_core.errors import CheckpointError
from nat_core.files import check_keys, parsed_json
from nat_core.language import _, legible, ngettext
from nat_core.measure.predictions import check_class_names
from nat_core.network.inference import Network, frozen, predict_with_maps
from nat_core.network.models import ARCHITECTURES, build
from nat_core.network.recognition import COUNTER, recognised, shapes_of, shown
from nat_core.store.tensors import MAX_STRANGERS_HEADER, TensorPlace, read_header

MAX_BYTES = 60_000_000
"""The most bytes of a file: a ResNet-18 in float32 takes 45 MB."""
MAX_CARD_BYTES = 1_000_000
CIFAR10_MEAN = (0.4914, 0.4822, 0.4465)
CIFAR10_STD = (0.2470, 0.2435, 0.2616)
_FLOATS = ("F16", "BF16", "F32", "F64")
"""Types of weights, as safetensors names them."""
_SAVE = "from safetensors.torch import save_file; save_file(model.state_dict(), 'weights.safetensors')"


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
    name = legible(name)
    values = _described_in(content, name)
    classes = values.get("classes")
    if classes is not None and (not isinstance(classes, list) or not all(isinstance(each, str) for each in classes)):
        raise CheckpointError(_('{name}: classes must be a list of names in quotes, like ["cat", "dog"].', name=name))
    return Described(
        None if classes is None else tuple(classes),
        _three(values.get("mean", CIFAR10_MEAN), "mean", name, 0.0),
        _three(values.get("std", CIFAR10_STD), "std", name, 1e-3),
    )


def _described_in(content: bytes, name: str) -> dict[str, Any]:
    """What a card.json holds, of which something describes a network; what is null is missing."""
    try:
        # Windows' editors put a mark of the byte order first.
        values = parsed_json(content.removeprefix(codecs.BOM_UTF8), MAX_CARD_BYTES)
        check_keys(content)
    except ValueError as error:
        raise CheckpointError(
            _(
                "{name} is not JSON that we read ({error}): write one like {example} in double quotes.",
                name=name,
                error=error,
                example="{'classes': ['cat', ...]}",
            )
        ) from None
    example = '{"classes": [...], "mean": [...], "std": [...]}'
    if not isinstance(values, dict):
        raise CheckpointError(_("{name} holds no object: write {example}.", name=name, example=example))
    values = {key: each for key, each in values.items() if each is not None}
    if not values.keys() & {"classes", "mean", "std"}:
        told = _("{name} says nothing of classes, mean or std: write {example}.", name=name, example=example)
        raise CheckpointError(told)
    return values


def described(classes: str, mean: str, std: str) -> Described:
    """Return what a visitor wrote into a form: names with commas between them, and three numbers each.

    Raises CheckpointError as `read_card` does.

    >>> described("cat, dog", "0.5, 0.5, 0.5", "0.25, 0.25, 0.25").classes
    ('cat', 'dog')
    """
    names = tuple(each.strip() for each in classes.split(",") if each.strip())
    form = _("The form")
    return Described(names or None, _three(_numbers(mean), "mean", form, 0.0), _three(_numbers(std), "std", form, 1e-3))


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
            _(
                "{name}: {what} must be three numbers from {least:g} to 1, one a colour; got {values}.",
                name=name,
                what=what,
                least=least,
                values=repr(values)[:80],
            )
        )
    return tuple(float(each) for each in values)


def read_network(content: bytes, name: str, described: Described) -> Network:
    """Return the network in a safetensors file's bytes, ready to predict; `name`, the file's, stands in the errors.

    Raises CheckpointError, in one sentence, where it is no such file, too large, of no architecture that we know, of
    wrong shapes or types, holds values that are not finite, or where its classes are not those described.
    """
    name = legible(name)
    _check_kind(content, name)
    remedy = _("save it again with `{command}`", command=_SAVE)
    declared = read_header(content, name, remedy, MAX_STRANGERS_HEADER).tensors
    found = recognised({key: each.shape for key, each in declared.items()}, name)
    _check_types(declared, name)
    tensors = _tensors(content, name)
    _check_values(tensors, name)
    names = CIFAR10_CLASSES if described.classes is None else described.classes
    if len(names) != found.classes:
        raise CheckpointError(
            ngettext(
                "{name} has {classes} classes, but {count} is named: name each of them, in order.",
                "{name} has {classes} classes, but {count} are named: name each of them, in order.",
                len(names),
                name=name,
                classes=found.classes,
            )
        )
    try:
        check_class_names(name, names)
    except ValueError as error:
        raise CheckpointError(f"{error}.") from None
    model = build(found.architecture, found.classes)
    # Only training reads the counters, but load_state_dict wants each one.
    counters = {key: torch.tensor(0) for key in model.state_dict() if key.endswith(COUNTER)}
    model.load_state_dict(counters | {found.names[key]: value for key, value in tensors.items()})
    network = Network(name, frozen(model, torch.device("cpu")), names, described.mean, described.std)
    _check_answers(network)
    return network


def in_order(network: Network, classes: tuple[str, ...]) -> Network | None:
    """Return the network with its classes under these names and in this order, whatever it calls them; None where it
    does not know exactly these.

    >>> theirs = Network("mine", build("wrn10_1", 2), ("car", "plane"), CIFAR10_MEAN, CIFAR10_STD)
    >>> in_order(theirs, ("airplane", "automobile")).classes
    ('airplane', 'automobile')
    """
    places = places_among(classes, network.classes)
    if sorted(places) != list(range(len(network.classes))):
        return None
    model = deepcopy(network.model)
    # A logit is one row of the last layer: in another order of the rows the answers are the same ones.
    with torch.no_grad():
        model.classifier.weight.copy_(network.model.classifier.weight[places])
        model.classifier.bias.copy_(network.model.classifier.bias[places])
    return replace(network, model=model, classes=tuple(classes))


def architecture_of(network: Network) -> str:
    """Return the key of `models.ARCHITECTURES` that a network is built by; ValueError where there is none.

    >>> architecture_of(Network("mine", build("wrn10_1", 2), ("cat", "dog"), CIFAR10_MEAN, CIFAR10_STD))
    'wrn10_1'
    """
    shapes = {key: tuple(value.shape) for key, value in network.model.state_dict().items()}
    for architecture in ARCHITECTURES:
        if shapes == shapes_of(architecture, len(network.classes)):
            return architecture
    raise ValueError(f"{network.name} is of no known architecture; known: {', '.join(ARCHITECTURES)}")


def _check_kind(content: bytes, name: str) -> None:
    # torch.save writes a zip file, older versions a bare pickle. The first eight bytes of a safetensors file are a
    # length, and may be any, so look like either; the ninth begins its JSON.
    zipped = content[:2] == b"PK" and not _is_zip_of_no_pickle(content)
    begins = zipped or (content[:1] == b"\x80" and content[1:2] in b"\x02\x03\x04\x05")
    if (begins or name.endswith((".pt", ".pth", ".pkl", ".ckpt"))) and content[8:9] != b"{":
        raise CheckpointError(
            _(
                "{name} is a pickle, which could run any program when it is opened, so we never do: where you trained "
                "it, save it with `{command}`.",
                name=name,
                command=_SAVE,
            )
        )
    if len(content) > MAX_BYTES:
        raise CheckpointError(
            _("{name} is {size:,.0f} MB, more than the {most:.0f} MB read.", name=name, size=len(content) / 1e6,
              most=MAX_BYTES / 1e6)
        )  # fmt: skip


def _is_zip_of_no_pickle(content: bytes) -> bool:
    """Whether what begins like a zip file is a whole one in which no pickle lies by its name: an .npz, say."""
    ends = content.rfind(b"PK\5\6", max(0, len(content) - 70_000))
    return ends >= 0 and b".pkl" not in content


def _check_types(tensors: Mapping[str, TensorPlace], name: str) -> None:
    for key, each in tensors.items():
        if not key.endswith(COUNTER) and each.dtype not in _FLOATS:  # batches are counted in whole numbers
            raise CheckpointError(
                _(
                    "{name}: {tensor} holds {kind}, not floating-point numbers: save it unquantised.",
                    name=name,
                    tensor=shown(key),
                    kind=each.dtype,
                )
            )


def _tensors(content: bytes, name: str) -> dict[str, Tensor]:
    """The tensors as float32, counters left out."""
    try:
        return {key: value.float() for key, value in load(content).items() if not key.endswith(COUNTER)}
    except Exception as error:
        remedy = _("save it again with `{command}`", command=_SAVE)
        raise CheckpointError(
            _("{name} is cut short or not a safetensors file: {remedy}.", name=name, remedy=remedy)
        ) from error


def _check_answers(network: Network) -> None:
    """Refuse a network whose weights, each of them finite, are so large that its answers or maps are not."""
    noise = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    try:
        predict_with_maps(network, np.concatenate([noise, np.zeros_like(noise[:1]), np.full_like(noise[:1], 255)]))
    except ValueError:
        raise CheckpointError(
            _(
                "{name} answers with values that are not finite, since its weights are too large (its training blew "
                "up): train it again.",
                name=network.name,
            )
        ) from None


def _check_values(tensors: Mapping[str, Tensor], name: str) -> None:
    for key, value in tensors.items():
        if not torch.isfinite(value).all():
            raise CheckpointError(
                _(
                    "{name}: {tensor} holds values that are not finite (its training blew up): train it again.",
                    name=name,
                    tensor=shown(key),
                )
            )
        if key.endswith("running_var") and (value < 0).any():
            raise CheckpointError(
                _("{name}: {tensor} holds negative variances, so it is damaged: save it again.", name=name,
                  tensor=shown(key))
            )  # fmt: skip
