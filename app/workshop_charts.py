"""The workshop's chart: what errors cost at every threshold; no Streamlit here."""

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from app.charts import plain
from app.palette import KINDS, NAMES, SYMBOLS, Kind, Palette

DASHES: dict[Kind, str] = {"baseline": "dash", "nat": "solid"}
LABELS: dict[Kind, float] = {"baseline": 0.62, "nat": 0.3}
"""How far along a line its name stands."""


def cost_figure(
    thresholds: Float[np.ndarray, " k"],
    costs: dict[Kind, Float[np.ndarray, " k"]],
    best: dict[Kind, float],
    chosen: float,
    colours: Palette,
) -> go.Figure:
    """Return the cost of a hundred parts at each threshold for both networks, the best t marked, the chosen a line.

    `thresholds`, `best` and `chosen` in [0, 1]; the costs in any unit.
    """
    figure = go.Figure()
    for kind in KINDS:
        colour = colours.of(kind)
        figure.add_scatter(
            x=thresholds,
            y=costs[kind],
            mode="lines",
            line={"color": colour, "width": 2.5, "dash": DASHES[kind]},
            hovertemplate=f"{NAMES[kind]}, t = %{{x:.2f}}: %{{y:.0f}}<extra></extra>",
        )
        least = float(costs[kind].min())
        figure.add_scatter(
            x=[best[kind]],
            y=[least],
            mode="markers",
            marker={"symbol": SYMBOLS[kind], "size": 12, "color": colour, "line": {"width": 2, "color": colour}},
            hoverinfo="skip",
        )
        place = int(len(thresholds) * LABELS[kind])
        _name(figure, kind, (float(thresholds[place]), float(costs[kind][place])), colour)
    figure.add_vline(x=chosen, line={"color": colours.line, "width": 2})
    figure.add_annotation(x=chosen, y=1, yref="paper", yanchor="bottom", text=f"your t = {chosen:.2f}", showarrow=False)
    figure.update_xaxes(title="threshold t", range=[0, 1], fixedrange=True, showgrid=False, zeroline=False)
    figure.update_yaxes(title="cost of a hundred parts", rangemode="tozero", fixedrange=True,
                        gridcolor=colours.faint, zeroline=False)  # fmt: skip
    return plain(figure, 320, top=26, left=60, bottom=44)


def _name(figure: go.Figure, kind: Kind, at: tuple[float, float], colour: str) -> None:
    """Write a network's name beside its line, the baseline's above it and NAT's below."""
    above = kind == "baseline"
    figure.add_annotation(
        x=at[0],
        y=at[1],
        text=f"<b>{NAMES[kind]}</b>",
        font={"color": colour},
        showarrow=False,
        xanchor="left" if above else "right",
        yanchor="bottom" if above else "top",
    )
