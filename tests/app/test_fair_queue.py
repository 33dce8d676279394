"""The fair queue: order, places, cancelling, leaving, and thirty visitors at once."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from nat_app.visit.fair_queue import Turn, Turns

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


def test_turns_are_served_in_the_order_they_were_asked_for() -> None:
    turns, gate, order = Turns(1), threading.Event(), []
    first = turns.begin("a", gated(gate))

    def noting(name: str) -> Callable[[], Iterator[str]]:
        def work() -> Iterator[str]:
            order.append(name)
            yield name

        return work

    others = [turns.begin(name, noting(name)) for name in "bcd"]
    until(lambda: first.phase == "running" and len(first.values) == 1)
    assert [turns.look(turn) for turn in (first, *others)] == [0, 1, 2, 3]
    assert turns.wait(others[2]) > turns.wait(others[0]) > 0
    gate.set()
    until(lambda: others[2].over)
    assert order == ["b", "c", "d"]
    assert first.values == [0, 1, 2]
    assert {turn.phase for turn in (first, *others)} == {"done"}
    assert turns.wait(first) == 0
    assert turns.look(first) == 0


def test_a_visitors_new_turn_takes_the_place_of_the_old_one() -> None:
    turns, gate = Turns(1), threading.Event()
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
    turns, gate, closed = Turns(1), threading.Event(), threading.Event()

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
    turns, gate = Turns(1, patience=5, clock=lambda: now[0]), threading.Event()
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
    turns, gate = Turns(1, patience=5, clock=lambda: now[0]), threading.Event()
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
    turns, gate = Turns(1, patience=5, clock=lambda: now[0]), threading.Event()
    turn = turns.begin("a", gated(gate))
    until(lambda: len(turn.values) == 1)
    now[0] = 4.0
    turns.look(turn)
    now[0] = 11.0
    gate.set()
    until(lambda: turn.over)
    assert turn.phase == "done"


def test_the_more_visitors_there_are_the_less_often_each_looks() -> None:
    turns, gate = Turns(1), threading.Event()
    assert turns.pause() == 0.25
    found = [turns.begin(f"visitor {number}", gated(gate)) for number in range(12)]
    assert turns.pause() == 0.75
    assert turns.pause(watching=True) == 0.25
    gate.set()
    until(lambda: all(turns.look(turn) >= 0 and turn.over for turn in found))
    until(lambda: turns.pause() == 0.25)


def test_closing_ends_those_who_wait_and_waits_for_the_one_who_runs() -> None:
    turns, closed = Turns(1), threading.Event()

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
    turns = Turns(1)

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
        Turns(0)


def test_thirty_visitors_train_at_once() -> None:
    from nat_core.small.plane import draw_negatives, draw_points
    from nat_core.small.playground import Settings, State, start, train

    settings, points, negatives = Settings(width=8), draw_points(), draw_negatives("ring")
    begin = start(settings, 3)
    turns = Turns(2, patience=ENOUGH)
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
    turns = Turns(2, patience=ENOUGH)
    found = [turns.begin(f"visitor {number}", kinds[number % 3]) for number in range(30)]
    until(lambda: all(turns.look(turn) >= 0 and turn.over for turn in found))
    assert {turn.phase for turn in found} == {"done"}
    assert {turn.values[-1].step for turn in found} == {10}
    assert [len({turn.values[-1].losses for turn in found[kind::3]}) for kind in range(3)] == [1, 1, 1]
