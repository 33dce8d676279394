"""The lessons: their texts, the numbers in them, and the pages that their links restore."""

import time
from pathlib import Path

import pytest

from nat_app.frame import links
from nat_app.pages import SETTINGS
from nat_app.shared.pairs import pair_named
from nat_app.views.playground.settings import SETTINGS as PLAYGROUND
from nat_app.views.workshop.lessons import (
    FOLDER,
    NOT_STORED,
    NOTES,
    SHARES,
    TEXTS,
    Lesson,
    fill,
    languages,
    lessons,
    notes,
    parse,
    share,
    with_numbers,
)
from nat_app.views.workshop.settings import LESSONS
from tests.pages import opened, said

EVERY = [(language, name) for language in languages() for name in LESSONS]
PAIR = pair_named("wrn16_1")
HEAD = "---\ntitle: T\nminutes: 3\npage: see_it\nlink: t=0.9\nopens: o\nasks: plane_nat\nmeasures: m\n---\n"
BODY = "# Goal\n\ng\n# Question\nq\n# Answer\na\n# Numbers\nn\n# Say\ns\n"


def lesson(language: str, name: str) -> Lesson:
    return lessons(language)[LESSONS.index(name)]


def test_the_lessons_take_45_minutes_in_every_language() -> None:
    assert languages()[0] == "en"
    assert {sum(each.minutes for each in lessons(language)) for language in languages()} == {45}
    assert all("45" in notes(language) for language in languages())


def test_every_file_of_a_language_is_a_lesson_or_the_notes() -> None:
    for language in languages():
        assert {path.stem for path in (FOLDER / language).glob("*")} == {*LESSONS, NOTES}


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_every_placeholder_is_known_and_every_question_asks_for_a_share(language: str, name: str) -> None:
    each = lesson(language, name)
    assert each.placeholders <= SHARES.keys() | TEXTS.keys()
    assert each.asks in SHARES
    assert not SHARES.keys() & TEXTS.keys()
    english = lesson("en", name)
    assert (each.page, each.link, each.asks) == (english.page, english.link, english.asks)


def test_every_number_is_used() -> None:
    assert {name for each in lessons() for name in each.placeholders} == SHARES.keys() | TEXTS.keys()


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_no_number_of_the_networks_is_typed(language: str, name: str) -> None:
    each = lesson(language, name)
    assert "%" not in (each.answer + each.numbers).replace("\\%", "")


@pytest.mark.parametrize("name", LESSONS)
def test_every_link_restores_the_state_that_it_names(networks: Path, monkeypatch, name: str) -> None:
    each = lesson("en", name)
    app = opened(networks, monkeypatch, links.file_of(each.page), **each.query)
    assert not app.exception
    assert app.session_state["links"].complaints == []
    state = app.session_state
    values, _ = links.read(each.query, SETTINGS)
    assert each.values.keys() <= values.keys()
    for key, value in values.items():
        held = state[key].tolist() if key == "play_negatives" else state[key]
        assert held == (value.tolist() if key == "play_negatives" else value), key
    if each.page == "playground":
        assert "after 0 steps" in said(app)
        others = [setting for setting in PLAYGROUND.settings if setting.key != "play_negatives"]
        assert all(state[setting.key] == setting.default for setting in others)
        assert ("play_negatives" in state) is ("play_negatives" in values)


@pytest.mark.checkpoints
def test_the_numbers_are_those_of_the_pages(monkeypatch, fresh_caches) -> None:
    networks = Path(__file__).parents[2] / "checkpoints"
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    guess = lesson("en", "guess")
    text = with_numbers(guess.answer, guess, PAIR).replace("\u00a0", " ")
    page = said(opened(networks, monkeypatch, pair="wrn16_1", **guess.query))
    assert f"Baseline: {text.split('gives ')[1].split(' to ')[0]}" in page
    where = lesson("en", "where_it_fails")
    assert "{{" not in with_numbers(where.answer + where.numbers, where, PAIR)
    choose = lesson("en", "choose_t")
    kept = share("kept_nat_few", choose, PAIR)
    assert 0 < kept < 1
    t = float(with_numbers("{{t_nat_few}}", choose, PAIR))
    at_t = parse("one", HEAD.replace("t=0.9", f"t={t}&set=cifar100_test") + BODY)
    below = parse("two", HEAD.replace("t=0.9", f"t={t - 0.01:.2f}&set=cifar100_test") + BODY)
    assert share("fooled_nat", at_t, PAIR) < 0.1 <= share("fooled_nat", below, PAIR)
    assert share("kept_nat", at_t, PAIR) == kept


def test_the_playgrounds_numbers_are_those_of_a_press_on_train(networks: Path, monkeypatch, fresh_caches) -> None:
    fix = lesson("en", "fix_it")
    app = opened(networks, monkeypatch, "views/playground/view.py", **fix.query)
    turn = app.button(key="train").click().run().session_state["playground"].turn
    while not turn.over:
        time.sleep(0.02)
    app.run()
    told = with_numbers("Falsely sure on **{{plane_nat}}** of", fix, PAIR).replace("\u00a0", " ")
    assert told in said(app)
    assert share("plane_nat", fix, PAIR) < share("plane_nat_blob", fix, PAIR) < share("plane_baseline", fix, PAIR)


def test_a_number_that_is_not_stored_is_said_to_be_missing(networks: Path, monkeypatch, fresh_caches) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    plain = parse("plain", HEAD.replace("t=0.9", "set=cifar100_test") + BODY)
    assert with_numbers("{{fooled_nat_strict}}", plain, PAIR) == NOT_STORED
    with pytest.raises(KeyError, match="nonsense"):
        with_numbers("{{nonsense}}", plain, PAIR)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (BODY, "no front matter"),
        (HEAD.replace("opens: o", "opens") + BODY, "is no YAML"),
        (HEAD.replace("opens: o\n", "") + BODY, "opens"),
        (HEAD + BODY.replace("# Say\ns\n", ""), "say"),
        (HEAD + BODY + "# More\nx\n", "more"),
        (HEAD + BODY.replace("# Goal\n\ng", "# Goal\n"), "goal"),
        (HEAD.replace("see_it", "nowhere") + BODY, "page is one of"),
        (HEAD.replace("minutes: 3", "minutes: some") + BODY, "whole number"),
    ],
)
def test_a_file_that_is_no_lesson_is_named_with_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=f"broken.*{complaint}"):
        parse("broken", text)
    assert parse("fine", HEAD + BODY).goal == "g"
    with pytest.raises(ValueError, match="t=banana"):
        _ = parse("linked", HEAD.replace("t=0.9", "t=banana") + BODY).values
    assert fill("no placeholder", {}.__getitem__) == "no placeholder"
