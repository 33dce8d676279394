"""Every page under axe-core in a real browser, in both themes: contrast, names, roles and order."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nat_app.pages import PAGES
from tests.browsing import PATIENCE, STILL

axe_playwright_python = pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python")

pytestmark = pytest.mark.browser
SIZE = {"width": 1280, "height": 1000}
UNFOLD = "document.querySelectorAll('.stMain details:not([open]) > summary').forEach(each => each.click())"
HEIGHT = "Math.ceil(document.querySelector('[data-testid=stMain]').scrollHeight)"
"""Of all that the page holds, in pixels."""
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def visit(browser, address: str) -> Iterator:
    """One visit that looks at all pages; axe may be added to it, where the app's own policy lets no script in."""
    context = browser.new_context(viewport=SIZE, color_scheme="light", bypass_csp=True, reduced_motion="reduce")
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    opened.goto(f"{address}/?pair=wrn16_1")
    opened.locator("h1").first.wait_for()
    opened.evaluate(AXE)
    yield opened
    context.close()


def show_all(page) -> None:
    """Unfold all that is folded, in a window as high as the page: what is folded or scrolled away axe passes over."""
    page.set_viewport_size(SIZE)
    page.evaluate(UNFOLD)
    page.evaluate(STILL)
    for _ in range(2):  # what comes into sight may grow
        page.set_viewport_size(SIZE | {"height": max(SIZE["height"], page.evaluate(HEIGHT))})
        page.evaluate(STILL)


def violations(page, *rules: str) -> list[str]:
    """What axe finds on a page, a line each: the rule, the element, and what it says of it; by all or these."""
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found: list[dict[str, Any]] = page.evaluate(
        "async options => (await axe.run(document, options)).violations", options
    )
    return [
        f"{rule['id']}: {node['html'][:200]} | {node['failureSummary'].splitlines()[-1].strip()[:200]}"
        for rule in found
        for node in rule["nodes"]
    ]


# All pages in one theme, then all in the other: colours that the app has drawn change with the next run only.
@pytest.mark.parametrize("name", [each.name for each in PAGES])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(visit, theme: str, name: str) -> None:
    visit.emulate_media(color_scheme=theme)
    visit.locator(f'[data-testid="stSidebarNavLink"][href$="/{name if name != PAGES[0].name else ""}"]').click()
    visit.evaluate(STILL)
    show_all(visit)
    # Of all rules, one alone depends on the theme.
    assert violations(visit, *(() if theme == "light" else ("color-contrast",))) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["attention", "bring_your_own", "workshop"])
def test_what_is_in_another_part_of_a_page_is_dark_enough(visit, theme: str, name: str) -> None:
    """Within the visit, as by hand: to load the app anew for each part cost most of what looking at it does."""
    visit.emulate_media(color_scheme=theme)
    visit.locator(f'[data-testid="stSidebarNavLink"][href$="/{name}"]').click()
    visit.locator(f'[data-testid="stSidebarNavLink"][href$="/{name}"][aria-current]').wait_for()
    visit.evaluate(STILL)
    for part in visit.get_by_role("tab").all_inner_texts():
        visit.get_by_role("tab", name=part, exact=True).click()
        visit.get_by_role("tab", name=part, exact=True, selected=True).wait_for()
        visit.evaluate(STILL)
        show_all(visit)
        assert (part, violations(visit, "color-contrast")) == (part, [])


def test_what_is_too_pale_is_found_in_a_fold_and_far_below_as_well(visit) -> None:
    """Of the page as it opens axe saw 28 texts of 875: what is closed, or clipped by the window, it passes over."""
    visit.emulate_media(color_scheme="light")
    visit.locator('[data-testid="stSidebarNavLink"][href$="/evidence"]').click()
    visit.evaluate(STILL)
    folded = visit.locator(".stMain details p").count()
    pale = visit.add_style_tag(content=".stMain details p { color: #c8c8c8 !important; }")
    show_all(visit)
    found = violations(visit, "color-contrast")
    pale.evaluate("each => each.remove()")
    assert len(found) > 0.8 * folded > 80


RING = """() => {
  for (let each = document.activeElement, up = 0; each && up < 4; each = each.parentElement, up++) {
    const style = getComputedStyle(each);
    if (style.outlineStyle === 'solid' && style.outlineWidth === '3px') return style.outlineColor;
  }
  return 'none around ' + document.activeElement.outerHTML.slice(0, 150);
}"""
"""The colour of the line around what has the focus, or around what stands for it."""


def test_the_keyboard_sees_where_it_is(visit) -> None:
    """Links, buttons, selects, switches, sliders and what unfolds: each is walked to, and each shows it."""
    visit.emulate_media(color_scheme="light")
    visit.locator('[data-testid="stSidebarNavLink"][href$="/thresholds"]').click()
    visit.evaluate(STILL)
    visit.evaluate("document.activeElement.blur()")
    rings, walked = set(), []
    while len(walked) < 60:
        visit.keyboard.press("Tab")
        walked.append(visit.evaluate("document.activeElement.tagName"))
        if walked[-1] == "BODY":
            break
        rings.add(visit.evaluate(RING))
    assert rings == {"rgb(0, 114, 178)"}
    assert len(walked) > 25
    assert {"A", "BUTTON", "INPUT", "SUMMARY"} <= set(walked)


def test_the_option_of_a_list_that_the_keys_have_reached_is_framed(visit) -> None:
    visit.locator('[data-testid="stSelectbox"] input').first.focus()
    visit.keyboard.press("ArrowDown")
    option = visit.locator('[role="option"][data-focus-visible]')
    option.wait_for()
    assert option.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    visit.keyboard.press("Escape")
