"""Works for a process that trains: functions of a module with their arguments, so that they can be sent to it."""

import os
import pickle
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection

import numpy as np
import torch

from nat_core.small import plane, playground, twins


def serve(line: Connection) -> None:
    """Do what a process that trains does, in a copy of one that has imported torch."""
    from nat_app.visit.training import training_process

    sys.argv = ["process", str(line.fileno())]
    training_process.serve(line, os.getppid())


def numbers(count: int) -> Iterator[int]:
    """Count from 0."""
    yield from range(count)


def whose() -> Iterator[tuple[int, int]]:
    """Tell the process and how far it stands back."""
    yield os.getpid(), os.nice(0)


DONE: list[str] = []
"""What `preparing` did in this process."""


def preparing(what: str) -> None:
    """Note it; "nothing" cannot be prepared."""
    if what == "nothing":
        raise ValueError(what)
    DONE.append(what)


def prepared() -> Iterator[tuple[int, list[str]]]:
    """Tell the process and what was prepared in it."""
    yield os.getpid(), DONE


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


def growing(kind: str) -> Iterator[int]:
    """Yield once, then take three gigabytes, which are never written to, by NumPy or torch."""
    yield 1
    yield len(np.empty(3_000_000_000, np.uint8) if kind == "numpy" else torch.empty(3_000_000_000, dtype=torch.uint8))


NONSENSE = {
    "no pickle": b"\0\0\0\5hello",
    "no answer": len(said := pickle.dumps(None)).to_bytes(4, "big") + said,
    "another sign": len(said := pickle.dumps(("bye", 1))).to_bytes(4, "big") + said,
    "no exception": len(said := pickle.dumps(("failed", 1))).to_bytes(4, "big") + said,
    "a class that is nowhere": len(said := b"cnowhere\nNothing\n.").to_bytes(4, "big") + said,
    "two gigabytes": b"\x7f\xff\xff\xff",
    "more than there are": b"\xff\xff\xff\xff" + b"\x7f" * 8,
}
"""What a process may say in place of an answer, each behind its length."""


def babbling(what: str) -> Iterator[int]:
    """Yield the process, then say nonsense and go on."""
    yield os.getpid()
    os.write(int(sys.argv[1]), NONSENSE[what])
    yield 2


def breaking_off() -> Iterator[int]:
    """Yield the process, then stop in the middle of an answer."""
    yield os.getpid()
    os.write(int(sys.argv[1]), b"\0\0\1\0only its beginning")
    time.sleep(600)


def missing() -> Iterator[int]:
    """Look for a file that is not there."""
    yield len(open("/nowhere/at/all").read())  # noqa: SIM115 - it is not there
