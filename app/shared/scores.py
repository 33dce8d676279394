"""Measures of how sure a network is, and how well each tells negatives from what it knows; no Streamlit."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nat_core.measure import metrics
from nat_core.measure.predictions import Predictions

KEPT = np.arange(1, 101) / 100
"""The shares kept of every curve of NCR against what is kept."""
SCORES: dict[str, Callable[[Predictions], Float[np.ndarray, " n"]]] = {
    "confidence": lambda predictions: predictions.confidence,
    # Entropy and energy are low for what is known, hence the signs.
    "entropy": lambda predictions: -metrics.entropy(predictions.probabilities),
    "energy": lambda predictions: -metrics.energy(predictions.logits),
    "max_logit": lambda predictions: metrics.maximum_logit(predictions.logits),
}
"""The scores by name; each is higher for what a network knows."""
TEMPERATURES = (0.5, 10.0)
"""The lowest and the highest temperature to choose."""
SCORE_TITLES = {
    "confidence": "How sure (confidence)",
    "entropy": "How undecided (entropy)",
    "energy": "Energy",
    "max_logit": "Largest logit",
}
SCORE_NAMES = {"confidence": "confidence", "entropy": "entropy", "energy": "energy", "max_logit": "largest logit"}
SCORE_HELP = (
    "Ways to measure how sure a network is. Confidence: its largest probability. Entropy: how evenly all "
    "probabilities are spread. Energy: log of the sum of exp(logit). Largest logit: before the softmax."
)


@dataclass(frozen=True, eq=False)
class Separation:
    """How well a score tells negatives from what a network knows; all in [0, 1]."""

    ncr: Float[np.ndarray, " 100"]
    """NCR where each share of `KEPT` is kept."""
    auroc: float

    @property
    def ncr_at_95_kept(self) -> float:
        """NCR where 95 % are kept."""
        # The shares begin with 0.01, so that of 0.95 is the 95th.
        return float(self.ncr[94])


def separate(known: Predictions, negatives: Predictions, score: str) -> Separation:
    """Return how well a score tells the negatives from what the network knows. Raises ValueError for another score."""
    if score not in SCORES:
        raise ValueError(f"unknown score {score!r}; known: {', '.join(SCORES)}")
    inside, outside = SCORES[score](known), SCORES[score](negatives)
    return Separation(metrics.ncr_by_share_kept(inside, outside, KEPT), metrics.auroc(inside, outside))
