"""The written reports: the paper's figures in their places, untrained networks, any set name, sound syntax."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from nat_core.__main__ import main
from nat_core.measure.report import NetworkReport, SetReport
from nat_core.measure.scores import FPR95_NOTE, MEASURES, SCORES, Separation
from nat_core.paper.field_figures import BENCHMARKS
from nat_core.paper.figures import PAPER
from nat_core.paper.rendering import render
from nat_core.paper.tables import sheets
from nat_core.store.checkpoints import available, load_card

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"
KEYS = ("0.4", "0.6", "0.8", "0.9")


def set_report(*ncr, images=10_000, role="unseen"):
    return SetReport(images, role, dict(zip(KEYS, ncr, strict=True)), 0.311, 0.922, 0.233)


def network_report(known="cifar10_test", **negatives):
    own = SetReport(9_000, "in distribution", dict(zip(KEYS, (1.0, 0.99, 0.97, 0.95), strict=True)), 0.951, 0.5, 0.95)
    return NetworkReport(0.9012, 0.0444, 7, "cpu", ("cat", "dog"), own.ncr, {known: own} | negatives)


def nat_report():
    return network_report(
        cifar100_train=set_report(0.2, 0.1, 0.05, 0.00002, images=50_000, role="trained on"),
        cifar100_test=set_report(0.3, 0.2, 0.1, 0.05, role="same source"),
        noise=set_report(0.1, 0.0001, 0.0, 0.0),
    )


def rows_of(text, network):
    """The lines of a network in a text table, as lists of cells."""
    return [re.split(r" {2,}", line.strip()) for line in text.splitlines() if re.search(rf"\b{network}  ", line)]


def test_the_paper_s_figures_spot_checked():
    assert PAPER["resnet18_baseline"].accuracy == 0.9554
    assert PAPER["resnet18_nat"].ncr["cifar100_test"] == {"0.4": 0.072, "0.6": 0.045, "0.8": 0.026, "0.9": 0.018}
    assert PAPER["resnet18_baseline"].ncr["noise"]["0.9"] == 0.0001
    assert PAPER["wrn16_1_student_of_nat"].ncr["ilsvrc"]["0.6"] == 0.115
    assert PAPER["wrn16_1_baseline"] == PAPER["wrn16_1_student_of_baseline"]
    assert [figures.label for figures in PAPER.values()] == ["base", "NAT", "ori", "ori", "NAT"]


def test_nothing_trained_shows_the_paper_and_the_commands():
    text = render({})
    titles = [sheet.title for sheet in sheets({})]
    assert [title.split(".")[0] for title in titles] == ["Table 1", "Table 2", "Table 3"]
    assert "resnet18_nat is not trained yet. Train it with: nat train resnet18_nat" in text
    assert rows_of(text, "resnet18_nat")[0][1] == "not trained yet (95.03 %)"
    assert rows_of(text, "resnet18_nat")[1] == [
        "resnet18_nat", "not trained yet", "- (0.028)", "- (0.072)", "- (0.063)", "- (0)",
    ]  # fmt: skip
    assert "AUROC" not in text


def test_a_network_of_one_epoch_never_stands_under_its_protocols_name_alone():
    short, whole = (replace(nat_report(), epochs=epochs) for epochs in (1, 24))
    text = render({"resnet18_baseline": whole, "resnet18_nat": short})
    assert rows_of(text, "resnet18_nat")[0] == ["resnet18_nat", "90.12 % (95.03 %)", "0.044", "cpu", "1", "7"]
    assert rows_of(text, "resnet18_baseline")[0][-3:] == ["cpu", "24", "7"]
    assert "They learned for different times, 1 and 24 epochs." in text
    assert "different times" not in render({"resnet18_baseline": whole, "resnet18_nat": whole})
    assert json.loads(render({"resnet18_nat": short}, "json"))["networks"]["resnet18_nat"]["epochs"] == 1


def test_ours_stand_beside_the_paper_s_and_kept_beside_ncr():
    text = render({"resnet18_nat": nat_report()})
    rows = rows_of(text, "resnet18_nat")
    assert rows[0] == ["resnet18_nat", "90.12 % (95.03 %)", "0.044", "cpu", "-", "7"]
    assert rows[1] == ["resnet18_nat", "1.000", "0.200 (0.028)", "0.300 (0.072)", "- (0.063)", "0.100 (0)"]
    assert rows[4] == ["resnet18_nat", "0.950", "0.00002 (0.002)", "0.050 (0.018)", "- (0.012)", "0 (0)"]
    assert rows[5] == ["resnet18_nat", "0.951", "0.311", "0.311", "-", "0.311"]
    assert rows[6] == ["resnet18_nat", "-", "0.922", "0.922", "-", "0.922"]
    assert rows[7] == ["resnet18_nat", "-", "0.233", "0.233", "-", "0.233"]
    assert re.search(r"^pictures +9,000 +50,000 +10,000 +- +10,000$", text, re.MULTILINE)
    assert "resnet18_nat: trained on: cifar100_train; same source: cifar100_test; unseen: noise." in text


def test_ori_is_shown_twice_in_the_second_table_and_without_the_paper_in_the_third():
    second, third = sheets({"wrn16_1_baseline": nat_report()})[1:3]
    order = [row[0] for row in second.networks.rows]
    assert order == ["wrn16_1_baseline", "wrn16_1_student_of_baseline", "wrn16_1_student_of_nat"]
    cells = {row[1]: row[3] for row in second.rates.rows[1:4]}
    assert cells["wrn16_1_baseline"] == "0.200 (0.974)"
    assert cells["wrn16_1_student_of_baseline"] == "- (0.974)"
    assert "wrn40_1_nat" in [row[0] for row in third.networks.rows]
    assert not any("(" in cell for row in third.rates.rows for cell in row)


def test_digits_appear_only_when_trained():
    digits = network_report("digits_test", digits_89=set_report(0.5, 0.4, 0.3, 0.2, images=350))
    sheet = sheets({"digits_baseline": digits})[-1]
    assert sheet.title == "Table 4. Digits (not in the paper)"
    assert sheet.rates.header == ("measure", "network", "kept", "digits_89")
    assert sheet.rates.rows[0] == ("pictures", "", "9,000", "350")
    assert "digits_nat is not trained yet. Train it with: nat train digits_nat" in sheet.notes
    assert any("share of digits_test" in note for note in sheet.notes)


def test_further_sets_and_unknown_networks_get_their_place():
    strict = set_report(0.5, 0.4, 0.3, 0.2, images=787)
    report = network_report(ilsvrc=strict, ilsvrc_strict=strict, ilsvrc_strict_near=strict)
    first = sheets({"resnet18_nat": report, "my_net": report})[0]
    assert first.rates.header[3:] == (
        "cifar100_train", "cifar100_test", "ilsvrc", "ilsvrc_strict", "ilsvrc_strict_near", "noise",
    )  # fmt: skip
    assert first.rates.rows[2][5:] == ("0.500 (0.063)", "0.500", "0.500", "- (0)")
    other = sheets({"my_net": report})[-1]
    assert other.title == "Table 4. Other networks"
    assert other.networks.rows == (("my_net", "90.12 %", "0.044", "cpu", "-", "7"),)


def test_different_numbers_of_pictures_are_both_named():
    small = network_report(noise=set_report(0.5, 0.4, 0.3, 0.2, images=100))
    rows = sheets({"resnet18_nat": nat_report(), "resnet18_baseline": small})[0].rates.rows
    assert rows[0][-1] == "100 / 10,000"


def test_markdown_has_as_many_cells_in_every_line_of_a_table():
    blocks = render({"resnet18_nat": nat_report()}, "markdown").split("\n\n")
    tables = [block.splitlines() for block in blocks if block.startswith("|")]
    assert len(tables) == 6
    for lines in tables:
        assert len({line.count("|") for line in lines}) == 1
        assert set(lines[1]) == {"|", "-", " "}


@pytest.mark.parametrize("format", ["text", "markdown"])
def test_findings_close_the_page(format):
    both = {"resnet18_baseline": nat_report(), "resnet18_nat": nat_report()}
    assert "Findings" not in render({"resnet18_nat": nat_report()}, format)
    *_, heading, last = [line for line in render(both, format).splitlines() if line]
    assert heading.strip("*") == "Findings"
    assert last.startswith("- resnet18_nat against resnet18_baseline: accuracy 90.12 %, equal to")


def test_csv_has_a_row_a_number_with_the_paper_s_beside():
    rows = list(csv.DictReader(io.StringIO(render({"resnet18_nat": nat_report()}, "csv"))))
    assert list(rows[0]) == ["network", "set", "role", "images", "metric", "threshold", "value", "paper", "score"]
    assert len(rows) == 2 + 4 + 3 * (4 + 3)
    assert list(rows[0].values()) == [
        "resnet18_nat", "cifar10_test", "in distribution", "9000", "accuracy", "", "0.9012", "0.9503", "",
    ]  # fmt: skip
    (cell,) = [row for row in rows if (row["set"], row["metric"], row["threshold"]) == ("cifar100_test", "ncr", "0.9")]
    assert list(cell.values())[2:] == ["same source", "10000", "ncr", "0.9", "0.05", "0.018", "confidence"]
    assert {row["paper"] for row in rows if row["metric"] in ("auroc", "fpr95", "ncr_at_95_kept")} == {""}


def by_score(ncr: float) -> dict[str, Separation]:
    """All scores, each a hundredth lower than the one before."""
    return {score: Separation(ncr - place / 100, 0.9, 0.8, 0.7, 0.6) for place, score in enumerate(SCORES)}


def scored_report():
    """The NAT report with other scores on one of its sets."""
    report = nat_report()
    sets = report.sets | {"noise": replace(report.sets["noise"], by_score=by_score(0.311))}
    return replace(report, sets=sets)


def test_by_each_score_stands_a_row_a_set_and_network():
    sheet = sheets({"resnet18_nat": scored_report()})[0]
    assert sheet.scores.header == (
        "measure", "set", "network", "confidence", "entropy", "GEN", "energy", "largest logit",
    )  # fmt: skip
    assert sheet.scores.rows[:2] == (
        ("NCR, 95 % kept", "noise", "resnet18_nat", "0.311", "0.301", "0.291", "0.281", "0.271"),
        ("AUROC", "noise", "resnet18_nat", *["0.900"] * 5),
    )
    assert len(sheet.scores.rows) == len(MEASURES)
    own = [row[3:] for row in sheet.rates.rows if row[1] == "resnet18_nat"]
    assert own[-3:-1] == [("-", "-", "-", "0.800"), ("-", "-", "-", "0.700")]  # both AUPR, on noise alone
    text = render({"resnet18_nat": scored_report()})
    assert FPR95_NOTE in text
    assert "script takes the recall nearest 0.95" in text


def test_without_other_scores_there_is_no_table_of_them():
    sheet = sheets({"resnet18_nat": nat_report()})[0]
    assert sheet.scores.rows == ()
    assert len(sheet.grids) == 2
    assert "AUPR" not in render({"resnet18_nat": nat_report()})


def test_csv_holds_every_score_once():
    rows = list(csv.DictReader(io.StringIO(render({"resnet18_nat": scored_report()}, "csv"))))
    noise = [(row["metric"], row["score"]) for row in rows if row["set"] == "noise" and not row["threshold"]]
    assert sorted(noise) == sorted((measure, score) for measure in MEASURES for score in SCORES)
    (cell,) = [row for row in rows if (row["metric"], row["score"]) == ("ncr_at_95_kept", "energy")]
    assert float(cell["value"]) == pytest.approx(0.281)


def test_latex_prints_the_first_measure_of_other_scores():
    latex = render({"resnet18_nat": scored_report()}, "latex")
    assert "0.281" in latex
    assert latex.count("largest logit") == 2  # the heading, and the note on what it is


def test_latex_is_escaped_balanced_and_rectangular():
    odd = network_report(**{"100%_odd&#${}~^\\<>|": set_report(0.5, 0.4, 0.3, 0.2)})
    latex = render({"resnet18_nat": nat_report(), "odd_net": odd}, "latex")
    assert r"\usepackage{booktabs}" in latex.splitlines()[0]
    assert r"100\%\_odd\&\#\$\{\}\textasciitilde{}\^{}\textbackslash{}\ensuremath{<}\ensuremath{>}" in latex
    body = latex.split("\n", 1)[1]
    assert not re.search(r"(?<!\\)(?<!ensuremath\{)[%_#$~^<>]", body)
    assert re.sub(r"\\[{}]", "", body).count("{") == re.sub(r"\\[{}]", "", body).count("}")
    opened, closed = re.findall(r"\\begin\{(\w+)\}", body), re.findall(r"\\end\{(\w+)\}", body)
    assert sorted(opened) == sorted(closed)
    assert opened.count("table") == 4
    for columns, tabular in re.findall(r"\\begin\{tabular\}\{(l+)\}(.*?)\\end\{tabular\}", body, re.DOTALL):
        lines = [line for line in tabular.splitlines() if line.endswith(r"\\")]
        assert {len(re.findall(r"(?<!\\)&", line)) + 1 for line in lines} == {len(columns)}


def test_latex_of_every_stored_network_nests_and_is_rectangular(capsys):
    assert main(["report", "--format", "latex", "--checkpoints", str(CHECKPOINTS)]) == 0
    latex = capsys.readouterr().out
    assert latex.isascii()
    opened = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", latex):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
        assert opened[:1] in ([], ["table"])
    assert not opened
    tabulars = re.findall(r"\\begin\{tabular\}\{(l+)\}\n(.*?)\n\\end\{tabular\}", latex, re.DOTALL)
    reports = {name: load_card(CHECKPOINTS, name).report for name in available(CHECKPOINTS)}
    # A table of which no network is here, as of the large pair, has nothing by score.
    assert len(tabulars) == sum(len(sheet.grids) for sheet in sheets(reports)) + 2 * len(BENCHMARKS)
    for columns, body in tabulars:
        rows = [line for line in body.splitlines() if not re.fullmatch(r"\\(top|mid|bottom)rule|\\addlinespace", line)]
        assert all(row.endswith(r" \\") and "\n" not in row for row in rows)
        assert {row.count(" & ") + 1 for row in rows} == {len(columns)}
        assert [line for line in body.splitlines() if line.endswith("rule")] == [
            r"\toprule",
            r"\midrule",
            r"\bottomrule",
        ]
    assert latex.count(r"\caption{") == latex.count(r"\begin{table}") == len(sheets(reports)) + len(BENCHMARKS)


def test_unknown_format_names_the_known():
    with pytest.raises(ValueError, match="'html'; known: text, markdown, csv, json, latex"):
        render({}, "html")
