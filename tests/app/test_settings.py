"""Typed settings and what a visit holds: what they begin with, what links may say of them, and who owns which key."""

import math
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some

from nat_app.frame import links
from nat_app.pages import PAGES, SETTINGS
from nat_app.shared.drawing.palette import DARK, LIGHT
from nat_app.shared.settings import Held, PageSettings, Setting, Told, decimal, one_of, switch, whole
from nat_core.results.drawings.panels import DARK as DRAWN_DARK
from nat_core.results.drawings.panels import GROUND

SIZE = Setting("size", 3, whole(1, 9))
LASTS = Setting("lasts", False, switch, lasting=True)
SECRET = Setting("secret", "x")
GRID = PageSettings("grid", (SIZE, LASTS, SECRET), together=True)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A visit's session, empty."""
    held: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", held)
    return held


def test_a_setting_begins_with_its_default_and_goes_back_to_it(session: dict[str, Any]) -> None:
    assert (SIZE.value, session) == (3, {})
    assert (SIZE.bind(), session) == ("size", {"size": 3})
    SIZE.put(5)
    assert (SIZE.bind(), SIZE.value) == ("size", 5)
    SIZE.forget()
    assert (SIZE.value, session) == (3, {})


def test_streamlit_can_read_its_configuration() -> None:
    file = Path(__file__).parents[2] / "app" / ".streamlit" / "config.toml"
    options = tomllib.loads(file.read_text(encoding="utf-8"))
    assert options["browser"]["gatherUsageStats"] is False
    assert options["runner"]["magicEnabled"] is False
    assert options["server"]["address"] == "localhost"


def test_hollow_marks_are_filled_with_the_ground_that_the_page_has() -> None:
    file = Path(__file__).parents[2] / "app" / ".streamlit" / "config.toml"
    themes = tomllib.loads(file.read_text(encoding="utf-8"))["theme"]
    assert themes["light"]["backgroundColor"] == LIGHT.ground == GROUND
    assert themes["dark"]["backgroundColor"] == DARK.ground == DRAWN_DARK[GROUND]


def test_what_a_visit_holds_is_made_once(session: dict[str, Any]) -> None:
    held = Held[list[int]]("numbers", list)
    held.get().append(1)
    assert held.get() == session["numbers"] == [1]
    held.forget()
    assert held.get() == []


def test_every_key_has_one_owner_and_every_page_its_folder() -> None:
    keys = Counter(setting.key for page in SETTINGS for setting in page.settings)
    assert keys.most_common(1)[0][1] == 1
    assert {page.page for page in SETTINGS} <= {"", *(page.name for page in PAGES)}


@pytest.mark.parametrize("setting", [setting for page in SETTINGS for setting in page.settings], ids=lambda it: it.key)
def test_a_link_need_not_name_what_a_setting_begins_with(setting: Setting) -> None:
    named = f"{setting.key}={setting.default}&" if setting.named else ""
    assert links.write("http://here/", [(setting, setting.default)]) == f"http://here/?{named}v=1"


@given(some.integers(1, 9))
def test_what_is_written_is_read_again(size: int) -> None:
    address = links.write("http://here/grid", [(SIZE, size), (SECRET, "y")])
    query = dict(part.split("=") for part in address.partition("?")[2].split("&"))
    assert "secret" not in query
    assert links.read(query, [GRID]) == ({} if size == 3 else {"size": size}, [])


def test_a_link_puts_back_what_it_does_not_name_but_what_lasts() -> None:
    assert links.unnamed({"lasts": True}, [GRID]) == [SIZE, SECRET]
    assert links.unnamed({"size": 4}, [GRID]) == [SECRET]
    assert links.unnamed({"other": 4}, [GRID]) == []


@pytest.mark.parametrize(
    ("read", "text", "complaint"),
    [
        (one_of(("a", "b")), "c", "needs one of a, b, not c"),
        (whole(0, 9), "10", "needs 0 to 9, not 10"),
        (decimal(0, 1, 2), "1.5", "needs 0 to 1, not 1.5"),
        (decimal(0, 1, 2), "nan", "needs 0 to 1, not nan"),
        (switch, "yes", "needs 0 or 1, not yes"),
    ],
)
def test_readers_name_what_they_need_and_what_they_got(read, text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read(text)


@pytest.mark.parametrize("told", [None, {}, {"moved": None}, {"moved": "x"}, {"moved": math.inf}, {"moved": [1]}, 7])
def test_what_no_page_can_have_told_is_passed_over(session: dict[str, Any], told: object) -> None:
    heard: list[int] = []
    moved = Told("moved", lambda told: int(told["moved"]))
    moved.hear(heard.append)  # nothing was told
    session["moved"] = told
    moved.hear(heard.append)
    session["moved"] = {"moved": 4}
    moved.hear(heard.append)
    moved.hear(lambda place: heard.append((1, 2)[place]))
    assert heard == [4]


def test_a_page_opened_with_settings_has_them_before_it_is_drawn(session: dict[str, Any], monkeypatch) -> None:
    monkeypatch.setattr(st, "query_params", Query())
    went = []
    monkeypatch.setattr(st, "switch_page", went.append)
    links.go("grid", size=7)
    links.follow([GRID])
    assert links.complaints([GRID]) == []
    assert session["size"] == 7
    links.leave()
    links.leave()
    assert went == ["views/grid/view.py"]


def test_links_that_name_a_page_are_counted(session: dict[str, Any], monkeypatch) -> None:
    query = Query(size="4")
    monkeypatch.setattr(st, "query_params", query)
    for _ in range(2):
        links.follow([GRID])
    assert links.times_followed("grid") == 1
    query["size"] = "banana"
    links.follow([GRID])
    assert links.complaints([GRID], {"size": 3}) == ["This link has a setting we do not know (size=banana). We used 3."]
    assert (links.times_followed("grid"), session["size"]) == (1, 4)


@pytest.mark.usefixtures("german")
def test_what_is_used_instead_is_written_as_the_page_writes_numbers() -> None:
    (complaint,) = links.read({"size": "banana"}, [GRID], {"size": 0.9})[1]
    assert complaint.endswith("Wir haben 0,9 genommen.")


class Query(dict[str, str]):
    """A page's query."""

    def to_dict(self) -> dict[str, str]:
        """What it holds."""
        return dict(self)
