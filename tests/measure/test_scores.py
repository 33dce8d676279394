"""Scores of the logits against pytorch-ood and scikit-learn, on random, tied and saturated numbers, and by hand."""

import inspect
import math
from dataclasses import asdict

import numpy as np
import pytest
import scipy.special
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from jaxtyping import TypeCheckError

from nat_core.measure import metrics
from nat_core.measure.predictions import Predictions, RawPredictions
from nat_core.measure.scores import (
    MEASURES,
    SCORE_NAMES,
    SCORES,
    Separation,
    check_scores,
    scores_of,
    separation,
    separations,
)

REFUSED = (ValueError, TypeCheckError)
GENERATOR = np.random.default_rng(0)
LOGITS = {
    "random": GENERATOR.normal(0, 3, (200, 10)),
    "tied": GENERATOR.integers(-2, 3, (200, 10)).astype(np.float64),
    "saturated": GENERATOR.normal(0, 1, (200, 10)) + 40 * np.eye(10)[GENERATOR.integers(0, 10, 200)],
    "far beyond exp": 900 * GENERATOR.normal(0, 1, (200, 10)),
}
HELD_BACK = ("entropy", "gen")
examples = settings(deadline=None, max_examples=100)


def predictions(logits: np.ndarray) -> Predictions:
    return Predictions("net", "set", tuple(map(str, range(len(logits)))), logits)


@pytest.fixture(scope="module")
def detectors() -> dict:
    """Pytorch-ood's score of logits by the name of ours; each is higher for what is out of distribution."""
    pytest.importorskip("pytorch_ood")
    import torch
    from pytorch_ood.detector import GEN, EnergyBased, Entropy, MaxLogit, MaxSoftmax

    detectors = {"confidence": MaxSoftmax, "entropy": Entropy, "gen": GEN, "energy": EnergyBased, "max_logit": MaxLogit}
    return {
        name: lambda logits, make=make: make(None).predict_logits(torch.from_numpy(logits)).numpy()
        for name, make in detectors.items()
    }


@pytest.mark.parametrize("kind", LOGITS)
@pytest.mark.parametrize("score", SCORES)
def test_each_score_is_pytorch_ood_s(score: str, kind: str, detectors: dict) -> None:
    logits = LOGITS[kind]
    theirs, ours = detectors[score](logits), -scores_of(predictions(logits), score)
    if score in HELD_BACK:
        # It holds probabilities within 1e-7 of 0 and 1, and GEN's is the mean over the classes; ours are neither.
        probabilities = scipy.special.softmax(logits, axis=1)
        free = (probabilities.min(axis=1) > 1e-7) & (probabilities.max(axis=1) < 1 - 1e-7)
        assert free.sum() >= {"random": 100, "tied": 200, "saturated": 0, "far beyond exp": 0}[kind]
        times = 10 if score == "gen" else 1
        np.testing.assert_allclose(ours[free], times * theirs[free], rtol=1e-9)
        # What is held back differs by what ten probabilities moved by 1e-7 make of it.
        assert abs(ours - times * theirs).max() < (2.1 if score == "gen" else 3e-5)
        return
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_gen_of_the_most_probable_classes_is_pytorch_ood_s() -> None:
    pytest.importorskip("pytorch_ood")
    import torch
    from pytorch_ood.detector import GEN

    logits = np.random.default_rng(2).normal(0, 1, (100, 10))
    theirs = GEN.score(torch.from_numpy(logits), gamma=0.3, M=4).numpy()
    probabilities = scipy.special.softmax(logits, axis=1)
    np.testing.assert_allclose(metrics.generalised_entropy(probabilities, 0.3, 4), 4 * theirs, rtol=1e-12)


def test_gen_by_hand() -> None:
    # .25^.5 .75^.5 three times would be 3 sqrt(3) / 4; here .5: 1/2, twice .25: sqrt(3) / 4.
    found = metrics.generalised_entropy(np.array([[0.25, 0.5, 0.25]]), gamma=0.5)
    assert found == pytest.approx(0.5 + math.sqrt(3) / 2)
    assert metrics.generalised_entropy(np.array([[0.25, 0.5, 0.25]]), gamma=0.5, largest=1) == pytest.approx(0.5)
    assert metrics.generalised_entropy(np.eye(3)).tolist() == [0, 0, 0]


def test_gen_tells_nearly_certain_pictures_apart_where_1_minus_p_rounds_to_0() -> None:
    # p = 1 to float64, the other e^-50: both terms are e^-5, as 1 - p is e^-50 as well.
    surely, more_surely = -scores_of(predictions(np.array([[50.0, 0.0], [60.0, 0.0]])), "gen")
    assert surely == pytest.approx(2 * math.exp(-5))
    assert more_surely == pytest.approx(2 * math.exp(-6))


@examples
@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(2, 10)), elements=st.floats(-500, 500)))
def test_gen_is_between_certainty_and_uniform(logits: np.ndarray) -> None:
    classes = logits.shape[1]
    found = -scores_of(predictions(logits), "gen")
    at_uniform = classes * (1 / classes * (1 - 1 / classes)) ** 0.1
    assert (found >= 0).all()
    assert (found <= at_uniform + 1e-12).all()


def test_gen_refuses_what_it_cannot_mean() -> None:
    half = np.array([[0.5, 0.5]])
    for gamma in (0.0, 1.0, -0.1, math.nan):
        with pytest.raises(ValueError, match=r"gamma must be (in \(0, 1\)|finite)"):
            metrics.generalised_entropy(half, gamma)
    for largest in (0, 3):
        with pytest.raises(ValueError, match=f"largest must be 1 to 2, the number of classes; got {largest}"):
            metrics.generalised_entropy(half, largest=largest)
    for wrong in (np.array([0.5]), np.zeros((0, 3)), np.array([[math.nan, 0.5]]), np.array([[2.0, -1.0]])):
        with pytest.raises(REFUSED):
            metrics.generalised_entropy(wrong)


@examples
@given(hnp.arrays(np.float64, st.tuples(st.integers(2, 8), st.integers(2, 10)), elements=st.floats(-1000, 1000)))
def test_every_score_is_finite_and_highest_where_one_logit_rises(logits: np.ndarray) -> None:
    raised = logits.copy()
    raised[np.arange(len(raised)), raised.argmax(axis=1)] += 5.0
    for score in SCORES:
        before, after = scores_of(predictions(logits), score), scores_of(predictions(raised), score)
        assert np.isfinite(before).all()
        assert (after >= before - 1e-9).all()


def test_a_background_class_is_no_class_that_is_known() -> None:
    raw = RawPredictions("net", "set", ("0", "1"), np.array([[1.0, 0.0, 9.0], [1.0, 0.0, -9.0]]))
    alone = predictions(np.array([[1.0, 0.0], [1.0, 0.0]]))
    for score in set(SCORES) - {"confidence"}:
        assert scores_of(raw, score).tolist() == scores_of(alone, score).tolist()
    assert scores_of(raw)[0] < scores_of(raw)[1]


def test_an_unknown_score_names_the_known() -> None:
    with pytest.raises(ValueError, match="unknown score 'luck'; known: confidence, entropy, gen, energy, max_logit"):
        scores_of(predictions(np.zeros((1, 2))), "luck")


def test_a_score_is_one_of_predictions() -> None:
    said = "a score is taken of Predictions, which predict returns; got a list"
    with pytest.raises((TypeError, TypeCheckError), match=f"^({said}$|Type-check error)"):
        scores_of([[0.5]])  # type: ignore[arg-type]
    # As callers without the tests' hook have it.
    with pytest.raises(TypeError, match=f"^{said}$"):
        inspect.unwrap(scores_of)([[0.5]])


# --- how well they tell ----------------------------------------------------------------------------------------------


def test_a_separation_by_hand() -> None:
    # Kept where all three are: above just below 1. Of the negatives 2 passes; pairs: 3 beats both, 2 beats 0 and ties
    # with 2, 1 beats 0.
    found = separation(np.array([3.0, 2.0, 1.0]), np.array([2.0, 0.0]))
    assert found.ncr_at_95_kept == 0.5
    assert found.auroc == pytest.approx((2 + 1.5 + 1) / 6)
    assert found.fpr95 == pytest.approx(2 / 3)
    # Finding negatives: 0 first (1/1), then 2 in a tie behind 1 (2/4). Finding known: 3 (1/1), 2 in the tie (2/3), 1.
    assert found.aupr_negatives == pytest.approx((1 + 2 / 4) / 2)
    assert found.aupr_in_distribution == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)


@pytest.mark.parametrize("kind", LOGITS)
@pytest.mark.parametrize("score", SCORES)
def test_each_separation_is_scikit_learn_s(score: str, kind: str) -> None:
    known, negatives = predictions(LOGITS[kind][:120] * 1.5), predictions(LOGITS[kind][120:])
    found = separations(known, negatives)[score]
    is_known = np.r_[np.ones(120), np.zeros(80)]
    values = np.r_[scores_of(known, score), scores_of(negatives, score)]
    fpr, tpr, _ = sklearn.metrics.roc_curve(is_known, values, drop_intermediate=False)
    other_fpr, other_tpr, _ = sklearn.metrics.roc_curve(1 - is_known, -values, drop_intermediate=False)
    assert asdict(found) == pytest.approx({
        "ncr_at_95_kept": fpr[(tpr >= 0.95).argmax()],
        "auroc": sklearn.metrics.roc_auc_score(is_known, values),
        "aupr_negatives": sklearn.metrics.average_precision_score(1 - is_known, -values),
        "aupr_in_distribution": sklearn.metrics.average_precision_score(is_known, values),
        "fpr95": other_fpr[(other_tpr >= 0.95).argmax()],
    })  # fmt: skip


def test_the_two_fpr95_are_each_other_s_with_the_classes_exchanged() -> None:
    generator = np.random.default_rng(0)
    known, negatives = generator.normal(1, 1, 300), generator.normal(0, 1, 200)
    assert separation(known, negatives).fpr95 == separation(-negatives, -known).ncr_at_95_kept


def test_a_constant_score_tells_nothing() -> None:
    found = separation(np.zeros(30), np.zeros(10))
    assert asdict(found) == dict.fromkeys(MEASURES, 1.0) | {
        "auroc": 0.5, "aupr_negatives": 0.25, "aupr_in_distribution": 0.75,
    }  # fmt: skip


@pytest.mark.parametrize("wrong", [np.array([]), np.array([math.nan]), np.array([math.inf, 0.0])])
def test_a_separation_refuses_nothing_nan_and_infinity(wrong: np.ndarray) -> None:
    for known, negatives in ((wrong, np.ones(2)), (np.ones(2), wrong)):
        with pytest.raises(ValueError, match=r"must be finite|must not be empty"):
            separation(known, negatives)


def test_reports_have_all_scores_or_none() -> None:
    one = Separation(0.0, 1.0, 1.0, 1.0, 0.0)
    check_scores({})
    check_scores(dict.fromkeys(SCORES, one))
    with pytest.raises(ValueError, match=r"needs the scores confidence, entropy, .*, or none; got gen, energy$"):
        check_scores({"gen": one, "energy": one})
    assert set(SCORES) <= set(SCORE_NAMES)
