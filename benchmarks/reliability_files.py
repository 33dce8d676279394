"""Attacks on the readers of files, measured: sets, networks, cards, states and taught heads, crafted and mutated.

    python -m benchmarks.reliability_files [--mutants 200000] [--seed 1] [--only cards] [--quick]

Prints a JSON object a line, each a row of `benchmarks.reliability`: failed is what came to anything but the reader's
own error; megabytes are those beyond the file's own size. Crafted files are read in processes of their own, whose
largest memory is known; mutants go through one process, whose growth is. Linux only, for what it says of a process.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.reliability import CPU, MB, Row, run_attacks
from nat_core.outputs import outputs
from tests.hostile_files import Target, targets
from tests.hostile_heads import own_heads_file

MEGABYTE = 1e6
SLACK = 8.0
"""Megabytes; an eighth of what a file may take."""


def attempt(target: Target, content: bytes) -> tuple[str | None, float]:
    """Return what a file got through to where it is not the reader's own error, and the seconds it took."""
    started = time.process_time()
    failure = None
    try:
        target.attacked_by(content)
    except Exception as error:  # noqa: BLE001 - what else comes out is what is counted
        failure = f"{type(error).__name__}: {error!s:.200}"
    return failure, time.process_time() - started


def in_turn(target: Target, files: dict[str, bytes]) -> Iterator[tuple[str, str | None, float, float]]:
    """Read files one after the other in a process of its own, and yield name, failure, seconds and megabytes of each.

    The megabytes are the most that the process has had beyond what it had before the file, so never too few. It ends
    early where they are more than `SLACK`, because they would count against all files that come after.
    """
    out, into = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            with os.fdopen(into, "w", buffering=1) as lines:
                for name, content in files.items():
                    before = resident()
                    failure, seconds = attempt(target, content)
                    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE - before
                    lines.write(json.dumps([name, failure, seconds, most]) + "\n")
                    if most > SLACK:
                        break
        finally:
            os._exit(0)
    os.close(into)
    with os.fdopen(out) as lines:
        yield from (json.loads(line) for line in lines)
    os.waitpid(pid, 0)


def resident() -> float:
    """Return the megabytes of memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / MEGABYTE


def crafted(target: Target) -> Row:
    """Return the figures of a kind's crafted files."""
    row = Row(f"crafted: {target.name}")
    left = dict(target.crafted)
    while left:
        there = len(left)
        for what, failure, seconds, most in in_turn(target, left):
            row.count(what, failure, **{CPU: seconds, MB: most - len(left.pop(what)) / MEGABYTE})
        if len(left) == there:
            left.pop(what := next(iter(left)))
            row.count(what, "it died without a word")
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


@outputs()
def main() -> None:
    """Attack every kind of file and print its figures."""
    parser = argparse.ArgumentParser(description="attack the readers of files")
    parser.add_argument("--mutants", type=int, default=200_000, help="how many of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="this kind of file: sets, networks, cards, states or heads")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the mutants, to see that it works")
    options = parser.parse_args()
    import torch  # before any process of its own is made, so that none of them counts its memory

    torch.set_num_threads(1)

    def attack(target: Target) -> None:
        crafted(target).show()
        mutated(target, options.mutants // (100 if options.quick else 1), options.seed).show()

    run_attacks({each.name: partial(attack, each) for each in (*targets(), own_heads_file())}, options.only)


if __name__ == "__main__":
    main()
