"""What was tried at equal cost: every candidate whose step runs as many pictures as NAT's, by NCR at 95 % kept.

Each is held against the NAT of its own study (its epochs, its set), as a change in percent: by confidence, and by
energy where the runs of both reported it. A candidate deserves a name of its own when it lowers NCR by GOAL, by either
score, at an accuracy that is not lower, over three seeds; the page says whether one did.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nat_core.language import _, ngettext, number
from nat_core.measure.report import NetworkReport
from nat_core.measure.rounding import points, points_text, rate_text, share_of
from nat_core.paper.by_score import ENERGY
from nat_core.paper.rendering import markdown_table
from nat_core.paper.tables import ABSENT, Grid
from nat_core.recipes import Recipe, recipe_in_protocol
from nat_core.results.section import headline_of
from nat_core.store.runs import RunRecord
from nat_core.studies.choice import pictures_a_step
from nat_core.studies.plan import PlannedRun, Study
from nat_core.studies.rows import FEWEST_SEEDS, Measure, StudyRow, accuracy, measure_on, rows_of

GOAL = -0.3
"""By how much NCR at 95 % kept was to fall, as a share of NAT's."""
OWN = {
    "frontier": ("frontier_nat",),
    "beyond": ("held_out_nat",),
    "joined": ("held_out_nat",),
    "argued": ("wrn16_1_nat",),
    "nat_plus": ("wrn16_1_nat",),
    "strong": ("resnet18_nat", "wrn16_1_nat"),
}
"""The NAT that a study's candidates are held against, one for each architecture."""


@dataclass(frozen=True)
class Candidate:
    """One candidate beside the NAT of its study."""

    label: str
    study: str
    epochs: int
    set_name: str
    seeds: int
    nats_seeds: int
    ncr: float
    nats: float
    points: float
    """Accuracy beside NAT's, in percentage points; of both as they are written."""
    by_energy: tuple[float, float] | None = None
    """NCR at 95 % kept by energy, its own and NAT's; None where the runs of one did not report it."""
    energy_seeds: tuple[int, int] = (0, 0)
    """Of how many seeds, its own and NAT's: the older of its runs may not have reported it."""

    @property
    def fewest_seeds(self) -> int:
        """The smallest number of them, by energy too where it is known: on so many seeds the changes rest."""
        return min(self.seeds, self.nats_seeds, *(self.energy_seeds if self.by_energy else ()))

    @property
    def change(self) -> float:
        """Of NCR at 95 % kept, as a share of NAT's; of both as they are written."""
        return share_of(self.ncr, self.nats) - 1

    @property
    def energy_change(self) -> float | None:
        """The same by energy, None where it is not known."""
        return None if self.by_energy is None else share_of(*self.by_energy) - 1

    @property
    def reaches(self) -> bool:
        """Whether it falls by the goal, by energy too where that is known, at an accuracy that is not lower."""
        changes = [self.change, *([] if self.energy_change is None else [self.energy_change])]
        return max(changes) <= GOAL and self.points >= 0


def tried(every: Sequence[Study], records: Mapping[str, RunRecord]) -> tuple[Candidate, ...]:
    """Return every candidate that was run and costs what NAT costs, the one that lowers NCR most first.

    >>> tried((), {})
    ()
    """
    found = [each for study in every if study.name in OWN for each in _of_study(study, records)]
    return tuple(sorted(found, key=lambda each: each.change))


def _of_study(study: Study, records: Mapping[str, RunRecord]) -> Iterator[Candidate]:
    for protocol in dict.fromkeys(run.recipe.protocol for run in study.runs):
        runs = tuple(run for run in study.runs if run.recipe.protocol == protocol)
        # What a study trained for longer stands beside the NAT that learned as long, which another study may have run.
        missing = set(OWN[study.name]) - {run.recipe.name for run in runs}
        runs += tuple(PlannedRun(recipe_in_protocol(name, protocol)) for name in sorted(missing))
        yield from _of_protocol(replace(study, runs=runs), records)


def _of_protocol(study: Study, records: Mapping[str, RunRecord]) -> list[Candidate]:
    recipes = {run.recipe.name: run.recipe for run in study.runs}
    rows = {row.label: row for row in rows_of(study, records) if row.reports}
    # By what it costs, as each architecture has its own.
    nats = {_cost(recipes[name]): rows[name] for name in OWN[study.name] if name in rows}
    found = []
    for label, row in rows.items():
        # A second reading of one network stands under the name of its recipe with a word behind.
        recipe = recipes[label.partition(", ")[0]]
        own = nats.get(_cost(recipe)) if recipe.has_negatives else None
        if own is None or row is own:
            continue
        if each := _beside(row, own, study.name, recipe.epochs, headline_of(own)):
            found.append(each)
    return found


def _cost(recipe: Recipe) -> tuple[str, int]:
    return recipe.architecture, pictures_a_step(recipe)


def _beside(row: StudyRow, own: StudyRow, study: str, epochs: int, set_name: str) -> Candidate | None:
    rates = [each.over_seeds(measure_on(set_name, "ncr_at_95_kept")) for each in (row, own)]
    right = [each.over_seeds(accuracy) for each in (row, own)]
    (ncr, nats), (ours, theirs) = rates, right
    if ncr is None or nats is None or not nats.mean or ours is None or theirs is None:
        return None
    more = points(ours.mean, theirs.mean)
    energies = [each.over_seeds(_energy_on(set_name)) for each in (row, own)]
    known = [each for each in energies if each is not None and each.mean]
    found = Candidate(row.label, study, epochs, set_name, ncr.seeds, nats.seeds, ncr.mean, nats.mean, more)
    if len(known) < len(energies):
        return found
    (mine, its) = known
    return replace(found, by_energy=(mine.mean, its.mean), energy_seeds=(mine.seeds, its.seeds))


def _energy_on(set_name: str) -> Measure:
    def measure(report: NetworkReport) -> float | None:
        found = report.sets.get(set_name)
        # Reports from before other scores were reported have none.
        return found.by_score[ENERGY].ncr_at_95_kept if found is not None and ENERGY in found.by_score else None

    return measure


def sentence(found: Sequence[Candidate]) -> str:
    """Return whether anything reached the goal, and what came nearest; "" where nothing was tried.

    >>> sentence(())
    ''
    """
    if not found:
        return ""
    reached = [each for each in found if each.reaches]
    sure = [each for each in reached if each.fewest_seeds >= FEWEST_SEEDS]
    goal = percent(GOAL)
    if sure:
        names = ", ".join(f"`{each.label}`" for each in sure)
        return _(
            "The goal, {goal} at no less accuracy over three seeds, is reached by {names}.", goal=goal, names=names
        )
    if reached:
        return _(
            "The goal, {goal} at no less accuracy, is reached by {names}, but over three seeds by none so far.",
            goal=goal,
            names=", ".join(f"`{each.label}` ({_seeds(each)})" for each in reached),
        )
    said = ngettext(
        "Of {count:,} candidate of NAT's cost none reaches the goal, {goal} at no less accuracy over three seeds, so "
        "no network is published under the name plus.",
        "Of {count:,} candidates of NAT's cost none reaches the goal, {goal} at no less accuracy over three seeds, so "
        "no network is published under the name plus.",
        len(found),
        goal=goal,
    )
    return " ".join([said, *_farthest(found)])


def _farthest(found: Sequence[Candidate]) -> Iterator[str]:
    """Which came farthest: of all, of those that are no less accurate, by energy."""
    yield _("The farthest: {candidate}.", candidate=_candidate(found[0]))
    if equal := [each for each in found if each.points >= 0]:
        yield _("The farthest that is no less accurate: {candidate}.", candidate=_candidate(equal[0]))
    by_energy = [(each.energy_change, each) for each in found if each.energy_change is not None]
    if by_energy:
        change, farthest = min(by_energy, key=lambda each: each[0])
        yield _(
            "By energy, known of {count} of them, the farthest: `{label}` {change}, {seeds}.",
            count=len(by_energy),
            label=farthest.label,
            change=percent(change),
            seeds=_counted(*farthest.energy_seeds),
        )


def _candidate(each: Candidate) -> str:
    return _(
        "`{label}` {change}, {points} points, {seeds}, {epochs}",
        label=each.label,
        change=percent(each.change),
        points=_points(each),
        seeds=_seeds(each),
        # Beside the frontier's longer trainings, where the same candidate may stand otherwise.
        epochs=ngettext("{count:,} epoch", "{count:,} epochs", each.epochs),
    )


def _seeds(each: Candidate) -> str:
    return _counted(each.seeds, each.nats_seeds)


def _counted(seeds: int, nats: int) -> str:
    own = ngettext("{count:,} seed", "{count:,} seeds", seeds)
    if seeds == nats:
        return own
    return ngettext("{own} beside {count:,} of NAT's", "{own} beside {count:,} of NAT's", nats, own=own)


def percent(change: float) -> str:
    """Return a change as it is written.

    >>> percent(-0.3), percent(0.123), percent(-0.001)
    ('−30 %', '+12 %', '0 %')
    """
    rounded = round(100 * change)
    return f"{number(rounded, '+d')} %" if rounded else "0 %"


def _energy_cell(each: Candidate) -> str:
    """The change by energy, with its numbers of seeds where they are not those of the row."""
    if each.energy_change is None:
        return ABSENT
    own, nats = each.energy_seeds
    return percent(each.energy_change) + (f" ({own}/{nats})" if (own, nats) != (each.seeds, each.nats_seeds) else "")


def _points(each: Candidate) -> str:
    return points_text(each.points, "+")


def grid(found: Sequence[Candidate], *, studies: bool = True) -> Grid:
    """Return the table, a row for each candidate; without `studies` it does not name the study that tried it.

    >>> grid(()).header[:3]
    ('candidate', 'study', 'epochs')
    """
    rows = [
        (
            each.label,
            *([each.study] if studies else []),
            str(each.epochs),
            each.set_name,
            f"{each.seeds} / {each.nats_seeds}",
            rate_text(each.ncr),
            rate_text(each.nats),
            percent(each.change),
            _energy_cell(each),
            _points(each),
        )
        for each in found
    ]
    measured = (_("NCR, 95 % kept"), _("NAT's there"), _("change"), _("by energy"), _("accuracy, points"))
    of_study = (_("study"),) if studies else ()
    return Grid((_("candidate"), *of_study, _("epochs"), _("set"), _("seeds / NAT's"), *measured), tuple(rows))


def section(every: Sequence[Study], records: Mapping[str, RunRecord]) -> list[str]:
    """Return the section of the results page; nothing where nothing was tried."""
    found = tried(every, records)
    if not found:
        return []
    about = (
        "Every candidate whose step runs as many pictures as NAT's, beside the NAT of its own study: the same epochs "
        "and the same pictures. The further the change lies below zero, the better. By energy it is the change of the "
        "same rate by that score, where runs of both reported it, with the numbers of seeds where only some did."
    )
    if any(each.study == "nat_plus" for each in found):
        about += (
            " `nat_plus` is what the study of that name called the change that it tried, `wrn16_1_nat_plus` the same "
            "trained for longer."
        )
    return ["### What was tried at equal cost", about, sentence(found), markdown_table(grid(found))]
