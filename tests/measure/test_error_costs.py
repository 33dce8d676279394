"""Costs of errors: values by hand, what must always hold, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from nat_core.measure import error_costs
from nat_core.measure.error_costs import OFFERED, ROOM, SEEN, Prices, Stakes, cheapest, cost_curve, stakes_with_a_valley
from nat_core.recipes import PAIRS
from nat_core.store.checkpoints import load_predictions

STEPS = np.arange(101) / 100
CONFIDENCES = arrays(np.float64, some.integers(1, 30), elements=some.floats(0.1, 1.0))
REAL = Path(__file__).parents[2] / "checkpoints"


def stakes(passed: float, checked: float, share: float = 0.5) -> Stakes:
    """What errors cost."""
    return Stakes(Prices(float(passed), float(checked)), share)


def test_by_hand() -> None:
    known, negatives = np.array([0.95, 0.85, 0.4, 0.3]), np.array([0.92, 0.2])
    paid = cost_curve(known, negatives, np.array([0.0, 0.5, 0.93, 1.0]), stakes(10, 1, 0.2))
    assert paid.tolist() == pytest.approx([0.2 * 10, 0.2 * 5 + 0.8 * 0.5, 0.8 * 0.75, 0.8])
    best = cheapest(known, negatives, stakes(10, 1, 0.2))
    assert (best.threshold, best.cost) == (0.92, pytest.approx(0.6))
    assert best.saved == pytest.approx(0.25)


def test_the_cheapest_threshold_may_lie_between_hundredths() -> None:
    known, negatives = np.array([0.99991, 0.99995]), np.array([0.9999, 0.5])
    best = cheapest(known, negatives, stakes(10, 1))
    assert (best.threshold, best.cost) == (0.9999, 0.0)
    assert cost_curve(known, negatives, STEPS, stakes(10, 1)).min() == 0.5


@given(CONFIDENCES, CONFIDENCES, some.floats(0, 20), some.floats(0, 20), some.floats(0, 1))
def test_no_threshold_is_cheaper_than_the_cheapest(known, negatives, passed, checked, t) -> None:
    paid = stakes(passed, checked)
    best = cheapest(known, negatives, paid)
    ends = cost_curve(known, negatives, np.array([0.0, 1.0]), paid)
    assert ends.tolist() == pytest.approx([passed / 2, checked / 2])
    assert best.cost <= cost_curve(known, negatives, np.append(STEPS, t), paid).min() + 1e-9
    assert cost_curve(known, negatives, np.array([best.threshold]), paid)[0] == best.cost
    assert best.cost == pytest.approx((1 - best.saved) * ends.min())


@pytest.mark.checkpoints
@pytest.mark.parametrize("names", PAIRS.values(), ids=PAIRS.keys())
def test_every_pair_has_stakes_with_a_valley_in_both_networks(names: tuple[str, str]) -> None:
    known, negatives = ("digits_test", "digits_89") if "digits" in names[0] else ("cifar10_test", "cifar100_test")
    stored = [load_predictions(REAL, name, [known, negatives]) for name in names]
    networks = [(each[known].confidence, each[negatives].confidence) for each in stored]
    chosen = stakes_with_a_valley(networks)
    assert chosen in OFFERED
    for each in networks:
        best = cheapest(*each, chosen)
        assert best.saved >= SEEN
        assert ROOM < best.threshold < 1 - ROOM


def test_where_no_valley_is_seen_the_deepest_is_taken() -> None:
    # Surer of what is strange than of what it knows: one of the ends is always cheapest.
    backwards = (np.array([0.2, 0.3]), np.array([0.8, 0.9]))
    assert cheapest(*backwards, stakes(1, 1)).saved == 0
    assert stakes_with_a_valley([backwards]) in OFFERED


def test_at_either_end_of_the_shares_there_is_one_kind_of_error() -> None:
    known, negatives, t = np.array([0.9, 0.3]), np.array([0.8, 0.2]), np.array([0.5])
    assert cost_curve(known, negatives, t, stakes(10, 2, 0.0)).tolist() == [1.0]
    assert cost_curve(known, negatives, t, stakes(10, 2, 1.0)).tolist() == [5.0]


def test_where_errors_cost_nothing_nothing_is_saved() -> None:
    assert cheapest(np.array([0.9]), np.array([0.8]), stakes(0, 0)).saved == 0.0


def test_the_dearest_error_with_a_valley_comes_before_the_deepest_valley() -> None:
    network = (np.array([0.4, 0.6, 0.9, 0.7, 0.7, 0.7, 0.6, 0.8]), np.array([0.7, 0.5, 0.2, 0.5, 0.3]))
    deepest = max(OFFERED, key=lambda each: cheapest(*network, each).saved)
    assert deepest == stakes(1, 1, 0.5)
    assert cheapest(*network, deepest).saved == pytest.approx(0.675)
    assert stakes_with_a_valley([network]) == stakes(3, 1, 0.2)


@pytest.mark.parametrize(
    ("floor", "seen"), [(0.9995, False), (1 - ROOM, True), (0.5, True), (ROOM, True), (5e-4, False)]
)
def test_a_valley_whose_floor_leans_on_an_end_is_none(floor: float, seen: bool) -> None:
    # The cheapest threshold is the negatives' own confidence, whatever errors cost; beside it lies a shallower valley.
    leaning = (np.array([floor + 1e-4]), np.array([floor]))
    chosen = stakes_with_a_valley([leaning])
    assert cheapest(*leaning, chosen).saved == 1.0
    # Where none is seen, all valleys are 0 deep and the first offer is taken; the second network then says nothing.
    other = (np.array([0.5, 0.5, 0.5, 0.1]), np.array([0.4, 0.4, 0.6]))
    deepest = stakes_with_a_valley([other])
    assert (stakes_with_a_valley([leaning, other]) == deepest) == seen
    assert deepest != OFFERED[0]


def test_a_valley_just_as_deep_as_one_is_seen_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    network = (np.array([0.4, 0.6, 0.9, 0.7, 0.7, 0.7, 0.6, 0.8]), np.array([0.7, 0.5, 0.2, 0.5, 0.3]))
    # Its deepest valley under the dearest error: one a little deeper would be asked for in vain.
    dearest = max(cheapest(*network, each).saved for each in OFFERED if each.prices.wrongly_passed == 3)
    chosen = []
    for deep in (dearest, np.nextafter(dearest, 1)):
        monkeypatch.setattr(error_costs, "SEEN", deep)
        chosen.append(stakes_with_a_valley([network]).prices.wrongly_passed)
    assert chosen[0] == 3
    assert chosen[1] < 3


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_outside_its_range_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        cost_curve(np.array([0.5]), np.array([0.5]), STEPS, stakes(1, 1, share))


@pytest.mark.parametrize("prices", [(-1.0, 1.0), (1.0, -1.0), (float("nan"), 1.0)])
def test_a_price_below_nothing_is_refused(prices: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        Prices(*prices)
