"""Runs of a queue in a process of their own: `python -m nat_core.studies.worker`, told what to train on standard input.

One on a processor; on a GPU several side by side. What it writes to standard error are lines of a run's key, a tab and
what that run says, the last of them ENDED and how it ended.

The first line is a JSON object; after it the input stays open, and its end means that the queue has ended, however it
ended: the worker stops at once and goes on later from its newest state.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import TextIOBase
from pathlib import Path
from threading import Thread
from typing import Any

import torch

from nat_core.errors import DivergedError, NatError, Stopped
from nat_core.files import sentence
from nat_core.recipes import Recipe
from nat_core.stopping import heard
from nat_core.studies.queue import DIVERGED, ENDED
from nat_core.training.loop import in_turns, side_by_side
from nat_core.training.state import Sitting


class Labelled(TextIOBase):
    """A stream whose lines go to standard error, each after a run's key and a tab."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key

    def write(self, text: str, /) -> int:
        """Pass on what is written; a progress bar writes itself whole, and returns to the start of its line."""
        for line in text.replace("\r", "\n").split("\n"):
            if line.strip():
                sys.stderr.write(f"{self._key}\t{line.strip()}\n")
        return len(text)


def main() -> int:
    """Train, and return 0; each run says how it ended.

    Asked to stop by a signal, all save their states first; then it returns 128 and the signal's number.
    """
    with heard():
        return _train()


def _train() -> int:
    job = json.loads(sys.stdin.readline())
    # A daemon, because it waits for as long as the queue lives and must not hold up the end of a finished run.
    Thread(target=_leave_with_the_queue, daemon=True).start()
    torch.set_num_threads(1)
    try:
        for key, ended in side_by_side(dict(_trainings(job))):
            screen = Labelled(key)
            if isinstance(ended, Exception):
                screen.write(_said(ended))
            screen.write(f"{ENDED}{_status(ended)}")
    except Stopped as stop:
        with suppress(OSError):  # the queue may be gone
            sys.stderr.write(f"stopped; {stop.said}\n")
        return stop.status
    return 0


def _trainings(job: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for each in job["runs"]:
        recipe = Recipe.from_json(each["recipe"])
        sitting = Sitting(
            name=recipe.name, data=Path(job["data"]), out=Path(each["out"]),
            teacher_homes=(Path(each["teachers"]),),  # not `out`: the queue knows which network is meant
            seed=each["seed"], device=job["device"], resume=True, save_seconds=job["save_seconds"],
            screen=Labelled(each["key"]),
        )  # fmt: skip
        yield each["key"], in_turns(recipe, sitting)


def _said(error: Exception) -> str:
    if isinstance(error, DivergedError):
        return error.says
    if isinstance(error, NatError | ValueError):
        return str(error)
    return sentence(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"


def _status(ended: Path | Exception) -> int:
    return DIVERGED if isinstance(ended, DivergedError) else int(isinstance(ended, Exception))


def _leave_with_the_queue() -> None:
    # Not sys.stdin: its buffer would be locked when the interpreter shuts down.
    os.read(0, 1)
    os._exit(1)  # sys.exit would end this thread alone


if __name__ == "__main__":
    sys.exit(main())
