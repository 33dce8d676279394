"""Attributions to Plotly figures: what speaks for a class and what against it, on one scale centred on 0."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from app.palette import Palette

SCALE = "BrBG"
"""Brown against, teal for: neither is a network's or a verdict's colour, and colour-blind eyes tell them apart."""


def attribution_maps(
    values: Mapping[str, Float[np.ndarray, "_ _"]], colours: Palette, *, own_scale: bool = False, height: int = 390
) -> go.Figure:
    """Return signed maps side by side, by their titles, at their own values; 0 is the middle of the scale.

    All share one scale; with `own_scale` each has its own, with its largest value in its title.
    """
    figure = go.Figure().set_subplots(rows=1, cols=len(values), horizontal_spacing=0.05)
    largest = {title: float(np.abs(each).max()) or 1.0 for title, each in values.items()}
    shared = max(largest.values())
    for column, (title, each) in enumerate(values.items(), start=1):
        end = largest[title] if own_scale else shared
        figure.add_heatmap(
            z=each,
            colorscale=SCALE,
            zmin=-end,
            zmax=end,
            showscale=column == 1 and not own_scale,
            colorbar=_bar(end),
            hovertemplate="%{z:+.3g}<extra></extra>",
            row=1,
            col=column,
        )
        axis = "" if column == 1 else str(column)
        figure.update_yaxes(scaleanchor=f"x{axis}", row=1, col=column)
        text = f"{title}, {-end:.2g} to {end:.2g}" if own_scale else title
        figure.add_annotation(x=0, xref=f"x{axis} domain", y=1, yref=f"y{axis} domain", xanchor="left",
                              yanchor="bottom", align="left", text=text, showarrow=False,
                              font={"color": colours.line})  # fmt: skip
    figure.update_xaxes(visible=False, fixedrange=True, constrain="domain")
    figure.update_yaxes(visible=False, fixedrange=True, constrain="domain", autorange="reversed")
    return figure.update_layout(
        height=height, margin={"l": 4, "r": 4, "t": 44, "b": 56}, dragmode=False, font={"size": 13}
    )


def _bar(end: float) -> dict:
    """The colour bar, below the maps."""
    return {
        "orientation": "h",
        "x": 0.5,
        "xanchor": "center",
        "y": 0,
        "ypad": 8,
        "yanchor": "top",
        "len": 0.8,
        "thickness": 10,
        "tickvals": [-end, 0, end],
        "ticktext": [f"{-end:.2g} against", "0", f"{end:.2g} for"],
        "tickangle": 0,
    }
