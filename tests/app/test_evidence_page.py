"""Evidence in every state, and what surrounds every page: the file of this view, and larger text for the wall."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Element, Expander

import nat_app
from nat_app.answers.plain_names import STUDIED, name_of, names_table, plainly
from nat_app.answers.stored_answers import probabilities_csv
from nat_app.shared.drawing.palette import KINDS
from nat_app.shared.words import capital
from nat_app.views.evidence import drawn, parts
from nat_core.language import speaking
from nat_core.measure.rounding import rate_text
from nat_core.measure.scores import SCORE_NAMES, SCORES
from nat_core.paper.claims import MapDistances, claims, summary
from nat_core.paper.field_tables import annex
from nat_core.paper.findings import findings
from nat_core.paper.rendering import render
from nat_core.paper.tables import Grid
from nat_core.recipes import run_key
from nat_core.results.beside_paper import plot
from nat_core.results.section import in_brief
from nat_core.store.checkpoints import CARD, WEIGHTS, available, load_card
from nat_core.store.features import Features, save_features
from nat_core.store.field_results import FieldResult, store_field_results
from nat_core.store.runs import add_run, load_runs, record_of
from nat_core.studies.plan import planned_runs, studies
from tests.pages import PAGES, plain, said, shown
from tests.pseudo import PSEUDO, loose_words, speak_pseudo
from tests.synthetic import write_pairs
from tests.synthetic_runs import record

PAGE = "views/evidence/view.py"


@pytest.mark.parametrize("spoken", ["en", "de"])
def test_no_two_of_the_names_that_the_page_lists_are_alike(spoken: str) -> None:
    with speaking(spoken):
        rows = [line.strip("| ").split(" | ") for line in names_table().splitlines()[2:]]
        recipes = {run.recipe.name: run.recipe for study in studies() for run in study.runs}
        for plain_name, code in rows:
            if (recipe := recipes.get(code.strip("`"))) and code.strip("`") in STUDIED:
                assert re.search(rf"\b{recipe.epochs} (epochs|Epochen)\b", plain_name), code
                assert re.search("held out|zurückgehalten", plain_name) is not None or not recipe.held_out, code
    assert len({plain_name for plain_name, _code in rows}) == len(rows) > 60


def test_columns_that_nobody_has_measured_are_left_out_and_named(start, networks: Path) -> None:
    app = start(networks, PAGE)
    shown_tables = [each.value for each in app.table]
    assert not any((each == "not measured").all().any() for each in shown_tables)
    assert any("CIFAR-100" in each.columns and "SVHN" not in each.columns for each in shown_tables)
    (told,) = [each.value for each in app.caption if each.value.startswith("Left out, because no row has a number")]
    assert "SVHN, Textures, Places365" in plain(told).replace("\\", "")
    sheet = annex({name: load_card(networks, name) for name in available(networks)}, {}).sheets[0]
    assert "SVHN" in sheet.rates.header, "files keep it"
    # Where no column is left to show, no table of labels alone is.
    before = len(app.table)
    app.segmented_control(key="published").set_value("Energy").run()
    assert len(app.table) == before - 1
    assert any(
        "LSUN (crop)" in each.value.replace("\\", "") for each in app.caption if each.value.startswith("Left out")
    )


def test_claims_tables_and_cards_of_what_is_trained(start, networks: Path) -> None:
    app = start(networks, PAGE)
    text = said(app).replace("\\", "")
    reports = {name: load_card(networks, name).report for name in available(networks)}
    # All but the last, whose distances over the gallery the page takes itself.
    assert all(plain(plainly(claim.measured)) in text for claim in claims(reports)[:-1])
    assert all(plain(capital(plainly(sentence))) in text for sentence in findings(reports))
    assert "not measured yet" not in app.title[0].value
    assert f"over {MapDistances(('a', 'b'), {}).pictures}: low" in text
    assert app.segmented_control(key="sheet").options == ["Table 1", "Table 2", "Table 3", "Table 4"]
    assert app.segmented_control(key="sheet").value == "Table 2"
    assert "SHA-256 of its files" in text
    assert any("@software{nat_explorer" in code.value for code in app.code)


def test_what_is_unfolded_stays_so_when_another_table_is_chosen(start, networks: Path) -> None:
    app = start(networks, PAGE)
    places = {}
    for table in app.segmented_control(key="sheet").options:
        app.segmented_control(key="sheet").set_value(table).run()
        # The one that belongs to the table is kept open by its key.
        below = [each for each in folds(app.main) if each[0] != "By each score"]
        places[table] = (len(app.code), tuple(below))
    # Tables differ in what belongs to them (commands that train what is missing): what follows keeps its place, by
    # which a browser knows it again, and so what was unfolded.
    assert len({parts for parts, _folds in places.values()}) > 1
    (same,) = {found for _parts, found in places.values()}
    assert same[0][0] == "Findings, pair by pair"


def folds(block: Block, place: tuple[int, ...] = ()) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield each expander with where it lies in the page."""
    for number, each in block.children.items():
        if isinstance(each, Block):
            if isinstance(each, Expander):
                yield each.label, (*place, number)
            yield from folds(each, (*place, number))


def test_plain_names_come_first_and_the_codes_own_are_folded_away(start, networks: Path) -> None:
    app = start(networks, PAGE, fold_scores=True)
    code = re.compile(r"\b(resnet18|wrn\d+_1|cifar100?|digits|ilsvrc)_\w+")
    shown_first = [*app.title, *app.header, *app.markdown, *app.caption]
    unfolded = [str(each.value).replace("\\", "") for each in shown_first if not in_fold(app, each)]
    assert [text for text in unfolded if code.search(text)] == []
    cells = [str(cell) for table in app.table for cell in (*table.value.columns, *table.value.to_numpy().ravel())]
    assert [cell for cell in cells if code.search(cell.replace("\\", ""))] == []
    (fold,) = [each for each in app.expander if each.label == "What they are called in commands and files"]
    assert "| WRN-16-1 student of NAT | `wrn16_1_student_of_nat` |" in fold.markdown[0].value
    assert "WRN-16-1 NAT: accuracy" in " ".join(each.label.replace("\\", "") for each in app.expander)


def test_one_quantity_has_one_number_of_digits(start, networks: Path) -> None:
    app = start(networks, PAGE, fold_scores=True)
    cells = [str(cell) for table in app.table for cell in table.value.to_numpy().ravel()]
    text = "\n".join([said(app), *(each.label for each in app.expander), *cells]).replace("\u00a0", " ")
    accuracies = re.findall(r"accuracy:? (?:from )?([\d.]+) %(?: to ([\d.]+) %)?", text.replace("\\", ""))
    assert len(accuracies) > len(available(networks))  # on cards and in sentences
    assert {each for pair in accuracies for each in pair if each and not re.fullmatch(r"\d+\.\d\d", each)} == set()
    # Rates have three digits, what three would make 0 its first; thresholds and settings of the training have one.
    fractions = re.findall(r"(?<![\d.])0(\.\d+)(?![\d.]*\.\d)(?! points| %)", text)
    assert {each for each in fractions if not re.fullmatch(r"\.(\d|\d{3}|000+[1-9])|\.95", each)} == set()


def test_a_student_is_called_by_what_it_takes_from_its_teacher() -> None:
    told = "lower by more than the noise: `student_all` 0.556‡, `nat_plus` 0.473; student_low 0.743‡"
    assert plainly(told) == (
        "lower by more than the noise: *all of it, on unlabelled negatives too* 0.556‡, *the chosen change* "
        "0.473; low maps alone 0.743‡"
    )
    assert plainly("all of it (`student_all`): 86 % at t = 0.9") == "all of it: 86\u00a0% at t\u00a0=\u00a00.9"


def in_fold(app: AppTest, element: Element) -> bool:
    """Whether an element lies in an expander."""
    return any(id(element) == id(each) for fold in app.expander for each in (*fold.markdown, *fold.caption))


def test_no_line_ends_within_a_share_or_a_threshold() -> None:
    assert plainly("95.88 % at t = 0.9 %") == "95.88\u00a0% at t\u00a0=\u00a00.9\u00a0%"


def test_commands_are_left_as_they_are_typed() -> None:
    assert plainly("ilsvrc: nat train wrn16_1_nat --seed 1") == "ILSVRC: nat train wrn16_1_nat --seed 1"
    assert plainly("my_wrn16_1_nat and wrn16_1_nat_old") == "my_wrn16_1_nat and wrn16_1_nat_old"
    assert plainly("ilsvrc_strict_near (723), ilsvrc (1,000)") == (
        f"{name_of('ilsvrc_strict_near')} (723), {name_of('ilsvrc')} (1,000)"
    )


def test_the_page_speaks_german(german, start, networks: Path) -> None:
    app = start(networks, PAGE, lang="de", fold_scores=True)
    text = plain(said(app).replace("\\", ""))
    reports = {name: load_card(networks, name).report for name in available(networks)}
    judged = claims(reports)[:-1]
    assert all(plain(plainly(claim.measured)) in text for claim in judged)
    report = reports["wrn40_1_nat"]
    assert (
        f"NCR 0,9 der Baseline ist {number_de(reports['wrn40_1_baseline'].sets['cifar100_train'].ncr['0.9'])}" in text
    )
    assert f"WRN-40-1 NAT: Genauigkeit {number_de(100 * report.accuracy, 2)} %" in plain(
        " ".join(each.label.replace("\\", "") for each in app.expander)
    )
    assert "% %" not in text
    assert app.title[0].value.startswith("Alle 7 Behauptungen des Papers sind hier gemessen: ")
    assert "bestätigt" in text
    first, rates = (table.value for table in app.table[:2])
    assert list(first.columns) == ["Netz", "Genauigkeit", "ECE", "Protokoll", "Epochen", "Seed"]
    assert list(rates.columns[:3]) == ["Maß", "Netz", "behalten"]
    assert rates.iloc[1, 0] == "NCR 0,4"


def number_de(value: float, digits: int = 3) -> str:
    """A number as German writes it."""
    return f"{value:.{digits}f}".replace(".", ",")


def test_files_are_english_whoever_asks(networks: Path) -> None:
    reports = {name: load_card(networks, name).report for name in available(networks)}
    english = {format: render(reports, format) for format in parts.FORMATS}
    with speaking("de"):
        assert {format: render(reports, format) for format in parts.FORMATS} == english


def test_no_word_of_the_page_is_left_untranslated(start, networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speak_pseudo(monkeypatch)
    app = start(networks, PAGE, lang=PSEUDO, fold_scores=True)
    assert loose_words(app, frozenset(["openood", "outlier", "exposure", "energy"])) == []


def test_the_papers_figures_stand_in_grey_beside_ours(start, networks: Path) -> None:
    app = start(networks, PAGE)
    cells = app.table[1].value.astype(str).stack()
    assert any(":gray[(0.974)]" in cell for cell in cells)
    app.segmented_control(key="sheet").set_value("Table 1").run()
    assert [code.value.split() for code in app.code if code.value.startswith("nat train")] == [
        ["nat", "train", "resnet18_baseline", "nat", "train", "resnet18_nat"]
    ]
    assert "\u2013\u00a0:gray[(0.960)]" in set(app.table[1].value.astype(str).stack())
    # No line ends before a % sign, and the paper's accuracy is grey all the same.
    assert "not trained yet\u00a0:gray[(95.54\u00a0%)]" in set(app.table[0].value.astype(str).stack())


def test_beside_the_digits_it_is_said_why_other_pages_have_other_numbers(start, networks: Path) -> None:
    app = start(networks, PAGE)
    told = {}
    for name in app.segmented_control(key="sheet").options:
        app.segmented_control(key="sheet").set_value(name).run()
        digits = any("digits" in str(cell) for table in app.table for cell in table.value.iloc[:, 0])
        told[name] = (digits, parts.DIGITS_ELSEWHERE in said(app))
    assert {digits for digits, _ in told.values()} == {True, False}
    assert all(digits == said_so for digits, said_so in told.values())


def by_score(app: AppTest, last: str = SCORE_NAMES["max_logit"]) -> pd.DataFrame:
    """The one table by each score that ends with this score."""
    (table,) = (each.value for each in app.table if each.value.columns[-1] == last)
    return table


def test_every_score_has_its_column_and_every_measure_its_table(start, networks: Path) -> None:
    app = start(networks, PAGE, sheet="Table 3")
    closed = len(app.table)
    app = start(networks, PAGE, sheet="Table 3", fold_scores=True)
    assert len(app.table) == closed + 1
    table = by_score(app).astype(str)
    assert list(table.columns) == ["measure", "set", "network", *(SCORE_NAMES[score] for score in SCORES)]
    report = load_card(networks, "wrn40_1_baseline").report
    (row,) = table[(table["set"] == "Noise")].to_numpy().tolist()
    assert row[2] == "WRN-40-1 baseline"
    expected = [rate_text(each.ncr_at_95_kept) for each in report.sets["noise"].by_score.values()]
    assert row[3:] == expected
    app.segmented_control(key="measure").set_value("aupr_negatives").run()
    assert by_score(app).iloc[0, 0] == "AUPR, negatives"
    assert "What is won by confidence need not be won by other scores" in said(app)


def test_scores_from_features_are_shown_once_they_are_asked_for(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    shown = {"sheet": "Table 3", "fold_scores": True, "from_features": True}
    assert "No features of these networks are stored" in said(start(tmp_path, PAGE, **shown))
    generator = np.random.default_rng(0)
    for name in ("wrn16_1_baseline", "wrn16_1_nat"):
        sets = {
            each: Features(
                each,
                tuple(f"{place:016x}" for place in range(count)),
                np.maximum(generator.normal(shift, 1, (count, 64)), 0).astype(np.float32),
                np.arange(count) % 10,
            )
            for each, count, shift in (("cifar10_train", 400, 1), ("cifar10_test", 60, 1), ("cifar100_test", 50, 0))
        }
        save_features(tmp_path, name, sets)
    app = start(tmp_path, PAGE, **shown)
    assert list(by_score(app, "RMDS").columns[-3:]) == ["kNN", "ViM", "RMDS"]
    text = said(app).replace("\\", "")
    assert "400 training pictures of CIFAR-10" in text
    assert "WRN-16-1 NAT against WRN-16-1 baseline where each keeps 95 %, NCR on CIFAR-100 test (50 pictures)" in text


def test_several_seeds_give_mean_and_deviation_in_grey(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    first = record_of(tmp_path, "wrn16_1_nat")
    better = replace(first.report, accuracy=first.report.accuracy + 0.02, seed=1)
    add_run(tmp_path, run_key(first.recipe.protocol, first.recipe.name, 1), replace(first, seed=1, report=better))
    app = start(tmp_path, PAGE, sheet="Table 3")
    mean = 100 * (first.report.accuracy + 0.01)
    table = app.table[2].value.astype(str)
    assert list(table.columns[:3]) == ["network", "seeds", "accuracy"]
    # What several rows of a phone have in common is said again by the style sheet: there in grey as well.
    styles = " ".join(each.proto.body for each in app.get("html"))
    grey = re.findall(r"\.st-key-wide_(\w+) tr\[data-group\]::before \{ color: var\(--baseline\); \}", styles)
    assert grey
    assert all(each.startswith("seeds_") for each in grey)
    assert list(table.iloc[0][:3]) == [":gray[WRN-16-1 NAT]", ":gray[2]", f":gray[{mean:.2f}\u00a0±\u00a01.41\u00a0%]"]
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
    assert "lower by more than the noise" not in said(start(tmp_path, PAGE))
    for run in planned_runs("cpu", ("noise_floor",)):
        rate = 0.7 if run.recipe.name == "wrn16_1_baseline" else 0.4
        add_run(tmp_path, run.key, record(run, rate + 0.01 * run.seed))
    text = said(start(tmp_path, PAGE))
    told = in_brief(studies(), load_runs(tmp_path)).splitlines()
    assert len(told) == 1
    assert plain(plainly(told[0])) in text
    (tmp_path / "nat_plus.json").write_text("{")
    assert "lower by more than the noise" not in said(start(tmp_path, PAGE))


def test_what_carries_nat_and_what_was_tried_stand_as_pictures_and_tables(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    app = start(tmp_path, PAGE)
    assert not {"Does attention carry it?", "Could NAT be better?"} & {each.value for each in app.header}
    rates = {"wrn16_1_baseline": 0.8, "wrn16_1_nat": 0.4, "student_of_nat": 0.7, "frontier_nat": 0.4}
    for run in planned_runs("cpu", ("attention_transfer", "frontier")):
        if run.seed == 0 and run.recipe.name in (*rates, "frontier_weight_2"):
            add_run(tmp_path, run.key, record(run, rates.get(run.recipe.name, 0.38)))
    app = start(tmp_path, PAGE)
    text = said(app)
    assert "Attention maps alone carry 25 % of NAT's effect where each network keeps 95 %" in text
    assert "Of 1 candidate of NAT's cost none reaches the goal" in text
    assert "By NCR at 95 % kept, NAT is beaten in both by negatives of weight 2" in text
    assert {"Does attention carry it?", "Could NAT be better?"} <= {each.value for each in app.header}
    told = [image.alt for images in app.image for image in images.proto.imgs]
    # Each twice: as wide as a page, and for a phone; one of the two is seen.
    assert [words.partition(" ")[0] for words in told] == [
        "NCR", "NCR", "Share", "Share", "Accuracy", "Accuracy"
    ]  # fmt: skip
    # Another folder than the project's own: its networks stand beside ours and the paper's.
    assert re.search(r"Your networks have \d+ of these 80", text)
    assert "beside_paper_svg" in [button.key for button in app.get("download_button")]
    columns = [list(table.value.columns) for table in app.table]
    # No line breaks before a % sign.
    assert [name for names in columns for name in names if " %" in name] == []
    assert [names[0] for names in columns if names[0] in ("what it takes", "candidate")] == [
        "what it takes",
        "candidate",
    ]


def test_nothing_trained_is_said_as_plainly(start, tmp_path: Path) -> None:
    app = start(tmp_path, PAGE)
    nothing = claims({})
    assert app.title[0].value == summary(nothing)
    assert all(plain(plainly(claim.measured)) in said(app).replace("\\", "") for claim in nothing)


def test_a_damaged_card_is_named_and_the_others_are_shown(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    damaged = tmp_path / "wrn16_1_nat" / CARD
    damaged.write_bytes(damaged.read_bytes()[:100])
    app = start(tmp_path, PAGE)
    assert len(app.warning) == 1
    assert "wrn16_1_nat" in shown(app.warning[0].value)
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

    def told() -> str:
        return next(each.proto.json for each in app.get("bidi_component") if each.proto.component_name == "browser")

    assert '"wall": false' in told()
    app.toggle(key="wall").set_value(True).run()
    assert '"wall": true' in told()
    app.switch_page(PAGES[2]).run()
    assert '"wall": true' in told()


def test_no_column_says_again_what_the_one_before_it_says() -> None:
    grid = Grid(("what it takes", "student", "NCR"), (("low maps alone", "student_low", "0.743"),))
    assert list(drawn.frame_of(grid).columns) == ["what it takes", "NCR"]
    # Numbers that happen to be alike are two findings.
    alike = Grid(("set", "energy", "GEN"), (("noise", "0.100", "0.100"),))
    assert list(drawn.frame_of(alike).columns) == ["set", "energy", "GEN"]


def test_published_figures_stand_beside_ours_on_the_fields_sets(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    digest = load_card(tmp_path, "wrn16_1_nat").sha256[WEIGHTS]
    store_field_results(tmp_path, [FieldResult("wrn16_1_nat", digest, "svhn", 26_032, 0.8125, 0.3, 0.1)])
    app = start(tmp_path, PAGE)
    assert app.segmented_control(key="published").options == ["OpenOOD", "Outlier Exposure", "Energy"]
    cells = {cell for table in app.table for cell in table.value.astype(str).stack()}
    assert {"0.880\u00a0±\u00a00.003", "0.812", "not measured"} <= cells
    assert any(cell.endswith("\u00a0*") for cell in cells)
    # Commands are typed as they stand, a line each; sets are named as people do.
    assert any(each.value.startswith("nat data\nnat evaluate wrn16_1_baseline") for each in app.code)
    assert "Not measured yet: Tiny ImageNet, MNIST" in said(app)
    assert "proves nothing" in said(app)
    app.segmented_control(key="published").set_value("Energy").run()
    assert "0.330" in {cell for table in app.table for cell in table.value.astype(str).stack()}


def test_a_damaged_file_of_results_is_named_and_the_rest_is_shown(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    (tmp_path / "field_sets.json").write_text("{")
    app = start(tmp_path, PAGE)
    assert "field_sets.json is damaged" in said(app)
    assert app.segmented_control(key="published").value == "OpenOOD"


def test_the_place_of_the_first_picture_is_as_high_as_the_picture() -> None:
    style = Path("app/frame/style.css").read_text()
    for name, picture in (("full", plot([])), ("slim", plot([], narrow=True))):
        rule = re.search(rf"\.st-key-{name}_beside_paper {{[^}}]*min-height: ([^;]+);", style)
        assert rule is not None
        assert f"{picture.height}px" in rule[1]
        if "cqw" in rule[1]:
            # At most as wide as its column.
            assert f"{100 * picture.height / picture.width:.1f}cqw" in rule[1]
    assert f"@container (max-width: {plot([]).width - 1}px)" in style


def test_no_rule_for_screens_hides_a_picture_that_fits_its_column() -> None:
    app = Path(nat_app.__file__).parent
    rules = (app / "frame" / "style.css").read_text("utf-8")
    drawn = rules + (app / "views" / "evidence" / "plotted_studies.py").read_text("utf-8")
    fitting = re.findall(r"\.st-key-(\w+?_)\S* \{+ display: flex; \}+ *$", drawn, re.MULTILINE)
    hidden = re.findall(r'\[class\*="st-key-(\w+)"\] \{ display: none', rules)
    assert set(fitting) == {"slim_"}
    assert hidden
    assert not [each for each in fitting if any(each.startswith(prefix) for prefix in hidden)]
