"""Training in processes: the same values as here, at low priority, with a limit, given up and ended in order."""

import os
import time
from collections.abc import Iterator
from functools import partial

import pytest
import torch

from nat_app.visit.limits import LOCAL_LIMITS, PUBLIC_LIMITS
from nat_app.visit.training import fair_queue, trainers
from nat_app.visit.training.fair_queue import FairQueue
from nat_app.visit.training.trainers import ENDED, NICE, TOO_LONG, GivenUp, Trainers
from nat_core.small.twins import BlownUp
from tests import works

pytestmark = pytest.mark.skipif(not trainers.POSSIBLE, reason="descriptors and priorities of POSIX")


@pytest.fixture(scope="module")
def kept() -> Iterator[Trainers]:
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


def test_what_a_process_learns_is_what_is_learned_here(kept: Trainers) -> None:
    there = list(kept.do(partial(works.learning, 0.01, 12)))
    here = list(works.learning(0.01, 12))
    assert [each.step for each in there] == list(range(1, 13))
    assert all(torch.equal(mine.weights, theirs.weights) for mine, theirs in zip(here, there, strict=True))


def test_one_process_does_one_work_after_the_other_and_stands_back(kept: Trainers) -> None:
    (first,), (second,) = list(kept.do(works.whose)), list(kept.do(works.whose))
    assert first == second
    assert first[0] != os.getpid()
    assert first[1] == os.nice(0) + NICE


def test_work_that_is_given_up_ends_there_and_its_process_does_the_next(kept: Trainers) -> None:
    values = kept.do(works.endless)
    process = next(values)
    values.close()
    assert list(kept.do(partial(works.numbers, 3))) == [0, 1, 2]
    assert next(kept.do(works.whose))[0] == process


def test_what_does_not_heed_is_ended(kept: Trainers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainers, "HEED", 0.1)
    values = kept.do(works.deaf)
    process = next(values)
    time.sleep(0.5)  # a stop that comes before the process has gone to sleep would be heeded
    values.close()
    assert not running(process)
    assert list(kept.do(partial(works.numbers, 2))) == [0, 1]


def test_work_that_takes_too_long_is_given_up_in_a_sentence(kept: Trainers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_seconds", 0.3)
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


def test_strangers_train_in_processes_and_who_is_alone_in_a_thread() -> None:
    assert LOCAL_LIMITS.trainers == 0
    assert 1 <= PUBLIC_LIMITS.trainers <= 2
    assert PUBLIC_LIMITS.training <= 300
