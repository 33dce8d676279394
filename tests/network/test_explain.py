"""Attributions against what defines them, computed by hand: sums, covered patches, gradients."""

import threading

import numpy as np
import pytest
import torch
from captum import attr

from nat_core.network import explain
from nat_core.network.explain import Attribution, grad_cam, integrated_gradients, occlusion
from nat_core.network.inference import Network, frozen
from nat_core.network.models import build, normalise

CLASSES = tuple("abcdefghij")
MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.25, 0.3)
METHODS = (integrated_gradients, occlusion, grad_cam)


def network(architecture: str = "wrn10_1", mean: tuple[float, ...] = MEAN) -> Network:
    model = frozen(build(architecture, 10, seed=0), torch.device("cpu"))
    return Network("made up", model, CLASSES, mean, STD)


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)


def as_images(pixels: np.ndarray) -> torch.Tensor:
    return normalise(torch.from_numpy(pixels[np.newaxis]), MEAN, STD)


def logit(asked: Network, images: torch.Tensor, target: int) -> float:
    with torch.inference_mode():
        return float(asked.model(images).logits[0, target])


@pytest.mark.parametrize("target", [0, 7])
def test_integrated_gradients_sum_to_the_difference_of_the_logits(pixels: np.ndarray, target: int) -> None:
    asked = network()
    found = integrated_gradients(asked, pixels, target, steps=128)
    assert found.logit == pytest.approx(logit(asked, as_images(pixels), target), abs=1e-4)
    assert found.blank == pytest.approx(logit(asked, torch.zeros(1, 3, 32, 32), target), abs=1e-4)
    assert found.values.sum() == pytest.approx(found.logit - found.blank, rel=0.02)


def test_integrated_gradients_are_the_mean_gradient_times_the_picture(pixels: np.ndarray) -> None:
    asked, images, target = network(), as_images(pixels), 3
    total = torch.zeros_like(images)
    for share in (np.arange(256) + 0.5) / 256:
        point = (float(share) * images).requires_grad_()
        total += torch.autograd.grad(asked.model(point).logits[0, target], point)[0]
    expected = (images * total / 256)[0].sum(0).numpy()
    found = integrated_gradients(asked, pixels, target, steps=128).values
    assert np.abs(found - expected).max() < 0.02 * np.abs(expected).max()


def test_occlusion_of_a_patch_is_how_far_the_logit_falls(pixels: np.ndarray) -> None:
    asked, images, target = network(), as_images(pixels), 5
    found = occlusion(asked, pixels, target, window=16, stride=16).values
    covered = images.clone()
    covered[:, :, 16:, :16] = 0
    expected = logit(asked, images, target) - logit(asked, covered, target)
    assert found[16:, :16] == pytest.approx(expected, abs=1e-4)
    assert len(np.unique(found)) == 4


def test_occlusion_averages_where_squares_overlap(pixels: np.ndarray) -> None:
    asked, images, target = network(), as_images(pixels), 5
    falls = []
    for left in (0, 8):
        covered = images.clone()
        covered[:, :, :16, left : left + 16] = 0
        falls.append(logit(asked, images, target) - logit(asked, covered, target))
    found = occlusion(asked, pixels, target, window=16, stride=8).values
    assert found[0, 0] == pytest.approx(falls[0], abs=1e-4)
    assert found[0, 12] == pytest.approx(np.mean(falls), abs=1e-4)


@pytest.mark.parametrize("architecture", ["wrn16_1", "resnet18"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_grad_cam_is_the_activations_times_their_mean_gradient(pixels: np.ndarray, architecture, number: int) -> None:
    asked, target = network(architecture), 2
    outputs = asked.model(as_images(pixels).requires_grad_())
    group = outputs.groups[asked.model.levels[number]]
    (gradient,) = torch.autograd.grad(outputs.logits[0, target], group)
    expected = (gradient.mean((2, 3), keepdim=True) * group).sum(1)[0].detach().numpy()
    found = grad_cam(asked, pixels, target, level=("low", "middle", "high")[number]).values
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("method", [integrated_gradients, occlusion])
def test_a_picture_of_the_mean_colour_has_no_attribution(method) -> None:
    found: Attribution = method(network(mean=(0.0, 0.0, 0.0)), np.zeros((32, 32, 3), np.uint8), 1)
    assert found.values == pytest.approx(0, abs=1e-5)
    assert found.logit == pytest.approx(found.blank)


@pytest.mark.parametrize("method", METHODS)
def test_signs_are_kept(pixels: np.ndarray, method) -> None:
    values = np.concatenate([method(network(), pixels, target).values.ravel() for target in range(3)])
    assert values.min() < 0 < values.max()


@pytest.mark.parametrize("method", METHODS)
def test_progress_rises_to_1(pixels: np.ndarray, method) -> None:
    shares: list[float] = []
    method(network(), pixels, 0, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1


class GivenUp(BaseException):
    """What a visitor's change of mind raises."""


@pytest.mark.parametrize("method", METHODS)
def test_progress_can_give_up_and_the_next_one_begins(pixels: np.ndarray, method) -> None:
    asked = network()

    def give_up(share: float) -> None:
        if share > 0:
            raise GivenUp

    with pytest.raises(GivenUp):
        method(asked, pixels, 0, progress=give_up)
    assert np.isfinite(method(asked, pixels, 0).values).all()


@pytest.mark.parametrize("hook", ["forward_hook", "forward_pre_hook", "full_backward_hook"])
def test_grad_cam_sets_no_hook_on_a_network_that_others_ask(
    pixels: np.ndarray, monkeypatch: pytest.MonkeyPatch, hook: str
) -> None:
    asked, set_on = network(), []
    register = getattr(torch.nn.Module, f"register_{hook}")

    def noted(module: torch.nn.Module, *arguments, **options):
        set_on.append(module)
        return register(module, *arguments, **options)

    monkeypatch.setattr(torch.nn.Module, f"register_{hook}", noted)
    grad_cam(asked, pixels, 0)
    assert not set(set_on) & set(asked.model.modules())


def test_one_attribution_at_a_time(pixels: np.ndarray) -> None:
    asked, entered, go_on = network(), threading.Event(), threading.Event()
    waiting, seen = threading.Event(), []

    def first(share: float) -> None:
        if share > 0:
            entered.set()
            go_on.wait(60)

    def second(share: float) -> None:
        seen.append((share, go_on.is_set()))
        if len(seen) > 2:
            waiting.set()

    threads = [threading.Thread(target=grad_cam, args=(asked, pixels, 0), kwargs={"progress": first})]
    threads[0].start()
    assert entered.wait(60)
    threads.append(threading.Thread(target=grad_cam, args=(asked, pixels, 0), kwargs={"progress": second}))
    threads[1].start()
    assert waiting.wait(60)
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert all(share == 0 for share, released in seen if not released)
    assert seen[-1] == (1.0, True)


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        (grad_cam, {"level": "top"}, "level must be one of low, middle, high; got 'top'"),
        (grad_cam, {"target": 10}, "target must be the index of one of 10 classes; got 10"),
        (integrated_gradients, {"target": -1}, "target must be the index of one of 10 classes; got -1"),
        (integrated_gradients, {"steps": 0}, "steps must be at least 1; got 0"),
        (occlusion, {"window": 33}, r"window must be in \[1, 32\] and stride in \[1, window\]; got 33 and 4"),
        (occlusion, {"window": 4, "stride": 5}, "got 4 and 5"),
    ],
)
def test_what_cannot_be_asked(pixels: np.ndarray, method, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        method(network(), pixels, **({"target": 0} | options))


@pytest.mark.parametrize(("narrow", "apart"), [(False, 2e-3), (True, 2e-2)])
@pytest.mark.parametrize("architecture", ["resnet18", "wrn10_1"])
def test_both_say_what_captum_says(
    architecture: str, narrow: bool, apart: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a processor without instructions for bfloat16, gradients are float32 all the way.
    monkeypatch.setattr(explain, "narrow_is_fast", lambda device: narrow)
    asked = network(architecture)
    pixels = np.random.default_rng(3).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    images = normalise(torch.from_numpy(pixels[np.newaxis]), asked.mean, asked.std)
    logits = lambda batch: asked.model(batch).logits  # noqa: E731 - what Captum is handed
    gradients = attr.IntegratedGradients(logits).attribute(images, target=1, n_steps=20)[0].sum(0)
    covered = attr.Occlusion(logits).attribute(
        images, target=1, sliding_window_shapes=(3, 7, 7), strides=(3, 4, 4), perturbations_per_eval=5
    )[0, 0]
    for ours, theirs, most in (
        (integrated_gradients(asked, pixels, 1, steps=20), gradients, apart),
        (occlusion(asked, pixels, 1, window=7, stride=4), covered, 2e-3),
    ):
        assert np.corrcoef(ours.values.ravel(), theirs.detach().numpy().ravel())[0, 1] > 0.9999
        np.testing.assert_allclose(ours.values, theirs.detach().numpy(), atol=most * np.abs(ours.values).max())
