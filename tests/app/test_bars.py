"""The bars of a picture's probabilities: lengths and labels from their numbers, marks, colours, strangers' texts."""

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import nat_app
from nat_app.shared.drawing import bars
from nat_app.shared.drawing.palette import DARK, LIGHT, Kind
from tests.pages import parts, places, plain

CLASSES = ("cat", "dog", "ship", "truck")
STYLE = (Path(nat_app.__file__).parent / "frame" / "style.css").read_text(encoding="utf-8")


def test_bars_show_every_probability_and_label_the_winner_alone() -> None:
    drawn = ElementTree.fromstring(
        bars.probability_bars(np.array([0.01, 0.02, 0.9, 0.07]), CLASSES, "baseline", alt="Sure of <a> ship.")
    )
    assert [each.text for each in parts(drawn, "name")] == list(CLASSES)
    lengths = places(drawn, "baseline")
    assert lengths == pytest.approx([each * 100 / 1.2 for each in (0.01, 0.02, 0.9, 0.07)], abs=0.01)
    assert [plain(each.text or "") for each in parts(drawn, "label")] == ["90 %"]
    assert plain(parts(drawn, "baseline")[1].get("title", "")) == "Baseline, dog: 2.0 %"
    assert (drawn.get("role"), drawn.get("aria-label")) == ("img", "Sure of <a> ship.")
    assert [each.text for each in parts(drawn, "whose")] == ["Baseline"]


def test_no_opinion_is_a_line_at_one_over_c_that_says_so() -> None:
    drawn = ElementTree.fromstring(bars.probability_bars(np.full(4, 0.25), CLASSES, "nat", alt=""))
    assert places(drawn, "even") == places(drawn, "words") == [pytest.approx(25 / 1.2, abs=0.01)]
    assert [each.text for each in parts(drawn, "words")] == ["no opinion, 1/4"]
    assert len(set(places(drawn, "nat"))) == 1
    assert places(drawn, "value") == places(drawn, "tick")
    assert "dashed" in re.findall(r"\.nat-bars \.even \{([^}]*)\}", STYLE)[0]


def test_no_line_runs_through_a_label() -> None:
    # That of 89 % reaches over the line at 100 %.
    assert "text-shadow" in re.findall(r"\.nat-bars \.label \{([^}]*)\}", STYLE)[0]


def test_paired_bars_have_both_networks_and_a_label_for_each() -> None:
    said: dict[Kind, np.ndarray] = {
        "nat": np.array([0.1, 0.6, 0.2, 0.1]),
        "baseline": np.array([0.997, 0.001, 0.001, 0.001]),
    }
    drawn = ElementTree.fromstring(bars.paired_bars(said, CLASSES, alt=""))
    first = parts(drawn, "track")[0]
    assert [[each.get("class") for each in bar] for bar in first] == [["baseline", "label"], ["nat"]]
    assert [plain(each.text or "") for each in parts(drawn, "label")] == [">99 %", "60 %"]
    assert len(parts(drawn, "baseline")) == len(parts(drawn, "nat")) == 4


def test_the_classes_of_a_stranger_are_shown_as_they_are() -> None:
    drawn = ElementTree.fromstring(
        bars.probability_bars(np.array([0.4, 0.6]), ("<img src=x>", 'a" & b'), "nat", alt='"><script>')
    )
    assert [each.text for each in parts(drawn, "name")] == ["<img src=x>", 'a" & b']
    assert not list(drawn.iter("img"))


def test_the_style_sheet_has_the_colours_of_the_palette() -> None:
    for name in ("baseline", "nat", "line"):
        assert f"--{name}: light-dark({getattr(LIGHT, name)}, {getattr(DARK, name)});" in STYLE
    faint = re.findall(r"--faint: light-dark\((rgba\(.*?\)), (rgba\(.*?\))\);", STYLE)[0]
    assert [each.replace(" .", " 0.") for each in faint] == [LIGHT.faint, DARK.faint]


def test_the_baseline_is_hatched_and_nat_is_solid() -> None:
    assert "repeating-linear-gradient" in re.findall(r"\.bar > \.baseline \{([^}]*)\}", STYLE)[0]
    assert re.findall(r"\.bar > \.nat \{[^}]*background: ([^;]*);", STYLE) == ["var(--nat)"]
