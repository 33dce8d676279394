"""Where the keyboard goes when what it pressed is gone, on pages drawn part by part, as slow ones are."""

import pytest

from nat_app.shared.page_file import FOCUS_SCRIPT
from tests.browsing import at

pytestmark = pytest.mark.browser
ROWS = "<main>" + "".join(f"<p data-key={key}><button>{key}</button></p>" for key in ("first", "gone")) + "</main>"
START = """
const keepFocus = keptFocus({ places: "main", keyed: "[data-key]", named: each => `[data-key=${each.dataset.key}]`,
                              looks: 3 });
new MutationObserver(keepFocus).observe(document.body, { subtree: true, childList: true });
"""
ADD = """key => document.querySelector('main').insertAdjacentHTML(
    'beforeend', `<p data-key=${key}><button>${key}</button>`)"""
REMOVE = "key => document.querySelector(`[data-key=${key}]`).remove()"
FOCUSED = "document.activeElement.textContent"


@pytest.fixture
def drawn(page):
    """A page of two rows, the keyboard at the second; its script looks three times for what takes a place."""
    page.set_content(ROWS)
    page.add_script_tag(content=FOCUS_SCRIPT + START)
    page.get_by_role("button", name="gone").focus()
    page.keyboard.press("Shift")
    return page


def focused(page, before: str) -> str:
    """Return what the keyboard is at, once it is neither at what it was at before nor nowhere."""
    page.wait_for_function(f"before => document.activeElement !== document.body && {FOCUSED} !== before", arg=before)
    return page.evaluate(FOCUSED)


@at("wide")
@pytest.mark.parametrize("there", [[], ["last"]])
def test_it_goes_to_what_follows_also_where_that_was_drawn_only_since(drawn, there: list[str]) -> None:
    for key in ["follows", *there]:
        drawn.evaluate(ADD, key)
    drawn.evaluate(REMOVE, "gone")
    assert focused(drawn, "gone") == "follows"


@at("wide")
def test_it_goes_to_what_follows_where_something_farther_on_was_there_before(drawn) -> None:
    drawn.evaluate(ADD, "last")
    drawn.get_by_role("button", name="first").focus()
    drawn.get_by_role("button", name="gone").focus()
    drawn.evaluate("document.querySelector('[data-key=last]').insertAdjacentHTML('beforebegin', "
                   "'<p data-key=follows><button>follows</button>')")  # fmt: skip
    drawn.evaluate(REMOVE, "gone")
    assert focused(drawn, "gone") == "follows"


@at("wide")
def test_it_goes_to_what_came_before_where_nothing_follows_and_on_where_nothing_came_before(drawn) -> None:
    drawn.evaluate(REMOVE, "gone")
    assert focused(drawn, "gone") == "first"
    drawn.evaluate(ADD, "last")
    drawn.get_by_role("button", name="last").focus()
    drawn.get_by_role("button", name="first").focus()
    drawn.evaluate(REMOVE, "first")
    assert focused(drawn, "first") == "last"
