"""What became of the paper's claims: each with its verdict, the numbers, and the rule that the verdict follows from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from nat_core.language import N_, Titles, _, ngettext, number
from nat_core.measure.report import NetworkReport, threshold_key
from nat_core.measure.rounding import accuracy_text, distance_text, points_text, rate_text
from nat_core.measure.scores import SHARE_KEPT
from nat_core.paper.by_score import cells_by_score
from nat_core.paper.findings import key_text
from nat_core.recipes import PAIRS, UNSEEN

HIGHEST_KEY = threshold_key(0.9)


LEVEL_NAMES: Titles[str] = Titles({"low": N_("low"), "middle": N_("middle"), "high": N_("high")})
"""The levels of attention maps, as sentences name them."""
Verdict = Literal["held", "held in part", "did not hold", "not measured yet"]
VERDICTS: Titles[Verdict] = Titles(
    {
        "held": N_("held"),
        "held in part": N_("held in part"),
        "did not hold": N_("did not hold"),
        "not measured yet": N_("not measured yet"),
    }
)
TRAINED_PAIRS = (PAIRS["resnet18"], PAIRS["wrn40_1"], PAIRS["wrn16_1"])
"""The pairs that may stand for the paper's first experiment: the first that is trained does."""
STUDENTS = PAIRS["students"]
PAPER_LOST = 0.51
"""How many points of accuracy the paper's NAT lost."""
SURE_RULE = N_("Held: sure above 0.9 of at least 10 in 100 of every set, noise too; in part: of some.")
LOWER_RULE = N_(
    "Held: lower at every threshold on every such set but noise, which has a claim of its own; in part: in more than "
    "half of the cells."
)
LEARNED_RULE = N_(
    "Held: at most half the NCR of the baseline's student at every threshold on every set, noise too (in the paper a "
    "ninth at 0.9 on cifar100_test); in part: lower in more than half of the cells."
)
MAPS_RULE = N_("Held: the low level differs less than the middle and the high one; in part: less than one of them.")
BOTH_RULE = N_(
    "As the paper reads it: the low level differs less than the middle and the high one; in part: less than one of "
    "them. Ours, stricter: the middle and the high level differ more than another seed would make them, the low one "
    "does not; in part: one of the two does, or the low one as well. Held: by both; did not hold: by neither; in part: "
    "anything between."
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
    pictures: str = N_("the gallery")
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
        _claim(pair, train, _("A network that only saw its classes is often sure of things it was never taught."),
               _baseline_sure, _(SURE_RULE)),
        _claim(pair, train, _("With NAT, NCR falls on the negatives used in training and on others of their source."),
               lambda each: _lower(each, each.negatives(unseen=False)), _(LOWER_RULE)),
        _claim(pair, train, _("With NAT, NCR falls on negatives that it has never seen."),
               lambda each: _lower(each, each.negatives(unseen=True)), _(LOWER_RULE)),
        _claim(pair, train, _("On random noise, NAT's NCR is 0."), _no_noise,
               _("Held: 0 at all four thresholds; in part: below the baseline's at all four.")),
        _claim(pair, train, _("Accuracy on its own classes still holds."), _accuracy,
               _("Held: at most 1 point lost (the paper lost {lost}); in part: at most 3.",
                 lost=points_text(PAPER_LOST))),
        _claim(students, train_students, _("A student that saw no negatives learns it from a NAT teacher."),
               _learned, _(LEARNED_RULE)),
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
        return _("None of the paper's {claims} claims is measured here yet.", claims=len(found))
    parts = [
        _("{number} {verdict}", number=counts[verdict], verdict=VERDICTS[verdict])
        for verdict in VERDICTS
        if counts[verdict] and verdict != "not measured yet"
    ]
    shown = {"claims": len(found), "verdicts": ", ".join(parts)}
    if measured == len(found):
        return _("All of the paper's {claims} claims are measured here: {verdicts}.", **shown)
    return _("{measured} of the paper's {claims} claims are measured here: {verdicts}.", measured=measured, **shown)


# --- how each is judged ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pair:
    """Two reports that differ in the knowledge of negatives."""

    names: tuple[str, str]
    baseline: NetworkReport
    nat: NetworkReport

    @property
    def title(self) -> str:
        return _("{aware} against {without}", aware=self.names[1], without=self.names[0])

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
        return Claim(
            statement, "not measured yet", _("Train {first} and {second}.", first=names[0], second=names[1]), rule
        )
    verdict, measured = measure(pair)
    return Claim(statement, verdict, f"{pair.title}: {measured}", rule)


def _baseline_sure(pair: _Pair) -> tuple[Verdict, str]:
    negatives = pair.baseline.negatives
    rates = {name: each.ncr[HIGHEST_KEY] for name, each in negatives.items()}
    if not rates:
        return _not_reported()
    sure = [name for name, rate in rates.items() if rate >= 0.1]
    listed = ", ".join(
        _("{rate} on {name} ({images:,})", rate=rate_text(rate), name=name, images=negatives[name].images)
        for name, rate in rates.items()
    )
    measured = ngettext(
        "the baseline's NCR_{key} is {listed}: {sure} of {count} set.",
        "the baseline's NCR_{key} is {listed}: {sure} of {count} sets.",
        len(rates),
        key=key_text(HIGHEST_KEY),
        listed=listed,
        sure=len(sure),
    )
    return _graded(len(sure), len(rates), some=0), measured


def _lower(pair: _Pair, names: tuple[str, ...]) -> tuple[Verdict, str]:
    if not names:
        return _not_reported()
    before, after = pair.baseline.sets, pair.nat.sets
    cells = [(name, key) for name in names for key in after[name].ncr]
    lower = sum(after[name].ncr[key] < before[name].ncr[key] for name, key in cells)
    last = names[-1]
    kept = _(
        "At {key} it keeps {kept} of what it knows, against {other}; where each keeps {share:.0f} %, NCR {changes}.",
        key=key_text(HIGHEST_KEY),
        kept=rate_text(pair.nat.share_kept[HIGHEST_KEY]),
        other=rate_text(pair.baseline.share_kept[HIGHEST_KEY]),
        share=100 * SHARE_KEPT,
        changes=_changes({last: (before[last].ncr_at_95_kept, after[last].ncr_at_95_kept)}, {last: last}),
    )
    measured = _(
        "lower in {lower} of {cells} cells; NCR_{key} {changes}. {kept} {others}",
        lower=lower,
        cells=len(cells),
        key=key_text(HIGHEST_KEY),
        changes=_changes(
            {name: (before[name].ncr[HIGHEST_KEY], after[name].ncr[HIGHEST_KEY]) for name in names},
            {name: f"{name} ({number(after[name].images, ',')})" for name in names},
        ),
        kept=kept,
        others=cells_by_score(pair.baseline, pair.nat, names),
    ).strip()
    return _graded(lower, len(cells), some=len(cells) // 2), measured


def _changes(rates: Mapping[str, tuple[float, float]], titles: Mapping[str, str]) -> str:
    """What becomes of rates, judged as they are written: those that go from one to another, then those that stay."""
    said = {name: (rate_text(before), rate_text(after)) for name, (before, after) in rates.items()}
    moved = ", ".join(
        _("{before} to {after} on {name}", before=before, after=after, name=titles[name])
        for name, (before, after) in said.items()
        if before != after
    )
    stayed = ", ".join(
        _("{rate} on {name}", rate=after, name=titles[name])
        for name, (before, after) in said.items()
        if before == after
    )
    both = (
        _("goes from {listed}", listed=moved) if moved else "",
        _("stays at {listed}", listed=stayed) if stayed else "",
    )
    return ", ".join(filter(None, both))


def _learned(pair: _Pair) -> tuple[Verdict, str]:
    names = pair.noise + pair.negatives(unseen=False) + pair.negatives(unseen=True)
    verdict, measured = _lower(pair, names)
    before, after = pair.baseline.sets, pair.nat.sets
    halves = [after[name].ncr[key] <= before[name].ncr[key] / 2 for name in names for key in after[name].ncr]
    # "Held" takes halves everywhere: rates that are merely lower everywhere make it held in part.
    if names:
        verdict = "held" if all(halves) else "held in part" if verdict == "held" else verdict
    return verdict, _("at most half in {halves} cells, {measured}", halves=sum(halves), measured=measured)


def _no_noise(pair: _Pair) -> tuple[Verdict, str]:
    if not pair.noise:
        return _not_reported()
    name = pair.noise[0]
    before, after = pair.baseline.sets[name].ncr, pair.nat.sets[name].ncr
    listed = ", ".join(
        _("{rate} at {key} (baseline {before})", rate=rate_text(rate), key=key_text(key), before=rate_text(before[key]))
        for key, rate in after.items()
    )
    images = pair.nat.sets[name].images
    measured = _("NCR on {name} ({images:,}) is {listed}.", name=name, images=images, listed=listed)
    if all(rate == 0 for rate in after.values()):
        return "held", measured
    return ("held in part" if all(after[key] < before[key] for key in after) else "did not hold"), measured


def _accuracy(pair: _Pair) -> tuple[Verdict, str]:
    # Rounded, so that a loss of exactly 1 point counts as 1: the difference of two floats may be 1.0000000000000009.
    lost = round(100 * (pair.baseline.accuracy - pair.nat.accuracy), 6)
    known = pair.nat.in_distribution
    said = {"before": accuracy_text(pair.baseline.accuracy), "after": accuracy_text(pair.nat.accuracy)}
    if said["before"] == said["after"]:
        measured = (
            ngettext(
                "accuracy stays at {after} on {count:,} picture.",
                "accuracy stays at {after} on {count:,} pictures.",
                pair.nat.sets[known].images,
                **said,
            )
            if known
            else _("accuracy stays at {after}.", **said)
        )
    elif known:
        measured = ngettext(
            "accuracy from {before} to {after} on {count:,} picture.",
            "accuracy from {before} to {after} on {count:,} pictures.",
            pair.nat.sets[known].images,
            **said,
        )
    else:
        measured = _("accuracy from {before} to {after}.", **said)
    return ("held" if lost <= 1 else "held in part" if lost <= 3 else "did not hold"), measured


def _maps_claim(distances: MapDistances | None, longest: Sequence[MapDistances]) -> Claim:
    statement = _("Attention maps differ from the middle level on; the low level makes little difference.")
    own = longest[0] if longest else distances
    if own is None:
        wanted = _("Train a baseline and a NAT network of the same shape.")
        return Claim(statement, "not measured yet", wanted, _(MAPS_RULE))
    verdict, measured = _as_the_paper_reads(own, longest[1:])
    if distances is None or distances.between_seeds is None:
        alone = _("No two baselines of different seeds were compared alongside, so part of it may be due to the seed.")
        return Claim(statement, verdict, f"{measured} {alone}", _(MAPS_RULE))
    stricter, beside = _against_another_seed(distances)
    both: Verdict = verdict if verdict == stricter else "held in part"
    return Claim(statement, both, f"{measured} {beside}", _(BOTH_RULE))


def _as_the_paper_reads(own: MapDistances, others: Sequence[MapDistances]) -> tuple[Verdict, str]:
    """The paper's reading: whether the low level differs least, in every seed of the pair that the paper compared."""
    read = _("As the paper reads it, {compared}: {verdict}.", compared=_compared(own), verdict=VERDICTS[_order(own)])
    further = [
        _(
            "{networks} {levels}: {verdict}",
            networks=_both(each),
            levels=_seed_by_seed(each),
            verdict=VERDICTS[_order(each)],
        )
        for each in others
    ]
    if further:
        read += " " + _("Other pairs: {pairs}.", pairs="; ".join(further))
    return _order(own), read


def _against_another_seed(distances: MapDistances) -> tuple[Verdict, str]:
    """Our reading: whether NAT makes more of a difference than another seed does, from the middle level on."""
    later = sum(level in distances.exceeding for level in ("middle", "high"))
    verdict: Verdict = "did not hold" if not later else "held in part"
    if later == 2 and "low" not in distances.exceeding:
        verdict = "held"
    apart = _listed({level: (value,) for level, value in (distances.between_seeds or {}).items()})
    return verdict, _(
        "By our stricter rule, {compared}; two baselines of different seeds {apart}: {verdict}.",
        compared=_compared(distances),
        apart=apart,
        verdict=VERDICTS[verdict],
    )


def _order(distances: MapDistances) -> Verdict:
    by_seed = distances.by_seed or {level: (value,) for level, value in distances.median.items()}
    # How many of the two later levels differ more than the low one in every seed.
    later = [by_seed[level] for level in ("middle", "high")]
    more = sum(all(value > low for value, low in zip(each, by_seed["low"], strict=True)) for each in later)
    return _graded(more, 2, some=0)


def _compared(distances: MapDistances) -> str:
    said = {"networks": _both(distances), "pictures": _(distances.pictures), "levels": _seed_by_seed(distances)}
    if not distances.by_seed:
        return _("{networks}, median distance of the maps over {pictures}: {levels}", **said)
    return ngettext(
        "{networks}, median distance of the maps over {pictures}, {count} seed: {levels}",
        "{networks}, median distance of the maps over {pictures}, {count} seeds: {levels}",
        distances.seeds,
        **said,
    )


def _both(distances: MapDistances) -> str:
    return _("{first} and {second}", first=distances.networks[0], second=distances.networks[1])


def _seed_by_seed(distances: MapDistances) -> str:
    return _listed(distances.by_seed or {level: (value,) for level, value in distances.median.items()})


def _listed(values: Mapping[str, Sequence[float]]) -> str:
    """Each level with its value, or one for each seed."""
    return ", ".join(f"{LEVEL_NAMES[level]} {' / '.join(map(distance_text, each))}" for level, each in values.items())


def _graded(number: int, of: int, *, some: int) -> Verdict:
    return "held" if number == of else "held in part" if number > some else "did not hold"


def _not_reported() -> tuple[Verdict, str]:
    return "not measured yet", _("no such image set was reported.")


def _is_noise(name: str) -> bool:
    return name.startswith("noise")
