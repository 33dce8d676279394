"""Calibration, histogram, scores of single pictures and Wilson's interval against SciPy and numbers worked by hand."""

import math

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from jaxtyping import TypeCheckError

from nat_core.measure import metrics
from nat_core.measure.metrics import difference_interval, wilson_interval

REFUSED = (ValueError, TypeCheckError)
CONFIDENCE = hnp.arrays(np.float64, st.integers(1, 40), elements=st.floats(0.0, 1.0))
LOGITS = hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(2, 10)), elements=st.floats(-500, 500))
examples = settings(deadline=None, max_examples=100)


def test_ece_by_hand_has_bins_closed_on_the_right():
    # With two bins .5 belongs to the lower: |2 right of 2 - .9| and |1 of 2 - 1.7 / 2|, weights 1/2 each.
    confidence, correct = np.array([0.4, 0.5, 0.8, 0.9]), np.array([True, True, True, False])
    assert metrics.expected_calibration_error(confidence, correct, bins=2) == pytest.approx(0.5 * 0.55 + 0.5 * 0.35)


@examples
@given(st.data(), CONFIDENCE)
def test_ece_is_the_loop_over_bins(data, confidence):
    correct = data.draw(hnp.arrays(np.bool_, len(confidence)))
    total = 0.0
    for i in range(15):
        inside = ((confidence > i / 15) | ((i == 0) & (confidence == 0))) & (confidence <= (i + 1) / 15)
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    assert metrics.expected_calibration_error(confidence, correct) == pytest.approx(total, abs=1e-12)


def test_ece_is_zero_where_always_sure_and_right_and_one_where_always_wrong():
    sure = np.ones(7)
    assert metrics.expected_calibration_error(sure, np.ones(7, dtype=bool)) == 0
    assert metrics.expected_calibration_error(sure, np.zeros(7, dtype=bool)) == 1


def test_ece_refuses_unequal_lengths_and_no_bins():
    with pytest.raises(REFUSED):
        metrics.expected_calibration_error(np.array([0.5, 0.6]), np.array([True]))
    with pytest.raises(ValueError, match="bins"):
        metrics.expected_calibration_error(np.array([0.5]), np.array([True]), bins=0)


@examples
@given(CONFIDENCE, st.sampled_from([0.4, 0.6, 0.8, 0.9]))
def test_histogram_adds_up_to_one_and_right_of_an_edge_to_ncr(confidence, threshold):
    shares = metrics.confidence_histogram(confidence)
    assert shares.shape == (50,)
    assert shares.sum() == pytest.approx(1, abs=1e-12)
    right = shares[round(threshold * 50) :].sum()
    assert right == pytest.approx(metrics.negative_confidence_rate(confidence, threshold), abs=1e-12)


def test_histogram_by_hand_and_refuses_no_bins():
    assert metrics.confidence_histogram(np.array([0.0, 0.25, 0.3, 1.0]), bins=4).tolist() == [0.5, 0.25, 0, 0.25]
    with pytest.raises(ValueError, match="bins"):
        metrics.confidence_histogram(np.array([0.5]), bins=0)


@examples
@given(LOGITS)
def test_scores_of_pictures_are_scipys(logits):
    probabilities = np.minimum(scipy.special.softmax(logits, axis=1), 1)
    np.testing.assert_allclose(metrics.entropy(probabilities), scipy.stats.entropy(probabilities, axis=1), atol=1e-12)
    np.testing.assert_allclose(metrics.energy(logits), -scipy.special.logsumexp(logits, axis=1), rtol=1e-12, atol=1e-12)
    halved = -2 * scipy.special.logsumexp(logits / 2, axis=1)
    np.testing.assert_allclose(metrics.energy(logits, temperature=2.0), halved, rtol=1e-12, atol=1e-12)
    assert metrics.maximum_logit(logits).tolist() == [max(row) for row in logits.tolist()]


def test_entropy_is_log_c_at_uniform_and_zero_when_certain():
    assert metrics.entropy(np.full((2, 10), 0.1)) == pytest.approx(math.log(10))
    assert metrics.entropy(np.eye(3)).tolist() == [0, 0, 0]


def test_energy_by_hand():
    assert metrics.energy(np.array([[0.0, math.log(3)]])) == pytest.approx(-math.log(4))
    assert metrics.energy(np.array([[1000.0, 1000.0]])) == pytest.approx(-1000 - math.log(2))


def test_scores_of_pictures_refuse_wrong_input():
    for score in (metrics.entropy, metrics.energy, metrics.maximum_logit):
        for wrong in (np.array([0.5]), np.zeros((0, 3)), np.array([[math.nan, 0.5]])):
            with pytest.raises(REFUSED):
                score(wrong)
    with pytest.raises(ValueError, match="probabilities"):
        metrics.entropy(np.array([[2.0, -1.0]]))
    with pytest.raises(ValueError, match="temperature"):
        metrics.energy(np.array([[0.5]]), temperature=0.0)


@examples
@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_wilson_interval_is_scipys(counts, level):
    expected = scipy.stats.binomtest(*counts).proportion_ci(level, method="wilson")
    assert wilson_interval(*counts, level=level) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_wilson_interval_by_hand():
    # z = 1.959964, z^2 = 3.841459: centre (0 + z^2/2) / (10 + z^2), half the same, so 0 to z^2 / (10 + z^2).
    assert wilson_interval(0, 10) == (0.0, pytest.approx(0.277533, abs=1e-6))
    assert wilson_interval(10, 10) == (pytest.approx(0.722467, abs=1e-6), 1.0)


@pytest.mark.parametrize(
    ("successes", "n", "level"), [(0, 0, 0.95), (-1, 3, 0.95), (4, 3, 0.95), (1, 3, 1.0), (1, 3, 0.0)]
)
def test_wilson_interval_refuses_impossible_counts(successes, n, level):
    with pytest.raises(ValueError, match=f"got {successes}, {n}, {level}"):
        wilson_interval(successes, n, level)


def test_difference_interval_by_hand() -> None:
    # n = 18, b = 9, c = 0, so m = 20, p = 10 / 20, q = 1 / 20: .45 -+ 1.959964 sqrt((.55 - .2025) / 20).
    first, second = np.zeros(18, bool), np.arange(18) < 9
    assert difference_interval(first, second) == pytest.approx((0.45 - 0.258352, 0.45 + 0.258352), abs=1e-5)


@examples
@given(hnp.arrays(bool, st.tuples(st.integers(1, 60), st.just(2))))
def test_difference_interval_holds_the_difference_and_turns_its_sign(both: np.ndarray) -> None:
    first, second = both.T
    low, high = difference_interval(first, second)
    assert -1 <= low <= high <= 1
    # The added pictures draw it towards 0, never beyond an end.
    assert low - 1e-9 <= (second.mean() - first.mean()) * len(first) / (len(first) + 2) <= high + 1e-9
    assert difference_interval(second, first) == pytest.approx((-high, -low))
    assert difference_interval(first, first)[0] < 0 < difference_interval(first, first)[1]


@pytest.mark.parametrize(("sizes", "level"), [((0, 0), 0.95), ((3, 3), 0.0), ((3, 3), 1.0), ((3, 3), 1.5)])
def test_difference_interval_refuses_what_cannot_be_compared(sizes: tuple[int, int], level: float) -> None:
    with pytest.raises(ValueError, match=rf"got \({sizes[0]},\), \({sizes[1]},\), {level}"):
        difference_interval(np.zeros(sizes[0], bool), np.zeros(sizes[1], bool), level)


@pytest.mark.parametrize("sizes", [(3, 2), (1, 3)])
def test_difference_interval_refuses_other_pictures(sizes: tuple[int, int]) -> None:
    first, second = (np.zeros(size, bool) for size in sizes)
    with pytest.raises(REFUSED):
        difference_interval(first, second)


def test_one_bin_is_enough_and_all_classes_are_the_largest() -> None:
    assert metrics.confidence_histogram(np.array([0.2, 0.9]), bins=1).tolist() == [1.0]
    every = np.array([[0.5, 0.3, 0.2]])
    assert metrics.generalised_entropy(every, largest=3) == metrics.generalised_entropy(every)


def test_share_above_is_strict_and_takes_any_finite_score() -> None:
    found = np.array([-7.5, 0.0, 3.0, 3.0])
    assert metrics.share_above(found, np.array([3.0, 0.0, -8.0, 2.999])).tolist() == [0, 0.5, 1, 0.5]
    with pytest.raises(ValueError, match="scores must be finite; 1 of 1 values"):
        metrics.share_above(np.array([math.inf]), np.array([0.0]))


@examples
@given(CONFIDENCE, st.floats(-3, 3))
def test_share_above_of_moved_scores_is_that_at_the_moved_threshold(confidence, threshold):
    # Eighths are moved without rounding.
    eighths, at = np.round(8 * confidence) / 8, round(8 * threshold) / 8
    moved = metrics.share_above(eighths - 5, np.array([at - 5]))
    assert moved.tolist() == metrics.share_above(eighths, np.array([at])).tolist() == [np.mean(eighths > at)]


def test_ncr_by_share_kept_is_ncr_at_each_share() -> None:
    generator = np.random.default_rng(0)
    known, negatives = generator.normal(1, 1, 200), generator.normal(0, 1, 150)
    shares = np.array([0.1, 0.5, 0.95, 1.0])
    found = metrics.ncr_by_share_kept(known, negatives, shares)
    assert found.tolist() == [metrics.ncr_at_share_kept(known, negatives, share) for share in shares]
    assert (np.diff(found) >= 0).all()
    with pytest.raises(ValueError, match="share must be in"):
        metrics.ncr_by_share_kept(known, negatives, np.array([0.0]))
