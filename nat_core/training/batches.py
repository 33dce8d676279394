"""Batches: image sets held in memory as uint8 become mixed, augmented, normalised batches; a batch is a pure function
of seed and step, so that a run resumed at any step sees the very pictures it would have seen."""

from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor
from torch.nn import functional

from nat_core.data.synthetic import made_up
from nat_core.network.models import Pixels, normalised
from nat_core.training.pictures import Pictures

QUARTER_TURNS = 4
"""How many ways a picture can be turned by quarters."""


class Batch(NamedTuple):
    """One step's pictures: those with labels first, the negatives after them, then those that are turned."""

    images: Float[Tensor, "n 3 h w"]
    """Normalised, channels_last in memory."""
    labels: Int[Tensor, " in_distribution"]
    turns: Int[Tensor, " rotated"] | None = None
    """By how many quarters each of the last pictures is turned, 0 to 3; None where there are none."""


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


MOST_ROUNDS = 4
"""How often a picture is mixed with another at most."""
_BETA = 3.0
"""How far the beta distributions of the mixing lie from even: the larger, the more of the picture stays."""


def pixmix(
    pixels: UInt8[Tensor, "n h w 3"],
    again: UInt8[Tensor, "n h w 3"],
    pictures: UInt8[Tensor, "count h w 3"],
    generator: torch.Generator,
) -> UInt8[Tensor, "n h w 3"]:
    """Return each picture mixed 0 to 4 times with one of `pictures` or with `again`, another crop of the same.

    Each time the two are added or multiplied (as geometric means are), by weights drawn anew from beta distributions.
    Source: Hendrycks et al. 2022, "PixMix", with beta 3 and k 4, without their colour operations in place of `again`.

    >>> grey = torch.full((2, 4, 4, 3), 128, dtype=torch.uint8)
    >>> pixmix(grey, grey, grey, torch.Generator().manual_seed(0)).shape
    torch.Size([2, 4, 4, 3])
    """
    count, device = len(pixels), pixels.device
    mixed, own = pixels.float() / 255, again.float() / 255
    rounds = torch.randint(MOST_ROUNDS + 1, (count,), generator=generator)
    for done in range(MOST_ROUNDS):
        drawn = torch.randint(len(pictures), (count,), generator=generator).to(device)
        foreign, multiplied, beyond = (torch.rand(3, count, generator=generator) < 0.5).to(device)[
            ..., None, None, None
        ]
        # Beta(3, 1) and Beta(1, 3) by their inverse distribution functions: torch's own draw from no generator.
        large, small, more = torch.rand(3, count, generator=generator).pow(1 / _BETA).to(device)[..., None, None, None]
        # Half of the time the other picture is taken away instead of added.
        ours = torch.where(beyond, 2 - more, large)
        theirs = torch.where(beyond, small - 1, 1 - small)
        other = torch.where(foreign, pictures[drawn].float() / 255, own)
        added = (ours * (2 * mixed - 1) + theirs * (2 * other - 1) + 1) / 2
        product = (2 * mixed).clamp_min(1e-6).pow(ours) * (2 * other).clamp_min(1e-6).pow(theirs) / 2
        now = (rounds > done).to(device)[:, None, None, None]
        mixed = torch.where(now, torch.where(multiplied, product, added).clamp(0, 1), mixed)
    return (mixed * 255).round().byte()


class Batches:
    """All batches of one training run.

    `at(step)` returns the batch of that step, `size_at(step)` its pictures' side in pixels; `steps` is their number
    (the last short batch of an epoch is dropped). In-distribution pictures are shuffled anew every epoch; negatives
    are shuffled and cycled without replacement. Raises ValueError where a set is smaller than its part of a batch.
    """

    def __init__(self, pictures: Pictures, *, seed: int, device: torch.device) -> None:
        recipe, training = pictures.recipe, pictures.known
        sources = [each for each in (pictures.negatives, *pictures.more_negatives) if each is not None]
        self.recipe, self.seed, self.device = recipe, seed, device
        self.mean, self.std = pictures.mean, pictures.std
        self.negative_count = recipe.negatives_per_batch if sources or recipe.synthetic else 0
        self._shares = _equal_shares(self.negative_count - len(recipe.synthetic), len(sources))
        self.known_count = recipe.batch_size - (self.negative_count if recipe.negatives_inside else 0)
        if training.labels is None:
            raise ValueError(f"{training.name} has no labels to learn")
        needs = (self.known_count, *self._shares, recipe.rotated_per_batch)
        for part, need in zip((training, *sources, training), needs, strict=True):
            if len(part) < need:
                raise ValueError(f"{part.name} holds {len(part)} pictures, a batch needs {need}")
        if pictures.mixed_with is not None:
            for part in (training, *sources, pictures.mixed_with):
                if part.pixels.dtype != np.uint8:
                    raise ValueError(f"{part.name} is noise, normalised already: mixed_with mixes pictures alone")
        # As uint8 a whole set fits into memory, or a GPU's: 150 MB of 50,000 pictures, a quarter of what floats take.
        # The labels stay with the processor, where pictures are chosen; 64 of them a step cost nothing to move.
        self._known = torch.from_numpy(training.pixels).to(device)
        self._labels = torch.from_numpy(training.labels)
        others = [*sources, *([pictures.mixed_with] if pictures.mixed_with else [])]
        self._others = [torch.from_numpy(each.pixels).to(device) for each in others]
        self._resized: tuple[int, Tensor, list[Tensor]] = (self._known.shape[1], self._known, self._others)
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
        known, others = self._at_size(size)
        epoch, place = divmod(step, self.steps_per_epoch)
        # An epoch's order is drawn whole and cut into steps, which is what shows every picture once.
        chosen = _order(self.seed, "known", epoch, len(known))[place * self.known_count :][: self.known_count]
        generator = generator_for(self.seed, "augmentation", step)
        # Padding and cutout were set for 32 x 32 and keep their share of the picture at other sizes.
        padding = round(self.recipe.padding * size / 32)
        drawn = [(known, chosen)]
        for place, (share, source) in enumerate(zip(self._shares, others, strict=False)):
            if share:
                drawn.append((source, self._negatives_at(step, place, share, len(source))))
        parts = [crop_and_flip(source, each, padding, self.recipe.flip, generator) for source, each in drawn]
        # On the negatives too, or the traces of mixing would tell them apart.
        if self.recipe.mixed_with:
            mixing = generator_for(self.seed, "mixing", step)
            again = [crop_and_flip(source, each, padding, self.recipe.flip, mixing) for source, each in drawn]
            parts = [pixmix(*each, others[-1], mixing) for each in zip(parts, again, strict=True)]
        # Made-up negatives are taken from uncropped pictures: what is put together anew needs no crop.
        if self.recipe.synthetic:
            parts.append(made_up(self.recipe.synthetic, known, generator_for(self.seed, "synthetic", step)))
        turns = None
        if self.recipe.rotated_per_batch:
            generator = generator_for(self.seed, "rotation", step)
            also = torch.randint(len(known), (self.recipe.rotated_per_batch,), generator=generator)
            turns = torch.randint(QUARTER_TURNS, also.shape, generator=generator)
            parts.append(turned(crop_and_flip(known, also, padding, self.recipe.flip, generator), turns))
        # A set of noise is normalised already and pictures are not, so each part is told apart before they are joined.
        images = torch.cat([normalised(part, self.mean, self.std) for part in parts])
        # After normalising, where the mean colour is 0; on the negatives too, or a blank square would tell them apart.
        if self.recipe.cutout:
            side = round(self.recipe.cutout * size / 32)
            images = cutout(images, side, generator_for(self.seed, "cutout", step))
        labels, turns = self._labels[chosen].to(self.device), None if turns is None else turns.to(self.device)
        return Batch(images.contiguous(memory_format=torch.channels_last), labels, turns)

    def _negatives_at(self, step: int, place: int, share: int, available: int) -> Int[Tensor, " n"]:
        # Positions in one endless row of shuffled cycles: every negative is shown once before any is shown twice.
        cycles = [divmod(position, available) for position in range(step * share, (step + 1) * share)]
        # Sets are shuffled apart; the first one's stream has the name it had before there could be more.
        stream = f"negatives {place}" if place else "negatives"
        return torch.stack([_order(self.seed, stream, cycle, available)[each] for cycle, each in cycles])

    def _at_size(self, size: int) -> tuple[Tensor, list[Tensor]]:
        # Resized once a stage of the schedule: the smaller pictures then cost no more than they are worth.
        if self._resized[0] != size:
            self._resized = (size, resize(self._known, size), [resize(each, size) for each in self._others])
        return self._resized[1:]


def turned(pixels: UInt8[Tensor, "n side side 3"], turns: Int[Tensor, " n"]) -> UInt8[Tensor, "n side side 3"]:
    """Return each square picture turned to the left by so many quarters, 0 to 3.

    >>> turned(torch.arange(12, dtype=torch.uint8).view(1, 2, 2, 3), torch.tensor([1]))[0, 0, 0].tolist()
    [3, 4, 5]
    """
    ways = torch.stack([pixels.rot90(quarters, (1, 2)) for quarters in range(QUARTER_TURNS)])
    return ways[turns.to(pixels.device), torch.arange(len(pixels), device=pixels.device)]


def _equal_shares(count: int, sources: int) -> list[int]:
    """So many negatives divided among their sets, the first ones taking what is left over."""
    return [count // sources + (place < count % sources) for place in range(sources)]


# The orders in use: of the known pictures one an epoch, of each set of negatives two where a batch goes over a
# cycle's end.
@lru_cache(maxsize=8)
def _order(seed: int, stream: str, index: int, count: int) -> Int[Tensor, " count"]:
    return torch.randperm(count, generator=generator_for(seed, stream, index))
