"""Two sides timed in turn, so that what else the machine does hits both."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import torch

from benchmarks.harness.figures import Asked, Found

Once = Callable[[], Any]


def beside(figure: str, asked: Asked, *, ours: Once, theirs: Once, note: str = "") -> Found:
    """Return how many times as long theirs takes as ours, a round each; a run of each before is not counted."""
    return beside_all(asked, {figure: ours}, theirs, note)[0]


def beside_all(asked: Asked, ours: dict[str, Once], theirs: Once, note: str = "") -> list[Found]:
    """Return the same for several of our ways, by their figures, each against the one other side."""
    sides = {"theirs": theirs, **ours}
    for once in sides.values():
        once()
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(asked.rounds):
        # Turned about, so that neither is always the one that finds the other's caches.
        for name in list(sides)[:: 1 if number % 2 else -1]:
            seconds[name].append(seconds_of(sides[name], asked.least))
    return [compared(name, seconds[name], seconds["theirs"], note) for name in ours]


def compared(figure: str, ours: list[float], theirs: list[float], note: str = "") -> Found:
    """Return what two sides took, round by round.

    >>> compared("a", [1.0, 2.0], [3.0, 4.0]).values
    (3.0, 2.0)
    """
    ratios = tuple(their / our for our, their in zip(ours, theirs, strict=True))
    return Found(figure, ratios, tuple(ours), tuple(theirs), note)


def often_in_turn(rounds: int, times: int, ours: Once, theirs: Once) -> tuple[list[float], list[float]]:
    """Return the seconds of so many calls of either side, round by round, the sides changing after each call.

    For sides that differ little: what the machine does beside them falls on both alike.
    """
    taken = ([0.0] * rounds, [0.0] * rounds)
    for number in range(rounds * times):
        for side in (0, 1) if number % 2 else (1, 0):
            taken[side][number // times] += seconds_of((ours, theirs)[side], 0)
    return taken


def seconds_of(once: Once, least: float) -> float:
    """Return the seconds that one call takes: the median of as many as fill `least` seconds, at least one."""
    times, began = [], time.perf_counter()
    while not times or time.perf_counter() - began < least:
        start = time.perf_counter()
        once()
        times.append(time.perf_counter() - start)
    return median(times)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch compute on that many threads of the processor within the block."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
