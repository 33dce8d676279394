"""Publishing: trained weights become a checkpoint whose every number is computed from what is stored."""

import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load

from nat_core.data.sources.image_sets import ImageSet
from nat_core.errors import MissingDataset
from nat_core.measure.predictions import Predictions, pack, unpack
from nat_core.measure.report import evaluate
from nat_core.network.inference import Network, frozen, predict, predict_with_maps
from nat_core.network.models import build
from nat_core.store.checkpoints import save_checkpoint
from nat_core.store.tensors import half, packed, widened
from nat_core.training.pictures import TrainingPictures


@dataclass(frozen=True, eq=False)
class Finished:
    """A network whose training has ended."""

    pictures: TrainingPictures
    """What it learnt from, and the recipe as it did."""
    seed: int
    network: Network
    """With the weights that it is to be stored with."""
    precision: str
    seconds: float
    threads: int | None
    teacher_sha256: str | None
    log: bytes


def publish(finished: Finished, *, out: Path) -> Path:
    """Round the weights as they are stored, predict every image set that is there, write the checkpoint.

    The network that is evaluated is the stored one: float16 weights (norm statistics float32) loaded again, run in
    float32; its logits are rounded once to float16 and the report is computed from those. Returns the folder.
    """
    pictures, recipe = finished.pictures, finished.pictures.recipe
    device, model = finished.network.device, finished.network.model
    weights = {key: value.detach().cpu().numpy() for key, value in model.state_dict().items()}
    # Measured as whoever downloads it will have it, so that no number on the card is of weights nobody can get.
    network = _as_stored(finished.network, recipe.architecture, weights)
    predictions, maps = predict_sets(network, pictures.reported, pictures.named)
    report = evaluate(
        predictions, recipe.roles, seed=finished.seed, protocol=recipe.protocol, classes=network.classes,
        epochs=recipe.epochs,
    )  # fmt: skip
    card = {
        "recipe": recipe,
        "architecture": recipe.architecture,
        "classes": network.classes,
        "mean": network.mean,
        "std": network.std,
        "preprocessing": {"size": 32, "crop": "centre", "filter": "bicubic"},
        "seed": finished.seed,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "hardware": hardware(device),
        "precision": finished.precision,
        "seconds": round(finished.seconds, 1),
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": np.__version__},
        "report": report,
        "threads": finished.threads,
        "teacher_sha256": finished.teacher_sha256,
        "data": pictures.source,
    }
    return save_checkpoint(
        out, recipe.name, weights=weights, predictions=predictions, maps=maps, card=card, log=finished.log
    )


def predict_sets(
    network: Network, names: Sequence[str], named: Callable[[str], ImageSet]
) -> tuple[dict[str, Predictions], dict[str, np.ndarray]]:
    """Return the predictions on each named set that is there, as they will be read back, and the gallery's maps.

    `named` returns a set by its name. A set whose files are missing is left out; a network of other classes than the
    gallery's has no gallery.
    """
    predictions: dict[str, Predictions] = {}
    maps: dict[str, np.ndarray] = {}
    for name in names:
        try:
            images = named(name)
        except MissingDataset:
            continue
        if name != "gallery":
            predictions[name] = predict(network, images.pixels, name=name, ids=images.ids, labels=images.labels)
        elif images.classes == network.classes:
            predictions[name], maps = predict_with_maps(
                network, images.pixels, name=name, ids=images.ids, labels=images.labels
            )
    return unpack(network.name, *pack(predictions)), maps


def _as_stored(network: Network, architecture: str, weights: dict[str, np.ndarray]) -> Network:
    model = build(architecture, len(network.classes))
    stored = widened(load(packed(half(weights))))
    model.load_state_dict({key: torch.from_numpy(value) for key, value in stored.items()})
    return replace(network, model=frozen(model, network.device))


def hardware(device: torch.device) -> str:
    """Return the device's name as the machine gives it, with the number of threads on a CPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    name = models[0] if models else platform.processor() or platform.machine()
    threads = torch.get_num_threads()
    return f"{name}, {threads} thread{'s' if threads > 1 else ''}" if device.type == "cpu" else f"{name} ({device})"
