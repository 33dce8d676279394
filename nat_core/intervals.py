"""Intervals for shares of few pictures."""

import math
from statistics import NormalDist
from typing import NamedTuple


class Interval(NamedTuple):
    """Both ends of an interval for a share, in [0, 1]."""

    low: float
    high: float


def wilson_interval(successes: int, n: int, level: float = 0.95) -> Interval:
    """Wilson's score interval for a share, `successes` of `n` (Wilson, 1927): sound for few pictures, 0 and n too.

    (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), z the normal quantile of `level` in (0, 1).
    Raises ValueError unless n >= 1 and 0 <= successes <= n.

    >>> [round(end, 3) for end in wilson_interval(7, 12)]
    [0.32, 0.807]
    """
    if n < 1 or not 0 <= successes <= n or not 0 < level < 1:
        raise ValueError(f"needs 0 <= successes <= n, n >= 1, 0 < level < 1; got {successes}, {n}, {level}")
    squared = NormalDist().inv_cdf((1 + level) / 2) ** 2
    centre = (successes + squared / 2) / (n + squared)
    half = math.sqrt(squared * (successes * (n - successes) / n + squared / 4)) / (n + squared)
    # Both ends are exact at 0 and n of n; rounding would leave them a hair beside.
    return Interval(0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half)
