"""The page that is one file, in a real browser and from a disk: what it computes, says and keeps to itself."""

import base64
import html
import io
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nat_app.answers import score_rates, stored_answers
from nat_app.one_page.carried_networks import pairs
from nat_app.one_page.one_file import write_page
from nat_app.shared import words
from nat_app.shared.counts import compare
from nat_app.shared.drawing import share_card
from nat_app.shared.drawing.palette import KINDS
from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.words import Answer
from nat_app.views.your_photos import words as photo_words
from nat_app.visit import verdicts
from nat_core.data.images import read_image
from nat_core.store.checkpoints import CHECKPOINTS, available
from tests.browsing import ARGUMENTS, CAMERA, CHROMIUM, PATIENCE

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
PASTE = """(file) => {
  const bytes = Uint8Array.from(atob(file), (each) => each.charCodeAt(0));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([bytes], "pasted.jpg", { type: "image/jpeg" }));
  dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""
DROP = """(file) => {
  const bytes = Uint8Array.from(atob(file), (each) => each.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], "dropped.jpg", { type: "image/jpeg" }));
  const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
  document.querySelector("h1").dispatchEvent(drop);
  return drop.defaultPrevented;
}"""
DRAWN = """(svg) => {
  const { left, width } = svg.getBoundingClientRect();
  const first = Math.min(...[...svg.querySelectorAll("text")].map((each) => each.getBoundingClientRect().left));
  return [width / svg.viewBox.baseVal.width, left - first];
}"""
"""How much a drawing is enlarged, and by how many pixels its words stick out on its left."""
READ = """async (file) => {
  const bytes = Uint8Array.from(atob(file), (each) => each.charCodeAt(0));
  return Array.from((await photoOf(new Blob([bytes]))).pixels);
}"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the networks that are stored here."""
    # The file has two pairs; where other networks are stored, one may be missing, of which nat page tells.
    here = available(ROOT / "checkpoints")
    if missing := [name for pair in pairs() for name in (pair.baseline, pair.nat) if name not in here]:
        pytest.skip(f"for want of {', '.join(missing)}")
    written = tmp_path_factory.mktemp("page") / "nat.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CHECKPOINTS, str(ROOT / "checkpoints"))
        write_page(written)
    return written


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the networks that are stored here, in which the app looks as well."""
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
    assert apart.max() <= most


# --- what it says ----------------------------------------------------------------------------------------------------

SAY = """async (cases) => {
  const [{ described }, { described: words }] = [await unpacked("carried"), await unpacked("words-en")];
  return cases.map(({ kind, confidence, predicted, label, t }) =>
    answerSentence(words, described, kind, { confidence, predicted }, label, t));
}"""
FIND = """async (cases) => {
  const { described: words } = await unpacked("words-en");
  const cards = (photos) => photos.map(([baseline, nat, label]) =>
    ({ label, answers: { baseline: { confidence: baseline }, nat: { confidence: nat } } }));
  return cases.map(([photos, t]) => findings(words, cards(photos), t));
}"""


def test_of_a_picture_it_says_what_the_app_says(page) -> None:
    shares = (0.004, 0.1, 0.105, 0.285, 0.4, 0.5, 0.605, 0.625, 0.9, 0.945, 0.994, 0.995, 0.9999, 1.0)
    cases = [
        {"kind": kind, "confidence": share, "predicted": predicted, "label": label, "t": t}
        for kind in KINDS
        for share in shares
        for predicted, label in (("cat", None), ("cat", "none"), ("cat", "cat"), ("ship", "airplane"))
        for t in (0.3, 0.5, 0.625, 0.9, 0.995)
    ]
    said = page.evaluate(SAY, cases)
    for case, sentence in zip(cases, said, strict=True):
        answer = Answer(case["confidence"], case["predicted"])
        assert sentence == words.answer_sentence(case["kind"], answer, case["label"], case["t"])


def test_of_several_photos_it_says_what_the_app_says(page) -> None:
    random = np.random.default_rng(0)
    cases: list[tuple[list[Shown], float]] = []
    for number in [*range(1, 15), 29, 30, 45, 60] * 3:
        labels = random.choice(np.array(["none", "none", "cat", "another", None], object), number)
        sure = random.random((number, 2)) ** random.choice((0.05, 1.0, 6.0), (1, 2))
        photos = [(float(baseline), float(nat), label) for (baseline, nat), label in zip(sure, labels, strict=True)]
        cases.append((photos, float(random.choice((0.4, 0.9)))))
    for (photos, t), said in zip(cases, page.evaluate(FIND, cases), strict=True):
        assert said == findings(photos, t)


Shown = tuple[float, float, str | None]
"""How sure both networks are of a photo, and what it shows."""


def findings(photos: list[Shown], t: float) -> list[str]:
    """What the app's page Your photos says of photos."""
    above = {
        "baseline": np.array([baseline > t for baseline, _, _ in photos]),
        "nat": np.array([nat > t for _, nat, _ in photos]),
    }
    outside = np.array([label == "none" for *_, label in photos])
    known = np.array([label not in ("none", None) for *_, label in photos])
    fooled = compare({kind: above[kind][outside] for kind in KINDS}) if outside.any() else None
    kept = {kind: int(above[kind][known].sum()) for kind in KINDS}
    return photo_words.findings(fooled, int(known.sum()), kept, sum(label is None for *_, label in photos))


# --- what it shows ---------------------------------------------------------------------------------------------------


def test_see_it_shows_the_picture_that_is_chosen(browser, file: Path, shipped: Path) -> None:
    page = opened(browser, file, "#t=0.8")
    pair = pairs()[0]
    for name in ("none-bee.jpg", "cat1.jpg"):
        page.locator(f'[data-file="{name}"]').click()
        said = stored_answers.gallery_answers(pair, name)
        label = next(each.label for each in gallery_pictures() if each.file == name)
        title(page, words.picture_title(said["baseline"].answer, said["nat"].answer, label, 0.8))
        page.get_by_text(words.answer_sentence("nat", said["nat"].answer, label, 0.8), exact=True).wait_for()
    assert "picture=cat1.jpg" in page.url
    assert "t=0.8" in page.url
    assert page.errors == []
    page.context.close()


def test_photos_are_answered_counted_and_forgotten(browser, file: Path, shipped: Path) -> None:
    page = opened(browser, file, "#page=your_photos")
    folder = next(each.path for each in gallery_pictures()).parent
    broken = {"name": "notes<b>.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    bee = {"name": "bee.jpg", "mimeType": "image/jpeg", "buffer": (folder / "none-bee.jpg").read_bytes()}
    page.locator("#choose").set_input_files([bee, broken, bee])
    page.get_by_text("notes<b>.jpg cannot be read by this browser: save it as JPEG or PNG.").wait_for()
    page.locator(".card").first.wait_for()
    assert page.locator(".card").count() == 1  # the same photo twice is one
    title(page, "What does your photo show?")
    page.get_by_role("button", name="It shows none of the ten things").press("Enter")
    said = stored_answers.gallery_answers(pairs()[0], "none-bee.jpg")
    sure = [float(said[kind].answer.confidence) for kind in KINDS]
    title(page, findings([(sure[0], sure[1], "none")], 0.9)[0])
    # What the keyboard pressed is gone; it goes on with what stands there now.
    page.locator("main [data-key]:focus").wait_for(state="attached")
    page.get_by_role("button", name="Where they look").click()
    page.locator("figcaption", has_text="bee.jpg").wait_for()
    page.locator(".cell").nth(11).wait_for(state="attached")
    assert page.locator(".cell").count() == 12
    page.locator("nav").get_by_role("button", name="Your photos").click()
    page.get_by_role("button", name="Forget my photos").press("Enter")
    title(page, "Try it on your own photos.")
    page.locator("#choose:focus").wait_for(state="attached")
    assert page.locator(".problems").inner_text() == "", "what was wrong with them is forgotten as well"
    assert [each for each in page.asked if not each.startswith(("file:", "data:", "blob:"))] == []
    page.context.close()


def test_a_photo_dropped_anywhere_is_taken_and_its_card_stays_while_others_come_and_go(browser, file: Path) -> None:
    """A browser would show what is dropped beside a drop zone in place of the page, and all photos were gone."""
    page = opened(browser, file)
    bee, *others = (each.path for each in gallery_pictures()[:3])
    assert page.evaluate(DROP, encoded(bee.read_bytes()))
    page.locator(".card", has_text="dropped.jpg").wait_for()
    page.evaluate("() => { document.querySelector('.card').drawnOnce = true; }")
    # Two photos that are called alike.
    page.locator("#choose").set_input_files(
        [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": each.read_bytes()} for each in others]
    )
    page.locator(".card").nth(2).wait_for()
    kept = "() => [...document.querySelectorAll('.card')].map((each) => !!each.drawnOnce).filter(Boolean).length"
    assert page.evaluate(kept) == 1, "a card that says the same is not drawn again"
    page.get_by_role("button", name="Remove a.jpg").first.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('.card').length === 2")
    page.wait_for_function("() => document.activeElement.dataset.key?.endsWith('remove')")
    page.locator('input[data-key="t"]').press("Home")
    page.locator('.card[data-t="0"]').nth(1).wait_for()
    assert page.errors == []
    page.context.close()


def test_a_picture_leaves_as_a_card(browser, file: Path, shipped: Path) -> None:
    """By the keyboard, at three sizes: the app's own card, drawn here, saved as one PNG, with its words to copy."""
    page = opened(browser, file, "#picture=none-bee.jpg", permissions=["clipboard-read", "clipboard-write"])
    for size in ("tablet", "wide", "phone"):
        page.set_viewport_size({"width": SIZES[size][0], "height": SIZES[size][1]})
        page.locator('[data-key="see_it share"]').press("Enter")
        box = page.locator("canvas[data-drawn]").bounding_box()
        assert 0 <= box["x"] <= SIZES[size][0] - box["width"]
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        if size != "phone":
            page.keyboard.press("Escape")
            page.locator("dialog").wait_for(state="detached")
            assert page.evaluate("document.activeElement.dataset.key") == "see_it share"
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as PNG").click()
    assert saved.value.suggested_filename == "nat-none-bee.png"
    with Image.open(saved.value.path()) as card:
        assert (card.format, card.size) == ("PNG", (1200, 630))
        there = Image.open(next(each.path for each in gallery_pictures() if each.file == "none-bee.jpg"))
        # Its photo's pixels: the square of 380 at the left, but for the corner with what the networks see.
        square = np.asarray(card.convert("RGB").crop((40, 134, 420, 374)), int)
        side = min(there.size)
        left, top = (there.width - side) // 2, (there.height - side) // 2
        photo = there.convert("RGB").crop((left, top, left + side, top + side)).resize((380, 380))
        assert np.abs(square - np.asarray(photo, int)[:240]).mean() < 8
    page.get_by_role("button", name="Copy the text").click()
    page.get_by_text("Copied.").wait_for()
    said = stored_answers.gallery_answers(pairs()[0], "none-bee.jpg")
    answers = {kind: said[kind].answer for kind in KINDS}
    sentences = " ".join(words.answer_sentence(kind, answers[kind], "none", 0.9) for kind in KINDS)
    shows = next(each.alt for each in gallery_pictures() if each.file == "none-bee.jpg").partition(";")[0]
    finding = words.picture_title(answers["baseline"], answers["nat"], "none", 0.9)
    assert page.evaluate("() => navigator.clipboard.readText()") == share_card.alt(finding, shows, sentences)
    assert page.errors == []
    page.context.close()


def test_a_photo_of_ones_own_leaves_as_a_card_that_judges_nothing_unsaid(browser, file: Path, shipped: Path) -> None:
    page = opened(browser, file, "#page=your_photos", size="phone")
    bee = next(each.path for each in gallery_pictures() if each.file == "none-bee.jpg")
    page.locator("#choose").set_input_files(str(bee))
    said = stored_answers.gallery_answers(pairs()[0], bee.name)
    answers = {kind: said[kind].answer for kind in KINDS}
    for label, press in ((None, None), ("none", "It shows none of the ten things")):
        if press:
            page.get_by_role("button", name=press).click()
        sentences = [words.plain(verdicts.verdict_sentence(kind, answers[kind], label, 0.9)) for kind in KINDS]
        # Both networks may be told the same.
        page.get_by_text(sentences[1].partition(". ")[2]).last.wait_for()
        page.locator(".card").get_by_role("button", name="Share").click()
        page.locator('canvas[data-drawn="nat-photo.png"]').wait_for()
        finding = words.plain(verdicts.title(answers["baseline"], answers["nat"], label, 0.9))
        expected = share_card.alt(finding, bee.name, " ".join(sentences))
        assert page.get_by_label("The card in words").input_value() == expected
        page.get_by_role("button", name="Close").click()
    assert [each for each in page.asked if not each.startswith(("file:", "data:", "blob:"))] == []
    assert page.errors == []
    page.context.close()


def test_the_sentences_follow_the_threshold_from_the_keyboard(browser, file: Path, shipped: Path) -> None:
    page = opened(browser, file, "#page=thresholds&set=ilsvrc&t=0.9")
    pair = pairs()[0]
    slider = page.locator('input[data-key="t"]')
    slider.focus()
    for t in (0.9, 0.91, 0.92):
        rates = score_rates.rates(pair, "ilsvrc", dict.fromkeys(KINDS, t))
        title(page, words.threshold_title(rates, dict.fromkeys(KINDS, t), known=False))
        page.get_by_text(words.fooled_by(rates["nat"]), exact=True).wait_for()
        slider.press("ArrowRight")
    page.get_by_label("Keep 95 of 100").check()
    title(page, "Keeping 95 of 100, the baseline is fooled by")
    page.locator('[role="radio"][aria-checked="true"]').press("ArrowLeft")
    assert "set=cifar100_test" in page.url
    page.context.close()


def test_a_photo_is_taken_with_the_camera_and_another_pasted(browser, file: Path) -> None:
    """The browser's own camera, which shows moving shapes, and a clipboard that holds a picture; neither leaves it."""
    with_camera = browser.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *CAMERA])
    page = opened(with_camera, file, "#page=your_photos", size="phone", permissions=["camera"])
    page.locator('[data-key="camera"]').click()
    page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    page.locator(".camera button").first.click()
    page.locator(".card").wait_for()
    page.locator(".camera button").last.click()
    page.locator("video").wait_for(state="detached")
    assert page.locator('[data-key="camera"]').count() == 1, "closed, it can be opened again"
    page.evaluate(PASTE, encoded((gallery_pictures()[0].path).read_bytes()))
    page.locator(".card", has_text="pasted.jpg").wait_for()
    assert page.locator(".card").count() == 2
    assert [each for each in page.asked if not each.startswith(("file:", "data:", "blob:"))] == []
    assert page.errors == []
    with_camera.close()


def test_a_links_settings_stand_in_its_hash_and_come_back(browser, file: Path) -> None:
    """What is set by hand is in the address, and that address shows the same on another device."""
    page = opened(browser, file, "#page=thresholds&lang=de")
    page.locator('[role="radio"]').nth(2).click()
    page.locator('input[data-key="t"]').focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => /t=0[.]89/.test(location.hash)")
    said, address = page.locator("h1").inner_text(), page.url
    assert {"page=thresholds", "lang=de"} <= set(address.partition("#")[2].split("&"))
    page.context.close()
    again = opened(browser, file, f"#{address.partition('#')[2]}", size="phone")
    title(again, said)
    assert again.locator("html").get_attribute("lang") == "de"
    again.context.close()


def test_a_link_with_what_nobody_knows_says_so(browser, file: Path) -> None:
    page = opened(browser, file, "#page=attention&t=banana&lang=de&x=<img src=y onerror=alert(1)>")
    assert page.locator(".complaint").count() == 2
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.locator("img[src='y']").count() == 0
    page.context.close()


# --- what it keeps to itself -----------------------------------------------------------------------------------------


def test_nothing_can_be_sent_from_it(page) -> None:
    tries = """async () => {
      const said = [];
      document.addEventListener("securitypolicyviolation", (event) => said.push(event.effectiveDirective));
      const failed = await fetch("https://example.org/").then(() => false, () => true);
      const image = new Image();
      image.src = "https://example.org/a.png";
      await new Promise((done) => (image.onerror = done));
      return [failed, ...new Set(said)];
    }"""
    errors, asked = list(page.errors), list(page.asked)
    assert page.evaluate(tries) == [True, "connect-src", "img-src"]
    page.errors[:], page.asked[:] = errors, asked  # the browser reports what it forbade


@pytest.fixture
def web_space(file: Path) -> Iterator[str]:
    """The address of the page where a plain server hands it out."""
    hands_out = partial(Quiet, directory=str(file.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), hands_out) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{file.name}"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that prints nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def test_where_it_is_served_it_can_be_installed(browser, web_space: str) -> None:
    page = browser.new_page()
    page.goto(f"{web_space}#page=thresholds")
    page.locator('link[rel="manifest"]').wait_for(state="attached")
    missing = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
    # Playwright's windows are private ones, from which nothing can be installed.
    assert [each["errorId"] for each in missing] == ["in-incognito"]
    page.context.close()


def test_where_it_is_served_it_outlasts_its_network(browser, web_space: str, file: Path) -> None:
    """By the file beside it, which is written on demand."""
    kept = file.with_name("kept.html")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CHECKPOINTS, str(ROOT / "checkpoints"))
        write_page(kept, offline=True)
    assert "worker-src blob: 'self'" in html.unescape(kept.read_text(encoding="utf-8")[:3_000])
    page = browser.new_context().new_page()
    page.goto(web_space.replace(file.name, kept.name))
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.goto(f"{web_space.replace(file.name, kept.name)}#page=your_photos")
    page.reload()
    title(page, "Try it on your own photos.")
    page.context.close()


# --- for everyone ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(browser, file: Path, theme: str) -> None:
    package = pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python")
    axe = (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page = opened(browser, file, color_scheme=theme, bypass_csp=True)
    page.evaluate(axe)
    for name in ("See it", "Your photos", "Thresholds", "Attention"):
        page.locator("nav").get_by_role("button", name=name).click()
        if name == "Your photos":
            page.get_by_label("Our twelve samples").check()
            page.locator(".card").nth(11).wait_for()
        page.wait_for_timeout(500)
        # Of all rules, one alone depends on the theme.
        found = page.evaluate(
            "async only => (await axe.run(document, only ? { runOnly: only } : {})).violations",
            None if theme == "light" else ["color-contrast"],
        )
        assert [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]] == []
    page.context.close()


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_at_any_width(browser, file: Path, size: str) -> None:
    # In German on a phone, where its longer words have the least room.
    page = opened(
        browser, file, "#lang=de&wall=1" if size == "wall" else "#lang=de" if size == "phone" else "", size=size
    )
    for name in ("see_it", "your_photos", "thresholds", "attention"):
        page.locator(f'[data-key="page-{name}"]').click()
        page.locator("h1").filter(has_text=re.compile(r"\w")).wait_for()
        if name == "attention":
            page.locator(".cell").first.wait_for()
            # The words of the drawing are not shrunk, and none sticks out on its left.
            scale, out = page.locator(".distances").evaluate(DRAWN)
            assert scale >= 0.99
            assert out <= 0.5
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.locator('[data-key="page-see_it"]').click()
    answers = page.locator(".sentence")
    answers.nth(1).wait_for()
    # Both answers stand on the first screen.
    box = answers.nth(1).bounding_box()
    assert box["y"] + box["height"] <= SIZES[size][1]
    page.context.close()
