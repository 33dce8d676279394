"""Texts of strangers in a real browser: no dialog, request, link, picture or formula; one sees the text."""

import re
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import quote

import numpy as np
import pytest

from nat_app.pages import PAGES
from nat_app.shared.words import JOINER
from nat_core.language import legible
from tests.browsing import ROOT, SIZES, STILL, file_chooser, free_port, turn_to, wait_until_healthy
from tests.hostile import EVIL, OTHERS, PAYLOADS, file_names
from tests.uploads import npz, picture, zipped

pytestmark = pytest.mark.browser
PARTS = 4
FOREIGN = f"""() => [...document.querySelectorAll('*')].filter(each =>
    ['href', 'src', 'srcset', 'action', 'data', 'xlink:href', 'poster', 'style'].some(
        name => (each.getAttribute(name) ?? '').toLowerCase().includes('{EVIL}'))
    || (each.tagName == 'a' && each.closest('svg'))
).map(each => each.outerHTML.slice(0, 200))"""
"""What leads elsewhere, or is a link in a chart."""
MADE = ".katex, .stMarkdown h2, .stMarkdown blockquote, .stMarkdown table, .stMarkdown code, .stMarkdown ul"


@pytest.fixture(scope="module")
def hostile_page(browser) -> Iterator[str]:
    """The address of the page of hostile texts, without any guard before it."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "tests/hostile_page.py", f"--server.port={port}"]
    server = subprocess.Popen(
        [*command, "--server.headless=true", "--browser.gatherUsageStats=false"], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        wait_until_healthy(f"http://localhost:{port}")
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture
def watched(page_of) -> Iterator:
    """A page in a browser; afterwards, there was no dialog, and nothing on it leads elsewhere."""
    dialogs: list[str] = []
    with page_of(SIZES["wide"]) as opened:
        opened.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        yield opened
        assert opened.evaluate(FOREIGN) == []
    assert dialogs == []


def seen(text: str) -> str:
    """A text as one reads it: spaces run together."""
    return re.sub(r"\s+", " ", text.replace(JOINER, "")).strip()


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.endurance) for part in range(1, PARTS))])
def test_every_hostile_text_is_shown_as_it_is(part: int, watched, hostile_page: str) -> None:
    assert len(PAYLOADS) >= 160
    size = -(-len(PAYLOADS) // PARTS)
    first, last = part * size, min((part + 1) * size, len(PAYLOADS))
    watched.goto(f"{hostile_page}/?from={first}&to={last}")
    watched.get_by_text("The end.").wait_for()
    watched.locator(".js-plotly-plot .ytick text").first.wait_for()
    shown = [watched.locator(f".st-key-text_{number}").inner_text() for number in range(first, last)]
    assert [seen(each) for each in shown] == [seen(legible(each)) for each in PAYLOADS[first:last]]
    ticks = watched.locator(".js-plotly-plot .ytick text").all_text_contents()
    assert [seen(each) for each in ticks] == [seen(legible(each)) for each in PAYLOADS[first:last]]
    names = watched.locator(".nat-bars .name").all_text_contents()
    assert [seen(each) for each in names] == [seen(legible(each)) for each in PAYLOADS[first:last]]
    assert watched.locator(MADE).count() == 0
    assert watched.locator("main a").count() == 0
    watched.locator(".js-plotly-plot .bars path").first.hover(force=True)
    watched.locator(".hoverlayer text").first.wait_for()


@pytest.mark.parametrize("name", [
    page.name if place % 4 == 1 else pytest.param(page.name, marks=pytest.mark.endurance)
    for place, page in enumerate(PAGES)
])  # fmt: skip
def test_a_hostile_link_is_complained_about_in_plain_words(name: str, watched, address: str) -> None:
    links = (
        "[l](http://evil.example)",
        "![i](http://evil.example/x)",
        "<img src=//evil.example>",
        "http://evil.example",
    )
    query = "&".join(f"{quote(f'k{number}' + each)}={quote(each)}" for number, each in enumerate(links))
    watched.goto(f"{address}/{name}?{query}&t={quote(links[0])}")
    watched.locator("h1").first.wait_for()
    watched.get_by_text("This link has a setting we do not know").first.wait_for()
    assert watched.locator("[data-testid=stCaptionContainer] a").count() == 0


def test_photos_with_hostile_names_are_shown_on_every_page(watched, address: str, tmp_path) -> None:
    names = [f"{name[:120]}.png" for name in file_names()][:58]
    archive = tmp_path / "photos.zip"
    archive.write_bytes(zipped({name: picture((index, 90, 200 - index)) for index, name in enumerate(names)}))
    watched.goto(f"{address}/your_photos?pair=wrn16_1")
    file_chooser(watched, "uploads").set_input_files(str(archive))
    # Not in the sidebar, where the choice of networks has a button of that name.
    watched.get_by_test_id("stMain").get_by_role("button", name="Open", exact=True).first.click()
    watched.locator(".st-key-opened_photo").wait_for()
    assert watched.evaluate(FOREIGN) == []
    for tab in ("Table", "Distribution"):
        if (found := watched.get_by_role("tab", name=tab)).count():
            found.first.click()
            watched.evaluate(STILL)
            assert watched.evaluate(FOREIGN) == []
    for title in ("Attention", "Your negatives", "Workshop"):
        turn_to(watched, title)
        watched.evaluate(STILL)
        assert watched.evaluate(FOREIGN) == []


def test_a_set_with_a_hostile_name_and_hostile_classes_is_shown(watched, address: str, tmp_path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3)).astype(np.uint8)
    # On one line: a name with what cannot be shown is refused before any page has it.
    classes = np.array([f"<a href='http://{EVIL}'>{each[:30]}".replace("\n", " ") for each in OTHERS[:10]])
    mine = tmp_path / f"![im](http:&sol;&sol;{EVIL}) <a href=x>.npz"
    mine.write_bytes(npz(test_images=pixels, test_labels=np.arange(40) % 10, classes=classes))
    watched.goto(f"{address}/bring_your_own?pair=wrn16_1")
    file_chooser(watched, "own_set_file").set_input_files(str(mine))
    watched.get_by_role("button", name="Ask both networks").click()
    watched.get_by_role("button", name="See it on Thresholds").click()
    watched.locator(".drawing svg").first.wait_for()
    assert watched.evaluate(FOREIGN) == []
    for each in watched.get_by_test_id("stExpander").all():
        each.locator("summary").click()
        watched.evaluate(STILL)
        assert watched.evaluate(FOREIGN) == []
    assert watched.get_by_test_id("stButtonGroup").first.get_by_text(f"![im](http:&sol;&sol;{EVIL})").count() >= 1
