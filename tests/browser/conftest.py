"""What the tests in a real browser share: the browser, a page of it, and the app's address on made-up networks."""

from collections.abc import Iterator

import pytest

from tests.browsing import ARGUMENTS, CHROMIUM, PATIENCE, SIZES, served
from tests.synthetic import write_network, write_pairs


@pytest.fixture(scope="session")
def playwright():
    """Playwright's interface; skips where it is not installed."""
    return pytest.importorskip("playwright.sync_api", reason="needs playwright")


@pytest.fixture(scope="module")
def browser(playwright) -> Iterator:
    """Headless Chromium; skips where there is none."""
    if CHROMIUM is None:
        pytest.skip("needs a browser: install chromium, or name one in NAT_CHROMIUM")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory, playwright) -> Iterator[str]:
    """The app's address, on made-up networks; one server for all files, as visits know nothing of each other."""
    if CHROMIUM is None:
        pytest.skip("needs a browser")
    networks = write_pairs(tmp_path_factory.mktemp("networks"), "wrn16_1", "wrn40_1")
    write_network(networks, "wrn16_1_student_of_nat", seed=3)
    with served(networks) as started:
        yield started


@pytest.fixture(params=SIZES.values(), ids=SIZES)
def page(browser, request: pytest.FixtureRequest) -> Iterator:
    """A page of its own; afterwards, nothing was fetched from elsewhere and nothing went wrong in the browser."""
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    elsewhere, errors = [], []
    local = ("http://localhost", "ws://localhost", "data:", "blob:", "about:")
    opened.on("request", lambda request: None if request.url.startswith(local) else elsewhere.append(request.url))
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert elsewhere == []
    assert errors == []
