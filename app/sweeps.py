"""Confidence and rates at every threshold to Plotly figures; no Streamlit here."""

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from app.charts import fill, plain, share_axis
from app.palette import KINDS, NAMES, PATTERNS, SYMBOLS, Kind, Palette
from app.words import percent

FINE_BINS = 100
"""Histograms come in hundredths, so that every threshold of the slider lies on an edge."""
PER_BAR = 2
LABELS_BETWEEN = (0.3, 0.7)
"""Curves are labelled between these thresholds, where a label has room on both sides."""
QUARTERS = (0, 0.25, 0.5, 0.75, 1)


def confidence_histograms(
    shares: dict[Kind, Float[np.ndarray, " bins"]],
    thresholds: dict[Kind, float],
    rates: dict[Kind, float],
    colours: Palette,
    *,
    known: bool,
    height: int = 380,
) -> go.Figure:
    """Return both networks' confidence on one image set, baseline above NAT, the part right of t filled.

    `shares` are hundredths of [0, 1], in each the share of the pictures; `rates` are the shares above the thresholds,
    which need not lie on a hundredth; `known` colours the filled part as kept, not as fooled. A bar that t cuts is
    drawn in two.
    """
    figure = go.Figure().set_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.13)
    beyond, word = (colours.kept, "kept") if known else (colours.fooled, "fooled")
    for row, kind in enumerate(KINDS, start=1):
        edges, density = _bars(shares[kind], thresholds[kind])
        right = edges[:-1] >= _cut(thresholds[kind]) / FINE_BINS - 1e-9
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=100 * density,
            width=np.diff(edges) * 0.92,
            marker=_fill_each([beyond if is_right else colours.of(kind) for is_right in right], PATTERNS[kind]),
            hovertemplate="sure to %{x:.0%}: %{y:.1f} % of the pictures<extra></extra>",
            row=row,
            col=1,
        )
        mark = f"<b>{NAMES[kind]}</b>   {word}: {percent(rates[kind])}"
        _panel_title(figure, row, mark, colours.of(kind))
        _threshold_line(figure, row, thresholds[kind], colours)
    top = 100 * max(_bars(shares[kind], thresholds[kind])[1].max() for kind in KINDS)
    figure.update_yaxes(
        range=[0, top * 1.08], nticks=4, fixedrange=True, gridcolor=colours.faint, zeroline=False, ticksuffix="\u00a0%"
    )
    figure.update_yaxes(title="share of pictures", title_standoff=12)
    figure.update_xaxes(range=[0, 1.005], fixedrange=True, **(share_axis(colours, QUARTERS) | {"showgrid": False}))
    figure.update_xaxes(title="how sure it is (confidence)", row=2, col=1)
    return plain(figure, height, top=26, left=76, bottom=44)


def rate_curves(
    rates: dict[Kind, Float[np.ndarray, " k"]],
    thresholds: Float[np.ndarray, " k"],
    at: dict[Kind, float],
    colours: Palette,
    title: str,
    *,
    height: int = 280,
) -> go.Figure:
    """Return a rate against t for both networks, the paper's four thresholds marked, each curve labelled by itself.

    `rates` and `thresholds` in [0, 1]; `at` is each network's threshold now; `title` names the y axis.
    """
    figure = go.Figure()
    marked = np.isin(np.round(thresholds, 6), (0.4, 0.6, 0.8, 0.9))
    for kind in KINDS:
        colour = colours.of(kind)
        figure.add_scatter(
            x=thresholds,
            y=rates[kind],
            mode="lines",
            line={"color": colour, "width": 2.5},
            name=NAMES[kind],
            hovertemplate=f"{NAMES[kind]} at t = %{{x:.2f}}: %{{y:.1%}}<extra></extra>",
        )
        figure.add_scatter(
            x=thresholds[marked],
            y=rates[kind][marked],
            mode="markers",
            marker={"color": colour, "size": 9, "symbol": SYMBOLS[kind], "line": {"width": 2, "color": colour}},
            hoverinfo="skip",
        )
    _curve_labels(figure, rates, thresholds, colours)
    for threshold in sorted(set(at.values())):
        figure.add_vline(x=threshold, line={"color": colours.line, "width": 1.5})
    figure.update_yaxes(
        range=[-0.02, 1.04], title=title, title_standoff=6, fixedrange=True, **share_axis(colours, QUARTERS)
    )
    figure.update_xaxes(range=[0, 1.01], title="threshold t", fixedrange=True, showgrid=False, zeroline=False)
    return plain(figure, height, top=12, left=64, bottom=44)


def _curve_labels(figure: go.Figure, rates: dict, thresholds: np.ndarray, colours: Palette) -> None:
    """Write each network's name where the two curves are furthest apart, above the higher and below the lower."""
    middle = (thresholds >= LABELS_BETWEEN[0]) & (thresholds <= LABELS_BETWEEN[1])
    place = int(np.where(middle, np.abs(rates["baseline"] - rates["nat"]), -1).argmax())
    higher: Kind = "baseline" if rates["baseline"][place] >= rates["nat"][place] else "nat"
    for kind in KINDS:
        figure.add_annotation(
            x=thresholds[place],
            y=rates[kind][place],
            text=f"<b>{NAMES[kind]}</b>",
            font={"color": colours.of(kind)},
            showarrow=False,
            xanchor="left" if kind == higher else "right",
            yanchor="bottom" if kind == higher else "top",
        )


def _bars(shares: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Edges and heights of bars two hundredths wide; the one that the threshold cuts becomes two, the area the same."""
    bounds = sorted({*range(0, FINE_BINS + 1, PER_BAR), _cut(threshold)})
    widths = np.diff(bounds)
    return np.array(bounds) / FINE_BINS, np.add.reduceat(shares, bounds[:-1]) * PER_BAR / widths


def _cut(threshold: float) -> int:
    return min(round(threshold * FINE_BINS), FINE_BINS)


def _panel_title(figure: go.Figure, row: int, text: str, colour: str) -> None:
    axis = "" if row == 1 else str(row)
    figure.add_annotation(
        x=0,
        xref="paper",
        y=1,
        yref=f"y{axis} domain",
        xanchor="left",
        yanchor="bottom",
        text=text,
        showarrow=False,
        font={"color": colour, "size": 14},
    )


def _threshold_line(figure: go.Figure, row: int, threshold: float, colours: Palette) -> None:
    figure.add_vline(x=threshold, line={"color": colours.line, "width": 2}, row=row, col=1)
    figure.add_annotation(
        x=threshold,
        y=1,
        yref=f"y{'' if row == 1 else row} domain",
        xref=f"x{'' if row == 1 else row}",
        xanchor="right" if threshold > 0.5 else "left",
        xshift=-4 if threshold > 0.5 else 4,
        yanchor="top",
        text=f"t = {threshold:.2f}",
        showarrow=False,
        font={"color": colours.line},
    )


def _fill_each(colours: list[str], pattern: str) -> dict:
    return fill(colours[0], pattern) | {"color": colours, "line": {"color": colours, "width": 1}}
