"""AUROC and FPR95 of 10,000 known pictures and 50,000 negatives, beside torchmetrics and scikit-learn."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from sklearn.metrics import roc_auc_score, roc_curve

from benchmarks.harness.figures import Asked, Benchmark, Figure, Found, Goal
from benchmarks.harness.rounds import beside, threads
from nat_core.measure.metrics import auroc, fpr95
from nat_core.measure.predictions import Ascending

BOTH = "AUROC and FPR95, 10,000 + 50,000"
FIGURES = (
    Figure("ranking_sklearn", BOTH, "scikit-learn", Goal(8)),
    Figure("ranking_torchmetrics", BOTH, "torchmetrics", Goal(8),
           reason="nearly all of ours puts the negatives in order; torchmetrics does so as often, with torch."),
    Figure("ranking_equal", "the same: farthest from scikit-learn and torchmetrics", "equal in float64",
           Goal(1e-12, "", at_most=True)),
)  # fmt: skip


def measure(asked: Asked) -> Iterator[Found]:
    """Measure ours beside each of them, on one thread, and how far the numbers lie apart."""
    generator = np.random.default_rng(0)
    # In steps of 2^-20, so that 1 - confidence is exact, and some are equal.
    known, negatives = (np.round(generator.beta(*shape, asked.of(count, count // 100)) * 2**20) / 2**20
                        for shape, count in (((9, 1), 10_000), ((3, 2), 50_000)))  # fmt: skip
    sides = {"ranking_sklearn": sklearn_of(known, negatives), "ranking_torchmetrics": torchmetrics_of(known, negatives)}

    def ours() -> tuple[float, float]:
        one, other = Ascending.of(known), Ascending.of(negatives)  # as predictions keep their confidences
        return auroc(one, other), fpr95(one, other)

    with threads(1), double_precision():
        apart = max(abs(one - other) for side in sides.values() for one, other in zip(ours(), side(), strict=True))
        for figure, theirs in sides.items():
            yield beside(figure, asked, ours=ours, theirs=theirs)
    yield Found("ranking_equal", (float(apart),))


def sklearn_of(known: np.ndarray, negatives: np.ndarray) -> Callable[[], tuple[float, float]]:
    """Return scikit-learn's way to both, negatives being the positive class with score = -confidence."""
    labels, scores = _labelled(known, negatives)

    def both() -> tuple[float, float]:
        false, true, _ = roc_curve(labels, scores, drop_intermediate=False)
        return float(roc_auc_score(labels, scores)), float(false[np.argmax(true >= 0.95)])

    return both


def torchmetrics_of(known: np.ndarray, negatives: np.ndarray) -> Callable[[], tuple[float, float]]:
    """Return torchmetrics' way to both."""
    # No requirement: only this benchmark needs it.
    from torchmetrics.functional.classification import binary_auroc, binary_roc  # pyrefly: ignore[missing-import]

    labels, scores = map(torch.from_numpy, _labelled(known, negatives))
    # It takes what lies outside of [0, 1] for logits: 1 - confidence ranks as -confidence does.
    scores = 1 + scores

    def both() -> tuple[float, float]:
        false, true, _ = binary_roc(scores, labels)
        return float(binary_auroc(scores, labels)), float(false[torch.nonzero(true >= 0.95)[0, 0]])

    return both


@contextmanager
def double_precision() -> Iterator[None]:
    """Let torch divide whole numbers to float64, in which torchmetrics' shares can be compared."""
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


def _labelled(known: np.ndarray, negatives: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    labels = np.concatenate([np.zeros(len(known), np.int64), np.ones(len(negatives), np.int64)])
    return labels, -np.concatenate([known, negatives])


BENCHMARK = Benchmark("ranking", "Two cores", FIGURES, measure, needs=("torchmetrics",))
