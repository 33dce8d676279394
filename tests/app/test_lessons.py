"""The lessons: their texts, the numbers in them, and the pages that their links restore."""

import re
from pathlib import Path

import numpy as np
import pytest

from nat_app.frame import links
from nat_app.pages import SETTINGS
from nat_app.shared.counts import compare
from nat_app.shared.pairs import OFFERED, pair_named
from nat_app.views.playground import state as playground_state
from nat_app.views.playground.settings import SETTINGS as PLAYGROUND
from nat_app.views.workshop.settings import LESSONS
from nat_app.views.workshop.steps import by_pair
from nat_app.views.workshop.steps.lessons import (
    FOLDER,
    LINKED,
    NOTES,
    PLACEHOLDER,
    SECTIONS,
    Lesson,
    fill,
    lessons,
    notes,
    parse,
    sections,
)
from nat_app.views.workshop.steps.numbers import NOT_STORED, SHARES, TEXTS, share, with_numbers
from nat_app.views.workshop.teaching.sheets import JOIN_MINUTES
from nat_core.language import LANGUAGES
from nat_core.measure.predictions import softmax
from nat_core.small import plane, playground
from nat_core.store.checkpoints import load_predictions
from tests.pages import opened, plain, said

EVERY = [(language, name) for language in LANGUAGES for name in LESSONS]
PAIR = pair_named("wrn16_1")
HEAD = "---\ntitle: T\nminutes: 3\npage: see_it\nlink: t=0.9\nopens: o\nasks: plane_nat\nmeasures: m\n---\n"
BODY = "# Goal\n\ng\n# Question\nq\n# Answer\na\n# Numbers\nn\n# Say\ns\n"


def lesson(language: str, name: str) -> Lesson:
    return lessons(language)[LESSONS.index(name)]


def test_joining_and_the_lessons_take_45_minutes_in_every_language() -> None:
    assert {JOIN_MINUTES + sum(each.minutes for each in lessons(language)) for language in LANGUAGES} == {45}
    assert all("45" in notes(language)["before"] for language in LANGUAGES)


def test_every_language_has_the_same_files_sections_and_placeholders() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(LANGUAGES)
    for language in LANGUAGES:
        assert {path.name for path in (FOLDER / language).iterdir()} == {f"{name}.md" for name in (*LESSONS, NOTES)}
        assert tuple(notes(language)) == SECTIONS
        for name in (*LESSONS, NOTES):
            here, english = ((FOLDER / each / f"{name}.md").read_text("utf-8") for each in (language, "en"))
            assert list(sections(here)) == list(sections(english)), (language, name)
            for heading, text in sections(english).items():
                wanted = sorted(PLACEHOLDER.findall(text))
                # A sentence may name a number twice where the other language names it once.
                assert set(PLACEHOLDER.findall(sections(here)[heading])) == set(wanted), (language, name, heading)


def test_a_language_without_lessons_reads_them_in_english(monkeypatch) -> None:
    assert lessons("tlh") == lessons("en")
    assert notes("tlh") == notes("en")


def test_notes_without_a_section_are_named(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "teacher.md").write_text("# Before\n\nb\n", encoding="utf-8")
    monkeypatch.setattr("nat_app.views.workshop.steps.lessons.FOLDER", tmp_path)
    with pytest.raises(ValueError, match="needs the sections before, plan"):
        notes.__wrapped__("en")


@pytest.mark.parametrize(("language", "name"), EVERY)
def test_every_placeholder_is_known_and_every_question_asks_for_a_share(language: str, name: str) -> None:
    each = lesson(language, name)
    assert each.placeholders <= SHARES.keys() | TEXTS.keys()
    assert each.asks in SHARES
    assert not SHARES.keys() & TEXTS.keys()
    links_ask_for = set(re.findall(r"\{\{(\w+)\}\}", each.link))
    assert links_ask_for <= LINKED.keys()
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
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    query, begun = each.query(PAIR), each.values(PAIR)
    app = opened(networks, monkeypatch, links.file_of(each.page), pair=PAIR.key, **query)
    assert not app.exception
    state = app.session_state
    assert query.items() <= state["links"].link.items()
    values, wrong = links.read(state["links"].link, SETTINGS)
    assert wrong == []
    assert begun.keys() <= values.keys()
    for key, value in values.items():
        held = state[key].tolist() if key == "play_negatives" else state[key]
        assert held == (value.tolist() if key == "play_negatives" else value), key
    if each.page == "playground":
        assert state["playground"].reached is None
        others = [setting for setting in PLAYGROUND.settings if setting.key != "play_negatives"]
        assert all(state[each.key] == each.default for each in others if each.key in state)
        assert ("play_negatives" in state) is ("play_negatives" in values)


@pytest.mark.checkpoints
def test_the_numbers_are_those_of_the_pages(monkeypatch, fresh_caches) -> None:
    networks = Path(__file__).parents[2] / "checkpoints"
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    guess = lesson("en", "guess")
    text = with_numbers(guess.answer, guess, PAIR).replace("\u00a0", " ")
    page = said(opened(networks, monkeypatch, pair="wrn16_1", **guess.query(PAIR)))
    assert f"Baseline: {text.split('gives ')[1].split(' to ')[0]}" in page
    where = lesson("en", "where_it_fails")
    assert "{{" not in with_numbers(where.answer + where.numbers, where, PAIR)
    choose = lesson("en", "choose_t")
    # By hand, from what is stored: the lowest threshold of all, which lies between the slider's steps.
    for kind, name in PAIR.by_kind.items():
        stored = load_predictions(networks, name, ["cifar10_test", "cifar100_test"])
        strange, known = (stored[each].confidence for each in ("cifar100_test", "cifar10_test"))
        lowest = np.sort(strange)[-1000]
        assert np.mean(strange > lowest) < 0.1 <= np.mean(strange > np.nextafter(lowest, 0))
        assert share(f"kept_{kind}_few", choose, PAIR) == np.mean(known > lowest)
        told = float(with_numbers(f"{{{{t_{kind}_few}}}}", choose, PAIR))
        assert lowest <= told < lowest + (1 - lowest) / 100


@pytest.mark.checkpoints
def test_the_baseline_can_be_had_below_t_1(monkeypatch, fresh_caches) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(Path(__file__).parents[2] / "checkpoints"))
    large, choose = pair_named("resnet18"), lesson("en", "choose_t")
    assert 0.99 < float(with_numbers("{{t_baseline_few}}", choose, large)) < 1
    assert 0.5 < share("kept_baseline_few", choose, large) < share("kept_nat_few", choose, large)


@pytest.mark.checkpoints
@pytest.mark.parametrize("pair", [pair for pair in OFFERED if pair.key != "digits"], ids=lambda pair: pair.key)
def test_the_first_lesson_shows_what_it_says_with_every_pair(monkeypatch, fresh_caches, pair) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(Path(__file__).parents[2] / "checkpoints"))
    guess = lesson("en", "guess")
    assert share("confidence_baseline", guess, pair) > 0.9 >= share("confidence_nat", guess, pair)


@pytest.mark.checkpoints
@pytest.mark.parametrize("pair", [pair for pair in OFFERED if pair.key != "digits"], ids=lambda pair: pair.key)
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_lesson_lacks_a_number_with_any_pair(monkeypatch, fresh_caches, pair, language: str) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(Path(__file__).parents[2] / "checkpoints"))
    for each in lessons(language):
        for text in (each.question, each.answer, each.numbers):
            assert NOT_STORED not in with_numbers(text, each, pair)


@pytest.mark.checkpoints
def test_the_last_lesson_says_of_students_what_is_so_of_them(monkeypatch, fresh_caches) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(Path(__file__).parents[2] / "checkpoints"))
    last, students = lesson("en", "where_it_fails"), pair_named("students")
    assert by_pair.STUDENT in " ".join(with_numbers(last.question, last, students).split())
    answer = with_numbers(last.answer, last, students)
    assert "And there is a price" not in answer
    assert "hardly a price" in answer
    assert "The effect reached" not in answer
    assert "The effect reached" in with_numbers(last.answer, last, PAIR)
    assert "(used in training)" not in with_numbers(last.numbers, last, students)


def test_whether_the_effect_reached_photos_is_a_matter_of_chance_too() -> None:
    none, few, all_ = (np.arange(100) < count for count in (0, 1, 100))
    assert by_pair.reached(compare({"baseline": all_, "nat": none})).startswith("The effect reached photos")
    assert by_pair.reached(compare({"baseline": none, "nat": all_})).startswith("The effect did not reach")
    assert by_pair.reached(compare({"baseline": few, "nat": none})).endswith("the difference may be chance.")
    assert plain(by_pair.price({"baseline": 0.85, "nat": 0.9})).startswith("There is no price here")


def test_a_ring_works_far_beyond_its_crosses() -> None:
    points, cells, negatives = plane.draw_points(), plane.grid(), plane.draw_negatives("ring")
    settings = playground.Settings()
    *_, last = playground.train(playground.start(settings, 3), points, negatives, settings)
    away = np.linalg.norm(cells, axis=1)
    beyond = plane.empty_cells(cells, points.positions) & (away > np.linalg.norm(negatives, axis=1).max())
    baseline, nat = (softmax(each).max(axis=1) for each in playground.logits_at(last, cells, settings, 3))
    assert np.mean(baseline[beyond] > 0.9) > 0.9
    assert np.mean(nat[beyond] > 0.9) < 0.25


def test_the_playgrounds_numbers_are_those_of_its_page_after_400_steps(networks: Path, monkeypatch) -> None:
    fix = lesson("en", "fix_it")
    app = opened(networks, monkeypatch, "views/playground/view.py", **fix.query(PAIR))
    here = app.session_state["playground"].on
    # The page's own scene, which it gives to the browser; there it comes to the same (tests/browser/test_twins.py).
    trained = playground_state.trained_answers(here, 0.9)
    assert share("plane_nat", fix, PAIR) == trained["nat"].falsely_sure
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
        parse("linked", HEAD.replace("t=0.9", "t=banana") + BODY).values(PAIR)
    assert fill("no placeholder", {}.__getitem__) == "no placeholder"
