"""Batches: image sets held in memory as uint8 become mixed, augmented, normalised batches; a batch is a pure function
of seed and step, so that a run resumed at any step sees the very pictures it would have seen.

What chance chooses is drawn on the processor (`Batches.draw`), and shown where the pictures lie (`Batches.shown`).
"""

from collections.abc import Sequence
from functools import lru_cache, partial
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor
from torch.nn import functional

from nat_core.data.augmentation import (
    QUARTER_TURNS,
    Crops,
    Mixing,
    Squares,
    blanked,
    cropped,
    draw_crops,
    draw_mixing,
    draw_squares,
    mapped,
    mixed,
    turned,
)
from nat_core.data.synthetic import made_up
from nat_core.network.models import Pixels, scale_and_shift, scaled
from nat_core.training.pictures import TrainingPictures


class Batch(NamedTuple):
    """One step's pictures: those with labels first, the negatives after them, then those that are turned."""

    images: Float[Tensor, "n 3 h w"]
    """Normalised, channels_last in memory."""
    labels: Int[Tensor, " in_distribution"]
    turns: Int[Tensor, " rotated"] | None = None
    """By how many quarters each of the last pictures is turned, 0 to 3; None where there are none."""


class Draws(NamedTuple):
    """What chance chose for one step: small tensors, of the same shapes for all steps of one size of pictures."""

    labels: Int[Tensor, " in_distribution"]
    chosen: Int[Tensor, " cropped"]
    """Where each picture lies among all; made-up ones are not among them."""
    crops: Crops
    again: Crops | None
    """Other crops of the same pictures, to mix them with; None where nothing is mixed."""
    mixing: Mixing | None
    made: UInt8[Tensor, "k h w 3"] | None
    """Made-up negatives."""
    turns: Int[Tensor, " rotated"] | None
    squares: Squares | None


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


class ImageSets:
    """The pixels of a run's image sets, at one size at a time: on the processor, and in pools where they are shown."""

    def __init__(self, sets: Sequence[Pixels], device: torch.device, one_pool: bool) -> None:
        """`sets` lie on the processor, the known pictures first; `one_pool` lays sets of one kind side by side."""
        # As uint8 a whole set fits into memory, or a GPU's: 150 MB of 50,000 pictures, a quarter of what floats take.
        self._sets, self._device = sets, device
        self.counts = [len(each) for each in sets]
        self.pools: list[int] = []
        """In which pool each set lies."""
        self.starts: list[int] = []
        """Where in its pool each set begins."""
        self._members: list[list[int]] = []
        for place, each in enumerate(sets):
            alike = [pool for pool, them in enumerate(self._members) if one_pool and sets[them[0]].dtype == each.dtype]
            if not alike:
                self._members.append([])
            pool = alike[0] if alike else len(self._members) - 1
            self.pools.append(pool)
            self.starts.append(sum(self.counts[member] for member in self._members[pool]))
            self._members[pool].append(place)
        self._known: tuple[int, Tensor] = (sets[0].shape[1], sets[0])
        self.at_size: tuple[int, list[Tensor]] = (0, [])

    def known_at(self, size: int) -> Pixels:
        """Return the known pictures at that size, on the processor."""
        if self._known[0] != size:
            self._known = (size, resize(self._sets[0], size))
        return self._known[1]

    def pools_at(self, size: int) -> list[Tensor]:
        """Return the pools at that size, on the device."""
        # Resized once a stage of the schedule: the smaller pictures then cost no more than they are worth. On the
        # processor, since a GPU would round some pixels otherwise; the old pools go before the new ones come.
        if self.at_size[0] != size:
            self.at_size = (0, [])
            sets = [resize(each, size) for each in self._sets]
            pools = [[sets[member] for member in members] for members in self._members]
            whole = [torch.cat(them) if len(them) > 1 else them[0] for them in pools]
            self.at_size = (size, [each.to(self._device) for each in whole])
        return self.at_size[1]


class Batches:
    """All batches of one training run.

    `at(step)` returns the batch of that step, `size_at(step)` its pictures' side in pixels; `steps` is their number
    (the last short batch of an epoch is dropped). In-distribution pictures are shuffled anew every epoch; negatives
    are shuffled and cycled without replacement. Raises ValueError where a set is smaller than its part of a batch.
    """

    def __init__(
        self, pictures: TrainingPictures, *, seed: int, device: torch.device, one_pool: bool | None = None
    ) -> None:  # fmt: skip
        """`one_pool` shows all uint8 pictures by one gather, as is done on a GPU; on a processor it gains nothing."""
        recipe, training, sources = pictures.recipe, pictures.known, pictures.negatives
        self.recipe, self.seed, self.device = recipe, seed, device
        self.mean, self.std = pictures.mean, pictures.std
        self.negative_count = recipe.negatives_per_batch if sources or recipe.synthetic else 0
        shares = _equal_shares(self.negative_count - len(recipe.synthetic), len(sources))
        self.known_count = recipe.batch_size - (self.negative_count if recipe.negatives_inside else 0)
        if training.labels is None:
            raise ValueError(f"{training.name} has no labels to learn")
        needs = (self.known_count, *shares, recipe.rotated_per_batch)
        for part, need in zip((training, *sources, training), needs, strict=True):
            if len(part) < need:
                raise ValueError(f"{part.name} holds {len(part)} pictures, a batch needs {need}")
        if pictures.mixed_with is not None:
            for part in (training, *sources, pictures.mixed_with):
                if part.pixels.dtype != np.uint8:
                    raise ValueError(f"{part.name} is noise, normalised already: mixed_with mixes pictures alone")
        self._labels = torch.from_numpy(training.labels)
        sets = [training, *sources, *([pictures.mixed_with] if pictures.mixed_with else [])]
        one_pool = device.type != "cpu" if one_pool is None else one_pool
        self.sets = ImageSets([torch.from_numpy(each.pixels) for each in sets], device, one_pool)
        # What a step shows of which set: of the known pictures, and of each set of negatives.
        self._parts = [(0, self.known_count), *((place, share) for place, share in enumerate(shares, 1) if share)]
        self.scale, self.shift = scale_and_shift(self.mean, self.std, device)
        # An instance's own: runs side by side in one process would push each other's orders out. Of the known pictures
        # one is in use at a time, of each set of negatives two where a batch goes over a cycle's end.
        self._order = lru_cache(maxsize=2 + 2 * len(sources))(partial(_order, seed))
        # A shorter last batch would weigh its pictures more and give the norms fewer to count; they come next epoch.
        self.steps_per_epoch = len(training) // self.known_count
        self.steps = self.steps_per_epoch * recipe.epochs

    def size_at(self, step: int) -> int:
        """Return the side in pixels of the pictures of that step."""
        return next(size for size, share in self.recipe.sizes if step < share * self.steps)

    def at(self, step: int) -> Batch:
        """Return the batch of that step, 0 <= step < steps."""
        draws = self.draw(step)
        return self.shown(draws if self.device.type == "cpu" else mapped(lambda part: part.to(self.device), draws))

    # --- drawn on the processor --------------------------------------------------------------------------------------

    def draw(self, step: int) -> Draws:
        """Return what chance chooses for that step, on the processor."""
        # Everything below is drawn from generators that (seed, what for, step) name: no step depends on the one before.
        recipe, size, starts = self.recipe, self.size_at(step), self.sets.starts
        chosen = [self._chosen(step, place, share) for place, share in self._parts]
        places = [each + starts[place] for each, (place, _) in zip(chosen, self._parts, strict=True)]
        crops = self._crops(chosen, size, generator_for(self.seed, "augmentation", step))
        again = mixing = made = turns = squares = None
        if recipe.mixed_with:
            again, mixing = self._draw_mixing(chosen, size, generator_for(self.seed, "mixing", step))
        # Made-up negatives are taken from uncropped pictures: what is put together anew needs no crop.
        if recipe.synthetic:
            generator = generator_for(self.seed, "synthetic", step)
            made = made_up(recipe.synthetic, self.sets.known_at(size), generator)
        if recipe.rotated_per_batch:
            generator = generator_for(self.seed, "rotation", step)
            places.append(torch.randint(self.sets.counts[0], (recipe.rotated_per_batch,), generator=generator))
            turns = torch.randint(QUARTER_TURNS, places[-1].shape, generator=generator)
            crops += self._crops(places[-1:], size, generator)
        if recipe.cutout:
            count, generator = sum(map(len, places)) + len(recipe.synthetic), generator_for(self.seed, "cutout", step)
            squares = draw_squares(count, (size, size), round(recipe.cutout * size / 32), generator)
        return Draws(self._labels[chosen[0]], joined(places), joined(crops), again, mixing, made, turns, squares)

    def _chosen(self, step: int, place: int, share: int) -> Int[Tensor, " n"]:
        """Which pictures of a set the step shows."""
        available = self.sets.counts[place]
        if not place:
            epoch, done = divmod(step, self.steps_per_epoch)
            # An epoch's order is drawn whole and cut into steps, which is what shows every picture once.
            return self._order("known", epoch, available)[done * share :][:share]
        # Positions in one endless row of shuffled cycles: every negative is shown once before any is shown twice.
        cycles = [divmod(position, available) for position in range(step * share, (step + 1) * share)]
        # Sets are shuffled apart; the first one's stream has the name it had before there could be more.
        stream = f"negatives {place - 1}" if place > 1 else "negatives"
        return torch.stack([self._order(stream, cycle, available)[each] for cycle, each in cycles])

    def _crops(self, chosen: Sequence[Tensor], size: int, generator: torch.Generator) -> list[Crops]:
        # Padding and cutout were set for 32 x 32 and keep their share of the picture at other sizes.
        padding = round(self.recipe.padding * size / 32)
        return [draw_crops(len(each), size, padding, self.recipe.flip, generator) for each in chosen]

    def _draw_mixing(self, chosen: Sequence[Tensor], size: int, generator: torch.Generator) -> tuple[Crops, Mixing]:
        again = joined(self._crops(chosen, size, generator))
        mixing = joined([draw_mixing(len(each), self.sets.counts[-1], generator) for each in chosen])
        return again, mixing._replace(others=mixing.others + self.sets.starts[-1])

    # --- shown on the device -----------------------------------------------------------------------------------------

    def shown(self, draws: Draws) -> Batch:
        """Return the batch that was drawn; `draws` lie on the device, which nothing here waits for."""
        pools = self.sets.pools_at(draws.crops.rows.shape[1])
        parts, start = [], 0
        for pool, count in self._gathers():
            here = slice(start, start + count)
            start += count
            part = cropped(pools[pool], draws.chosen[here], _cut(draws.crops, here))
            # On the negatives too, or the traces of mixing would tell them apart.
            if draws.mixing is not None:
                again = cropped(pools[pool], draws.chosen[here], _cut(draws.again, here))
                part = mixed(part, again, pools[self.sets.pools[-1]], _cut(draws.mixing, here))
            parts.append(part)
        if draws.made is not None:
            parts.append(draws.made)
        if draws.turns is not None:
            rest = slice(start, None)
            parts.append(turned(cropped(pools[0], draws.chosen[rest], _cut(draws.crops, rest)), draws.turns))
        # A set of noise is normalised already and pictures are not, so each part is told apart before they are joined.
        images = joined([self._normalised(part) for part in parts])
        # After normalising, where the mean colour is 0; on the negatives too, or a blank square would tell them apart.
        if draws.squares is not None:
            images = blanked(images, draws.squares)
        return Batch(images.contiguous(memory_format=torch.channels_last), draws.labels, draws.turns)

    def _gathers(self) -> list[tuple[int, int]]:
        """From which pool how many pictures are taken, neighbours from one pool at once."""
        gathers: list[tuple[int, int]] = []
        for place, count in self._parts:
            pool = self.sets.pools[place]
            before = gathers.pop()[1] if gathers and gathers[-1][0] == pool else 0
            gathers.append((pool, before + count))
        return gathers

    def _normalised(self, part: Pixels) -> Float[Tensor, "n 3 h w"]:
        return scaled(part, self.scale, self.shift) if part.dtype == torch.uint8 else part.permute(0, 3, 1, 2)


def joined(parts: Sequence[Any]) -> Any:
    """Return what was drawn for several parts of a batch as one.

    >>> joined([Crops(torch.zeros(1, 4), torch.zeros(1, 4)), Crops(torch.zeros(2, 4), torch.zeros(2, 4))]).rows.shape
    torch.Size([3, 4])
    """
    # One part is not copied only to be the same again.
    return parts[0] if len(parts) == 1 else mapped(lambda *each: torch.cat(each), *parts)


def _cut(drawn: Any, here: slice) -> Any:
    return mapped(lambda part: part[here], drawn)


def _equal_shares(count: int, sources: int) -> list[int]:
    """So many negatives divided among their sets, the first ones taking what is left over."""
    return [count // sources + (place < count % sources) for place in range(sources)]


def _order(seed: int, stream: str, index: int, count: int) -> Int[Tensor, " count"]:
    return torch.randperm(count, generator=generator_for(seed, stream, index))
