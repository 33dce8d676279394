"""What one step minimises: J_NAT of the batch, and the imitation of a teacher where there is one."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from nat_core.batches import Batch
from nat_core.divergences import DIVERGENCES, equal_gradient_weight
from nat_core.losses import NatLoss, nat_loss
from nat_core.models import Classifier, Outputs
from nat_core.precision import autocast
from nat_core.recipes import LEVELS, Recipe
from nat_core.resume import Run
from nat_core.transfer import attention_transfer_loss, distillation_loss


def objective(run: Run, batch: Batch) -> tuple[NatLoss, Tensor]:
    """Return J_NAT of the batch with its parts, and the weighted cost of imitating the teacher (0 without one).

    In-distribution pictures and negatives go through the network together, so that they share the norms' statistics.
    """
    recipe = run.recipe
    with autocast(batch.images.device, run.precision):
        outputs = run.model(batch.images)
    logits = outputs.logits.float()
    loss = nat_loss(
        logits[: len(batch.labels)] if recipe.negatives_unlabelled else logits,
        batch.labels,
        recipe.divergence,
        recipe.negative_weight * run.divergence_scale,
        label_smoothing=recipe.label_smoothing,
        separate_means=recipe.separate_means,
        hardest=recipe.hardest,
    )
    return loss, loss.total.new_zeros(()) if run.teacher is None else _imitation(run, run.teacher.model, batch, outputs)


def divergence_scale(recipe: Recipe, classes: int) -> float:
    """Return the factor that brings a recipe's divergence to KL's gradient; 1 where the recipe leaves it as it is."""
    if not recipe.equal_gradient or recipe.divergence not in DIVERGENCES:
        return 1.0
    return equal_gradient_weight(recipe.divergence, classes)


def _imitation(run: Run, teacher: Classifier, batch: Batch, outputs: Outputs) -> Float[Tensor, ""]:
    recipe = run.recipe
    with torch.no_grad(), autocast(batch.images.device, run.precision):
        shown = teacher(batch.images)
    # beta was set for 32 x 32: the mean over fewer positions of maps of length 1 is larger in that proportion.
    scale = (batch.images.shape[-1] / 32) ** 2 if recipe.attention_normalised else 1.0
    ours, theirs = _imitated(recipe, run.model, outputs), _imitated(recipe, teacher, shown)
    imitation = recipe.attention_weight * scale * attention_transfer_loss(ours, theirs, recipe.attention_normalised)
    if not recipe.distillation_weight:
        return imitation
    rows = len(batch.labels) if recipe.negatives_unlabelled else len(batch.images)
    student, its_teacher = outputs.logits[:rows].float(), shown.logits[:rows].float()
    distilled = distillation_loss(student, its_teacher, recipe.distillation_temperature)
    return imitation + recipe.distillation_weight * distilled


def _imitated(recipe: Recipe, model: Classifier, outputs: Outputs) -> Sequence[Float[Tensor, "n _ _ _"]]:
    """The groups whose maps are imitated, before or after their activation."""
    groups = model.activated(outputs.groups) if recipe.attention_activated else outputs.groups
    if recipe.attention_levels == LEVELS:
        return groups
    return [groups[model.levels[LEVELS.index(level)]] for level in recipe.attention_levels]
