"""What can be chosen in the playground, its defaults, and how a link says it; needs no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from jaxtyping import Float

from nat_app.shared.settings import PageSettings, Setting, decimal, one_of, switch, whole
from nat_app.views.playground.words import ACTIVATIONS, DIVERGENCES, SHAPES
from nat_core.small.plane import CLASSES, EXTENT, NEGATIVES, draw_negatives

WIDTHS = (2, 4, 8, 16, 32, 64)
LAYERS = (1, 2, 3)
NOISES = (0.0, 0.5, 1.0, 1.5, 2.0)
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
MOST_SEED = 9999
MOST_COUNT = 100
MOST_WEIGHT = 5.0
WEIGHTS = tuple(tenth / 10 for tenth in range(round(10 * MOST_WEIGHT) + 1))
MOST_NEGATIVES = 300
FIRST_COUNT, FIRST_SEED = 20, 0


def negatives(text: str) -> Float[np.ndarray, "m 2"]:
    """Return the negatives that a link names: a kind, for its first press, or each one as x_y, with ~ between them.

    Raises ValueError for another text, for places outside the plane, and for too many.

    >>> negatives("2.5_-1~0_3").tolist()
    [[2.5, -1.0], [0.0, 3.0]]
    """
    # By its kind, so that a lesson's link stays short and has the very negatives of that button's first press.
    if text in NEGATIVES:
        return draw_negatives(text, FIRST_COUNT, seed=FIRST_SEED)
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
    # + 0.0 makes 0 of -0.
    return "~".join("_".join(f"{round(float(number), 2) + 0.0:g}" for number in place) for place in places)


SHAPE = Setting("play_shape", "blobs", one_of(SHAPES))
CLASS_COUNT = Setting("play_classes", 3, one_of(CLASSES))
NOISE = Setting("play_noise", 1.0, one_of(NOISES))
"""By how much the points' spread is multiplied."""
SEED = Setting("play_seed", FIRST_SEED, whole(0, MOST_SEED))
"""Of the points, and of both networks' start."""
COUNT = Setting("play_count", FIRST_COUNT, whole(1, MOST_COUNT))
"""How many negatives a press adds."""
WEIGHT = Setting("play_weight", 1.0, decimal(0, MOST_WEIGHT, 1))
DIVERGENCE = Setting("play_divergence", "kl_from_uniform", one_of(DIVERGENCES))
WIDTH = Setting("play_width", 32, one_of(WIDTHS))
LAYER_COUNT = Setting("play_layers", 2, one_of(LAYERS))
ACTIVATION = Setting("play_activation", "relu", one_of(ACTIVATIONS))
RATE = Setting("play_rate", 0.01, one_of(RATES))
SLOW = Setting("play_slow", False, switch)
"""Whether training is shown update by update."""
PLACES: Setting[Float[np.ndarray, "m 2"]] = Setting(
    "play_negatives", np.zeros((0, 2), np.float32), negatives, negatives_text
)
"""Where the negatives lie."""
TRIED: Setting[str | None] = Setting("play_tried", None)
"""Which of `presets.PRESETS` was chosen last; in no link."""

SETTINGS = PageSettings(
    "playground",
    (SHAPE, CLASS_COUNT, NOISE, SEED, COUNT, WEIGHT, DIVERGENCE, WIDTH, LAYER_COUNT, ACTIVATION, RATE, SLOW, PLACES),
    # A link to another page leaves a visitor's playground as it is.
    together=True,
)


@dataclass(frozen=True)
class Choices:
    """What the points, the networks and their objective are made of."""

    shape: str = SHAPE.default
    classes: int = CLASS_COUNT.default
    noise: float = NOISE.default
    seed: int = SEED.default
    weight: float = WEIGHT.default
    divergence: str = DIVERGENCE.default
    width: int = WIDTH.default
    layers: int = LAYER_COUNT.default
    activation: str = ACTIVATION.default
    rate: float = RATE.default

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, the units of each hidden layer, classes.

        >>> Choices(width=4, layers=1).sizes
        (2, 4, 3)
        """
        return (2, *[self.width] * self.layers, self.classes)


_CHOICES: dict[str, Setting[Any]] = {
    "shape": SHAPE,
    "classes": CLASS_COUNT,
    "noise": NOISE,
    "seed": SEED,
    "weight": WEIGHT,
    "divergence": DIVERGENCE,
    "width": WIDTH,
    "layers": LAYER_COUNT,
    "activation": ACTIVATION,
    "rate": RATE,
}


def current() -> Choices:
    """Return what this visit has chosen."""
    return Choices(**{name: setting.value for name, setting in _CHOICES.items()})


def of_link(values: Mapping[str, Any]) -> Choices:
    """Return what a link with these values, by their settings' keys, chooses."""
    return Choices(**{name: values[each.key] for name, each in _CHOICES.items() if each.key in values})
