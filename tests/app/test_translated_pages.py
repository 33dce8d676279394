"""See it and Your photos in other languages: no word of theirs is left out, and German sentences have their numbers."""

import json
import re
from pathlib import Path

import pytest

from tests.pages import PAGES, alts, opened, said
from tests.pseudo import PSEUDO, loose_words, speak_pseudo

SEE_IT, YOUR_PHOTOS = "", PAGES[1]
PARTS = ("Each photo", "Table of all", "Beside a stored set")
CREDITS = frozenset(["author", "public", "domain"])
"""Of the gallery's authors and licences, which are names."""


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message stands in brackets."""
    speak_pseudo(monkeypatch)


def test_see_it_says_nothing_outside_of_its_catalogue(pseudo, networks: Path, monkeypatch, fresh_caches) -> None:
    app = opened(networks, monkeypatch, SEE_IT, lang=PSEUDO, picture="cat1.jpg")
    assert loose_words(app, CREDITS) == []


@pytest.mark.parametrize("part", PARTS)
def test_your_photos_says_nothing_outside_of_its_catalogue(
    pseudo, networks: Path, monkeypatch, fresh_caches, part: str
) -> None:
    app = opened(networks, monkeypatch, YOUR_PHOTOS, lang=PSEUDO, samples="1", part=part, opened="none-teapot")
    assert loose_words(app) == []


def test_your_photos_without_any_says_nothing_outside_of_its_catalogue(
    pseudo, networks: Path, monkeypatch, fresh_caches
) -> None:
    assert loose_words(opened(networks, monkeypatch, YOUR_PHOTOS, lang=PSEUDO)) == []


def test_see_it_speaks_german(german, networks: Path, monkeypatch, fresh_caches) -> None:
    text = said(opened(networks, monkeypatch, SEE_IT, lang="de", picture="cat1.jpg", t="0.995"))
    assert re.search(r"Baseline: >?\d+ % (Flugzeug|Auto|Vogel|Katze|Hirsch|Hund|Frosch|Pferd|Schiff|Lastwagen)\.", text)
    assert re.search(r"sicher über 99,5 %, 1\.000 Bilder \(CIFAR-100 Test\)", text)
    assert re.search(r":gray\[Baseline \*\*\d+,\d %\*\*\]", text)


def test_your_photos_speaks_german(german, networks: Path, monkeypatch, fresh_caches) -> None:
    app = opened(networks, monkeypatch, YOUR_PHOTOS, lang="de", samples="1")
    text = said(app)
    assert re.search(r"Von deinen 9 täusch(t|en) \d die Baseline, (\d|keines) NAT\.", text)
    assert "12 Fotos, die umstrittensten zuerst. Sicher heißt über 90 %." in text
    assert "Zehn Wahrscheinlichkeiten von beiden Netzen." in " ".join(alts(app))


def test_a_link_opens_a_tab_in_another_language(german, networks: Path, monkeypatch, fresh_caches) -> None:
    app = opened(networks, monkeypatch, YOUR_PHOTOS, lang="de", samples="1", part="Table of all")
    assert len(app.dataframe) == 1
    # What is open has one name in links and in the visit, whatever language stands on the tab.
    assert app.session_state["part"] == "Table of all"
    assert [tab.label for tab in app.tabs if tab.children] == ["Tabelle aller Fotos"]
    # Streamlit's table writes decimals with a point alone, so German has whole percents there, and 99.9 is not 100.
    columns = json.loads(app.dataframe[0].proto.columns)
    assert {each["type_config"]["format"] for each in columns.values() if "format" in each.get("type_config", {})} == {
        "%.0f %%"
    }
    assert app.dataframe[0].value["NAT, wie sicher"].max() < 99.5
