"""Charts for the wall: the style sheet writes their text larger there, for which they need the room."""

import plotly.graph_objects as go

from nat_app.frame.settings import WALL

TEXT = 15.5
"""Pixels, as the style sheet for the wall has it."""
ROOMIER = 1.2
"""By how much margins and heights grow with the text."""


def fitted(figure: go.Figure) -> go.Figure:
    """Return a chart that has its margins and its height, on the wall with room for its text.

    Plotly measures text as it was told how large it is: what is only styled larger would be cut at the chart's edge.
    """
    if not WALL.value:
        return figure
    layout = figure.to_dict()["layout"]
    margin = {side: round(ROOMIER * pixels) for side, pixels in layout["margin"].items()}
    figure.update_layout(font_size=TEXT, margin=margin, height=round(ROOMIER * layout["height"]))
    figure.update_annotations(font_size=TEXT)
    return figure.update_xaxes(tickfont_size=TEXT, title_font_size=TEXT).update_yaxes(tickfont_size=TEXT)
