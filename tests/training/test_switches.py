"""The switches of the studies: each takes a step, each formula gives the number worked by hand."""

from collections.abc import Callable
from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from nat_core.data.sets import load_set
from nat_core.errors import TrainingError
from nat_core.measure.predictions import Predictions, renormalised
from nat_core.measure.report import evaluate
from nat_core.network.inference import network_of
from nat_core.network.models import WideResNet, build
from nat_core.recipes import Recipe, recipe_named
from nat_core.store.checkpoints import WEIGHTS, find_teacher, load_card, load_predictions, load_weights, write_card
from nat_core.training import loop
from nat_core.training.batches import generator_for
from nat_core.training.loop import train
from nat_core.training.losses import attention_transfer_loss, equal_gradient_weight, nat_loss
from nat_core.training.objective import StepLoss
from nat_core.training.pictures import pictures_of, subject_of
from nat_core.training.training_run import (
    TrainingRun,
    average_share,
    begin,
    begin_average,
    take_step,
    update_average,
)
from tests.present import present
from tests.synthetic import write_network

pytestmark = pytest.mark.usefixtures("less_noise")
SHORT = {"epochs": 1, "sizes": ((8, 1.0),), "precision": "float32"}
NAT = replace(recipe_named("wrn16_1_nat"), **SHORT)
STUDENT = replace(recipe_named("wrn16_1_student_of_nat"), teacher="wrn16_1_nat", **SHORT)

OF_NAT: dict[str, dict] = {
    "background class": {"divergence": "background_class"},
    "label smoothing": {"label_smoothing": 0.1},
    "Outlier Exposure": {"separate_means": True, "negative_weight": 0.5},
    "other divergence": {"divergence": "kl_to_uniform", "equal_gradient": True},
    "two negatives": {"negatives_per_batch": 2},
    "hardest of 32": {"negatives_per_batch": 32, "hardest": 8},
    "noise": {"negatives": "noise_train"},
    "digits": {"negatives": "digits_all_train"},
    "only shuffled": {"negatives": None, "synthetic": ("patch_shuffled",) * 8},
    "some made up": {"synthetic": ("patch_shuffled", "blends", "blobs")},
    "cutout": {"cutout": 16},
    "average": {"ema_decay": 0.999},
    "two sources": {"more_negatives": ("noise_train",)},
    "rotation": {"rotated_per_batch": 16},
    "PixMix": {"mixed_with": "cifar100_train"},
    "held out": {"held_out": True, "negatives": "cifar100_fit"},
}
OF_STUDENTS: dict[str, dict] = {
    "beta": {"attention_weight": 100.0},
    "one level": {"attention_levels": ("high",)},
    "activated": {"attention_activated": True},
    "not normalised": {"attention_normalised": False, "attention_weight": 1.0},
    "unlabelled negatives": {"negatives": "cifar100_train", "negatives_unlabelled": True},
    "distilled": {"distillation_weight": 0.5},
    "distilled, unlabelled": {"distillation_weight": 0.5, "negatives": "noise_train", "negatives_unlabelled": True},
    "the teacher's answers on negatives": {
        "distillation_weight": 0.5,
        "negatives": "noise_train",
        "negatives_unlabelled": True,
        "negatives_distilled": True,
    },
    "the teacher's classifier": {"teacher_classifier": True},
}


def prepared(recipe: Recipe, data: Path, homes: list[Path]) -> TrainingRun:
    stored = find_teacher(recipe, homes, 0)
    pictures = pictures_of(subject_of(recipe), data, None if stored is None else network_of(stored))
    return begin(pictures, device=torch.device("cpu"))


@pytest.mark.parametrize("switch", OF_NAT)
def test_each_switch_of_nat_takes_a_step_of_its_own(switch: str, small_cifar: Path) -> None:
    run = prepared(replace(NAT, **OF_NAT[switch]), small_cifar, [small_cifar])
    plain = prepared(NAT, small_cifar, [small_cifar])
    losses = take_step(run)
    take_step(plain)
    assert all(torch.isfinite(loss) for loss in losses)
    assert losses[1] > 0
    learnt, usual = run.average or run.model.state_dict(), plain.model.state_dict()
    assert not torch.equal(learnt["stem.weight"], usual["stem.weight"])


@pytest.fixture
def with_teacher(small_cifar: Path) -> Path:
    """A data folder in which a teacher was trained as well."""
    train(NAT, data=small_cifar, out=small_cifar / "networks", progress=False)
    return small_cifar


def test_each_switch_of_students_takes_a_step_of_its_own(with_teacher: Path) -> None:
    weights = {}
    for switch, settings in {"plain": {}, **OF_STUDENTS}.items():
        run = prepared(replace(STUDENT, **settings), with_teacher, [with_teacher / "networks"])
        losses = take_step(run)
        assert all(torch.isfinite(loss) for loss in losses)
        assert losses[2] > 0
        assert losses[1] == 0, "a student is asked for nothing on negatives"
        weights[switch] = run.model.state_dict()["stem.weight"].numpy().tobytes()
        if switch == "the teacher's classifier":
            theirs = load_weights(with_teacher / "networks", "wrn16_1_nat")["classifier.weight"]
            np.testing.assert_array_equal(run.model.classifier.weight.numpy(), theirs)
    assert len(set(weights.values())) == len(weights)


def test_a_background_class_is_reported_raw_and_renormalised(small_cifar: Path) -> None:
    out = small_cifar / "networks"
    train(replace(NAT, divergence="background_class"), data=small_cifar, out=out, progress=False)
    card, stored = load_card(out, NAT.name), load_predictions(out, NAT.name)
    assert card.classes[-1] == "background"
    assert {each.logits.shape[1] for each in stored.values()} == {11}
    known = evaluate(renormalised(stored), card.roles, seed=0, protocol="cpu", classes=card.classes[:-1])
    assert known.sets["noise"].ncr["0.4"] >= card.report.sets["noise"].ncr["0.4"]


def test_being_sure_of_the_background_is_no_confidence() -> None:
    # softmax of (log 1, log 1, log 8) is (.1, .1, .8): raw confidence .1, renormalised .5
    sets = {
        name: Predictions("net", name, ("0",), np.array([[0, 0, log(8)]], np.float32), np.array([0]))
        for name in ("cifar10_test", "noise")
    }
    roles = {"cifar10_test": "in distribution", "noise": "unseen"}
    raw = evaluate(sets, roles, seed=0, protocol="short", classes=("a", "b", "background"))
    plain = evaluate(renormalised(sets), roles, seed=0, protocol="short", classes=("a", "b"))
    assert (raw.sets["noise"].ncr["0.4"], plain.sets["noise"].ncr["0.4"]) == (0.0, 1.0)
    assert (raw.accuracy, plain.accuracy) == (0.0, 1.0)


def test_held_out_runs_report_on_no_test_set_and_learn_no_held_out_picture(small_cifar: Path) -> None:
    recipe = replace(NAT, held_out=True, negatives="cifar100_fit")
    assert recipe.roles == {"cifar10_held_out": "in distribution", "cifar100_held_out": "same source"}
    for source, parts in (("cifar10", (144, 16)), ("cifar100", None)):
        fit, held = (load_set(f"{source}_{part}", small_cifar) for part in ("fit", "held_out"))
        assert len(fit) + len(held) == 160
        assert not set(fit.ids) & set(held.ids)
        assert parts in (None, (len(fit), len(held)))
    assert set(present(held.labels).tolist()) <= set(range(0, 100, 5))
    train(recipe, data=small_cifar, out=small_cifar / "networks", progress=False)
    assert list(load_card(small_cifar / "networks", NAT.name).report.sets) == ["cifar10_held_out", "cifar100_held_out"]


def test_an_average_and_turns_survive_being_resumed(small_cifar: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = replace(NAT, ema_decay=0.9, rotated_per_batch=4, mixed_with="cifar100_train", epochs=2)
    train(recipe, data=small_cifar, out=small_cifar / "whole", progress=False)
    take = loop.take_step

    def step(run: TrainingRun, cost: Callable[..., StepLoss]) -> StepLoss:
        if run.step == 3:
            raise KeyboardInterrupt
        return take(run, cost)

    monkeypatch.setattr(loop, "take_step", step)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, data=small_cifar, out=small_cifar / "cut", progress=False, save_seconds=0.0)
    monkeypatch.undo()
    train(recipe, data=small_cifar, out=small_cifar / "cut", resume=True, progress=False)
    whole, cut = ((small_cifar / name / NAT.name / "weights.safetensors").read_bytes() for name in ("whole", "cut"))
    assert whole == cut
    # What tells turns apart is not stored: the network has its ten classes alone.
    assert load_weights(small_cifar / "cut", NAT.name)["classifier.weight"].shape == (10, 64)


def test_an_average_moves_by_its_share() -> None:
    model = build("wrn10_1", 2, seed=0)
    average = begin_average(model)
    with torch.no_grad():
        before = average["classifier.bias"].clone()
        model.classifier.bias.add_(1.0)
    update_average(average, model, average_share(decay=0.9, step=1000))
    torch.testing.assert_close(average["classifier.bias"], before + 0.1)
    # (1 + 2) / (10 + 2) = .25 is the smaller decay.
    update_average(average, model, torch.tensor(average_share(decay=0.9, step=2)))
    torch.testing.assert_close(average["classifier.bias"], before + 0.1 + 0.75 * 0.9)


def test_separate_means_smoothing_and_the_hardest_are_the_numbers_worked_by_hand() -> None:
    # Cross-entropies log 2 and log 2; KL of (3/4, 1/4) is log(4/3) / 2, that of equal logits 0.
    logits, labels = torch.tensor([[0.0, 0.0], [0.0, 0.0], [log(3.0), 0.0], [0.0, 0.0]]), torch.tensor([0, 1])
    kl = 0.5 * log(4 / 3)
    separate = nat_loss(logits, labels, negative_weight=0.5, separate_means=True)
    assert separate.total.item() == pytest.approx(log(2) + 0.5 * kl / 2)
    hardest = nat_loss(logits, labels, hardest=1)
    assert hardest.total.item() == pytest.approx((2 * log(2) + kl) / 3)
    assert hardest.divergence.item() == pytest.approx(kl)
    # Labels (.75 + .125, .125): one row with softmax (3/4, 1/4)
    smooth = nat_loss(logits[2:3], torch.tensor([0]), label_smoothing=0.25).total.item()
    assert smooth == pytest.approx(-0.875 * log(3 / 4) - 0.125 * log(1 / 4))


def test_a_background_target_is_its_cross_entropy() -> None:
    loss = nat_loss(torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, log(2.0)]]), torch.tensor([0]), "background_class")
    assert loss.divergence.item() == pytest.approx(log(2))  # the background has 2 of 4


def test_equal_gradients_by_formula() -> None:
    classes = 10
    y = np.array([0.5] + [0.5 / 9] * 9)
    of_kl = np.linalg.norm(y - 1 / classes)
    entropy_term = np.linalg.norm(y * (np.log(y) - (y * np.log(y)).sum()))
    d = y - 1 / classes
    brier = np.linalg.norm(2 * y * (d - (y * d).sum()))
    assert equal_gradient_weight("kl_to_uniform", classes) == pytest.approx(of_kl / entropy_term)
    assert equal_gradient_weight("brier", classes) == pytest.approx(of_kl / brier)
    with pytest.raises(ValueError, match="known: kl_from_uniform"):
        equal_gradient_weight("background_class", classes)
    with pytest.raises(ValueError, match="between 1 / 10 and 1"):
        equal_gradient_weight("brier", classes, confidence=0.1)


def test_maps_that_are_not_normalised_feel_their_size() -> None:
    one, three = [torch.ones(1, 1, 2, 2)], [torch.full((1, 1, 2, 2), 3.0**0.5)]
    assert attention_transfer_loss(one, three).item() == pytest.approx(0)
    assert attention_transfer_loss(one, three, normalised=False).item() == pytest.approx(4)  # (1 - 3)^2


def test_activated_groups_are_what_the_next_layer_sees() -> None:
    model = build("wrn10_1", 3, seed=0).train()
    assert isinstance(model, WideResNet)
    images = torch.randn(4, 3, 16, 16, generator=generator_for(0, "test", 0))
    groups = model(images).groups
    mean = present(model.norm.running_mean)
    counted = mean.clone()
    last = model.activated(groups)[2]
    torch.testing.assert_close(model.classifier(last.mean((2, 3))), model(images).logits)
    model.eval()
    mean.copy_(counted)
    expected = functional.relu(model.norm(groups[2]))
    torch.testing.assert_close(model.activated(groups)[2], expected)
    resnet = build("resnet18", 3, seed=0)
    assert resnet.activated((images,)) == (images,)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"synthetic": ("blobs",), "negatives": None}, "1 synthetic negatives of 8 need a set"),
        ({"synthetic": ("blobs",) * 9}, "9 synthetic"),
        ({"held_out": True}, "cifar100_fit"),
        ({"attention_levels": ("deep",)}, "low, middle, high"),
        ({"more_negatives": ("ilsvrc",), "negatives": None}, "name the first in negatives"),
        ({"more_negatives": ("ilsvrc",), "negatives_per_batch": 1}, "too few for cifar100_train, ilsvrc"),
        ({"more_negatives": ("imagenet",)}, "unknown image set of negatives 'imagenet'"),
        ({"mixed_with": "fractals"}, "unknown image set in mixed_with 'fractals'"),
        ({"rotated_per_batch": 4, "teacher": "wrn40_1_nat"}, "without a teacher"),
        ({"held_out": True, "negatives": "cifar100_fit", "more_negatives": ("cifar100_test",)}, "cannot be learnt"),
    ],
)
def test_switches_that_contradict_each_other_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(NAT, **settings)


def test_a_student_of_its_protocol_takes_no_teacher_that_learnt_otherwise(tmp_path: Path) -> None:
    student = recipe_named("wrn16_1_student_of_nat")
    home = write_network(tmp_path, "wrn40_1_nat")
    assert find_teacher(student, [tmp_path], 0)
    card = load_card(tmp_path, "wrn40_1_nat")
    write_card(home, replace(card, recipe=replace(card.recipe, epochs=1)))
    with pytest.raises(TrainingError, match=r"but .* holds one with epochs 1 in place of 30: train its teacher first"):
        find_teacher(student, [tmp_path], 0)
    # Who gives both fewer epochs means it.
    assert find_teacher(replace(student, epochs=1), [tmp_path], 0)


def test_a_network_that_is_not_the_teacher_is_told_by_its_card_and_never_read(tmp_path: Path) -> None:
    student = recipe_named("wrn16_1_student_of_nat")
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    for folder in (theirs, ours):
        write_network(folder, "wrn40_1_nat")
    home = theirs / "wrn40_1_nat"
    write_card(home, replace(load_card(theirs, "wrn40_1_nat"), seed=3))
    (home / WEIGHTS).write_bytes(b"damaged")
    assert find_teacher(student, [theirs, ours], 0)
    with pytest.raises(TrainingError, match=r"but .*theirs holds one of recipe wrn40_1_nat, protocol cpu, seed 3"):
        find_teacher(student, [theirs], 0)


def test_a_student_that_learns_otherwise_than_its_protocol_says_takes_any_teacher_of_that_name() -> None:
    student = recipe_named("wrn16_1_student_of_nat")
    assert student.usual_teacher == recipe_named("wrn40_1_nat")
    assert replace(student, epochs=1).usual_teacher is None
    assert replace(student, name="mine").usual_teacher is None
    assert replace(student, teacher="mine").usual_teacher is None
    assert recipe_named("wrn16_1_nat").usual_teacher is None
