"""Anyone's module as a network: its own numbers, no maps, one sentence for what does not fit."""

import numpy as np
import pytest
import torch
from torch import nn

from nat_core.errors import NatError, NetworkError
from nat_core.network.explain import grad_cam
from nat_core.network.inference import Network, features, predict, predict_with_maps
from nat_core.network.wrapping import wrap

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)


class Reds(nn.Module):
    """Logits: the mean red value, and its negative; dropout, so that training mode would show."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.5)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        red = self.dropout(images[:, 0].mean((1, 2)))
        return torch.stack([red, -red], 1)


class Answers(nn.Module):
    """A module that gives the same answer to anything."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, images: torch.Tensor) -> object:
        return self.answer


def wrapped(module: nn.Module, **changes: object) -> Network:
    return wrap(module, **{"classes": ["red", "other"], "mean": MEAN, "std": STD, **changes})  # type: ignore[arg-type]


def test_its_logits_by_hand() -> None:
    network = wrapped(Reds())
    pixels = np.zeros((3, 32, 32, 3), np.uint8)
    pixels[1, ..., 0] = 255
    # (0 - 0.5) / 0.2 = -2.5, and (1 - 0.5) / 0.2 = 2.5
    expected = [[-2.5, 2.5], [2.5, -2.5], [-2.5, 2.5]]
    np.testing.assert_allclose(predict(network, pixels, batch_size=2).logits, expected, rtol=1e-5)
    assert (network.name, network.classes, network.device.type) == ("Reds", ("red", "other"), "cpu")


def test_the_module_itself_stays_as_it_is() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 2))
    network = wrapped(module, name="mine")
    assert network.name == "mine"
    assert module.training
    assert all(each.requires_grad for each in module.parameters())
    before = predict(network, np.full((1, 32, 32, 3), 9, np.uint8)).logits
    with torch.no_grad():
        for each in module.parameters():
            each.zero_()
    assert (predict(network, np.full((1, 32, 32, 3), 9, np.uint8)).logits == before).all()


class Blackens(Reds):
    """Writes into what it is given."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return super().forward(images.mul_(0))


def test_the_callers_pictures_stay_as_they_are() -> None:
    pixels = np.linspace(-1, 1, 2 * 32 * 32 * 3, dtype=np.float32).reshape(2, 32, 32, 3)
    before = pixels.copy()
    assert predict(wrapped(Blackens()), pixels).logits.tolist() == [[0, 0], [0, 0]]
    assert (pixels == before).all()


@pytest.mark.parametrize("shape", [(3,), (3, 1, 1), (1, 3, 1, 1)])
def test_the_colours_may_be_arrays_and_tensors(shape: tuple[int, ...]) -> None:
    network = wrapped(Reds(), mean=np.array(MEAN).reshape(shape), std=torch.tensor(STD).double().reshape(shape))
    assert (network.mean, network.std) == (MEAN, pytest.approx(STD))
    assert all(type(each) is float for each in (*network.mean, *network.std))


@pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning", "ignore:.torch.jit:DeprecationWarning")
def test_torchscript_is_a_module_too() -> None:
    traced = torch.jit.trace(Reds().eval(), torch.zeros(2, 3, 32, 32))
    assert isinstance(traced, torch.nn.Module)
    network = wrapped(traced)
    pixels = np.full((3, 32, 32, 3), 255, np.uint8)
    assert (predict(network, pixels).logits == predict(wrapped(Reds()), pixels).logits).all()


def test_other_sizes_than_32() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 2))
    assert predict(wrapped(module, size=8), np.zeros((4, 8, 8, 3), np.uint8)).logits.shape == (4, 2)
    with pytest.raises(NetworkError, match=r"cannot take float32 pictures of shape \(2, 3, 32, 32\)"):
        wrapped(module)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((torch.zeros(1, 2), None), "must return a tensor of .* returned a tuple"),
        ({"logits": torch.zeros(1, 2)}, "returned a dict"),
        (torch.zeros(1, 3), r"logits of shape \(pictures, 2\), here \(2, 2\); it returned \(1, 3\)"),
        (torch.zeros(2), r"it returned \(2,\)"),
        (torch.zeros(1, 2, 4, 4), r"it returned \(1, 2, 4, 4\)"),
    ],
)
def test_what_is_no_logits_is_refused(answer: object, sentence: str) -> None:
    with pytest.raises(NetworkError, match=sentence):
        wrapped(Answers(answer))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"classes": ["red"]}, "at least 2 different names"),
        ({"classes": ["red", "red"]}, "at least 2 different names"),
        ({"mean": (0.5,)}, r"mean must be three numbers in \[0, 1\], one a colour; got \(0.5,\)"),
        ({"mean": (125.3, 123.0, 113.9)}, "mean must be three numbers"),
        ({"std": (0.2, 0.0, 0.2)}, r"std must be three numbers in \(0, 1\]"),
        ({"name": ""}, "name must be a text, or left out; got ''"),
        ({"size": 0}, "size must be at least 1 pixel, at most 2,048; got 0"),
    ],
)
def test_what_cannot_be_is_named(changes: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        wrapped(Reds(), **changes)


def test_maps_are_refused_in_one_sentence() -> None:
    network, pixels = wrapped(Reds()), np.zeros((1, 32, 32, 3), np.uint8)
    assert not network.has_maps
    with pytest.raises(NatError, match=r"Reds is a wrapped module, .* no attention maps"):
        predict_with_maps(network, pixels)
    with pytest.raises(NetworkError, match="has no features"):
        features(network, pixels)
    with pytest.raises(NetworkError, match="has no levels"):
        grad_cam(network, pixels[0], 0)
