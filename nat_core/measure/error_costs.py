"""What errors cost at a threshold, which threshold is cheapest of all, and for which prices that can be seen.

As in `nat_core.measure.metrics`, a picture passes where confidence > t, strictly. A negative that passes is wrongly
passed; a known picture that does not is checked needlessly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nat_core.measure.metrics import ncr_curve

Array = np.ndarray


@dataclass(frozen=True)
class Prices:
    """What one error costs, in any unit, at least 0."""

    wrongly_passed: float
    """For a negative that the network is sure of."""
    needless_check: float
    """For a picture of a known class that it is not sure of."""

    def __post_init__(self) -> None:
        if not self.wrongly_passed >= 0 or not self.needless_check >= 0:
            raise ValueError(f"an error costs at least 0; got {self.wrongly_passed} and {self.needless_check}")


@dataclass(frozen=True)
class Stakes:
    """What errors cost, and how often there is something to be wrong about."""

    prices: Prices
    share_negatives: float
    """The share of negatives among all pictures, in [0, 1]."""


@dataclass(frozen=True)
class Cheapest:
    """The cheapest threshold of all, and what it is worth."""

    threshold: float
    """The lowest one at that cost, in [0, 1]."""
    cost: float
    """The mean cost of a picture there."""
    saved: float
    """What it saves of the cheaper end, where all passes or nothing does: 0 for nothing, 1 for all of the cost."""


def cost_curve(
    known: Float[Array, " n"], negatives: Float[Array, " m"], thresholds: Float[Array, " k"], stakes: Stakes
) -> Float[Array, " k"]:
    """Return the mean cost of a picture at each threshold t.

    cost(t) = s * wrongly_passed * NCR_t + (1 - s) * needless_check * (1 - kept_t), with s the share of negatives.
    `known` and `negatives` are confidences, `thresholds` and the share in [0, 1]. Raises ValueError for others.

    >>> stakes = Stakes(Prices(10.0, 1.0), 0.5)
    >>> cost_curve(np.array([0.9, 0.6]), np.array([0.8, 0.3]), np.array([0.5, 0.85]), stakes)
    array([2.5 , 0.25])
    """
    share, prices = stakes.share_negatives, stakes.prices
    if not 0 <= share <= 1:
        raise ValueError(f"the share of negatives must be in [0, 1]; got {share}")
    passed = prices.wrongly_passed * ncr_curve(negatives, thresholds)
    checked = prices.needless_check * (1 - ncr_curve(known, thresholds))
    return share * passed + (1 - share) * checked


def cheapest(known: Float[Array, " n"], negatives: Float[Array, " m"], stakes: Stakes) -> Cheapest:
    """Return the cheapest threshold of all, not of some grid. Raises ValueError as `cost_curve` does.

    >>> cheapest(np.array([0.9, 0.6]), np.array([0.8, 0.3]), Stakes(Prices(10.0, 1.0), 0.5))
    Cheapest(threshold=0.8, cost=0.25, saved=0.5)
    """
    # Between two neighbouring confidences no share changes, and one equal to t is not above it: each confidence is the
    # lowest t of its step, so these are all the costs that there are.
    thresholds = np.unique(np.concatenate([[0.0], known, negatives, [1.0]]))
    costs = cost_curve(known, negatives, thresholds, stakes)
    best, end = int(np.argmin(costs)), float(min(costs[0], costs[-1]))
    return Cheapest(float(thresholds[best]), float(costs[best]), 1 - float(costs[best]) / end if end else 0.0)


OFFERED = tuple(Stakes(Prices(dear, 1.0), share) for dear in (3.0, 2.0, 1.0) for share in (0.5, 0.2, 0.1))
"""What a wrong part may cost beside a needless check, the dearest first, and how many of the parts may be strange."""
SEEN = 1 / 3
"""A valley is seen where its floor saves this share of the cheaper end."""
ROOM = 1e-3
"""A valley is seen where its floor lies this far from either end of the thresholds, 0 and 1."""


def stakes_with_a_valley(networks: Sequence[tuple[Float[Array, " _"], Float[Array, " _"]]]) -> Stakes:
    """Return stakes under which the costs of all these networks fall and rise again, so that a choice of t matters.

    Each network is given by its confidences of known pictures and of negatives. Of `OFFERED`, the dearest error for
    which a valley is seen in all of them, at the share of negatives where the shallowest is deepest; where none is
    seen, the deepest there is. Raises ValueError where there is no network.

    >>> stakes_with_a_valley([(np.array([0.9, 0.6]), np.array([0.8, 0.3]))])
    Stakes(prices=Prices(wrongly_passed=3.0, needless_check=1.0), share_negatives=0.5)
    """
    depths = {stakes: min(_depth(cheapest(*each, stakes)) for each in networks) for stakes in OFFERED}
    seen = [stakes for stakes, depth in depths.items() if depth >= SEEN]
    dearest = max((stakes.prices.wrongly_passed for stakes in seen), default=None)
    among = [stakes for stakes in seen if stakes.prices.wrongly_passed == dearest] or list(OFFERED)
    return max(among, key=depths.__getitem__)


def _depth(best: Cheapest) -> float:
    """How deep a valley is, 0 where its floor leans on an end."""
    return best.saved if ROOM <= best.threshold <= 1 - ROOM else 0.0
