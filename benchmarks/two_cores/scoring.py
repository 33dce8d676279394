"""Many pictures scored, as `nat evaluate` does, beside eager float32; and what that moves.

Eager float32: the network as it is, contiguous NCHW, 256 pictures at a time; both on one thread. The time of a picture
does not depend on how many there are, so 10,000 are not needed to learn it. What the shares above a threshold move by
is taken on CIFAR-100's test pictures where they are there, else on random pixels.
"""

from collections.abc import Iterator

import numpy as np
import torch

from benchmarks.harness.figures import Asked, Benchmark, Figure, Found, Goal
from benchmarks.harness.kept import ROOT
from benchmarks.harness.rounds import beside, threads
from nat_core.data.sets import data_folder, load_set
from nat_core.errors import MissingDataset
from nat_core.measure.metrics import ncr
from nat_core.measure.predictions import Predictions
from nat_core.network.inference import Network, chosen_precision, load_network, predict
from nat_core.network.models import build, normalise
from nat_core.recipes import THRESHOLDS

EAGER, PLAIN = "eager float32", "eager float32, at t = .4 to .9"
NARROW = (
    "without matrix units (AMX) a processor multiplies at most twice as much in bfloat16 as in float32, and the "
    "convolutions come close to what a product of large matrices reaches."
)
FIGURES = (
    Figure("score_wrn16_1", "Bulk scoring, WRN-16-1", EAGER, Goal(4), reason=NARROW),
    Figure("score_wrn40_1", "Bulk scoring, WRN-40-1", EAGER, Goal(4), reason=NARROW),
    Figure("score_resnet18", "Bulk scoring, ResNet-18", EAGER, Goal(2.5), reason=NARROW),
    Figure("score_moved_bfloat16", "NCR moved by bfloat16, WRN-16-1", PLAIN, Goal(0.002, "", at_most=True)),
    Figure("score_moved_float32", "NCR moved in float32, WRN-16-1", PLAIN, Goal(0.0001, "", at_most=True)),
)  # fmt: skip


def measure(asked: Asked) -> Iterator[Found]:
    """Measure all of it on one thread."""
    with threads(1):
        yield from _measured(asked)


def _measured(asked: Asked) -> Iterator[Found]:
    counts = {"wrn16_1": asked.of(1_024, 320), "wrn40_1": asked.of(512, 320), "resnet18": asked.of(320, 320)}
    for name in list(counts)[: asked.of(3, 1)]:
        network = load_network(ROOT / "checkpoints", f"{name}_nat")
        # The choice is made once for all pictures of a set.
        precision = chosen_precision(network, 10_000, 32)
        pixels = some(counts[name])[0]
        theirs = Eager(network)
        yield beside(
            f"score_{name}", asked, theirs=lambda theirs=theirs, pixels=pixels: theirs(pixels),
            ours=lambda network=network, pixels=pixels, precision=precision: predict(
                network, pixels, precision=precision),
            note=f"in {precision}",
        )  # fmt: skip
    network = load_network(ROOT / "checkpoints", "wrn16_1_nat")
    pixels, whose = some(asked.of(10_000, 320))
    wanted = Predictions("eager", whose, tuple(map(str, range(len(pixels)))), Eager(network)(pixels))
    for precision in ("bfloat16", "float32"):
        found = predict(network, pixels, precision=precision)
        moved = max(abs(ncr(found, t) - ncr(wanted, t)) for t in THRESHOLDS)
        yield Found(f"score_moved_{precision}", (moved,), note=f"on {len(pixels):,} of {whose}")


def some(count: int) -> tuple[np.ndarray, str]:
    """Return so many pictures and whose they are."""
    try:
        images = load_set("cifar100_test", data_folder(None))
    except MissingDataset:
        return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3)).astype(np.uint8), "random pixels"
    return images.pixels[:count], images.name


class Eager:
    """A network as it is, called as one calls it."""

    def __init__(self, network: Network) -> None:
        self._mean, self._std = network.mean, network.std
        self._model = build(network.card.architecture, len(network.classes)) if network.card else network.model
        self._model.load_state_dict(network.model.state_dict())
        self._model.eval()

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            parts = (
                normalise(part, self._mean, self._std).contiguous() for part in torch.from_numpy(pixels).split(256)
            )
            return torch.cat([self._model(part).logits for part in parts]).numpy()


BENCHMARK = Benchmark("scoring", "Two cores", FIGURES, measure)
