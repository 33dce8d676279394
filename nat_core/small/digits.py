"""Digits from nothing: two small networks learn to read 0 to 5 in seconds, and one of them to be neutral on 6 and 7.

Neither ever sees an 8 or a 9: what they make of those is the question. The pictures are scikit-learn's, 8 x 8.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float, Int

from nat_core.data.sets import digit_pictures
from nat_core.measure.metrics import negative_confidence_rate
from nat_core.measure.predictions import softmax
from nat_core.small.twins import Architecture, State, TwinObjective, advance, forward, initial_state

ARCHITECTURE = Architecture((64, 64, 6))
"""A pixel each of 8 x 8, 64 hidden units, a class each of 0 to 5."""
OBJECTIVE = TwinObjective(learning_rate=0.005)
STEPS = 400
"""Full-batch steps of Adam, which take about a second."""
SHOWN_FROM = 200
"""The step from which the NAT network sees 6 and 7, where it is not shown them from the start."""


@dataclass(frozen=True, eq=False)
class Digits:
    """All pictures as 64 numbers in [0, 1]."""

    known: Float[np.ndarray, "n 64"]
    """0 to 5, to learn."""
    labels: Int[np.ndarray, " n"]
    negatives: Float[np.ndarray, "m 64"]
    """6 and 7, to be neutral on."""
    test: Float[np.ndarray, "k 64"]
    """Other pictures of 0 to 5."""
    test_labels: Int[np.ndarray, " k"]
    unseen: Float[np.ndarray, "j 64"]
    """8 and 9, seen by no network."""


@dataclass(frozen=True, eq=False)
class DigitsResult:
    """How one network does on the digits after some steps; rates in [0, 1]."""

    fooled: float
    """NCR_t on 8 and 9."""
    accuracy: float
    """Of the test pictures of 0 to 5."""
    kept: float
    """The share of them with confidence > t."""
    confidence: Float[np.ndarray, " j"]
    """Of each 8 and 9."""


@cache
def digits() -> Digits:
    """Return the pictures, read once.

    >>> len(digits().unseen)
    354
    """
    known, labels = digit_pictures(range(6), "train")
    # All of 8 and 9, since nothing is learned from them; of 6 and 7 the training part, as in `digits_67_train`.
    test, test_labels = digit_pictures(range(6), "test")
    negatives, _ = digit_pictures((6, 7), "train")
    unseen, _ = digit_pictures((8, 9))
    return Digits(_flat(known), labels, _flat(negatives), _flat(test), test_labels, _flat(unseen))


def _flat(grey: np.ndarray) -> Float[np.ndarray, "n 64"]:
    return (grey.reshape(-1, 64) / 255).astype(np.float32)


def start(seed: int = 0) -> State:
    """Return both networks untrained and equal, the same ones for the same seed.

    >>> start().step
    0
    """
    return initial_state(ARCHITECTURE, seed)


def train(state: State, pictures: Digits, shown_from: int = 0, steps: int = STEPS) -> Iterator[State]:
    """Yield the state after each of `steps` full-batch steps of Adam on J_NAT (`nat_core.training.losses.nat_loss`).

    Until step `shown_from` neither network sees a negative, and both stay equal; from then on the second one does.
    Raises ValueError for a negative step, BlownUp as `twins.advance` does.

    >>> next(train(start(), digits())).step
    1
    """
    if shown_from < 0:
        raise ValueError(f"negatives are shown from step 0 or a later one, not {shown_from}")
    known, labels = torch.from_numpy(pictures.known), torch.from_numpy(pictures.labels)
    # Negatives stand last and have no labels: that is how the loss tells them apart.
    everything = torch.cat([known, torch.from_numpy(pictures.negatives)])
    for _ in range(steps):
        state = advance(state, ARCHITECTURE, everything if state.step >= shown_from else known, labels, OBJECTIVE)
        yield state


def read(state: State, pictures: Digits, threshold: float) -> tuple[DigitsResult, DigitsResult]:
    """Return how both networks, the baseline first, do on digits that they did not learn, at a threshold in [0, 1].

    >>> read(start(), digits(), 1.0)[0].fooled
    0.0
    """
    unseen, test = (_probabilities(state, values) for values in (pictures.unseen, pictures.test))
    found = []
    for network in (0, 1):
        confidence, known = unseen[network].max(axis=1), test[network]
        right = float((known.argmax(axis=1) == pictures.test_labels).mean())
        kept = negative_confidence_rate(known.max(axis=1), threshold)
        found.append(DigitsResult(negative_confidence_rate(confidence, threshold), right, kept, confidence))
    return found[0], found[1]


def _probabilities(state: State, values: np.ndarray) -> list[Float[np.ndarray, "n 6"]]:
    with torch.inference_mode():
        return [softmax(each) for each in forward(state.weights, ARCHITECTURE, torch.from_numpy(values)).numpy()]
