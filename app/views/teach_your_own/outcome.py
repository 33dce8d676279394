"""What the three heads are worth at a threshold: how many photos each keeps, and how often others fool it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from nat_core.measure.metrics import Interval, difference_interval, wilson_interval
from nat_core.store.own_heads import HEADS, OwnHeads


@dataclass(frozen=True, eq=False)
class Outcome:
    """Which photos each head keeps and which other pictures fool it, by `own_heads.HEADS`."""

    kept: dict[str, Bool[np.ndarray, " photos"]]
    """Of which photos heads that did not learn that one are sure."""
    right: dict[str, Bool[np.ndarray, " photos"]]
    """Of which of them they name the right thing."""
    fooled: dict[str, Bool[np.ndarray, " pictures"]]
    """Of which held-out pictures of other things it is sure."""

    likeliest: int = 0
    """How many photos there are of the thing that has most: as many are right where always that one is named."""

    @property
    def photos(self) -> int:
        """How many photos were learned."""
        return len(self.kept[HEADS[0]])

    @property
    def pictures(self) -> int:
        """How many pictures are held out."""
        return len(self.fooled[HEADS[0]])

    def keeps(self, kind: str) -> int:
        """How many photos a head keeps."""
        return int(self.kept[kind].sum())

    def names(self, kind: str) -> int:
        """How many of those it names correctly."""
        return int((self.kept[kind] & self.right[kind]).sum())

    def fools(self, kind: str) -> int:
        """How many held-out pictures fool a head."""
        return int(self.fooled[kind].sum())


def judge(heads: OwnHeads, held_out: Float[np.ndarray, "n channels"], threshold: float) -> Outcome:
    """Return what the heads are worth at a threshold in [0, 1]: sure is above it."""
    own = {kind: heads.of_own(kind) for kind in HEADS}
    return Outcome(
        {kind: said.confidence > threshold for kind, said in own.items()},
        {kind: said.predicted == heads.labels for kind, said in own.items()},
        {kind: heads.said(kind, "held out", held_out).confidence > threshold for kind in HEADS},
        int(np.bincount(heads.labels).max()) if len(heads.labels) else 0,
    )


def direction(first: Bool[np.ndarray, " n"], second: Bool[np.ndarray, " n"]) -> int:
    """Return 1 where the second share is larger by more than chance, -1 where it is smaller, else 0.

    >>> direction(np.ones(50, bool), np.zeros(50, bool)), direction(np.array([True]), np.array([False]))
    (-1, 0)
    """
    found = difference_interval(first, second)
    return int(found.low > 0) - int(found.high < 0)


def interval(true: Bool[np.ndarray, " n"]) -> Interval:
    """Return the 95 % interval of a share.

    >>> [round(end, 2) for end in interval(np.array([True, True, False]))]
    [0.21, 0.94]
    """
    return wilson_interval(int(true.sum()), len(true))
