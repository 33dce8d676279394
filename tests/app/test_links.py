"""Links: what they may hold, the page as they restore it, followed at the start of a visit or within it."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest

from nat_app.frame import links
from nat_app.frame.settings import HIDE
from nat_app.pages import SETTINGS
from nat_app.views.playground.settings import MOST_NEGATIVES, PLACES, negatives, negatives_text
from nat_app.views.playground.settings import SETTINGS as PLAYGROUND_SETTINGS
from nat_core.small.plane import draw_negatives, draw_points
from tests.pages import complaint, follow, opened, said
from tests.playing import press, stage_data, unpacked

PLAYGROUND = "views/playground/view.py"
OTHERS = {
    "play_shape": "moons", "play_classes": 5, "play_seed": 7, "play_count": 3, "play_weight": 0.3,
    "play_divergence": "brier", "play_width": 8, "play_layers": 1, "play_activation": "sine", "play_rate": 0.1,
    "play_slow": True, "play_noise": 1.5,
}  # fmt: skip


def test_every_setting_of_the_playground_but_its_places_survives_a_link() -> None:
    known = {setting.key: setting for setting in PLAYGROUND_SETTINGS.settings}
    assert set(OTHERS) == set(known) - {"play_negatives"}
    assert all(OTHERS[key] != known[key].default for key in OTHERS)
    places = np.array([[2.5, -1.25], [-4.0, 0.01]], np.float32)
    chosen = [(known[key], value) for key, value in OTHERS.items()]
    address = links.write("http://here/playground", [*chosen, (PLACES, places)])
    values, complaints = links.read(dict(parse_qsl(urlsplit(address).query)), SETTINGS)
    assert complaints == []
    assert values.pop("play_negatives").tolist() == places.tolist()
    assert values == OTHERS
    begun = [(setting, setting.default) for setting in known.values()]
    assert links.write("http://here/", begun) == "http://here/?v=1"


@pytest.mark.parametrize(
    "text", ["", "banana", "1", "1_2_3", "1_nan", "5_0", "~", "1_2~", "~".join(["1_1"] * (MOST_NEGATIVES + 1))]
)
def test_negatives_that_are_none_are_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"negatives|could not convert"):
        negatives(text)
    values, complaints = links.read({"play_negatives": text}, SETTINGS)
    assert values == {}
    assert len(complaints) == 1
    assert f"(play_negatives={text[:40]})" in complaints[0]


def test_a_kind_of_negatives_stands_for_its_first_press() -> None:
    ring = draw_negatives("ring", 20, seed=0)
    assert negatives("ring").tolist() == ring.tolist()
    assert np.abs(negatives(negatives_text(ring)) - ring).max() <= 0.005


@pytest.mark.parametrize("key", sorted(OTHERS))
def test_a_setting_out_of_its_range_is_left_out_with_a_sentence(key: str) -> None:
    assert links.read({key: "-7"}, SETTINGS) == (
        {}, [f"This link has a setting we do not know ({key}=-7). We left it out."]
    )  # fmt: skip


@pytest.mark.parametrize("key", ["fbclid", "gclid", "utm_source", "utm_x_y", "msclkid", "igshid", "_hsenc", "mc_eid"])
def test_what_others_hang_on_to_a_link_is_passed_over_in_silence(key: str) -> None:
    assert links.read({key: "IwAR0", "t": "0.5"}, SETTINGS) == ({"t": 0.5}, [])


@pytest.mark.parametrize("key", ["fbclidx", "utm", "clid", "Fbclid"])
def test_what_only_looks_like_it_is_complained_about(key: str) -> None:
    assert links.read({key: "1"}, SETTINGS) == (
        {},
        [f"This link has a setting we do not know ({key}=1). We left it out."],
    )


def test_a_complaint_of_a_link_stays_on_its_line_and_turns_no_letters_around() -> None:
    (complaint,) = links.read({"a\nb": "\u202ecat\x00\ud800"}, SETTINGS)[1]
    assert "(a b=\ufffdcat\ufffd\ufffd)" in complaint


def test_a_link_of_a_thousand_settings_gets_six_sentences() -> None:
    _, complaints = links.read({f"{number:050}": "x" * 90 for number in range(1_000)}, SETTINGS)
    assert len(complaints) == 6
    assert complaints[0] == f"This link has a setting we do not know ({'0' * 40}={'x' * 40}). We left it out."
    assert complaints[-1] == "This link has 995 other settings we do not know. We left them out."


def test_the_playground_opens_as_its_link_says(networks: Path, monkeypatch) -> None:
    app = opened(networks, monkeypatch, PLAYGROUND, play_shape="rings", play_classes="2", play_negatives="corner")
    data = stage_data(app)
    assert unpacked(data["negatives"]).tolist() == draw_negatives("corner", 20, seed=0).tolist()
    assert unpacked(data["points"]["places"]).tolist() == draw_points("rings", 2).positions.tolist()
    assert app.selectbox(key="play_shape").value == "rings"
    press(app, "corner")
    assert len(np.unique(app.session_state["play_negatives"], axis=0)) == 40


def test_a_link_followed_in_a_visit_puts_back_what_it_does_not_name(networks: Path, monkeypatch) -> None:
    app = opened(networks, monkeypatch, PLAYGROUND, pair="wrn16_1", t="0.5")
    press(app, "ring")
    begun = stage_data(app)["start"]
    app = follow(app, "views/thresholds/view.py", set="noise", keep95="1", temperature="2.0")
    assert app.session_state["t"] == 0.9
    assert app.session_state["pair"] == "wrn16_1"
    assert app.toggle(key="keep95").value is True
    assert app.session_state["temperature"] == 2.0
    app = follow(app, PLAYGROUND)
    assert stage_data(app)["start"] == begun
    app = follow(app, PLAYGROUND, play_seed="3")
    assert stage_data(app)["start"] != begun
    assert "play_negatives" not in app.session_state
    assert app.number_input(key="play_seed").value == 3
    app = follow(app, "views/thresholds/view.py", t="0.6")
    assert app.toggle(key="keep95").value is False
    assert app.select_slider(key="t").value == 0.6
    assert "temperature" not in app.session_state
    app.select_slider(key="t").set_value(0.7).run()
    assert app.select_slider(key="t").value == 0.7


def test_a_teachers_link_hides_controls(networks: Path, monkeypatch) -> None:
    app = opened(networks, monkeypatch, "views/thresholds/view.py", hide="networks,download,settings,pages", t="0.6")
    assert not [box for box in app.selectbox if box.key == "pair"]
    assert not app.get("download_button")
    assert app.select_slider(key="t").value == 0.6
    whole = opened(networks, monkeypatch, "views/thresholds/view.py")
    assert whole.selectbox(key="pair")
    assert whole.get("download_button")


def test_a_link_that_hides_what_is_not_there_hides_nothing(networks: Path, monkeypatch) -> None:
    app = opened(networks, monkeypatch, hide="networks,banana")
    assert complaint("hide", "networks,banana") in said(app).replace("\\", "")
    assert app.selectbox(key="pair")
    assert links.write("http://here/", [(HIDE, ("pages", "answers"))]) == "http://here/?hide=pages,answers&v=1"
