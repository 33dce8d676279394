"""Teach your own in a real browser: photos of two things, trained, tried, saved, opened again; at three sizes."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nat_app.shared.gallery import FOLDER
from nat_app.views.teach_your_own import words
from nat_app.views.teach_your_own.settings import SAMPLES
from tests.browsing import ARGUMENTS, CAMERA, CHROMIUM, PATIENCE, SIZES, STILL, TABLET, at, file_chooser

pytestmark = pytest.mark.browser
FIRST = "h1:has-text('other pictures fool it')"


def _teach_samples(page, address: str) -> None:
    """Drop the sample photos of two things and train, by the keyboard."""
    page.goto(f"{address}/teach_your_own")
    page.locator("h1", has_text=words.BEGIN).wait_for()
    for place, stems in enumerate(SAMPLES.values(), start=1):
        name = page.get_by_role("textbox", name=f"Name of thing {place}")
        name.fill(f"thing {place}")
        name.press("Enter")
        page.get_by_role("button", name=f"Photos of thing {place}").press("Enter")
        zone = file_chooser(page, f"teach_uploads_{place}_")
        zone.set_input_files([str(FOLDER / f"{stem}.jpg") for stem in stems])
        page.locator(f".st-key-thing_{place}").get_by_text("6 photos").wait_for()
    page.get_by_role("button", name="Train", exact=True).press("Enter")
    page.locator(FIRST).wait_for()


@at("wide")
def test_own_photos_are_taught_tried_saved_and_opened_again(page, teaching_address: str, tmp_path: Path) -> None:
    _teach_samples(page, teaching_address)
    before = page.locator("h1").inner_text()
    # By the keyboard: the title follows the threshold, though it stands outside of what is drawn again.
    slider = page.locator(".st-key-t [role=slider], .st-key-t input[type=range]").first
    slider.focus()
    for _press in range(30):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("before => document.querySelector('h1').innerText !== before", arg=before)
    assert page.locator("h1").count() == 1
    page.get_by_text("Save it, or open what was saved").click()
    with page.expect_download() as file:
        page.get_by_role("button", name="Save", exact=True).click()
    kept = tmp_path / "mine.safetensors"
    kept.write_bytes(file.value.path().read_bytes())
    assert kept.stat().st_size < 20_000
    # On a phone, what came of it is what is seen first, and nothing is wider than the screen.
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{teaching_address}/teach_your_own")
    page.locator("h1", has_text=words.BEGIN).wait_for()
    page.get_by_text("Save it, or open what was saved").click()
    file_chooser(page, "open_things_").set_input_files(str(kept))
    page.locator(FIRST).wait_for()
    answers = page.locator(".st-key-own_answers")
    answers.wait_for()
    page.locator(".nat-bars").first.wait_for()
    assert answers.bounding_box()["y"] < page.locator(".st-key-thing_none").bounding_box()["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("[class*=st-key-thumb_none-eiffel] button").click()
    page.get_by_role("img", name="Eiffel Tower under blue sky").first.wait_for()
    assert page.locator("[data-testid=stException]").count() == 0


def test_photos_are_taken_with_the_camera_of_a_phone(browser, teaching_address: str) -> None:
    """Streamlit's own camera, on the browser's moving shapes: twice, as it opens anew after each photo."""
    with_camera = browser.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *CAMERA])
    width, height = SIZES["phone"]
    window = with_camera.new_context(viewport={"width": width, "height": height}, permissions=["camera"])
    page = window.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{teaching_address}/teach_your_own")
    page.get_by_role("button", name="Photos of thing 1").click()
    page.get_by_text("Camera", exact=True).click()
    earliest = 0.0
    for taken in ("1 photo", "2 photos"):
        # The shapes begin anew with the camera, and the same photo twice is one: the second is taken at another time.
        page.wait_for_function(
            "earliest => document.querySelector('[data-testid=stCameraInput] video')?.currentTime > earliest",
            arg=earliest,
        )
        earliest = 3 + page.locator("[data-testid=stCameraInput] video").evaluate("video => video.currentTime")
        # However large the camera's picture is, it and its button are on the screen.
        box = page.locator("[data-testid=stCameraInput] video").bounding_box()
        assert box["width"] <= width
        assert box["height"] <= height / 2 + 1
        page.get_by_test_id("stCameraInputButton").click()
        page.locator(".st-key-thing_1").get_by_text(taken, exact=True).wait_for()
    assert page.locator("[data-testid=stException]").count() == 0
    with_camera.close()


HELD = """key => {
  const now = document.activeElement, { top, bottom } = now.getBoundingClientRect();
  const style = getComputedStyle(now);
  return !!now.closest(`[class*="st-key-${key}"]`) && top >= 0 && bottom <= innerHeight
    && style.outlineStyle === 'solid' && style.outlineWidth === '3px';
}"""
"""Whether the focus is on the widget whose key begins so, in sight, and framed."""


def _press(page, key: str) -> None:
    """Press the first button of the widget whose key begins so, by the keyboard."""
    page.locator(f"[class*='st-key-{key}'] button").first.focus()
    page.keyboard.press("Enter")


def _hand_over(page, key: str, file: Path) -> None:
    """Choose a file where the keyboard is at the chooser whose key begins so."""
    page.locator(f"[class*='st-key-{key}'] button").focus()
    page.keyboard.press("Shift")
    file_chooser(page, key).set_input_files(str(file))


def _held(page, key: str) -> None:
    """Wait until the focus is where it has to be."""
    page.wait_for_function(HELD, arg=key)


@pytest.fixture
def tablet(browser, teaching_address: str) -> Iterator:
    """The page with the twelve free photos on a tablet, by the workshop's card, for whoever has been there before."""
    width, height = TABLET
    window = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = window.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{teaching_address}/teach_your_own")
    page.locator("h1", has_text=words.BEGIN).wait_for()
    page.goto(f"{teaching_address}/workshop?workshop_part=Challenges")
    page.get_by_role("link", name="No photos at hand? Twelve free ones").press("Enter")
    page.locator("[class*=st-key-row_photos_] button").nth(11).wait_for()
    page.evaluate(STILL)
    yield page
    window.close()


def test_the_keyboard_keeps_its_place_where_what_it_pressed_is_gone(tablet) -> None:
    _press(tablet, "thumb_teach_3_none-pizza")
    _held(tablet, "thumb_teach_3_none-burger")
    _press(tablet, "teach_undo_step")
    tablet.locator("[class*=st-key-thumb_teach_3_none-pizza]").wait_for()
    _held(tablet, "teach_undo_step")
    _press(tablet, "add_thing")
    tablet.locator(".st-key-thing_5").wait_for()
    _press(tablet, "remove_5")
    _held(tablet, "photos_0")
    _press(tablet, "photos_0")
    _hand_over(tablet, "teach_uploads_0_", FOLDER / "none-bee.jpg")
    tablet.locator(".st-key-thing_none").get_by_text("1 photo", exact=True).wait_for()
    _held(tablet, "teach_uploads_0_")
    _press(tablet, "own_train")
    tablet.locator(FIRST).wait_for()
    _held(tablet, "own_train")
    assert tablet.evaluate("document.documentElement.scrollWidth") <= TABLET[0]


def test_the_keyboard_waits_at_the_chooser_for_a_file_that_is_long_on_its_way(tablet) -> None:
    def late(route, request) -> None:
        time.sleep(1.5)
        route.continue_()

    tablet.route("**/upload_file/**", late)
    _press(tablet, "photos_0")
    _hand_over(tablet, "teach_uploads_0_", FOLDER / "none-bee.jpg")
    tablet.locator(".st-key-thing_none").get_by_text("1 photo", exact=True).wait_for()
    _held(tablet, "teach_uploads_0_")


def test_a_file_that_is_none_loses_nothing_and_a_copied_link_holds_nothing_of_ones_own(
    tablet, browser, tmp_path: Path
) -> None:
    name = tablet.get_by_role("textbox", name="Name of thing 1")
    name.fill("soup")
    name.press("Enter")
    _press(tablet, "thumb_teach_3_none-pizza")
    wrong = tmp_path / "picture.jpg"
    wrong.write_bytes((FOLDER / "none-bee.jpg").read_bytes())
    tablet.locator("summary", has_text="Save it, or open what was saved").press("Enter")
    _hand_over(tablet, "open_things_", wrong)
    tablet.get_by_role("alert").get_by_text("picture.jpg is cut short or not a safetensors file").wait_for()
    # Told where it was chosen, so that what was unfolded stays so, and the keyboard is at the chooser again.
    _held(tablet, "open_things_")
    assert name.input_value() == "soup"
    assert tablet.locator("[class*=st-key-row_photos_] button").count() == 11
    # The link leaves out names, and all photos as soon as they are not the twelve; and says so.
    tablet.get_by_test_id("stExpandSidebarButton").click()
    tablet.get_by_role("button", name="Copy link").click()
    tablet.get_by_text("without what you brought along (photos, names").wait_for()
    link = tablet.locator("[data-testid=stPopoverBody] code").inner_text()
    assert "soup" not in link
    other = browser.new_context()
    opened = other.new_page()
    opened.set_default_timeout(PATIENCE)
    opened.goto(link)
    opened.locator("h1", has_text=words.BEGIN).wait_for()
    opened.evaluate(STILL)
    assert opened.locator("[class*=st-key-row_photos_] button").count() == 0
    assert opened.get_by_role("textbox", name="Name of thing 1").input_value() == ""
    other.close()
