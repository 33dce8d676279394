"""Processes that train for visitors at low priority, so that pages stay quick whatever they learn.

A thread of the server's own would hold the interpreter that answers everybody. A process has one of its own; the system
gives it what the server leaves. It does one visitor's work after the other, each no longer than it may take.

A process may be killed, hang, grow or answer nonsense. Whatever becomes of it, its visitor is told in a sentence, the
next work gets another process, and none outlives the server. What runs in it stands in `training_process.py`.
"""

import os
import pickle
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import Pipe
from typing import Any, Literal, get_args

from nat_app.shared.language import N_, _

PROCESS = "nat_app.visit.training.training_process"
"""The module that such a process runs."""
POSSIBLE = os.name == "posix"
"""Whether this system hands a descriptor on and has such priorities; elsewhere threads train."""
NICE = 10
"""How far a trainer stands back behind the server, of 19."""
START = 120.0
"""Seconds that a trainer has to start in: importing torch takes two on an idle machine."""
HEED = 2.0
"""Seconds within which a trainer that is asked to stop has to; then it is ended."""
LOOK = 0.5
"""Seconds between two looks whether anybody still wants what a trainer has not said yet."""
MEMORY = 1_000_000_000
"""Bytes that a trainer may take beyond its libraries, where the system can hold it to that: teaching the largest
network 120 photos takes a third."""
LARGEST = 200_000_000
"""Bytes of the largest answer."""
Sign = Literal["ready", "begun", "value", "over", "failed"]
"""What a trainer says: with a value of the work, or the exception that ended it."""

TOO_LONG = N_(
    "Training was stopped: here it may take {seconds:.0f} s. Choose smaller networks, or run the app yourself."
)
TOO_MUCH = N_(
    "Training was stopped: it needed more memory than it may take here. Choose smaller networks, or run the app "
    "yourself."
)
ENDED = N_("Training ended too early, through no fault of yours. What was reached stays; try again.")


class GivenUp(Exception):
    """Work that the server did not finish."""

    def __init__(self, message: str, seconds: float = 0.0) -> None:
        super().__init__(message, seconds)

    @property
    def sentence(self) -> str:
        """What to tell the visitor, in their language."""
        message, seconds = self.args
        return _(message, seconds=seconds)


class Unwanted(GivenUp):
    """Work that nobody waits for any more."""


class _NotBegun(GivenUp):
    """Work that a process ended before: another can do it."""


def _always() -> bool:
    return True


class Trainer:
    """One such process."""

    def __init__(self) -> None:
        # Not by `multiprocessing`: it would run the server's main module there once more, and Streamlit puts the app's
        # own script in that place. The process ends when the server's end of the line is closed, however that ended.
        self._line, theirs = Pipe()
        with theirs:
            command = [sys.executable, "-m", PROCESS, str(theirs.fileno()), str(os.getpid())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        self._ready = False

    @property
    def alive(self) -> bool:
        """Whether it can do more work."""
        return self._process.poll() is None

    def do(
        self, work: Callable[[], Iterator[Any]], seconds: float, wanted: Callable[[], bool] = _always
    ) -> Iterator[Any]:
        """Yield what the work yields. Raises what it raises, and GivenUp where it takes longer or the process ends.

        The work is pickled, so it is a function of a module with its arguments (`functools.partial`). `wanted` says
        whether anybody still waits for it, and is asked while nothing comes. Where GivenUp is raised, or the caller
        wants no more, the process may have been ended.
        """
        # A process that stops in the middle of an answer, or does not take its work, holds this thread until it ends.
        late = threading.Timer((0.0 if self._ready else START) + seconds + HEED, self.kill)
        late.daemon = True
        late.start()
        try:
            yield from self._done(work, seconds, wanted)
        finally:
            late.cancel()

    def _done(self, work: Callable[[], Iterator[Any]], seconds: float, wanted: Callable[[], bool]) -> Iterator[Any]:
        over = False
        try:
            if not self._ready:
                self._hear(time.monotonic() + START, START, wanted)
                self._ready = True
            until = time.monotonic() + seconds
            self._begin(work, until, seconds, wanted)
            while True:
                sign, value = self._hear(until, seconds, wanted)
                if sign == "value":
                    yield value
                    continue
                over = True
                if isinstance(value, GivenUp):
                    self.end()  # memory that was not enough once is not given back
                if sign == "failed":
                    raise value
                return
        finally:
            if not over:
                self._stop()

    def _begin(
        self, work: Callable[[], Iterator[Any]], until: float, seconds: float, wanted: Callable[[], bool]
    ) -> None:
        """Hand the work over. Raises _NotBegun where the process had ended by then, or ends now."""
        packed = pickle.dumps(("do", work))
        try:
            self._line.send_bytes(packed)
            self._hear(until, seconds, wanted)
        except OSError:
            self.end()
            raise _NotBegun(ENDED) from None
        except GivenUp:
            if self.alive:  # not taken in time, or wanted by nobody
                raise
            raise _NotBegun(ENDED) from None

    def prepare(self, preparation: Callable[[], object]) -> None:
        """Have it do this before its next work; to be called while it has nothing to do."""
        with suppress(OSError):  # it has ended, and is replaced once there is work
            self._line.send_bytes(pickle.dumps(("prepare", preparation)))

    def kill(self) -> None:
        """End the process, and leave the rest to who waits for it."""
        self._process.kill()

    def end(self) -> None:
        """End the process and the line to it."""
        self.kill()
        self._process.wait()
        self._line.close()

    def _hear(self, until: float, seconds: float, wanted: Callable[[], bool] = _always) -> tuple[Sign, Any]:
        try:
            while not self._line.poll(max(0.0, min(LOOK, until - time.monotonic()))):
                if time.monotonic() >= until:
                    raise GivenUp(TOO_LONG, seconds)
                if not wanted():
                    raise Unwanted(ENDED)
            sign, value = pickle.loads(self._line.recv_bytes(LARGEST))  # noqa: S301 - a process of our own
        except GivenUp:
            raise
        except Exception:  # noqa: BLE001 - what a broken answer is read as may be any
            self.end()
            raise GivenUp(ENDED) from None
        if sign not in get_args(Sign) or (sign == "failed") != isinstance(value, Exception):
            self.end()
            raise GivenUp(ENDED)
        return sign, value

    def _stop(self) -> None:
        """Have it give up its work, and hear it out; one that does not heed is ended."""
        until = time.monotonic() + HEED
        try:
            self._line.send_bytes(pickle.dumps(("stop", None)))
            while self._hear(until, HEED)[0] in ("begun", "value"):
                pass
        except (GivenUp, OSError):
            self.end()


class Trainers:
    """As many trainers as there is work for at once, kept for the next; the first begins to start now."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self._over = seconds, False
        self._preparations: list[Callable[[], object]] = []
        self.idle: deque[Trainer] = deque()
        self._busy: set[Trainer] = set()
        with suppress(OSError):  # a computer that can start none now may have room when there is work
            self.idle.append(self._started())

    def do(self, work: Callable[[], Iterator[Any]], wanted: Callable[[], bool] = _always) -> Iterator[Any]:
        """Yield what the work yields, done by a trainer; raises as `Trainer.do` does."""
        try:
            yield from self._do(work, wanted)
        except _NotBegun:  # it ended while it had nothing to do
            yield from self._do(work, wanted)

    def _do(self, work: Callable[[], Iterator[Any]], wanted: Callable[[], bool]) -> Iterator[Any]:
        trainer = self._free()
        self._busy.add(trainer)
        try:
            if self._over:
                raise GivenUp(ENDED)
            yield from trainer.do(work, self.seconds, wanted)
        finally:
            self._busy.discard(trainer)
            if trainer.alive and not self._over:
                self.idle.append(trainer)
            else:
                trainer.end()

    def prepare(self, preparation: Callable[[], object]) -> None:
        """Have those who have nothing to do, and all who start from now on, do this before their next work."""
        self._preparations.append(preparation)
        for trainer in tuple(self.idle):
            with suppress(ValueError):  # it was given work meanwhile
                self.idle.remove(trainer)
                trainer.prepare(preparation)
                self.idle.append(trainer)

    def _started(self) -> Trainer:
        trainer = Trainer()
        for preparation in self._preparations:
            trainer.prepare(preparation)
        return trainer

    def _free(self) -> Trainer:
        """Return one that has nothing to do. Raises GivenUp where none can be had."""
        while self.idle:
            trainer = self.idle.popleft()
            if trainer.alive:
                return trainer
            trainer.end()
        try:
            return self._started()
        except OSError:
            raise GivenUp(ENDED) from None

    def end(self) -> None:
        """End all of them, and start no more; who waits for one gets GivenUp."""
        self._over = True
        while self.idle:
            self.idle.popleft().end()
        for trainer in tuple(self._busy):
            trainer.kill()
