"""Crops against a padded copy, quarter turns, blank squares and mixing: each follows from a generator."""

import numpy as np
import torch
from torch.nn import functional

from nat_core.data.augmentation import blanked, cropped, draw_crops, draw_mixing, draw_squares, mixed, turned
from nat_core.training.batches import generator_for


def fake(count: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3)).astype(np.uint8))


def crop(pixels: torch.Tensor, chosen: list[int], padding: int, flip: bool, step: int = 0) -> torch.Tensor:
    drawn = draw_crops(len(chosen), 32, padding, flip, generator_for(0, "test", step))
    return cropped(pixels, torch.tensor(chosen), drawn)


def test_a_crop_is_a_window_of_the_reflected_picture_or_its_mirror() -> None:
    pixels = fake(1)
    padded = functional.pad(pixels.permute(0, 3, 1, 2).float(), (4, 4, 4, 4), mode="reflect")[0].byte().permute(1, 2, 0)
    windows = {padded[y : y + 32, x : x + 32].numpy().tobytes() for y in range(9) for x in range(9)}
    mirrored = {
        padded[y : y + 32, x : x + 32].flip(1).contiguous().numpy().tobytes() for y in range(9) for x in range(9)
    }
    seen = [crop(pixels, [0], 4, True, step)[0].numpy().tobytes() for step in range(200)]
    assert set(seen) <= windows | mirrored
    assert len(set(seen)) > 80
    assert set(seen) & mirrored
    straight = crop(pixels, [0], 4, False, 3)
    assert straight[0].numpy().tobytes() in windows


def test_without_padding_and_flip_a_crop_is_the_picture() -> None:
    pixels = fake(3)
    assert torch.equal(crop(pixels, [2, 0], 0, False), pixels[[2, 0]])


def test_pictures_are_turned_by_so_many_quarters() -> None:
    pixels = fake(4)
    shown = turned(pixels, torch.tensor([0, 1, 2, 3]))
    assert all(np.array_equal(shown[each], np.rot90(pixels[each], each)) for each in range(4))


def test_mixing_leaves_some_pictures_and_repeats_itself() -> None:
    pixels, again, others = (fake(200, seed) for seed in (0, 1, 2))
    drawn = draw_mixing(200, 200, generator_for(0, "mixing", 0))
    found = mixed(pixels, again, others, drawn)
    assert torch.equal(found, mixed(pixels, again, others, draw_mixing(200, 200, generator_for(0, "mixing", 0))))
    same = (found == pixels).flatten(1).all(1).float().mean()
    assert 0.1 < same < 0.3  # one of five is mixed 0 times
    # What was mixed still resembles the picture: of independent noise the correlation would be 0.
    moved = (found != pixels).flatten(1).any(1)
    pair = torch.stack([pixels[moved].flatten().float(), found[moved].flatten().float()])
    assert 0.2 < torch.corrcoef(pair)[0, 1] < 0.95


def test_mixing_a_colour_with_itself_by_adding_leaves_middle_grey() -> None:
    """2 x - 1 is 0 of middle grey, and a product of ones is one: neither kind of mixing moves it."""
    grey = torch.full((50, 4, 4, 3), 128, dtype=torch.uint8)
    assert (mixed(grey, grey, grey, draw_mixing(50, 50, generator_for(0, "mixing", 0))).int() - 128).abs().max() <= 3


def test_a_square_around_a_pixel_is_blanked() -> None:
    squares = draw_squares(50, (16, 16), 8, torch.Generator().manual_seed(0))
    blank = (blanked(torch.ones(50, 3, 16, 16), squares) == 0).sum((1, 2, 3)) // 3
    assert blank.max() == 64
    assert blank.min() >= 16  # a corner: a quarter of the square
