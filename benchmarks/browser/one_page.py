"""How long the page that is one file takes for a photo, in a browser slowed fourfold as a cheap phone is.

    python -m benchmarks.browser.one_page [--photos 20] [--slower 4]

A photo of 1,536 x 2,048 pixels (JPEG) is decoded, shrunk and answered by both networks of the small pair, all on the
page's own thread: a worker, in which the page computes otherwise, is not slowed by the browser's emulation. What was
measured stands in docs/one-page.md.
"""

import argparse
import base64
import io
import statistics
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from nat_app.one_page.one_file import write_page
from nat_app.shared.gallery import gallery_pictures
from tests.browsing import ARGUMENTS, CHROMIUM

PREPARE = """async () => {
  const { described, bytes } = await unpacked("carried");
  const module = Uint8Array.from(atob(document.getElementById("kernel").textContent), (each) => each.charCodeAt(0));
  globalThis.built = builtFrom({ networks: described.networks, bytes, module });
}"""
MEASURE = """async (file) => {
  const blob = new Blob([Uint8Array.from(atob(file), (each) => each.charCodeAt(0))]);
  const begin = performance.now();
  const { pixels } = await photoOf(blob);
  const read = performance.now();
  for (const name of ["wrn16_1_baseline", "wrn16_1_nat"]) globalThis.built[name].answer(pixels);
  const end = performance.now();
  return [read - begin, end - read, end - begin];
}"""


def main() -> None:
    """Measure, and print the medians and the longest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=20, help="how many are answered (default: 20)")
    parser.add_argument("--slower", type=float, default=4, help="how many times slower the processor is (default: 4)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        file = Path(folder) / "nat.html"
        print(f"the file: {write_page(file) / 1e6:.2f} MB")
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.goto(file.as_uri())
        page.evaluate(PREPARE)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": options.slower})
        times = [page.evaluate(MEASURE, photo(number)) for number in range(options.photos)]
        browser.close()
    for name, column in zip(
        ("decoded and shrunk", "answered by both", "in all"), zip(*times, strict=True), strict=True
    ):
        print(f"{name}: median {statistics.median(column):.0f} ms, longest {max(column):.0f} ms")


def photo(number: int) -> str:
    """Return one of the gallery's photos, as large as a phone's camera stores a small one."""
    pictures = gallery_pictures()
    with Image.open(pictures[number % len(pictures)].path) as opened:
        large = opened.convert("RGB").resize((1536, 2048), Image.Resampling.BICUBIC)
    written = io.BytesIO()
    large.save(written, "JPEG", quality=90)
    return base64.b64encode(written.getvalue()).decode("ascii")


if __name__ == "__main__":
    main()
