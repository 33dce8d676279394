"""What the reports show, in plain words: every number is computed from them."""

from collections.abc import Mapping, Sequence

from nat_core.language import _, ngettext, number
from nat_core.measure.report import NetworkReport, SetReport, threshold_key
from nat_core.measure.rounding import accuracy_text, points, points_text, rate_text, share_of
from nat_core.paper.by_score import score_findings
from nat_core.paper.figures import COMPARED
from nat_core.recipes import THRESHOLDS, headline_set


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
    opening = _(
        "{aware} against {without}: {accuracies}", aware=aware, without=without, accuracies=_accuracies(baseline, nat)
    )
    sentences = [opening]
    common = [name for name in nat.negatives if name in baseline.negatives]
    if common:
        headline = headline_set({name: nat.sets[name].role for name in common}) or common[0]
        before, after = baseline.sets[headline], nat.sets[headline]
        sentences += [_cells(baseline, nat, common), _remaining(before, after, headline)]
        sentences.append(
            _(
                "Where each keeps 95 %, NCR there is {after}, against {before}.",
                after=rate_text(after.ncr_at_95_kept),
                before=rate_text(before.ncr_at_95_kept),
            )
        )
    sentences += [_kept(baseline, nat), _schedules(baseline, nat)]
    return " ".join(each for each in sentences if each)


def _schedules(baseline: NetworkReport, nat: NetworkReport) -> str:
    """What differs in how long the two learned; "" where nothing does, or it is not known."""
    if nat.protocol != baseline.protocol:
        return _(
            "They were trained by different protocols, {one} and {other}.", one=nat.protocol, other=baseline.protocol
        )
    if nat.epochs is not None and baseline.epochs is not None and nat.epochs != baseline.epochs:
        return ngettext(
            "They learned for different times, {epochs} and {count} epoch.",
            "They learned for different times, {epochs} and {count} epochs.",
            baseline.epochs,
            epochs=nat.epochs,
        )
    return ""


def _accuracies(baseline: NetworkReport, nat: NetworkReport) -> str:
    more = points(nat.accuracy, baseline.accuracy)
    said = {
        "accuracy": accuracy_text(nat.accuracy),
        "theirs": accuracy_text(baseline.accuracy),
        "points": points_text(abs(more)),
    }
    # Judged as it is written: a difference that rounds to 0.00 is not "0.00 points below".
    if more == 0:
        return _("accuracy {accuracy}, equal to {theirs}.", **said)
    if more < 0:
        return _("accuracy {accuracy}, {points} points below {theirs}.", **said)
    return _("accuracy {accuracy}, {points} points above {theirs}.", **said)


def _cells(baseline: NetworkReport, nat: NetworkReport, common: Sequence[str]) -> str:
    cells = [(name, key) for name in common for key in map(threshold_key, THRESHOLDS)]
    above = [(name, key) for name, key in cells if nat.sets[name].ncr[key] > baseline.sets[name].ncr[key]]
    said = {
        "lower": len(cells) - len(above),
        "cells": len(cells),
        "thresholds": len(THRESHOLDS),
        "above": ", ".join(_("{name} at {key}", name=name, key=key_text(key)) for name, key in above),
    }
    if above:
        return ngettext(
            "NCR is no higher in {lower} of {cells} cells ({thresholds} thresholds, {count} set): higher on {above}.",
            "NCR is no higher in {lower} of {cells} cells ({thresholds} thresholds, {count} sets): higher on {above}.",
            len(common),
            **said,
        )
    return ngettext(
        "NCR is no higher in {lower} of {cells} cells ({thresholds} thresholds, {count} set).",
        "NCR is no higher in {lower} of {cells} cells ({thresholds} thresholds, {count} sets).",
        len(common),
        **said,
    )


def key_text(key: str) -> str:
    """Return a threshold's key as the language writes it.

    >>> key_text("0.9")
    '0.9'
    """
    return number(float(key), "g")


def _remaining(baseline: SetReport, nat: SetReport, name: str) -> str:
    key = threshold_key(THRESHOLDS[-1])
    before, after = baseline.ncr[key], nat.ncr[key]
    said = {"key": key_text(key), "name": name, "before": rate_text(before), "after": rate_text(after)}
    if before == 0:  # no share of nothing
        return ngettext(
            "NCR_{key} on {name} ({count:,} picture) was 0 and is {after}.",
            "NCR_{key} on {name} ({count:,} pictures) was 0 and is {after}.",
            nat.images,
            **said,
        )
    return ngettext(
        "{share} % of NCR_{key} remains on {name} ({count:,} picture): {after} of {before}.",
        "{share} % of NCR_{key} remains on {name} ({count:,} pictures): {after} of {before}.",
        nat.images,
        share=_percent(share_of(after, before)),
        **said,
    )


def _percent(share: float) -> str:
    # Below a tenth of a percent its first digit, so that little is not taken for nothing.
    return number(100 * share, ".1g" if 0 < share < 0.0005 else ".1f")


def _kept(baseline: NetworkReport, nat: NetworkReport) -> str:
    key = threshold_key(THRESHOLDS[-1])
    return _(
        "At t = {key} it keeps {kept} of the in-distribution pictures, against {other}.",
        key=key_text(key),
        kept=rate_text(nat.share_kept[key]),
        other=rate_text(baseline.share_kept[key]),
    )
