"""A crowd on one server: people who move the threshold once a second, people who train, and what an answer costs.

    python -m benchmarks.reliability_crowd [--checkpoints checkpoints] [--people 100] [--training 30] [--minutes 10]
        [--quick]

Prints a JSON object a line, each a row of `benchmarks.reliability`: answers of all, those that failed or did not come,
the 95th percentile of what the movers waited and the 99th of the server's health check; then what one answer of
Thresholds and one first visit cost the server's processor when nobody else is there. Server and crowd share the
machine's cores. Linux only, where a process's own time can be read from outside.
"""

import argparse
import os
import subprocess
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np

from benchmarks.reliability import P95, Row
from nat_core.outputs import outputs
from tests.browsing import served, serving
from tests.visitors import THRESHOLD_SLIDER, Visitor

PAIR = "pair=wrn16_1"
TICKS = os.sysconf("SC_CLK_TCK")


def own_address(number: int) -> str:
    """Return an address of this machine for one of many visitors, for the server holds each address to limits.

    >>> own_address(3)
    '127.0.1.4'
    """
    return f"127.0.1.{number + 1}"


class Crowd:
    """Visitors on one server until a moment, and what became of their answers."""

    def __init__(self, address: str, until: float) -> None:
        self.address, self.until = address, until
        self.row = Row("")
        self.waits: list[float] = []
        self.health: list[float] = []
        self._lock = threading.Lock()

    def answered(self, name: str, failure: str | None, wait: float | None = None) -> None:
        """Count an answer."""
        with self._lock:
            self.row.count(name, failure)
            if wait is not None:
                self.waits.append(wait)

    def move(self, number: int) -> None:
        """Move the threshold once a second."""
        generator = np.random.default_rng(number)
        with Visitor(self.address, "thresholds", PAIR, source=own_address(number)) as visitor:
            while time.monotonic() < self.until:
                wait = visitor.slide(THRESHOLD_SLIDER, float(generator.integers(1, 99)) / 100)
                self.answered(f"mover {number}", None, wait)
                time.sleep(max(0.0, 1.0 - wait))

    def train(self, number: int) -> None:
        """Train two networks on the digits to their end, forget them and train again."""
        with Visitor(self.address, "digits_live", PAIR, source=own_address(number)) as visitor:
            while time.monotonic() < self.until:
                visitor.press("Train")
                visitor.wait_until(lambda: "6 and 7 taught NAT doubt about 8 and 9" in visitor.text)
                self.answered(f"trainer {number}", None)
                visitor.press("Forget all")

    def watch(self) -> None:
        """Ask for the server's health five times a second."""
        while time.monotonic() < self.until:
            began = time.perf_counter()
            try:
                urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=60).read()
            except OSError as error:
                self.answered("health", str(error))
            self.health.append(time.perf_counter() - began)
            time.sleep(0.2)

    def stay(self, kind: str, number: int) -> None:
        """Be one of them, and count what ends the visit too early."""
        try:
            {"move": self.move, "train": self.train}[kind](number)
        except Exception as error:  # noqa: BLE001 - whatever a visitor meets counts
            self.answered(f"{kind} {number}", f"{type(error).__name__}: {error!s:.200}")


def crowd(networks: str, people: int, training: int, minutes: float) -> None:
    """Let them all be there at once."""
    with served(networks, "--public") as address, ThreadPoolExecutor(people + 1) as pool:
        Visitor(address, "thresholds", PAIR).visit()  # what is imported once is nobody's wait
        here = Crowd(address, time.monotonic() + 60 * minutes)
        pool.submit(here.watch)
        for number in range(people):
            pool.submit(here.stay, "train" if number < training else "move", number)
    row = here.row
    row.attack = f"{people} visitors for {minutes:g} min, {training} of them training"
    row.worst = {P95: round(float(np.quantile(here.waits, 0.95)), 3),
                 "health p99 s": round(float(np.quantile(here.health, 0.99)), 3)}  # fmt: skip
    row.worst_at = dict.fromkeys(row.worst, "all")
    row.show()


def used(server: subprocess.Popen) -> float:
    """Return the milliseconds of the processor that a server has used so far."""
    after_name = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return 1000 * (int(after_name[11]) + int(after_name[12])) / TICKS


def costs(networks: str, answers: int, visits: int) -> None:
    """Measure what an answer and a first visit cost the server, each the mean of many, with nobody else there."""
    with serving(networks) as (address, server):
        for page in ("thresholds", "see_it"):
            Visitor(address, page, PAIR).visit()
        with Visitor(address, "thresholds", PAIR) as visitor:
            visitor.slide(THRESHOLD_SLIDER, 0.5)
            before = used(server)
            for number in range(answers):
                visitor.slide(THRESHOLD_SLIDER, 0.01 + 0.98 * number / answers)
            mean = (used(server) - before) / answers
        Row("an answer of Thresholds", answers, 0, {"CPU ms": round(mean, 1)}, {"CPU ms": "mean"}).show()
        before = used(server)
        for _ in range(visits):
            with suppress(TimeoutError):
                Visitor(address, "see_it", PAIR).visit()
        mean = (used(server) - before) / visits
        Row("a first visit", visits, 0, {"CPU ms": round(mean, 1)}, {"CPU ms": "mean"}).show()


@outputs()
def main() -> None:
    """Print a row after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", default="checkpoints", help="the networks to serve")
    parser.add_argument("--people", type=int, default=100, help="how many visitors there are at once")
    parser.add_argument("--training", type=int, default=30, help="how many of them train")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long they stay; 0 leaves the crowd out")
    parser.add_argument("--quick", action="store_true", help="a tenth of it, to see that it works")
    options = parser.parse_args()
    part = 10 if options.quick else 1
    networks = str(Path(options.checkpoints).absolute())
    costs(networks, 200 // part, 40 // part)
    if options.minutes:
        crowd(networks, options.people // part, options.training // part, options.minutes / part)


if __name__ == "__main__":
    main()
