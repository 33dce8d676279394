"""A visitor's own photo on See it: shown, asked about, counted nowhere before; and the card to share."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from nat_app.shared.gallery import FOLDER
from nat_app.shared.words import Answer, plain
from nat_app.visit import labels, photos, verdicts
from nat_core.data.apart.process import kinds
from tests.pages import alts, given, opened, said
from tests.present import present
from tests.pseudo import PSEUDO, loose_words, speak_pseudo

pytestmark = pytest.mark.usefixtures("fresh_caches")
BEE = (FOLDER / "none-bee.jpg").read_bytes()


def dropped(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    named = [(name, content, "application/octet-stream") for name, content in files]
    return app.file_uploader(key="see_it_uploads").set_value(named).run()


def test_a_photo_is_answered_in_the_two_bars_and_asked_about(start, networks: Path) -> None:
    app = start(networks)
    of_gallery = alts(app)
    app = dropped(app, ("bee.jpg", BEE))
    assert len(alts(app)) == len(of_gallery)
    assert any(alt.startswith("bee.jpg; small in the corner") for alt in alts(app))
    (key,) = app.session_state["own_photos"].photos
    assert app.selectbox(key="see_it_listed").value == key, "the list names what is shown"
    asked = next(each for each in app.get("button_group") if present(each.key).startswith(f"shows_{key}"))
    assert re.search(r"say .*\. Is it( either)?\?|Both say .*\. Is it\?", asked.proto.label)
    assert not {"wrong", "right", "Fooled", "Kept."} & set(re.findall(r"\w+\.?", app.title[0].value))
    app.session_state[present(asked.key)] = labels.NONE
    app.run()
    assert re.search(r"▲|Not fooled\.", said(app))
    app.button(key="thumb_ship1").click().run()
    assert app.session_state["picture"] == "ship1.jpg"
    assert any(alt.startswith("white ") or "ship" in alt for alt in alts(app))
    app.button(key="thumb_own_0").click().run()
    assert any(alt.startswith("bee.jpg;") for alt in alts(app)), "and back to the visitor's own"
    app.selectbox(key="see_it_listed").set_value("ship1.jpg").run()
    assert not any(alt.startswith("bee.jpg;") for alt in alts(app))
    app.selectbox(key="see_it_listed").set_value(key).run()
    assert any(alt.startswith("bee.jpg;") for alt in alts(app)), "from the list, too"
    assert key in {photo.key for photo in app.session_state["own_photos"].photos.values()}


def test_what_cannot_be_read_is_said_and_the_gallery_stays(start, networks: Path) -> None:
    app = start(networks)
    title = app.title[0].value
    app = dropped(app, ("notes.png", b"Dear diary"))
    assert "is text, not a picture" in plain(app.warning[0].value)
    assert app.title[0].value == title


@pytest.mark.skipif("HEIF" not in kinds(), reason="pillow-heif is not installed")
def test_a_heic_photo_is_answered(start, networks: Path) -> None:
    import pillow_heif

    file = io.BytesIO()
    with Image.open(io.BytesIO(BEE)) as bee:
        pillow_heif.from_pillow(bee.convert("RGB")).save(file)
    assert any(alt.startswith("IMG_1.HEIC;") for alt in alts(dropped(start(networks), ("IMG_1.HEIC", file.getvalue()))))


@pytest.mark.parametrize(
    ("baseline", "nat", "label", "told"),
    [
        (0.95, 0.95, None, "Both networks are sure."),
        (0.5, 0.95, None, "Only NAT is sure."),
        (0.2, 0.1, None, "Both networks say that they do not know."),
        (0.7, 0.5, None, "Neither network is sure."),
        (0.95, 0.95, labels.NONE, "Both networks are sure, and both are wrong."),
        (0.95, 0.95, labels.ANOTHER, "Both networks are sure, and both are wrong."),
        (0.95, 0.5, "cat", "The baseline knows this one. NAT holds back."),
    ],
)
def test_nothing_is_right_or_wrong_before_the_visitor_has_said(
    baseline: float, nat: float, label: str | None, told: str
) -> None:
    assert verdicts.title(Answer(baseline, "cat"), Answer(nat, "cat"), label, 0.9) == told


def test_the_card_says_what_the_page_says(start, networks: Path) -> None:
    app = start(networks)
    app.button(key="thumb_cat1").click().run()
    app.button(key="share_see_it").click().run()
    (card,) = (each for each in given(app) if "networks" in each)
    assert card["sentence"] == app.title[0].value
    assert card["file"] == "nat-cat1.png"
    assert card["alt"].startswith(f"{card['sentence']} Photo: ")
    shown = plain(said(app))
    for network in card["networks"]:
        assert network["says"].replace("\u00a0", " ") in shown
        assert network["says"] in card["alt"]
        assert len(network["probabilities"]) == len(network["classes"]) == 10
        assert abs(sum(network["probabilities"]) - 1) < 0.01
    assert card["photo"].startswith("data:image/jpeg;base64,")


def test_an_own_photo_says_nothing_outside_of_its_catalogue(networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speak_pseudo(monkeypatch)
    app = dropped(opened(networks, monkeypatch, lang=PSEUDO), ("bee.jpg", BEE))
    app.button(key="share_see_it").click().run()
    assert loose_words(app, frozenset(["bee", "jpg"])) == []


def test_a_card_of_your_photos_is_offered_for_each(start, networks: Path) -> None:
    app = start(networks, "views/your_photos/view.py")
    app.file_uploader(key="uploads").set_value([("bee.jpg", BEE, "image/jpeg")]).run()
    (key,) = app.session_state["own_photos"].photos
    app.button(key=f"share_{key}").click().run()
    (card,) = (each for each in given(app) if "networks" in each)
    assert "bee.jpg" in card["alt"]
    assert "depends on what it shows" in card["networks"][0]["says"]
    assert photos.too_many(2).startswith("That is 2 photos too many")
