"""The networks that the file carries: their weights as they are stored, so that they answer as the engine's do."""

from pathlib import Path
from typing import Any

import numpy as np

from nat_app.one_page.payload import Payload
from nat_app.shared.pairs import Pair, pair_named
from nat_core.errors import CheckpointError
from nat_core.store.checkpoints import load_card, load_weights

PAIRS = ("wrn16_1", "students")
"""The keys of the pairs that the file shows: the small one, and the students of the same size."""
ARCHITECTURE = "wrn16_1"
"""The one that `browser/computing/network.js` runs."""


def pairs() -> tuple[Pair, ...]:
    """Return the pairs that the file shows.

    >>> [pair.key for pair in pairs()]
    ['wrn16_1', 'students']
    """
    return tuple(map(pair_named, PAIRS))


def described(folder: Path, name: str, into: Payload) -> dict[str, Any]:
    """Put a network's weights into the payload; return what the page has to know of it.

    Raises CheckpointError where it is missing, damaged or of another architecture.
    """
    card = load_card(folder, name)
    if card.architecture != ARCHITECTURE:
        raise CheckpointError(f"{name} is a {card.architecture}: the page runs a {ARCHITECTURE} alone")
    tensors = []
    for key, values in load_weights(folder, name).items():
        if key.endswith("num_batches_tracked"):
            continue
        half = values.astype(np.float16)
        # As in the checkpoint, where all but a norm's statistics is of 16 bits.
        exact = bool((half.astype(np.float32) == values).all())
        start, length = into.add((half if exact else values.astype(np.float32)).tobytes())
        tensors.append({"name": key, "shape": list(values.shape), "start": start, "length": length, "half": exact})
    return {"classes": list(card.classes), "mean": list(card.mean), "std": list(card.std), "tensors": tensors}
