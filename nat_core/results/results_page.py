"""The results page: every table, study, plot and verdict as one Markdown file with its plots, all of it computed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nat_core.files import write_together
from nat_core.language import plural
from nat_core.measure.report import threshold_key
from nat_core.measure.rounding import accuracy_text, rate_text
from nat_core.paper import decisions
from nat_core.paper.by_score import OTHER_SCORES, feature_findings, fitted_sentence, score_findings
from nat_core.paper.claims import claims, summary
from nat_core.paper.field_tables import annex
from nat_core.paper.rendering import markdown, markdown_sheet, markdown_table
from nat_core.paper.tables import THRESHOLD_FREE, Grid, score_grid
from nat_core.protocols import PROTOCOLS
from nat_core.recipes import HEADLINE_SETS, PAIRS, THRESHOLDS
from nat_core.results import equal_cost, frontier, left_runs, plots, transfer
from nat_core.results.drawings.panels import Drawing
from nat_core.results.section import in_brief, study_section, study_sheet
from nat_core.store.checkpoints import Card, available, load_card
from nat_core.store.feature_reports import ALL_SCORES, feature_report
from nat_core.store.features import has_features
from nat_core.store.field_results import load_field_results
from nat_core.store.runs import DivergedRun, RunRecord, load_ended, with_networks
from nat_core.studies.choice import RULE, chosen_sentence, hindsight, load_choice
from nat_core.studies.level_findings import (
    EXCEEDS_RULE,
    NetworkId,
    PairLevels,
    claim_distances,
    level_outcomes,
    level_table,
    load_levels,
    longest_distances,
    outdated,
)
from nat_core.studies.plan import Choice, studies
from nat_core.studies.rows import NOISE_RULE, Noise, StudyRow, noise_floor, paired_differences, reports_of

PAGE, PLOTS = "results.md", "plots"
OVER_SEEDS = ("first_table", "second_table", "seeds", "more_seeds")
"""The studies whose runs are the tables' networks."""
HEAD = """\
# Results

This page is written by `nat report --page docs` from the networks' cards, their stored predictions, `runs.json` and
`levels.json` in `checkpoints/`. No figure in it is typed. Whoever trained with `nat reproduce --out DIR` writes the
same page of their own numbers with `nat report --checkpoints DIR --page DIR`."""


@dataclass(frozen=True, eq=False)
class StoredResults:
    """What a folder of checkpoints holds."""

    folder: Path
    cards: Mapping[str, Card]
    records: Mapping[str, RunRecord]
    """Every run by its key, the published networks among them."""
    diverged: Mapping[str, DivergedRun]
    levels: tuple[PairLevels, ...]
    noise: Noise


def gather(folder: Path) -> StoredResults:
    """Return all that the page is made of, read once. Raises CheckpointError where something is damaged.

    >>> gather(Path("nowhere")).cards
    {}
    """
    cards = {name: load_card(folder, name) for name in available(folder)}
    noted, diverged = load_ended(folder)
    records = with_networks(noted, folder, cards)
    # A pair that was measured with other weights than those shown here would speak of other networks.
    networks = [NetworkId.of(card) for card in cards.values()]
    pairs = tuple(pair for pair in load_levels(folder) if not outdated(pair, networks))
    return StoredResults(folder, cards, records, diverged, pairs, noise_floor(studies(), records))


def write_page(folder: Path, home: Path) -> tuple[Path, ...]:
    """Write the page and its plots below `home`, and return the files. Raises CheckpointError as `gather` does."""
    # All of it before the first file is written: an error leaves the former page whole.
    return write_together(home, {name: content.encode() for name, content in page(folder).items()})


def page(folder: Path) -> dict[str, str]:
    """Return the content of the page and of its plots by file name. Raises CheckpointError as `gather` does.

    >>> next(iter(page(Path("nowhere"))))
    'results.md'
    """
    found = gather(folder)
    drawings = plots.curves(folder)
    choice = load_choice(folder)
    every = studies(choice=choice)
    shown = in_brief(every, found.records)
    parts = [HEAD, *_claims(found), *(["## What the studies show", shown] if shown else []), *_tables(found)]
    parts += _field(found)
    parts += ["## Curves", *map(_image, drawings.items())] if drawings else []
    # The sections with plots of their own add them to `drawings`, which are written beside the page.
    parts += [
        *_by_features(found),
        *_on_two_cores(found),
        *_over_seeds(found),
        *_over_pictures(found),
        *_levels(found, drawings),
    ]
    parts += ["## Studies", NOISE_RULE + " ▼ below the reference by more than the noise, ▲ above."]
    for study in every:
        if study.name not in OVER_SEEDS:
            text, drawn = study_section(study, found.records, found.noise, found.diverged)
            drawings |= drawn
            parts += text
            more, drawn = _beside(study.name, found, choice)
            parts, drawings = [*parts, *more], drawings | drawn
    parts += equal_cost.section(every, found.records)
    parts += left_runs.section(
        studies(_tables_protocol(found), choice),
        found.records,
        found.diverged,
        [(card.recipe, card.seed) for card in found.cards.values()],
    )
    parts += ["## The protocol decoded", decisions.markdown(), *_networks(found)]
    return {PAGE: "\n\n".join(parts) + "\n"} | {f"{PLOTS}/{stem}.svg": str(each) for stem, each in drawings.items()}


def _beside(study: str, found: StoredResults, choice: Choice | None) -> tuple[list[str], dict[str, Drawing]]:
    """What stands below one study's tables alone, and its plots."""
    if study == "beyond":
        today = hindsight(choice, found.records)
        return [f"How `nat_plus` is chosen: {RULE}", f"Chosen: {chosen_sentence(choice)}. {today}".strip()], {}
    if study == "attention_transfer":
        return transfer.section(transfer.transfer(found.records, found.diverged))
    if study == "frontier":
        return frontier.section(found.records)
    if study == "strong" and (said := frontier.strong_sentences(found.records)):
        return ["\n".join(f"- {each}" for each in said)], {}
    return [], {}


def _tables_protocol(found: StoredResults) -> str:
    """The protocol of the tables' networks, by which the queue trains more of them."""
    # The longest first: a network of a shorter one may stand beside for the record.
    trained = {card.protocol for card in found.cards.values()}
    return next((name for name in PROTOCOLS if name in trained and name != "digits"), "cpu")


def _reproduce(found: StoredResults) -> str:
    """The command whose queue trains networks such as these: another protocol's seeds would stand beside no row."""
    protocol = _tables_protocol(found)
    return "nat reproduce" if protocol == "cpu" else f"nat reproduce --protocol {protocol}"


def _image(named: tuple[str, Drawing]) -> str:
    stem, drawing = named
    return f"![{drawing.alt_text}]({PLOTS}/{stem}.svg)"


def _claims(found: StoredResults) -> Iterator[str]:
    reports = {name: card.report for name, card in found.cards.items()}
    judged = claims(reports, claim_distances(found.levels), longest_distances(found.levels))
    yield "## What held"
    yield summary(judged)
    grid = [(each.statement, f"**{each.verdict}**", each.measured, each.rule) for each in judged]
    yield markdown_table(Grid(("the paper says", "here", "measured", "rule"), tuple(grid)))
    if others := score_findings({name: card.report for name, card in found.cards.items()}):
        # The other pairs' stand among the findings.
        yield f"{OTHER_SCORES} {others[0]}"


def _tables(found: StoredResults) -> Iterator[str]:
    yield "## The paper's tables, ours beside"
    yield markdown({name: card.report for name, card in found.cards.items()}).strip()


def _by_features(found: StoredResults) -> Iterator[str]:
    """What the scores from features achieve, pair by pair, beside those of the logits on the same pictures."""
    names = [name for name in found.cards if has_features(found.folder, name)]
    reports = {name: feature_report(found.folder, name) for name in names}
    if not reports:
        return
    yield "## By scores from features"
    yield fitted_sentence(reports.values())
    yield "\n".join(f"- {each}" for each in feature_findings(reports))
    for names in PAIRS.values():
        pair = {name: reports[name].by_score for name in names if name in reports}
        if pair:
            yield f"**{' and '.join(pair)}**"
            sets = dict.fromkeys(each for by_set in pair.values() for each in by_set)
            yield markdown_table(score_grid(pair, tuple(sets), ALL_SCORES))


def _field(found: StoredResults) -> Iterator[str]:
    """What others publish on CIFAR-10 and negatives, our networks beside."""
    yield "## On the field's sets, published figures beside ours"
    yield (
        "All rows are by confidence unless a published one names another score. A set that nobody has measured says so."
    )
    yield from map(markdown_sheet, annex(found.cards, load_field_results(found.folder, found.cards)).sheets)


def _over_seeds(found: StoredResults) -> Iterator[str]:
    """The tables' networks over their seeds, or how to train more."""
    yield "## Over seeds"
    rows = tuple(
        StudyRow(f"{name} ({_schedule(card)})", "", reports_of(card.recipe, found.records))
        for name, card in found.cards.items()
    )
    several = tuple(row for row in rows if len(row.reports) > 1)
    single = [f"`{row.label}`" for row in rows if len(row.reports) == 1]
    if single:
        more = "Trained with one seed so far, so nothing is known of their spread over seeds: "
        yield more + ", ".join(single) + f". More: `{_reproduce(found)} --study seeds more_seeds`."
    if several:
        yield "Mean ± standard deviation over seeds."
        measures = [*(("ncr", threshold_key(t)) for t in THRESHOLDS), *((field, None) for field in THRESHOLD_FREE)]
        sheet = study_sheet(several, None, found.noise, measures)
        yield from (markdown_table(sheet.recipes), markdown_table(sheet.rates))


def _schedule(card: Card) -> str:
    # Never the protocol's name alone: --epochs may have asked for others than it says.
    return f"{card.protocol}, {plural(card.recipe.epochs, 'epoch')}"


def _on_two_cores(found: StoredResults) -> Iterator[str]:
    """The runs of the processor's protocol whose names a longer protocol's networks bear now."""
    headline = HEADLINE_SETS[0]
    runs = [run for run in found.records.values() if run.recipe.protocol == "cpu" and run.seed == 0]
    runs = [run for run in runs if run.recipe.name in found.cards and found.cards[run.recipe.name].protocol != "cpu"]
    # A network that was trained where the set was missing has no number to stand here.
    runs = [run for run in runs if headline in run.report.sets]
    if not runs:
        return
    yield "## What a day on two cores gives"
    yield (
        "The same recipes in the protocol `cpu`, seed 0: fewer epochs, smaller pictures at first, one thread a run. "
        f"NCR is on {headline}."
    )
    keys = [threshold_key(t) for t in THRESHOLDS]
    rows = []
    for run in runs:
        measured, kept = run.report.sets[headline], run.report.share_kept[keys[-1]]
        rates = (rate_text(value) for value in (*(measured.ncr[key] for key in keys), measured.ncr_at_95_kept, kept))
        hours = f"{run.seconds / 3600:.1f}"
        rows.append((run.recipe.name, str(run.recipe.epochs), hours, accuracy_text(run.report.accuracy), *rates))
    header = (
        "network",
        "epochs",
        "hours",
        "accuracy",
        *(f"NCR {key}" for key in keys),
        "NCR, 95 % kept",
        "kept at 0.9",
    )
    yield markdown_table(Grid(header, tuple(rows)))


def _over_pictures(found: StoredResults) -> Iterator[str]:
    rows = [
        (f"{each.nat} - {each.baseline}", each.set_name, each.measure, *each.cells, f"{each.over_pictures.pictures:,}")
        for each in paired_differences(found.folder)
    ]
    if rows:
        yield "## Over pictures"
        yield (
            "Two stored networks on the same pictures, which are drawn anew 2,000 times (paired bootstrap). The "
            "interval says how much depends on the pictures; it says nothing about what another seed would give."
        )
        yield markdown_table(Grid(("difference", "set", "measure", "value", "95 % interval", "pictures"), tuple(rows)))


def _levels(found: StoredResults, drawings: dict[str, Drawing]) -> Iterator[str]:
    yield "## Attention maps by level"
    if not found.levels:
        yield "Not measured yet: `nat levels`."
        return
    yield EXCEEDS_RULE
    drawing = plots.levels(found.levels)
    if drawing is not None:
        drawings["levels"] = drawing
        yield _image(("levels", drawing))
        yield plots.LEVELS_LEGEND
    yield markdown_table(level_table(found.levels))
    yield "\n".join(f"- {sentence}" for sentence in level_outcomes(found.levels))
    yield f"More seeds: `{_reproduce(found)} --study noise_floor seeds`, which measures these distances at its end."


def _networks(found: StoredResults) -> Iterator[str]:
    rows: Sequence[tuple[str, ...]] = [
        (name, card.protocol, str(card.recipe.epochs), str(card.seed), f"{card.parameters:,}",
         f"{card.seconds / 60:.0f}", card.precision, card.hardware, card.trained_at)
        for name, card in found.cards.items()
    ]  # fmt: skip
    if rows:
        yield "## The networks"
        measured = ("parameters", "minutes", "precision", "hardware", "trained at")
        yield markdown_table(Grid(("network", "protocol", "epochs", "seed", *measured), tuple(rows)))
