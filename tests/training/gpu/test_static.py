"""The step that asks nothing of its host takes a run to the very weights of the plain one, and could be recorded."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from nat_core.data.augmentation import mapped
from nat_core.data.sources.image_sets import ImageSet
from nat_core.network.inference import Network, frozen
from nat_core.network.models import build
from nat_core.recipes import Recipe
from nat_core.training.gpu.blocks import Blocks
from nat_core.training.gpu.graphed import fastest
from nat_core.training.gpu.static import StaticStep, draw_block, shown_loss
from nat_core.training.pictures import TrainingPictures
from nat_core.training.state import newest_state, restore, save_run
from nat_core.training.training_run import TrainingRun, begin, optimiser_for, take_step
from tests.present import present

CLASSES = tuple("abcd")
NAT = Recipe(
    "nat", "wrn10_1", negatives="cifar100_train", epochs=2, batch_size=8, negatives_per_batch=4, precision="float32",
    sizes=((8, 0.5), (12, 1.0)),
)  # fmt: skip
STUDENT = replace(NAT, name="student", negatives=None, teacher="nat")
SWITCHES: dict[str, Recipe] = {
    "base": replace(NAT, negatives=None),
    "NAT": NAT,
    "attention transfer": STUDENT,
    "average": replace(NAT, ema_decay=0.99),
    "squares, smoothing": replace(NAT, cutout=16, label_smoothing=0.1),
    "made up, Outlier Exposure": replace(
        NAT,
        synthetic=("patch_shuffled", "blends", "blobs"),
        separate_means=True,
        divergence="kl_to_uniform",
        equal_gradient=True,
    ),
    "turned": replace(NAT, rotated_per_batch=4),
    "mixed, hardest": replace(NAT, mixed_with="cifar100_train", hardest=2),
    "two sources, no momentum": replace(NAT, more_negatives=("noise_train",), momentum=0.0),
    "distilled, unlabelled, classifier": replace(
        STUDENT,
        negatives="cifar100_train",
        negatives_unlabelled=True,
        distillation_weight=0.5,
        teacher_classifier=True,
        attention_activated=True,
    ),
}


def images(name: str, count: int, seed: int) -> ImageSet:
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (count, 16, 16, 3)).astype(np.uint8)
    labels = generator.integers(0, len(CLASSES), count)
    return ImageSet(name, pixels, tuple(map(str, range(count))), labels, CLASSES)


def begun(recipe: Recipe, seed: int = 0) -> TrainingRun:
    """A run of nine steps an epoch, whose optimiser is the one for GPUs."""
    noise = np.random.default_rng(5).normal(size=(20, 16, 16, 3)).astype(np.float32)
    teacher = None
    if recipe.teacher:
        grey = (0.5,) * 3
        teacher = Network("nat", frozen(build("wrn10_1", 4, seed=9), torch.device("cpu")), CLASSES, grey, grey)
    pictures = TrainingPictures(
        recipe, images("known", 75, 0),
        (*([images("negatives", 21, 1)] if recipe.negatives else []),
         *(ImageSet("noise", noise, tuple(map(str, range(20)))) for _ in recipe.more_negatives)),
        images("mixed", 9, 2) if recipe.mixed_with else None,
        teacher=teacher,
    )  # fmt: skip
    run = begin(pictures, device=torch.device("cpu"), seed=seed)
    run.model.train()
    return run


def in_blocks(run: TrainingRun, until: int) -> list[str]:
    """Take the run there as on a GPU, and return what was told."""
    told: list[str] = []
    run.optimiser = optimiser_for(run.recipe, run.model, fused=True)
    blocks = Blocks(run, told.append)
    while run.step < until:
        blocks.ready()
        blocks.submit()
        blocks.collect()
    return told


def numbers(run: TrainingRun) -> Iterator[tuple[str, torch.Tensor]]:
    yield from run.model.state_dict().items()
    yield from (run.average or {}).items()
    for name, parameter in run.model.named_parameters():
        momentum = run.optimiser.state[parameter].get("momentum_buffer")
        if momentum is not None:
            yield f"momentum of {name}", momentum


@pytest.mark.parametrize("switch", SWITCHES)
def test_blocks_of_static_steps_end_in_the_weights_of_plain_steps(switch: str) -> None:
    """Two epochs, two sizes. On one processor the weights are equal to the last bit, so their tolerance is a hair."""
    plain, static = begun(SWITCHES[switch]), begun(SWITCHES[switch])
    losses = [take_step(plain) for _ in range(plain.batches.steps)]
    assert in_blocks(static, static.batches.steps) == []
    assert static.step == plain.step == 18
    for (name, theirs), (_, ours) in zip(numbers(plain), numbers(static), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6, msg=lambda said, name=name: f"{name}: {said}")
    torch.testing.assert_close(static.epoch.losses, torch.stack([torch.stack(list(each)) for each in losses]).sum(0))
    assert static.epoch.steps == 18


def test_scaled_gradients_move_the_weights_alike_and_their_scale_is_saved(tmp_path: Path) -> None:
    """As float16 needs them; the factor is a power of two, so that it changes no digit."""
    plain, scaled = begun(NAT), begun(NAT)
    for run in (plain, scaled):
        run.optimiser = optimiser_for(run.recipe, run.model, fused=True)
    scaled.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, growth_interval=4)
    blocks = [Blocks(run, pytest.fail) for run in (plain, scaled)]
    for each in blocks:
        each.ready()
        each.submit()
        each.collect()
    for (name, theirs), (_, ours) in zip(numbers(plain), numbers(scaled), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6, msg=lambda said, name=name: f"{name}: {said}")
    assert scaled.scaler.get_scale() == 2.0**11  # after four good steps; five were taken
    save_run(scaled, tmp_path)
    again = begun(NAT)
    again.scaler = torch.amp.GradScaler("cpu", growth_interval=4)
    restore(again, present(newest_state(tmp_path)))
    assert (again.scaler.get_scale(), again.scaler.state_dict()["_growth_tracker"]) == (2.0**11, 1)


def test_a_trial_leaves_nothing_behind() -> None:
    run = begun(SWITCHES["average"])
    run.optimiser = optimiser_for(run.recipe, run.model, fused=True)
    step = StaticStep(run, rows=3)
    step.fill(draw_block(run, 0, 3))
    before = {name: each.clone() for name, each in numbers(run)}
    step.tried(2)
    assert all(torch.equal(each, before[name]) for name, each in numbers(run))
    assert all(parameter.grad is None for parameter in run.model.parameters())
    step()
    assert not torch.equal(run.model.state_dict()["stem.weight"], before["stem.weight"])


class Heard(TorchDispatchMode):
    """Notes every operation that is run."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.add(str(func))
        return func(*args, **(kwargs or {}))


WAITING = ("_local_scalar_dense", "nonzero", "masked_select", "lift_fresh", "rand", "bernoulli", "unique", "item")
"""Operations that read from the device, copy a number to it, or draw one: no recorded graph may hold them."""


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_static_step_neither_reads_nor_draws_nor_sends_a_number(switch: str) -> None:
    run = begun(SWITCHES[switch])
    run.optimiser = optimiser_for(run.recipe, run.model, fused=True)
    step = StaticStep(run, rows=2)
    step.fill(draw_block(run, 0, 2))
    step()  # the first one makes what later ones keep
    with Heard() as heard:
        step()
    assert "aten._fused_sgd_.tensor_lr" in heard.names
    assert [name for name in sorted(heard.names) if any(f"aten.{each}" in name for each in WAITING)] == []


@pytest.mark.parametrize("switch", SWITCHES)
def test_everything_a_step_computes_with_lies_on_the_card(switch: str) -> None:
    """With tensors that say they lie on a card: whatever was left on the processor would be refused."""
    run, mode = begun(SWITCHES[switch]), FakeTensorMode()
    card = torch.device("cuda", 0)

    def moved(each: torch.Tensor) -> torch.Tensor:
        fake = mode.from_tensor(each.detach())
        with mode:
            return fake.to(card)

    batches = run.batches
    batches.sets.at_size = (8, [moved(each) for each in batches.sets.pools_at(8)])
    batches.scale, batches.shift = moved(batches.scale), moved(batches.shift)
    teacher = None if run.teacher is None else run.teacher.model
    for module in (part for model in (run.model, teacher) if model is not None for part in model.modules()):
        for name, each in [*module.named_parameters(recurse=False)]:
            module.register_parameter(name, nn.Parameter(moved(each)))
        for name, each in [*module.named_buffers(recurse=False)]:
            module.register_buffer(name, moved(each))
    draws = mapped(moved, batches.draw(0))
    with mode:
        loss = shown_loss(run.objective, run.model, teacher, batches, draws)
    assert {part.device.type for part in loss} == {"cuda"}


def test_on_a_processor_the_fastest_way_is_the_step_itself() -> None:
    step = StaticStep(begun(NAT), rows=1)
    assert fastest(step, pytest.fail) is step
