"""The workshop page: every card and state of its five lessons."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nat_app.shared.pairs import pair_named
from nat_app.views.workshop import words
from nat_app.views.workshop.lessons import lessons, share
from nat_app.views.workshop.settings import LESSONS
from tests.pages import complaint, opened, said

PAGE = "views/workshop/view.py"


@pytest.fixture
def workshop(networks: Path, monkeypatch: pytest.MonkeyPatch, fresh_caches: None) -> AppTest:
    """The page as it opens, with the small pair."""
    return opened(networks, monkeypatch, PAGE, pair="wrn16_1")


def reveal(app: AppTest, name: str, guess: int) -> AppTest:
    """The page once a lesson's answer was revealed."""
    app.slider(key=f"guess_{name}").set_value(guess).run()
    return app.button(key=f"reveal_{name}").click().run()


def test_it_opens_with_the_first_lesson_large_and_minutes_on_each(workshop: AppTest) -> None:
    text = said(workshop)
    assert workshop.title[0].value == words.title(0, 5, "Guess", 45)
    assert [each.value for each in workshop.header] == ["Guess"]
    assert "**See that a network can be sure" in text
    assert all(f"{number} · {each.minutes} min" in text for number, each in enumerate(lessons(), start=1))
    assert words.score(0, 0) in text
    assert "{{" not in text
    assert "softmax" not in text


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_is_guessed_revealed_and_tried_again(workshop: AppTest, name: str) -> None:
    lesson = lessons()[LESSONS.index(name)]
    if name != "guess":
        workshop.button(key=f"lesson_{name}").click().run()
    truth = share(lesson.asks, lesson, pair_named("wrn16_1"))
    reveal(workshop, name, round(100 * truth))
    text = said(workshop)
    assert words.earned(3, 3) in text
    assert words.score(3, 3) in text
    assert "{{" not in text
    assert workshop.title[0].value in [words.title(1, 5, each.title, 45) for each in lessons() if each != lesson]
    workshop.button(key="again_lesson").click().run()
    assert "nothing guessed yet" in said(workshop)
    reveal(workshop, name, round(100 * truth) + (50 if truth < 0.5 else -50))
    assert words.score(0, 3) in said(workshop)
    workshop.button(key="next_lesson").click().run()
    following = lessons()[1 if name == "guess" else 0]
    assert workshop.header[0].value == following.title


def test_all_five_done(workshop: AppTest) -> None:
    for name in LESSONS:
        if name != LESSONS[0]:
            workshop.button(key="next_lesson").click().run()
        reveal(workshop, name, 100)
    assert workshop.title[0].value == words.title(5, 5, None, 45)
    assert not [button for button in workshop.button if button.key == "next_lesson"]
    assert "of 15 points" in said(workshop)


def test_a_teachers_link_opens_a_lesson_without_its_answer(networks: Path, monkeypatch, fresh_caches) -> None:
    app = opened(networks, monkeypatch, PAGE, pair="wrn16_1", lesson="fix_it", hide="answers,networks")
    assert app.header[0].value == "Fix it"
    assert words.TEACHER_HAS_IT in said(app)
    assert not [button for button in app.button if button.key and button.key.startswith("reveal")]
    wrong = opened(networks, monkeypatch, PAGE, pair="wrn16_1", lesson="nonsense")
    assert complaint("lesson", "nonsense") in said(wrong).replace("\\", "")
    assert wrong.header[0].value == "Guess"


def test_a_pair_that_knows_no_photos_is_told_so(networks: Path, monkeypatch, fresh_caches) -> None:
    assert "no stored answers" in said(opened(networks, monkeypatch, PAGE, pair="digits"))
