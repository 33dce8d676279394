"""The workshop page: every card and state of its five lessons."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from nat_app.shared.pairs import pair_named
from nat_app.views.workshop import kept, score, words
from nat_app.views.workshop.settings import AFTER, LESSONS, MOST
from nat_app.views.workshop.steps.lessons import lessons
from nat_app.views.workshop.steps.numbers import share
from tests.pages import complaint, given, opened, said
from tests.present import present

PAGE = "views/workshop/view.py"


@pytest.fixture
def workshop(networks: Path, monkeypatch: pytest.MonkeyPatch, fresh_caches: None) -> AppTest:
    """The page as it opens, with the small pair."""
    return opened(networks, monkeypatch, PAGE, pair="wrn16_1")


def reveal(app: AppTest, name: str, guess: int) -> AppTest:
    """The page once a lesson's answer was revealed."""
    app.select_slider(key=f"guess_{name}").set_value(guess).run()
    return app.button(key=f"reveal_{name}").click().run()


def test_it_opens_with_the_first_lesson_large_and_minutes_on_each(workshop: AppTest) -> None:
    text = said(workshop)
    assert workshop.title[0].value == words.title(0, 5, "Guess", 40)
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
    assert workshop.title[0].value in [words.title(1, 5, each.title, 40) for each in lessons() if each != lesson]
    workshop.button(key="again_lesson").click().run()
    assert workshop.button(key=f"reveal_{name}").disabled
    reveal(workshop, name, round(100 * truth) + (50 if truth < 0.5 else -50))
    assert words.score(3, 3) in said(workshop)
    workshop.button(key="next_lesson").click().run()
    following = lessons()[1 if name == "guess" else 0]
    assert workshop.header[0].value == following.title


def test_no_guess_counts_before_it_is_made_and_little_once_the_answer_is_told(workshop: AppTest) -> None:
    lesson = lessons()[0]
    truth = round(100 * share(lesson.asks, lesson, pair_named("wrn16_1")))
    assert workshop.select_slider(key="guess_guess").value is None
    assert workshop.button(key="reveal_guess").disabled
    reveal(workshop, "guess", truth - 50 if truth > 50 else truth + 50)
    assert words.score(0, 3) in said(workshop)
    workshop.button(key="again_lesson").click().run()
    assert workshop.select_slider(key="guess_guess").value is None
    reveal(workshop, "guess", truth)
    assert words.score(AFTER, 3) in said(workshop)
    assert AFTER < MOST


def kept_text(app: AppTest) -> str | None:
    """What the page gives the browser to keep."""
    return next(each["score"] for each in given(app) if "score" in each)


def test_a_reload_keeps_the_score_and_beginning_again_does_not(workshop, networks: Path, monkeypatch) -> None:
    assert kept_text(workshop) is None
    reveal(workshop, "guess", 100)
    text, before = present(kept_text(workshop)), workshop.session_state["workshop"]
    anew = opened(networks, monkeypatch, PAGE, pair="wrn16_1")
    assert "nothing guessed yet" in said(anew)
    anew.session_state["workshop"], anew.session_state["workshop_kept"] = kept.game_of(text), kept.Settled(True)
    anew.run()
    assert anew.title[0].value == workshop.title[0].value
    assert words.score(sum(before.won.values()), 3) in said(anew)
    anew.button(key="lesson_guess").click().run()
    anew.button(key="again_lesson").click().run()
    anew.button(key="begin_again").click().run()
    assert kept_text(anew) == kept.text_of(score.Game())


def game() -> score.Game:
    """A game with something of everything that outlives a reload."""
    card = next(card for card in sorted(score.CARDS) if card.startswith("photo_"))
    guess = score.PhotoGuess("both", 0.95)
    return score.Game({"guess": 3, card: 1}, {"guess", card}, {"guess": 0.7}, {card: guess}, factory=0.995)


def test_what_a_browser_keeps_is_the_game() -> None:
    assert kept.game_of(kept.text_of(game())) == game()


@pytest.mark.parametrize(
    "text",
    ["", "banana", "[]", "{}", "null", kept.text_of(score.Game(won={"guess": 4})), "x" * 200_000,
     kept.text_of(score.Game(won={"another": 1})), kept.text_of(score.Game(lessons={"another": 0.5})),
     kept.text_of(score.Game(lessons={"guess": 1.5})), kept.text_of(score.Game(told={"<b>"})),
     kept.text_of(score.Game(photos={"photo_cat1": score.PhotoGuess("all", 0.5)}))],
)  # fmt: skip
def test_what_no_game_holds_is_not_taken_back(text: str, monkeypatch) -> None:
    with pytest.raises(ValueError, match=r"."):
        kept.game_of(text)
    monkeypatch.setattr(st, "session_state", {})
    kept.take_back(text)
    assert score.GAME.get() == score.Game()


def test_a_visit_takes_back_once_and_never_over_a_game_of_its_own(monkeypatch) -> None:
    monkeypatch.setattr(st, "session_state", {})
    kept.take_back(kept.text_of(game()))
    assert score.GAME.get() == game()
    kept.take_back(kept.text_of(score.Game()))
    assert score.GAME.get() == game()


def test_all_five_done(workshop: AppTest) -> None:
    for name in LESSONS:
        if name != LESSONS[0]:
            workshop.button(key="next_lesson").click().run()
        reveal(workshop, name, 100)
    assert workshop.title[0].value == words.title(5, 5, None, 40)
    assert not [button for button in workshop.button if button.key == "next_lesson"]
    assert "of 15 points" in said(workshop)
    workshop.button(key="to_challenges").click().run()
    assert workshop.session_state["workshop_part"] == "Challenges"
    assert {"Ten clicks", "Go further"} <= {each.value for each in workshop.header}


def test_the_focus_goes_to_an_answer_once(workshop: AppTest) -> None:
    def moved() -> list[dict]:
        return [each for each in given(workshop) if "times" in each]

    assert moved() == []
    reveal(workshop, "guess", 50)
    assert moved() == [{"times": 1, "key": "answer_guess", "label": "The answer"}]
    workshop.run()
    assert moved() == [{"times": None, "key": "answer_guess", "label": "The answer"}]


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
