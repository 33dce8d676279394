"""Reports as tables of finished cells, the paper's figures beside ours; `nat_core.paper.rendering` writes them down."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nat_core.language import N_, Titles, _, number, written
from nat_core.measure.report import NetworkReport, SetReport, threshold_key
from nat_core.measure.rounding import accuracy_text, rate_text
from nat_core.measure.scores import CONFIDENCE, FPR95_NOTE, MEASURES, SCORE_NAMES, SCORES, Separation
from nat_core.measure.variants import variants_of, without_variants
from nat_core.paper.figures import PAPER, TABLES, Table
from nat_core.recipes import IN_DISTRIBUTION, THRESHOLDS, UNSEEN, Role
from nat_core.store.checkpoints import training_command

UNTRAINED = N_("not trained yet")
ABSENT = "-"

THRESHOLD_FREE = ("ncr_at_95_kept", "auroc", "fpr95")
"""The measures of a set that need no threshold and that every report has: fields of `SetReport`."""
ROLE_NAMES: Titles[str] = Titles(
    {
        IN_DISTRIBUTION: N_("in distribution"),
        Role.TRAINED_ON: N_("trained on"),
        Role.SAME_SOURCE: N_("same source"),
        UNSEEN: N_("unseen"),
    }
)
SCORES_NOTE = N_(
    "By each score: the same measures with another score in confidence's place. All are higher for what a network "
    "knows: minus the entropy of the probabilities, GEN (Liu, Lochman and Zach, 2023; gamma 0.1, all classes), minus "
    "the energy (Liu et al., 2020), and the largest logit (Hendrycks et al., 2022)."
)


# --- finished cells --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Grid:
    """Finished cells under their heading; a row whose first cell is not empty starts a group."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ReportTable:
    """One table of the report: each network by itself, the rates on every set, and what the reader must know."""

    title: str
    networks: Grid
    rates: Grid
    notes: tuple[str, ...]
    scores: Grid = Grid((), ())
    """What needs no threshold by each score, a column a score; without rows where no network reports it."""
    commands: tuple[str, ...] = ()
    """What trains the networks, or measures the sets, that are missing; each ends one of the notes."""

    @property
    def grids(self) -> tuple[Grid, ...]:
        """All that hold anything."""
        return tuple(grid for grid in (self.networks, self.rates, self.scores) if grid.rows)


def sheets(reports: Mapping[str, NetworkReport]) -> list[ReportTable]:
    """The tables to show: the paper's, ours, and one more for networks that none of them names.

    >>> [sheet.title for sheet in sheets({})][0]
    "Table 1. ResNet-18 (the paper's first table)"
    """
    shown = [table for table in TABLES if table.always or any(name in reports for name in table.networks)]
    named = {name for table in TABLES for name in table.networks}
    # Anyone's own networks, which none of our tables can name.
    others = tuple(name for name in reports if name not in named)
    if others:
        shown.append(Table(N_("Other networks"), others, (), in_paper=False))
    return [_sheet(place, table, reports) for place, table in enumerate(shown, start=1)]


def _sheet(place: int, table: Table, reports: Mapping[str, NetworkReport]) -> ReportTable:
    trained = {name: reports[name] for name in table.networks if name in reports}
    reported = [name for report in trained.values() for name in report.negatives]
    sets = set_columns(table.sets, reported)
    rows = list(_counts(sets, trained))
    for measure in _measures(trained):
        rows += _group(measure, table, sets, reports)
    rates = Grid((_("measure"), _("network"), _("kept"), *sets), tuple(rows))
    scores = score_grid(reported_scores(trained), sets, SCORES)
    missing = {name: training_command(name) for name in table.networks if name not in trained}
    commands = {name: command for name, command in missing.items() if command}
    notes = [*_notes(table, trained)]
    for name, command in commands.items():
        untrained = {"name": name, "untrained": _(UNTRAINED), "command": command}
        notes.append(_("{name} is {untrained}. Train it with: {command}", **untrained))
    notes += (_(FPR95_NOTE), _(SCORES_NOTE)) if scores.rows else ()
    title = _("Table {number}. {title}", number=place, title=_(table.title))
    return ReportTable(title, _networks(table, reports), rates, tuple(notes), scores, tuple(commands.values()))


def reported_scores(reports: Mapping[str, NetworkReport]) -> dict[str, dict[str, dict[str, Separation]]]:
    """The separations of reports by network, set of negatives and score, as far as they hold any.

    >>> reported_scores({})
    {}
    """
    return {
        name: {each: found.by_score for each, found in report.negatives.items() if found.by_score}
        for name, report in reports.items()
    }


def score_grid(
    found: Mapping[str, Mapping[str, Mapping[str, Separation]]],
    sets: Sequence[str],
    scores: Iterable[str],
    measures: Iterable[str] = tuple(MEASURES),
) -> Grid:
    """What needs no threshold, a column a score: so a row tells what each score changes.

    `found` are the separations by network, set and score; what was not measured is left out. `measures` are fields of
    `Separation`.

    >>> score_grid({"net": {"noise": {"gen": Separation(0.25, 0.9, 0.8, 0.7, 0.125)}}}, ["noise"], ["gen"]).rows[0]
    ('NCR, 95 % kept', 'noise', 'net', '0.250')
    """
    rows, columns = [], tuple(scores)
    for measure in measures:
        title = MEASURES[measure]
        for set_name in sets:
            shown = set_name
            for network, by_set in found.items():
                if set_name in by_set:
                    rates = (rate_text(getattr(by_set[set_name][score], measure)) for score in columns)
                    rows.append((title, shown, network, *rates))
                    title = shown = ""
    return Grid((_("measure"), _("set"), _("network"), *(SCORE_NAMES[score] for score in columns)), tuple(rows))


def set_columns(named: Sequence[str], reported: Sequence[str]) -> tuple[str, ...]:
    """The sets of a table: those it names, then the others; the variants of a set stand beside it.

    >>> set_columns(["ilsvrc"], ["noise", "ilsvrc_strict"])
    ('ilsvrc', 'ilsvrc_strict', 'noise')
    """
    sets = dict.fromkeys([*named, *reported])
    return tuple(each for name in without_variants(sets) for each in (name, *variants_of(name, sets)))


def _networks(table: Table, reports: Mapping[str, NetworkReport]) -> Grid:
    rows = []
    for name in table.networks:
        report = reports.get(name)
        ours = (ABSENT,) * 4 if report is None else (
            rate_text(report.ece), *schedule(report), str(report.seed)
        )  # fmt: skip
        accuracy = _(UNTRAINED) if report is None else accuracy_text(report.accuracy)
        paper = PAPER[name].accuracy if table.in_paper else None
        rows.append((name, accuracy + (f" ({accuracy_text(paper)})" if paper else ""), *ours))
    header = (_("network"), _("accuracy"), "ECE", _("protocol"), _("epochs"), _("seed"))
    return Grid(header, tuple(rows))


def schedule(report: NetworkReport) -> tuple[str, str]:
    """Return the cells that say how long a network learned: its protocol, and how many epochs that was in truth.

    A protocol's name says the epochs only where nobody asked for others.
    """
    return report.protocol, ABSENT if report.epochs is None else number(report.epochs, ",")


def _counts(sets: Sequence[str], trained: Mapping[str, NetworkReport]) -> Iterator[tuple[str, ...]]:
    """The row that says how many pictures each column's numbers come from; none before there are numbers."""
    known = {report.in_distribution for report in trained.values()}
    if trained:
        yield (_("pictures"), "", _images(known, trained), *(_images({name}, trained) for name in sets))


def _images(names: set[str | None], trained: Mapping[str, NetworkReport]) -> str:
    counts = {each.images for report in trained.values() for name, each in report.sets.items() if name in names}
    return " / ".join(number(count, ",") for count in sorted(counts)) or ABSENT


def _measures(trained: Mapping[str, NetworkReport]) -> list[tuple[str, str | None]]:
    """What the rows measure: NCR at each threshold (its key), then, of trained networks, what needs no threshold."""
    # Reports from before other scores were reported lack AUPR.
    complete = any(each.by_score for report in trained.values() for each in report.negatives.values())
    free = MEASURES if complete else THRESHOLD_FREE
    return [("ncr", threshold_key(t)) for t in THRESHOLDS] + [(field, None) for field in free if trained]


def _group(
    measure: tuple[str, str | None], table: Table, sets: Sequence[str], reports: Mapping[str, NetworkReport]
) -> Iterator[tuple[str, ...]]:
    """One measure: a row a network, its name in the first of them."""
    field, key = measure
    title = MEASURES[field] if key is None else f"NCR {written(key)}"
    for position, name in enumerate(table.networks):
        report = reports.get(name)
        kept = _(UNTRAINED) if report is None else _kept(report, measure)
        cells = []
        for set_name in sets:
            ours = None if report is None else report.negatives.get(set_name)
            # The paper has NCR alone, so a measure without a threshold has no key to find there.
            paper = PAPER[name].ncr.get(set_name, {}).get(key or "") if table.in_paper else None
            cells.append(_value(ours, measure) + ("" if paper is None else f" ({rate_text(paper)})"))
        yield ("" if position else title, name, kept, *cells)


def _kept(report: NetworkReport, measure: tuple[str, str | None]) -> str:
    """The share of the in-distribution set that stands beside the measure: never NCR without it."""
    field, key = measure
    if key is not None:
        return rate_text(report.share_kept[key])
    if field == "ncr_at_95_kept" and report.in_distribution is not None:
        return rate_text(report.sets[report.in_distribution].ncr_at_95_kept)
    return ABSENT


def _value(report: SetReport | None, measure: tuple[str, str | None]) -> str:
    field, key = measure
    if report is None:
        return ABSENT
    if key is not None:
        return rate_text(report.ncr[key])
    if field in THRESHOLD_FREE:
        return rate_text(getattr(report, field))
    return rate_text(getattr(report.by_score[CONFIDENCE], field)) if report.by_score else ABSENT


def _notes(table: Table, trained: Mapping[str, NetworkReport]) -> Iterator[str]:
    known = dict.fromkeys(report.in_distribution for report in trained.values() if report.in_distribution)
    if known:
        yield _(
            "NCR t: share of the negatives with confidence > t. Kept: share of {test_set} with confidence > t.",
            test_set=_(" or ").join(known),
        )
    else:
        yield _(
            "NCR t: share of the negatives with confidence > t. Kept: share of the in-distribution test set with "
            "confidence > t."
        )
    if table.in_paper:
        yield _("In brackets: the paper's figure.")
    if table.note:
        yield _(table.note)
    for name, report in trained.items():
        roles: dict[str, list[str]] = {}
        for set_name, each in report.negatives.items():
            roles.setdefault(each.role, []).append(set_name)
        if roles:
            told = (f"{ROLE_NAMES.get(role, role)}: {', '.join(names)}" for role, names in roles.items())
            yield f"{name}: " + "; ".join(told) + "."
