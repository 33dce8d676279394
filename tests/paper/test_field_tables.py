"""Published figures beside ours: typed as their sources have them, nothing measured that was not, sources marked."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from nat_core.data.sources.field_sets import FIELD_SETS
from nat_core.paper.field_figures import BENCHMARKS, ENERGY, OPENOOD, OUTLIER_EXPOSURE, PublishedFigure
from nat_core.paper.field_tables import NOT_MEASURED, annex, learnt_from, measured
from nat_core.paper.rendering import Annex, render
from nat_core.paper.tables import sheets
from nat_core.recipes import recipe_named
from nat_core.store.checkpoints import WEIGHTS, Card, load_card
from nat_core.store.field_results import FieldResult

NAMES = ("wrn16_1_baseline", "wrn16_1_nat", "wrn16_1_student_of_nat", "digits_nat")


@pytest.fixture
def cards(networks: Path) -> dict[str, Card]:
    """Made-up networks, one of them of the digits."""
    return {name: load_card(networks, name) for name in NAMES}


def result(name: str, set_name: str, auroc: float) -> FieldResult:
    return FieldResult(name, "0", set_name, 1_234, auroc, 1 - auroc, 0.25)


def rows(grid, network: str) -> list[tuple[str, ...]]:
    return [row for row in grid.rows if network in row[:2]]


def test_published_figures_are_the_sources_own_spot_checked() -> None:
    leaderboard = {row.method: row for row in OPENOOD.published}
    assert str(leaderboard["MSP"].means["auroc", "near"]) == "0.8803 ± 0.0025"
    assert str(leaderboard["MSP"].means["auroc", "far"]) == "0.9073 ± 0.0043"
    assert str(leaderboard["Outlier Exposure, MSP"].means["auroc", "near"]) == "0.9482 ± 0.0021"
    baseline, tuned, scratch = OUTLIER_EXPOSURE.published
    assert str(baseline.sets["fpr95"]["rademacher"]) == "0.4755"
    assert str(tuned.sets["auroc"]["places365"]) == "0.9623"
    assert (str(scratch.accuracy), str(scratch.sets["fpr95"]["cifar100_test"])) == ("0.9574", "0.2368")
    assert [str(row.means["ncr_at_95_kept", "all"]) for row in ENERGY.published] == [
        "0.5104", "0.3301", "0.0853", "0.0332",
    ]  # fmt: skip


@pytest.mark.parametrize("measure", ["fpr95", "auroc"])
def test_outlier_exposures_means_are_those_of_its_sets(measure: str) -> None:
    # Its file prints both, so a figure typed wrong shows here. Its last decimal is rounded.
    for row in OUTLIER_EXPOSURE.published:
        values = [figure.value for figure in row.sets[measure].values()]
        assert sum(values) / len(values) == pytest.approx(row.means[measure, "all"].value, abs=6e-5)


def test_every_set_of_a_benchmark_is_one_that_can_be_had() -> None:
    for benchmark in BENCHMARKS:
        assert set(benchmark.sets) <= {*FIELD_SETS, "cifar100_test"}
        assert all(set(row.sets.get(measure, {})) <= set(benchmark.sets) for row in benchmark.published
                   for measure in benchmark.measures)  # fmt: skip
        assert "github.com" in benchmark.source
        assert "arXiv" in benchmark.source
    assert OPENOOD.groups["near"] == ("cifar100_test", "tiny_imagenet")
    assert OPENOOD.groups["far"] == ("mnist", "svhn", "dtd", "places365")


def test_what_nobody_measured_says_so_and_how_to(cards: dict[str, Card]) -> None:
    for sheet in annex(cards, {}).sheets:
        for name in NAMES[:3]:
            (own, *rates) = [*rows(sheet.networks, name), *rows(sheet.rates, name)]
            assert set(own[3:]) == {NOT_MEASURED}
            cells = [cell for row in rates for title, cell in zip(sheet.rates.header, row, strict=True)
                     if title not in ("measure", "network", "CIFAR-100")]  # fmt: skip
            assert set(cells) == {NOT_MEASURED}
        assert any(note.startswith("Not measured yet: ") and "--sets" in note for note in sheet.notes)
        assert not rows(sheet.networks, "digits_nat")


def test_cifar100_comes_from_the_report_and_bears_the_mark_where_it_was_learnt_from(cards: dict[str, Card]) -> None:
    sheet = annex(cards, {}).sheets[0]
    cells = {row[1]: row[2] for row in sheet.rates.rows[1:4]}
    for name in NAMES[:3]:
        mark = "" if name == "wrn16_1_baseline" else " *"
        assert cells[name] == f"{cards[name].report.sets['cifar100_test'].auroc:.3f}{mark}"
    assert sheet.rates.header[2] == "CIFAR-100"
    assert any(note.startswith("Marked *: ") and "proves nothing" in note for note in sheet.notes)
    alone = annex({"wrn16_1_baseline": cards["wrn16_1_baseline"]}, {}).sheets[0]
    assert not any(note.startswith("Marked *") for note in alone.notes)


def test_a_mean_stands_once_all_of_its_sets_are_measured(cards: dict[str, Card]) -> None:
    far = {name: result("wrn16_1_nat", name, value) for name, value in
           (("mnist", 0.9), ("svhn", 0.8), ("dtd", 0.7), ("places365", 0.6))}  # fmt: skip
    sheet = annex(cards, {"wrn16_1_nat": far | {"tiny_imagenet": result("wrn16_1_nat", "tiny_imagenet", 0.9)}}).sheets[
        0
    ]
    (own,) = rows(sheet.networks, "wrn16_1_nat")
    near = (0.9 + round(cards["wrn16_1_nat"].report.sets["cifar100_test"].auroc, 3)) / 2
    assert own[3:] == (f"{near:.3f} *", "0.750")
    del far["dtd"]
    assert rows(annex(cards, {"wrn16_1_nat": far}).sheets[0].networks, "wrn16_1_nat")[0][3:] == (NOT_MEASURED,) * 2
    assert sheet.rates.rows[0][2:] == ("1,000", *("1,234",) * 5)


@pytest.mark.parametrize(
    ("changes", "name", "expected"),
    [
        ({}, "cifar100_test", False),
        ({"negatives": "cifar100_train"}, "cifar100_test", True),
        ({"negatives": "cifar100_fit"}, "cifar100_test", True),
        ({"negatives": "cifar100_train"}, "tiny_imagenet", False),
        ({"negatives": "ilsvrc"}, "tiny_imagenet", True),
        ({"negatives": "noise_train"}, "gaussian", True),
        ({"negatives": "noise_train"}, "blob", False),
        ({"synthetic": ("blobs",) * 8}, "blob", True),
        ({"synthetic": ("blobs",) * 8}, "svhn", False),
        ({"teacher": "wrn40_1_nat"}, "cifar100_test", True),
        ({"teacher": "wrn40_1_baseline"}, "cifar100_test", False),
        ({"negatives": "cifar100_train", "negatives_per_batch": 0}, "cifar100_test", False),
    ],
)
def test_what_a_network_learnt_from(changes: dict, name: str, expected: bool) -> None:
    assert learnt_from(replace(recipe_named("wrn16_1_baseline"), **changes), name) is expected


def test_a_student_of_a_baseline_learnt_from_no_negatives(cards: dict[str, Card]) -> None:
    pupil = cards["wrn16_1_student_of_nat"]
    of_baseline = replace(pupil, recipe=replace(pupil.recipe, teacher="wrn40_1_baseline"))
    for card, expected in ((pupil, "by its teacher wrn40_1_nat"), (of_baseline, "none")):
        (own,) = rows(annex({card.name: card}, {}).sheets[0].networks, card.name)
        assert own[1] == expected


def test_results_count_for_the_networks_that_are_here(cards: dict[str, Card]) -> None:
    known = measured(cards, {"wrn16_1_nat": {"blob": result("wrn16_1_nat", "blob", 0.5)}, "gone": {}})
    assert [each.card.name for each in known] == list(NAMES[:3])
    assert known[1].value("auroc", "blob") == 0.5
    assert known[1].value("auroc", "svhn") is None
    assert known[0].mean("auroc", ("blob",)) is None


def test_every_format_holds_them(cards: dict[str, Card]) -> None:
    stored = {"wrn16_1_nat": {"svhn": result("wrn16_1_nat", "svhn", 0.8125)}}
    more, reports = annex(cards, stored), {name: card.report for name, card in cards.items()}
    for format in ("text", "markdown", "latex"):
        written = render(reports, format, more)
        for piece in ("Its near and far sets beside CIFAR-10", "0.812", "not measured", "0.948"):
            assert piece in written, (format, piece)
    assert render(reports, "latex", more).count(r"\begin{table}") == len(sheets(reports)) + len(BENCHMARKS)
    assert r"0.880 $\pm$ 0.003" in render(reports, "latex", more)
    values = json.loads(render(reports, "json", more))["field"]
    assert list(values) == ["openood", "outlier_exposure", "energy"]
    own = values["openood"]["measured"]["wrn16_1_nat"]
    assert own["svhn"] == {
        "images": 1_234, "ncr_at_95_kept": 0.25, "auroc": 0.8125, "fpr95": 0.1875, "learnt_from_its_source": False,
    }  # fmt: skip
    assert own["cifar100_test"]["learnt_from_its_source"] is True
    assert own["mnist"] is None
    assert values["openood"]["published"][0]["means"]["auroc"]["near"] == {"value": 0.8803, "deviation": 0.0025}
    lines = list(csv.DictReader(io.StringIO(render(reports, "csv", more))))
    assert [line["value"] for line in lines if line["set"] == "svhn" and line["network"] == "wrn16_1_nat"] == [
        "0.25", "0.8125", "0.1875",
    ]  # fmt: skip
    # A table, not two of different widths: every row says by which score it is, but for accuracies and one published.
    assert {len(row) for row in csv.reader(io.StringIO(render(reports, "csv", more)))} == {9}
    unnamed = {line["network"] for line in lines if not line["score"] and line["metric"] != "accuracy"}
    assert unnamed == {"published: RotPred + PixMix, ResNet-18 (OpenOOD)"}
    scores = {line["network"]: line["score"] for line in lines if line["metric"] != "accuracy"}
    assert scores["published: energy, fine-tuned, WRN-40-2 (Energy)"] == "energy"
    assert scores["published: kNN, ResNet-18 (OpenOOD)"] == "knn"
    near = next(line for line in lines if line["set"] == "openood:near")
    assert (near["network"], near["value"], near["paper"]) == ("published: MSP, ResNet-18 (OpenOOD)", "", "0.8803")
    # What the report of a network tells already is not told twice.
    told = [line for line in lines if (line["network"], line["set"]) == ("wrn16_1_nat", "cifar100_test")]
    assert [line["metric"] for line in told if line["score"] == "confidence"].count("auroc") == 1


def test_without_an_annex_nothing_changes(cards: dict[str, Card]) -> None:
    reports = {"wrn16_1_nat": cards["wrn16_1_nat"].report}
    for format in ("text", "markdown", "latex", "csv", "json"):
        assert render(reports, format) == render(reports, format, Annex())


def test_a_figure_is_written_as_its_source_has_it() -> None:
    assert (str(PublishedFigure(0.5)), str(PublishedFigure(0.25, 0.0102))) == ("0.5000", "0.2500 ± 0.0102")


def test_the_weights_of_a_card_are_what_results_are_held_against(cards: dict[str, Card]) -> None:
    assert WEIGHTS in cards["wrn16_1_nat"].sha256
