"""Your photos and Attention in a real browser: a zip file, a photo faded by the keyboard, a report, attributions."""

import zipfile
from pathlib import Path

import pytest
from PIL import Image

from nat_app.shared.gallery import FOLDER
from nat_app.views.your_photos import words
from nat_core.language import LANGUAGES
from tests.browsing import PATIENCE, SIZES, STILL, TABLET, at, file_chooser, wait_for_focus
from tests.present import present

pytestmark = pytest.mark.browser
STRUCK_THROUGH = """svg => {
  const curves = [...svg.querySelectorAll("polyline")];
  const within = (box, point) => box.x <= point.x && point.x <= box.x + box.width
    && box.y <= point.y && point.y <= box.y + box.height;
  return [...svg.querySelectorAll("text.answer")]
    .filter((answer, which) => [...curves[which].points].some((point) => within(answer.getBBox(), point)))
    .map((answer) => answer.textContent);
}"""
"""The answers that their own curve runs through."""
CUT_ROWS = """chips => {
  const list = [chips, ...chips.querySelectorAll("*")].find((each) => each.scrollHeight > each.clientHeight + 1 &&
    /auto|scroll/.test(getComputedStyle(each).overflowY));
  const box = list.getBoundingClientRect();
  const shown = [...chips.querySelectorAll("[data-testid=stFileChip]")].map((each) => each.getBoundingClientRect());
  const cut = shown.filter((each) => each.top < box.bottom - 1 && each.bottom > box.bottom + 1
    || each.top < box.top - 1 && each.bottom > box.top + 1);
  return [list.scrollHeight > 2 * list.clientHeight, cut.length];
}"""
"""Whether there is more than is seen, and how many files of a full drop zone are cut at its edges."""


@pytest.mark.parametrize("page", list(SIZES.values()), ids=list(SIZES), indirect=True)
def test_a_full_drop_zone_shows_whole_rows(page, address: str) -> None:
    page.goto(f"{address}/your_photos")
    page.locator("h1", has_text="Try it on your own photos.").wait_for()
    file_chooser(page, "uploads").set_input_files([str(each) for each in sorted(FOLDER.glob("*.jpg"))[:20]])
    chips = page.get_by_test_id("stFileChips")
    page.locator(".nat-bars .bar").first.wait_for(state="attached")
    assert chips.evaluate(CUT_ROWS) == [True, 0]
    # However far one scrolls: rows stay whole.
    chips.hover()
    page.mouse.wheel(0, 67)
    page.wait_for_timeout(1000)
    assert chips.evaluate(CUT_ROWS) == [True, 0]


def zip_of_a_trip(folder: Path) -> Path:
    """Two photos and a file that is none."""
    trip = folder / "trip.zip"
    with zipfile.ZipFile(trip, "w") as archive:
        for name in ("none-bee.jpg", "cat1.jpg"):
            archive.write(FOLDER / name, f"trip/{name}")
        archive.writestr("trip/notes.txt", "no picture")
    return trip


@at("phone")
def test_a_zip_of_photos_one_opened_and_faded_by_the_keyboard(page, playwright, address: str, tmp_path: Path) -> None:
    trip = zip_of_a_trip(tmp_path)
    page.goto(f"{address}/your_photos")
    page.locator("h1", has_text="Try it on your own photos.").wait_for()
    file_chooser(page, "uploads").set_input_files(str(trip))
    page.locator(".nat-bars").nth(1).wait_for(state="attached")  # one comes after the other
    playwright.expect(page.locator(".nat-bars")).to_have_count(2, timeout=PATIENCE)
    playwright.expect(page.get_by_text(words.no_pictures(1))).to_have_count(1, timeout=PATIENCE)
    with page.expect_download() as report:
        page.get_by_role("button", name="Report (HTML)").click()
    written = report.value.path().read_text(encoding="utf-8")
    assert "none-bee.jpg" in written
    it_fits_and_its_bars_have_one_scale(page, written.replace("none-bee.jpg", 40 * "none-bee"))
    page.locator("[class*=st-key-open_] button").first.click()
    wait_for_focus(page, "opened_photo")
    page.locator(".along .drawing svg").wait_for()
    page.get_by_text("What the networks see, with 40").wait_for()
    page.get_by_role("slider", name="How much of it is noise").press("ArrowRight")
    page.get_by_text("What the networks see, with 42").wait_for()
    drawing = page.locator(".along .drawing svg")
    page.wait_for_timeout(1500)
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 60, steps=4)
    page.get_by_text("What the networks see, with 42").wait_for(state="detached")
    place = int(drawing.get_attribute("data-place"))
    assert place > 30
    assert drawing.evaluate(STRUCK_THROUGH) == []
    page.mouse.up()
    slider = page.get_by_role("slider", name="How much of it is noise")
    playwright.expect(slider).to_have_value(str(2 * place), timeout=PATIENCE)
    page.get_by_text("Fade into another picture").click()
    page.get_by_text("What the networks see, with 40").wait_for()
    assert page.locator("[data-testid=stException]").count() == 0


def it_fits_and_its_bars_have_one_scale(page, report: str) -> None:
    """A report is no wider than a screen, whatever a photo is called, and a bar is as long as it says."""
    opened = page.context.new_page()
    for width in (SIZES["phone"][0], TABLET[0], SIZES["wide"][0]):
        opened.set_viewport_size({"width": width, "height": 800})
        opened.set_content(report)
        assert opened.evaluate("() => document.documentElement.scrollWidth") <= width
        scales = opened.locator(".bar").evaluate_all(
            "bars => bars.map((bar) => bar.getBoundingClientRect().width / parseFloat(bar.style.width))"
        )
        assert len(scales) == 4
        assert max(scales) - min(scales) < 0.02, "pixels a percent, to within one in a bar"
        photo, seen = (each.bounding_box() for each in opened.locator("img").all()[:2])
        assert seen["x"] >= photo["x"] + photo["width"], "beside each other"
    opened.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_of_photos_shows_all_its_columns_on_an_upright_tablet(page_of, address: str, language: str) -> None:
    with page_of(TABLET) as page:
        page.goto(f"{address}/your_photos?lang={language}")
        page.locator(".st-key-photo_switches label").last.click()
        page.get_by_role("tab").nth(1).click()
        page.locator(".st-key-broad_photos canvas").first.wait_for()
        page.evaluate(STILL)
        across = page.locator(".st-key-broad_photos .dvn-scroller").evaluate(
            "each => each.scrollWidth - each.clientWidth"
        )
        assert across <= 0
        assert page.evaluate("() => document.documentElement.scrollWidth") <= TABLET[0]


def test_on_a_phone_a_photos_question_comes_before_its_bars(page_of, address: str) -> None:
    """Within two screens, though the drop zone and the threshold are above."""
    width, height = SIZES["phone"]
    with page_of((width, height)) as page:
        page.goto(f"{address}/your_photos")
        page.locator("h1", has_text="Try it on your own photos.").wait_for()
        file_chooser(page, "uploads").set_input_files([str(FOLDER / f"{name}.jpg") for name in ("none-bee", "cat1")])
        page.locator("[class*=st-key-card_] .nat-bars").nth(1).wait_for()
        page.evaluate(STILL)
        question = page.locator("[class*=st-key-shows_]").first.bounding_box()
        bars = page.locator(".nat-bars").first.bounding_box()
        assert question["y"] + question["height"] <= bars["y"]
        assert question["y"] + question["height"] < 2 * height
        assert bars["width"] > width / 2
        # The photo and what the networks see of it stay beside each other.
        photo, seen = (each.bounding_box() for each in page.locator("[class*=st-key-card_] img").all()[:2])
        assert seen["y"] < photo["y"] + photo["height"]


@at("wide")
def test_attention_computes_what_speaks_for_the_answer(page, address: str) -> None:
    page.goto(f"{address}/attention")
    page.locator("h1", has_text="Baseline and NAT differ").wait_for()
    page.get_by_role("tab", name="Which pixels speak").click()
    page.get_by_text("Occlusion", exact=True).click()
    page.get_by_text("How far the answer falls").wait_for()
    page.get_by_role("button", name="Compute").click()
    page.locator(".st-key-signed_maps .main-svg").first.wait_for()
    wait_for_focus(page, "attributions")
    page.get_by_text("a covered square counts").first.wait_for()
    assert page.locator("[data-testid=stException]").count() == 0


@at("wide")
def test_an_own_image_set_is_asked_and_its_predictions_are_downloaded(page, address: str, tmp_path: Path) -> None:
    things = tmp_path / "things.zip"
    with zipfile.ZipFile(things, "w") as archive:
        for name in ("none-bee.jpg", "none-pizza.jpg"):
            archive.write(FOLDER / name, f"{name[5:-4]}/{name}")
    page.goto(f"{address}/bring_your_own?pair=wrn16_1")
    page.locator("h1", has_text="Bring your own pictures").wait_for()
    file_chooser(page, "own_set_file").set_input_files(str(things))
    page.get_by_role("button", name="Ask both networks").click()
    page.locator("h1", has_text="is fooled by").wait_for()
    wait_for_focus(page, "set_")
    with page.expect_download() as predictions:
        page.get_by_role("button", name="Its predictions (CSV)").click()
    assert "0,bee/none-bee.jpg,bee,wrn16_1_baseline," in predictions.value.path().read_text(encoding="utf-8")
    page.get_by_role("button", name="See it on Thresholds").click()
    page.locator(".drawing svg").wait_for()
    page.get_by_text("of 2 pictures of yours (things.zip)").wait_for()
    if page.viewport_size["width"] < 500:
        page.get_by_test_id("stExpandSidebarButton").click()
    with page.expect_download() as curves:
        page.get_by_role("button", name="Download this view").click()
    assert "/things.zip,negatives,2," in curves.value.path().read_text(encoding="utf-8")
    assert page.locator("[data-testid=stException]").count() == 0


IN_SIGHT = """wanted => [...document.querySelectorAll(wanted)].every(each => {
  const { top, bottom } = each.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
})"""
"""Whether all elements of a selector are within the window."""


@at("phone")
def test_a_photo_dropped_on_see_it_leaves_as_a_card(page, address: str, tmp_path: Path) -> None:
    """At three sizes: the card is drawn here, fits, is saved as one PNG, and brings its words."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(address)
    chooser = file_chooser(page, "see_it_uploads")
    page.locator('.st-key-see_it_uploads input[accept*="image/webp"]').wait_for(state="attached")
    page.locator(".st-key-see_it_uploads").scroll_into_view_if_needed()
    chooser.set_input_files(str(FOLDER / "none-bee.jpg"))
    page.locator(".st-key-thumb_own_0 button").wait_for()
    # What is found and the question about it stand above the zone, and come into sight.
    page.wait_for_function(IN_SIGHT, arg="h1, [class*=st-key-shows_]")
    page.get_by_text("None of the ten").click()
    page.locator("[class*=st-key-says_]", has_text="ooled").first.wait_for()
    for size in ({"width": 820, "height": 1180}, {"width": 1280, "height": 800}, {"width": 390, "height": 844}):
        page.set_viewport_size(size)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= size["width"]
        page.locator(".st-key-share_see_it button").click()
        page.locator("canvas[data-drawn]").wait_for()
        box = page.locator("canvas[data-drawn]").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"]
        if size["width"] > 390:
            page.keyboard.press("Escape")
            page.locator("canvas[data-drawn]").wait_for(state="detached")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as PNG").click()
    assert saved.value.suggested_filename == "nat-photo.png"
    with Image.open(saved.value.path()) as card:
        assert (card.format, card.size) == ("PNG", (1200, 630))
        assert len(present(card.convert("RGB").getcolors(1_200 * 630))) > 1_000, "the photo is on it"
    page.get_by_role("button", name="Copy the text").click()
    page.get_by_text("Copied.").wait_for()
    words_of = page.get_by_label("The card in words").input_value()
    assert page.evaluate("() => navigator.clipboard.readText()") == words_of
    assert "Photo: none-bee.jpg." in words_of
