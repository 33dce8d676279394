"""Attacks on a running server of the app, measured: requests, foreign visits, leaks, floods, and visitors' marks.

    python -m benchmarks.reliability_server [--checkpoints checkpoints] [--visits 10000] [--visitors 50] [--quick]

Prints a JSON object a line, each a row of `benchmarks.reliability`: failed is what went through, or was answered
otherwise than it may be. Floods are measured by what the health check took at worst, and by how much longer five others
waited for a page, the 95th percentile beside that before the flood; they come from another address and another process
than the others, as in life. The server, the attackers and the others share the cores of one machine, so a busy one
measures itself. Linux only, for its many local addresses.
"""

import argparse
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from uuid import uuid4

import numpy as np
from websockets.exceptions import InvalidStatus, WebSocketException

from benchmarks.reliability import HEALTH, P95, SECONDS, Row, run_attacks
from nat_app.visit.limits import MB, PUBLIC_LIMITS
from nat_core.outputs import outputs
from tests.attacks import Request, requests, send, wrong
from tests.browsing import served, serving
from tests.server.test_sessions import before_and_after
from tests.uploads import picture
from tests.visitors import THRESHOLD_SLIDER, BackMsg, Visitor, put, stream

ELSEWHERE = "127.0.0.2"
"""Where floods come from."""
OTHERS = 5
Flood = Callable[[str, Event], int]
"""Floods an address until it is over, and returns how much went through."""
# --- requests and visits ---------------------------------------------------------------------------------------------


def hostile_requests(networks: str, mode: str, *options: str) -> None:
    """Send every hostile request to a server of one kind."""
    row = Row(f"requests, {mode}")
    with served(networks, *options) as address:
        for each in requests():
            began = time.perf_counter()
            problem = wrong(each, send(address, each)) or None
            row.count(f"{each.method} {each.target[:60]}", problem, **{SECONDS: time.perf_counter() - began})
    row.show()


def foreign_visits(networks: str, number: int) -> None:
    """Try to write to, to empty and to take over visits of others, whose sessions' names are known."""
    row = Row("another's visit, its name known")
    with served(networks, "--public") as address, ExitStack() as visits:
        for each in range(number):
            owner = visits.enter_context(Visitor(address, "see_it", headers={"Cookie": f"nat_visitor=owner{each}"}))
            target = f"/_stcore/upload_file/{owner.session}/{uuid4()}"
            for method in ("PUT", "DELETE"):
                status = put(address, target, "thief", b"hello", method=method).status
                row.count(f"{method} {each}", None if status == 403 else f"answered {status}")
            theft = {"headers": {"Cookie": "nat_visitor=thief"}, "protocols": ("x", owner.session)}
            try:
                with Visitor(address, "see_it", **theft) as thief:
                    failure = "taken over" if thief.session == owner.session else None
            except InvalidStatus as error:
                failure = None if error.response.status_code == 403 else f"answered {error.response.status_code}"
            row.count(f"take {each} over", failure)
    row.show()


def left_behind(networks: str, visits: int) -> None:
    """Count what visits leave behind, bytes by the C library that hands them out."""
    before, after = before_and_after(networks, visits, counted=True)
    slope = (after.bytes - before.bytes) / visits
    grown = {"descriptors": after.descriptors - before.descriptors, "threads": after.threads - before.threads}
    worst = {"bytes a visit": round(slope, 1), "sessions": after.sessions, **grown}
    Row("visits that come and go", visits, max(0, after.sessions - 1), worst, dict.fromkeys(worst, "all")).show()


def marks(networks: str, visitors: int, looks: int) -> None:
    """Let many visitors with marked photos and links look at pages at the same time, and look for others' marks."""
    barrier = threading.Barrier(visitors)

    def visit(number: int) -> tuple[int, int]:
        cookie, mark = f"visitor{number}", f"MARK{number:04}X"
        others = [f"MARK{each:04}X" for each in range(visitors) if each != number]
        seen = 0
        with Visitor(address, "your_photos", f"mine={mark}", headers={"Cookie": f"nat_visitor={cookie}"}) as here:
            here.upload(f"{mark}.png", picture((number % 256, 90, 90)), cookie)
            barrier.wait(timeout=600)
            for _ in range(looks):
                here.again()
                seen += sum(each in here.everything for each in others)
        return looks * len(others), seen

    with served(networks, "--public") as address, ThreadPoolExecutor(visitors) as pool:
        found = list(pool.map(visit, range(visitors)))
    Row(f"marks of {visitors} visitors", sum(looked for looked, _ in found), sum(seen for _, seen in found)).show()


# --- floods ----------------------------------------------------------------------------------------------------------


@contextmanager
def watched(address: str, found: list[float]) -> Iterator[None]:
    """Ask for the server's health again and again meanwhile; `found` are the seconds that it took."""
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            began = time.perf_counter()
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=60).read()
                found.append(time.perf_counter() - began)
            except OSError:
                found.append(60.0)
            over.wait(0.2)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(60)


def waits(visits: list[Visitor], rounds: int) -> float:
    """Return the 95th percentile of what visitors wait for a page, each moving the threshold once a second."""
    generator = np.random.default_rng(0)

    def move(visit: Visitor) -> list[float]:
        taken = []
        for _ in range(rounds):
            taken.append(visit.slide(THRESHOLD_SLIDER, float(generator.integers(1, 99)) / 100))
            time.sleep(max(0.0, 1.0 - taken[-1]))
        return taken

    with ThreadPoolExecutor(len(visits)) as pool:
        return float(np.percentile(np.concatenate(list(pool.map(move, visits))), 95))


def flooded(networks: str, name: str, tried: int, flood: Flood, rounds: int) -> None:
    """Measure the server before and under a flood, which returns how much went through that should not have."""
    with flooding(flood) as begin, serving(networks, "--public") as (address, server), ExitStack() as others:
        visits = [others.enter_context(Visitor(address, "thresholds")) for _ in range(OTHERS)]
        waits(visits, 3)
        before, health = waits(visits, rounds), []
        with watched(address, health):
            end = begin(address)
            under = waits(visits, rounds)
            failed = end()
        worst = {HEALTH: round(max(health), 3), "p95 s before": round(before, 3), P95: round(under, 3),
                 "times p95": round(under / before, 2)}  # fmt: skip
        Row(f"flood: {name}", tried, failed + int(server.poll() is not None), worst, dict.fromkeys(worst, name)).show()


@contextmanager
def flooding(flood: Flood) -> Iterator[Callable[[str], Callable[[], int]]]:
    """Yield what begins a flood of an address, which returns what ends it and returns what went through.

    It comes from a process of its own: in one with the others who wait, they would wait for its turns of the
    interpreter as well, which is nobody's server's fault. Copied before there is any thread.
    """
    copies = get_context("fork")
    over, (ours, theirs) = copies.Event(), copies.Pipe()

    def work() -> None:
        ours.close()
        if address := theirs.recv():
            theirs.send(flood(address, over))

    def begin(address: str) -> Callable[[], int]:
        ours.send(address)
        return end

    def end() -> int:
        over.set()
        return ours.recv()  # EOFError where the flood failed

    process = copies.Process(target=work, daemon=True)
    process.start()
    theirs.close()
    try:
        yield begin
    finally:
        with suppress(OSError):  # of one that is over
            ours.send("")
        process.join(60)


def reruns(number: int) -> Flood:
    """Return a flood of reruns from one socket."""
    again = BackMsg()
    again.rerun_script.page_name = "see_it"

    def flood(address: str, over: Event) -> int:
        with Visitor(address, "see_it", source=ELSEWHERE) as visit:
            for _ in range(number):
                if over.is_set():
                    break
                visit.send(again)
        return 0

    return flood


def sockets(number: int) -> Flood:
    """Return a flood of sockets that are kept open; those beyond the cap went through."""
    # Who says nothing is let go, and makes room for another.
    says_something = BackMsg(stop_script=True).SerializeToString()

    def flood(address: str, over: Event) -> int:
        held = 0
        with ExitStack() as kept:
            for _ in range(number):
                try:
                    kept.enter_context(stream(address, source=ELSEWHERE)).send(says_something)
                    held += 1
                except (InvalidStatus, WebSocketException, OSError):
                    continue
            over.wait(120)
        return max(0, held - PUBLIC_LIMITS.sockets_each)

    return flood


def slow(number: int) -> Flood:
    """Return a flood of clients that ask for a page again and again and never read what they are sent."""
    again = BackMsg()
    again.rerun_script.page_name = "thresholds"

    def flood(address: str, over: Event) -> int:
        with ExitStack() as kept:
            for _ in range(number):
                try:
                    client = stream(address, source=ELSEWHERE, max_queue=1, subprotocols=["streamlit"])
                    kept.enter_context(client).send(again.SerializeToString())
                except (WebSocketException, OSError):
                    continue
            over.wait(120)
        return 0

    return flood


def uploads(number: int) -> Flood:
    """Return a flood of files of 60 MB; bytes beyond a visitor's room went through."""

    def flood(address: str, over: Event) -> int:
        taken = 0
        with Visitor(address, "your_photos", headers={"Cookie": "nat_visitor=full"}, source=ELSEWHERE) as visit:
            for _ in range(number):
                target = f"/_stcore/upload_file/{visit.session}/{uuid4()}"
                taken += put(address, target, "full", bytes(60 * MB), source=ELSEWHERE).status == 204
        over.wait(1)
        return int(taken * 60 * MB > PUBLIC_LIMITS.upload_each)

    return flood


def slow_requests(number: int) -> Flood:
    """Return a flood of requests whose headers never end; those still open after half a minute went through."""

    def flood(address: str, over: Event) -> int:
        endless = Request("", "GET", "/", (("Content-Length", "10"),), allowed=frozenset())
        with ThreadPoolExecutor(number) as pool:
            answers = list(pool.map(lambda _: send(address, endless, seconds=45, source=ELSEWHERE), range(number)))
        over.wait(1)
        return sum(each.status >= 500 for each in answers)

    return flood


@outputs()
def main() -> None:
    """Print a row after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoints", default="checkpoints", help="the networks to serve")
    parser.add_argument("--visits", type=int, default=10_000, help="how many visits come and go")
    parser.add_argument("--visitors", type=int, default=50, help="how many visitors with marks there are at once")
    parser.add_argument("--owners", type=int, default=100, help="how many visits others try to take over")
    parser.add_argument("--only", help="one of: local requests, public requests, foreign visits, marks, floods, visits")
    parser.add_argument("--quick", action="store_true", help="a tenth of it, to see that it works")
    options = parser.parse_args()
    part = 10 if options.quick else 1
    networks = str(Path(options.checkpoints).absolute())
    rounds = 30 // part

    def floods() -> None:
        flooded(networks, "reruns from one socket", 5_000 // part, reruns(5_000 // part), rounds)
        flooded(networks, "sockets", 1_000 // part, sockets(1_000 // part), rounds)
        flooded(networks, "slow clients", 100 // part, slow(100 // part), rounds)
        flooded(networks, "slow requests", 100 // part, slow_requests(100 // part), rounds)
        flooded(networks, "uploads of 60 MB", 40 // part, uploads(40 // part), rounds)

    attacks = {
        "local requests": lambda: hostile_requests(networks, "local", "--address", "127.0.0.1"),
        "public requests": lambda: hostile_requests(networks, "public", "--public"),
        "foreign visits": lambda: foreign_visits(networks, options.owners // part),
        # Fifty visitors who each look for 49 others: five looks are 12,250 checks.
        "marks": lambda: marks(networks, max(2, options.visitors // part), 5),
        "floods": floods,
        "visits": lambda: left_behind(networks, options.visits // part),
    }
    run_attacks(attacks, options.only)


if __name__ == "__main__":
    main()
