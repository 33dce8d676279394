"""The tables of Thresholds, beside the paper's, and the files that it hands out."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from nat_app.answers import stored_answers
from nat_app.answers.stored_answers import CURVE
from nat_app.shared.pairs import Pair
from nat_app.shared.palette import KINDS, NAMES
from nat_core.files import csv_text
from nat_core.measure.metrics import ncr_curve
from nat_core.measure.predictions import Predictions
from nat_core.paper.figures import PAPER


@dataclass(frozen=True, eq=False)
class Rated:
    """One network's predictions of one image set, beside those of what it knows."""

    network: str
    set_name: str
    role: str
    predictions: Predictions
    known: Predictions


def rated(pair: Pair, temperature: float = 1.0) -> list[Rated]:
    """Return what both networks were asked about, their logits divided by the temperature."""
    return [
        Rated(
            name,
            set_name,
            each.role,
            stored_answers.tempered(name, set_name, temperature),
            stored_answers.tempered(name, stored_answers.known_set(name), temperature),
        )
        for name in pair.names
        for set_name, each in stored_answers.sets(name).items()
    ]


def curves_csv(rated: Sequence[Rated]) -> str:
    """Every rate of both networks at every threshold: network, set, role, pictures, t, rate, share kept."""
    rows: list[tuple] = [("network", "set", "role", "images", "t", "share_above_t", "share_kept")]
    for each in rated:
        rates = ncr_curve(each.predictions.confidence, CURVE)
        kept = ncr_curve(each.known.confidence, CURVE)
        rows += [
            (each.network, each.set_name, each.role, len(each.predictions), f"{t:.2f}", f"{rate:.6f}", f"{share:.6f}")
            for t, rate, share in zip(CURVE, rates, kept, strict=True)
        ]
    return csv_text(rows)


def comparison(pair: Pair, set_name: str) -> pd.DataFrame:
    """A row for each of the paper's thresholds: both networks' NCR on one set, the paper's, and what each keeps."""
    reports = {kind: stored_answers.card(name).report for kind, name in pair.by_kind.items()}
    sets = {kind: stored_answers.sets(name)[set_name] for kind, name in pair.by_kind.items()}
    rows = []
    for t in sets["nat"].ncr:
        row = {"t": t}
        for place, kind in enumerate(KINDS):
            row[NAMES[kind]] = _figure(sets[kind].ncr[t])
            if pair.paper is not None:
                theirs = PAPER[pair.paper[place]]
                row[f"paper's {theirs.label}"] = _figure(theirs.ncr.get(set_name, {}).get(t))
        rows.append(row | {f"{NAMES[kind]} keeps": _figure(reports[kind].share_kept[t]) for kind in KINDS})
    return pd.DataFrame(rows)


def _figure(share: float | None) -> str:
    """A share with three decimals as in the paper; with four where three would make it 0."""
    if share is None:
        return "none"
    return f"{share:.4f}" if 0 < share < 0.0005 else f"{share:.3f}"
