"""How long a run will take on this machine: a few steps are timed at each size of its pictures."""

import time
from dataclasses import replace
from functools import cache

import numpy as np
import torch

from nat_core.data.sources.image_sets import ImageSet
from nat_core.network.inference import Network, choose_device, frozen
from nat_core.network.models import build
from nat_core.recipes import RECIPES, Recipe
from nat_core.store.leftovers import nobody
from nat_core.studies.run_costs import spans, steps
from nat_core.training.gpu.blocks import ROWS, Blocks
from nat_core.training.pictures import TrainingPictures
from nat_core.training.training_run import TrainingRun, begin, take_step

REPORTED = 91_000
"""Pictures that a finished network predicts, about."""
STEPS = 3
CLASSES = tuple("0123456789")


def estimated_seconds(recipe: Recipe, device: str = "cpu") -> float:
    """Return about how many seconds a recipe trains and is evaluated on one thread of this machine.

    Steps on random pictures are timed, so no data set is needed; recipes that cost the same are timed once.
    """
    known = recipe.batch_size - (recipe.negatives_per_batch if recipe.negatives_inside and recipe.has_negatives else 0)
    alike = Recipe(
        "timed", recipe.architecture, teacher=recipe.teacher, batch_size=recipe.batch_size, epochs=1,
        negatives="cifar100_train" if recipe.has_negatives else None, negatives_inside=recipe.negatives_inside,
        negatives_per_batch=recipe.negatives_per_batch, precision=recipe.precision,
        rotated_per_batch=recipe.rotated_per_batch,
    )  # fmt: skip
    spent = 0.0
    for size, share in spans(recipe):
        spent += steps(recipe) * share * step_seconds(replace(alike, sizes=((size, 1.0),)), device)
    # A forward pass is about a third of a step.
    return spent + REPORTED / known / 3 * step_seconds(replace(alike, sizes=((32, 1.0),)), device)


@cache
def step_seconds(recipe: Recipe, device: str) -> float:
    """Return the seconds of one training step, the least of a few; raises ValueError where the device is unknown."""
    where = choose_device(device)
    run = _run(recipe, where)
    if where.type == "cuda":
        return _in_blocks(run)
    times = []
    for _ in range(1 + STEPS):
        started = time.perf_counter()
        run.step = 0
        take_step(run)
        times.append(time.perf_counter() - started)
    return min(times[1:])


def _in_blocks(run: TrainingRun) -> float:
    """As `train` goes about it on a GPU: many steps a block, after the first ones have prepared them."""
    blocks, times = Blocks(run, nobody), []
    for _ in range(1 + STEPS):
        started, run.step = time.perf_counter(), 0
        while run.step < run.batches.steps:
            blocks.ready()
            blocks.submit()
            blocks.collect()
        times.append((time.perf_counter() - started) / run.batches.steps)
    return min(times[1:])


def _run(recipe: Recipe, device: torch.device) -> TrainingRun:
    random = np.random.default_rng(0)
    sizes = {"known": max(recipe.batch_size, recipe.rotated_per_batch), "negatives": max(1, recipe.negatives_per_batch)}
    batches = ROWS if device.type == "cuda" else 2
    known, negatives = (
        ImageSet(
            name, random.integers(0, 256, (batches * count, 32, 32, 3), np.uint8),
            tuple(map(str, range(batches * count))),
            random.integers(0, len(CLASSES), batches * count), CLASSES,
        )
        for name, count in sizes.items()
    )  # fmt: skip
    grey, teacher = (0.5,) * 3, None
    if recipe.teacher:
        its = RECIPES[recipe.teacher].architecture
        teacher = Network(recipe.teacher, frozen(build(its, len(CLASSES), seed=0), device), CLASSES, grey, grey)
    shown = TrainingPictures(recipe, known, (negatives,) if recipe.negatives else (), teacher=teacher)
    run = begin(shown, device=device)
    run.model.train()
    return run
