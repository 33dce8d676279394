"""What the reports show, in plain words: every number in the sentences is computed from them."""

from collections.abc import Mapping, Sequence

from nat_core.paper import COMPARED
from nat_core.recipes import THRESHOLDS, UNSEEN
from nat_core.report import NetworkReport, SetReport, threshold_key


def findings(reports: Mapping[str, NetworkReport]) -> tuple[str, ...]:
    """A paragraph for each pair of networks that are both here, every number in it computed from the reports.

    >>> findings({})
    ()
    """
    return tuple(
        _finding(without, reports[without], aware, reports[aware])
        for without, aware in COMPARED
        if without in reports and aware in reports
    )


def _finding(without: str, baseline: NetworkReport, aware: str, nat: NetworkReport) -> str:
    """What differs from the network `without` knowledge of negatives to the `aware` one, in plain words."""
    sentences = [f"{aware} against {without}: {_accuracies(baseline, nat)}"]
    common = [name for name in nat.negatives if name in baseline.negatives]
    if common:
        # CIFAR-100 test is the paper's headline; elsewhere, negatives that the network has never seen.
        unseen = [name for name in common if nat.sets[name].role == UNSEEN]
        headline = "cifar100_test" if "cifar100_test" in common else (unseen or common)[0]
        before, after = baseline.sets[headline], nat.sets[headline]
        sentences += [_cells(baseline, nat, common), _remaining(before, after, headline)]
        sentences.append(
            f"Where each keeps 95 %, NCR there is {after.ncr_at_95_kept:.3f}, the other's {before.ncr_at_95_kept:.3f}."
        )
    sentences.append(_kept(baseline, nat))
    if nat.protocol != baseline.protocol:
        sentences.append(f"They were trained by different protocols, {nat.protocol} and {baseline.protocol}.")
    return " ".join(sentences)


def _accuracies(baseline: NetworkReport, nat: NetworkReport) -> str:
    points = f"{100 * abs(nat.accuracy - baseline.accuracy):.2f}"
    side = "below" if nat.accuracy < baseline.accuracy else "above"
    difference = "equal to" if float(points) == 0 else f"{points} points {side}"
    return f"accuracy {100 * nat.accuracy:.2f} %, {difference} the other's {100 * baseline.accuracy:.2f} %."


def _cells(baseline: NetworkReport, nat: NetworkReport, common: Sequence[str]) -> str:
    cells = [(name, key) for name in common for key in map(threshold_key, THRESHOLDS)]
    above = [f"{name} at {key}" for name, key in cells if nat.sets[name].ncr[key] > baseline.sets[name].ncr[key]]
    return (
        f"NCR is at or below the other's in {len(cells) - len(above)} of {len(cells)} cells "
        f"({len(THRESHOLDS)} thresholds, {len(common)} {'set' if len(common) == 1 else 'sets'})"
        f"{': above on ' + ', '.join(above) if above else ''}."
    )


def _remaining(baseline: SetReport, nat: SetReport, name: str) -> str:
    key = threshold_key(THRESHOLDS[-1])
    before, after = baseline.ncr[key], nat.ncr[key]
    counts = f"on {name} ({nat.images:,} pictures)"
    if before == 0:
        return f"NCR_{key} {counts} was 0 and is {after:.3f}."
    return f"{100 * after / before:.1f} % of NCR_{key} remains {counts}: {after:.3f} of {before:.3f}."


def _kept(baseline: NetworkReport, nat: NetworkReport) -> str:
    key = threshold_key(THRESHOLDS[-1])
    kept, other = nat.share_kept[key], baseline.share_kept[key]
    return f"At t = {key} it keeps {100 * kept:.1f} % of the in-distribution pictures, the other {100 * other:.1f} %."
