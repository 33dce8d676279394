"""Inference: a stored network and pictures become predictions, attention maps and features.

`extract` stores the features of a seeded choice of CIFAR's pictures, for `nat_core.small.heads` to learn from.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from nat_core.data.sets import load_set
from nat_core.data.sources.image_sets import ImageSet, identities
from nat_core.errors import CheckpointError, MissingDataset, NetworkError
from nat_core.measure.predictions import Given, Predictions, class_numbers
from nat_core.network.attention import attention_map
from nat_core.network.devices import exactly, on_standard_error, trouble_with_cuda
from nat_core.network.fast.fused import Fused
from nat_core.network.fast.precision import TOGETHER, ForwardPass, faster
from nat_core.network.fast.serving import LARGE, FairSemaphore, Serve, served
from nat_core.network.models import Classifier, Outputs, build, scale_and_shift, scaled
from nat_core.recipes import LEVELS, PRECISIONS
from nat_core.store.checkpoints import Card, StoredNetwork, read_network
from nat_core.store.features import CHOSEN, CHOSEN_UNSEEN, FEATURES_UNSEEN, Features, choose, save_features

Pictures = np.ndarray
"""Pictures of one size, (n, height, width, 3): 0 to 255, or floats that are normalised already."""
MANY = 1_000
"""The fewest pictures for which a trial of the faster precision is worth its second."""
ON_A_PROCESSOR, ON_A_CARD = 256, 1_024
"""Pictures that go through together unless told otherwise: fewer would leave a card waiting for launches."""
FEW = 16
"""The most pictures that ONNX Runtime answers, on a processor; of more, torch's time is in its arithmetic."""
FARTHEST = 10.0
"""No normalised value lies farther from 0, unless a network's std is below 0.1: noise of N(0, 1) reaches 6."""


@dataclass(frozen=True, eq=False)
class Network:
    """A network ready to predict: in eval mode, float32, with what its inputs are normalised by."""

    name: str
    model: Classifier
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    card: Card | None = field(default=None, repr=False)
    _served: dict[int, Serve | None] = field(default_factory=dict, repr=False)
    """By the pictures' side: how ONNX Runtime answers them, None where it cannot."""
    _fused: dict[tuple[torch.dtype, torch.dtype | None], Fused] = field(default_factory=dict, repr=False)
    """By the precisions of the pass forward and of gradients: the forms that compute them soonest."""

    @property
    def device(self) -> torch.device:
        """Where the network's weights are; the CPU for a network without any."""
        tensors = chain(self.model.parameters(), self.model.buffers())
        return next((each.device for each in tensors), torch.device("cpu"))

    @property
    def has_maps(self) -> bool:
        """Whether there are attention maps at three levels: a wrapped module has none."""
        return hasattr(self.model, "levels")

    def served(self, side: int) -> Serve | None:
        """Return the way to answer few pictures of that side soonest, made once; None where there is no such way."""
        with _MAKING:
            if side not in self._served:
                try:
                    self._served[side] = served(self.model, side)
                except (ImportError, NetworkError):
                    self._served[side] = None
            return self._served[side]

    def fused(self, forward: torch.dtype = torch.float32, backward: torch.dtype | None = None) -> Fused:
        """Return the form that computes soonest in these precisions (see `Fused`), made once; ValueError as it does.

        Of many weights a form in float32 is made anew each time: a copy costs more memory than that moment saves.
        """
        with _MAKING:
            if (made := self._fused.get((forward, backward))) is None:
                made = Fused(self.model, forward, backward)
                small = sum(each.numel() for each in self.model.parameters()) < LARGE
                if small or forward == torch.bfloat16:
                    self._fused[forward, backward] = made
            return made


_MAKING = threading.Lock()


def choose_device(name: str | torch.device = "auto", tell: Callable[[str], object] = on_standard_error) -> torch.device:
    """Return the device of that name, or PyTorch's own; `auto` takes CUDA, else Apple's MPS, else the CPU.

    In place of an NVIDIA GPU that is there and cannot compute, the processor is taken and `tell` is told why. Raises
    ValueError for an unknown name or a device that this machine does not have.

    >>> choose_device("cpu")
    device(type='cpu')
    """
    kind = name.type if isinstance(name, torch.device) else name
    # Tried only where it is asked for: the first kernel takes a card some hundred megabytes.
    trouble = trouble_with_cuda() if kind in ("auto", "cuda") else None
    if trouble:
        tell(f"The GPU cannot be used, {trouble}. The processor computes, more slowly")
        if kind == "cuda":
            return torch.device("cpu")
    cuda = torch.cuda.is_available() and not trouble
    present = {"cpu": True, "cuda": cuda, "mps": torch.backends.mps.is_available()}
    if isinstance(name, torch.device):
        if not present.get(name.type):
            raise ValueError(f"this machine has no {name.type} device that PyTorch can use: choose auto or cpu")
        return name
    if name == "auto":
        return torch.device(next(each for each in ("cuda", "mps", "cpu") if present[each]))
    if name not in present:
        raise ValueError(f"unknown device {name!r}; known: auto, {', '.join(present)}")
    if not present[name]:
        raise ValueError(f"this machine has no {name} device that PyTorch can use: choose auto or cpu")
    return torch.device(name)


def load_network(folder: Path, name: str, device: str | torch.device = "cpu") -> Network:
    """Return a stored network on `device`; CheckpointError if it is missing, damaged or of another architecture."""
    return network_of(read_network(folder, name), device)


def network_of(stored: StoredNetwork, device: str | torch.device = "cpu") -> Network:
    """Return a network that was read, on `device`; CheckpointError where its weights are of another architecture."""
    card, classes = stored.card, stored.card.classes
    model = build(card.architecture, len(classes))
    try:
        model.load_state_dict({key: torch.from_numpy(value) for key, value in stored.weights.items()})
    except Exception as error:
        reason = " ".join(str(error).split())[:300]  # PyTorch lists every tensor, a line each
        raise CheckpointError(
            f"The weights of {stored.name} in {stored.folder} do not fit a {card.architecture} of {len(classes)} "
            f"classes: {reason}"
        ) from error
    return Network(stored.name, frozen(model, torch.device(device)), classes, card.mean, card.std, card)


def frozen(model: Classifier, device: torch.device) -> Classifier:
    """Return the model on the device, in eval mode, without gradients, channels_last as in training."""
    return model.to(device).to(memory_format=torch.channels_last).eval().requires_grad_(False)


def predict(
    network: Network,
    pictures: ImageSet | Pictures,
    *,
    name: str | None = None,
    ids: Sequence[str] | None = None,
    labels: Given | None = None,
    batch_size: int | None = None,
    progress: bool = False,
    precision: str = "float32",
) -> Predictions:
    """Return the network's predictions on an image set, or on pixels (n, height, width, 3).

    Pixels are whole numbers from 0 to 255, of any type, or floats that are normalised already, (pixels / 255 - mean) /
    std: floats from 0 to 1 or to 255 are refused, as they would be answered without a word, and wrongly. `name`, `ids`
    and `labels` are those of the image set unless others are given; pixels alone are called "upload", and each
    picture's id is the first 16 digits of its pixels' SHA-1. The pictures go through in batches of `batch_size` >= 1
    (256, on an NVIDIA GPU 1,024), which changes no answer; `progress` shows a bar on standard error. `precision` may be
    bfloat16, twice as fast on many processors at the price of a confidence's third digit, or auto, the faster one.
    Raises ValueError where there is no picture or what is given is none, TypeError where `network` or `pictures` are of
    another kind, NetworkError as a wrapped module does, and where a GPU has too little memory.

    >>> from nat_core.network.models import build
    >>> network = Network("untrained", build("wrn10_1", 2, seed=0).eval(), ("cat", "dog"), (0.5,) * 3, (0.25,) * 3)
    >>> predict(network, np.zeros((3, 32, 32, 3), np.uint8)).logits.shape
    (3, 2)
    """
    need_network(network)
    _check_batch(batch_size)
    images = _described(network, pictures, name, ids, labels)
    answer = _answer_at(network, precision, images.pixels)
    if answer is not network.model:
        batch_size = min(batch_size or TOGETHER, TOGETHER)
    logits = [outputs.logits for outputs in _outputs(network, images.pixels, batch_size, progress, answer)]
    return Predictions(network.name, images.name, images.ids, torch.cat(logits).cpu().numpy(), images.labels)


def predict_with_maps(
    network: Network,
    pictures: ImageSet | Pictures,
    *,
    name: str | None = None,
    ids: Sequence[str] | None = None,
    labels: Given | None = None,
    batch_size: int | None = None,
) -> tuple[Predictions, dict[str, Float[np.ndarray, "n _ _"]]]:
    """Return the predictions and the attention maps (mean of A^2 over channels) at the low, middle and high level.

    One forward pass gives both. What is given is what `predict` takes.

    Raises NetworkError for a wrapped module, which has none, and for maps that are not finite; otherwise as `predict`
    does.
    """
    need_network(network)
    _check_batch(batch_size)
    _need_groups(network, "attention maps")
    images = _described(network, pictures, name, ids, labels)
    if (serve := _soonest(network, images.pixels)) is not None:
        with _CORES:
            return _answered_soon(network, images, serve)
    logits: list[Tensor] = []
    maps: dict[str, list[Tensor]] = {level: [] for level in LEVELS}
    for outputs in _outputs(network, images.pixels, batch_size):
        logits.append(outputs.logits)
        for level, index in zip(LEVELS, network.model.levels, strict=True):
            maps[level].append(attention_map(outputs.groups[index]))
    predictions = Predictions(network.name, images.name, images.ids, torch.cat(logits).cpu().numpy(), images.labels)
    return predictions, _finite_maps(network, {level: torch.cat(parts).cpu().numpy() for level, parts in maps.items()})


_CORES = FairSemaphore(os.cpu_count() or 1)
"""Few pictures for many callers: those who ask at once wait for a core instead of sharing it in slices."""


def _soonest(network: Network, pixels: Pictures) -> Serve | None:
    """The way of ONNX Runtime, for few square pictures on a processor; None where torch has to answer."""
    side = pixels.shape[1]
    if len(pixels) > FEW or side != pixels.shape[2] or network.device.type != "cpu":
        return None
    return network.served(side)


def _answered_soon(
    network: Network, images: ImageSet, serve: Serve
) -> tuple[Predictions, dict[str, Float[np.ndarray, "n _ _"]]]:
    colours = scale_and_shift(network.mean, network.std, network.device)
    logits, *maps = serve(_normalised(images.pixels, network.device, *colours).contiguous().numpy())
    predictions = Predictions(network.name, images.name, images.ids, logits, images.labels)
    return predictions, _finite_maps(network, dict(zip(LEVELS, maps, strict=True)))


def _finite_maps(network: Network, maps: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    # Squares of values whose logits still are finite.
    if not all(np.isfinite(each).all() for each in maps.values()):
        raise NetworkError(
            f"The attention maps of {network.name} are not finite: its weights are damaged, or its training blew up."
        )
    return maps


def features(network: Network, pictures: ImageSet | Pictures) -> Float[np.ndarray, "n channels"]:
    """Return what the network's last layer is given: the last group's activated output, averaged over its positions.

    Its logits are that layer of these features. The pictures are what `predict` takes, and so is what is raised;
    NetworkError for a wrapped module, which has no features, and for values that are not finite.
    """
    need_network(network)
    _need_groups(network, "features")
    pixels, found = _pixels(network, pictures), []
    for outputs in _outputs(network, pixels, None):
        with torch.inference_mode():
            # What the model's own forward does between the last group and the classifier.
            found.append(network.model.activated(outputs.groups)[-1].mean((2, 3)))
    made = torch.cat(found).cpu().numpy()
    if not np.isfinite(made).all():
        raise NetworkError(
            f"The features of {network.name} are not finite: its weights are damaged, or its training blew up."
        )
    return made


# --- the border: what anyone may hand over ---------------------------------------------------------------------------


def need_network(network: Any) -> None:
    """Raise TypeError, which says how to get one, where something is no `Network`.

    >>> need_network("wrn16_1_nat")
    Traceback (most recent call last):
    TypeError: the network must be what load_network or wrap returns, not a str: get one with nat.load_network(NAME)
    """
    if not isinstance(network, Network):
        how = "wrap it with nat.wrap" if isinstance(network, nn.Module) else "get one with nat.load_network(NAME)"
        raise TypeError(f"the network must be what load_network or wrap returns, not a {type(network).__name__}: {how}")


def _check_batch(batch_size: Any) -> None:
    if batch_size is not None and (
        isinstance(batch_size, bool) or not isinstance(batch_size, Integral) or batch_size < 1
    ):
        raise ValueError(f"batch_size must be a whole number from 1 up; got {batch_size!r:.40}")


def _described(
    network: Network, pictures: Any, name: str | None, ids: Sequence[str] | None, labels: Given | None
) -> ImageSet:
    """The pictures with their name, ids and labels: the caller's, else those of an image set."""
    given, pixels = pictures if isinstance(pictures, ImageSet) else None, _pixels(network, pictures)
    if isinstance(ids, str):  # a text is a sequence of texts as well
        raise ValueError(f"ids must be one text a picture, in a list; got the text {ids!r:.40}")
    if ids is None:
        ids = identities(pixels) if given is None else given.ids
    if labels is None and given is not None:
        labels = given.labels
    shown = None if labels is None else class_numbers("labels", labels, len(pixels))
    return ImageSet(name or ("upload" if given is None else given.name), pixels, tuple(ids), shown)


def _pixels(network: Network, pictures: Any) -> Pictures:
    """The pixels as uint8 or as normalised floats; TypeError or ValueError for what is neither."""
    pictures = pictures.pixels if isinstance(pictures, ImageSet) else pictures
    if not isinstance(pictures, np.ndarray) or isinstance(pictures, np.ma.MaskedArray):
        raise TypeError(
            f"pictures must be an image set or a NumPy array, not a {type(pictures).__name__}: read files with "
            "nat.read_folder, or make an array (n, height, width, 3) with np.stack"
        )
    if pictures.ndim != 4 or pictures.shape[3] != 3 or not all(pictures.shape[1:]):
        raise ValueError(
            f"pictures must be an array (n, height, width, 3); got shape {pictures.shape}{_likely(pictures.shape)}"
        )
    if not len(pictures):
        raise ValueError("there is no picture to predict")
    if pictures.dtype == np.uint8:
        return pictures
    if pictures.dtype.kind in "iu":
        if pictures.min() < 0 or pictures.max() > 255:
            raise ValueError(f"pixels must be from 0 to 255; got {pictures.min()} to {pictures.max()}")
        return pictures.astype(np.uint8)
    if pictures.dtype.kind != "f":
        raise ValueError(f"pixels must be whole numbers from 0 to 255, or floats; got {pictures.dtype}")
    least, most = float(pictures.min()), float(pictures.max())
    bound = max(FARTHEST, 1 / min(network.std))
    # Neither is true of NaN.
    if not (-bound <= least and most <= bound) or (least >= 0 and 0 < most <= 1):
        raise ValueError(
            "pixels in floats must be normalised already, (pixels / 255 - mean) / std; these go from "
            f"{least:.4g} to {most:.4g}: hand over whole numbers from 0 to 255 (np.uint8)"
        )
    return pictures


def _likely(shape: tuple[int, ...]) -> str:
    """What to do about the mistakes that are often made."""
    if len(shape) == 4 and shape[1] == 3:
        return ": bring the colours last with pictures.transpose(0, 2, 3, 1)"
    if len(shape) == 3 and shape[2] == 3:
        return ": one picture is pictures[None]"
    if len(shape) == 4 and shape[3] == 4:
        return ": leave the fourth channel out with pictures[..., :3]"
    return ""


def _need_groups(network: Network, what: str) -> None:
    if not network.has_maps:
        raise NetworkError(f"{network.name} is a wrapped module, which returns logits alone: it has no {what}.")


def _answer_at(network: Network, precision: str, pixels: Pictures) -> ForwardPass:
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}; got {precision!r:.40}")
    if precision == "auto":
        precision = chosen_precision(network, len(pixels), pixels.shape[1])
    if precision == "float32":
        return network.model
    _need_groups(network, "groups to compute in bfloat16")
    return network.fused(forward=torch.bfloat16)


def chosen_precision(network: Network, count: int, side: int) -> str:
    """Return what so many pictures are scored in soonest; a GPU and another's module keep float32.

    >>> from nat_core.network.models import build
    >>> chosen_precision(Network("few", build("wrn10_1", 2).eval(), ("cat", "dog"), (0.5,) * 3, (0.25,) * 3), 1, 32)
    'float32'
    """
    worth_it = count >= MANY and network.device.type == "cpu" and network.has_maps
    return faster(network.model, side) if worth_it else "float32"


def _outputs(
    network: Network,
    pixels: np.ndarray,
    batch_size: int | None,
    progress: bool = False,
    answer: ForwardPass | None = None,
) -> Iterator[Outputs]:
    size = batch_size or (ON_A_CARD if network.device.type == "cuda" else ON_A_PROCESSOR)
    colours = scale_and_shift(network.mean, network.std, network.device)
    for start in tqdm(range(0, len(pixels), size), network.name, disable=not progress, unit="batch"):
        images = _normalised(pixels[start : start + size], network.device, *colours)
        with torch.inference_mode():
            yield _run(network, images, answer or network.model)


def _normalised(
    pixels: np.ndarray, device: torch.device, scale: Float[Tensor, "3"], shift: Float[Tensor, "3"]
) -> Float[Tensor, "n 3 h w"]:
    part = sent(pixels, device)
    # Noise is drawn in normalised space.
    return scaled(part, scale, shift) if part.dtype == torch.uint8 else part.float().permute(0, 3, 1, 2)


def _run(network: Network, images: Tensor, answer: ForwardPass) -> Outputs:
    try:
        with exactly(images.device):
            return answer(images)
    except torch.OutOfMemoryError:
        raise NetworkError(
            f"The GPU has too little free memory for {len(images):,} pictures at once in {network.name}: hand over a "
            "smaller batch_size, end what else runs on it, or take the processor (device cpu)"
        ) from None


def sent(pixels: np.ndarray, device: torch.device) -> Tensor:
    # torch refuses negative strides, which a mirrored array has. A copy, because a stranger's module may write into
    # what it is given, and the array is the caller's.
    part = torch.tensor(np.ascontiguousarray(pixels))
    # From pinned memory a copy goes on beside what the card computes, and nothing waits for it.
    return part.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else part.to(device)


def extract(folder: Path, name: str, data: Path | None = None) -> Path:
    """Compute and store a network's features of the chosen pictures of `CHOSEN`, and return the file's path.

    Those of `CHOSEN_UNSEEN` go to a file beside it, as far as these sets are there. Raises CheckpointError for a
    network that cannot be read or was taught other classes than CIFAR-10's, MissingDataset where a set of `CHOSEN` is
    not there.
    """
    network = load_network(folder, name)
    found = {}
    for set_name, count in CHOSEN.items():
        images = load_set(set_name, data)
        if set_name == "cifar10_test" and images.classes and images.classes != network.classes:
            raise CheckpointError(f"{name} was taught {', '.join(network.classes)}, not CIFAR-10's classes")
        chosen = images.take(choose(count, len(images)))
        if chosen.labels is None:
            raise CheckpointError(f"{set_name} has no labels: a head of {name} cannot learn from it")
        found[set_name] = Features(set_name, chosen.ids, features(network, chosen.pixels), chosen.labels)
    path = save_features(folder, name, found)
    extract_unseen(folder, network, data)
    return path


def extract_unseen(folder: Path, network: Network, data: Path | None = None) -> Path:
    """Compute and store a network's features of the sets of `CHOSEN_UNSEEN` that are there, and return the file's path.

    Raises as `save_features` does.
    """
    found = {}
    for set_name, count in CHOSEN_UNSEEN.items():
        try:
            images = load_set(set_name, data)
        except MissingDataset:
            continue
        chosen = images.take(choose(count, len(images)))
        labels = np.full(len(chosen), -1) if chosen.labels is None else chosen.labels
        found[set_name] = Features(set_name, chosen.ids, features(network, chosen.pixels), labels)
    return save_features(folder, network.name, found, FEATURES_UNSEEN)
