"""The playground page in every state, its figures and its sentences."""

import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nat_app.shared.palette import DARK, LIGHT
from nat_app.shared.words import percent
from nat_app.views.playground import planes, words
from nat_app.views.playground.planes import borders, plane_picture, zero_lines
from nat_app.visit import fair_queue
from nat_app.visit.fair_queue import waiting_sentence
from nat_core.small.plane import GRID, MARGIN, draw_points, empty_cells, grid
from tests.pages import given, plain

MAIN = str(Path(__file__).parents[2] / "app" / "script.py")
NONE = np.zeros((0, 2), np.float32)
NOWHERE = words.Reach(0.0, 0.0)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page as it opens, with no network trained."""
    monkeypatch.setenv("NAT_CHECKPOINTS", str(tmp_path))
    app = AppTest.from_file(MAIN, default_timeout=60).run()
    return app.switch_page("views/playground/view.py").run()


def said(app: AppTest) -> str:
    """All words of the page, with ordinary spaces."""
    assert not app.exception, app.exception
    parts = [*app.title, *app.markdown, *app.caption, *app.warning]
    return "\n".join(str(part.value) for part in parts).replace("\u00a0", " ")


def playing(app: AppTest):
    """The visit's two networks."""
    return app.session_state["playground"]


def trained(app: AppTest) -> AppTest:
    """The page once it has trained."""
    app.button(key="train").click().run()
    end = time.monotonic() + 60
    while playing(app).turn is not None:
        assert time.monotonic() < end
        app.run()
    return app


def drawn(app: AppTest) -> list[dict]:
    """What both planes were given."""
    return given(app)


def number(app: AppTest) -> int:
    """How many negatives the page holds."""
    return len(app.session_state["play_negatives"]) if "play_negatives" in app.session_state else 0


def test_it_opens_with_two_equal_networks_and_says_what_to_do(page: AppTest) -> None:
    text = said(page)
    assert page.title[0].value == words.title({"baseline": 0.0, "nat": 0.0}, 0, 0)
    assert words.EMPTY in text
    assert text.count(plain(words.gauge(0.0))) == 2
    assert plain(f"confidence above {percent(0.9)}") in text
    assert [data["alt"].partition(":")[0] for data in drawn(page)] == ["Baseline", "NAT"]
    assert page.button(key="clear").disabled


def test_without_negatives_both_end_falsely_sure_of_the_same_share(page: AppTest) -> None:
    trained(page)
    title = plain(page.title[0].value)
    share = int(title.partition(" %")[0].split()[-1])
    assert title == plain(words.title({"baseline": share / 100, "nat": share / 100}, 400, 0))
    assert share >= 90
    assert "after 400 steps" in said(page)


def test_a_ring_takes_nats_false_certainty_away(page: AppTest) -> None:
    page.button(key="add_ring").click().run()
    assert number(page) == 20
    assert words.sentence(0, words.Negatives(20, 0, 20, 0), NOWHERE, MARGIN) in said(page)
    trained(page)
    title = page.title[0].value.replace("\u00a0", " ")
    baseline, nat = (float(part.split(" %")[0]) for part in title.replace("NAT on", "on").split(" on ")[1:])
    assert baseline > 90
    assert nat < 30
    answers = playing(page).drawn
    lost = (answers["baseline"].confidence > 0.9) & (answers["nat"].confidence <= 0.9) & playing(page).on.empty
    places, ring = grid()[lost], page.session_state["play_negatives"]
    distances = np.linalg.norm(places[:, None] - ring[None], axis=2).min(axis=1)
    reach = words.Reach(float(lost.sum() / playing(page).on.empty.sum()), float((distances > MARGIN).mean()))
    assert plain(words.sentence(400, words.Negatives(20, 20, 0, 0), reach, MARGIN)) in said(page)
    # The ring empties the plane out to its corners, so what goes is not only at the negatives.
    assert reach.far > 0.3


def test_sentences_speak_of_what_was_learned_not_of_what_lies_there(page: AppTest) -> None:
    page.button(key="step").click().run()
    page.button(key="add_ring").click().run()
    assert "NAT has not learned from the 20 negatives yet" in said(page)
    assert page.title[0].value.startswith("Both are falsely sure")
    page.button(key="step").click().run()
    assert "NAT learned from 20 negatives" in said(page)
    page.button(key="clear").click().run()
    text = said(page)
    assert words.EMPTY not in text
    assert "NAT learned from 20 negatives" in text
    assert "They no longer lie there, but what it learned stays" in text
    page.button(key="add_blob").click().run()
    assert "20 more lie there that it has not learned yet" in said(page)
    assert "learned: 120 points and 20 negatives" in said(page)
    page.button(key="rewind").click().run()
    assert "20 negatives to learn from" in said(page)


def test_negatives_that_weigh_nothing_are_not_learned(page: AppTest) -> None:
    page.button(key="add_ring").click().run()
    page.slider(key="play_weight").set_value(0.0).run()
    page.button(key="step").click().run()
    assert "NAT has not learned from the 20 negatives yet" in said(page)


def test_step_takes_ten_steps_and_rewind_goes_back_to_the_same_start(page: AppTest) -> None:
    page.button(key="add_corner").click().run()
    begin = playing(page).networks.weights
    page.button(key="step").click().run()
    page.button(key="step").click().run()
    assert "after 20 steps" in said(page)
    page.button(key="rewind").click().run()
    assert "after 0 steps" in said(page)
    assert playing(page).networks.weights.equal(begin)
    assert number(page) == 20


def test_slow_motion_shows_the_steps_in_between(page: AppTest) -> None:
    page.toggle(key="play_slow").set_value(True).run()
    page.button(key="train").click().run()
    seen = set()
    end = time.monotonic() + 60
    while playing(page).turn is not None:
        assert time.monotonic() < end
        seen.add(playing(page.run()).networks.step)
    assert len(seen) >= 15
    assert max(seen) == 400


def test_stop_keeps_what_is_shown(page: AppTest) -> None:
    page.toggle(key="play_slow").set_value(True).run()
    page.button(key="train").click().run()
    page.run()
    step = playing(page).networks.step
    page.button(key="stop").click().run()
    assert playing(page).turn is None
    assert playing(page).networks.step == step < 400
    assert page.button(key="train")


def test_negatives_by_number_and_by_click_and_none_again(page: AppTest) -> None:
    page.number_input(key="play_x").set_value(-3.0).run()
    page.button(key="add_typed").click().run()
    assert page.session_state["play_negatives"].tolist() == [[-3.0, 0.0]]
    page.button(key="add_uniform").click().run()
    page.button(key="add_uniform").click().run()
    assert number(page) == 41
    assert len({tuple(row) for row in page.session_state["play_negatives"].tolist()}) == 41
    page.button(key="clear").click().run()
    assert number(page) == 0


def test_a_click_on_the_plane_adds_one_negative_there(monkeypatch: pytest.MonkeyPatch) -> None:
    from nat_app.views.playground import state as playground

    held = {"plane_nat": {"clicked": [1.5, -2.0]}, "play_negatives": NONE}
    monkeypatch.setattr(planes.st, "session_state", held)
    planes.hand_on("plane_nat", playground.add_point)
    assert held["play_negatives"].tolist() == [[1.5, -2.0]]
    held["plane_nat"] = {"clicked": None}
    planes.hand_on("plane_nat", playground.add_point)
    assert len(held["play_negatives"]) == 1


@pytest.mark.parametrize("press", ["train", "step"])
def test_training_that_blows_up_is_undone_with_a_sentence(page: AppTest, press: str) -> None:
    page.button(key="add_ring").click().run()
    page.select_slider(key="play_rate").set_value(3.0).run()
    if press == "train":
        trained(page)
    else:
        page.button(key="step").click().run()
    assert "blew up" in said(page)
    assert playing(page).networks.weights.isfinite().all()
    page.select_slider(key="play_rate").set_value(0.01).run()
    page.button(key="rewind").click().run()
    assert "blew up" not in said(page)


def test_other_points_or_another_size_begin_anew(page: AppTest) -> None:
    page.button(key="step").click().run()
    page.selectbox(key="play_shape").set_value("spirals").run()
    page.select_slider(key="play_classes").set_value(5).run()
    page.select_slider(key="play_width").set_value(8).run()
    page.select_slider(key="play_layers").set_value(1).run()
    assert "of 200 points" in said(page)
    assert "after 0 steps" in said(page)
    page.button(key="step").click().run()
    page.select_slider(key="play_rate").set_value(0.03).run()
    assert "after 10 steps" in said(page)


def test_who_waits_is_told_how_long(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    queue, gate = fair_queue.Turns(1), threading.Event()
    monkeypatch.setattr(fair_queue, "shared", lambda: queue)

    def work() -> Iterator[int]:
        yield 0
        gate.wait(60)

    queue.begin("somebody", work)
    queue.begin("somebody else", work)
    page.button(key="train").click().run()
    assert waiting_sentence(2, 2.0) in said(page)
    gate.set()
    end = time.monotonic() + 60
    while playing(page).turn is not None:
        assert time.monotonic() < end
        page.run()
    assert "after 400 steps" in said(page)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_plane_is_drawn_in_the_colours_of_fooled_and_kept(colours, classes: int) -> None:
    points, cells = draw_points(classes=classes, per_class=5), grid()
    empty = empty_cells(cells, points.positions)
    logits = np.zeros((GRID * GRID, classes), np.float32)
    logits[:, 0] = cells[:, 0]
    confidence = np.where(cells[:, 1] > 0, 0.95, 0.5)
    picture = plane_picture(
        confidence,
        logits,
        empty,
        points,
        np.ones((1, 2), np.float32),
        0.9,
        colours,
        learned=True,
        step=7,
        alt="a plane",
    )
    places = np.frombuffer(b64decode(picture["cells"]), np.uint8)
    assert (np.abs(places.astype(int) - 100)[cells[:, 1] > 0] == 95).all()
    assert ((places > 100) == empty).all()
    table = picture["table"]
    assert len(table) == 201
    assert table[195] == [int(colours.fooled[start : start + 2], 16) for start in (1, 3, 5)] + [204]
    assert table[5][:3] == [int(colours.kept[start : start + 2], 16) for start in (1, 3, 5)]
    opacity = [colour[3] for colour in table[100:]]
    assert opacity == sorted(opacity)
    assert opacity[89] < 90 < 204 == opacity[90]
    assert len(borders(logits)) == (1 if classes == 2 else 3)
    assert picture["negatives"] == [1.0, 1.0]
    assert len(picture["points"]) == 3 * 5 * classes
    # The first class is the answer right of the middle.
    assert np.abs(np.array(picture["borders"]).reshape(-1, 2)[: 2 * (GRID - 1), 0]).max() < 1e-3


def test_zero_lines_by_hand() -> None:
    places = np.array([0.0, 1.0, 2.0])
    assert zero_lines(np.full((3, 3), 2.0), places).shape == (0, 2, 2)
    flat = zero_lines(np.array([[-1.0, -1, -1], [3, 3, 3], [3, 3, 3]]), places)
    assert sorted(flat[:, :, 0].tolist()) == [[1.0, 0.0], [2.0, 1.0]]
    assert flat[:, :, 1].ravel().tolist() == [0.25] * 4
    saddle = zero_lines(np.array([[1.0, -1.0], [-1.0, 1.0]]), places[:2])
    assert saddle.tolist() == [[[0.5, 0.0], [1.0, 0.5]], [[0.5, 1.0], [0.0, 0.5]]]
    with pytest.raises(ValueError, match=r"not \(2, 2\)"):
        zero_lines(np.zeros((2, 2)), places)
