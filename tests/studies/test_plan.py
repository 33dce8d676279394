"""The studies as data: every run is unique, needs only what the queue trains, and differs in what it says."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from nat_core.errors import CheckpointError
from nat_core.recipes import recipe_named
from nat_core.store.runs import RUNS, RunRecord, add_run, load_runs, record_of
from nat_core.studies.plan import FRONTIER_FIRST, JOINED_FIRST, PlannedRun, planned_runs, runs_by_key, studies
from nat_core.training.losses import TARGETS

RUNS_OF = {protocol: planned_runs(protocol) for protocol in ("full", "cpu", "short")}


@pytest.mark.parametrize("protocol", RUNS_OF)
def test_every_run_is_planned_once_and_its_teacher_before_it(protocol: str) -> None:
    keys = [run.key for run in RUNS_OF[protocol]]
    assert len(keys) == len(set(keys))
    for place, run in enumerate(RUNS_OF[protocol]):
        assert run.teacher_key is None or run.teacher_key in keys[:place]
        assert run.recipe.divergence in TARGETS
    kept = {run.key for run in RUNS_OF[protocol] if run.kept}
    assert {run.teacher_key for run in RUNS_OF[protocol]} - {None} <= kept


def test_one_key_means_one_recipe() -> None:
    for study in studies("cpu"):
        for run in study.runs:
            assert next(each for each in RUNS_OF["cpu"] if each.key == run.key) == run


def test_the_queue_begins_with_the_paper_s_first_table() -> None:
    names = [run.recipe.name for run in RUNS_OF["cpu"]]
    assert names[:4] == ["resnet18_baseline", "resnet18_nat", "wrn40_1_baseline", "wrn40_1_nat"]
    assert {run.recipe.protocol for run in RUNS_OF["short"] if run.recipe.in_distribution == "cifar10"} == {"short"}
    assert [run.recipe.protocol for run in RUNS_OF["full"][:6]] == ["full"] * 6


def test_held_out_runs_look_at_no_reported_set() -> None:
    beyond = planned_runs("cpu", ("beyond",))
    assert {name for run in beyond for name in run.recipe.roles} == {"cifar10_held_out", "cifar100_held_out"}
    digits = [run for run in planned_runs("cpu", ("digits",)) if run.recipe.held_out]
    assert len(digits) == 30
    assert {name for run in digits for name in run.recipe.roles} == {"digits_held_out", "digits_7_train"}
    assert {run.recipe.negatives for run in digits} == {None, "digits_6_train"}


def test_only_networks_of_the_tables_are_published() -> None:
    published = [run.key for run in RUNS_OF["cpu"] if run.published]
    assert len(published) == 14  # the ten of the protocol, and the strong NAT with the long ones it stands beside
    assert not PlannedRun(recipe_named("wrn16_1_nat"), seed=1).published


def test_a_run_is_found_by_its_key_whatever_its_protocol_and_its_teacher_stands_before_it() -> None:
    keys = ["full/resnet18_nat_64_negatives/seed0", "cpu/wrn16_1_student_of_nat/seed0", "cpu/wrn40_1_nat/seed0"]
    found = [run.key for run in runs_by_key(keys)]
    assert found == [
        "full/resnet18_nat_64_negatives/seed0",
        "cpu/wrn40_1_nat/seed0",
        "cpu/wrn16_1_student_of_nat/seed0",
    ]
    with pytest.raises(ValueError, match="'short/nat_bier/seed0'; did you mean short/nat_brier/seed0"):
        runs_by_key(["short/nat_bier/seed0"])


def test_what_matters_most_gets_its_next_seeds_first() -> None:
    frontier = planned_runs("full", ("frontier",))
    assert [run.seed for run in frontier[:21]] == [0] * 15 + [1] * 3 + [2] * 3
    assert {run.recipe.name for run in frontier[15:21]} == set(FRONTIER_FIRST)
    assert [run.key for run in planned_runs("full", ("joined",))][8:] == [
        f"short/{name}/seed{seed}" for seed in (1, 2) for name in JOINED_FIRST
    ]
    assert planned_runs("full", ("strong",))[-1].recipe.negative_weight == 1.0
    # A seed of a study is one of the very recipe, so that the rows of every study that has it take it in.
    assert planned_runs("cpu", ("joined",))[8].recipe == planned_runs("cpu", ("beyond",))[1].recipe


def test_unknown_protocols_and_studies_name_the_known() -> None:
    with pytest.raises(ValueError, match="'digits'; known: full, cpu, short"):
        studies("digits")
    with pytest.raises(ValueError, match="'tables'; known: first_table"):
        planned_runs("cpu", ("tables",))


def test_records_survive_the_file_and_the_newest_wins(tmp_path: Path, digits_networks: Path) -> None:
    record = record_of(digits_networks, "digits_nat")
    other = replace(record, recipe=replace(record.recipe, synthetic=("blobs",), hardest=2), renormalised=record.report)
    add_run(tmp_path, "a", record)
    add_run(tmp_path, "b", other)
    assert load_runs(tmp_path) == {"a": record, "b": other}
    add_run(tmp_path, "a", replace(record, seconds=1.5))
    assert load_runs(tmp_path)["a"].seconds == 1.5
    assert len((tmp_path / RUNS).read_text().splitlines()) == 8  # a line a run, so that one added changes few
    assert RunRecord.from_json(record.to_json()) == record


@pytest.mark.parametrize(
    "text", ['{"format": 2, "runs": {}}', '{"format": 1}', "[]", '{"format": 1, "runs": {"a": 1}}']
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / RUNS).write_text(text)
    with pytest.raises(CheckpointError, match=RUNS):
        load_runs(tmp_path)
    assert load_runs(tmp_path / "none") == {}


def test_writers_side_by_side_lose_no_run_and_what_a_killed_one_left_goes(
    tmp_path: Path, digits_networks: Path
) -> None:
    record = record_of(digits_networks, "digits_nat")
    (tmp_path / f".{RUNS}.4711.tmp").write_text("half")
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda number: add_run(tmp_path, f"run{number}", record), range(24)))
    assert set(load_runs(tmp_path)) == {f"run{number}" for number in range(24)}
    assert {path.name for path in tmp_path.iterdir()} == {RUNS, ".state"}
