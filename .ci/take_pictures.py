"""Pictures of the app in headless Chromium, with the networks in checkpoints/: for docs/, or every page to look at.

python .ci/take_pictures.py                        # renews docs/pictures/, of free gallery pictures only
python .ci/take_pictures.py --all shots [--only your_photos]  # every page at 390, 1280 and 1920 px, light and dark
"""

import argparse
import io
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.browsing import ARGUMENTS, CHROMIUM, ROOT, served

PATIENCE = 180_000
DESCRIPTION = 0x010E
"""EXIF's ImageDescription: it holds what the page said, from which renew_pages.py makes the README's caption."""
WIDTHS = {390: 844, 1280: 800, 1920: 1080}
SHOWS = {
    "fade": "your_photos?samples=1&opened=none-teapot&way=noise&far_noise=80",
    "see_it": "",
    "your_photos": "your_photos?samples=1",
    "thresholds": "thresholds?t=0.6",
    "attention": "attention?looked_at=cat1.jpg",
    "playground": "playground",
    "teach_your_own": "teach_your_own?teach_samples=1",
    "your_negatives": "your_negatives?taught=none-bee.jpg,none-coffee.jpg",
    "digits_live": "digits_live",
    "workshop": "workshop",
    "bring_your_own": "bring_your_own",
    "evidence": "evidence",
}
"""The pages by name, as the path behind the app's address."""
IN_DOCS = {
    "see-it": ("see_it", 1280),
    "see-it-phone": ("see_it", 390),
    "your-photos": ("your_photos", 1280),
    "fade": ("fade", 1280),
    "thresholds": ("thresholds", 1280),
    "attention": ("attention", 1280),
}
"""The pictures in docs/pictures/ by name: what they show, and how wide."""


def to_the_fade(page: Page) -> None:
    """Scroll to the photo that fades into noise."""
    page.locator(".along").scroll_into_view_if_needed()


BEFORE: dict[str, Callable[[Page], None]] = {"fade": to_the_fade}
"""What is done on a page before its picture is taken."""


def picture(
    browser: Browser, address: str, show: str, width: int, theme: str, *, whole: bool
) -> tuple[Image.Image, str]:
    """Return a picture of one page (what is on the screen, or the whole page) and what it shows, in words."""
    context = browser.new_context(viewport={"width": width, "height": WIDTHS[width]}, color_scheme=theme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/{SHOWS[show]}")
    page.locator(".stMain h1").first.wait_for()
    settle(page)
    if not whole and show in BEFORE:
        BEFORE[show](page)
        settle(page)
    if whole:  # the page scrolls inside the window, so the window is made as high as the page
        height = page.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
        page.set_viewport_size({"width": width, "height": min(int(height) + 40, 4000)})
        page.wait_for_timeout(1500)
    content, shows = page.screenshot(), described(page)
    context.close()
    return Image.open(io.BytesIO(content)).convert("RGB"), shows


def described(page: Page) -> str:
    """The description of the page's first picture, where it has one, and the page's title."""
    images = page.locator(".stMain .stImage img")
    alt = images.first.get_attribute("alt") if images.count() else ""
    said = (alt, page.locator(".stMain h1").first.inner_text().replace("\u2060", ""))
    return ". ".join(each.replace("\u00a0", " ").rstrip(".") for each in said if each) + "."


def settle(page: Page) -> None:
    """Wait until the app has drawn all and its pictures have come."""
    page.wait_for_timeout(1500)
    page.locator("[data-testid=stStatusWidget]").wait_for(state="hidden")
    page.wait_for_timeout(1500)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description="Pictures of the app.")
    parser.add_argument("--all", type=Path, help="a folder for every page in every width and theme")
    parser.add_argument("--only", nargs="*", default=list(SHOWS), choices=list(SHOWS))
    parser.add_argument("--widths", nargs="*", type=int, default=list(WIDTHS), choices=list(WIDTHS))
    parser.add_argument("--themes", nargs="*", default=["light", "dark"], choices=["light", "dark"])
    asked = parser.parse_args()
    (ROOT / "docs" / "pictures").mkdir(exist_ok=True)
    wanted = {
        ROOT / "docs" / "pictures" / f"{name}.webp": (*each, "light")
        for name, each in IN_DOCS.items()
        if each[0] in asked.only
    }
    if asked.all:
        asked.all.mkdir(parents=True, exist_ok=True)
        wanted = {
            asked.all / f"{show}-{width}-{theme}.png": (show, width, theme)
            for show in asked.only for width in asked.widths for theme in asked.themes
        }  # fmt: skip
    with sync_playwright() as playwright, served(ROOT / "checkpoints") as address:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for file, (show, width, theme) in wanted.items():
            taken, shows = picture(browser, address, show, width, theme, whole=bool(asked.all))
            described_in = Image.Exif()
            described_in[DESCRIPTION] = shows
            taken.save(file, exif=described_in, **({} if asked.all else {"quality": 82, "method": 6}))
        browser.close()


if __name__ == "__main__":
    main()
