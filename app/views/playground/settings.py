"""What can be chosen in the playground, its defaults, and how a link says it; needs neither torch nor Streamlit."""

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np
from jaxtyping import Float

from nat_app.views.playground.words import ACTIVATIONS, DIVERGENCES, SHAPES
from nat_core.small.plane import CLASSES, EXTENT, NEGATIVES, draw_negatives

DEFAULTS: dict[str, Any] = {
    "play_shape": "blobs",
    "play_classes": 3,
    "play_seed": 0,
    "play_count": 20,
    "play_weight": 1.0,
    "play_divergence": "kl_from_uniform",
    "play_width": 32,
    "play_layers": 2,
    "play_activation": "relu",
    "play_rate": 0.01,
    "play_slow": False,
    "play_x": 2.5,
    "play_y": 0.0,
}
"""The settings by the key of their widgets."""
WIDTHS = (2, 4, 8, 16, 32, 64)
LAYERS = (1, 2, 3)
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
MOST_SEED = 9999
MOST_COUNT = 100
MOST_WEIGHT = 5.0
MOST_NEGATIVES = 300


def negatives(text: str) -> Float[np.ndarray, "m 2"]:
    """Return the negatives that a link names: a kind, for its first press, or each one as x_y, with ~ between them.

    Raises ValueError for another text, for places outside the plane, and for too many.

    >>> negatives("2.5_-1~0_3").tolist()
    [[2.5, -1.0], [0.0, 3.0]]
    """
    if text in NEGATIVES:
        return draw_negatives(text, DEFAULTS["play_count"], seed=DEFAULTS["play_seed"])
    places = [[float(number) for number in place.split("_")] for place in text.split("~")]
    if len(places) > MOST_NEGATIVES or any(len(place) != 2 for place in places):
        raise ValueError(f"negatives are at most {MOST_NEGATIVES} pairs x_y, not {text[:40]}")
    if not all(isfinite(number) and abs(number) <= EXTENT for place in places for number in place):
        raise ValueError(f"negatives lie within {EXTENT} of the middle, not {text[:40]}")
    return np.array(places, np.float32)


def negatives_text(places: Float[np.ndarray, "m 2"]) -> str:
    """Return negatives as a link names them, to a hundredth; "" where there are none.

    >>> negatives_text(np.array([[2.5, -1.0], [0.0, 3.004]], np.float32))
    '2.5_-1~0_3'
    """
    return "~".join("_".join(f"{round(float(number), 2) + 0.0:g}" for number in place) for place in places)


def _one_of(known: tuple | dict) -> Callable[[str], Any]:
    by_text = {str(value): value for value in known}
    return lambda text: by_text[text]


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not least <= int(text) <= most:
            raise ValueError(f"needs {least} to {most}, not {text}")
        return int(text)

    return read


def _weight(text: str) -> float:
    if not 0 <= float(text) <= MOST_WEIGHT:
        raise ValueError(f"needs 0 to {MOST_WEIGHT}, not {text}")
    return round(float(text), 1)


READERS: dict[str, Callable[[str], Any]] = {
    "play_shape": _one_of(SHAPES),
    "play_classes": _one_of(CLASSES),
    "play_seed": _whole(0, MOST_SEED),
    "play_count": _whole(1, MOST_COUNT),
    "play_weight": _weight,
    "play_divergence": _one_of(DIVERGENCES),
    "play_width": _one_of(WIDTHS),
    "play_layers": _one_of(LAYERS),
    "play_activation": _one_of(ACTIVATIONS),
    "play_rate": _one_of(RATES),
    "play_slow": lambda text: {"0": False, "1": True}[text],
    "play_negatives": negatives,
}
"""What a link may say of the playground: a reader that raises ValueError or KeyError for another value."""
