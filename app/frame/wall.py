"""Charts for the wall: the style sheet writes their text larger there, for which they need the room."""

import plotly.graph_objects as go

from nat_app.frame.settings import WALL

TEXT = 15.5
"""Pixels, as the style sheet for the wall has it."""
FAR = 26
"""The same for what a class reads from the last row: a fortieth of a projector's height."""
ROOMIER = 1.2
"""By how much margins and heights grow with the text."""


def fitted(figure: go.Figure) -> go.Figure:
    """Return a chart that has its margins and its height, on the wall with room for its text.

    Plotly measures text as it was told how large it is: what is only styled larger would be cut at the chart's edge.
    """
    if not WALL.value:
        return figure
    height = figure.to_dict()["layout"]["height"]
    return _with_text(figure, TEXT, ROOMIER).update_layout(height=round(ROOMIER * height))


def from_afar(figure: go.Figure) -> go.Figure:
    """Return a chart whose container's key begins with `far_`, on the wall with the largest text, as high as it was."""
    if not WALL.value:
        return figure
    return _with_text(figure, FAR, ROOMIER * FAR / TEXT).update_traces(textfont_size=FAR)


def _with_text(figure: go.Figure, text: float, roomier: float) -> go.Figure:
    margin = {side: round(roomier * pixels) for side, pixels in figure.to_dict()["layout"]["margin"].items()}
    figure.update_layout(font_size=text, margin=margin)
    figure.update_annotations(font_size=text)
    figure.update_xaxes(tickfont_size=text, title_font_size=text)
    return figure.update_yaxes(tickfont_size=text, title_font_size=text)
