"""Twins: two small fully connected networks from one start, the second of which learns from negatives too.

Both are trained at once, as one batch of two. A `State` is frozen: rewinding is keeping the first, undoing is keeping
the one before.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite, log

import torch
from jaxtyping import Float, Int
from torch import Tensor

from nat_core.errors import NatError
from nat_core.small.adam import adam_step
from nat_core.small.starts import start_weights
from nat_core.training.losses import nat_loss

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": torch.relu, "tanh": torch.tanh, "sine": torch.sin}
BLOWN_UP = 1000.0
"""A loss above this, in nats, is no longer learning: giving all probability to a wrong class costs about 100."""


class BlownUp(NatError, ArithmeticError):
    """Training diverged; `last_good` is the last state in which both networks did better than by knowing nothing."""

    def __init__(self, last_good: "State") -> None:
        super().__init__("Training blew up. We put back the last good step; try a smaller learning rate.")
        self.last_good = last_good

    def __reduce__(self) -> tuple[type["BlownUp"], tuple["State"]]:
        """Make it anew from the state, where it is sent from one process to another."""
        return type(self), (self.last_good,)


@dataclass(frozen=True)
class Architecture:
    """How both networks are built."""

    sizes: tuple[int, ...]
    """Inputs, the units of each hidden layer, classes."""
    activation: str = "relu"
    """One of `ACTIVATIONS`, after each hidden layer."""

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or min(self.sizes) < 1 or self.sizes[-1] < 2:
            raise ValueError(f"sizes are inputs, hidden units, and at least 2 classes, not {self.sizes}")
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"unknown activation {self.activation!r}; known: {', '.join(ACTIVATIONS)}")


@dataclass(frozen=True)
class TwinObjective:
    """What one step goes by."""

    learning_rate: float = 0.01
    """Step size of Adam, > 0."""
    divergence: str = "kl_from_uniform"
    """One of `nat_core.training.losses.DIVERGENCES`."""
    negative_weight: float = 1.0
    """Factor of the negatives' cost, >= 0."""


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
    good: "State | None" = None
    """The last state before this one in which both cost no more than equal shares for all classes would, else the
    first; None at the start."""


def initial_state(architecture: Architecture, seed: int) -> State:
    """Return both networks untrained and equal: uniform weights in +-1/sqrt(inputs), the same for the same seed.

    >>> initial_state(Architecture((2, 4, 3)), 0).weights.shape
    torch.Size([2, 27])
    """
    return begin(torch.from_numpy(start_weights(architecture.sizes, seed)))


def begin(weights: Float[Tensor, " parameters"]) -> State:
    """Return both networks with these weights, before the first step.

    >>> begin(torch.ones(3)).weights.tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    both = weights.repeat(2, 1)
    return State(0, both, torch.zeros_like(both), torch.zeros_like(both))


def packed(*layers: tuple[Float[Tensor, "_ _"], Float[Tensor, " _"]]) -> Float[Tensor, " parameters"]:
    """Return one network's layers, each a matrix and a bias, as `begin` takes them.

    >>> packed((torch.zeros(3, 2), torch.ones(2))).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    """
    return torch.cat([torch.cat([matrix.flatten(), bias]) for matrix, bias in layers])


def advance(
    state: State,
    architecture: Architecture,
    inputs: Float[Tensor, "n features"],
    labels: Int[Tensor, " known"],
    objective: TwinObjective,
) -> State:
    """Return the state after one step of Adam on these inputs: the first ones with labels, the others negatives.

    Each network minimises J_NAT (`training.losses.nat_loss`), the baseline without the negatives. Raises BlownUp
    with the last good state where a loss or a weight stops being a number, or a loss exceeds 1000.

    >>> architecture = Architecture((2, 2))
    >>> advance(initial_state(architecture, 0), architecture, torch.ones(1, 2), torch.tensor([0]), TwinObjective()).step
    1
    """
    weights = state.weights.clone().requires_grad_()
    # Both networks run all inputs in one pass; what the baseline says of negatives is dropped.
    logits = forward(weights, architecture, inputs)
    alone = nat_loss(logits[0, : len(labels)], labels).total
    aware = nat_loss(logits[1], labels, objective.divergence, objective.negative_weight).total
    # One backward pass for both: neither loss depends on the other network's row of weights.
    (gradient,) = torch.autograd.grad(alone + aware, weights)
    losses = (alone.item(), aware.item())
    # Just before its end a diverging network is of no use: good is what knew more than nothing. A classifier
    # that gives all classes equal shares costs log(classes) a picture, and nothing on negatives.
    nothing = log(logits.shape[2])
    better = losses[0] <= nothing and losses[1] <= nothing * len(labels) / len(inputs)
    good = state if state.good is None else replace(state, good=None) if better else state.good
    following = _adam(replace(state, losses=losses, good=good), gradient, objective.learning_rate)
    # The weights as well: a finite loss can have a gradient that is none, or lead to a step that overflows.
    if not all(isfinite(loss) and loss < BLOWN_UP for loss in losses) or not following.weights.isfinite().all():
        raise BlownUp(good)
    return following


def forward(
    weights: Float[Tensor, "2 parameters"], architecture: Architecture, inputs: Float[Tensor, "n features"]
) -> Float[Tensor, "2 n classes"]:
    """Return both networks' logits.

    >>> architecture = Architecture((4, 8, 3))
    >>> forward(initial_state(architecture, 0).weights, architecture, torch.zeros(5, 4)).shape
    torch.Size([2, 5, 3])
    """
    sizes = list(pairwise(architecture.sizes))
    activate = ACTIVATIONS[architecture.activation]
    values = inputs.expand(2, -1, -1)  # seen by both networks, not copied
    parts = weights.split([(before + 1) * after for before, after in sizes], dim=1)
    for number, (part, (before, after)) in enumerate(zip(parts, sizes, strict=True)):
        matrix = part.view(2, before + 1, after)
        # One batched product computes the layer of both networks; the bias is the last row of each matrix.
        values = torch.baddbmm(matrix[:, -1:], values, matrix[:, :-1])
        if number < len(sizes) - 1:
            values = activate(values)
    return values


def _adam(state: State, gradient: Tensor, learning_rate: float) -> State:
    """The state after one step of Adam."""
    step = state.step + 1
    moved = adam_step(state.weights, state.mean, state.square, gradient, step, learning_rate)
    return State(step, *moved, state.losses, state.good)
