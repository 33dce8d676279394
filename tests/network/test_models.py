"""The networks: sizes known from the literature, shapes of logits and groups, seeds."""

import pytest
import torch

from nat_core.network.models import ARCHITECTURES, WideResNet, build


@pytest.mark.parametrize(
    ("architecture", "parameters"),
    [("wrn40_1", 563_930), ("wrn16_1", 175_066), ("resnet18", 11_173_962)],
)
def test_parameters_are_those_of_the_literature(architecture: str, parameters: int) -> None:
    assert sum(each.numel() for each in build(architecture, 10).parameters()) == parameters


@pytest.mark.parametrize(
    ("architecture", "shapes"),
    [
        ("resnet18", [(64, 32), (128, 16), (256, 8), (512, 4)]),
        ("wrn40_1", [(16, 32), (32, 16), (64, 8)]),
        ("wrn16_1", [(16, 32), (32, 16), (64, 8)]),
        ("wrn10_1", [(16, 32), (32, 16), (64, 8)]),
    ],
)
def test_forward_gives_logits_and_every_group(architecture: str, shapes: list[tuple[int, int]]) -> None:
    model = build(architecture, 7)
    outputs = model(torch.zeros(2, 3, 32, 32))
    assert outputs.logits.shape == (2, 7)
    assert [tuple(group.shape) for group in outputs.groups] == [(2, width, side, side) for width, side in shapes]
    assert [model.levels[0], model.levels[-1]] == [0, len(shapes) - 1]


def test_groups_are_what_the_classifier_sees() -> None:
    model = build("wrn16_1", 4, seed=0).eval()
    outputs = model(torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert isinstance(model, WideResNet)
    again = model.classifier(torch.relu(model.norm(outputs.groups[-1])).mean((2, 3)))
    torch.testing.assert_close(again, outputs.logits)


def test_a_seed_gives_the_same_weights_and_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first, second, other = (build("wrn10_1", 3, seed=seed).state_dict()["stem.weight"] for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert torch.equal(torch.rand(1), expected)


def test_an_unknown_architecture_names_the_known() -> None:
    with pytest.raises(ValueError, match=r"'vgg'.*resnet18.*wrn16_1"):
        build("vgg", 10)
    assert "vgg" not in ARCHITECTURES


def test_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 classes, not 1"):
        build("wrn16_1", 1)


@pytest.mark.parametrize("depth", [4, 15, 0])
def test_an_impossible_depth_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match=f"not {depth}"):
        WideResNet(10, depth, 1)
