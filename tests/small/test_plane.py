"""The plane of the playground: its points, its negatives, and what counts as falsely sure."""

import numpy as np
import pytest

from nat_core.small.plane import (
    CLASSES,
    EXTENT,
    MARGIN,
    NEGATIVES,
    SHAPES,
    draw_negatives,
    draw_points,
    empty_cells,
    falsely_sure,
    grid,
)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("classes", CLASSES)
def test_points_lie_around_the_middle_and_are_the_same_for_the_same_seed(shape: str, classes: int) -> None:
    points = draw_points(shape, classes, per_class=30, seed=3)
    assert points.positions.shape == (30 * classes, 2)
    assert points.classes == classes
    assert np.bincount(points.labels).tolist() == [30] * classes
    assert np.abs(points.positions).max() < 2.6
    assert np.array_equal(points.positions, draw_points(shape, classes, per_class=30, seed=3).positions)
    assert not np.array_equal(points.positions, draw_points(shape, classes, per_class=30, seed=4).positions)


def test_noise_multiplies_the_spread_and_held_out_points_are_others_of_the_same_kind() -> None:
    middle, plain, wide = (draw_points("rings", 2, 200, noise=noise).positions for noise in (0.0, 1.0, 2.0))
    np.testing.assert_allclose(wide - middle, 2 * (plain - middle), atol=1e-5)
    assert len(np.unique((plain - middle).round(4))) > 300, "each point goes its own way"
    assert np.linalg.norm(middle[200:], axis=1) == pytest.approx(1.9)
    held_out = draw_points("rings", 2, 200, held_out=True)
    assert not np.isin(held_out.positions, plain).any()
    assert held_out.labels.tolist() == draw_points("rings", 2, 200).labels.tolist()
    radius = np.linalg.norm(held_out.positions, axis=1)
    assert radius[200:].mean() == pytest.approx(1.9, abs=0.02)


def test_rings_have_the_radii_they_are_named_for() -> None:
    points = draw_points("rings", 2, per_class=200)
    radius = np.linalg.norm(points.positions, axis=1)
    assert radius[points.labels == 0].mean() == pytest.approx(0.26, abs=0.02)
    assert radius[points.labels == 1].mean() == pytest.approx(1.9, abs=0.02)


def test_the_first_of_the_blobs_lies_above_the_middle() -> None:
    points = draw_points("blobs", 3, per_class=200)
    middles = np.stack([points.positions[points.labels == label].mean(0) for label in range(3)])
    np.testing.assert_allclose(middles[0], (0, 1.3), atol=0.1)
    assert (middles[1:, 1] < 0).all()


@pytest.mark.parametrize("kind", NEGATIVES)
def test_negatives_lie_within_the_plane(kind: str) -> None:
    negatives = draw_negatives(kind, 50, seed=1)
    assert negatives.shape == (50, 2)
    assert np.abs(negatives).max() <= EXTENT


def test_the_ring_goes_all_the_way_round_outside_the_points() -> None:
    negatives = draw_negatives("ring", 20)
    radius = np.linalg.norm(negatives, axis=1)
    assert radius.min() > 2.6
    assert radius.max() < 3.4
    angles = np.sort(np.arctan2(negatives[:, 1], negatives[:, 0]))
    assert np.diff(angles).max() < 2 * (2 * np.pi / 20)


def test_the_corner_and_the_blob_are_where_they_say() -> None:
    assert draw_negatives("corner", 50).min() >= 2.2
    assert draw_negatives("blob", 400).mean(axis=0).tolist() == pytest.approx([2.8, 0.0], abs=0.05)


def test_empty_cells_are_further_than_the_margin_from_every_point() -> None:
    cells = np.array([[0, 0], [0.7, 0], [0.8, 0], [4, 4]], np.float32)
    known = np.array([[0, 0], [-1, 0]], np.float32)
    assert empty_cells(cells, known).tolist() == [False, False, True, True]
    assert MARGIN == 0.75


def test_falsely_sure_by_hand() -> None:
    confidence = np.array([0.9, 0.91, 1.0, 0.4])
    assert falsely_sure(confidence, np.array([True, True, True, True])) == 0.5
    assert falsely_sure(confidence, np.array([True, False, False, True])) == 0.0


def test_falsely_sure_never_rises_with_the_threshold() -> None:
    confidence = np.random.default_rng(0).random(500)
    rates = [falsely_sure(confidence, confidence >= 0, t) for t in np.linspace(0, 1, 21)]
    assert rates == sorted(rates, reverse=True)


def test_the_grid_covers_the_plane_evenly() -> None:
    cells = grid(8)
    assert cells.shape == (64, 2)
    assert cells.mean(axis=0).tolist() == [0, 0]
    assert cells.max() == pytest.approx(3.5)
    assert grid(1).tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: draw_points("stars"), "unknown shape 'stars'; known: blobs, moons, spirals, rings"),
        (lambda: draw_points(classes=6), "2 to 5 classes, not 6"),
        (lambda: draw_points(per_class=0), "at least one point, not 0"),
        (lambda: draw_points(noise=-1.0), "at least 0, not -1"),
        (lambda: draw_points(noise=float("nan")), "at least 0, not nan"),
        (lambda: draw_negatives("wall"), "unknown kind of negatives 'wall'; known: ring, corner, blob, uniform"),
        (lambda: draw_negatives("ring", 0), "one at a time, not 0"),
        (lambda: grid(0), "at least one cell a side, not 0"),
        (lambda: falsely_sure(np.ones(2), np.zeros(2, bool)), "no cell of the plane is empty"),
        (lambda: falsely_sure(np.ones(2), np.ones(2, bool), 1.5), r"in \[0, 1\], not 1.5"),
    ],
)
def test_what_is_refused(call, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()
