"""The playground's stage: what the browser is given to train, draw and say; the training itself is `browser/`'s."""

from base64 import b64encode
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from jaxtyping import Float, UInt8

import nat_core.small
from nat_app.shared.drawing.palette import AMID, KINDS, NAMES, Palette
from nat_app.shared.page_file import SVG_SCRIPT
from nat_app.shared.settings import Told
from nat_app.views.playground import state, words
from nat_app.views.playground.settings import MOST_NEGATIVES, SLOW
from nat_core import language
from nat_core.small.plane import EXTENT, GRID, MARGIN, Points
from nat_core.small.starts import start_weights

KEY = "stage"
CLASS_COLOURS = ("#66CCEE", "#EE6677", "#F0E442", "#332288", "#882255")
"""Of the classes, in both themes: Paul Tol's. None of them is a network's. On white or black as planes show them, each
two are 24 apart (CIE 1976) or more, for a protan, deutan or tritan eye too."""
PALE, FULL = 0.34, 0.8
"""How strong a colour is just below the threshold, and above it."""
MOST_PIECES = 2500
"""As many pieces of line may make up the borders; more are no borders but a scribble."""
SCRIPTS = ("sentences", "plane", "loss", "packed", "measures", "game", "stage")
"""What the browser is given of `browser/`, one file behind the other."""
_HERE = Path(__file__).parent / "browser"
_PLANE = (
    '<figure class="{kind}"><figcaption class="stack"><span class="learns"><strong></strong> <span></span></span>'
    '</figcaption><canvas tabindex="0" role="application"></canvas>'
    '<div class="stack sure"><p class="gauge"><span class="mark" aria-hidden="true">▲</span>&nbsp;<span></span></p>'
    "</div>"
    '<div class="stack graded"><p class="right"></p></div></figure>'
)
_component = st.components.v2.component(
    "playground_stage",
    html=(_HERE / "stage.html").read_text(encoding="utf-8").replace(
        "<!--planes-->", "".join(_PLANE.format(kind=kind) for kind in KINDS)
    ),
    css=(_HERE / "stage.css").read_text(encoding="utf-8"),
    js="\n".join(
        [SVG_SCRIPT, (Path(nat_core.small.__file__).parent / "twins.js").read_text(encoding="utf-8")]
        + [(_HERE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    ),
)  # fmt: skip


def draw(playing: state.Playing, threshold: float, colours: Palette) -> None:
    """Draw the stage, and hear what the visitor does on it."""
    _component(
        key=KEY,
        data=given(playing, state.scene(), threshold, colours),
        on_added_change=partial(hand_on, "added", state.add),
        on_edited_change=partial(hand_on, "edited", state.edit),
        on_reached_change=partial(hand_on, "reached", state.reach),
        on_slowed_change=partial(hand_on, "slowed", state.slow),
    )


def hand_on(name: str, heard: Callable[[Any], None]) -> None:
    """Let `heard` hear what the stage told under this name, if it did, after the negatives that it was told on."""
    stage = Told(KEY, lambda told: (told.get("edited"), told.get(name)))
    # Told at the very press that leaves the page, it comes when another one is drawn.
    if not stage.heard:
        return
    edited, value = stage.value
    # Whatever else is told in the same moment may be heard first; what was heard already is passed over.
    state.edit(edited)
    if value is not None:
        heard(value)


def given(playing: state.Playing, here: state.Scene, threshold: float, colours: Palette) -> dict[str, Any]:
    """Return all that the browser is given."""
    chosen = here.chosen
    return {
        "start": playing.start,
        "heard": playing.heard,
        "sizes": list(chosen.sizes),
        "activation": chosen.activation,
        # As bytes: shorter than a list of numbers.
        "weights": packed(start_weights(chosen.sizes, chosen.seed)),
        "objective": {"rate": chosen.rate, "divergence": chosen.divergence, "weight": chosen.weight},
        "points": _of_points(here.points),
        "held_out": _of_points(here.held_out),
        "negatives": packed(here.negatives),
        "most": MOST_NEGATIVES,
        "empty": b64encode(np.packbits(here.empty, bitorder="little").tobytes()).decode("ascii"),
        "grid": GRID,
        "extent": EXTENT,
        "margin": MARGIN,
        "t": threshold,
        "slow": SLOW.value,
        "strength": strength(chosen.classes, threshold).tolist(),
        "pieces": MOST_PIECES,
        "colours": {kind: colours.of(kind) for kind in KINDS}
        | {name: getattr(colours, name) for name in ("fooled", "fooled_text", "kept", "line", "faint")}
        | {"classes": [list(bytes.fromhex(each[1:])) for each in CLASS_COLOURS[: chosen.classes]]},
        "language": language.current(),
        "names": {kind: NAMES[kind] for kind in KINDS},
        "amid": {kind: AMID[kind] for kind in KINDS},
        "say": words.sentences() | words.of_controls() | words.of_learning() | words.signs()
        | words.of_planes(threshold, int(here.empty.sum()), MARGIN, EXTENT),
    }  # fmt: skip


def _of_points(points: Points) -> dict[str, Any]:
    return {"places": packed(points.positions), "labels": points.labels.tolist()}


def packed(numbers: Float[np.ndarray, "*shape"]) -> str:
    """Return numbers as float32 in base64.

    >>> packed(np.zeros(1, np.float32))
    'AAAAAA=='
    """
    return b64encode(numbers.astype("<f4").tobytes()).decode("ascii")


def strength(classes: int, threshold: float) -> UInt8[np.ndarray, " hundredths"]:
    """Return how opaque a colour is, 0 to 255, at each hundredth of confidence from 0 to 1.

    It rises from none at 1/classes, with a step at the threshold.

    >>> strength(2, 0.9)[[50, 89, 90]].tolist()
    [0, 85, 204]
    """
    # np.interp needs rising places, so the step at t is a slope, too narrow for a hundredth to lie on it.
    cut = min(max(threshold, 1 / classes + 0.001), 0.999)
    opacity = np.interp(np.arange(101) / 100, (0.0, 1 / classes, cut - 0.0005, cut, 1.0), (0.0, 0.0, PALE, FULL, FULL))
    return np.round(255 * opacity).astype(np.uint8)
