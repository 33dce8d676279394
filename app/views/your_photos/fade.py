"""An opened photo on its way into something else: picture, curves and answers follow the slider while it is dragged.

The browser is given every picture, answer and caption of the way at once and computes none itself; the app hears of the
slider on release.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from jaxtyping import UInt8

from nat_app.shared.classes import class_title
from nat_app.shared.drawing.palette import KINDS, NAMES, Kind, Palette
from nat_app.shared.language import _
from nat_app.shared.page_file import SVG_SCRIPT, png_url
from nat_app.shared.words import percent, threshold_text
from nat_app.views.your_photos.settings import ALONG
from nat_app.views.your_photos.ways import STEPS, Way, percents, step_caption
from nat_core.measure.predictions import Predictions

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "live_way",
    html='<div class="along"><figure class="seen"><canvas role="img"></canvas><figcaption class="caption"></figcaption>'
    '</figure><div class="drawing"></div></div>',
    css=(_HERE / "fade.css").read_text(encoding="utf-8"),
    js=SVG_SCRIPT + (_HERE / "fade.js").read_text(encoding="utf-8"),
)


def step_texts(swept: dict[Kind, Predictions], way: Way, classes: tuple[str, ...]) -> list[dict[str, str]]:
    """Return what stands at each step of the way: the caption under the picture, and both networks' answers."""
    return [
        {"caption": step_caption(way, place)}
        | {
            kind: f"{NAMES[kind]} {percent(float(swept[kind].confidence[place]))} "
            f"{class_title(classes[swept[kind].predicted[place]])}"
            for kind in KINDS
        }
        for place in range(STEPS)
    ]


def draw(
    steps: UInt8[np.ndarray, "k side side 3"],
    swept: dict[Kind, Predictions],
    way: Way,
    place: int,
    classes: tuple[str, ...],
    threshold: float,
    colours: Palette,
    *,
    slider: str,
    alt: str,
    on_move: Callable[[int], None],
) -> None:
    """Draw the picture at a step beside how sure both networks are all along the way.

    `steps` are the pictures of the way, `place` is the index of the one shown; `slider` is the key of the native
    slider that is followed; `on_move` is told a step in percent on release of the chart's own line.
    """
    data: dict[str, Any] = {
        "slider": slider,
        "place": place,
        "steps": percents(way),
        "confidence": {kind: swept[kind].confidence.round(4).tolist() for kind in KINDS},
        "says": step_texts(swept, way, classes),
        # One strip for all steps: the browser decodes a single file and shows a part of it.
        "frames": png_url(np.concatenate(list(steps), axis=1)),
        "t": threshold,
        "t_words": f"t = {threshold_text(threshold)}",
        "no_opinion": 1 / len(classes),
        "no_opinion_words": _("no opinion"),
        "sure": _("how sure it is"),
        "axis": _(way.of),
        "alt": alt,
        "colours": {kind: colours.of(kind) for kind in KINDS} | {"line": colours.line, "faint": colours.faint},
    }
    _component(key=ALONG.key, data=data, on_moved_change=lambda: ALONG.hear(on_move))
