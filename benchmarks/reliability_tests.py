"""How much the tests would notice: branches that they take, changed formulas that they refuse, and whether they waver.

    python -m benchmarks.reliability_tests [--only coverage|mutants|runs] [--measured DATA] [--whole]
        [--runs N] [--anew] [--quick] [--draw N] [--look-again]

Prints a JSON object a line, each a row of `benchmarks.reliability`. Coverage is measured while the tests of BORDERS
run, in one process, or with --whole all tests, for the whole package as well; `--measured` names a folder of coverage's
data of such runs instead, which may be several, each of some tests. Mutants are counted as `mutmut run` left them in
mutants/ (its settings stand in pyproject.toml), those that it has tried: none where it was not run. Of the files where
formulas and states are, all are worth trying; of the whole engine there are ten thousands, so some are drawn at random:

    mutmut run 'nat_core.measure.metrics.*'                                     # makes all, tries those of one file
    mutmut run $(python -m benchmarks.reliability_tests --draw 400)
    python -m benchmarks.reliability_tests --look-again

mutmut knows no test that runs code in another process, and what is computed on import, or was kept by a test before, is
over before it changes anything. So the drawn mutants that it found nobody to notice are looked at again, each by the
tests of its room, its module's examples and the tests of FURTHER, which begin anew with it. A mutant that ends in a
loop or a crash was noticed.

`--runs` runs the quick tests so many times more and adds them to those that benchmarks/reliability.json counts already
(`--anew`: to none); it takes minutes each, and none are run unless asked for. Neither tool is needed for anything else,
so neither is in requirements.txt:

    pip install coverage==7.17.5 mutmut==3.8.1
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree

from benchmarks.reliability import KEPT, Row, run_attacks
from nat_core.outputs import outputs

ROOT = Path(__file__).parents[1]
CODE = (
    "nat_core/data/*", "nat_core/store/*", "nat_core/measure/*", "nat_core/training/state.py",
    "nat_core/training/losses.py", "nat_core/network/uploaded_networks.py", "nat_core/network/wrapping.py",
    "app/visit/decoding.py", "app/server/transfers/uploads.py", "app/server/guard.py",
)  # fmt: skip
"""What reads strangers' files and requests, keeps states, and computes what is reported."""
TESTS = (
    "tests/data", "tests/store", "tests/measure", "tests/training", "tests/network/test_uploaded_networks.py",
    "tests/network/test_wrapping.py", "tests/test_strangers.py", "tests/test_hostile_files.py", "tests/server",
    "tests/app/test_photos_page.py", "tests/app/test_fair_queue.py", "tests/cli", "tests/network", "tests/ranks",
    "tests/small", "nat_core/data", "nat_core/store", "nat_core/measure", "nat_core/training", "nat_core/network",
)  # fmt: skip
WHOLE = ("nat_core/*", "app/*")
RUNS = "runs of the quick tests"
QUICK = ("-m", "not slow and not browser", "-n", str(os.cpu_count() or 1))
FORMULAS = tuple(
    f"nat_core.{module}."
    for module in ("measure.error_costs", "measure.metrics", "measure.scores", "store.tensors", "training.losses",
                   "training.state")
)  # fmt: skip
"""How the mutants begin of which every one is tried."""
FURTHER = (
    "tests/app", "tests/ranks", "tests/test_hostile_files.py", "tests/test_language.py", "tests/test_notebook.py",
    "tests/test_strangers.py",
)  # fmt: skip
"""Tests beside those that mutmut runs: they take longer, or run the code in other processes."""
LOOKED = "looked_again.json"
"""In mutants/, by the mutants' names: whether a test noticed it after all."""
SURVIVED, NOT_REACHED = 0, 33
"""How mutmut writes that the tests passed all the same, and that none of them calls the function."""


def covered(measured: Path | None, *, whole: bool, quick: bool) -> Iterator[Row]:
    """Yield how many branches there are, and how many no test takes: of the borders, and of the whole package."""
    with tempfile.TemporaryDirectory() as made:
        folder = measured or Path(made)
        if measured is None:
            chosen = () if whole else TESTS[2:3] if quick else TESTS
            _coverage(folder, "run", "-m", "pytest", "-n", "0", "-q", *chosen)
        together = Path(made) / "together"
        # Each by its name: of a folder, only files are taken that are called like the one they are combined in.
        data = [str(each) for each in sorted(folder.iterdir()) if each.is_file()]
        _coverage(folder, "combine", "--keep", "--quiet", f"--data-file={together}", *data)
        yield _branches("branches of loaders, states, metrics and losses", CODE, together)
        if whole:
            yield _branches("branches of the whole package", WHOLE, together)


def _branches(name: str, code: tuple[str, ...], data: Path) -> Row:
    report = data.parent / "report.json"
    chosen = f"--include={','.join(code)}"
    _coverage(data.parent, "json", f"--data-file={data}", "-o", str(report), chosen, "--quiet")
    found = json.loads(report.read_text(encoding="utf-8"))
    row, totals = Row(name), found["totals"]
    row.tried, row.failed = totals["num_branches"], totals["missing_branches"]
    for path, each in found["files"].items():
        row.failures += [f"{path}: {before} to {after}" for before, after in each["missing_branches"]]
    # A file that nothing imports is in no report: it counts as one branch that was not taken.
    for path in sorted({path for pattern in code for path in ROOT.glob(pattern.replace("*", "**/*.py"))}):
        if (known := path.relative_to(ROOT).as_posix()) not in found["files"]:
            row.count(known, "no test imports it")
    row.worst = {"% missed": round(100 * row.failed / max(row.tried, 1), 2), "lines missed": totals["missing_lines"]}
    row.failures = row.failures[:5]
    return row


def _coverage(folder: Path, *arguments: str) -> None:
    # Its own file, so that nothing lies about in the clone; what the tests start writes beside it.
    where = {"COVERAGE_FILE": str(folder / "measured")}
    subprocess.run(
        [sys.executable, "-m", "coverage", *arguments], cwd=ROOT, env=os.environ | where, check=True, stdout=sys.stderr
    )


def results(mutants: Path) -> dict[str, int | None]:
    """Return how each mutant's tests ended, by the files that mutmut keeps: None for those that it has not tried."""
    found: dict[str, int | None] = {}
    for meta in sorted(mutants.rglob("*.meta")):
        found |= json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def drawn(found: Mapping[str, object]) -> list[str]:
    """Return the names of the engine's mutants in an order of chance: the same each time, whatever comes and goes."""
    return sorted(found, key=lambda name: hashlib.sha256(name.encode()).digest())


def look_again(mutants: Path) -> None:
    """Let further tests look at the drawn mutants that nobody noticed, and keep what they find in LOOKED."""
    if _failed((*FURTHER, "-x", *QUICK), mutants, MUTANT_UNDER_TEST=""):
        raise SystemExit("these tests fail without any change")
    looked, found = looked_again(mutants), results(mutants)
    missed = [name for name in _by_chance(found) if found[name] in (SURVIVED, NOT_REACHED) and name not in looked]
    for number, name in enumerate(missed, start=1):
        # Its room's own tests again: what mutmut tries it with remembers what was computed before it was changed.
        room, module = f"tests/{name.split('.')[1]}", name.rpartition(".")[0].replace(".", "/") + ".py"
        own = (room,) if (mutants / room).is_dir() else ()
        failed = _failed((*own, module, *FURTHER, "-x", *QUICK), mutants, MUTANT_UNDER_TEST=name)
        print(f"{number} of {len(missed)} {name}: {', '.join(failed) or 'not noticed'}", file=sys.stderr)
        looked[name] = bool(failed)
        (mutants / LOOKED).write_text(json.dumps(looked, indent=1), encoding="utf-8")


def looked_again(mutants: Path) -> dict[str, bool]:
    """Return which mutants were looked at again, and whether each was noticed then."""
    kept = mutants / LOOKED
    return json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}


def _by_chance(found: Mapping[str, int | None]) -> list[str]:
    """The mutants drawn, up to the first that was not tried."""
    return list(takewhile(lambda name: found[name] is not None, drawn(found)))


def noticed(found: Mapping[str, int | None], again: Mapping[str, bool] = MappingProxyType({})) -> Iterator[Row]:
    """Yield how many mutants were tried, and how many of them no test noticed: of FORMULAS, and of those drawn.

    `again` says which of them were noticed when they were looked at again.
    """
    tried = {name: code for name, code in found.items() if code is not None}
    formulas = [name for name in tried if name.startswith(FORMULAS)]
    chance = _by_chance(found)
    for title, names in (
        ("mutants of metrics, costs, scores, losses, states and tensors", formulas),
        ("mutants drawn from the whole engine", chance),
    ):
        row = Row(title)
        for name in names:
            missed = tried[name] in (SURVIVED, NOT_REACHED) and not again.get(name)
            row.count(name, "no test noticed" if missed else None)
        row.worst = {"% not noticed": round(100 * row.failed / max(row.tried, 1), 2)}
        if names:
            yield row


def repeated(runs: int, *, anew: bool) -> Row:
    """Run the quick tests again and again, and return how many runs there were and in how many a test failed."""
    kept = {} if anew or not KEPT.is_file() else json.loads(KEPT.read_text(encoding="utf-8"))
    row = Row(RUNS)
    for before in kept.get("tests", ()):
        if before["attack"] == RUNS:
            row.tried, row.failed, row.failures = before["tried"], before["failed"], before["failures"]
    for number in range(runs):
        failed = _failed(QUICK)
        row.count(f"run {row.tried + 1}", ", ".join(failed) or None)
        print(f"{number + 1} of {runs}: {', '.join(failed) or 'all passed'}", file=sys.stderr)
    return row


def _failed(chosen: tuple[str, ...], folder: Path = ROOT, **variables: str) -> list[str]:
    """Run tests in a clone's folder with these variables, and return the names of those that failed."""
    with tempfile.TemporaryDirectory() as made:
        report = Path(made) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *chosen]
        run = subprocess.run(
            command, cwd=folder, env=os.environ | variables, stdout=subprocess.DEVNULL, check=False
        )  # fmt: skip
        if not report.is_file():
            raise SystemExit(f"pytest ended with {run.returncode} and no report: {' '.join(command)}")
        cases = ElementTree.parse(report).iter("testcase")
    return [case.get("name", "") for case in cases if {"failure", "error"} & {each.tag for each in case}]


@outputs()
def main() -> None:
    """Measure and count, and print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="one of: coverage, mutants, runs")
    parser.add_argument("--measured", type=Path, help="a folder of coverage's data, measured before")
    parser.add_argument("--whole", action="store_true", help="of all tests, for the whole package as well")
    parser.add_argument("--runs", type=int, default=0, help="how often to run the quick tests")
    parser.add_argument("--anew", action="store_true", help="forget the runs that were counted before")
    parser.add_argument("--quick", action="store_true", help="the tests of the metrics alone")
    parser.add_argument("--draw", type=int, help="name so many of the engine's mutants, for `mutmut run`, and end")
    parser.add_argument("--look-again", action="store_true", help="let further tests look at mutants, and end")
    options = parser.parse_args()
    if options.look_again:
        look_again(ROOT / "mutants")
        return
    if options.draw:
        print(*drawn(results(ROOT / "mutants"))[: options.draw], sep="\n")
        return

    def coverage() -> None:
        for row in covered(options.measured, whole=options.whole, quick=options.quick):
            row.show()

    def mutants() -> None:
        for row in noticed(results(ROOT / "mutants"), looked_again(ROOT / "mutants")):
            row.show()

    def runs() -> None:
        if options.runs:
            repeated(options.runs, anew=options.anew).show()

    run_attacks({"coverage": coverage, "mutants": mutants, "runs": runs}, options.only)


if __name__ == "__main__":
    main()
