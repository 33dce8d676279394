"""What the reports show, in plain words, and what became of the paper's claims: every number is computed from them.

A claim's verdict follows from a rule that stands beside it and is shown with it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from nat_core.measure.report import NetworkReport, SetReport, threshold_key
from nat_core.measure.wording import plural
from nat_core.paper.by_score import cells_by_score, score_findings
from nat_core.paper.figures import COMPARED
from nat_core.recipes import PAIRS, THRESHOLDS, UNSEEN, headline_set

HIGHEST_KEY = threshold_key(0.9)


# --- what differs, in words ------------------------------------------------------------------------------------------


def findings(reports: Mapping[str, NetworkReport]) -> tuple[str, ...]:
    """A paragraph for each pair of networks that are both here, then one each on other scores than confidence.

    Every number in them is computed from the reports.

    >>> findings({})
    ()
    """
    return tuple(
        _finding(without, reports[without], aware, reports[aware])
        for without, aware in COMPARED
        if without in reports and aware in reports
    ) + score_findings(reports)


def _finding(without: str, baseline: NetworkReport, aware: str, nat: NetworkReport) -> str:
    """What differs from the network `without` knowledge of negatives to the `aware` one, in plain words."""
    sentences = [f"{aware} against {without}: {_accuracies(baseline, nat)}"]
    common = [name for name in nat.negatives if name in baseline.negatives]
    if common:
        headline = headline_set({name: nat.sets[name].role for name in common}) or common[0]
        before, after = baseline.sets[headline], nat.sets[headline]
        sentences += [_cells(baseline, nat, common), _remaining(before, after, headline)]
        sentences.append(
            f"Where each keeps 95 %, NCR there is {after.ncr_at_95_kept:.3f}, against {before.ncr_at_95_kept:.3f}."
        )
    sentences.append(_kept(baseline, nat))
    if nat.protocol != baseline.protocol:
        sentences.append(f"They were trained by different protocols, {nat.protocol} and {baseline.protocol}.")
    elif nat.epochs is not None and baseline.epochs is not None and nat.epochs != baseline.epochs:
        sentences.append(f"They learned for different times, {nat.epochs} and {plural(baseline.epochs, 'epoch')}.")
    return " ".join(sentences)


def _accuracies(baseline: NetworkReport, nat: NetworkReport) -> str:
    points = f"{100 * abs(nat.accuracy - baseline.accuracy):.2f}"
    side = "below" if nat.accuracy < baseline.accuracy else "above"
    theirs = f"{100 * baseline.accuracy:.2f} %"
    # Judged as it is written: a difference that rounds to 0.00 is not "0.00 points below".
    difference = f"equal to {theirs}" if float(points) == 0 else f"{points} points {side} {theirs}"
    return f"accuracy {100 * nat.accuracy:.2f} %, {difference}."


def _cells(baseline: NetworkReport, nat: NetworkReport, common: Sequence[str]) -> str:
    cells = [(name, key) for name in common for key in map(threshold_key, THRESHOLDS)]
    above = [f"{name} at {key}" for name, key in cells if nat.sets[name].ncr[key] > baseline.sets[name].ncr[key]]
    return (
        f"NCR is no higher in {len(cells) - len(above)} of {len(cells)} cells "
        f"({len(THRESHOLDS)} thresholds, {plural(len(common), 'set')})"
        f"{': higher on ' + ', '.join(above) if above else ''}."
    )


def _remaining(baseline: SetReport, nat: SetReport, name: str) -> str:
    key = threshold_key(THRESHOLDS[-1])
    before, after = baseline.ncr[key], nat.ncr[key]
    counts = f"on {name} ({plural(nat.images, 'picture')})"
    if before == 0:  # no share of nothing
        return f"NCR_{key} {counts} was 0 and is {after:.3f}."
    return f"{100 * after / before:.1f} % of NCR_{key} remains {counts}: {after:.3f} of {before:.3f}."


def _kept(baseline: NetworkReport, nat: NetworkReport) -> str:
    key = threshold_key(THRESHOLDS[-1])
    kept, other = nat.share_kept[key], baseline.share_kept[key]
    return f"At t = {key} it keeps {100 * kept:.1f} % of the in-distribution pictures, against {100 * other:.1f} %."


# --- the paper's claims ----------------------------------------------------------------------------------------------


Verdict = Literal["held", "held in part", "did not hold", "not measured yet"]
VERDICTS: tuple[Verdict, ...] = ("held", "held in part", "did not hold", "not measured yet")
TRAINED_PAIRS = (PAIRS["resnet18"], PAIRS["wrn40_1"], PAIRS["wrn16_1"])
"""The pairs that may stand for the paper's first experiment: the first that is trained does."""
STUDENTS = PAIRS["students"]
SURE_RULE = "Held: sure above 0.9 of at least 10 in 100 of every set, noise too; in part: of some."
LOWER_RULE = (
    "Held: lower at every threshold on every such set but noise, which has a claim of its own; in part: in more than "
    "half of the cells."
)
LEARNED_RULE = (
    "Held: at most half the NCR of the baseline's student at every threshold on every set, noise too (in the paper a "
    "ninth at 0.9 on cifar100_test); in part: lower in more than half of the cells."
)
MAPS_RULE = "the low level differs less than the middle and the high one; in part: less than one of them"
MAPS_SEEDS_RULE = (
    "the middle and the high level differ more than another seed would make them, the low one does not; in part: one "
    "of the two does, or the low one as well"
)
BOTH_RULE = (
    f"As the paper reads it: {MAPS_RULE}. Ours, stricter: {MAPS_SEEDS_RULE}. Held: by both; did not hold: by neither; "
    "in part: anything between."
)


@dataclass(frozen=True)
class Claim:
    """One claim of the paper and what was measured here."""

    statement: str
    verdict: Verdict
    measured: str
    """One or two sentences with the numbers; what to train where it is not measured yet."""
    rule: str
    """When it counts as held, and when in part."""


@dataclass(frozen=True)
class MapDistances:
    """How far a baseline's and a NAT network's attention maps lie apart."""

    networks: tuple[str, str]
    median: Mapping[str, float]
    """The median over the pictures by level ("low", "middle", "high"), in [0, sqrt 2]."""
    pictures: str = "the gallery"
    """What they were compared on."""
    between_seeds: Mapping[str, float] | None = None
    """The same of two baselines of different seeds, None where only one was trained."""
    exceeding: tuple[str, ...] = ()
    """The levels at which NAT makes more of a difference than another seed does, by `level_findings.EXCEEDS_RULE`."""
    by_seed: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """The medians of each seed, where they are known."""

    @property
    def seeds(self) -> int:
        """How many seeds the medians come from."""
        return len(self.by_seed.get("low", ())) or 1


def claims(
    reports: Mapping[str, NetworkReport], distances: MapDistances | None = None, longest: Sequence[MapDistances] = ()
) -> tuple[Claim, ...]:
    """Return the paper's claims with their verdicts on these reports, by network name.

    `distances` are those between a baseline's and a NAT network's attention maps, beside two baselines where there
    are; None where not measured. `longest` are those of the networks that were trained for longest, the paper's kind
    first: it compared one pair, so they are judged by that pair alone.

    >>> {claim.verdict for claim in claims({})}
    {'not measured yet'}
    """
    # One pair, not the best of each claim: the verdicts must be of the same two networks.
    pair = next((found for names in TRAINED_PAIRS if (found := _pair(reports, names))), None)
    students = _pair(reports, STUDENTS)
    train, train_students = TRAINED_PAIRS[-1], STUDENTS
    return (
        _claim(pair, train, "A network that only saw its classes is often sure of things it was never taught.",
               _baseline_sure, SURE_RULE),
        _claim(pair, train, "With NAT, NCR falls on the negatives used in training and on others of their source.",
               lambda each: _lower(each, each.negatives(unseen=False)), LOWER_RULE),
        _claim(pair, train, "With NAT, NCR falls on negatives that it has never seen.",
               lambda each: _lower(each, each.negatives(unseen=True)), LOWER_RULE),
        _claim(pair, train, "On random noise, NAT's NCR is 0.", _no_noise,
               "Held: 0 at all four thresholds; in part: below the baseline's at all four."),
        _claim(pair, train, "Accuracy on its own classes still holds.", _accuracy,
               "Held: at most 1 point lost (the paper lost 0.51); in part: at most 3."),
        _claim(students, train_students, "A student that saw no negatives learns it from a NAT teacher.",
               _learned, LEARNED_RULE),
        _maps_claim(distances, longest),
    )  # fmt: skip


def summary(found: tuple[Claim, ...]) -> str:
    """Return how many of the claims held, in one sentence.

    >>> summary(claims({}))
    "None of the paper's 7 claims is measured here yet."
    """
    counts = {verdict: sum(claim.verdict == verdict for claim in found) for verdict in VERDICTS}
    measured = len(found) - counts["not measured yet"]
    if not measured:
        return f"None of the paper's {len(found)} claims is measured here yet."
    parts = [
        f"{counts['held']} held",
        f"{counts['held in part']} held in part",
        f"{counts['did not hold']} did not hold",
    ]
    shown = [part for part in parts if not part.startswith("0 ")]
    tried = "All" if measured == len(found) else f"{measured}"
    return f"{tried} of the paper's {len(found)} claims are measured here: {', '.join(shown)}."


# --- how each is judged ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pair:
    """Two reports that differ in the knowledge of negatives."""

    names: tuple[str, str]
    baseline: NetworkReport
    nat: NetworkReport

    @property
    def title(self) -> str:
        return f"{self.names[1]} against {self.names[0]}"

    def negatives(self, unseen: bool) -> tuple[str, ...]:
        """The sets that both report, those that training showed nothing of or the others; noise stands by itself."""
        # Noise has a claim of its own.
        common = [name for name in self.nat.negatives if name in self.baseline.negatives and not _is_noise(name)]
        return tuple(name for name in common if (self.nat.sets[name].role == UNSEEN) == unseen)

    @property
    def noise(self) -> tuple[str, ...]:
        """The sets of noise that both report."""
        return tuple(name for name in self.nat.negatives if name in self.baseline.negatives and _is_noise(name))


def _pair(reports: Mapping[str, NetworkReport], names: tuple[str, str]) -> _Pair | None:
    if not set(names) <= set(reports):
        return None
    return _Pair(names, reports[names[0]], reports[names[1]])


def _claim(
    pair: _Pair | None,
    names: tuple[str, str],
    statement: str,
    measure: Callable[[_Pair], tuple[Verdict, str]],
    rule: str,
) -> Claim:
    if pair is None:
        return Claim(statement, "not measured yet", f"Train {names[0]} and {names[1]}.", rule)
    verdict, measured = measure(pair)
    return Claim(statement, verdict, f"{pair.title}: {measured}", rule)


def _baseline_sure(pair: _Pair) -> tuple[Verdict, str]:
    negatives = pair.baseline.negatives
    rates = {name: each.ncr[HIGHEST_KEY] for name, each in negatives.items()}
    if not rates:
        return _not_reported()
    sure = [name for name, rate in rates.items() if rate >= 0.1]
    listed = ", ".join(f"{rate:.3f} on {name} ({negatives[name].images:,})" for name, rate in rates.items())
    measured = f"the baseline's NCR_{HIGHEST_KEY} is {listed}: {len(sure)} of {plural(len(rates), 'set')}."
    return _graded(len(sure), len(rates), some=0), measured


def _lower(pair: _Pair, names: tuple[str, ...]) -> tuple[Verdict, str]:
    if not names:
        return _not_reported()
    before, after = pair.baseline.sets, pair.nat.sets
    cells = [(name, key) for name in names for key in after[name].ncr]
    lower = sum(after[name].ncr[key] < before[name].ncr[key] for name, key in cells)
    listed = ", ".join(
        f"{before[name].ncr[HIGHEST_KEY]:.3f} to {after[name].ncr[HIGHEST_KEY]:.3f} on {name} ({after[name].images:,})"
        for name in names
    )
    last = names[-1]
    kept = (
        f"At 0.9 it keeps {pair.nat.share_kept[HIGHEST_KEY]:.3f} of what it knows, against "
        f"{pair.baseline.share_kept[HIGHEST_KEY]:.3f}; where each keeps 0.95, NCR goes from "
        f"{before[last].ncr_at_95_kept:.3f} to {after[last].ncr_at_95_kept:.3f} on {last}."
    )
    others = cells_by_score(pair.baseline, pair.nat, names)
    measured = f"lower in {lower} of {len(cells)} cells; NCR_{HIGHEST_KEY} goes from {listed}. {kept} {others}".strip()
    return _graded(lower, len(cells), some=len(cells) // 2), measured


def _learned(pair: _Pair) -> tuple[Verdict, str]:
    names = pair.noise + pair.negatives(unseen=False) + pair.negatives(unseen=True)
    verdict, measured = _lower(pair, names)
    before, after = pair.baseline.sets, pair.nat.sets
    halves = [after[name].ncr[key] <= before[name].ncr[key] / 2 for name in names for key in after[name].ncr]
    # "Held" takes halves everywhere: rates that are merely lower everywhere make it held in part.
    if names:
        verdict = "held" if all(halves) else "held in part" if verdict == "held" else verdict
    return verdict, f"at most half in {sum(halves)} cells, {measured}"


def _no_noise(pair: _Pair) -> tuple[Verdict, str]:
    if not pair.noise:
        return _not_reported()
    name = pair.noise[0]
    before, after = pair.baseline.sets[name].ncr, pair.nat.sets[name].ncr
    listed = ", ".join(f"{rate:.4g} at {key} (baseline {before[key]:.4g})" for key, rate in after.items())
    measured = f"NCR on {name} ({pair.nat.sets[name].images:,}) is {listed}."
    if all(rate == 0 for rate in after.values()):
        return "held", measured
    return ("held in part" if all(after[key] < before[key] for key in after) else "did not hold"), measured


def _accuracy(pair: _Pair) -> tuple[Verdict, str]:
    # Rounded, so that a loss of exactly 1 point counts as 1: the difference of two floats may be 1.0000000000000009.
    lost = round(100 * (pair.baseline.accuracy - pair.nat.accuracy), 6)
    known = pair.nat.in_distribution
    images = f" on {plural(pair.nat.sets[known].images, 'picture')}" if known else ""
    measured = f"accuracy {100 * pair.baseline.accuracy:.2f} % to {100 * pair.nat.accuracy:.2f} %{images}."
    return ("held" if lost <= 1 else "held in part" if lost <= 3 else "did not hold"), measured


def _maps_claim(distances: MapDistances | None, longest: Sequence[MapDistances]) -> Claim:
    statement = "Attention maps differ from the middle level on; the low level makes little difference."
    own = longest[0] if longest else distances
    if own is None:
        wanted = "Train a baseline and a NAT network of the same shape."
        return Claim(statement, "not measured yet", wanted, f"Held: {MAPS_RULE}.")
    verdict, measured = _as_the_paper_reads(own, longest[1:])
    if distances is None or distances.between_seeds is None:
        alone = "No two baselines of different seeds were compared beside, so part of it may be the seed's."
        return Claim(statement, verdict, f"{measured} {alone}", f"Held: {MAPS_RULE}.")
    stricter, beside = _against_another_seed(distances)
    both: Verdict = verdict if verdict == stricter else "held in part"
    return Claim(statement, both, f"{measured} {beside}", BOTH_RULE)


def _as_the_paper_reads(own: MapDistances, others: Sequence[MapDistances]) -> tuple[Verdict, str]:
    """The paper's reading: whether the low level differs least, in every seed of the pair that the paper compared."""
    read = f"As the paper reads it, {_compared(own)}: {_order(own)}."
    further = [f"{' and '.join(each.networks)} {_seed_by_seed(each)}: {_order(each)}" for each in others]
    return _order(own), " ".join([read, *([f"Other pairs: {'; '.join(further)}."] if further else [])])


def _against_another_seed(distances: MapDistances) -> tuple[Verdict, str]:
    """Our reading: whether NAT makes more of a difference than another seed does, from the middle level on."""
    later = sum(level in distances.exceeding for level in ("middle", "high"))
    verdict: Verdict = "did not hold" if not later else "held in part"
    if later == 2 and "low" not in distances.exceeding:
        verdict = "held"
    apart = _listed({level: (value,) for level, value in (distances.between_seeds or {}).items()})
    return (
        verdict,
        f"By our stricter rule, {_compared(distances)}; two baselines of different seeds {apart}: {verdict}.",
    )


def _order(distances: MapDistances) -> Verdict:
    by_seed = distances.by_seed or {level: (value,) for level, value in distances.median.items()}
    # How many of the two later levels differ more than the low one in every seed.
    later = [by_seed[level] for level in ("middle", "high")]
    more = sum(all(value > low for value, low in zip(each, by_seed["low"], strict=True)) for each in later)
    return _graded(more, 2, some=0)


def _compared(distances: MapDistances) -> str:
    names = " and ".join(distances.networks)
    seeds = f", {plural(distances.seeds, 'seed')}" if distances.by_seed else ""
    return f"{names}, median distance of the maps over {distances.pictures}{seeds}: {_seed_by_seed(distances)}"


def _seed_by_seed(distances: MapDistances) -> str:
    return _listed(distances.by_seed or {level: (value,) for level, value in distances.median.items()})


def _listed(values: Mapping[str, Sequence[float]]) -> str:
    """Each level with its value, or one for each seed."""
    return ", ".join(f"{level} {' / '.join(f'{value:.3f}' for value in each)}" for level, each in values.items())


def _graded(number: int, of: int, *, some: int) -> Verdict:
    return "held" if number == of else "held in part" if number > some else "did not hold"


def _not_reported() -> tuple[Verdict, str]:
    return "not measured yet", "no such image set was reported."


def _is_noise(name: str) -> bool:
    return name.startswith("noise")
