"""The choice of nat_plus: by its rule, on held-out numbers, once everything has run; then its study has runs."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from nat_core.__main__ import main
from nat_core.cli import reproduce
from nat_core.errors import CheckpointError
from nat_core.measure.report import NetworkReport
from nat_core.store.runs import RunRecord, add_run
from nat_core.studies.choice import FILE, considered, decide, hindsight, load_choice, pictures_a_step, record_choice
from nat_core.studies.plan import CANDIDATES, NAT_PLUS, Choice, PlannedRun, planned_runs
from nat_core.studies.queue import QueueProgress
from tests.synthetic_runs import record

NOISE = {"wrn16_1_baseline": (0.700, 0.710, 0.720), "wrn16_1_nat": (0.40, 0.41, 0.42)}
"""NCR at 95 % kept over seeds: s = .01. Twelve rows are held against NAT, so two single runs differ by noise up to
t s sqrt(2) = .0834, t = 5.894 being Student's quantile of 4 degrees of freedom for .05 / 12, two-sided."""


def records(
    rates: Mapping[str, float], accuracy: Mapping[str, float] | None = None, leave_out: str = ""
) -> dict[str, RunRecord]:
    """The noise floor, and every candidate at NCR .40 with 95 % kept but for those of `rates`."""
    found = {}
    for run in planned_runs("cpu", ("noise_floor",)):
        rate = NOISE[run.recipe.name][run.seed]
        found[run.key] = record(run, rate, accuracy=0.880 + 0.002 * run.seed)
    for run in planned_runs("cpu", ("beyond",)):
        if run.recipe.name != leave_out:
            rate, right = rates.get(run.recipe.name, 0.40), (accuracy or {}).get(run.recipe.name, 0.88)
            found[run.key] = record(run, rate, accuracy=right)
    return found


def test_the_lowest_beyond_the_noise_wins_and_the_next_is_its_rival() -> None:
    found = records({"held_out_cutout": 0.30, "held_out_ema": 0.35, "held_out_1_blob": 0.37})
    assert decide(found) == Choice("held_out_cutout", "held_out_ema")


def test_within_the_noise_nothing_wins() -> None:
    assert decide(records({"held_out_cutout": 0.3171})) == Choice(None, "held_out_nat")
    assert decide(records({"held_out_cutout": 0.3165})) == Choice("held_out_cutout", "held_out_2_shuffled")


def test_who_costs_more_or_is_wrong_more_often_cannot_win() -> None:
    rates = {"held_out_hardest_8_of_32": 0.1, "held_out_weight_4": 0.2, "held_out_ema": 0.3}
    # s of the accuracy is .002, so up to .00785 below NAT's is noise, for each candidate by itself (t = 2.776): the
    # margin of twelve comparisons, .0167, would let weight_4 pass.
    found = records(rates, {"held_out_weight_4": 0.872, "held_out_ema": 0.8725})
    assert decide(found) is not None
    assert decide(found) == Choice("held_out_ema", next(name for name in CANDIDATES if name == "held_out_2_shuffled"))
    listed = considered(found)
    assert listed is not None
    assert [(each.name, each.allowed) for each in listed[:3]] == [
        ("held_out_hardest_8_of_32", False), ("held_out_weight_4", False), ("held_out_ema", True),
    ]  # fmt: skip


def test_nothing_is_chosen_before_all_have_run() -> None:
    assert decide(records({}, leave_out="held_out_ema")) is None
    assert decide({key: each for key, each in records({}).items() if "wrn16_1" not in key}) is None


def test_the_choice_is_written_once_with_its_reasons(tmp_path: Path) -> None:
    assert record_choice(tmp_path, {}) is None
    assert not (tmp_path / FILE).exists()
    first = record_choice(tmp_path, records({"held_out_cutout": 0.30}))
    assert record_choice(tmp_path, records({"held_out_ema": 0.10})) == first == load_choice(tmp_path)
    assert '"name": "held_out_cutout"' in (tmp_path / FILE).read_text()
    wrong = {
        "{": "chooses again",
        '{"format": 1, "winner": "nobody", "rival": "held_out_nat"}': "nobody.*chooses again",
        '{"format": 2}': "has format 2, this version reads format 1: update NAT Explorer",
    }
    for text, sentence in wrong.items():
        (tmp_path / FILE).write_text(text)
        with pytest.raises(CheckpointError, match=sentence):
            load_choice(tmp_path)


def test_a_recorded_choice_stands_and_hindsight_says_what_todays_noise_makes_of_it() -> None:
    chosen, found = Choice("held_out_cutout", "held_out_ema"), records({"held_out_cutout": 0.35})
    assert hindsight(None, found) == hindsight(Choice(None, "held_out_nat"), found) == hindsight(chosen, {}) == ""
    assert hindsight(chosen, found).endswith(
        "for 12 networks held against NAT, nothing would be chosen: on held-out classes `held_out_cutout` has NCR "
        "0.350 at 95 % kept, `held_out_nat` 0.400."
    )
    assert "it is the same" in hindsight(chosen, records({"held_out_cutout": 0.25}))
    assert "it would be `held_out_ema`" in hindsight(chosen, records({"held_out_ema": 0.25}))


def test_its_study_has_runs_only_then() -> None:
    assert planned_runs("cpu", ("nat_plus",)) == ()
    assert planned_runs("cpu", ("nat_plus",), Choice(None, "held_out_nat")) == ()
    runs = planned_runs("cpu", ("nat_plus",), Choice("held_out_2_shuffled", "held_out_nat"))
    assert [run.key for run in runs[:4:3]] == ["short/wrn16_1_nat/seed0", "short/nat_plus/seed0"]
    assert len(runs) == 10
    assert runs[3].recipe.synthetic == ("patch_shuffled",) * 2
    assert not runs[3].recipe.held_out
    assert (runs[-1].recipe.name, runs[-1].recipe.protocol, runs[-1].published) == (NAT_PLUS, "cpu", False)
    assert len(planned_runs("short", ("nat_plus",), Choice("held_out_cutout", "held_out_nat"))) == 9


def test_a_step_s_cost_is_its_pictures() -> None:
    costs = {run.recipe.name: pictures_a_step(run.recipe) for run in planned_runs("cpu", ("beyond",))}
    assert costs.pop("held_out_hardest_8_of_32") == 96
    assert costs.pop("held_out_baseline") == 64
    assert set(costs.values()) == {72}


def test_the_queue_goes_on_with_what_it_chose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    asked: list[list[str]] = []

    def pretend(runs: list[PlannedRun], *settings: object, **more: object) -> QueueProgress:
        asked.append([run.key for run in runs])
        return QueueProgress([], done=[run.key for run in runs])

    monkeypatch.setattr(reproduce, "run_queue", pretend)
    command = ["reproduce", "--device", "cpu", "--out", str(tmp_path), "--data", str(tmp_path), "--study"]
    assert main([*command, "nat_plus"]) == 1
    assert "nat_plus is chosen when all candidates have run" in capsys.readouterr().err
    for key, each in records({"held_out_cutout": 0.30}).items():
        add_run(tmp_path, key, each)
    assert main([*command, "beyond", "nat_plus"]) == 0
    assert "nat_plus is held_out_cutout" in capsys.readouterr().out
    assert len(asked[0]) == len(CANDIDATES)
    assert asked[1][3] == "short/nat_plus/seed0"
    assert main([*command, "beyond"]) == 0
    assert len(asked) == 3


def test_reports_without_the_held_out_set_are_refused() -> None:
    found = records({})
    key = "short/held_out_ema/seed0"
    report: NetworkReport = replace(found[key].report, sets={})
    with pytest.raises(ValueError, match="held_out_ema does not report"):
        decide(found | {key: replace(found[key], report=report)})
