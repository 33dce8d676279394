"""Integrated gradients and occlusion of one photo, beside Captum at its defaults and at our batch."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from captum.attr import IntegratedGradients, Occlusion

from benchmarks.harness.figures import Asked, Benchmark, Figure, Found, Goal
from benchmarks.harness.kept import ROOT
from benchmarks.harness.rounds import beside, threads
from nat_core.network.explain import PER_BATCH, integrated_gradients, occlusion
from nat_core.network.inference import Network, load_network
from nat_core.network.models import build, normalise

DEFAULTS, EQUAL, SAME = "Captum at its defaults", "Captum at equal batching", "Captum's values, correlation"
BACKWARD = (
    "the way there has to be float32, since it decides which values pass a ReLU, and takes more than the way "
    "back, which is bfloat16 already. Half as many steps correlate less with Captum's than is asked."
)
COVERED = (
    "ours is one pass a square, as Captum's is. What a square covers has reached the whole picture soon: to "
    "compute only what it changed before that would save little."
)
FIGURES = (
    Figure("gradients_defaults", "Integrated gradients, WRN-40-1", DEFAULTS, Goal(2), reason=BACKWARD),
    Figure("gradients_equal", "Integrated gradients, WRN-40-1", EQUAL, Goal(2), reason=BACKWARD),
    Figure("gradients_same", "Integrated gradients, WRN-40-1", SAME, Goal(0.998, "")),
    Figure("occlusion_defaults", "Occlusion, WRN-40-1", DEFAULTS, Goal(1.9)),
    Figure("occlusion_equal", "Occlusion, WRN-40-1", EQUAL, Goal(1.9), reason=COVERED),
    Figure("occlusion_same", "Occlusion, WRN-40-1", SAME, Goal(0.998, "")),
)  # fmt: skip
TARGET, WINDOW, STRIDE = 3, 8, 4


def measure(asked: Asked) -> Iterator[Found]:
    """Measure both methods on one thread, as they run in the app's server."""
    network = load_network(ROOT / "checkpoints", asked_network(asked))
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    steps, few = asked.of(50, 4), asked.quick
    ways: dict[str, tuple[Callable[[], np.ndarray], dict[str, Callable[[], np.ndarray]]]] = {
        "gradients": (lambda: integrated_gradients(network, pixels, TARGET, steps=steps).values, {
            "defaults": lambda: captum_gradients(network, pixels, steps, None),
            "equal": lambda: captum_gradients(network, pixels, steps, PER_BATCH)}),
        "occlusion": (lambda: occlusion(network, pixels, TARGET, window=WINDOW, stride=8 if few else STRIDE).values, {
            "defaults": lambda: captum_occlusion(network, pixels, 8 if few else STRIDE, 1),
            "equal": lambda: captum_occlusion(network, pixels, 8 if few else STRIDE, PER_BATCH)}),
    }  # fmt: skip
    with threads(1):
        for method, (ours, sides) in ways.items():
            for side, theirs in sides.items():
                yield beside(f"{method}_{side}", asked, ours=ours, theirs=theirs)
            same = np.corrcoef(ours().ravel(), sides["equal"]().ravel())[0, 1]
            yield Found(f"{method}_same", (float(same),))


def asked_network(asked: Asked) -> str:
    """The name of the network that is explained."""
    return "wrn16_1_nat" if asked.quick else "wrn40_1_nat"


def captum_gradients(network: Network, pixels: np.ndarray, steps: int, batch: int | None) -> np.ndarray:
    """Captum's integrated gradients, summed over the colours."""
    model, images = plain(network, pixels)
    method = IntegratedGradients(lambda batch: model(batch).logits)
    return method.attribute(images, target=TARGET, n_steps=steps, internal_batch_size=batch)[0].sum(0).numpy()


def captum_occlusion(network: Network, pixels: np.ndarray, stride: int, batch: int) -> np.ndarray:
    """Captum's occlusion."""
    model, images = plain(network, pixels)
    found = Occlusion(lambda batch: model(batch).logits).attribute(
        images, target=TARGET, sliding_window_shapes=(3, WINDOW, WINDOW), strides=(3, stride, stride),
        perturbations_per_eval=batch,
    )  # fmt: skip
    return found[0, 0].detach().numpy()


_MODELS: dict[str, torch.nn.Module] = {}


def plain(network: Network, pixels: np.ndarray) -> tuple[torch.nn.Module, torch.Tensor]:
    """The network as it is, made once, and the picture as it takes it."""
    if network.name not in _MODELS:
        model = build(network.card.architecture, len(network.classes)) if network.card else network.model
        model.load_state_dict(network.model.state_dict())
        _MODELS[network.name] = model.eval()
    images = normalise(torch.from_numpy(pixels[np.newaxis]), network.mean, network.std).contiguous()
    return _MODELS[network.name], images


BENCHMARK = Benchmark("attributions", "Two cores", FIGURES, measure, needs=("captum",))
