"""Attention maps to one Plotly grid over a faint photo: a row a network, a column a level; and how far they differ."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, UInt8
from PIL import Image

from nat_app.answers.level_spreads import Spread
from nat_app.shared.drawing.charts import label, panel_title, plain
from nat_app.shared.drawing.palette import Palette
from nat_app.shared.language import N_, _, number, written
from nat_app.views.attention.words import spread_pictures

LEVELS = {"low": N_("low level"), "middle": N_("middle level"), "high": N_("high level")}
TITLE_ROOM = 32
"""Pixels between two rows, for the title of the lower one."""
TOP, BOTTOM = 46, 64
"""Pixels above the grid, for the names of the columns and the title of the first row, and below, for the scales."""
COLUMN_GAP = 0.05
DISTANCES = (0, 0.5, 1, 1.41)
"""The ticks of an axis of distances."""
HOVERED = ": %{x:.2f}<extra></extra>"
"""How a distance is written under the pointer."""


@dataclass(frozen=True)
class MapRow:
    """One network's row of the grid."""

    title: str
    """What stands above it, as Plotly reads it: "Baseline (WRN-40-1)"."""
    maps: Mapping[str, Float[np.ndarray, "_ _"]]
    """mean(A^2) over channels at each level."""


@dataclass(frozen=True)
class Overlay:
    """How the maps lie over the photo."""

    photo: UInt8[np.ndarray, "side side 3"] | None = None
    """The photo as the networks see it, at any size; None leaves the page's ground."""
    strength: float = 1.0
    """How strongly the maps cover it, in [0, 1]; at 1 their colours are those of the colour bar."""
    own_scale: bool = True
    """True stretches each map to its own largest value: on a common scale faint maps are nearly black."""


def attention_grid(
    rows: tuple[MapRow, ...], colours: Palette, overlay: Overlay | None = None, *, row_height: int = 145
) -> go.Figure:
    """Return the maps as a grid, its columns named above it; each map on its own scale from 0, or one scale a column.

    On its own scale a map's largest value stands in its corner. The levels differ in magnitude, so a common scale is
    that of a column, with its values in the bar below.
    """
    overlay = overlay or Overlay()
    inner = row_height * len(rows)
    bottom = 8 if overlay.own_scale else BOTTOM
    figure = go.Figure().set_subplots(
        rows=len(rows), cols=len(LEVELS), horizontal_spacing=COLUMN_GAP, vertical_spacing=TITLE_ROOM / inner
    )
    ground = None if overlay.photo is None else _grey(overlay.photo)
    for place, row in enumerate(rows, start=1):
        for column, level in enumerate(LEVELS, start=1):
            _one_map(figure, row, level, place, column, overlay)
            if ground is not None:
                _below(figure, ground, row.maps[level], place, column)
        panel_title(figure, (place - 1) * len(LEVELS) + 1, f"<b>{row.title}</b>")
    _column_names(figure, colours)
    for column, level in enumerate([] if overlay.own_scale else LEVELS, start=1):
        figure.update_layout({f"coloraxis{column}": _scale(figure, rows, level, column)})
    figure.update_xaxes(visible=False, fixedrange=True, constrain="domain")
    figure.update_yaxes(visible=False, fixedrange=True, constrain="domain", autorange="reversed")
    return figure.update_layout(
        height=inner + TOP + bottom,
        margin={"l": 4, "r": 4, "t": TOP, "b": bottom},
        dragmode=False,
        font={"size": 13, "color": colours.line},
        separators=written(".,"),
    )


def distances(here: Mapping[str, float], spread: Spread, colours: Palette, *, height: int = 210) -> go.Figure:
    """Return the distances of two networks' maps on one picture, by level, each a dot on its usual spread.

    `here` in [0, sqrt 2]. The thin line holds 90 % of the pictures, the thick one half of them, the tick the median; a
    hollow circle is the median of two baselines of different seeds.
    """
    figure = go.Figure()
    for level in LEVELS:
        # Below the diamond, so first.
        _usual(figure, spread, level, colours)
        figure.add_scatter(
            x=[here[level]],
            y=[_(LEVELS[level])],
            mode="markers+text",
            marker={"symbol": "diamond", "size": 13, "color": colours.line},
            text=number(here[level], ".2f"),
            textposition="top center",
            hovertemplate=_("this picture") + HOVERED,
        )
    figure.update_xaxes(range=[-0.02, 1.45], fixedrange=True, zeroline=False, tickvals=DISTANCES,
                        ticktext=[number(each) for each in DISTANCES])  # fmt: skip
    figure.update_xaxes(gridcolor=colours.faint, title=_("distance between the two maps"))
    # The first level on top, with room above it for the number of its diamond.
    figure.update_yaxes(range=[2.5, -0.85], showgrid=False, fixedrange=True)
    return plain(figure, height, top=4, left=96, bottom=44)


def _usual(figure: go.Figure, spread: Spread, level: str, colours: Palette) -> None:
    """Draw what is usual at a level: the lines of the pictures, their median, and that of two baselines."""
    lowest, low, middle, high, highest = spread.quantiles[level]
    pictures = label(spread_pictures(spread.set_name, spread.pictures))
    for ends, width in (((lowest, highest), 2), ((low, high), 9)):
        figure.add_scatter(
            x=ends,
            y=[_(LEVELS[level])] * 2,
            mode="lines",
            line={"width": width, "color": colours.baseline},
            opacity=0.45,
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=[middle],
        y=[_(LEVELS[level])],
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 15, "color": colours.line, "line": {"width": 2}},
        hovertemplate=_("median of {pictures}", pictures=pictures) + HOVERED,
    )
    if spread.seeds is not None:
        figure.add_scatter(
            x=[spread.seeds[level]],
            y=[_(LEVELS[level])],
            mode="markers",
            marker={"symbol": "circle-open", "size": 11, "color": colours.baseline, "line": {"width": 2}},
            hovertemplate=_("two baselines, median") + HOVERED,
        )


def _one_map(figure: go.Figure, row: MapRow, level: str, place: int, column: int, overlay: Overlay) -> None:
    values = row.maps[level]
    scale = {"coloraxis": f"coloraxis{column}"}
    if overlay.own_scale:
        largest = float(values.max())
        scale = {"colorscale": "Cividis", "zmin": 0, "zmax": largest or 1.0, "showscale": False}
        _note(figure, (place - 1) * len(LEVELS) + column, _("0 to {most}", most=_short(largest)))
    figure.add_heatmap(
        z=values,
        opacity=overlay.strength,
        hovertemplate=f"{row.title}, {_(LEVELS[level])}: %{{z:.3g}}<extra></extra>",
        row=place,
        col=column,
        **scale,
    )
    first = (place - 1) * len(LEVELS) + column
    figure.update_yaxes(scaleanchor=f"x{'' if first == 1 else first}", row=place, col=column)


def _short(value: float) -> str:
    """A value with two digits, or as many as it has before the point."""
    return number(value, ".2g" if value < 99.5 else ",.0f")


def _grey(photo: UInt8[np.ndarray, "side side 3"]) -> str:
    """The photo in greys, as a data address: the colours on the page are the maps' alone."""
    buffer = io.BytesIO()
    Image.fromarray(photo).convert("L").resize((128, 128), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _below(figure: go.Figure, source: str, values: np.ndarray, row: int, column: int) -> None:
    height, width = values.shape
    # A heatmap's cells are centred on whole numbers, so its corner lies half a cell before 0.
    place = {"x": -0.5, "y": -0.5, "sizex": width, "sizey": height, "xanchor": "left", "yanchor": "top"}
    figure.add_layout_image(source=source, sizing="stretch", layer="below", row=row, col=column, **place)


def _scale(figure: go.Figure, rows: tuple[MapRow, ...], level: str, column: int) -> dict:
    """The colour axis of one level: from 0 to the largest value of any network, its bar below the column."""
    largest = max(float(row.maps[level].max()) for row in rows) or 1.0
    # Where the column stands on the page, so that its bar is as wide as the maps.
    start, end = (float(each) for each in figure.layout["xaxis" if column == 1 else f"xaxis{column}"]["domain"])
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
        "ticktext": ["0", _short(largest)],
        "tickangle": 0,
        "title": {"text": _(LEVELS[level]), "side": "bottom"},
    }
    return {"colorscale": "Cividis", "cmin": 0, "cmax": largest, "colorbar": bar}


def _column_names(figure: go.Figure, colours: Palette) -> None:
    """Name the columns above the grid: below it they would not be on the first screen."""
    for column, level in enumerate(LEVELS, start=1):
        figure.add_annotation(
            x=0.5,
            xref=f"x{'' if column == 1 else column} domain",
            y=1,
            yref="paper",
            yanchor="bottom",
            yshift=22,
            text=_(LEVELS[level]),
            showarrow=False,
            font={"color": colours.line, "size": 14},
        )


def _note(figure: go.Figure, place: int, text: str) -> None:
    """Write into a map's lower right corner; readable on any colour of the map."""
    axis = "" if place == 1 else str(place)
    figure.add_annotation(
        x=1,
        xref=f"x{axis} domain",
        y=0,
        yref=f"y{axis} domain",
        xanchor="right",
        yanchor="bottom",
        text=text,
        showarrow=False,
        font={"color": "#FFFFFF", "size": 11},
        bgcolor="rgba(0, 0, 0, 0.6)",
    )
