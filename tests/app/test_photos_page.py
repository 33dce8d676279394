"""Your photos in every state: a folder, zip files good and bad, the way of making squares, opened photos, downloads."""

import csv
import io
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from nat_app.answers.stored_answers import OwnAnswer
from nat_app.shared.drawing.palette import LIGHT, Kind
from nat_app.shared.gallery import FOLDER, gallery_pictures, samples
from nat_app.shared.page_file import png_url
from nat_app.shared.pairs import pair_named, pictures_of
from nat_app.shared.words import Answer, literal, percent
from nat_app.views.your_photos import charts, fade, ways, words
from nat_app.views.your_photos.answer_cards import AnswerCard, count_cards, from_sample
from nat_app.views.your_photos.photo_report import Conditions, photos_csv, report_html
from nat_app.views.your_photos.ways import WAYS
from nat_app.visit import decoding, labels, photos, verdicts
from nat_core.data.images import read_views
from nat_core.measure.predictions import Predictions
from tests.hostile_pictures import encoded
from tests.pages import PAGES, alts, as_drawn, bars, invites, live_data, plain, said, shown
from tests.uploads import zipped

pytestmark = pytest.mark.usefixtures("kept_caches")
PAGE = PAGES[1]
BEE = (FOLDER / "none-bee.jpg").read_bytes()
WIDE = next(path for path in sorted(FOLDER.glob("none-*.jpg")) if path.stem != "none-bee").read_bytes()
CLASSES = ("bird", "cat", "dog")


def upload(app: AppTest, **files: bytes) -> AppTest:
    named = [(name.replace("_", "."), content, "application/octet-stream") for name, content in files.items()]
    return app.file_uploader(key="uploads").set_value(named).run()


def test_a_zip_file_gives_its_pictures_and_says_what_it_passed_over(start, networks: Path) -> None:
    content = zipped({"trip/bee.jpg": BEE, "../../wide.jpg": WIDE, "notes.txt": b"hello", "broken.png": b"no picture"})
    app = upload(start(networks, PAGE), trip_zip=content)
    text = said(app)
    assert sum(alt.startswith("Ten probabilities") for alt in alts(app)) == 2
    assert words.no_pictures(1) in text
    assert "broken\\.png" in app.warning[0].value
    assert words.others_are_fine(2) in app.warning[0].value
    assert "wide.jpg" in alts(app)


@pytest.mark.parametrize("size", [(600, 3), (3, 600), (2_000, 1)])
def test_a_picture_far_wider_than_high_is_shown(start, networks: Path, size: tuple[int, int]) -> None:
    app = upload(start(networks, PAGE), wide_png=encoded("PNG", size))
    assert "wide.png" in alts(app)
    app.button(key=f"open_{next(iter(app.session_state['own_photos'].photos))}").click().run()
    assert not app.exception


def test_what_systems_add_is_left_out_of_zip_files_and_folders_and_said_so(start, networks: Path) -> None:
    content = zipped({"trip/bee.jpg": BEE, "trip/.hidden/bee.jpg": BEE, "__MACOSX/trip/._bee.jpg": b"x"})
    app = upload(start(networks, PAGE), trip_zip=content)
    assert [each.name for each in app.session_state["own_photos"].photos.values()] == ["bee.jpg"]
    assert words.systems_own(2) in said(app)
    app = start(networks, PAGE)
    app.file_uploader(key="uploads").set_value([("photos/@eaDir/bee.jpg", BEE, "image/jpeg")]).run()
    assert words.systems_own(1) in said(app)
    assert not app.session_state["own_photos"].photos


def test_a_visitor_has_so_many_pixels_decoded_and_no_more(start, networks: Path, monkeypatch) -> None:
    photo = encoded("PNG", (40, 30))
    monkeypatch.setattr(decoding, "PIXELS", 2_000)
    monkeypatch.setattr(decoding, "A_SECOND", 0)
    app = upload(start(networks, PAGE), one_png=photo, two_png=photo)
    assert len(app.session_state["own_photos"].photos) == 1
    assert "two\\.png was left out\\: you have sent as many pixels" in app.warning[0].value.replace("\\,", ",")


def test_two_pictures_are_decoded_at_a_time_whoever_sends_them(monkeypatch) -> None:
    together, most, lock = [0], [0], threading.Lock()

    def read(content: bytes, **options: object) -> int:
        with lock:
            together[0] += 1
            most[0] = max(most[0], together[0])
        enough.wait(0.05)
        with lock:
            together[0] -= 1
        return 0

    enough = threading.Event()
    monkeypatch.setattr(decoding, "read_image", read)
    monkeypatch.setattr(decoding, "admitted_by_both", lambda admit: admit)
    monkeypatch.setattr(decoding, "ALLOWANCE", SimpleNamespace(get=lambda: None))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda each: decoding.square(b"", str(each)), range(12)))
    assert most[0] == decoding.AT_ONCE


def test_a_turn_is_given_back_when_a_picture_cannot_be_read(start, networks: Path) -> None:
    app = start(networks, PAGE)
    for number in range(2 * decoding.AT_ONCE + 1):
        upload(app, **{f"bad{number}_png": b"no picture"})
    app = upload(app, bee_jpg=BEE)
    assert "bee.jpg" in alts(app)


def test_a_zip_file_taken_out_takes_its_photos_along(start, networks: Path) -> None:
    app = upload(start(networks, PAGE), trip_zip=zipped({"bee.jpg": BEE, "broken.png": b"no picture", "a.txt": b""}))
    assert not invites(app)
    app.file_uploader(key="uploads").clear().run()
    assert invites(app)
    assert not app.warning
    assert "in the zip" not in said(app)


BAD_ZIP_FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "many": (lambda: zipped({f"{number}.txt": b"" for number in range(20_001)}), "holds more than the 20,000 files"),
    "bomb": (
        lambda: zipped({f"{number}.png": bytes(45_000_000) for number in range(9)}),
        "unpacks to 405 MB, more than the 400 MB",
    ),
    "huge": (lambda: zipped({"huge.png": bytes(51_000_000)}), "huge.png is 51.0 MB, more than the 50 MB"),
    "none": (lambda: zipped({"notes.txt": b"hello"}), "holds no pictures"),
    "damaged": (lambda: b"PK\x03\x04" + bytes(100), "is cut short or damaged"),
}
"""How to make each, and what is said of it; made in the test, since packing takes seconds."""


@pytest.mark.parametrize("name", BAD_ZIP_FILES)
def test_a_bad_zip_file_gets_one_sentence(start, networks: Path, name: str) -> None:
    content, expected = BAD_ZIP_FILES[name]
    app = upload(start(networks, PAGE), bad_zip=content())
    assert invites(app)
    assert len(app.warning) == 1
    assert expected in shown(app.warning[0].value)


def test_a_zip_file_with_too_many_photos_fills_what_room_there_is(start, networks: Path, monkeypatch) -> None:
    monkeypatch.setattr("nat_app.visit.photos.MOST", 3)
    app = upload(start(networks, PAGE), a_jpg=BEE, many_zip=zipped({f"{number}.jpg": BEE for number in range(5)}))
    assert photos.too_many(3) in said(app)
    monkeypatch.setattr("nat_app.visit.photos.MOST", 10)
    app.run()
    assert "too many" not in said(app)
    assert plain(words.photos_caption(6, 0.9)) in said(app)


def test_many_unreadable_files_do_not_fill_the_page(start, networks: Path) -> None:
    app = upload(start(networks, PAGE), bad_zip=zipped({f"{number}.png": b"no" for number in range(30)}))
    assert app.warning[0].value.splitlines()[6:] == words.problems(["x"] * 30, 0).splitlines()[6:]
    assert app.warning[0].value.count("\n") == 7


def test_a_folder_comes_beside_the_files(start, networks: Path) -> None:
    app = upload(start(networks, PAGE), bee_jpg=BEE)
    app.toggle(key="folder").set_value(True).run()
    folder = app.file_uploader(key="folder_uploads")
    assert folder.accept_directory
    assert ".jpg" in folder.allowed_type
    folder.set_value([("trip/wide.jpg", WIDE, "image/jpeg")]).run()
    assert plain(words.photos_caption(2, 0.9)) in said(app)
    app.toggle(key="folder").set_value(False).run()
    assert "2 photos," in said(app)
    app.file_uploader(key="uploads").clear().run()
    assert "1 photo. Sure means" in said(app)


def test_the_way_of_making_squares_changes_what_networks_see(start, networks: Path) -> None:
    app = upload(start(networks, PAGE, samples=True), wide_jpg=WIDE)
    seen = {}
    for crop in ("centre", "squash", "pad"):
        app.segmented_control(key="crop").set_value(crop).run()
        assert not app.exception
        seen[crop] = [ElementTree.tostring(each) for each in bars(app)]
    assert seen["centre"] != seen["squash"] != seen["pad"]
    assert len(seen["pad"]) == 8


def test_the_table_holds_all_photos_those_that_disagree_most_first(start, networks: Path) -> None:
    app = start(networks, PAGE, samples=True, part="Table of all")
    table = app.dataframe[0].value
    assert len(table) == 12
    assert list(table["Apart"]) == sorted(table["Apart"], reverse=True)
    # Whoever subtracts the two columns, as they are written, gets the third.
    both = zip(table["Baseline, how sure"], table["NAT, how sure"], strict=True)
    shown = [f"{abs(float(f'{first:.1f}') - float(f'{second:.1f}')):.1f}" for first, second in both]
    assert [f"{each:.1f}" for each in table["Apart"]] == shown
    assert table["Photo"].str.startswith("data:image/jpeg;base64,").all()
    # The one that a phone shows says the same in three columns.
    short = app.table[0].value
    assert list(short["Name"]) == [literal(name) for name in table["Name"]]
    first = f"{table['NAT says'][0]} {percent(table['NAT, how sure'][0] / 100)}"
    assert short["NAT"][0] == first


def test_photos_stand_beside_the_stored_set_that_is_chosen(start, networks: Path) -> None:
    app = start(networks, PAGE, samples=True, part="Beside a stored set")
    assert plain(words.beside_sentence(12, pictures_of("cifar100_test", 1000))) in said(app)
    app.selectbox(key="beside").set_value("ilsvrc").run()
    assert plain(words.beside_sentence(12, pictures_of("ilsvrc", 300))) in said(app)


def opened(app: AppTest) -> AppTest:
    next(button for button in app.button if button.key and button.key.startswith("open_")).click().run()
    return app


def test_a_photo_opens_large_and_closes(start, networks: Path) -> None:
    app = opened(start(networks, PAGE, samples=True))
    assert len(app.subheader) == 1
    assert plain(f"Sure means above {percent(0.9)}. The baseline ") in said(app)
    app.button(key="close").click().run()
    assert not app.subheader


@pytest.mark.parametrize("way", list(WAYS))
def test_every_way_asks_both_networks_once(start, networks: Path, monkeypatch, way: str) -> None:
    import nat_core.network.inference

    asked = []
    predict = nat_core.network.inference.predict
    monkeypatch.setattr(
        nat_core.network.inference,
        "predict",
        lambda net, pixels, **rest: asked.append(len(pixels)) or predict(net, pixels, **rest),
    )
    app = opened(start(networks, PAGE, samples=True, way=way))
    assert asked == [51, 51]
    slider = app.slider(key=f"far_{way}")
    assert live_data(app)["place"] == 20
    slider.set_value(slider.max).run()
    assert asked == [51, 51]
    data = live_data(app)
    caption = data["says"][data["place"]]["caption"].replace("\u00a0", " ")
    assert caption.endswith(f" {round(100 * WAYS[way].furthest)} % {WAYS[way].of}")


def test_a_photo_fades_into_another_of_the_visitors(start, networks: Path) -> None:
    app = upload(start(networks, PAGE), bee_jpg=BEE, wide_jpg=WIDE)
    opened(app)
    app.segmented_control(key="way").set_value("picture").run()
    choice = app.selectbox(key="other_picture")
    assert len(choice.options) == 1 + len(gallery_pictures())
    assert choice.options[0] in ("bee.jpg", "wide.jpg")
    assert app.subheader[0].value.replace("\\", "") != choice.options[0]


def test_forgetting_closes_the_opened_photo(start, networks: Path) -> None:
    app = upload(start(networks, PAGE), bee_jpg=BEE)
    assert opened(app).subheader
    app.button(key="forget").click().run()
    assert invites(app)


def test_digits_look_at_photos_too(start, networks: Path) -> None:
    app = upload(start(networks, PAGE, pair="digits"), bee_jpg=BEE)
    assert not app.exception
    assert len(alts(app)) > 2


# --- words, charts and files by hand ----------------------------------------------------------------------------------


def said_of(confidences: list[float], winner: int = 1) -> Predictions:
    """Predictions of three classes with these confidences, the other two sharing the rest."""
    rows = []
    for confidence in confidences:
        shares = np.full(3, (1 - confidence) / 2)
        shares[winner] = confidence
        rows.append(np.log(shares))
    return Predictions("net", "upload", tuple(f"{i}" for i in range(len(rows))), np.array(rows, np.float32))


def sweep(*until: int, end: float = 0.4) -> dict[Kind, Predictions]:
    """Both networks sure up to these steps of 51 and then not, with this confidence at the very end."""
    kinds: tuple[Kind, Kind] = ("baseline", "nat")
    made = {}
    for kind, last in zip(kinds, until, strict=True):
        made[kind] = said_of([0.95 if step <= last else 0.4 for step in range(50)] + [end])
    return made


@pytest.mark.parametrize(
    ("swept", "way", "expected"),
    [
        (sweep(20, 5), "noise", "The baseline stays sure up to 40 % noise. NAT stays sure up to 10 % noise."),
        (sweep(20, -1), "add", "The baseline stays sure up to 80 % added noise. NAT is never sure."),
        (
            sweep(49, 5, end=0.99),
            "picture",
            "The baseline stays sure all the way. NAT stays sure up to 10 % of the other picture, and of the other "
            "picture it is sure again: cat.",
        ),
        (
            sweep(-1, 20, end=0.95),
            "noise",
            "The baseline is not sure to begin with, but of noise alone it is sure: cat. NAT stays sure up to 40 % "
            "noise, and of noise alone it is sure again: cat.",
        ),
        (
            {"baseline": said_of([0.4] * 20 + [0.95] * 20 + [0.4] * 11), "nat": said_of([0.4] * 51)},
            "noise",
            "The baseline is sure neither to begin with nor at the end, but in between it is. NAT is never sure.",
        ),
    ],
)
def test_how_long_the_networks_stay_sure(swept: dict, way: str, expected: str) -> None:
    sentence = ways.stays_sure_sentence(swept, WAYS[way], CLASSES, 0.9).replace("\u00a0", " ")
    assert sentence == f"Sure means above 90 %. {expected}"


def test_both_answers_stand_at_every_step_of_the_way() -> None:
    said = fade.step_texts(sweep(20, 5), WAYS["add"], CLASSES)
    assert len(said) == len(ways.percents(WAYS["add"])) == 51
    step = {key: text.replace("\u00a0", " ") for key, text in said[10].items()}
    assert step == {
        "caption": "What the networks see, with 40 % added noise",
        "baseline": "Baseline 95 % cat",
        "nat": "NAT 40 % cat",
    }


def test_dots_stack_as_high_as_their_share() -> None:
    own: dict[Kind, np.ndarray] = {"baseline": np.array([0.97, 0.99, 1.0, 0.2]), "nat": np.array([0.1, 0.1, 0.95, 0.2])}
    stored: dict[Kind, np.ndarray] = dict.fromkeys(own, np.full(20, 0.05))
    figure = as_drawn(charts.own_distribution(own, list("abcd"), [False, None, True, False], stored, 0.9, LIGHT))
    dots = [trace for trace in figure.data if isinstance(trace, go.Scatter)]
    assert list(dots[0].x) == [0.975, 0.975, 0.975, 0.225]
    assert list(dots[0].y) == [0.125, 0.375, 0.625, 0.125]
    assert list(dots[0].marker.symbol) == ["triangle-up", "diamond", "square", "circle"]
    assert list(dots[1].marker.symbol) == ["circle", "diamond", "square", "circle"]
    # Hollow marks are filled with the page's ground, so that no bar shows through them.
    assert list(dots[0].marker.color) == [LIGHT.fooled, LIGHT.ground, LIGHT.kept, LIGHT.ground]
    assert figure.data[0].marker.pattern.shape == "/"


def card(name: str, baseline: float, nat: float, label: str | None = labels.NONE) -> AnswerCard:
    said: dict[Kind, np.ndarray] = {
        "baseline": np.array([baseline, 1 - baseline, 0]),
        "nat": np.array([1 - nat, nat, 0]),
    }
    pixels = np.zeros((32, 32, 3), np.uint8)
    return AnswerCard(name, name, pixels, pixels, label, True, {k: OwnAnswer(v, CLASSES, {}) for k, v in said.items()})


CARDS = [card('<b>"x",y</b>.jpg', 0.95, 0.6), card("b.png", 0.5, 0.91, "cat"), card("c.png", 0.98, 0.98, None)]
CONDITIONS = Conditions(pair_named("wrn16_1"), 0.9, "pad")


def test_csv_has_a_row_for_each_photo() -> None:
    rows = list(csv.DictReader(io.StringIO(photos_csv(CARDS, CONDITIONS))))
    assert [row["photo"] for row in rows] == ['<b>"x",y</b>.jpg', "b.png", "c.png"]
    assert [row["one_of_the_classes"] for row in rows] == ["no", "yes", "not said"]
    assert [row["shows"] for row in rows] == ["none", "cat", ""]
    assert (rows[0]["baseline_network"], rows[0]["baseline_answer"]) == ("wrn16_1_baseline", "bird")
    assert (rows[0]["baseline_sure"], rows[0]["nat_sure"]) == ("yes", "no")
    assert (rows[0]["disagreement"], rows[0]["nat_cat"]) == ("0.350000", "0.600000")
    assert (rows[0]["made_square_by"], rows[0]["t"]) == ("pad", "0.90")


def test_the_report_needs_no_other_file_and_runs_no_script() -> None:
    report = report_html(CARDS, CONDITIONS, ["The <finding>.", "A sentence."])
    assert "<h1>The &lt;finding&gt;.</h1>" in report
    assert "&lt;b&gt;&quot;x&quot;,y&lt;/b&gt;.jpg" in report
    assert "<b>" not in report
    assert "<script" not in report
    assert all(address.startswith("data:image/") for address in re.findall(r'(?:src|href)="([^"]*)"', report))
    assert report.count("▲\u00a0Fooled") == 1
    assert report.count("◇\u00a0Sure: right or wrong depends on what it shows.") == 2
    assert "■\u00a0Kept." in report
    assert "pad with white" in report
    assert "wrn16_1_baseline and wrn16_1_nat" in report


def test_pictures_keep_their_pixels_in_the_report() -> None:
    from base64 import b64decode

    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    content = b64decode(png_url(pixels).partition(",")[2])
    assert (np.asarray(Image.open(io.BytesIO(content))) == pixels).all()


def test_cards_are_counted_by_what_they_show() -> None:
    count = count_cards(CARDS, 0.9)
    assert count.fooled is not None
    assert (count.fooled.pictures, count.fooled.counts) == (1, {"baseline": 1, "nat": 0})
    assert (count.known, count.kept, count.waiting) == (1, {"baseline": 0, "nat": 1}, 1)


def test_a_photo_counts_nowhere_until_the_visitor_has_said_what_it_shows() -> None:
    both_say_cat = card("cat.jpg", 0.02, 0.98, None)
    count = count_cards([both_say_cat], 0.9)
    assert (count.fooled, count.known, count.waiting) == (None, 0, 1)
    told = words.findings(count.fooled, count.known, count.kept, count.waiting)
    assert told == ["What does your photo show?", "One photo is not counted until you say what it shows."]
    assert "Fooled" not in verdicts.verdict(both_say_cat.said["nat"].answer, None, 0.9)
    assert labels.question(["cat", "cat"]) == "Both say cat. Is it?"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("cat", ":green[■]\u00a0Kept."),
        ("dog", ":green[■]\u00a0Kept, as the wrong one: it is a dog."),
        (labels.ANOTHER, ":green[■]\u00a0Kept, as the wrong one."),
        (labels.NONE, ":orange[▲]\u00a0Fooled: sure, and wrong."),
        (None, "◇\u00a0Sure: right or wrong depends on what it shows."),
    ],
)
def test_the_verdict_goes_by_what_the_photo_shows(label: str | None, expected: str) -> None:
    assert verdicts.verdict(Answer(0.95, "cat"), label, 0.9) == expected
    assert verdicts.verdict(Answer(0.5, "cat"), label, 0.9)[0] == {None: "◇", labels.NONE: "○"}.get(label, "□")


@dataclass
class Dropped:
    """A file of a drop zone that notes when it is read."""

    file_id: str
    name: str
    content: bytes
    happened: list[str]

    def getvalue(self) -> bytes:
        self.happened.append(f"read {self.name}")
        return self.content


def test_each_photo_is_told_of_before_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    monkeypatch.setattr(photos.decoding, "views", lambda content, name, admit: read_views(content, name=name))
    files = [Dropped(name, f"{name}.jpg", content, happened) for name, content in (("a", BEE), ("b", WIDE))]
    files.insert(1, Dropped("c", "c.png", b"no picture", happened))
    own = photos.OwnPhotos()
    for _ in range(2):  # in the second run nothing is new
        own.take("uploads", files, lambda photo: happened.append(f"answered {photo.name}"))
    assert happened == ["read a.jpg", "answered a.jpg", "read c.png", "read b.jpg", "answered b.jpg"]


def test_what_stood_there_while_photos_were_read_gives_way_to_the_cards(start, networks: Path) -> None:
    app = upload(start(networks, PAGE), bee_jpg=BEE, wide_jpg=WIDE)
    assert len(bars(app)) == 2
    assert len([each for each in app.button if (each.key or "").startswith("open_")]) == 2


def test_a_sample_is_shared_with_its_author_and_licence(networks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    picture = next(each for each in samples() if each.author)
    shared = from_sample(pair_named("wrn16_1"), picture)
    assert shared.credit == f"{picture.caption}. {picture.author}, {picture.licence}."
