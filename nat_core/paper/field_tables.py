"""Our networks on the sets on which others report, beside what they publish: as tables, rows of a CSV, and JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nat_core.data.sources.field_sets import FIELD_SETS
from nat_core.language import N_, SOURCE, Titles, _, number, speaking
from nat_core.measure.rounding import accuracy_text, rate, rate_text
from nat_core.measure.scores import CONFIDENCE, MEASURES
from nat_core.paper.field_figures import BENCHMARKS, PublishedBenchmark, PublishedFigure, PublishedFigures
from nat_core.paper.rendering import Annex
from nat_core.paper.tables import ABSENT, Grid, ReportTable
from nat_core.recipes import IN_DISTRIBUTION, RECIPES, UNSEEN, Recipe
from nat_core.store.checkpoints import Card
from nat_core.store.field_results import FieldResult

NOT_MEASURED = N_("not measured")
LEARNT = " *"
"""Marks a number on pictures from a source that the network learnt from."""
LEARNT_NOTE = N_(
    "Marked *: the network, or its teacher, learned to be unsure of pictures from this very source, so the number says "
    "nothing of what it never saw, and proves nothing; a mean with it in it is marked too."
)
GROUPS: Titles[str] = Titles({"near": N_("near"), "far": N_("far"), "all": N_("all")})
"""What the groups of a benchmark's sets are called."""
IN_DISTRIBUTION_SET = "cifar10_test"
MEASURED_HERE = {"cifar100_test": "CIFAR-100"}
"""The titles of the sets of which every network's own report tells."""


@dataclass(frozen=True)
class Measured:
    """One of our networks on the sets of all benchmarks."""

    card: Card
    results: Mapping[str, FieldResult]
    """By set: what is stored, and what the card's report says."""

    def value(self, measure: str, name: str) -> float | None:
        """The measure on a set; None where it was not measured."""
        return getattr(self.results[name], measure) if name in self.results else None

    def mean(self, measure: str, names: Sequence[str]) -> float | None:
        """The mean over the sets, of what is written of each; None unless all were measured."""
        values = [rate(value) for name in names if (value := self.value(measure, name)) is not None]
        return sum(values) / len(values) if len(values) == len(names) else None


def annex(cards: Mapping[str, Card], stored: Mapping[str, Mapping[str, FieldResult]]) -> Annex:
    """Return the tables of all benchmarks for the networks of CIFAR-10 among these; `stored` as it is loaded.

    >>> [sheet.title.partition(". ")[0] for sheet in annex({}, {}).sheets]
    ['OpenOOD', 'Outlier Exposure', 'Energy']
    """
    networks = measured(cards, stored)
    records = [row for benchmark in BENCHMARKS for row in _published_records(benchmark)]
    for each in networks:
        records += _measured_records(each)
    values = {"field": {benchmark.name: _json(benchmark, networks) for benchmark in BENCHMARKS}}
    return Annex(tuple(_sheet(benchmark, networks) for benchmark in BENCHMARKS), tuple(records), values)


def measured(cards: Mapping[str, Card], stored: Mapping[str, Mapping[str, FieldResult]]) -> tuple[Measured, ...]:
    """Return what is known of each network of CIFAR-10: its stored results, and those of its own report."""
    return tuple(
        Measured(card, {**_reported(card), **stored.get(name, {})})
        for name, card in cards.items()
        if card.report.in_distribution == IN_DISTRIBUTION_SET
    )


def _reported(card: Card) -> dict[str, FieldResult]:
    found = {}
    for name in MEASURED_HERE:
        if (each := card.report.sets.get(name)) is not None:
            numbers = (each.images, each.auroc, each.fpr95, each.ncr_at_95_kept)
            found[name] = FieldResult(card.name, "", name, *numbers)
    return found


def learnt_from(recipe: Recipe, name: str) -> bool:
    """Return whether a network of the recipe, or its teacher, learnt from the source of that set to be unsure of it.

    >>> learnt_from(RECIPES["wrn16_1_nat"], "cifar100_test"), learnt_from(RECIPES["wrn16_1_nat"], "svhn")
    (True, False)
    """
    kin = FIELD_SETS[name].kin if name in FIELD_SETS else (name,)
    if any(recipe.role_of(each) != UNSEEN for each in kin):
        return True
    return recipe.teacher in RECIPES and learnt_from(RECIPES[recipe.teacher], name)


def _sheet(benchmark: PublishedBenchmark, networks: Sequence[Measured]) -> ReportTable:
    header = (_("network"), _("learned from negatives"), _("accuracy"), *_mean_titles(benchmark))
    rows = [*map(_published_cells, [benchmark] * len(benchmark.published), benchmark.published)]
    rows += [_own_cells(benchmark, each) for each in networks]
    titles = tuple(FIELD_SETS[name].title if name in FIELD_SETS else MEASURED_HERE[name] for name in benchmark.sets)
    rates = Grid((_("measure"), _("network"), *titles), tuple(_rates(benchmark, networks)))
    missing = _missing(benchmark, networks)
    return ReportTable(
        f"{benchmark.label}. {_(benchmark.title)}",
        Grid(header, tuple(rows)),
        rates,
        tuple(_notes(benchmark, networks)),
        commands=(_commands(networks, missing),) if networks and missing else (),
    )


def _mean_titles(benchmark: PublishedBenchmark) -> list[str]:
    return [
        _("{measure}, mean of {group}", measure=MEASURES[measure], group=GROUPS[group])
        if len(benchmark.groups) > 1
        else _("{measure}, mean", measure=MEASURES[measure])
        for measure in _averaged(benchmark)
        for group in benchmark.groups
    ]


def _averaged(benchmark: PublishedBenchmark) -> tuple[str, ...]:
    """The measures of which a mean was published, in the benchmark's order."""
    return tuple(m for m in benchmark.measures if any((m, group) in each.means for each in benchmark.published
                                                      for group in benchmark.groups))  # fmt: skip


def _published_cells(benchmark: PublishedBenchmark, row: PublishedFigures) -> tuple[str, ...]:
    means = (row.means.get((measure, group)) for measure in _averaged(benchmark) for group in benchmark.groups)
    cells = (each.as_rate if each else ABSENT for each in means)
    return (published_name(row), _(row.negatives), row.accuracy.as_accuracy if row.accuracy else ABSENT, *cells)


def published_name(row: PublishedFigures) -> str:
    """Return how a published row is called beside ours.

    >>> published_name(BENCHMARKS[0].published[0])
    'published: MSP, ResNet-18'
    """
    return _("published: {method}, {architecture}", method=_(row.method), architecture=row.architecture)


def _own_cells(benchmark: PublishedBenchmark, each: Measured) -> tuple[str, ...]:
    recipe = each.card.recipe
    means = (
        _cell(each.mean(measure, names), any(learnt_from(recipe, name) for name in names))
        for measure in _averaged(benchmark)
        for names in benchmark.groups.values()
    )
    return (each.card.name, _negatives(recipe) or _("none"), accuracy_text(each.card.report.accuracy), *means)


def _negatives(recipe: Recipe) -> str:
    """The negatives that a network of the recipe learnt from, its own or by its teacher; empty where neither had any.

    >>> [_negatives(RECIPES[name]) for name in ("wrn16_1_nat", "wrn16_1_student_of_nat", "wrn16_1_student_of_baseline")]
    ['cifar100_train', 'by its teacher wrn40_1_nat', '']
    """
    if own := " + ".join([*recipe.negative_sets, *dict.fromkeys(recipe.synthetic)]):
        return own
    if recipe.teacher in RECIPES and not _negatives(RECIPES[recipe.teacher]):
        return ""
    return _("by its teacher {teacher}", teacher=recipe.teacher) if recipe.teacher else ""


def _published_cell(figure: PublishedFigure | None) -> str:
    return ABSENT if figure is None else figure.as_rate


def _cell(value: float | None, learnt: bool) -> str:
    return _(NOT_MEASURED) if value is None else f"{rate_text(value)}{LEARNT if learnt else ''}"


def _rates(benchmark: PublishedBenchmark, networks: Sequence[Measured]) -> Iterator[tuple[str, ...]]:
    """How many pictures our numbers come from; then each measure, published rows first."""
    counts = {name: {each.results[name].images for each in networks if name in each.results} for name in benchmark.sets}
    pictures = (" / ".join(number(count, ",") for count in sorted(counts[name])) for name in benchmark.sets)
    yield (_("pictures here"), "", *(each or _(NOT_MEASURED) for each in pictures))
    for measure in benchmark.measures:
        rows = [
            (published_name(row), *(_published_cell(row.sets[measure].get(name)) for name in benchmark.sets))
            for row in benchmark.published
            if measure in row.sets
        ]
        rows += [
            (
                each.card.name,
                *(_cell(each.value(measure, name), learnt_from(each.card.recipe, name)) for name in benchmark.sets),
            )
            for each in networks
        ]
        for position, row in enumerate(rows):
            yield ("" if position else MEASURES[measure], *row)


def _missing(benchmark: PublishedBenchmark, networks: Sequence[Measured]) -> list[str]:
    """The sets that not every network was measured on."""
    return [
        name for name in benchmark.sets if name in FIELD_SETS and not all(name in each.results for each in networks)
    ]


def _commands(networks: Sequence[Measured], missing: Sequence[str]) -> str:
    names = " ".join(each.card.name for each in networks)
    return f"nat data; nat evaluate {names} --sets {' '.join(missing)} --store"


def _notes(benchmark: PublishedBenchmark, networks: Sequence[Measured]) -> Iterator[str]:
    yield _("Published: {source}.", source=_(benchmark.source))
    yield _(
        "Published rates are rounded to three decimals, as ours are; the sources give four, as do our CSV and JSON."
    )
    yield from map(_, benchmark.notes)
    learnt = any(learnt_from(each.card.recipe, name) for each in networks for name in benchmark.sets)
    if learnt:
        yield _(LEARNT_NOTE)
    if networks and (missing := _missing(benchmark, networks)):
        titles = ", ".join(FIELD_SETS[name].title for name in missing)
        # Two commands, a line each on the page: each is typed as it stands.
        yield _(
            "Not measured yet: {sets}. These commands say how to get them, and then measure them: {commands}",
            sets=titles,
            commands=_commands(networks, missing),
        )


# --- for programs ----------------------------------------------------------------------------------------------------


def _published_records(benchmark: PublishedBenchmark) -> Iterator[tuple[str | int | float | None, ...]]:
    for row in benchmark.published:
        # Rows of a CSV are in English whoever asks for them.
        with speaking(SOURCE):
            name = f"{published_name(row)} ({benchmark.label})"
        if row.accuracy:
            yield (name, IN_DISTRIBUTION_SET, IN_DISTRIBUTION, None, "accuracy", None, None, row.accuracy.value, None)
        for (measure, group), figure in row.means.items():
            yield (name, f"{benchmark.name}:{group}", UNSEEN, None, measure, None, None, figure.value, row.score)
        for measure, figures in row.sets.items():
            for set_name, figure in figures.items():
                yield (name, set_name, UNSEEN, None, measure, None, None, figure.value, row.score)


def _measured_records(each: Measured) -> Iterator[tuple[str | int | float | None, ...]]:
    # What the network's own report tells stands among its own rows already.
    for name, result in each.results.items():
        if name not in MEASURED_HERE:
            role = "same source" if learnt_from(each.card.recipe, name) else UNSEEN
            for measure in ("ncr_at_95_kept", "auroc", "fpr95"):
                value = getattr(result, measure)
                yield (each.card.name, name, role, result.images, measure, None, value, None, CONFIDENCE)


def _json(benchmark: PublishedBenchmark, networks: Sequence[Measured]) -> dict[str, Any]:
    return {
        "source": benchmark.source,
        "groups": {group: list(names) for group, names in benchmark.groups.items()},
        "published": [_published_json(row) for row in benchmark.published],
        "measured": {each.card.name: _measured_json(benchmark, each) for each in networks},
    }


def _published_json(row: PublishedFigures) -> dict[str, Any]:
    means: dict[str, dict[str, Any]] = {}
    for (measure, group), figure in row.means.items():
        means.setdefault(measure, {})[group] = asdict(figure)
    return asdict(row) | {"means": means}


def _measured_json(benchmark: PublishedBenchmark, each: Measured) -> dict[str, Any]:
    """By set, null where it was not measured."""
    return {
        name: None
        if name not in each.results
        else {
            "images": each.results[name].images,
            **{measure: each.value(measure, name) for measure in ("ncr_at_95_kept", "auroc", "fpr95")},
            "learnt_from_its_source": learnt_from(each.card.recipe, name),
        }
        for name in benchmark.sets
    }
