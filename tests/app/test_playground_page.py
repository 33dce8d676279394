"""The playground page: what it gives to the browser, what it hears from there, its presets and its German."""

from base64 import b64decode, b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from nat_app.shared.drawing.palette import LIGHT
from nat_app.views.playground import presets, stage, state, words
from nat_app.views.playground.settings import LAYERS, MOST_NEGATIVES, WIDTHS, Choices
from nat_core.small import playground
from nat_core.small.plane import CLASSES, GRID, draw_negatives, draw_points, empty_cells, grid
from nat_core.small.starts import start_weights
from tests.pages import plain
from tests.playing import press, tell, unpacked
from tests.playing import stage_data as data
from tests.pseudo import BRACKETS, WORD, loose_words, speak_pseudo

PAGE = "views/playground/view.py"
RING = [[3.0, 0.0], [0.0, 3.0], [-3.0, 0.0]]


@pytest.fixture
def page(start, tmp_path: Path) -> AppTest:
    """The page as it opens, with no network trained."""
    return start(tmp_path, PAGE)


def places(app: AppTest) -> list[list[float]]:
    """The negatives that the page holds."""
    return app.session_state["play_negatives"].tolist() if "play_negatives" in app.session_state else []


def reaching(app: AppTest, **other: Any) -> dict[str, Any]:
    """What a browser tells of networks whose weights are all a quarter."""
    weights = np.full(2 * len(start_weights(Choices().sizes, 0)), 0.25, "<f4")
    told = {"start": data(app)["start"], "step": 12, "weights": b64encode(weights.tobytes()).decode(), "learned": 3}
    return told | other


def test_the_browser_is_given_the_engines_start_points_and_empty_plane(page: AppTest) -> None:
    given_to, points = data(page), draw_points()
    assert page.title[0].value == words.TITLE
    weights = playground.start(playground.Settings(), 3).weights[0].numpy()
    assert stage.packed(weights) == given_to["weights"]
    assert unpacked(given_to["points"]["places"]).tolist() == points.positions.tolist()
    assert unpacked(given_to["held_out"]["places"]).tolist() == draw_points(held_out=True).positions.tolist()
    bits = np.unpackbits(np.frombuffer(b64decode(given_to["empty"]), np.uint8), bitorder="little")
    assert (bits[: GRID * GRID] == empty_cells(grid(), points.positions)).all()
    assert given_to["sizes"] == [2, 32, 32, 3]
    assert given_to["negatives"] == ""
    assert given_to["objective"] == {"rate": 0.01, "divergence": "kl_from_uniform", "weight": 1.0}
    assert "confidence above 90 %" in plain(given_to["say"]["legend"])


def test_a_press_adds_other_negatives_each_time(page: AppTest) -> None:
    press(page, "ring")
    assert places(page) == draw_negatives("ring", 20, seed=0).tolist()
    press(page, "ring")
    assert len({tuple(each) for each in places(page)}) == 40
    assert unpacked(data(page)["negatives"]).tolist() == places(page)
    press(page, "wall")
    assert len(places(page)) == 40


def test_what_the_visitor_changes_is_heard_and_numbered(page: AppTest) -> None:
    tell(page, "edited", {"number": 4, "places": RING})
    assert places(page) == RING
    assert data(page)["heard"] == 4
    begun = data(page)["start"]
    tell(page, "edited", {"number": 5, "places": []})
    assert (places(page), data(page)["heard"], data(page)["start"]) == ([], 5, begun)
    # After Clear the first press gives the first press's negatives again, as a lesson's link has them.
    press(page, "ring")
    press(tell(page, "edited", {"number": 6, "places": []}), "ring")
    first = draw_negatives("ring", 20, seed=0).tolist()
    assert places(page) == first
    # And where Clear is taken back, the next press gives others: upon the very same ones nobody would see any.
    page = tell(tell(page, "edited", {"number": 7, "places": []}), "edited", {"number": 8, "places": first})
    press(page, "ring")
    assert len({tuple(each) for each in places(page)}) == 40


@pytest.mark.parametrize(
    "told",
    [
        None,
        "banana",
        {"number": 4},
        {"number": -1, "places": RING},
        {"number": 4, "places": [[0.0]]},
        {"number": 4, "places": [[9.0, 0.0]]},
        {"number": 4, "places": [["a", 0.0]]},
        {"number": 4, "places": [[0.0, 0.0]] * (MOST_NEGATIVES + 1)},
        {"number": 4, "places": RING, "more": 1},
    ],
)
def test_changes_that_are_none_are_passed_over(page: AppTest, told: object) -> None:
    tell(page, "edited", told)
    assert (places(page), data(page)["heard"]) == ([], 0)


def test_how_far_the_networks_are_is_heard(page: AppTest) -> None:
    tell(page, "reached", reaching(page))
    reached = page.session_state["playground"].reached
    assert (reached.step, reached.learned, reached.weights.shape) == (12, 3, (2, 1251))
    assert (reached.weights == 0.25).all()
    table = state.planes_csv(page.session_state["playground"]).splitlines()
    assert table[0] == "x,y,empty,baseline_confidence,nat_confidence"
    assert len(table) == 1 + GRID * GRID
    # All weights equal: all classes get the same share everywhere.
    assert table[1].endswith(",0.333333,0.333333")


@pytest.mark.parametrize(
    "other",
    [
        {"start": "another"},
        {"step": -1},
        {"weights": "AAAA"},
        {"weights": "no base64"},
        {"weights": b64encode(np.full(2502, np.nan, "<f4").tobytes()).decode()},
        {"weights": b64encode(np.full(2502, 1e30, "<f4").tobytes()).decode()},
        {"learned": "many"},
    ],
    ids=lambda other: str(other)[:30],
)
def test_networks_that_are_none_are_passed_over(page: AppTest, other: dict[str, Any]) -> None:
    tell(page, "reached", reaching(page, **other))
    assert page.session_state["playground"].reached is None


def test_the_largest_weights_of_the_widest_networks_still_give_answers() -> None:
    chosen = replace(Choices(), width=max(WIDTHS), layers=max(LAYERS), classes=max(CLASSES))
    weights = np.full((2, len(start_weights(chosen.sizes, 0))), state.LARGEST, "<f4")
    (logits,) = state.logits_of(chosen, weights, grid())
    assert np.isfinite(logits).all()


def test_slow_motion_is_kept_for_links(page: AppTest) -> None:
    tell(page, "slowed", True)
    assert page.session_state["play_slow"] is True
    assert data(page)["slow"] is True


def test_other_points_or_another_size_begin_anew_and_another_rate_does_not(page: AppTest) -> None:
    tell(page, "reached", reaching(page))
    starts = [data(page)["start"]]
    page.select_slider(key="play_rate").set_value(0.03).run()
    assert (data(page)["start"], data(page)["objective"]["rate"]) == (starts[0], 0.03)
    assert page.session_state["playground"].reached is not None
    for change in (
        lambda: page.selectbox(key="play_shape").set_value("spirals"),
        lambda: page.select_slider(key="play_classes").set_value(5),
        lambda: page.select_slider(key="play_noise").set_value(2.0),
        lambda: page.select_slider(key="play_width").set_value(8),
        lambda: page.selectbox(key="play_activation").set_value("sine"),
    ):
        change().run()
        starts.append(data(page)["start"])
    assert len(set(starts)) == 6
    assert page.session_state["playground"].reached is None
    assert len(unpacked(data(page)["points"]["places"])) == 200


@pytest.mark.parametrize("name", presets.PRESETS)
def test_a_preset_sets_everything_up_and_asks_its_question(page: AppTest, name: str) -> None:
    preset = presets.PRESETS[name]
    page.select_slider(key="play_layers").set_value(3).run()
    begun = data(page)["start"]
    page.button(key=f"try_{name}").click().run()
    assert data(page)["start"] != begun
    assert preset.question in [each.value for each in page.caption]
    assert len(places(page)) == (20 if preset.negatives else 0)
    assert page.select_slider(key="play_layers").value == 2
    for setting, value in preset.chosen.items():
        assert page.session_state[setting.key] == value


def test_learned_by_heart_shows_a_loss_on_held_out_points_that_rises() -> None:
    """Measured: 0.38 nats after 50 steps, 1.31 after 400, while the loss on the learned points falls from 0.28."""
    from torch import from_numpy, nn

    chosen = Choices(shape="moons", classes=4, noise=2.0, width=64, rate=0.03)
    assert {each.key.removeprefix("play_") for each in presets.PRESETS["heart"].chosen} == {
        "shape", "classes", "noise", "width", "rate",
    }  # fmt: skip
    here = state.scene_of(chosen, playground.NO_NEGATIVES)
    losses = []
    for steps in (50, 400):
        weights = state.trained(here, steps).weights
        at_points = state.logits_of(here.chosen, weights, here.points.positions, here.held_out.positions)
        losses.append(
            [
                nn.functional.cross_entropy(from_numpy(logits[0]), from_numpy(points.labels)).item()
                for logits, points in zip(at_points, (here.points, here.held_out), strict=True)
            ]
        )
    (learned, held_out), (learned_later, held_out_later) = losses
    assert learned_later < learned / 2
    assert held_out_later > 2 * held_out


def test_colours_get_stronger_with_confidence_and_jump_at_the_threshold() -> None:
    opacity = stage.strength(3, 0.9).tolist()
    assert opacity == sorted(opacity)
    assert opacity[33] == 0
    assert opacity[89] < 90 < 204 == opacity[90]
    assert len(set(stage.CLASS_COLOURS)) == 5
    assert not {*stage.CLASS_COLOURS} & {LIGHT.baseline, LIGHT.nat, LIGHT.fooled, LIGHT.kept}


def test_nothing_is_left_untranslated(start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speak_pseudo(monkeypatch)
    app = start(tmp_path, PAGE, lang="xx")
    assert loose_words(app) == []
    names = {"NAT", "ReLU", "Jensen", "Shannon", "Hellinger", "tanh"}
    for said in data(app)["say"].values():
        rest = BRACKETS.sub(" ", said)
        while rest != (rest := BRACKETS.sub(" ", rest)):
            pass
        assert not set(WORD.findall(rest.replace("{number}", ""))) - names, said


def test_it_speaks_german(start, tmp_path: Path) -> None:
    app = start(tmp_path, PAGE, lang="de")
    say = data(app)["say"]
    assert app.title[0].value == "Zwei Netze, dieselben Punkte, derselbe Start."
    assert "(10.704 Zellen, die mehr als 0,75 von jedem Punkt entfernt sind" in plain(say["legend"])
    assert say["train"] == "Trainieren"
    assert app.button(key="try_corner").label == "Nur eine Ecke"
    # What is chosen, too: Streamlit by itself would write 0.01.
    assert app.select_slider(key="play_rate").options[:3] == ["0,001", "0,003", "0,01"]
    assert app.select_slider(key="play_noise").options == ["0,0", "0,5", "1,0", "1,5", "2,0"]
    assert app.select_slider(key="play_weight").options[9:12] == ["0,9", "1,0", "1,1"]
    assert not app.slider


def test_what_is_told_while_another_page_is_drawn_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    session: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", session)
    heard: list[object] = []
    stage.hand_on("reached", heard.append)
    session[stage.KEY] = {"reached": {"step": 3}, "slowed": None}
    stage.hand_on("reached", heard.append)
    stage.hand_on("slowed", heard.append)
    assert heard == [{"step": 3}]
