"""Attacks on trainings: kills, failing writes, altered files and signals, and what is left of the runs.

    python -m benchmarks.reliability_runs [--kills 430] [--signals 34] [--every 1] [--only signals] [--quick]

Prints a JSON object a line, each a row of `benchmarks.reliability`. Linux and macOS: Windows has no fork.
"""

import argparse
import contextlib
import errno
import io
import json
import signal
import tempfile
import time
from pathlib import Path

from benchmarks.reliability import SECONDS, Row, run_attacks
from nat_core.errors import CheckpointError
from nat_core.outputs import outputs
from nat_core.training.state import newest_state
from tests.cli.test_signals import SIGNALS, TRAIN, started, stopped
from tests.store.test_altered import READERS, altered, published
from tests.training import test_faults as faults


def kills(home: Path, what: str, *options: str) -> None:
    """Kill a run at its file boundaries, or at moments drawn at random."""
    row = Row(f"kills at {what}")
    for kill in faults.kills(home, *options):
        row.count(json.dumps(kill), "not as a run left alone" if faults.unwell([kill]) else None)
    row.show()


def failing_writes(home: Path, every: int) -> None:
    """Let every call that writes fail once with each of a disk's errors, and go on."""
    row = Row("failing writes")
    whole = home / "whole"
    with faults.few_pictures_each():
        with faults.failing(0) as calls:
            faults.run(whole)
        for error in faults.ERRORS:
            for at in range(1, len(calls) + 1, every):
                what = f"{errno.errorcode[error]} at call {at}, {calls[at - 1]}"
                row.count(what, after_a_fault(at, error, home / what, whole))
    row.show()


def after_a_fault(at: int, error: int, out: Path, whole: Path) -> str | None:
    """Return what is wrong after the call of that number failed so and the run went on; None where nothing is."""
    problem = None
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            with faults.failing(at, error):
                faults.run(out)
        except OSError as raised:
            problem = None if raised.filename else "nobody knows which file failed"
        faults.run(out)
    if faults.weights_and_answers(out) != faults.weights_and_answers(whole):
        return "other weights or answers"
    return problem or (None if faults.files(out) == faults.files(whole) else "something is left behind")


def altered_files(home: Path, every: int) -> None:
    """Alter published files at their bytes, by the smallest and the largest change, and read them."""
    published(home)
    for file, read in READERS.items():
        row = Row(f"altered: {file.split('/')[-1]}")
        for place in range(0, (home / file).stat().st_size, every):
            for value in (1, 255):
                with altered(home / file, place, value):
                    try:
                        read(home)
                        failure = "not noticed"
                    except CheckpointError as error:
                        failure = None if Path(file).name in str(error) else "the file is not named"
                row.count(f"byte {place} by {value}", failure)
        row.show()


def signals(home: Path, number: int) -> None:
    """Ask trainings to stop, each so many times by each signal."""
    row = Row("signals")
    for asked in SIGNALS:
        for each in range(number):
            out = home / f"{asked}_{each}"
            # The clock begins as the signal is sent, which `stopped` does once the second epoch is under way.
            sent: list[float] = []
            status, text = stopped(started([*TRAIN, "--out", str(out)]), asked, r"epoch [2-9]", sent.append)
            state = newest_state(out / ".state" / "digits_nat")
            well = status == 128 + asked and state is not None and f"is saved at step {state.step:,} of" in text
            name = f"{signal.Signals(asked).name} {each}"
            row.count(name, None if well else text[-200:], **{SECONDS: time.monotonic() - sent[0]})
    row.show()


@outputs()
def main() -> None:
    """Print a row after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=430, help="how many at random moments; boundaries are 75 or so")
    parser.add_argument("--signals", type=int, default=34, help="how many of each kind")
    parser.add_argument("--every", type=int, default=1, help="alter every how manieth byte")
    parser.add_argument("--only", help="one of: boundaries, moments, writes, altered, signals")
    parser.add_argument("--quick", action="store_true", help="a little of it, to see that it works")
    options = parser.parse_args()
    part = 30 if options.quick else 1
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        attacks = {
            "boundaries": lambda: kills(home / "boundaries", "file boundaries", "--every", str(part)),
            "moments": lambda: kills(
                home / "moments", "any moment", "--every", "0", "--at-random", str(options.kills // part)
            ),
            "writes": lambda: failing_writes(home / "writes", part),
            "altered": lambda: altered_files(home / "altered", 20 * part if options.quick else options.every),
            "signals": lambda: signals(home / "signals", max(1, options.signals // part)),
        }
        run_attacks(attacks, options.only)


if __name__ == "__main__":
    main()
