"""The page that is one file, in a real browser and from a disk: what it computes, says, keeps to itself and looks like."""

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nat_app.answers import stored_answers
from nat_app.one_page.networks import pairs
from nat_app.one_page.page import write_page
from nat_app.shared import words
from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.words import Answer
from nat_core.data.images import read_image
from nat_core.store.checkpoints import CHECKPOINTS
from tests.browsing import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("one_page")]
ROOT = Path(__file__).parents[2]
CLOSE = 0.02
"""How far a logit of the page may lie from the engine's."""
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "wide": (1280, 800), "wall": (1920, 1080)}
ASK = """async ({name, pixels}) => {
  globalThis.carriedOnce ??= await unpacked("carried");
  const { described, bytes } = globalThis.carriedOnce;
  const module = Uint8Array.from(atob(document.getElementById("kernel").textContent), (each) => each.charCodeAt(0));
  globalThis.builtOnce ??= builtFrom({ networks: described.networks, bytes, module });
  const all = Uint8Array.from(atob(pixels), (each) => each.charCodeAt(0));
  const logits = [];
  for (let start = 0; start < all.length; start += 3072) {
    logits.push(Array.from(globalThis.builtOnce[name].answer(all.subarray(start, start + 3072)).logits));
  }
  return logits;
}"""
READ = """async (file) => {
  const bytes = Uint8Array.from(atob(file), (each) => each.charCodeAt(0));
  return Array.from((await photoOf(new Blob([bytes]))).pixels);
}"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the networks that are shipped."""
    written = tmp_path_factory.mktemp("page") / "nat.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CHECKPOINTS, str(ROOT / "checkpoints"))
        write_page(written)
    return written


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the networks that are shipped, in which the app looks as well."""
    monkeypatch.setenv(CHECKPOINTS, str(ROOT / "checkpoints"))
    return ROOT / "checkpoints"


def opened(browser, file: Path, hash: str = "", *, size: str = "wide", ready: bool = True, **context: Any) -> Any:
    """A page that shows the file, with what it asked for and what went wrong in its lists."""
    width, height = SIZES[size]
    page = browser.new_context(viewport={"width": width, "height": height}, **context).new_page()
    page.set_default_timeout(PATIENCE)
    page.asked, page.errors = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{file.as_uri()}{hash}")
    if ready:
        page.locator("h1").filter(has_text=re.compile(r"\w")).wait_for()
    return page


@pytest.fixture(scope="module")
def page(browser, file: Path) -> Iterator[Any]:
    """One page for the tests that change nothing on it."""
    shown = opened(browser, file)
    yield shown
    assert shown.errors == []
    assert [each for each in shown.asked if not each.startswith(("file:", "data:", "blob:"))] == []
    shown.context.close()


def encoded(content: bytes) -> str:
    """Bytes as the page takes them."""
    return base64.b64encode(content).decode("ascii")


def title(page, text: str | re.Pattern[str]) -> None:
    """Wait until the page's title is this."""
    page.locator("h1").filter(has_text=text).wait_for()


# --- what it computes ------------------------------------------------------------------------------------------------


def test_its_networks_answer_as_the_engine_does(page, shipped: Path) -> None:
    from nat_core.network.inference import load_network, predict

    gallery = np.stack([read_image(each.path) for each in gallery_pictures()])
    noise = np.random.default_rng(0).integers(0, 256, (500, 32, 32, 3), np.uint8)
    small, students = pairs()
    for pair, pictures in ((small, np.concatenate([gallery, noise])), (students, gallery)):
        for name in pair.names:
            there = predict(load_network(shipped, name), pictures).logits
            here = np.array(page.evaluate(ASK, {"name": name, "pixels": encoded(pictures.tobytes())}))
            assert np.abs(here - there).max() < CLOSE / 100
            assert (here.argmax(1) == there.argmax(1)).all()


def test_without_webassembly_it_answers_the_same(page, shipped: Path) -> None:
    from nat_core.network.inference import load_network, predict

    (name, _), picture = pairs()[0].names, read_image(gallery_pictures()[0].path)
    slowly = ASK.replace("builtOnce", "slowOnce").replace("bytes, module", "bytes, module: null")
    here = page.evaluate(slowly, {"name": name, "pixels": encoded(picture.tobytes())})
    assert np.abs(np.array(here) - predict(load_network(shipped, name), picture[None]).logits).max() < CLOSE / 100


def png(image: Image.Image) -> bytes:
    """A picture's PNG file."""
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def jpeg(image: Image.Image, orientation: int = 1) -> bytes:
    """A picture's JPEG file, to be turned as a camera says."""
    written, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    image.save(written, "JPEG", quality=92, exif=exif)
    return written.getvalue()


def photos() -> dict[str, tuple[bytes, int]]:
    """Photos of several kinds, each with how far a byte of its 32 x 32 pixels may lie from the engine's."""
    cat = Image.open(next(each.path for each in gallery_pictures() if each.file == "cat1.jpg")).convert("RGB")
    clear = cat.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(cat.size))
    large = cat.resize((2400, 3200), Image.Resampling.BICUBIC)
    return {
        "PNG": (png(cat), 0),
        "PNG, small": (png(cat.resize((20, 31))), 0),
        "PNG, 32 x 32": (png(cat.resize((32, 32))), 0),
        "PNG, partly clear": (png(clear), 1),
        "JPEG": (jpeg(cat), 1),
        "JPEG, on its side": (jpeg(cat, orientation=6), 2),
        "JPEG, large": (jpeg(large), 4),
    }


@pytest.mark.parametrize("kind", photos())
def test_it_reads_a_photo_as_the_engine_does(page, kind: str) -> None:
    content, most = photos()[kind]
    here = np.array(page.evaluate(READ, encoded(content))).reshape(32, 32, 3)
    apart = np.abs(here - read_image(content).astype(int))
    print(kind, "at most", apart.max(), "on average", apart.mean())
    assert apart.max() <= most
