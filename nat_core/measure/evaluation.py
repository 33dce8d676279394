"""Evaluations: anyone's logits on known pictures and on negatives, measured as the networks here are.

Plain arrays are enough: no checkpoint, no torch, no image set of ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Int
from tabulate import tabulate

from nat_core.measure import metrics
from nat_core.measure.predictions import Given, Predictions, class_numbers, numbers
from nat_core.measure.report import threshold_key
from nat_core.measure.rounding import accuracy_text, rate_text
from nat_core.measure.scores import CONFIDENCE, MEASURES, SCORE_NAMES, Separation, separations
from nat_core.recipes import THRESHOLDS


@dataclass(frozen=True)
class NegativesEvaluation:
    """One set of negatives beside the known pictures; every number but `images` is a fraction in [0, 1]."""

    images: int
    ncr: dict[str, float]
    """NCR_t, the share of the negatives with confidence > t, by threshold: lower is better."""
    ncr_at_95_kept: float
    """NCR at the largest t that keeps 95 % of the known pictures: lower is better."""
    auroc: float
    """Area under the ROC curve, negatives positive, score = -confidence: 1 is perfect, 0.5 is chance."""
    aupr_negatives: float
    """Average precision of finding the negatives (score = -confidence); chance is their share of all pictures."""
    aupr_in_distribution: float
    """Average precision of finding the known pictures (score = confidence); chance is their share."""
    fpr95: float
    """Share of the known pictures rejected at the first threshold that rejects 95 % of the negatives: 0 is best."""
    by_score: dict[str, Separation] = field(default_factory=dict)
    """The same five by confidence, entropy, GEN, energy and largest logit (`nat_core.measure.scores.SCORES`)."""


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate_logits` and `evaluate` return; `str()` and `print` show it as text, `to_json` as plain values."""

    images: int
    """How many known pictures the numbers come from."""
    classes: int
    accuracy: float | None
    """Share of the known pictures classified correctly, in [0, 1]; None without labels."""
    share_kept: dict[str, float]
    """Share of the known pictures with confidence > t, right or wrong, by threshold."""
    negatives: dict[str, NegativesEvaluation]
    """By the sets' names, in the order given."""

    def to_json(self) -> dict[str, Any]:
        """The evaluation as JSON's own types, every field by its name."""
        return asdict(self)

    def __str__(self) -> str:
        """A line on the known pictures, a table with a column a set, and for each set one with a column a score."""
        correct = "no labels" if self.accuracy is None else f"accuracy {accuracy_text(self.accuracy)}"
        header = ["measure", "kept", *self.negatives]
        rows = [["pictures", f"{self.images:,}", *(f"{each.images:,}" for each in self.negatives.values())]]
        for key, kept in self.share_kept.items():
            rates = (rate_text(each.ncr[key]) for each in self.negatives.values())
            rows.append([f"NCR {key}", rate_text(kept), *rates])
        for measure, title in MEASURES.items():
            rows.append([title, "-", *(rate_text(getattr(each, measure)) for each in self.negatives.values())])
        table = tabulate(rows, header, "simple", disable_numparse=True)
        parts = [f"{self.images:,} known pictures of {self.classes} classes, {correct}\n{table}"]
        parts += [f"{name} by each score\n{score_table(each.by_score)}" for name, each in self.negatives.items()]
        return "\n\n".join(parts)


def score_table(by_score: Mapping[str, Separation]) -> str:
    """Return text with a row a measure and a column a score.

    >>> print(score_table({"gen": Separation(0.25, 0.9, 0.8, 0.7, 0.125)}).splitlines()[2])
    NCR, 95 % kept         0.250
    """
    header = ["measure", *(SCORE_NAMES[score] for score in by_score)]
    rows = [
        [title, *(rate_text(getattr(each, measure)) for each in by_score.values())]
        for measure, title in MEASURES.items()
    ]
    return tabulate(rows, header, "simple", disable_numparse=True)


def evaluate_logits(
    known: Predictions | Given,
    negatives: Mapping[str, Predictions | Given],
    labels: Given | None = None,
    thresholds: Sequence[float] = THRESHOLDS,
) -> Evaluation:
    """Return NCR, accuracy, the share kept, AUROC, AUPR and FPR95 of anyone's logits, by confidence and other scores.

    `known` are logits (n, classes) on pictures of the classes that the network was taught, `negatives` logits
    (m, classes) on pictures of nothing that it was taught, by the name of their set. Each is an array, or anything
    that NumPy makes one of, or `Predictions`. `labels` are class numbers from 0, one a known picture; without them
    those of the predictions count, and without any there is no accuracy. Pictures with the label -1 show none of the
    classes, so they are left out. Confidence is the maximum softmax probability (see `nat_core.measure.metrics` for
    each formula); `thresholds` are in [0, 1] (the paper's: 0.4, 0.6, 0.8, 0.9).

    Raises ValueError, in one sentence that names the array, for a wrong shape, another number of classes, values that
    are not finite, labels outside the classes or of another length, and where there are no negatives.

    >>> report = evaluate_logits(known=[[4.0, 0.0], [0.0, 3.0]], negatives={"noise": [[0.1, 0.0]]}, labels=[0, 0])
    >>> report.accuracy, report.negatives["noise"].auroc, report.share_kept["0.9"]
    (0.5, 1.0, 1.0)
    """
    _check_negatives(negatives)
    thresholds, beside = _thresholds(thresholds), _predictions("known", known)
    classes = beside.logits.shape[1]
    # Labels given here win: those of predictions number the image set's classes, which need not be the network's.
    shown = _labels(beside.labels if labels is None else labels, len(beside), classes)
    if shown is not None and shown.min() < 0:
        places = _of_a_class(shown)
        beside, shown = beside.take(places, beside.set_name), shown[places]
    return Evaluation(
        images=len(beside),
        classes=classes,
        accuracy=None if shown is None else metrics.accuracy(beside.predicted, shown),
        share_kept={threshold_key(t): metrics.share_kept(beside, t) for t in thresholds},
        negatives={
            name: _against(beside, _predictions(f"negatives {name!r}", each, classes), thresholds)
            for name, each in negatives.items()
        },
    )


def _of_a_class(labels: Int[np.ndarray, " n"]) -> Int[np.ndarray, " k"]:
    """The places of the pictures that show one of the classes. Raises ValueError where none does."""
    places = np.flatnonzero(labels >= 0)
    if not len(places):
        raise ValueError("known shows none of the classes (each label is -1): name these pictures as negatives")
    return places


def _check_negatives(negatives: Mapping[str, Predictions | Given]) -> None:
    if not isinstance(negatives, Mapping) or not negatives:
        raise ValueError(f"negatives must be logits by the name of their set, at least one; got {negatives!r:.80}")
    if wrong := [name for name in negatives if not isinstance(name, str)]:
        # Turned into text, 1 and "1" would be one set.
        raise ValueError(f"negatives must have names in quotes; got {wrong[0]!r:.40}, a {type(wrong[0]).__name__}")


def _against(known: Predictions, negatives: Predictions, thresholds: Sequence[float]) -> NegativesEvaluation:
    by_score = separations(known, negatives)
    return NegativesEvaluation(
        images=len(negatives),
        ncr={threshold_key(t): metrics.negative_confidence_rate(negatives, t) for t in thresholds},
        **vars(by_score[CONFIDENCE]),
        by_score=by_score,
    )


def _predictions(name: str, given: Predictions | Given, classes: int | None = None) -> Predictions:
    """The predictions themselves, or those made of an array that is checked first; `name` stands in the error."""
    found = given if isinstance(given, Predictions) else _from_array(name, given)
    if not len(found) or found.logits.shape[1] < 2:
        raise ValueError(f"{name} needs at least 1 picture and 2 classes; got logits of shape {found.logits.shape}")
    if classes is not None and found.logits.shape[1] != classes:
        raise ValueError(f"{name} must have {classes} logits a picture, as known has; got {found.logits.shape[1]}")
    return found


def _from_array(name: str, given: Given) -> Predictions:
    logits = numbers(name, given, empty=True)
    if logits.ndim != 2:
        raise ValueError(f"{name} must be logits of shape (pictures, classes); got shape {logits.shape}")
    return Predictions("logits", name, tuple(map(str, range(len(logits)))), logits)


def _labels(given: Given | None, count: int, classes: int) -> Int[np.ndarray, " n"] | None:
    if given is None:
        return None
    labels = class_numbers("labels", given, count)
    if labels.max() >= classes:
        raise ValueError(f"labels must be in 0 to {classes - 1}, or -1 for none of them; got up to {labels.max()}")
    return labels


def _thresholds(given: Sequence[float]) -> tuple[float, ...]:
    """The thresholds, each with a name of its own in the report."""
    found = tuple((numbers("thresholds", given, 1) + 0.0).tolist())  # which makes 0 of -0
    keys = [threshold_key(t) for t in found]
    if not keys or len(set(keys)) < len(keys):
        raise ValueError(f"thresholds must differ in their first six digits, at least one; got {list(found)!r:.80}")
    return found
