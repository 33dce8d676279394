"""Works for a process that trains: functions of a module with their arguments, so that they can be sent to it."""

import os
import time
from collections.abc import Iterator

from nat_core.small import plane, playground, twins


def numbers(count: int) -> Iterator[int]:
    """Count from 0."""
    yield from range(count)


def whose() -> Iterator[tuple[int, int]]:
    """Tell the process and how far it stands back."""
    yield os.getpid(), os.nice(0)


def endless(pause: float = 0.001) -> Iterator[int]:
    """Yield the process for ever."""
    while True:
        yield os.getpid()
        time.sleep(pause)


def deaf() -> Iterator[int]:
    """Yield the process, then nothing for a long time."""
    yield os.getpid()
    time.sleep(600)


def dying() -> Iterator[int]:
    """Yield once, then end the process as the system does where memory is short."""
    yield 1
    os._exit(9)


def failing() -> Iterator[int]:
    """Yield once, then raise what no one knows but this module, and what cannot be sent."""

    class Unknown(Exception):
        pass

    yield 1
    raise Unknown("for a reason")


def learning(rate: float, steps: int) -> Iterator[twins.State]:
    """Learn points of the plane."""
    settings, points = playground.Settings(width=8, learning_rate=rate), plane.draw_points()
    yield from playground.train(playground.start(settings, 3), points, plane.draw_negatives("ring"), settings, steps)
