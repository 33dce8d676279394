"""How far a number may be trusted: its spread over seeds, and over pictures by the paired bootstrap; never mixed."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from jaxtyping import Float

SAMPLES = 2000


@dataclass(frozen=True)
class OverSeeds:
    """One number of the same recipe over its seeds."""

    mean: float
    deviation: float | None
    """Sample standard deviation (n - 1); None for one seed."""
    seeds: int


def over_seeds(values: Sequence[float]) -> OverSeeds:
    """Return mean and sample standard deviation of one number over seeds; ValueError without any.

    >>> over_seeds([0.1, 0.3]).mean
    0.2
    """
    if not values:
        raise ValueError("needs the number of one seed at least")
    mean = sum(values) / len(values)
    if len(values) == 1:
        return OverSeeds(mean, None, 1)
    return OverSeeds(mean, sqrt(sum((each - mean) ** 2 for each in values) / (len(values) - 1)), len(values))


@dataclass(frozen=True)
class OverPictures:
    """The difference of two networks' means on the same pictures, with its 95 % interval over pictures."""

    difference: float
    low: float
    high: float
    pictures: int


def paired_bootstrap(
    first: Float[np.ndarray, " n"], second: Float[np.ndarray, " _"], *, samples: int = SAMPLES, seed: int = 0
) -> OverPictures:
    """Return mean(first - second) with its 95 % percentile interval: pictures are drawn anew, both networks together.

    `first` and `second` hold one number a picture, in the same order: 1.0 where confidence > t for NCR, where the
    answer is right for accuracy. It says how much depends on the pictures; of the seeds it knows nothing. Source:
    Efron and Tibshirani 1993, "An Introduction to the Bootstrap". Raises ValueError for no or unequal numbers of
    pictures.

    >>> paired_bootstrap(np.ones(4), np.zeros(4))
    OverPictures(difference=1.0, low=1.0, high=1.0, pictures=4)
    """
    if len(first) != len(second) or not len(first):
        raise ValueError(f"needs the same pictures of both, at least one; got {len(first)} and {len(second)}")
    difference, generator = first - second, np.random.default_rng(seed)
    # Drawing pictures anew is drawing how often each difference occurs: the few that there are, not every picture. In
    # the order in which they first occur, so that both networks exchanged give the same interval turned round.
    _, places, counts = np.unique(difference, return_index=True, return_counts=True)
    order = np.argsort(places)
    values, shares = difference[places[order]], counts[order] / len(difference)
    drawn = [generator.multinomial(len(difference), shares) @ values / len(difference) for _ in range(samples)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return OverPictures(float(difference.mean()), float(low), float(high), len(difference))
