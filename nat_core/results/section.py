"""One study as a section of the results page: its question, how much of it was run, what it shows, its tables.

Numbers are means and deviations over seeds. Each difference, in a sentence or a cell, is held against the noise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nat_core.language import N_, Titles, _, number, plural, written
from nat_core.measure.rounding import (
    accuracy_text,
    difference,
    difference_text,
    points,
    points_text,
    rate_text,
    spread_text,
)
from nat_core.measure.scores import MEASURES as MEASURE_TITLES
from nat_core.paper.rendering import markdown_table
from nat_core.paper.tables import ABSENT, THRESHOLD_FREE, Grid, set_columns
from nat_core.recipes import UNSEEN, headline_set
from nat_core.results import plots
from nat_core.results.drawings.panels import Drawing
from nat_core.store.runs import DivergedRun, RunRecord
from nat_core.studies.choice import NAT, pictures_a_step
from nat_core.studies.plan import Study
from nat_core.studies.rows import (
    HIGHEST_KEY,
    NETWORK_MEASURES,
    NOISE_STAND_INS,
    Measure,
    Noise,
    Side,
    StudyRow,
    accuracy,
    measure_on,
    noise_floor,
    rows_of,
)

NOT_RUN = N_("not run yet")
# An unmarked cell lies within the noise, or nothing can be said of it: either way no difference was shown.
MARKS: dict[Side, str] = {"below": " ▼", "above": " ▲", "within": "", "unknown": ""}
MEASURES = (("ncr", HIGHEST_KEY), *((field, None) for field in THRESHOLD_FREE))
"""What a study's rows report of each set: NCR at the highest threshold, then what needs none."""
COSTLY, ONE_SEED = "†", "‡"
"""Marks of the short lists: what is less accurate than the reference, and what was trained with one seed."""
MEANINGS: Titles[str] = Titles(
    {COSTLY: N_("less accurate, by more than the noise of a single comparison"), ONE_SEED: N_("one seed")}
)
JUDGED: dict[Side, str] = {
    "within": "within the noise",
    "below": "more than the noise",
    "above": "more than the noise",
    "unknown": "not judged",
}
REFERENCES = {
    "noise_floor": "wrn16_1_baseline",
    "attention_transfer": "wrn16_1_baseline",
    "argued": "wrn16_1_nat",
    "trained_on": "wrn16_1_baseline",
    "beyond": "held_out_nat",
    "joined": "held_out_nat",
    "nat_plus": "wrn16_1_nat",
}
"""The network that the others of a study are held against."""


# --- a section -------------------------------------------------------------------------------------------------------


def study_section(
    study: Study, records: Mapping[str, RunRecord], noise: Noise, diverged: Mapping[str, DivergedRun]
) -> tuple[list[str], dict[str, Drawing]]:
    """Return the section's paragraphs and its plot; a study of which nothing was run says how to run it."""
    parts = [f"### {study.name}: {study.question}"]
    rows = rows_of(study, records, diverged)
    ended: Mapping[str, RunRecord | DivergedRun] = {**diverged, **records}
    done = sum(run.key in ended and ended[run.key].recipe == run.recipe for run in study.runs)
    command = f"`nat reproduce --study {study.name}`"
    if not study.runs:
        return [*parts, "It has no runs yet."], {}
    if not done:
        return [*parts, f"Not run yet ({plural(len(study.runs), 'run')}): {command}."], {}
    missing = f"; the others: {command}" if done < len(study.runs) else ""
    parts.append(f"{done} of {plural(len(study.runs), 'run')} {'is' if done == 1 else 'are'} done{missing}.")
    reference = _reference(study, rows)
    noise = noise.among(rows, reference)
    if why := unjudged(REFERENCES.get(study.name), rows, noise):
        parts.append(why)
    set_name = headline_of(*rows)
    parts += _words(rows, reference, noise, set_name)
    if study.name == "trained_on" and reference and not why:
        parts.append("Protects: NCR where each keeps 95 % is lower than the reference's by more than the noise.")
        parts.append("\n".join(f"- {each}" for each in protections(rows, reference, noise)))
    if study.name == "beyond":
        parts.append(cost_sentence({run.recipe.name: pictures_a_step(run.recipe) for run in study.runs}))
    if blown_up := [f"`{row.label}` {row.diverged}" for row in rows if row.diverged]:
        parts.append(f"Ended early, because the loss was no longer a number: {'; '.join(blown_up)}.")
    sheet = study_sheet(rows, reference, noise)
    parts += [markdown_table(sheet.recipes), markdown_table(sheet.rates)]
    drawn, legends = {}, {}
    if set_name and (drawing := plots.study(study.name, rows, reference, noise, set_name)):
        legend = plots.study_legend(rows, reference, noise, set_name)
        drawn[f"study-{study.name}"], legends[f"study-{study.name}"] = drawing, legend
    if study.name == "trained_on" and reference:
        drawn["matrix"], legends["matrix"] = plots.matrix(study.name, rows, reference, noise), plots.MATRIX_LEGEND
    for stem, each in drawn.items():
        parts += [f"![{each.alt_text}](plots/{stem}.svg)", legends[stem]]
    return parts, drawn


def in_brief(studies: Sequence[Study], records: Mapping[str, RunRecord]) -> str:
    """Return a Markdown list of the studies that can be judged, question and what it shows; "" where none can.

    A study whose only runs are those of one before it has nothing to say yet.

    >>> from nat_core.studies.plan import studies
    >>> in_brief(studies(), {})
    ''
    """
    found, told, noise = [], set[str](), noise_floor(studies, records)
    for study in studies:
        rows = rows_of(study, records)
        reference = _reference(study, rows)
        run = {row.label for row in rows if row.reports}
        if reference is None or unjudged(reference.label, rows, noise) or run <= told | {reference.label}:
            continue
        told |= run
        judged = noise.among(rows, reference)
        found.append(f"- **{_(study.question)}** {summary(rows, reference, judged, headline_of(*rows))}")
    return "\n".join(found)


def cost_sentence(costs: Mapping[str, int]) -> str:
    """Return which candidates cost more a step than NAT, by the pictures that they run.

    >>> cost_sentence({"held_out_nat": 72, "other": 96})
    'A step of `held_out_nat` runs 72 pictures; more, and so not of the same cost: `other` 96.'
    """
    own = costs[NAT]
    costlier = ", ".join(f"`{name}` {cost}" for name, cost in costs.items() if cost > own)
    return f"A step of `{NAT}` runs {plural(own, 'picture')}; more, and so not of the same cost: {costlier or 'none'}."


def _reference(study: Study, rows: Sequence[StudyRow]) -> StudyRow | None:
    """The row that the others are held against, None where it was not run."""
    return next((row for row in rows if row.label == REFERENCES.get(study.name) and row.reports), None)


def headline_of(*rows: StudyRow) -> str:
    """Return the set of negatives that stands for all in these rows; "" where none was reported.

    >>> headline_of(StudyRow("a", "", ()))
    ''
    """
    roles = {name: each.role for row in rows for report in row.reports for name, each in report.negatives.items()}
    return headline_set(roles) or ""


def _words(rows: Sequence[StudyRow], reference: StudyRow | None, noise: Noise, set_name: str) -> list[str]:
    if reference is None or not set_name:
        return []
    listed = "\n".join(f"- {each}" for each in sentences(rows, reference, noise, set_name))
    judged = [summary(rows, reference, noise, set_name)] if not unjudged(reference.label, rows, noise) else []
    heading = f"On {set_name}, against `{reference.label}`:"
    return [*judged, heading, listed] if listed else judged


# --- what it shows, in words -----------------------------------------------------------------------------------------


def unjudged(reference: str | None, rows: Sequence[StudyRow], noise: Noise) -> str:
    """Return why differences are not judged, "" where they are.

    >>> unjudged("wrn16_1_nat", (), Noise(()))
    'wrn16_1_nat has not been run yet, so there is nothing to hold the others against.'
    """
    if reference is None:
        return ""
    if not any(row.label == reference and row.reports for row in rows):
        return f"{reference} has not been run yet, so there is nothing to hold the others against."
    if noise.deviation(accuracy) is None:
        return (
            f"The noise floor has {noise.seeds} of its three seeds, so no difference is judged yet: "
            "`nat reproduce --study noise_floor`."
        )
    return ""


def summary(rows: Sequence[StudyRow], reference: StudyRow, noise: Noise, set_name: str) -> str:
    """Return which rows have a lower NCR than the reference where each keeps 95 %, which a higher, which neither.

    Each with its NCR, the lowest first, and a mark where that costs accuracy or rests on one seed.
    """
    measure = measure_on(set_name, "ncr_at_95_kept")
    groups: dict[Side, list[tuple[float, str]]] = {"below": [], "within": [], "above": []}
    marked = ""
    # Rows that cannot be judged are left out: they are neither lower, nor higher, nor known to be alike.
    for row in rows:
        side, found = _side(row, reference, noise, set_name, "ncr_at_95_kept"), row.over_seeds(measure)
        if row is reference or found is None or side not in groups:
            continue
        marks = _marks(row, reference, noise)
        marked += marks
        groups[side].append((found.mean, f"`{row.label}` {rate_text(found.mean)}{marks}"))
    named = {side: ", ".join(text for _mean, text in sorted(each)) or _("none") for side, each in groups.items()}
    own = reference.over_seeds(measure)
    value = "" if own is None else f" ({rate_text(own.mean)})"
    told = _(
        "NCR on {name} where each keeps 95 %, against `{reference}`{value}: lower by more than the noise: {below}; "
        "within the noise: {within}; higher by more than the noise: {above}.",
        name=set_name,
        reference=reference.label,
        value=value,
        **named,
    )
    return told + "".join(f" {mark} {meaning}." for mark, meaning in MEANINGS.items() if mark in marked)


def _marks(row: StudyRow, reference: StudyRow, noise: Noise) -> str:
    # A warning, so each row by itself: what widens the margin for many rows would hide what they cost.
    costly = replace(noise, comparisons=1).side(row, reference, accuracy) == "below"
    return COSTLY * costly + ONE_SEED * (len(row.reports) == 1)


def sentences(rows: Sequence[StudyRow], reference: StudyRow, noise: Noise, set_name: str) -> tuple[str, ...]:
    """Return a sentence for each row that was run: accuracy, NCR at 0.9 and at 95 % kept, beside the reference's.

    >>> sentences((), StudyRow("a", "", ()), Noise(()), "noise")
    ()
    """
    return tuple(
        f"`{row.label}` ({_seeds(row)}): {_accuracy(row, reference, noise)}; "
        f"NCR_{HIGHEST_KEY} {_rate(row, reference, noise, set_name, 'ncr', HIGHEST_KEY)}; "
        f"at 95 % kept {_rate(row, reference, noise, set_name, 'ncr_at_95_kept')}."
        for row in rows
        if row.reports and row is not reference
    )


def protections(rows: Sequence[StudyRow], reference: StudyRow, noise: Noise) -> tuple[str, ...]:
    """Return a sentence for each row that was run: the sets on which its NCR, 95 % kept, is below the reference's.

    A set of the kind that the row was taught with is marked so.

    >>> protections((), StudyRow("a", "", ()), Noise(()))
    ()
    """
    found = []
    for row in rows:
        if not row.reports or row is reference:
            continue
        groups: dict[Side, list[str]] = {"below": [], "within": [], "above": [], "unknown": []}
        # Roles come from the recipe, so those of one seed's report are those of all.
        for name, each in row.reports[0].negatives.items():
            mark = "" if each.role == UNSEEN else " (its own kind)"
            groups[_side(row, reference, noise, name, "ncr_at_95_kept")].append(name + mark)
        named = {side: ", ".join(names) or "none" for side, names in groups.items()}
        sentence = f"`{row.label}` protects against: {named['below']}; within the noise: {named['within']}"
        found.append(sentence + (f"; worse on: {named['above']}." if groups["above"] else "."))
    return tuple(found)


def _seeds(row: StudyRow) -> str:
    return plural(len(row.reports), "seed")


def _accuracy(row: StudyRow, reference: StudyRow, noise: Noise) -> str:
    ours, theirs = row.over_seeds(accuracy), reference.over_seeds(accuracy)
    if ours is None or theirs is None:
        return "accuracy not measured"
    judged = JUDGED[noise.side(row, reference, accuracy)]
    more = points_text(points(ours.mean, theirs.mean), "+")
    return f"accuracy {accuracy_text(ours.mean)}, {more} points, {judged}"


def _rate(row: StudyRow, reference: StudyRow, noise: Noise, set_name: str, field: str, key: str | None = None) -> str:
    measure = measure_on(set_name, field, key)
    ours, theirs = row.over_seeds(measure), reference.over_seeds(measure)
    if ours is None or theirs is None:
        return "not measured"
    judged = JUDGED[_side(row, reference, noise, set_name, field, key)]
    return f"{rate_text(ours.mean)}, {difference_text(difference(ours.mean, theirs.mean), '+')}, {judged}"


def _side(row: StudyRow, reference: StudyRow, noise: Noise, set_name: str, field: str, key: str | None = None) -> Side:
    of_noise: Measure = measure_on(NOISE_STAND_INS.get(set_name, set_name), field, key)
    return noise.side(row, reference, measure_on(set_name, field, key), of_noise)


# --- its tables ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StudySheet:
    """One study's tables: each recipe by itself, and the rates on every set."""

    recipes: Grid
    rates: Grid


def study_sheet(
    rows: Sequence[StudyRow],
    reference: StudyRow | None,
    noise: Noise,
    measures: Sequence[tuple[str, str | None]] = MEASURES,
) -> StudySheet:
    """Return the tables of these rows; cells are marked ▼ and ▲ against the reference, unless there is none.

    >>> study_sheet((), None, Noise(())).rates.header
    ('measure', 'network', 'kept')
    """
    sets = set_columns((), [name for row in rows for report in row.reports for name in report.negatives])
    rates = [_counts(rows, sets)]
    for measure in measures:
        rates += _group(measure, rows, sets, reference, noise)
    recipes = [
        (
            row.label,
            row.changes,
            str(len(row.reports)),
            *(_cell(row, reference, noise, each) for each in NETWORK_MEASURES.values()),
        )
        if row.reports
        else (row.label, row.changes, row.diverged or _(NOT_RUN), *(ABSENT for _each in NETWORK_MEASURES))
        for row in rows
    ]
    return StudySheet(
        Grid((_("network"), _("what it changes"), _("seeds"), *_network_titles()), tuple(recipes)),
        Grid((_("measure"), _("network"), _("kept"), *sets), tuple(rates)),
    )


def _network_titles() -> tuple[str, ...]:
    """What NETWORK_MEASURES are called."""
    titles = {"accuracy": _("accuracy"), "ece": "ECE", "kept": _("kept at {key}", key=written(HIGHEST_KEY))}
    return tuple(titles[name] for name in NETWORK_MEASURES)


def spread_cell(row: StudyRow, measure: Measure) -> str:
    """Return mean and, with more than one seed, standard deviation.

    >>> spread_cell(StudyRow("a", "", ()), accuracy)
    '-'
    """
    found = row.over_seeds(measure)
    if found is None:
        return ABSENT
    if measure is accuracy:
        return accuracy_text(found.mean, found.deviation)
    return rate_text(found.mean) + spread_text(found.deviation)


def _cell(
    row: StudyRow, reference: StudyRow | None, noise: Noise, measure: Measure, noise_measure: Measure | None = None
) -> str:
    if reference is None or reference is row:
        return spread_cell(row, measure)
    return spread_cell(row, measure) + MARKS[noise.side(row, reference, measure, noise_measure)]


def _counts(rows: Sequence[StudyRow], sets: Sequence[str]) -> tuple[str, ...]:
    reports = [report for row in rows for report in row.reports]
    known = {report.sets[report.in_distribution].images for report in reports if report.in_distribution}
    counts = [{report.sets[name].images for report in reports if name in report.sets} for name in sets]
    return (
        _("pictures"),
        "",
        *(" / ".join(number(count, ",") for count in sorted(each)) or ABSENT for each in (known, *counts)),
    )


def _group(
    measure: tuple[str, str | None],
    rows: Sequence[StudyRow],
    sets: Sequence[str],
    reference: StudyRow | None,
    noise: Noise,
) -> Iterator[tuple[str, ...]]:
    """One measure: a line for each row that was run, its name in the first of them."""
    field, key = measure
    for position, row in enumerate(row for row in rows if row.reports):
        cells = [
            _cell(
                row,
                reference,
                noise,
                measure_on(name, field, key),
                measure_on(NOISE_STAND_INS.get(name, name), field, key),
            )
            for name in sets
        ]
        yield (
            "" if position else MEASURE_TITLES[field] if key is None else f"NCR {written(key)}",
            row.label,
            _kept(row, measure),
            *cells,
        )


def _kept(row: StudyRow, measure: tuple[str, str | None]) -> str:
    """The share kept that stands beside the measure: never NCR without it."""
    field, key = measure
    if key is not None:
        return spread_cell(row, lambda report: report.share_kept[key])
    if field == "ncr_at_95_kept":
        return spread_cell(
            row, lambda report: report.sets[report.in_distribution].ncr_at_95_kept if report.in_distribution else None
        )
    return ABSENT
