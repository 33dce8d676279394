"""Folded norms and bfloat16: the fast ways to score many pictures say what the plain one says."""

import numpy as np
import pytest
import torch

from nat_core.errors import NetworkError
from nat_core.measure.metrics import ncr
from nat_core.network import inference
from nat_core.network.fast.fused import Fused, folded
from nat_core.network.inference import MANY, chosen_precision, predict
from nat_core.network.models import ARCHITECTURES, Convolution, in_one_strip
from nat_core.network.wrapping import wrap
from tests.network.test_serving import PICTURES, network

IMAGES = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_folded_network_answers_as_before(architecture: str) -> None:
    plain = network(architecture).model
    fast, slow = folded(plain)(IMAGES), plain(IMAGES)
    torch.testing.assert_close(fast.logits, slow.logits, rtol=1e-4, atol=1e-4)
    for one, other in zip(fast.groups, slow.groups, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4 * float(other.abs().max()))


def test_folding_leaves_the_network_alone_and_half_of_the_norms_away() -> None:
    plain = network("wrn10_1").model
    before = {key: value.clone() for key, value in plain.state_dict().items()}
    counted = [sum(isinstance(each, torch.nn.BatchNorm2d) for each in model.modules()) for model in
               (plain, folded(plain))]  # fmt: skip
    assert counted == [7, 4]
    assert all(torch.equal(value, before[key]) for key, value in plain.state_dict().items())


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_bfloat16_moves_the_logits_little(architecture: str) -> None:
    plain = network(architecture).model
    with torch.inference_mode():
        found, wanted = Fused(plain, forward=torch.bfloat16)(IMAGES).logits, plain(IMAGES).logits
    assert found.dtype == torch.float32
    assert float((found - wanted).abs().max()) < 0.03 * float(wanted.abs().max())


def test_predicting_in_bfloat16_moves_the_ncr_little() -> None:
    asked = network("wrn10_1")
    pictures = np.random.default_rng(1).integers(0, 256, (400, 8, 8, 3)).astype(np.uint8)
    exact, rounded = (predict(asked, pictures, precision=each) for each in ("float32", "bfloat16"))
    assert not np.array_equal(exact.logits, rounded.logits)
    middle = float(np.median(exact.confidence))
    assert abs(ncr(exact, middle) - ncr(rounded, middle)) < 0.03


def test_few_pictures_and_another_s_module_keep_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "faster", lambda model, side: "bfloat16")
    asked = network("wrn10_1")
    assert chosen_precision(asked, MANY - 1, 16) == "float32"
    assert chosen_precision(asked, MANY, 16) == "bfloat16"
    flat = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 32 * 32, 2))
    theirs = wrap(flat, classes=("cat", "dog"), mean=(0.5,) * 3, std=(0.25,) * 3)
    assert chosen_precision(theirs, MANY, 32) == "float32"
    with pytest.raises(NetworkError, match="groups to compute in bfloat16"):
        predict(theirs, np.zeros((1, 32, 32, 3), np.uint8), precision="bfloat16")


def test_another_precision_is_refused() -> None:
    with pytest.raises(ValueError, match="precision must be one of auto, float32, bfloat16; got 'int8'"):
        predict(network("wrn10_1"), PICTURES, precision="int8")


@pytest.mark.parametrize("stride", [1, 2])
def test_a_strip_adds_the_bias_as_well(stride: int) -> None:
    layer = Convolution(4, 6, 3, stride)
    features, bias = torch.randn(3, 4, 5, 5), torch.randn(6)
    wanted = torch.nn.functional.conv2d(features, layer.weight, bias, stride, padding=1)
    torch.testing.assert_close(in_one_strip(features, layer.weight, stride, bias), wanted)
