"""The loop: every recipe takes steps, runs repeat themselves, killed runs end in the very same weights."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nat_core.errors import CheckpointError, TrainingError
from nat_core.network.models import build
from nat_core.recipes import RECIPES, Recipe, recipe_named
from nat_core.store.checkpoints import WEIGHTS, load_card, load_weights
from nat_core.training.loop import train
from nat_core.training.objective import StepLoss, choose_precision
from nat_core.training.state import check_settings, newest_state
from nat_core.training.training_run import TrainingRun, learning_rate, optimiser_for
from tests.few_pictures import use_few_digits, use_less_noise
from tests.forks import PROCESSES
from tests.present import present

pytestmark = pytest.mark.usefixtures("few_pictures")
TINY = replace(recipe_named("digits_nat"), epochs=2, sizes=((8, 1.0),), batch_size=16)
"""Thirteen steps an epoch."""


def weights_of(folder: Path) -> bytes:
    return (folder / WEIGHTS).read_bytes()


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all recipes are trained, each once: a teacher is one of them."""
    return tmp_path_factory.mktemp("out")


@pytest.mark.parametrize("name", [name for name in RECIPES if not name.startswith("digits")])
def test_every_recipe_trains_on_a_few_pictures(small_cifar: Path, out: Path, name: str) -> None:
    short: dict[str, Any] = {"epochs": 1, "sizes": ((8, 1.0),), "precision": "float32"}
    for each in filter(None, (RECIPES[name].teacher, name)):
        train(replace(RECIPES[each], **short), data=small_cifar, out=out, resume=True, progress=False)
    card = load_card(out, name)
    assert card.report.sets["cifar100_test"].images == 10
    assert list(card.report.sets) == [each for each in RECIPES[name].roles if not each.startswith("ilsvrc")]
    assert all(np.isfinite(value).all() for value in load_weights(out, name).values())


def test_a_run_repeats_itself_bit_for_bit_and_another_seed_does_not(tmp_path: Path) -> None:
    first, again, other = (
        train(TINY, out=tmp_path / str(index), seed=seed, progress=False) for index, seed in enumerate((0, 0, 1))
    )
    assert weights_of(first) == weights_of(again)
    assert weights_of(first) != weights_of(other)


def sitting(out: Path) -> None:
    """Train in a process of its own until the run ends or the process is killed."""
    torch.set_num_threads(1)
    use_less_noise(pytest.MonkeyPatch())
    use_few_digits(pytest.MonkeyPatch())
    train(replace(TINY, epochs=4), out=out, device="cpu", resume=True, progress=False, save_seconds=0.0)


@pytest.mark.slow
def test_a_run_killed_at_random_moments_ends_in_the_very_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
    whole = PROCESSES.Process(target=sitting, args=(tmp_path / "whole",))
    whole.start()
    moments, kills, states = random.Random(0), 0, tmp_path / "killed" / ".state" / TINY.name
    while not (tmp_path / "killed" / TINY.name).exists():
        run = PROCESSES.Process(target=sitting, args=(tmp_path / "killed",))
        before = newest_state(states)
        run.start()
        # Wait until it has got on since it was last killed, so that the test ends; then kill it anywhere.
        while run.is_alive() and kills < 3:
            now = newest_state(states)
            if now is not None and (before is None or now.step > before.step + moments.randrange(1, 12)):
                time.sleep(moments.random() / 20)
                run.kill()
                run.join()
                kills += present(run.exitcode) < 0
            time.sleep(0.005)  # looking all the time would take the processor from what is looked at
        run.join(300)
        assert present(run.exitcode) <= 0, "it ended by itself, with an error"
    whole.join(300)
    assert whole.exitcode == 0
    assert kills >= 2
    assert weights_of(tmp_path / "killed" / TINY.name) == weights_of(tmp_path / "whole" / TINY.name)


def test_a_finished_name_is_refused_or_returned_at_once(tmp_path: Path) -> None:
    home = train(TINY, out=tmp_path, progress=False)
    assert not (tmp_path / ".state" / TINY.name).exists()
    with pytest.raises(TrainingError, match=r"there already.*--resume"):
        train(TINY, out=tmp_path, progress=False)
    stamp = (home / "card.json").stat().st_mtime_ns
    assert train(TINY, out=tmp_path, resume=True, progress=False) == home
    assert (home / "card.json").stat().st_mtime_ns == stamp


def test_a_begun_run_is_never_mixed_with_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_after(monkeypatch, 5)
    with pytest.raises(KeyboardInterrupt):
        train(TINY, out=tmp_path, progress=False, save_seconds=0.0)
    monkeypatch.undo()
    with pytest.raises(TrainingError, match="was begun in"):
        train(TINY, out=tmp_path, progress=False)
    with pytest.raises(TrainingError, match="another seed"):
        train(TINY, out=tmp_path, seed=3, resume=True, progress=False)
    with pytest.raises(TrainingError, match="another recipe"):
        train(replace(TINY, epochs=9), out=tmp_path, resume=True, progress=False)
    assert present(newest_state(tmp_path / ".state" / TINY.name)).step == 5


def interrupt_after(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    from nat_core.training import loop

    whole = loop.take_step

    def step(run: TrainingRun, cost: Callable[..., StepLoss]) -> StepLoss:
        if run.step == steps:
            raise KeyboardInterrupt
        return whole(run, cost)

    monkeypatch.setattr(loop, "take_step", step)


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_state(tmp_path: Path) -> None:
    wild = replace(TINY, weight_decay=1e18)
    with pytest.raises(TrainingError, match=r"stopped being (a number|numbers).*last good state is kept"):
        train(wild, out=tmp_path, progress=False, save_seconds=0.0)
    kept = newest_state(tmp_path / ".state" / wild.name)
    assert kept is not None
    assert all(np.isfinite(value).all() for value in kept.tensors.values())
    assert not (tmp_path / wild.name).exists()


def test_a_missing_teacher_is_named_before_any_pictures_are_read(small_cifar: Path, tmp_path: Path) -> None:
    for data in (small_cifar, tmp_path / "nowhere"):
        with pytest.raises(CheckpointError, match="nat train wrn40_1_nat"):
            train(recipe_named("wrn16_1_student_of_nat"), data=data, out=tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_progress_shows_epoch_parts_rate_and_time_left(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    train(replace(TINY, epochs=5), out=tmp_path, progress=True)
    shown = capsys.readouterr().err
    assert "cross-entropy" in shown
    assert "KL" in shown
    assert "images/s" in shown
    assert "epoch 5/5" in shown
    assert "<" in shown


def test_the_learning_rate_warms_up_to_its_peak_and_falls_to_nothing() -> None:
    recipe = Recipe("r", "wrn16_1", batch_size=128)
    rates = [learning_rate(recipe, step, 999) for step in range(999)]
    assert max(rates) == pytest.approx(0.2, rel=1e-6)
    assert rates.index(max(rates)) == 149
    assert rates == sorted(rates[:150]) + sorted(rates[150:], reverse=True)
    assert 0 < rates[-1] < 0.001


def test_weight_decay_spares_norms_and_biases(tmp_path: Path) -> None:
    model = build("wrn10_1", 3)
    decayed, spared = optimiser_for(TINY, model).param_groups
    assert (decayed["weight_decay"], spared["weight_decay"]) == (5e-4, 0.0)
    assert all(each.ndim > 1 for each in decayed["params"])
    assert len(decayed["params"]) + len(spared["params"]) == len(list(model.parameters()))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_recipe_may_fix_its_precision(precision: str) -> None:
    recipe = replace(TINY, precision=precision)
    assert choose_precision(recipe, build("wrn10_1", 3)) == precision


def test_the_trial_takes_the_faster_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    from nat_core.training import objective as module

    recipe, model = replace(TINY, precision="auto"), build("wrn10_1", 3)
    for times, expected in (
        ({"float32": 1.0, "bfloat16": 0.5}, "bfloat16"),
        ({"float32": 1.0, "bfloat16": 0.9}, "float32"),
    ):
        monkeypatch.setattr(module, "trial_seconds", lambda model, images, precision, times=times: times[precision])
        assert choose_precision(recipe, model) == expected


def test_the_number_of_threads_stands_on_the_card_and_cannot_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = torch.get_num_threads()
    interrupt_after(monkeypatch, 5)
    with pytest.raises(KeyboardInterrupt):
        train(TINY, out=tmp_path, progress=False, save_seconds=0.0)
    monkeypatch.undo()
    assert present(newest_state(tmp_path / ".state" / TINY.name)).settings["threads"] == 1
    with pytest.raises(TrainingError, match=r"another number of threads \(1, now 2\)"):
        train(TINY, out=tmp_path, threads=2, resume=True, device="cpu", progress=False)
    train(TINY, out=tmp_path, resume=True, device="cpu", progress=False)
    assert load_card(tmp_path, TINY.name).threads == 1
    assert torch.get_num_threads() == before
    # One step: on a busy machine two threads wait for each other at every one.
    train(replace(TINY, epochs=1, batch_size=200), out=tmp_path / "two", threads=2, device="cpu", progress=False)
    assert load_card(tmp_path / "two", TINY.name).threads == 2


def test_a_state_that_says_nothing_of_threads_goes_on() -> None:
    recipe = TINY.to_json()
    old = {"recipe": recipe, "seed": 0, "precision": "float32"}
    check_settings("r", old | {"threads": 2, "data": None, "teacher": None}, old)
    with pytest.raises(TrainingError, match="another set of pictures"):
        check_settings("r", old | {"data": {"own_train": "b"}}, old | {"data": {"own_train": "a"}})


def test_a_folder_without_a_card_is_refused_before_the_training(tmp_path: Path) -> None:
    (tmp_path / TINY.name).mkdir()
    for resume in (False, True):
        with pytest.raises(TrainingError, match="there already but holds no network: move it away"):
            train(TINY, out=tmp_path, resume=resume, progress=False)
    assert not (tmp_path / ".state").exists()


STUDENT = replace(TINY, name="student", negatives=None, teacher=TINY.name, epochs=1)


def test_a_student_takes_the_teacher_that_its_recipe_means_and_says_which(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    train(replace(TINY, epochs=1, protocol="own"), out=out, progress=False)
    with pytest.raises(TrainingError, match=r"digits_nat of protocol digits, seed 0, but .*out holds .*protocol own"):
        train(STUDENT, out=out, teachers=elsewhere, progress=False)
    train(replace(TINY, epochs=1), out=elsewhere, progress=False)
    train(STUDENT, out=out, teachers=elsewhere, progress=False)
    assert load_card(out, "student").teacher_sha256 == load_card(elsewhere, TINY.name).sha256[WEIGHTS]
    # Seed 7's teacher is not seed 3's, and the out folder comes first where both would do.
    train(replace(TINY, epochs=1), out=tmp_path / "third", seed=3, progress=False)
    with pytest.raises(TrainingError, match=r"seed 0 or 7, but .* seed 3"):
        train(STUDENT, out=tmp_path / "third", seed=7, progress=False)
    train(STUDENT, out=tmp_path / "third", teachers=elsewhere, seed=3, progress=False)
    chosen = load_card(tmp_path / "third", "student").teacher_sha256
    assert chosen == load_card(tmp_path / "third", TINY.name).sha256[WEIGHTS]
