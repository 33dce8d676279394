"""What the three heads keep and what fools them, as a Plotly figure; no Streamlit here."""

import plotly.graph_objects as go

from nat_app.shared.drawing.charts import fill, panel_title, plain, share_axis
from nat_app.shared.drawing.palette import PATTERNS, Palette
from nat_app.shared.language import _
from nat_app.shared.words import of_100, percent_span
from nat_app.views.teach_your_own.outcome import Outcome, interval
from nat_app.views.teach_your_own.words import HEAD_NAMES, of_yours
from nat_core.store.own_heads import AWARE, NONE_CLASS, PLAIN

HEIGHT = 290
LABELS = 74
"""Pixels for the column of numbers at the right."""
CROSSED = "x"
"""The pattern of the class "none", which no other page has."""


def kept_and_fooled(found: Outcome, colours: Palette) -> go.Figure:
    """Return two panels of three bars: photos kept, then held-out pictures that fool, each with its 95 % interval."""
    figure = go.Figure()
    panels = (
        (1, found.kept, _("keeps, of your {photos} photos", photos=found.photos)),
        (2, found.fooled, _("fooled by, of {pictures:,} other pictures", pictures=found.pictures)),
    )
    for panel, shares, said in panels:
        for kind, name in HEAD_NAMES.items():
            _bar(figure, panel, kind, name, shares[kind], colours)
        panel_title(figure, panel, said)
    kinds = list(HEAD_NAMES.values())
    rows = {"autorange": "reversed", "categoryarray": kinds, "showgrid": False, "fixedrange": True,
            "ticklabelstandoff": 4}  # fmt: skip
    axis = {"range": [0, 1], "fixedrange": True, "tickangle": 0, **share_axis(colours, (0, 0.5, 1))}
    figure.update_layout(
        yaxis={"domain": [0.58, 0.94], **rows}, yaxis2={"domain": [0, 0.36], "anchor": "x2", **rows},
        xaxis={"anchor": "y", "showticklabels": False, **axis}, xaxis2={"anchor": "y2", **axis},
    )  # fmt: skip
    return plain(figure, HEIGHT, top=4, left=96, bottom=28).update_layout(margin_r=LABELS, bargap=0.25)


def _bar(figure: go.Figure, panel: int, kind: str, name: str, true, colours: Palette) -> None:
    """Draw one head's share with its interval, and its number beside it."""
    share, (low, high) = float(true.mean()), interval(true)
    said = of_yours(int(true.sum()), len(true)) if panel == 1 else of_100(share, len(true))
    at = {"xaxis": f"x{panel}", "yaxis": f"y{panel}"} if panel > 1 else {}
    colour = {PLAIN: colours.baseline, AWARE: colours.nat, NONE_CLASS: colours.line}[kind]
    figure.add_bar(
        x=[share],
        y=[name],
        orientation="h",
        marker=fill(colour, PATTERNS[PLAIN] if kind == PLAIN else PATTERNS[AWARE] if kind == AWARE else CROSSED),
        error_x={"array": [high - share], "arrayminus": [share - low], "color": colours.line, "thickness": 1.5},
        hovertemplate=f"{name}: %{{x:.1%}} ({percent_span(low, high)})<extra></extra>",
        **at,
    )
    figure.add_annotation(
        x=1, xref="paper", xanchor="left", xshift=6, y=name, yref=f"y{panel if panel > 1 else ''}",
        text=said, showarrow=False, font={"size": 12},
    )  # fmt: skip
