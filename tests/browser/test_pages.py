"""The app in a real browser: open it, upload a photo and a broken file, move the threshold, see the numbers change."""

import re
from pathlib import Path
from typing import Any

import pytest

from nat_app.pages import PAGES
from nat_app.shared import words
from nat_app.shared.gallery import FOLDER, gallery_pictures
from nat_app.shared.score_scales import T_STEPS, step_of
from nat_app.views.your_photos import words as photo_words
from tests.browsing import PATIENCE, SIZES, STILL, at, file_chooser, turn_to, unfold

pytestmark = pytest.mark.browser


AS_LONG_AS_SAID = """drawings => drawings.flatMap((drawing) => {
  const [nothing, , all] = [...drawing.querySelectorAll('.tick')].map((each) => each.getBoundingClientRect().left);
  return [...drawing.querySelectorAll('.bar > [title]')].map((bar) => [
    parseFloat(bar.title.split(': ')[1]) / 100,
    bar.title.endsWith(': 0.0\\u00a0%') ? 0 : (bar.getBoundingClientRect().right - nothing) / (all - nothing),
  ]);
})"""
"""What each bar says, and how long it is between the ticks of nothing and all."""


@at("phone")
def test_see_it_shows_two_answers_and_another_picture_for_a_click(page, address: str) -> None:
    page.goto(address)
    page.locator("h1", has_text="One network is sure.").wait_for()
    bars = page.locator(".nat-bars")
    bars.nth(1).wait_for(state="attached")
    assert bars.count() == 2
    for share, length in bars.evaluate_all(AS_LONG_AS_SAID):
        assert length == pytest.approx(share, abs=0.01)
    assert page.title() == "See it · NAT Explorer"
    page.get_by_role("button", name="cat 1", exact=True).click()
    page.locator("h1", has_text="Both networks know this one.").wait_for()
    assert page.locator(".stMain img").first.get_attribute("alt").endswith(words.CORNER)


@at("phone")
def test_a_photo_and_a_broken_file(page, address: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture at all")
    page.goto(f"{address}/your_photos")
    page.locator("h1", has_text="Try it on your own photos.").wait_for()
    file_chooser(page, "uploads").set_input_files([str(FOLDER / "none-bee.jpg"), str(broken)])
    page.locator(".nat-bars .bar").first.wait_for(state="attached")
    assert page.locator(".nat-bars").count() == 1
    warning = page.locator("[data-testid=stAlert]").inner_text()
    assert "broken.jpg is text" in warning
    assert photo_words.others_are_fine(1) in warning
    page.goto(f"{address}/your_photos?lang=de")
    page.get_by_role("button", name="Hochladen").wait_for()
    page.get_by_text("60\u00a0MB je Datei").first.wait_for()
    # What is told to those who cannot see it, too, and around a file's own name.
    file_chooser(page, "uploads").set_input_files(str(FOLDER / "none-bee.jpg"))
    page.get_by_role("button", name="none-bee.jpg entfernen").wait_for(state="attached")
    page.locator("[aria-label='Dateien hinzufügen']").first.wait_for(state="attached")
    assert page.locator("[aria-label='Add files'], [aria-label^='Remove ']").count() == 0


@at("wide")
def test_the_threshold_moves_and_the_numbers_change(page, playwright, address: str) -> None:
    page.goto(f"{address}/thresholds")
    title = page.locator("h1", has_text="is fooled by")
    title.wait_for()
    before = title.inner_text()
    assert before.replace("\u00a0", " ").startswith("Above 90 %")
    page.get_by_role("button", name="0.4", exact=True).click()
    page.locator("h1", has_text="Above 40").wait_for()
    playwright.expect(page.locator("h1")).not_to_contain_text(before.split(",")[1], timeout=PATIENCE)
    slider = page.get_by_role("slider")
    playwright.expect(slider).to_have_value(str(step_of(0.4)), timeout=PATIENCE)
    slider.press("ArrowRight")
    page.locator("h1", has_text="Above 41").wait_for()


@at("phone")
def test_line_and_sentences_follow_the_finger_and_the_slider_agrees_after_release(
    page, playwright, address: str
) -> None:
    page.goto(f"{address}/thresholds")
    drawing = page.locator(".drawing svg")
    drawing.wait_for()
    kept = page.locator(".nat .kept")
    before, title = kept.inner_text(), page.locator("h1").inner_text()
    thumb = page.locator(".st-key-t [data-rac][style*='left']").first.bounding_box()
    y = thumb["y"] + thumb["height"] / 2
    page.mouse.move(thumb["x"] + thumb["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(thumb["x"] - 120, y, steps=6)
    playwright.expect(kept).not_to_have_text(before, timeout=PATIENCE)
    slider = page.get_by_role("slider")
    page.wait_for_timeout(500)
    shown = slider.input_value()
    # The slider counts its steps, the line stands at t.
    t = T_STEPS[int(shown)]
    playwright.expect(drawing).to_have_attribute("data-t", f"{t:g}", timeout=PATIENCE)
    assert page.locator("h1").inner_text() != title
    page.mouse.up()
    page.locator("h1", has_text=f"Above {words.threshold_share(t)}").wait_for()
    playwright.expect(slider).to_have_value(shown, timeout=PATIENCE)
    # What is described to those who cannot see the line says the same as the title that they hear.
    assert drawing.get_attribute("aria-label").endswith(page.locator("h1").inner_text())


@at("phone")
def test_the_chosen_set_is_seen_though_its_buttons_come_after_the_chart(page, address: str) -> None:
    held: list[Any] = []
    page.route(re.compile(r"/ButtonGroup\..*\.js$"), lambda route: held.append(route))
    page.goto(f"{address}/thresholds?set=cifar100_test", wait_until="commit")
    page.locator(".live svg").wait_for()
    chosen = page.locator(".st-key-set [aria-checked=true]")
    assert chosen.count() == 0
    for each in held:
        each.continue_()
    chosen.wait_for()
    page.wait_for_timeout(200)
    box, row = chosen.bounding_box(), page.locator(".st-key-set").bounding_box()
    assert row["x"] <= box["x"]
    assert box["x"] + box["width"] <= row["x"] + row["width"]


@at("wide")
def test_near_1_a_step_is_small_and_the_sentences_follow(page, playwright, address: str) -> None:
    page.goto(f"{address}/thresholds?t=0.9953")
    page.locator("h1", has_text=f"Above {words.threshold_share(0.995)}").wait_for()
    page.locator(".drawing svg").wait_for()
    slider = page.get_by_role("slider")
    assert slider.get_attribute("aria-valuetext") == "0.995"
    slider.press("ArrowRight")
    page.locator("h1", has_text=f"Above {words.threshold_share(0.996)}").wait_for()
    playwright.expect(page.locator(".drawing text.at").first).to_have_text("t = 0.996", timeout=PATIENCE)


@at("wide")
def test_the_line_itself_can_be_dragged_and_commits_on_release(page, playwright, address: str) -> None:
    page.goto(f"{address}/thresholds?t=0.9")
    drawing = page.locator(".drawing svg")
    drawing.wait_for()
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    slider = page.get_by_role("slider")
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60, steps=5)
    playwright.expect(drawing).not_to_have_attribute("data-t", "0.9", timeout=PATIENCE)
    page.wait_for_timeout(500)
    shown = drawing.get_attribute("data-t")
    assert slider.input_value() == str(step_of(0.9))
    page.mouse.up()
    playwright.expect(slider).to_have_value(str(step_of(float(shown))), timeout=PATIENCE)
    playwright.expect(drawing).to_have_attribute("data-t", shown, timeout=PATIENCE)


@at("wide")
def test_who_drags_the_line_keeps_hold_of_it_while_the_page_is_drawn_anew(page, playwright, address: str) -> None:
    page.goto(f"{address}/thresholds?t=0.9")
    drawing, source = page.locator(".drawing svg"), page.locator(".live .source")
    drawing.wait_for()
    drawing.scroll_into_view_if_needed()
    box, before = drawing.bounding_box(), source.inner_text()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 60, steps=3)
    # As if it had been chosen just before: the answer comes in the middle of the drag.
    title = page.locator("h1").inner_text()
    page.get_by_role("radio").filter(has_text="Noise").first.evaluate("chip => chip.click()")
    playwright.expect(page.locator("h1")).not_to_have_text(title, timeout=PATIENCE)
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 60, steps=3)
    playwright.expect(page.locator(".drawing text.at").first).to_have_text(re.compile(r"t = 0\.3"), timeout=PATIENCE)
    page.mouse.up()
    playwright.expect(source).not_to_have_text(before, timeout=PATIENCE)
    playwright.expect(drawing).to_have_attribute("data-t", re.compile(r"0\.3"), timeout=PATIENCE)


@at("wide")
def test_the_line_goes_back_to_where_the_page_was_drawn_though_the_slider_moved_since(
    page, playwright, address: str
) -> None:
    page.goto(f"{address}/thresholds?t=0.5")
    drawing, slider = page.locator(".drawing svg"), page.get_by_role("slider")
    drawing.wait_for()
    slider.press("ArrowRight")
    page.locator("h1", has_text="Above 51").wait_for()
    page.wait_for_timeout(500)
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    middle = box["x"] + 66 + (box["width"] - 66 - 14) / 2  # the drawing's margins are 66 and 14 pixels
    page.mouse.click(middle, box["y"] + 60)
    page.locator("h1", has_text="Above 50").wait_for()
    playwright.expect(slider).to_have_value(str(step_of(0.5)), timeout=PATIENCE)
    # What is folded is drawn at the t that the page was left at, not at that which it was drawn at.
    slider.press("ArrowRight")
    page.locator("h1", has_text="Above 51").wait_for()
    page.get_by_text("What they are fooled into").click()
    page.get_by_text("and is sure of them (t = 0.51)").or_(page.get_by_text("and is sure of it (t = 0.51)")).wait_for()


@at("phone")
def test_keeping_95_gives_each_network_its_own_line(page, address: str) -> None:
    page.goto(f"{address}/thresholds?keep95=1&pair=wrn16_1")
    page.locator(".live.locked .drawing svg").wait_for()
    lines = page.locator(".drawing text.at").all_text_contents()
    assert len(set(lines)) == 2
    assert page.locator(".baseline .kept").inner_text() == words.keeps(0.95)


@at("wide")
def test_attention_draws_its_grid(page, address: str) -> None:
    page.goto(f"{address}/attention")
    page.locator("h1", has_text="Baseline and NAT differ").wait_for()
    page.locator(".nat-looks .over").first.wait_for()
    page.evaluate(STILL)
    # It alone weighs nearly twice as much as all else that a page needs.
    names = page.evaluate("performance.getEntriesByType('resource').map((each) => each.name)")
    assert any("Html" in each for each in names)
    assert not any("Plotly" in each for each in names)
    assert page.locator("[data-testid=stException]").count() == 0


MOVED = """window.moved = 0;
new PerformanceObserver(list => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.moved += each.value;
}).observe({ type: 'layout-shift', buffered: true });"""
"""Sums what the browser says of things that jump while a page loads (layout shift); under .1 is what one calls good."""
UNFOLDED = """() => {
  const folded = [...document.querySelectorAll('.st-key-page details:not([open]) > summary')];
  folded.forEach(each => each.click());
  return folded.length;
}"""
"""Opens what is folded, and returns how much that is."""
SIDEWAYS = """() => [...document.querySelectorAll('.st-key-page :is(table, .dvn-scroller)')].filter(table => {
  for (let box = table; box; box = box.parentElement) if (box.scrollWidth > box.clientWidth + 1) return true;
}).map(table => table.textContent.slice(0, 60))"""
"""The tables of which a part is seen only after it has been moved to the side."""
TABLE = "your_photos?samples=1&part=Table+of+all"
FULL_OF_TABLES = ("thresholds", "evidence", TABLE)
LINKS = [each.name for each in PAGES[1:]] + ["", "your_photos?samples=1"]
TABLET, WALL = (820, 1180), (1920, 1080)
LOADED = {
    "phone": (SIZES["phone"], "", [*LINKS, TABLE]),
    "wall": (WALL, "&wall=1", ["", "digits_live"]),
    "wide": (SIZES["wide"], "", LINKS),
    "tablet": (TABLET, "", LINKS),
    "all on the wall": (WALL, "&wall=1", LINKS),
}
ALWAYS = ("phone", "wall")


@pytest.mark.parametrize(
    ("window", "query", "links"),
    [
        pytest.param(*each, id=name, marks=() if name in ALWAYS else pytest.mark.endurance)
        for name, each in LOADED.items()
    ],
)
def test_nothing_jumps_while_a_page_loads_and_none_is_wider_than_the_screen(
    page_of, address: str, window: tuple[int, int], query: str, links: list[str]
) -> None:
    moved, wider = {}, []
    with page_of(window) as page:
        page.add_init_script(MOVED)
        for link in links:
            page.goto(f"{address}/{link}{'' if '?' in link else '?'}{query}&pair=wrn16_1")
            page.locator("h1").first.wait_for()
            page.evaluate(STILL)
            moved[link] = page.evaluate("window.moved")
            wide, seen = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
            wider += [link] * (wide > seen)
            if window == SIZES["phone"] and link in FULL_OF_TABLES:
                if page.evaluate(UNFOLDED):
                    page.evaluate(STILL)
                wider += page.evaluate(SIDEWAYS)
    assert {link: total for link, total in moved.items() if total >= 0.1} == {}
    assert wider == []


def test_nothing_jumps_on_a_phone_where_there_are_things_to_teach(page_of, teaching_address: str) -> None:
    with page_of(SIZES["phone"]) as page:
        page.add_init_script(MOVED)
        page.goto(f"{teaching_address}/teach_your_own")
        page.get_by_role("button", name="Train").wait_for()
        page.evaluate(STILL)
        assert page.evaluate("window.moved") < 0.1


def test_the_sidebar_is_folded_once_on_an_upright_tablet(browser, address) -> None:
    context = browser.new_context(viewport={"width": 820, "height": 1180})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/thresholds")
    unfold = page.get_by_test_id("stExpandSidebarButton")
    unfold.wait_for()
    unfold.click()
    page.get_by_text("For the wall").wait_for()
    page.goto(f"{address}/workshop")
    page.get_by_role("heading", level=1).wait_for()
    page.get_by_text("For the wall").wait_for()  # whoever opened it again keeps it open
    context.close()


def test_on_an_upright_tablet_the_open_sidebar_lies_over_the_page_until_it_is_left(page_of, address: str) -> None:
    """Beside it, names would be cut, and the workshop's words would run out of their cards."""
    with page_of(TABLET) as page:
        page.goto(f"{address}/?lang=de")
        page.locator(".nat-bars").nth(1).wait_for()
        page.evaluate(STILL)
        shown = page.locator(".st-key-seen")
        before = shown.bounding_box()
        for leave in (
            lambda: page.locator("h1").click(position={"x": 500, "y": 10}),
            lambda: page.get_by_test_id("stSidebarNav").get_by_role("link", name="Workshop").click(),
        ):
            unfold(page)
            page.wait_for_function(f"() => {OVER_THE_PAGE}")
            assert shown.bounding_box() == before
            # What is chosen in it leaves it open.
            choose_language(page, "Deutsch")
            page.evaluate(STILL)
            assert page.evaluate(OVER_THE_PAGE)
            leave()
            page.wait_for_function(f"() => !({OVER_THE_PAGE})")
        page.locator("h1", has_text="Fünf Schritte").wait_for()


OVER_THE_PAGE = "document.querySelector('[data-testid=stSidebar]').getBoundingClientRect().right > 200"
"""Whether the sidebar is seen."""


@at("wide")
def test_a_folded_sidebar_leaves_its_room_to_the_page_on_the_wall_too(page, address: str) -> None:
    page.goto(f"{address}/?wall=1")
    shown = page.locator(".st-key-seen")
    shown.wait_for()
    page.evaluate(STILL)
    before, sidebar = shown.bounding_box(), page.get_by_test_id("stSidebar")
    sidebar.hover()
    page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    page.wait_for_function("left => document.querySelector('.st-key-seen').getBoundingClientRect().left < left",
                           arg=before["x"] - 300)  # fmt: skip
    box = sidebar.bounding_box()
    assert box["x"] + box["width"] <= 0


@at("wide")
def test_where_no_socket_comes_through_words_say_so_and_go_once_it_does(page, address: str) -> None:
    """A filter of a school lets the page pass and holds the WebSocket back."""
    page.route_web_socket("**/_stcore/stream", lambda held: None)
    page.clock.install()
    page.goto(address)
    words_there = page.locator("#nat-waiting")
    page.clock.run_for(5_000)
    assert words_there.text_content() == ""
    page.clock.run_for(6_000)
    page.get_by_text("try another network, for example a phone's hotspot").wait_for()
    # What the first run draws, as it would once it is let through.
    page.evaluate("document.body.appendChild(document.createElement('p')).className = 'st-key-page'")
    page.clock.run_for(2_000)
    assert words_there.text_content() == ""


@at("wide")
def test_a_finding_that_changed_is_told_to_who_does_not_see_it_and_the_first_is_not(page, playwright, address) -> None:
    page.goto(f"{address}/thresholds?lang=de&pair=wrn16_1")
    page.locator("h1", has_text="Über 90").wait_for()
    told = page.locator("#nat-told")
    told.wait_for(state="attached")
    assert told.get_attribute("role") == "status"
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.locator(".st-key-live text", has_text="Anteil der Bilder").count() == 2
    page.get_by_role("slider").first.press("ArrowRight")
    playwright.expect(told).to_contain_text("Über 91", timeout=PATIENCE)
    assert told.inner_text() == page.locator("h1").inner_text()


@at("wide")
def test_a_switch_of_the_language_changes_words_alone(page, playwright, address: str) -> None:
    page.goto(f"{address}/thresholds?lang=en&pair=wrn16_1&t=0.95")
    page.locator("h1", has_text="Above 95").wait_for()
    language = page.locator("[data-testid=stSidebar] [data-testid=stSelectbox]", has_text="Sprache").locator("input")
    language.press("ArrowDown")
    page.get_by_role("option", name="Deutsch").click()
    page.locator("h1", has_text="Über 95").wait_for()
    # A run later, the browser has sent what it holds.
    page.get_by_text("Für die Wand").click()
    page.locator("html.nat-wall").wait_for(state="attached")
    page.evaluate(STILL)
    assert page.locator("h1").inner_text().startswith("Über 95")
    pair = page.locator("[data-testid=stSidebar] [data-testid=stSelectbox] input").first
    playwright.expect(pair).to_have_value("Kleines Netz (WRN-16-1)")


@at("wide")
def test_a_language_that_was_chosen_is_in_the_address_wherever_one_goes(page, playwright, address: str) -> None:
    page.goto(f"{address}/thresholds?t=0.95&pair=wrn16_1&lang=en")
    page.locator("h1", has_text="Above 95").wait_for()
    choose_language(page, "Deutsch")
    page.locator("h1", has_text="Über 95").wait_for()
    page.wait_for_url(f"{address}/thresholds?t=0.95&pair=wrn16_1&lang=de")
    page.reload()
    page.locator("h1", has_text="Über 95").wait_for()
    # What a visitor moved is no link's, and only a link puts it back.
    page.get_by_role("slider").first.press("ArrowRight")
    page.locator("h1", has_text="Über 96").wait_for()
    turn_to(page, "Spielplatz")
    page.wait_for_url(f"{address}/playground?lang=de")
    page.get_by_role("button", name="Trainieren", exact=True).wait_for()
    turn_to(page, "Schwellen")
    page.wait_for_url(f"{address}/thresholds?lang=de")
    links = page.get_by_test_id("stSidebarNavLink")
    assert all(each.get_attribute("href").endswith("?lang=de") for each in links.all())
    # Back leads past no page twice, and speaks what was chosen last.
    choose_language(page, "English")
    page.wait_for_url(f"{address}/thresholds?lang=en")
    page.go_back()
    page.get_by_role("button", name="Train", exact=True).wait_for()
    page.wait_for_url(f"{address}/playground?lang=en")
    page.go_back()
    page.locator("h1", has_text="Above").wait_for()
    page.wait_for_url(f"{address}/thresholds?t=0.95&pair=wrn16_1&lang=en")


@at("wide")
def test_where_the_browser_decides_again_the_address_names_no_language(page, address: str) -> None:
    page.goto(f"{address}/thresholds?lang=de&t=0.95")
    page.locator("h1", has_text="Über 95").wait_for()
    choose_language(page, "Wie der Browser: English")
    page.locator("h1", has_text="Above 95").wait_for()
    page.wait_for_url(f"{address}/thresholds?t=0.95")


def choose_language(page, title: str) -> None:
    """Choose a language in the sidebar by its name there."""
    page.locator("[data-testid=stSidebar] [data-testid=stSelectbox]", has_text="Sprache").locator("input").press(
        "ArrowDown"
    )
    page.get_by_role("option", name=title, exact=True).click()


@at("phone")
def test_the_chosen_thumbnail_is_in_sight_of_its_row_wherever_it_was_chosen(page, address: str) -> None:
    page.goto(f"{address}/?picture=none-zebra.jpg&lang=en")
    whole_in_row(page, "none-zebra")
    *_others, last = gallery_pictures()
    page.locator(".st-key-see_it_listed input").click()
    page.keyboard.type(last.caption)
    page.get_by_role("option", name=last.caption, exact=True).click()
    whole_in_row(page, last.path.stem)
    # What the visitor scrolls away from stays away.
    row = page.locator(".st-key-row_known")
    row.evaluate("row => { row.scrollLeft = 0; }")
    row.evaluate(DRAWN_ANEW, last.path.stem)
    assert row.evaluate("row => row.scrollLeft") == 0
    unfold(page)
    page.get_by_text("For the wall").click()
    page.locator("html.nat-wall").wait_for(state="attached")
    page.evaluate(STILL)
    assert row.evaluate("row => row.scrollLeft") == 0


DRAWN_ANEW = """async (row, stem) => {
  const change = async act => { act(); await new Promise(go => setTimeout(go, 50)); };
  const thumbnail = row.querySelector(`.st-key-thumb_${stem}`);
  await change(() => thumbnail.classList.add("stale"));
  await change(() => row.append(document.createElement("i")));
  await change(() => row.lastChild.remove());
  const place = [thumbnail.parentElement, thumbnail.nextSibling];
  await change(() => thumbnail.remove());
  await change(() => place[0].insertBefore(thumbnail, place[1]));
}"""
"""Does to a chosen thumbnail what a run does: its classes change, and it is gone for a moment."""


def whole_in_row(page, stem: str) -> None:
    """Wait until a picture's thumbnail is chosen, and all of it in sight of its row."""
    page.wait_for_function(
        """stem => {
          const button = document.querySelector(`.st-key-thumb_${stem} button[kind="primary"]`);
          if (!button) return false;
          const row = button.closest('[class*="st-key-row_"]').getBoundingClientRect();
          const own = button.getBoundingClientRect();
          return own.left >= row.left && own.right <= row.right;
        }""",
        arg=stem,
        timeout=20_000,
    )


@at("phone")
def test_what_is_learned_from_negatives_pushes_no_control(page, teaching_address: str) -> None:
    page.goto(f"{teaching_address}/your_negatives?pair=wrn16_1&lang=en")
    train = page.locator(".st-key-teach_train button")
    train.wait_for()
    page.evaluate(STILL)
    before = train.bounding_box()
    train.click()
    page.locator("h1", has_text="It learned").wait_for()
    page.evaluate(STILL)
    assert train.bounding_box() == before
