"""Batches: normalising, shuffling, cycling, and the same pictures for the same step."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from nat_core.data.augmentation import mapped
from nat_core.data.sources.image_sets import ImageSet
from nat_core.network.models import normalise
from nat_core.recipes import Recipe
from nat_core.training.batches import Batches, resize
from nat_core.training.pictures import TrainingPictures
from tests.present import present

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)
RECIPE = Recipe("fake", "wrn10_1", negatives="cifar100_train", epochs=2, batch_size=4, negatives_per_batch=3,
                sizes=((16, 0.5), (32, 1.0)))  # fmt: skip


def fake(count: int, labels: bool = True, seed: int = 0) -> ImageSet:
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3)).astype(np.uint8)
    numbers = np.arange(count, dtype=np.int64) if labels else None
    return ImageSet("fake", pixels, tuple(map(str, range(count))), numbers)


def batches(recipe: Recipe = RECIPE, seed: int = 0, known: int = 10, negatives: int = 5) -> Batches:
    others = fake(negatives, labels=False, seed=1)
    return Batches(TrainingPictures(recipe, fake(known), (others,)), seed=seed, device=torch.device("cpu"))


def test_normalise_is_the_formula_and_channels_last() -> None:
    pixels = torch.randint(0, 256, (2, 5, 4, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    images = normalise(pixels, MEAN, STD)
    expected = (pixels.permute(0, 3, 1, 2) / 255 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
    torch.testing.assert_close(images, expected, rtol=1e-5, atol=1e-5)
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_resize_keeps_flat_colours_and_leaves_the_right_size_alone() -> None:
    flat = torch.full((2, 32, 32, 3), 77, dtype=torch.uint8)
    assert torch.equal(resize(flat, 24), torch.full((2, 24, 24, 3), 77, dtype=torch.uint8))
    assert resize(flat, 32) is flat


def test_an_epoch_shows_every_picture_once_and_drops_the_short_batch() -> None:
    every = batches(known=12)
    assert (every.steps_per_epoch, every.steps) == (3, 6)
    first, second = (
        [label for step in epoch for label in every.at(step).labels.tolist()] for epoch in ((0, 1, 2), (3, 4, 5))
    )
    assert sorted(first) == sorted(second) == list(range(12))
    assert first != second
    assert batches(known=10).steps_per_epoch == 2


def test_negatives_cycle_without_replacement() -> None:
    plain = replace(RECIPE, padding=0, flip=False, cutout=0, sizes=((32, 1.0),), epochs=3)
    every = batches(plain, negatives=5)
    own = normalise(torch.from_numpy(fake(5, labels=False, seed=1).pixels), every.mean, every.std)
    shown = [image for step in range(5) for image in every.at(step).images[-plain.negatives_per_batch :]]
    order = [int((own - image).abs().amax((1, 2, 3)).argmin()) for image in shown]
    assert len(order) == 15
    for start in (0, 5, 10):
        assert sorted(order[start : start + 5]) == [0, 1, 2, 3, 4]


def test_negatives_stand_beside_or_inside_the_batch() -> None:
    beside = batches().at(0)
    inside = batches(replace(RECIPE, negatives_inside=True)).at(0)
    assert (len(beside.labels), len(beside.images)) == (4, 7)
    assert (len(inside.labels), len(inside.images)) == (1, 4)


def test_a_batch_follows_from_seed_and_step_alone() -> None:
    one, two = batches(), batches()
    for step in (3, 0, 2):
        two.at(step)
    assert torch.equal(one.at(1).images, two.at(1).images)
    assert torch.equal(one.at(1).labels, two.at(1).labels)
    assert not torch.equal(one.at(1).images, batches(seed=1).at(1).images)


def test_pictures_grow_when_the_schedule_says() -> None:
    every = batches()
    assert [every.at(step).images.shape[-1] for step in range(every.steps)] == [16, 16, 32, 32]


def test_a_set_smaller_than_its_part_of_a_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="holds 3 pictures, a batch needs 4"):
        batches(known=3)
    with pytest.raises(ValueError, match="holds 2 pictures, a batch needs 3"):
        batches(negatives=2)


def test_two_sources_share_the_negatives_of_a_step_and_leave_the_first_as_it_was() -> None:
    """Of three negatives the first set gives two; each cycles by itself."""
    recipe = replace(RECIPE, more_negatives=("ilsvrc",), sizes=((32, 1.0),), padding=0, flip=False)
    grey, white = (replace_pixels(fake(5, labels=False), value) for value in (100, 255))
    pictures = TrainingPictures(recipe, fake(10), (grey, white))
    both = Batches(pictures, seed=0, device=torch.device("cpu"))
    shown = [normalise_back(both.at(step).images[4:], pictures) for step in range(2)]
    assert [[int(each.flatten()[0]) for each in step] for step in shown] == [[100, 100, 255]] * 2
    alone = replace(recipe, more_negatives=(), negatives_per_batch=2)
    first = Batches(
        TrainingPictures(alone, fake(10), (fake(5, labels=False, seed=1),)), seed=0, device=torch.device("cpu")
    )
    mixed = Batches(
        TrainingPictures(recipe, fake(10), (fake(5, labels=False, seed=1), white)), seed=0,
        device=torch.device("cpu"),
    )  # fmt: skip
    assert torch.equal(first.at(1).images[4:], mixed.at(1).images[4:6])


def replace_pixels(images: ImageSet, value: int) -> ImageSet:
    return ImageSet(images.name, np.full_like(images.pixels, value), images.ids)


def normalise_back(images: torch.Tensor, pictures: TrainingPictures) -> torch.Tensor:
    mean, std = (torch.tensor(each).view(3, 1, 1) for each in (pictures.mean, pictures.std))
    return ((images * std + mean) * 255).round()


def test_a_step_with_rotation_shows_turned_pictures_last_and_says_how_far() -> None:
    recipe = replace(RECIPE, rotated_per_batch=6, sizes=((32, 1.0),), padding=0, flip=False)
    batch = batches(recipe).at(0)
    turns = present(batch.turns)
    assert (len(batch.images), len(batch.labels), turns.shape) == (4 + 3 + 6, 4, (6,))
    known = fake(10)
    back = normalise_back(batch.images[7:], TrainingPictures(recipe, known)).byte().permute(0, 2, 3, 1)
    originals = {each.tobytes() for each in known.pixels}
    quarters = [np.rot90(each, -int(turn)).tobytes() for each, turn in zip(back.numpy(), turns, strict=True)]
    assert set(quarters) <= originals
    assert torch.equal(batches(recipe).at(3).images[:7], batches(replace(recipe, rotated_per_batch=0)).at(3).images)


def test_noise_that_is_normalised_already_is_mixed_with_nothing() -> None:
    noise = ImageSet("noise_train", np.zeros((5, 32, 32, 3), np.float32), tuple("abcde"))
    recipe = replace(RECIPE, mixed_with="cifar100_train")
    with pytest.raises(ValueError, match="noise_train is noise, normalised already"):
        Batches(TrainingPictures(recipe, fake(10), (noise,), fake(5)), seed=0, device=torch.device("cpu"))


SWITCHES: dict[str, dict] = {
    "plain": {},
    "square blanked": {"cutout": 16},
    "made up": {"synthetic": ("patch_shuffled", "blends", "blobs")},
    "noise too": {"more_negatives": ("noise_train",)},
    "turned": {"rotated_per_batch": 5},
    "mixed": {"mixed_with": "cifar100_train", "more_negatives": ("ilsvrc",)},
}


def pictures_with(switch: str) -> TrainingPictures:
    """What a recipe with that switch learns from: ten pictures, nine negatives, and whatever else it names."""
    recipe = replace(RECIPE, negatives_per_batch=6, **SWITCHES[switch])
    noise = np.random.default_rng(4).normal(size=(9, 32, 32, 3)).astype(np.float32)
    more = {"noise_train": ImageSet("noise_train", noise, tuple("abcdefghi")), "ilsvrc": fake(8, labels=False, seed=3)}
    return TrainingPictures(
        recipe, fake(10), (fake(9, labels=False, seed=1), *(more[name] for name in recipe.more_negatives)),
        fake(7, labels=False, seed=2) if recipe.mixed_with else None,
    )  # fmt: skip


@pytest.mark.parametrize("switch", SWITCHES)
def test_one_pool_of_all_pictures_gives_the_very_batches(switch: str) -> None:
    """On a GPU all sets of uint8 lie in one row; the pictures shown do not tell."""
    pictures, device = pictures_with(switch), torch.device("cpu")
    apart, together = (Batches(pictures, seed=0, device=device, one_pool=each) for each in (False, True))
    for step in range(apart.steps):
        theirs, ours = apart.at(step), together.at(step)
        assert torch.equal(theirs.images, ours.images)
        assert torch.equal(theirs.labels, ours.labels)


@pytest.mark.parametrize("switch", SWITCHES)
def test_all_draws_of_one_size_have_the_same_shapes(switch: str) -> None:
    """So that the draws of many steps lie in one table."""
    every = Batches(pictures_with(switch), seed=0, device=torch.device("cpu"))
    shapes = [[tuple(each.shape) for each in tensors_of(every.draw(step))] for step in range(every.steps)]
    assert shapes[0] == shapes[1]
    assert shapes[2] == shapes[3]
    assert shapes[1] != shapes[2]  # another size


def tensors_of(drawn: tuple) -> list[torch.Tensor]:
    found: list[torch.Tensor] = []
    mapped(lambda each: found.append(each) or each, drawn)
    return found
