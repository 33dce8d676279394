"""Ctrl-C, SIGTERM and SIGHUP: a command hears all three, and what must not be torn is finished first."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Timer, current_thread, main_thread
from types import FrameType
from typing import Any

from nat_core.errors import Stopped

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What asks a program to end. Windows knows no SIGHUP."""
PATIENCE = 3.0
"""How long a signal waits for the end of what is not to be torn, in seconds."""


@contextmanager
def heard() -> Iterator[None]:
    """Within it each of SIGNALS raises Stopped; one that whoever started us has set aside (nohup) stays aside."""
    with _handled(lambda number, before: _raise, set_aside=(signal.SIG_IGN, None)):
        yield


@contextmanager
def whole() -> Iterator[None]:
    """Finish the block before a signal is heard, unless that takes longer than PATIENCE or a second signal comes.

    Then, or at its end, the handler from before runs: `KeyboardInterrupt` or `Stopped` is raised.
    """
    waiting: list[int] = []
    timers: list[Timer] = []
    handlers: dict[int, Any] = {}

    def wait(number: int, frame: FrameType | None) -> None:
        if waiting:  # asked again, by someone or by the timer
            handlers[number](number, frame)
        waiting.append(number)
        timers.append(Timer(PATIENCE, _ask_again, [number]))
        timers[-1].daemon = True
        timers[-1].start()

    def waited(number: int, before: Callable) -> Callable:
        handlers[number] = before
        return wait

    try:
        with _handled(waited):
            yield
    finally:
        for timer in timers:
            timer.cancel()
    if waiting:
        handlers[waiting[0]](waiting[0], None)


@contextmanager
def deaf() -> Iterator[None]:
    """Within it none of SIGNALS is heard at all: what is done in leaving takes its seconds."""
    with _handled(lambda number, before: signal.SIG_IGN):
        yield


def run_in_order(command: Sequence[str], patience: float, **given: Any) -> int:
    """Run a program until it ends, and return its exit status; whatever stops this process ends it and its processes.

    They are asked with SIGTERM, and killed where they take longer than `patience` seconds. Where this process is killed
    and can ask nobody, the program's standard input ends. `given` is Popen's.
    """
    import subprocess  # which no command needs before it is read

    started: subprocess.Popen[bytes] | None = None
    try:
        with whole():  # a program that is started is one that can be ended
            # In a group of its own: a program that hears Ctrl-C beside us may still be loading, and know no sentence.
            started = subprocess.Popen(command, process_group=0, stdin=subprocess.PIPE, **given)
        return started.wait()
    except KeyboardInterrupt:
        # Nobody else ends it: a service manager or `kill` signals this process alone.
        with deaf():
            if started is not None and started.poll() is None:
                _signal_group(started, "SIGTERM")
                try:
                    started.wait(timeout=patience)
                except subprocess.TimeoutExpired:
                    _signal_group(started, "SIGKILL")
                    started.wait()
        raise
    finally:
        if started and started.stdin is not None:
            started.stdin.close()


def _signal_group(process: Any, name: str) -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, getattr(signal, name))
    else:  # Windows
        process.terminate()


def stop_behind(error: BaseException | None) -> KeyboardInterrupt | None:
    """Return the stop that an exception is, or was raised on the way out of: a lost terminal fails to be written to.

    >>> stop_behind(Stopped(15)).number, stop_behind(OSError()) is None
    (15, True)
    """
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error


def _raise(number: int, _: FrameType | None) -> None:
    raise Stopped(number)


def _ask_again(number: int) -> None:
    """Send the main thread the signal, from another thread."""
    # Raised in the timer's own thread it would wake nobody: a main thread that waits for a disk or another process
    # would hear it only once it has waited.
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main_thread().ident or 0, number)
    else:  # Windows
        signal.raise_signal(number)


@contextmanager
def _handled(
    handler: Callable[[int, Any], Any], set_aside: tuple[Any, ...] = (signal.SIG_IGN, signal.SIG_DFL, None)
) -> Iterator[None]:
    """Other handlers of SIGNALS while the block runs, each made of the number and the handler before.

    A signal whose handler before is one of `set_aside` keeps it: it is ignored, ends the process on the spot, or is
    handled outside of Python.
    """
    # Only the main thread may set them, and only it is interrupted.
    if current_thread() is not main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    ours = {number: each for number, each in before.items() if each not in set_aside}
    try:
        for number, each in ours.items():
            signal.signal(number, handler(number, each))
        yield
    finally:
        for number, each in ours.items():
            signal.signal(number, each)
