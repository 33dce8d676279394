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
from nat_core.small.adam import adam_step
from nat_core.store.own_heads import HEADS, NONE_CLASS, Head, unit
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
    # Zeros, at which all things have the same chance. The last row is the bias; a head's columns are the outputs of
    # each of HEADS in turn.
    weights = start = torch.zeros(lesson.photos.shape[2] + 1, len(absent), sum(_outputs(lesson.things)))
    for step, moved in enumerate(_steps(lesson, start, learns, steps, seed), start=1):
        weights = moved
        if step % EACH == 0:
            yield step / steps
    heads, left_out = {}, {}
    for kind, trained in zip(HEADS, weights.split(_outputs(lesson.things), dim=2), strict=True):
        each = [Head(head[:-1].copy(), head[-1].copy()) for head in trained.transpose(0, 1).numpy()]
        heads[kind], *own = each
        said = [own[group].logits(photo[:1])[0] for group, photo in zip(groups, lesson.photos, strict=True)]
        left_out[kind] = np.stack(said)
    yield Learned(heads, left_out)


def _outputs(things: int) -> list[int]:
    """How many outputs a head of each of HEADS has."""
    return [things + (kind == NONE_CLASS) for kind in HEADS]


def _steps(
    lesson: TrainingFeatures,
    weights: Float[Tensor, "inputs heads outputs"],
    learns: Bool[Tensor, "heads rows"],
    steps: int,
    seed: int,
) -> Iterator[Float[Tensor, "inputs heads outputs"]]:
    """Yield the weights after each step of Adam, all heads of all kinds at once."""
    photos, world = _with_one(lesson.photos.reshape(-1, lesson.photos.shape[2])), _with_one(lesson.world)
    own = None if lesson.own is None else _with_one(lesson.own)
    labels = torch.from_numpy(lesson.labels).repeat_interleave(lesson.photos.shape[1]).expand(len(learns), -1)[learns]
    # Of the logits of all photos by all heads, a photo's heads side by side: those that are learned, head by head.
    head, row = learns.nonzero(as_tuple=True)
    learned = row * len(learns) + head
    weight = len(photos) / (KNOWN_FOR_EACH * NEGATIVES_A_STEP)
    mean = square = torch.zeros_like(weights)
    for step in range(1, steps + 1):
        # The same ones for AWARE and NONE_CLASS, so that they differ in nothing but what is asked of them.
        negatives = _negatives(world, own, generator_for(seed, "own things", step))
        moving = weights.detach().requires_grad_()
        # One product for all, of which each head then counts the photos that it may learn; and one backward pass, as
        # no head's loss depends on another's weights.
        logits = (torch.cat([photos, negatives]) @ moving.flatten(1)).view(-1, weights.shape[2])
        of_photos, of_negatives = logits.split([len(photos) * len(learns), len(negatives) * len(learns)])
        loss = _loss(lesson.things, of_photos.index_select(0, learned), of_negatives, labels, weight)
        (gradient,) = torch.autograd.grad(loss, moving)
        weights, mean, square = adam_step(weights, mean, square, gradient, step, LEARNING_RATE)
        yield weights


def _loss(
    things: int,
    photos: Float[Tensor, "n outputs"],
    negatives: Float[Tensor, "m outputs"],
    labels: Int[Tensor, " n"],
    weight: float,
) -> Float[Tensor, ""]:
    """The sum of what each of HEADS minimises; the outputs of one follow those of another."""
    outputs = _outputs(things)
    plain, aware, none_class = photos.split(outputs, 1)
    _unused, doubted, none = negatives.split(outputs, 1)
    return (
        nat_loss(plain, labels).total
        + nat_loss(torch.cat([aware, doubted]), labels, "kl_from_uniform", weight).total
        + nat_loss(torch.cat([none_class, none]), labels, BACKGROUND_TARGET, weight).total
    )


def _negatives(world: Tensor, own: Tensor | None, generator: torch.Generator) -> Tensor:
    of_own = 0 if own is None else round(OWN_SHARE * NEGATIVES_A_STEP)
    drawn = [world[torch.randint(len(world), (NEGATIVES_A_STEP - of_own,), generator=generator)]]
    if own is not None:
        drawn.append(own[torch.randint(len(own), (of_own,), generator=generator)])
    return torch.cat(drawn)


def _with_one(features: Float[np.ndarray, "n channels"]) -> Float[Tensor, "n inputs"]:
    """Features of length one with a 1 behind each, which the bias is a weight of."""
    return torch.from_numpy(np.pad(unit(features), ((0, 0), (0, 1)), constant_values=1))
