"""A headless browser and a server of the app, for the browser tests, the benchmarks and .ci/."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    # Tests that need no browser import this module where playwright is not installed.
    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).parents[1]
PATIENCE = 180_000
"""Milliseconds: the machine may be busy."""
CHROMIUM = os.environ.get("NAT_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
"""Further arguments: the browser's own camera, which shows moving shapes, and nobody asked for leave."""
SIZES = {"wide": (1280, 800), "phone": (390, 844)}
"""Of the browser's window, in pixels."""
TABLET = (820, 1180)
"""A tablet held upright, between the two."""
STILL = """async () => {
  for (let last = '', quiet = 0; quiet < 3;) {
    await new Promise(go => setTimeout(go, 150));
    const now = document.body.innerHTML.length + ':' + document.querySelectorAll('[data-stale=true]').length;
    const busy = document.querySelector('[data-testid=stStatusWidget], [data-testid=stSkeleton]');
    quiet = now === last && !busy ? quiet + 1 : 0;
    last = now;
  }
}"""
"""Waits until nothing on the page has changed for half a second."""


def file_chooser(page: "Page", key: str) -> "Locator":
    """Return the file chooser whose widget's key begins so.

    By key: a page's choosers arrive one after another, and what is the first now may be the second in a moment.
    """
    return page.locator(f"[class*=st-key-{key}] input[type=file]")


def unfold(page: "Page") -> None:
    """Open the sidebar where it is folded away, as it is at first where the window is narrow."""
    if (folded := page.get_by_test_id("stExpandSidebarButton")).is_visible():
        folded.click()


def turn_to(page: "Page", title: str) -> None:
    """Choose a page in the sidebar, and wait until its own title stands there."""
    before = page.locator("h1").first.inner_text()
    unfold(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    page.wait_for_function("before => (document.querySelector('h1')?.innerText ?? before) !== before", arg=before)


def wait_for_focus(page: "Page", container: str) -> None:
    """Return once the container whose key begins so has the focus, as what was revealed has."""
    page.wait_for_function("container => document.activeElement.matches(`[class*=st-key-${container}]`)", arg=container)


def at(size: str) -> pytest.MarkDecorator:
    """Drive a test's page at this size in every run, and at the other where endurance is asked for."""
    other = next(each for each in SIZES if each != size)
    sizes = [SIZES[size], pytest.param(SIZES[other], marks=pytest.mark.endurance)]
    return pytest.mark.parametrize("page", sizes, ids=[size, other], indirect=True)


@contextmanager
def served(networks: Path | str, *options: str, **variables: str) -> Iterator[str]:
    """Start the app on a folder of checkpoints and yield its address. Raises TimeoutError after three minutes.

    With options it is started by `nat app`, else by `streamlit run`; the variables go to its environment.
    """
    with serving(networks, *options, output=subprocess.DEVNULL, **variables) as (address, _):
        yield address


@contextmanager
def serving(
    networks: Path | str, *options: str, output: IO[str] | int = subprocess.DEVNULL, **variables: str
) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The same, with the process; what it writes goes to `output`."""
    port = free_port()
    command = ["streamlit", "run", "app/main.py", f"--server.port={port}"]
    if options:
        command = ["nat_core", "app", "--port", str(port), *options]
    environment = {
        "NAT_CHECKPOINTS": str(networks), "OMP_NUM_THREADS": "1", "STREAMLIT_SERVER_HEADLESS": "true"
    }  # fmt: skip
    server = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=ROOT, env=os.environ | environment | variables,
        stdout=output, stderr=subprocess.STDOUT if output != subprocess.DEVNULL else None, text=True,
    )  # fmt: skip
    try:
        wait_until_healthy(f"http://localhost:{port}")
        yield f"http://localhost:{port}", server
    finally:
        server.terminate()
        server.wait(timeout=30)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_until_healthy(address: str, seconds: float = 180) -> None:
    """Return once the app says that it is well. Raises TimeoutError after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"{address} did not become healthy in {seconds:.0f} s")
