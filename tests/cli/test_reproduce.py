"""`nat reproduce`: the plan with its estimates, the lines that it shows, what it says at the end."""

from dataclasses import replace
from pathlib import Path

import pytest

from nat_core.__main__ import main
from nat_core.cli import reproduce
from nat_core.recipes import recipe_named
from nat_core.store.checkpoints import load_card
from nat_core.store.runs import add_run, record_of
from nat_core.studies import timing
from nat_core.studies.plan import PlannedRun, planned_runs
from nat_core.studies.queue import QueueProgress, RunningRun

NAT = recipe_named("wrn16_1_nat")


def test_an_estimate_is_steps_times_the_time_of_each_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "step_seconds", lambda recipe, device: recipe.sizes[0][0] / 1000)
    # 781 steps an epoch, 60 epochs: 55 % at .024 s and 45 % at .032 s, then 91,000 pictures in passes of a third.
    training = 781 * 60 * (0.55 * 0.024 + 0.45 * 0.032)
    assert timing.estimated_seconds(NAT) == pytest.approx(training + 91_000 / 64 / 3 * 0.032)
    inside = timing.estimated_seconds(replace(NAT, negatives_inside=True))
    assert inside == pytest.approx(training * (50_000 // 56) / 781 + 91_000 / 56 / 3 * 0.032)


def test_steps_of_the_very_kind_are_timed() -> None:
    tiny = {"epochs": 1, "sizes": ((8, 1.0),), "batch_size": 4, "precision": "float32"}
    student = replace(recipe_named("wrn16_1_student_of_nat"), **tiny)
    for recipe in (replace(NAT, **tiny), student):
        assert timing.step_seconds(recipe, "cpu") > 0
    with pytest.raises(ValueError, match="unknown device"):
        timing.step_seconds(student, "abacus")


def test_the_plan_names_every_run_and_what_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, digits_networks: Path
) -> None:
    monkeypatch.setattr(timing, "estimated_seconds", lambda recipe, device: 1200.0)
    runs = planned_runs("cpu", ("trained_on",))
    done = replace(record_of(digits_networks, "digits_nat"), recipe=runs[2].recipe)
    add_run(tmp_path, runs[2].key, done)
    command = ["reproduce", "--plan", "--study", "trained_on", "--device", "cpu", "--jobs", "2", "--out", str(tmp_path)]
    assert main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["study", "run", "minutes"]
    assert [line.split()[1] for line in lines[1:-1]] == [run.key for run in runs]
    assert [line.split()[2] for line in lines[1:-1]] == ["20.0", "20.0", "done", "20.0", "20.0", "20.0"]
    assert lines[-1].startswith("1.7 hours of one process, 0.8 hours with 2 side by side")


def test_one_run_is_planned_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(timing, "estimated_seconds", lambda recipe, device: 600.0)
    command = ["reproduce", "--plan", "--device", "cpu", "--jobs", "1", "--out", str(tmp_path), "--run"]
    assert main([*command, "full/frontier_nat/seed1", "short/student_low/seed0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:-1]] == [
        ["frontier", "full/frontier_nat/seed1"],
        ["noise_floor", "short/wrn16_1_nat/seed0"],
        ["attention_transfer", "short/student_low/seed0"],
    ]
    assert main([*command, "full/frontier_nat/seed7"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("nat reproduce: no run is called 'full/frontier_nat/seed7'; did you mean full/frontier_nat/")
    with pytest.raises(SystemExit):
        main([*command, "full/frontier_nat/seed1", "--study", "frontier"])


def test_runs_that_fail_are_told_with_status_1(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    out = str(tmp_path / "out")
    assert main(["reproduce", "--study", "first_table", "--data", str(tmp_path), "--device", "cpu", "--out", out]) == 1
    told = capsys.readouterr()
    assert told.out.splitlines()[0] == "0 runs finished, 0 left, 2 failed", "there are no numbers to be named"
    assert told.err.count("nat data --download cifar10") >= 2


def test_each_run_has_a_line_and_news_come_at_once(capsys: pytest.CaptureFixture) -> None:
    class Child(RunningRun):
        def __init__(self) -> None:
            pass

        line = "epoch 1/2"

    progress = QueueProgress([PlannedRun(NAT)], {"cpu/wrn16_1_nat/seed0": Child()})
    show = reproduce.ProgressLines()
    for _ in range(3):
        show(progress)
    assert capsys.readouterr().err == "cpu/wrn16_1_nat/seed0: epoch 1/2\n"
    progress.done.append("cpu/wrn16_1_nat/seed0")
    progress.running.clear()
    show(progress)
    assert capsys.readouterr().err == "cpu/wrn16_1_nat/seed0: done\n"


def test_a_card_says_which_protocol_was_run(digits_networks: Path) -> None:
    assert load_card(digits_networks, "digits_nat").protocol == "digits"
