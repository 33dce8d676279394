"""Attributions: which parts of a picture speak for a class and which against it; signed, not normalised.

Integrated gradients and occlusion are computed on the forms of the network that answer soonest, and say what Captum
says (the tests compare them). Grad-CAM is Captum's, imported when it is first asked; it works on a copy of the network,
since its hooks are not thread-safe. One attribution is computed at a time, the others wait.
"""

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from nat_core.errors import NetworkError
from nat_core.network.inference import Network
from nat_core.network.models import Classifier, normalise
from nat_core.recipes import LEVELS

Progress = Callable[[float], None]
"""Is told the share done, in [0, 1]; what it raises ends the work and reaches the caller."""
PER_BATCH = 25
"""Images in one pass, enough for a small network's layers to be worth their calls; progress is told after each."""
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, eq=False)
class Attribution:
    """How much each place of a picture speaks for (> 0) or against (< 0) one class of a network."""

    values: Float[np.ndarray, "h w"]
    """In units of the logit; as large as the picture, or as the level's maps (Grad-CAM)."""
    logit: float
    """The class's logit on the picture."""
    blank: float
    """The same on a picture of the training pictures' mean colour, which is where attributions start from."""


def _tell_nobody(share: float) -> None:
    """Take the share done and do nothing with it."""


def integrated_gradients(
    network: Network,
    pixels: UInt8[np.ndarray, "size size 3"],
    target: int,
    *,
    steps: int = 64,
    progress: Progress = _tell_nobody,
) -> Attribution:
    """Return integrated gradients from the mean colour to the picture, summed over the three colours.

    x_i - b_i times the mean gradient of the logit on the straight way from b to x (Sundararajan et al. 2017,
    "Axiomatic Attribution for Deep Networks"), by Gauss-Legendre quadrature with `steps` >= 1 points. Complete: the
    values sum to `logit` - `blank`, up to the quadrature's error. `target` is the index of a class. Raises ValueError.
    """
    if steps < 1:
        raise ValueError(f"steps must be at least 1; got {steps}")
    images = _images(network, pixels, target)
    nodes, weights = np.polynomial.legendre.leggauss(steps)  # on [-1, 1], where the weights add up to 2
    shares = torch.from_numpy((nodes + 1) / 2).to(images)
    with _waiting_turn(progress):
        gradients = _gradients(network, target)
        total = torch.zeros_like(images)
        for start in range(0, steps, PER_BATCH):
            # The way starts from zeros, the mean colour, as inputs are normalised.
            part = shares[start : start + PER_BATCH].view(-1, 1, 1, 1)
            gradient = gradients(part * images)
            weight = torch.from_numpy(weights[start : start + PER_BATCH] / 2).to(images).view(-1, 1, 1, 1)
            total += (weight * gradient).sum(0)
            progress(min(1.0, (start + len(part)) / steps))
        return _attribution(network, images, target, (total * images)[0].sum(0))


def occlusion(
    network: Network,
    pixels: UInt8[np.ndarray, "size size 3"],
    target: int,
    *,
    window: int = 8,
    stride: int = 4,
    progress: Progress = _tell_nobody,
) -> Attribution:
    """Return by how much the logit falls where a square of the mean colour covers the picture.

    A pixel under several positions of the square gets their mean (Zeiler and Fergus 2014, "Visualizing and
    Understanding Convolutional Networks"). `window` in [1, size] and `stride` in [1, window] pixels; `target` is the
    index of a class. Raises ValueError.
    """
    size = len(pixels)
    if not 1 <= window <= size or not 1 <= stride <= window:
        raise ValueError(f"window must be in [1, {size}] and stride in [1, window]; got {window} and {stride}")
    images = _images(network, pixels, target)
    # Rounded up, as Captum does it: the last square may overhang, so that no strip at the edge stays unasked.
    edges = [stride * step for step in range(-(-(size - window) // stride) + 1)]
    squares = [(slice(top, top + window), slice(left, left + window)) for top in edges for left in edges]
    answer = _soonest(network, size)
    with _waiting_turn(progress):
        logit = answer(images)[0, target]
        falls, covers = torch.zeros(2, size, size, dtype=torch.float64)
        for start in range(0, len(squares), PER_BATCH):
            part = squares[start : start + PER_BATCH]
            covered = images.repeat(len(part), 1, 1, 1)
            for picture, square in zip(covered, part, strict=True):
                picture[:, *square] = 0  # the mean colour
            for square, fall in zip(part, (logit - answer(covered)[:, target]).tolist(), strict=True):
                falls[square] += fall
                covers[square] += 1
            progress(min(1.0, (start + len(part)) / len(squares)))
        return _attribution(network, images, target, (falls / covers).float())


def grad_cam(
    network: Network,
    pixels: UInt8[np.ndarray, "size size 3"],
    target: int,
    *,
    level: str = "high",
    progress: Progress = _tell_nobody,
) -> Attribution:
    """Return Grad-CAM at a level: the channels' activations, each times its mean gradient, summed over channels.

    Selvaraju et al. 2017, "Grad-CAM", without their final ReLU, so that what speaks against the class shows as well.
    `level` is low, middle or high; `target` is the index of a class. Raises ValueError; NetworkError for a wrapped
    module, which has no levels.
    """
    if not network.has_maps:
        raise NetworkError(f"{network.name} is a wrapped module, which returns logits alone: it has no levels.")
    if level not in LEVELS:
        raise ValueError(f"level must be one of {', '.join(LEVELS)}; got {level!r}")
    images = _images(network, pixels, target)
    with _waiting_turn(progress):
        model = copy.deepcopy(network.model)
        stage = model.get_submodule(f"stages.{model.levels[LEVELS.index(level)]}")
        method = _captum().LayerGradCam(_reporting(model, 1, progress), stage)
        # The weights are frozen, so only an input that takes a gradient makes one flow through the level.
        found = method.attribute(images.clone().requires_grad_(), target=target)
        return _attribution(network, images, target, found[0, 0])


def _soonest(network: Network, side: int) -> Callable[[Tensor], Tensor]:
    """Return the logits as a function of normalised pictures, in the way that answers soonest."""
    serve = network.served(side) if network.has_maps and network.device.type == "cpu" else None
    if serve is not None:
        return lambda images: torch.from_numpy(serve(images.contiguous().numpy())[0])
    return torch.inference_mode()(lambda images: network.model(images).logits)


def _gradients(network: Network, target: int) -> Callable[[Tensor], Tensor]:
    """Return the gradients of a class's logit as a function of normalised pictures, in the way that is soonest done.

    Which values pass a ReLU decides a gradient, so the forward pass is float32. From there on a gradient is a sum of
    products, in which the roundings of bfloat16 cancel: all steps together correlate above 0.9999 with float32's.
    """
    if network.has_maps:
        fused = network.fused(backward=torch.bfloat16 if narrow_is_fast(network.device) else torch.float32)
        return lambda images: fused.gradient(images, target)

    def plain(images: Tensor) -> Tensor:
        images = images.requires_grad_()
        return torch.autograd.grad(network.model(images).logits[:, target].sum(), images)[0]

    return plain


def narrow_is_fast(device: torch.device) -> bool:
    """Return whether this processor multiplies bfloat16 by instructions of its own."""
    asked = (getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile"))
    return device.type == "cpu" and any(each() for each in asked if each is not None)


def _captum() -> ModuleType:
    from captum import attr

    return attr


@contextmanager
def _waiting_turn(progress: Progress) -> Iterator[None]:
    """Wait until no other attribution is computed; meanwhile progress is told 0, so that it can give up."""
    progress(0.0)
    while not _ONE_AT_A_TIME.acquire(timeout=0.1):  # not forever: what progress raises must end the waiting as well
        progress(0.0)
    try:
        yield
    finally:
        _ONE_AT_A_TIME.release()


def _images(network: Network, pixels: np.ndarray, target: int) -> Float[Tensor, "1 3 size size"]:
    if not 0 <= target < len(network.classes):
        raise ValueError(f"target must be the index of one of {len(network.classes)} classes; got {target}")
    batch = torch.from_numpy(np.ascontiguousarray(pixels[np.newaxis])).to(network.device)
    return normalise(batch, network.mean, network.std)


def _reporting(model: Classifier, total: int, progress: Progress) -> Callable[[Tensor], Tensor]:
    """Return the logits as a function of images, which tells progress how many of `total` images have passed."""
    passed = 0

    def logits(images: Tensor) -> Tensor:
        nonlocal passed
        found = model(images).logits
        passed += len(images)
        progress(min(1.0, passed / total))
        return found

    return logits


def _attribution(network: Network, images: Tensor, target: int, values: Tensor) -> Attribution:
    answer = _soonest(network, images.shape[2])
    logit, blank = answer(torch.cat([images, torch.zeros_like(images)]))[:, target].tolist()
    return Attribution(values.detach().cpu().numpy(), logit, blank)
