"""A run put back to where its state left it: all that a step needs, in memory and through the disk."""

import errno
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nat_core.data.sources.image_sets import ImageSet
from nat_core.errors import CheckpointError, DivergedError, RanksError, Stopped, TrainingError
from nat_core.recipes import Recipe
from nat_core.training import state as states
from nat_core.training.pictures import TrainingPictures
from nat_core.training.state import (
    Keeper,
    SavedState,
    Sitting,
    newest_state,
    packed_state,
    restore,
    save_run,
    take_settings,
    unpacked_state,
)
from nat_core.training.training_run import EpochSums, TrainingRun, begin, take_step
from tests.present import present

RECIPE = Recipe(
    "nat", "wrn10_1", negatives="cifar100_train", epochs=2, batch_size=8, negatives_per_batch=4, precision="float32",
    sizes=((8, 1.0),), ema_decay=0.9,
)  # fmt: skip


def images(count: int, seed: int) -> ImageSet:
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (count, 16, 16, 3)).astype(np.uint8)
    return ImageSet("some", pixels, tuple(map(str, range(count))), generator.integers(0, 3, count), ("a", "b", "c"))


def begun(recipe: Recipe = RECIPE, seed: int = 0, scaled: bool = False) -> TrainingRun:
    """A run of four steps an epoch."""
    pictures = TrainingPictures(recipe, images(33, 0), (images(9, 1),))
    run = begin(pictures, device=torch.device("cpu"), seed=seed, threads=1)
    if scaled:
        run.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, growth_interval=2)
    return run


def after(steps: int, scaled: bool = False) -> TrainingRun:
    """A run that has taken so many steps."""
    run = begun(scaled=scaled)
    for _ in range(steps):
        run.epoch.add(take_step(run))
    run.seconds = 2.5
    return run


def numbers(run: TrainingRun) -> dict[str, Any]:
    """All that a step reads and changes."""
    found: dict[str, Any] = {f"model {key}": value.clone() for key, value in run.model.state_dict().items()}
    found |= {f"average {key}": value.clone() for key, value in present(run.average).items()}
    for name, parameter in run.model.named_parameters():
        momentum = run.optimiser.state[parameter]["momentum_buffer"]
        found[f"momentum {name}"] = momentum.clone()
        if momentum.ndim == 4:
            found[f"layout {name}"] = momentum.is_contiguous(memory_format=torch.channels_last)
    return found | {
        "step": run.step, "seconds": run.seconds, "scaling": run.scaler and run.scaler.state_dict(),
        "epoch": run.epoch.to_json(),
    }  # fmt: skip


def assert_equal(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        assert torch.equal(value, theirs[key]) if isinstance(value, torch.Tensor) else value == theirs[key], key


@pytest.mark.parametrize("scaled", [False, True], ids=["plain", "scaled"])
def test_a_run_comes_back_whole_and_goes_on_alike(scaled: bool, tmp_path: Path) -> None:
    run = after(3, scaled)
    save_run(run, tmp_path)
    again = begun(scaled=scaled)
    restore(again, present(newest_state(tmp_path)))
    assert_equal(numbers(again), numbers(run))
    assert again.step == 3
    assert all(value for key, value in numbers(again).items() if key.startswith("layout"))
    assert [float(each) for each in take_step(again)] == [float(each) for each in take_step(run)]
    assert_equal(numbers(again), numbers(run))


def test_a_run_that_has_taken_no_step_comes_back_too(tmp_path: Path) -> None:
    """It has no momentum yet, and no losses; a state of a run without factors of gradients leaves these alone."""
    save_run(begun(), tmp_path)
    saved = present(newest_state(tmp_path))
    assert not any(key.startswith(("momentum/", "scaling/")) for key in saved.tensors)
    again = begun(scaled=True)
    restore(again, saved)
    assert (again.step, again.epoch) == (0, EpochSums())
    assert present(again.scaler).get_scale() == 2.0**10


def test_an_older_states_epoch_begins_where_it_was_saved() -> None:
    run = after(3)
    saved = SavedState(3, 7.5, _arrays(run), run.settings, {})
    restore(run, saved)
    assert (run.seconds, run.epoch) == (7.5, EpochSums(None, 0, 7.5))


def _arrays(run: TrainingRun) -> dict[str, np.ndarray]:
    model = {f"model/{key}": value.numpy() for key, value in run.model.state_dict().items()}
    return model | {f"average/{key}": value.numpy() for key, value in present(run.average).items()}


def test_a_run_of_another_seed_is_not_put_there(tmp_path: Path) -> None:
    save_run(after(1), tmp_path)
    with pytest.raises(TrainingError, match=r"The run of nat was begun with another seed \(0, now 1\)"):
        restore(begun(seed=1), present(newest_state(tmp_path)))
    with pytest.raises(TrainingError, match=r"another recipe: epochs \(2, now 3\)"):
        restore(begun(replace(RECIPE, epochs=3)), present(newest_state(tmp_path)))


def test_a_run_trains_as_the_first_ranks_does(monkeypatch: pytest.MonkeyPatch) -> None:
    run = begun()
    taken = replace(run.objective, precision="float16")
    made: list[tuple[str, torch.device]] = []
    monkeypatch.setattr(states, "scaler_for", lambda *given: made.append(given) or "its factor")
    take_settings(run, run.settings | {"precision": "float16"})
    assert (run.objective, run.scaler, made) == (taken, "its factor", [("float16", run.batches.device)])
    with pytest.raises(TrainingError, match=r"^The run of nat was begun with another seed \(5, now 0\): "):
        take_settings(run, run.settings | {"seed": 5, "precision": "float32"})
    # Of another run nothing is taken.
    assert run.objective == taken


def test_weights_that_are_no_numbers_are_not_saved(tmp_path: Path) -> None:
    run = after(2)
    save_run(run, tmp_path)
    with torch.no_grad():
        run.model.classifier.bias[0] = float("nan")
    run.step = 3
    with pytest.raises(DivergedError, match="The weights of nat stopped being numbers before") as raised:
        save_run(run, tmp_path, kept=tmp_path)
    assert "3" in str(raised.value)
    assert str(tmp_path) in str(raised.value)
    assert present(newest_state(tmp_path)).step == 2


def test_a_state_goes_to_other_ranks_as_it_is() -> None:
    sent = SavedState(3, 1.5, {"model/a": np.arange(4.0)}, {"seed": 7}, {"losses": [1.0], "steps": 2, "since": 0.5})
    back = present(unpacked_state(packed_state(sent)))
    assert (back.step, back.seconds, back.settings, back.epoch) == (sent.step, sent.seconds, sent.settings, sent.epoch)
    assert back.tensors.keys() == sent.tensors.keys()
    np.testing.assert_array_equal(back.tensors["model/a"], sent.tensors["model/a"])
    assert unpacked_state(packed_state(None)) is None
    told = r"^the first process's state is cut short or not a safetensors file \(.*\): start all processes again\.$"
    with pytest.raises(CheckpointError, match=told):
        unpacked_state(packed_state(sent)[:-1])


# --- who keeps it ----------------------------------------------------------------------------------------------------


def keeper(out: Path, saved: SavedState | None = None) -> tuple[Keeper, list[str], Sitting]:
    told: list[str] = []
    sitting = Sitting(name=RECIPE.name, out=out, teacher_homes=(out,))
    return Keeper(sitting, saved, told.append), told, sitting


def test_a_disk_that_refuses_is_told_and_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, (keeping, told, sitting) = after(2), keeper(tmp_path)
    assert keeping.kept is None
    save = states.save_run

    def full(*_given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "x.safetensors")

    monkeypatch.setattr(states, "save_run", full)
    keeping.save(run)
    refused = (
        "The state of step 2 could not be written (x.safetensors: No space left on device: make room there and go on)"
    )
    again = ": the training goes on and tries again with the next one; "
    assert told == [f"{refused}{again}no state is on the disk yet"]
    assert keeping.kept is None
    monkeypatch.setattr(states, "save_run", save)
    keeping.save(run)
    assert keeping.kept == sitting.states
    assert present(newest_state(sitting.states)).step == 2
    monkeypatch.setattr(states, "save_run", full)
    keeping.save(run)
    assert told[1:] == [f"{refused}{again}the newest is of step 2"]


def test_what_cannot_be_deleted_is_told_while_a_run_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, (keeping, told, sitting) = after(1), keeper(tmp_path)
    for step in range(1, states.KEPT + 1):
        run.step = step
        keeping.save(run)
    assert told == []

    def refused(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", refused)
    run.step = states.KEPT + 1
    keeping.save(run)
    assert [each.partition(" (")[0] for each in told] == ["An old state could not be deleted"] * 2
    assert str(sitting.states / "00000001.json") in told[0]


def test_where_weights_stop_being_numbers_the_last_good_state_is_named(tmp_path: Path) -> None:
    run, (keeping, _, sitting) = after(1), keeper(tmp_path)
    keeping.save(run)
    with torch.no_grad():
        run.model.classifier.bias[0] = float("inf")
    with pytest.raises(DivergedError, match=f"The last good state is kept in {sitting.states}"):
        keeping.save(run)


def test_what_is_saved_already_is_not_saved_again_at_a_stop(tmp_path: Path) -> None:
    run, (keeping, _, sitting) = after(1), keeper(tmp_path)
    saved = sitting.states / "00000001.safetensors"
    with pytest.raises(Stopped), keeping.stopped(), keeping.leaving(run):
        raise KeyboardInterrupt
    first = saved.stat().st_ino  # a file that is written anew is another one
    with pytest.raises(Stopped), keeping.stopped(), keeping.leaving(run):
        raise KeyboardInterrupt
    assert saved.stat().st_ino == first


def test_who_is_asked_to_stop_saves_between_two_steps_and_says_so(tmp_path: Path) -> None:
    run, (keeping, _, sitting) = after(3), keeper(tmp_path)
    saved = pytest.raises(Stopped, match=r"^nat is saved at step 3 of 8: go on with --resume")
    with saved, keeping.stopped(), keeping.leaving(run):
        raise KeyboardInterrupt
    assert present(newest_state(sitting.states)).step == 3
    # From there on: nothing new to save, and the step is said all the same.
    keeping, _, _ = keeper(tmp_path, newest_state(sitting.states))
    assert keeping.kept == sitting.states
    # Before its first step the run does not know how many there are.
    with pytest.raises(Stopped, match=r"^nat is saved at step 3: go on with --resume$"), keeping.stopped():
        raise KeyboardInterrupt
    with pytest.raises(Stopped, match="saved at step 3"), keeping.stopped(), keeping.leaving(run):
        raise Stopped(15)


def test_who_loses_the_terminal_before_the_signal_is_heard_saves_too(tmp_path: Path) -> None:
    run, (keeping, _, sitting) = after(3), keeper(tmp_path)
    with pytest.raises(OSError, match="Input/output"), keeping.stopped(), keeping.leaving(run):
        raise OSError(errno.EIO, "Input/output error")
    assert present(newest_state(sitting.states)).step == 3


def test_a_signal_that_comes_after_the_terminal_was_lost_and_before_the_save_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, (keeping, _, sitting) = after(3), keeper(tmp_path)
    begun, whole = [], states.whole

    def interrupted():
        begun.append(True)
        if len(begun) == 1:
            raise Stopped(1)
        return whole()

    monkeypatch.setattr(states, "whole", interrupted)
    with pytest.raises(Stopped, match="saved at step 3"), keeping.stopped(), keeping.leaving(run):
        raise OSError(errno.EIO, "Input/output error")
    assert present(newest_state(sitting.states)).step == 3


def test_of_a_step_that_was_torn_nothing_is_saved(tmp_path: Path) -> None:
    run, (keeping, _, sitting) = after(3), keeper(tmp_path)
    unsaved = pytest.raises(Stopped, match=r"^nothing of nat was saved yet")
    with unsaved, keeping.stopped(), keeping.leaving(run), keeping.step():
        raise KeyboardInterrupt
    assert newest_state(sitting.states) is None


def test_another_ranks_end_is_told_and_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    keeping, _, _ = keeper(tmp_path)
    with pytest.raises(RanksError, match="has ended, so all do: nothing of nat was saved yet"), keeping.stopped():
        raise RuntimeError("[/gloo/transport/tcp/pair.cc:534] Connection closed by peer [127.0.0.1]:29500")
    with pytest.raises(RuntimeError, match=r"^something else$"), keeping.stopped():
        raise RuntimeError("something else")
