"""The sentences of Your negatives, computed like those of `nat_app.shared.words`."""

from dataclasses import dataclass

from nat_app.shared.palette import NAMES, Kind
from nat_app.shared.words import count_of_100, of_100, percent, percent_fine, plural

LITTLE, PARTLY = 0.85, 0.5
"""Above this share of what fooled it before, other pictures are as good as unprotected; below the second, protected."""


@dataclass(frozen=True)
class Rates:
    """One head's rates, in [0, 1], and counts."""

    own: int
    """How many of the photos learned it is sure of."""
    others: int
    """How many of the other photos."""
    further: float
    """NCR_t on CIFAR-100's test pictures."""
    accuracy: float
    kept: float


def title(sure: int, photos: int, after: int | None, kind: Kind) -> str:
    """Return the finding on the photos themselves: how many the network is sure of, and was before it learned them.

    >>> title(3, 5, 0, "baseline")
    'It learned these 5: sure of none now, of 3 before.'
    """
    if not photos:
        return "Choose things it was never taught."
    if after is None:
        return f"{NAMES[kind]} is sure of {sure or 'none'} of these {photos}. It was taught none of them."
    return f"It learned these {photos}: sure of {after or 'none'} now, of {sure or 'none'} before."


def stands_in(chosen: str, here: str) -> str:
    """Return why another pair than the chosen one learns.

    >>> stands_in("Large network (ResNet-18)", "Small network (WRN-16-1)")
    'Large network (ResNet-18) has no stored features to learn from; here Small network (WRN-16-1) learns in its place.'
    """
    return f"{chosen} has no stored features to learn from; here {here} learns in its place."


def lesson(before: Rates, after: Rates, others: int, further: int, beside: bool) -> str:
    """Return what learning them did for pictures that it did not learn: the lesson of the page, good or bad."""
    left = after.further / before.further if before.further else 1.0
    told = (
        f"Of {further:,} CIFAR-100 pictures it never saw it is sure of {of_100(after.further)}, before of "
        f"{count_of_100(before.further)}"
    )
    if others:
        here = plural(others, "other photo")
        told += f"; of the {here} here of {after.others or 'none'}, before of {before.others or 'none'}"
    if left > 1:
        return f"{told}. **It protects these photos alone; elsewhere it is surer than before.**"
    if left > LITTLE:
        return f"{told}. **It protects these photos and little else.**"
    if left > PARTLY:
        return f"{told}. **It protects others in part.**"
    if beside:
        return f"{told}. **That came with the many and varied pictures beside yours.**"
    return f"{told}. **These photos protect others too.**"


def cost(before: Rates, after: Rates, known: int) -> str:
    """Return what it cost on the ten classes."""
    return (
        f"What it cost: right about {percent_fine(after.accuracy)} of {known:,} CIFAR-10 test pictures, before "
        f"{percent_fine(before.accuracy)}; keeps {of_100(after.kept)} of them, before {count_of_100(before.kept)}."
    )


def unlearned(threshold: float) -> str:
    """Return what to do, before anything was learned."""
    return f"Sure is above {percent(threshold)}. Press Train: it learns in about a second to have no opinion on them."


def how(photos: int, copies: int, known: int, beside: int, steps: int, seconds: float) -> str:
    """Return how it was taught, for the caption."""
    others = f", {beside:,} CIFAR-100 pictures" if beside else ""
    return (
        f"Only a head of two layers learned, on top of the frozen network, of which it began as the exact copy: "
        f"{steps} steps in {seconds:.1f} s, from {plural(photos, 'photo')} with {copies} moved copies each{others} and "
        f"{known:,} CIFAR-10 pictures. The upright stroke: as many steps without any negative. Nothing is stored."
    )


def changed() -> str:
    """Return the sentence for choices made after the last training."""
    return "The bars show what was learned last. Press Train to teach it what you chose now."


def full(most: int) -> str:
    """Return why no further photo can be chosen."""
    return f"That is the most it learns at once ({most}); leave one out to choose another."
