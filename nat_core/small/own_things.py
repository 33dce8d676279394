"""A classifier of a visitor's own things in about a second: last layers on a stored network's frozen features.

Three of them learn from the same photos and the same start, at which each gives all things the same chance: one from
the photos alone, one from negatives beside them (J_NAT), and one that takes the negatives for a further class, "none".
Beside each learn as many of its kind as there are photos, each without one of them: what those say of the photo that
they never saw is what a visitor may expect of the next one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from nat_core.recipes import BACKGROUND_TARGET
from nat_core.store.own_heads import HEADS, NONE_CLASS, PLAIN, Head, unit
from nat_core.training.batches import generator_for
from nat_core.training.losses import nat_loss

STEPS = 300
LEARNING_RATE = 0.003
NEGATIVES_A_STEP = 64
OWN_SHARE = 0.25
"""How many of them are the visitor's own, where there are any."""
KNOWN_FOR_EACH = 32
"""The photos together weigh as much as so many times the negatives of a step. In the paper it is eight times; but a few
photos beside a varied world would hardly be certain of anything then. Of three kinds of CIFAR-100 with six photos each,
at t = 0.9 and by ResNet-18's features, eight keep 17 of 100 pictures of these kinds and let 1 of 100 others fool it, 32
keep 30 and let 5; without negatives it is 71 and 58 (means of ten draws of the kinds, November 2026)."""
MOST_FOLDS = 20
"""With more photos than that, each is left out together with a few others."""
EACH = 25
"""Steps between two signs of progress."""


@dataclass(frozen=True, eq=False)
class TrainingFeatures:
    """What is learned, all as features. Raises ValueError where it cannot be."""

    photos: Float[np.ndarray, "n views channels"]
    """Each photo as it is, first, and its moved views."""
    labels: Int[np.ndarray, " n"]
    """Which thing each shows, from 0 up."""
    things: int
    world: Float[np.ndarray, "m channels"]
    """Negatives: pictures of other things."""
    own: Float[np.ndarray, "k channels"] | None = None
    """Negatives of the visitor's, which take a quarter of the places."""

    def __post_init__(self) -> None:
        if (
            self.things < 2
            or len(self.labels) != len(self.photos)
            or set(self.labels.tolist()) != {*range(self.things)}
        ):
            raise ValueError(f"needs photos of each of at least two things, not {len(self.photos)} of {self.things}")
        if not len(self.world) or (self.own is not None and not len(self.own)):
            raise ValueError("needs at least one negative of each kind")


@dataclass(frozen=True, eq=False)
class Learned:
    """What came of it, by `own_heads.HEADS`."""

    heads: dict[str, Head]
    left_out: dict[str, Float[np.ndarray, "n _"]]
    """The logits of each photo by heads that never learned it."""


def views(pixels: UInt8[np.ndarray, "n h w 3"]) -> UInt8[np.ndarray, "n 2 h w 3"]:
    """Return each picture and its mirror image.

    >>> views(np.arange(6, dtype=np.uint8).reshape(1, 1, 2, 3))[0, 1].tolist()
    [[[3, 4, 5], [0, 1, 2]]]
    """
    return np.stack([pixels, pixels[:, :, ::-1]], axis=1)


def folds(photos: int, most: int = MOST_FOLDS) -> Int[np.ndarray, " photos"]:
    """Return which photos are left out together, as numbers from 0 up: each by itself where there are few.

    >>> folds(3).tolist(), folds(5, most=2).tolist()
    ([0, 1, 2], [0, 1, 0, 1, 0])
    """
    return np.arange(photos) % min(photos, most)


def train(lesson: TrainingFeatures, steps: int = STEPS, seed: int = 0) -> Iterator[float | Learned]:
    """Yield the share done, in [0, 1], now and then, and at the end what was learned; the same for the same seed."""
    groups = folds(len(lesson.labels))
    # The first of all has no photo left out; it is the head that is kept.
    absent = np.concatenate([[-1], np.unique(groups)])
    learns = torch.from_numpy(np.repeat(groups, lesson.photos.shape[1]) != absent[:, None])
    heads, left_out = {}, {}
    for number, kind in enumerate(HEADS):
        weights = _start(lesson, kind, len(absent))
        for step in _steps(lesson, kind, weights, learns, steps, seed):
            if step % EACH == 0:
                yield (number + step / steps) / len(HEADS)
        trained = weights.detach().numpy()
        heads[kind] = Head(trained[:-1, 0].copy(), trained[-1, 0].copy())
        own = [Head(trained[:-1, each], trained[-1, each]) for each in range(1, len(absent))]
        said = [own[group].logits(photo[:1])[0] for group, photo in zip(groups, lesson.photos, strict=True)]
        left_out[kind] = np.stack(said)
    yield Learned(heads, left_out)


def _start(lesson: TrainingFeatures, kind: str, heads: int) -> Tensor:
    """The weights of so many heads, the last row their bias: zeros, at which all things have the same chance."""
    outputs = lesson.things + (kind == NONE_CLASS)
    return torch.zeros(lesson.photos.shape[2] + 1, heads, outputs, requires_grad=True)


def _steps(
    lesson: TrainingFeatures, kind: str, weights: Tensor, learns: Bool[Tensor, "heads rows"], steps: int, seed: int
) -> Iterator[int]:
    """Change the weights step by step by Adam, all heads at once; yield the number of steps taken."""
    photos, world = _with_one(lesson.photos.reshape(-1, lesson.photos.shape[2])), _with_one(lesson.world)
    own = None if lesson.own is None else _with_one(lesson.own)
    labels = torch.from_numpy(lesson.labels).repeat_interleave(lesson.photos.shape[1]).expand(len(learns), -1)[learns]
    weight = len(photos) / (KNOWN_FOR_EACH * NEGATIVES_A_STEP)
    divergence = BACKGROUND_TARGET if kind == NONE_CLASS else "kl_from_uniform"
    optimiser = torch.optim.Adam([weights], lr=LEARNING_RATE)
    for step in range(1, steps + 1):
        # All heads at once: in one product for all photos, of which each head then counts those that it may learn.
        logits = _logits(photos, weights).transpose(0, 1)[learns]
        if kind != PLAIN:
            # The same ones for AWARE and NONE_CLASS, so that they differ in nothing but what is asked of them.
            negatives = _negatives(world, own, generator_for(seed, "own things", step))
            logits = torch.cat([logits, _logits(negatives, weights).flatten(0, 1)])
        loss = nat_loss(logits, labels, divergence, weight).total
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        yield step


def _negatives(world: Tensor, own: Tensor | None, generator: torch.Generator) -> Tensor:
    of_own = 0 if own is None else round(OWN_SHARE * NEGATIVES_A_STEP)
    drawn = [world[torch.randint(len(world), (NEGATIVES_A_STEP - of_own,), generator=generator)]]
    if own is not None:
        drawn.append(own[torch.randint(len(own), (of_own,), generator=generator)])
    return torch.cat(drawn)


def _logits(rows: Float[Tensor, "n inputs"], weights: Tensor) -> Float[Tensor, "n heads outputs"]:
    return (rows @ weights.flatten(1)).view(len(rows), *weights.shape[1:])


def _with_one(features: Float[np.ndarray, "n channels"]) -> Float[Tensor, "n inputs"]:
    """Features of length one with a 1 behind each, which the bias is a weight of."""
    return torch.from_numpy(np.pad(unit(features), ((0, 0), (0, 1)), constant_values=1))
