"""What is counted from the scores of stored predictions, cached: rates, histograms, curves and separations."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from nat_app.answers.shared_results import shared_by_all
from nat_app.answers.stored_answers import folder, predictions, stamp_of
from nat_app.shared.drawing.palette import Kind
from nat_app.shared.pairs import Pair
from nat_app.shared.score_scales import CONFIDENT, Scale, SeparationCurve, separate
from nat_core.measure import metrics
from nat_core.measure.predictions import Predictions
from nat_core.measure.scores import CONFIDENCE, SHARE_KEPT, scores_of


def tempered(name: str, set_name: str, temperature: float = 1.0) -> Predictions:
    """One network's stored predictions with its logits divided by the temperature, which is above 0."""
    if temperature == 1:  # as they are, so they need no place of their own
        return predictions(name, set_name)
    return _tempered(folder(), name, set_name, temperature, stamp_of(name))


# Few of these functions read the place, and none the stamp: results are kept by their arguments, and a network that is
# stored anew has another stamp.
@shared_by_all(most=32)
def _tempered(where: Path, name: str, set_name: str, temperature: float, stamp: tuple[int, ...]) -> Predictions:
    return divided(predictions(name, set_name), temperature)


def divided(said: Predictions, temperature: float) -> Predictions:
    """Predictions with their logits divided by the temperature, which is above 0."""
    return replace(said, logits=(said.logits / temperature).astype(np.float32)) if temperature != 1 else said


def scores(name: str, set_name: str, scale: Scale = CONFIDENT) -> Float[np.ndarray, " n"]:
    """How sure one network is of each picture of a set, by the scale's score."""
    return _scores(folder(), name, set_name, scale.temperature, scale.score, stamp_of(name))


@shared_by_all(most=128)
def _scores(
    where: Path, name: str, set_name: str, temperature: float, score: str, stamp: tuple[int, ...]
) -> np.ndarray:
    return scores_of(tempered(name, set_name, temperature), score)


def scale_of(
    pair: Pair, set_names: Iterable[str], score: str, temperature: float = 1.0, values: Iterable[float] = ()
) -> Scale:
    """The scale of a score with the axis that both networks share, wide enough for these sets and values."""
    if score == CONFIDENCE:
        return Scale(temperature)
    said = [scores(name, each, Scale(temperature, score)) for name in pair.names for each in set_names]
    every = np.concatenate([*said, np.array([*values])])
    low, high = every.min(), every.max()
    # An axis needs a length, even where a network says the same of everything.
    return Scale(temperature, score, float(np.floor(low)), float(max(np.ceil(high), np.floor(low) + 1)))


def histogram(name: str, set_name: str, bins: int, scale: Scale = CONFIDENT) -> Float[np.ndarray, " bins"]:
    """The share of a set in each of `bins` equal bins of one network's score."""
    return _histogram(folder(), name, set_name, bins, scale, stamp_of(name))


@shared_by_all(most=256)
def _histogram(where: Path, name: str, set_name: str, bins: int, scale: Scale, stamp: tuple[int, ...]) -> np.ndarray:
    return metrics.confidence_histogram(scale.places(scores(name, set_name, scale)), bins)


def curve(name: str, set_name: str, scale: Scale = CONFIDENT) -> Float[np.ndarray, " 101"]:
    """One network's rate on one set at the scale's steps."""
    return _curve(folder(), name, set_name, scale, stamp_of(name))


@shared_by_all(most=256)
def _curve(where: Path, name: str, set_name: str, scale: Scale, stamp: tuple[int, ...]) -> np.ndarray:
    return metrics.share_above(scores(name, set_name, scale), scale.steps)


def separation(name: str, known: str, set_name: str, scale: Scale = CONFIDENT) -> SeparationCurve:
    """How well one network tells a set from one that it knows by the scale's score."""
    return _separation(folder(), name, known, set_name, scale.score, scale.temperature, stamp_of(name))


@shared_by_all(most=256)
def _separation(
    where: Path, name: str, known: str, set_name: str, score: str, temperature: float, stamp: tuple[int, ...]
) -> SeparationCurve:
    return separate(tempered(name, known, temperature), tempered(name, set_name, temperature), score)


def rates(pair: Pair, set_name: str, thresholds: dict[Kind, float], scale: Scale = CONFIDENT) -> dict[Kind, float]:
    """The share of a set with a score above each network's threshold: NCR, or the share kept."""
    return {
        kind: float(metrics.share_above(scores(name, set_name, scale), np.array([thresholds[kind]]))[0])
        for kind, name in pair.by_kind.items()
    }


def thresholds_keeping_95(pair: Pair, known: str, scale: Scale = CONFIDENT) -> dict[Kind, float]:
    """Each network's own threshold at which it keeps 95 % of a set that it knows."""
    return {
        kind: metrics.threshold_keeping(scores(name, known, scale), SHARE_KEPT) for kind, name in pair.by_kind.items()
    }


def histograms(
    pair: Pair, set_name: str, bins: int, scale: Scale = CONFIDENT
) -> dict[Kind, Float[np.ndarray, " bins"]]:
    """The share of a set in each of `bins` equal bins of the scale's score, for both networks."""
    return {kind: histogram(name, set_name, bins, scale) for kind, name in pair.by_kind.items()}


def curves(pair: Pair, set_name: str, scale: Scale = CONFIDENT) -> dict[Kind, Float[np.ndarray, " 101"]]:
    """NCR (or the share kept) at the scale's steps, for both networks."""
    return {kind: curve(name, set_name, scale) for kind, name in pair.by_kind.items()}


def separations(pair: Pair, known: str, set_name: str, scale: Scale = CONFIDENT) -> dict[Kind, SeparationCurve]:
    """How well the scale's score tells a set from one that both networks know."""
    return {kind: separation(name, known, set_name, scale) for kind, name in pair.by_kind.items()}
