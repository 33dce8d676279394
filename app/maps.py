"""Attention maps to one Plotly grid: a row a network, a column a level, one colour scale a column."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from app.palette import Palette

LEVELS = {"low": "low level", "middle": "middle level", "high": "high level"}
ROW_GAP = 0.06
COLUMN_GAP = 0.05


@dataclass(frozen=True)
class MapRow:
    """One network's row of the grid."""

    title: str
    """What stands above it: "Baseline teacher (WRN-40-1)"."""
    maps: Mapping[str, Float[np.ndarray, "_ _"]] | None
    """mean(A^2) over channels at each level; None where the network is not trained yet."""


def attention_grid(rows: tuple[MapRow, ...], colours: Palette, *, height: int = 640) -> go.Figure:
    """Return the maps as a grid; the colour scale of a level is shared by all networks and starts at 0.

    The levels differ in magnitude, so each has its own scale, with its values in the bar below the column.
    """
    figure = go.Figure().set_subplots(
        rows=len(rows), cols=len(LEVELS), horizontal_spacing=COLUMN_GAP, vertical_spacing=ROW_GAP
    )
    for number, row in enumerate(rows, start=1):
        for column, level in enumerate(LEVELS, start=1):
            _one_map(figure, row, level, number, column)
        _above(figure, number, 1, f"<b>{row.title}</b>")
        if row.maps is None:
            _inside(figure, number, "not trained yet", colours)
    for column, level in enumerate(LEVELS, start=1):
        figure.update_layout({f"coloraxis{column}": _scale(figure, rows, level, column)})
    figure.update_xaxes(visible=False, fixedrange=True, constrain="domain")
    figure.update_yaxes(visible=False, fixedrange=True, constrain="domain", autorange="reversed")
    return figure.update_layout(
        height=height, margin={"l": 4, "r": 4, "t": 22, "b": 64}, dragmode=False, font={"size": 13}
    )


def _one_map(figure: go.Figure, row: MapRow, level: str, number: int, column: int) -> None:
    values = np.full((1, 1), np.nan) if row.maps is None else row.maps[level]
    figure.add_heatmap(
        z=values,
        coloraxis=f"coloraxis{column}",
        hovertemplate=f"{row.title}, {LEVELS[level]}: %{{z:.3g}}<extra></extra>",
        hoverongaps=False,
        row=number,
        col=column,
    )
    first = (number - 1) * len(LEVELS) + column
    figure.update_yaxes(scaleanchor=f"x{'' if first == 1 else first}", row=number, col=column)


def _scale(figure: go.Figure, rows: tuple[MapRow, ...], level: str, column: int) -> dict:
    """The colour axis of one level: from 0 to the largest value of any network, its bar below the column."""
    largest = max((float(row.maps[level].max()) for row in rows if row.maps is not None), default=1.0) or 1.0
    start, end = figure.layout["xaxis" if column == 1 else f"xaxis{column}"].domain
    bar = {
        "orientation": "h",
        "x": (start + end) / 2,
        "xanchor": "center",
        "y": 0,
        "ypad": 6,
        "yanchor": "top",
        "len": end - start,
        "thickness": 10,
        "tickvals": [0, largest],
        "ticktext": ["0", f"{largest:.2g}"],
        "tickangle": 0,
        "title": {"text": LEVELS[level], "side": "bottom"},
    }
    return {"colorscale": "Cividis", "cmin": 0, "cmax": largest, "colorbar": bar}


def _above(figure: go.Figure, number: int, column: int, text: str) -> None:
    place = (number - 1) * len(LEVELS) + column
    axis = "" if place == 1 else str(place)
    figure.add_annotation(
        x=0,
        xref="paper",
        y=1,
        yref=f"y{axis} domain",
        xanchor="left",
        yanchor="bottom",
        text=text,
        showarrow=False,
    )


def _inside(figure: go.Figure, number: int, text: str, colours: Palette) -> None:
    place = (number - 1) * len(LEVELS) + 2
    figure.add_annotation(
        x=0.5,
        xref="paper",
        y=0.5,
        yref=f"y{place} domain",
        text=text,
        showarrow=False,
        font={"color": colours.baseline},
    )
