"""A fair queue for work that keeps a core busy for a while: one turn for each visitor, in the order they asked.

Work is an iterator. Between two of its values a turn ends if its visitor cancelled it or no longer looks at it; a
visitor who comes back to a turn that was left joins the queue again. While they wait, only their place in the queue is
drawn again.
"""

import atexit
import heapq
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import islice
from typing import Any, Generic, Literal, Protocol, TypeVar
from uuid import uuid4

import streamlit as st

from nat_app.shared.language import N_, _
from nat_app.shared.settings import Held
from nat_app.visit.limits import limits
from nat_app.visit.training.trainers import ENDED, POSSIBLE, GivenUp, Trainers, Unwanted

ORDINALS = (
    N_("first"), N_("second"), N_("third"), N_("fourth"), N_("fifth"), N_("sixth"), N_("seventh"), N_("eighth"),
    N_("ninth"), N_("tenth"),
)  # fmt: skip

Value = TypeVar("Value")
Phase = Literal["waiting", "running", "left", "done", "failed", "cancelled"]
PATIENCE = 10.0
"""Seconds after which a turn that nobody looks at is left, or twice its visitor's longest time between two looks if
that is longer: pages are slow on a busy machine."""
FIRST_GUESS = 5.0
"""Seconds that a turn is thought to take before any has ended; how long turns took is kept for each kind of work."""
SURE_OF_PACE = 0.25
"""The share of a turn after which its own pace alone says how long one of a new kind takes."""
WEIGHT_OF_LAST = 0.3
LOOK = 0.25
"""Seconds between two looks of a visitor at their turn while no more than `FEW` are there."""
FEW = 4
EAGER = 4
_MAKING = threading.Lock()
"""Held while the queue is made: two visits that come first at the same time would make one each."""


class Turn(Generic[Value]):
    """One visitor's work: waiting, running, or over. Made by `FairQueue.begin`."""

    def __init__(self, visitor: str, work: Callable[[], Iterator[Value]], now: float, kind: str = "") -> None:
        self.visitor, self.kind = visitor, kind
        self.phase: Phase = "waiting"
        self.values: list[Value] = []
        """What the work has yielded so far; an empty list anew where a turn that was left begins again."""
        self.error: Exception | None = None
        """What ended it, where `phase` is "failed"."""
        self._work, self._seen, self._longest, self._began = work, now, 0.0, now

    @property
    def over(self) -> bool:
        """Whether nothing more will come; a turn that was left goes on once its visitor looks at it."""
        return self.phase in ("done", "failed", "cancelled")


def _here(work: Callable[[], Iterator[Value]], _wanted: Callable[[], bool]) -> Iterator[Value]:
    """Do the work in the thread of its turn."""
    return work()


def _prepare_here(preparation: Callable[[], object]) -> None:
    """Do it in the background of this process, one after the other; its errors meet who needs what it was for."""
    _preparing().submit(preparation)


@cache
def _preparing() -> ThreadPoolExecutor:
    # No daemons: Python waits for its threads on its way out, and torch aborts where one is cut off as it computes.
    return ThreadPoolExecutor(1, thread_name_prefix="prepare")


def _share_done(turn: Turn) -> float:
    """How far a turn has come, its last value of a float; 0 where it tells nothing of it."""
    return next((value for value in reversed(turn.values) if isinstance(value, float)), 0.0)


def _at_this_pace(running: Turn, now: float) -> float | None:
    """How many seconds a turn takes if it goes on as it did; None where it does not tell how far it has come."""
    done = _share_done(running)
    if not done:
        return None
    # To begin takes time too, so that the first steps alone would promise too long a wait.
    sure = min(1.0, done / SURE_OF_PACE)
    return sure * (now - running._began) / done + (1 - sure) * FIRST_GUESS


def _left_of(running: Turn, whole: float, now: float) -> float:
    """How many seconds a turn of `whole` seconds goes on: by how far it has come, where it tells that."""
    done = _share_done(running)
    return (1 - done) * whole if done else max(whole - (now - running._began), 0.0)


def _expected(kind: str, usual: Mapping[str, float]) -> float:
    """How many seconds a turn takes: as its kind usually does; of a new kind, as all others do."""
    return usual.get(kind, sum(usual.values()) / len(usual) if usual else FIRST_GUESS)


class FairQueue:
    """The queue and its workers; `workers` turns run at once, each in a thread of its own that ends when idle.

    `do` does a turn's work, which may be elsewhere; the thread then waits for each value. It is also given what says
    whether the turn's visitor still wants it, and raises Unwanted where it finds that they do not. `prepare` does, in
    the background and wherever `do` works, what has to be done but once before works of some kind.
    """

    def __init__(
        self,
        workers: int,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
        do: Callable[[Callable[[], Iterator[Any]], Callable[[], bool]], Iterator[Any]] = _here,
        prepare: Callable[[Callable[[], object]], object] = _prepare_here,
    ) -> None:
        if workers < 1:
            raise ValueError(f"a queue needs at least one worker, not {workers}")
        self._workers, self._patience, self._clock, self._do = workers, patience, clock, do
        self._prepare, self._prepared = prepare, set()
        # Each visit's script runs in a thread of its own, and so does each turn.
        self._lock = threading.Lock()
        self._waiting: deque[Turn] = deque()
        self._running: dict[Turn, threading.Thread] = {}
        self._usual: dict[str, float] = {}
        """How many seconds the turns of each kind took lately."""

    def begin(self, visitor: str, work: Callable[[], Iterator[Value]], kind: str = "") -> Turn[Value]:
        """Put work at the end of the queue and return its turn; an earlier turn of the same visitor is cancelled.

        Works of one `kind` take about as long as each other.
        """
        turn = Turn(visitor, work, self._clock(), kind)
        with self._lock:
            # A copy, because `_drop` takes turns out of the queue.
            for other in (*self._waiting, *self._running):
                if other.visitor == visitor:
                    self._drop(other)
            self._queue(turn)
        return turn

    def prepare(self, function: Callable[..., object], *arguments: Any) -> None:
        """Begin to do what works of some kind need, if it was not begun yet: a module's function and its arguments."""
        with self._lock:
            if (function, arguments) in self._prepared:
                return
            self._prepared.add((function, arguments))
        self._prepare(partial(function, *arguments))

    def look(self, turn: Turn) -> int:
        """Return how many others are served before this turn, 0 once it runs; to be called while its visitor waits."""
        with self._lock:
            now = self._clock()
            turn._longest = max(turn._longest, now - turn._seen)
            turn._seen = now
            if turn.phase == "left":
                turn.values = []
                self._queue(turn)
            return self._ahead(turn)

    def wait(self, turn: Turn) -> float:
        """Return about how many seconds pass until this turn begins.

        By how long turns of each kind took lately, and by how far those have come that run now: before any has ended,
        nothing else says how long one takes.
        """
        with self._lock:
            if turn not in self._waiting:
                return 0.0
            now = self._clock()
            # When each worker is free, counted from now: those ahead take the one that is free first, in their order.
            usual = self._usual | {
                each.kind: seconds
                for each in self._running
                if each.kind not in self._usual and (seconds := _at_this_pace(each, now)) is not None
            }
            free = [_left_of(each, _expected(each.kind, usual), now) for each in self._running]
            free = [0.0] * (self._workers - len(free)) + sorted(free)
            for each in self._before(turn):
                heapq.heapreplace(free, free[0] + _expected(each.kind, usual))
            return free[0]

    def pause(self, *, watching: bool = False) -> float:
        """Return how many seconds a visitor leaves between two looks: the more there are, the longer.

        So thirty visitors who look cost no more of the processor than a few do, and leave the rest to training. Those
        who watch their networks learn are few, and look `EAGER` times as often as those who wait.
        """
        with self._lock:
            people = len(self._waiting) + len(self._running)
            return LOOK * max(1.0, people / (EAGER * FEW if watching else FEW))

    def cancel(self, turn: Turn) -> None:
        """End a turn; work that is running stops before its next value."""
        with self._lock:
            self._drop(turn)

    def close(self, seconds: float = 5.0) -> None:
        """End all turns and wait for those that run, up to `seconds` for each.

        If a thread is cut off while it computes, torch aborts the whole process with a message of its own.
        """
        with self._lock:
            for turn in (*self._waiting, *self._running):
                self._drop(turn)
            threads = tuple(self._running.values())
        for thread in threads:
            thread.join(seconds)

    def _queue(self, turn: Turn) -> None:
        turn.phase = "waiting"
        self._waiting.append(turn)
        if len(self._running) < self._workers:
            self._start_next()

    def _ahead(self, turn: Turn) -> int:
        return len(self._running) + len(self._before(turn)) if turn in self._waiting else 0

    def _before(self, turn: Turn) -> list[Turn]:
        """Those who are served before one that waits: whoever left is passed over."""
        return [each for each in islice(self._waiting, self._waiting.index(turn)) if not self._left(each)]

    def _drop(self, turn: Turn) -> None:
        if not turn.over:
            turn.phase = "cancelled"
        if turn in self._waiting:
            self._waiting.remove(turn)

    def _start_next(self) -> None:
        """Give the next visitor who is still there a thread; the lock is held."""
        while self._waiting:
            turn = self._waiting.popleft()
            if self._left(turn):
                turn.phase = "left"
                continue
            turn.phase, turn._began = "running", self._clock()
            # A daemon, because on its way out Python first waits for all other threads and only then calls `close`,
            # which is what ends the work.
            thread = threading.Thread(target=self._run, args=(turn,), name="turn", daemon=True)
            self._running[turn] = thread
            try:
                thread.start()
            except RuntimeError:  # the system gives no further one
                del self._running[turn]
                turn.phase, turn.error = "failed", GivenUp(ENDED)
                continue
            return

    def _run(self, turn: Turn) -> None:
        def wanted() -> bool:
            return turn.phase != "cancelled" and not self._left(turn)

        values = iter(())
        ended: Phase = "left"
        try:
            for value in (values := self._do(turn._work, wanted)):
                turn.values.append(value)
                # Python cannot end a thread from outside, so the work itself is given up between two values.
                if not wanted():
                    break
            else:
                ended = "done"
        except Unwanted:
            pass
        except Exception as error:  # noqa: BLE001
            # Whatever the work raises belongs to its visitor, not to the queue.
            turn.error, ended = error, "failed"
        finally:
            if isinstance(values, Generator):
                values.close()  # work that is done elsewhere is given up there too
        with self._lock:
            # A turn that its visitor cancelled stays cancelled, whatever its work came to.
            if turn.phase == "running":
                turn.phase = ended
            self._running.pop(turn)
            if ended == "done":
                # Work that was given up says nothing of how long it would have taken.
                took, usual = self._clock() - turn._began, self._usual.get(turn.kind)
                self._usual[turn.kind] = took if usual is None else usual + WEIGHT_OF_LAST * (took - usual)
            self._start_next()

    def _left(self, turn: Turn) -> bool:
        return self._clock() - turn._seen > max(self._patience, 2 * turn._longest)


def shared() -> FairQueue:
    """Return the one queue of this process: a core less than there are, so that pages stay quick while it works."""
    with _MAKING:
        return _made()


@cache
def _made() -> FairQueue:
    held, spare = limits(), max(1, (os.cpu_count() or 2) - 1)
    if not (held.trainers and POSSIBLE):
        turns = FairQueue(spare)
        atexit.register(turns.close)
    else:
        trainers = Trainers(held.training)
        turns = FairQueue(min(held.trainers, spare), do=trainers.do, prepare=trainers.prepare)
        atexit.register(turns.close)
        atexit.register(trainers.end)  # before the turns, which wait for it: what is registered last is called first
    return turns


def make_ready() -> None:
    """Begin to start what trains, if it is not there yet: while the visitor looks at the page, not once they wait."""
    shared()


VISITOR = Held("visitor", lambda: uuid4().hex)
"""What tells this visit's turns from those of others."""


def begin(work: Callable[[], Iterator[Value]], kind: str) -> Turn[Value]:
    """Put work of this visit at the end of the shared queue and return its turn; an earlier turn is cancelled.

    The work is a function of a module with its arguments (`functools.partial`), for it may be done in another process.
    """
    return shared().begin(VISITOR.get(), work, kind)


class HasTurn(Protocol):
    """What a page keeps of a visit, among it the turn that trains for it; None while there is none."""

    turn: Turn[Any] | None


def follow(visit: HasTurn, keep: Callable[[Turn], object]) -> tuple[Turn | None, float]:
    """Look at a visit's turn; return it while there is more to come, and the share done, its last value of a float.

    A turn that is over is let go, and `keep` is given it.
    """
    turn = visit.turn
    if turn is None:
        return None, 0.0
    shared().look(turn)
    if not turn.over:
        return turn, _share_done(turn)
    visit.turn = None
    keep(turn)
    return None, 1.0


def give_back(visit: HasTurn) -> None:
    """Cancel a visit's turn, if it has one."""
    if visit.turn is not None:
        shared().cancel(visit.turn)
    visit.turn = None


def further(turn: Turn, shown: int, pace: int | None = None) -> tuple[int, bool]:
    """Look at a turn of which `shown` values are shown; return how many to show now, and whether these are all of it.

    At most `pace` more than before; None for all that are there.
    """
    shared().look(turn)
    # In this order: were the values counted first, those that come before it is over would be lost.
    over, there = turn.over, len(turn.values)
    shown = there if pace is None else min(shown + pace, there)
    return shown, over and shown == there


def complaint(turn: Turn) -> str:
    """Return why a turn was given up, in a sentence, "" where it was not. Raises what else its work raised."""
    if isinstance(turn.error, GivenUp):
        return turn.error.sentence
    if turn.error is not None:
        raise turn.error
    return ""


def waits(turn: Turn | None) -> bool:
    """Return whether a turn has not begun, or has to begin again."""
    return turn is not None and turn.phase in ("waiting", "left")


def learns(turn: Turn | None) -> bool:
    """Return whether a turn has begun and its visitor has not seen its end."""
    return turn is not None and not waits(turn)


def sentence(turn: Turn) -> str:
    """Say how many are served before this turn and about when it begins; this counts as a look."""
    return waiting_sentence(shared().look(turn), shared().wait(turn))


def draw_place(turn: Turn) -> None:
    """Draw the place in the queue; once the turn runs, the page anew.

    Only the sentence is drawn again at each look, so that thirty waiting visitors cost next to nothing.
    """

    # Defined anew in each run: how often it looks depends on how many wait by then.
    @st.fragment(run_every=shared().pause())
    def place() -> None:
        said = sentence(turn)
        if not waits(turn):
            st.rerun()
        st.markdown(said)

    place()


def draw_progress(followed: Callable[[], tuple[Turn | None, float]]) -> None:
    """Draw how far a training is, by what `follow` returns, again and again; once it is over, the page anew.

    A part by itself, so that the photos and charts around it are not drawn again at every look.
    """

    @st.fragment(run_every=shared().pause())
    def progress() -> None:
        turn, share = followed()
        if turn is None:
            st.rerun()
        elif waits(turn):
            st.markdown(sentence(turn))
        else:
            st.progress(share, _("It learns."))

    progress()


def waiting_sentence(ahead: int, seconds: float) -> str:
    """Return how long a visitor waits for a turn to begin: `ahead` others come first.

    >>> waiting_sentence(2, 5.6)
    'Others are training now; you are third, and begin in about 6 s.'
    """
    place = _(ORDINALS[ahead]) if ahead < len(ORDINALS) else _("number {place}", place=ahead + 1)
    return _(
        "Others are training now; you are {place}, and begin in about {seconds} s.",
        place=place,
        seconds=max(1, round(seconds)),
    )
