"""Two small networks learn the same points of a plane from the same start: one alone, the other with negatives too."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from nat_core.small.plane import Points
from nat_core.small.twins import ACTIVATIONS, Architecture, State, TwinObjective, advance, forward, initial_state
from nat_core.training.losses import DIVERGENCES

NO_NEGATIVES = np.zeros((0, 2), np.float32)


@dataclass(frozen=True)
class Settings:
    """How the two networks are made and trained."""

    width: int = 32
    """Units in each hidden layer, 1 to 256."""
    layers: int = 2
    """Hidden layers, 1 to 4."""
    activation: str = "relu"
    """One of `ACTIVATIONS`."""
    learning_rate: float = 0.01
    """Step size of Adam, > 0."""
    divergence: str = "kl_from_uniform"
    """One of `nat_core.training.losses.DIVERGENCES`."""
    negative_weight: float = 1.0
    """Factor of the negatives' cost, >= 0."""
    seed: int = 0
    """Seed of both networks' weights."""

    def __post_init__(self) -> None:
        for name, chosen, known in (
            ("activation", self.activation, ACTIVATIONS),
            ("divergence", self.divergence, DIVERGENCES),
        ):
            if chosen not in known:
                raise ValueError(f"unknown {name} {chosen!r}; known: {', '.join(known)}")
        if not 1 <= self.width <= 256 or not 1 <= self.layers <= 4:
            raise ValueError(f"1 to 256 units in 1 to 4 layers, not {self.width} in {self.layers}")
        if not self.learning_rate > 0 or not self.negative_weight >= 0:
            raise ValueError(
                f"the learning rate must be above 0 and the negatives' weight at least 0, not {self.learning_rate} "
                f"and {self.negative_weight}"
            )


def start(settings: Settings, classes: int) -> State:
    """Return both networks untrained and equal: uniform weights in +-1/sqrt(inputs), the same for the same seed.

    Raises ValueError for fewer than 2 classes.

    >>> start(Settings(width=4, layers=1), 3).weights.shape
    torch.Size([2, 27])
    """
    if classes < 2:
        raise ValueError(f"a classifier needs at least 2 classes, not {classes}")
    return initial_state(_architecture(settings, classes), settings.seed)


def train(
    state: State, points: Points, negatives: Float[np.ndarray, "m 2"], settings: Settings, steps: int = 400
) -> Iterator[State]:
    """Yield the state after each of `steps` full-batch steps of Adam; the baseline never sees the negatives.

    Each network minimises J_NAT (`training.losses.nat_loss`); without negatives both stay equal. Raises BlownUp
    with the last good state where a loss or a weight stops being a number, or a loss exceeds 1000.

    >>> from nat_core.small.plane import draw_points
    >>> next(train(start(Settings(), 3), draw_points(), NO_NEGATIVES, Settings())).step
    1
    """
    # Negatives stand last and have no labels: that is how the loss tells them apart.
    positions = torch.from_numpy(np.concatenate([points.positions, negatives]).astype(np.float32))
    labels = torch.from_numpy(points.labels)
    architecture = _architecture(settings, points.classes)
    objective = TwinObjective(settings.learning_rate, settings.divergence, settings.negative_weight)
    for _ in range(steps):
        state = advance(state, architecture, positions, labels, objective)
        yield state


def logits_at(
    state: State, positions: Float[np.ndarray, "n 2"], settings: Settings, classes: int
) -> Float[np.ndarray, "2 n classes"]:
    """Return both networks' logits at positions of the plane, the baseline first.

    >>> logits_at(start(Settings(), 3), np.zeros((5, 2), np.float32), Settings(), 3).shape
    (2, 5, 3)
    """
    with torch.inference_mode():
        return forward(state.weights, _architecture(settings, classes), torch.from_numpy(positions)).numpy()


def _architecture(settings: Settings, classes: int) -> Architecture:
    return Architecture((2, *[settings.width] * settings.layers, classes), settings.activation)
