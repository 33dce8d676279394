"""One photo through both networks of a pair, with all maps, beside torch with hooks; and eight callers at once.

The other side is what one writes for it: the networks as they are, float32, a hook on each group that keeps its output.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from benchmarks.harness.figures import Asked, Benchmark, Figure, Found, Goal
from benchmarks.harness.kept import ROOT
from benchmarks.harness.rounds import beside, compared
from nat_core.network.inference import Network, load_network, predict_with_maps
from nat_core.network.models import build, normalise
from nat_core.recipes import PAIRS

CHECKPOINTS = ROOT / "checkpoints"
HOOKS = "torch with hooks"
CALLERS = 8
SMALL = "Where torch's own time is mostly in its arithmetic, little is won by another way to call it."
FIGURES = (
    Figure("photo_wrn16_1", "One photo, a pair, all maps, WRN-16-1", HOOKS, Goal(2.5)),
    Figure("photo_wrn40_1", "One photo, a pair, all maps, WRN-40-1", HOOKS, Goal(2.5)),
    Figure("photo_resnet18", "One photo, a pair, all maps, ResNet-18", HOOKS, Goal(1.0), reason=SMALL),
    Figure("callers_wrn16_1", "8 callers at once, p95, WRN-16-1", HOOKS, Goal(5)),
    Figure("callers_wrn40_1", "8 callers at once, p95, WRN-40-1", HOOKS, Goal(5),
           reason="on two cores the rounds swing around the goal."),
    Figure("photo_apart", "the same: logits farthest apart", "equal in float32", Goal(1e-3, "", at_most=True)),
)  # fmt: skip


def measure(asked: Asked) -> Iterator[Found]:
    """Measure each pair alone, then the small ones asked by eight at once."""
    pixels = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3)).astype(np.uint8)
    apart = 0.0
    for pair in ("wrn16_1", "wrn40_1", "resnet18")[: asked.of(3, 1)]:
        networks = [load_network(CHECKPOINTS, name) for name in PAIRS[pair]]
        hooked = [Hooked(network) for network in networks]

        def ours(networks: list[Network] = networks) -> list[np.ndarray]:
            return [predict_with_maps(network, pixels)[0].logits for network in networks]

        def theirs(hooked: list["Hooked"] = hooked) -> list[np.ndarray]:
            return [network(pixels)[0] for network in hooked]

        apart = max(apart, *(float(np.abs(a - b).max()) for a, b in zip(ours(), theirs(), strict=True)))
        yield beside(f"photo_{pair}", asked, ours=ours, theirs=theirs)
        if pair != "resnet18":
            yield compared(f"callers_{pair}", *together(asked, ours, theirs))
    yield Found("photo_apart", (apart,))


class Hooked:
    """A network as it is, with hooks that keep what its groups made."""

    def __init__(self, network: Network) -> None:
        self._mean, self._std = network.mean, network.std
        self._model = build(network.card.architecture, len(network.classes)) if network.card else network.model
        self._model.load_state_dict(network.model.state_dict())
        self._model.eval()

    def __call__(self, pixels: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        kept: list[torch.Tensor] = []
        stages = [self._model.stages[level] for level in self._model.levels]
        # Taken off again, since each caller keeps its own.
        hooks = [stage.register_forward_hook(lambda _, __, found: kept.append(found)) for stage in stages]
        with torch.no_grad():
            logits = self._model(normalise(torch.from_numpy(pixels), self._mean, self._std).contiguous()).logits
        for hook in hooks:
            hook.remove()
        return logits.numpy(), [each.square().mean(1).numpy() for each in kept]


def together(asked: Asked, ours: Callable, theirs: Callable) -> tuple[list[float], list[float]]:
    """The 95th percentile of the seconds that eight callers wait, each asking again and again, round by round."""
    for side in (ours, theirs):
        _waited(side, 1)
    pairs = [(_waited(ours, asked.of(40, 2)), _waited(theirs, asked.of(15, 2))) for _ in range(asked.rounds)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _waited(once: Callable, calls: int) -> float:
    def ask(_: int) -> list[float]:
        times = []
        for _ in range(calls):
            began = time.perf_counter()
            once()
            times.append(time.perf_counter() - began)
        return times

    with ThreadPoolExecutor(CALLERS) as callers:
        return float(np.quantile([each for times in callers.map(ask, range(CALLERS)) for each in times], 0.95))


BENCHMARK = Benchmark("one_photo", "Two cores", FIGURES, measure)
