"""Bring your own network: checked, made a pair with a stored one, and shown on every page; and files that are wrong."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

from nat_app.shared.pairs import pictures_of, set_title
from nat_app.views.attention.words import attention_title
from nat_core.network.models import build
from nat_core.recipes import LEVELS
from tests.pages import PAGES, alts, live_data, now, said
from tests.synthetic import CLASSES

PAGE = "views/bring_your_own/view.py"
MINE = save(build("wrn16_1", 10, seed=5).state_dict())


def bring(app: AppTest, content: bytes, name: str = "mine.safetensors", card: bytes | None = None) -> AppTest:
    app.file_uploader(key="own_network_file").upload(name, content, "application/octet-stream").run()
    if card is not None:
        app.file_uploader(key="own_card_file").upload("card.json", card, "application/json").run()
    return app.button(key="compare_network").click().run()


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
    assert "Gallery, other things" in said(app)
    app.switch_page(PAGES[0]).run()
    assert any(alt.startswith("Baseline") for alt in alts(app))
    assert f"{set_title('gallery_known')} pictures" in said(app)
    app.switch_page(PAGES[1]).run()
    app.button(key="try_samples").click().run()
    app.segmented_control(key="crop").set_value("pad").run()
    assert len(app.get("plotly_chart")) == 8
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


def test_forgetting_it_goes_back_to_a_stored_pair(compared: AppTest) -> None:
    app = compared.button(key="forget_network").click().run()
    assert app.selectbox(key="pair").value != "own"
    assert not any("Yours" in option for option in app.selectbox(key="pair").options)


@pytest.mark.parametrize(
    ("content", "card", "expected"),
    [
        (b"PK\x03\x04 a .pt file", None, "is a pickle"),
        (b"hello", None, "no safetensors file"),
        (MINE, b'{"classes": ["cat", "dog"]}', "has 10 classes, but 2 are named"),
        (
            MINE,
            f'{{"classes": {list(CLASSES[::-1])!r}}}'.replace("'", '"').encode(),
            "only networks of the same classes",
        ),
        (MINE, b"no card", "is not JSON"),
        (save(build("wrn10_1", 10).state_dict() | {"norm.weight": torch.zeros(3)}), None, "comes nearest to wrn10"),
    ],
    ids=["pickle", "text", "classes", "order", "card", "shape"],
)
def test_a_wrong_network_gets_one_sentence(start, networks: Path, content, card, expected: str) -> None:
    app = bring(start(networks, PAGE, pair="wrn16_1"), content, card=card)
    assert len(app.warning) == 1
    assert expected in app.warning[0].value.replace("\\", "")
    assert app.selectbox(key="pair").value == "wrn16_1"
