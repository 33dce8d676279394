"""Waits for the app's health page, opens its first page in headless Chromium, and checks that it shows no error."""

import sys
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.browsing import ARGUMENTS, CHROMIUM, wait_until_healthy


def main(address: str) -> None:
    """Open the page, wait for its heading, and print it."""
    wait_until_healthy(address, seconds=300)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.goto(address)
        heading = page.locator("h1").first
        expect(heading).to_be_visible(timeout=120_000)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        sys.stdout.write(f"health page: ok; first page: {heading.inner_text()}\n")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
