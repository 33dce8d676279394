"""Scores: how sure a network is of a picture, measured in more ways than by its confidence, and what each can tell.

Every score is higher the more surely a picture is in distribution, so each can take confidence's place in the metrics.
The formulas stand in `nat_core.measure.metrics`, those that need features in `nat_core.measure.feature_scores`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nat_core.files import Share
from nat_core.language import N_, Titles
from nat_core.measure import metrics
from nat_core.measure.predictions import Predictions, softmax

CONFIDENCE = "confidence"
SHARE_KEPT = 0.95
"""The share of known pictures kept where networks are compared at equal use."""
SCORES: dict[str, Callable[[Predictions], Float[np.ndarray, " n"]]] = {
    CONFIDENCE: lambda predictions: predictions.confidence,
    # Both entropies and the energy are low for what is known, hence the signs. A background class is no class that the
    # network knows: these four read the other logits alone.
    "entropy": lambda predictions: -metrics.entropy(softmax(predictions.known_logits)),
    "gen": lambda predictions: -metrics.generalised_entropy(softmax(predictions.known_logits)),
    "energy": lambda predictions: -metrics.energy(predictions.known_logits),
    "max_logit": lambda predictions: metrics.maximum_logit(predictions.known_logits),
}
"""The scores that need logits alone, by name."""
SCORE_NAMES: Titles[str] = Titles(
    {
        CONFIDENCE: N_("confidence"),
        "entropy": N_("entropy"),
        "gen": N_("GEN"),
        "energy": N_("energy"),
        "max_logit": N_("largest logit"),
        "knn": N_("kNN"),
        "vim": N_("ViM"),
        "rmds": N_("RMDS"),
    }
)
"""How each score is called in tables and sentences, those from features too."""


@dataclass(frozen=True)
class Separation:
    """How well one score tells negatives from what a network knows; fractions in [0, 1]."""

    ncr_at_95_kept: Share
    """Share of the negatives that pass where 95 % of the known pictures do: FPR95 with in-distribution positive."""
    auroc: Share
    """Area under the ROC curve: 1 is perfect, 0.5 is chance."""
    aupr_negatives: Share
    """Average precision of finding the negatives; chance is their share of all pictures."""
    aupr_in_distribution: Share
    """Average precision of finding the known pictures; chance is their share."""
    fpr95: Share
    """Share of the known pictures rejected at the first threshold that rejects 95 % of the negatives."""


MEASURES: Titles[str] = Titles(
    {
        "ncr_at_95_kept": N_("NCR, 95 % kept"),
        "auroc": N_("AUROC"),
        "aupr_negatives": N_("AUPR, negatives"),
        "aupr_in_distribution": N_("AUPR, in distribution"),
        "fpr95": N_("FPR95, negatives"),
    }
)
"""What a separation holds, by field, as tables call it."""
FPR95_NOTE = N_(
    "NCR, 95 % kept, is FPR95 with in-distribution as the positive class, as OpenOOD has it. FPR95, negatives, is the "
    "other direction, as Outlier Exposure has it; its script takes the recall nearest 0.95, where we take the first of "
    "at least 0.95."
)
"""What the two FPR95 are, and what differs beside Outlier Exposure's results."""


def scores_of(predictions: Predictions, score: str = CONFIDENCE) -> Float[np.ndarray, " n"]:
    """Return one score of each picture, higher the more surely it is in distribution.

    `score` is confidence, entropy, gen, energy or max_logit, all in the natural logarithm's units where they have any;
    the entropies and the energy bear a minus, as they are low for what is known. Raises ValueError for another name.

    >>> two = Predictions("net", "a", ("0", "1"), np.float32([[0, 0], [3, 0]]))
    >>> scores_of(two, "energy").round(4)
    array([0.6931, 3.0486])
    """
    if not isinstance(predictions, Predictions):
        raise TypeError(f"a score is taken of Predictions, which predict returns; got a {type(predictions).__name__}")
    if score not in SCORES:
        raise ValueError(f"unknown score {score!r}; known: {', '.join(SCORES)}")
    return SCORES[score](predictions)


def separation(known: metrics.Scores, negatives: metrics.Scores) -> Separation:
    """Return how well a score tells negatives from known pictures: any finite one that is higher for the known.

    Raises ValueError if a set is empty, not one-dimensional or not finite.

    >>> separation(np.array([3.0, 2.0]), np.array([1.0])).auroc
    1.0
    """
    return Separation(
        ncr_at_95_kept=metrics.ncr_at_share_kept(known, negatives, SHARE_KEPT),
        auroc=metrics.auroc(known, negatives),
        aupr_negatives=metrics.aupr(known, negatives, to_find=metrics.NEGATIVES),
        aupr_in_distribution=metrics.aupr(known, negatives, to_find=metrics.KNOWN),
        fpr95=metrics.fpr95(known, negatives),
    )


def separations(known: Predictions, negatives: Predictions) -> dict[str, Separation]:
    """Return how well each score of the logits tells one network's negatives from what it knows, by name.

    Raises ValueError where a set is empty.

    >>> four = Predictions("net", "a", tuple("0123"), np.float32([[5, 0], [0, 4], [1, 0], [0, 1]]))
    >>> list(separations(four, four))
    ['confidence', 'entropy', 'gen', 'energy', 'max_logit']
    """
    return {name: separation(score(known), score(negatives)) for name, score in SCORES.items()}


def check_scores(by_score: Mapping[str, Separation]) -> None:
    """Raise ValueError unless there are all scores of the logits or none, as before they were reported.

    >>> check_scores({"luck": Separation(0.0, 1.0, 1.0, 1.0, 0.0)})
    Traceback (most recent call last):
    ValueError: by_score needs the scores confidence, entropy, gen, energy, max_logit, or none; got luck
    """
    if by_score and set(by_score) != set(SCORES):
        raise ValueError(f"by_score needs the scores {', '.join(SCORES)}, or none; got {', '.join(by_score)}")
