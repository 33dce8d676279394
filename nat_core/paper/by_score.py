"""By other scores: whether what NAT wins by confidence is still won by entropy, GEN, energy or the largest logit.

Sentences alone, every number in them computed from the reports; the last part is on scores from features. Where
confidence is the weakest of the scores, a comparison that knows no other flatters whoever is the better at confidence.
"""

from collections.abc import Collection, Mapping, Sequence

from nat_core.language import N_, _, ngettext, number
from nat_core.measure.report import NetworkReport
from nat_core.measure.rounding import RATE, difference, difference_text, rate_text
from nat_core.measure.scores import CONFIDENCE, SCORE_NAMES, SCORES
from nat_core.paper.figures import COMPARED
from nat_core.recipes import ILSVRC, PAIRS, VARIANTS, headline_set
from nat_core.store.feature_reports import FEATURE_SCORES, FeatureReport

OTHERS = tuple(score for score in SCORES if score != CONFIDENCE)
ENERGY = "energy"
"""The other score that sentences speak of first: the field's usual step beyond confidence."""
STRICTEST = (*reversed(VARIANTS), ILSVRC)
"""The sets that sentences speak of, the first of them that was reported: photos that nobody learnt from."""


OTHER_SCORES = N_("What is won by confidence need not be won by other scores.")
"""What stands before the first of `score_findings`."""


def score_findings(reports: Mapping[str, NetworkReport]) -> tuple[str, ...]:
    """A paragraph for each pair of networks that both report other scores: what they do to the second's lead.

    >>> score_findings({})
    ()
    """
    found = (
        score_finding(names, reports[names[0]], reports[names[1]]) for names in COMPARED if set(names) <= set(reports)
    )
    return tuple(each for each in found if each)


def score_finding(names: tuple[str, str], baseline: NetworkReport, nat: NetworkReport) -> str:
    """What energy does to both networks' NCR on one set where each keeps 95 %, and to the second's lead; "" without.

    `names` are those of the network without knowledge of negatives and of the one with it.
    """
    common = both_by_score(baseline, nat)
    if not common:
        return ""
    headline = headline_set({name: nat.sets[name].role for name in common}) or common[0]
    chosen = next((name for name in STRICTEST if name in common), headline)
    before, after = ({score: _passed(report, chosen, score) for score in SCORES} for report in (baseline, nat))
    leads = {score: difference(before[score], after[score]) for score in SCORES}
    others = ", ".join(f"{SCORE_NAMES[score]} {difference_text(leads[score])}" for score in OTHERS if score != ENERGY)
    return ngettext(
        "{aware} against {without}, by other scores: where each keeps 95 %, energy takes NCR on {name} ({count:,} "
        "picture) from {after} to {after_energy} for {aware} and from {before} to {before_energy} for "
        "{without}: {lead}. The same difference by {others}. {cells}",
        "{aware} against {without}, by other scores: where each keeps 95 %, energy takes NCR on {name} ({count:,} "
        "pictures) from {after} to {after_energy} for {aware} and from {before} to {before_energy} for "
        "{without}: {lead}. The same difference by {others}. {cells}",
        nat.sets[chosen].images,
        aware=names[1],
        without=names[0],
        name=chosen,
        after=rate_text(after[CONFIDENCE]),
        after_energy=rate_text(after[ENERGY]),
        before=rate_text(before[CONFIDENCE]),
        before_energy=rate_text(before[ENERGY]),
        lead=lead_words(names[1], leads[CONFIDENCE], leads[ENERGY]),
        others=others,
        cells=cells_by_score(baseline, nat, common),
    )


def lead_words(network: str, before: float, after: float) -> str:
    """What becomes of a network's lead, of how much lower its NCR is than another's; judged as it is written.

    >>> lead_words("nat", 0.361, 0.181), lead_words("nat", 0.1, -0.02)
    ('the lead of nat shrinks from 0.361 to 0.181', 'the lead of nat, 0.100, is lost: it is behind by 0.020')
    """
    first, then = (round(each, RATE) + 0.0 for each in (before, after))  # never minus zero
    said = {"network": network, "first": difference_text(first), "then": difference_text(then)}
    if first <= 0 and then <= 0:
        return _("{network} has no lead before ({first}) or after ({then})", **said)
    if first <= 0:
        return _("{network} takes the lead: {then} after {first}", **said)
    if then == 0:
        return _("the lead of {network}, {first}, is lost: it is level", **said)
    if then < 0:
        said["behind"] = difference_text(-then)
        return _("the lead of {network}, {first}, is lost: it is behind by {behind}", **said)
    if first == then:
        return _("the lead of {network} stays {first}", **said)
    if then < first:
        return _("the lead of {network} shrinks from {first} to {then}", **said)
    return _("the lead of {network} grows from {first} to {then}", **said)


def cells_by_score(baseline: NetworkReport, nat: NetworkReport, names: Sequence[str]) -> str:
    """In how many cells of set and other score the second is fooled less often where each keeps 95 %; "" without any.

    Where it is not lower everywhere, the cells in which it is not are named.
    """
    reported = [name for name in names if name in both_by_score(baseline, nat)]
    cells = [(name, score) for name in reported for score in OTHERS]
    if not cells:
        return ""
    failing = [
        _("{name} by {score}", name=name, score=SCORE_NAMES[score])
        for name, score in cells
        if _passed(nat, name, score) >= _passed(baseline, name, score)
    ]
    said = {
        "lower": len(cells) - len(failing),
        "cells": len(cells),
        "scores": len(OTHERS),
        "failing": ", ".join(failing),
    }
    if failing:
        return ngettext(
            "Where each keeps 95 %, it is lower in {lower} of {cells} cells of other scores ({scores} scores, {count} "
            "set): not on {failing}.",
            "Where each keeps 95 %, it is lower in {lower} of {cells} cells of other scores ({scores} scores, {count} "
            "sets): not on {failing}.",
            len(reported),
            **said,
        )
    return ngettext(
        "Where each keeps 95 %, it is lower in {lower} of {cells} cells of other scores ({scores} scores, {count} "
        "set).",
        "Where each keeps 95 %, it is lower in {lower} of {cells} cells of other scores ({scores} scores, {count} "
        "sets).",
        len(reported),
        **said,
    )


def both_by_score(baseline: NetworkReport, nat: NetworkReport) -> tuple[str, ...]:
    """The sets of negatives that both networks report by all scores."""
    return tuple(
        name
        for name, each in nat.negatives.items()
        if each.by_score and name in baseline.negatives and baseline.negatives[name].by_score
    )


def _passed(report: NetworkReport, set_name: str, score: str) -> float:
    return report.sets[set_name].by_score[score].ncr_at_95_kept


# --- scores from features --------------------------------------------------------------------------------------------


def fitted_sentence(reports: Collection[FeatureReport]) -> str:
    """What kNN, ViM and RMDS were fitted to and measured on, with their sources.

    >>> fitted_sentence([FeatureReport(5000, 5, 2000, {"noise": 1000}, {})])[:60]
    'kNN (Sun et al., 2022; normalised features, k = 5), ViM (Wan'
    """
    fits = sorted({(each.fitted_to, each.neighbours, each.known) for each in reports})
    either = _(" or ")
    pictures = either.join(number(fitted, ",") for fitted in dict.fromkeys(fitted for fitted, _k, _known in fits))
    known = either.join(number(count, ",") for count in dict.fromkeys(count for _fitted, _k, count in fits))
    neighbours = either.join(str(count) for count in dict.fromkeys(k for _fitted, k, _known in fits))
    counts = {name: count for each in reports for name, count in each.images.items()}
    sets = ", ".join(_("{count:,} of {name}", count=count, name=name) for name, count in counts.items())
    return _(
        "kNN (Sun et al., 2022; normalised features, k = {neighbours}), ViM (Wang et al., 2022; half of the channels "
        "as principal space) and RMDS (Ren et al., 2021) were fitted to the stored features of {pictures} training "
        "pictures of CIFAR-10, a seeded tenth of them, where their papers take all; k is the paper's 50 in that "
        "proportion. Measured on {known} test pictures of CIFAR-10 and {sets}. The scores of the logits are beside "
        "them, on the same pictures, so they differ from those of the whole sets.",
        neighbours=neighbours,
        pictures=pictures,
        known=known,
        sets=sets,
    )


def feature_findings(reports: Mapping[str, FeatureReport]) -> tuple[str, ...]:
    """For each pair with features, NCR where each keeps 95 % by each score from features, beside energy's.

    >>> feature_findings({})
    ()
    """
    found = (_feature_finding(names, reports) for names in PAIRS.values() if set(names) <= set(reports))
    return tuple(each for each in found if each)


def _feature_finding(names: tuple[str, str], reports: Mapping[str, FeatureReport]) -> str:
    common = [name for name in reports[names[1]].by_score if name in reports[names[0]].by_score]
    if not common:
        return ""
    chosen = next((name for name in STRICTEST if name in common), common[0])
    parts = []
    for score in (CONFIDENCE, ENERGY, *FEATURE_SCORES):
        before, after = (reports[name].by_score[chosen][score].ncr_at_95_kept for name in names)
        said = {"score": SCORE_NAMES[score], "after": rate_text(after), "before": rate_text(before)}
        if after >= before:
            parts.append(_("{score} {after} against {before} (not lower)", **said))
        else:
            parts.append(_("{score} {after} against {before}", **said))
    return ngettext(
        "{aware} against {without} where each keeps 95 %, NCR on {name} ({count:,} picture): by {parts}.",
        "{aware} against {without} where each keeps 95 %, NCR on {name} ({count:,} pictures): by {parts}.",
        reports[names[1]].images[chosen],
        aware=names[1],
        without=names[0],
        name=chosen,
        parts=", ".join(parts),
    )
