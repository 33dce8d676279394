"""Evidence in every state, and what surrounds every page: the file of this view, and larger text for the wall."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nat_app.answers.stored_answers import probabilities_csv
from nat_app.shared.palette import KINDS
from nat_core.store.checkpoints import CARD, WEIGHTS, load_card
from nat_core.store.field_results import FieldResult, store_field_results
from nat_core.store.runs import add_run, record_of
from nat_core.studies.plan import PlannedRun, planned_runs
from tests.pages import PAGES, said
from tests.synthetic import write_pairs
from tests.synthetic_runs import record

PAGE = "views/evidence/view.py"


def test_claims_tables_and_cards_of_what_is_trained(start, networks: Path) -> None:
    app = start(networks, PAGE)
    text = said(app).replace("\\", "")
    assert app.title[0].value.startswith("All of")
    assert "7 claims" in app.title[0].value
    assert "wrn40_1_nat against wrn40_1_baseline: " in text
    assert "over the gallery" in text
    assert app.segmented_control(key="sheet").options == ["Table 1", "Table 2", "Table 3", "Table 4"]
    assert app.segmented_control(key="sheet").value == "Table 2"
    assert "SHA-256 of its files" in text
    assert any("@software{nat_explorer" in code.value for code in app.code)


def test_the_papers_figures_stand_in_grey_beside_ours(start, networks: Path) -> None:
    app = start(networks, PAGE)
    cells = app.table[1].value.astype(str).stack()
    assert any(":gray[(0.974)]" in cell for cell in cells)
    app.segmented_control(key="sheet").set_value("Table 1").run()
    assert [code.value.split() for code in app.code if code.value.startswith("nat train")] == [
        ["nat", "train", "resnet18_baseline", "nat", "train", "resnet18_nat"]
    ]
    assert "\u2013 :gray[(0.960)]" in set(app.table[1].value.astype(str).stack())


def test_several_seeds_give_mean_and_deviation_in_grey(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    first = record_of(tmp_path, "wrn16_1_nat")
    better = replace(first.report, accuracy=first.report.accuracy + 0.02, seed=1)
    add_run(tmp_path, PlannedRun(first.recipe, 1).key, replace(first, seed=1, report=better))
    app = start(tmp_path, PAGE, sheet="Table 3")
    mean = 100 * (first.report.accuracy + 0.01)
    table = app.table[2].value.astype(str)
    assert list(table.columns[:3]) == ["network", "seeds", "accuracy"]
    assert list(table.iloc[0][:3]) == [":gray[wrn16\\_1\\_nat]", ":gray[2]", f":gray[{mean:.2f} ± 1.41 %]"]
    app = start(tmp_path, PAGE, sheet="Table 4")
    assert len(app.table) == 2 + 2  # its own, and those of the published comparison


def test_a_damaged_file_of_runs_is_named_and_the_rest_is_shown(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    (tmp_path / "runs.json").write_text("{")
    app = start(tmp_path, PAGE)
    assert "runs.json is damaged" in said(app)
    assert app.table


def test_what_the_studies_show_is_told_once_they_can_be_judged(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    assert "against `wrn16_1_baseline`" not in said(start(tmp_path, PAGE))
    for run in planned_runs("cpu", ("noise_floor",)):
        rate = 0.7 if run.recipe.name == "wrn16_1_baseline" else 0.4
        add_run(tmp_path, run.key, record(run, rate + 0.01 * run.seed))
    text = said(start(tmp_path, PAGE))
    assert "- **How far do two seeds of the same short recipe lie apart?** NCR on cifar100_test" in text
    assert "against `wrn16_1_baseline` (0.710): lower by more than the noise: `wrn16_1_nat` 0.410;" in text
    assert "alternatives to NAT" not in text
    (tmp_path / "nat_plus.json").write_text("{")
    assert "against `wrn16_1_baseline`" not in said(start(tmp_path, PAGE))


def test_nothing_trained_is_said_as_plainly(start, tmp_path: Path) -> None:
    app = start(tmp_path, PAGE)
    assert app.title[0].value == "None of the paper's 7 claims is measured here yet."
    assert "None is trained yet." in said(app)


def test_a_damaged_card_is_named_and_the_others_are_shown(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    damaged = tmp_path / "wrn16_1_nat" / CARD
    damaged.write_bytes(damaged.read_bytes()[:100])
    app = start(tmp_path, PAGE)
    assert len(app.warning) == 1
    assert "wrn16_1_nat" in app.warning[0].value
    assert "Training" in said(app)


@pytest.mark.parametrize("page", [PAGES[0], PAGES[2], PAGE])
def test_the_view_can_be_downloaded(start, networks: Path, page: str) -> None:
    app = start(networks, page)
    assert "download_view" in [button.key for button in app.sidebar.get("download_button")]


def test_a_page_without_numbers_offers_no_file(start, tmp_path: Path) -> None:
    app = start(tmp_path)
    assert not app.sidebar.get("download_button")


def test_the_picture_downloads_with_every_probability(networks: Path, monkeypatch, fresh_caches) -> None:
    from nat_app.answers import stored_answers
    from nat_app.shared.pairs import pair_named

    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    pair = pair_named("wrn16_1")
    said_of_it = stored_answers.gallery_answers(pair, "cat1.jpg")
    lines = probabilities_csv("cat1.jpg", said_of_it, pair.by_kind).splitlines()
    assert lines[0] == "picture,network,class,probability"
    assert len(lines) == 1 + 10 * len(KINDS)
    assert sum(float(line.rpartition(",")[2]) for line in lines[1:11]) == pytest.approx(1, abs=1e-5)


def test_for_the_wall_the_text_is_larger_on_every_page(start, networks: Path) -> None:
    app: AppTest = start(networks)

    def styles() -> str:
        return "".join(element.proto.body for element in app.get("html"))

    assert "font-size: 125%" not in styles()
    app.toggle(key="wall").set_value(True).run()
    assert "font-size: 125%" in styles()
    app.switch_page(PAGES[2]).run()
    assert "font-size: 125%" in styles()


def test_published_figures_stand_beside_ours_on_the_fields_sets(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    digest = load_card(tmp_path, "wrn16_1_nat").sha256[WEIGHTS]
    store_field_results(tmp_path, [FieldResult("wrn16_1_nat", digest, "svhn", 26_032, 0.8125, 0.3, 0.1)])
    app = start(tmp_path, PAGE)
    assert app.segmented_control(key="published").options == ["OpenOOD", "Outlier Exposure", "Energy"]
    cells = {cell for table in app.table for cell in table.value.astype(str).stack()}
    assert {"0.8803 ± 0.0025", "0.8125", "not measured"} <= cells
    assert any(cell.endswith(" *") for cell in cells)
    assert "proves nothing" in said(app)
    app.segmented_control(key="published").set_value("Energy").run()
    assert "0.3301" in {cell for table in app.table for cell in table.value.astype(str).stack()}


def test_a_damaged_file_of_results_is_named_and_the_rest_is_shown(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    (tmp_path / "field_sets.json").write_text("{")
    app = start(tmp_path, PAGE)
    assert "field_sets.json is damaged" in said(app)
    assert app.segmented_control(key="published").value == "OpenOOD"
