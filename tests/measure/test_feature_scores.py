"""Scores from features against pytorch-ood and NumPy written out, and by hand."""

import math

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from nat_core.measure.feature_scores import knn_score, rmds_score, vim_score

REFUSED = (ValueError, TypeCheckError)


def features(kind: str, count: int, seed: int) -> np.ndarray:
    """Features at least 0, as ReLU leaves them: drawn, tied (whole numbers), or with a channel that is dead."""
    generator = np.random.default_rng(seed)
    drawn = np.maximum(generator.normal(0.3, 1, (count, 12)), 0)
    if kind == "tied":
        return np.round(drawn)
    return drawn * (np.arange(12) != 5) if kind == "dead channel" else drawn


KINDS = ("drawn", "tied", "dead channel")
LABELS = np.arange(120) % 4


# --- the oracle ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ood():
    """Pytorch-ood's detectors; their scores are higher for what is out of distribution."""
    pytest.importorskip("pytorch_ood")
    from pytorch_ood import detector

    return detector


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("neighbours", [1, 5, 120])
def test_knn_is_pytorch_ood_s(kind: str, neighbours: int, ood) -> None:
    import torch

    training, others = features(kind, 120, 0) + 0.01, features(kind, 50, 1) + 0.01
    theirs = ood.KNN(None, k=neighbours).fit_features(torch.from_numpy(training), torch.from_numpy(LABELS))
    expected = theirs.predict_features(torch.from_numpy(others)).numpy()
    np.testing.assert_allclose(-knn_score(others, training, neighbours), expected, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dimensions", [None, 3])
def test_vim_is_pytorch_ood_s(kind: str, dimensions: int | None, ood) -> None:
    import torch

    generator = np.random.default_rng(2)
    weight, bias = generator.normal(0, 1, (4, 12)), generator.normal(0, 1, 4)
    training, others = features(kind, 120, 0), features(kind, 50, 1)
    theirs = ood.ViM(None, d=dimensions or 6, w=torch.from_numpy(weight), b=torch.from_numpy(bias))
    theirs.fit_features(torch.from_numpy(training), torch.from_numpy(LABELS))
    expected = theirs.predict_features(torch.from_numpy(others)).numpy()  # float32 inside
    found = vim_score(others, training, weight, bias, dimensions)
    np.testing.assert_allclose(-found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("kind", ["drawn", "tied"])
def test_rmds_is_pytorch_ood_s(kind: str, ood) -> None:
    import torch

    training, others = features(kind, 120, 0), features(kind, 50, 1)
    theirs = ood.RMD(None).fit_features(torch.from_numpy(training).float(), torch.from_numpy(LABELS))
    # It does not divide the covariances by the number of training pictures.
    expected = len(training) * theirs.predict_features(torch.from_numpy(others).float()).numpy()
    np.testing.assert_allclose(-rmds_score(others, training, LABELS), expected, rtol=1e-3, atol=1e-3)


# --- by hand ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("neighbours", [1, 20, 64, 65, 300])
def test_knn_among_many_is_the_kth_of_all_distances_in_order(kind: str, neighbours: int) -> None:
    """With so many training pictures most are left out before any is put in order; equal ones may stay by the dozen."""
    training, others = features(kind, 1_101, 0), features(kind, 300, 1)
    for given in (training, others):
        given[:3] = 0
    here, there = (given / np.maximum(np.linalg.norm(given, axis=1, keepdims=True), 1e-12) for given in
                   (others, training))  # fmt: skip
    expected = np.sort(((here[:, None] - there) ** 2).sum(axis=2), axis=1)[:, neighbours - 1]
    np.testing.assert_allclose(knn_score(others, training, neighbours), -np.sqrt(expected), atol=1e-7)


def test_knn_by_hand() -> None:
    training = np.array([[1.0, 0.0], [0.0, 7.0], [-2.0, 0.0]])
    # At length 1 the distances of (0, 1) are sqrt 2, 0 and sqrt 2, those of (1, 0) 0, sqrt 2 and 2.
    assert knn_score(np.array([[0.0, 3.0]]), training, 1) == pytest.approx(0)
    assert knn_score(np.array([[5.0, 0.0]]), training, 2) == pytest.approx(-math.sqrt(2))
    assert knn_score(np.array([[5.0, 0.0]]), training, 3) == pytest.approx(-2)
    assert knn_score(np.zeros((1, 2)), training, 1) == pytest.approx(-1)


def test_vim_by_hand() -> None:
    # Without a bias the origin is 0. The training pictures vary most along the first channel, so the second is the
    # residual, 1 for each; their largest logits are 3 and 5, so alpha is 4. Of (2, 0.5) the logits are 2 and 0.5.
    training = np.array([[3.0, 1.0], [3.0, -1.0], [5.0, 1.0], [5.0, -1.0]])
    expected = math.log(math.exp(2) + math.exp(0.5)) - 4 * 0.5
    assert vim_score(np.array([[2.0, 0.5]]), training, np.eye(2), np.zeros(2)) == pytest.approx(expected)
    # A bias of (1, 1) moves the origin to (-1, -1), and a picture there has no residual and logits of 0.
    at_origin = vim_score(np.array([[-1.0, -1.0]]), training, np.eye(2), np.ones(2))
    assert at_origin == pytest.approx(math.log(2))


def test_rmds_by_hand() -> None:
    # Two classes at 1 and 11 with variance 1; all together at 6 with variance 26.
    training, labels = np.array([[0.0], [2.0], [10.0], [12.0]]), np.array([3, 3, 8, 8])
    found = rmds_score(np.array([[1.0], [6.0], [14.0]]), training, labels)
    assert found == pytest.approx([25 / 26 - 0, 0 - 25, 64 / 26 - 9])


# --- properties ------------------------------------------------------------------------------------------------------


def test_a_training_picture_is_its_own_nearest_neighbour_and_length_counts_nothing() -> None:
    training = features("drawn", 120, 0) + 0.01
    assert knn_score(training, training, 1) == pytest.approx(np.zeros(120), abs=1e-6)
    others = features("drawn", 30, 1) + 0.01
    np.testing.assert_allclose(knn_score(9 * others, training, 5), knn_score(others, training, 5), atol=1e-9)
    assert (np.diff([knn_score(others, training, k) for k in range(1, 20)], axis=0) <= 1e-12).all()


def test_more_pictures_than_stand_in_memory_at_a_time_change_nothing() -> None:
    training, others = features("drawn", 120, 0), features("drawn", 2500, 1)
    whole = knn_score(others, training, 3)
    np.testing.assert_allclose(whole[999:1001], knn_score(others[999:1001], training, 3), atol=1e-12)
    np.testing.assert_allclose(whole[-1:], knn_score(others[-1:], training, 3), atol=1e-12)


def test_a_step_away_from_the_principal_space_lowers_vim_alone() -> None:
    generator = np.random.default_rng(0)
    training = np.c_[generator.normal(0, 3, (200, 2)), generator.normal(0, 0.1, (200, 2))]
    weight = np.c_[np.eye(2), np.zeros((2, 2))]
    step = np.array([[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 2.0, 0.0], [1.0, 1.0, 4.0, 0.0]])
    near, far, farther = vim_score(step, training, weight, np.zeros(2))
    assert near > far > farther


def test_rmds_is_the_same_in_other_units() -> None:
    training, others = features("drawn", 120, 0), features("drawn", 40, 1)
    mixing = np.random.default_rng(3).normal(0, 1, (12, 12))
    moved = rmds_score(others @ mixing + 5, training @ mixing + 5, LABELS)
    np.testing.assert_allclose(moved, rmds_score(others, training, LABELS), rtol=1e-6, atol=1e-6)


def test_a_dead_channel_counts_nothing_for_rmds() -> None:
    training, others = features("dead channel", 120, 0), features("dead channel", 40, 1)
    alive = np.arange(12) != 5
    found = rmds_score(others, training, LABELS)
    np.testing.assert_allclose(found, rmds_score(others[:, alive], training[:, alive], LABELS), rtol=1e-8)
    awake = others + 3 * (np.arange(12) == 5)
    np.testing.assert_allclose(rmds_score(awake, training, LABELS), found, rtol=1e-6)


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((0, 3)), np.array([[math.nan, 0.0, 0.0]])])
def test_what_is_no_table_of_features_is_refused(wrong: np.ndarray) -> None:
    right, labels = np.eye(3), np.arange(3)
    for given, training in ((wrong, right), (right, wrong)):
        for score in (
            lambda a, b: knn_score(a, b, 1),
            lambda a, b: vim_score(a, b, np.eye(3), np.zeros(3)),
            lambda a, b: rmds_score(a, b, labels),
        ):
            with pytest.raises(REFUSED):
                score(given, training)


def test_numbers_that_do_not_fit_are_named() -> None:
    training, one = np.eye(4), np.ones((1, 4))
    # Under pytest jaxtyping refuses shapes that disagree before the function's own sentence can.
    with pytest.raises(REFUSED, match="channels"):
        knn_score(np.ones((1, 3)), training, 1)
    for neighbours in (0, 5):
        with pytest.raises(ValueError, match=f"neighbours must be 1 to 4, the training pictures; got {neighbours}"):
            knn_score(one, training, neighbours)
    for dimensions in (0, 4):
        with pytest.raises(
            ValueError, match=f"dimensions must be 1 to 3, below the number of channels; got {dimensions}"
        ):
            vim_score(one, training, np.eye(4), np.zeros(4), dimensions)
    with pytest.raises(REFUSED, match="weight"):
        vim_score(one, training, np.eye(3), np.zeros(3))
    with pytest.raises(ValueError, match="weight must be finite"):
        vim_score(one, training, np.full((2, 4), math.inf), np.zeros(2))
    with pytest.raises(ValueError, match="vary in 2 dimensions alone: there is no residual"):
        vim_score(one, np.outer(np.arange(1.0, 4), np.ones(4)), np.eye(4), np.zeros(4))
    with pytest.raises(REFUSED, match="labels"):
        rmds_score(one, training, np.arange(3))
