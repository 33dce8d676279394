"""The words of Attention: where the networks look and how far that differs; what each attribution measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nat_app.shared.pairs import set_title
from nat_app.shared.words import HARD_SPACE, Answer

STRETCHED = (
    "Each map is stretched to its own largest value: a faint one looks as strong as any, so compare shapes only."
)


STEPS = 64
"""How many steps of the way integrated gradients are summed over."""


@dataclass(frozen=True)
class Method:
    """One attribution of `nat_core.network.explain`, by its function's name in METHODS."""

    title: str
    measures: str
    """What it measures, in one or two sentences."""


METHODS = {
    "integrated_gradients": Method(
        "Integrated gradients",
        "Every pixel's share of what lifts the answer from a plain picture of the mean colour to this one. "
        f"The shares add up to that, but for what a sum of {STEPS} steps misses.",
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
        return f"{name}, {answer}: {_added_up(float(found.values.sum()), found.logit, found.blank)}"
    place = "a covered square" if method == "occlusion" else "a place"
    most, least = found.values.max(), found.values.min()
    return f"{name}, {answer}: {place} counts {most:+.2f} at most and {least:+.2f} at least."


def _added_up(total: float, logit: float, blank: float) -> str:
    """Return what integrated gradients add up to beside what they should, and what is missing or too much."""
    whole = logit - blank
    # Of the numbers as they are read, so that the sentence adds up.
    gap = round(round(whole, 2) - round(total, 2), 2)
    told = (
        f"the logit is {logit:.2f}, and {blank:.2f} on the mean colour, {whole:+.2f} apart; the pixels add up to "
        f"{total:+.2f}"
    )
    if not gap:
        return f"{told}."
    amount = f"{abs(gap):.2f} {'missing' if gap * whole > 0 else 'too much'}"
    return f"{told}, {amount}: a sum of {STEPS} steps is not quite the whole way between the two pictures."


def working(name: str, method: str, share: float) -> str:
    """Return what stands beside the progress bar."""
    return f"{name}: {METHODS[method].title.lower()}, {100 * share:.0f}{HARD_SPACE}%"


def attention_title(distances: dict[str, float] | None, exceeding: tuple[str, ...] | None) -> str:
    """Return where baseline and NAT look differently, and whether that is more than another seed makes.

    `distances` are those of their maps on this picture, by level; `exceeding` the levels at which they lie farther
    apart over many pictures than two baselines of different seeds, None where no such two were compared.
    """
    if distances is None:
        return "Where the networks look."
    if exceeding is None:
        furthest = max(distances, key=lambda level: distances[level])
        return f"Baseline and NAT look most differently at the {furthest} level; another seed may make as much."
    if not exceeding:
        return "Baseline and NAT look no more differently than another seed makes."
    where = f"the {exceeding[0]} level" if len(exceeding) == 1 else f"the {' and the '.join(exceeding)} level"
    where = "every level" if len(exceeding) == len(distances) else where
    return f"Baseline and NAT look differently at {where}, more than another seed makes."


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
    scale = STRETCHED if own_scale else "One colour scale a column, for all networks."
    pale = " The photo shines through, so colours are duller than in the bar." if strength < 1 and not own_scale else ""
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


def without_students(missing: Sequence[str]) -> str:
    """Return that a pair's students are not trained yet, before the commands that train them."""
    which = "One of its students is" if len(missing) == 1 else "Its students are"
    return f"{which} not trained yet:"


def faint(answer: Answer, name: str, classes: int) -> str:
    """Return the sentence for a network with hardly an opinion; "" where it has one."""
    # Up to twice chance: what a map shows then is which way an undecided network happens to lean.
    if answer.confidence > 2 / classes:
        return ""
    return f"{name} favours no class here, so there is little to see. The map is faint, not broken."
