"""The playground's planes as Plotly figures; no Streamlit here."""

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Bool, Float

from app.palette import Palette
from nat_core.plane import EXTENT, GRID, Points, axis, grid

CLASS_SYMBOLS = ("circle", "square", "diamond", "pentagon", "star")
"""One mark a class; the triangle means fooled, crosses are negatives."""
CLASS_NAMES = ("A", "B", "C", "D", "E")
CLICK_GRID = 40
FAR = 6.0
"""A difference of logits that is far from 0."""
SIDE = 430
"""Height of a plane in pixels, and its width where there is room."""
PALE, FULL = 0.34, 0.8
"""How strong the colour is just below the threshold, and above it."""


def plane_figure(
    confidence: Float[np.ndarray, " cells"],
    logits: Float[np.ndarray, "cells classes"],
    empty: Bool[np.ndarray, " cells"],
    points: Points,
    negatives: Float[np.ndarray, "m 2"],
    threshold: float,
    colours: Palette,
    *,
    learned: bool,
    height: int = SIDE,
) -> go.Figure:
    """Return the plane: how sure a network is, where its answer changes, the points, and the negatives as crosses.

    Cells of the empty plane take the colour of fooled, those about the points that of kept; the colour's strength is
    the confidence, with a step at the threshold. `learned` says whether this network learns from the negatives; else
    their crosses are faint. On top lies a grid of unseen points, which a click selects.
    """
    figure = go.Figure()
    _sureness(figure, confidence, empty, points.classes, threshold, colours)
    _borders(figure, logits, colours)
    _points(figure, points, colours)
    figure.add_scatter(
        x=negatives[:, 0],
        y=negatives[:, 1],
        mode="markers",
        marker={"symbol": "x-thin", "size": 8, "line": {"width": 2, "color": colours.line}},
        opacity=1.0 if learned else 0.3,
        hoverinfo="skip",
    )
    _click_grid(figure)
    side = {"range": [-EXTENT, EXTENT], "visible": False, "fixedrange": True, "constrain": "domain"}
    figure.update_xaxes(**side, constraintoward="left")
    figure.update_yaxes(**side, constraintoward="top", scaleanchor="x")
    frame = {"type": "rect", "x0": 0, "x1": 1, "y0": 0, "y1": 1, "xref": "x domain", "yref": "y domain"}
    figure.add_shape(frame | {"line": {"color": colours.faint, "width": 1}})
    return figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        showlegend=False,
        dragmode=False,
        clickmode="event+select",
        hovermode="closest",
        plot_bgcolor="rgba(0,0,0,0)",
    )


def _sureness(
    figure: go.Figure, confidence: np.ndarray, empty: np.ndarray, classes: int, threshold: float, colours: Palette
) -> None:
    """Draw the confidence in hundredths, as bytes: below 0 about the points, above 0 in the empty plane."""
    hundredths = np.floor(100 * confidence)
    hundredths = np.where(confidence > threshold, np.maximum(hundredths, 100 * threshold), hundredths)
    signed = np.where(empty, hundredths, -hundredths).reshape(GRID, GRID).astype(np.int8)
    cut = min(max(threshold, 1 / classes + 0.001), 0.999)
    figure.add_heatmap(
        x=axis(),
        y=axis(),
        z=signed,
        zmin=-100,
        zmax=100,
        colorscale=[
            *reversed([[0.5 - share / 2, colour] for share, colour in _strength(colours.kept, 1 / classes, cut)]),
            *([0.5 + share / 2, colour] for share, colour in _strength(colours.fooled, 1 / classes, cut)),
        ],
        showscale=False,
        hoverinfo="skip",
    )


def _strength(colour: str, nothing: float, cut: float) -> list[tuple[float, str]]:
    """A colour's strength at confidence 0, 1/c, just below the threshold, just above it, and 1."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    steps = ((0.0, 0.0), (nothing, 0.0), (cut - 0.0005, PALE), (cut, FULL), (1.0, FULL))
    return [(share, f"rgba({red}, {green}, {blue}, {alpha:.2f})") for share, alpha in steps]


def _borders(figure: go.Figure, logits: np.ndarray, colours: Palette) -> None:
    """Draw where each class ceases to be the answer: its logit less the highest of the others is 0 there."""
    for number in range(logits.shape[1] if logits.shape[1] > 2 else 1):
        others = np.delete(logits, number, axis=1).max(axis=1)
        figure.add_contour(
            x=axis(),
            y=axis(),
            z=_as_bytes(logits[:, number] - others),
            contours={"start": 0, "end": 0, "size": 1, "coloring": "none"},
            line={"color": colours.line, "width": 1.2},
            showscale=False,
            hoverinfo="skip",
        )


def _as_bytes(difference: np.ndarray) -> np.ndarray:
    """A difference of logits as bytes, cut where it is far from 0: enough to find where it changes its sign."""
    bound = min(float(np.abs(difference).max()), FAR) or FAR
    return np.clip(np.round(127 / bound * difference), -127, 127).reshape(GRID, GRID).astype(np.int8)


def _points(figure: go.Figure, points: Points, colours: Palette) -> None:
    for number in range(points.classes):
        own = points.positions[points.labels == number]
        figure.add_scatter(
            x=own[:, 0],
            y=own[:, 1],
            mode="markers",
            marker={
                "symbol": CLASS_SYMBOLS[number],
                "size": 7,
                "color": colours.line,
                "line": {"width": 1, "color": colours.faint},
            },
            hoverinfo="skip",
        )


def _click_grid(figure: go.Figure) -> None:
    places = grid(CLICK_GRID)
    figure.add_scatter(
        x=places[:, 0],
        y=places[:, 1],
        mode="markers",
        marker={"size": 14, "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        hovertemplate="(%{x:.1f}, %{y:.1f}): click for a negative here<extra></extra>",
    )
