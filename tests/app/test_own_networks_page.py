"""Bring your own network: checked, made a pair with a stored one, and shown on every page; and files that are wrong."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

from nat_app.pages import PAGES as OF_THE_APP
from nat_app.shared.pairs import pictures_of, set_title
from nat_app.views.attention.words import attention_title
from nat_app.views.bring_your_own import words
from nat_app.visit import room
from nat_app.visit.brought_along import OwnNetwork
from nat_core.network.models import build
from nat_core.recipes import LEVELS
from nat_core.store.checkpoints import load_card
from tests.pages import PAGES, alts, bars, live_data, now, plain, said, shown
from tests.synthetic import CLASSES

PAGE = "views/bring_your_own/view.py"
MINE = save(build("wrn16_1", 10, seed=5).state_dict())


def bring(app: AppTest, content: bytes, name: str = "mine.safetensors", card: bytes | None = None) -> AppTest:
    app.file_uploader(key="own_network_file").upload(name, content, "application/octet-stream").run()
    if card is not None:
        app.file_uploader(key="own_card_file").upload("card.json", card, "application/json").run()
    return app.button(key="compare_network").click().run()


def brought_along_of(app: AppTest) -> tuple[OwnNetwork, OwnNetwork]:
    """The visitor's network and the stored one beside it."""
    own, beside = app.session_state["brought_along"].networks.values()
    return own, beside


@pytest.fixture
def compared(start, networks: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AppTest:
    """The page once a network was brought, where no data set is on the disk."""
    monkeypatch.setenv("NAT_DATA", str(tmp_path))
    return bring(start(networks, PAGE, pair="wrn16_1"), MINE)


def test_a_network_is_compared_on_every_page(compared: AppTest) -> None:
    app = compared
    assert app.selectbox(key="pair").value == "own"
    assert app.selectbox(key="pair").options[0].startswith("Yours: mine.safetensors")
    assert app.selectbox(key="pair").options[0].endswith("wrn16_1_nat")
    assert "22 gallery photos of other things." in said(app)
    app.switch_page(PAGES[0]).run()
    assert any(alt.startswith("Baseline") for alt in alts(app))
    assert "gallery photos of the ten things" in said(app)
    app.switch_page(PAGES[1]).run()
    app.button(key="try_samples").click().run()
    app.segmented_control(key="crop").set_value("pad").run()
    assert len(bars(app)) == 8
    app.switch_page(PAGES[2]).run()
    assert app.pills(key="set").options == [
        f"{set_title('gallery_known')} · known",
        f"{set_title('gallery_none')} · never seen",
    ]
    assert f"of {pictures_of('gallery_none', 22)} (NCR)" in live_data(app)["source"].replace("\u00a0", " ")
    # 22 and 23 pictures are too few for a rate, here and on See it.
    assert " of 22" in now(app)["nat"]["fooled"]
    assert " of 23" in now(app)["nat"]["kept"]
    assert "of 100" not in app.title[0].value
    assert "less often" in now(app)["trade"]
    app.switch_page(PAGES[3]).run()
    assert app.title[0].value in [attention_title({level: 1.0}, None) for level in LEVELS]
    assert "Yours: mine.safetensors looks most at the " in alts(app)[0]
    assert "NAT looks most at the " in alts(app)[0]


def test_the_comparison_stands_where_it_was_made(compared: AppTest) -> None:
    title = plain(compared.title[0].value)
    assert title.startswith("Gallery, other things: above 90 %, the baseline is fooled by ")
    assert " of 22, NAT by " in title
    table = compared.table[0].value
    assert list(table.columns) == ["pictures", "number", "share", "Baseline", "NAT", "verdict"]
    assert list(table["share"]) == ["kept", "fooled"]
    assert list(table["number"]) == ["23", "22"]
    own, beside = brought_along_of(compared)
    sure = int((own.predictions["gallery_none"].confidence > 0.9).sum())
    assert plain(table["Baseline"][1]).startswith(f"{100 * sure / 22:.1f} % (")
    right = round(own.card.report.accuracy * 23)
    share = plain(words.share_cell(right, 23))
    assert share.startswith(f"{100 * right / 23:.1f} % (")
    assert f"Yours is correct on {share} of the 23 pictures" in said(compared)
    # It is untrained, so the page doubts what was said of it; NAT keeps what it knows, by more than chance.
    assert "little better than guessing" in said(compared)
    assert beside.card.name.startswith("wrn16_1_nat@")
    # "NAT" alone may be any of four networks, the largest of them sixty times the smallest.
    assert f"Beside it: WRN-16-1 NAT, {beside.card.parameters:,} parameters." in said(compared)
    assert table["verdict"][0] == "NAT better"
    # The ways on bear the sidebar's signs.
    signs = {each.title: each.icon for each in OF_THE_APP[:4]}
    assert {each.proto.label: each.proto.icon for each in compared.get("page_link")} == signs


def test_a_sample_is_compared_with_one_press(start, networks: Path, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NAT_DATA", str(tmp_path))
    app = start(networks, PAGE, pair="wrn16_1").button(key="try_network").click().run()
    assert not app.warning
    assert app.selectbox(key="pair").options[0].startswith("Yours: wrn16_1_student_of_baseline.safetensors as Baseline")
    own, _beside = brought_along_of(app)
    stored = load_card(networks, "wrn16_1_student_of_baseline")
    assert (own.card.mean, own.card.std) == (stored.mean, stored.std)
    assert not any(button.key == "try_network" for button in app.button), "first choose a pair to set another beside"


def test_the_digits_have_no_sample_beside_them(start, networks: Path) -> None:
    app = start(networks, PAGE, pair="digits")
    assert not any(button.key == "try_network" for button in app.button)
    assert any(button.key == "try_set" for button in app.button)


def test_other_names_of_the_classes_in_another_order_are_the_same_classes(start, networks: Path, monkeypatch,
                                                                          tmp_path: Path) -> None:  # fmt: skip
    monkeypatch.setenv("NAT_DATA", str(tmp_path))
    theirs = [{"airplane": "plane", "automobile": "Car"}.get(name, name) for name in reversed(CLASSES)]
    app = bring(start(networks, PAGE, pair="wrn16_1"), MINE, card=json.dumps({"classes": theirs}).encode())
    assert not app.warning
    own, _beside = brought_along_of(app)
    assert own.card.classes == CLASSES
    straight = bring(start(networks, PAGE, pair="wrn16_1"), MINE)
    first, _beside = brought_along_of(straight)
    np.testing.assert_allclose(
        own.predictions["gallery_none"].logits, first.predictions["gallery_none"].logits[:, ::-1], atol=1e-5
    )


def test_forgetting_it_goes_back_to_a_stored_pair(compared: AppTest) -> None:
    app = compared.button(key="forget_network").click().run()
    assert app.selectbox(key="pair").value != "own"
    assert not any("Yours" in option for option in app.selectbox(key="pair").options)


@pytest.mark.parametrize(
    ("content", "card", "expected"),
    [
        (b"PK\x03\x04 a .pt file", None, "is a pickle"),
        (b"hello", None, "not a safetensors file"),
        (MINE, b'{"classes": ["cat", "dog"]}', "has 10 classes, but 2 are named"),
        (MINE, b'{"classes": ["cat"]}', "has 10 classes, but 1 is named"),
        (MINE, json.dumps({"classes": ["mug", *CLASSES[1:]]}).encode(), "only networks of the same classes"),
        (MINE, b"no card", "is not JSON"),
        (save(build("wrn10_1", 10).state_dict() | {"norm.weight": torch.zeros(3)}), None, "comes nearest to wrn10"),
    ],
    ids=["pickle", "text", "classes", "one class", "others", "card", "shape"],
)
def test_a_wrong_network_gets_one_sentence(start, networks: Path, content, card, expected: str) -> None:
    app = bring(start(networks, PAGE, pair="wrn16_1"), content, card=card)
    assert len(app.warning) == 1
    assert expected in app.warning[0].value.replace("\\", "")
    assert app.selectbox(key="pair").value == "wrn16_1"


def test_a_network_without_room_is_refused_in_a_sentence(
    start, networks: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NAT_DATA", str(tmp_path))
    small = room.Room(100_000)
    monkeypatch.setattr(room, "shared", lambda: small)
    app = bring(start(networks, PAGE, pair="wrn16_1"), MINE)
    assert f"mine.safetensors: {room.FULL.format(most=0.1)}" in [shown(each.value) for each in app.warning]
    assert not app.session_state["brought_along"].networks
