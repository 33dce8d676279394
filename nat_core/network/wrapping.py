"""Anyone's network among ours: any `nn.Module` that returns logits, ready for `predict` and `evaluate`."""

import copy
from collections.abc import Sequence, Set
from itertools import chain
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from nat_core.data.images import check_size
from nat_core.errors import NetworkError
from nat_core.measure.predictions import Given, check_own_classes, numbers
from nat_core.network.inference import Network
from nat_core.network.models import Classifier, Outputs

USUAL_SIZES = (28, 32, 64, 96, 128, 224, 256, 299, 384)
"""Sides in pixels that networks are made for, tried to say which one a module takes."""


class WrappedClassifier(Classifier):
    """A module whose logits are checked at each forward pass; it has no group activations, and so no maps.

    Raises NetworkError where the module cannot take the pictures, or returns anything but one row of `classes` logits
    a picture.
    """

    def __init__(self, module: nn.Module, classes: int) -> None:
        super().__init__()
        self.module = module
        self.classes = classes

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Outputs:
        try:
            logits = self.module(images)
        except Exception as error:  # whatever a stranger's module raises is its answer to the pictures
            reason = f"{type(error).__name__}: {' '.join(str(error).split()):.200}"
            raise NetworkError(
                f"The module cannot take float32 pictures of shape {tuple(images.shape)} ({reason})."
            ) from error
        wanted = f"logits of shape (pictures, {self.classes}), here {(len(images), self.classes)}"
        if not isinstance(logits, Tensor):
            raise NetworkError(f"The module must return a tensor of {wanted}; it returned a {type(logits).__name__}.")
        if logits.shape != (len(images), self.classes) or not logits.is_floating_point():
            raise NetworkError(f"The module must return {wanted}; it returned {tuple(logits.shape)} of {logits.dtype}.")
        return Outputs(logits.float(), ())  # a module in half precision answers in it


def wrap(
    module: nn.Module,
    *,
    classes: Sequence[str],
    mean: Given,
    std: Given,
    name: str | None = None,
    size: int = 32,
) -> Network:
    """Return a `Network` of any module that returns logits, ready for `predict` and `evaluate`.

    `classes` names its outputs in order, at least 2, none of them "background"; `mean` and `std` are what it was
    trained to be normalised by, one number a colour with pictures in [0, 1] (`std` > 0): it is given (pixels / 255 -
    mean) / std, float32 of shape (n, 3, size, size). `size` is the side in pixels that it is tried on, with two
    pictures; pictures come in any size that it takes (`read_folder(path, size=224)`). The module is copied, on the
    device where it is, and the copy put into eval mode: wrap it again after training it further. Such a network has no
    attention maps: `predict_with_maps` refuses it.

    Raises NetworkError where the module cannot take two such pictures, returns anything but a tensor, another number
    of classes or NaN, cannot be copied, or has no weights yet; TypeError for what is no module; ValueError for
    classes, mean, std or size that cannot be.

    >>> module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 2))
    >>> wrap(module, classes=["cat", "dog"], mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25)).classes
    ('cat', 'dog')
    """
    names = _names(classes)
    colours = _colours("mean", mean, "[0, 1]"), _colours("std", std, "(0, 1]")
    check_size(size)
    if name is not None and not (isinstance(name, str) and name):
        raise ValueError(f"name must be a text, or left out; got {name!r:.40}")
    model = WrappedClassifier(_copied(module), len(names)).eval().requires_grad_(False)
    network = Network(name or _called(module), model, names, *colours)
    _try(network, size)
    return network


def _names(classes: Any) -> tuple[str, ...]:
    # A text would become its letters, and a set has no order.
    names = () if isinstance(classes, str | Set) else tuple(classes)
    if len(names) < 2 or not all(isinstance(each, str) for each in names) or len(set(names)) != len(names):
        raise ValueError(
            f"classes must be at least 2 different names, in the order of the logits; got {classes!r:.200}"
        )
    check_own_classes("classes", names)
    return names


def _colours(what: str, given: Any, allowed: str) -> tuple[float, ...]:
    """The three numbers of a list, an array or a tensor, of shape (3, 1, 1) too, as torch writes them."""
    wanted = f"{what} must be three numbers in {allowed}, one a colour"
    if isinstance(given, Set):
        raise ValueError(f"{wanted}; a set has no order: give a list")
    found = numbers(what, given).reshape(-1).tolist()
    if len(found) != 3 or not all(0 <= each <= 1 for each in found) or (allowed[0] == "(" and not all(found)):
        raise ValueError(f"{wanted}; got {given if isinstance(given, tuple) else found!r}")
    return tuple(found)


def _copied(module: Any) -> nn.Module:
    if not isinstance(module, nn.Module):
        made = f": make one first, {module.__name__}(...)" if isinstance(module, type) else ""
        raise TypeError(f"module must be a torch.nn.Module, not a {type(module).__name__}{made}")
    name = _called(module)
    tensors = list(chain(module.parameters(), module.buffers()))
    if any(is_lazy(each) for each in tensors):
        raise NetworkError(
            f"{name} has lazy layers, which have no weights yet: run it on a picture once, or load them."
        )
    if any(each.is_meta for each in tensors):
        raise NetworkError(f"{name} lies on the meta device, which holds no numbers: load its weights first.")
    try:
        return copy.deepcopy(module)
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split()):.200}"
        raise NetworkError(
            f"{name} cannot be copied ({reason}): keep locks, files and tensors that need gradients out of it."
        ) from error


def _called(module: nn.Module) -> str:
    # TorchScript's modules are all of a few classes, and remember the one that they were made of.
    original = module.original_name if isinstance(module, torch.jit.ScriptModule) else None
    return original if isinstance(original, str) else type(module).__name__


def _try(network: Network, size: int) -> None:
    """Have the network answer two pictures, so that what does not fit is said here and not later."""
    try:
        logits = _answer(network, 2, size)
    except NetworkError as error:
        raise NetworkError(f"{network.name}: {str(error).rstrip('.')}{_advice(network, size)}.") from error
    if not torch.isfinite(logits).all():
        raise NetworkError(f"{network.name}: its logits are not finite (NaN or infinity): load its trained weights.")


def _answer(network: Network, pictures: int, size: int) -> Tensor:
    # Not blank: of a picture of one colour, a module that standardises each picture makes NaN.
    values = torch.linspace(-1, 1, pictures * 3 * size * size, device=network.device)
    with torch.inference_mode():
        return network.model(values.reshape(pictures, 3, size, size)).logits


def _advice(network: Network, size: int) -> str:
    """What to do, as far as a trial shows it: nothing is advised that was not seen to help."""

    def answers(pictures: int, side: int) -> bool:
        try:
            _answer(network, pictures, side)
        except NetworkError:
            return False
        return True

    if answers(1, size):
        return ": it answers one picture, but not two at once, so make its forward keep the first axis"
    side = next((each for each in USUAL_SIZES if each != size and answers(2, each)), None)
    return "" if side is None else f": it takes pictures of {side} x {side}, so say size={side}"
