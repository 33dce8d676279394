"""How many pictures a second a GPU learns from: step by step as PyTorch runs it, and as `nat train` does.

    python -m benchmarks.gpu_train [--seconds 5] [--rounds 5]

Step by step: each kernel of a step launched by itself, batches drawn and sent between two steps. As `nat train` does:
the whole step compiled where that works, recorded as one CUDA graph, up to 50 steps a block. Pictures of random pixels,
64 and 8 a step (512 and 64 in the last row), in turn, round by round. Also how much of a step goes into gathering
pictures, and how many copies between host and card a step makes, by torch.profiler.

Runs on any NVIDIA GPU that PyTorch can use, and says so where there is none. Not measured on any since it was written
(2026-11-27); goals on an H100: ResNet-18 40,000, WRN-40-1 60,000, WRN-16-1 100,000, ResNet-18 at 512 70,000.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from nat_core.data.augmentation import mapped
from nat_core.data.sources.image_sets import ImageSet
from nat_core.network.devices import trouble_with_cuda
from nat_core.outputs import outputs
from nat_core.recipes import Recipe, recipe_named
from nat_core.training.gpu.blocks import Blocks
from nat_core.training.pictures import TrainingPictures
from nat_core.training.publish import hardware
from nat_core.training.training_run import TrainingRun, begin, take_step

BATCHES = (("resnet18", 64, 8), ("wrn40_1", 64, 8), ("wrn16_1", 64, 8), ("resnet18", 512, 64))
"""Architecture, pictures to learn and negatives a step."""


@dataclass(frozen=True)
class GpuMeasurement:
    """One network at one batch; rates are images/s, a value a round."""

    network: str
    batch: int
    """Pictures to learn and negatives together."""
    precision: str
    eager: tuple[float, ...]
    ours: tuple[float, ...]
    loading: float
    """Share of a step that gathers, augments and normalises its pictures, measured by itself."""
    copies: float
    """Copies between host and card a step."""
    told: tuple[str, ...]
    """What this machine could not do."""


def measured(
    device: torch.device, seconds: float = 5.0, rounds: int = 5, pictures: int = 50_000
) -> Iterator[GpuMeasurement]:
    """Measure each of BATCHES, from so many random pictures of each kind; a round of each side takes `seconds`."""
    known, negatives = (_random(name, pictures, seed) for seed, name in enumerate(("known", "negatives")))
    for architecture, to_learn, beside in BATCHES:
        recipe = replace(
            recipe_named(f"{architecture}_nat"), sizes=((32, 1.0),), batch_size=to_learn, negatives_per_batch=beside
        )
        yield _measured(recipe, known, negatives, device, seconds, rounds)


def _measured(
    recipe: Recipe, known: ImageSet, negatives: ImageSet, device: torch.device, seconds: float, rounds: int
) -> GpuMeasurement:
    told: list[str] = []
    plain, ours = (begin(TrainingPictures(recipe, known, (negatives,)), device=device) for _ in range(2))
    for each in (plain, ours):
        each.model.train()
    blocks, batch = Blocks(ours, told.append), recipe.batch_size + recipe.negatives_per_batch

    def block() -> int:
        before = ours.step
        blocks.ready()
        blocks.submit()
        blocks.collect()
        return ours.step - before

    sides = {"eager": (plain, lambda: _one_step(plain)), "ours": (ours, block)}
    for run, once in sides.values():
        _rate(run, once, seconds / 5, device)  # what is done once is over then
    rates = {name: [] for name in sides}
    for _ in range(rounds):
        for name, (run, once) in sides.items():
            rates[name].append(batch * _rate(run, once, seconds, device))
    step = batch / median(rates["ours"])
    return GpuMeasurement(
        recipe.architecture, batch, ours.objective.precision, tuple(rates["eager"]), tuple(rates["ours"]),
        _loading_seconds(ours) / step, _copies(block), tuple(told),
    )  # fmt: skip


def _random(name: str, count: int, seed: int) -> ImageSet:
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (count, 32, 32, 3), np.uint8)
    return ImageSet(name, pixels, tuple(map(str, range(count))), generator.integers(0, 10, count), tuple("0123456789"))


def _one_step(run: TrainingRun) -> int:
    take_step(run)
    return 1


def _rate(run: TrainingRun, once: Callable[[], int], seconds: float, device: torch.device) -> float:
    """Steps a second, until at least one block and that many seconds are over."""
    _wait_for(device)
    started, steps = time.perf_counter(), 0
    while not steps or time.perf_counter() - started < seconds:
        if run.step >= run.batches.steps:
            run.step = 0
        steps += once()
    _wait_for(device)
    return steps / (time.perf_counter() - started)


def _loading_seconds(run: TrainingRun, times: int = 50) -> float:
    """Seconds that gathering and augmenting one step's pictures takes the device."""
    draws = mapped(lambda part: part.to(run.batches.device), run.batches.draw(0))
    stream = torch.cuda.Stream() if run.batches.device.type == "cuda" else None
    if stream is None:
        return _per_call(lambda: run.batches.shown(draws), times, run.batches.device)
    with torch.cuda.stream(stream):
        run.batches.shown(draws)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream):
            run.batches.shown(draws)
        return _per_call(graph.replay, times, run.batches.device)


def _per_call(call: Callable[[], object], times: int, device: torch.device) -> float:
    _wait_for(device)
    started = time.perf_counter()
    for _ in range(times):
        call()
    _wait_for(device)
    return (time.perf_counter() - started) / times


def _copies(block: Callable[[], int], blocks: int = 2) -> float:
    """Copies between host and card a step; 0 on a processor, where nothing is sent."""
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if torch.cuda.is_available() else [])]
    with profile(activities=activities) as seen:
        steps = sum(block() for _ in range(blocks))
    between = ("Memcpy HtoD", "Memcpy DtoH")
    return sum(each.count for each in seen.key_averages() if each.key.startswith(between)) / steps


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@outputs()
def main() -> int:
    """Measure and print; 1 where there is no GPU."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    trouble = trouble_with_cuda()
    if trouble or not torch.cuda.is_available():
        why = f"the GPU cannot be used, {trouble}" if trouble else "this machine has no NVIDIA GPU that PyTorch can use"
        print(f"nothing was measured: {why}", file=sys.stderr)
        return 1
    device = torch.device("cuda")
    print(f"{hardware(device)}, torch {torch.__version__}; {arguments.rounds} rounds of {arguments.seconds:g} s")
    for each in measured(device, arguments.seconds, arguments.rounds):
        ratios = [ours / eager for ours, eager in zip(each.ours, each.eager, strict=True)]
        print(
            f"{each.network} at {each.batch}, {each.precision}: {median(each.ours):,.0f} images/s against "
            f"{median(each.eager):,.0f} step by step, {median(ratios):.1f} times ({min(ratios):.1f} to "
            f"{max(ratios):.1f}); loading {each.loading:.1%} of a step, {each.copies:.2f} copies a step"
        )
        for sentence in each.told:
            print(f"  {sentence}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
