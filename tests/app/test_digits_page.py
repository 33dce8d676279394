"""Digits live: it opens untrained, learns from nothing, can be stopped and begun again; its picture and sentences."""

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nat_app.views.digits_live import words
from tests.pages import given, plain, said, waited_for
from tests.pseudo import loose_words, speak_pseudo

PAGE = "views/digits_live/view.py"


@pytest.fixture
def page(start, tmp_path: Path) -> AppTest:
    """The page as it opens, with no network trained."""
    return start(tmp_path, PAGE)


def drawn(app: AppTest) -> dict:
    """What the picture was given."""
    (picture,) = [each for each in given(app) if "curves" in each]
    return picture


def test_it_learns_from_nothing_and_ncr_falls_once_negatives_are_shown(page: AppTest) -> None:
    assert page.title[0].value == words.title({"baseline": 0.0, "nat": 0.0}, 0)
    assert drawn(page)["at"] == [0]
    page.button(key="digits_train").click().run()
    end = time.monotonic() + 60
    seen = set()
    while page.session_state["digits_live"].turn is not None:
        assert time.monotonic() < end
        time.sleep(0.05)  # drawn all the time, it would keep the training from the processor
        page.run()
        seen.add(drawn(page)["at"][-1])
    assert len(seen) > 2
    data = drawn(page)
    assert data["at"] == list(range(0, 401, 5))
    before = data["curves"]["nat"][data["at"].index(200)]
    assert before == data["curves"]["baseline"][data["at"].index(200)] > 0.25
    assert min(data["curves"]["nat"][data["at"].index(205) :]) < before / 3
    assert len(data["fooled"]["nat"]) == 48
    assert sum(data["fooled"]["nat"]) < sum(data["fooled"]["baseline"])
    assert page.title[0].value == words.title({kind: data["curves"][kind][-1] for kind in ("baseline", "nat")}, 400)
    assert said(page).count("221 other pictures") == 2
    page.button(key="digits_again").click().run()
    assert drawn(page)["at"] == [0]


def test_where_the_digits_have_other_numbers_is_said_beside_them(page: AppTest) -> None:
    assert words.OTHER_NETWORKS in said(page)
    # Before the training as after it, so nothing is said to be learned.
    assert "learns from 862 pictures of 0 to 5, NAT from 304 pictures of 6 and 7 too." in said(page)


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


def test_nothing_is_left_untranslated(start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speak_pseudo(monkeypatch)
    app = start(tmp_path, PAGE, lang="xx")
    assert loose_words(app) == []
    data = drawn(app)
    told = (data["title"], data["axis"], data["shown"], data["alt"], *data["names"].values())
    assert {text[0] for text in told} == {"⟦"}


def test_it_speaks_german(start, tmp_path: Path) -> None:
    app = start(tmp_path, PAGE, lang="de")
    assert app.title[0].value == "Zwei Netze, die noch nichts wissen."
    app.toggle(key="digits_late").set_value(False).run()
    app.button(key="digits_train").click().run()
    end = time.monotonic() + 60
    while (turn := app.session_state["digits_live"].turn) is not None:
        assert time.monotonic() < end
        waited_for(turn)
        app.run()
    data = drawn(app)
    share = f"{100 * data['curves']['nat'][-1]:.0f}"
    assert plain(app.title[0].value).endswith(f" Fällen, NAT in {share} von 100.")
    assert data["alt"].startswith("Nach 400 von 400 Schritten lässt sich die Baseline in ")
    assert data["over"] is True
    assert "richtig bei " in said(app)
