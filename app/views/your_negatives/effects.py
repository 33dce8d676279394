"""What learning a visitor's photos changed, set by set, and whether that is more than chance; no torch here."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from nat_core.measure.metrics import difference_interval
from nat_core.measure.predictions import Predictions

OWN, OTHERS, FURTHER, KNOWN = "own", "others", "cifar100_test", "cifar10_test"
"""The sets that are measured: the photos learned, other photos of things of no class, and CIFAR's test pictures."""


@dataclass(frozen=True)
class Change:
    """A share of a set's pictures: before, after as many steps without negatives, and after learning them."""

    before: float
    alone: float
    after: float
    pictures: int
    direction: int
    """1 where learning the photos raised it, -1 where it lowered it, 0 where chance or the steps alone could do so."""

    @property
    def counts(self) -> tuple[int, int]:
        """How many pictures that is before and after."""
        return round(self.before * self.pictures), round(self.after * self.pictures)


@dataclass(frozen=True)
class Effect:
    """What learning the photos changed."""

    own: Change
    """Of the photos learned, those that the network is sure of."""
    others: Change | None
    """Of the other photos; None where there are none."""
    further: Change
    """Of CIFAR-100's test pictures."""
    kept: Change
    """Of CIFAR-10's test pictures, those that it is sure of."""
    correct: Change
    """Of CIFAR-10's test pictures, those whose class it names."""


def change(before: Bool[np.ndarray, " n"], alone: Bool[np.ndarray, " n"], after: Bool[np.ndarray, " n"]) -> Change:
    """Return how a share changed on the same n >= 1 pictures, and whether that is more than chance.

    A change has a direction where the 95 % intervals of both differences, from before and from as many steps without
    negatives, lie on one side of 0, and where it is seen in the numbers of a hundred.

    >>> nobody, half = np.zeros(400, bool), np.arange(400) < 200
    >>> change(half, half, nobody).direction, change(half, half, half).direction, change(half, nobody, nobody).direction
    (-1, 0, 0)
    """
    shares = [float(each.mean()) for each in (before, alone, after)]
    found = [difference_interval(each, after) for each in (before, alone)]
    direction = 0
    if round(100 * shares[0]) != round(100 * shares[2]):
        direction = int(all(each.low > 0 for each in found)) - int(all(each.high < 0 for each in found))
    return Change(shares[0], shares[1], shares[2], len(after), direction)


def effect(
    before: Mapping[str, Predictions], alone: Mapping[str, Predictions], after: Mapping[str, Predictions], t: float
) -> Effect:
    """Return what learning the photos changed, by what three heads say of the sets; `t` is in [0, 1]."""
    heads = (before, alone, after)

    def sure(name: str) -> Change:
        return change(*(head[name].confidence > t for head in heads))

    correct = change(*(head[KNOWN].predicted == head[KNOWN].labels for head in heads))
    # Without any other photo there is a set of none.
    others = sure(OTHERS) if len(before.get(OTHERS, ())) else None
    return Effect(sure(OWN), others, sure(FURTHER), sure(KNOWN), correct)
