"""Charts, maps, words and the gallery: figures hold the numbers they were given, sentences are computed from them."""

import doctest
import importlib
import pkgutil
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nat_app
from nat_app.shared import words
from nat_app.shared.drawing.palette import DARK, LIGHT, Kind, palette
from nat_app.shared.gallery import FOLDER, NO_CLASS, credits_text, gallery_pictures, samples, with_inset
from nat_app.shared.pairs import OFFERED, default_pair, pair_named
from nat_app.shared.words import Answer
from nat_app.views.attention.maps import MapRow, Overlay, attention_grid, coloured, scale
from nat_app.views.attention.words import faint
from nat_app.views.thresholds import charts as sweeps
from nat_app.views.your_photos import words as photo_words
from nat_app.visit import verdicts
from tests.pages import as_drawn, parts, plain

CLASSES = ("cat", "dog", "ship", "truck")
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(nat_app.__path__, "nat_app.")
    if not module.ispkg and not module.name.endswith((".main", ".view"))  # scripts, which run on import
)


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_the_docstrings_hold(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0


# --- charts ----------------------------------------------------------------------------------------------------------


def test_curves_are_labelled_and_marked_at_the_papers_thresholds() -> None:
    thresholds = np.arange(101) / 100
    rates: dict[Kind, np.ndarray] = {"baseline": 1 - thresholds, "nat": (1 - thresholds) ** 4}
    figure = as_drawn(sweeps.rate_curves(rates, thresholds, {"baseline": 0.9, "nat": 0.9}, LIGHT, "fooled (NCR)"))
    assert [list(trace.x) for trace in figure.data if trace.mode == "markers"] == [[0.4, 0.6, 0.8, 0.9]] * 2
    # No line shows through a hollow mark: it is filled with the page's ground.
    inside = [trace.marker.color for trace in figure.data if trace.mode == "markers"]
    assert inside == [LIGHT.ground, LIGHT.nat]
    higher, lower = figure.layout.annotations
    assert (higher.text, lower.text) == ("<b>Baseline</b>", "<b>NAT</b>")
    assert higher.y > lower.y
    # Nor through a label: the line of the threshold may stand anywhere.
    assert higher.bgcolor == lower.bgcolor == LIGHT.ground
    assert len(figure.layout.shapes) == 1


def test_fooled_for_kept_marks_95_and_puts_each_name_on_its_free_side() -> None:
    kept = np.arange(1, 101) / 100
    figure = as_drawn(sweeps.fooled_for_kept({"baseline": kept, "nat": kept**4}, kept, LIGHT))
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    assert [list(trace.x) for trace in marks] == [[0.95], [0.95]]
    assert list(marks[0].y) == [0.95]
    assert [note.xanchor for note in figure.layout.annotations] == ["right", "left"]
    # On a phone its ticks have room, and are not turned: none is nearer than the tenth of 50 %.
    axis = figure.layout.xaxis
    assert axis.tickangle == 0
    assert min(np.diff(axis.tickvals)) >= 0.1 - 1e-9
    assert axis.tickvals[-1] == 0.95


def test_class_bars_carry_what_a_selection_needs() -> None:
    figure = as_drawn(sweeps.class_bars({"baseline": np.full(4, 0.1), "nat": np.zeros(4)}, CLASSES, "share", LIGHT))
    assert list(figure.data[1].customdata[2]) == [1, 2]
    assert [bar.marker.pattern.shape for bar in figure.data] == ["/", ""]


def test_themes_have_their_own_colours_and_light_is_the_fallback() -> None:
    assert palette("dark") is DARK
    assert palette("light") is palette(None) is LIGHT
    assert (LIGHT.of("baseline"), LIGHT.of("nat")) == ("#6E6E6E", "#0072B2")


def test_text_colours_can_be_read_on_white() -> None:
    for colour in (LIGHT.baseline, LIGHT.nat, LIGHT.fooled_text, LIGHT.kept_text):
        channels = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 4.5


# --- attention maps --------------------------------------------------------------------------------------------------


def test_a_level_has_one_scale_for_all_networks() -> None:
    strong = {"low": np.full((4, 4), 8.0), "middle": np.ones((2, 2)), "high": np.full((1, 1), 0.5)}
    weak = {"low": np.full((4, 4), 2.0), "middle": np.ones((2, 2)), "high": np.full((1, 1), 3.0)}
    rows = (MapRow("one", "cat", strong), MapRow("other", "dog", weak))
    grid = ElementTree.fromstring(attention_grid(rows, Overlay(own_scale=False), alt="a"))
    assert [[end.text for end in each] for each in parts(grid, "ends")] == [["0", "8"], ["0", "1"], ["0", "3"]]
    own = ElementTree.fromstring(attention_grid(rows, alt="a"))
    assert [each.text for each in parts(own, "note")] == [f"0 to {most}" for most in ("8", "1", "0.5", "2", "1", "3")]
    assert coloured(strong["low"], 8.0)[0, 0].tolist() == scale()[-1] != coloured(weak["low"], 8.0)[0, 0].tolist()


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "label", "expected"),
    [
        (Answer(0.97, "ship"), "none", "Baseline: 97 % ship. Sure, and wrong."),
        (Answer(0.72, "ship"), "none", "Baseline: 72 % ship. Fairly sure, and wrong."),
        (Answer(0.48, "ship"), "none", "Baseline: 48 % ship. It leans the wrong way, but is not sure."),
        (Answer(0.14, "ship"), "none", "Baseline: 14 %. It does not know."),
        (Answer(0.97, "ship"), "ship", "Baseline: 97 % ship. Sure, and right."),
        (Answer(0.97, "ship"), "airplane", "Baseline: 97 % ship. Sure, and wrong: this is an airplane."),
        (Answer(0.48, "ship"), "ship", "Baseline: 48 % ship. It leans the right way, but is not sure."),
        (Answer(0.3, "ship"), "ship", "Baseline: 30 %. It does not know, although this is one of the ten."),
        (Answer(0.97, "ship"), None, "Baseline: 97 % ship. Sure."),
        (Answer(0.48, "ship"), None, "Baseline: 48 % ship. It leans that way, but is not sure."),
    ],
)
def test_what_a_network_says(answer: Answer, label: str | None, expected: str) -> None:
    assert plain(words.answer_sentence("baseline", answer, label, 0.9)) == expected


@pytest.mark.parametrize(
    ("baseline", "nat", "label", "expected"),
    [
        (("ship", 0.97), ("ship", 0.14), "none", "One network is sure. The other says it does not know."),
        (("ship", 0.97), ("ship", 0.5), "none", "One network is sure. The other hesitates."),
        (("ship", 0.97), ("frog", 0.95), "none", "Both networks are sure, and both are wrong."),
        (("ship", 0.3), ("frog", 0.95), "none", "This time it is NAT that is sure, and wrong."),
        (("ship", 0.3), ("frog", 0.2), "none", "Both networks say that they do not know."),
        (("ship", 0.5), ("frog", 0.2), "none", "Neither network is sure."),
        (("ship", 0.97), ("ship", 0.95), "ship", "Both networks know this one."),
        (("cat", 0.97), ("dog", 0.95), "ship", "Both networks are sure, and both are wrong."),
        (("ship", 0.97), ("dog", 0.95), "ship", "Both networks are sure. Only the baseline is right."),
        (("dog", 0.97), ("ship", 0.95), "ship", "Both networks are sure. Only NAT is right."),
        (("ship", 0.97), ("ship", 0.3), "ship", "The baseline knows this one. NAT holds back."),
        (("dog", 0.97), ("ship", 0.3), "ship", "The baseline is sure, and wrong. NAT holds back."),
        (("ship", 0.3), ("ship", 0.97), "ship", "NAT knows this one. The baseline holds back."),
        (("ship", 0.3), ("dog", 0.97), "ship", "NAT is sure, and wrong. The baseline holds back."),
        (("ship", 0.3), ("ship", 0.3), "ship", "Neither network is sure, although this is one of the ten."),
    ],
)
def test_the_title_says_the_finding(baseline, nat, label: str, expected: str) -> None:
    answers = (Answer(baseline[1], baseline[0]), Answer(nat[1], nat[0]))
    assert words.picture_title(*answers, label, 0.9) == expected


def test_nothing_is_said_where_nat_is_not_fooled() -> None:
    sure, unsure = Answer(0.95, "ship"), Answer(0.2, "ship")
    assert words.nat_fooled(sure, unsure, 0.9, 0.05, "CIFAR-100 pictures") == ""


def test_exactly_the_threshold_is_not_above_it() -> None:
    assert words.grade(0.9, 0.9) == "fairly sure"
    assert words.nat_fooled(Answer(1, "cat"), Answer(0.9, "cat"), 0.9, 0.1, "pictures") == ""
    assert verdicts.verdict(Answer(0.9, "cat"), NO_CLASS, 0.9) == "○\u00a0Not fooled."


def test_singular_and_plural() -> None:
    assert [words.plural(number, "photo") for number in (1, 2, 10_000)] == ["1 photo", "2 photos", "10,000 photos"]
    assert words.listed(["a bird"]) == "a bird"


def test_a_files_name_is_no_markup() -> None:
    sentence = photo_words.problems(["![x](http://e.org/a.png) is text."], 2)
    assert "![" not in sentence
    assert sentence.endswith(photo_words.others_are_fine(2))


def test_a_map_of_a_network_with_an_answer_is_not_faint() -> None:
    assert faint(Answer(0.5, "cat"), "NAT teacher", 10) == ""


@given(st.floats(0, 1))
def test_percent_never_rounds_to_none_or_all(share: float) -> None:
    text = plain(words.percent(share))
    assert (text == "0 %") == (share == 0)
    assert (text == "100 %") == (share == 1)


# --- pairs and pictures ----------------------------------------------------------------------------------------------


def test_the_default_pair_is_the_largest_that_is_whole() -> None:
    whole = [name for pair in OFFERED for name in pair.names]
    assert default_pair(whole).key == "resnet18"
    assert default_pair([name for name in whole if "resnet" not in name]).key == "wrn40_1"
    assert default_pair(["wrn40_1_nat"]).key == "wrn16_1"
    assert default_pair([]).key == "wrn16_1"
    with pytest.raises(ValueError, match="known: resnet18, resnet18_strong, wrn40_1, wrn16_1, students, digits"):
        pair_named("banana")


def test_the_gallery_has_every_class_and_its_files() -> None:
    labels = {picture.label for picture in gallery_pictures()}
    assert len(labels) == 11
    assert all(picture.path.is_file() for picture in gallery_pictures())
    assert {path.name for path in FOLDER.glob("*.jpg")} == {picture.file for picture in gallery_pictures()}
    assert len({picture.name for picture in gallery_pictures()}) == len(gallery_pictures())
    assert sum(picture.known for picture in samples()) == 3


def test_the_credits_are_made_from_the_gallerys_file() -> None:
    assert (FOLDER / "CREDITS.md").read_text(encoding="utf-8") == credits_text()
    assert all(picture.author for picture in gallery_pictures() if picture.licence.startswith("CC BY"))


def test_the_corner_shows_what_the_networks_see() -> None:
    shown = with_inset(np.zeros((100, 300, 3), np.uint8), np.full((32, 32, 3), 200, np.uint8))
    assert shown.shape == (512, 512, 3)
    assert (shown[-1, -1], shown[0, 0]) == (pytest.approx([200] * 3), pytest.approx([0] * 3))
