"""The state of a run on disk: the newest whole one wins, three are kept, a failed write loses nothing."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from nat_core.files import sealed, unsealed
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


def test_a_card_altered_at_any_bit_and_a_few_bytes_of_tensors_are_passed_over_and_told(tmp_path: Path) -> None:
    save_state(tmp_path, state(1))
    save_state(tmp_path, state(2))
    files = {tmp_path / "00000002.json": 1, tmp_path / "00000002.safetensors": 7}
    for path, step in files.items():
        whole = path.read_bytes()
        for place in range(0, len(whole), step):
            for bit in range(8):
                path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
                told: list[str] = []
                assert newest_state(tmp_path, told.append).step == 1, (path.name, place, bit)
                assert len(told) == 1
                assert told[0].startswith("The state of step 2 cannot be used (")
                assert told[0].endswith("going on from the one of step 1")
        path.write_bytes(whole)
    assert newest_state(tmp_path, told.append).step == 2
    assert len(told) == 1, "nothing is told of a whole state"


def test_a_state_under_another_steps_name_is_none(tmp_path: Path) -> None:
    for step in (12, 13):
        save_state(tmp_path, state(step))
    for suffix in ("json", "safetensors"):
        (tmp_path / f"00000012.{suffix}").replace(tmp_path / f"00000099.{suffix}")
    told: list[str] = []
    assert newest_state(tmp_path, told.append).step == 13
    assert "is of step 12, not of that in its name" in told[0]


@pytest.mark.parametrize(
    "changes",
    [{"step": "2"}, {"step": True}, {"step": -2}, {"seconds": "long"}, {"seconds": -1.0}, {"settings": []},
     {"epoch": {"steps": "3"}}, {"sha256": 5}, {"more": 1}, {"settings": None}],
)  # fmt: skip
def test_a_sealed_card_of_other_types_is_passed_over(tmp_path: Path, changes: dict) -> None:
    save_state(tmp_path, state(1))
    save_state(tmp_path, state(2))
    card = tmp_path / "00000002.json"
    card.write_bytes(sealed(json.dumps(unsealed(card.read_bytes()) | changes)))
    assert newest_state(tmp_path).step == 1


@pytest.mark.parametrize("content", [b"[" * 20_000, b"", b"null", b"{}", b'{"format": 1}', b"\xff\xfe"])
def test_a_card_that_is_no_card_is_passed_over(tmp_path: Path, content: bytes) -> None:
    save_state(tmp_path, state(1))
    (tmp_path / "00000002.json").write_bytes(content)
    assert newest_state(tmp_path).step == 1


def test_where_every_state_is_damaged_that_is_told(tmp_path: Path) -> None:
    save_state(tmp_path, state(2))
    (tmp_path / "00000002.json").write_bytes(b"{")
    told: list[str] = []
    assert newest_state(tmp_path, told.append) is None
    assert told[0].endswith("and there is no older one: beginning anew")


def test_damaged_states_of_later_steps_crowd_no_good_one_out(tmp_path: Path) -> None:
    for step in (10, 20, 30):
        save_state(tmp_path, state(step))
    for step in (20, 30):
        (tmp_path / f"000000{step}.safetensors").write_bytes(b"")
    assert newest_state(tmp_path).step == 10
    save_state(tmp_path, state(15))
    assert newest_state(tmp_path).step == 15
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"000000{step}.{suffix}" for step in (10, 15) for suffix in ("json", "safetensors")
    ]


def test_what_a_killed_process_left_is_gone_after_the_next_save(tmp_path: Path) -> None:
    save_state(tmp_path, state(1))
    (tmp_path / ".00000002.safetensors.4711.tmp").write_bytes(b"half")
    (tmp_path / "00000002.safetensors").write_bytes(b"whole, but its card was never written")
    save_state(tmp_path, state(3))
    assert {path.stem for path in tmp_path.iterdir()} == {"00000001", "00000003"}


def test_an_old_state_that_cannot_be_deleted_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    for step in (1, 2, 3):
        save_state(tmp_path, state(step))
    told: list[str] = []
    monkeypatch.setattr(Path, "unlink", refused)
    save_state(tmp_path, state(4), told.append)
    monkeypatch.undo()
    assert newest_state(tmp_path).step == 4
    assert "00000001.json: Permission denied): it is tried again after the next one" in told[0]
    save_state(tmp_path, state(5), told.append)
    assert {path.stem for path in tmp_path.iterdir()} == {"00000003", "00000004", "00000005"}


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
    with pytest.raises(OSError, match=r"No space left.*00000002\.safetensors'$"):
        save_state(tmp_path, state(2))
    monkeypatch.undo()
    assert newest_state(tmp_path).step == 1
    assert {path.stem for path in tmp_path.iterdir()} == {"00000001"}


def test_the_newest_state_is_the_furthest_one_whatever_the_clock_said(tmp_path: Path) -> None:
    year = 365 * 24 * 3600
    for step, shift in ((1, year), (2, -year), (3, 0)):
        save_state(tmp_path, state(step))
        for path in tmp_path.glob(f"0000000{step}.*"):
            os.utime(path, (path.stat().st_mtime + shift,) * 2)
    assert newest_state(tmp_path).step == 3
