"""A training run in memory: how it begins, takes a step, is put away between two sittings and taken up again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nat_core.errors import DivergedError, TrainingError
from nat_core.measure.predictions import BACKGROUND
from nat_core.network.inference import Network, frozen, load_network
from nat_core.network.models import Classifier, build
from nat_core.recipes import BACKGROUND_TARGET, Recipe
from nat_core.store.checkpoints import CARD, WEIGHTS
from nat_core.training.batches import Batches
from nat_core.training.objective import StepLoss, choose_precision, divergence_scale, step_loss
from nat_core.training.pictures import Pictures
from nat_core.training.state import SavedState, check_settings, save_state


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
    threads: int | None = None
    """How many threads of the processor compute; None where nobody said."""
    data: Mapping[str, str] | None = None
    """The SHA-256 of a person's own pictures."""
    step: int = 0
    """Steps done; the next one to do has this number."""
    seconds: float = 0.0
    """Time spent training so far, in all sittings."""
    epoch: "EpochSums" = field(default_factory=lambda: EpochSums())

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
            "precision": self.precision,
            "data": self.data,
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
        parts = torch.stack(list(loss))
        self.losses = parts if self.losses is None else self.losses + parts
        self.steps += 1

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


def prepare(
    recipe: Recipe,
    pictures: Pictures,
    homes: Sequence[Path],
    *,
    seed: int = 0,
    device: torch.device,
    threads: int | None = None,
    saved: SavedState | None = None,
) -> TrainingRun:
    """Return a run before its first step, or where `saved` left it; its teacher is looked for in `homes`.

    Raises TrainingError where the teacher is not the recipe's, or the run was begun with other settings.
    """
    teacher = find_teacher(recipe, homes, seed, device)
    batches = Batches(
        recipe, pictures.known, pictures.negatives, seed=seed, device=device, mean=pictures.mean, std=pictures.std
    )
    run = begin(
        recipe, batches, pictures.known.classes, seed=seed, teacher=teacher, threads=threads,
        precision=saved.settings["precision"] if saved else None,
        data=pictures.source.sha256 if pictures.source else None,
    )  # fmt: skip
    if saved is not None:
        restore(run, saved)
    return run


def find_teacher(recipe: Recipe, homes: Sequence[Path], seed: int, device: torch.device) -> Network | None:
    """Return the recipe's teacher from the first of `homes` that holds it; None for a recipe without one.

    It has to be the network of that recipe, of the student's own protocol, with seed 0 or the student's. Raises
    TrainingError, saying what is there instead, where only others are, CheckpointError where none is.
    """
    if recipe.teacher is None:
        return None
    holding = [home for home in dict.fromkeys(homes) if (home / recipe.teacher / CARD).is_file()]
    others = []
    # Where there is none at all, loading says so and how to get it.
    for home in holding or homes[-1:]:
        teacher = load_network(home, recipe.teacher, device)
        if (card := teacher.card) is None:
            continue
        if (card.recipe.name, card.protocol) == (recipe.teacher, recipe.protocol) and card.seed in (0, seed):
            return teacher
        others.append(f"{home} holds one of recipe {card.recipe.name}, protocol {card.protocol}, seed {card.seed}")
    raise TrainingError(
        f"{recipe.name} learns from {recipe.teacher} of protocol {recipe.protocol}, seed "
        f"{' or '.join(map(str, sorted({0, seed})))}, but {' and '.join(others)}: train its teacher first, into the "
        "same --out"
    )


def begin(
    recipe: Recipe,
    batches: Batches,
    classes: tuple[str, ...],
    *,
    seed: int = 0,
    teacher: Network | None = None,
    precision: str | None = None,
    threads: int | None = None,
    data: Mapping[str, str] | None = None,
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
    optimiser = optimiser_for(recipe, model)
    average = begin_average(model) if recipe.ema_decay else None
    precision = precision or choose_precision(recipe, model)
    scale = divergence_scale(recipe, len(classes))
    return TrainingRun(
        recipe, seed, classes, batches, model, optimiser, teacher, precision, scale, average, threads, data
    )


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
    loss = StepLoss(*(part.detach() for part in loss))
    run.epoch.add(loss)
    return loss


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


def check_loss(run: TrainingRun, loss: StepLoss, states: Path) -> None:
    """Raise DivergedError where a part of the loss stopped being a number."""
    if not all(bool(torch.isfinite(part)) for part in loss):
        raise _diverged(run, f"The loss of {run.recipe.name} stopped being a number at", states)


def _diverged(run: TrainingRun, what: str, states: Path) -> DivergedError:
    steps = run.batches.steps
    return DivergedError(
        f"{what} step {run.step} of {steps}. The last good state is kept in {states}: lower the learning rate and "
        "train again under another --out",
        run.step,
        steps,
    )


def save_run(run: TrainingRun, states: Path) -> None:
    """Write the run's state; DivergedError, and nothing written, where a weight stopped being a number."""
    tensors = {f"model/{key}": value for key, value in run.model.state_dict().items()}
    tensors |= {f"average/{key}": value for key, value in (run.average or {}).items()}
    for name, parameter in run.model.named_parameters():
        momentum = run.optimiser.state[parameter].get("momentum_buffer")
        if momentum is not None:
            tensors[f"momentum/{name}"] = momentum
    # A loss may still be a number when a weight is none any more: such a state would end the run for good.
    if not all(bool(torch.isfinite(value).all()) for value in tensors.values()):
        raise _diverged(run, f"The weights of {run.recipe.name} stopped being numbers before", states)
    arrays = {key: value.detach().cpu().contiguous().numpy() for key, value in tensors.items()}
    save_state(states, SavedState(run.step, run.seconds, arrays, run.settings, run.epoch.to_json()))


def restore(run: TrainingRun, saved: SavedState) -> None:
    """Put a run back to where a state left it, in the same memory layout, so that sums run in the same order.

    Raises TrainingError where the state is of a run with other settings.
    """
    check_settings(run.recipe.name, run.settings, saved.settings)
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
    losses = saved.epoch.get("losses")
    run.epoch = EpochSums(
        None if losses is None else torch.tensor(losses, device=run.batches.device),
        saved.epoch.get("steps", 0), saved.epoch.get("since", saved.seconds),
    )  # fmt: skip


def usual_threads(recipe: Recipe) -> int:
    """Return how many threads of the processor train a recipe unless told otherwise.

    >>> from nat_core.recipes import recipe_named
    >>> usual_threads(recipe_named("digits_nat"))
    1
    """
    # A step on the digits is so short that two threads spend it waiting for each other: on a busy machine 14 minutes
    # instead of 2.
    return 1 if recipe.in_distribution == "digits" else torch.get_num_threads()


def network_now(run: TrainingRun) -> Network:
    """Return the run's network as it would be stored: a copy, of the moving average where there is one, at rest."""
    # The run's own network must not leave training mode, nor lose its gradients.
    model = deepcopy(run.model)
    if run.average is not None:
        model.load_state_dict(run.average)
    batches = run.batches
    return Network(run.recipe.name, frozen(model, batches.device), run.classes, batches.mean, batches.std)


@contextmanager
def computing_with(threads: int) -> Iterator[None]:
    """Compute on that many threads of the processor while the block runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
