"""The queue: what is done is skipped, students wait for their teachers, kill -9 loses nothing, failures are named."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from nat_core.recipes import recipe_named
from nat_core.store.checkpoints import WEIGHTS, available, load_card
from nat_core.store.runs import RUNS, DivergedRun, load_ended, load_runs
from nat_core.studies import queue, worker
from nat_core.studies.plan import PlannedRun
from nat_core.studies.queue import Workspace, is_done, run_queue
from nat_core.training.loop import train
from nat_core.training.state import newest_state
from tests.forks import Copy

TINY = {"epochs": 3, "sizes": ((8, 1.0),)}
# They report on held-out pictures and negatives alone: noise, 10,000 pictures, would take longer than the training.
HELD_OUT = {"held_out": True, **TINY}
NAT = replace(recipe_named("digits_nat"), negatives="digits_6_train", **HELD_OUT)
TEACHER = PlannedRun(NAT, kept=True)
STUDENT = PlannedRun(replace(recipe_named("digits_baseline"), name="digits_student", teacher="digits_nat", **HELD_OUT))

QUEUE = f"""
import sys
from pathlib import Path
from nat_core.recipes import Recipe
from nat_core.studies import queue, worker
from nat_core.studies.plan import PlannedRun
queue.SAVE_SECONDS = 0.0
runs = [PlannedRun(Recipe.from_json({NAT.to_json()!r}), kept=True)]
queue.run_queue(runs, queue.Workspace(Path(sys.argv[1]), Path(sys.argv[1])), jobs=1)
"""


@pytest.fixture
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be trained."""

    def refuse(*settings: object) -> None:
        raise AssertionError(f"a run was started: {settings}")

    monkeypatch.setattr(queue, "WorkerProcess", refuse)


@pytest.fixture
def copied_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are copies of a process that has imported torch; how the queue starts them a killed one shows."""

    def copy(command: list[str], **named: object) -> Copy:
        assert command == [sys.executable, "-m", worker.__name__]
        return Copy(worker.main)

    monkeypatch.setattr(queue, "subprocess", SimpleNamespace(**vars(subprocess) | {"Popen": copy}))


@pytest.mark.slow
def test_a_killed_queue_takes_its_worker_along_and_goes_on_to_the_same_weights(
    tmp_path: Path, copied_workers: None
) -> None:
    script, out = tmp_path / "queue.py", tmp_path / "out"
    script.write_text(QUEUE)
    killed = subprocess.Popen([sys.executable, script, out], env=os.environ | {"OMP_NUM_THREADS": "1"})
    states = out / ".state" / "digits_nat"
    while newest_state(states) is None:
        assert killed.poll() is None
        time.sleep(0.05)
    killed.kill()
    killed.wait()
    # The lock is free as soon as the worker has followed; then its state no longer moves.
    progress = run_queue([STUDENT, TEACHER], Workspace(out, out), jobs=2)
    assert progress.done == [TEACHER.key, STUDENT.key]
    assert progress.failed == {}
    records = load_runs(out)
    assert list(records) == [TEACHER.key, STUDENT.key]
    assert records[STUDENT.key].recipe == STUDENT.recipe
    assert available(out) == ("digits_nat",)
    assert records[TEACHER.key].report == load_card(out, "digits_nat").report
    assert not (out / ".state" / "runs" / STUDENT.key).exists()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as the workers: sums in another order give other last bits
    whole = train(TEACHER.recipe, out=tmp_path / "whole", progress=False, device="cpu")
    torch.set_num_threads(threads)
    for file in ("weights.safetensors", "predictions.safetensors"):
        assert (whole / file).read_bytes() == (out / "digits_nat" / file).read_bytes()


def test_what_is_done_is_skipped_and_what_was_trained_otherwise_is_left_alone(
    tmp_path: Path, no_workers: None, digits_networks: Path
) -> None:
    workspace = Workspace(tmp_path, tmp_path)
    recipe = load_card(digits_networks, "digits_nat").recipe
    run = PlannedRun(recipe, kept=True)
    (tmp_path / "digits_nat").symlink_to(digits_networks / "digits_nat")
    assert not is_done(TEACHER, {}, workspace)  # the network of that name has more epochs or fewer
    assert workspace.home(TEACHER) == workspace.work(TEACHER)
    assert is_done(run, {}, workspace)
    assert load_runs(tmp_path) == {}, "looking writes nothing"
    progress = run_queue([run], workspace, jobs=1)
    assert (progress.done, progress.waiting, progress.failed) == ([], [], {})
    assert list(load_runs(tmp_path)) == [run.key]


def test_the_time_ends_the_queue_and_failures_are_sentences(tmp_path: Path, copied_workers: None) -> None:
    workspace = Workspace(tmp_path, tmp_path)
    late = run_queue([TEACHER], workspace, jobs=1, seconds=0.0)
    assert [run.key for run in late.waiting] == [TEACHER.key]
    assert not (tmp_path / RUNS).exists()
    needs_data = PlannedRun(replace(recipe_named("wrn16_1_nat"), epochs=1))
    orphan = replace(STUDENT, recipe=replace(STUDENT.recipe, teacher="nobody"))
    progress = run_queue([needs_data, orphan], workspace, jobs=2)
    assert "nat data --download cifar10" in progress.failed[needs_data.key]
    assert "No network nobody in" in progress.failed[orphan.key]
    assert "nat train nobody" not in progress.failed[orphan.key]
    assert progress.done == []


def test_a_student_learns_from_the_teacher_of_its_queue_whatever_else_bears_that_name(
    tmp_path: Path, copied_workers: None
) -> None:
    # Of the same protocol and seed, but trained for one epoch: the queue's teacher stands elsewhere for its sake.
    train(replace(NAT, epochs=1), out=tmp_path, progress=False, device="cpu")
    student = PlannedRun(replace(recipe_named("digits_baseline"), teacher="digits_nat", **HELD_OUT))
    workspace = Workspace(tmp_path, tmp_path)
    progress = run_queue([TEACHER, student], workspace, jobs=1)
    assert (progress.done, progress.failed) == ([TEACHER.key, student.key], {})
    meant = load_card(workspace.work(TEACHER), "digits_nat").sha256[WEIGHTS]
    assert load_card(tmp_path, "digits_baseline").teacher_sha256 == meant
    assert meant != load_card(tmp_path, "digits_nat").sha256[WEIGHTS]


def test_a_student_whose_teacher_failed_is_named(tmp_path: Path, copied_workers: None) -> None:
    teacher = PlannedRun(replace(recipe_named("wrn16_1_nat"), epochs=1), kept=True)
    student = PlannedRun(replace(recipe_named("wrn16_1_student_of_nat"), teacher="wrn16_1_nat"))
    progress = run_queue([teacher, student], Workspace(tmp_path, tmp_path), jobs=2)
    assert progress.failed[student.key] == "its teacher cpu/wrn16_1_nat/seed0 is not there"


def test_a_run_that_blows_up_is_noted_and_not_tried_again(tmp_path: Path, copied_workers: None) -> None:
    workspace = Workspace(tmp_path, tmp_path)
    run = PlannedRun(replace(recipe_named("digits_baseline"), weight_decay=1e30, **HELD_OUT), kept=True)
    progress = run_queue([run], workspace, jobs=1)
    assert progress.failed[run.key].startswith("diverged at step ")
    assert load_ended(tmp_path)[1] == {run.key: DivergedRun(run.recipe, 0, progress.failed[run.key])}
    assert is_done(run, load_ended(tmp_path)[1], workspace)
    again = run_queue([run], workspace, jobs=1)
    assert (again.done, again.failed) == ([], {})
    # A run with other settings is another run, and its record replaces what is noted under the same key.
    tame = replace(run, recipe=replace(run.recipe, weight_decay=5e-4))
    assert not is_done(tame, load_ended(tmp_path)[1], workspace)
    assert run_queue([tame], workspace, jobs=1).done == [run.key]
    assert (list(load_runs(tmp_path)), load_ended(tmp_path)[1]) == ([run.key], {})


def test_on_a_gpu_runs_of_one_kind_share_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copied_workers: None
) -> None:
    """The card is the processor here: what is told of it decides how runs are put together, not where they compute."""
    started: list[list[str]] = []

    class Noted(queue.WorkerProcess):
        def __init__(self, runs: dict, workspace: Workspace) -> None:
            started.append([run.key for run in runs])
            super().__init__(runs, replace(workspace, device="cpu"))

    monkeypatch.setattr(queue, "WorkerProcess", Noted)
    short = replace(NAT, epochs=1, batch_size=256, precision="float32")
    first, second = PlannedRun(short), PlannedRun(short, seed=1)
    bad = PlannedRun(replace(short, name="digits_wild", weight_decay=1e30))
    other = PlannedRun(replace(short, name="digits_long", epochs=2))
    progress = run_queue([first, other, second, bad], Workspace(tmp_path, tmp_path, "cuda"), jobs=3)
    assert started == [[first.key, second.key, bad.key], [other.key]]
    assert sorted(progress.done) == sorted([first.key, second.key, other.key])
    assert list(progress.failed) == [bad.key]
    assert "digits_wild hold values that are not finite" in progress.failed[bad.key]
    alone = train(short, out=tmp_path / "alone", seed=1, device="cpu", progress=False)
    assert load_runs(tmp_path)[second.key].report == load_card(tmp_path / "alone", alone.name).report
