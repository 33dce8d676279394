"""The workshop in a real browser: a walk through the five cards, the pages that they open, and the sheet on paper."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nat_app.shared.pairs import pair_named
from nat_app.views.workshop import words
from nat_app.views.workshop.games.factory import factory
from nat_app.views.workshop.steps.lessons import lessons
from nat_app.views.workshop.steps.numbers import with_numbers
from nat_app.views.workshop.teaching.sheets import answers_html, sheet_html
from tests.browsing import PATIENCE, ROOT, served
from tests.pages import plain

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser) -> Iterator:
    """A page of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []


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
    page.wait_for_function("sessionStorage.getItem('nat-workshop')")
    score = page.get_by_text("Score so far").inner_text()
    for _ in range(2):
        page.reload()
        page.locator("h1", has_text="1 of 5 done.").wait_for()
        assert page.get_by_text("Score so far").inner_text() == score
    page.get_by_role("button", name="Begin again").click()
    page.locator("h1", has_text="Begin with: Guess.").wait_for()
    page.wait_for_function("!sessionStorage.getItem('nat-workshop').includes('guess')")
    page.reload()
    page.locator("h1", has_text="Begin with: Guess.").wait_for()
    page.wait_for_timeout(1000)
    assert "nothing guessed yet" in page.get_by_text("Score so far").inner_text()


@pytest.mark.checkpoints
def test_both_sheets_print_on_two_pages_at_most(page, monkeypatch, fresh_caches, tmp_path: Path) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(ROOT / "checkpoints"))
    pair = pair_named("wrn16_1")
    sheets = (
        sheet_html(
            lessons(),
            lambda text, lesson: with_numbers(text, lesson, pair),
            factory(pair).stakes,
            "http://192.168.1.20:8501",
        ),
        answers_html(lessons(), lambda text, lesson: with_numbers(text, lesson, pair), " and ".join(pair.names)),
    )
    for sheet in sheets:
        page.set_content(sheet)
        printed = page.pdf(prefer_css_page_size=True)
        assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2
