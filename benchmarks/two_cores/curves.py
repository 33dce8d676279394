"""Curves of the NCR over 1,000 thresholds, beside broadcasting: 8 sets of 50,000 negatives.

Warm, as while a slider is dragged: the sets were asked before. Cold, the first time.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.harness.figures import Asked, Benchmark, Figure, Found, Goal
from benchmarks.harness.rounds import beside_all
from nat_core.measure.metrics import ncr_curve
from nat_core.measure.predictions import Predictions

SETS, THRESHOLDS = 8, 1_000
BROADCASTING = "broadcasting with NumPy"
SORT = "nearly all of it is that each set is put in order."
FIGURES = (
    Figure("curves_warm", "NCR curves, 8 sets x 50,000 x 1,000 thresholds, warm", BROADCASTING, Goal(1_000),
           reason="what is left is one binary search a threshold, and the check that they are thresholds."),
    Figure("curves_cold", "the same, cold", BROADCASTING, Goal(40), reason=SORT),
    Figure("curves_exact", "the same: farthest apart", "equal", Goal(0, "", at_most=True)),
)  # fmt: skip


def broadcast(confidence: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """NCR_t as one writes it down: every picture compared with every threshold."""
    return (confidence[:, np.newaxis] > thresholds).mean(axis=0)


def measure(asked: Asked) -> Iterator[Found]:
    """Measure both, and compare what they found."""
    sets = [_predictions(seed, asked.of(50_000, 500)) for seed in range(SETS)]
    thresholds = np.linspace(0, 1, THRESHOLDS)

    def ours(forget: bool) -> list[np.ndarray]:
        for each in sets if forget else ():
            del each.__dict__["ascending"]
        return [ncr_curve(each, thresholds) for each in sets]

    def theirs() -> list[np.ndarray]:
        return [broadcast(each.confidence, thresholds) for each in sets]

    apart = max(np.abs(one - other).max() for one, other in zip(ours(False), theirs(), strict=True))
    yield from beside_all(asked, {"curves_warm": partial(ours, False), "curves_cold": partial(ours, True)}, theirs)
    yield Found("curves_exact", (float(apart),))


def _predictions(seed: int, count: int) -> Predictions:
    logits = np.random.default_rng(seed).normal(0, 4, (count, 10)).astype(np.float32)
    predictions = Predictions("net", f"set {seed}", tuple(map(str, range(count))), logits)
    _ = predictions.confidence  # what is measured begins with the confidences
    return predictions


BENCHMARK = Benchmark("curves", "Two cores", FIGURES, measure)
