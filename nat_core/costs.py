"""What errors cost where an answer counts as sure above a threshold, and the threshold that costs least."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nat_core.metrics import ncr_curve


@dataclass(frozen=True)
class Prices:
    """What one error costs, in any unit, at least 0."""

    false_alarm: float
    """For a negative that the network is sure of."""
    miss: float
    """For a picture of a known class that it is not sure of."""

    def __post_init__(self) -> None:
        if not self.false_alarm >= 0 or not self.miss >= 0:
            raise ValueError(f"an error costs at least 0; got {self.false_alarm} and {self.miss}")


def cost_curve(
    known: Float[np.ndarray, " n"],
    negatives: Float[np.ndarray, " m"],
    thresholds: Float[np.ndarray, " k"],
    prices: Prices,
    share_negatives: float = 0.5,
) -> Float[np.ndarray, " k"]:
    """Return the mean cost of a picture at each threshold t.

    cost(t) = s * false_alarm * NCR_t + (1 - s) * miss * (1 - kept_t), with s the share of negatives among all pictures.
    `known` and `negatives` are confidences, `thresholds` and `share_negatives` in [0, 1]. Raises ValueError for others.

    >>> cost_curve(np.array([0.9, 0.6]), np.array([0.8, 0.3]), np.array([0.5, 0.85]), Prices(10.0, 1.0))
    array([2.5 , 0.25])
    """
    if not 0 <= share_negatives <= 1:
        raise ValueError(f"the share of negatives must be in [0, 1]; got {share_negatives}")
    alarms = prices.false_alarm * ncr_curve(negatives, thresholds)
    misses = prices.miss * (1 - ncr_curve(known, thresholds))
    return share_negatives * alarms + (1 - share_negatives) * misses


def cheapest(thresholds: Float[np.ndarray, " k"], costs: Float[np.ndarray, " k"]) -> float:
    """Return the threshold that costs least, the lowest of several.

    >>> cheapest(np.array([0.5, 0.7, 0.9]), np.array([3.0, 1.0, 1.0]))
    0.7
    """
    return float(thresholds[int(np.argmin(costs))])
