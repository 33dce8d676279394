"""How much the tests would notice: branches of the borders that they take, and changed formulas that they refuse.

    python -m benchmarks.reliability_tests [--measured DATA] [--quick]

Prints a JSON object a line, each a row of `benchmarks.reliability`. Coverage is measured while the tests of BORDERS
run, in one process; `--measured` names a folder of coverage's data of such runs instead, which may be several, each of
some tests. Mutants are counted as `mutmut run` left them in mutants/ (its settings stand in pyproject.toml), those that
it has tried: none where it was not run. Neither is needed for anything else, so neither is in requirements.txt:

    pip install coverage==7.17.5 mutmut==3.8.1
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.reliability import Row
from nat_core.stopping import left_quietly

ROOT = Path(__file__).parents[1]
CODE = (
    "nat_core/data/*", "nat_core/store/*", "nat_core/measure/*", "nat_core/training/state.py",
    "nat_core/training/losses.py", "nat_core/network/uploaded_networks.py", "nat_core/network/wrapping.py",
    "app/visit/decoding.py", "app/server/uploads.py", "app/server/guard.py",
)  # fmt: skip
"""What reads strangers' files and requests, keeps states, and computes what is reported."""
TESTS = (
    "tests/data", "tests/store", "tests/measure", "tests/training", "tests/network/test_uploaded_networks.py",
    "tests/network/test_wrapping.py", "tests/test_strangers.py", "tests/test_hostile_files.py", "tests/server",
    "tests/app/test_photos_page.py", "tests/app/test_fair_queue.py", "tests/cli", "tests/network", "tests/ranks",
    "tests/small", "nat_core/data", "nat_core/store", "nat_core/measure", "nat_core/training", "nat_core/network",
)  # fmt: skip
SURVIVED, NOT_REACHED = 0, 33
"""How mutmut writes that the tests passed all the same, and that none of them calls the function."""


def covered(measured: Path | None, quick: bool) -> Row:
    """Return how many branches there are, and how many no test takes."""
    with tempfile.TemporaryDirectory() as made:
        folder = measured or Path(made)
        if measured is None:
            _coverage(folder, "run", "-m", "pytest", "-n", "0", "-q", *(TESTS[2:3] if quick else TESTS))
        together = Path(made) / "together"
        # Each by its name: of a folder, only files are taken that are called like the one they are combined in.
        data = [str(each) for each in sorted(folder.iterdir()) if each.is_file()]
        _coverage(folder, "combine", "--keep", "--quiet", f"--data-file={together}", *data)
        report = Path(made) / "report.json"
        chosen = f"--include={','.join(CODE)}"
        _coverage(folder, "json", f"--data-file={together}", "-o", str(report), chosen, "--quiet")
        found = json.loads(report.read_text(encoding="utf-8"))
    row = Row("branches of loaders, states, metrics and losses")
    totals = found["totals"]
    row.tried, row.failed = totals["num_branches"], totals["missing_branches"]
    for path, each in found["files"].items():
        row.failures += [f"{path}: {before} to {after}" for before, after in each["missing_branches"]]
    # A file that nothing imports is in no report: it counts as one branch that was not taken.
    for path in sorted({path for pattern in CODE for path in ROOT.glob(pattern.replace("*", "**/*.py"))}):
        if (name := path.relative_to(ROOT).as_posix()) not in found["files"]:
            row.count(name, "no test imports it")
    row.worst = {"% missed": round(100 * row.failed / max(row.tried, 1), 2), "lines missed": totals["missing_lines"]}
    row.failures = row.failures[:5]
    return row


def _coverage(folder: Path, *arguments: str) -> None:
    # Its own file, so that nothing lies about in the clone; what the tests start writes beside it.
    where = {"COVERAGE_FILE": str(folder / "measured")}
    subprocess.run(
        [sys.executable, "-m", "coverage", *arguments], cwd=ROOT, env=os.environ | where, check=True, stdout=sys.stderr
    )


def noticed(mutants: Path) -> Row:
    """Return how many mutants were tried, and how many of them no test noticed, by the files that mutmut keeps."""
    row = Row("mutants of metrics, costs, scores, losses, states and tensors")
    for meta in sorted(mutants.rglob("*.meta")):
        kept = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
        for name, code in kept.items():
            if code is not None:
                row.count(name, "no test noticed" if code in (SURVIVED, NOT_REACHED) else None)
    row.worst = {"% not noticed": round(100 * row.failed / max(row.tried, 1), 2)}
    return row


@left_quietly()
def main() -> None:
    """Measure and count, and print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measured", type=Path, help="a folder of coverage's data, measured before")
    parser.add_argument("--quick", action="store_true", help="the tests of the metrics alone")
    options = parser.parse_args()
    covered(options.measured, options.quick).show()
    if any((ROOT / "mutants").rglob("*.meta")):
        noticed(ROOT / "mutants").show()


if __name__ == "__main__":
    main()
