"""Our training step beside the plain float32 loop that people copy, the two in turn on one thread.

The plain loop: torchvision transforms picture by picture (pad, random crop, flip, to tensor, normalise) through a
DataLoader in the same process, contiguous NCHW float32, nn.Module as it is. Ours: batched crops on uint8, one gather,
channels_last, the faster precision, and the sizes of the recipe's schedule. Both train the same network with the same
number of pictures of random pixels a step; a step is weighed by the share of the schedule that its size has.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from benchmarks.harness.figures import Asked, Benchmark, Figure, Found, Goal
from benchmarks.harness.rounds import beside, compared, often_in_turn, seconds_of, threads
from nat_core.data.sources.image_sets import ImageSet
from nat_core.network.inference import Network, frozen
from nat_core.network.models import build
from nat_core.recipes import Recipe, recipe_named
from nat_core.training.batches import Batches
from nat_core.training.losses import kl_from_uniform
from nat_core.training.pictures import TrainingPictures
from nat_core.training.training_run import TrainingRun, begin, take_step

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
PLAIN = "the loop people copy, one thread"
CPU = torch.device("cpu")
FIGURES = (
    Figure("train_wrn16_1", "Training, whole loop, WRN-16-1", PLAIN, Goal(2.5, without_amx=1.5)),
    Figure("train_wrn40_1", "Training, whole loop, WRN-40-1", PLAIN, Goal(2.3, without_amx=1.5)),
    Figure("train_resnet18", "Training, whole loop, ResNet-18", PLAIN, Goal(2.0, without_amx=1.5)),
    Figure("augmentation", "Augmenting a batch of 72", "the same loop's transforms", Goal(30),
           reason="the largest part of ours is the gather that moves and mirrors the columns."),
    Figure("nat_step", "A step of NAT", "a step of the baseline; 1.125 is ideal", Goal(1.16, at_most=True)),
    Figure("transfer_step", "A step of attention transfer", "the published recipe's", Goal(1.9)),
)  # fmt: skip


def measure(asked: Asked) -> Iterator[Found]:
    """Measure all of it on one thread."""
    known, negatives = pictures("known", asked.of(6_400, 320)), pictures("negatives", asked.of(1_600, 320))
    with threads(1):
        for name in ("wrn16_1", "wrn40_1", "resnet18")[: asked.of(3, 1)]:
            yield whole_loop(asked, name, known, negatives)
        yield augmentation(asked, known)
        yield nat_step(asked, known, negatives)
        yield transfer_step(asked, known, negatives)


def pictures(name: str, count: int) -> ImageSet:
    """Return pictures of random pixels with labels."""
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (count, 32, 32, 3)).astype(np.uint8)
    labels = generator.integers(0, 10, count)
    return ImageSet(name, pixels, tuple(map(str, range(count))), labels, tuple("0123456789"))


# --- the whole loop --------------------------------------------------------------------------------------------------


def whole_loop(asked: Asked, architecture: str, known: ImageSet, negatives: ImageSet) -> Found:
    """Return how many times as long the plain loop takes for a step of the recipe."""
    recipe = recipe_named(f"{architecture}_nat")
    theirs = plain_steps(recipe, known, negatives)
    ours = OurSteps(recipe, known, negatives, precision=trial(asked))
    times = rounds(asked, ours, partial(next, theirs))
    return compared(f"train_{architecture}", *times, f"in {ours.precision}")


def trial(asked: Asked) -> str | None:
    """The precision to take: None lets the run find out by its trial, whose passes are left out where it is quick."""
    return "float32" if asked.quick else None


class OurSteps:
    """Our loop at each size of the recipe's schedule."""

    def __init__(
        self,
        recipe: Recipe,
        known: ImageSet,
        negatives: ImageSet,
        teacher: Network | None = None,
        precision: str | None = None,
    ) -> None:
        ends = [0.0, *(end for _, end in recipe.sizes)]
        self.runs: list[tuple[float, TrainingRun]] = []
        for (size, end), before in zip(recipe.sizes, ends, strict=False):
            alone = replace(recipe, sizes=((size, 1.0),))
            shown = TrainingPictures(alone, known, (negatives,) if alone.has_negatives else (), teacher=teacher)
            run = begin(shown, device=CPU, precision=precision)
            run.model.train()
            # The trial is made once a run, on the first size of its schedule.
            precision = run.objective.precision
            self.runs.append((end - before, run))
        self.precision = precision

    def seconds(self, least: float) -> float:
        """The seconds of a step, each size weighed by its share of the schedule."""
        return sum(share * seconds_of(partial(again, run), least) for share, run in self.runs)


def again(run: TrainingRun) -> None:
    """Take a step, the first one after the last."""
    take_step(run)
    run.step %= run.batches.steps


def rounds(asked: Asked, ours: OurSteps, theirs: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Return the seconds of a step of either side, round by round, after one of each that is not counted."""
    ours.seconds(0), theirs()
    pairs = [(ours.seconds(asked.least), seconds_of(theirs, asked.least)) for _ in range(asked.rounds)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


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


def plain_batches(images: ImageSet, size: int) -> Iterator[list[Tensor]]:
    """The batches of the loop that people copy, without end."""
    while True:
        yield from DataLoader(Augmented(images), size, shuffle=True, drop_last=True)


def plain_steps(recipe: Recipe, known: ImageSet, negatives: ImageSet) -> Iterator[None]:
    """The plain loop, a step at a time."""
    model = build(recipe.architecture, 10, seed=0)
    optimiser = plain_optimiser(model)
    criterion = nn.CrossEntropyLoss(reduction="sum")
    size, beside_them = recipe.batch_size, recipe.negatives_per_batch
    sources = zip(plain_batches(known, size), plain_batches(negatives, beside_them), strict=False)
    for (images, labels), (others, _) in sources:
        logits = model(torch.cat([images, others])).logits
        loss = (criterion(logits[:size], labels) + kl_from_uniform(logits[size:]).sum()) / len(logits)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        yield


def plain_optimiser(model: nn.Module) -> torch.optim.Optimizer:
    """The optimiser of both plain loops."""
    return torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4, nesterov=True)


# --- its parts -------------------------------------------------------------------------------------------------------


def augmentation(asked: Asked, known: ImageSet) -> Found:
    """Return how many times as long the transforms take, picture by picture."""
    recipe = replace(recipe_named("wrn16_1_baseline"), sizes=((32, 1.0),), batch_size=72)
    batches, theirs = Batches(TrainingPictures(recipe, known), seed=0, device=CPU), plain_batches(known, 72)
    return beside("augmentation", asked, ours=lambda: batches.at(0), theirs=lambda: next(theirs))


def nat_step(asked: Asked, known: ImageSet, negatives: ImageSet) -> Found:
    """Return how many times as long our step takes with negatives as without."""
    first, other = (replace(recipe_named(f"wrn16_1_{kind}"), sizes=((32, 1.0),)) for kind in ("nat", "baseline"))
    with_them = OurSteps(first, known, negatives, precision=trial(asked))
    # A trial of its own might choose the other precision.
    without = OurSteps(other, known, negatives, precision=with_them.precision)
    steps = [partial(again, side.runs[0][1]) for side in (with_them, without)]
    for step in steps:
        step()
    nat, base = often_in_turn(asked.rounds, asked.of(10, 1), *steps)
    return Found("nat_step", tuple(a / b for a, b in zip(nat, base, strict=True)), tuple(nat), tuple(base))


def transfer_step(asked: Asked, known: ImageSet, negatives: ImageSet) -> Found:
    """Return how many times as long the published attention transfer takes for a step of a student."""
    recipe = recipe_named("wrn16_1_student_of_nat")
    teacher = Network("teacher", frozen(build("wrn40_1", 10, seed=1), CPU), tuple("0123456789"), MEAN, STD)
    ours = OurSteps(recipe, known, negatives, teacher, trial(asked))
    return compared("transfer_step", *rounds(asked, ours, partial(next, published_steps(recipe, known))))


def published_steps(recipe: Recipe, known: ImageSet) -> Iterator[None]:
    """Zagoruyko and Komodakis' published code, a step at a time: float32, NCHW, distances of maps of length 1."""
    student, teacher = build(recipe.architecture, 10, seed=0), build("wrn40_1", 10, seed=1).eval()
    optimiser = plain_optimiser(student)
    for images, labels in plain_batches(known, recipe.batch_size):
        with torch.no_grad():
            shown = teacher(images)
        outputs = student(images)
        distance = sum((unit_map(a) - unit_map(b)).pow(2).mean() for a, b in zip(outputs.groups, shown.groups,
                                                                                 strict=True))  # fmt: skip
        loss = nn.functional.cross_entropy(outputs.logits, labels) + 1000 / 2 * distance
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        yield


def unit_map(group: Tensor) -> Tensor:
    """The published code's `at`."""
    return nn.functional.normalize(group.pow(2).mean(1).view(len(group), -1))


BENCHMARK = Benchmark("training", "Two cores", FIGURES, measure)
