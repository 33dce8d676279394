"""Evaluations of anyone's logits: numbers worked by hand, the networks' own reports, sentences for what is wrong."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nat_core.measure.evaluation import evaluate_logits
from nat_core.measure.predictions import Predictions

TWO = [[4.0, 0.0], [0.0, 3.0], [0.1, 0.0], [0.0, 1.0]]
"""Confidences .982, .953, .525, .731."""
OTHERS = [[0.0, 0.0], [2.0, 0.0]]
"""Confidences .5, .881."""


def test_every_number_by_hand() -> None:
    found = evaluate_logits(known=TWO, negatives={"holiday": OTHERS}, labels=[0, 1, 1, 1])
    assert (found.images, found.classes, found.accuracy) == (4, 2, 0.75)
    assert found.share_kept == {"0.4": 1.0, "0.6": 0.75, "0.8": 0.5, "0.9": 0.5}
    holiday = found.negatives["holiday"]
    assert holiday.images == 2
    assert holiday.ncr == {"0.4": 1.0, "0.6": 0.5, "0.8": 0.5, "0.9": 0.0}
    assert holiday.ncr_at_95_kept == 0.5  # all four are to be kept, so t is just below .525
    assert holiday.auroc == (2 + 2 + 1 + 1) / 8
    assert holiday.fpr95 == 0.5  # both negatives are rejected at .881, and with them .525 and .731
    # Rising confidence: negative (1/1), known, known, negative (2/4), known, known.
    assert holiday.aupr_negatives == pytest.approx((1 + 2 / 4) / 2)
    # Falling: known (1/1), known (2/2), negative, known (3/4), known (4/5), negative.
    assert holiday.aupr_in_distribution == pytest.approx((1 + 1 + 3 / 4 + 4 / 5) / 4)


def test_predictions_bring_their_labels_and_the_sets_keep_their_order() -> None:
    known = Predictions("net", "test", tuple("abcd"), np.array(TWO, np.float32), np.array([0, 1, 1, 1]))
    found = evaluate_logits(known, {"second": OTHERS, "first": np.array(OTHERS)[:1]})
    assert found.accuracy == 0.75
    assert list(found.negatives) == ["second", "first"]
    assert evaluate_logits(known, {"second": OTHERS}, labels=[1, 0, 1, 0]).accuracy == 0.0


def test_known_pictures_of_none_of_the_classes_are_left_out() -> None:
    found = evaluate_logits(TWO, {"holiday": OTHERS}, labels=[0, 1, -1, 0])
    assert (found.images, found.accuracy) == (3, 2 / 3)
    # Without the picture of .525: kept are .982, .953 and .731.
    assert found.share_kept == {"0.4": 1.0, "0.6": 1.0, "0.8": 2 / 3, "0.9": 2 / 3}
    assert found.negatives["holiday"].auroc == (2 + 2 + 1) / 6
    with pytest.raises(
        ValueError, match=r"known shows none of the classes \(each label is -1\): name these pictures as"
    ):
        evaluate_logits(TWO, {"holiday": OTHERS}, labels=[-1] * 4)


def test_without_labels_there_is_no_accuracy() -> None:
    found = evaluate_logits(TWO, {"holiday": OTHERS})
    assert found.accuracy is None
    assert str(found).startswith("4 known pictures of 2 classes, no labels\n")


def test_it_prints_as_a_table_and_goes_to_json_and_back() -> None:
    found = evaluate_logits(TWO, {"holiday": OTHERS}, [0, 1, 1, 1])
    rows = [line.split() for line in str(found).splitlines()]
    assert rows[0] == ["4", "known", "pictures", "of", "2", "classes,", "accuracy", "75.00", "%"]
    assert rows[1] == ["measure", "kept", "holiday"]
    assert ["NCR", "0.8", "0.500", "0.500"] in rows
    assert ["AUROC", "-", "0.750"] in rows
    place = rows.index(["holiday", "by", "each", "score"])
    assert rows[place + 1] == ["measure", "confidence", "entropy", "GEN", "energy", "largest", "logit"]
    assert rows[place + 4][:2] == ["AUROC", "0.750"]
    values = json.loads(json.dumps(found.to_json()))
    assert values["negatives"]["holiday"]["auroc"] == values["negatives"]["holiday"]["by_score"]["gen"]["auroc"] == 0.75
    assert values["share_kept"]["0.6"] == 0.75


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 6), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_a_constant_added_to_a_row_changes_nothing(classes: int, count: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    known, others = (generator.integers(-8, 8, (count, classes)).astype(np.float64) for _ in range(2))
    moved = known + generator.integers(-4, 4, (count, 1))
    before, after = evaluate_logits(known, {"o": others}), evaluate_logits(moved, {"o": others})
    assert after.share_kept == before.share_kept
    one, other = before.negatives["o"], after.negatives["o"]
    assert replace(other, by_score={}) == replace(one, by_score={})
    # Energy and the largest logit do know the constant: they are scores of the logits, not of the probabilities.
    for score in ("confidence", "entropy", "gen"):
        assert other.by_score[score] == one.by_score[score]


@pytest.mark.parametrize(
    ("known", "negatives", "labels", "sentence"),
    [
        ([1.0, 2.0], {"o": OTHERS}, None, r"known must be logits of shape \(pictures, classes\); got shape \(2,\)"),
        ([[1.0, 2.0], [1.0]], {"o": OTHERS}, None, "known must be an array of numbers, all rows of one length"),
        ([["a", "b"]], {"o": OTHERS}, None, "known must be an array of numbers"),
        (np.zeros((0, 2)), {"o": OTHERS}, None, "known needs at least 1 picture and 2 classes"),
        (np.zeros((3, 1)), {"o": OTHERS}, None, "known needs at least 1 picture and 2 classes"),
        ([[0, 1], [0, math.nan], [math.inf, 0]], {"o": OTHERS}, None, "finite; 2 of 3 rows are not, the first is 1"),
        (TWO, {"o": [[1.0, 2.0, 3.0]]}, None, "negatives 'o' must have 2 logits a picture, as known has; got 3"),
        (TWO, {"o": [[1.0, -math.inf]]}, None, "negatives 'o' must be finite"),
        (TWO, {}, None, "negatives must be logits by the name of their set, at least one; got {}"),
        (TWO, {"o": OTHERS}, [0, 1], r"labels must be 4 whole numbers, one a picture; got int64 of shape \(2,\)"),
        (TWO, {"o": OTHERS}, [0.0, 1.0, 0.0, 1.0], "labels must be an array of whole numbers"),
        (TWO, {"o": OTHERS}, [0, 1, 2, 0], "labels must be in 0 to 1, or -1 for none of them; got up to 2"),
        (TWO, {"o": OTHERS}, [0, 1, -2, 0], "labels count the classes from 0, and -1 is none of them; got -2"),
    ],
)
def test_what_is_wrong_is_one_sentence(known, negatives, labels, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        evaluate_logits(known, negatives, labels)


def test_a_threshold_outside_the_unit_interval_is_refused() -> None:
    with pytest.raises(ValueError, match=r"threshold must be in \[0, 1\]; got 90"):
        evaluate_logits(TWO, {"o": OTHERS}, thresholds=(90.0,))


def test_a_threshold_of_minus_nothing_is_nothing() -> None:
    assert list(evaluate_logits(TWO, {"o": OTHERS}, thresholds=(-0.0,)).negatives["o"].ncr) == ["0"]
