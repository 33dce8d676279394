"""Two small networks learn the same points of a plane from the same start: one alone, the other with negatives too.

Both are trained at once, as one batch of two. A `State` is frozen: rewinding is keeping the first, undoing is keeping
the one before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from nat_core.divergences import DIVERGENCES
from nat_core.losses import nat_loss
from nat_core.plane import Points

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": torch.relu, "tanh": torch.tanh, "sine": torch.sin}
BLOWN_UP = 1000.0
"""A loss above this, in nats, is no longer learning: giving all probability to a wrong class costs about 100."""
NO_NEGATIVES = np.zeros((0, 2), np.float32)


class BlownUp(ArithmeticError):
    """Training diverged; `last_good` is the state before."""

    def __init__(self, last_good: "State") -> None:
        super().__init__("Training blew up. We put back the last good step; try a smaller learning rate.")
        self.last_good = last_good


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
    """One of `nat_core.divergences.DIVERGENCES`."""
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


@dataclass(frozen=True, eq=False)
class State:
    """Both networks after some steps, the baseline first; nothing in it is ever changed."""

    step: int
    weights: Float[Tensor, "2 parameters"]
    mean: Float[Tensor, "2 parameters"]
    """Adam's running mean of the gradient."""
    square: Float[Tensor, "2 parameters"]
    """Adam's running mean of its square."""
    losses: tuple[float, float] = (float("nan"), float("nan"))
    """What the baseline and the NAT network minimised at the last step, in nats; no number before the first."""


def start(settings: Settings, classes: int) -> State:
    """Return both networks untrained and equal: uniform weights in +-1/sqrt(inputs), the same for the same seed."""
    if classes < 2:
        raise ValueError(f"a classifier needs at least 2 classes, not {classes}")
    generator = torch.Generator().manual_seed(settings.seed)
    parts = []
    for inputs, outputs in _sizes(settings, classes):
        bound = inputs**-0.5
        parts.append((torch.rand((inputs + 1) * outputs, generator=generator) * 2 - 1) * bound)
    weights = torch.cat(parts).repeat(2, 1)
    return State(0, weights, torch.zeros_like(weights), torch.zeros_like(weights))


def train(
    state: State, points: Points, negatives: Float[np.ndarray, "m 2"], settings: Settings, steps: int = 400
) -> Iterator[State]:
    """Yield the state after each of `steps` full-batch steps of Adam; the baseline never sees the negatives.

    Each network minimises J_NAT (`nat_core.losses.nat_loss`); without negatives both stay equal. Raises BlownUp with
    the last good state where a loss or a weight stops being a number, or a loss exceeds 1000.
    """
    positions = torch.from_numpy(np.concatenate([points.positions, negatives]).astype(np.float32))
    labels = torch.from_numpy(points.labels)
    classes = points.classes
    for _ in range(steps):
        weights = state.weights.clone().requires_grad_()
        logits = _forward(weights, positions, settings, classes)
        alone = nat_loss(logits[0, : len(labels)], labels).total
        aware = nat_loss(logits[1], labels, settings.divergence, settings.negative_weight).total
        (gradient,) = torch.autograd.grad(alone + aware, weights)
        losses = (alone.item(), aware.item())
        following = _adam(replace(state, losses=losses), gradient, settings.learning_rate)
        if not all(isfinite(loss) and loss < BLOWN_UP for loss in losses) or not following.weights.isfinite().all():
            raise BlownUp(state)
        state = following
        yield state


def logits_at(
    state: State, positions: Float[np.ndarray, "n 2"], settings: Settings, classes: int
) -> Float[np.ndarray, "2 n classes"]:
    """Return both networks' logits at positions of the plane, the baseline first.

    >>> logits_at(start(Settings(), 3), np.zeros((5, 2), np.float32), Settings(), 3).shape
    (2, 5, 3)
    """
    with torch.inference_mode():
        return _forward(state.weights, torch.from_numpy(positions), settings, classes).numpy()


def _sizes(settings: Settings, classes: int) -> list[tuple[int, int]]:
    widths = [2, *[settings.width] * settings.layers, classes]
    return list(pairwise(widths))


def _forward(
    weights: Float[Tensor, "2 parameters"], positions: Float[Tensor, "n 2"], settings: Settings, classes: int
) -> Float[Tensor, "2 n classes"]:
    sizes = _sizes(settings, classes)
    activate = ACTIVATIONS[settings.activation]
    values = positions.expand(2, -1, -1)
    parts = weights.split([(inputs + 1) * outputs for inputs, outputs in sizes], dim=1)
    for number, (part, (inputs, outputs)) in enumerate(zip(parts, sizes, strict=True)):
        matrix = part.view(2, inputs + 1, outputs)
        values = torch.baddbmm(matrix[:, -1:], values, matrix[:, :-1])
        if number < len(sizes) - 1:
            values = activate(values)
    return values


def _adam(state: State, gradient: Tensor, learning_rate: float) -> State:
    """The state after one step of Adam (Kingma and Ba 2015) with betas 0.9 and 0.999."""
    step = state.step + 1
    mean = torch.lerp(state.mean, gradient, 0.1)
    square = torch.lerp(state.square, gradient.square(), 0.001)
    root = (square / (1 - 0.999**step)).sqrt_().add_(1e-8)
    weights = state.weights - learning_rate / (1 - 0.9**step) * mean / root
    return State(step, weights, mean, square, state.losses)
