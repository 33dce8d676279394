"""Attention and Evidence on the stored spread of thousands of pictures: sets, two baselines beside, other weights."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nat_app.shared.pairs import pictures_of
from nat_core.recipes import LEVELS
from nat_core.store.checkpoints import load_card
from nat_core.studies.level_findings import FILE, LevelSpread, NetworkId, PairLevels, save_levels
from tests.pages import PAGES, charts
from tests.pages import said as said_with_marks
from tests.synthetic import write_pairs

pytestmark = pytest.mark.usefixtures("fresh_caches")
EVIDENCE = "views/evidence/view.py"


def said(app: AppTest) -> str:
    """All words of a page, without the marks that keep Markdown from reading them."""
    return said_with_marks(app).replace("\\", "")


def sets(low: float, middle: float, high: float) -> dict[str, dict[str, LevelSpread]]:
    """The same spread on two sets, 10,000 pictures each."""
    levels = {
        level: LevelSpread(10_000, mean, 0.01, (mean - 0.2, mean - 0.1, mean, mean + 0.1, mean + 0.2))
        for level, mean in zip(LEVELS, (low, middle, high), strict=True)
    }
    return {"cifar10_test": levels, "cifar100_test": levels}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pairs(tmp_path, "wrn16_1")
    return tmp_path


def pair(folder: Path) -> PairLevels:
    networks = (NetworkId.of(load_card(folder, f"wrn16_1_{kind}")) for kind in ("baseline", "nat"))
    return PairLevels(*networks, sets(0.3, 0.4, 0.5))


def test_the_picture_stands_on_the_spread_of_ten_thousand(start, folder: Path) -> None:
    save_levels(folder, [pair(folder)])
    app = start(folder, PAGES[3])
    assert app.selectbox(key="level_set").value == "cifar100_test"
    assert pictures_of("cifar100_test", 10_000) in said(app)
    assert "low 0.30, middle 0.40, high 0.50 apart" in said(app)
    assert "Only one such" in said(app)
    ticks = [trace.x[0] for trace in charts(app)["distances"].data if trace.marker.symbol == "line-ns-open"]
    assert ticks == pytest.approx([0.3, 0.4, 0.5])
    app.selectbox(key="level_set").set_value("gallery").run()
    assert "45 gallery pictures" in said(app)


def test_two_baselines_stand_beside_and_say_where_it_begins(start, folder: Path) -> None:
    ours = pair(folder)
    seeds = PairLevels(ours.first, replace(ours.first, seed=1, sha256="one"), sets(0.35, 0.2, 0.2))
    save_levels(folder, [ours, seeds])
    app = start(folder, PAGES[3])
    circles = [trace.x[0] for trace in charts(app)["distances"].data if trace.marker.symbol == "circle-open"]
    assert circles == pytest.approx([0.35, 0.2, 0.2])
    assert "NAT's difference begins at the middle level, as the paper says." in said(app)
    text = said(app.switch_page(EVIDENCE).run())
    assert (
        "10,000 pictures of cifar100_test (cpu, 60 epochs), 1 seed: low 0.300, middle 0.400, high 0.500: held" in text
    )
    assert "two baselines of different seeds low 0.350, middle 0.200, high 0.200: held" in text
    assert "held**]\u2002Attention maps differ from the middle level on" in text


def test_where_only_another_protocol_has_two_baselines_it_is_named(start, folder: Path) -> None:
    ours = pair(folder)
    first = replace(ours.first, protocol="short", sha256="a")
    nat, other = replace(first, name="wrn16_1_nat", sha256="b"), replace(first, seed=1, sha256="c")
    short = [PairLevels(first, nat, sets(0.3, 0.3, 0.3)), PairLevels(first, other, sets(0.3, 0.3, 0.2))]
    save_levels(folder, [ours, *short])
    assert "in the protocol short, 1 seed: Only at the high level" in said(start(folder, PAGES[3]))


@pytest.mark.parametrize("fault", ["other weights", "damaged"])
def test_other_weights_and_a_damaged_file_leave_the_gallery(start, folder: Path, fault: str) -> None:
    save_levels(folder, [replace(pair(folder), first=replace(pair(folder).first, sha256="other"))])
    if fault == "damaged":
        (folder / FILE).write_text("{")
    app = start(folder, PAGES[3])
    assert not app.exception
    assert "45 gallery pictures" in said(app)
    assert [each.key for each in app.selectbox if each.key == "level_set"] == []
