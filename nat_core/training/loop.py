"""Precision: bfloat16 autocast where it is faster, found by a short trial on the processor at hand.

The moving average of a run's weights (EMA), which is stored in place of the last ones where a recipe asks for it.

What one step minimises: J_NAT of the batch, and the imitation of a teacher where there is one.

The one training loop: baseline = NAT without negatives, student = the same with a teacher.

A run is a function of recipe and seed: every batch follows from (seed, step), so a run that was killed goes on from
its newest state to the very same weights.
"""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from nat_core.data.sets import ImageSet, load_set
from nat_core.errors import Busy, DivergedError, TrainingError
from nat_core.files import only_one
from nat_core.measure.predictions import BACKGROUND
from nat_core.network.inference import Network, choose_device, load_network
from nat_core.network.models import Classifier, Outputs, build
from nat_core.recipes import LEVELS, Recipe
from nat_core.store.checkpoints import CARD
from nat_core.training.batches import Batch, Batches
from nat_core.training.losses import (
    BACKGROUND_TARGET,
    DIVERGENCES,
    NatLoss,
    attention_transfer_loss,
    distillation_loss,
    equal_gradient_weight,
    nat_loss,
)
from nat_core.training.publish import Finished, publish
from nat_core.training.state import Run, RunState, check_settings, newest_state, restore, save_run

PRECISIONS = ("float32", "bfloat16")


def autocast(device: torch.device, precision: str) -> AbstractContextManager:
    """Return the context in which a forward pass runs at that precision, `float32` or `bfloat16`."""
    if precision == "bfloat16":
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def choose_precision(recipe: Recipe, model: nn.Module, images: Float[Tensor, "n 3 h w"]) -> str:
    """Return the precision to train at: the recipe's own, or where that is `auto` the faster one.

    bfloat16 has to be a fifth faster in the trial: it is twice as fast on processors with AMX and a quarter slower on
    those that have AVX-512 only, so the answer does not swing between two runs on the same machine.
    """
    if recipe.precision in PRECISIONS:
        return recipe.precision
    if images.device.type != "cpu":
        return "bfloat16" if images.device.type == "cuda" and torch.cuda.is_bf16_supported() else "float32"
    times = {precision: [_seconds(model, images, precision)] for precision in PRECISIONS}
    for _ in range(3):
        for precision in PRECISIONS:
            times[precision].append(_seconds(model, images, precision))
    return "bfloat16" if min(times["bfloat16"]) < 0.8 * min(times["float32"]) else "float32"


def _seconds(model: nn.Module, images: Tensor, precision: str) -> float:
    trial = deepcopy(model).train()
    started = time.perf_counter()
    with autocast(images.device, precision):
        logits = trial(images).logits
    logits.float().square().mean().backward()
    return time.perf_counter() - started


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


def train(
    recipe: Recipe,
    *,
    data: Path | None = None,
    out: Path,
    teachers: Path | None = None,
    seed: int = 0,
    device: str = "auto",
    resume: bool = False,
    progress: bool = True,
    save_seconds: float = 60.0,
) -> Path:
    """Train a network, evaluate it on every reported image set that is there, and return its checkpoint's folder.

    The state of the run is kept in `out/.state/<name>` and written about every `save_seconds` seconds. `teachers` is
    where a student's teacher is looked for after `out`. A finished network is returned at once with `resume`.
    Raises TrainingError where the name is taken, a run was begun with other settings, or the loss stops being a
    number; MissingDataset, CheckpointError (the teacher) and ValueError (device) as their makers do.
    """
    home, states = Path(out) / recipe.name, Path(out) / ".state" / recipe.name
    if (home / CARD).is_file():
        if resume:
            return home
        raise TrainingError(
            f"{home} is there already: add --resume to keep it, or --out to train another one elsewhere"
        )
    try:
        with only_one(states.parent / f"{recipe.name}.lock"):
            return _train(recipe, data, Path(out), Path(teachers or out), seed, device, resume, progress, save_seconds)
    except Busy as error:
        raise TrainingError(f"{recipe.name} is being trained already: {error}") from None


def _train(
    recipe: Recipe, data: Path | None, out: Path, teachers: Path, seed: int, device: str, resume: bool, progress: bool,
    save_seconds: float,
) -> Path:  # fmt: skip
    states = out / ".state" / recipe.name
    begun = newest_state(states)
    if begun is not None and not resume:
        raise TrainingError(
            f"A run of {recipe.name} was begun in {states}: add --resume to go on, or delete that folder"
        )
    training = load_set(recipe.training_set, data)
    run = _prepare(recipe, training, data, [out, teachers], seed, choose_device(device), begun)
    _loop(run, states, save_seconds, progress)
    if run.average is not None:
        run.model.load_state_dict(run.average)
    finished = Finished(recipe, seed, run.model, run.classes, run.batches.mean, run.batches.std,
                        run.precision, run.seconds)  # fmt: skip
    published = publish(finished, out=out, data=data)
    for path in states.glob("*"):
        path.unlink()
    states.rmdir()
    return published


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """Return the learning rate of a step: up linearly over the warm-up, then down linearly, never quite 0.

    >>> recipe = Recipe("r", "wrn16_1", warm_up=0.5)
    >>> [round(learning_rate(recipe, step, 3), 3) for step in range(3)]
    [0.05, 0.1, 0.05]
    """
    peak = recipe.learning_rate * recipe.batch_size / 64
    done = (step + 1) / (steps + 1)
    return peak * min(done / recipe.warm_up if recipe.warm_up else 1.0, (1 - done) / (1 - recipe.warm_up))


def _prepare(
    recipe: Recipe, training: ImageSet, data: Path | None, homes: list[Path], seed: int, device: torch.device,
    begun: RunState | None,
) -> Run:  # fmt: skip
    pixels = training.pixels.reshape(-1, 3)
    mean, std = (tuple(float(each) / 255 for each in part) for part in (pixels.mean(0), pixels.std(0)))
    negatives = load_set(recipe.negatives, data) if recipe.negatives else None
    classes = (*training.classes, BACKGROUND) if recipe.divergence == BACKGROUND_TARGET else training.classes
    batches = Batches(recipe, training, negatives, seed=seed, device=device, mean=mean, std=std)
    model = build(recipe.architecture, len(classes), seed).to(device).to(memory_format=torch.channels_last)
    teacher = None
    if recipe.teacher:
        home = next((home for home in homes if (home / recipe.teacher / CARD).is_file()), homes[-1])
        teacher = load_network(home, recipe.teacher, device)
        if recipe.teacher_classifier:
            _copy_classifier(teacher, model)
    optimiser = optimiser_for(recipe, model)
    if begun is not None:
        check_settings(recipe, seed, begun)
        precision = begun.settings["precision"]
    else:
        precision = choose_precision(recipe, model, batches.at(0).images)
    run = Run(recipe, seed, classes, batches, model, optimiser, teacher, precision)
    run.divergence_scale = divergence_scale(recipe, len(classes))
    run.average = begin_average(model) if recipe.ema_decay else None
    if begun is not None:
        restore(run, begun)
    return run


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
    norms_and_biases = [each for each in learnt if each.ndim <= 1]
    groups = [
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": norms_and_biases, "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=0.0, momentum=recipe.momentum, nesterov=recipe.momentum > 0, foreach=True)


def _loop(run: Run, states: Path, save_seconds: float, progress: bool) -> None:
    run.model.train()
    device = run.batches.device
    cost = torch.compile(objective, dynamic=False) if device.type == "cuda" else objective
    # Reading the loss stops a GPU until it has caught up, so there it is looked at every fiftieth step.
    look_every = 1 if device.type == "cpu" else 50
    started = saved = time.monotonic()
    before = run.seconds
    with tqdm(total=run.batches.steps, initial=run.step, disable=not progress, file=sys.stderr, unit="step",
              desc=run.recipe.name, mininterval=1.0, dynamic_ncols=True) as bar:  # fmt: skip
        while run.step < run.batches.steps:
            parts = take_step(run, cost)
            now = time.monotonic()
            run.seconds = before + now - started
            due = now - saved >= save_seconds or run.step == run.batches.steps
            if due or run.step % look_every == 0:
                _check_finite(run, parts, states)
                _show(bar, run, parts)
            if due:
                save_run(run, states)
                saved = time.monotonic()


def take_step(
    run: Run, cost: Callable[[Run, Batch], tuple[NatLoss, Tensor]] = objective
) -> tuple[Tensor, Tensor, Tensor]:
    """Take the run's next step; return cross-entropy, divergence and imitation, each a mean over its pictures."""
    batch = run.batches.at(run.step)
    for group in run.optimiser.param_groups:
        group["lr"] = learning_rate(run.recipe, run.step, run.batches.steps)
    loss, imitation = cost(run, batch)
    (loss.total + imitation).backward()
    run.optimiser.step()
    run.optimiser.zero_grad(set_to_none=True)
    run.step += 1
    if run.average is not None:
        update_average(run.average, run.model, run.recipe.ema_decay, run.step)
    return loss.cross_entropy, loss.divergence, imitation.detach()


def _show(bar: tqdm, run: Run, parts: tuple[Tensor, Tensor, Tensor]) -> None:
    if bar.disable:
        return
    known, negatives = run.batches.known_count, run.batches.negative_count
    rate = (bar.format_dict["rate"] or 0.0) * (known + negatives)
    epoch = (run.step - 1) // run.batches.steps_per_epoch + 1
    text = f"epoch {epoch}/{run.recipe.epochs}, cross-entropy {parts[0].item():.3f}"
    text += f", KL {parts[1].item():.3f}" if negatives else ""
    text += f", attention {parts[2].item():.3f}" if run.teacher else ""
    bar.set_postfix_str(f"{text}, {rate:.0f} images/s", refresh=False)
    bar.update(run.step - bar.n)


def _check_finite(run: Run, parts: tuple[Tensor, Tensor, Tensor], states: Path) -> None:
    if all(bool(torch.isfinite(part)) for part in parts):
        return
    raise DivergedError(
        f"The loss of {run.recipe.name} stopped being a number at step {run.step} of {run.batches.steps}. The last "
        f"good state is kept in {states}: lower the learning rate and train again under another --out",
        run.step,
        run.batches.steps,
    )
