"""What one step minimises: J_NAT of the batch, and the imitation of a teacher where there is one.

Also at which precision its forward passes run: bfloat16 autocast where a short trial finds it faster.
"""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from nat_core.data.augmentation import QUARTER_TURNS
from nat_core.network.models import Classifier, Outputs
from nat_core.recipes import LEVELS, Recipe
from nat_core.training.batches import Batch
from nat_core.training.losses import (
    DIVERGENCES,
    attention_transfer_loss,
    distillation_loss,
    equal_gradient_weight,
    nat_loss,
)

HALVES = {"bfloat16": torch.bfloat16, "float16": torch.float16}
"""The precisions of half the length, by name; the second needs its gradients scaled."""


class StepLoss(NamedTuple):
    """What a step minimises, after its parts: each a mean over its own pictures, 0 where it has none."""

    cross_entropy: Float[Tensor, ""]
    divergence: Float[Tensor, ""]
    imitation: Float[Tensor, ""]
    """The weighted cost of imitating the teacher."""
    total: Float[Tensor, ""]


@dataclass(frozen=True)
class Objective:
    """What every step of a run minimises, and how exactly it computes."""

    recipe: Recipe
    precision: str
    """Of the forward passes: `float32`, `bfloat16` or `float16`."""
    divergence_scale: float
    """The factor that brings the recipe's divergence to KL's gradient, 1 where the recipe leaves it as it is."""

    @classmethod
    def of(cls, recipe: Recipe, model: Classifier, precision: str | None = None) -> "Objective":
        """Return a recipe's objective; a `precision` that is known already spares the trial of `choose_precision`."""
        scale = 1.0
        if recipe.equal_gradient and recipe.divergence in DIVERGENCES:
            scale = equal_gradient_weight(recipe.divergence, model.classifier.out_features)
        return cls(recipe, precision or choose_precision(recipe, model), scale)


def step_loss(objective: Objective, model: Classifier, teacher: Classifier | None, batch: Batch) -> StepLoss:
    """Return what a step on this batch minimises.

    In-distribution pictures and negatives go through the network together, so that they share the norms' statistics.
    """
    device, recipe = batch.images.device, objective.recipe
    with autocast(device, objective.precision):
        student = model(batch.images)
    if teacher is None:
        return _of_outputs(objective, batch, student, None)
    with torch.no_grad(), autocast(device, objective.precision):
        shown = teacher(batch.images)
    # A student may be asked for its maps as the next layer sees them, which only the network itself can say.
    student, shown = (
        Outputs(outputs.logits, imitated_groups(recipe, each, outputs))
        for each, outputs in ((model, student), (teacher, shown))
    )
    return _of_outputs(objective, batch, student, shown)


def _of_outputs(objective: Objective, batch: Batch, student: Outputs, teacher: Outputs | None) -> StepLoss:
    """J_NAT of a batch by the recipe's weights, and what imitating the teacher adds; groups are those imitated."""
    recipe = objective.recipe
    # The losses are taken in float32 whatever the forward pass ran at: exp and log of bfloat16 lose three digits.
    logits = student.logits.float()
    turned = logits.new_zeros(())
    if batch.turns is not None:
        logits, turned = _turned(recipe, logits, batch.turns)
    # Unlabelled negatives are shown for the teacher's maps alone: J_NAT never sees their rows.
    loss = nat_loss(
        logits[: len(batch.labels)] if recipe.negatives_unlabelled else logits,
        batch.labels,
        recipe.divergence,
        recipe.negative_weight * objective.divergence_scale,
        label_smoothing=recipe.label_smoothing,
        separate_means=recipe.separate_means,
        hardest=recipe.hardest,
    )
    imitation = loss.total.new_zeros(()) if teacher is None else _imitation(recipe, batch, student, teacher)
    return StepLoss(loss.cross_entropy, loss.divergence, imitation, loss.total + imitation + turned)


def _turned(
    recipe: Recipe, logits: Float[Tensor, "n outputs"], turns: Int[Tensor, " rotated"]
) -> tuple[Float[Tensor, "others classes"], Float[Tensor, ""]]:
    """The other pictures' logits of the classes, and the weighted cost of telling how far the turned ones are."""
    classes = logits.shape[1] - QUARTER_TURNS
    cost = functional.cross_entropy(logits[-len(turns) :, classes:], turns)
    return logits[: -len(turns), :classes], recipe.rotation_weight * cost


def _imitation(recipe: Recipe, batch: Batch, student: Outputs, teacher: Outputs) -> Float[Tensor, ""]:
    # beta was set for 32 x 32: the mean over fewer positions of maps of length 1 is larger in that proportion.
    scale = (batch.images.shape[-1] / 32) ** 2 if recipe.attention_normalised else 1.0
    distance = attention_transfer_loss(student.groups, teacher.groups, recipe.attention_normalised)
    imitation = recipe.attention_weight * scale * distance
    if not recipe.distillation_weight:
        return imitation
    answered = not recipe.negatives_unlabelled or recipe.negatives_distilled
    rows = len(batch.images) if answered else len(batch.labels)
    distilled = distillation_loss(
        student.logits[:rows].float(), teacher.logits[:rows].float(), recipe.distillation_temperature
    )
    return imitation + recipe.distillation_weight * distilled


def imitated_groups(recipe: Recipe, model: Classifier, outputs: Outputs) -> tuple[Float[Tensor, "n _ _ _"], ...]:
    """Return the groups whose maps are imitated, before or after their activation."""
    groups: Sequence[Tensor] = model.activated(outputs.groups) if recipe.attention_activated else outputs.groups
    # All three levels means every group: ResNet-18 has a fourth that no level names.
    if recipe.attention_levels == LEVELS:
        return tuple(groups)
    return tuple(groups[model.levels[LEVELS.index(level)]] for level in recipe.attention_levels)


def autocast(device: torch.device, precision: str) -> AbstractContextManager:
    """Return the context in which a forward pass runs at that precision: `float32`, or one of HALVES."""
    return torch.autocast(device.type, HALVES[precision]) if precision in HALVES else nullcontext()


def choose_precision(recipe: Recipe, model: nn.Module) -> str:
    """Return the precision to train at: the recipe's own, or where that is `auto` the faster one.

    On a GPU that computes in bfloat16 it is that. Otherwise a half has to be a fifth faster in the trial, on pictures
    of the size that the schedule begins with, so that the answer does not swing between two runs on the same machine:
    bfloat16 is twice as fast on processors with AMX and a quarter slower on those that have AVX-512 only; older GPUs
    only imitate it, and float16 stands in for it there.
    """
    if recipe.precision != "auto":
        return recipe.precision
    device = next(model.parameters()).device
    if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        return "bfloat16"
    if device.type not in ("cpu", "cuda"):
        return "float32"
    half = "bfloat16" if device.type == "cpu" else "float16"
    side, _ = recipe.sizes[0]
    beside = 0 if recipe.negatives_inside or not recipe.has_negatives else recipe.negatives_per_batch
    grey = torch.zeros(recipe.batch_size + beside, 3, side, side, device=device)
    grey = grey.contiguous(memory_format=torch.channels_last)
    # The first pass at each compiles and allocates; the least of four is what the device can do undisturbed.
    times = {precision: [trial_seconds(model, grey, precision)] for precision in ("float32", half)}
    for _ in range(3):
        for precision, taken in times.items():
            taken.append(trial_seconds(model, grey, precision))
    return half if min(times[half]) < 0.8 * min(times["float32"]) else "float32"


def trial_seconds(model: nn.Module, images: Tensor, precision: str) -> float:
    """Return the seconds that one pass forward and back takes at `precision`; the model stays as it is."""
    # On a copy: a trial must not move the running statistics of the network that is to be trained.
    trial = deepcopy(model).train()
    _wait_for(images.device)
    started = time.perf_counter()
    with autocast(images.device, precision):
        logits = trial(images).logits
    logits.float().square().mean().backward()
    _wait_for(images.device)
    return time.perf_counter() - started


def _wait_for(device: torch.device) -> None:
    """Until what was launched is done: a GPU's clock would stop with the launches."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
