"""Attention maps against numbers worked by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nat_core.measure.metrics import map_distances
from nat_core.network.attention import attention_map, normalised_map


def test_the_map_is_the_mean_square_over_channels() -> None:
    group = torch.tensor([[[[1.0, -2.0]], [[3.0, 0.0]], [[-1.0, 4.0]]]])
    torch.testing.assert_close(attention_map(group), torch.tensor([[[11 / 3, 20 / 3]]]))


def test_the_normalised_map_has_length_one_and_zero_stays_zero() -> None:
    groups = torch.zeros(2, 1, 1, 2)
    groups[0, 0, 0] = torch.tensor([3.0**0.5, 2.0])
    torch.testing.assert_close(normalised_map(groups), torch.tensor([[0.6, 0.8], [0.0, 0.0]]))


def test_maps_that_share_no_position_are_a_root_of_two_apart() -> None:
    first, second = np.array([[[1.0, 0.0]], [[1.0, 0.0]]]), np.array([[[0.0, 5.0]], [[0.0, 0.0]]])
    assert map_distances(first, second) == pytest.approx([2**0.5, 1.0])


@given(st.floats(0.01, 100), st.integers(0, 1000))
def test_distance_is_blind_to_scale_and_within_its_range(scale: float, seed: int) -> None:
    first, second = np.random.default_rng(seed).random((2, 4, 6, 6))
    distances = map_distances(first, second)
    assert ((distances >= 0) & (distances <= 2**0.5 + 1e-6)).all()
    np.testing.assert_allclose(map_distances(first * scale, second), distances, rtol=1e-9)


@given(st.integers(0, 1000))
def test_maps_lie_as_far_apart_as_attention_transfer_sees_them(seed: int) -> None:
    first, second = torch.randn(2, 3, 4, 6, 6, generator=torch.Generator().manual_seed(seed))
    expected = (normalised_map(first) - normalised_map(second)).norm(dim=1)
    maps = [attention_map(each).numpy() for each in (first, second)]
    np.testing.assert_allclose(map_distances(*maps), expected.numpy(), atol=1e-6)


def test_maps_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"maps of \(4, 4\) and \(2, 2\) cannot be compared"):
        map_distances(np.zeros((1, 4, 4)), np.zeros((1, 2, 2)))
