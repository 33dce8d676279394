"""The convolution on one strip against the library's own, number by number."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from torch import nn
from torch.nn import functional

from nat_core.network import models
from nat_core.network.models import Convolution, build, in_one_strip


@settings(deadline=None)
@given(some.integers(1, 7), some.integers(1, 6), some.integers(1, 6), some.integers(1, 3), some.integers(0, 9))
def test_a_strip_gives_the_numbers_and_gradients_of_picture_by_picture(
    count: int, height: int, width: int, stride: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(count, 3, height, width, dtype=torch.double, generator=generator, requires_grad=True)
    weight = torch.randn(4, 3, 3, 3, dtype=torch.double, generator=generator, requires_grad=True)
    expected = functional.conv2d(features, weight, stride=stride, padding=1)
    found = in_one_strip(features, weight, stride)
    torch.testing.assert_close(found, expected)
    slope = torch.randn(expected.shape, dtype=torch.double, generator=generator)
    ours = torch.autograd.grad(found, (features, weight), slope)
    theirs = torch.autograd.grad(expected, (features, weight), slope)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other)


@pytest.fixture
def strips(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The shapes of what goes through a strip from now on."""
    shapes: list[tuple[int, ...]] = []

    def counted(features: torch.Tensor, *others: Any) -> torch.Tensor:
        shapes.append(tuple(features.shape))
        return in_one_strip(features, *others)

    monkeypatch.setattr(models, "in_one_strip", counted)
    return shapes


def test_resnet18_uses_strips_in_bfloat16_and_answers_the_same(
    strips: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build("resnet18", 10, seed=0).to(memory_format=torch.channels_last).train()
    images = torch.randn(4, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        ours = model(images).logits.float()
    assert strips == [(4, 256, 6, 6)] * 4 + [(4, 512, 3, 3)] * 3
    monkeypatch.setattr(Convolution, "forward", nn.Conv2d.forward)
    with torch.autocast("cpu", torch.bfloat16):
        theirs = model(images).logits.float()
    torch.testing.assert_close(ours, theirs, atol=0.02, rtol=0.02)


def test_float32_and_shallow_networks_take_no_strip(strips: list[tuple[int, ...]]) -> None:
    build("resnet18", 10)(torch.zeros(2, 3, 16, 16))
    with torch.autocast("cpu", torch.bfloat16):
        build("wrn16_1", 10)(torch.zeros(2, 3, 16, 16))
    assert strips == []
