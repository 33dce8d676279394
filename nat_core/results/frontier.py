"""The frontier: where NAT stands between accuracy and NCR, by the weight and the number of its negatives.

From the records of the study `frontier` (held-out pictures, WRN-16-1, 30 epochs), with the paper's own point beside,
which was measured under other conditions and is marked so; and the study `strong` against the paper's cells.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from nat_core.language import N_, Titles, _, ngettext, written
from nat_core.measure.report import NetworkReport, threshold_key
from nat_core.measure.rounding import accuracy_text, points, points_text, rate, rate_text
from nat_core.paper.figures import PAPER, PAPER_SETS
from nat_core.recipes import HEADLINE_SETS, NAT_STRONG, PAIRS, THRESHOLDS, Recipe
from nat_core.results.drawings.label_places import label_places
from nat_core.results.drawings.panels import BASELINE, INK, NARROW, NAT, WIDE, Drawing, Panel, Point
from nat_core.store.runs import RunRecord
from nat_core.studies.choice import HELD_OUT, pictures_a_step
from nat_core.studies.plan import studies
from nat_core.studies.rows import HIGHEST_KEY, accuracy, measure_on, rows_of

OWN, PLAIN = "frontier_nat", "frontier_baseline"
PAPERS = PAPER[PAIRS["resnet18"][1]]
KEPT, HIGHEST = "kept", "highest"
MEASURES = {KEPT: measure_on(HELD_OUT, "ncr_at_95_kept"), HIGHEST: measure_on(HELD_OUT, "ncr", HIGHEST_KEY)}
"""What each network is measured by: NCR where it keeps 95 %, and at the highest threshold."""
LEGEND = N_(
    "Filled: as many pictures a step as NAT; square: more, so it costs more. Hollow grey: no negatives. Cross: the "
    "paper's NAT, a ResNet-18 on the CIFAR-100 test set and trained otherwise: no point of this curve, but what it is "
    "held against; the paper gives no NCR at 95 % kept. Right and down is better. Lines: the weights 1, 2, 4 and 8 of "
    "8 negatives, and 8, 16 and 32 negatives of weight 1. 48 + 24: so many pictures and negatives in a step. Means "
    "apart: the costs of pictures and of negatives are averaged each by itself."
)


@dataclass(frozen=True)
class FrontierPoint:
    """One network of the study."""

    label: str
    short: str
    """What it changes, in a few characters."""
    accuracy: float
    ncr: dict[str, float]
    """By MEASURES."""
    cost: int
    """Pictures a step."""
    seeds: int
    pictures: int
    """Of CIFAR-100's held-out classes, from which NCR comes."""
    recipe: Recipe

    @property
    def words(self) -> str:
        """What it changes, within a sentence."""
        return words_of(self.recipe)

    def beside(self, measure: str) -> str:
        """Its name with both numbers, within a sentence."""
        return _(
            "{network} ({rate} at {accuracy})",
            network=self.words,
            rate=rate_text(self.ncr[measure]),
            accuracy=accuracy_text(self.accuracy),
        )


def places(records: Mapping[str, RunRecord]) -> tuple[FrontierPoint, ...]:
    """Return every network of the study that was run, in its order.

    >>> places({})
    ()
    """
    (study,) = (each for each in studies() if each.name == "frontier")
    recipes = {run.recipe.name: run.recipe for run in study.runs}
    found = []
    for row in rows_of(study, records):
        right, rates = row.over_seeds(accuracy), {name: row.over_seeds(each) for name, each in MEASURES.items()}
        ncr = {name: each.mean for name, each in rates.items() if each is not None}
        if right is not None and len(ncr) == len(MEASURES):
            recipe = recipes[row.label]
            cost = pictures_a_step(recipe)
            images = row.reports[0].sets[HELD_OUT].images
            found.append(
                FrontierPoint(row.label, short_of(recipe), right.mean, ncr, cost, len(row.reports), images, recipe)
            )
    return tuple(found)


DIVERGENCES: Titles[str] = Titles({"centred_logits": N_("centred logits"), "softened": N_("softened")})
"""What the divergences of the study are called."""


def short_of(recipe: Recipe) -> str:
    """Return what a recipe changes of NAT in a few characters, as a mark's label: LEGEND says of what a number is.

    >>> many = Recipe("a", "wrn16_1", negatives="cifar100_train", negatives_per_batch=32, negative_weight=2.0)
    >>> short_of(many), words_of(many)
    ('32, weight 2', '32 negatives of weight 2')
    """
    if not recipe.has_negatives:
        return _("baseline")
    plain = Recipe(recipe.name, recipe.architecture)
    parts = []
    if recipe.negatives_inside:
        parts.append(f"{recipe.batch_size - recipe.negatives_per_batch} + {recipe.negatives_per_batch}")
    elif recipe.negatives_per_batch != plain.negatives_per_batch:
        parts.append(str(recipe.negatives_per_batch))
    if recipe.separate_means:
        parts.append(_("means apart"))
    if recipe.negative_weight != plain.negative_weight:
        parts.append(_("weight {weight:g}", weight=recipe.negative_weight))
    if recipe.divergence != plain.divergence:
        parts.append(DIVERGENCES.get(recipe.divergence, recipe.divergence.replace("_", " ")))
    return ", ".join(parts) or "NAT"


def words_of(recipe: Recipe) -> str:
    """Return what a recipe changes of NAT within a sentence, or that it is the baseline or NAT itself."""
    if not recipe.has_negatives:
        return _("baseline")
    plain, many = Recipe(recipe.name, recipe.architecture), recipe.negatives_per_batch
    weighted, parts = recipe.negative_weight != plain.negative_weight, []
    if recipe.negatives_inside:
        parts.append(_("{pictures} pictures and {negatives} negatives a step", pictures=recipe.batch_size - many,
                       negatives=many))  # fmt: skip
    elif many != plain.negatives_per_batch and weighted:
        parts.append(_("{many} negatives of weight {weight:g}", many=many, weight=recipe.negative_weight))
    elif many != plain.negatives_per_batch:
        parts.append(_("{many} negatives a step", many=many))
    if recipe.separate_means:
        parts.append(_("means apart"))
    if weighted and many == plain.negatives_per_batch:
        parts.append(_("negatives of weight {weight:g}", weight=recipe.negative_weight))
    if recipe.divergence != plain.divergence:
        in_words = {"centred_logits": _("centred logits"), "softened": _("a softened target")}
        parts.append(in_words.get(recipe.divergence, recipe.divergence.replace("_", " ")))
    return ", ".join(parts) or "NAT"


def measure_title(measure: str) -> str:
    """Return what a measure is called, one of MEASURES.

    >>> measure_title(HIGHEST)
    'NCR at t = 0.9'
    """
    return _("NCR at 95 % kept") if measure == KEPT else _("NCR at t = {t}", t=written(HIGHEST_KEY))


def unbeaten(found: Sequence[FrontierPoint], measure: str) -> tuple[FrontierPoint, ...]:
    """Return those that no other beats or equals in both accuracy and NCR, the most accurate first."""
    best: list[FrontierPoint] = []
    for each in sorted(found, key=lambda place: (-place.accuracy, place.ncr[measure])):
        if not best or each.ncr[measure] < best[-1].ncr[measure]:
            best.append(each)
    return tuple(best)


# --- in words --------------------------------------------------------------------------------------------------------


def sentences(found: Sequence[FrontierPoint]) -> tuple[str, ...]:
    """Return where NAT stands among them, which none beats, and how they compare with the paper's point."""
    own = next((each for each in found if each.label == OWN), None)
    if own is None or len(found) < 2:
        return ()
    said = [_standing(found, own, measure) for measure in MEASURES]
    nearest = min(found, key=lambda each: each.ncr[HIGHEST])
    goal, right = PAPERS.ncr[HEADLINE_SETS[0]][HIGHEST_KEY], PAPERS.accuracy or 0.0
    below = [each for each in found if rate(each.ncr[HIGHEST]) <= goal]
    said.append(_beside_the_paper(goal, right, len(below), len(found), nearest))
    if all(each.seeds == 1 for each in found):
        said.append(_("One seed each: a difference of a point of accuracy or a few hundredths of NCR may be chance."))
    elif any(each.seeds == 1 for each in found):
        said.append(
            _(
                "Means over seeds: {networks}. One seed each of the others, where a difference of a point of accuracy "
                "or a few hundredths of NCR may be chance.",
                networks=", ".join(_with_seeds(each) for each in found if each.seeds > 1),
            )
        )
    return tuple(said)


def _with_seeds(each: FrontierPoint) -> str:
    return ngettext("{network} ({count:,} seed)", "{network} ({count:,} seeds)", each.seeds, network=each.words)


def _beside_the_paper(goal: float, right: float, below: int, of: int, nearest: FrontierPoint) -> str:
    """How many lie as low as the paper's point, and which lies lowest."""
    said = {
        "goal": rate_text(goal),
        "accuracy": accuracy_text(right),
        "below": below,
        "all": of,
        "nearest": nearest.beside(HIGHEST),
    }
    if below:
        return _(
            "The paper's NAT has {goal} at {accuracy} (ResNet-18, CIFAR-100 test, other training): {below} of "
            "{all} lie as low; the lowest here is {nearest}.",
            **said,
        )
    return _(
        "The paper's NAT has {goal} at {accuracy} (ResNet-18, CIFAR-100 test, other training): none lies as low; "
        "the lowest here is {nearest}.",
        **said,
    )


def _standing(found: Sequence[FrontierPoint], own: FrontierPoint, measure: str) -> str:
    best = unbeaten(found, measure)
    said = {"measure": measure_title(measure), "unbeaten": ", ".join(each.beside(measure) for each in best)}
    if own in best:
        return _("By {measure}, no other is better than NAT in both; unbeaten are {unbeaten}.", **said)
    better = [each.words for each in found if each.accuracy >= own.accuracy and each.ncr[measure] < own.ncr[measure]]
    return _(
        "By {measure}, NAT is beaten in both by {better}; unbeaten are {unbeaten}.", better=", ".join(better), **said
    )


def strong_sentences(records: Mapping[str, RunRecord]) -> tuple[str, ...]:
    """Return how many of the paper's cells each seed of the strong NAT reaches, by set, and its accuracy; and what it
    is at equal use, beside NAT of the same seed.

    >>> strong_sentences({})
    ()
    """
    (study,) = (each for each in studies() if each.name == "strong")
    rows = {row.label: row.reports for row in rows_of(study, records)}
    reports, beside = rows[NAT_STRONG], {report.seed: report for report in rows[PAIRS["resnet18"][1]]}
    if not reports:
        return ()
    said = []
    for report in reports:
        said.append(_cells(report))
        if (nat := beside.get(report.seed)) is not None:
            said.append(_at_equal_use(report, nat))
    planned = sum(run.recipe.name == NAT_STRONG for run in study.runs)
    if len(reports) < planned:
        said.append(
            ngettext(
                "Of `{network}` {count} of {planned} seeds is trained.",
                "Of `{network}` {count} of {planned} seeds are trained.",
                len(reports), network=NAT_STRONG, planned=planned,
            )
        )  # fmt: skip
    return tuple(said)


def _at_equal_use(report: NetworkReport, nat: NetworkReport) -> str:
    """NCR on the paper's sets where each keeps 95 %: a network that has learned to be less sure flatters itself."""
    rates = [
        ", ".join(
            _("{rate} on {name}", rate=rate_text(each.sets[name].ncr_at_95_kept), name=name)
            for name in PAPER_SETS
            if name in report.sets and name in nat.sets
        )
        for each in (report, nat)
    ]
    return _(
        "Where each keeps 95 %, seed {seed}: NCR of `{network}` is {own}; of `{nat}` {other}.",
        seed=report.seed, network=NAT_STRONG, own=rates[0], nat=PAIRS["resnet18"][1], other=rates[1],
    )  # fmt: skip


def _cells(report: NetworkReport) -> str:
    keys = [threshold_key(t) for t in THRESHOLDS]
    by_set = {
        name: sum(report.sets[name].ncr[key] <= PAPERS.ncr[name][key] for key in keys)
        for name in PAPER_SETS
        if name in report.sets
    }
    listed = ", ".join(
        _("{name} {count} of {all}", name=name, count=count, all=len(keys)) for name, count in by_set.items()
    )
    right = PAPERS.accuracy or 0.0
    said = {
        "network": NAT_STRONG,
        "seed": report.seed,
        "below": sum(by_set.values()),
        "cells": len(by_set) * len(keys),
        "sets": listed,
        "accuracy": accuracy_text(report.accuracy),
        "points": points_text(abs(points(report.accuracy, right))),
        "papers": accuracy_text(right),
        "kept": rate_text(report.share_kept[HIGHEST_KEY]),
        "t": written(HIGHEST_KEY),
    }
    if report.accuracy < right:
        return _(
            "`{network}`, seed {seed}: NCR is at or below the paper's in {below} of {cells} cells ({sets}); accuracy "
            "{accuracy}, {points} points below the paper's {papers}; it keeps {kept} at {t}.",
            **said,
        )
    return _(
        "`{network}`, seed {seed}: NCR is at or below the paper's in {below} of {cells} cells ({sets}); accuracy "
        "{accuracy}, {points} points above the paper's {papers}; it keeps {kept} at {t}.",
        **said,
    )


# --- as a plot -------------------------------------------------------------------------------------------------------


LETTER = 6.4
"""The width of a letter, about."""


def plot(found: Sequence[FrontierPoint], *, narrow: bool = False, say: Callable[[str], str] = str) -> Drawing:
    """Return accuracy against NCR, a panel for each measure, the paper's point in the one that it has a number for.

    A `narrow` one fits a phone; `say` names the image set in the title as a page does.
    """
    alt = _("Accuracy and NCR of NAT by the weight and number of its negatives, held-out pictures")
    drawing = Drawing(NARROW if narrow else WIDE, 840, alt, say)
    title = _("WRN-16-1: accuracy beside NCR on {name}, {pictures}", name=HELD_OUT, pictures=_pictures(found))
    drawing.title(title)
    goal = (PAPERS.accuracy or 0.0, PAPERS.ncr[HEADLINE_SETS[0]][HIGHEST_KEY])
    lower = 34 if narrow else 0  # its title takes three lines
    for top, height, measure, beside in ((66 + lower, 290 - lower, KEPT, None), (446, 330, HIGHEST, goal)):
        points = [(each.accuracy, each.ncr[measure]) for each in found] + ([beside] if beside else [])
        across, up = ([point[axis] for point in points] for axis in (0, 1))
        # Half a point of accuracy to the left and right: room for the labels there.
        left, width = (44, NARROW - 70) if narrow else (60, WIDE - 90)
        panel = Panel(left, top, width, height, (min(across) - 0.005, max(across) + 0.006), _rounded(up))
        first, last = ceil(100 * panel.x_range[0]), int(100 * panel.x_range[1])
        drawing.axes(panel, _("accuracy"), measure_title(measure), [tick / 100 for tick in range(first, last + 1)])
        _panel(drawing, panel, found, measure, beside)
    return drawing


def _rounded(values: Sequence[float]) -> Point:
    """A range around the values whose quarters are short numbers; from 0 where that leaves them room enough."""
    step = 0.2 if max(values) > 0.4 else 0.04
    low = 0.0 if min(values) < max(values) / 2 else step * int(min(values) / step)
    return round(low, 2), round(step * ceil(max(values) / step), 2)


def _pictures(found: Sequence[FrontierPoint]) -> str:
    if not found:
        return ""
    fewest, most = min(each.seeds for each in found), max(each.seeds for each in found)
    one = ngettext("{count:,} seed", "{count:,} seeds", most)
    return _(
        "{pictures} ({epochs}, {seeds} each)",
        pictures=ngettext("{count:,} picture", "{count:,} pictures", found[0].pictures),
        epochs=ngettext("{count:,} epoch", "{count:,} epochs", found[0].recipe.epochs),
        seeds=one if fewest == most else _("{fewest:,} to {most:,} seeds", fewest=fewest, most=most),
    )


def _panel(drawing: Drawing, panel: Panel, found: Sequence[FrontierPoint], measure: str, goal: Point | None) -> None:
    spots = {each.label: panel.at((each.accuracy, each.ncr[measure])) for each in found}
    lines = [[spots[each.label] for each in line] for line in _lines(found)]
    for line in lines:
        drawing.line(line, NAT, 1)
    own = next((each.cost for each in found if each.label == OWN), 0)
    for each in found:
        spot = spots[each.label]
        if each.cost > own:
            drawing.square(spot, NAT)
        else:
            drawing.dot(spot, NAT if each.recipe.has_negatives else BASELINE, hollow=not each.recipe.has_negatives)
    named = [(spots[each.label], each.short) for each in found]
    if goal is not None:
        spot = panel.at(goal)
        drawing.cross(spot, INK)
        short = drawing.width == NARROW
        named.append((spot, _("the paper's NAT") if short else _("the paper's NAT: ResNet-18, test set")))
    _label(drawing, panel, named, lines)


def _lines(found: Sequence[FrontierPoint]) -> tuple[list[FrontierPoint], list[FrontierPoint]]:
    """Those that differ in the weight alone, and those that differ in the number alone, each in its order."""
    plain = [
        each
        for each in found
        if each.recipe.has_negatives and not each.recipe.negatives_inside and not each.recipe.separate_means
    ]
    own = next((each.recipe for each in found if each.label == OWN), None)
    alike = [each for each in plain if own is not None and each.recipe.divergence == own.divergence]
    weights = [each for each in alike if own and each.recipe.negatives_per_batch == own.negatives_per_batch]
    numbers = [each for each in alike if own and each.recipe.negative_weight == own.negative_weight]
    return (
        sorted(weights, key=lambda each: each.recipe.negative_weight),
        sorted(numbers, key=lambda each: each.recipe.negatives_per_batch),
    )


def _label(drawing: Drawing, panel: Panel, named: Sequence[tuple[Point, str]], lines: Sequence[list[Point]]) -> None:
    """Write each mark's label where it crosses nothing; a thin line leads to one that lies away from its mark."""
    area = (panel.left + 1, panel.top - 8, panel.left + panel.width + 24, panel.top + panel.height - 1)
    widths = [LETTER * len(words) for _spot, words in named]
    places = label_places([spot for spot, _words in named], widths, lines, area)
    for (_spot, words), placed in zip(named, places, strict=True):
        if placed.leader is not None:
            drawing.line(placed.leader, BASELINE, 0.7)
        drawing.text((placed.box[0], placed.box[3] - 3), words, over_lines=True)


def section(records: Mapping[str, RunRecord]) -> tuple[list[str], dict[str, Drawing]]:
    """Return what stands below the study `frontier` on the results page, and its plot."""
    found = places(records)
    if not sentences(found):
        return [], {}
    drawing = plot(found)
    words = "\n".join(f"- {each}" for each in sentences(found))
    return [words, f"![{drawing.alt_text}](plots/frontier.svg)", _(LEGEND)], {"frontier": drawing}
