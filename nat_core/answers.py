"""What networks answer on one picture file: a part of the JSON of `nat predict`."""

import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import UInt8

from nat_core.checkpoints import Card
from nat_core.images import UnreadableImage, read_image
from nat_core.predictions import Predictions
from nat_core.stored import write_durably

if TYPE_CHECKING:
    from nat_core.inference import Network


@lru_cache(maxsize=1)
def _pixels(file: Path, crop: str, resample: str) -> UInt8[np.ndarray, "1 size size 3"]:
    """One picture for many networks: decoded once."""
    return read_image(file, crop=crop, resample=resample)[None]


def answer(file: Path, networks: Sequence["Network"]) -> dict[str, Any]:
    """Return each network's probabilities and confidence on a picture, or the sentence that says why there are none."""
    from nat_core.inference import predict

    answers = {}
    for network in networks:
        try:
            pixels = _pixels(file, *crop_and_filter(network.card))
        except UnreadableImage as error:
            return {"file": str(file), "error": str(error), "networks": {}}
        predictions = predict(network, pixels)
        probabilities = dict(zip(network.classes, predictions.probabilities[0].tolist(), strict=True))
        answers[network.name] = {"confidence": float(predictions.confidence[0]), "probabilities": probabilities}
    return {"file": str(file), "error": None, "networks": answers}


def crop_and_filter(card: Card | None) -> tuple[str, str]:
    """Return how a network's pictures are cut square and shrunk."""
    return (card.preprocessing["crop"], card.preprocessing["filter"]) if card else ("centre", "bicubic")


def store_logits(path: Path, predictions: Predictions, *, from_folder: bool) -> None:
    """Write `logits` float32 to an .npz file, with the `files` of a folder or the `labels` of an .npz file."""
    arrays: dict[str, Any] = {"logits": predictions.logits.astype(np.float32)}
    if from_folder:
        arrays["files"] = np.array(predictions.ids)
    elif predictions.labels is not None:
        arrays["labels"] = predictions.labels
    content = io.BytesIO()
    np.savez(content, **arrays)
    write_durably(path, content.getvalue())
