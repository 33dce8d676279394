"""Processes that train for visitors at low priority, so that pages stay quick whatever they learn.

A thread of the server's own would hold the interpreter that answers everybody. A process has one of its own; the system
gives it what the server leaves. It does one visitor's work after the other, each no longer than it may take.

    python -m nat_app.visit.training.trainers NUMBER

is such a process, started by the server with the number of the descriptor that leads back to it.
"""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, Literal

from nat_app.shared.language import N_, _

POSSIBLE = os.name == "posix"
"""Whether this system hands a descriptor on and has such priorities; elsewhere threads train."""
NICE = 10
"""How far a trainer stands back behind the server, of 19."""
START = 120.0
"""Seconds that a trainer has to start in: importing torch takes two on an idle machine."""
HEED = 2.0
"""Seconds within which a trainer that is asked to stop has to; then it is ended."""
Sign = Literal["ready", "value", "over", "failed"]
"""What a trainer says: with a value of the work, or the exception that ended it."""

TOO_LONG = N_(
    "Training was stopped: here it may take {seconds:.0f} s. Choose smaller networks, or run the app yourself."
)
ENDED = N_("Training ended too early, through no fault of yours. What was reached stays; try again.")


class GivenUp(Exception):
    """Work that the server did not finish."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message, seconds)

    @property
    def sentence(self) -> str:
        """What to tell the visitor, in their language."""
        message, seconds = self.args
        return _(message, seconds=seconds)


class Trainer:
    """One such process."""

    def __init__(self) -> None:
        # Not by `multiprocessing`: it would run the server's main module there once more, and Streamlit puts the app's
        # own script in that place. The process ends when the server's end of the line is closed, however that ended.
        self._line, theirs = Pipe()
        with theirs:
            command = [sys.executable, "-m", __name__, str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        self._ready = False

    @property
    def alive(self) -> bool:
        """Whether it can do more work."""
        return self._process.poll() is None

    def do(self, work: Callable[[], Iterator[Any]], seconds: float) -> Iterator[Any]:
        """Yield what the work yields. Raises what it raises, and GivenUp where it takes longer or the process ends.

        The work is pickled, so it is a function of a module with its arguments (`functools.partial`).
        """
        over = False
        try:
            if not self._ready:
                self._hear(time.monotonic() + START, START)
                self._ready = True
            self._line.send_bytes(pickle.dumps(("do", work)))
            until = time.monotonic() + seconds
            while True:
                sign, value = self._hear(until, seconds)
                if sign == "value":
                    yield value
                    continue
                over = True
                if sign == "failed":
                    raise value
                return
        finally:
            if not over:
                self._stop()

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._line.close()

    def _hear(self, until: float, seconds: float) -> tuple[Sign, Any]:
        try:
            if not self._line.poll(max(0.0, until - time.monotonic())):
                raise GivenUp(TOO_LONG, seconds)
            return self._line.recv()
        except (EOFError, OSError):
            raise GivenUp(ENDED, seconds) from None

    def _stop(self) -> None:
        """Have it give up its work, and hear it out; one that does not heed is ended."""
        until = time.monotonic() + HEED
        try:
            self._line.send_bytes(pickle.dumps(("stop", None)))
            while self._hear(until, HEED)[0] == "value":
                pass
        except (GivenUp, OSError):
            self.end()


class Trainers:
    """As many trainers as there is work for at once, kept for the next; the first begins to start now."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._idle: deque[Trainer] = deque([Trainer()])

    def do(self, work: Callable[[], Iterator[Any]]) -> Iterator[Any]:
        """Yield what the work yields, done by a trainer; raises as `Trainer.do` does."""
        try:
            trainer = self._idle.popleft()
        except IndexError:
            trainer = Trainer()
        if not trainer.alive:
            trainer = Trainer()
        try:
            yield from trainer.do(work, self._seconds)
        finally:
            if trainer.alive:
                self._idle.append(trainer)

    def end(self) -> None:
        """End those that have nothing to do."""
        while self._idle:
            self._idle.popleft().end()


# --- in the process --------------------------------------------------------------------------------------------------


def _serve(line: Connection) -> None:
    """Do what is asked for until the server is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal reaches it too; the server ends it
    os.nice(NICE)
    import torch

    torch.set_num_threads(1)
    with suppress(EOFError, OSError):
        _say(line, "ready", None)
        while True:
            asked, work = line.recv()
            if asked == "do":  # what was asked to stop may be over by itself
                _do(line, work)


def _do(line: Connection, work: Callable[[], Iterator[Any]]) -> None:
    try:
        for value in work():
            _say(line, "value", value)
            if line.poll():
                line.recv()  # nothing but a stop is sent meanwhile
                break
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the work raises belongs to its visitor
        _say(line, "failed", _portable(error))
    else:
        _say(line, "over", None)


def _portable(error: Exception) -> Exception:
    """Return an exception that can be sent: itself, or its words."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - of our own making
    except Exception:  # noqa: BLE001 - there are as many ways to fail as exceptions
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


# As bytes, here and above: `send` by itself hands torch's tensors over as files in shared memory, one descriptor each.
def _say(line: Connection, sign: Sign, value: Any) -> None:
    line.send_bytes(pickle.dumps((sign, value), pickle.HIGHEST_PROTOCOL))


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))
