"""Attention maps against numbers worked by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nat_core.network.attention import attention_map, level_distance, normalised_map


def test_the_map_is_the_mean_square_over_channels() -> None:
    group = torch.tensor([[[[1.0, -2.0]], [[3.0, 0.0]], [[-1.0, 4.0]]]])
    torch.testing.assert_close(attention_map(group), torch.tensor([[[11 / 3, 20 / 3]]]))


def test_the_normalised_map_has_length_one_and_zero_stays_zero() -> None:
    groups = torch.zeros(2, 1, 1, 2)
    groups[0, 0, 0] = torch.tensor([3.0**0.5, 2.0])
    torch.testing.assert_close(normalised_map(groups), torch.tensor([[0.6, 0.8], [0.0, 0.0]]))


def test_maps_that_share_no_position_are_a_root_of_two_apart() -> None:
    first, second = torch.tensor([[[[1.0, 0.0]]]]), torch.tensor([[[[0.0, 5.0]]]])
    assert level_distance(first, second).item() == pytest.approx(2**0.5, rel=1e-6)


@given(st.floats(0.01, 100), st.integers(0, 1000))
def test_distance_is_blind_to_scale_and_within_its_range(scale: float, seed: int) -> None:
    first, second = torch.randn(2, 3, 4, 6, 6, generator=torch.Generator().manual_seed(seed))
    distance = level_distance(first, second)
    assert ((distance >= 0) & (distance <= 2**0.5 + 1e-6)).all()
    torch.testing.assert_close(level_distance(first * scale, second), distance, rtol=1e-3, atol=1e-4)


def test_maps_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        level_distance(torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 2, 2))
