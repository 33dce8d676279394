"""Anyone's network among ours: any `nn.Module` that returns logits, ready for `predict` and `evaluate`."""

import copy
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from nat_core.errors import NetworkError
from nat_core.network.inference import Network
from nat_core.network.models import Classifier, Outputs


class WrappedClassifier(Classifier):
    """A module whose logits are checked at each forward pass; it has no group activations, and so no maps.

    Raises NetworkError where the module returns anything but one row of `classes` logits a picture.
    """

    def __init__(self, module: nn.Module, classes: int) -> None:
        super().__init__()
        self.module = module
        self.classes = classes

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Outputs:
        logits = self.module(images)
        wanted = f"logits of shape (pictures, {self.classes}), here {(len(images), self.classes)}"
        if not isinstance(logits, Tensor):
            raise NetworkError(f"The module must return a tensor of {wanted}; it returned a {type(logits).__name__}.")
        if logits.shape != (len(images), self.classes):
            raise NetworkError(f"The module must return {wanted}; it returned {tuple(logits.shape)}.")
        return Outputs(logits.float(), ())  # a module in half precision answers in it


def wrap(
    module: nn.Module,
    *,
    classes: Sequence[str],
    mean: Sequence[float],
    std: Sequence[float],
    name: str | None = None,
    size: int = 32,
) -> Network:
    """Return a `Network` of any module that returns logits, ready for `predict` and `evaluate`.

    `classes` names its outputs in order, at least 2; `mean` and `std` are what it was trained to be normalised by, one
    number a colour with pictures in [0, 1] (`std` > 0): it is given (pixels / 255 - mean) / std, float32 of shape
    (n, 3, size, size). `size` is the side in pixels that it is tried on; pictures come in any size that it takes
    (`read_folder(path, size=224)`). The module is copied, on the device where it is, and the copy put into eval mode:
    wrap it again after training it further. Such a network has no attention maps: `predict_with_maps` refuses it.

    Raises NetworkError where the module cannot take such a picture, returns anything but a tensor, or returns another
    number of classes; ValueError for classes, mean, std or size that cannot be.

    >>> module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 2))
    >>> wrap(module, classes=["cat", "dog"], mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25)).classes
    ('cat', 'dog')
    """
    names = tuple(classes)
    _check_classes(names)
    _check_colours(mean, std)
    if size < 1:
        raise ValueError(f"size must be at least 1 pixel; got {size}")
    model = WrappedClassifier(copy.deepcopy(module), len(names)).eval().requires_grad_(False)
    network = Network(name or type(module).__name__, model, names, tuple(mean), tuple(std))
    _try(network, size)
    return network


def _check_classes(names: tuple[str, ...]) -> None:
    if len(names) < 2 or len(set(names)) != len(names) or not all(isinstance(each, str) for each in names):
        raise ValueError(f"classes must be at least 2 different names; got {list(names)!r:.200}")


def _check_colours(mean: Sequence[float], std: Sequence[float]) -> None:
    if len(mean) != 3 or not all(0 <= each <= 1 for each in mean):
        raise ValueError(f"mean must be three numbers in [0, 1], one a colour; got {tuple(mean)}")
    if len(std) != 3 or not all(0 < each <= 1 for each in std):
        raise ValueError(f"std must be three numbers in (0, 1], one a colour; got {tuple(std)}")


def _try(network: Network, size: int) -> None:
    """Have the network answer one blank picture, so that what does not fit is said here and not later."""
    blank = torch.zeros(1, 3, size, size, device=network.device)
    try:
        with torch.inference_mode():
            network.model(blank)
    except NetworkError:
        raise
    except Exception as error:  # Whatever a stranger's module raises is its answer to the picture.
        raise NetworkError(
            f"{network.name} cannot take a float32 picture of shape {tuple(blank.shape)} ({type(error).__name__}: "
            f"{' '.join(str(error).split()):.200}): name the side of its pictures with size=."
        ) from error
