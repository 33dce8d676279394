"""Ways to measure how sure a network is, as the pages name them, and what each can tell; no Streamlit."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nat_app.shared.language import N_, Titles
from nat_core.measure import metrics, scores
from nat_core.measure.predictions import Predictions
from nat_core.measure.scores import CONFIDENCE

KEPT = np.arange(1, 101) / 100
"""The shares kept of every curve of NCR against what is kept."""
T_STEPS: tuple[float, ...] = (
    *(hundredth / 100 for hundredth in range(100)),
    *(round(1 - rest * 10.0**-digits, digits) for digits in (3, 4, 5) for rest in range(9, 0, -1)),
    1.0,
)
"""The thresholds of confidence to choose from, and those of its curves: hundredths up to 0.99, then 0.991 ... 0.999,
0.9991 ... 0.9999 and so on, as the surest network's confidences differ by what is left to 1."""
TEMPERATURES = (0.5, 10.0)
"""The lowest and the highest temperature to choose."""
SCORE_TITLES: Titles[str] = Titles(
    {
        "confidence": N_("Confidence"),
        "entropy": N_("Entropy"),
        "gen": N_("GEN"),
        "energy": N_("Energy"),
        "max_logit": N_("Largest logit"),
    }
)
"""The scores to choose from, by their names in `nat_core.measure.scores.SCORES`; the first is the paper's."""
SCORE_HELP = N_(
    "Ways to measure how sure a network is. Confidence: its largest probability. Entropy and GEN: how evenly all "
    "probabilities are spread, GEN with more weight on the small ones. Energy: log of the sum of exp(logit). Largest "
    "logit: before the softmax. Each is turned so that higher means more certain."
)
SCORE_AXES: Titles[str] = Titles(
    {
        "confidence": N_("how sure it is (confidence)"),
        "entropy": N_("minus the entropy of its probabilities"),
        "gen": N_("minus GEN's entropy of its probabilities"),
        "energy": N_("minus its energy: log of the sum of exp(logit)"),
        "max_logit": N_("its largest logit"),
    }
)
"""What an axis of a score shows."""


@dataclass(frozen=True)
class Scale:
    """How sure a network is, measured: by a score, of logits divided by a temperature, on an axis from low to high."""

    temperature: float = 1.0
    score: str = CONFIDENCE
    low: float = 0.0
    high: float = 1.0

    @property
    def is_confidence(self) -> bool:
        """Whether it is the paper's, on which a threshold lies in [0, 1]."""
        return self.score == CONFIDENCE

    @property
    def steps(self) -> Float[np.ndarray, " k"]:
        """The thresholds of a curve, from low to high: of confidence `T_STEPS`, of another score 101 as far apart."""
        return np.array(T_STEPS) if self.is_confidence else self.low + (self.high - self.low) * np.arange(101) / 100

    def places(self, values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Where values lie on the axis, in [0, 1].

        >>> Scale(1.0, "energy", -2.0, 8.0).places(np.array([3.0])).tolist()
        [0.5]
        """
        # A threshold may lie a hair below all that is known, and so below the axis.
        return np.clip((values - self.low) / (self.high - self.low), 0, 1)


def step_of(threshold: float) -> int:
    """Return the place of the nearest threshold to choose among `T_STEPS`.

    >>> [T_STEPS[step_of(threshold)] for threshold in (0.333, 0.9, 0.99523, 1.0)]
    [0.33, 0.9, 0.995, 1.0]
    """
    return int(np.abs(np.array(T_STEPS) - threshold).argmin())


def way_along(threshold: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """Return how far along the slider thresholds lie, in [0, 1]: each of its steps is as long, so near 1 all is wide.

    >>> way_along(np.array([0.0, 0.99, 0.999, 1.0])).round(3).tolist()
    [0.0, 0.78, 0.85, 1.0]
    """
    return np.interp(threshold, T_STEPS, np.linspace(0, 1, len(T_STEPS)))


CONFIDENT = Scale()
"""Confidence as the networks have it."""


@dataclass(frozen=True, eq=False)
class SeparationCurve:
    """How well a score tells negatives from what a network knows; all in [0, 1]."""

    ncr: Float[np.ndarray, " 100"]
    """NCR where each share of `KEPT` is kept."""
    measured: scores.Separation
    """NCR where 95 % are kept, AUROC, AUPR and FPR95."""


def separate(known: Predictions, negatives: Predictions, score: str) -> SeparationCurve:
    """Return how well a score tells the negatives from what the network knows. Raises ValueError for another score."""
    inside, outside = scores.scores_of(known, score), scores.scores_of(negatives, score)
    return SeparationCurve(metrics.ncr_by_share_kept(inside, outside, KEPT), scores.separation(inside, outside))
