"""Links and downloads of Your photos, Attention and Playground: what was chosen comes back, a bad value is named."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nat_app.answers.stored_answers import OwnAnswer
from nat_app.frame import links
from nat_app.pages import SETTINGS
from nat_app.views.attention.attention_rows import AttentionRow, maps_csv
from nat_app.views.attention.settings import PARTS
from nat_app.views.your_photos.ways import WAYS
from tests.pages import MAIN, PAGES, live_data, said, told

pytestmark = pytest.mark.usefixtures("kept_caches")
HERE = "http://localhost:8501"


def followed(networks: Path, monkeypatch: pytest.MonkeyPatch, page: str, **query: str) -> AppTest:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    app = AppTest.from_file(MAIN, default_timeout=60)
    told(app, url=HERE)
    app.query_params.update(query | {"v": "1"})
    app.session_state["copy_link"] = True
    return app.switch_page(page).run()


def in_link(app: AppTest) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(app.sidebar.code[0].value).query))


def offered(app: AppTest) -> str:
    (button,) = [each for each in app.get("download_button") if each.proto.label == "Download this view"]
    return button.proto.id


def test_your_photos_opens_a_sample_and_fades_it_as_the_link_says(networks: Path, monkeypatch) -> None:
    query = {"samples": "1", "opened": "none-teapot", "way": "add", "far_add": "120", "crop": "pad"}
    app = followed(networks, monkeypatch, PAGES[1], **query)
    assert app.segmented_control(key="crop").value == "pad"
    assert live_data(app)["steps"][live_data(app)["place"]] == 120
    assert query.items() <= in_link(app).items()
    assert offered(app)


def test_attention_comes_back_with_its_overlay_and_what_was_computed(networks: Path, monkeypatch) -> None:
    query = {"looked_at": "cat1.jpg", "strength": "40", "own_scale": "0"}
    app = followed(networks, monkeypatch, PAGES[3], **query)
    assert app.slider(key="strength").value == 40
    assert query.items() <= in_link(app).items()
    assert offered(app)
    query = {"looked_at": "cat1.jpg", "attention_part": PARTS[1], "method": "occlusion",
             "speaks_for": "dog", "computed": "1"}  # fmt: skip
    app = followed(networks, monkeypatch, PAGES[3], **query)
    assert "covered square counts" in said(app)
    assert query.items() <= in_link(app).items()


def test_the_playground_hands_out_its_planes(networks: Path, monkeypatch) -> None:
    app = followed(networks, monkeypatch, "views/playground/view.py")
    assert offered(app)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("far_noise", "3"),
        ("far_noise", "much"),
        ("far_add", "204"),
        ("strength", "41"),
        ("crop", "round"),
        ("opened", "upload-7"),
        ("method", "luck"),
        ("speaks_for", "teapot"),
        ("grad_cam_level", "top"),
        ("part", "All"),
        ("way", "nowhere"),
        ("behind_kind", "both"),
    ],
)
def test_a_bad_value_gets_one_sentence(key: str, value: str) -> None:
    values, complaints = links.read({key: value}, SETTINGS)
    assert values == {}
    assert len(complaints) == 1
    assert f"({key}={value})" in complaints[0]


@pytest.mark.parametrize("way", list(WAYS))
def test_every_step_of_a_way_can_be_in_a_link(way: str) -> None:
    from nat_app.views.your_photos.ways import percents

    for percent in percents(WAYS[way]):
        assert links.read({f"far_{way}": str(percent)}, SETTINGS) == ({f"far_{way}": percent}, [])


def test_maps_are_handed_out_value_by_value() -> None:
    answer = OwnAnswer(np.array([1.0]), ("cat",), {"low": np.array([[0.5, 2.0]])})
    seen = (AttentionRow("Baseline", "net", answer),)
    assert maps_csv(seen) == "network,level,row,column,value\nnet,low,0,0,0.5\nnet,low,0,1,2\n"
