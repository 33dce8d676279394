"""Attention in every state: overlay, scales, distances, and attributions computed when asked for."""

import io
import re
from base64 import b64decode
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from nat_app.answers.level_spreads import Spread
from nat_app.frame.wall import TEXT
from nat_app.server.own_pages.server_pages import STYLE
from nat_app.shared.drawing.palette import DARK, LIGHT
from nat_app.shared.gallery import FOLDER, gallery_pictures
from nat_app.views.attention import maps, words
from nat_app.views.attention.attributions import attribution_maps
from nat_app.views.attention.maps import LEVELS, MapRow, Overlay, attention_grid, scale
from nat_app.views.attention.settings import PARTS
from nat_app.views.attention.words import METHODS
from nat_app.views.your_photos.settings import PARTS as PARTS_OF_PHOTOS
from nat_core.language import use
from nat_core.measure.metrics import map_distances
from nat_core.store.checkpoints import load_maps
from tests.pages import PAGES, alts, as_drawn, charts, drawn, parts, places, said
from tests.pseudo import WORD, loose_words, speak_pseudo
from tests.synthetic import write_pairs

pytestmark = pytest.mark.usefixtures("kept_caches")
PAGE = PAGES[3]
BEE = (FOLDER / "none-bee.jpg").read_bytes()
SECOND = "Which pixels speak for the answer"
CREDITS = frozenset(
    word.lower() for each in gallery_pictures() for word in WORD.findall(f"{each.author} {each.licence}")
)
"""Names of people and of licences."""


def pixels_of(image: ElementTree.Element) -> np.ndarray:
    """The pixels of a picture that stands in the page itself."""
    return np.asarray(Image.open(io.BytesIO(b64decode(image.get("src", "").partition(",")[2]))))


def test_the_maps_lie_over_the_photo_as_strongly_as_wanted(start, networks: Path) -> None:
    app = start(networks, PAGE, pair="wrn40_1")
    (grid,) = drawn(app, "nat-looks")
    assert "--strength: 0.75" in grid.get("style", "")
    assert len(parts(grid, "ground")) == len(parts(grid, "over")) == 12
    assert words.maps_caption(0.75, own_scale=True) in said(app)
    app.slider(key="strength").set_value(100).run()
    assert "--strength: 1.00" in drawn(app, "nat-looks")[0].get("style", "")
    app.toggle(key="own_scale").set_value(False).run()
    assert words.maps_caption(1.0, own_scale=False) in said(app)


def test_each_map_has_its_own_scale_until_one_a_column_is_wanted(start, networks: Path) -> None:
    app = start(networks, PAGE)
    assert not app.warning
    assert words.STRETCHED in said(app)
    (grid,) = drawn(app, "nat-looks")
    assert all((pixels_of(each) == scale()[-1]).all(axis=-1).any() for each in parts(grid, "over"))
    assert len(parts(grid, "note")) == len(parts(grid, "over")) == 12
    app.toggle(key="own_scale").set_value(False).run()
    assert words.STRETCHED not in said(app)
    assert words.maps_caption(0.75, own_scale=False) in said(app)
    (grid,) = drawn(app, "nat-looks")
    assert (len(parts(grid, "scale")), len(parts(grid, "note"))) == (3, 0)


@pytest.mark.parametrize(("pair", "rows"), [("wrn16_1", ["Baseline (WRN-16-1)", "NAT (WRN-16-1)"]),
                                            ("wrn40_1", ["Baseline (WRN-40-1)", "NAT (WRN-40-1)",
                                                         "Student of the baseline (WRN-16-1)",
                                                         "Student of NAT (WRN-16-1)"])])  # fmt: skip
def test_the_chosen_pair_and_its_students_are_shown_in_named_columns(
    start, networks: Path, pair: str, rows: list[str]
) -> None:
    (grid,) = drawn(start(networks, PAGE, pair=pair), "nat-looks")
    assert [each[0].text for each in parts(grid, "who")] == rows
    assert [each.text for each in parts(grid, "level")] == list(LEVELS.values())


def test_this_picture_stands_on_the_gallerys_spread(start, networks: Path) -> None:
    app = start(networks, PAGE, looked_at="none-bee.jpg")
    diamonds = [each / 100 * 1.47 - 0.02 for each in places(drawn(app, "nat-bars nat-apart")[0], "here")]
    stored = [load_maps(networks, name) for name in ("wrn40_1_baseline", "wrn40_1_nat")]
    place = sorted(path.name for path in FOLDER.glob("*.jpg")).index("none-bee.jpg")
    expected = [map_distances(*(each[level] for each in stored))[place] for level in LEVELS]
    assert diamonds == pytest.approx(expected, abs=2e-4)
    assert "45 gallery pictures" in said(app)


def test_digits_know_no_photos(start, networks: Path) -> None:
    app = start(networks, PAGE, pair="digits")
    assert "has not been asked about the photos" in app.title[0].value
    assert not charts(app)


@pytest.mark.parametrize("method", list(METHODS))
def test_attributions_of_both_networks_when_asked_for(start, tmp_path: Path, method: str) -> None:
    app = start(write_pairs(tmp_path, "wrn16_1"), PAGE, attention_part=SECOND, method=method)
    assert not charts(app)
    app.button(key="compute").click().run()
    figure = charts(app)["signed_maps"]
    assert len(figure.data) == 2
    assert all(trace.zmin == -trace.zmax for trace in figure.data)
    assert figure.data[0].zmax == figure.data[1].zmax
    assert np.shape(figure.data[0].z) == ((8, 8) if method == "grad_cam" else (32, 32))
    assert "Baseline, " in said(app)
    app.toggle(key="own_scale_signed").set_value(True).run()
    assert all(trace.zmax == pytest.approx(np.abs(trace.z).max()) for trace in charts(app)["signed_maps"].data)
    assert "compare shapes only" in said(app)


def test_attributions_are_computed_once_and_wait_for_another_question(start, tmp_path: Path, monkeypatch) -> None:
    import nat_core.network.explain

    computed = []
    occlusion = nat_core.network.explain.occlusion
    monkeypatch.setattr(
        nat_core.network.explain,
        "occlusion",
        lambda *args, **rest: computed.append(args[2]) or occlusion(*args, **rest),
    )
    app = start(write_pairs(tmp_path, "wrn16_1"), PAGE, attention_part=SECOND, method="occlusion")
    app.selectbox(key="speaks_for").set_value("dog").run()
    app.button(key="compute").click().run()
    assert computed == [5, 5]
    app.toggle(key="own_scale_signed").set_value(True).run()
    assert computed == [5, 5]
    app.selectbox(key="speaks_for").set_value("cat").run()
    assert not charts(app)
    app.selectbox(key="speaks_for").set_value("dog").run()
    assert computed == [5, 5]


def test_grad_cam_at_each_level(start, tmp_path: Path) -> None:
    app = start(write_pairs(tmp_path, "wrn16_1"), PAGE, attention_part=SECOND, method="grad_cam", grad_cam_level="low")
    app.button(key="compute").click().run()
    assert np.shape(charts(app)["signed_maps"].data[0].z) == (32, 32)


def test_the_visitors_own_photo_is_explained_too(start, tmp_path: Path) -> None:
    app = start(write_pairs(tmp_path, "wrn16_1"), PAGES[1], attention_part=SECOND, method="grad_cam")
    app.file_uploader(key="uploads").upload("my_bee.jpg", BEE, "image/jpeg").run()
    app.switch_page(PAGE).run()
    app.selectbox(key="looked_at").select_index(0).run()
    app.button(key="compute").click().run()
    assert "signed_maps" in charts(app)


def test_damaged_weights_are_said_when_an_attribution_needs_them(start, tmp_path: Path) -> None:
    write_pairs(tmp_path, "wrn16_1")
    weights = tmp_path / "wrn16_1_nat" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    app = start(tmp_path, PAGE, attention_part=SECOND)
    app.button(key="compute").click().run()
    assert not app.exception
    assert "truncated" in app.warning[0].value


def test_on_the_wall_charts_are_told_how_large_their_text_is(start, networks: Path) -> None:
    figures = (
        charts(start(networks, PAGES[1], wall=on, part=PARTS_OF_PHOTOS[2], samples=True)) for on in (False, True)
    )
    here, wall = (each["distribution"].layout for each in figures)
    assert {each.font.size for each in wall.annotations} == {TEXT}
    assert (wall.height, wall.margin.t) == (round(1.2 * here.height), round(1.2 * here.margin.t))
    assert f"font-size: {TEXT}px" in STYLE


# --- in other languages ---------------------------------------------------------------------------------------------


def test_no_word_of_the_maps_lacks_its_translation(start, networks: Path, monkeypatch) -> None:
    speak_pseudo(monkeypatch)
    for scaled in (True, False):
        app = start(networks, PAGE, pair="wrn40_1", lang="xx", own_scale=scaled)
        assert "⟦" in app.title[0].value
        assert loose_words(app, CREDITS) == []


@pytest.mark.parametrize("method", list(METHODS))
def test_no_word_of_the_attributions_lacks_its_translation(start, tmp_path: Path, monkeypatch, method: str) -> None:
    speak_pseudo(monkeypatch)
    app = start(write_pairs(tmp_path, "wrn16_1"), PAGE, lang="xx", attention_part=SECOND, method=method)
    assert loose_words(app, CREDITS) == []
    app.button(key="compute").click().run()
    assert "signed_maps" in charts(app)
    assert loose_words(app, CREDITS) == []


def test_the_maps_are_told_in_german(start, networks: Path) -> None:
    app = start(networks, PAGE, pair="wrn40_1", lang="de", looked_at="none-bee.jpg")
    stored = [load_maps(networks, name) for name in ("wrn40_1_baseline", "wrn40_1_nat")]
    place = sorted(path.name for path in FOLDER.glob("*.jpg")).index("none-bee.jpg")
    low, middle, high = (f"{map_distances(*(each[level] for each in stored))[place]:.3f}".replace(".", ",")
                         for level in LEVELS)  # fmt: skip
    assert re.search(rf"unten {low} \(\d,\d{{3}}\), in der Mitte {middle} \(\d,\d{{3}}\), oben {high} ", said(app))
    assert "Median über 45 Bilder der Galerie" in said(app)


def test_a_switch_of_the_language_leaves_the_tab_open(start, networks: Path) -> None:
    app = start(networks, PAGE, attention_part=SECOND)
    assert [tab.label for tab in app.tabs] == list(PARTS)
    app.selectbox(key="lang").set_value("de").run()
    use("de")
    assert [tab.label for tab in app.tabs] == ["Wohin sie schauen", "Welche Pixel für die Antwort sprechen"]
    assert not drawn(app, "nat-looks")
    assert app.button(key="compute").label == "Berechnen"


def test_where_each_network_looks_is_told_to_those_who_cannot_see_it(start, networks: Path) -> None:
    app = start(networks, PAGE, looked_at="none-bee.jpg")
    place = sorted(path.name for path in FOLDER.glob("*.jpg")).index("none-bee.jpg")
    maps_of = {level: each[place] for level, each in load_maps(networks, "wrn40_1_nat").items()}
    assert words.looks_sentence("NAT", maps_of) in alts(app)[0]


# --- figures and words by hand ---------------------------------------------------------------------------------------


def test_every_map_lies_over_the_photo_on_either_scale() -> None:
    shown = {level: np.ones((4, 4)) for level in LEVELS}
    photo = np.zeros((16, 16, 3), np.uint8)
    for own_scale in (False, True):
        rows = (MapRow("<a>", "97 % cat", shown), MapRow("b", "no", shown))
        grid = ElementTree.fromstring(attention_grid(rows, Overlay(photo, 0.5, own_scale), alt="<b>"))
        assert (grid.get("aria-label"), parts(grid, "who")[0][0].text) == ("<b>", "<a>")
        # The photo first, so that it lies below its map.
        assert [[each.get("class") for each in one][:2] for one in parts(grid, "map")] == [["ground", "over"]] * 6
        assert "--strength: 0.50" in grid.get("style", "")


@pytest.mark.parametrize(("value", "expected"), [(0.0423, "0.042"), (43.2, "43"), (137.4, "137"), (1234.0, "1,234")])
def test_values_are_short(value: float, expected: str) -> None:
    row = MapRow("a", "cat", {level: np.full((1, 1), value) for level in LEVELS})
    grid = ElementTree.fromstring(attention_grid((row,), Overlay(own_scale=False), alt="a"))
    assert [each.text for each in parts(grid, "ends")[0]] == ["0", expected]


def test_the_spread_is_drawn_from_its_quantiles() -> None:
    spread = Spread("test pictures", 10_000, dict.fromkeys(LEVELS, (0.1, 0.2, 0.3, 0.4, 0.5)))
    drawing = ElementTree.fromstring(maps.distances(dict.fromkeys(LEVELS, 0.7), spread, alt="a"))
    assert [each.text for each in parts(drawing, "said")] == ["0.700"] * 3
    for kind, value in (("thin", 0.1), ("thick", 0.2), ("median", 0.3), ("here", 0.7)):
        assert places(drawing, kind) == pytest.approx([100 * (value + 0.02) / 1.47] * 3, abs=0.01)
    for kind, length in (("thin", 0.4), ("thick", 0.2)):
        assert f"width: {100 * length / 1.47:.2f}%" in parts(drawing, kind)[0].get("style", "")


@pytest.mark.parametrize(
    ("row", "column", "where"),
    [(0, 0, "top left"), (0, 3, "top"), (4, 3, "centre"), (3, 7, "right"), (7, 0, "bottom left"), (7, 4, "bottom")],
)
def test_a_map_is_strongest_in_the_ninth_of_its_one_light(row: int, column: int, where: str) -> None:
    values = np.zeros((8, 8))
    values[row, column] = 1
    assert words.strongest(values) == where


def test_signed_maps_share_a_scale_centred_on_0() -> None:
    values = {"a": np.array([[-2.0, 1.0]]), "b": np.array([[0.5, 0.0]])}
    shared = as_drawn(attribution_maps(values, LIGHT))
    assert [(trace.zmin, trace.zmax) for trace in shared.data] == [(-2, 2), (-2, 2)]
    own = as_drawn(attribution_maps(values, DARK, own_scale=True))
    assert [(trace.zmin, trace.zmax) for trace in own.data] == [(-2, 2), (-0.5, 0.5)]
    assert own.layout.annotations[1].text == "b, \u22120.5 to 0.5"


def test_a_map_of_zeros_has_a_scale() -> None:
    assert as_drawn(attribution_maps({"a": np.zeros((2, 2))}, LIGHT)).data[0].zmax == 1
