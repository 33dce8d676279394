"""Every number we report, on plain NumPy arrays: fractions in [0, 1], NaN-free, `ValueError` where none exists.

`confidence` is the maximum softmax probability of a picture (MSP; Hendrycks and Gimpel, 2017); "kept" and "fooled"
both mean confidence > t, strictly, on in-distribution pictures and on negatives.
"""

import math
from numbers import Integral
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from nat_core.measure.predictions import Ascending, Given, Predictions, array_of, class_numbers, in_order, numbers

Array = np.ndarray
Scores = Given | Predictions | Ascending
"""One number a picture: an array, what NumPy makes one of (a list), or predictions, whose confidence is taken.

What is in order already (`Ascending`; predictions keep their confidence so once it was asked for) is not sorted again.
"""
NEGATIVES, KNOWN = "negatives", "in_distribution"
"""The two classes that precision and recall can speak of (`aupr`)."""


# --- shares above a threshold ----------------------------------------------------------------------------------------


def accuracy(predicted: Given | Predictions, labels: Given | None = None) -> float:
    """Share of the pictures of known classes whose predicted class is their label.

    `predicted` are class numbers, or `Predictions`, whose own labels are taken unless others are given. Pictures with
    the label -1 show none of the classes, so no answer would be right: they are left out. Raises ValueError if there
    are no labels, none but -1, or not one label a picture.

    >>> accuracy(np.array([3, 1, 2, 2]), np.array([3, 1, 2, 0]))
    0.75
    """
    if isinstance(predicted, Predictions):
        predicted, labels = predicted.predicted, predicted.labels if labels is None else labels
    if labels is None:
        raise ValueError("accuracy needs labels, one a picture; got none")
    predicted, labels = class_numbers("predicted", predicted), class_numbers("labels", labels)
    known = labels >= 0
    if predicted.shape != labels.shape or not known.any():
        held = f"{len(predicted)} predicted, {len(labels)} labels, {known.sum()} of them of a class"
        raise ValueError(f"accuracy needs one label a picture, at least one of them of a known class; got {held}")
    return float(np.mean(predicted[known] == labels[known]))


def negative_confidence_rate(confidence: Scores, threshold: float) -> float:
    """NCR_t = (1/n) sum of 1[confidence > t] over n negatives: the share that fools the network (NAT, eq. for NCR_t).

    `confidence` (or the `Predictions` that have one) and `threshold` in [0, 1]. Raises ValueError if either is not, or
    if there are no pictures. `ncr` is the same function.

    >>> negative_confidence_rate(np.array([0.3, 0.9, 0.95, 0.9]), 0.9)
    0.25
    """
    return float(ncr_curve(confidence, [threshold])[0])


ncr = negative_confidence_rate
"""`negative_confidence_rate` for short."""


def share_kept(confidence: Scores, threshold: float) -> float:
    """Share of in-distribution pictures with confidence > t, right or wrong: NCR's formula, on what should pass.

    `confidence` and `threshold` in [0, 1]. Raises ValueError if either is not, or if there are no pictures.

    >>> share_kept(np.array([0.5, 0.97, 0.99, 1.0]), 0.9)
    0.75
    """
    return negative_confidence_rate(confidence, threshold)


def ncr_curve(confidence: Scores, thresholds: Given) -> Float[Array, " k"]:
    """NCR_t at each of k thresholds in [0, 1], in their order (NAT, eq. for NCR_t). Raises as NCR does.

    >>> ncr_curve(np.array([0.25, 0.5, 0.75, 1.0]), np.array([0.0, 0.5, 1.0]))
    array([1. , 0.5, 0. ])
    """
    ascending = _ascending("confidence", confidence)
    _check_unit("confidence", ascending[0], ascending[-1])
    return _above(ascending, _within_unit("threshold", thresholds))


def share_above(scores: Scores, thresholds: Given) -> Float[Array, " k"]:
    """Share of the scores strictly above each of k thresholds, in their order: NCR_t's formula for any finite score.

    Raises ValueError if the scores are empty, not one-dimensional or not finite.

    >>> share_above(np.array([-3.0, 0.5, 7.0, 7.0]), np.array([0.5, -10.0]))
    array([0.5, 1. ])
    """
    return _above(_ascending("scores", scores), numbers("thresholds", thresholds, 1))


def threshold_keeping(confidence_in: Scores, share: float = 0.95) -> float:
    """The largest t such that the share of `confidence_in` > t is at least `share`.

    With k the fewest pictures that make up the share, t is the next number (float64) below the k-th largest
    confidence: pictures tied with that one are all kept, so the share kept can exceed `share`, never miss it.
    `share` in (0, 1]. Raises ValueError outside it, or if there are no pictures.

    >>> t = threshold_keeping(np.array([0.5, 0.6, 0.7, 0.8]), share=0.75)
    >>> round(t, 6), t < 0.6
    (0.6, True)
    """
    ascending = _ascending("confidence_in", confidence_in)
    return float(np.nextafter(ascending[-_fewest_reaching(share, len(ascending))], -np.inf))


def threshold_fooled_below(confidence_negatives: Scores, share: float) -> float:
    """The lowest t of all at which NCR_t is below `share`: the least strict one under which so few negatives fool.

    With k the fewest pictures that make up the share, it is the k-th largest confidence itself: strictly above it lie
    fewer than k, and at any lower t at least k. `share` in (0, 1]. Raises ValueError outside it, or if there are no
    pictures.

    >>> threshold_fooled_below(np.array([0.5, 0.6, 0.7, 0.8]), share=0.5)
    0.7
    """
    ascending = _ascending("confidence_negatives", confidence_negatives)
    return float(ascending[-_fewest_reaching(share, len(ascending))])


def ncr_at_share_kept(
    confidence_in: Scores,
    confidence_negatives: Scores,
    share: float = 0.95,
) -> float:
    """NCR at the largest t that keeps `share` of the in-distribution pictures: networks compared at equal use.

    At a share of 0.95 this is "FPR95" or "FPR at 95 % TPR" with in-distribution as the positive class, as OpenOOD and
    the energy score's paper report it; `fpr95` is the other way round. Any finite score that is higher for
    in-distribution pictures may take confidence's place, as in `auroc`. Raises ValueError for a share outside (0, 1] or
    no pictures.

    >>> ncr_at_share_kept(np.array([0.6, 0.7, 0.8, 0.9]), np.array([0.2, 0.65, 0.75, 0.1]), share=0.75)
    0.25
    """
    return float(ncr_by_share_kept(confidence_in, confidence_negatives, [share])[0])


def ncr_by_share_kept(
    scores_in: Scores,
    scores_negatives: Scores,
    shares: Given,
) -> Float[Array, " k"]:
    """`ncr_at_share_kept` at each of k shares in (0, 1], in their order. Raises as it does.

    Any finite score that is higher for in-distribution pictures may take confidence's place, as in `auroc`.

    >>> known, negatives = np.array([0.6, 0.7, 0.8, 0.9]), np.array([0.2, 0.65, 0.75, 0.1])
    >>> ncr_by_share_kept(known, negatives, np.array([0.5, 0.75, 1.0]))
    array([0.  , 0.25, 0.5 ])
    """
    ascending = Ascending(_ascending("scores_in", scores_in))
    thresholds = np.array([threshold_keeping(ascending, share) for share in numbers("share", shares, 1)])
    return share_above(Ascending(_ascending("scores_negatives", scores_negatives)), thresholds)


# --- in-distribution pictures and negatives, ranked ------------------------------------------------------------------


def auroc(confidence_in: Scores, confidence_negatives: Scores) -> float:
    """Area under the ROC curve: P(negative less confident than in-distribution) + half of P(equal), over all pairs.

    In OOD metrics negatives are the positive class with score = -confidence: 1 is perfect, 0.5 is chance. Any finite
    score that is higher for in-distribution pictures may take confidence's place (maximum logit, -entropy, -energy).
    By ranks, O(n log n). Raises ValueError if a set is empty, not one-dimensional or not finite.

    >>> auroc(np.array([0.9, 0.8, 0.5]), np.array([0.5, 0.4]))
    0.9166666666666666
    """
    # Both in order: what one search read of the negatives is still in the processor's cache for the next.
    known = _ascending("confidence_in", confidence_in)
    negatives = _ascending("confidence_negatives", confidence_negatives)
    # Below counts once, equal twice half: left + right = 2 below + equal; summed as integers, so chance is exactly .5.
    doubled = np.searchsorted(negatives, known, "left") + np.searchsorted(negatives, known, "right")
    return float(doubled.sum(dtype=np.int64) / (2 * len(known) * len(negatives)))


def fpr95(confidence_in: Scores, confidence_negatives: Scores) -> float:
    """Share of in-distribution pictures rejected (FPR) where at least 95 % of the negatives are rejected (TPR).

    In OOD metrics negatives are the positive class with score = -confidence; a picture is rejected where its score is
    at least the threshold. FPR95 takes the first threshold with TPR >= 0.95, from the highest score down, without
    interpolation. 0 is best. Outlier Exposure (Hendrycks et al., 2019) reports this direction too, but its script takes
    the threshold whose recall is nearest to 0.95, which may lie below it: then its figure is a little lower than this
    one. With in-distribution as the positive class it is `ncr_at_share_kept`. Any finite score that is higher for
    in-distribution pictures may take confidence's place. Raises ValueError if a set is empty, not one-dimensional or
    not finite.

    >>> fpr95(np.array([0.3, 0.7, 0.8, 0.9]), np.array([0.2, 0.4, 0.5, 0.6]))
    0.25
    """
    known = _scores("confidence_in", confidence_in)
    ordered = isinstance(confidence_negatives, Predictions | Ascending)
    negatives = (_ascending if ordered else _scores)("confidence_negatives", confidence_negatives)
    last = _fewest_reaching(0.95, len(negatives)) - 1
    # score >= threshold in terms of confidence: <= that of the last negative needed to reach 95 %. One place of the
    # order is found without sorting the others.
    return float(np.mean(known <= (negatives if ordered else np.partition(negatives, last))[last]))


def aupr(
    confidence_in: Scores,
    confidence_negatives: Scores,
    *,
    to_find: str = NEGATIVES,
) -> float:
    """Area under the precision-recall curve, as average precision: AP = sum of (R_k - R_{k-1}) P_k over thresholds.

    `to_find` names the class that precision and recall speak of: "negatives" (score = -confidence, as in `auroc` and
    `fpr95`) or "in_distribution" (score = confidence). Papers call both "AUPR"; they differ, and both depend on how
    many pictures there are of either kind: chance is the share of the class to find. Steps, no interpolation
    (Davis and Goadrich, 2006); equal scores share one threshold. Raises ValueError for another class, or if a set is
    empty, not one-dimensional or not finite.

    >>> aupr(np.array([0.9, 0.8, 0.5]), np.array([0.6]))
    0.5
    >>> aupr(np.array([0.9, 0.8, 0.5]), np.array([0.6]), to_find="in_distribution")
    0.9166666666666666
    """
    known = _scores("confidence_in", confidence_in)
    negatives = _scores("confidence_negatives", confidence_negatives)
    # The class to find must have the higher scores, so for negatives both signs are turned.
    if to_find == NEGATIVES:
        return _average_precision(-negatives, -known)
    if to_find == KNOWN:
        return _average_precision(known, negatives)
    raise ValueError(f"to_find must be {NEGATIVES!r} or {KNOWN!r}; got {to_find!r}")


# --- one set by itself -----------------------------------------------------------------------------------------------


def expected_calibration_error(confidence: Given, correct: Given, bins: int = 15) -> float:
    """ECE = sum over bins of (pictures in bin / n) |accuracy in bin - mean confidence in bin| (Guo et al., 2017).

    Equal-width bins (lower, upper] over [0, 1]; `correct` is True or False a picture. Raises ValueError if empty,
    outside [0, 1] or of unequal length.

    >>> round(expected_calibration_error(np.array([0.95, 0.97, 0.55]), np.array([True, False, True])), 4)
    0.4567
    """
    confidence, correct = _within_unit("confidence", confidence), array_of("correct", correct, "b", "True or False")
    if correct.shape != confidence.shape:
        raise ValueError(f"correct must have the shape of confidence, {confidence.shape}; got {correct.shape}")
    # Pictures in a bin times (accuracy - mean confidence) is the sum of correct - confidence there: no bin's mean is
    # needed, and an empty bin adds 0 instead of dividing by it.
    gaps = np.bincount(_bin_numbers(confidence, bins), weights=correct - confidence)
    return float(np.abs(gaps).sum() / len(confidence))


def confidence_histogram(confidence: Given, bins: int = 50) -> Float[Array, " bins"]:
    """Share of the pictures in each of `bins` equal-width bins (lower, upper] over [0, 1]; the shares add up to 1.

    So the bins right of an edge t add up to NCR_t. Raises ValueError if empty, outside [0, 1] or bins < 1.

    >>> confidence_histogram(np.array([0.2, 0.5, 0.9, 1.0]), bins=2)
    array([0.5, 0.5])
    """
    confidence = _within_unit("confidence", confidence)
    return np.bincount(_bin_numbers(confidence, bins), minlength=bins) / len(confidence)


def entropy(probabilities: Given) -> Float[Array, " n"]:
    """Shannon entropy of each picture's probabilities in nats, -sum of p log p: 0 (certain) to log c (uniform).

    Raises ValueError if empty, not two-dimensional or outside [0, 1].

    >>> entropy(np.array([[0.5, 0.5], [1.0, 0.0]])).round(4)
    array([0.6931, 0.    ])
    """
    probabilities = _within_unit("probabilities", probabilities, ndim=2)
    # p log p tends to 0 as p does; there the logarithm itself would be infinite.
    return np.sum(probabilities * -np.log(np.where(probabilities > 0, probabilities, 1)), axis=1)


def generalised_entropy(probabilities: Given, gamma: float = 0.1, largest: int | None = None) -> Float[Array, " n"]:
    """GEN's entropy of each picture, sum of p^gamma (1 - p)^gamma over the `largest` M probabilities: 0 where certain.

    Higher for out of distribution (Liu, Lochman and Zach, 2023; their gamma is 0.1, their M the 10 classes of CIFAR-10
    and 100 of ImageNet's 1,000). `gamma` in (0, 1); `largest` in 1 ... c, None for all classes. Raises ValueError for
    others, or if the probabilities are empty, not two-dimensional or outside [0, 1].

    >>> generalised_entropy(np.array([[0.5, 0.5], [1.0, 0.0]]), gamma=0.5)
    array([1., 0.])
    """
    probabilities = _within_unit("probabilities", probabilities, ndim=2)
    classes = probabilities.shape[1]
    if not 0 < _one("gamma", gamma) < 1:
        raise ValueError(f"gamma must be in (0, 1); got {gamma}")
    if largest is not None and (not isinstance(largest, Integral) or not 1 <= largest <= classes):
        raise ValueError(f"largest must be 1 to {classes}, the number of classes; got {largest}")
    ascending = np.sort(probabilities, axis=1)
    rest = 1 - ascending
    # Of a network that is nearly certain, 1 - p rounds to 0 while p^0.1 of the others does not: their sum is exact.
    rest[:, -1] = ascending[:, :-1].sum(axis=1)
    # That sum may be 1 and a hair of rounding where p is 0.
    return ((ascending * np.minimum(rest, 1)) ** gamma)[:, classes - (largest or classes) :].sum(axis=1)


def energy(logits: Given, temperature: float = 1.0) -> Float[Array, " n"]:
    """Free energy of each picture, -T log sum exp(logit / T): lower for in-distribution (Liu et al., 2020).

    `temperature` > 0. Raises ValueError if it is not, or if the logits are empty, not two-dimensional or not finite.

    >>> energy(np.array([[0.0, 0.0], [3.0, 0.0]])).round(4)
    array([-0.6931, -3.0486])
    """
    if not _one("temperature", temperature) > 0:
        raise ValueError(f"temperature must be a positive number; got {temperature}")
    # Not log(sum(exp)): exp overflows float64 from a logit of 710 on.
    return -temperature * np.logaddexp.reduce(_scores("logits", logits, ndim=2) / temperature, axis=1)


def maximum_logit(logits: Given) -> Float[Array, " n"]:
    """Largest logit of each picture: higher for in-distribution (Hendrycks et al., 2022). Raises as `energy` does.

    >>> maximum_logit(np.array([[0.0, 2.0], [-1.0, -3.0]]))
    array([ 2., -1.])
    """
    return _scores("logits", logits, ndim=2).max(axis=1)


# --- few pictures ----------------------------------------------------------------------------------------------------


class Interval(NamedTuple):
    """Both ends of an interval for a share, in [0, 1]."""

    low: float
    high: float


def difference_interval(first: Bool[Array, " n"], second: Bool[Array, " n"], level: float = 0.95) -> Interval:
    """Interval for how much larger `second`'s share is, of two answers on the same n pictures (Bonett and Price, 2012).

    With b pictures of which only the second is true and c of which only the first is, d -+ z sqrt((p + q - d^2) / m):
    p = (b + 1) / m, q = (c + 1) / m, d = p - q, m = n + 2: sound for few pictures. Both ends in [-1, 1]. Raises
    ValueError for other shapes, no pictures or a level outside (0, 1).

    >>> [round(end, 3) for end in difference_interval(np.array([True, True, False]), np.array([False, False, False]))]
    [-1.0, 0.301]
    """
    if first.shape != second.shape or first.ndim != 1 or not len(first) or not 0 < level < 1:
        raise ValueError(f"needs two (n,) arrays, n >= 1, 0 < level < 1; got {first.shape}, {second.shape}, {level}")
    more, fewer = (int(np.count_nonzero(each)) for each in (second & ~first, first & ~second))
    m = len(first) + 2
    difference, either = (more - fewer) / m, (more + fewer + 2) / m
    half = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt((either - difference**2) / m)
    return Interval(max(difference - half, -1.0), min(difference + half, 1.0))


def wilson_interval(successes: int, n: int, level: float = 0.95) -> Interval:
    """Wilson's score interval for a share, `successes` of `n` (Wilson, 1927): sound for few pictures, 0 and n too.

    (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), z the normal quantile of `level` in (0, 1).
    Raises ValueError unless n >= 1 and 0 <= successes <= n.

    >>> [round(end, 3) for end in wilson_interval(7, 12)]
    [0.32, 0.807]
    """
    if n < 1 or not 0 <= successes <= n or not 0 < level < 1:
        raise ValueError(f"needs 0 <= successes <= n, n >= 1, 0 < level < 1; got {successes}, {n}, {level}")
    squared = NormalDist().inv_cdf((1 + level) / 2) ** 2
    centre = (successes + squared / 2) / (n + squared)
    half = math.sqrt(squared * (successes * (n - successes) / n + squared / 4)) / (n + squared)
    # Both ends are exact at 0 and n of n; rounding would leave them a hair beside.
    return Interval(0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half)


# --- attention maps --------------------------------------------------------------------------------------------------


def map_distances(first: Float[np.ndarray, "n h w"], second: Float[np.ndarray, "n _ _"]) -> Float[np.ndarray, " n"]:
    """Return the Euclidean distances of maps, each scaled to length 1 (Q in attention transfer), in [0, sqrt 2].

    No more than sqrt 2, since maps have no negative values, so the angle between two is at most a right one. A map of
    zeros stays zero. Raises ValueError where the shapes differ.

    >>> map_distances(np.ones((1, 2, 2)), 3 * np.ones((1, 2, 2))).tolist()
    [0.0]
    """
    if first.shape != second.shape:
        raise ValueError(f"maps of {first.shape[1:]} and {second.shape[1:]} cannot be compared")
    flat = (each.reshape(len(each), -1).astype(np.float64) for each in (first, second))
    # The bound is that of torch's functional.normalize, with which students are taught to imitate the same maps.
    one, other = (each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-12) for each in flat)
    return np.linalg.norm(one - other, axis=1)


# --- counting and checking -------------------------------------------------------------------------------------------


def _average_precision(scores: Float[Array, " n"], others: Float[Array, " m"]) -> float:
    """The mean, over the class to find, of the precision at each picture's own score: every step of recall is 1/n."""
    # "left": pictures of the same score are found together, at one threshold.
    found = len(scores) - np.searchsorted(np.sort(scores), scores, "left")
    beside = len(others) - np.searchsorted(np.sort(others), scores, "left")
    return float(np.mean(found / (found + beside)))


def _above(ascending: Float[Array, " n"], thresholds: Float[Array, " k"]) -> Float[Array, " k"]:
    """`share_above` of scores in order, by one search for each threshold."""
    # "right" counts scores equal to a threshold as not above it; "left" would make the comparison >=.
    return (len(ascending) - ascending.searchsorted(thresholds, "right")) / len(ascending)


def _fewest_reaching(share: float, n: int) -> int:
    """The smallest k with k / n >= share, decided on the quotients themselves: ceil(0.07 * 100) is 8."""
    if not 0 < _one("share", share) <= 1:
        raise ValueError(f"share must be in (0, 1]; got {share}")
    # The product is a rounding away from the answer at most.
    fewest = max(1, math.floor(share * n) - 1)
    while fewest / n < share:
        fewest += 1
    return fewest


def _bin_numbers(confidence: Float[Array, " n"], bins: int) -> Int[Array, " n"]:
    """The number, from 0, of each value's bin (lower, upper]; 0 itself falls into the first."""
    if not isinstance(bins, Integral) or bins < 1:
        raise ValueError(f"bins must be at least 1; got {bins}")
    # Quotients, so that an edge is the very number that 0.9 is written as; np.linspace multiplies a rounded step.
    return np.searchsorted(np.arange(1, bins + 1) / bins, confidence)


def _one(name: str, value: float) -> float:
    return float(numbers(name, value, 0))


def _scores(name: str, values: Scores, ndim: int = 1) -> Array:
    """The values as float64, of predictions the confidence; ValueError unless `ndim`-dimensional, finite, not empty."""
    if isinstance(values, Ascending):
        return values.scores
    return numbers(name, values.confidence if isinstance(values, Predictions) else values, ndim)


def _ascending(name: str, values: Scores) -> Float[Array, " n"]:
    """As `_scores`, in ascending order: sorted, unless somebody has done it already."""
    if isinstance(values, Predictions):
        return values.ascending.scores
    return values.scores if isinstance(values, Ascending) else in_order(_scores(name, values))


def _within_unit(name: str, values: Scores, ndim: int = 1) -> Array:
    """As `_scores`, and every value in [0, 1]."""
    values = _scores(name, values, ndim)
    _check_unit(name, values.min(), values.max())
    return values


def _check_unit(name: str, least: float, most: float) -> None:
    if least < 0 or most > 1:
        raise ValueError(f"{name} must be in [0, 1]; got {least:g} to {most:g}")
