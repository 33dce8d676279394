"""The sentences of Thresholds, computed from rates; no Streamlit. Rates and thresholds are in [0, 1]."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from nat_app.shared.classes import article
from nat_app.shared.counts import interval
from nat_app.shared.drawing.palette import AMID, KINDS, NAMES, SUBJECTS, Kind
from nat_app.shared.language import N_, _, ngettext, pgettext
from nat_app.shared.words import (
    ENOUGH,
    count_of_100,
    literal,
    of_100,
    percent_fine,
    threshold_text,
    threshold_title,
)
from nat_core.measure.metrics import wilson_interval
from nat_core.measure.rounding import difference, rate_text
from nat_core.measure.scores import CONFIDENCE, SCORE_NAMES
from nat_core.paper.by_score import lead_words

DIGITS_ELSEWHERE = N_(
    "Digits live trains two other networks, in another way, and counts 8 and 9, so its numbers differ."
)
"""What is said of the networks of handwritten digits, of which two pages have numbers."""


def few_title(share: dict[Kind, float], pictures: int, at: dict[Kind, float], *, known: bool, score: str) -> str:
    """Return the finding on an image set of too few pictures for a rate: counts, where `threshold_title` has rates.

    >>> few_title({"baseline": 0.5, "nat": 0.25}, 4, {"baseline": 0.9, "nat": 0.9}, known=False, score="confidence")
    'Above t\\xa0=\\xa00.90, the baseline is fooled by 2 of 4, NAT by 1.'
    """
    locked = score != CONFIDENCE or at["baseline"] != at["nat"]
    if known and locked:
        return threshold_title(share, at, known, score)
    when = _("Above t\u00a0=\u00a0{threshold}", threshold=threshold_text(at["nat"]))
    if locked:
        when = _("Keeping 95 of 100")
        if score != CONFIDENCE:
            when = _("Keeping 95 of 100 by {score}", score=SCORE_NAMES[score])
    counts = {kind: round(share[kind] * pictures) or pgettext("how many", "none") for kind in KINDS}
    if known:
        return _("{when}, the baseline keeps {baseline} of {pictures}, NAT {nat}.", when=when, pictures=pictures,
                 **counts)  # fmt: skip
    return _("{when}, the baseline is fooled by {baseline} of {pictures}, NAT by {nat}.", when=when, pictures=pictures,
             **counts)  # fmt: skip


def trade(fooled: dict[Kind, float], kept: dict[Kind, float], pictures: int) -> str:
    """Return what NAT gains and costs, or that so many negatives cannot tell: no verdict where intervals meet."""
    if pictures < ENOUGH:
        return few_trade(fooled, pictures)
    if fooled["nat"] != fooled["baseline"] and _fooled_less(fooled, pictures) is None:
        return _(
            "These pictures cannot tell {question}: the difference may be chance.",
            question=_("which network is fooled less often"),
        )
    return trade_sentence(fooled, kept)


def _fooled_less(fooled: dict[Kind, float], pictures: int) -> Kind | None:
    """The network that is fooled less often, None where the 95 % intervals of both rates meet."""
    intervals = {kind: wilson_interval(round(fooled[kind] * pictures), pictures) for kind in KINDS}
    for less, more in (KINDS, KINDS[::-1]):
        if intervals[less].high < intervals[more].low:
            return less
    return None


def few_trade(fooled: dict[Kind, float], pictures: int) -> str:
    """Return whether so few negatives can tell which network is fooled less often: where their intervals part."""
    less = _fooled_less(fooled, pictures)
    if less is not None:
        (more,) = (kind for kind in KINDS if kind != less)
        return _(
            "{less} is fooled less often than {more}, and by more than chance would make.",
            less=SUBJECTS[less],
            more=AMID[more],
        )
    spans = ", ".join(f"{NAMES[kind]} {interval(round(fooled[kind] * pictures), pictures)}" for kind in KINDS)
    return _(
        "So few pictures cannot tell which network is fooled less often: 95\u00a0% intervals {spans}.", spans=spans
    )


def trade_sentence(fooled: dict[Kind, float], kept: dict[Kind, float]) -> str:
    """Return what NAT gains and what it costs at the same threshold, or that it does not gain."""
    less, more = fooled["nat"] < fooled["baseline"], kept["nat"] < kept["baseline"]
    if fooled["nat"] == fooled["baseline"]:
        return _("Here NAT is fooled as often as the baseline.")
    if not less:
        return _("Here NAT is fooled more often than the baseline.")
    # Differences of the rounded counts that stand beside this sentence, so that they add up on the page.
    gained, lost = (int(difference(100 * each["baseline"], 100 * each["nat"], 0)) for each in (fooled, kept))
    fewer = _("{count} fewer", count=gained) if gained else _("hardly fewer")
    if lost > 0:
        return _(
            "NAT is fooled by {fewer} of 100, and turns away {count} more of 100 that it knows.",
            fewer=fewer,
            count=lost,
        )
    if more:
        return _("NAT is fooled by {fewer} of 100, and turns away hardly more of what it knows.", fewer=fewer)
    return _("NAT is fooled by {fewer} of 100, and turns away no more of what it knows.", fewer=fewer)


def sources(negatives: str, known: str, temperature: float, *, digits: bool = False) -> str:
    """Return what the two numbers of Thresholds are counted from, and the temperature where there is one.

    `negatives` and `known` are how many pictures of which set, in the dative.
    `digits` tells that these are the networks of handwritten digits, of which other pages have numbers too.
    """
    parts = [_("▲\u00a0of {negatives} (NCR), ■\u00a0of {known}.", negatives=negatives, known=known)]
    if temperature != 1:
        parts.append(_("Temperature {temperature:g}.", temperature=temperature))
    if digits:
        parts.append(_(DIGITS_ELSEWHERE))
    return " ".join(parts)


def own_thresholds(at: dict[Kind, float], score: str) -> str:
    """Return at which value of a score each network keeps 95 of 100.

    >>> own_thresholds({"baseline": 5.307, "nat": 2.1}, "energy")
    'By energy each network has a t of its own, at which it keeps 95 of 100: the baseline 5.31, NAT 2.10.'
    """
    return _(
        "By {score} each network has a t of its own, at which it keeps 95 of 100: the baseline {baseline}, NAT {nat}.",
        score=SCORE_NAMES[score],
        baseline=threshold_text(at["baseline"]),
        nat=threshold_text(at["nat"]),
    )


def curve_sentence(title: str, at: dict[Kind, float], rates: dict[Kind, float]) -> str:
    """Return what a chart of a rate against t shows at the networks' thresholds, for those who cannot see it.

    >>> at = {"baseline": 0.9, "nat": 0.9}
    >>> curve_sentence("fooled (NCR)", at, {"baseline": 0.5, "nat": 0.25}).replace("\u00a0", " ")
    'Share fooled (NCR) against the threshold: baseline 50.0 % at t = 0.90, NAT 25.0 % at t = 0.90.'
    """
    return _(
        "Share {title} against the threshold: baseline {baseline} at t = {at_baseline}, NAT {nat} at t = {at_nat}.",
        title=title,
        baseline=percent_fine(rates["baseline"]),
        nat=percent_fine(rates["nat"]),
        at_baseline=threshold_text(at["baseline"]),
        at_nat=threshold_text(at["nat"]),
    )


def lead_sentence(score: str, by_confidence: dict[Kind, float], by_score: dict[Kind, float]) -> str:
    """Return what another score makes of NAT's lead: NCR where each keeps 95 of 100, by confidence and by that score.

    >>> lead_sentence("energy", {"baseline": 0.534, "nat": 0.173}, {"baseline": 0.328, "nat": 0.147})
    'By energy in place of confidence, the lead of NAT shrinks from 0.361 to 0.181.'
    """
    before, after = (difference(each["baseline"], each["nat"]) for each in (by_confidence, by_score))
    return _(
        "By {score} in place of confidence, {lead}.", score=SCORE_NAMES[score], lead=lead_words("NAT", before, after)
    )


def score_sentence(ncr: dict[Kind, float], auroc: dict[Kind, float], score: str) -> str:
    """Return what both networks achieve by one score where each keeps 95 of 100: NCR and AUROC, all in [0, 1]."""
    return _(
        "By {score}, keeping 95 of 100: the baseline is fooled by {baseline}, NAT by {nat}. Chance that a known "
        "picture scores higher than a negative (AUROC): {auroc_baseline} and {auroc_nat}.",
        score=SCORE_NAMES[score],
        baseline=of_100(ncr["baseline"]),
        nat=count_of_100(ncr["nat"]),
        auroc_baseline=rate_text(auroc["baseline"]),
        auroc_nat=rate_text(auroc["nat"]),
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
        return _(
            "At temperature 1 the networks are as they were trained. A higher temperature makes both less sure of "
            "everything. Move it, and see what keeping 95 of 100 then costs."
        )
    fair = _(
        "Keeping 95 of 100, the baseline is fooled by {baseline} at temperature {temperature:g} ({baseline_plain} at "
        "1), NAT by {nat} ({nat_plain}).",
        baseline=of_100(ncr["baseline"]),
        temperature=temperature,
        baseline_plain=count_of_100(plain["baseline"]),
        nat=count_of_100(ncr["nat"]),
        nat_plain=count_of_100(plain["nat"]),
    )
    verdict = _cure(ncr["baseline"], plain)
    if not kept:
        return f"{verdict} {fair}"
    cost = _(
        "Above t\u00a0=\u00a0{threshold} the baseline now keeps {baseline}, NAT {nat}.",
        threshold=threshold_text(threshold),
        baseline=of_100(kept["baseline"]),
        nat=count_of_100(kept["nat"]),
    )
    return f"{verdict} {fair} {cost}"


def _cure(baseline: float, plain: dict[Kind, float]) -> str:
    """Whether a temperature that brings the baseline to this NCR cures it."""
    if baseline <= plain["nat"]:
        return _("Here the temperature alone brings the baseline to where NAT was without it.")
    if baseline < plain["baseline"]:
        return _("The temperature helps the baseline, but alone it does not cure it.")
    return _("The temperature alone does not cure the baseline: it is less sure of what it knows, too.")


def behind_sentence(kind: Kind, predicted: str, number: int, total: int, threshold: float) -> str:
    """Return how many pictures of a set one network takes for a class and is sure, and at which t.

    >>> behind_sentence("nat", "automobile", 3, 1000, 0.9)
    'NAT takes 3 of 1,000 pictures for an automobile, and is sure of them (t\\xa0=\\xa00.90).'
    """
    some = ngettext("{number:,} of {count:,} picture", "{number:,} of {count:,} pictures", total, number=number)
    said = {
        "network": SUBJECTS[kind],
        "some": some,
        "what": literal(article(predicted, "accusative")),
        "threshold": threshold_text(threshold),
    }
    if number == 1:
        return _("{network} takes {some} for {what}, and is sure of it (t\u00a0=\u00a0{threshold}).", **said)
    return _("{network} takes {some} for {what}, and is sure of them (t\u00a0=\u00a0{threshold}).", **said)


def kind_title(name: str) -> str:
    """Return the name of a kind of negatives; of CIFAR-100's classes in the language that is spoken.

    >>> kind_title("aquarium_fish")
    'aquarium fish'
    """
    return pgettext("a kind of thing", name.replace("_", " "))


def bars_sentence(shares: dict[Kind, Float[np.ndarray, " k"]], names: Sequence[str]) -> str:
    """Return the longest bar of each network, for those who cannot see them; `shares` in [0, 1], one for each name.

    >>> bars = {"baseline": np.array([0.25, 0.5]), "nat": np.array([0.0, 0.125])}
    >>> bars_sentence(bars, ["cat", "dog"]).replace("\u00a0", " ")
    'Most: baseline dog, 50.0 %; NAT dog, 12.5 %.'
    """
    baseline, nat = (int(shares[kind].argmax()) for kind in KINDS)
    return _(
        "Most: baseline {baseline}, {baseline_share}; NAT {nat}, {nat_share}.",
        baseline=names[baseline],
        baseline_share=percent_fine(float(shares["baseline"][baseline])),
        nat=names[nat],
        nat_share=percent_fine(float(shares["nat"][nat])),
    )


def how_sure_sentence(shown: int, network: str, ends: tuple[str, str], score: str) -> str:
    """Return what stands below pictures that fool a network: how many, and how sure it is of the first and the last."""
    first, last = ends
    said = {"shown": shown, "network": network, "first": first, "last": last}
    if score == CONFIDENCE:
        if first == last:
            return _("The {shown} that {network} is most sure of: {first} each.", **said)
        return _("The {shown} that {network} is most sure of: {first} to {last}.", **said)
    said["score"] = SCORE_NAMES[score]
    if first == last:
        return _("The {shown} that {network} is most sure of by {score}: {first} each.", **said)
    return _("The {shown} that {network} is most sure of by {score}: {first} to {last}.", **said)
