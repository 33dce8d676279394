"""Processes that have imported torch already: copies of one that did, where importing it anew proves nothing.

Importing torch and what its optimisers need takes longer than what such a process does in a test.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

PROCESSES = (
    multiprocessing.get_context("forkserver")
    if "forkserver" in multiprocessing.get_all_start_methods()
    else multiprocessing.get_context("spawn")
)
PROCESSES.set_forkserver_preload(["nat_core.training.loop", "nat_core.__main__", "torch._dynamo", "tests.few_pictures"])
ROOT = str(Path(__file__).parents[1])


class Copy:
    """A function that runs in a copy: what a `subprocess.Popen` of it would be to whoever started it.

    Its standard error, and its standard input, are pipes; what it writes to standard output goes nowhere.
    """

    def __init__(self, work: Callable[..., int | None], *given: Any) -> None:
        hears, told = PROCESSES.Pipe(duplex=False)
        read, said = PROCESSES.Pipe(duplex=False)
        self._process = PROCESSES.Process(target=_do, args=(hears, said, work, given))
        if ROOT not in sys.path:
            sys.path.insert(0, ROOT)  # which the copy takes over, to find the tests
        self._process.start()
        hears.close()
        said.close()
        # Files of their own, as of a `Popen`; the connections that held the pipes end here.
        self.stdin = os.fdopen(os.dup(told.fileno()), "wb")
        self.stderr = os.fdopen(os.dup(read.fileno()), "rb", buffering=0)
        told.close()
        read.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *given: object) -> None:
        self.stdin.close()
        self.stderr.close()
        self.wait()

    def poll(self) -> int | None:
        """Its exit status, below 0 the signal that ended it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """The same once it has ended. Raises `subprocess.TimeoutExpired`."""
        self._process.join(timeout)
        if (status := self.poll()) is None:
            raise subprocess.TimeoutExpired("a copy", timeout or 0.0)
        return status

    def send_signal(self, number: int) -> None:
        """Signal it."""
        if self.poll() is None and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._process.kill()


def _do(hears: Connection, said: Connection, work: Callable[..., int | None], given: tuple) -> None:
    import torch

    torch.set_num_threads(1)
    os.dup2(hears.fileno(), 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(said.fileno(), 2)
    hears.close()
    said.close()
    # What the test's process had replaced, pytest's own too.
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115 - until it ends
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    sys.exit(work(*given))
