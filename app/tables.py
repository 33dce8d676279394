"""The tables of Thresholds, beside the paper's, and the files that it hands out."""

import pandas as pd

from app import cached
from app.pairs import Pair, set_title
from app.palette import KINDS, NAMES
from nat_core.report import PAPER, render


def curves_csv(pair: Pair) -> str:
    """Every rate of both networks at every threshold: network, set, role, pictures, t, rate, share kept."""
    lines = ["network,set,role,images,t,share_above_t,share_kept"]
    kept = cached.kept_curves(pair)
    for kind, name in pair.by_kind.items():
        for set_name, each in cached.card(name).report.sets.items():
            curve = cached.curve(name, set_name)
            lines += [
                f"{name},{set_name},{each.role},{each.images},{t:.2f},{rate:.6f},{share:.6f}"
                for t, rate, share in zip(cached.CURVE, curve, kept[kind], strict=True)
            ]
    return "\n".join(lines) + "\n"


def comparison(pair: Pair) -> pd.DataFrame:
    """A row for each set of negatives and threshold of the paper: both networks' NCR, the paper's, and what is kept."""
    reports = {kind: cached.card(name).report for kind, name in pair.by_kind.items()}
    rows = []
    for set_name, each in reports["nat"].negatives.items():
        for t in each.ncr:
            row = {"Pictures": set_title(set_name), "t": t}
            for place, kind in enumerate(KINDS):
                row[f"{NAMES[kind]} NCR"] = _figure(reports[kind].sets[set_name].ncr[t])
                if pair.paper is not None:
                    row[f"the paper's {NAMES[kind]}"] = _figure(PAPER[pair.paper[place]].ncr.get(set_name, {}).get(t))
            row |= {f"{NAMES[kind]} keeps": _figure(reports[kind].share_kept[t]) for kind in KINDS}
            rows.append(row)
    return pd.DataFrame(rows)


def _figure(share: float | None) -> str:
    return "not reported" if share is None else f"{share:.3f}" if share >= 0.0005 or share == 0 else f"{share:.4f}"


def report_csv() -> str:
    """The paper's tables with ours beside, of every network that is here."""
    return render({name: cached.card(name).report for name in cached.present()}, "csv")
