"""The file of all runs: what is written comes back, and the epochs of a report are those of its recipe."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nat_app.answers import stored_answers
from nat_core.recipes import run_key
from nat_core.results.results_page import gather
from nat_core.store.checkpoints import CARD
from nat_core.store.runs import RUNS, add_run, load_runs, record_of, with_networks
from nat_core.studies.plan import planned_runs
from tests.synthetic import write_pairs
from tests.synthetic_runs import record


def test_a_run_of_one_epoch_says_so_in_its_report(tmp_path: Path) -> None:
    run = planned_runs("cpu", ("noise_floor",))[0]
    short = replace(record(run, 0.5), recipe=replace(run.recipe, epochs=1))
    add_run(tmp_path, run.key, replace(short, renormalised=short.report))
    (written,) = json.loads((tmp_path / RUNS).read_text())["runs"].values()
    assert written["recipe"]["epochs"] == 1
    assert "epochs" not in written["report"]
    (found,) = load_runs(tmp_path).values()
    assert found.renormalised is not None
    assert (found.report.epochs, found.renormalised.epochs) == (1, 1)
    assert replace(found.report, epochs=None) == short.report


def test_the_page_and_the_document_give_a_network_the_numbers_of_its_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pairs(tmp_path, "wrn16_1")
    monkeypatch.setenv("NAT_CHECKPOINTS", str(tmp_path))
    now = record_of(tmp_path, "wrn16_1_nat")
    key, other = (run_key(now.recipe.protocol, now.recipe.name, seed) for seed in (now.seed, 1))
    noted = {key: replace(now, report=replace(now.report, accuracy=0.5)), other: replace(now, seed=1)}
    for each, run in noted.items():
        add_run(tmp_path, each, run)
    expected = {key: now, other: noted[other]}
    assert with_networks(load_runs(tmp_path), tmp_path, ["wrn16_1_nat"]) == expected
    shown = stored_answers.runs()
    assert shown == gather(tmp_path).records
    assert expected.items() <= shown.items()
    # A damaged network leaves what was noted of its run, and the others.
    (tmp_path / "wrn16_1_nat" / CARD).write_text("{")
    assert stored_answers.runs() == {**shown, key: noted[key]}
