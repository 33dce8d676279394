"""All attacks, or some, and the table of what they came to: docs/reliability.md.

    python -m benchmarks.reliability [pictures files runs server crowd tests ...] [--quick] [OPTIONS OF A PART]

Runs `benchmarks.reliability_<part>` for each part named, all of them if none is, keeps what they print in
benchmarks/reliability.json, and writes the page from it. A row that a part did not print again keeps its older figures
and their date. With --quick the parts do a tenth or less, to see that they work; nothing is kept. What is not
known here is handed to the parts: `pictures --mutants 50000` tries fewer, and the page says how many of how many.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nat_core.outputs import outputs

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "benchmarks" / "reliability.json"
PAGE = ROOT / "docs" / "reliability.md"
PARTS = ("pictures", "files", "runs", "server", "crowd", "tests")
FAILURES_SHOWN = 5


@dataclass
class Row:
    """What one attack came to: how often it was tried, how often it got through, and the worst of each measure."""

    attack: str
    tried: int = 0
    failed: int = 0
    worst: dict[str, float] = field(default_factory=dict)
    """By measure, its unit in its name; the largest."""
    worst_at: dict[str, str] = field(default_factory=dict)
    """On what it was so."""
    failures: list[str] = field(default_factory=list)
    """The first few that got through."""

    def count(self, name: str, failure: str | None = None, **measured: float) -> None:
        """Add one trial, with what was measured of it."""
        self.tried += 1
        if failure is not None:
            self.failed += 1
            self.failures = [*self.failures, f"{name}: {failure:.200}"][:FAILURES_SHOWN]
        for measure, value in measured.items():
            if value > self.worst.get(measure, float("-inf")):
                self.worst[measure], self.worst_at[measure] = round(value, 4), name

    def show(self) -> None:
        """Print it, on a line of its own."""
        print(json.dumps(asdict(self)), flush=True)


@dataclass(frozen=True)
class AttackGoal:
    """What a row is held against."""

    part: str
    attack: str
    """The row's name, or how the names of several begin."""
    words: str
    tried: int
    """How often at least, over all its rows."""
    limits: dict[str, float] = field(default_factory=dict)
    """The most of each measure."""
    share_failed: float = 0.0
    """Which share may fail; none of what is an attack."""


CPU, MB, SECONDS, P95, HEALTH = "CPU s", "MB", "s", "p95 s", "health s"
GOALS = (
    AttackGoal("pictures", "mutated pictures", "0 uncaught, at most .25 s, growth of at most 64 MB", 1_000_000,
               {CPU: 0.25, MB: 64}),
    AttackGoal("pictures", "bombs", "refused within 50 ms and 16 MB", 78, {CPU: 0.05, MB: 16}),
    AttackGoal("pictures", "largest pictures", "read within 1 s and 200 MB", 23, {CPU: 1, MB: 200}),
    AttackGoal("pictures", "odd pictures", "within 1 of 255 of a reference, none refused", 2_000),
    AttackGoal("pictures", "hostile archives", "0 uncaught, at most 1 s and 32 MB", 120, {CPU: 1, MB: 32}),
    AttackGoal("pictures", "mutated archives", "0 uncaught, at most 1 s and 32 MB", 200_000, {CPU: 1, MB: 32}),
    AttackGoal("files", "crafted:", "0 uncaught, at most .5 s, 64 MB beyond the file", 390, {CPU: 0.5, MB: 64}),
    AttackGoal("files", "mutants:", "0 uncaught, at most .5 s, growth of at most 64 MB", 1_000_000, {CPU: 0.5, MB: 64}),
    AttackGoal("runs", "kills", "bit-equal when it goes on, nothing left behind", 500),
    AttackGoal("runs", "failing writes", "last good state loads, the file named", 75),
    AttackGoal("runs", "altered", "always noticed, always said", 10_000),
    AttackGoal("runs", "signals", "saved and out within 5 s", 100, {SECONDS: 5}),
    AttackGoal("crowd", "100 visitors", "0 errors, answers' p95 at most 1.5 s, health's p99 at most .5 s", 10_000,
               {P95: 1.5, "health p99 s": 0.5}),
    AttackGoal("crowd", "an answer of Thresholds", "at most 10 ms of the server's CPU", 100, {"CPU ms": 10}),
    AttackGoal("crowd", "a first visit", "at most 120 ms of the server's CPU", 20, {"CPU ms": 120}),
    AttackGoal("server", "visits that come and go", "at most 1 kB a visit, descriptors and threads back", 10_000,
               {"bytes a visit": 1_000, "descriptors": 2, "threads": 2}),
    AttackGoal("server", "flood:", "health within 1 s, others' p95 at most doubled, no restart", 5,
               {HEALTH: 1, "times p95": 2}),
    AttackGoal("server", "requests", "0 leaks, 0 writes, headers there", 320),
    AttackGoal("server", "another's visit", "no write, no takeover", 300),
    AttackGoal("server", "marks", "0 seen by another", 10_000),
    AttackGoal("tests", "branches of loaders", "every branch taken by a test", 1_000),
    AttackGoal("tests", "branches of the whole", "at least 95 of 100 taken by a test", 4_000, share_failed=0.05),
    AttackGoal("tests", "mutants of", "at least 95 of 100 changes noticed", 1_500, share_failed=0.05),
    AttackGoal("tests", "mutants drawn", "at least 90 of 100 changes noticed", 400, share_failed=0.1),
    AttackGoal("tests", "runs of the quick tests", "no test fails in any", 100),
)  # fmt: skip


def run_attacks(attacks: Mapping[str, Callable[[], None]], only: str | None) -> None:
    """Run a part's attacks in turn, or the one of them that is named. Raises SystemExit for a name that none has."""
    if only is not None and only not in attacks:
        raise SystemExit(f"no attack is called {only!r}: name one of {', '.join(attacks)}")
    for name, attack in attacks.items():
        if only in (None, name):
            attack()


def measured(part: str, options: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows that a part prints, each complete by itself, and show them as they come."""
    command = [sys.executable, "-m", f"benchmarks.reliability_{part}", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as run:
        for line in run.stdout or ():
            print(line, end="", flush=True)
            yield json.loads(line)
    if run.returncode:
        raise SystemExit(f"{part} ended with {run.returncode}: the rows after the last one shown are missing")


def page(kept: dict[str, Any]) -> str:
    """Return the page, from what was kept of each part's rows."""
    lines = [
        "# What was tried to break it",
        "",
        "Written by `python -m benchmarks.reliability` from what it measured; no figure here is typed. *Failed* is",
        "what got through: an exception that is none of ours, another's words, a lost state. CPU seconds are the",
        "process's own; megabytes are beyond what it had before. Server and attackers share the machine, so a busy one",
        "measures itself: the load is that before the part. `pytest` runs a share of each, `pytest -m endurance` more.",
        "",
        "| Attack | Goal | Tried | Failed | Worst | Goal met | Measured |",
        "|---|---|--:|--:|---|---|---|",
    ]
    for goal in GOALS:
        rows = [row for row in kept.get(goal.part, ()) if row["attack"].startswith(goal.attack)]
        enough = sum(row["tried"] for row in rows) >= goal.tried
        lines += [_line(goal, row, enough) for row in rows] or [
            f"| {goal.attack.rstrip(':')} | {goal.words} |  |  |  |  | not measured |"
        ]
        if len(rows) > 1:
            tried = sum(row["tried"] for row in rows)
            lines.append(
                f"| *together* |  | {tried:,} of {goal.tried:,} | {sum(row['failed'] for row in rows):,} |  |  |  |"
            )
    machines = sorted({row["on"] for rows in kept.values() for row in rows})
    return "\n".join([*lines, "", *(f"- {machine}" for machine in machines), ""])


def _line(goal: AttackGoal, row: dict[str, Any], enough: bool) -> str:
    over = [measure for measure, most in goal.limits.items() if row["worst"].get(measure, 0) > most]
    many = f"{row['tried']:,}" + ("" if row["tried"] >= goal.tried or ":" in goal.attack else f" of {goal.tried:,}")
    met = "yes" if enough else "so far: fewer were tried"
    failed = row["failed"] > goal.share_failed * row["tried"]
    if over or failed:
        met = "no: " + ", ".join([*(["failures"] if failed else []), *over])
    worst = ", ".join(
        f"{value:g} {measure}" + (f" ({row['worst_at'][measure]})" if measure in over else "")
        for measure, value in row["worst"].items()
    )
    return f"| {row['attack']} | {goal.words} | {many} | {row['failed']:,} | {worst} | {met} | {row['date']} |"


@outputs()
def main() -> None:
    """Measure what is asked for, keep it and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of them if none is named")
    parser.add_argument("--quick", action="store_true", help="a tenth of it, to see that it works; kept nowhere")
    options, handed_on = parser.parse_known_args()
    handed_on += ["--quick"] if options.quick else []
    for part in options.parts or PARTS:
        load = os.getloadavg()[0]
        on = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
        stamp = {"date": f"{datetime.now(UTC):%Y-%m-%d}, load {load:.1f}", "on": on}
        for row in measured(part, handed_on):
            if not options.quick:
                keep(part, row | stamp)


def keep(part: str, row: dict[str, Any]) -> None:
    """Put a row in the place of the older one of its name, and write the page.

    What is kept is read anew for each, because parts that take hours may be measured beside each other.
    """
    kept = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    kept[part] = [*({each["attack"]: each for each in kept.get(part, ())} | {row["attack"]: row}).values()]
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    PAGE.write_text(page(kept))


if __name__ == "__main__":
    main()
