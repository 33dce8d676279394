"""What trains in the browser, in a real one: a ring makes the gauge fall, in place; digits are learned from nothing."""

import re

import pytest

from tests.browsing import PATIENCE, at

pytestmark = pytest.mark.browser


def falsely_sure(page) -> list[int]:
    """Both gauges, in percent."""
    texts = page.locator("p", has_text="Falsely sure on").all_inner_texts()
    return [int(re.search(r"(\d+)\s*%", text).group(1)) for text in texts]


@at("phone")
def test_a_ring_makes_nats_gauge_fall_on_the_very_same_canvas(page, address: str) -> None:
    page.goto(f"{address}/playground")
    canvas = page.locator(".plane canvas").nth(1)
    canvas.wait_for()
    canvas.evaluate("canvas => { canvas.marked = true; }")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text("after 400 steps").nth(1).wait_for()
    baseline, nat = falsely_sure(page)
    assert baseline == nat > 90
    page.get_by_role("button", name="Ring", exact=True).click()
    page.get_by_text("NAT has not learned from the 20 negatives yet").wait_for()
    page.get_by_role("button", name="Rewind", exact=True).click()
    page.get_by_text("after 0 steps").nth(1).wait_for()
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text("after 400 steps").nth(1).wait_for()
    baseline, nat = falsely_sure(page)
    assert baseline > 90
    assert nat < 30
    assert canvas.evaluate("canvas => canvas.marked")
    assert canvas.get_attribute("data-step") == "400"
    canvas.click(position={"x": 30, "y": 40})
    page.get_by_text("1 more lies there that it has not learned yet").wait_for()
    assert page.locator("[data-testid=stException]").count() == 0


@at("wide")
def test_digits_are_learned_from_nothing_while_one_watches(page, playwright, address: str) -> None:
    page.goto(f"{address}/digits_live")
    page.locator("h1", has_text="Two networks that know nothing yet.").wait_for()
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator("h1", has_text="fool both").wait_for()
    page.locator("h1", has_text="fool the baseline").wait_for()
    page.get_by_role("button", name="Train", exact=True).wait_for()
    drawing = page.locator(".reading svg")
    playwright.expect(drawing).to_have_attribute("aria-label", re.compile("^After 400 of 400 steps"), timeout=PATIENCE)
    assert page.locator(".reading polyline").count() == 2
    assert page.locator("[data-testid=stException]").count() == 0
