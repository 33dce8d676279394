"""One study as a section of the results page: its question, how much of it was run, what it shows, its tables."""

from collections.abc import Mapping, Sequence

from nat_core import plots
from nat_core.choice import NAT, pictures_a_step
from nat_core.runs import Divergence, RunRecord
from nat_core.studies import Study
from nat_core.study_rows import Noise, Row, noise_floor, rows_of
from nat_core.study_sheets import study_sheet
from nat_core.study_words import protections, sentences, summary, unjudged
from nat_core.svg import Drawing
from nat_core.tables import pipes

REFERENCES = {
    "noise_floor": "wrn16_1_baseline",
    "attention_transfer": "wrn16_1_baseline",
    "argued": "wrn16_1_nat",
    "trained_on": "wrn16_1_baseline",
    "beyond": "held_out_nat",
    "nat_plus": "wrn16_1_nat",
}
"""The network that the others of a study are held against."""
HEADLINES = ("cifar100_test", "cifar100_held_out", "digits_7_train", "digits_89")
"""The set that stands for all in a study's sentences and plot: the first that it reports."""


def study_section(
    study: Study, records: Mapping[str, RunRecord], noise: Noise, diverged: Mapping[str, Divergence]
) -> tuple[list[str], dict[str, Drawing]]:
    """Return the section's paragraphs and its plot; a study of which nothing was run says how to run it."""
    parts = [f"### {study.name}: {study.question}"]
    rows = rows_of(study, records, diverged)
    ended: Mapping[str, RunRecord | Divergence] = {**diverged, **records}
    done = sum(run.key in ended and ended[run.key].recipe == run.recipe for run in study.runs)
    command = f"`nat reproduce --study {study.name}`"
    if not study.runs:
        return [*parts, "It has no runs yet."], {}
    if not done:
        return [*parts, f"Not run yet ({len(study.runs)} runs): {command}."], {}
    missing = f"; the others: {command}" if done < len(study.runs) else ""
    parts.append(f"{done} of {len(study.runs)} runs are done{missing}.")
    reference = _reference(study, rows)
    if why := unjudged(REFERENCES.get(study.name), rows, noise):
        parts.append(why)
    set_name = _headline(rows)
    parts += _words(rows, reference, noise, set_name)
    if study.name == "trained_on" and reference and not why:
        parts.append("Protects: NCR where each keeps 95 % is lower than the reference's by more than the noise.")
        parts.append("\n".join(f"- {each}" for each in protections(rows, reference, noise)))
    if study.name == "beyond":
        parts.append(cost_sentence({run.recipe.name: pictures_a_step(run.recipe) for run in study.runs}))
    if blown_up := [f"`{row.label}` {row.diverged}" for row in rows if row.diverged]:
        parts.append(f"Ended early, because the loss was no longer a number: {'; '.join(blown_up)}.")
    sheet = study_sheet(rows, reference, noise)
    parts += [pipes(sheet.recipes), pipes(sheet.rates)]
    drawn, legends = {}, {}
    if set_name and (drawing := plots.study(study.name, rows, reference, noise, set_name)):
        drawn[f"study-{study.name}"], legends[f"study-{study.name}"] = drawing, plots.STUDY_LEGEND
    if study.name == "trained_on" and reference:
        drawn["matrix"], legends["matrix"] = plots.matrix(study.name, rows, reference, noise), plots.MATRIX_LEGEND
    for stem, each in drawn.items():
        parts += [f"![{each.says}](plots/{stem}.svg)", legends[stem]]
    return parts, drawn


def in_brief(studies: Sequence[Study], records: Mapping[str, RunRecord]) -> str:
    """Return a Markdown list of the studies that can be judged, question and what it shows; "" where none can.

    A study whose only runs are those of one before it has nothing to say yet.
    """
    found, told, noise = [], set[str](), noise_floor(studies, records)
    for study in studies:
        rows = rows_of(study, records)
        reference = _reference(study, rows)
        run = {row.label for row in rows if row.reports}
        if reference is None or unjudged(reference.label, rows, noise) or run <= told | {reference.label}:
            continue
        told |= run
        found.append(f"- **{study.question}** {summary(rows, reference, noise, _headline(rows))}")
    return "\n".join(found)


def _reference(study: Study, rows: Sequence[Row]) -> Row | None:
    """The row that the others are held against, None where it was not run."""
    return next((row for row in rows if row.label == REFERENCES.get(study.name) and row.reports), None)


def cost_sentence(costs: Mapping[str, int]) -> str:
    """Return which candidates cost more a step than NAT, by the pictures that they run.

    >>> cost_sentence({"held_out_nat": 72, "other": 96})
    'A step of `held_out_nat` runs 72 pictures; more, and so not of the same cost: `other` 96.'
    """
    own = costs[NAT]
    dearer = ", ".join(f"`{name}` {cost}" for name, cost in costs.items() if cost > own)
    return f"A step of `{NAT}` runs {own} pictures; more, and so not of the same cost: {dearer or 'none'}."


def _headline(rows: Sequence[Row]) -> str:
    reported = {name: None for row in rows for report in row.reports for name in report.negatives}
    return next((name for name in HEADLINES if name in reported), next(iter(reported), ""))


def _words(rows: Sequence[Row], reference: Row | None, noise: Noise, set_name: str) -> list[str]:
    if reference is None or not set_name:
        return []
    listed = "\n".join(f"- {each}" for each in sentences(rows, reference, noise, set_name))
    judged = [summary(rows, reference, noise, set_name)] if not unjudged(reference.label, rows, noise) else []
    heading = f"On {set_name}, against `{reference.label}`:"
    return [*judged, heading, listed] if listed else judged
