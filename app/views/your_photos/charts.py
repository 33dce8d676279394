"""A visitor's photos to a Plotly figure, beside a stored image set; no Streamlit here."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from nat_app.shared.drawing.charts import QUARTERS, fill, label, panel_title, plain, share_axis
from nat_app.shared.drawing.palette import KINDS, NAMES, PATTERNS, Kind, Palette
from nat_app.shared.language import _
from nat_app.shared.words import percent, threshold_text

BARS = 20
"""How many bars, and how many columns of dots, there are between 0 and 1."""


def own_distribution(
    own: dict[Kind, Float[np.ndarray, " n"]],
    names: Sequence[str],
    known: Sequence[bool | None],
    stored: dict[Kind, Float[np.ndarray, "20"]],
    threshold: float,
    colours: Palette,
    *,
    height: int = 400,
) -> go.Figure:
    """Return how sure both networks are of the visitor's n >= 1 photos (dots) and of a stored set (bars).

    `own` in [0, 1]; `names` and `known` (whether a photo shows one of the classes, None where nobody said) in the same
    order; `stored` is the share of the set's pictures in each twentieth. Both are shares on one axis: k of n photos in
    a twentieth are a stack as high as a bar of k/n.
    """
    figure = go.Figure().set_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.14)
    for row, kind in enumerate(KINDS, start=1):
        _bars(figure, row, kind, stored[kind], colours)
        across, up = stacked(own[kind])
        figure.add_scatter(
            x=across,
            y=up,
            mode="markers",
            marker=_marks(own[kind] > threshold, known, len(names), colours),
            customdata=[[label(name), percent(sure)] for name, sure in zip(names, own[kind], strict=True)],
            hovertemplate="%{customdata[0]}: %{customdata[1]}<extra></extra>",
            row=row,
            col=1,
        )
        figure.add_vline(x=threshold, line={"color": colours.line, "width": 2}, row=row, col=1)
        panel_title(figure, row, f"<b>{NAMES[kind]}</b>", {"color": colours.of(kind), "size": 14})
    top = max(*(float(stored[kind].max()) for kind in KINDS), *(float(stacked(own[kind])[1].max()) for kind in KINDS))
    figure.update_yaxes(range=[0, min(1.05, top + 0.08)], title=_("share"), title_standoff=6, fixedrange=True)
    figure.update_yaxes(**share_axis(colours, QUARTERS))
    figure.update_xaxes(range=[0, 1.005], fixedrange=True, **(share_axis(colours, QUARTERS) | {"showgrid": False}))
    figure.update_xaxes(
        title=_("how sure it is (line: t = {threshold})", threshold=threshold_text(threshold)), row=2, col=1
    )
    return plain(figure, height, top=26, left=76, bottom=44)


def _bars(figure: go.Figure, row: int, kind: Kind, shares: Float[np.ndarray, "20"], colours: Palette) -> None:
    """Draw the stored set's pictures in each twentieth."""
    figure.add_bar(
        x=(np.arange(BARS) + 0.5) / BARS,
        y=shares,
        width=0.92 / BARS,
        marker=fill(colours.of(kind), PATTERNS[kind]),
        opacity=0.55,
        hovertemplate=_("stored set") + ": %{y:.1%}<extra></extra>",
        row=row,
        col=1,
    )


def stacked(confidence: Float[np.ndarray, " n"]) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Return where the dots of n photos stand: the middle of their twentieth, and their place in its stack as a share.

    >>> stacked(np.array([0.98, 0.11, 0.96]))
    (array([0.975, 0.125, 0.975]), array([0.16666667, 0.16666667, 0.5       ]))
    """
    # A confidence of 1 belongs to the last twentieth.
    columns = np.minimum((confidence * BARS).astype(int), BARS - 1)
    places = np.array([np.count_nonzero(columns[:index] == column) for index, column in enumerate(columns)])
    return (columns + 0.5) / BARS, (places + 0.5) / len(confidence)


def _marks(sure: np.ndarray, known: Sequence[bool | None], number: int, colours: Palette) -> dict:
    """A triangle for what fools the network, a square for what it keeps, a hollow circle for what it turns away.

    A hollow diamond for a photo of which nobody has said what it shows.
    """
    fools, keeps = (sure & np.array([each is wanted for each in known]) for wanted in (False, True))
    unsaid = np.array([each is None for each in known])
    symbols = np.select([fools, keeps, unsaid], ["triangle-up", "square", "diamond"], "circle")
    colour = np.select([fools, keeps], [colours.fooled, colours.kept], colours.line)
    inside = np.where(fools | keeps, colour, colours.ground)
    # The more photos, the smaller their marks, as long as they can be told apart.
    size = float(np.clip(150 / number, 5, 11))
    return {"symbol": list(symbols), "color": list(inside), "size": size, "line": {"width": 1.5, "color": list(colour)}}
