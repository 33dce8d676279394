"""Scores from stored features: kNN, ViM and RMDS beside those of the logits, on the very same pictures.

Fitted to the stored training pictures, a seeded tenth of CIFAR-10's, and measured on the stored test pictures and
negatives: 2,000 of 10,000 each of CIFAR-10 and CIFAR-100, all 1,000 photos of ILSVRC, 1,000 pictures of noise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from nat_core.measure.feature_scores import knn_score, rmds_score, vim_score
from nat_core.measure.predictions import Predictions
from nat_core.measure.scores import SCORES, Separation, scores_of, separation
from nat_core.measure.variants import places_kept
from nat_core.recipes import ILSVRC, VARIANTS
from nat_core.store.checkpoints import load_weights
from nat_core.store.features import Features, load_features

TRAINING, KNOWN = "cifar10_train", "cifar10_test"
"""The stored features that the scores are fitted to, and those of what the network knows."""
MEASURED = ("cifar100_test", "ilsvrc", "noise")
"""The sets of negatives among the stored features; the variants of ILSVRC stand beside it."""
FEATURE_SCORES = ("knn", "vim", "rmds")
ALL_SCORES = (*SCORES, *FEATURE_SCORES)
NEIGHBOURS_OF_ALL, ALL = 50, 50_000
"""The k of kNN's paper for CIFAR-10, and of how many training pictures."""


@dataclass(frozen=True)
class FeatureReport:
    """What each score achieves on the stored pictures of one network."""

    fitted_to: int
    """How many training pictures kNN, ViM and RMDS were fitted to."""
    neighbours: int
    """The k of kNN."""
    known: int
    """How many known pictures the negatives are told from."""
    images: Mapping[str, int]
    """How many negatives there are, by set."""
    by_score: Mapping[str, Mapping[str, Separation]]
    """By set, then by each of ALL_SCORES."""


def feature_report(folder: Path, name: str) -> FeatureReport:
    """Return what each score achieves on a network's stored features. Raises CheckpointError as `load_features` does.

    The logits are those of the stored last layer on the stored features, so all scores speak of the same pictures.
    """
    stored, weights = load_features(folder, name), load_weights(folder, name)
    training, rows = stored[TRAINING], _rows(stored)
    neighbours = max(1, round(NEIGHBOURS_OF_ALL * len(training) / ALL))
    # All sets at once, so that each score is fitted once.
    values = np.concatenate([each.values for each in _measured(stored)])
    scores = _scores(values, training, (weights["classifier.weight"], weights["classifier.bias"]), neighbours)
    known = rows.pop(KNOWN)
    by_score = {
        set_name: {score: separation(found[known], found[places]) for score, found in scores.items()}
        for set_name, places in rows.items()
    }
    images = {set_name: len(places) for set_name, places in rows.items()}
    return FeatureReport(len(training), neighbours, len(known), images, by_score)


def _measured(stored: Mapping[str, Features]) -> list[Features]:
    """What the network knows, then the negatives."""
    return [stored[set_name] for set_name in (KNOWN, *MEASURED) if set_name in stored]


def _rows(stored: Mapping[str, Features]) -> dict[str, Int[np.ndarray, " n"]]:
    """Where each set's pictures stand among all measured ones, those of the variants of ILSVRC too."""
    rows, start = {}, 0
    for each in _measured(stored):
        rows[each.set_name] = np.arange(start, start + len(each))
        if each.set_name == ILSVRC:
            kept = {variant: places_kept(variant, each.ids) for variant in VARIANTS}
            rows |= {variant: start + places for variant, places in kept.items() if places is not None and len(places)}
        start += len(each)
    return rows


def _scores(
    values: Float[np.ndarray, "n channels"],
    training: Features,
    last: tuple[Float[np.ndarray, "classes channels"], Float[np.ndarray, " classes"]],
    neighbours: int,
) -> dict[str, Float[np.ndarray, " n"]]:
    """Each score of ALL_SCORES; `last` are weight and bias of the last layer."""
    weight, bias = last
    ids = tuple(map(str, range(len(values))))
    predictions = Predictions("", "", ids, values @ weight.T + bias)
    return {score: scores_of(predictions, score) for score in SCORES} | {
        "knn": knn_score(values, training.values, neighbours),
        "vim": vim_score(values, training.values, weight, bias),
        "rmds": rmds_score(values, training.values, training.labels),
    }
