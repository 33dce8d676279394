"""What is left to run: what counts as left, in which order, and what stands beside each."""

from dataclasses import replace

from nat_core.results.left_runs import grid, left, section, without_network
from nat_core.store.runs import DivergedRun
from nat_core.studies.plan import studies
from tests.synthetic_runs import record

EVERY = studies("full")
FRONTIER = next(study for study in EVERY if study.name == "frontier")
STRONG = next(study for study in EVERY if study.name == "strong")


def records(*runs, seconds: float = 3600.0, hardware: str = "A processor, 1 thread"):
    return {run.key: replace(record(run, 0.5), seconds=seconds, hardware=hardware) for run in runs}


def test_what_is_left_of_the_studies_begun_stands_in_the_queue_s_order() -> None:
    done = records(*FRONTIER.runs[:40]) | records(STRONG.runs[0], seconds=120.0, hardware="A card")
    blown_up = {FRONTIER.runs[40].key: DivergedRun(FRONTIER.runs[40].recipe, 2, "diverged at step 1 of 2")}
    found = left(EVERY, done, blown_up)
    keys = [each.run.key for each in found]
    # Not a study that nobody began; the first table's baseline is one of the strong NAT's study too.
    assert keys[0] == "full/resnet18_nat/seed0"
    assert keys[1:5] == [run.key for run in FRONTIER.runs[41:]]
    assert keys[5:] == [run.key for run in STRONG.runs[2:]]
    assert {each.study for each in found[1:5]} == {"frontier"}
    table = grid(found)
    assert table.header == ("study", "epochs", "minutes, A card", "hours, A processor, 1 thread", "command")
    assert table.rows[1] == ("frontier", "30", "-", "1.0", f"`nat reproduce --run {keys[1]}`")
    # One step of the strong NAT runs 128 pictures, of the baseline 64: 4 minutes.
    assert table.rows[5][1:] == ("100", "4.0", "-", "`nat reproduce --run full/resnet18_nat_strong/seed0`")
    assert table.rows[-1][0] == f"all {len(found)}"
    assert table.rows[-1][3] == "12.8 (6 of them)"  # of 54 + 18 and 48 + 24 more steps
    assert section(EVERY, done, blown_up)[1].startswith(f"{len(found)} runs of the studies begun, in order of worth.")


def test_another_recipe_of_that_name_is_no_record_and_nothing_is_said_of_nothing() -> None:
    done = records(*FRONTIER.runs)
    assert left(EVERY, done, {}) == ()
    assert section(EVERY, {}, {}) == section(EVERY, done, {}) == []
    key = FRONTIER.runs[0].key
    other = done | {key: replace(done[key], recipe=replace(done[key].recipe, epochs=1))}
    assert [each.run.key for each in left(EVERY, other, {})] == [key]


def test_runs_whose_networks_a_study_keeps_are_trained_again_where_these_are_not_there() -> None:
    kept = [run for run in STRONG.runs if run.kept]
    assert kept
    done = records(*STRONG.runs[1:])
    both = [run for run in kept if run.key in done]
    assert list(without_network((STRONG,), done, ())) == both
    assert list(without_network((STRONG,), done, [(both[0].recipe, both[0].seed)])) == both[1:]
    assert f"Of {len(both)} further run" in section((STRONG,), done, {})[1]
    assert "further run" not in section((STRONG,), done, {}, [(run.recipe, run.seed) for run in both])[1]
