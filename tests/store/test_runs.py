"""The file of all runs: what is written comes back, and the epochs of a report are those of its recipe."""

import json
from dataclasses import replace
from pathlib import Path

from nat_core.store.runs import RUNS, add_run, load_runs
from nat_core.studies.plan import planned_runs
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
