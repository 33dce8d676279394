"""Digits live: it opens untrained, learns from nothing, can be stopped and begun again; its picture and sentences."""

import json
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nat_app.views.digits_live import words
from tests.pages import said

PAGE = "views/digits_live/view.py"


@pytest.fixture
def page(start, tmp_path: Path) -> AppTest:
    """The page as it opens, with no network trained."""
    return start(tmp_path, PAGE)


def drawn(app: AppTest) -> dict:
    """What the picture was given."""
    (component,) = app.get("bidi_component")
    return json.loads(component.proto.json or component.proto.mixed.json)


def test_it_learns_from_nothing_and_ncr_falls_once_negatives_are_shown(page: AppTest) -> None:
    assert page.title[0].value == "Two networks that know nothing yet."
    assert drawn(page)["at"] == [0]
    page.button(key="digits_train").click().run()
    end = time.monotonic() + 60
    seen = set()
    while page.session_state["digits_live"].turn is not None:
        assert time.monotonic() < end
        page.run()
        seen.add(drawn(page)["at"][-1])
    assert len(seen) > 5
    data = drawn(page)
    assert data["at"] == list(range(0, 401, 5))
    before = data["curves"]["nat"][data["at"].index(200)]
    assert before == data["curves"]["baseline"][data["at"].index(200)] > 0.25
    assert min(data["curves"]["nat"][data["at"].index(205) :]) < before / 3
    assert len(data["fooled"]["nat"]) == 48
    assert sum(data["fooled"]["nat"]) < sum(data["fooled"]["baseline"])
    assert page.title[0].value.startswith("Digits they never saw fool the baseline")
    assert said(page).count("of 221 other pictures of 0 to 5") == 2
    page.button(key="digits_again").click().run()
    assert drawn(page)["at"] == [0]


def test_stopped_it_keeps_what_is_shown_and_another_seed_begins_anew(page: AppTest) -> None:
    page.toggle(key="digits_late").set_value(False).run()
    page.button(key="digits_train").click().run()
    page.run()
    page.button(key="digits_stop").click().run()
    reached = drawn(page)["at"][-1]
    assert page.session_state["digits_live"].turn is None
    assert drawn(page)["shown_from"] == 0
    assert reached < 400
    page.number_input(key="digits_seed").set_value(3).run()
    assert drawn(page)["at"] == [0]


def test_sentences_by_hand() -> None:
    both = words.title({"baseline": 0.44, "nat": 0.44}, 200)
    assert both == "Digits they never saw fool both: 44 of 100."
    assert words.title({"baseline": 0.53, "nat": 0.17}, 400) == (
        "Digits they never saw fool the baseline 53 of 100 times, NAT 17 of 100."
    )
    assert "From step 200 on" in words.sentence(100, 200, 400, 0.0, 0.3)
    assert "Watch how sure" in words.sentence(300, 200, 400, 0.03, 0.1)
    assert "down to 3 of 100" in words.sentence(400, 200, 400, 0.03, 0.17)
    assert words.sentence(400, 200, 400, 0.03, 0.05).endswith("which it never saw.")
