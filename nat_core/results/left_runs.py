"""What is left to run, in the queue's order of worth, each with its cost by the speeds that are recorded."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from nat_core.language import number, plural
from nat_core.paper.rendering import markdown_table
from nat_core.paper.tables import ABSENT, Grid
from nat_core.recipes import Recipe
from nat_core.store.runs import DivergedRun, RunRecord
from nat_core.studies.plan import PlannedRun, Study
from nat_core.studies.run_costs import measured_seconds

PROCESSOR = re.compile(r".+, (\d+) threads?", re.DOTALL)
"""How a record names a processor: with the threads that trained."""


@dataclass(frozen=True)
class LeftRun:
    """A run that nobody has trained yet."""

    run: PlannedRun
    study: str
    seconds: Mapping[str, float]
    """How long it would train, by hardware, where that is known."""

    @property
    def command(self) -> str:
        """What starts it."""
        return f"nat reproduce --run {self.run.key}"


def left(
    every: Sequence[Study], records: Mapping[str, RunRecord], diverged: Mapping[str, DivergedRun]
) -> tuple[LeftRun, ...]:
    """Return the runs without a record, of the studies that were begun, in order of worth.

    >>> left((), {}, {})
    ()
    """
    ended: Mapping[str, RunRecord | DivergedRun] = {**diverged, **records}
    found: dict[str, LeftRun] = {}
    for study in every:
        missing = [run for run in study.runs if run.key not in ended or ended[run.key].recipe != run.recipe]
        # Of a study that nobody began, its own section says so.
        if len(missing) < len(study.runs):
            for run in missing:
                found.setdefault(run.key, LeftRun(run, study.name, measured_seconds(run.recipe, records)))
    return tuple(found.values())


def without_network(
    every: Sequence[Study], records: Mapping[str, RunRecord], networks: Collection[tuple[Recipe, int]]
) -> tuple[PlannedRun, ...]:
    """Return the runs that have a record but no network, which the queue keeps: a whole study trains them again.

    `networks` are the recipes and seeds of those that are there.

    >>> without_network((), {}, ())
    ()
    """
    runs = {run.key: run for study in every for run in study.runs if run.kept}
    return tuple(
        run
        for key, run in runs.items()
        if key in records and records[key].recipe == run.recipe and (run.recipe, run.seed) not in networks
    )


def section(
    every: Sequence[Study],
    records: Mapping[str, RunRecord],
    diverged: Mapping[str, DivergedRun],
    networks: Collection[tuple[Recipe, int]] = (),
) -> list[str]:
    """Return the section of the results page; nothing where nothing is left of what was begun."""
    found = left(every, records, diverged)
    if not found:
        return []
    about = (
        f"{plural(len(found), 'run')} of the studies begun, in order of worth. What each would cost follows from the "
        "runs that are recorded here: hours of one core of a processor, minutes of a GPU that trains others beside, at "
        "the median speed of the runs most like it, whose machine may have been busy; a dash where no run of such a "
        "network is recorded. On another machine `nat reproduce --plan` times a few steps of each. What starts a run "
        "also goes on with it once it was stopped; its numbers go to `runs.json`, from where this page takes them."
    )
    if again := without_network(every, records, networks):
        about += (
            f" Of {plural(len(again), 'further run')} the numbers are here but not the networks, which other "
            "runs or measurements need: `nat reproduce --study` trains them again."
        )
    return ["## Runs that are left", about, markdown_table(grid(found))]


def grid(found: Sequence[LeftRun]) -> Grid:
    """Return the table, a row a run, a column for each hardware, and what all of them cost at the end.

    >>> grid(()).header
    ('study', 'epochs', 'command')
    """
    machines = list(dict.fromkeys(hardware for each in found for hardware in each.seconds))
    rows = [
        (
            each.study,
            str(each.run.recipe.epochs),
            *(_cost(each.seconds.get(machine), machine) for machine in machines),
            f"`{each.command}`",
        )
        for each in found
    ]
    if machines:
        rows.append((f"all {len(found)}", "", *(_total(found, machine) for machine in machines), ""))
    return Grid(("study", "epochs", *map(_title, machines), "command"), tuple(rows))


def _title(machine: str) -> str:
    return f"{'hours' if PROCESSOR.fullmatch(machine) else 'minutes'}, {machine}"


def _cost(seconds: float | None, machine: str) -> str:
    unit = 3600 if PROCESSOR.fullmatch(machine) else 60
    return ABSENT if seconds is None else number(seconds / unit, ",.1f")


def _total(found: Sequence[LeftRun], machine: str) -> str:
    """What all cost there, and of how many it is known where not of all."""
    known = [each.seconds[machine] for each in found if machine in each.seconds]
    return _cost(sum(known), machine) + ("" if len(known) == len(found) else f" ({len(known)} of them)")
