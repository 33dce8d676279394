"""Two stored networks on the same pictures: how far their difference depends on which pictures were drawn."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from nat_core.checkpoints import available, load_card, load_predictions
from nat_core.paper import COMPARED
from nat_core.predictions import Predictions
from nat_core.recipes import IN_DISTRIBUTION, THRESHOLDS
from nat_core.spread import OverPictures, paired_bootstrap

HIGHEST_THRESHOLD = THRESHOLDS[-1]


@dataclass(frozen=True)
class PairedDifference:
    """NAT minus baseline on one set, with its 95 % interval over pictures."""

    baseline: str
    nat: str
    set_name: str
    measure: str
    """`NCR_0.9`; of the in-distribution set `accuracy` and `kept at 0.9`."""
    over_pictures: OverPictures


def paired_differences(folder: Path) -> Iterator[PairedDifference]:
    """Yield the differences of every pair of stored networks, on each set with the same pictures in both.

    Raises CheckpointError where the predictions of one are missing or damaged.
    """
    present = available(folder)
    stored: dict[str, dict[str, Predictions]] = {}
    for baseline, nat in COMPARED:
        if baseline not in present or nat not in present:
            continue
        for name in {baseline, nat} - set(stored):
            stored[name] = load_predictions(folder, name)
        for name, role in load_card(folder, nat).roles.items():
            theirs, ours = (stored[each].get(name) for each in (baseline, nat))
            if theirs is None or ours is None or theirs.ids != ours.ids:
                continue
            known = role == IN_DISTRIBUTION
            if known:
                right = paired_bootstrap(_right(ours), _right(theirs))
                yield PairedDifference(baseline, nat, name, "accuracy", right)
            above = paired_bootstrap(_above(ours), _above(theirs))
            measure = f"kept at {HIGHEST_THRESHOLD:g}" if known else f"NCR_{HIGHEST_THRESHOLD:g}"
            yield PairedDifference(baseline, nat, name, measure, above)


def _right(predictions: Predictions) -> Float[np.ndarray, " n"]:
    return (predictions.predicted == predictions.labels).astype(np.float64)


def _above(predictions: Predictions) -> Float[np.ndarray, " n"]:
    return (predictions.confidence > HIGHEST_THRESHOLD).astype(np.float64)
