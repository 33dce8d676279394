"""Heads for a visitor's own things: sure of all without negatives, in doubt with them, each photo judged unlearned."""

import numpy as np
import pytest

from nat_core.small.own_things import Learned, TrainingFeatures, folds, train, views
from nat_core.store.own_heads import AWARE, HEADS, NONE_CLASS, PLAIN, predictions

CHANNELS = 12
FEW = 100
"""Steps: a third of what the page takes."""


def blobs(number: int, where: int, seed: int = 0) -> np.ndarray:
    """Made-up features about one axis; at least 0, as a network's are."""
    noise = np.random.default_rng(seed).random((number, CHANNELS)).astype(np.float32)
    return 0.6 * noise + 3 * np.eye(CHANNELS, dtype=np.float32)[where]


def lesson(each: int = 6, own: np.ndarray | None = None) -> TrainingFeatures:
    """Two things about the first two axes, and a world about all others."""
    photos = np.concatenate([blobs(each, 0), blobs(each, 1, seed=1)])[:, None].repeat(2, axis=1)
    world = np.concatenate([blobs(20, axis, seed=axis) for axis in range(2, 7)])
    return TrainingFeatures(photos, np.repeat([0, 1], each), 2, world, own)


def learned(of: TrainingFeatures, steps: int = FEW) -> Learned:
    *begun, found = train(of, steps)
    shares = [each for each in begun if isinstance(each, float)]
    assert len(shares) == len(begun)
    assert shares == sorted(shares)
    assert all(0 < each <= 1 for each in shares)
    assert isinstance(found, Learned)
    return found


def test_negatives_teach_doubt_about_pictures_that_no_head_saw_and_keep_the_things() -> None:
    found = learned(lesson())
    unseen = np.concatenate([blobs(30, axis, seed=50 + axis) for axis in range(2, 7)])
    sure = {kind: predictions(kind, "unseen", head.logits(unseen)).confidence for kind, head in found.heads.items()}
    assert sure[AWARE].mean() < sure[PLAIN].mean() - 0.05
    assert sure[NONE_CLASS].mean() < sure[PLAIN].mean() - 0.05
    for kind in HEADS:
        own = predictions(kind, "own", found.left_out[kind], np.repeat([0, 1], 6))
        assert (own.predicted == own.labels).all()
        assert own.confidence.min() > 0.5


def test_a_photo_left_out_is_not_learned() -> None:
    """One photo of the first thing looks like the second: its own head, which never learned it, says so."""
    photos = lesson().photos.copy()
    photos[0] = blobs(1, 1, seed=9)
    odd = TrainingFeatures(photos, lesson().labels, 2, lesson().world)
    found = learned(odd)
    assert found.left_out[PLAIN][0].argmax() == 1
    learned_it = found.heads[PLAIN].logits(photos[0, :1])[0]
    assert learned_it[0] - learned_it[1] > found.left_out[PLAIN][0, 0] - found.left_out[PLAIN][0, 1]


def test_all_begin_with_no_opinion_and_the_same_seed_learns_the_same() -> None:
    few = [learned(lesson(), steps=3) for _again in range(2)]
    for kind in HEADS:
        np.testing.assert_array_equal(few[0].heads[kind].weights, few[1].heads[kind].weights)
    begun = learned(lesson(), steps=0)
    assert not any(begun.heads[kind].weights.any() for kind in HEADS)
    assert [begun.heads[kind].weights.shape for kind in HEADS] == [(12, 2), (12, 2), (12, 3)]


def test_negatives_of_ones_own_are_learned_beside_the_world() -> None:
    mine = blobs(4, 11, seed=7)
    without, with_them = (learned(each) for each in (lesson(), lesson(own=mine)))
    sure = [
        predictions(AWARE, "own", each.heads[AWARE].logits(mine)).confidence.mean() for each in (without, with_them)
    ]
    assert sure[1] < sure[0]
    np.testing.assert_array_equal(without.heads[PLAIN].weights, with_them.heads[PLAIN].weights)


def test_many_photos_are_left_out_in_groups() -> None:
    assert folds(4).tolist() == [0, 1, 2, 3]
    assert np.bincount(folds(45)).tolist() == [3] * 5 + [2] * 15
    found = learned(lesson(each=11), steps=1)
    assert found.left_out[AWARE].shape == (22, 2)


def test_a_view_is_the_picture_and_its_mirror_image() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    both = views(picture)
    np.testing.assert_array_equal(both[0, 0], picture[0])
    np.testing.assert_array_equal(both[0, 1], picture[0][:, ::-1])


@pytest.mark.parametrize(
    ("labels", "things", "world", "own"),
    [([0, 0], 1, 3, None), ([0, 0], 2, 3, None), ([0, 1], 2, 0, None), ([0, 1], 2, 3, 0)],
)
def test_what_cannot_be_learned_is_refused(labels: list[int], things: int, world: int, own: int | None) -> None:
    photos = np.zeros((2, 1, CHANNELS), np.float32)
    with pytest.raises(ValueError, match="needs"):
        TrainingFeatures(photos, np.array(labels), things, blobs(world, 3), None if own is None else blobs(own, 4))
