"""The workshop in a real browser: a walk through the five cards, the pages that they open, and the sheet on paper."""

import re
from collections.abc import Iterator
from functools import partial

import pytest

from nat_app.shared.pairs import pair_named
from nat_app.views.workshop import words
from nat_app.views.workshop.steps.lessons import lessons
from nat_app.views.workshop.steps.numbers import with_numbers
from nat_app.views.workshop.teaching.sheets import answers_html, sheet_html
from nat_app.views.workshop.teaching.teacher import shown_on_sheet, solutions
from nat_core.language import LANGUAGES, use
from nat_core.small import own_things
from tests.browsing import PATIENCE, ROOT, SIZES, STILL, served, wait_for_focus
from tests.pages import plain

pytestmark = pytest.mark.browser
LINES_OUT_OF_FRAMES = """() => [...document.querySelectorAll('section .rest')].filter(line =>
  line.getBoundingClientRect().right > line.closest('section').getBoundingClientRect().right).length"""
"""How many lines to write on are cut at the edge of their card."""


@pytest.fixture
def page(page_of) -> Iterator:
    """A page of its own."""
    with page_of(SIZES["wide"]) as opened:
        yield opened


@pytest.mark.checkpoints
def test_a_walk_through_the_five_cards(page) -> None:
    opened = {"see_it": "sure", "playground": "the same start", "thresholds": "is fooled by"}
    with served(ROOT / "checkpoints") as address:
        page.goto(f"{address}/workshop?pair=wrn16_1")
        page.locator("h1", has_text="Begin with: Guess.").wait_for()
        for number, lesson in enumerate(lessons(), start=1):
            card = page.locator(f".st-key-lesson_large_{lesson.name}")
            card.get_by_role("link", name=lesson.opens).click()
            page.locator("h1", has_text=opened[lesson.page]).wait_for()
            assert f"/{lesson.page}?" in page.url or lesson.page == "see_it"
            page.get_by_role("link", name="Workshop").click()
            assert card.get_by_role("button", name="Reveal").is_disabled()
            slider = card.get_by_role("slider")
            slider.press("End")
            slider.press("ArrowLeft")
            card.get_by_text("99 %").first.wait_for()
            card.get_by_role("button", name="Reveal").click()
            answer = page.locator(f".st-key-answer_{lesson.name}")
            answer.get_by_text("You said 99").wait_for()
            wait_for_focus(page, f"answer_{lesson.name}")
            assert "{{" not in answer.inner_text()
            if "$$" in lesson.answer:
                answer.locator(".katex").first.wait_for()
            if number < len(lessons()):
                page.locator(".st-key-next_lesson button").click()
        page.locator("h1", has_text="All five done. Now try the challenges.").wait_for()
        score = page.get_by_text("Score so far").inner_text()
        assert score in {plain(words.score(points, 15)).replace("**", "") for points in range(16)}
        assert page.locator("[data-testid=stException]").count() == 0


def test_a_reload_keeps_the_score_until_it_is_begun_again(page, address: str) -> None:
    page.goto(f"{address}/workshop?pair=wrn16_1")
    slider = page.locator(".st-key-lesson_large_guess").get_by_role("slider")
    slider.press("End")
    page.get_by_role("button", name="Reveal").click()
    page.locator(".st-key-answer_guess").wait_for()
    page.wait_for_function("() => sessionStorage.getItem('nat-workshop')")
    score = page.get_by_text("Score so far").inner_text()
    for _ in range(2):
        page.reload()
        page.locator("h1", has_text="1 of 5 done.").wait_for()
        assert page.get_by_text("Score so far").inner_text() == score
    page.get_by_role("button", name="Begin again").click()
    page.locator("h1", has_text="Begin with: Guess.").wait_for()
    page.wait_for_function("() => !sessionStorage.getItem('nat-workshop').includes('guess')")
    page.reload()
    page.locator("h1", has_text="Begin with: Guess.").wait_for()
    page.wait_for_timeout(1000)
    assert "nothing guessed yet" in page.get_by_text("Score so far").inner_text()


def test_a_class_guesses_follows_and_outlives_a_reload(page, browser, address: str) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(f"{address}/workshop?pair=wrn16_1&workshop_part=Classroom&wall=1")
    page.get_by_role("button", name="Open a class").click()
    code = page.locator(".wall_code").inner_text()
    the_code_is_large_and_all_on_the_screen(page)
    context = browser.new_context(viewport={"width": 390, "height": 844})
    try:
        phone = context.new_page()
        phone.set_default_timeout(PATIENCE)
        phone.goto(f"{address}/workshop?pair=wrn16_1&class={code}")
        phone.get_by_text("without your name").first.wait_for()
        reveal = phone.get_by_role("button", name="Reveal").bounding_box()
        assert reveal["y"] + reveal["height"] <= 844, "a guess needs no scrolling"
        slider = phone.locator(".st-key-lesson_large_guess").get_by_role("slider")
        slider.press("End")
        phone.locator(".st-key-lesson_large_guess").get_by_text("100 %").first.wait_for()
        phone.get_by_role("button", name="Reveal").click()
        answer = phone.locator(".st-key-answer_guess")
        answer.get_by_text("You said").wait_for()
        phone.wait_for_function("() => document.activeElement.classList.contains('st-key-answer_guess')")
        # Known by its browser's cookie: no second phone after a reload.
        phone.reload()
        phone.get_by_text("without your name").first.wait_for()
        page.get_by_text("Guesses and points").click()
        page.get_by_text("One phone of 1 has guessed: 100").first.wait_for()
        # What changes by itself is told to whoever does not see it.
        page.locator(".st-key-wall_announced [role=status]", has_text="One phone of 1 has guessed: 100").wait_for(
            state="attached"
        )
        page.locator(".st-key-class_leads label").click()
        page.get_by_role("link", name="Evidence").click()
        phone.wait_for_url("**/evidence?*")
        phone.get_by_text("you follow your teacher").first.wait_for()
        phone.locator(".st-key-class_announced [role=status]", has_text="you follow your teacher").wait_for(
            state="attached"
        )
        led_to_a_lessons_photo_it_shows_both_answers(page, phone)
    finally:
        context.close()


def the_code_is_large_and_all_on_the_screen(page) -> None:
    """Large enough for the last row, and on the screen of a small projector too."""
    for width, height, least in ((1280, 800, 380), (1920, 1080, 600)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(STILL)
        drawn = page.locator(".st-key-qr_code img").bounding_box()
        assert drawn["width"] > least
        assert drawn["y"] + drawn["height"] <= height


def led_to_a_lessons_photo_it_shows_both_answers(page, phone) -> None:
    """Open a lesson's photo for all: the phone needs no scrolling to see both answers, in either language."""
    page.get_by_role("link", name="Workshop").click()
    page.get_by_role("tab", name="Steps").click()
    page.get_by_role("link", name="See it, with this photo").click()
    for language in ("en", "de"):
        phone.locator(".st-key-class_follow").wait_for()
        phone.locator(".nat-bars").nth(1).wait_for(state="attached")
        answer = phone.get_by_text(re.compile(r"^NAT: \d+")).first
        answer.wait_for()
        assert phone.locator(".st-key-class_line").bounding_box()["height"] < 50, "on one line"
        assert answer.bounding_box()["y"] + answer.bounding_box()["height"] <= 844
        if language == "en":
            phone.goto(f"{phone.url}&lang=de")
            phone.get_by_text("Du folgst der Lehrkraft").first.wait_for()


def test_all_parts_are_seen_on_a_phone(page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for language in ("en", "de"):
        page.goto(f"{address}/workshop?pair=wrn16_1&lang={language}")
        tabs = page.get_by_role("tab")
        tabs.nth(4).wait_for()
        for tab in tabs.all():
            box = tab.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390


def test_an_answer_is_in_sight_on_a_phone_also_once_it_has_grown(page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/workshop?pair=wrn16_1&lang=en")
    slider = page.get_by_role("slider").first
    slider.press("End")
    slider.press("ArrowLeft")
    page.get_by_role("button", name="Reveal").click()
    answer = page.locator("[class*=st-key-answer_]")
    wait_for_focus(page, "answer_")
    # As a formula does that is drawn late.
    answer.evaluate("each => { each.style.minHeight = `${each.offsetHeight + 150}px`; }")
    page.wait_for_function("each => each.getBoundingClientRect().bottom < innerHeight + 1", arg=answer.element_handle())


def test_what_a_challenge_answers_is_in_sight_on_a_phone(page, address: str) -> None:
    """The cards are higher than the phone: without the focus the answer would come below its lower edge."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/workshop?pair=wrn16_1&workshop_part=Challenges")
    for button, answer in (
        ("check_clicks", "answer_clicks"),
        ("try_photo", "answer_tried"),
        ("check_teach", "answer_teach"),
    ):
        pressed = page.locator(f".st-key-{button} button")
        # As a thumb has it: at the window's lower edge.
        pressed.evaluate("each => each.scrollIntoView({ block: 'end' })")
        pressed.click()
        wait_for_focus(page, answer)
        below = "each => each.getBoundingClientRect().bottom < innerHeight + 1"
        page.wait_for_function(below, arg=page.locator(f".st-key-{answer}").element_handle())


@pytest.mark.checkpoints
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_and_the_answers_print_on_one_page_each(page, monkeypatch, fresh_caches, language: str) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(ROOT / "checkpoints"))
    monkeypatch.setenv("NAT_CLASSROOM", "http://192.168.1.20:8501")
    # What the free photos teach is a number on the sheet, which is as wide after few steps.
    monkeypatch.setattr(own_things, "train", partial(own_things.train, steps=5))
    pair = pair_named("wrn16_1")
    use(language)
    try:
        texts = lessons(language)
        sheet = sheet_html(texts, lambda text, each: with_numbers(text, each, pair), shown_on_sheet(texts, pair))
        answers = answers_html(
            texts, lambda text, each: with_numbers(text, each, pair), " and ".join(pair.names), solutions(pair)
        )
    finally:
        use("en")
    for html in (sheet, answers):
        page.set_content(html)
        printed = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
        assert f'<html lang="{language}">' in html
        # The photo is there, and the code is not cut off.
        assert page.evaluate("[...document.images].every(each => each.naturalWidth > 0)")
        assert page.evaluate("[...document.querySelectorAll('svg')].every(each => each.hasAttribute('viewBox'))")
        # On a phone's screen no line runs out of its frame.
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate(LINES_OUT_OF_FRAMES) == 0
        # Nor does a line end between what is written in and its %.
        assert page.evaluate("[...document.querySelectorAll('.part')].every(each => each.offsetHeight < 30)")
        page.goto("about:blank")
