"""The workshop in other languages: no word outside of a translated message, and German sentences with their numbers."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from nat_app.frame import links
from nat_app.pages import PAGES
from nat_app.shared.gallery import gallery_pictures
from nat_app.views.workshop.settings import PARTS
from nat_app.views.workshop.steps import lessons
from nat_app.views.workshop.teaching import teacher
from nat_app.visit import school
from nat_app.visit.school import School
from nat_core import language
from nat_core.language import use
from tests.pages import MAIN, alts, plain, said
from tests.present import present
from tests.pseudo import PSEUDO, loose_words, speak_pseudo

PAGE = "views/workshop/view.py"
FILES = frozenset(("baseline", "blobs", "classroom", "app", "class", "workshop", "customdata", "extra"))
"""Names of networks, and what commands and charts say."""


@pytest.fixture
def english() -> Iterator[None]:
    """Tests after these speak English again."""
    yield
    use("en")


@pytest.fixture
def own_classes(monkeypatch: pytest.MonkeyPatch) -> School:
    """Classes of this test alone."""
    own = School()
    monkeypatch.setattr(school, "shared", lambda: own)
    monkeypatch.setattr(school, "new_code", lambda: "k7m2ab")
    return own


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch, english, own_classes: School, fresh_caches: None) -> None:
    """The language of brackets, in which the lessons' files stand in brackets as well."""
    speak_pseudo(monkeypatch)
    monkeypatch.setattr(language, "separators", lambda _: {})
    texts, notes = lessons.lessons("en"), lessons.notes("en")
    fields = ("title", "opens", "measures", "goal", "question", "answer", "numbers", "say")
    bracketed = []
    for each in texts:
        words: dict[str, Any] = {name: f"⟦{getattr(each, name)}⟧" for name in fields}
        bracketed.append(replace(each, **words))
    monkeypatch.setattr(lessons, "lessons", lambda _="en": tuple(bracketed))
    monkeypatch.setattr(teacher, "notes", lambda _="en": {name: f"⟦{text}⟧" for name, text in notes.items()})


def part(networks: Path, monkeypatch: pytest.MonkeyPatch, name: str, language: str, **query: str) -> AppTest:
    """A part of the workshop as a visitor of that language sees it."""
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    # AppTest finds what a list shows by what this thread would call it.
    use(language)
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.session_state["lang"] = language
    app.query_params.update({"pair": "wrn16_1", "workshop_part": name} | query)
    return app.switch_page(PAGE).run()


def loose(app: AppTest) -> list[str]:
    """Every text of the page itself with a word outside of the brackets, but for the photos' authors."""
    # The sidebar and the pages' titles are every page's, and have their own test.
    others = {each.credit for each in gallery_pictures()} | {f"  <-  {each.title}" for each in PAGES}
    found = loose_words(app, FILES, sidebar=False)
    return [each for each in found if not any(other in each for other in others)]


@pytest.mark.parametrize("name", PARTS)
def test_no_word_of_a_part_is_left_untranslated(pseudo, networks: Path, monkeypatch, name: str) -> None:
    assert loose(part(networks, monkeypatch, name, PSEUDO)) == []


def test_no_word_of_an_answer_is_left_untranslated(pseudo, networks: Path, monkeypatch) -> None:
    app = part(networks, monkeypatch, PARTS[0], PSEUDO)
    app.select_slider(key="guess_guess").set_value(50).run()
    app.button(key="reveal_guess").click().run()
    assert loose(app) == []
    app = part(networks, monkeypatch, "Guess the photos", PSEUDO)
    (who,) = [each for each in app.segmented_control if (each.key or "").startswith("who_")]
    who.set_value("both").run()
    (sure,) = [each for each in app.select_slider if (each.key or "").startswith("sure_")]
    sure.set_value(50).run()
    app.button(key=present(who.key).replace("who_", "reveal_")).click().run()
    assert loose(app) == []
    app = part(networks, monkeypatch, "Challenges", PSEUDO)
    app.select_slider(key="factory_t").set_value(0.5).run()
    for button in ("choose_factory", "check_clicks", "try_photo"):
        app.button(key=button).click().run()
    assert loose(app) == []


def test_no_word_of_the_wall_is_left_untranslated(pseudo, own_classes: School, networks: Path, monkeypatch) -> None:
    app = part(networks, monkeypatch, "Classroom", PSEUDO)
    app.button(key="open_class").click().run()
    mine = own_classes.only()
    assert mine is not None
    assert loose(app) == []
    phone = part(networks, monkeypatch, PARTS[0], PSEUDO, **{"class": mine.code})
    assert loose(phone) == []
    for card in ("guess", "clicks", "photo", "factory"):
        own_classes.tell(next(iter(mine.phones)), card, 1.0, 3)
    app.segmented_control(key="wall_view").set_value("guesses").run()
    app.toggle(key="wall_answer").set_value(True).run()
    for card in ("guess", "clicks", "photo", "factory", "points"):
        app.selectbox(key="wall_card").set_value(card).run()
        assert loose(app) == [], card


def test_the_workshop_speaks_german(english, own_classes: School, networks: Path, monkeypatch, fresh_caches) -> None:
    app = part(networks, monkeypatch, PARTS[0], "de")
    assert app.title[0].value == "Fünf Schritte, 40 Minuten. Fang an mit: Schätze."
    assert "Beide Netze haben zehn Dinge gelernt: Flugzeug, Auto, Vogel," in said(app)
    app.select_slider(key="guess_guess").set_value(50).run()
    app.button(key="reveal_guess").click().run()
    assert "Du hast 50 % gesagt. Es sind **" in said(app)
    assert "Punktestand: **" in said(app)
    app = part(networks, monkeypatch, "Classroom", "de")
    app.button(key="open_class").click().run()
    mine = own_classes.only()
    assert mine is not None
    for number, guess in enumerate((0.2, 0.6, 0.9)):
        own_classes.join(mine.code, str(number))
        own_classes.tell(str(number), "guess", guess, 1)
    app.segmented_control(key="wall_view").set_value("guesses").run()
    assert "3 von 3 Handys haben geschätzt. Die mittlere Schätzung ist 60 %." in said(app)
    app.selectbox(key="wall_card").set_value("points").run()
    assert "Punkte von 3 Handys: je 1." in said(app)


@pytest.mark.checkpoints
def test_the_factory_writes_german_numbers(english, monkeypatch, fresh_caches) -> None:
    app = part(Path(__file__).parents[2] / "checkpoints", monkeypatch, "Challenges", "de")
    app.select_slider(key="factory_t").set_value(0.9).run()
    app.button(key="choose_factory").click().run()
    assert "Bei deinem t = 0,90 kosten hundert Teile **" in said(app)
    assert re.search(r"aus [\d.]+ Bildern \(CIFAR-10 Test\) und [\d.]+ Bildern \(", said(app))
    assert any("Mit t = 1,00 prüft ein Mensch jedes Teil" in plain(alt) for alt in alts(app))


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_every_german_lesson_has_its_numbers(english, networks: Path, monkeypatch, fresh_caches, name: str) -> None:
    from nat_app.shared.pairs import pair_named
    from nat_app.views.workshop.steps.numbers import with_numbers

    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    use("de")
    lesson = lessons.lessons("de")[lessons.LESSONS.index(name)]
    pair = pair_named("wrn16_1")
    for text in (lesson.goal, lesson.question, lesson.answer, lesson.numbers, lesson.say):
        assert "{{" not in with_numbers(text, lesson, pair)
    assert links.read(lesson.query(pair), ())[0] == {}
