"""The sentences of Thresholds, computed from rates; no Streamlit. Rates and thresholds are in [0, 1]."""

from nat_app.shared.counts import interval
from nat_app.shared.palette import KINDS, NAMES, Kind
from nat_app.shared.words import (
    HARD_SPACE,
    article,
    count_of_100,
    literal,
    of_100,
    plural,
    threshold_text,
    threshold_title,
)
from nat_core.measure.metrics import wilson_interval
from nat_core.measure.scores import CONFIDENCE, SCORE_NAMES
from nat_core.paper.by_score import lead_words

DIGITS_ELSEWHERE = (
    "Digits live trains two other networks, in another way, and counts 8 and 9: its numbers are other ones."
)
"""What is said of the networks of handwritten digits, of which two pages have numbers."""


def few_title(share: dict[Kind, float], pictures: int, at: dict[Kind, float], *, known: bool, score: str) -> str:
    """Return the finding on an image set of too few pictures for a rate: counts, where `threshold_title` has rates.

    >>> few_title({"baseline": 0.5, "nat": 0.25}, 4, {"baseline": 0.9, "nat": 0.9}, known=False, score="confidence")
    'Above t = 0.90, the baseline is fooled by 2 of 4, NAT by 1.'
    """
    by = "" if score == CONFIDENCE else f" by {SCORE_NAMES[score]}"
    locked = score != CONFIDENCE or at["baseline"] != at["nat"]
    if known and locked:
        return threshold_title(share, at, known, score)
    when = f"Keeping 95 of 100{by}" if locked else f"Above t = {threshold_text(at['nat'])}"
    baseline, nat = (round(share[kind] * pictures) or "none" for kind in KINDS)
    if known:
        return f"{when}, the baseline keeps {baseline} of {pictures}, NAT {nat}."
    return f"{when}, the baseline is fooled by {baseline} of {pictures}, NAT by {nat}."


def few_trade(fooled: dict[Kind, float], pictures: int) -> str:
    """Return whether so few negatives can tell which network is fooled less often: where their intervals part."""
    intervals = {kind: wilson_interval(round(fooled[kind] * pictures), pictures) for kind in KINDS}
    for less, more in (KINDS, KINDS[::-1]):
        if intervals[less].high < intervals[more].low:
            return f"{NAMES[less]} is fooled less often than {NAMES[more]}, by more than chance makes."
    spans = ", ".join(f"{NAMES[kind]} {interval(round(fooled[kind] * pictures), pictures)}" for kind in KINDS)
    return f"So few pictures cannot tell which network is fooled less often: 95{HARD_SPACE}% intervals {spans}."


def trade_sentence(fooled: dict[Kind, float], kept: dict[Kind, float]) -> str:
    """Return what NAT gains and what it costs at the same threshold, or that it does not gain."""
    less, more = fooled["nat"] < fooled["baseline"], kept["nat"] < kept["baseline"]
    if fooled["nat"] == fooled["baseline"]:
        return "Here NAT is fooled as often as the baseline."
    if not less:
        return "Here NAT is fooled more often than the baseline."
    # Differences of the rounded counts that stand beside this sentence, so that they add up on the page.
    gained = round(100 * fooled["baseline"]) - round(100 * fooled["nat"])
    lost = round(100 * kept["baseline"]) - round(100 * kept["nat"])
    fewer = f"{gained} fewer" if gained else "hardly fewer"
    price = f"{lost} more" if lost > 0 else "hardly more" if more else "no more"
    return f"NAT is fooled by {fewer} of 100, and turns away {price} of 100 that it knows."


def sources(negatives: str, known: str, temperature: float, *, digits: bool = False) -> str:
    """Return what the two numbers of Thresholds are counted from, and the temperature where there is one.

    `digits` tells that these are the networks of handwritten digits, of which other pages have numbers too.
    """
    warm = "" if temperature == 1 else f" Temperature {temperature:g}."
    others = f" {DIGITS_ELSEWHERE}" if digits else ""
    return f"▲{HARD_SPACE}of {negatives} (NCR), ■{HARD_SPACE}of {known}.{warm}{others}"


def own_thresholds(at: dict[Kind, float], score: str) -> str:
    """Return at which value of a score each network keeps 95 of 100.

    >>> own_thresholds({"baseline": 5.307, "nat": 2.1}, "energy")
    'By energy each network has a t of its own, at which it keeps 95 of 100: the baseline 5.31, NAT 2.10.'
    """
    return (
        f"By {SCORE_NAMES[score]} each network has a t of its own, at which it keeps 95 of 100: the baseline "
        f"{threshold_text(at['baseline'])}, NAT {threshold_text(at['nat'])}."
    )


def lead_sentence(score: str, by_confidence: dict[Kind, float], by_score: dict[Kind, float]) -> str:
    """Return what another score makes of NAT's lead: NCR where each keeps 95 of 100, by confidence and by that score.

    >>> lead_sentence("energy", {"baseline": 0.534, "nat": 0.173}, {"baseline": 0.328, "nat": 0.147})
    "By energy in place of confidence, NAT's lead shrinks from 0.361 to 0.181."
    """
    before, after = (each["baseline"] - each["nat"] for each in (by_confidence, by_score))
    return f"By {SCORE_NAMES[score]} in place of confidence, {lead_words('NAT', before, after)}."


def score_sentence(ncr: dict[Kind, float], auroc: dict[Kind, float], score: str) -> str:
    """Return what both networks achieve by one score where each keeps 95 of 100: NCR and AUROC, all in [0, 1]."""
    return (
        f"By {SCORE_NAMES[score]}, keeping 95 of 100: the baseline is fooled by {of_100(ncr['baseline'])}, NAT by "
        f"{count_of_100(ncr['nat'])}. Chance that a known picture scores higher than a negative (AUROC): "
        f"{auroc['baseline']:.3f} and {auroc['nat']:.3f}."
    )


def temperature_sentence(
    temperature: float,
    plain: dict[Kind, float],
    ncr: dict[Kind, float],
    kept: dict[Kind, float] | None,
    threshold: float,
) -> str:
    """Return whether a temperature cures the baseline: NCR where 95 % are kept, at temperature 1 (`plain`) and now.

    `kept` are the shares kept at the one threshold t, which say what the temperature takes from what is known; None
    for another score than confidence, which has no such threshold.
    """
    if temperature == 1:
        return (
            "At temperature 1 the networks are as they were trained. A higher temperature makes both less sure of "
            "everything. Move it, and see what keeping 95 of 100 then costs."
        )
    fair = (
        f"Keeping 95 of 100, the baseline is fooled by {of_100(ncr['baseline'])} at temperature {temperature:g} "
        f"({count_of_100(plain['baseline'])} at 1), NAT by {count_of_100(ncr['nat'])} ({count_of_100(plain['nat'])})."
    )
    cost = kept and (
        f" Above t = {threshold_text(threshold)} the baseline now keeps {of_100(kept['baseline'])}, NAT "
        f"{count_of_100(kept['nat'])}."
    )
    if ncr["baseline"] <= plain["nat"]:
        verdict = "Here the temperature alone brings the baseline to where NAT was without it."
    elif ncr["baseline"] < plain["baseline"]:
        verdict = "The temperature helps the baseline, but alone it does not cure it."
    else:
        verdict = "The temperature alone does not cure the baseline: it is less sure of what it knows, too."
    return f"{verdict} {fair}{cost or ''}"


def behind_sentence(kind: Kind, predicted: str, number: int, total: int, threshold: float) -> str:
    """Return how many pictures of a set one network takes for a class and is sure, and at which t.

    >>> behind_sentence("nat", "automobile", 3, 1000, 0.9)
    'NAT takes 3 of 1,000 pictures for an automobile, and is sure of them (t = 0.90).'
    """
    them = "it" if number == 1 else "them"
    return (
        f"{NAMES[kind]} takes {number:,} of {plural(total, 'picture')} for {literal(article(predicted))}, and is sure "
        f"of {them} (t = {threshold_text(threshold)})."
    )
