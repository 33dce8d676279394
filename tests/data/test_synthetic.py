"""Synthetic negatives: what they keep of their pictures, and the same ones from the same generator."""

import numpy as np
import pytest
import torch

from nat_core.data.sets import load_set, noise
from nat_core.data.sources.image_sets import ImageSet
from nat_core.data.synthetic import SYNTHETICS, blends, blobs, made_up, patch_shuffled
from nat_core.recipes import SYNTHETIC, Recipe
from nat_core.training.batches import Batches, generator_for, resize
from nat_core.training.pictures import TrainingPictures

PIXELS = torch.randint(0, 256, (6, 16, 16, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def generator(index: int = 0) -> torch.Generator:
    return generator_for(0, "test", index)


def patches(picture: torch.Tensor) -> list[bytes]:
    return sorted(picture[y : y + 4, x : x + 4].numpy().tobytes() for y in range(0, 16, 4) for x in range(0, 16, 4))


def test_shuffled_pictures_keep_their_patches_and_lose_their_order() -> None:
    shuffled = patch_shuffled(PIXELS, generator())
    for before, after in zip(PIXELS, shuffled, strict=True):
        assert patches(before) == patches(after)
        assert not torch.equal(before, after)
    with pytest.raises(ValueError, match="divisible by 4"):
        patch_shuffled(PIXELS[:, :15, :15], generator())


def test_a_blend_is_the_mean_of_two_different_pictures() -> None:
    blended = blends(PIXELS, generator())
    pairs = [((a.int() + b.int()) // 2).byte() for i, a in enumerate(PIXELS) for j, b in enumerate(PIXELS) if i != j]
    assert all(any(torch.equal(each, pair) for pair in pairs) for each in blended)


def test_blobs_are_black_or_bright_and_smooth() -> None:
    drawn = blobs(PIXELS, generator())
    assert drawn.shape == PIXELS.shape
    assert drawn[drawn > 0].min() >= 191  # .75 of 255
    assert 0.05 < (drawn == 0).float().mean() < 0.95


def test_one_for_each_name_and_unknown_kinds_are_named() -> None:
    assert tuple(SYNTHETICS) == SYNTHETIC
    both = made_up(("blobs", "blends", "blobs"), PIXELS, generator())
    assert both.shape == (3, 16, 16, 3)
    assert torch.equal(both, made_up(("blobs", "blends", "blobs"), PIXELS, generator()))
    with pytest.raises(ValueError, match=r"'dreams'.*known: patch_shuffled, blends, blobs"):
        made_up(("dreams",), PIXELS, generator())


def test_normalised_noise_goes_through_a_batch_as_it_is() -> None:
    drawn = noise(count=40)
    assert resize(torch.from_numpy(drawn.pixels), 16).std() == pytest.approx(1, abs=0.02)
    known = ImageSet("known", np.zeros((6, 32, 32, 3), np.uint8), tuple("abcdef"), np.arange(6))
    recipe = Recipe(
        "r", "wrn10_1", negatives="noise_train", batch_size=4, negatives_per_batch=8, epochs=1, flip=False,
        padding=0, sizes=((16, 1.0),),
    )  # fmt: skip
    batches = Batches(TrainingPictures(recipe, known, (drawn,)), seed=0, device=torch.device("cpu"))
    assert batches.size_at(0) == 16
    negatives = batches.at(0).images[4:].permute(0, 2, 3, 1)
    pool = torch.from_numpy(drawn.pixels)[:, :16, :16]
    assert all(any(torch.equal(each, one) for one in pool) for each in negatives)


def test_noise_in_pixels_by_name() -> None:
    uniform, normal = load_set("noise_uniform").pixels, load_set("noise_normal").pixels
    assert uniform.mean() == pytest.approx(127.5, abs=0.1)
    assert uniform.std() == pytest.approx(73.9, abs=0.1)
    assert normal.std() == pytest.approx(0.9594 * 63.75, abs=0.1)  # a normal clipped at 2 deviations has .9594
