"""Training in processes: the same values as here, at low priority, with a limit, given up and ended in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from types import SimpleNamespace

import pytest
import torch

from nat_app.visit.limits import LOCAL_LIMITS, PUBLIC_LIMITS
from nat_app.visit.training import fair_queue, trainers
from nat_app.visit.training.fair_queue import FairQueue
from nat_app.visit.training.trainers import ENDED, NICE, PROCESS, TOO_LONG, TOO_MUCH, GivenUp, Trainers
from nat_core.small.twins import BlownUp
from tests import works
from tests.forks import Copy

pytestmark = pytest.mark.skipif(not trainers.POSSIBLE, reason="descriptors and priorities of POSIX")


@pytest.fixture(scope="module")
def real() -> Iterator[Trainers]:
    """Trainers whose process is started as the server does."""
    started = Trainers(60.0)
    yield started
    started.end()


@pytest.fixture(scope="module")
def copies() -> Iterator[None]:
    """Processes that start at once, for the many that are ended here."""

    def copy(_command: list[str], pass_fds: list[int], **_more: object) -> Copy:
        with Connection(os.dup(pass_fds[0])) as line:
            process = Copy(works.serve, line)
        process.stdin.close()
        process.stderr.close()
        return process

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainers, "subprocess", SimpleNamespace(Popen=copy, DEVNULL=subprocess.DEVNULL))
        yield


@pytest.fixture(scope="module")
def kept(copies: None) -> Iterator[Trainers]:
    """Trainers that are started once for all tests."""
    started = Trainers(60.0)
    yield started
    started.end()


def running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_what_a_process_learns_is_what_is_learned_here(real: Trainers) -> None:
    there = list(real.do(partial(works.learning, 0.01, 12)))
    here = list(works.learning(0.01, 12))
    assert [each.step for each in there] == list(range(1, 13))
    assert all(torch.equal(mine.weights, theirs.weights) for mine, theirs in zip(here, there, strict=True))


def test_one_process_does_one_work_after_the_other_and_stands_back(real: Trainers) -> None:
    (first,), (second,) = list(real.do(works.whose)), list(real.do(works.whose))
    assert first == second
    assert first[0] != os.getpid()
    assert first[1] == min(19, os.nice(0) + NICE)


def test_what_is_prepared_is_there_before_the_next_work_and_in_each_process_after_it(copies: None) -> None:
    ours = Trainers(60.0)
    try:
        for each in ("one", "nothing", "two"):
            ours.prepare(partial(works.preparing, each))
        busy = ours.do(works.endless)
        first = next(busy)
        ((another, there),) = list(ours.do(works.prepared))
        assert another != first
        assert there == ["one", "two"]
        assert isinstance(busy, Generator)
        busy.close()
        before = [next(iter([*ours.do(works.prepared)])) for _each in range(2)]
        assert sorted(before) == sorted([(first, ["one", "two"]), (another, ["one", "two"])])
    finally:
        ours.end()


def test_work_that_is_given_up_ends_there_and_its_process_does_the_next(kept: Trainers) -> None:
    values = kept.do(works.endless)
    process = next(values)
    assert isinstance(values, Generator)
    values.close()
    assert list(kept.do(partial(works.numbers, 3))) == [0, 1, 2]
    assert next(kept.do(works.whose))[0] == process


def test_what_does_not_heed_is_ended(kept: Trainers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainers, "HEED", 0.1)
    values = kept.do(works.deaf)
    process = next(values)
    time.sleep(0.5)  # a stop that comes before the process has gone to sleep would be heeded
    assert isinstance(values, Generator)
    values.close()
    assert not running(process)
    assert list(kept.do(partial(works.numbers, 2))) == [0, 1]


def test_work_that_takes_too_long_is_given_up_in_a_sentence(kept: Trainers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "seconds", 0.3)
    began = time.monotonic()
    with pytest.raises(GivenUp) as given_up:
        list(kept.do(works.endless))
    assert time.monotonic() - began < 30
    assert given_up.value.sentence == TOO_LONG.format(seconds=0.3)


def test_a_process_that_dies_is_said_and_another_takes_its_place(kept: Trainers) -> None:
    with pytest.raises(GivenUp) as given_up:
        list(kept.do(works.dying))
    assert given_up.value.sentence == ENDED
    assert list(kept.do(partial(works.numbers, 2))) == [0, 1]


def test_what_the_work_raises_is_raised_here(kept: Trainers) -> None:
    with pytest.raises(BlownUp) as blown:
        list(kept.do(partial(works.learning, 1e30, 50)))
    assert blown.value.last_good.step >= 0
    with pytest.raises(RuntimeError, match="Unknown: for a reason"):
        list(kept.do(works.failing))
    assert list(kept.do(partial(works.numbers, 1))) == [0]


def test_a_turn_of_the_queue_is_done_there_and_cancelled_there(kept: Trainers) -> None:
    turns = FairQueue(1, do=kept.do)
    counted, cancelled = turns.begin("a", partial(works.numbers, 4)), turns.begin("b", works.endless)
    deadline = time.monotonic() + 60
    while not cancelled.values:
        turns.look(cancelled)
        assert time.monotonic() < deadline
        time.sleep(0.01)
    turns.cancel(cancelled)
    last = turns.begin("c", partial(works.numbers, 2))
    while not last.over:
        turns.look(last)
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert (counted.values, last.values) == ([0, 1, 2, 3], [0, 1])
    assert [each.phase for each in (counted, cancelled, last)] == ["done", "cancelled", "done"]
    assert [fair_queue.complaint(each) for each in (counted, cancelled, last)] == ["", "", ""]


def test_a_turn_that_was_given_up_says_so(kept: Trainers) -> None:
    turns = FairQueue(1, do=kept.do)
    turn = turns.begin("a", works.dying)
    deadline = time.monotonic() + 60
    while not turn.over:
        turns.look(turn)
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert fair_queue.complaint(turn) == ENDED
    assert turn.values == [1]


def test_a_process_that_is_killed_at_work_is_said_and_another_takes_its_place(kept: Trainers) -> None:
    values = kept.do(works.endless)
    os.kill(next(values), signal.SIGKILL)
    with pytest.raises(GivenUp) as given_up:
        list(values)
    assert given_up.value.sentence == ENDED
    assert list(kept.do(partial(works.numbers, 2))) == [0, 1]


def test_a_process_that_was_killed_while_it_had_nothing_to_do_is_nobodys_trouble(
    kept: Trainers, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((process, _),) = kept.do(works.whose)
    (idle,) = kept.idle
    os.kill(process, signal.SIGKILL)
    # It is found out late: only as its work is handed over.
    monkeypatch.setattr(trainers.Trainer, "alive", property(lambda self: self is idle or self._process.poll() is None))
    monkeypatch.setattr(idle, "end", lambda: (trainers.Trainer.end(idle), monkeypatch.undo()))
    assert list(kept.do(partial(works.numbers, 2))) == [0, 1]
    assert idle not in kept.idle


@pytest.mark.parametrize("what", works.NONSENSE)
def test_an_answer_that_is_none_ends_its_process(kept: Trainers, what: str) -> None:
    values = kept.do(partial(works.babbling, what))
    process = next(values)
    with pytest.raises(GivenUp) as given_up:
        list(values)
    assert given_up.value.sentence == ENDED
    assert not running(process)


def test_a_process_that_stops_in_the_middle_of_an_answer_is_ended(
    kept: Trainers, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(kept.do(partial(works.numbers, 1)))  # so that one is ready
    monkeypatch.setattr(kept, "seconds", 0.3)
    monkeypatch.setattr(trainers, "HEED", 0.1)
    values = kept.do(works.breaking_off)
    process = next(values)
    with pytest.raises(GivenUp):
        list(values)
    assert not running(process)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not hold a process to its memory")
@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_a_process_that_grows_is_given_up_in_a_sentence(kept: Trainers, kind: str) -> None:
    with pytest.raises(GivenUp) as given_up:
        list(kept.do(partial(works.growing, kind)))
    assert given_up.value.sentence == TOO_MUCH
    assert list(kept.do(partial(works.numbers, 2))) == [0, 1]


def test_a_file_that_the_work_does_not_find_is_the_works_own_trouble(kept: Trainers) -> None:
    with pytest.raises(FileNotFoundError):
        list(kept.do(works.missing))


def test_who_hangs_and_left_holds_nobody_up_and_those_who_left_are_passed_over(
    kept: Trainers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainers, "HEED", 0.1)
    turns = FairQueue(1, patience=0.3, do=kept.do)
    hanging = turns.begin("hangs", works.deaf)
    gone = [turns.begin(f"gone {number}", works.endless) for number in range(30)]
    here = turns.begin("here", partial(works.numbers, 3))
    until(lambda: turns.look(here) == 0 and here.over)
    assert here.values == [0, 1, 2]
    assert {each.phase for each in (hanging, *gone)} == {"left"}
    assert not hanging.values or not running(hanging.values[0])


def test_work_that_hangs_is_cancelled_at_once(kept: Trainers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainers, "HEED", 0.1)
    turns = FairQueue(1, do=kept.do)
    hanging = turns.begin("a", works.deaf)
    until(lambda: bool(turns.look(hanging) or hanging.values))
    other = turns.begin("b", partial(works.numbers, 1))
    turns.cancel(hanging)
    until(lambda: turns.look(other) == 0 and other.over)
    assert (hanging.phase, other.phase) == ("cancelled", "done")


def test_a_server_that_stops_ends_those_at_work_and_starts_no_more(copies: None) -> None:
    ours = Trainers(60.0)
    turns = FairQueue(1, do=ours.do)
    hanging, waiting = turns.begin("a", works.deaf), turns.begin("b", works.deaf)
    until(lambda: bool(turns.look(hanging) or hanging.values))
    began = time.monotonic()
    ours.end()
    turns.close()
    assert time.monotonic() - began < 5
    assert not running(hanging.values[0])
    assert waiting.over
    with pytest.raises(GivenUp):
        list(ours.do(works.whose))


def test_a_process_whose_server_was_killed_ends_whatever_it_does() -> None:
    # The test keeps the server's end of the line open, so it is not by that that the process learns of it.
    line, theirs = Pipe()
    number = str(theirs.fileno())
    starts = f"import os, subprocess, sys; subprocess.Popen([sys.executable, '-m', {PROCESS!r}, {number!r}, " \
             "str(os.getpid())], close_fds=False).wait()"  # fmt: skip
    server = subprocess.Popen([sys.executable, "-c", starts], pass_fds=[theirs.fileno()])
    theirs.close()
    assert line.poll(60)
    server.kill()
    server.wait()
    assert line.recv() == ("ready", None)
    assert line.poll(60)
    with pytest.raises(EOFError):
        line.recv()


def test_a_computer_that_can_start_no_process_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_args: object, **_more: object) -> None:
        raise BlockingIOError

    monkeypatch.setattr(trainers.subprocess, "Popen", none)
    short = Trainers(60.0)
    with pytest.raises(GivenUp) as given_up:
        list(short.do(works.whose))
    assert given_up.value.sentence == ENDED


def test_strangers_train_in_processes_and_who_is_alone_in_a_thread() -> None:
    assert LOCAL_LIMITS.trainers == 0
    assert 1 <= PUBLIC_LIMITS.trainers <= 2
    assert PUBLIC_LIMITS.training <= 300
