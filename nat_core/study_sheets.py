"""A study as finished cells: mean and deviation over seeds, each marked where it differs by more than the noise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nat_core.sheets import ABSENT, BY_ITSELF, Grid, figure, set_columns
from nat_core.study_rows import HIGHEST_KEY, OWN, STANDS_IN, Measure, Noise, Row, Side, accuracy, on

NOT_RUN = "not run yet"
MARKS: dict[Side, str] = {"below": " ▼", "above": " ▲", "within": "", "unknown": ""}
MEASURES = (("ncr", HIGHEST_KEY), *((field, None) for field in BY_ITSELF))
"""What a study's rows report of each set: NCR at the highest threshold, then what needs none."""


@dataclass(frozen=True)
class StudySheet:
    """One study's tables: each recipe by itself, and the rates on every set."""

    recipes: Grid
    rates: Grid


def study_sheet(
    rows: Sequence[Row],
    reference: Row | None,
    noise: Noise,
    measures: Sequence[tuple[str, str | None]] = MEASURES,
) -> StudySheet:
    """Return the tables of these rows; cells are marked ▼ and ▲ against the reference, unless there is none."""
    sets = set_columns((), [name for row in rows for report in row.reports for name in report.negatives])
    rates = [_counts(rows, sets)]
    for measure in measures:
        rates += _group(measure, rows, sets, reference, noise)
    recipes = [
        (row.label, row.changes, str(len(row.reports)), *(_cell(row, reference, noise, each) for each in OWN.values()))
        if row.reports
        else (row.label, row.changes, row.diverged or NOT_RUN, *(ABSENT for _ in OWN))
        for row in rows
    ]
    return StudySheet(
        Grid(("network", "what it changes", "seeds", *OWN), tuple(recipes)),
        Grid(("measure", "network", "kept", *sets), tuple(rates)),
    )










def spread_cell(row: Row, measure: Measure) -> str:
    """Return mean and, with more than one seed, standard deviation.

    >>> spread_cell(Row("a", "", ()), accuracy)
    '-'
    """
    found = row.over_seeds(measure)
    if found is None:
        return ABSENT
    if measure is accuracy:
        return f"{100 * found.mean:.2f}" + ("" if found.deviation is None else f" ± {100 * found.deviation:.2f}") + " %"
    return figure(found.mean) + ("" if found.deviation is None else f" ± {found.deviation:.3f}")


def _cell(row: Row, reference: Row | None, noise: Noise, measure: Measure, noise_measure: Measure | None = None) -> str:
    if reference is None or reference is row:
        return spread_cell(row, measure)
    return spread_cell(row, measure) + MARKS[noise.side(row, reference, measure, noise_measure)]


def _counts(rows: Sequence[Row], sets: Sequence[str]) -> tuple[str, ...]:
    reports = [report for row in rows for report in row.reports]
    known = {report.sets[report.in_distribution].images for report in reports if report.in_distribution}
    counts = [{report.sets[name].images for report in reports if name in report.sets} for name in sets]
    return (
        "pictures",
        "",
        *(" / ".join(f"{count:,}" for count in sorted(each)) or ABSENT for each in (known, *counts)),
    )


def _group(
    measure: tuple[str, str | None], rows: Sequence[Row], sets: Sequence[str], reference: Row | None, noise: Noise
) -> Iterator[tuple[str, ...]]:
    """One measure: a line for each row that was run, its name in the first of them."""
    field, key = measure
    for position, row in enumerate(row for row in rows if row.reports):
        cells = [
            _cell(row, reference, noise, on(name, field, key), on(STANDS_IN.get(name, name), field, key))
            for name in sets
        ]
        yield ("" if position else BY_ITSELF.get(field, f"NCR {key}"), row.label, _kept(row, measure), *cells)


def _kept(row: Row, measure: tuple[str, str | None]) -> str:
    """The share kept that stands beside the measure: never NCR without it."""
    field, key = measure
    if key is not None:
        return spread_cell(row, lambda report: report.share_kept[key])
    if field == "ncr_at_95_kept":
        return spread_cell(
            row, lambda report: report.sets[report.in_distribution].ncr_at_95_kept if report.in_distribution else None
        )
    return ABSENT
