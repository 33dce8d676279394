"""The tables of Thresholds, beside the paper's, and the files that it hands out."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from nat_app.answers import score_rates, stored_answers
from nat_app.answers.score_rates import divided
from nat_app.shared.drawing.palette import KINDS, NAMES
from nat_app.shared.language import _, pgettext, written
from nat_app.shared.pairs import Pair
from nat_app.shared.score_scales import CONFIDENT, SCORE_TITLES, Scale
from nat_core.files import csv_text
from nat_core.measure.metrics import share_above
from nat_core.measure.predictions import Predictions
from nat_core.measure.rounding import rate_text
from nat_core.measure.scores import MEASURES, scores_of
from nat_core.paper.figures import PAPER


@dataclass(frozen=True, eq=False)
class Rated:
    """One network's predictions of one image set, beside those of what it knows."""

    network: str
    set_name: str
    role: str
    predictions: Predictions
    known: Predictions


def rated(pair: Pair) -> list[Rated]:
    """Return what both networks were asked about; gathered in every run, though few ever want the file."""
    found = []
    for name in pair.names:
        known = stored_answers.predictions(name, stored_answers.known_set(name))
        found += [
            Rated(name, set_name, each.role, stored_answers.predictions(name, set_name), known)
            for set_name, each in stored_answers.sets(name).items()
        ]
    return found


def curves_csv(rated: Sequence[Rated], scale: Scale = CONFIDENT) -> str:
    """Every rate of both networks at every step of a score: network, set, role, pictures, t, rate, kept, score.

    The logits are divided by the scale's temperature.
    """
    rows: list[tuple] = [("network", "set", "role", "images", "t", "share_above_t", "share_kept", "score")]
    for each in rated:
        start = (each.network, each.set_name, each.role, len(each.predictions))
        rates = share_above(scores_of(divided(each.predictions, scale.temperature), scale.score), scale.steps)
        kept = share_above(scores_of(divided(each.known, scale.temperature), scale.score), scale.steps)
        rows += [
            (*start, f"{t:g}", f"{rate:.6f}", f"{share:.6f}", scale.score)
            for t, rate, share in zip(scale.steps, rates, kept, strict=True)
        ]
    return csv_text(rows)


def by_score(pair: Pair, known: str, negatives: str, temperature: float = 1.0) -> pd.DataFrame:
    """A row for each score: what it achieves on one set of negatives, the baseline's number first, then NAT's."""
    rows = []
    for score, title in SCORE_TITLES.items():
        found = score_rates.separations(pair, known, negatives, Scale(temperature, score))
        rows.append(
            {_("score"): title}
            | {
                measure: " / ".join(rate_text(getattr(found[kind].measured, field)) for kind in KINDS)
                for field, measure in MEASURES.items()
            }
        )
    return pd.DataFrame(rows)


def comparison(pair: Pair, set_name: str) -> pd.DataFrame:
    """A row for each of the paper's thresholds: both networks' NCR on one set, the paper's, and what each keeps."""
    reports = {kind: stored_answers.card(name).report for kind, name in pair.by_kind.items()}
    sets = {kind: stored_answers.sets(name)[set_name] for kind, name in pair.by_kind.items()}
    rows = []
    for t in sets["nat"].ncr:
        row = {"t": written(t)}
        for place, kind in enumerate(KINDS):
            row[NAMES[kind]] = _figure(sets[kind].ncr[t])
            if pair.paper is not None:
                theirs = PAPER[pair.paper[place]]
                row[_("paper's {network}", network=theirs.label)] = _figure(theirs.ncr.get(set_name, {}).get(t))
        kept = {kind: _figure(reports[kind].share_kept[t]) for kind in KINDS}
        rows.append(row | {_("{network} keeps", network=NAMES[kind]): kept[kind] for kind in KINDS})
    return pd.DataFrame(rows)


def _figure(share: float | None) -> str:
    """A share with three decimals, as in the paper."""
    if share is None:
        return pgettext("a figure", "none")
    return rate_text(share)
