"""The rows of a study's table, and how far their numbers may be trusted.

There are two kinds of spread, never mixed: over the seeds of one recipe, against which differences between recipes are
held, and over pictures, by the paired bootstrap of two stored networks.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import sqrt
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np
from jaxtyping import Float

from nat_core.language import _, number
from nat_core.measure.predictions import Predictions
from nat_core.measure.report import NetworkReport, threshold_key
from nat_core.measure.rounding import ACCURACY, RATE, difference, points
from nat_core.paper.figures import COMPARED
from nat_core.recipes import IN_DISTRIBUTION, THRESHOLDS, Recipe
from nat_core.store.checkpoints import available, load_card, load_predictions
from nat_core.store.runs import DivergedRun, RunRecord
from nat_core.studies.plan import Study

SAMPLES = 2000
"""How often the bootstrap draws the pictures anew."""
_DIVERGED = re.compile(r"diverged at step ([\d,]+) of ([\d,]+)")


# --- over seeds ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OverSeeds:
    """One number of the same recipe over its seeds."""

    mean: float
    deviation: float | None
    """Sample standard deviation (n - 1); None for one seed."""
    seeds: int


def over_seeds(values: Sequence[float]) -> OverSeeds:
    """Return mean and sample standard deviation of one number over seeds; ValueError without any.

    >>> over_seeds([0.1, 0.3]).mean
    0.2
    """
    if not values:
        raise ValueError("needs the number of one seed at least")
    mean = sum(values) / len(values)
    if len(values) == 1:
        return OverSeeds(mean, None, 1)
    return OverSeeds(mean, sqrt(sum((each - mean) ** 2 for each in values) / (len(values) - 1)), len(values))


# --- over pictures ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OverPictures:
    """The difference of two networks' means on the same pictures, with its 95 % interval over pictures."""

    difference: float
    low: float
    high: float
    pictures: int


def paired_bootstrap(
    first: Float[np.ndarray, " n"], second: Float[np.ndarray, " _"], *, samples: int = SAMPLES, seed: int = 0
) -> OverPictures:
    """Return mean(first - second) with its 95 % percentile interval: pictures are drawn anew, both networks together.

    `first` and `second` hold one number a picture, in the same order: 1.0 where confidence > t for NCR, where the
    answer is right for accuracy. It says how much depends on the pictures; it says nothing about seeds. Source:
    Efron and Tibshirani 1993, "An Introduction to the Bootstrap". Raises ValueError for no or unequal numbers of
    pictures.

    >>> paired_bootstrap(np.ones(4), np.zeros(4))
    OverPictures(difference=1.0, low=1.0, high=1.0, pictures=4)
    """
    if len(first) != len(second) or not len(first):
        raise ValueError(f"needs the same pictures of both, at least one; got {len(first)} and {len(second)}")
    difference, generator = first - second, np.random.default_rng(seed)
    # Drawing pictures anew is drawing how often each difference occurs: the few that there are, not every picture. In
    # the order in which they first occur, so that both networks exchanged give the same interval turned round.
    _values, places, counts = np.unique(difference, return_index=True, return_counts=True)
    order = np.argsort(places)
    values, shares = difference[places[order]], counts[order] / len(difference)
    drawn = [generator.multinomial(len(difference), shares) @ values / len(difference) for _draw in range(samples)]
    # The percentile interval: nothing is assumed of how the difference is distributed.
    low, high = np.quantile(drawn, (0.025, 0.975))
    return OverPictures(float(difference.mean()), float(low), float(high), len(difference))


HIGHEST_THRESHOLD = THRESHOLDS[-1]
ACCURACY_MEASURE = "accuracy"
"""What a paired difference of accuracies is called."""


@dataclass(frozen=True)
class PairedDifference:
    """NAT minus baseline on one set, with its 95 % interval over pictures."""

    baseline: str
    nat: str
    set_name: str
    measure: str
    """`NCR_0.9`; of the in-distribution set ACCURACY_MEASURE and `kept at 0.9`."""
    rates: tuple[float, float]
    """Both networks' own, NAT's first."""
    over_pictures: OverPictures

    @property
    def cells(self) -> tuple[str, str]:
        """The difference of both rates as they are written, and its interval; of accuracies in percentage points."""
        over = self.over_pictures
        if self.measure == ACCURACY_MEASURE:
            value, scale, decimals, unit = points(*self.rates), 100, ACCURACY, " points"
        else:
            value, scale, decimals, unit = difference(*self.rates), 1, RATE, ""
        # Never minus zero.
        bounds = (round(scale * each, decimals) + 0.0 for each in (over.low, over.high))
        said, low, high = (number(each, f"+.{decimals}f") for each in (value, *bounds))
        return said + unit, f"{low} to {high}"


def paired_differences(folder: Path) -> Iterator[PairedDifference]:
    """Yield the differences of every pair of stored networks, on each set with the same pictures in both.

    Raises CheckpointError where the predictions of one are missing or damaged.
    """
    present = available(folder)
    stored: dict[str, dict[str, Predictions]] = {}
    for baseline, nat in COMPARED:
        if baseline not in present or nat not in present:
            continue
        for name in {baseline, nat} - set(stored):
            stored[name] = load_predictions(folder, name)
        for name, role in load_card(folder, nat).roles.items():
            theirs, ours = (stored[each].get(name) for each in (baseline, nat))
            # Paired means picture by picture: the same ones, in the same order.
            if theirs is None or ours is None or theirs.ids != ours.ids:
                continue
            known = role == IN_DISTRIBUTION
            if known:
                yield _paired((baseline, nat), name, ACCURACY_MEASURE, _is_correct(ours), _is_correct(theirs))
            measure = f"kept at {HIGHEST_THRESHOLD:g}" if known else f"NCR_{HIGHEST_THRESHOLD:g}"
            yield _paired((baseline, nat), name, measure, _is_confident(ours), _is_confident(theirs))


def _paired(
    names: tuple[str, str], set_name: str, measure: str, ours: Float[np.ndarray, " n"], theirs: Float[np.ndarray, " n"]
) -> PairedDifference:
    rates = (float(ours.mean()), float(theirs.mean()))
    return PairedDifference(*names, set_name, measure, rates, paired_bootstrap(ours, theirs))


def _is_correct(predictions: Predictions) -> Float[np.ndarray, " n"]:
    return (predictions.predicted == predictions.labels).astype(np.float64)


def _is_confident(predictions: Predictions) -> Float[np.ndarray, " n"]:
    return (predictions.confidence > HIGHEST_THRESHOLD).astype(np.float64)


# --- a study's rows, held against the noise --------------------------------------------------------------------------

HIGHEST_KEY = threshold_key(HIGHEST_THRESHOLD)

Measure = Callable[[NetworkReport], float | None]
"""One number of a report, None where it has none."""
Side = Literal["below", "above", "within", "unknown"]

FEWEST_SEEDS = 3
FALSE_ALARMS = 0.05
"""How often, at most, a column may mark a row although nothing differs."""
NOISE_RULE = (
    "Noise: a difference counts where it exceeds t s √(1/n + 1/m). n and m are the numbers of seeds of the two rows, s "
    "is the largest standard deviation of that number over the seeds of the short baseline, of the short NAT, and of "
    "either of the two rows where it has three seeds of its own, and t is Student's quantile with the degrees of "
    "freedom of the short baseline and NAT together (four for three seeds each), for "
    f"{100 * FALSE_ALARMS:g} % divided by the number of rows that a table holds against its reference (Bonferroni): "
    "the more candidates there are, the farther one of them strays by chance. So where nothing differs, at most one "
    "column in twenty has a mark; columns are not counted, so of twenty columns one may. Classes held out of CIFAR-100 "
    "were not shown to the short baseline and NAT: what these swing by on cifar100_test stands for it there."
)
NOISE_STAND_INS = {"cifar100_held_out": "cifar100_test"}
"""Sets on which the noise floor was not measured, and the one whose noise is taken for theirs."""


@dataclass(frozen=True)
class StudyRow:
    """One recipe of a study."""

    label: str
    changes: str
    """What it changes of the study's first recipe with negatives, field by field; "" for nothing."""
    reports: tuple[NetworkReport, ...]
    """One for each seed; none where it was not run yet."""
    diverged: str = ""
    """Where a run of it stopped being numbers, in words; "" where none did."""

    def over_seeds(self, measure: Measure) -> OverSeeds | None:
        """The number's mean and deviation, None where it was not measured."""
        found = [value for report in self.reports if (value := measure(report)) is not None]
        return over_seeds(found) if found else None


@dataclass(frozen=True)
class Noise:
    """How far two seeds of one recipe lie apart: the reports of recipes that were trained with several."""

    recipes: tuple[tuple[NetworkReport, ...], ...]
    comparisons: int = 1
    """How many rows are held against one reference: the more, the wider the margin (Bonferroni)."""

    def among(self, rows: Sequence["StudyRow"], reference: "StudyRow | None") -> "Noise":
        """The same noise for judging every one of these rows that was run against the reference."""
        return replace(self, comparisons=max(1, sum(bool(row.reports) and row is not reference for row in rows)))

    @property
    def freedom(self) -> int:
        """The degrees of freedom of the deviation: the seeds of every recipe but one each."""
        return sum(max(0, len(reports) - 1) for reports in self.recipes)

    @property
    def seeds(self) -> int:
        """The smallest number of seeds; 0 where nothing was run."""
        return min((len(reports) for reports in self.recipes), default=0)

    def deviation(self, measure: Measure) -> float | None:
        """The larger standard deviation of a number over seeds; None with fewer than FEWEST_SEEDS."""
        if self.seeds < FEWEST_SEEDS:
            return None
        # Where one recipe lacks the number, the larger deviation is not known.
        rows = [StudyRow("", "", reports).over_seeds(measure) for reports in self.recipes]
        found = [each.deviation for each in rows if each is not None and each.deviation is not None]
        return max(found) if len(found) == len(rows) else None

    def deviation_of(
        self, rows: Sequence[StudyRow], measure: Measure, noise_measure: Measure | None = None
    ) -> float | None:
        """The deviation that a number of these rows is held against: theirs too, where they swing farther than this.

        `noise_measure` is the number of which this noise is taken, where it is another one than is compared: then a
        row with seeds of its own knows better. None where this noise is not known.
        """
        floor = self.deviation(noise_measure or measure)
        if floor is None:
            return None
        own = [row.over_seeds(measure) for row in rows]
        known = [each for each in own if each is not None and each.seeds >= FEWEST_SEEDS]
        return max([floor, *(each.deviation or 0.0 for each in known)])

    def margin(self, deviation: float, first: int, second: int) -> float:
        """The largest difference that is still noise, of means over so many seeds: see `noise_margin`."""
        return noise_margin(deviation, first, second, freedom=self.freedom, comparisons=self.comparisons)

    def side(self, row: StudyRow, reference: StudyRow, measure: Measure, noise_measure: Measure | None = None) -> Side:
        """On which side of the reference a row lies, if by more than the noise allows; see `deviation_of`."""
        ours, theirs = row.over_seeds(measure), reference.over_seeds(measure)
        deviation = self.deviation_of((row, reference), measure, noise_measure)
        if ours is None or theirs is None or deviation is None:
            return "unknown"
        if abs(ours.mean - theirs.mean) <= self.margin(deviation, ours.seeds, theirs.seeds):
            return "within"
        return "below" if ours.mean < theirs.mean else "above"


def noise_margin(deviation: float, first: int, second: int, *, freedom: int, comparisons: int = 1) -> float:
    """Return the largest difference of two means over seeds that is still noise: t s sqrt(1/n + 1/m), see NOISE_RULE.

    `deviation` is s, `first` and `second` are the numbers of seeds n and m, at least 1; t is the two-sided quantile of
    Student's distribution with `freedom` degrees at FALSE_ALARMS / `comparisons`. As s is the larger of two
    deviations, not their pooled one, false alarms stay that rare even where one recipe swings 1.4 times as far as the
    other (simulated in the tests). Source: Student 1908, "The Probable Error of a Mean"; Dunn 1961, "Multiple
    Comparisons Among Means".
    Raises ValueError without a degree of freedom or a comparison.

    >>> round(noise_margin(0.01, 1, 1, freedom=4), 4), round(noise_margin(0.01, 1, 1, freedom=4, comparisons=9), 4)
    (0.0393, 0.0769)
    """
    # Here, not at the top: the app's pages that ask for no study need not wait for it.
    from scipy.special import stdtrit

    if freedom < 1 or comparisons < 1:
        raise ValueError(f"needs freedom >= 1 and comparisons >= 1, not {freedom} and {comparisons}")
    quantile = float(stdtrit(freedom, 1 - FALSE_ALARMS / comparisons / 2))
    return quantile * deviation * sqrt(1 / first + 1 / second)


def noise_floor(studies: Sequence[Study], records: Mapping[str, RunRecord]) -> Noise:
    """Return the noise of the study `noise_floor`, as far as it was run.

    >>> from nat_core.studies.plan import studies
    >>> noise_floor(studies(), {}).seeds
    0
    """
    (study,) = (study for study in studies if study.name == "noise_floor")  # fails unless there is exactly one
    recipes = dict.fromkeys(run.recipe.name for run in study.runs)
    by_recipe = {name: next(run.recipe for run in study.runs if run.recipe.name == name) for name in recipes}
    return Noise(tuple(reports_of(recipe, records) for recipe in by_recipe.values()))


def rows_of(
    study: Study, records: Mapping[str, RunRecord], diverged: Mapping[str, DivergedRun] = MappingProxyType({})
) -> tuple[StudyRow, ...]:
    """Return a row for each recipe of a study, with every recorded seed; two for a network with a background class.

    Of the protocol of the study's first run: a network that is published from it was trained for longer.
    """
    recipes = list({run.recipe.name: run.recipe for run in study.runs}.values())
    # Networks of different protocols learned for different times, so their numbers do not belong in one table.
    recipes = [each for each in recipes if each.protocol == recipes[0].protocol]
    if not recipes:
        return ()
    base = next((each for each in recipes if each.has_negatives), recipes[0])
    rows = []
    for recipe in recipes:
        ended = "; ".join(dict.fromkeys(_ended(each.says) for each in diverged.values() if each.recipe == recipe))
        rows.append(StudyRow(recipe.name, changes(recipe, base), reports_of(recipe, records), ended))
        second = tuple(each.renormalised for each in _runs_of(recipe, records) if each.renormalised is not None)
        if second:
            rows.append(StudyRow(f"{recipe.name}, renormalised", changes(recipe, base), second))
    return tuple(rows)


def _ended(says: str) -> str:
    """What a record says of where a run diverged, in the reader's language: records are English."""
    found = _DIVERGED.fullmatch(says)
    if found is None:
        return says
    step, steps = (int(number.replace(",", "")) for number in found.groups())
    return _("diverged at step {step:,} of {steps:,}", step=step, steps=steps)


def changes(recipe: Recipe, base: Recipe) -> str:
    """Return the fields in which a recipe differs from another, as one would write them.

    >>> changes(Recipe("a", "wrn16_1", epochs=3), Recipe("b", "wrn16_1"))
    'epochs=3'
    """
    differing = [
        f"{each.name}={_short(getattr(recipe, each.name))}"
        for each in fields(Recipe)
        if each.name not in ("name", "also_reported") and getattr(recipe, each.name) != getattr(base, each.name)
    ]
    return ", ".join(differing)


def _short(value: object) -> str:
    if isinstance(value, tuple):
        counts = {each: value.count(each) for each in dict.fromkeys(value)}
        return " + ".join(f"{count} {each}" if count > 1 else str(each) for each, count in counts.items()) or "none"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _runs_of(recipe: Recipe, records: Mapping[str, RunRecord]) -> list[RunRecord]:
    """The runs of this very recipe, a seed each."""
    # By the whole recipe, not its name: a record from before a setting was changed is of another network.
    found = {each.seed: each for each in records.values() if each.recipe == recipe}
    return [found[seed] for seed in sorted(found)]


def reports_of(recipe: Recipe, records: Mapping[str, RunRecord]) -> tuple[NetworkReport, ...]:
    """Return the reports of the runs of this very recipe, in the order of their seeds.

    >>> reports_of(Recipe("a", "wrn16_1"), {})
    ()
    """
    return tuple(each.report for each in _runs_of(recipe, records))


# --- measures of a report --------------------------------------------------------------------------------------------


def accuracy(report: NetworkReport) -> float:
    """The share of the in-distribution set that is classified correctly."""
    return report.accuracy


def kept(report: NetworkReport) -> float:
    """The share of the in-distribution set with confidence above the highest threshold."""
    return report.share_kept[HIGHEST_KEY]


def measure_on(set_name: str, field: str, key: str | None = None) -> Measure:
    """Return the measure of that name on a set: `ncr` at the threshold `key`, or a field of `SetReport`.

    It is None of a report without that set.
    """

    def measure(report: NetworkReport) -> float | None:
        found = report.sets.get(set_name)
        if found is None:
            return None
        return found.ncr[key] if key is not None else getattr(found, field)

    return measure


NETWORK_MEASURES: dict[str, Measure] = {"accuracy": accuracy, "ece": lambda report: report.ece, "kept": kept}
"""What is said of each network by itself."""
