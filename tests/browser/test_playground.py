"""The playground in a real browser: what a hand and the keys do, that it trains on until stopped, and what it says."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from nat_app.views import playground
from nat_app.views.playground import words
from nat_core.language import speaking
from tests.browsing import PATIENCE, SIZES, STILL, TABLET, at
from tests.present import present

pytestmark = pytest.mark.browser
SENTENCES = (Path(playground.__file__).parent / "browser" / "sentences.js").read_text(encoding="utf-8")
STEP = "canvas => Number(canvas.dataset.step)"
DATA = {"language": "en", "margin": 0.75, "objective": {"weight": 1}}
UPDATED = (
    "Each of a network's 1,251 weights then moved towards where that costs less, NAT's by 0.0031 on average: its right "
    "answers' mean probability "
)


@pytest.fixture(scope="module")
def opened(page_of, address: str) -> Iterator[Callable[[tuple[int, int]], Any]]:
    """Return what yields the playground at a size: opened once, and each time with nothing learned and no negatives."""
    pages: dict[tuple[int, int], Any] = {}

    def at_size(size: tuple[int, int]) -> Any:
        if size not in pages:
            pages[size] = stack.enter_context(page_of(size))
            pages[size].goto(f"{address}/playground")
            pages[size].locator(".nat canvas").wait_for()
        page = pages[size]
        page.get_by_label("Slow motion").uncheck()
        for name in ("Rewind", "Clear"):
            if (button := page.get_by_role("button", name=name, exact=True)).is_enabled():
                button.click()
        return page

    with ExitStack() as stack:
        yield at_size


@pytest.fixture
def page(opened, page_of, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page that all share who ask for its plane, else one of its own."""
    if "plane" in request.fixturenames:
        yield opened(request.param)
    else:
        with page_of(request.param) as own:
            yield own


@pytest.fixture
def plane(page):
    """NAT's plane on the page."""
    return page.locator(".nat canvas")


def step(canvas) -> int:
    """After how many steps the networks are that a plane shows."""
    return canvas.evaluate(STEP)


def train(page, canvas, steps: int, names: tuple[str, str] = ("Train", "Stop")) -> None:
    """Train for at least so many steps; `names` are the button's."""
    begin, stop = names
    page.get_by_role("button", name=begin, exact=True).click()
    until(page, canvas, steps)
    page.get_by_role("button", name=stop, exact=True).click()


def until(page, canvas, steps: int) -> None:
    """Wait for so many steps."""
    end = time.monotonic() + PATIENCE / 1000
    while step(canvas) < steps:
        assert time.monotonic() < end
        page.wait_for_timeout(50)


def spot(canvas, x: float, y: float) -> dict[str, float]:
    """Where a place of the plane lies on its canvas, in pixels."""
    side = canvas.bounding_box()["width"]
    return {"x": (x + 4) / 8 * side, "y": (4 - y) / 8 * side}


def lying(page) -> int:
    """How many negatives there are, by what the planes are called."""
    label = page.locator(".nat canvas").get_attribute("aria-label")
    return int(present(re.search(r"and (\d+) negatives", label)).group(1))


def lie(page, count: int) -> None:
    """Wait until there are so many negatives."""
    end = time.monotonic() + PATIENCE / 1000
    while (there := lying(page)) != count:
        assert time.monotonic() < end, there
        page.wait_for_timeout(20)


def falsely_sure(page) -> list[int]:
    """Both gauges, in percent."""
    texts = page.locator(".gauge").all_inner_texts()
    return [int(present(re.search(r"(\d+)\s*%", text)).group(1)) for text in texts]


@at("phone")
def test_a_ring_makes_nats_gauge_fall_on_the_very_same_canvas(page, plane) -> None:
    plane.evaluate("canvas => { canvas.marked = true; }")
    train(page, plane, 80)
    baseline, nat = falsely_sure(page)
    assert baseline == nat > 90
    page.get_by_role("button", name="Ring", exact=True).click()
    page.get_by_text("NAT has not learned from the 20 negatives yet").wait_for()
    page.get_by_role("button", name="Rewind", exact=True).click()
    assert step(plane) == 0
    train(page, plane, 150)
    baseline, nat = falsely_sure(page)
    assert baseline > 90
    assert nat < 30
    title = page.locator("h1").first.inner_text().replace("\u00a0", " ")
    assert title == f"The baseline is falsely sure on {baseline} % of the empty plane, NAT on {nat} %."
    assert plane.evaluate("canvas => canvas.marked")
    assert page.locator(".said").inner_text().startswith("The baseline is falsely sure")
    assert page.locator("[data-testid=stException]").count() == 0


@at("wide")
@pytest.mark.parametrize("language", ["de", pytest.param("en", marks=pytest.mark.endurance)])  # the longer words
def test_it_trains_picture_by_picture_until_stopped_and_pushes_nothing(page, address: str, language: str) -> None:
    page.goto(f"{address}/playground?play_negatives=ring&lang={language}")
    plane = page.locator(".nat canvas")
    plane.wait_for()
    plane.evaluate(
        "canvas => { canvas.seen = new Set(); new MutationObserver(() => canvas.seen.add(canvas.dataset.step))"
        ".observe(canvas, { attributes: true, attributeFilter: ['data-step'] }); }"
    )
    page.wait_for_timeout(500)
    controls = page.locator(".tools button, .planes canvas, .st-key-presets button")
    before = [each.bounding_box() for each in controls.all()]
    train(page, plane, 150, {"en": ("Train", "Stop"), "de": ("Trainieren", "Anhalten")}[language])
    assert plane.evaluate("canvas => canvas.seen.size") >= 40
    last = step(plane)
    assert [each.bounding_box() for each in controls.all()] == before
    page.wait_for_timeout(300)
    assert step(plane) == last


# German has the longer words on a phone; on a tablet an English line was broken or not as its numbers grew.
ROOMS = [(SIZES["phone"], "de"), (TABLET, "en"), (SIZES["phone"], "en"), (TABLET, "de")]
ROOMS = [each if number < 2 else pytest.param(*each, marks=pytest.mark.endurance) for number, each in enumerate(ROOMS)]


@pytest.mark.parametrize(("page", "language"), ROOMS, indirect=["page"])
def test_neither_training_nor_a_change_of_the_negatives_moves_a_button(page, address: str, language: str) -> None:
    """Learned, taken away, fewer and more than were learned: a finger finds Clear and Undo where they were."""
    page.goto(f"{address}/playground?play_negatives=ring&lang={language}")
    plane = page.locator(".nat canvas")
    plane.wait_for()
    page.evaluate(STILL)
    with speaking(language):
        say = words.of_controls()
    controls = page.locator(".tools button, .planes canvas, .st-key-presets button")
    before = [each.bounding_box() for each in controls.all()]
    train(page, plane, 120, (say["train"], say["stop"]))
    assert [each.bounding_box() for each in controls.all()] == before
    sentences = {page.locator(".sentence").inner_text()}
    for change in ("clear", "undo", "add_ring", "undo"):
        page.get_by_role("button", name=say[change], exact=True).click()
        page.evaluate(STILL)
        sentences.add(page.locator(".sentence").inner_text())
        assert [each.bounding_box() for each in controls.all()] == before, change
    assert len(sentences) == 3


@at("wide")
def test_a_hand_adds_moves_paints_removes_and_takes_back(page, plane) -> None:
    plane.click(position=spot(plane, 3, 3))
    lie(page, 1)
    box, start, end = plane.bounding_box(), spot(plane, 3, 3), spot(plane, -3, 3)
    page.mouse.move(box["x"] + start["x"], box["y"] + start["y"])
    page.mouse.down()
    page.mouse.move(box["x"] + end["x"], box["y"] + end["y"], steps=5)
    page.mouse.up()
    lie(page, 1)
    plane.click(position=spot(plane, -3, 3))
    lie(page, 0)
    below = spot(plane, -3, -3)
    page.mouse.move(box["x"] + below["x"], box["y"] + below["y"])
    page.mouse.down()
    right = spot(plane, 3, -3)
    page.mouse.move(box["x"] + right["x"], box["y"] + right["y"], steps=60)
    page.mouse.up()
    painted = lying(page)
    assert 8 <= painted <= 16
    page.get_by_role("button", name="Undo").click()
    lie(page, 0)
    page.get_by_role("button", name="Undo").click()
    lie(page, 1)
    page.get_by_role("button", name="Clear").click()
    lie(page, 0)
    # Python holds them as well, for links and for whoever comes back.
    page.get_by_role("button", name="Undo").click()
    lie(page, 1)
    page.get_by_text("One negative to learn from").wait_for()
    page.get_by_role("button", name="Ring", exact=True).click()
    page.get_by_text("21 negatives to learn from").wait_for()


@at("wide")
@pytest.mark.parametrize("carries", [False, True])
def test_what_a_hand_draws_outlives_an_answer_to_what_came_before(page, plane, carries: bool) -> None:
    plane.click(position=spot(plane, 3, 3))
    lie(page, 1)
    page.get_by_text("One negative to learn from").wait_for()
    box, end = plane.bounding_box(), spot(plane, 0, -3)
    start = spot(plane, 3, 3) if carries else spot(plane, -3, -3)
    page.mouse.move(box["x"] + start["x"], box["y"] + start["y"])
    page.mouse.down()
    page.mouse.move(box["x"] + end["x"], box["y"] + end["y"], steps=30)
    drawn = lying(page)
    # Asks Python for something else, whose answer knows nothing of this line.
    page.locator(".stage").evaluate(
        "stage => { stage.classList.remove('named'); stage.querySelector('.slow input').click(); }"
    )
    page.locator(".stage.named").wait_for()
    page.mouse.up()
    lie(page, drawn)
    page.get_by_role("button", name="Undo").click()
    lie(page, 1)
    page.get_by_role("button", name="Undo").click()
    lie(page, 0)


@at("wide")
def test_what_is_changed_while_python_is_busy_is_not_lost_where_more_is_asked(page, address: str) -> None:
    """Of what is sent while a script runs, Streamlit keeps the last alone; so all is let come at one time."""
    held: list[Any] = []
    holding = False

    def hand_on(socket: Any) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda message: held.append((server, message)) if holding else server.send(message))

    page.route_web_socket(re.compile("/_stcore/stream"), hand_on)
    page.goto(f"{address}/playground")
    plane = page.locator(".nat canvas")
    plane.wait_for()
    plane.click(position=spot(plane, 3, 3))
    lie(page, 1)
    page.wait_for_timeout(500)
    holding = True
    for name in ("Clear", "Undo", "Ring"):
        page.get_by_role("button", name=name, exact=True).click()
        page.wait_for_timeout(100)
    assert len(held) >= 3
    holding = False
    for server, message in held:
        server.send(message)
    lie(page, 21)


@at("wide")
def test_all_of_it_can_be_done_by_keys(page, address: str) -> None:
    page.goto(f"{address}/playground")
    plane = page.locator(".nat canvas")
    plane.focus()
    for key in ("ArrowRight", "Shift+ArrowUp", "Enter"):
        page.keyboard.press(key)
    lie(page, 1)
    assert page.locator(".said").inner_text() == "Negative added; that makes 1."
    page.keyboard.press("ArrowLeft")
    assert re.fullmatch(r"Across 2\.50, up 1\.00: NAT is \d+\s% sure\.", page.locator(".said").inner_text())
    page.keyboard.press("Delete")
    lie(page, 0)
    page.keyboard.press("Control+z")
    lie(page, 1)
    page.get_by_role("button", name="Step", exact=True).focus()
    page.keyboard.press("Enter")
    assert step(plane) == 1
    assert "weights then moved" in page.locator(".update").inner_text()
    assert page.locator(".said").inner_text().startswith("Each of a network's 1,251 weights then moved")


@at("wide")
def test_slow_motion_is_slow(page, plane) -> None:
    page.get_by_label("Slow motion").check()
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_timeout(3_000)
    page.get_by_role("button", name="Stop", exact=True).click()
    assert 2 <= step(plane) <= 8


@at("wide")
def test_what_blows_up_goes_back_and_says_so(page, address: str) -> None:
    page.goto(f"{address}/playground?play_rate=3.0&play_negatives=ring")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text(re.compile(r"^Training blew up. We put back the last good step \(\d+\)")).wait_for()
    page.get_by_role("button", name="Train", exact=True).wait_for()


@at("wide")
def test_a_scribble_is_not_drawn(page, address: str) -> None:
    page.goto(f"{address}/playground?play_rate=3.0&play_activation=sine")
    plane = page.locator(".nat canvas")
    plane.wait_for()
    for _ in range(8):
        page.get_by_role("button", name="Step", exact=True).click()
    pieces = plane.evaluate("canvas => Number(canvas.dataset.pieces)")
    assert 0 <= pieces <= 2500


@at("wide")
def test_python_hears_how_far_the_networks_are_before_the_visitor_turns_away(page, plane) -> None:
    page.get_by_role("button", name="Ring", exact=True).click()
    page.get_by_text("20 negatives to learn from").wait_for()
    page.get_by_role("button", name="Train", exact=True).click()
    until(page, plane, 60)
    # Still training: nobody has pressed Stop.
    page.get_by_role("link", name="Workshop").click(delay=300)  # a hand presses for so long
    page.get_by_role("tab", name="Challenges").click()
    page.get_by_role("button", name="Check my playground").click()
    page.get_by_text("that is more than 10 negatives").wait_for()
    page.get_by_role("link", name="Playground", exact=True).click()
    plane.wait_for()
    assert step(plane) >= 60


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


@pytest.fixture(scope="module")
def says(browser):
    """Return a function that lets the browser say something by its own script."""
    opened = browser.new_page()
    opened.add_script_tag(content=SENTENCES)
    data = DATA | {"say": words.sentences() | words.of_planes(0.9, 10, 0.75, 4.0) | words.of_learning() | words.signs()}

    def say(function: str, *arguments: Any) -> str:
        script = "([name, data, given]) => globalThis.eval(name)(data, ...given)"
        return opened.evaluate(script, [function, data, arguments]).replace("\u00a0", " ")

    yield say
    opened.close()


def counts(lying: int, learned: int, fresh: int = 0, gone: int = 0, step: int = 400) -> dict[str, int]:
    """How many negatives there are, and what the networks have to do with them."""
    return {"lying": lying, "learned": learned, "fresh": fresh, "gone": gone, "step": step}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("percent", 0.974), "97 %"),
        (("percent", 0.002), "<1 %"),
        (("percent", 0.999), ">99 %"),
        (("percent", 0.0), "0 %"),
        (("percent", 1.0), "100 %"),
        (("amount", 0.00312, 4), "0.0031"),
        (("amount", 0.0000234, 4), "0.000023"),
        (("amount", 0.0, 4), "0.0000"),
        (("titleOf", {"baseline": 0.0, "nat": 0.0}, 0), words.TITLE),
        (("titleOf", {"baseline": 0.95, "nat": 0.95}, 9), "Both are falsely sure on 95 % of the empty plane."),
        (("titleOf", {"baseline": 0.947, "nat": 0.953}, 9), "Both are falsely sure on 95 % of the empty plane."),
        (
            ("titleOf", {"baseline": 0.5, "nat": 0.62}, 10),
            "Here NAT is falsely sure on 62 % of the empty plane, the baseline on 50 %.",
        ),
        (
            ("titleOf", {"baseline": 0.95, "nat": 0.15}, 400),
            "The baseline is falsely sure on 95 % of the empty plane, NAT on 15 %.",
        ),
        (("sentenceOf", counts(0, 0), 0, 0, False), words.EMPTY),
        (
            ("sentenceOf", counts(1, 0, 1, step=0), 0, 0, False),
            "One negative to learn from. Press Train: both learn the points, NAT the negative too.",
        ),
        (
            ("sentenceOf", counts(20, 0, 20), 0, 0, False),
            "NAT has not learned from the 20 negatives yet, so both are still the same. Press Train.",
        ),
        (
            ("sentenceOf", counts(20, 20), 0.76, 0.6, False),
            "NAT learned from 20 negatives: on 76 % of the empty plane it is no longer sure where the baseline is. Of "
            "that, 60 % lies farther than 0.75 from every one of them.",
        ),
        (
            ("sentenceOf", counts(0, 1, gone=1), 0.02, 0, False),
            "NAT learned from one negative: on 2 % of the empty plane it is no longer sure where the baseline is. That "
            "negative is gone, but what it learned stays: rewind, or train on without it.",
        ),
        (
            ("sentenceOf", counts(0, 20, gone=20), 0.02, 0, True),
            "NAT learned from 20 negatives: on 2 % of the empty plane it is no longer sure where the baseline is. "
            "Those negatives are gone, but what it learned stays: rewind, or train on without them.",
        ),
        (
            ("sentenceOf", counts(19, 20, gone=1), 0.02, 0, False),
            "NAT learned from 20 negatives: on 2 % of the empty plane it is no longer sure where the baseline is. One "
            "of them is gone, but what it learned stays: rewind, or train on without it.",
        ),
        (
            ("sentenceOf", counts(17, 20, gone=3), 0, 0, False),
            "NAT learned from 20 negatives, and is still sure wherever the baseline is. 3 of them are gone, but what "
            "it learned stays: rewind, or train on without them.",
        ),
        (
            ("sentenceOf", counts(21, 20, fresh=1), 0, 0, False),
            "NAT learned from 20 negatives, and is still sure wherever the baseline is. One more lies there that it "
            "has not learned yet: press Train.",
        ),
        (
            ("sentenceOf", counts(21, 20, fresh=1), 0, 0, True),
            "NAT learned from 20 negatives, and is still sure wherever the baseline is. Train on, or add some where it "
            "is sure.",
        ),
        (
            ("updateOf", 1251, 0.0031, [0.5, 0.6], [0.9, 0.8]),
            f"{UPDATED}went from 50.00 % to 60.00 % (arrows up: gained), its mean confidence at the negatives went "
            "from 90.00 % to 80.00 % (arrows down: lost).",
        ),
        # Two numbers that are written alike are no way from one to the other.
        (
            ("updateOf", 1251, 0.0031, [0.99991, 0.99992], None),
            f"{UPDATED}stayed at 99.99 %, to two decimals (arrows up: gained).",
        ),
        (
            ("updateOf", 1251, 0.0031, [0.5, 0.6], [0.33341, 0.33339]),
            f"{UPDATED}went from 50.00 % to 60.00 % (arrows up: gained), its mean confidence at the negatives stayed "
            "at 33.34 %, to two decimals (arrows down: lost).",
        ),
        (("learnsOf", "nat", counts(1, 0, step=0), 120), "to learn: 120 points and one negative"),
        (("learnsOf", "nat", counts(0, 20), 120), "learned: 120 points and 20 negatives"),
        (("learnsOf", "baseline", counts(5, 20), 120), "learned: 120 points"),
    ],
)
def test_sentences_speak_of_what_was_learned_not_of_what_lies_there(says, arguments: tuple, sentence: str) -> None:
    assert says(*arguments) == sentence
