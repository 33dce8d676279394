"""Our training step beside the plain float32 loop that people copy, interleaved in one run.

    python benchmarks/train_step.py [--threads 1] [--rounds 5] [--steps 40]

The plain loop: torchvision transforms picture by picture (pad, random crop, flip, to tensor, normalise) through a
DataLoader in the same process, contiguous NCHW float32, nn.Module as it is. Ours: batched crops on uint8, one gather,
channels_last, the faster precision. Both train the same WRN-16-1 with 64 + 8 pictures of random pixels a step.
Prints the median of images/s and of the ratio, at each size of pictures and over the recipe's schedule.

Measured on one thread of an Intel Xeon: with AMX (2026-11-25, the trial chose bfloat16) 3.85 at 24 x 24, 2.25 at
32 x 32, 2.89 over the schedule; with AVX-512 but no AMX (2026-11-24, float32) 2.30, 1.33, 1.73.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from nat_core.data.sources.image_sets import ImageSet
from nat_core.network.models import build
from nat_core.recipes import Recipe, recipe_named
from nat_core.training.losses import kl_from_uniform
from nat_core.training.pictures import Pictures
from nat_core.training.publish import hardware
from nat_core.training.run import begin, take_step

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


class Augmented(Dataset):
    """Pictures augmented one by one, as in the loop that people copy."""

    def __init__(self, images: ImageSet) -> None:
        self.images = images
        self.transform = transforms.Compose([
            transforms.ToPILImage(), transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip(),
            transforms.ToTensor(), transforms.Normalize(MEAN, STD),
        ])  # fmt: skip

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        labels = self.images.labels
        return self.transform(self.images.pixels[index]), 0 if labels is None else int(labels[index])


def plain_steps(known: ImageSet, negatives: ImageSet) -> Iterator[None]:
    """The plain loop, a step at a time."""
    model = build("wrn16_1", 10, seed=0)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4, nesterov=True)
    criterion = nn.CrossEntropyLoss(reduction="sum")
    while True:
        pairs = zip(
            DataLoader(Augmented(known), 64, shuffle=True, drop_last=True),
            DataLoader(Augmented(negatives), 8, shuffle=True, drop_last=True),
            strict=False,
        )
        for (images, labels), (others, _) in pairs:
            logits = model(torch.cat([images, others])).logits
            loss = (criterion(logits[:64], labels) + kl_from_uniform(logits[64:]).sum()) / 72
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            yield


def our_steps(recipe: Recipe, known: ImageSet, negatives: ImageSet) -> Iterator[None]:
    """Our loop, a step at a time."""
    run = begin(Pictures(recipe, known, negatives), device=torch.device("cpu"))
    run.model.train()
    print(f"precision chosen by the trial: {run.objective.precision}")
    while True:
        take_step(run)
        run.step %= run.batches.steps
        yield


def rate(steps: Iterator[None], count: int) -> float:
    """Images a second over `count` steps."""
    started = time.perf_counter()
    for _ in range(count):
        next(steps)
    return count * 72 / (time.perf_counter() - started)


def measure(rounds: int, steps: int) -> dict[str, list[float]]:
    """Images a second of the plain loop and of ours at each size of the recipe's schedule, round by round."""
    generator = np.random.default_rng(0)
    known, negatives = (
        ImageSet(
            name,
            generator.integers(0, 256, (count, 32, 32, 3)).astype(np.uint8),
            tuple(map(str, range(count))),
            generator.integers(0, 10, count),
            tuple("0123456789"),
        )
        for name, count in (("known", 6400), ("negatives", 1600))
    )
    recipe = recipe_named("wrn16_1_nat")
    loops = {"plain": plain_steps(known, negatives)}
    for size, _ in recipe.sizes:
        loops[f"ours at {size}"] = our_steps(replace(recipe, sizes=((size, 1.0),)), known, negatives)
    for loop in loops.values():
        rate(loop, 5)
    rates: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(rounds):
        for name, loop in loops.items():
            rates[name].append(rate(loop, steps))
    return rates


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=40)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rates = measure(arguments.rounds, arguments.steps)
    sizes = recipe_named("wrn16_1_nat").sizes
    shares = [share - before for (_, share), before in zip(sizes, [0.0, *(share for _, share in sizes)], strict=False)]
    seconds = [
        sum(share / rates[f"ours at {size}"][index] for (size, _), share in zip(sizes, shares, strict=True))
        for index in range(arguments.rounds)
    ]
    rates["ours, the recipe's schedule"] = [1 / each for each in seconds]
    print(f"{hardware(torch.device('cpu'))}; {arguments.rounds} rounds of {arguments.steps} steps")
    for name, values in rates.items():
        ratios = [ours / plain for ours, plain in zip(values, rates["plain"], strict=True)]
        print(
            f"{name:<28} {median(values):6.0f} images/s   ratio to plain {median(ratios):.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
