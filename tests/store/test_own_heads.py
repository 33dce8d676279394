"""What a visitor taught, in a file and out of it; other files are refused in a sentence."""

import json

import numpy as np
import pytest

from nat_core.errors import CheckpointError
from nat_core.store import own_heads
from nat_core.store.own_heads import HEADS, NONE_CLASS, KeptPhotos, from_bytes, predictions, to_bytes, unit
from nat_core.store.tensors import packed, read_arrays
from tests.hostile_heads import kept_photos, own_heads_file, taught


def test_it_comes_back_as_it_was_with_and_without_kept_photos() -> None:
    held = kept_photos()
    found, kept = from_bytes(to_bytes(taught(), held), "mine")
    assert found.names == ("mug", "book")
    assert (found.network, found.weights) == (taught().network, taught().weights)
    for kind in HEADS:
        np.testing.assert_array_equal(found.heads[kind].weights, taught().heads[kind].weights)
        np.testing.assert_array_equal(found.left_out[kind], taught().left_out[kind])
    assert kept is not None
    assert kept.names == held.names
    np.testing.assert_array_equal(kept.labels, held.labels)
    np.testing.assert_array_equal(kept.seen, held.seen)
    np.testing.assert_array_equal(kept.shown, held.shown)
    assert from_bytes(to_bytes(taught()), "mine")[1] is None
    assert len(to_bytes(taught())) < 5_000


def test_features_are_scaled_to_one_length() -> None:
    scaled = unit(np.array([[3, 4], [30, 40], [0, 0]], np.float32))
    np.testing.assert_allclose(scaled, [[0.6 * 2**0.5, 0.8 * 2**0.5]] * 2 + [[0, 0]], rtol=1e-6)


def test_the_probability_of_none_is_no_answer() -> None:
    rows = np.log(np.array([[0.3, 0.1, 0.6]], np.float32))
    assert predictions(NONE_CLASS, "x", rows).confidence[0] == pytest.approx(0.3)
    assert predictions("nat", "x", rows).confidence[0] == pytest.approx(0.6)


def test_a_head_is_a_last_layer_on_features_of_one_length() -> None:
    head = own_heads.Head(np.array([[1, 0], [0, 2]], np.float32), np.array([0, 1], np.float32))
    np.testing.assert_allclose(
        head.logits(np.array([[6, 8]], np.float32)), [[0.6 * 2**0.5, 1.6 * 2**0.5 + 1]], rtol=1e-6
    )


def test_a_file_that_is_too_large_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_heads, "MOST_BYTES", 1_000)
    monkeypatch.setattr(own_heads, "read_arrays", lambda *_arguments: pytest.fail("it was read"))
    with pytest.raises(CheckpointError, match="mine is 0 MB, more than the 0 MB read"):
        from_bytes(bytes(1_001), "mine")


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        ("nat/weights", np.full((4, 2), np.nan, np.float32), "not finite"),
        ("nat/weights", np.zeros((4, 3), np.float32), "not float32 of"),
        ("nat/weights", np.zeros((5, 2), np.float32), "not of one network"),
        ("nat/bias", np.zeros(2, np.float64), "an array is float64"),
        ("nat/bias", np.full(2, 1e7, np.float32), "no training comes to"),
        ("labels", np.array([0, 0, 2], np.int16), "no thing that it names"),
        ("labels", np.zeros(3, np.int16), "no photo of one of its things"),
        ("labels", np.zeros(0, np.int16), "no photo of one of its things"),
        ("photos/labels", np.zeros(21, np.int16), "more than 20 photos"),
        ("photos/seen", np.zeros((3, 32, 32, 4), np.uint8), "an array is uint8"),
    ],
)
def test_an_array_that_is_not_as_it_should_be_is_named(name: str, array: np.ndarray, reason: str) -> None:
    arrays, metadata = read_arrays(to_bytes(taught(), kept_photos()), "mine", "")
    with pytest.raises(CheckpointError, match=reason):
        from_bytes(packed(arrays | {name: array}, metadata), "mine")


def test_a_changed_byte_is_noticed_wherever_it_is() -> None:
    sound = to_bytes(taught(), kept_photos())
    for place in (*range(len(sound) - 120, len(sound)), *range(8, len(sound) - 120, 1_009), *range(8, 900)):
        with pytest.raises(CheckpointError):
            from_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :], "mine")


def test_a_file_from_before_there_were_digests_is_read_and_one_that_lost_its_own_is_not() -> None:
    arrays, metadata = read_arrays(to_bytes(taught()), "sound", "")
    about = json.loads(metadata["about"])
    old = packed(arrays, {"about": json.dumps(about | {"format": 1})})
    assert from_bytes(old, "mine")[0].names == ("mug", "book")
    with pytest.raises(CheckpointError, match="sha256"):
        from_bytes(packed(arrays, {"about": metadata["about"]}), "mine")


def test_photos_of_unequal_number_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in number"):
        KeptPhotos(np.array([0]), (), kept_photos().seen[:1], kept_photos().shown[:1])


def test_what_a_stranger_sends_is_among_the_attacks() -> None:
    assert len(own_heads_file().crafted) >= 100


@pytest.mark.parametrize("kind", HEADS)
def test_what_heads_say_of_pictures_and_of_their_own_photos(kind: str) -> None:
    things, features = taught(), np.random.default_rng(1).random((5, 4)).astype(np.float32)
    said, own = things.said(kind, "unseen", features), things.of_own(kind)
    assert np.array_equal(said.logits, things.heads[kind].logits(features))
    assert (said.set_name, said.labels) == ("unseen", None)
    assert np.array_equal(own.logits, things.left_out[kind])
    assert own.labels is not None
    assert own.labels.tolist() == [0, 0, 1]


@pytest.mark.parametrize(("changed", "reason"), [
    ({"format": 9}, "mine was saved by a newer version of this app: open it there."),
    ({"format": 0}, "it has format 0"), ({"names": ["mug"]}, "names of up to"),
    ({"names": ["mug", "m" * 99]}, "names of"),
])  # fmt: skip
def test_a_format_or_names_that_are_not_read_are_told(changed: dict, reason: str) -> None:
    arrays, metadata = read_arrays(to_bytes(taught()), "sound", "")
    about = json.dumps(json.loads(metadata["about"]) | changed)
    with pytest.raises(CheckpointError, match=reason):
        from_bytes(packed(arrays, {"about": about}), "mine")
