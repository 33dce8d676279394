"""The fair queue: order, places, cancelling, leaving, and thirty visitors at once."""

import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from nat_app.visit import decoding
from nat_app.visit.training.fair_queue import FairQueue, Turn
from nat_core.data.headers.header import Allowance

ENOUGH = 60.0
"""Seconds: the machine may be busy."""


def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds."""
    end = time.monotonic() + ENOUGH
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


def gated(gate: threading.Event, values: int = 3) -> Callable[[], Iterator[int]]:
    """Work that yields numbers, the first at once and the others after the gate opens."""

    def work() -> Iterator[int]:
        yield 0
        gate.wait(ENOUGH)
        yield from range(1, values)

    return work


def test_what_turns_need_is_prepared_once_for_all() -> None:
    done: list[str] = []
    turns = FairQueue(1, prepare=lambda preparation: preparation())
    for what in ("one", "two", "one"):
        turns.prepare(done.append, what)
    assert done == ["one", "two"]
    here = FairQueue(1)
    here.prepare(done.append, "three")
    until(lambda: done == ["one", "two", "three"])


def test_turns_are_served_in_the_order_they_were_asked_for() -> None:
    turns, gate, order = FairQueue(1), threading.Event(), []
    first = turns.begin("a", gated(gate))

    def noting(name: str) -> Callable[[], Iterator[str]]:
        def work() -> Iterator[str]:
            order.append(name)
            yield name

        return work

    others = [turns.begin(name, noting(name)) for name in "bcd"]
    until(lambda: first.phase == "running" and len(first.values) == 1)
    assert [turns.look(turn) for turn in (first, *others)] == [0, 1, 2, 3]
    assert turns.wait(others[2]) > turns.wait(others[0]) >= turns.wait(first) == 0
    gate.set()
    until(lambda: others[2].over)
    assert order == ["b", "c", "d"]
    assert first.values == [0, 1, 2]
    assert {turn.phase for turn in (first, *others)} == {"done"}
    assert turns.wait(first) == 0
    assert turns.look(first) == 0


SECONDS = {"playground": 1.0, "digits": 4.0, "head": 30.0}
"""How long each kind of work takes by the clock of these tests."""


class Timed:
    """A queue by a clock that stands still but for the work that is done, and knows how long each kind takes."""

    def __init__(self, workers: int) -> None:
        self.now, self.gate, self.began = [0.0], threading.Event(), {}
        self.turns = FairQueue(workers, patience=100, clock=lambda: self.now[0])
        for kind in SECONDS:
            known = self.begin(f"before, {kind}", kind)
            until(lambda turn=known: turn.over)

    def begin(self, name: str, kind: str, *, waits: bool = False) -> Turn:
        def work() -> Iterator[int]:
            self.began[name] = self.now[0]
            yield 0
            if waits:
                self.gate.wait(ENOUGH)
            self.now[0] += SECONDS[kind]
            yield 1

        return self.turns.begin(name, work, kind)


QUEUED = ("playground", "head", "playground", "digits")


def test_what_is_told_is_what_it_takes_whatever_the_kinds_of_work() -> None:
    timed = Timed(1)
    timed.begin("first", "digits", waits=True)
    until(lambda: "first" in timed.began)
    start = timed.now[0]
    queued = [timed.begin(f"{place}", kind) for place, kind in enumerate(QUEUED)]
    told = [timed.turns.wait(turn) for turn in queued]
    assert told == [4.0, 5.0, 35.0, 36.0]
    timed.gate.set()
    until(lambda: all(turn.over for turn in queued))
    assert told == [timed.began[f"{place}"] - start for place in range(len(QUEUED))]
    assert timed.turns.wait(queued[0]) == 0


def test_before_any_has_ended_how_far_the_first_has_come_tells_how_long_one_takes() -> None:
    now, gate = [0.0], threading.Event()
    turns = FairQueue(1, patience=100, clock=lambda: now[0])

    def work() -> Iterator[float]:
        yield 0.0
        now[0] += 2.0
        yield 0.25
        gate.wait(ENOUGH)

    first = turns.begin("first", work, "head")
    until(lambda: len(first.values) == 2)
    waiting = [turns.begin(name, work, "head") for name in ("second", "third")]
    # A quarter took two seconds.
    assert [turns.wait(turn) for turn in waiting] == [6.0, 14.0]
    gate.set()
    until(lambda: all(turn.over for turn in waiting))


def test_two_workers_share_those_who_wait() -> None:
    timed = Timed(2)
    for kind in ("head", "digits"):
        timed.begin(kind, kind, waits=True)
    until(lambda: {"head", "digits"} <= set(timed.began))
    queued = [timed.begin(f"{place}", kind) for place, kind in enumerate(QUEUED)]
    # One worker is free after 4 s and does the first and the second, the other after 30 s.
    assert [timed.turns.wait(turn) for turn in queued] == [4.0, 5.0, 30.0, 31.0]
    timed.now[0] += 3
    assert timed.turns.wait(queued[0]) == 1.0
    timed.gate.set()
    until(lambda: all(turn.over for turn in queued))


def test_who_left_and_what_was_given_up_count_for_nothing() -> None:
    timed = Timed(1)
    running = timed.begin("first", "digits", waits=True)
    until(lambda: "first" in timed.began)
    gone, here = timed.begin("gone", "head"), timed.begin("here", "digits")
    assert (timed.turns.look(here), timed.turns.wait(here)) == (2, 34.0)
    timed.now[0] += 101
    assert timed.turns.look(here) == 1
    assert timed.turns.wait(here) == 0.0
    timed.turns.cancel(running)
    timed.gate.set()
    until(lambda: here.over)
    assert (running.phase, gone.phase) == ("cancelled", "left")
    # The digits that were cancelled after 105 s are not what digits take.
    timed.gate.clear()
    timed.begin("next", "digits", waits=True)
    assert timed.turns.wait(timed.begin("last", "digits")) == pytest.approx(4.0)
    timed.gate.set()


def test_a_kind_that_was_never_done_is_thought_to_take_as_long_as_the_others() -> None:
    timed = Timed(1)
    timed.turns.begin("first", gated(timed.gate), "new")
    assert timed.turns.wait(timed.begin("second", "digits")) == pytest.approx(sum(SECONDS.values()) / 3)
    timed.gate.set()


def test_a_visitors_new_turn_takes_the_place_of_the_old_one() -> None:
    turns, gate = FairQueue(1), threading.Event()
    blocking = turns.begin("a", gated(gate))
    old = turns.begin("b", lambda: iter([1]))
    new = turns.begin("b", lambda: iter([2]))
    assert old.phase == "cancelled"
    again = turns.begin("a", lambda: iter([3]))
    assert blocking.phase == "cancelled"
    gate.set()
    until(lambda: new.over and again.over)
    assert (old.values, new.values, again.values) == ([], [2], [3])
    assert len(blocking.values) <= 2


def test_cancelling_stops_running_work_before_its_next_value() -> None:
    turns, gate, closed = FairQueue(1), threading.Event(), threading.Event()

    def work() -> Iterator[int]:
        try:
            yield 0
            gate.wait(ENOUGH)
            yield 1
            yield 2
        finally:
            closed.set()

    turn = turns.begin("a", work)
    until(lambda: turn.values == [0])
    turns.cancel(turn)
    gate.set()
    until(closed.is_set)
    assert turn.values == [0, 1]
    assert turn.phase == "cancelled"
    turns.cancel(turn)
    assert turn.phase == "cancelled"


def test_a_visitor_who_left_is_served_no_more() -> None:
    now = [0.0]
    turns, gate = FairQueue(1, patience=5, clock=lambda: now[0]), threading.Event()
    running, gone, patient = (turns.begin(name, gated(gate)) for name in "abc")
    until(lambda: len(running.values) == 1)
    now[0] = 6.0
    turns.look(patient)
    gate.set()
    until(lambda: patient.over)
    assert [turn.phase for turn in (running, gone, patient)] == ["left", "left", "done"]
    assert gone.values == []


def test_a_visitor_who_comes_back_stands_in_the_queue_again() -> None:
    now = [0.0]
    turns, gate = FairQueue(1, patience=5, clock=lambda: now[0]), threading.Event()
    running, waiting = (turns.begin(name, gated(gate)) for name in "ab")
    until(lambda: len(running.values) == 1)
    now[0] = 6.0
    gate.set()
    until(lambda: waiting.phase == "left")
    assert not running.over
    assert not waiting.over
    turns.look(waiting)
    until(lambda: waiting.over)
    turns.look(running)
    until(lambda: running.over)
    assert [turn.phase for turn in (running, waiting)] == ["done", "done"]
    assert running.values == waiting.values
    assert len(running.values) > 1


def test_who_looks_seldom_is_waited_for_longer() -> None:
    now = [0.0]
    turns, gate = FairQueue(1, patience=5, clock=lambda: now[0]), threading.Event()
    turn = turns.begin("a", gated(gate))
    until(lambda: len(turn.values) == 1)
    now[0] = 4.0
    turns.look(turn)
    now[0] = 11.0
    gate.set()
    until(lambda: turn.over)
    assert turn.phase == "done"


def test_the_more_visitors_there_are_the_less_often_each_looks() -> None:
    turns, gate = FairQueue(1), threading.Event()
    assert turns.pause() == 0.25
    found = [turns.begin(f"visitor {number}", gated(gate)) for number in range(12)]
    assert turns.pause() == 0.75
    assert turns.pause(watching=True) == 0.25
    gate.set()
    until(lambda: all(turns.look(turn) >= 0 and turn.over for turn in found))
    until(lambda: turns.pause() == 0.25)


def test_closing_ends_those_who_wait_and_waits_for_the_one_who_runs() -> None:
    turns, closed = FairQueue(1), threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.set()

    running, waiting = turns.begin("a", endless), turns.begin("b", endless)
    until(lambda: len(running.values) > 0)
    turns.close()
    assert closed.is_set()
    assert (running.phase, waiting.phase, waiting.values) == ("cancelled", "cancelled", [])
    turns.close()


def test_what_the_work_raises_is_its_own_visitors_alone() -> None:
    turns = FairQueue(1)

    def work() -> Iterator[int]:
        yield 1
        raise ArithmeticError("it blew up")

    failed, fine = turns.begin("a", work), turns.begin("b", lambda: iter([1]))
    until(lambda: failed.over and fine.over)
    assert failed.phase == "failed"
    assert str(failed.error) == "it blew up"
    assert fine.phase == "done"


def test_a_queue_without_workers_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one worker, not 0"):
        FairQueue(0)


def test_thirty_visitors_train_at_once() -> None:
    from nat_core.small.plane import draw_negatives, draw_points
    from nat_core.small.playground import Settings, State, start, train

    settings, points, negatives = Settings(width=8), draw_points(), draw_negatives("ring")
    begin = start(settings, 3)
    turns = FairQueue(2, patience=ENOUGH)
    running, most = [0], [0]
    lock = threading.Lock()

    def work() -> Iterator[State]:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        yield from train(begin, points, negatives, settings, 20)
        with lock:
            running[0] -= 1

    found: dict[int, Turn] = {}

    def visit(number: int) -> None:
        turn = turns.begin(f"visitor {number}", work)
        found[number] = turn
        until(lambda: turns.look(turn) >= 0 and turn.over)

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(30)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(ENOUGH)
    assert {turn.phase for turn in found.values()} == {"done"}
    assert {turn.values[-1].step for turn in found.values()} == {20}
    assert len({turn.values[-1].losses for turn in found.values()}) == 1
    assert len(found) == 30
    assert most[0] <= 2


def test_thirty_visitors_train_three_kinds_of_networks_at_once() -> None:
    import numpy as np
    import torch

    from nat_core.small import digits, heads, playground
    from nat_core.small.plane import draw_negatives, draw_points

    points, ring, settings = draw_points(), draw_negatives("ring"), playground.Settings(width=8)
    classifier = torch.nn.Linear(8, 3)
    values = np.random.default_rng(0).random((60, 8)).astype(np.float32)
    examples = heads.Examples(values, np.arange(60) % 3, values[:5] + 1)
    kinds = (
        lambda: playground.train(playground.start(settings, 3), points, ring, settings, 10),
        lambda: digits.train(digits.start(), digits.digits(), 5, 10),
        lambda: heads.train(heads.start(classifier), examples, heads.architecture_of(classifier), 10),
    )
    turns = FairQueue(2, patience=ENOUGH)
    found = [turns.begin(f"visitor {number}", kinds[number % 3]) for number in range(30)]
    until(lambda: all(turns.look(turn) >= 0 and turn.over for turn in found))
    assert {turn.phase for turn in found} == {"done"}
    assert {turn.values[-1].step for turn in found} == {10}
    assert [len({turn.values[-1].losses for turn in found[kind::3]}) for kind in range(3)] == [1, 1, 1]


def test_who_waits_to_have_a_picture_decoded_is_asked_now_and_then_whether_they_are_still_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[float] = []
    gate, done = threading.Event(), threading.Event()
    monkeypatch.setattr(decoding, "PATIENCE", 0.01)
    monkeypatch.setattr(decoding, "read_image", lambda *given, **more: gate.wait(ENOUGH))
    here = SimpleNamespace(get=lambda: looks.append(time.monotonic()) or Allowance(1, ""))
    monkeypatch.setattr(decoding, "ALLOWANCE", here)
    two = [threading.Thread(target=decoding.square, args=(b"", "x")) for _ in range(decoding.AT_ONCE)]
    for each in two:
        each.start()
    until(lambda: len(looks) >= 2 * decoding.AT_ONCE)  # each asked on coming, and for what it may have
    third = threading.Thread(target=lambda: (decoding.square(b"", "x"), done.set()))
    before = len(looks)
    third.start()
    until(lambda: len(looks) > before + 3)
    assert not done.is_set()
    gate.set()
    for each in (*two, third):
        each.join(ENOUGH)
    assert done.is_set()
