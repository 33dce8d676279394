"""Inference: batches do not matter, maps are the groups' mean squares, pixels are normalised as in training."""

import numpy as np
import pytest
import torch

from nat_core.data.sources.image_sets import ImageSet
from nat_core.network.inference import Network, choose_device, features, frozen, predict, predict_with_maps
from nat_core.network.models import build, normalise
from tests.present import present

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)


def network() -> Network:
    return Network("net", frozen(build("wrn10_1", 4, seed=0), torch.device("cpu")), tuple("abcd"), MEAN, STD)


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3)).astype(np.uint8)


def test_predictions_are_the_networks_own_whatever_the_batch() -> None:
    ours, pixels = network(), pictures(7)
    with torch.inference_mode():
        expected = ours.model(normalise(torch.from_numpy(pixels), MEAN, STD)).logits.numpy()
    for batch_size in (2, 7, 100):
        np.testing.assert_allclose(predict(ours, pixels, batch_size=batch_size).logits, expected, rtol=1e-4, atol=1e-5)


def test_pictures_already_normalised_are_taken_as_they_are() -> None:
    ours, pixels = network(), pictures(3)
    values = ((pixels / 255 - np.array(MEAN)) / np.array(STD)).astype(np.float32)
    np.testing.assert_allclose(predict(ours, values).logits, predict(ours, pixels).logits, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int32, np.int64])
def test_whole_numbers_of_any_type_are_the_same_pictures(kind: type) -> None:
    ours, pixels = network(), pictures(2) // 2  # int8 ends at 127
    found = predict(ours, pixels.astype(kind))
    assert (found.logits == predict(ours, pixels).logits).all()
    assert found.ids == predict(ours, pixels).ids


def test_an_image_set_is_taken_wherever_pixels_are() -> None:
    ours, pixels = network(), pictures(3)
    images = ImageSet("three", pixels, ("a", "b", "c"), np.array([2, -1, 0]), ("x", "y", "z"))
    for found in (predict(ours, images), predict_with_maps(ours, images)[0]):
        assert (found.set_name, found.ids, present(found.labels).tolist()) == ("three", ("a", "b", "c"), [2, -1, 0])
    assert (features(ours, images) == features(ours, pixels)).all()
    assert present(predict(ours, images, labels=[1, 1, 1]).labels).tolist() == [1, 1, 1]


def test_a_device_of_pytorchs_own_is_taken() -> None:
    assert choose_device(torch.device("cpu")) == torch.device("cpu")
    with pytest.raises(ValueError, match="no meta device that PyTorch can use"):
        choose_device(torch.device("meta"))


def test_maps_are_the_mean_squares_of_the_three_levels() -> None:
    ours, pixels = network(), pictures(5)
    predictions, maps = predict_with_maps(ours, pixels, name="five", ids=tuple("vwxyz"), batch_size=2)
    with torch.inference_mode():
        groups = ours.model(normalise(torch.from_numpy(pixels), MEAN, STD)).groups
    assert {level: values.shape for level, values in maps.items()} == {
        "low": (5, 32, 32), "middle": (5, 16, 16), "high": (5, 8, 8),
    }  # fmt: skip
    for values, group in zip(maps.values(), groups, strict=True):
        np.testing.assert_allclose(values, (group.numpy() ** 2).mean(1), rtol=1e-3, atol=1e-4)
    assert predictions.ids == tuple("vwxyz")
    np.testing.assert_allclose(predictions.logits, predict(ours, pixels).logits, rtol=1e-4, atol=1e-5)


def test_ids_follow_from_the_pixels_where_none_are_given() -> None:
    pixels = pictures(3)[[0, 1, 0]]
    ids = predict(network(), pixels).ids
    assert ids[0] == ids[2] != ids[1]


def test_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="no picture"):
        predict(network(), pictures(0))


def test_an_unknown_or_absent_device_is_refused() -> None:
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(ValueError, match="'gpu'; known: auto, cpu, cuda, mps"):
        choose_device("gpu")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="no cuda device"):
            choose_device("cuda")
