"""Both networks' rates on an image set at their thresholds, from the cached predictions."""

import numpy as np
from jaxtyping import Float

from app import counted
from app.pairs import Pair
from app.palette import Kind
from app.scores import Separation
from nat_core.measure import metrics


def rates(pair: Pair, set_name: str, thresholds: dict[Kind, float], temperature: float = 1.0) -> dict[Kind, float]:
    """The share of a set with confidence above each network's threshold: NCR, or the share kept."""
    return {kind: _rate(name, set_name, thresholds[kind], temperature) for kind, name in pair.by_kind.items()}


def _rate(name: str, set_name: str, threshold: float, temperature: float) -> float:
    return metrics.negative_confidence_rate(counted.tempered(name, set_name, temperature).confidence, threshold)


def thresholds_keeping_95(pair: Pair, known: str, temperature: float = 1.0) -> dict[Kind, float]:
    """Each network's own threshold at which it keeps 95 % of a set that it knows."""
    return {
        kind: metrics.threshold_keeping(counted.tempered(name, known, temperature).confidence, 0.95)
        for kind, name in pair.by_kind.items()
    }


def histograms(
    pair: Pair, set_name: str, bins: int, temperature: float = 1.0
) -> dict[Kind, Float[np.ndarray, " bins"]]:
    """The share of a set in each of `bins` equal bins of confidence, for both networks."""
    return {kind: counted.histogram(name, set_name, bins, temperature) for kind, name in pair.by_kind.items()}


def curves(pair: Pair, set_name: str, temperature: float = 1.0) -> dict[Kind, Float[np.ndarray, " 101"]]:
    """NCR (or the share kept) at t = 0.00, 0.01, ... 1.00, for both networks."""
    return {kind: counted.curve(name, set_name, temperature) for kind, name in pair.by_kind.items()}


def separations(pair: Pair, known: str, set_name: str, score: str, temperature: float = 1.0) -> dict[Kind, Separation]:
    """How well a score tells a set from one that both networks know."""
    return {kind: counted.separation(name, known, set_name, score, temperature) for kind, name in pair.by_kind.items()}
