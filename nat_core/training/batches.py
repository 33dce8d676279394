"""Batches: image sets held in memory as uint8 become mixed, augmented, normalised batches; a batch is a pure function
of seed and step, so that a run resumed at any step sees the very pictures it would have seen."""

from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from nat_core.data.synthetic import made_up
from nat_core.network.models import Pixels, normalised
from nat_core.training.pictures import Pictures


class Batch(NamedTuple):
    """One step's pictures: those with labels first, the negatives after them."""

    images: Float[Tensor, "n 3 h w"]
    """Normalised, channels_last in memory."""
    labels: Int[Tensor, " in_distribution"]


def generator_for(seed: int, stream: str, index: int) -> torch.Generator:
    """Return a generator of its own for each (seed, stream, index), whatever was drawn before."""
    # Hashed, so that seeds and steps that lie side by side do not start generators that resemble each other.
    digest = sha256(f"{seed}/{stream}/{index}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def resize(pixels: Pixels, size: int) -> Pixels:
    """Return the pictures shrunk to size x size pixels, bilinear with antialiasing, rounded to uint8.

    Normalised ones are noise, which shrinking would make weaker: they are cut to size.
    """
    if pixels.shape[1] == size == pixels.shape[2]:
        return pixels
    if pixels.dtype != torch.uint8:
        return pixels[:, :size, :size].contiguous()
    # In parts, since interpolate needs float32: four times the memory of the pictures that it is given.
    smaller = [
        functional.interpolate(
            part.permute(0, 3, 1, 2).float(), (size, size), mode="bilinear", antialias=True, align_corners=False
        )
        for part in pixels.split(2000)
    ]
    return torch.cat([part.round().clamp(0, 255).byte().permute(0, 2, 3, 1) for part in smaller]).contiguous()


def crop_and_flip(
    pixels: Pixels,
    chosen: Int[Tensor, " n"],
    padding: int,
    flip: bool,
    generator: torch.Generator,
) -> Pixels:
    """Return the chosen pictures, each moved by up to `padding` pixels with reflected edges, half of them mirrored.

    One gather for the whole batch: the rows and columns that a crop of the padded picture would show are computed as
    indices, so that no padded copy is made. `generator` lives on the CPU; the same one gives the same crops anywhere.
    """
    count, (height, width) = len(chosen), pixels.shape[1:3]
    # A crop of the padded picture is the picture moved: one shift for its rows, one for its columns.
    shift = torch.randint(-padding, padding + 1, (2, count, 1), generator=generator)
    # Drawn on the processor and moved, as a GPU's generator would give other numbers for the same seed.
    rows = _reflect(torch.arange(height) + shift[0], height)
    columns = _reflect(torch.arange(width) + shift[1], width)
    if flip:
        # Mirrored after the shift: both are uniform around the middle, so the order changes no distribution.
        mirrored = torch.rand(count, 1, generator=generator) < 0.5
        columns = torch.where(mirrored, columns.flip(1), columns)
    rows, columns = rows.to(pixels.device), columns.to(pixels.device)
    return pixels[chosen.to(pixels.device)[:, None, None], rows[:, :, None], columns[:, None, :]]


def _reflect(position: Int[Tensor, "n length"], length: int) -> Int[Tensor, "n length"]:
    # The first fold mirrors what lies left of 0, the second what lies right of the last; a shift that is longer than a
    # tiny picture stays at its edge.
    return (length - 1 - (length - 1 - position.abs()).abs()).clamp(0, length - 1)


def cutout(images: Float[Tensor, "n 3 h w"], side: int, generator: torch.Generator) -> Float[Tensor, "n 3 h w"]:
    """Return the pictures, each with a square of `side` pixels around a random pixel at the mean colour (0).

    The square may reach beyond the edge. Source: DeVries and Taylor 2017, "Improved Regularization ... with Cutout".

    >>> int((cutout(torch.ones(1, 3, 8, 8), 16, torch.Generator()) != 0).sum()) < 3 * 8 * 8
    True
    """
    count, _, height, width = images.shape
    # The centre is uniform over the picture and not over what keeps the square inside: the paper found that better.
    # Rows and columns are marked apart; a pixel is blanked where both are.
    spans = []
    for length in (height, width):
        first = torch.randint(length, (count, 1), generator=generator) - side // 2
        place = torch.arange(length)
        spans.append((place >= first) & (place < first + side))
    blank = (spans[0][:, :, None] & spans[1][:, None, :]).to(images.device)
    return images.masked_fill(blank[:, None], 0.0)


class Batches:
    """All batches of one training run.

    `at(step)` returns the batch of that step, `size_at(step)` its pictures' side in pixels; `steps` is their number
    (the last short batch of an epoch is dropped). In-distribution pictures are shuffled anew every epoch; negatives
    are shuffled and cycled without replacement. Raises ValueError where a set is smaller than its part of a batch.
    """

    def __init__(self, pictures: Pictures, *, seed: int, device: torch.device) -> None:
        recipe, training, negatives = pictures.recipe, pictures.known, pictures.negatives
        self.recipe, self.seed, self.device = recipe, seed, device
        self.mean, self.std = pictures.mean, pictures.std
        self.negative_count = recipe.negatives_per_batch if negatives is not None or recipe.synthetic else 0
        self._real_count = self.negative_count - len(recipe.synthetic)
        self.known_count = recipe.batch_size - (self.negative_count if recipe.negatives_inside else 0)
        if training.labels is None:
            raise ValueError(f"{training.name} has no labels to learn")
        for part, need in ((training, self.known_count), (negatives, self._real_count)):
            if part is not None and len(part) < need:
                raise ValueError(f"{part.name} holds {len(part)} pictures, a batch needs {need}")
        # As uint8 a whole set fits into memory, or a GPU's: 150 MB of 50,000 pictures, a quarter of what floats take.
        # The labels stay with the processor, where pictures are chosen; 64 of them a step cost nothing to move.
        self._known = torch.from_numpy(training.pixels).to(device)
        self._labels = torch.from_numpy(training.labels)
        self._negatives = None if negatives is None else torch.from_numpy(negatives.pixels).to(device)
        self._resized: tuple[int, Tensor, Tensor | None] = (self._known.shape[1], self._known, self._negatives)
        # A shorter last batch would weigh its pictures more and give the norms fewer to count; they come next epoch.
        self.steps_per_epoch = len(training) // self.known_count
        self.steps = self.steps_per_epoch * recipe.epochs

    def size_at(self, step: int) -> int:
        """Return the side in pixels of the pictures of that step."""
        return next(size for size, share in self.recipe.sizes if step < share * self.steps)

    def at(self, step: int) -> Batch:
        """Return the batch of that step, 0 <= step < steps."""
        # Everything below is drawn from generators that (seed, what for, step) name: no step depends on the one before.
        size = self.size_at(step)
        known, negatives = self._at_size(size)
        epoch, place = divmod(step, self.steps_per_epoch)
        # An epoch's order is drawn whole and cut into steps, which is what shows every picture once.
        chosen = _order(self.seed, "known", epoch, len(known))[place * self.known_count :][: self.known_count]
        generator = generator_for(self.seed, "augmentation", step)
        # Padding and cutout were set for 32 x 32 and keep their share of the picture at other sizes.
        padding = round(self.recipe.padding * size / 32)
        parts = [crop_and_flip(known, chosen, padding, self.recipe.flip, generator)]
        if negatives is not None and self._real_count:
            others = self._negatives_at(step, len(negatives))
            parts.append(crop_and_flip(negatives, others, padding, self.recipe.flip, generator))
        # Made-up negatives are taken from uncropped pictures: what is put together anew needs no crop.
        if self.recipe.synthetic:
            parts.append(made_up(self.recipe.synthetic, known, generator_for(self.seed, "synthetic", step)))
        # A set of noise is normalised already and pictures are not, so each part is told apart before they are joined.
        images = torch.cat([normalised(part, self.mean, self.std) for part in parts])
        # After normalising, where the mean colour is 0; on the negatives too, or a blank square would tell them apart.
        if self.recipe.cutout:
            side = round(self.recipe.cutout * size / 32)
            images = cutout(images, side, generator_for(self.seed, "cutout", step))
        return Batch(images.contiguous(memory_format=torch.channels_last), self._labels[chosen].to(self.device))

    def _negatives_at(self, step: int, available: int) -> Int[Tensor, " n"]:
        # Positions in one endless row of shuffled cycles: every negative is shown once before any is shown twice.
        positions = range(step * self._real_count, (step + 1) * self._real_count)
        cycles = [divmod(position, available) for position in positions]
        return torch.stack([_order(self.seed, "negatives", cycle, available)[place] for cycle, place in cycles])

    def _at_size(self, size: int) -> tuple[Tensor, Tensor | None]:
        # Resized once a stage of the schedule: the smaller pictures then cost no more than they are worth.
        if self._resized[0] != size:
            negatives = None if self._negatives is None else resize(self._negatives, size)
            self._resized = (size, resize(self._known, size), negatives)
        return self._resized[1:]


# The orders in use: of the known pictures one an epoch, of the negatives two where a batch goes over a cycle's end.
@lru_cache(maxsize=4)
def _order(seed: int, stream: str, index: int, count: int) -> Int[Tensor, " count"]:
    return torch.randperm(count, generator=generator_for(seed, stream, index))
