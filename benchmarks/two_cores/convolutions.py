"""Deep layers on one strip beside the same layers picture by picture, and a whole ResNet-18 step, interleaved.

    python benchmarks/convolutions.py [--threads 1] [--rounds 5]

Each line is a forward and a backward pass of 144 pictures in bfloat16 on the processor, the layers as in ResNet-18 at
pictures of 16, 24 and 32 pixels. Prints the median of milliseconds and of the ratio.

Measured on one thread of an Intel Xeon with AMX (2026-11-25): ResNet-18 2.07 at 16 x 16, 1.54 at 24 x 24, 1.27 at
32 x 32; its 512 channels at 2 x 2 4.70.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor, nn

from nat_core.network.models import Convolution, build
from nat_core.training.publish import hardware

PICTURES = 144
LAYERS = [(512, 512, 1, side) for side in (2, 3, 4)] + [(256, 512, 2, side) for side in (4, 6, 8)]
LAYERS += [(256, 256, 1, side) for side in (4, 6)]


def seconds(once: Callable[[], Tensor], forward: Callable[[Convolution, Tensor], Tensor]) -> float:
    """How long a forward and a backward pass take with that way to convolve."""
    Convolution.forward = forward  # type: ignore[method-assign]
    started = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16):
        found = once()
    found.float().square().mean().backward()
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"{hardware(torch.device('cpu'))}; {arguments.rounds} rounds, {PICTURES} pictures")
    ours, theirs = Convolution.forward, nn.Conv2d.forward
    tasks: dict[str, Callable[[], Tensor]] = {}
    for inputs, outputs, stride, side in LAYERS:
        layer = Convolution(inputs, outputs, 3, stride).to(memory_format=torch.channels_last)
        features = torch.randn(PICTURES, inputs, side, side).to(memory_format=torch.channels_last)
        tasks[f"{inputs} -> {outputs}, stride {stride}, {side} x {side}"] = lambda layer=layer, features=features: (
            layer(features.to(torch.bfloat16).requires_grad_())
        )
    network = build("resnet18", 10, seed=0).to(memory_format=torch.channels_last).train()
    for side in (16, 24, 32):
        images = torch.randn(PICTURES, 3, side, side).to(memory_format=torch.channels_last)
        tasks[f"ResNet-18 at {side} x {side}"] = lambda images=images: network(images).logits
    for name, once in tasks.items():
        for forward in (theirs, ours):
            seconds(once, forward)
        pairs = [(seconds(once, theirs), seconds(once, ours)) for _ in range(arguments.rounds)]
        ratios = [plain / strip for plain, strip in pairs]
        plain, strip = (1000 * median(each) for each in zip(*pairs, strict=True))
        print(f"{name:<28} {plain:7.1f} ms, on a strip {strip:7.1f} ms   ratio {median(ratios):.2f} "
              f"({min(ratios):.2f} to {max(ratios):.2f})")  # fmt: skip


if __name__ == "__main__":
    main()
