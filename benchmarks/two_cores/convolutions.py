"""Deep layers on one strip beside the same layers picture by picture: a step of ResNet-18 in bfloat16, in turn.

A forward and a backward pass of 144 pictures on one thread, at the sizes of the schedule. Only a processor with AMX
computes so fast that reading the weights again for each picture matters.
"""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from benchmarks.harness.figures import Asked, Benchmark, Figure, Found, Goal
from benchmarks.harness.rounds import beside, threads
from nat_core.network.models import Convolution, build

PICTURES = 144
EACH = "each picture by itself"
FIGURES = tuple(
    Figure(
        f"strip_{side}", f"Deep layers on one strip, ResNet-18 at {side} x {side}", EACH, Goal(1.2, without_amx=0.95)
    )
    for side in (16, 24)
)


def measure(asked: Asked) -> Iterator[Found]:
    """Measure a whole step of ResNet-18 at two sizes."""
    network = build("resnet18", 10, seed=0).to(memory_format=torch.channels_last).train()
    with threads(1):
        for side in (16, 24)[: asked.of(2, 1)]:
            images = torch.randn(asked.of(PICTURES, 4), 3, side, side).to(memory_format=torch.channels_last)
            sides = (partial(step, network, images, way) for way in (Convolution.forward, nn.Conv2d.forward))
            ours, theirs = sides
            yield beside(f"strip_{side}", asked, ours=ours, theirs=theirs)


def step(network: nn.Module, images: Tensor, forward: Callable[[Convolution, Tensor], Tensor]) -> None:
    """A forward and a backward pass with that way to convolve."""
    before = Convolution.forward
    Convolution.forward = forward  # type: ignore[method-assign]
    try:
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(images).logits
        logits.float().square().mean().backward()
    finally:
        Convolution.forward = before  # type: ignore[method-assign]


BENCHMARK = Benchmark("convolutions", "Two cores", FIGURES, measure)
