"""The results page: whole with everything, with nothing, and half done; its sentences and marks follow the noise."""

import re
import shutil
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from nat_core.__main__ import main
from nat_core.paper.claims import claims
from nat_core.paper.claims import summary as claims_summary
from nat_core.recipes import LEVELS, UNSEEN, recipe_in_protocol, recipe_named
from nat_core.results import plots
from nat_core.results.results_page import OVER_SEEDS, page
from nat_core.results.section import protections, sentences, spread_cell, study_section, study_sheet, summary
from nat_core.store.checkpoints import load_card, write_card
from nat_core.store.runs import RunRecord, add_run, load_runs
from nat_core.studies.choice import chosen_sentence
from nat_core.studies.level_findings import LevelSpread, NetworkId, PairLevels, save_levels
from nat_core.studies.plan import PlannedRun, planned_runs, studies
from nat_core.studies.rows import Noise, StudyRow, accuracy, changes, measure_on, noise_floor, rows_of
from tests.synthetic_runs import record

KEPT = measure_on("cifar100_test", "ncr_at_95_kept")


def runs_of(*names: str) -> dict[str, RunRecord]:
    """Records of these studies: NAT at .40, .41 and .42 over its seeds, the baseline .30 above, all others at .45."""
    found = {}
    for run in planned_runs("cpu", names):
        rate = {"wrn16_1_nat": 0.40, "wrn16_1_baseline": 0.70}.get(run.recipe.name, 0.45) + 0.01 * run.seed
        found[run.key] = record(run, rate, accuracy=0.88 + 0.001 * run.seed)
    return found


@pytest.fixture(scope="module")
def folder(networks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up networks, the noise floor and half of one study; levels of other weights, and of another protocol."""
    folder = tmp_path_factory.mktemp("half")
    for name in ("wrn16_1_baseline", "wrn16_1_nat"):
        (folder / name).symlink_to(networks / name)
    for number, (key, each) in enumerate(runs_of("noise_floor", "argued").items()):
        if number % 2 == 0 or "wrn16_1" in key:
            add_run(folder, key, each)
    spread = {level: LevelSpread(10, 0.2, 0.1, (0.1,) * 5) for level in LEVELS}
    pairs = []
    for protocol in ("cpu", "short"):
        first, second = (NetworkId(f"wrn16_1_{kind}", protocol, 0, "other") for kind in ("baseline", "nat"))
        pairs.append(PairLevels(first, second, {"cifar100_test": spread}))
    save_levels(folder, pairs)
    return folder


@pytest.fixture(scope="module")
def files(folder: Path) -> dict[str, str]:
    """The page of that folder."""
    return page(folder)


def tables(text: str) -> list[list[str]]:
    return [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]


def test_with_nothing_everything_says_how_to_get_it(tmp_path: Path) -> None:
    files = page(tmp_path)
    assert list(files) == ["results.md"]
    text = files["results.md"]
    assert claims_summary(claims({})) in text
    for study in studies():
        if study.runs and study.name not in OVER_SEEDS:
            assert f"Not run yet ({len(study.runs)} runs): `nat reproduce --study {study.name}`." in text
    assert "Not measured yet: `nat levels`." in text
    assert chosen_sentence(None) in text


def test_half_done_studies_show_what_there_is(files: dict[str, str]) -> None:
    text = files["results.md"]
    argued = text.partition("### argued")[2].partition("### ")[0]
    done = int(re.findall(r"^(\d+) of 12 runs are done; the others: `nat reproduce", argued, re.MULTILINE)[0])
    assert 2 < done < 12
    assert argued.count("not run yet") == 12 - done
    assert "`nat_2_negatives`" in argued or "nat_2_negatives" in argued
    assert "Trained with one seed so far" in text
    assert ". More: `nat reproduce --study seeds more_seeds`." in text
    assert text.count("0.700 ± 0.010") == 0
    assert all(len({line.count(" | ") for line in lines}) == 1 for lines in tables(text))


def test_every_plot_is_named_on_the_page_and_is_sound(files: dict[str, str]) -> None:
    named = re.findall(r"!\[[^\]]+\]\((plots/[^)]+)\)", files["results.md"])
    assert sorted(named) == sorted(name for name in files if name != "results.md")
    assert {"plots/ncr-wrn16_1_nat.svg", "plots/study-argued.svg"} <= set(named)
    for name in named:
        root = ElementTree.fromstring(files[name])
        assert root.tag.endswith("svg")
        assert len(root) > 5
        assert "nan" not in files[name]


def test_a_plots_legend_names_what_is_in_it_and_nothing_else() -> None:
    every, found = {study.name: study for study in studies()}, runs_of("noise_floor", "argued", "frontier")
    noise, on = noise_floor(list(every.values()), found), "cifar100_test"
    rows = rows_of(every["argued"], found)
    (nat,) = (row for row in rows if row.label == "wrn16_1_nat")
    whole = plots.study_legend(rows, nat, noise, on)
    assert whole == (
        "Purple: the network that the others are held against, the noise around it shaded. Hollow: trained without "
        "negatives of this kind. Bars: one standard deviation over seeds, where there are several."
    )
    assert plots.study_legend([nat], nat, Noise(()), on) == (
        "Purple: the network that the others are held against. Bars: one standard deviation over seeds, where there "
        "are several."
    )
    once = {key: each for key, each in found.items() if "seed0" in key}
    frontier = [row for row in rows_of(every["frontier"], once) if row.reports]
    assert (
        plots.study_legend(frontier, None, noise, "cifar100_held_out")
        == "Hollow: trained without negatives of this kind."
    )


def test_the_command_writes_the_same_files(
    folder: Path, files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    home = tmp_path / "docs"
    assert main(["report", "--checkpoints", str(folder), "--page", str(home)]) == 0
    assert str(home / "results.md") in capsys.readouterr().out.splitlines()
    assert {str(path.relative_to(home)): path.read_text("utf-8") for path in home.rglob("*.*")} == files


def test_levels_of_other_weights_are_not_shown(files: dict[str, str]) -> None:
    assert "wrn16_1_nat (short) | cifar100_test | 10 |" in files["results.md"]
    assert "wrn16_1_nat (cpu) | cifar100_test | 10 |" not in files["results.md"]


def test_what_two_cores_gave_passes_over_a_network_that_lacks_the_set(networks: Path, tmp_path: Path) -> None:
    for name in ("wrn16_1_baseline", "wrn16_1_nat"):
        shutil.copytree(networks / name, tmp_path / name)
        card = load_card(tmp_path, name)
        write_card(tmp_path / name, replace(card, recipe=recipe_in_protocol(name, "full")))
        run = PlannedRun(recipe_named(name))
        add_run(tmp_path, run.key, record(run, 0.25))
    text = page(tmp_path)["results.md"]
    # By the schedule of the networks that are shown: seeds of another one would stand beside none of them.
    assert ". More: `nat reproduce --protocol full --study seeds more_seeds`." in text
    table = section_of(text, "What a day on two cores gives")
    assert [line.split(" | ")[0] for line in table.splitlines() if "wrn16_1" in line] == [
        "| wrn16_1_baseline",
        "| wrn16_1_nat",
    ]
    whole = load_runs(tmp_path)[run.key]
    rest = {name: each for name, each in whole.report.sets.items() if name != "cifar100_test"}
    add_run(tmp_path, run.key, replace(whole, report=replace(whole.report, sets=rest)))
    table = section_of(page(tmp_path)["results.md"], "What a day on two cores gives")
    # Epochs, hours, accuracy, half of the rate above each threshold, the rate with 95 % kept, and what is kept at 0.9.
    row = "| wrn16_1_baseline | 60 | 0.0 | 88.00 % | 0.125 | 0.125 | 0.125 | 0.125 | 0.250 | 0.800 |"
    assert [line for line in table.splitlines() if "wrn16_1" in line] == [row]


def section_of(text: str, title: str) -> str:
    """What stands under a heading of the second level."""
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]


# --- rows, noise and marks by hand -----------------------------------------------------------------------------------


def row(label: str, *rates: float) -> StudyRow:
    nat = next(run for run in planned_runs("cpu", ("noise_floor",)) if run.recipe.name == "wrn16_1_nat")
    return StudyRow(label, "", tuple(record(replace(nat, seed=seed), rate).report for seed, rate in enumerate(rates)))


NOISE = Noise((row("baseline", 0.70, 0.71, 0.72).reports, row("nat", 0.40, 0.42, 0.44).reports))
"""NCR at 95 % kept: s = .01 of the baseline, .02 of NAT, so .02 counts."""


def test_noise_is_the_larger_deviation_and_shrinks_with_seeds() -> None:
    assert NOISE.deviation(KEPT) == pytest.approx(0.02)
    assert NOISE.freedom == 4
    nat, single = row("nat", 0.40, 0.42, 0.44), row("other", 0.48)
    # 2.776 s sqrt(1 / 1 + 1 / 3) = .0641: .48 lies .06 above the mean.
    assert NOISE.side(single, nat, KEPT) == "within"
    assert NOISE.side(row("other", 0.485), nat, KEPT) == "above"
    assert NOISE.side(row("other", 0.355), nat, KEPT) == "below"
    assert NOISE.side(row("other", 0.48, 0.48, 0.48), nat, KEPT) == "above"  # 2.776 s sqrt(2 / 3) = .0453
    assert Noise((NOISE.recipes[0][:2], NOISE.recipes[1])).side(single, nat, KEPT) == "unknown"
    assert Noise(()).deviation(KEPT) is None


def test_a_row_that_swings_farther_than_the_noise_floor_is_held_against_its_own_noise() -> None:
    calm, wild = row("nat", 0.40, 0.42, 0.44), row("nat", 0.38, 0.42, 0.46)  # s = .02, as the floor has, and .04
    once, thrice, twice = row("other", 0.49), row("other", 0.45, 0.49, 0.53), row("other", 0.44, 0.54)
    # .07 above: 2.776 s sqrt(1 / 1 + 1 / 3) is .0641 by the floor's s and .1282 by the reference's own.
    assert [NOISE.side(once, reference, KEPT) for reference in (calm, wild)] == ["above", "within"]
    # Of three seeds each it is .0453, and .0907 by the row's own; two seeds tell too little of how far they swing.
    assert [NOISE.side(each, calm, KEPT) for each in (thrice, twice)] == ["within", "above"]
    # Held-out classes were shown to no network of the floor: there, what a row swings by itself is what is known.
    on_held_out = measure_on("cifar100_held_out", "ncr_at_95_kept")
    (reference, several) = (
        replace(each, reports=tuple(
            replace(report, sets=report.sets | {"cifar100_held_out": report.sets["cifar100_test"]})
            for report in each.reports
        ))
        for each in (wild, once)
    )  # fmt: skip
    assert NOISE.side(several, reference, on_held_out, KEPT) == "within"
    assert NOISE.deviation_of([reference], on_held_out, KEPT) == pytest.approx(0.04)
    assert Noise(()).deviation_of([reference], on_held_out, KEPT) is None
    # The band of the plot is as wide as what the rows are held against.
    bands = [str(plots.study("a", [each, once], each, NOISE, "cifar100_test")) for each in (calm, wild)]
    assert bands[0] != bands[1]


def test_cells_are_marked_only_beyond_the_noise() -> None:
    reference = row("nat", 0.40, 0.42, 0.44)
    sheet = study_sheet([reference, row("low", 0.2), row("near", 0.43), StudyRow("later", "x=1", ())], reference, NOISE)
    place = sheet.rates.header.index("cifar100_test")
    cells = {line[1]: line[place] for line in sheet.rates.rows if line[1]}
    kept = next(line for line in sheet.rates.rows if line[0].startswith("NCR, 95"))
    assert kept[place] == "0.420 ± 0.020"
    assert cells["low"].startswith("0.300")
    by_name = {(line[1], number): line[place] for number, line in enumerate(sheet.rates.rows)}
    assert "0.200 ▼" in by_name.values()
    assert "0.430" in by_name.values()
    assert sheet.recipes.rows[-1] == ("later", "x=1", "not run yet", "-", "-", "-")
    assert spread_cell(reference, accuracy) == "88.00 ± 0.00 %"


def test_sentences_say_the_difference_and_whether_it_counts() -> None:
    reference = row("nat", 0.40, 0.42, 0.44)
    rows = [reference, row("low", 0.2), row("near", 0.43), row("high", 0.6, 0.6)]
    assert summary(rows, reference, NOISE, "cifar100_test").endswith(
        "against `nat` (0.420): lower by more than the noise: `low` 0.200‡; within the noise: `near` 0.430‡; "
        "higher by more than the noise: `high` 0.600. ‡ one seed."
    )
    assert sentences(rows, reference, NOISE, "cifar100_test")[0] == (
        "`low` (1 seed): accuracy 88.00 %, +0.00 points, within the noise; NCR_0.9 0.100, \u22120.110, more than the "
        "noise; at 95 % kept 0.200, \u22120.220, more than the noise."
    )


def test_what_costs_accuracy_is_marked_however_many_rows_there_are() -> None:
    nat = next(run for run in planned_runs("cpu", ("noise_floor",)) if run.recipe.name == "wrn16_1_nat")
    seeds = [[replace(nat, seed=seed) for seed in range(3)]] * 2
    swinging = [tuple(record(run, 0.4, accuracy=0.88 + 0.002 * run.seed).report for run in runs) for runs in seeds]
    reference, noise = StudyRow("nat", "", swinging[0]), Noise(tuple(swinging))
    # .0080 below the mean of .882: s = .002, and the margins are 2.776 s sqrt(4 / 3) = .0064 and, for 12, .0136.
    costly = StudyRow("costly", "", (record(nat, 0.1, accuracy=0.874).report,))
    rows = [reference, *(row(str(number), 0.2) for number in range(11)), costly]
    judged = noise.among(rows, reference)
    assert judged.comparisons == 12
    assert judged.side(costly, reference, accuracy) == "within"
    said = summary(rows, reference, judged, "cifar100_test")
    assert "`costly` 0.100†‡" in said
    assert said.endswith("† less accurate, by more than the noise of a single comparison. ‡ one seed.")


def test_protections_name_every_set_once_and_mark_those_of_its_own_kind() -> None:
    reference = row("baseline", 0.70, 0.71, 0.72)
    low, high = protections([reference, row("low", 0.2), row("high", 0.9), StudyRow("later", "", ())], reference, NOISE)
    assert low.startswith(
        "`low` protects against: cifar100_train (its own kind), cifar100_test (its own kind), ilsvrc, "
    )
    assert low.endswith("; within the noise: none.")
    assert high.startswith("`high` protects against: none; within the noise: none; worse on: cifar100_train (its own ")
    assert low.count("noise_uniform") == high.count("noise_uniform") == 1


def test_the_matrix_has_a_cell_for_every_row_and_set_and_frames_its_own_kind() -> None:
    reference = row("baseline", 0.70, 0.71, 0.72)
    rows = [reference, row("low", 0.2), StudyRow("later", "", ())]
    drawing = plots.matrix("study", rows, reference, NOISE)
    drawn = str(drawing)
    sets = reference.reports[0].negatives
    assert drawn.count(">0.710<") == len(sets)
    assert drawn.count(">0.200 ▼<") == len(sets)
    own = [each for each in sets.values() if each.role != UNSEEN]
    assert own
    assert drawn.count("<polyline") == 2 * len(own)
    assert "later" not in drawn


def test_rows_take_every_seed_of_the_very_recipe() -> None:
    records = runs_of("noise_floor", "argued")
    (argued,) = (study for study in studies() if study.name == "argued")
    rows = {each.label: each for each in rows_of(argued, records)}
    assert len(rows["wrn16_1_nat"].reports) == 3
    assert rows["nat_2_negatives"].changes == "negatives_per_batch=2"
    assert rows["label_smoothing"].changes == "negatives=none, label_smoothing=0.1"
    key = "short/nat_background_class/seed0"
    second = {key: replace(records[key], renormalised=records[key].report)}
    assert "nat_background_class, renormalised" in {each.label for each in rows_of(argued, records | second)}
    other = replace(records[key], recipe=replace(records[key].recipe, epochs=3))
    assert not next(each for each in rows_of(argued, {key: other}) if each.label == "nat_background_class").reports
    assert noise_floor(studies(), records).seeds == 3
    assert changes(PlannedRun(records[key].recipe).recipe, records[key].recipe) == ""


def test_a_study_without_runs_or_with_none_done_says_so() -> None:
    study = studies()[0]
    head = f"### {study.name}: {study.question}"
    assert study_section(replace(study, runs=()), {}, Noise(()), {}) == ([head, "It has no runs yet."], {})
    told = f"Not run yet ({len(study.runs)} runs): `nat reproduce --study {study.name}`."
    assert study_section(study, {}, Noise(()), {}) == ([head, told], {})
