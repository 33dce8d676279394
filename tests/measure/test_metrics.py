"""Rates and separation (NCR, AUROC, FPR95) against scikit-learn and numbers worked by hand; properties; errors."""

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from jaxtyping import TypeCheckError

from nat_core.measure import metrics
from nat_core.measure.predictions import Predictions

# Under pytest the shapes in the signatures are checked first; without that hook our own ValueError answers.
REFUSED = (ValueError, TypeCheckError)

# Few distinct values, so that ties are common; all exact in float64.
TIED = st.integers(1, 8).map(lambda k: k / 8)
CONFIDENCE = hnp.arrays(np.float64, st.integers(1, 40), elements=st.one_of(TIED, st.floats(0.01, 1.0)))
SHARE = st.one_of(st.floats(0.01, 1.0), st.integers(1, 20).map(lambda k: k / 20))
examples = settings(deadline=None, max_examples=100)


def roc(known, negatives):
    """scikit-learn's curve with the negatives as the positive class and score = -confidence."""
    is_negative = np.r_[np.zeros(len(known)), np.ones(len(negatives))]
    rates = sklearn.metrics.roc_curve(is_negative, -np.r_[known, negatives], drop_intermediate=False)
    return is_negative, rates


def test_accuracy_by_hand_and_by_scikit_learn():
    predicted, labels = np.array([0, 1, 2, 2, 1]), np.array([0, 2, 2, 2, 0])
    assert (
        metrics.accuracy(predicted, labels)
        == 0.6
        == sklearn.metrics.accuracy_score(labels.tolist(), predicted.tolist())
    )


@pytest.mark.parametrize("sizes", [(0, 0), (3, 2)])
def test_accuracy_refuses_empty_and_unequal(sizes):
    with pytest.raises(REFUSED):
        metrics.accuracy(*(np.zeros(size, dtype=np.int64) for size in sizes))


def test_ncr_is_strict_and_counts_by_hand():
    confidence = np.array([0.4, 0.4000001, 0.6, 0.8, 0.95])
    assert metrics.negative_confidence_rate(confidence, 0.4) == 0.8
    assert metrics.negative_confidence_rate(confidence, 0.8) == 0.2
    assert metrics.negative_confidence_rate(confidence, 1.0) == 0.0
    assert metrics.share_kept(confidence, 0.6) == 0.4


@examples
@given(CONFIDENCE, st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_ncr_never_rises_with_t_and_the_curve_is_ncr_at_every_t(confidence, thresholds):
    rates = metrics.ncr_curve(confidence, np.array(sorted(thresholds)))
    assert (np.diff(rates) <= 0).all()
    assert list(rates) == [metrics.negative_confidence_rate(confidence, t) for t in sorted(thresholds)]
    assert list(rates) == [float(Fraction(sum(c > t for c in confidence), len(confidence))) for t in sorted(thresholds)]


@examples
@given(CONFIDENCE, st.floats(0, 1), st.randoms())
def test_ncr_ignores_the_order_of_pictures(confidence, threshold, random):
    shuffled = np.array(random.sample(list(confidence), len(confidence)))
    assert metrics.share_kept(shuffled, threshold) == metrics.share_kept(confidence, threshold)


@pytest.mark.parametrize("threshold", [-0.1, 1.01, math.nan])
def test_ncr_refuses_a_threshold_outside_the_unit_interval(threshold):
    with pytest.raises(ValueError, match="threshold"):
        metrics.negative_confidence_rate(np.array([0.5]), threshold)


@pytest.mark.parametrize("confidence", [[], [[0.5]], [math.nan], [1.5], [-0.5], [math.inf]])
def test_ncr_refuses_what_is_no_confidence(confidence):
    with pytest.raises(REFUSED):
        metrics.negative_confidence_rate(np.array(confidence, dtype=np.float64), 0.5)


def test_threshold_keeping_by_hand_with_ties():
    confidence = np.array([0.5, 0.7, 0.7, 0.7, 0.9])
    for share, below in [(0.2, 0.9), (0.4, 0.7), (0.8, 0.7), (0.81, 0.5), (1.0, 0.5)]:
        assert metrics.threshold_keeping(confidence, share) == np.nextafter(below, 0)


def test_threshold_keeping_is_not_misled_by_rounding():
    assert math.ceil(0.07 * 100) == 8
    assert metrics.threshold_keeping(np.arange(1, 101) / 100, 0.07) == np.nextafter(0.94, 0)


@examples
@given(CONFIDENCE, SHARE)
def test_threshold_keeping_keeps_the_share_and_is_the_largest_that_does(confidence, share):
    threshold = metrics.threshold_keeping(confidence, share)
    assert metrics.share_kept(confidence, threshold) >= share
    assert metrics.share_kept(confidence, float(np.nextafter(threshold, 1))) < share


@examples
@given(CONFIDENCE, CONFIDENCE, SHARE)
def test_ncr_at_share_kept_is_ncr_at_that_threshold(known, negatives, share):
    threshold = metrics.threshold_keeping(known, share)
    expected = metrics.negative_confidence_rate(negatives, threshold)
    assert metrics.ncr_at_share_kept(known, negatives, share) == expected


@examples
@given(CONFIDENCE, CONFIDENCE)
def test_ncr_at_95_kept_is_scikit_learns_false_positive_rate_with_in_distribution_positive(known, negatives):
    is_known = np.r_[np.ones(len(known)), np.zeros(len(negatives))]
    fpr, tpr, _ = sklearn.metrics.roc_curve(is_known, np.r_[known, negatives], drop_intermediate=False)
    assert metrics.ncr_at_share_kept(known, negatives) == fpr[(tpr >= 0.95).argmax()]


def test_threshold_fooled_below_by_hand_with_ties():
    confidence = np.array([0.99601, 0.5, 0.99601, 0.2])
    # Half of them share .99601: below .5 there is no other threshold than that.
    for share, lowest in ((0.25, 0.99601), (0.5, 0.99601), (0.75, 0.5), (1.0, 0.2)):
        assert metrics.threshold_fooled_below(confidence, share) == lowest


@examples
@given(CONFIDENCE, SHARE)
def test_threshold_fooled_below_is_the_lowest_that_does(confidence, share):
    threshold = metrics.threshold_fooled_below(confidence, share)
    assert metrics.negative_confidence_rate(confidence, threshold) < share
    if threshold > 0:
        assert metrics.negative_confidence_rate(confidence, np.nextafter(threshold, 0)) >= share


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5, math.nan])
def test_threshold_keeping_refuses_a_share_outside_its_range(share):
    with pytest.raises(ValueError, match="share"):
        metrics.threshold_keeping(np.array([0.5]), share)


def test_auroc_by_hand_counts_ties_half():
    # Pairs: .9 beats both, .5 ties with .5 and loses to .6: (2 + 0.5) / 4.
    assert metrics.auroc(np.array([0.9, 0.5]), np.array([0.5, 0.6])) == 0.625


@examples
@given(CONFIDENCE, CONFIDENCE)
def test_auroc_and_fpr95_are_scikit_learns(known, negatives):
    is_negative, (fpr, tpr, _) = roc(known, negatives)
    expected = sklearn.metrics.roc_auc_score(is_negative, -np.r_[known, negatives])
    assert metrics.auroc(known, negatives) == pytest.approx(expected, abs=1e-12)
    assert metrics.fpr95(known, negatives) == fpr[(tpr >= 0.95).argmax()]


def test_auroc_is_the_mann_whitney_statistic_on_many_pictures():
    generator = np.random.default_rng(0)
    known, negatives = generator.beta(5, 1, 3000).round(2), generator.beta(2, 2, 5000).round(2)
    statistic = scipy.stats.mannwhitneyu(known, negatives).statistic
    assert metrics.auroc(known, negatives) == pytest.approx(statistic / (3000 * 5000), abs=1e-12)


@examples
@given(CONFIDENCE, CONFIDENCE)
def test_auroc_is_half_against_itself_and_turns_round(known, negatives):
    assert metrics.auroc(known, known) == 0.5
    assert metrics.auroc(known, negatives) + metrics.auroc(negatives, known) == pytest.approx(1, abs=1e-12)


def test_aupr_by_hand_both_ways_round():
    known, negatives = np.array([0.9, 0.7, 0.3]), np.array([0.5, 0.2])
    # Rising confidence: negative .2 (precision 1/1), known .3, negative .5 (2/3).
    assert metrics.aupr(known, negatives) == pytest.approx((1 + 2 / 3) / 2)
    # Falling confidence: known .9 (1/1), known .7 (2/2), negative .5, known .3 (3/4).
    assert metrics.aupr(known, negatives, to_find="in_distribution") == pytest.approx((1 + 1 + 3 / 4) / 3)


@examples
@given(CONFIDENCE, CONFIDENCE)
def test_aupr_is_scikit_learns_average_precision(known, negatives):
    is_negative, _ = roc(known, negatives)
    confidence = np.r_[known, negatives]
    expected = sklearn.metrics.average_precision_score(is_negative, -confidence)
    assert metrics.aupr(known, negatives) == pytest.approx(expected, abs=1e-12)
    expected = sklearn.metrics.average_precision_score(1 - is_negative, confidence)
    assert metrics.aupr(known, negatives, to_find="in_distribution") == pytest.approx(expected, abs=1e-12)


@examples
@given(CONFIDENCE, st.integers(1, 40))
def test_aupr_without_any_difference_is_the_share_of_the_class_to_find(known, count):
    same = np.full(count, 0.5)
    assert metrics.aupr(np.full(len(known), 0.5), same) == pytest.approx(count / (count + len(known)))


def test_aupr_names_the_classes_that_can_be_found():
    with pytest.raises(ValueError, match="must be 'negatives' or 'in_distribution'; got 'positive'"):
        metrics.aupr(np.array([0.5]), np.array([0.4]), to_find="positive")


def test_predictions_stand_for_their_confidence():
    logits = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 9.0]], np.float32)
    given = Predictions("net", "set", ("a", "b", "c"), logits, np.array([0, 1, 1]))
    other = given.take(np.array([0, 1]), "other")
    assert metrics.ncr(given, 0.9) == metrics.negative_confidence_rate(given.confidence, 0.9) == 2 / 3
    for metric in (metrics.auroc, metrics.fpr95, metrics.aupr, metrics.ncr_at_share_kept):
        assert metric(given, other) == metric(given.confidence, other.confidence)
    assert metrics.accuracy(given) == 2 / 3
    assert metrics.accuracy(given, np.array([1, 0, 0])) == 1 / 3
    with pytest.raises(ValueError, match="needs labels"):
        metrics.accuracy(Predictions("net", "set", ("a",), logits[:1]))


@examples
@given(CONFIDENCE, CONFIDENCE)
def test_ranks_alone_decide_auroc_fpr95_and_ncr_at_share_kept(known, negatives):
    # Doubling is strictly rising and exact in float64: no two values merge.
    for metric in (metrics.auroc, metrics.fpr95, metrics.ncr_at_share_kept):
        assert metric(2 * known, 2 * negatives) == metric(known, negatives)


def test_fpr95_by_hand_takes_the_first_threshold_without_interpolation():
    negatives = np.arange(1, 21) / 100  # 19 of 20 are rejected at confidence .19
    assert metrics.fpr95(np.array([0.19, 0.195, 0.2, 0.9]), negatives) == 0.25
    assert metrics.fpr95(np.array([0.5, 0.6]), np.array([0.5])) == 0.5
    assert metrics.fpr95(np.array([0.5, 0.6]), np.array([0.4])) == 0.0


@pytest.mark.parametrize("metric", [metrics.auroc, metrics.fpr95, metrics.aupr, metrics.ncr_at_share_kept])
@pytest.mark.parametrize("wrong", [[], [math.nan], [[0.5]]])
def test_separation_metrics_refuse_empty_nan_and_wrong_shape(metric, wrong):
    with pytest.raises(REFUSED):
        metric(np.array([0.5]), np.array(wrong, dtype=np.float64))
    with pytest.raises(REFUSED):
        metric(np.array(wrong, dtype=np.float64), np.array([0.5]))


@examples
@given(
    hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=30),
        elements=st.floats(-5, 5, width=16),
    )
)
def test_predictions_are_sorted_once_and_say_what_their_confidences_say(logits) -> None:
    ids = tuple(map(str, range(len(logits))))
    said, thresholds = Predictions("net", "a", ids, logits), np.linspace(0, 1, 7)
    plain = said.confidence.copy()
    others = np.sort(plain)[::2]
    assert metrics.ncr_curve(said, thresholds).tolist() == [float(np.mean(plain > t)) for t in thresholds]
    assert metrics.auroc(said, others) == metrics.auroc(plain, others)
    assert metrics.fpr95(others, said) == metrics.fpr95(others, plain)
    assert metrics.threshold_keeping(said, 0.5) == metrics.threshold_keeping(plain, 0.5)
    assert said.ascending is said.ascending
    assert said.confidence.tolist() == plain.tolist()


@examples
@given(SHARE, st.integers(1, 400))
def test_the_fewest_that_make_up_a_share_are_decided_on_quotients(share: float, count: int) -> None:
    fewest = next(k for k in range(1, count + 1) if k / count >= share)
    confidence = np.arange(1.0, count + 1)
    assert (confidence > metrics.threshold_keeping(confidence, share)).sum() == fewest


HALF, ROWS = [0.5], [[0.5, 0.5]]


@pytest.mark.parametrize(("call", "says"), [
    (lambda: metrics.accuracy([1]), "accuracy needs labels, one a picture; got none"),
    (lambda: metrics.accuracy(["a"], [1]), "predicted must be an array of whole numbers"),
    (lambda: metrics.accuracy([1], ["a"]), "labels must be an array of whole numbers"),
    (lambda: metrics.accuracy([1, 2], [1, 2, -1]), "accuracy needs .* got 2 predicted, 3 labels, 2 of them of a cl"),
    (lambda: metrics.ncr_curve("a", HALF), "confidence must be an array"),
    (lambda: metrics.ncr_curve(HALF, "a"), "threshold must be an array"),
    (lambda: metrics.ncr_curve(HALF, [2.0]), r"threshold must be in \[0, 1\]; got 2 to 2"),
    (lambda: metrics.ncr_curve([0.5, 1.5], HALF), r"confidence must be in \[0, 1\]; got 0.5 to 1.5"),
    (lambda: metrics.share_above("a", HALF), "scores must be an array"),
    (lambda: metrics.share_above(HALF, "a"), "thresholds must be an array"),
    (lambda: metrics.share_above(HALF, ROWS), "thresholds must be a 1-dimensional array"),
    (lambda: metrics.threshold_keeping("a"), "confidence_in must be an array"),
    (lambda: metrics.threshold_keeping(HALF, math.nan), "share must be finite"),
    (lambda: metrics.threshold_fooled_below("a", 0.5), "confidence_negatives must be an array"),
    (lambda: metrics.ncr_by_share_kept("a", HALF, HALF), "scores_in must be an array"),
    (lambda: metrics.ncr_by_share_kept(HALF, "a", HALF), "scores_negatives must be an array"),
    (lambda: metrics.ncr_by_share_kept(HALF, HALF, "a"), "share must be an array"),
    (lambda: metrics.ncr_by_share_kept(HALF, HALF, ROWS), "share must be a 1-dimensional array"),
    (lambda: metrics.auroc("a", HALF), "confidence_in must be an array"),
    (lambda: metrics.auroc(HALF, "a"), "confidence_negatives must be an array"),
    (lambda: metrics.fpr95("a", HALF), "confidence_in must be an array"),
    (lambda: metrics.fpr95(HALF, "a"), "confidence_negatives must be an array"),
    (lambda: metrics.aupr("a", HALF), "confidence_in must be an array"),
    (lambda: metrics.aupr(HALF, "a"), "confidence_negatives must be an array"),
    (lambda: metrics.expected_calibration_error("a", [True]), "confidence must be an array"),
    (lambda: metrics.expected_calibration_error(HALF, [1]), "correct must be an array of True or False"),
    (lambda: metrics.expected_calibration_error(HALF, [True, False]),
     r"correct must have the shape of confidence, \(1,\); got \(2,\)"),
    (lambda: metrics.confidence_histogram("a"), "confidence must be an array"),
    (lambda: metrics.entropy("a"), "probabilities must be an array"),
    (lambda: metrics.entropy(HALF), "probabilities must be a 2-dimensional array"),
    (lambda: metrics.generalised_entropy("a"), "probabilities must be an array"),
    (lambda: metrics.generalised_entropy(HALF), "probabilities must be a 2-dimensional array"),
    (lambda: metrics.energy("a"), "logits must be an array"),
    (lambda: metrics.energy(HALF), "logits must be a 2-dimensional array"),
    (lambda: metrics.energy(ROWS, math.nan), "temperature must be finite"),
    (lambda: metrics.maximum_logit("a"), "logits must be an array"),
    (lambda: metrics.maximum_logit(HALF), "logits must be a 2-dimensional array"),
    (lambda: metrics.map_distances(np.zeros((1, 2, 2)), np.zeros((1, 2, 3))), r"maps of \(2, 2\) and \(2, 3\) cannot"),
])  # fmt: skip
def test_what_is_wrong_is_named(call, says: str) -> None:
    with pytest.raises(ValueError, match=f"^{says}"):
        call()


def test_map_distances_by_hand() -> None:
    first = np.array([[[3.0, 4.0]], [[0.0, 0.0]], [[1.0, 0.0]]])
    second = np.array([[[6.0, 8.0]], [[0.0, 2.0]], [[0.0, 1.0]]])
    # The same direction; nothing beside something; two that have nothing in common.
    assert metrics.map_distances(first, second).tolist() == pytest.approx([0.0, 1.0, 2**0.5])
    # How strong a map is does not matter, down to where nothing is left of it.
    assert metrics.map_distances(1e-9 * first, second).tolist() == pytest.approx([0.0, 1.0, 2**0.5])
