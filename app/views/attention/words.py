"""The words of the second tab of Attention: what each attribution measures, and what it came to."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nat_app.shared.words import HARD_SPACE


@dataclass(frozen=True)
class Method:
    """One attribution of `nat_core.network.explain`, by its function's name in METHODS."""

    title: str
    says: str
    """What it measures, in one or two sentences."""


METHODS = {
    "integrated_gradients": Method(
        "Integrated gradients",
        "Every pixel's share of what lifts the answer from a plain picture of the mean colour to this one. The shares "
        "add up.",
    ),
    "occlusion": Method(
        "Occlusion",
        "How far the answer falls when a square of 8 x 8 pixels is covered with the mean colour, every 4 pixels.",
    ),
    "grad_cam": Method(
        "Grad-CAM",
        "Where a level is active, weighted by how the answer depends on each channel: as coarse as the level is.",
    ),
}
OWN_ANSWER = "its own answer"
"""The choice that each network is asked about what it says itself."""
UNITS = "Teal speaks for the answer, brown against it, in units of its logit (the number before the softmax)."


class Found(Protocol):
    """What the sentences need of a `nat_core.network.explain.Attribution`; that module imports torch."""

    values: np.ndarray
    logit: float
    blank: float


def found_sentence(name: str, answer: str, method: str, found: Found) -> str:
    """Return what an attribution came to: its sum beside the logits (integrated gradients), or its largest value."""
    if method == "integrated_gradients":
        return (
            f"{name}, {answer}: the pixels add up to {found.values.sum():+.2f}; the logit is {found.logit:.2f}, and "
            f"{found.blank:.2f} on the mean colour, {found.logit - found.blank:+.2f} apart."
        )
    place = "a covered square" if method == "occlusion" else "a place"
    most, least = found.values.max(), found.values.min()
    return f"{name}, {answer}: {place} counts {most:+.2f} at most and {least:+.2f} at least."


def working(name: str, method: str, share: float) -> str:
    """Return what stands beside the progress bar."""
    return f"{name}: {METHODS[method].title.lower()}, {100 * share:.0f}{HARD_SPACE}%"
