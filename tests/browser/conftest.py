"""What the tests in a real browser share: the browser, a page of it, and the app's address on made-up networks."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browsing import ARGUMENTS, CHROMIUM, PATIENCE, SIZES, served
from tests.synthetic import write_network, write_pairs


@pytest.fixture(scope="session")
def playwright():
    """Playwright's interface; skips where it is not installed."""
    return pytest.importorskip("playwright.sync_api", reason="needs playwright")


# Of the folder, not of a module: to start a browser costs more than most pages. Nor of the session: while one is there,
# nothing else in its process can run a loop of asyncio.
@pytest.fixture(scope="package")
def chromium(playwright) -> Iterator:
    """What starts Chromium; skips where there is none."""
    if CHROMIUM is None:
        pytest.skip("needs a browser: install chromium, or name one in NAT_CHROMIUM")
    with playwright.sync_playwright() as started:
        yield started.chromium


@pytest.fixture(scope="package")
def browser(chromium) -> Iterator:
    """Headless Chromium, for windows that know nothing of each other."""
    opened = chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Chromium keeps Streamlit's scripts as it compiled them, for all files of tests that a process runs."""
    return tmp_path_factory.mktemp("chromium")


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory, playwright) -> Iterator[str]:
    """The app's address, on made-up networks; one server for all files, as visits know nothing of each other."""
    if CHROMIUM is None:
        pytest.skip("needs a browser")
    networks = write_pairs(tmp_path_factory.mktemp("networks"), "wrn16_1", "wrn40_1")
    write_network(networks, "wrn16_1_student_of_nat", seed=3)
    with served(networks) as started:
        yield started


@pytest.fixture(scope="session")
def teaching_address(taught_networks: Path, playwright) -> Iterator[str]:
    """The address of an app with a network that has features to learn from."""
    if CHROMIUM is None:
        pytest.skip("needs a browser")
    with served(taught_networks) as started:
        yield started


@pytest.fixture(scope="package")
def page_of(chromium, compiled: Path) -> Iterator[Callable[[tuple[int, int]], AbstractContextManager[Any]]]:
    """Return what opens a page of a size where nobody has been.

    Pages of one size share a window: in a window of its own a page costs half as much again, and loads all anew. And
    the window is an ordinary one, since a private one compiles all scripts at each page, a third of what a page costs.
    Afterwards, nothing was fetched from elsewhere and nothing went wrong in it.
    """
    windows: dict[tuple[int, int], Any] = {}

    @contextmanager
    def page_of(size: tuple[int, int]) -> Iterator[Any]:
        if size not in windows:
            windows[size] = chromium.launch_persistent_context(
                compiled / "x".join(map(str, size)), executable_path=CHROMIUM, args=ARGUMENTS,
                viewport={"width": size[0], "height": size[1]},
            )  # fmt: skip
        opened = windows[size].new_page()
        opened.set_default_timeout(PATIENCE)
        elsewhere, errors = [], []
        local = ("http://localhost", "ws://localhost", "data:", "blob:", "about:")
        opened.on("request", lambda asked: None if asked.url.startswith(local) else elsewhere.append(asked.url))
        opened.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
        # What a window keeps for the next page of the same address.
        opened.evaluate("() => { try { localStorage.clear(); } catch { /* a page that has none */ } }")
        opened.close()
        windows[size].clear_cookies()
        windows[size].clear_permissions()
        assert elsewhere == []
        assert errors == []

    yield page_of
    for window in windows.values():
        window.close()


@pytest.fixture(params=SIZES.values(), ids=list(SIZES))
def page(page_of, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page of its own at the size that the test asks for."""
    with page_of(request.param) as opened:
        yield opened
