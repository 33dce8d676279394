"""A training run in memory: how it begins, how it takes a step, and its network as it now is."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nat_core.errors import DivergedError, TrainingError
from nat_core.network.inference import Network, frozen
from nat_core.network.models import Classifier, build
from nat_core.recipes import Recipe
from nat_core.store.checkpoints import WEIGHTS
from nat_core.training.batches import Batches
from nat_core.training.objective import Objective, StepLoss, step_loss
from nat_core.training.pictures import TrainingPictures


@dataclass(eq=False)
class TrainingRun:
    """What a step needs and changes."""

    pictures: TrainingPictures
    """What it learns from, the recipe as it does, and its teacher."""
    seed: int
    batches: Batches
    model: Classifier
    optimiser: torch.optim.Optimizer
    objective: Objective
    average: dict[str, Tensor] | None
    """The moving average of weights and norm statistics, which is stored in place of the last where it is asked for."""
    scaler: torch.amp.GradScaler | None = None
    """What keeps gradients within float16; None at any other precision."""
    threads: int | None = None
    """How many threads of the processor compute; None where nobody said."""
    step: int = 0
    """Steps done; the next one to do has this number."""
    seconds: float = 0.0
    """Time spent training so far, in all sittings."""
    epoch: "EpochSums" = field(default_factory=lambda: EpochSums())

    @property
    def recipe(self) -> Recipe:
        """How it is trained."""
        return self.pictures.recipe

    @property
    def teacher(self) -> Network | None:
        """Whom it imitates, on the device."""
        return self.pictures.teacher

    @property
    def teacher_sha256(self) -> str | None:
        """The SHA-256 of the teacher's stored weights, None without a teacher or for one that was never stored."""
        card = None if self.teacher is None else self.teacher.card
        return None if card is None else card.sha256[WEIGHTS]

    @property
    def settings(self) -> dict[str, Any]:
        """What must not change between two sittings, as plain values for its states."""
        # On a GPU the threads of the processor only cut batches, which are the same for any number of them.
        counted = {"threads": self.threads} if self.batches.device.type == "cpu" else {}
        return counted | {
            "recipe": self.recipe.to_json(),
            "seed": self.seed,
            "precision": self.objective.precision,
            "data": self.pictures.source.sha256 if self.pictures.source else None,
            "teacher": self.teacher_sha256,
        }


@dataclass
class EpochSums:
    """What was counted of the epoch in progress."""

    losses: Tensor | None = None
    """The sums of the parts of `StepLoss`, where the losses lie: to read each would make a GPU wait."""
    steps: int = 0
    since: float = 0.0
    """The run's seconds when the epoch began."""

    def add(self, loss: StepLoss) -> None:
        """Count a step."""
        self.add_sums(torch.stack(list(loss)), 1)

    def add_sums(self, sums: Tensor, steps: int) -> None:
        """Count so many steps, over which the parts have these sums."""
        self.losses = sums if self.losses is None else self.losses.to(sums.device) + sums
        self.steps += steps

    def means(self) -> StepLoss:
        """Return the means over the steps that were counted, at least one."""
        if self.losses is None:
            raise ValueError("no step of this epoch was counted yet")
        return StepLoss(*(self.losses / self.steps))

    def to_json(self) -> dict[str, Any]:
        """Return plain values for the run's state."""
        return {
            "losses": None if self.losses is None else self.losses.tolist(), "steps": self.steps, "since": self.since
        }  # fmt: skip


def begin(
    pictures: TrainingPictures,
    *,
    device: torch.device,
    seed: int = 0,
    threads: int | None = None,
    precision: str | None = None,
) -> TrainingRun:
    """Return a run before its first step, with a network of random weights that follow from the seed.

    The pictures' teacher moves to `device`. `precision` spares the trial of `choose_precision`. Raises TrainingError
    where the student cannot take its teacher's classifier over.
    """
    recipe, batches = pictures.recipe, Batches(pictures, seed=seed, device=device)
    model = build(recipe.architecture, pictures.outputs, seed).to(device)
    # The layout that convolutions are fastest in; every picture comes in it as well.
    model = model.to(memory_format=torch.channels_last)
    if (teacher := pictures.teacher) is not None:
        teacher.model.to(device)  # in place, as every network moves
        if recipe.teacher_classifier:
            _copy_classifier(teacher, model)
    optimiser = optimiser_for(recipe, model)
    average = begin_average(model) if recipe.ema_decay else None
    objective = Objective.of(recipe, model, precision)
    scaler = scaler_for(objective.precision, device)
    return TrainingRun(pictures, seed, batches, model, optimiser, objective, average, scaler, threads)


def scaler_for(precision: str, device: torch.device) -> torch.amp.GradScaler | None:
    """Return what keeps gradients within float16; None at any other precision."""
    return torch.amp.GradScaler(device.type) if precision == "float16" else None


def _copy_classifier(teacher: Network, model: Classifier) -> None:
    theirs, ours = teacher.model.classifier, model.classifier
    if theirs.weight.shape != ours.weight.shape:
        raise TrainingError(
            f"The classifier of {teacher.name} takes {theirs.in_features} features and its student has "
            f"{ours.in_features}: choose another teacher"
        )
    ours.load_state_dict(theirs.state_dict())
    ours.requires_grad_(False)


def optimiser_for(recipe: Recipe, model: Classifier, fused: bool | None = None) -> torch.optim.Optimizer:
    """Return SGD with Nesterov momentum that decays weights but neither norms nor biases.

    `fused`, the default on NVIDIA GPUs, updates all weights by one kernel and reads its rate where the weights lie.
    """
    device = next(model.parameters()).device
    fused = device.type == "cuda" if fused is None else fused
    learnt = [each for each in model.parameters() if each.requires_grad]
    weights = [each for each in learnt if each.ndim > 1]
    # Norms and biases are few and set the scale: pulled towards 0 they would only fight the weights' own decay.
    norms_and_biases = [each for each in learnt if each.ndim <= 1]
    groups = [
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": norms_and_biases, "weight_decay": 0.0},
    ]
    rate = torch.zeros((), device=device) if fused else 0.0
    return torch.optim.SGD(
        groups, lr=rate, momentum=recipe.momentum, nesterov=recipe.momentum > 0, foreach=not fused, fused=fused
    )


@torch.no_grad()
def set_rate(optimiser: torch.optim.Optimizer, rate: float | Tensor) -> None:
    """Let the optimiser's next step have that learning rate."""
    for group in optimiser.param_groups:
        if not isinstance(group["lr"], Tensor):
            group["lr"] = rate
        elif isinstance(rate, Tensor):
            group["lr"].copy_(rate)
        else:
            group["lr"].fill_(rate)


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
    batch = run.batches.at(run.step)
    set_rate(run.optimiser, learning_rate(run.recipe, run.step, run.batches.steps))
    loss = cost(run.objective, run.model, None if run.teacher is None else run.teacher.model, batch)
    descend(run, loss.total)
    run.step += 1
    if run.average is not None:
        update_average(run.average, run.model, average_share(run.recipe.ema_decay, run.step))
    loss = StepLoss(*(part.detach() for part in loss))
    run.epoch.add(loss)
    return loss


def descend(run: TrainingRun, loss: Tensor) -> None:
    """Move the run's weights down the gradient of a loss."""
    if run.scaler is None:
        loss.backward()
        run.optimiser.step()
    else:
        # Multiplied, small gradients do not vanish in float16; a step whose gradients overflow is left out.
        run.scaler.scale(loss).backward()
        run.scaler.step(run.optimiser)
        run.scaler.update()
    # None instead of zeros: the next backward pass writes the gradients instead of adding to them.
    run.optimiser.zero_grad(set_to_none=True)


def begin_average(model: Classifier) -> dict[str, Tensor]:
    """Return the average before the first step: the weights and norm statistics as they are."""
    return {key: value.detach().clone() for key, value in model.state_dict().items()}


def average_share(decay: float, step: int) -> float:
    """Return the share of the weights that enters their moving average: 1 - min(decay, (1 + step) / (10 + step)).

    `step` counts the steps done; the large share of the first ones lets the random start be forgotten soon.

    >>> average_share(0.999, 8)
    0.5
    """
    return 1 - min(decay, (1 + step) / (10 + step))


@torch.no_grad()
def update_average(average: dict[str, Tensor], model: Classifier, share: float | Tensor) -> None:
    """Move the average towards the model: (1 - share) average + share weights. Counters are copied."""
    for key, value in model.state_dict().items():
        if value.is_floating_point():
            average[key].lerp_(value, share)
        else:
            average[key].copy_(value)


def check_loss(run: TrainingRun, loss: StepLoss, states: Path | None) -> None:
    """Raise DivergedError where a part of the loss stopped being a number; `states` holds the good ones, if any."""
    if not all(bool(torch.isfinite(part)) for part in loss):
        raise DivergedError(
            f"The loss of {run.recipe.name} stopped being a number at", run.step, run.batches.steps, states
        )


def network_now(run: TrainingRun) -> Network:
    """Return the run's network as it would be stored: a copy, of the moving average where there is one, at rest."""
    # The run's own network must not leave training mode, nor lose its gradients.
    model = deepcopy(run.model)
    if run.average is not None:
        model.load_state_dict(run.average)
    classes, batches = run.pictures.classes, run.batches
    _forget_turns(model, len(classes))
    return Network(run.recipe.name, frozen(model, batches.device), classes, batches.mean, batches.std)


def _forget_turns(model: Classifier, classes: int) -> None:
    """Leave of the classifier what tells the classes apart; how far a picture is turned is asked while it learns."""
    whole = model.classifier
    if whole.out_features > classes:
        model.classifier = nn.Linear(whole.in_features, classes, device=whole.weight.device)
        model.classifier.load_state_dict({"weight": whole.weight[:classes], "bias": whole.bias[:classes]})
