"""The picture of Digits live: how often unseen digits fool each network, step by step, and those digits.

A component of its own: Streamlit mounts a Plotly figure anew whenever it changes, which flashes four times a second.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from jaxtyping import Bool, Float

from nat_app.shared import words
from nat_app.shared.drawing.palette import KINDS, NAMES, Kind, Palette
from nat_app.shared.language import _
from nat_app.shared.page_file import SVG_SCRIPT
from nat_app.views.digits_live import words as digits_words

HEIGHT = 330
COLUMNS = 12
SHOWN = 48
"""How many of the unseen digits are drawn."""
_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "reading",
    html='<div class="reading"><div class="curves"></div>'
    + "".join(f'<div class="seen {kind}"><p></p><canvas role="img"></canvas></div>' for kind in KINDS)
    + '<p class="said" role="status"></p></div>',
    css=(_HERE / "curves.css").read_text(encoding="utf-8"),
    js=SVG_SCRIPT + (_HERE / "curves.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Curves:
    """The rate at which unseen digits fool each network, after some of the steps."""

    at: Sequence[int]
    fooled: dict[Kind, Sequence[float]]


def draw(
    curves: Curves,
    digits: Float[np.ndarray, "n 64"],
    fooled: dict[Kind, Bool[np.ndarray, " n"]],
    colours: Palette,
    *,
    steps: int,
    shown_from: int,
    over: bool,
) -> None:
    """Draw the curves, and the first of the unseen digits twice, with those marked that fool each network.

    `steps` is the length of the axis, `shown_from` the step from which one network sees negatives; once it is `over`,
    what the curves show is said to those who do not see them.
    """
    last = {kind: words.percent(curves.fooled[kind][-1]) for kind in KINDS}
    ink = np.round(255 * digits[:SHOWN]).astype(np.uint8)
    seen = {kind: digits_words.seen(kind, len(ink), int(fooled[kind][:SHOWN].sum())) for kind in KINDS}
    data = {
        "at": list(curves.at),
        "curves": {kind: list(curves.fooled[kind]) for kind in KINDS},
        "steps": steps,
        "shown_from": shown_from,
        "shown": _("6 and 7 shown to NAT"),
        "title": _("Fooled by 8 and 9, which neither ever saw"),
        "axis": _("steps of training"),
        "labels": {kind: f"{NAMES[kind]} {last[kind]}" for kind in KINDS},
        "names": seen,
        "seen": seen,
        # As bytes: shorter than a list of numbers, and this is sent at every look.
        "digits": b64encode(ink.tobytes()).decode("ascii"),
        "columns": COLUMNS,
        "fooled": {kind: fooled[kind][:SHOWN].tolist() for kind in KINDS},
        "height": HEIGHT,
        "colours": {kind: colours.of(kind) for kind in KINDS}
        | {"fooled": colours.fooled, "line": colours.line, "faint": colours.faint},
        "alt": digits_words.describe(curves.at[-1], steps, last["baseline"], last["nat"]),
        "over": over,
    }
    _component(key="reading", data=data)
