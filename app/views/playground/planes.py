"""The playground's planes, each a canvas that is drawn anew in place.

A component of their own: Streamlit mounts a Plotly figure anew whenever it changes, which flashes in slow motion.
"""

from base64 import b64encode
from collections.abc import Callable
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from jaxtyping import Bool, Float, UInt8

from nat_app.shared.palette import Palette
from nat_app.shared.settings import Told
from nat_core.small.plane import EXTENT, GRID, Points, axis

MIDDLE = 100
"""The place of confidence 0 in the table of colours; about the points it goes down from there, elsewhere up."""
PALE, FULL = 0.34, 0.8
"""How strong the colour is just below the threshold, and above it."""
HINT = "Click for a negative here"
_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "plane",
    html='<div class="plane"><canvas role="img"></canvas></div>',
    css=(_HERE / "planes.css").read_text(encoding="utf-8"),
    js=(_HERE / "planes.js").read_text(encoding="utf-8"),
)


def plane(key: str, picture: dict[str, Any], on_click: Callable[[float, float], None]) -> None:
    """Draw a plane; `on_click` is told where it was clicked, x and y."""
    _component(key=key, data=picture, on_clicked_change=partial(hand_on, key, on_click))


def hand_on(key: str, on_click: Callable[[float, float], None]) -> None:
    """Tell `on_click` where the plane of this key was clicked, if it was."""
    if place := Told(key, lambda told: told["clicked"]).value:
        on_click(*place)


def plane_picture(
    confidence: Float[np.ndarray, " cells"],
    logits: Float[np.ndarray, "cells classes"],
    empty: Bool[np.ndarray, " cells"],
    points: Points,
    negatives: Float[np.ndarray, "m 2"],
    threshold: float,
    colours: Palette,
    *,
    learned: bool,
    step: int,
    alt: str,
) -> dict[str, Any]:
    """Return what the canvas draws: how sure a network is, where its answer changes, the points and the negatives.

    Cells of the empty plane take the colour of fooled, those about the points that of kept; the colour's strength is
    the confidence, with a step at the threshold. `learned` says whether this network learns from the negatives; else
    their crosses are faint.
    """
    places = np.column_stack([points.positions, points.labels])
    return {
        # As bytes: shorter than a list of numbers, and this is sent at every look.
        "cells": b64encode(certainty(confidence, empty, threshold).tobytes()).decode("ascii"),
        "table": colour_table(points.classes, threshold, colours),
        "size": GRID,
        "extent": EXTENT,
        "borders": [value for each in borders(logits) for value in np.round(each, 3).ravel().tolist()],
        "points": np.round(places, 3).ravel().tolist(),
        "negatives": np.round(negatives, 3).ravel().tolist(),
        "learned": learned,
        "step": step,
        "alt": alt,
        "hint": HINT,
        "colours": {"line": colours.line, "faint": colours.faint},
    }


def certainty(
    confidence: Float[np.ndarray, " cells"], empty: Bool[np.ndarray, " cells"], threshold: float
) -> UInt8[np.ndarray, " cells"]:
    """Return each cell's place in the table of colours: its confidence in hundredths, up or down from the middle."""
    # Rounded down, so that no cell below the threshold has a colour from above it.
    hundredths = np.floor(100 * confidence)
    hundredths = np.where(confidence > threshold, np.maximum(hundredths, 100 * threshold), hundredths)
    return (MIDDLE + np.where(empty, hundredths, -hundredths)).astype(np.uint8)


def colour_table(classes: int, threshold: float, colours: Palette) -> list[list[int]]:
    """Return the 201 colours, each red, green, blue and opacity from 0 to 255: kept at one end, fooled at the other.

    The opacity rises from none at 1/classes, with a step at the threshold.
    """
    # np.interp needs rising places, so the step at t is a slope, too narrow for a hundredth to lie on it.
    cut = min(max(threshold, 1 / classes + 0.001), 0.999)
    strength = np.interp(
        np.abs(np.arange(-MIDDLE, MIDDLE + 1)) / 100,
        (0.0, 1 / classes, cut - 0.0005, cut, 1.0),
        (0.0, 0.0, PALE, FULL, FULL),
    )
    ends = [[int(colour[start : start + 2], 16) for start in (1, 3, 5)] for colour in (colours.kept, colours.fooled)]
    return [[*ends[place > MIDDLE], round(255 * float(opacity))] for place, opacity in enumerate(strength)]


def borders(logits: Float[np.ndarray, "cells classes"]) -> list[Float[np.ndarray, "_ 2 2"]]:
    """Return where each class ceases to be the answer: its logit less the highest of the others is 0 there.

    One array of pieces of line a class, in the plane's units; two classes have one border.
    """
    found = []
    for number in range(logits.shape[1] if logits.shape[1] > 2 else 1):
        others = np.delete(logits, number, axis=1).max(axis=1)
        found.append(zero_lines((logits[:, number] - others).reshape(GRID, GRID), axis()))
    return found


def zero_lines(
    values: Float[np.ndarray, "rows columns"], places: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "k 2 2"]:
    """Return where values on a square grid pass through 0, as k pieces of line from (x, y) to (x, y).

    `places` are the grid's places on both axes. In each square of four neighbours the crossings of its edges, found by
    linear interpolation, are joined (marching squares); of four crossings, those that lie nearest in their order.

    >>> zero_lines(np.array([[-1.0, 1.0], [-1.0, 1.0]]), np.array([0.0, 1.0])).tolist()
    [[[0.5, 0.0], [0.5, 1.0]]]
    """
    if values.shape != (len(places), len(places)):
        raise ValueError(
            f"a grid of {len(places)} places on both axes holds as many values squared, not {values.shape}"
        )
    up, across = np.meshgrid(places, places, indexing="ij")
    positive = values > 0
    corners = [(slice(None, -1), slice(None, -1)), (slice(None, -1), slice(1, None)),
               (slice(1, None), slice(1, None)), (slice(1, None), slice(None, -1))]  # fmt: skip
    crossed, crossings = [], []
    for one, other in zip(corners, corners[1:] + corners[:1], strict=True):
        crosses = positive[one] != positive[other]
        # 1 where nothing crosses: those edges are left out below, and equal values would divide by 0.
        difference = np.where(crosses, values[one] - values[other], 1)
        share = (np.where(crosses, values[one], 0) / difference)[..., None]
        ends = [np.stack([across[corner], up[corner]], axis=-1) for corner in (one, other)]
        crossed.append(crosses)
        crossings.append(ends[0] + share * (ends[1] - ends[0]))
    many = sum(each.astype(int) for each in crossed) == 4
    pieces = []
    for first, second in combinations(range(4), 2):
        joined = crossed[first] & crossed[second] & (~many | ((first, second) in ((0, 1), (2, 3))))
        pieces.append(np.stack([crossings[first][joined], crossings[second][joined]], axis=1))
    return np.concatenate(pieces)
