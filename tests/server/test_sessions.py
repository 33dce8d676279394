"""What a visit leaves behind once it is over: no session, no descriptor, no thread, and next to no bytes."""

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass

import pytest

from tests.browsing import ROOT, free_port, wait_until_healthy
from tests.present import present
from tests.visitors import Visitor

OFFERING = ("see_it", "thresholds", "attention", "evidence", "playground", "your_photos", "bring_your_own", "workshop")
"""Pages that offer files to download, and some more."""
MOST_BYTES, MOST_BLOCKS = 1_000, 16
"""What a visit may leave behind; a block of Python's memory has 64 bytes or so."""
WARM = 16
"""Visits after which caches hold what they will hold."""


@dataclass(frozen=True)
class Held:
    """What a server holds."""

    sessions: int
    descriptors: int
    threads: int
    blocks: int
    """Small objects of Python."""
    bytes: int
    """Bytes of all objects, where the server counts them."""


@contextmanager
def counting_server(folder: str, *options: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """Start the app so that it forgets a visit soon after it is over; yield its address and its process."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.counted_sessions", str(port), *options],
        cwd=ROOT, env=os.environ | {"NAT_CHECKPOINTS": folder, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_until_healthy(f"http://localhost:{port}")
        yield f"http://localhost:{port}", server
    finally:
        server.terminate()
        server.communicate(timeout=30)


def held(server: subprocess.Popen) -> Held:
    """What the server holds now."""
    asks, answers = present(server.stdin), present(server.stdout)
    asks.write("how much?\n")
    asks.flush()
    return next(Held(**json.loads(line.partition(":")[2])) for line in answers if line.startswith("held:"))


def at_rest(server: subprocess.Popen) -> Held:
    """What the server holds once all visits but one are forgotten, or after a minute.

    Of the last one, Streamlit's loop keeps the shell until another comes.
    """
    end = time.monotonic() + 60
    while (found := held(server)).sessions > 1 and time.monotonic() < end:
        time.sleep(1.0)
    return found


def before_and_after(folder: str, visits: int, *options: str) -> tuple[Held, Held]:
    """The least that a server holds once its caches are warm, and the least so many visits later.

    At rest it still holds two thousand blocks more at one time than at another, of what came last; so each is the less
    of two readings, half as many visits apart.
    """
    with counting_server(folder, *options) as (address, server):
        readings = []
        for number in (WARM, visits // 2, visits // 2, visits // 2):
            for page in itertools.islice(itertools.cycle(OFFERING), number):
                Visitor(address, page, "pair=wrn16_1&samples=1").visit()
            readings.append(at_rest(server))
        return least(*readings[:2]), least(*readings[2:])


def least(*readings: Held) -> Held:
    """The least of each figure."""
    return Held(*(min(figures) for figures in zip(*map(astuple, readings), strict=True)))


@pytest.mark.slow
@pytest.mark.parametrize(("visits", "options"), [
    (16, ()),
    pytest.param(96, (), marks=pytest.mark.endurance),
    pytest.param(496, ("--bytes",), marks=pytest.mark.endurance),
])  # fmt: skip
def test_a_visit_leaves_next_to_nothing_behind(visits: int, options: tuple[str, ...], networks) -> None:
    before, after = before_and_after(str(networks), visits, *options)
    assert max(before.sessions, after.sessions) <= 1
    assert after.descriptors <= before.descriptors + 2
    assert after.threads <= before.threads + 2
    assert (after.bytes - before.bytes) / visits <= MOST_BYTES, (before, after)
    if not options:
        assert (after.blocks - before.blocks) / visits <= MOST_BLOCKS, (before, after)
