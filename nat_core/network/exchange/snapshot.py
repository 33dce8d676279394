"""A network as a repository of a model hub has it: a folder of weights, their description and a card for people.

<folder>/model.safetensors   the weights as the checkpoint stores them
<folder>/config.json         name, architecture, classes, what inputs are normalised by, how pictures are made square
<folder>/README.md           the model card, which is not read here: `nat_core.results.model_card` writes it

A snapshot comes from anywhere, so it is read as a stranger's network is: bounded, checked, never unpickled.
"""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from nat_core.errors import CheckpointError
from nat_core.files import converted, is_there, opened, parsed_json
from nat_core.language import legible
from nat_core.measure.predictions import check_class_names
from nat_core.network.inference import Network, frozen
from nat_core.network.uploaded_networks import MAX_BYTES, MAX_CARD_BYTES, Described, architecture_of, read_network
from nat_core.store.checkpoints import Card, load_weights
from nat_core.store.tensors import half, packed

WEIGHTS, CONFIG = "model.safetensors", "config.json"
MAX_NAME = 80


@dataclass(frozen=True)
class Config:
    """What config.json says; every field is needed, and there is no other."""

    name: str
    architecture: str
    classes: tuple[str, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    size: int
    """Pixels a side of what the network sees."""
    crop: str
    filter: str

    def __post_init__(self) -> None:
        if not 0 < len(self.name) <= MAX_NAME or legible(self.name) != self.name:
            raise ValueError(f"name must be a legible text of up to {MAX_NAME} characters")
        if not all(0 <= each <= 1 for each in self.mean) or not all(1e-3 <= each <= 1 for each in self.std):
            raise ValueError("mean must lie in [0, 1], std in [0.001, 1]")
        if (self.size, self.crop, self.filter) != (32, "centre", "bicubic"):
            raise ValueError("size, crop and filter must be 32, centre and bicubic: this version reads no others")
        check_class_names("classes", self.classes)

    @classmethod
    def of(cls, card: Card) -> "Config":
        """What a stored network's card says."""
        crop, resample = card.crop_and_filter
        return cls(
            card.name, card.architecture, card.classes, _three(card.mean), _three(card.std),
            int(card.preprocessing.get("size", 32)), crop, resample,
        )  # fmt: skip


def is_snapshot(folder: Path) -> bool:
    """Return whether a folder claims to be a snapshot: it holds one of the two files that are read.

    >>> is_snapshot(Path("nowhere"))
    False
    """
    # os.path answers False for a name too long for any file, where pathlib of Python 3.11 raises OSError.
    return any(os.path.exists(folder / name) for name in (WEIGHTS, CONFIG))


def snapshot_files(folder: Path, name: str, card: Card) -> dict[str, bytes]:
    """Return a stored network's weights and description as the content of a snapshot's files, by their names.

    Raises CheckpointError as `load_weights` does, ValueError where this version could not read it again.
    """
    config = json.dumps(asdict(Config.of(card)), indent=2) + "\n"
    # The library that most others read it with wants to know which framework's weights they are.
    return {WEIGHTS: packed(half(load_weights(folder, name)), {"format": "pt"}), CONFIG: config.encode()}


def read_snapshot(folder: Path, device: torch.device | None = None) -> Network:
    """Return the network in a local snapshot, ready for `predict`.

    Raises CheckpointError, in one sentence, where a file is missing, too large or damaged, or where the two do not fit.
    """
    config = _config(folder / CONFIG)
    found = read_network(
        _content(folder / WEIGHTS, MAX_BYTES), str(folder / WEIGHTS), Described(config.classes, config.mean, config.std)
    )
    if (is_one := architecture_of(found)) != config.architecture:
        raise CheckpointError(
            f"{folder / CONFIG} says {config.architecture[:40]!r}, but {WEIGHTS} holds a {is_one}: download both again"
        )
    return replace(found, name=config.name, model=frozen(found.model, device or torch.device("cpu")))


def _config(path: Path) -> Config:
    try:
        return converted(parsed_json(_content(path, MAX_CARD_BYTES), MAX_CARD_BYTES), Config)
    except CheckpointError:
        raise
    except (TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise CheckpointError(f"{path} describes no network that is read here ({reason:.200})") from None


def _content(path: Path, most: int) -> bytes:
    """A file's bytes, of which one more than allowed is never read."""
    if not is_there(path):
        raise CheckpointError(
            f"{path} is missing: a snapshot of a hub's repository has {WEIGHTS} and {CONFIG}; pickles "
            "(pytorch_model.bin) are never opened"
        )
    with opened(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise CheckpointError(f"{path} is more than the {most / 1e6:.0f} MB read")
    return content


def _three(values: tuple[float, ...]) -> tuple[float, float, float]:
    red, green, blue = values
    return red, green, blue
