"""How cost grows, and where one machine ends: with pictures, networks, visitors and uploads.

    python -m benchmarks.scaling [pictures networks visitors uploads ...] [--checkpoints checkpoints] [--quick]

Prints, for each curve, what is measured at each size, how fast it grows (the exponent between the first and the last
size), its limit, and the size at which the limit is met, between two that were measured. `pictures` sweeps a thousand
thresholds over stored confidences of 10^4 to 10^7 pictures: sorted once on writing and mapped, beside sorting them anew
for every sweep. `networks` sends one photo through 2 to 50 networks with all maps. `visitors` is a crowd of 1 to 200
who move the threshold once a second; `uploads` drops 1 to 500 photos at once, 50 a visitor at most. Server and crowd
share the machine's cores, and a busy machine measures itself: the load is printed. Linux only, for the memory. What was
measured at all sizes is kept in benchmarks/growth.json, and docs/performance.md written anew.
"""

import argparse
import io
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from benchmarks.harness.growth import Curve, keep
from benchmarks.harness.kept import ROOT, stamp
from benchmarks.reliability_crowd import own_address
from nat_core.measure.metrics import share_above
from nat_core.outputs import outputs
from nat_core.store.sweeps import ascending_in
from tests.browsing import served
from tests.visitors import THRESHOLD_SLIDER, Visitor

PAIR = "pair=wrn16_1"
THRESHOLDS = np.linspace(0, 1, 1_000)
PICTURES, NETWORKS = (10_000, 100_000, 1_000_000, 10_000_000), (2, 8, 20, 50)
VISITORS, UPLOADS = (1, 10, 30, 100, 200), (1, 18, 100, 500)
EACH = 50
"""How many photos a visitor drops at most; a visit keeps 60."""
ANSWERS = 8
"""How often each visitor moves the threshold."""


def seconds(work: Callable[[], object], rounds: int = 3) -> float:
    """Return the median of the seconds that some work takes."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return median(taken)


def own_memory() -> float:
    """Return the megabytes of memory that this process holds and that are its own."""
    fields = Path("/proc/self/statm").read_text().split()
    return (int(fields[1]) - int(fields[2])) * resource.getpagesize() / 1e6


def pictures(sizes: Sequence[int] = PICTURES) -> tuple[Curve, ...]:
    """Sweep a thousand thresholds over so many stored confidences."""
    sorting, mapped, plain = [], [], []
    for number in sizes:
        scores = np.random.default_rng(0).beta(4, 1, number)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "logits.npz"
            sorting.append((number, 1000 * seconds(lambda scores=scores: np.sort(scores), 1)))
            # What `nat evaluate --output` writes, but for the logits, which no sweep reads.
            np.savez(path, logits=np.zeros((1, 2), np.float32), ascending=np.sort(scores))
            held = ascending_in(path)["logits"]
            mapped.append((number, 1000 * seconds(lambda held=held: share_above(held, THRESHOLDS), 5)))
            plain.append((number, 1000 * seconds(lambda scores=scores: share_above(scores, THRESHOLDS), 1)))
            if not np.array_equal(share_above(held, THRESHOLDS), share_above(scores, THRESHOLDS)):
                raise RuntimeError(f"the curves of {number:,} pictures differ")
            del held
    return (
        Curve("Sweep of 1,000 thresholds, sorted on writing and mapped", "pictures", "ms", tuple(mapped), 100),
        Curve("The same, sorted anew", "pictures", "ms", tuple(plain), 100),
        Curve("Sorting once, on writing", "pictures", "ms", tuple(sorting)),
    )


def networks(folder: Path, sizes: Sequence[int] = NETWORKS, name: str = "wrn16_1_nat") -> tuple[Curve, ...]:
    """Send one photo through so many networks of one kind with all maps, each loaded by itself."""
    from nat_core.network.inference import Network, load_network, predict_with_maps

    load_network(folder, name)  # what is imported once
    photo = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3)).astype(np.uint8)
    times, memory, loading = [], [], []
    before, loaded = own_memory(), []
    for number in sizes:
        began, more = time.perf_counter(), number - len(loaded)
        loaded += [load_network(folder, name) for _ in range(more)]
        loading.append((number, (time.perf_counter() - began) / more * number))

        def all_of_them(through: Sequence[Network] = tuple(loaded)) -> None:
            for each in through:
                predict_with_maps(each, photo)

        all_of_them()
        times.append((number, 1000 * seconds(all_of_them, 5)))
        memory.append((number, max(0.0, own_memory() - before)))
    return (
        Curve("One photo through all networks with maps", "networks", "ms", tuple(times), 250),
        Curve("The networks in memory", "networks", "MB", tuple(memory)),
        Curve("Loading them", "networks", "s", tuple(loading)),
    )


def visitors(folder: Path, sizes: Sequence[int] = VISITORS, answers: int = ANSWERS) -> tuple[Curve, ...]:
    """Let crowds of these sizes move the threshold once a second on a public server, and take the 95th percentile."""
    waits = []
    with served(str(folder.absolute()), "--public") as address:
        Visitor(address, "thresholds", PAIR).visit()  # what is imported once is nobody's wait
        for people in sizes:
            ready = threading.Barrier(people, timeout=300)

            def move(number: int, people: int = people, ready: threading.Barrier = ready) -> list[float]:
                with Visitor(address, "thresholds", PAIR, source=own_address(number)) as visitor:
                    ready.wait()
                    time.sleep(number / people)
                    taken = []
                    for step in range(answers):
                        taken.append(visitor.slide(THRESHOLD_SLIDER, 0.5 + 0.01 * ((step + number) % 40)))
                        time.sleep(max(0.0, 1 - taken[-1]))
                    return taken

            with ThreadPoolExecutor(people) as crowd:
                found = [each for taken in crowd.map(move, range(people)) for each in taken]
            waits.append((people, 1000 * float(np.quantile(found, 0.95))))
    return (Curve("An answer of Thresholds, 95th percentile", "visitors", "ms", tuple(waits), 300),)


def uploads(folder: Path, sizes: Sequence[int] = UPLOADS) -> tuple[Curve, ...]:
    """Let so many photos be dropped on Your photos at once, by as few visitors as it takes, until all are answered."""
    times, names = [], count(1)

    def drop(some: int, address: str, ready: threading.Barrier) -> float:
        number = next(names)
        files, cookie = {f"{place:02d}.jpg": _photo(100 * number + place) for place in range(some)}, f"dropped{number}"
        headers = {"Cookie": f"nat_visitor={cookie}"}
        with Visitor(address, "your_photos", PAIR, headers=headers, source=own_address(number)) as visitor:
            ready.wait()
            began = time.perf_counter()
            visitor.upload_all(files, cookie)
            return time.perf_counter() - began

    with served(str(folder.absolute()), "--public") as address:
        drop(1, address, threading.Barrier(1))  # what is imported once is nobody's wait
        for total in sizes:
            shares = [min(EACH, total - first) for first in range(0, total, EACH)]
            ready = threading.Barrier(len(shares), timeout=300)
            with ThreadPoolExecutor(len(shares)) as crowd:
                times.append((total, max(crowd.map(lambda some, ready=ready: drop(some, address, ready), shares))))
    name = f"Photos dropped at once, by visitors of {EACH} at most, all answered"
    return (Curve(name, "photos", "s", tuple(times), 4),)


def _photo(seed: int) -> bytes:
    """A JPEG of a small photo's size; to decode a phone's has its own benchmark."""
    content, few = io.BytesIO(), np.random.default_rng(seed).integers(0, 256, (60, 80, 3), np.uint8)
    Image.fromarray(few).resize((640, 480)).save(content, "JPEG")
    return content.getvalue()


@outputs()
def main() -> None:
    """Print the curves."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("curves", nargs="*", help="pictures, networks, visitors, uploads; all if none is named")
    parser.add_argument("--checkpoints", default="checkpoints", type=Path, help="the networks")
    parser.add_argument("--quick", action="store_true", help="the smaller sizes, to see that it works")
    asked = parser.parse_args()
    some = slice(2) if asked.quick else slice(None)
    curves: dict[str, Callable[[], tuple[Curve, ...]]] = {
        "pictures": lambda: pictures(PICTURES[some]),
        "networks": lambda: networks(asked.checkpoints, NETWORKS[some]),
        "visitors": lambda: visitors(asked.checkpoints, VISITORS[some]),
        "uploads": lambda: uploads(asked.checkpoints, UPLOADS[some]),
    }
    if unknown := [each for each in asked.curves if each not in curves]:
        parser.error(f"unknown curve {unknown[0]!r}; known: {', '.join(curves)}")
    print(f"{os.cpu_count()} cores, load before the measurement {os.getloadavg()[0]:.1f}")
    for name in asked.curves or curves:
        began = time.perf_counter()
        measured, found = stamp(), curves[name]()
        if not asked.quick:
            keep(found, measured)
        for curve in found:
            print("\n".join(curve.show()), flush=True)
        print(f"  ({time.perf_counter() - began:.0f} s)", flush=True)
    if not asked.quick:
        subprocess.run([sys.executable, str(ROOT / ".ci" / "renew_pages.py")], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
