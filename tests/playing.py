"""The playground without a browser: what its stage was given, and what a browser would tell of it."""

import json
from base64 import b64decode
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from tests.pages import given


def unpacked(text: str) -> np.ndarray:
    """Numbers as the browser unpacks them, in pairs."""
    return np.frombuffer(b64decode(text), "<f4").reshape(-1, 2)


def stage_data(app: AppTest) -> dict[str, Any]:
    """What the stage was given."""
    assert not app.exception, app.exception
    (found,) = [each for each in given(app) if "sizes" in each]
    return found


def tell(app: AppTest, event: str, value: Any) -> AppTest:
    """Tell the page something as its stage in the browser does."""
    (stage,) = [each for each in app.get("bidi_component") if each.proto.component_name == "playground_stage"]
    states = app._tree.get_widget_states()
    told = states.widgets.add(id=f"$$STREAMLIT_INTERNAL_KEY_{stage.proto.id}__events")
    told.json_trigger_value = json.dumps([{"event": event, "value": value}])
    return app._run(states)


def press(app: AppTest, kind: str) -> AppTest:
    """Press the button that adds negatives of a kind."""
    return tell(app, "added", kind)
