"""Waits for the app's health page, opens its first page in headless Chromium, and checks that it shows no error."""

import sys
import time
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import expect, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def wait_until_healthy(address: str, seconds: float = 300) -> None:
    """Return once the app says that it is well; SystemExit after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=5) as answer:
                if answer.read() == b"ok":
                    return
        except (URLError, OSError):
            pass
        time.sleep(0.5)
    raise SystemExit(f"{address} did not become healthy in {seconds:.0f} s")


def main(address: str) -> None:
    """Open the page, wait for its heading, and print it."""
    wait_until_healthy(address)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        page = browser.new_page()
        page.goto(address)
        heading = page.locator("h1").first
        expect(heading).to_be_visible(timeout=120_000)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        sys.stdout.write(f"health page: ok; first page: {heading.inner_text()}\n")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
