"""Inference: a stored network and pictures become predictions, attention maps and features.

`extract` stores the features of a seeded choice of CIFAR's pictures, for `nat_core.small.heads` to learn from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor
from tqdm import tqdm

from nat_core.data.sets import load_set
from nat_core.data.sources.image_sets import ImageSet, identities
from nat_core.errors import CheckpointError, MissingDataset, NetworkError
from nat_core.measure.predictions import Predictions
from nat_core.network.attention import attention_map
from nat_core.network.models import Classifier, Outputs, build, normalise
from nat_core.recipes import LEVELS
from nat_core.store.checkpoints import Card, load_card, load_weights
from nat_core.store.features import CHOSEN, CHOSEN_UNSEEN, FEATURES_UNSEEN, Features, choose, save_features

Pictures = UInt8[np.ndarray, "n size size 3"] | Float[np.ndarray, "n size size 3"]
"""Pictures of one size: uint8, or float32 that is normalised already."""


@dataclass(frozen=True, eq=False)
class Network:
    """A network ready to predict: in eval mode, float32, with what its inputs are normalised by."""

    name: str
    model: Classifier
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    card: Card | None = field(default=None, repr=False)

    @property
    def device(self) -> torch.device:
        """Where the network's weights are; the CPU for a network without any."""
        tensors = chain(self.model.parameters(), self.model.buffers())
        return next((each.device for each in tensors), torch.device("cpu"))

    @property
    def has_maps(self) -> bool:
        """Whether there are attention maps at three levels: a wrapped module has none."""
        return hasattr(self.model, "levels")


def choose_device(name: str = "auto") -> torch.device:
    """Return the device of that name; `auto` takes CUDA, else Apple's MPS, else the CPU.

    Raises ValueError for an unknown name or a device that this machine does not have.

    >>> choose_device("cpu")
    device(type='cpu')
    """
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next(each for each in ("cuda", "mps", "cpu") if present[each]))
    if name not in present:
        raise ValueError(f"unknown device {name!r}; known: auto, {', '.join(present)}")
    if not present[name]:
        raise ValueError(f"this machine has no {name} device that PyTorch can use: choose auto or cpu")
    return torch.device(name)


def load_network(folder: Path, name: str, device: str | torch.device = "cpu") -> Network:
    """Return a stored network on `device`; CheckpointError if it is missing, damaged or of another architecture."""
    card = load_card(folder, name)
    stored = load_weights(folder, name)
    model = build(card.architecture, len(card.classes))
    try:
        model.load_state_dict({key: torch.from_numpy(value) for key, value in stored.items()})
    except Exception as error:
        reason = " ".join(str(error).split())[:300]  # PyTorch lists every tensor, a line each
        raise CheckpointError(
            f"The weights of {name} in {folder} do not fit a {card.architecture} of {len(card.classes)} classes: "
            f"{reason}"
        ) from error
    return Network(name, frozen(model, torch.device(device)), card.classes, card.mean, card.std, card)


def frozen(model: Classifier, device: torch.device) -> Classifier:
    """Return the model on the device, in eval mode, without gradients, channels_last as in training."""
    return model.to(device).to(memory_format=torch.channels_last).eval().requires_grad_(False)


def predict(
    network: Network,
    pictures: ImageSet | Pictures,
    *,
    name: str | None = None,
    ids: Sequence[str] | None = None,
    labels: Int[np.ndarray, " n"] | None = None,
    batch_size: int = 256,
    progress: bool = False,
) -> Predictions:
    """Return the network's predictions on an image set, or on pixels: uint8, or float32 that is normalised already.

    `name`, `ids` and `labels` are those of the image set unless others are given; pixels alone are called "upload",
    and each picture's id is the first 16 digits of its pixels' SHA-1. The pictures go through in batches of
    `batch_size` >= 1, which changes no answer; `progress` shows a bar on standard error. Raises ValueError where there
    is no picture, NetworkError as a wrapped module does.

    >>> from nat_core.network.models import build
    >>> network = Network("untrained", build("wrn10_1", 2, seed=0).eval(), ("cat", "dog"), (0.5,) * 3, (0.25,) * 3)
    >>> predict(network, np.zeros((3, 32, 32, 3), np.uint8)).logits.shape
    (3, 2)
    """
    pixels, name, ids, labels = _described(pictures, name, ids, labels)
    logits = [outputs.logits for outputs in _outputs(network, pixels, batch_size, progress)]
    return Predictions(network.name, name, ids, torch.cat(logits).cpu().numpy(), labels)


def _described(
    pictures: ImageSet | Pictures, name: str | None, ids: Sequence[str] | None, labels: np.ndarray | None
) -> tuple[np.ndarray, str, tuple[str, ...], np.ndarray | None]:
    """The pixels, with what an image set says of them where the caller says nothing else."""
    if not isinstance(pictures, ImageSet):
        return pictures, name or "upload", identities(pictures) if ids is None else tuple(ids), labels
    own = pictures.labels if labels is None else labels
    return pictures.pixels, name or pictures.name, pictures.ids if ids is None else tuple(ids), own


def predict_with_maps(
    network: Network,
    pixels: UInt8[np.ndarray, "n size size 3"] | Float[np.ndarray, "n size size 3"],
    *,
    name: str = "upload",
    ids: Sequence[str] | None = None,
    labels: np.ndarray | None = None,
    batch_size: int = 256,
) -> tuple[Predictions, dict[str, Float[np.ndarray, "n _ _"]]]:
    """Return the predictions and the attention maps (mean of A^2 over channels) at the low, middle and high level.

    One forward pass gives both. `ids` are by default each picture's SHA-1, as in `predict`.

    Raises NetworkError for a wrapped module, which has none, and otherwise as `predict` does.
    """
    _need_groups(network, "attention maps")
    logits: list[Tensor] = []
    maps: dict[str, list[Tensor]] = {level: [] for level in LEVELS}
    for outputs in _outputs(network, pixels, batch_size):
        logits.append(outputs.logits)
        for level, index in zip(LEVELS, network.model.levels, strict=True):
            maps[level].append(attention_map(outputs.groups[index]))
    named = identities(pixels) if ids is None else tuple(ids)
    predictions = Predictions(network.name, name, named, torch.cat(logits).cpu().numpy(), labels)
    return predictions, {level: torch.cat(parts).cpu().numpy() for level, parts in maps.items()}


def features(network: Network, pixels: Pictures) -> Float[np.ndarray, "n channels"]:
    """Return what the network's last layer is given: the last group's activated output, averaged over its positions.

    Its logits are that layer of these features. An empty set raises ValueError, a wrapped module NetworkError.
    """
    _need_groups(network, "features")
    found = []
    for outputs in _outputs(network, pixels, 256):
        with torch.inference_mode():
            # What the model's own forward does between the last group and the classifier.
            found.append(network.model.activated(outputs.groups)[-1].mean((2, 3)))
    return torch.cat(found).cpu().numpy()


def _need_groups(network: Network, what: str) -> None:
    if not network.has_maps:
        raise NetworkError(f"{network.name} is a wrapped module, which returns logits alone: it has no {what}.")


def _outputs(network: Network, pixels: np.ndarray, batch_size: int, progress: bool = False) -> Iterator[Outputs]:
    if not len(pixels):
        raise ValueError("there is no picture to predict")
    for start in tqdm(range(0, len(pixels), batch_size), network.name, disable=not progress, unit="batch"):
        # torch refuses negative strides, which a mirrored array has.
        part = torch.from_numpy(np.ascontiguousarray(pixels[start : start + batch_size])).to(network.device)
        if part.dtype == torch.uint8:
            images = normalise(part, network.mean, network.std)
        else:
            images = part.float().permute(0, 3, 1, 2)  # noise, drawn in normalised space
        with torch.inference_mode():
            yield network.model(images)


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
