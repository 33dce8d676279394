"""A training run in memory: how it begins, takes a step, is put away between two sittings and taken up again."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nat_core.measure.predictions import BACKGROUND
from nat_core.network.inference import Network
from nat_core.network.models import Classifier, build
from nat_core.recipes import BACKGROUND_TARGET, Recipe
from nat_core.store.checkpoints import WEIGHTS
from nat_core.training.batches import Batches
from nat_core.training.objective import StepLoss, choose_precision, divergence_scale, step_loss
from nat_core.training.state import DivergedError, SavedState, TrainingError, save_state


@dataclass(eq=False)
class TrainingRun:
    """What a step needs and changes."""

    recipe: Recipe
    seed: int
    classes: tuple[str, ...]
    batches: Batches
    model: Classifier
    optimiser: torch.optim.Optimizer
    teacher: Network | None
    precision: str
    divergence_scale: float
    average: dict[str, Tensor] | None
    """The moving average of weights and norm statistics, which is stored in place of the last where it is asked for."""
    step: int = 0
    """Steps done; the next one to do has this number."""
    seconds: float = 0.0

    @property
    def teacher_sha256(self) -> str | None:
        """The SHA-256 of the teacher's stored weights, None without a teacher or for one that was never stored."""
        card = self.teacher and self.teacher.card
        return card.sha256[WEIGHTS] if card else None

    @property
    def known_classes(self) -> tuple[str, ...]:
        """The classes without the background that some recipes add."""
        return self.classes[:-1] if self.recipe.divergence == BACKGROUND_TARGET else self.classes


def begin(
    recipe: Recipe,
    batches: Batches,
    classes: tuple[str, ...],
    *,
    seed: int = 0,
    teacher: Network | None = None,
    precision: str | None = None,
) -> TrainingRun:
    """Return a run before its first step, with a network of random weights that follow from the seed.

    `precision` spares the trial of `choose_precision`. Raises TrainingError where the student cannot take its
    teacher's classifier over.
    """
    if recipe.divergence == BACKGROUND_TARGET:
        classes = (*classes, BACKGROUND)
    model = build(recipe.architecture, len(classes), seed)
    model = model.to(batches.device).to(memory_format=torch.channels_last)
    if teacher is not None and recipe.teacher_classifier:
        _copy_classifier(teacher, model)
    return TrainingRun(
        recipe, seed, classes, batches, model, optimiser_for(recipe, model), teacher,
        precision or choose_precision(recipe, model, batches.at(0).images),
        divergence_scale(recipe, len(classes)),
        begin_average(model) if recipe.ema_decay else None,
    )  # fmt: skip


def _copy_classifier(teacher: Network, model: Classifier) -> None:
    theirs, ours = teacher.model.classifier, model.classifier
    if theirs.weight.shape != ours.weight.shape:
        raise TrainingError(
            f"The classifier of {teacher.name} takes {theirs.in_features} features and its student has "
            f"{ours.in_features}: choose another teacher"
        )
    ours.load_state_dict(theirs.state_dict())
    ours.requires_grad_(False)


def optimiser_for(recipe: Recipe, model: Classifier) -> torch.optim.Optimizer:
    """Return SGD with Nesterov momentum that decays weights but neither norms nor biases."""
    learnt = [each for each in model.parameters() if each.requires_grad]
    weights = [each for each in learnt if each.ndim > 1]
    # Norms and biases are few and set the scale: pulled towards 0 they would only fight the weights' own decay.
    norms_and_biases = [each for each in learnt if each.ndim <= 1]
    groups = [
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": norms_and_biases, "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=0.0, momentum=recipe.momentum, nesterov=recipe.momentum > 0, foreach=True)


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """Return the learning rate of a step: up linearly over the warm-up, then down linearly, never quite 0.

    >>> recipe = Recipe("r", "wrn16_1", warm_up=0.5)
    >>> [round(learning_rate(recipe, step, 3), 3) for step in range(3)]
    [0.05, 0.1, 0.05]
    """
    # A batch twice as large averages away half of the noise and makes half as many steps: it bears twice the rate.
    peak = recipe.learning_rate * recipe.batch_size / 64
    # Counted so that neither the first step nor the last has rate 0, which would be a step for nothing.
    done = (step + 1) / (steps + 1)
    return peak * min(done / recipe.warm_up if recipe.warm_up else 1.0, (1 - done) / (1 - recipe.warm_up))


def take_step(run: TrainingRun, cost: Callable[..., StepLoss] = step_loss) -> StepLoss:
    """Take the run's next step, and return what it minimised, without gradients."""
    recipe, batch = run.recipe, run.batches.at(run.step)
    for group in run.optimiser.param_groups:
        group["lr"] = learning_rate(recipe, run.step, run.batches.steps)
    teacher = None if run.teacher is None else run.teacher.model
    loss = cost(recipe, run.model, teacher, batch, run.precision, run.divergence_scale)
    loss.total.backward()
    run.optimiser.step()
    # None instead of zeros: the next backward pass writes the gradients instead of adding to them.
    run.optimiser.zero_grad(set_to_none=True)
    run.step += 1
    if run.average is not None:
        update_average(run.average, run.model, recipe.ema_decay, run.step)
    return StepLoss(*(part.detach() for part in loss))


def begin_average(model: Classifier) -> dict[str, Tensor]:
    """Return the average before the first step: the weights and norm statistics as they are."""
    return {key: value.detach().clone() for key, value in model.state_dict().items()}


@torch.no_grad()
def update_average(average: dict[str, Tensor], model: Classifier, decay: float, step: int) -> None:
    """Move the average towards the model: d average + (1 - d) weights, d = min(decay, (1 + step) / (10 + step)).

    `step` counts the steps done; the smaller d of the first ones lets the random start be forgotten soon. Counters
    are copied.
    """
    share = 1 - min(decay, (1 + step) / (10 + step))
    for key, value in model.state_dict().items():
        if value.is_floating_point():
            average[key].lerp_(value, share)
        else:
            average[key].copy_(value)


def save_run(run: TrainingRun, states: Path, settings: Mapping[str, Any], epoch: Mapping[str, Any]) -> None:
    """Write the run's state; DivergedError, and nothing written, where a weight stopped being a number.

    `settings` must not change between two sittings; `epoch` is what the log has counted of the epoch in progress.
    """
    tensors = {f"model/{key}": value for key, value in run.model.state_dict().items()}
    tensors |= {f"average/{key}": value for key, value in (run.average or {}).items()}
    for name, parameter in run.model.named_parameters():
        momentum = run.optimiser.state[parameter].get("momentum_buffer")
        if momentum is not None:
            tensors[f"momentum/{name}"] = momentum
    # A loss may still be a number when a weight is none any more: such a state would end the run for good.
    if not all(bool(torch.isfinite(value).all()) for value in tensors.values()):
        raise DivergedError(
            f"The weights of {run.recipe.name} stopped being numbers before step {run.step}. The last good state is "
            f"kept in {states}: lower the learning rate and train again under another --out",
            run.step,
            run.batches.steps,
        )
    arrays = {key: value.detach().cpu().contiguous().numpy() for key, value in tensors.items()}
    save_state(states, SavedState(run.step, run.seconds, arrays, settings, epoch))


def restore(run: TrainingRun, saved: SavedState) -> None:
    """Put a run back to where a state left it, in the same memory layout, so that sums run in the same order."""
    values = {key: torch.from_numpy(value).to(run.batches.device) for key, value in saved.tensors.items()}
    model = {key.removeprefix("model/"): value for key, value in values.items() if key.startswith("model/")}
    run.model.load_state_dict(model)
    for name, parameter in run.model.named_parameters():
        if f"momentum/{name}" in values:
            # empty_like takes the parameter's channels_last strides, which the stored array does not have.
            momentum = torch.empty_like(parameter).copy_(values[f"momentum/{name}"])
            run.optimiser.state[parameter]["momentum_buffer"] = momentum
    for key, value in (run.average or {}).items():
        value.copy_(values[f"average/{key}"])
    run.step, run.seconds = saved.step, saved.seconds


@contextmanager
def computing_with(threads: int) -> Iterator[None]:
    """Compute on that many threads of the processor while the block runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
