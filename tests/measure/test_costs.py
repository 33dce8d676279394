"""Costs of errors: one value by hand, what must always hold, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from nat_core.measure.metrics import Prices, cheapest, cost_curve

STEPS = np.arange(101) / 100
CONFIDENCES = arrays(np.float64, some.integers(1, 30), elements=some.floats(0.1, 1.0))


def test_by_hand() -> None:
    known, negatives = np.array([0.95, 0.85, 0.4, 0.3]), np.array([0.92, 0.2])
    costs = cost_curve(known, negatives, np.array([0.0, 0.5, 0.93, 1.0]), Prices(10.0, 1.0), share_negatives=0.2)
    assert costs.tolist() == pytest.approx([0.2 * 10, 0.2 * 5 + 0.8 * 0.5, 0.8 * 0.75, 0.8])


@given(CONFIDENCES, CONFIDENCES, some.floats(0, 20), some.floats(0, 20))
def test_turning_all_away_costs_the_misses_and_the_cheapest_is_never_dearer(known, negatives, alarm, miss) -> None:
    costs = cost_curve(known, negatives, STEPS, Prices(alarm, miss))
    assert costs[-1] == pytest.approx(miss / 2)
    best = cheapest(STEPS, costs)
    assert costs[round(100 * best)] == costs.min() <= min(alarm, miss) / 2 + 1e-9


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_outside_its_range_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        cost_curve(np.array([0.5]), np.array([0.5]), STEPS, Prices(1.0, 1.0), share)


@pytest.mark.parametrize("prices", [(-1.0, 1.0), (1.0, -1.0), (float("nan"), 1.0)])
def test_a_price_below_nothing_is_refused(prices: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        Prices(*prices)
