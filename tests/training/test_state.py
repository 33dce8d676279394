"""The state of a run on disk: the newest whole one wins, three are kept, a failed write loses nothing."""

import os
from pathlib import Path

import numpy as np
import pytest

from nat_core.training.state import SavedState, newest_state, save_state


def state(step: int) -> SavedState:
    return SavedState(step, step / 2, {"model/weight": np.full((2, 3), step, np.float32)}, {"seed": 0})


def test_the_newest_of_three_kept_states_comes_back(tmp_path: Path) -> None:
    for step in (1, 2, 30, 4, 500):
        save_state(tmp_path, state(step))
    again = newest_state(tmp_path)
    assert (again.step, again.seconds, again.settings) == (500, 250.0, {"seed": 0})
    np.testing.assert_array_equal(again.tensors["model/weight"], np.full((2, 3), 500, np.float32))
    assert len(list(tmp_path.glob("*.safetensors"))) == len(list(tmp_path.glob("*.json"))) == 3


def test_without_a_state_there_is_none(tmp_path: Path) -> None:
    assert newest_state(tmp_path) is None
    assert newest_state(tmp_path / "nowhere") is None


@pytest.mark.parametrize("damage", ["truncated", "altered", "no card", "half a card", "no tensors", "other format"])
def test_a_damaged_state_is_passed_over(tmp_path: Path, damage: str) -> None:
    save_state(tmp_path, state(1))
    save_state(tmp_path, state(2))
    tensors, card = tmp_path / "00000002.safetensors", tmp_path / "00000002.json"
    if damage == "truncated":
        tensors.write_bytes(tensors.read_bytes()[:-3])
    elif damage == "altered":
        tensors.write_bytes(tensors.read_bytes()[:-1] + b"\7")
    elif damage == "no card":
        card.unlink()
    elif damage == "half a card":
        card.write_text(card.read_text()[:20])
    elif damage == "no tensors":
        tensors.unlink()
    else:
        card.write_text(card.read_text().replace('"format": 1', '"format": 9'))
    assert newest_state(tmp_path).step == 1


def test_a_full_disk_leaves_the_earlier_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_state(tmp_path, state(1))

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_state(tmp_path, state(2))
    monkeypatch.undo()
    assert newest_state(tmp_path).step == 1
    assert not list(tmp_path.glob("*.tmp"))
