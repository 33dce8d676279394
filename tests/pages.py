"""Reading a page that AppTest has run: all its words, its descriptions, and what its live chart was given."""

import json
import re
import threading
import time
from base64 import b64decode
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.runtime.scriptrunner import ScriptRunnerEvent
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

# Before any page: Python 3.11 cannot build two syntax trees at a time, as jaxtyping's import hook would in the thread
# that imports torch while Streamlit reads a page's script.
import nat_core.network.inference  # noqa: F401
from nat_app.visit.training.fair_queue import Turn
from nat_core.language import JOINER
from tests.present import present

MAIN = str(Path(__file__).parents[1] / "app" / "script.py")
PAGES = ("views/see_it/view.py", "views/your_photos/view.py", "views/thresholds/view.py", "views/attention/view.py")


def plain(text: str) -> str:
    """A text with ordinary spaces, and without the signs that keep a line from breaking."""
    return text.replace("\u00a0", " ").replace(JOINER, "")


def complaint(key: str, text: str) -> str:
    """What the app says of a setting in a link that it cannot use."""
    from nat_app.frame import links
    from nat_app.frame.settings import THRESHOLD
    from nat_app.pages import SETTINGS

    (sentence,) = links.read({key: text}, SETTINGS, {THRESHOLD.key: THRESHOLD.default})[1]
    return sentence


def invites(app: AppTest) -> bool:
    """Whether Your photos shows none, and offers its samples instead."""
    return not bars(app) and any(button.key == "try_samples" for button in app.button)


def said(app: AppTest) -> str:
    """All words of a page, with ordinary spaces."""
    assert not app.exception, app.exception
    parts = [*app.title, *app.header, *app.markdown, *app.caption, *app.warning, *app.code]
    return shown("\n".join(str(part.value) for part in parts).replace("\u00a0", " "))


def shown(markdown: str) -> str:
    """What a browser shows of a text whose signs are escaped."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown.replace(JOINER, ""))


def alts(app: AppTest) -> list[str]:
    """The descriptions of all charts and pictures of a page."""
    charts = [chart.proto.alt for chart in app.get("plotly_chart")]
    for kind in ("nat-looks", "nat-bars", "nat-bars nat-taught", "nat-bars nat-apart"):
        charts += [each.get("aria-label") or "" for each in drawn(app, kind)]
    live = [data["alt"] for data in _charts_data(app)[:1] if "alt" in data]
    images = [
        unescape(alt) for each in app.get("html") for alt in re.findall(r'<img [^>]*alt="([^"]+)"', each.proto.body)
    ]
    return charts + live + images + [image.alt for images in app.image for image in images.proto.imgs]


def bars(app: AppTest) -> list[ElementTree.Element]:
    """The drawings of a page that show a picture's probabilities as bars, from top to bottom."""
    return drawn(app, "nat-bars")


def drawn(app: AppTest, kind: str) -> list[ElementTree.Element]:
    """The drawings of a page that are plain HTML of these classes, from top to bottom."""
    found = [each.proto.body for each in app.get("html") if f'class="{kind}"' in each.proto.body]
    return [ElementTree.fromstring(each) for each in found]


def parts(drawing: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    """The parts of a drawing whose first class is this, from top to bottom."""
    return [each for each in drawing.iter() if (each.get("class") or "").split(" ")[0] == kind]


def places(drawing: ElementTree.Element, kind: str) -> list[float]:
    """How long, or how far from the left, each of these parts is, in percent of its column."""
    return [float(re.findall(r"([\d.]+)%", each.get("style", ""))[0]) for each in parts(drawing, kind)]


def live_data(app: AppTest) -> dict[str, Any]:
    """What the page's live chart was given."""
    return _charts_data(app)[0]


def _charts_data(app: AppTest) -> list[dict[str, Any]]:
    """What the live charts were given, without what moves the focus to what was revealed."""
    return [data for data in given(app) if data.keys() != {"times", "key", "label"}]


def given(app: AppTest) -> list[dict[str, Any]]:
    """What each component of the page that draws something was given, from top to bottom."""
    texts = [each.proto.json or each.proto.mixed.json for each in app.get("bidi_component")]
    found = [json.loads(text) for text in texts if text]
    return [data for data in found if data.keys() != {"language", "accept"}]  # that one draws nothing


def now(app: AppTest) -> dict[str, Any]:
    """The sentences of the live chart at the committed threshold, with ordinary spaces."""
    data = live_data(app)
    says = data["says"][0 if data["locked"] else data["steps"].index(data["t"])]
    return json.loads(json.dumps(says, ensure_ascii=False).replace("\u00a0", " "))


def told(app: AppTest, **context: str) -> None:
    """Let the page know what a browser tells (url, theme). Skips where AppTest cannot: before Streamlit 1.67."""
    if not hasattr(app, "context"):
        pytest.skip("AppTest has no context before Streamlit 1.67")
    for name, value in context.items():
        app.context[name] = value


def opened(networks: Path, monkeypatch: pytest.MonkeyPatch, page: str = "", **query: str) -> AppTest:
    """A visit that begins with a link."""
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    app = AppTest.from_file(MAIN, default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return (app.switch_page(page) if page else app).run()


def follow(app: AppTest, page: str, **query: str) -> AppTest:
    """The same visit once a link to one of its pages was followed."""
    app.query_params.clear()
    for key, value in query.items():
        app.query_params[key] = value
    return app.switch_page(page).run()


def ran_to_its_end(too_late: Callable[[LocalScriptRunner, float], None], runner: LocalScriptRunner, timeout: float = 3):
    """Wait until a script has run, without asking for it again and again; after so many seconds, it is `too_late`."""
    over = threading.Event()

    def hear(_: object, event: ScriptRunnerEvent, **more: object) -> None:
        if event == ScriptRunnerEvent.SHUTDOWN:
            over.set()

    runner.on_event.connect(hear)
    if not runner.script_stopped() and not over.wait(timeout):
        too_late(runner, 0.0)


def waited_for(turn: Turn) -> None:
    """Wait until a visitor's work is over, or for a second: a page that is drawn meanwhile keeps the work from it.

    Then the page is to be drawn: by that, the queue knows that its visitor still looks at it.
    """
    end = time.monotonic() + 1
    while not turn.over and time.monotonic() < end:
        time.sleep(0.01)


def as_drawn(figure: go.Figure) -> Any:
    """The figure, whose traces and layout are no type's: plotly gives them their attributes while it runs."""
    return figure


def charts(app: AppTest) -> dict[str, Any]:
    """The figures of a page by their keys, as `as_drawn` gives them."""
    specs = {present(chart.key): json.loads(chart.proto.spec) for chart in app.get("plotly_chart")}
    return {key: go.Figure(_plain(spec["data"]), spec["layout"]) for key, spec in specs.items()}


def _plain(value: Any) -> Any:
    """A figure's data with its packed arrays unpacked."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "bdata" not in value:
        return {key: _plain(each) for key, each in value.items()}
    flat = np.frombuffer(b64decode(value["bdata"]), value["dtype"])
    return flat.reshape([int(side) for side in str(value.get("shape", flat.size)).split(",")])
