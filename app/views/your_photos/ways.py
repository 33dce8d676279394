"""The sentences of an opened photo: how long the networks stay sure on the way into noise or another picture."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nat_app.shared.palette import KINDS, NAMES, Kind
from nat_app.shared.words import literal, percent, threshold_share
from nat_core.measure.predictions import Predictions


@dataclass(frozen=True)
class Way:
    """One way to change a photo, in steps."""

    title: str
    slider: str
    """What its slider asks."""
    of: str
    """What there is more and more of: "noise"."""
    end: str
    """What it has become at the end."""
    furthest: float
    """The end of the way, 1 where a photo has turned into something else altogether."""


WAYS = {
    "noise": Way("Fade into noise", "How much of it is noise", "noise", "noise alone", 1.0),
    "picture": Way(
        "Fade into another picture",
        "How much of it is the other picture",
        "of the other picture",
        "the other picture",
        1.0,
    ),
    "add": Way("Add noise", "Noise added, 100 % being how much photos vary", "added noise", "the most noise", 2.0),
}
STEPS = 51
"""How many pictures lie on every way, both ends included."""


def shares(way: Way) -> Float[np.ndarray, "51"]:
    """Return the shares of the way at its steps, from 0 to its furthest."""
    return np.linspace(0, way.furthest, STEPS)


def percents(way: Way) -> tuple[int, ...]:
    """Return the same steps in percent, as the slider counts them.

    >>> percents(WAYS["add"])[:3], percents(WAYS["add"])[-1]
    ((0, 4, 8), 200)
    """
    return tuple(round(100 * float(share)) for share in shares(way))


def stays_sure_sentence(swept: dict[Kind, Predictions], way: Way, classes: tuple[str, ...], threshold: float) -> str:
    """Return how far each network stays sure on the way, and whether it is sure again at the end."""
    parts = [f"{NAMES[kind]} {_stays_sure(swept[kind], way, classes, threshold)}." for kind in KINDS]
    return f"Sure means above {threshold_share(threshold)}. {' '.join(parts)}"


def _stays_sure(said: Predictions, way: Way, classes: tuple[str, ...], threshold: float) -> str:
    sure = said.confidence > threshold
    if sure.all():
        return "stays sure all the way"
    # argmin finds the first step at which it is not sure; of those that follow, only the last one counts.
    last = int(sure.argmin()) - 1
    until = f"stays sure up to {percent(float(shares(way)[last]))} {way.of}" if sure[0] else "is not sure to begin with"
    if not sure[-1]:
        return until
    return f"{until}, and of {way.end} it is sure again: {literal(classes[said.predicted[-1]])}"


def step_caption(way: Way, place: int) -> str:
    """Return what stands under the picture at a step: "What the networks see, with 40 % noise"."""
    return f"What the networks see, with {percent(float(shares(way)[place]))} {way.of}"
