"""Confidences that were sorted once: the very numbers of what is sorted anew, of old files and new ones."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from nat_core.errors import CheckpointError, UnreadableSet
from nat_core.files import write_durably
from nat_core.measure import metrics, predictions
from nat_core.measure.predictions import BACKGROUND, Ascending, Predictions, pack, unpack
from nat_core.store.checkpoints import PREDICTIONS, load_card, load_predictions, write_card
from nat_core.store.runs import record_of
from nat_core.store.sweeps import arrays_in_order, ascending_in, load_ascending

THRESHOLDS = np.linspace(0, 1, 101)
GENERATOR = np.random.default_rng(0)


def some(count: int, name: str = "a", classes: int = 10) -> Predictions:
    """Predictions with some ties."""
    logits = GENERATOR.normal(scale=3, size=(count, classes)).round(1).astype(np.float32)
    return Predictions("net", name, tuple(f"{number}.jpg" for number in range(count)), logits)


@pytest.fixture
def early(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored of large sets is stored of those of 50 pictures on."""
    monkeypatch.setattr(predictions, "SORTED_FROM", 50)


@pytest.mark.parametrize("given", ["array", "ascending", "predictions"])
def test_every_metric_is_the_same_of_what_is_sorted_already(given: str) -> None:
    known, negatives = some(300), some(200)
    kinds = {"array": lambda each: each.confidence, "ascending": lambda each: Ascending.of(each.confidence),
             "predictions": lambda each: each}  # fmt: skip
    ours, theirs = kinds[given](known), kinds[given](negatives)
    above = [(negatives.confidence > t).mean() for t in THRESHOLDS]
    assert metrics.ncr_curve(theirs, THRESHOLDS).tolist() == above
    assert metrics.share_above(theirs, THRESHOLDS).tolist() == above
    kept = metrics.threshold_keeping(ours, 0.95)
    assert (known.confidence > kept).mean() >= 0.95 > (known.confidence > np.nextafter(kept, 1)).mean()
    assert metrics.ncr_at_share_kept(ours, theirs) == (negatives.confidence > kept).mean()
    pairs = known.confidence[:, None] - negatives.confidence
    assert metrics.auroc(ours, theirs) == pytest.approx(((pairs > 0) + (pairs == 0) / 2).mean(), abs=1e-12)
    cut = np.sort(negatives.confidence)[189]
    assert metrics.fpr95(ours, theirs) == (known.confidence <= cut).mean()
    for find in ("negatives", "in_distribution"):
        alone = metrics.aupr(known.confidence, negatives.confidence, to_find=find)
        assert metrics.aupr(ours, theirs, to_find=find) == pytest.approx(alone, abs=1e-12)


def test_the_fewest_that_make_up_a_share_are_counted_on_the_quotients() -> None:
    for count in (*range(1, 60), 100, 997, 10_000):
        quotients = np.arange(1, count + 1) / count
        for share in (0.001, 0.07, 0.29, 0.5, 0.57, 0.95, 0.999, 1.0, *quotients[:: max(1, count // 7)]):
            ascending = np.arange(count, dtype=np.float64)
            fewest = 1 + int(np.searchsorted(quotients, share))
            assert metrics.threshold_fooled_below(ascending, share) == ascending[-fewest]


def test_what_is_in_order_has_to_be_numbers() -> None:
    for wrong in ([], [0.1, np.nan], [-np.inf, 0.1]):
        with pytest.raises(ValueError, match=r"finite|empty"):
            Ascending.of(wrong)
        with pytest.raises(ValueError, match="in order must be finite, at least one"):
            Ascending(np.array(wrong))
    with pytest.raises(ValueError, match=r"confidence must be in \[0, 1\]; got 0.5 to 2"):
        metrics.ncr_curve(Ascending.of([2, 0.5]), [0.5])


@pytest.mark.usefixtures("early")
def test_large_sets_are_stored_in_order_and_small_ones_as_before() -> None:
    large, small = some(60, "large"), some(40, "small")
    arrays, metadata = pack({"large": large, "small": small})
    assert {key for key in arrays if key.endswith("/ascending")} == {"large/ascending"}
    found = unpack("net", arrays, metadata)
    # Of the logits as they are read again, which were rounded.
    assert np.array_equal(arrays["large/ascending"], np.sort(found["large"].confidence))
    assert found["large"].ascending.scores is arrays["large/ascending"]
    # Files from before they were stored give the same.
    old = unpack("net", {key: value for key, value in arrays.items() if not key.endswith("/ascending")}, metadata)
    assert np.array_equal(old["large"].ascending.scores, found["large"].ascending.scores)
    arrays["large/ascending"] = arrays["large/ascending"][::-1].copy()
    with pytest.raises(ValueError, match="large: its confidences are not in order"):
        unpack("net", arrays, metadata)


def test_long_lists_of_names_are_an_array(monkeypatch: pytest.MonkeyPatch) -> None:
    given = replace(some(3), ids=("a.jpg", "Bär/é.png", "c d.webp"))
    monkeypatch.setattr(predictions, "LONG", 10)
    arrays, metadata = pack({"a": given})
    assert not metadata
    assert arrays["a/names"].dtype == np.uint8
    assert unpack("net", arrays, metadata)["a"].ids == given.ids


@pytest.fixture
def stored(digits_networks: Path, tmp_path: Path, early: None) -> Path:
    """A network whose larger sets are stored in order."""
    name = "digits_nat"
    home = tmp_path / name
    home.mkdir()
    for file in (digits_networks / name).iterdir():
        (home / file.name).write_bytes(file.read_bytes())
    arrays, metadata = pack(load_predictions(tmp_path, name))
    digest = write_durably(home / PREDICTIONS, save(arrays, metadata))
    card = load_card(tmp_path, name)
    write_card(home, replace(card, sha256=card.sha256 | {PREDICTIONS: digest}))
    return tmp_path


def test_a_network_is_swept_from_its_mapped_file(stored: Path, digits_networks: Path) -> None:
    found, old = load_ascending(stored, "digits_nat"), load_ascending(digits_networks, "digits_nat")
    whole = load_predictions(stored, "digits_nat")
    assert found.keys() == old.keys() == whole.keys()
    assert isinstance(found["digits_89"].scores, np.memmap)
    assert not isinstance(old["digits_89"].scores, np.memmap)
    for name, each in whole.items():
        assert np.array_equal(found[name].scores, np.sort(each.confidence))
        assert np.array_equal(old[name].scores, found[name].scores)
        curve = metrics.ncr_curve(found[name], THRESHOLDS)
        assert np.array_equal(curve, metrics.ncr_curve(each.confidence, THRESHOLDS))
    assert list(load_ascending(stored, "digits_nat", ["digits_89"])) == ["digits_89"]
    path = stored / "digits_nat" / PREDICTIONS
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(CheckpointError, match="truncated or altered"):
        load_ascending(stored, "digits_nat")


def test_what_an_evaluation_wrote_is_swept_from_its_file(tmp_path: Path) -> None:
    first, second = some(70), some(70)
    logits: dict[str, Any] = {"logits_one": first.logits, "logits_two": second.logits}
    both: dict[str, Any] = logits | arrays_in_order({"logits_one": first, "logits_two": second})
    one: dict[str, Any] = logits | arrays_in_order({"logits_one": first})
    np.savez(tmp_path / "old.npz", **logits)
    np.savez(tmp_path / "new.npz", **both)
    np.savez_compressed(tmp_path / "packed.npz", **one)
    np.savez(tmp_path / "none.npz", labels=np.zeros(3))
    old, new = (ascending_in(tmp_path / f"{name}.npz") for name in ("old", "new"))
    assert list(old) == list(new) == ["one", "two"]
    for name, each in {"one": first, "two": second}.items():
        assert isinstance(new[name].scores, np.memmap)
        assert np.array_equal(new[name].scores, np.sort(each.confidence))
        assert np.array_equal(old[name].scores, new[name].scores)
    with pytest.raises(UnreadableSet, match="is not stored as nat evaluate --output stores it"):
        ascending_in(tmp_path / "packed.npz")
    with pytest.raises(UnreadableSet, match="has no array logits"):
        ascending_in(tmp_path / "none.npz")


def test_a_background_class_is_counted_but_its_confidence_is_nobodys(stored: Path) -> None:
    name = "digits_nat"
    card = load_card(stored, name)
    write_card(stored / name, replace(card, classes=(*card.classes[:-1], BACKGROUND)))
    found, whole = load_ascending(stored, name), load_predictions(stored, name)
    record = record_of(stored, name)
    for key, each in whole.items():
        shares = np.exp(each.logits - each.logits.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        np.testing.assert_allclose(found[key].scores, np.sort(shares[:, :-1].max(1)), rtol=1e-6)
    assert record.renormalised is not None
    assert record.renormalised.sets["digits_89"].ncr != record.report.sets["digits_89"].ncr
