"""The words of the second tab of Attention: what each attribution measures, and what it came to."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nat_app.shared.pairs import set_title
from nat_app.shared.words import HARD_SPACE, Answer
from nat_core.store.checkpoints import training_command

STRETCHED = (
    "Each map is stretched to its own largest value: a faint one looks as strong as any, so compare shapes only."
)


@dataclass(frozen=True)
class Method:
    """One attribution of `nat_core.network.explain`, by its function's name in METHODS."""

    title: str
    measures: str
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

    @property
    def values(self) -> np.ndarray:
        """The share of each place."""
        ...

    @property
    def logit(self) -> float:
        """The answer's logit on the picture."""
        ...

    @property
    def blank(self) -> float:
        """The same on a plain picture of the mean colour."""
        ...


def found_sentence(name: str, answer: str, method: str, found: Found) -> str:
    """Return what an attribution came to: its sum beside the logits (integrated gradients), or its largest value."""
    # The one method whose shares must add up, so the reader can check the sum against the two logits.
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


def attention_title(distances: dict[str, float] | None) -> str:
    """Return at which level the maps of baseline and NAT lie furthest apart on a picture."""
    if distances is None:
        return "Where the networks look."
    furthest = max(distances, key=lambda level: distances[level])
    return f"Baseline and NAT look most differently at the {furthest} level."


def distance_sentence(here: dict[str, float], usual: dict[str, float], pictures: int, source: str) -> str:
    """Return the distances between two networks' maps on this picture, and their median over many from a source."""
    # Maps have length 1 and no value below 0: without a place in common they lie the square root of 2 apart.
    levels = ", ".join(f"{level} {here[level]:.2f} ({usual[level]:.2f})" for level in here)
    return (
        f"How far baseline and NAT lie apart: {levels}. In brackets the median of {pictures:,} {source}. "
        "0 is the same map, 1.41 is nothing in common."
    )


def maps_caption(strength: float, own_scale: bool) -> str:
    """Return what stands below the maps: what they are, and how far their colours can be trusted."""
    what = "Attention map: mean(A²) over the channels of a group."
    scale = "Each from 0 to its largest value." if own_scale else "One colour scale a level, for all networks."
    pale = " The photo shines through, so colours are duller than in the bar." if strength < 1 else ""
    return f"{what} {scale}{pale}"


def spread_title(set_name: str) -> str:
    """Return the plain name of the pictures that a picture is set beside.

    >>> spread_title("gallery"), spread_title("noise")
    ('The gallery', 'Noise')
    """
    return "The gallery" if set_name == "gallery" else set_title(set_name)


def spread_caption(pictures: int, source: str, *, seeds: bool = False) -> str:
    """Return what stands below the chart of distances; `seeds` where it has two baselines beside."""
    beside = " Hollow circle: the median of two baselines that differ in their seed alone." if seeds else ""
    return (
        f"Diamond: this picture. Tick: the median of {pictures:,} {source}; the thick line holds half of them, "
        f"the thin one 90 of 100.{beside}"
    )


def stand_in(title: str, missing: str) -> str:
    """Return the sentence for a network that fills the row of one not trained yet."""
    command = training_command(missing)
    trained = f": `{command}`" if command else ""
    return f"{title} stands in for `{missing}`, which is not trained yet{trained}."


def faint(answer: Answer, name: str, classes: int) -> str:
    """Return the sentence for a network with hardly an opinion; "" where it has one."""
    # Up to twice chance: what a map shows then is which way an undecided network happens to lean.
    if answer.confidence > 2 / classes:
        return ""
    return f"{name} favours no class here, so there is little to see. The map is faint, not broken."
