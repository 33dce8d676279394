"""What a visit leaves behind once it is over: nothing that keeps its session alive."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.browsing import ROOT, free_port, wait_until_healthy
from tests.visitors import Visitor

OFFERING = ("see_it", "thresholds", "attention", "evidence", "playground", "your_photos", "bring_your_own", "workshop")
"""Pages that offer files to download, and some more."""


@contextmanager
def counting_server(folder: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """Start the app so that it forgets a visit a second after it is over; yield its address and its process."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.counted_sessions", str(port)],
        cwd=ROOT, env=os.environ | {"NAT_CHECKPOINTS": folder, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_until_healthy(f"http://localhost:{port}")
        yield f"http://localhost:{port}", server
    finally:
        server.terminate()
        server.communicate(timeout=30)


def sessions(server: subprocess.Popen) -> int:
    """How many sessions the server holds."""
    server.stdin.write("how many?\n")
    server.stdin.flush()
    return next(int(line.split()[1]) for line in server.stdout if line.startswith("sessions:"))


@pytest.mark.slow
def test_sessions_end_whatever_their_pages_offered(networks) -> None:
    with counting_server(str(networks)) as (address, server):
        for page in OFFERING:
            with Visitor(address, page, "pair=wrn16_1&samples=1"):
                assert sessions(server) >= 1
        held, end = len(OFFERING), time.monotonic() + 60
        while held > 2 and time.monotonic() < end:
            # The server forgets old visits when another begins.
            time.sleep(1.5)
            with Visitor(address, "see_it"):
                held = sessions(server)
    assert held <= 2, f"{held} sessions are held a minute after {len(OFFERING)} visits, one of which goes on"
