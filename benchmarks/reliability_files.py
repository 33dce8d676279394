"""Attacks on the readers of files, measured: crafted files and mutants of image sets, networks, cards and states.

    python -m benchmarks.reliability_files [--mutants 200000] [--seed 1] [--quick]

Prints a JSON object a line, each a row of `benchmarks.reliability`: failed is what came to anything but the reader's
own error; megabytes are those beyond the file's own size. Each crafted file is read in a process of its own, whose
largest memory is known; mutants go through one process, whose growth is.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Callable

from benchmarks.reliability import CPU, MB, Row
from tests.hostile_files import Target, targets

MEGABYTE = 1e6


def attempt(target: Target, content: bytes) -> tuple[str | None, float]:
    """Return what a file got through to where it is not the reader's own error, and the seconds it took."""
    started = time.process_time()
    failure = None
    try:
        target.attacked_by(content)
    except Exception as error:  # noqa: BLE001 - what else comes out is what is counted
        failure = f"{type(error).__name__}: {error!s:.200}"
    return failure, time.process_time() - started


def apart(work: Callable[[], tuple[str | None, float]]) -> tuple[str | None, float, float]:
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
    failure, seconds = json.loads(said) if said else ("it died without a word", 0.0)
    return failure, seconds, used.ru_maxrss * 1024 / MEGABYTE


def crafted(target: Target) -> Row:
    """Return the figures of a kind's crafted files."""
    row = Row(f"crafted: {target.name}")
    for what, content in target.crafted.items():
        *_, before = apart(lambda: (None, 0.0))  # what a process has that does nothing
        failure, seconds, most = apart(lambda content=content: attempt(target, content))
        row.count(what, failure, **{CPU: seconds, MB: most - before - len(content) / MEGABYTE})
    return row


def mutated(target: Target, number: int, seed: int) -> Row:
    """Return the figures of so many mutants of a kind's sound files."""
    row = Row(f"mutants: {target.name}")
    target.attacked_by(target.sound[0])  # what is made once is no growth
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for each, content in enumerate(target.mutants(number, seed)):
        failure, seconds = attempt(target, content)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / MEGABYTE
        row.count(f"mutant {each}", failure, **{CPU: seconds, MB: grown})
    return row


def main() -> None:
    """Attack every kind of file and print its figures."""
    parser = argparse.ArgumentParser(description="attack the readers of files")
    parser.add_argument("--mutants", type=int, default=200_000, help="how many of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the mutants, to see that it works")
    options = parser.parse_args()
    import torch  # before any process of its own is made, so that none of them counts its memory

    torch.set_num_threads(1)
    for target in targets():
        crafted(target).show()
        mutated(target, options.mutants // (100 if options.quick else 1), options.seed).show()


if __name__ == "__main__":
    main()
