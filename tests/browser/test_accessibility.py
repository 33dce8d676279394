"""Every page under axe-core in a real browser, in both themes: contrast, names, roles and order."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nat_app.pages import PAGES
from nat_app.views.workshop import words
from nat_app.views.workshop.settings import PARTS
from tests.browsing import PATIENCE, STILL

axe_playwright_python = pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python")

pytestmark = pytest.mark.browser
UNFOLD = "document.querySelectorAll('.stMain details:not([open]) > summary').forEach(each => each.click())"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def visit(browser, address: str) -> Iterator:
    """One visit that looks at all pages; axe may be added to it, where the app's own policy lets no script in."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 1000}, color_scheme="light", bypass_csp=True, reduced_motion="reduce"
    )
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    opened.goto(f"{address}/?pair=wrn16_1")
    opened.locator("h1").first.wait_for()
    opened.evaluate(AXE)
    yield opened
    context.close()


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
    # Of all rules, one alone depends on the theme.
    assert violations(visit, *(() if theme == "light" else ("color-contrast",))) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_that_is_folded_or_in_another_part_is_dark_enough(visit, theme: str) -> None:
    """Within the visit, as by hand: to load the app anew for each part cost most of what looking at it does."""
    visit.emulate_media(color_scheme=theme)
    for name, parts in (("evidence", [None]), ("workshop", PARTS)):
        visit.locator(f'[data-testid="stSidebarNavLink"][href$="/{name}"]').click()
        visit.locator(f'[data-testid="stSidebarNavLink"][href$="/{name}"][aria-current]').wait_for()
        for part in parts:
            if part:
                visit.get_by_role("tab", name=words.PARTS[part], exact=True).click()
                visit.get_by_role("tab", name=words.PARTS[part], exact=True, selected=True).wait_for()
            visit.evaluate(STILL)
            visit.evaluate(UNFOLD)
            visit.evaluate(STILL)
            assert (part, violations(visit, "color-contrast")) == (part, [])


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
