"""The paper's cells with ours and a reader's own: counted, measured, drawn."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from nat_app.answers.plain_names import cell_of
from nat_core.language import speaking
from nat_core.measure.report import NetworkReport
from nat_core.paper.figures import PAPER, PAPER_SETS
from nat_core.results.beside_paper import WIDE, Cell, cells, papers_cells, plot, sentences
from nat_core.results.drawings.panels import DARK, GROUND, POINTED_OUT
from tests.synthetic import write_network

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> NetworkReport:
    from nat_core.store.checkpoints import load_card

    folder = tmp_path_factory.mktemp("networks")
    write_network(folder, "wrn16_1_student_of_nat", seed=3)
    return load_card(folder, "wrn16_1_student_of_nat").report


def repeated(report: NetworkReport, name: str, by: float = 0.0) -> NetworkReport:
    """A report with the paper's own figures, or so much away from them."""
    unseen = next(iter(report.negatives.values()))
    sets = {
        set_name: replace(unseen, ncr={key: min(1.0, rate + by) for key, rate in PAPER[name].ncr[set_name].items()})
        for set_name in PAPER_SETS
    }
    return replace(report, sets=report.sets | sets)


def test_each_of_the_papers_cells_is_there_once_for_each_network_beside_it() -> None:
    found = cells({})
    # Two tables of two networks, four sets and four thresholds; the second table's first row stands beside two of ours.
    assert papers_cells() == 2 * 2 * 4 * 4 == len(found) - 4 * 4
    assert len({(each.network, each.set_name, each.threshold) for each in found}) == len(found) == 80
    assert Cell("resnet18_nat", "cifar100_test", "0.9", 0.018, None, None) in found
    assert sentences(found) == ()


def test_how_far_ours_and_a_readers_own_lie_from_the_paper(report: NetworkReport) -> None:
    ours = {"resnet18_nat": repeated(report, "resnet18_nat"), "mine": report}
    own = {"resnet18_nat": repeated(report, "resnet18_nat", 0.25)}
    told = sentences(cells(ours, own))
    assert told[0].startswith("16 of 80 cells of ours that stand beside the paper's 64 were measured: half of them")
    assert told[1].startswith("Your networks have 16 of these 80: 0.250 away in the middle, 0.250 at most")


@pytest.mark.parametrize("narrow", [False, True])
def test_the_picture_has_every_cell_and_stays_inside_its_frame(report: NetworkReport, narrow: bool) -> None:
    ours = {name: repeated(report, name, 0.1) for name in PAPER}
    own = {name: repeated(report, name, 0.2) for name in ("resnet18_baseline", "resnet18_nat")}
    drawing = plot(cells(ours, own), narrow=narrow)
    root = ElementTree.fromstring(str(drawing))
    circles = list(root.iter(f"{SVG}circle"))
    squares = [each for each in root.iter(f"{SVG}rect") if POINTED_OUT in each.attrib.values()]
    assert (len(circles), len(squares)) == (80, 32), "80 of ours, 16 filled and 16 hollow ones of the reader's"
    # Nothing of ours is drawn over a reader's own: within a panel, these come last.
    first = [each.tag for each in root.iter() if each in circles or each in squares][:16]
    assert first == [f"{SVG}circle"] * 8 + [f"{SVG}rect"] * 8
    for each in circles:
        assert 0 <= float(each.attrib["cx"]) <= drawing.width
        assert 0 <= float(each.attrib["cy"]) <= drawing.height
    for each in root.iter(f"{SVG}text"):
        assert float(each.attrib["y"]) <= drawing.height
    assert drawing.width == (360 if narrow else WIDE)
    assert sentences(cells(ours, own))[0] in drawing.alt_text


@pytest.mark.parametrize("narrow", [False, True])
def test_a_page_heads_each_panel_as_it_heads_a_column(report: NetworkReport, narrow: bool) -> None:
    ours = {name: repeated(report, name) for name in PAPER}
    for language, noise in (("en", "Noise"), ("de", "Rauschen")):
        with speaking(language):
            root = ElementTree.fromstring(str(plot(cells(ours), narrow=narrow, say=cell_of)))
        said = [each.text for each in root.iter(f"{SVG}text")]
        assert (said.count(noise), said.count("noise")) == (2, 0)


def test_no_line_shows_through_a_hollow_mark_in_either_theme(report: NetworkReport) -> None:
    own = {"resnet18_baseline": repeated(report, "resnet18_baseline")}
    drawing = plot(cells({name: repeated(report, name) for name in PAPER}, own))
    for drawn, ground in ((str(drawing), GROUND), (drawing.svg(DARK), DARK[GROUND])):
        root = ElementTree.fromstring(drawn)
        hollow = [each.attrib["fill"] for each in root.iter(f"{SVG}circle") if each.get("fill") != each.get("stroke")]
        inner = [each.attrib["fill"] for each in root.iter(f"{SVG}rect") if each.get("width") == "4.0"]
        assert (hollow, inner) == ([ground] * 48, [ground] * 16)
