"""Our training step beside the plain float32 loop that people copy, interleaved in one run.

    python benchmarks/train_step.py [--threads 1] [--rounds 5] [--steps 40] [--size 32]

The plain loop: torchvision transforms picture by picture (pad, random crop, flip, to tensor, normalise) through a
DataLoader in the same process, contiguous NCHW float32, nn.Module as it is. Ours: batched crops on uint8, one gather,
channels_last, the faster precision. Both train the same WRN-16-1 with 64 + 8 pictures of random pixels a step.
Prints images/s of each round, the median ratio and its range.
"""

import argparse
import time
from collections.abc import Iterator
from statistics import median

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from nat_core.batches import Batches
from nat_core.datasets import ImageSet
from nat_core.losses import kl_from_uniform
from nat_core.models import build
from nat_core.precision import choose_precision
from nat_core.publish import hardware
from nat_core.recipes import Recipe
from nat_core.training import Run, _optimiser, _step, objective

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


class Pictures(Dataset):
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
            DataLoader(Pictures(known), 64, shuffle=True, drop_last=True),
            DataLoader(Pictures(negatives), 8, shuffle=True, drop_last=True),
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
    batches = Batches(recipe, known, negatives, seed=0, device=torch.device("cpu"), mean=MEAN, std=STD)
    model = build(recipe.architecture, 10, seed=0).to(memory_format=torch.channels_last).train()
    precision = choose_precision(recipe, model, batches.at(0).images)
    print(f"precision chosen by the trial: {precision}")
    run = Run(recipe, 0, batches, model, _optimiser(recipe, model), None, precision)
    while True:
        _step(run, objective)
        run.step %= batches.steps
        yield


def rate(steps: Iterator[None], count: int) -> float:
    """Images a second over `count` steps."""
    started = time.perf_counter()
    for _ in range(count):
        next(steps)
    return count * 72 / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--size", type=int, default=32, help="side of our pictures; the plain loop always has 32")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    generator = np.random.default_rng(0)
    known, negatives = (
        ImageSet(name, generator.integers(0, 256, (count, 32, 32, 3)).astype(np.uint8), tuple(map(str, range(count))),
                 generator.integers(0, 10, count))
        for name, count in (("known", 6400), ("negatives", 1600))
    )  # fmt: skip
    recipe = Recipe("benchmark", "wrn16_1", negatives="cifar100_train", sizes=((arguments.size, 1.0),))
    loops = {"plain": plain_steps(known, negatives), "ours": our_steps(recipe, known, negatives)}
    for steps in loops.values():
        rate(steps, 5)
    rounds = [{name: rate(steps, arguments.steps) for name, steps in loops.items()} for _ in range(arguments.rounds)]
    for each in rounds:
        print("  ".join(f"{name} {value:6.0f} images/s" for name, value in each.items()))
    ratios = [each["ours"] / each["plain"] for each in rounds]
    print(
        f"ratio {median(ratios):.2f} (median; {min(ratios):.2f} to {max(ratios):.2f} over {len(ratios)} rounds) on "
        f"{hardware(torch.device('cpu'))}"
    )


if __name__ == "__main__":
    main()
