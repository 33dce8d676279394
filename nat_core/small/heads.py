"""NAT on anyone's own negatives in about a second: a head of two layers on a stored network's frozen features.

The head begins as the network's own last layer, exactly: features are at least 0, so as many hidden units pass them on
through ReLU unchanged, and the further ones have no say yet. Two heads learn from there (`nat_core.small.twins`),
one from known pictures alone, the other from negatives beside them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from nat_core.measure.predictions import Predictions
from nat_core.small.twins import Goal, Make, State, advance, begin, forward, packed
from nat_core.store.features import Features
from nat_core.training.batches import crop_and_flip, generator_for

FURTHER = 64
"""Hidden units beside those that pass the features on."""
STEPS = 300
KNOWN, NEGATIVES = 256, 32
"""Pictures a step: eight known ones for a negative, as in the paper."""
GOAL = Goal(learning_rate=0.001)
COPIES = 8
"""Moved and mirrored copies of each of the visitor's photos."""
MOST_MOVED = 4
"""Pixels by which a copy is moved, as in training."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """What the heads learn from, all as features. Raises ValueError where there is nothing to learn or no negative."""

    known: Float[np.ndarray, "n channels"]
    labels: Int[np.ndarray, " n"]
    own: Float[np.ndarray, "m channels"]
    """The visitor's negatives, with their copies."""
    beside: Float[np.ndarray, "k channels"] | None = None
    """Further negatives, which take half of the places in a batch."""

    def __post_init__(self) -> None:
        if not len(self.known) or not len(self.own) or (self.beside is not None and not len(self.beside)):
            raise ValueError("a head learns from at least one known picture and one negative of each kind")


def copies(pixels: UInt8[np.ndarray, "n h w 3"], number: int = COPIES, seed: int = 0) -> UInt8[np.ndarray, "m h w 3"]:
    """Return the pictures, then `number` copies of each, moved by up to 4 pixels and half of them mirrored.

    >>> copies(np.zeros((2, 32, 32, 3), np.uint8), 3).shape
    (8, 32, 32, 3)
    """
    if number < 0:
        raise ValueError(f"the number of copies is at least 0, not {number}")
    chosen = torch.arange(len(pixels)).repeat_interleave(number)
    moved = crop_and_flip(
        torch.from_numpy(np.ascontiguousarray(pixels)), chosen, MOST_MOVED, True, generator_for(seed, "copies", 0)
    )
    return np.concatenate([pixels, moved.numpy()])


def make_of(classifier: nn.Linear, further: int = FURTHER) -> Make:
    """Return the sizes of a head in place of a network's last layer."""
    return Make((classifier.in_features, classifier.in_features + further, classifier.out_features))


def start(classifier: nn.Linear, further: int = FURTHER, seed: int = 0) -> State:
    """Return both heads before the first step: each answers as `classifier` does of any features that are at least 0.

    `further` is the number of units that have no say yet, at least 0; their weights are uniform in +-1/sqrt(channels).
    """
    if further < 0:
        raise ValueError(f"the number of further units is at least 0, not {further}")
    channels, classes = classifier.in_features, classifier.out_features
    generator = torch.Generator().manual_seed(seed)
    drawn = (torch.rand(channels + 1, further, generator=generator) * 2 - 1) * channels**-0.5
    first = torch.cat([torch.eye(channels), drawn[:-1]], dim=1)
    second = torch.cat([classifier.weight.detach().float().T, torch.zeros(further, classes)])
    weights = packed((first, torch.cat([torch.zeros(channels), drawn[-1]])), (second, classifier.bias.detach().float()))
    return begin(weights)


def train(state: State, lesson: Lesson, make: Make, steps: int = STEPS, seed: int = 0) -> Iterator[State]:
    """Yield the state after each of `steps` steps of Adam on J_NAT (`nat_core.training.losses.nat_loss`).

    A step takes 256 known pictures and 32 negatives, drawn with replacement, the same ones for the same seed. Raises
    BlownUp as `twins.advance` does.
    """
    known, labels = torch.from_numpy(lesson.known), torch.from_numpy(lesson.labels)
    parts = [torch.from_numpy(part) for part in (lesson.own, lesson.beside) if part is not None]
    for _ in range(steps):
        generator = generator_for(seed, "live", state.step)
        drawn = torch.randint(len(known), (KNOWN,), generator=generator)
        negatives = [_some(part, NEGATIVES // len(parts), generator) for part in parts]
        state = advance(state, make, torch.cat([known[drawn], *negatives]), labels[drawn], GOAL)
        yield state


def _some(features: Tensor, count: int, generator: torch.Generator) -> Tensor:
    return features[torch.randint(len(features), (count,), generator=generator)]


def logits(state: State, make: Make, features: Float[np.ndarray, "n channels"]) -> Float[np.ndarray, "2 n classes"]:
    """Return both heads' logits, those of the head without negatives first."""
    with torch.inference_mode():
        return forward(state.weights, make, torch.from_numpy(features)).numpy()


def answers(state: State, make: Make, sets: Mapping[str, Features]) -> tuple[dict[str, Predictions], ...]:
    """Return what both heads say of some sets, the head without negatives first; a set without pictures is left out."""
    found: tuple[dict[str, Predictions], ...] = ({}, {})
    for name, each in sets.items():
        for head, values in zip(found, logits(state, make, each.values) if len(each) else (), strict=False):
            head[name] = Predictions("head", name, each.ids, values, each.labels)
    return found
