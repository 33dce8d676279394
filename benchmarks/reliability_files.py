"""Attacks on the readers of files, measured: crafted files and mutants of image sets, networks, cards and states.

    python -m benchmarks.reliability_files [--mutants 200000] [--seed 1]

Prints a JSON object a line: the kind, how many were tried and how many failed (anything but the reader's own error came
out), and of the worst one the seconds of the processor and the megabytes beyond the file's own size. Each crafted file
is read in a process of its own, whose largest memory is known; mutants go through one process, whose growth is.
"""

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable

from tests.hostile_files import Target, targets

MEGABYTE = 1e6


def attempt(target: Target, content: bytes) -> tuple[bool, float]:
    """Return whether a file got through to something else than the reader's own error, and the seconds it took."""
    started = time.process_time()
    try:
        target.attacked_by(content)
        failed = False
    except Exception as error:  # noqa: BLE001 - what else comes out is what is counted
        print(f"{target.name}: {type(error).__name__}: {error!s:.200}", file=sys.stderr)
        failed = True
    return failed, time.process_time() - started


def apart(work: Callable[[], tuple[bool, float]]) -> tuple[bool, float, float]:
    """Do it in a process of its own; return what it returns, and the megabytes of memory that it had at most."""
    out, into = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(into, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(into)
    _, _, used = os.wait4(pid, 0)
    said = os.read(out, 1000)
    os.close(out)
    failed, seconds = json.loads(said) if said else (True, 0.0)  # it died without a word
    return failed, seconds, used.ru_maxrss * 1024 / MEGABYTE


def crafted(target: Target) -> dict[str, object]:
    """Return the figures of a kind's crafted files."""
    results = []
    for what, content in target.crafted.items():
        *_, before = apart(lambda: (False, 0.0))  # what a process has that does nothing
        failed, seconds, most = apart(lambda content=content: attempt(target, content))
        results.append((failed, seconds, most - before - len(content) / MEGABYTE, what))
    slowest, largest = max(results, key=lambda each: each[1]), max(results, key=lambda each: each[2])
    return {
        "attack": f"{target.name}, crafted", "tried": len(results), "failed": sum(each[0] for each in results),
        "worst_seconds": round(slowest[1], 3), "slowest": slowest[3],
        "worst_megabytes": round(largest[2], 1), "largest": largest[3],
    }  # fmt: skip


def mutated(target: Target, number: int, seed: int) -> dict[str, object]:
    """Return the figures of so many mutants of a kind's sound files."""
    failures, worst = 0, 0.0
    target.attacked_by(target.sound[0])  # what is made once is no growth
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for content in target.mutants(number, seed):
        failed, seconds = attempt(target, content)
        failures, worst = failures + failed, max(worst, seconds)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / MEGABYTE
    return {
        "attack": f"{target.name}, mutants", "tried": number, "failed": failures, "worst_seconds": round(worst, 3),
        "worst_megabytes": round(grown, 1),
    }  # fmt: skip


def main() -> None:
    """Attack every kind of file and print its figures."""
    parser = argparse.ArgumentParser(description="attack the readers of files")
    parser.add_argument("--mutants", type=int, default=200_000, help="how many of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    import torch  # before any process of its own is made, so that none of them counts its memory

    torch.set_num_threads(1)
    for target in targets():
        print(json.dumps(crafted(target)), flush=True)
        print(json.dumps(mutated(target, options.mutants, options.seed)), flush=True)


if __name__ == "__main__":
    main()
