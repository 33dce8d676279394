"""Predictions: softmax worked by hand, what is derived, and the round trip through the stored arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax as scipy_softmax

from nat_core.measure.predictions import (
    Ascending,
    Predictions,
    array_of,
    check_class_names,
    check_own_classes,
    class_numbers,
    in_order,
    pack,
    softmax,
    unpack,
)
from tests.present import present


@given(st.lists(st.lists(st.floats(-1e4, 1e4, width=32), min_size=3, max_size=3), min_size=1, max_size=5))
def test_softmax_is_scipys(rows: list[list[float]]) -> None:
    logits = np.array(rows, np.float32)
    np.testing.assert_allclose(
        softmax(logits), scipy_softmax(logits.astype(np.float64), axis=1), rtol=1e-9, atol=1e-300
    )


def test_confidence_and_prediction_are_those_worked_by_hand() -> None:
    logits = np.log(np.array([[1, 2, 1], [9, 0.5, 0.5]], np.float32))
    predictions = Predictions("net", "set", ("a", "b"), logits)
    np.testing.assert_allclose(predictions.confidence, [0.5, 0.9], rtol=1e-6)
    assert predictions.predicted.tolist() == [1, 0]
    assert len(predictions) == 2


def test_the_round_trip_rounds_logits_once_and_keeps_the_rest() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(3, 4)).astype(np.float32)
    hashed = Predictions("net", "cifar", tuple(f"{i:016x}" for i in (1, 2**60, 255)), logits, np.array([0, 3, 1]))
    named = Predictions("net", "photos", ("a b.jpg", "c/d.png", "0123456789abcdeg"), logits)
    again = unpack("net", *pack({"cifar": hashed, "photos": named}))
    assert again["cifar"].ids == hashed.ids
    assert again["photos"].ids == named.ids
    assert again["photos"].labels is None
    assert present(again["cifar"].labels).tolist() == [0, 3, 1]
    np.testing.assert_array_equal(again["cifar"].logits, logits.astype(np.float16).astype(np.float32))
    twice = unpack("net", *pack(again))
    np.testing.assert_array_equal(twice["cifar"].logits, again["cifar"].logits)


@pytest.mark.parametrize(
    ("ids", "labels", "value", "message"),
    [
        (("a",), None, 0.0, "1 ids for 2 rows"),
        (("a", "b"), np.array([1]), 0.0, "labels must be 2 whole numbers, one a picture"),
        (("a", "b"), None, np.nan, "not finite"),
    ],
)
def test_what_does_not_fit_is_refused(ids: tuple, labels: np.ndarray | None, value: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Predictions("net", "set", ids, np.full((2, 3), value, np.float32), labels)


@pytest.mark.parametrize(("call", "says"), [
    (lambda: class_numbers("labels", [0, -2]), "labels count the classes from 0, and -1 is none of them; got -2"),
    (lambda: class_numbers("labels", np.array([2**64 - 1], np.uint64)), "count the classes from 0; got up to 184467"),
    (lambda: check_own_classes("a", ["cat", "cat"]), "two of its classes bear the same name"),
    (lambda: array_of("scores", np.ma.masked_less([1.0, 2.0], 2), "f", "numbers"), "none of them masked"),
    (lambda: array_of("scores", [[1.0], [1.0, 2.0]], "f", "numbers"), "all rows of one length; got list"),
    (lambda: softmax(np.zeros((2, 0))), "at least one class a picture"),
    (lambda: check_class_names("a", ["x", "x"]), "two of its classes bear the same name"),
    (lambda: check_class_names("a", ["caf\u00e9", "cafe\u0301 "]), "two of its classes bear the same name"),
])  # fmt: skip
def test_each_border_has_its_sentence(call, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()


def test_what_bears_no_mask_is_an_array_like_others() -> None:
    assert array_of("scores", np.ma.array([1.0, 2.0]), "f", "numbers").tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "scores",
    [
        np.random.default_rng(0).random(5_000),
        1 - np.random.default_rng(1).random(5_000) ** 20,  # most of them close below 1
        np.round(np.random.default_rng(2).normal(0, 30, 5_000)),  # many are equal, some below 0
        np.random.default_rng(3).normal(0, 1e300, 5_000),  # too far apart for float32
        np.full(5_000, 0.1),
        np.random.default_rng(4).random(10),
    ],
)  # fmt: skip
def test_in_order_is_what_a_plain_sort_gives(scores: np.ndarray) -> None:
    assert np.array_equal(in_order(scores), np.sort(scores))
    assert np.array_equal(in_order(-np.sort(scores)), np.sort(-scores))


def test_scores_in_order_are_as_many_as_were_given() -> None:
    assert len(Ascending.of([0.9, 0.2, 0.5])) == 3
