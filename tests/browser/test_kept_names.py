"""Names stay on one line: in code, and with a hyphen, where they are found and copied as they were written."""

import pytest

from nat_app.shared.page_file import NAMES_SCRIPT
from tests.browsing import SIZES, STILL, TABLET, turn_to

pytestmark = pytest.mark.browser
NARROW = pytest.mark.parametrize(
    "page", [SIZES["phone"], pytest.param(TABLET, marks=pytest.mark.endurance)], ids=["phone", "tablet"], indirect=True
)
BROKEN = r"""() => {
  const broken = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.parentElement.closest("script, style, svg, code, pre")) continue;
    for (const name of text.nodeValue.matchAll(/\p{L}+(?:-\u2060?\d+)+/gu)) {
      const range = document.createRange();
      range.setStart(text, name.index);
      range.setEnd(text, name.index + name[0].length);
      const lines = [...range.getClientRects()].filter((each) => each.width > 0).map((each) => Math.round(each.top));
      if (new Set(lines).size > 1) broken.push(text.nodeValue);
    }
  }
  return broken;
}"""
"""The texts in which a name goes on in a second line."""
UNFOLD = "document.querySelectorAll('.stMain details:not([open]) > summary').forEach(each => each.click())"
CODES = """() => [...document.querySelectorAll('.stMain td code')]
  .filter((each) => new Set([...each.getClientRects()].map((line) => Math.round(line.top))).size > 1)
  .map((each) => each.textContent)"""
"""The names in code of tables that go on in a second line."""
NAMES = ("WRN-16-1", "WRN-40-1", "ResNet-18", "CIFAR-10", "CIFAR-100", "ILSVRC-2012")
START = """
const keepNames = keptNames(document.body);
keepNames();
new MutationObserver(keepNames).observe(document.body, { subtree: true, childList: true, characterData: true });
document.addEventListener("copy", (event) => {
  for (const kind of ["text/plain", "text/html"]) window[kind] = event.clipboardData.getData(kind);
});
"""


@pytest.fixture
def written(page):
    """A column too narrow for any two words, in which each name stands; with a command, which is as it is typed."""
    rows = "".join(f"<p>{name}</p>" for name in NAMES)
    page.set_content(f"<main style='width: 3ch'>{rows}<code>seeds 0-2</code></main>")
    page.add_script_tag(content=NAMES_SCRIPT + START)
    return page


@NARROW
def test_no_name_breaks_over_two_lines(page, address: str) -> None:
    for language, other in (("en", "Attention"), ("de", "Aufmerksamkeit")):
        page.goto(f"{address}/evidence?lang={language}")
        page.locator("[data-testid=stMain] h1").first.wait_for()
        for title in ("", other):
            if title:
                turn_to(page, title)
            page.evaluate(STILL)
            page.evaluate(UNFOLD)
            page.evaluate(STILL)
            assert page.evaluate(BROKEN) == []
            assert page.evaluate(CODES) == []


@pytest.mark.parametrize("page", [SIZES["phone"]], ids=["phone"], indirect=True)
def test_what_is_drawn_or_changed_later_is_kept_whole_too(written) -> None:
    assert written.evaluate(BROKEN) == []
    written.evaluate("document.querySelector('p').firstChild.nodeValue = 'WRN-10-1'")
    written.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<p>of <em>CIFAR-5</em></p>')")
    written.wait_for_function("document.querySelector('em').textContent.includes('\u2060')")
    assert written.evaluate(BROKEN) == []
    assert written.locator("code").text_content() == "seeds 0-2"


@pytest.mark.parametrize("page", [SIZES["phone"]], ids=["phone"], indirect=True)
def test_names_are_found_and_copied_with_their_plain_hyphen(written) -> None:
    for name in NAMES:
        assert written.evaluate("name => { getSelection().empty(); return window.find(name); }", name)
    written.evaluate("getSelection().selectAllChildren(document.querySelector('main'))")
    written.evaluate("document.execCommand('copy')")
    assert written.evaluate("window['text/plain'].split(/\\s+/)") == [*NAMES, "seeds", "0-2"]
    assert "<p>WRN-16-1</p>" in written.evaluate("window['text/html']")
