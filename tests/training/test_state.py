"""The state of a run on disk: the newest whole one wins, three are kept, a failed write loses nothing."""

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from nat_core.errors import TrainingError
from nat_core.files import sealed, unsealed
from nat_core.recipes import recipe_named
from nat_core.training.state import KEPT, SavedState, Sitting, check_settings, newest_state, save_state
from tests.present import present
from tests.synthetic import write_network


def state(step: int) -> SavedState:
    weights = {"model/weight": np.full((2, 3), step, np.float32)}
    return SavedState(step, step / 2, weights, {"seed": 0}, {"losses": [0.5, float(step)], "steps": 2, "since": 1.5})


def test_the_newest_of_three_kept_states_comes_back(tmp_path: Path) -> None:
    tmp_path = tmp_path / "of" / "a run"
    for step in (1, 2, 30, 4, 500):
        save_state(tmp_path, state(step))
    again = present(newest_state(tmp_path))
    assert again.epoch == state(500).epoch
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
    told: list[str] = []
    for path, step in files.items():
        whole = path.read_bytes()
        for place in range(0, len(whole), step):
            for bit in range(8):
                path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
                told.clear()
                assert present(newest_state(tmp_path, told.append)).step == 1, (path.name, place, bit)
                assert len(told) == 1
                assert told[0].startswith("The state of step 2 cannot be used (")
                assert told[0].endswith("going on from the one of step 1")
        path.write_bytes(whole)
    assert present(newest_state(tmp_path, told.append)).step == 2
    assert len(told) == 1, "nothing is told of a whole state"


def test_a_state_under_another_steps_name_is_none(tmp_path: Path) -> None:
    for step in (12, 13):
        save_state(tmp_path, state(step))
    for suffix in ("json", "safetensors"):
        (tmp_path / f"00000012.{suffix}").replace(tmp_path / f"00000099.{suffix}")
    told: list[str] = []
    assert present(newest_state(tmp_path, told.append)).step == 13
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
    assert present(newest_state(tmp_path)).step == 1


@pytest.mark.parametrize("content", [b"[" * 20_000, b"", b"null", b"{}", b'{"format": 1}', b"\xff\xfe"])
def test_a_card_that_is_no_card_is_passed_over(tmp_path: Path, content: bytes) -> None:
    save_state(tmp_path, state(1))
    (tmp_path / "00000002.json").write_bytes(content)
    assert present(newest_state(tmp_path)).step == 1


def test_where_every_state_is_damaged_that_is_told(tmp_path: Path) -> None:
    save_state(tmp_path, state(2))
    (tmp_path / "00000002.json").write_bytes(b"{")
    told: list[str] = []
    assert newest_state(tmp_path, told.append) is None
    sentence = r"The state of step 2 cannot be used \(.*\), and there is no older one: beginning anew"
    assert [bool(re.fullmatch(sentence, each)) for each in told] == [True]


def test_damaged_states_of_later_steps_crowd_no_good_one_out(tmp_path: Path) -> None:
    for step in (10, 20, 30):
        save_state(tmp_path, state(step))
    for step in (20, 30):
        (tmp_path / f"000000{step}.safetensors").write_bytes(b"")
    assert present(newest_state(tmp_path)).step == 10
    save_state(tmp_path, state(15))
    assert present(newest_state(tmp_path)).step == 15
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
    assert present(newest_state(tmp_path)).step == 4
    assert "00000001.json: Permission denied: give this user the right to it" in told[0]
    assert "): it is tried again after the next one" in told[0]
    save_state(tmp_path, state(5), told.append)
    assert {path.stem for path in tmp_path.iterdir()} == {"00000003", "00000004", "00000005"}


def test_an_old_state_that_another_process_has_deleted_is_no_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete, told = Path.unlink, []

    def too_late(path: Path, missing_ok: bool = False) -> None:
        delete(path, missing_ok=True)
        delete(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", too_late)
    for step in range(1, KEPT + 2):
        save_state(tmp_path, state(step), told.append)
    assert told == []
    assert sorted({path.stem for path in tmp_path.iterdir()}) == [f"0000000{step}" for step in range(2, KEPT + 2)]


def test_what_passed_a_state_over_is_told_in_words(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        save_state(tmp_path, state(step))
    (tmp_path / "00000003.json").write_bytes(b"{")
    (tmp_path / "00000002.json").unlink()
    (tmp_path / "00000002.json").mkdir()
    told: list[str] = []
    assert present(newest_state(tmp_path, told.append)).step == 1
    assert [each.partition(" (")[0] for each in told] == [f"The state of step {step} cannot be used" for step in (3, 2)]
    assert "it is passed over)" in told[0]
    assert "00000002.json is no file but a folder" in told[1]
    (tmp_path / "00000001.json").write_bytes(b"{")
    told.clear()
    assert newest_state(tmp_path, told.append) is None
    assert all(each.endswith(", and there is no older one: beginning anew") for each in told)
    assert len(told) == 3


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
    assert present(newest_state(tmp_path)).step == 1


def test_a_full_disk_leaves_the_earlier_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_state(tmp_path, state(1))

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left.*00000002\.safetensors'$"):
        save_state(tmp_path, state(2))
    monkeypatch.undo()
    assert present(newest_state(tmp_path)).step == 1
    assert {path.stem for path in tmp_path.iterdir()} == {"00000001"}


def test_a_step_of_more_digits_is_the_further_one(tmp_path: Path) -> None:
    for step in (99_999_999, 100_000_000):
        save_state(tmp_path, state(step))
    assert present(newest_state(tmp_path)).step == 100_000_000


def test_the_newest_state_is_the_furthest_one_whatever_the_clock_said(tmp_path: Path) -> None:
    year = 365 * 24 * 3600
    for step, shift in ((1, year), (2, -year), (3, 0)):
        save_state(tmp_path, state(step))
        for path in tmp_path.glob(f"0000000{step}.*"):
            os.utime(path, (path.stat().st_mtime + shift,) * 2)
    assert present(newest_state(tmp_path)).step == 3


# --- one sitting -----------------------------------------------------------------------------------------------------

NAME = "digits_nat"


def _told(sentence: str) -> str:
    """The pattern of this sentence and no other."""
    return f"^{re.escape(sentence)}$"


def sitting(out: Path, **other: Any) -> Sitting:
    usual: dict[str, Any] = {
        "name": NAME, "out": out, "teacher_homes": (out,), "device": "cpu", "threads": 1, "progress": False,
    }  # fmt: skip
    return Sitting(**usual | other)


def test_where_a_run_lies(tmp_path: Path) -> None:
    here = sitting(tmp_path)
    assert here.home == here.tidied() == tmp_path / NAME
    assert here.states == tmp_path / ".state" / NAME
    assert here.events == tmp_path / "tensorboard" / NAME


@pytest.mark.parametrize("seed", [-1, 2**63, True, 1.5, "0"])
def test_a_seed_is_one_that_generators_take(tmp_path: Path, seed: Any) -> None:
    assert sitting(tmp_path, seed=2**63 - 1).seed == 2**63 - 1
    with pytest.raises((ValueError, TypeCheckError)) as raised:
        sitting(tmp_path, seed=seed)
    if isinstance(raised.value, ValueError):
        assert str(raised.value) == f"seed must be a whole number from 0 to 2^63 - 1; got {seed!r}"


def test_a_finished_network_is_kept_where_that_is_said_and_never_written_over(tmp_path: Path) -> None:
    sitting(tmp_path).check_place()
    (tmp_path / NAME).mkdir()
    with pytest.raises(
        TrainingError,
        match=_told(f"{tmp_path / NAME} is there already but holds no network: move it away, or choose another --out"),
    ):
        sitting(tmp_path, resume=True).check_place()
    (tmp_path / NAME).rmdir()
    (tmp_path / NAME).symlink_to("gone")
    with pytest.raises(TrainingError, match="is there already but holds no network: move it away"):
        sitting(tmp_path, resume=True).check_place()
    (tmp_path / NAME).unlink()
    write_network(tmp_path, NAME)
    with pytest.raises(
        TrainingError,
        match=_told(
            f"{tmp_path / NAME} is there already: add --resume to keep it, or --out to train another one elsewhere"
        ),
    ):
        sitting(tmp_path).check_place()
    sitting(tmp_path, resume=True).check_place()


def test_a_run_that_was_begun_goes_on_only_where_that_is_said(tmp_path: Path) -> None:
    assert sitting(tmp_path).saved(pytest.fail) is None
    save_state(sitting(tmp_path).states, state(7))
    for name in (NAME, "another"):
        (tmp_path / f".{name}.1.tmp").mkdir()
    begun = f"A run of {NAME} was begun in {sitting(tmp_path).states}: add --resume to go on, or delete that folder"
    with pytest.raises(TrainingError, match=_told(begun)):
        sitting(tmp_path).saved(pytest.fail)
    found = sitting(tmp_path, resume=True).saved(pytest.fail)
    assert found is not None
    assert found.step == 7
    assert [path.name for path in tmp_path.glob(".*.tmp")] == [".another.1.tmp"]


def test_a_state_that_is_passed_over_is_told_to_who_goes_on(tmp_path: Path) -> None:
    states = sitting(tmp_path).states
    for step in (7, 8):
        save_state(states, state(step))
    (states / "00000008.json").write_bytes(b"{")
    with pytest.raises(TrainingError, match="was begun in"):
        sitting(tmp_path).saved(pytest.fail)
    told: list[str] = []
    assert present(sitting(tmp_path, resume=True).saved(told.append)).step == 7
    assert [each.partition(" (")[0] for each in told] == ["The state of step 8 cannot be used"]
    (states / ".00000009.json.1.tmp").write_bytes(b"half")
    sitting(tmp_path, resume=True).saved(told.append)
    assert not (states / ".00000009.json.1.tmp").exists()


def test_two_runs_of_one_name_are_not_at_once(tmp_path: Path) -> None:
    with (
        sitting(tmp_path).alone(),
        pytest.raises(TrainingError, match=f"^{NAME} is being trained already: another process is at work there: "),
        sitting(tmp_path).alone(),
    ):
        pytest.fail("both train")


def test_a_run_goes_on_with_the_settings_that_it_began_with() -> None:
    recipe = recipe_named(NAME).to_json()
    begun = {"recipe": recipe, "seed": 1, "threads": 2}
    check_settings(NAME, begun, begun)
    # What one of them does not know is not compared.
    check_settings(NAME, {"recipe": recipe, "seed": 1}, begun | {"data": "a"})
    for key, other, what in (
        ("seed", 3, "seed (1, now 3)"), ("threads", 4, "number of threads (2, now 4)"),
        ("data", "b", "set of pictures (by its SHA-256) (a, now b)"),
        ("teacher", "b", "teacher (by the SHA-256 of its weights) (a, now b)"),
    ):  # fmt: skip
        before = begun | {"data": "a", "teacher": "a"}
        told = f"The run of {NAME} was begun with another {what}: go on with the same, or choose another --out"
        with pytest.raises(TrainingError, match=_told(told)):
            check_settings(NAME, before | {key: other}, before)
    with pytest.raises(TrainingError, match=r"another recipe: epochs \(50, now 3\)"):
        check_settings(NAME, begun | {"recipe": recipe | {"epochs": 3}}, begun)
