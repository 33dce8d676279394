"""The fused form of a network answers as the network does, and its gradients are autograd's."""

import pytest
import torch
from torch import nn

from nat_core.network.explain import integrated_gradients
from nat_core.network.fast import fused
from nat_core.network.fast.fused import Fused
from nat_core.network.models import ARCHITECTURES, Classifier, WideResNet
from tests.network.test_serving import PICTURES, network

IMAGES = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))
TARGET = 3


def by_autograd(model: Classifier) -> torch.Tensor:
    """The gradients of one logit of each picture."""
    images = IMAGES.clone().requires_grad_()
    return torch.autograd.grad(model(images).logits[:, TARGET].sum(), images)[0]


def alike(one: torch.Tensor, other: torch.Tensor) -> float:
    """The correlation of two tensors' values."""
    return float(torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1])


@pytest.fixture(params=[True, False], ids=["oneDNN", "plain torch"])
def either_way(request, monkeypatch: pytest.MonkeyPatch) -> bool:
    """With oneDNN's own calls, and as where this build of torch has none."""
    if request.param and not fused.FUSES:
        pytest.skip("this build of torch has no oneDNN")
    monkeypatch.setattr(fused, "FUSES", request.param)
    return request.param


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_it_answers_as_the_network_does(architecture: str, either_way: bool) -> None:
    plain = network(architecture).model
    found, wanted = Fused(plain)(IMAGES), plain(IMAGES)
    torch.testing.assert_close(found.logits, wanted.logits, rtol=1e-4, atol=1e-4)
    for one, other in zip(found.groups, wanted.groups, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4 * float(other.abs().max()))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_its_gradients_are_autograds(architecture: str, either_way: bool) -> None:
    plain = network(architecture).model
    wanted = by_autograd(plain)
    # A value within a rounding of 0 may pass a ReLU in one of them alone.
    assert alike(Fused(plain, backward=torch.float32).gradient(IMAGES, TARGET), wanted) > 0.9999
    assert alike(Fused(plain, backward=torch.bfloat16).gradient(IMAGES, TARGET), wanted) > 0.999


@pytest.mark.parametrize("change", ["negative", "none", "far"])
def test_a_norm_that_cannot_be_taken_apart_stays(change: str) -> None:
    plain = network("wrn16_1").model
    norm = plain.get_submodule("stages.0.1.norm1")
    assert isinstance(norm, nn.BatchNorm2d)
    with torch.no_grad():
        norm.weight[2] = {"negative": -0.7, "none": 0.0, "far": 1e-3}[change]
        norm.bias[2] = 0.4
    made = Fused(plain, backward=torch.float32)
    assert made.stages[0][0].norm is None
    assert made.stages[0][1].norm is not None
    torch.testing.assert_close(made(IMAGES).logits, plain(IMAGES).logits, rtol=1e-4, atol=1e-4)
    assert alike(made.gradient(IMAGES, TARGET), by_autograd(plain)) > 0.9999


def test_integrated_gradients_in_either_precision_are_the_same_attribution(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    for narrow in (True, False):
        monkeypatch.setattr("nat_core.network.explain.narrow_is_fast", lambda device, narrow=narrow: narrow)
        found[narrow] = torch.from_numpy(integrated_gradients(network("wrn16_1"), PICTURES[0], TARGET).values)
    assert not torch.equal(found[True], found[False])
    assert alike(found[True], found[False]) > 0.9995


def test_what_it_leaves_and_what_it_refuses() -> None:
    plain = network("wrn10_1").model
    before = {key: value.clone() for key, value in plain.state_dict().items()}
    made = Fused(plain, backward=torch.float32)
    made.gradient(IMAGES, TARGET)
    assert all(torch.equal(value, before[key]) for key, value in plain.state_dict().items())
    assert isinstance(plain, WideResNet)
    with pytest.raises(ValueError, match="is given a precision for them"):
        Fused(plain).gradient(IMAGES, TARGET)
    with pytest.raises(ValueError, match="only ResNet18 and WideResNet have a fused form; got Classifier"):
        Fused(Classifier())


def test_a_form_is_made_once_unless_it_is_large_and_in_float32() -> None:
    small, large = network("wrn10_1"), network("resnet18")
    assert small.fused(backward=torch.float32) is small.fused(backward=torch.float32)
    assert small.fused(backward=torch.float32) is not small.fused(backward=torch.bfloat16)
    assert small.fused(backward=torch.bfloat16) is not small.fused(forward=torch.bfloat16)
    assert large.fused(backward=torch.float32) is not large.fused(backward=torch.float32)
    assert large.fused(forward=torch.bfloat16) is large.fused(forward=torch.bfloat16)
