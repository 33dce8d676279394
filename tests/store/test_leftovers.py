"""What a run leaves beside its network: removed once it has ended, left alone while it goes on."""

from pathlib import Path

import pytest

from nat_core.files import only_one
from nat_core.store.leftovers import forget, lock_of, states_of, tidy

NAME = "digits_nat"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder in which a run was killed: a state, a draft of its network, and another run's draft."""
    states_of(tmp_path, NAME).mkdir(parents=True)
    (states_of(tmp_path, NAME) / "00000003.json").write_text("{}")
    for draft in (f".{NAME}.12.tmp", ".digits_baseline.12.tmp"):
        (tmp_path / draft).mkdir()
    return tmp_path


def test_a_killed_run_leaves_nothing_and_another_ones_is_not_touched(out: Path) -> None:
    tidy(out, NAME)
    assert sorted(path.name for path in out.iterdir()) == [".digits_baseline.12.tmp", ".state"]
    assert not states_of(out, NAME).exists()
    tidy(out, NAME)  # nothing is there: not even its lock is taken


def test_a_draft_alone_is_removed_too(out: Path) -> None:
    forget(states_of(out, NAME))
    tidy(out, NAME)
    assert not list(out.glob(f".{NAME}*"))


def test_a_run_that_goes_on_is_left_alone(out: Path) -> None:
    with only_one(lock_of(out, NAME)):
        tidy(out, NAME)
    assert (states_of(out, NAME) / "00000003.json").is_file()
    assert (out / f".{NAME}.12.tmp").is_dir()


def test_what_cannot_be_deleted_is_told(out: Path) -> None:
    states, told = states_of(out, NAME), []
    (states / "a folder").mkdir()
    forget(states, told.append)
    assert len(told) == 1
    assert told[0].startswith("A state of a finished run could not be deleted (")
    assert told[0].endswith(f": delete {states}")
    forget(states)  # told to nobody
    assert states.is_dir()


def test_states_that_are_gone_already_are_no_fault(tmp_path: Path) -> None:
    told = []
    forget(tmp_path / "nowhere", told.append)
    assert told == []
