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

from nat_core.data.augmentation import cropped, draw_crops
from nat_core.measure.predictions import Predictions
from nat_core.small.twins import Architecture, State, TwinObjective, advance, begin, forward, packed
from nat_core.store.features import Features
from nat_core.training.batches import generator_for

EXTRA_UNITS = 64
"""Hidden units beside those that pass the features on."""
STEPS = 300
KNOWN_A_STEP, NEGATIVES_A_STEP = 256, 32
"""Pictures a step: eight known ones for each negative, as in the paper's batches of 64 and 8."""
OBJECTIVE = TwinObjective(learning_rate=0.001)
COPIES = 8
"""Moved and mirrored copies of each of the visitor's photos."""
MOST_MOVED = 4
"""Pixels by which a copy is moved, as in training."""


@dataclass(frozen=True, eq=False)
class Examples:
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
    # The training pictures' own augmentation, so that a copy differs from its photo as theirs do.
    crops = draw_crops(len(chosen), pixels.shape[1], MOST_MOVED, True, generator_for(seed, "copies", 0))
    moved = cropped(torch.from_numpy(np.ascontiguousarray(pixels)), chosen, crops)
    return np.concatenate([pixels, moved.numpy()])


def architecture_of(classifier: nn.Linear, extra_units: int = EXTRA_UNITS) -> Architecture:
    """Return the sizes of a head in place of a network's last layer.

    >>> architecture_of(nn.Linear(64, 10)).sizes
    (64, 128, 10)
    """
    return Architecture((classifier.in_features, classifier.in_features + extra_units, classifier.out_features))


def start(classifier: nn.Linear, extra_units: int = EXTRA_UNITS, seed: int = 0) -> State:
    """Return both heads before the first step: each answers as `classifier` does of any features that are at least 0.

    `extra_units` is the number of units that have no say yet, at least 0; their weights are uniform in
    +-1/sqrt(channels). Raises ValueError for a negative number.

    >>> head = start(nn.Linear(2, 3), extra_units=1)
    >>> logits(head, architecture_of(nn.Linear(2, 3), 1), np.zeros((5, 2), np.float32)).shape
    (2, 5, 3)
    """
    if extra_units < 0:
        raise ValueError(f"the number of further units is at least 0, not {extra_units}")
    channels, classes = classifier.in_features, classifier.out_features
    generator = torch.Generator().manual_seed(seed)
    drawn = (torch.rand(channels + 1, extra_units, generator=generator) * 2 - 1) * channels**-0.5
    # Random on the way in, so that no two of them learn the same; zero on the way out, so that none has a say yet.
    first = torch.cat([torch.eye(channels), drawn[:-1]], dim=1)
    second = torch.cat([classifier.weight.detach().float().T, torch.zeros(extra_units, classes)])
    weights = packed((first, torch.cat([torch.zeros(channels), drawn[-1]])), (second, classifier.bias.detach().float()))
    return begin(weights)


def train(
    state: State, examples: Examples, architecture: Architecture, steps: int = STEPS, seed: int = 0
) -> Iterator[State]:
    """Yield the state after each of `steps` steps of Adam on J_NAT (`nat_core.training.losses.nat_loss`).

    A step takes 256 known pictures and 32 negatives, drawn with replacement, the same ones for the same seed. Raises
    BlownUp as `twins.advance` does.
    """
    known, labels = torch.from_numpy(examples.known), torch.from_numpy(examples.labels)
    parts = [torch.from_numpy(part) for part in (examples.own, examples.beside) if part is not None]
    for _ in range(steps):
        # The step is part of the seed, so that a state which was kept goes on in the same way. So is the word, which is
        # this module's former name: another one would draw other pictures.
        generator = generator_for(seed, "live", state.step)
        drawn = torch.randint(len(known), (KNOWN_A_STEP,), generator=generator)
        negatives = [_drawn(part, NEGATIVES_A_STEP // len(parts), generator) for part in parts]
        state = advance(state, architecture, torch.cat([known[drawn], *negatives]), labels[drawn], OBJECTIVE)
        yield state


def _drawn(features: Tensor, count: int, generator: torch.Generator) -> Tensor:
    return features[torch.randint(len(features), (count,), generator=generator)]


def logits(
    state: State, architecture: Architecture, features: Float[np.ndarray, "n channels"]
) -> Float[np.ndarray, "2 n classes"]:
    """Return both heads' logits, those of the head without negatives first."""
    with torch.inference_mode():
        return forward(state.weights, architecture, torch.from_numpy(features)).numpy()


def predict(
    state: State, architecture: Architecture, sets: Mapping[str, Features]
) -> tuple[dict[str, Predictions], ...]:
    """Return both heads' predictions on some sets, the head without negatives first; empty sets are left out.

    >>> predict(start(nn.Linear(2, 3)), architecture_of(nn.Linear(2, 3)), {})
    ({}, {})
    """
    found: tuple[dict[str, Predictions], ...] = ({}, {})
    for name, each in sets.items():
        # Not strict: without pictures there are no values, and neither head gets the set.
        for head, values in zip(found, logits(state, architecture, each.values) if len(each) else (), strict=False):
            head[name] = Predictions("head", name, each.ids, values, each.labels)
    return found
