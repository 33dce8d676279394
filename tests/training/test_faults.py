"""A disk that fails and a process that is killed, at every file boundary of a run: nothing is lost, nothing is left.

The quick share takes some boundaries; `pytest -m endurance` takes each.
"""

import errno
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Self

import pytest

from nat_core.errors import DivergedError
from nat_core.training import log, state
from nat_core.training.log import read_log
from nat_core.training.loop import train
from tests import killed_runs
from tests.few_pictures import use_few_digits, use_less_noise
from tests.forks import Copy

NAME = killed_runs.RECIPE.name
SHORT = killed_runs.RECIPE
"""Three steps, each saved."""
pytestmark = pytest.mark.usefixtures("few_pictures")


@contextmanager
def few_pictures_each() -> Iterator[None]:
    """What every run here trains with, also those that are made before a test begins."""
    with pytest.MonkeyPatch.context() as patch:
        use_less_noise(patch)
        use_few_digits(patch)
        yield


def run(out: Path) -> Path:
    return train(SHORT, out=out, resume=True, device="cpu", progress=False, save_seconds=0.0)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def weights_and_answers(out: Path) -> list[bytes]:
    return [(out / NAME / f"{part}.safetensors").read_bytes() for part in ("weights", "predictions")]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run with nothing in its way."""
    out = tmp_path_factory.mktemp("undisturbed")
    with few_pictures_each():
        run(out)
    return out


ERRORS = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""A disk that is broken, full, full for this user, or that the system has stopped writing to."""


class HalfWritten:
    """A file opened for writing whose calls are counted, and one of which may write a half and fail."""

    def __init__(self, file: IO[bytes], counted: Callable[[str, Callable], Callable]) -> None:
        self._file = file
        self.flush = counted("flush", file.flush)
        self._write = counted("write", file.write)

    def write(self, content: bytes) -> int:
        try:
            return self._write(content)
        except OSError:
            # What had room before the disk was full is in the file.
            self._file.write(content[: len(content) // 2])
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *given: object) -> None:
        self._file.close()


@contextmanager
def failing(at: int, error: int = errno.EIO) -> Iterator[list[str]]:
    """The call of that number, among those that write, fails once with that error; returns the calls so far."""
    calls: list[str] = []

    def counted(name: str, real: Callable) -> Callable:
        def call(*given, **named):
            # Reading and what lies elsewhere (pictures, the interpreter's own files) is no matter of saving.
            if name == "open" and not (given[1:2] and set(str(given[1])) & set("wxa+")):
                return real(*given, **named)
            calls.append(name)
            if len(calls) == at:
                # As the system does it: a path is named, the number of an open file says nothing.
                named_path = str(given[0]) if given and isinstance(given[0], str | Path) else None
                raise OSError(error, os.strerror(error), named_path)
            found = real(*given, **named)
            return HalfWritten(found, counted) if name == "open" and "b" in str(given[1]) else found

        return call

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in ((os, "replace"), (os, "fsync"), (Path, "unlink"), (Path, "rmdir"), (Path, "mkdir"),
                            (Path, "open")):  # fmt: skip
            patch.setattr(owner, name, counted(name, getattr(owner, name)))
        yield calls


def check_fault(at: int, undisturbed: Path, out: Path, capfd: pytest.CaptureFixture[str], error: int) -> str:
    failed: OSError | None = None
    with failing(at, error) as calls:
        try:
            run(out)
        except OSError as raised:
            failed = raised
    said = capfd.readouterr().err
    # Either the run ends with the file's name, or it goes on and says what it could not do.
    noted = any(row["notes"] for row in read_log(out / NAME / "log.csv"))
    if failed is None:
        assert "warning: " in said or noted or calls[at - 1] in QUIET, (at, calls[at - 1])
    else:
        assert failed.filename, f"{calls[at - 1]} failed and nobody knows on what"
    run(out)
    assert weights_and_answers(out) == weights_and_answers(undisturbed)
    assert files(out) == files(undisturbed)
    return calls[at - 1] if len(calls) >= at else ""


QUIET = {"unlink"}
"""The removal of a temporary file may fail without a word: the next save removes it."""


@pytest.fixture(scope="module")
def writes(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many calls write in a run."""
    with few_pictures_each(), failing(0) as calls:
        run(tmp_path_factory.mktemp("counted"))
    return len(calls)


@pytest.mark.slow
def test_a_write_that_fails_once_is_tried_again_and_told(
    undisturbed: Path, writes: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert writes >= 75
    for number, at in enumerate(range(1, writes + 1, 17)):
        check_fault(at, undisturbed, tmp_path / str(at), capfd, ERRORS[number % len(ERRORS)])


@pytest.mark.endurance
@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
def test_any_write_that_fails_once_is_tried_again_and_told(
    error: int, undisturbed: Path, writes: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for at in range(1, writes + 1):
        check_fault(at, undisturbed, tmp_path / str(at), capfd, error)


def test_a_save_that_fails_says_which_file_and_stands_in_the_log(
    tmp_path: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    whole, left = state.write_durably, [1]

    def full(path: Path, content: bytes) -> str:
        if path.suffix == ".safetensors" and left:
            left.pop()
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return whole(path, content)

    monkeypatch.setattr(state, "write_durably", full)
    run(tmp_path)
    said = capfd.readouterr().err
    assert "warning: The state of step 1 could not be written (" in said
    assert "00000001.safetensors: No space left on device: make room there and go on): the training goes on" in said
    assert "no state is on the disk yet." in said
    (row,) = read_log(tmp_path / NAME / "log.csv")
    assert row["notes"].startswith("The state of step 1 could not be written")
    assert weights_and_answers(tmp_path) == weights_and_answers(undisturbed)


@pytest.mark.parametrize("seconds", [0.0, 1000.0])
def test_a_good_state_is_promised_only_where_there_is_one(tmp_path: Path, seconds: float) -> None:
    wild = replace(SHORT, weight_decay=1e18, epochs=3)
    with pytest.raises(DivergedError) as raised:
        train(wild, out=tmp_path, device="cpu", progress=False, save_seconds=seconds)
    kept = state.newest_state(tmp_path / ".state" / NAME)
    assert ("The last good state is kept in" in str(raised.value)) == (kept is not None)
    assert ("No state was saved before" in str(raised.value)) == (kept is None)
    assert (kept is None) == (seconds > 0)


@pytest.mark.parametrize("shift", [365 * 24 * 3600.0, -365 * 24 * 3600.0])
def test_a_clock_that_is_set_by_a_year_delays_no_save(
    tmp_path: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch, shift: float
) -> None:
    real, saved = time.time, []
    monkeypatch.setattr(time, "time", lambda: real() + (shift if saved else 0.0))
    whole = state.save_state
    monkeypatch.setattr(state, "save_state", lambda *given: (saved.append(given[1].step), whole(*given)))
    run(tmp_path)
    assert saved == [1, 2, 3]
    assert weights_and_answers(tmp_path) == weights_and_answers(undisturbed)


def test_a_log_that_cannot_be_written_is_written_with_the_next_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, content: bytes) -> str:
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr(log, "write_durably", refused)
    run(tmp_path)
    (row,) = read_log(tmp_path / NAME / "log.csv")
    assert "The log could not be written" in row["notes"]


def test_a_damaged_newest_state_is_told_on_standard_error_and_in_the_log(
    tmp_path: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from nat_core.training import loop

    def end(*given: object, **named: object) -> None:
        raise SystemExit

    monkeypatch.setattr(loop, "publish", end)
    with pytest.raises(SystemExit):
        run(tmp_path)
    monkeypatch.undo()
    card = tmp_path / ".state" / NAME / "00000003.json"
    card.write_bytes(card.read_bytes().replace(b'"step": 3', b'"step": 2'))
    run(tmp_path)
    said = "The state of step 3 cannot be used ("
    err = capfd.readouterr().err
    assert f"warning: {said}" in err
    assert "going on from the one of step 2." in err
    assert said in read_log(tmp_path / NAME / "log.csv")[-1]["notes"]
    assert files(tmp_path) == files(undisturbed)


WELL = {"status": -9, "again": 0, "equal": True, "left": []}
"""What a kill and the run that goes on come to."""


def kill_and_go_on(told: Path, *options: str) -> None:
    """What `python -m tests.killed_runs` does; what it prints goes to a file."""
    sys.argv[1:] = options
    with told.open("w", encoding="utf-8") as sys.stdout:
        killed_runs.main()


def kills(home: Path, *options: str) -> list[dict]:
    home.mkdir(exist_ok=True)
    told = home / "told.jsonl"
    with Copy(kill_and_go_on, told, str(home / "runs"), *options) as copy:
        assert copy.wait() == 0
    return [json.loads(line) for line in told.read_text("utf-8").splitlines()]


def unwell(kills: list[dict]) -> list[dict]:
    return [kill for kill in kills if not kill.items() >= WELL.items()]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_run_killed_at_a_file_boundary_ends_alike_and_leaves_nothing(tmp_path: Path) -> None:
    found = kills(tmp_path / "kills", "--every", "25", "--at-random", "1")
    assert len(found) >= 4
    assert unwell(found) == []


@pytest.mark.endurance
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_run_killed_at_any_file_boundary_or_moment_ends_alike_and_leaves_nothing(tmp_path: Path) -> None:
    found = kills(tmp_path, "--every", "1", "--at-random", "400")
    assert len(found) >= 469
    assert unwell(found) == []
