"""Attention and Evidence on the stored spread of thousands of pictures: sets, two baselines beside, other weights."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nat_app.answers.plain_names import plainly
from nat_app.shared.pairs import pictures_of
from nat_app.views.attention.words import attention_title
from nat_core.paper.claims import claims
from nat_core.recipes import LEVELS
from nat_core.store.checkpoints import load_card
from nat_core.studies.level_findings import (
    FILE,
    LevelFinding,
    LevelSpread,
    NetworkId,
    PairLevels,
    claim_distances,
    distances,
    finding,
    longest_distances,
    measured_elsewhere,
    save_levels,
    where_it_begins,
)
from tests.pages import PAGES, drawn, places, plain
from tests.pages import said as said_with_marks
from tests.synthetic import write_pairs

pytestmark = pytest.mark.usefixtures("kept_caches")
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
    baseline, nat = (NetworkId.of(load_card(folder, f"wrn16_1_{kind}")) for kind in ("baseline", "nat"))
    return PairLevels(baseline, nat, sets(0.3, 0.4, 0.5))


def found_in(pairs: list[PairLevels]) -> LevelFinding:
    """What the first pair's networks come to on CIFAR-100."""
    found = finding(pairs, pairs[0].first, pairs[0].second, "cifar100_test")
    assert found is not None
    return found


def test_the_picture_stands_on_the_spread_of_ten_thousand(start, folder: Path) -> None:
    save_levels(folder, [pair(folder)])
    app, found = start(folder, PAGES[3]), found_in([pair(folder)])
    assert app.selectbox(key="level_set").value == "cifar100_test"
    assert pictures_of("cifar100_test", 10_000) in said(app)
    assert not found.measured
    assert f"{distances(found)} {where_it_begins(found)}" in said(app)
    ticks = places(drawn(app, "nat-bars nat-apart")[0], "median")
    assert ticks == pytest.approx([100 * (each + 0.02) / 1.47 for each in (0.3, 0.4, 0.5)], abs=0.01)
    app.selectbox(key="level_set").set_value("gallery").run()
    assert "45 gallery pictures" in said(app)


def test_two_baselines_stand_beside_and_say_where_it_begins(start, folder: Path) -> None:
    ours = pair(folder)
    seeds = PairLevels(ours.first, replace(ours.first, seed=1, sha256="one"), sets(0.35, 0.2, 0.2))
    save_levels(folder, [ours, seeds])
    app = start(folder, PAGES[3], pair="wrn16_1")
    circles = places(drawn(app, "nat-bars nat-apart")[0], "seeds")
    assert circles == pytest.approx([100 * (each + 0.02) / 1.47 for each in (0.35, 0.2, 0.2)], abs=0.01)
    found = found_in([ours, seeds])
    assert found.exceeding == ("middle", "high")
    # The title says the same as the text below it.
    assert app.title[0].value == attention_title({"low": 1.0, "middle": 0.0, "high": 0.0}, found)
    assert app.title[0].value.endswith("0.500 apart at the high level, two baselines 0.200.")
    assert f"{distances(found)} {where_it_begins(found)}" in said(app)
    text = said(app.switch_page(EVIDENCE).run())
    claim = claims({}, claim_distances([ours, seeds]), longest_distances([ours, seeds]))[-1]
    assert claim.verdict == "held"
    assert plain(plainly(claim.measured)) in text
    assert f"held**]\u2002{claim.statement}" in text


def test_where_only_another_protocol_has_two_baselines_it_is_named(start, folder: Path) -> None:
    ours = pair(folder)
    first = replace(ours.first, protocol="short", sha256="a")
    nat, other = replace(first, name="wrn16_1_nat", sha256="b"), replace(first, seed=1, sha256="c")
    short = [PairLevels(first, nat, sets(0.3, 0.3, 0.3)), PairLevels(first, other, sets(0.3, 0.3, 0.2))]
    save_levels(folder, [ours, *short])
    elsewhere = measured_elsewhere([ours, *short], "cifar100_test")
    assert "trained by another protocol (short, 60 epochs)" in elsewhere
    assert plain(plainly(elsewhere)) in said(start(folder, PAGES[3]))


@pytest.mark.parametrize("fault", ["other weights", "damaged"])
def test_other_weights_and_a_damaged_file_leave_the_gallery(start, folder: Path, fault: str) -> None:
    save_levels(folder, [replace(pair(folder), first=replace(pair(folder).first, sha256="other"))])
    if fault == "damaged":
        (folder / FILE).write_text("{")
    app = start(folder, PAGES[3])
    assert not app.exception
    assert "45 gallery pictures" in said(app)
    assert [each.key for each in app.selectbox if each.key == "level_set"] == []
