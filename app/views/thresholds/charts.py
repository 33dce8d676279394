"""Confidence and rates at every threshold to Plotly figures; no Streamlit here."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Bool, Float

from nat_app.shared.drawing.charts import HOVER, QUARTERS, fill, label, mark, plain, share_axis, write_name
from nat_app.shared.drawing.palette import KINDS, NAMES, PATTERNS, Kind, Palette
from nat_app.shared.language import _, number
from nat_app.shared.words import HARD_SPACE

LABELS_BETWEEN = (0.3, 0.7)
"""Curves are labelled between these thresholds, where a label has room on both sides."""
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Between two ticks of an axis of shares."""
KEPT_TICKS = (0.5, 0.6, 0.7, 0.8, 0.95)
"""As close as a phone has room for; the last is where both networks are compared."""
KEPT_FROM = 0.5
"""The chart begins here: a network that keeps less is of no use."""


def rate_curves(
    rates: dict[Kind, Float[np.ndarray, " k"]],
    thresholds: Float[np.ndarray, " k"],
    at: dict[Kind, float],
    colours: Palette,
    title: str,
    *,
    of_score: str = "",
    height: int = 280,
) -> go.Figure:
    """Return a rate against t for both networks, the paper's four thresholds marked, each curve labelled by itself.

    `rates` in [0, 1], `thresholds` in ascending order; `at` is each network's threshold now; `title` names the y axis.
    `of_score` names another score than confidence, on which the paper has no thresholds.
    """
    figure = go.Figure()
    marked = np.isin(np.round(thresholds, 6), () if of_score else (0.4, 0.6, 0.8, 0.9))
    first, last = float(thresholds[0]), float(thresholds[-1])
    for kind in KINDS:
        _curve(figure, kind, thresholds, rates[kind], marked, colours)
    between = (first + LABELS_BETWEEN[0] * (last - first), first + LABELS_BETWEEN[1] * (last - first))
    _curve_labels(figure, rates, thresholds, colours, between)
    for threshold in sorted(set(at.values())):
        figure.add_vline(x=threshold, line={"color": colours.line, "width": 1.5})
    figure.update_yaxes(
        range=[-0.02, 1.04], title=title, title_standoff=6, fixedrange=True, **share_axis(colours, QUARTERS)
    )
    figure.update_xaxes(
        range=[first, last + 0.01 * (last - first)],
        title=_("threshold t by {score}", score=of_score) if of_score else _("threshold t"),
        fixedrange=True,
        showgrid=False,
        zeroline=False,
    )
    return plain(figure, height, top=12, left=76, bottom=44)


def _curve(
    figure: go.Figure,
    kind: Kind,
    thresholds: Float[np.ndarray, " k"],
    rates: Float[np.ndarray, " k"],
    marked: Bool[np.ndarray, " k"],
    colours: Palette,
) -> None:
    """Draw one network's rates as a line, with a mark at some of the thresholds."""
    figure.add_scatter(
        x=thresholds,
        y=rates,
        mode="lines",
        line={"color": colours.of(kind), "width": 2.5},
        name=NAMES[kind],
        hovertemplate=_("{network} at t = {t}: {share}", network=NAMES[kind], t="%{x:.5~f}", share="%{y:.1%}")
        + "<extra></extra>",
    )
    _marks(figure, kind, thresholds[marked], rates[marked], colours, size=9)


def _marks(
    figure: go.Figure,
    kind: Kind,
    x: Float[np.ndarray, " k"],
    y: Float[np.ndarray, " k"],
    colours: Palette,
    *,
    size: int,
) -> None:
    """Draw a network's mark at each of these places."""
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers",
        marker=mark(kind, colours, size),
        hoverinfo="skip",
    )


def fooled_for_kept(
    ncr: dict[Kind, Float[np.ndarray, " k"]],
    kept: Float[np.ndarray, " k"],
    colours: Palette,
    *,
    height: int = 320,
) -> go.Figure:
    """Return NCR against the share kept for both networks, 95 % kept marked; lower is better at every place.

    `ncr` and `kept` in [0, 1]; both networks are compared at equal use, whatever their thresholds.
    """
    figure = go.Figure()
    shown = kept >= KEPT_FROM
    for kind in KINDS:
        colour = colours.of(kind)
        figure.add_scatter(
            x=kept[shown],
            y=ncr[kind][shown],
            mode="lines",
            line={"color": colour, "width": 2.5},
            hovertemplate=_(
                "{network}, keeping {kept}: fooled by {fooled}", network=NAMES[kind], kept="%{x:.0%}", fooled="%{y:.1%}"
            )
            + "<extra></extra>",
        )
        place = int(np.abs(kept - 0.95).argmin())
        _marks(figure, kind, kept[[place]], ncr[kind][[place]], colours, size=10)
    _curve_labels(figure, ncr, kept, colours, (0.6, 0.85), rising=True)
    figure.add_vline(x=0.95, line={"color": colours.line, "width": 1.5})
    figure.update_yaxes(
        range=[-0.02, 1.04], title=_("fooled (NCR)"), title_standoff=6, fixedrange=True, **share_axis(colours, QUARTERS)
    )
    figure.update_xaxes(range=[KEPT_FROM, 1.005], title=_("kept of what it knows"), fixedrange=True)
    figure.update_xaxes(**(share_axis(colours, KEPT_TICKS) | {"showgrid": False, "tickangle": 0}))
    return plain(figure, height, top=12, left=76, bottom=44)


def class_bars(
    shares: dict[Kind, Float[np.ndarray, " classes"]],
    names: Sequence[str],
    title: str,
    colours: Palette,
) -> go.Figure:
    """Return both networks' shares by class as horizontal bars, two a class; `shares` in [0, 1], `title` of the axis.

    Each bar holds the places of its network's kind and of its class as custom data, for the callback of a selection.
    """
    figure = go.Figure()
    for kind in KINDS:
        figure.add_bar(
            x=shares[kind],
            y=[label(name) for name in names],
            orientation="h",
            marker=fill(colours.of(kind), PATTERNS[kind]),
            customdata=[[KINDS.index(kind), place] for place in range(len(names))],
            hovertemplate=f"{NAMES[kind]}, {HOVER}",
        )
    # Both may be sure of nothing, and an axis needs a length.
    top = max(float(each.max()) for each in shares.values()) or 0.01
    figure.update_yaxes(autorange="reversed", ticklabelstandoff=4, showgrid=False, fixedrange=True)
    step = next((each for each in STEPS if top <= 5 * each), STEPS[-1])
    # A hair more, as the last place may fall short by rounding.
    places = [step * times for times in range(int(1.05 * top / step + 1e-9) + 1)]
    figure.update_xaxes(range=[0, top * 1.05], title=title, title_standoff=4, fixedrange=True)
    figure.update_xaxes(
        tickvals=places,
        ticktext=[f"{number(100 * place, '.1f' if step < 0.01 else '.0f')}{HARD_SPACE}%" for place in places],
        gridcolor=colours.faint,
        zeroline=False,
    )
    height = 60 + 30 * len(names)
    return plain(figure, height, top=4, left=92, bottom=44).update_layout(bargap=0.25, bargroupgap=0)


def _curve_labels(
    figure: go.Figure,
    rates: dict,
    thresholds: np.ndarray,
    colours: Palette,
    between: tuple[float, float] = LABELS_BETWEEN,
    *,
    rising: bool = False,
) -> None:
    """Write each network's name where the two curves are furthest apart, above the higher and below the lower.

    `rising` tells which side of a curve is free.
    """
    middle = (thresholds >= between[0]) & (thresholds <= between[1])
    # -1 is less than any distance, so no place outside is chosen.
    place = int(np.where(middle, np.abs(rates["baseline"] - rates["nat"]), -1).argmax())
    higher: Kind = "baseline" if rates["baseline"][place] >= rates["nat"][place] else "nat"
    for kind in KINDS:
        above = kind == higher
        at = (float(thresholds[place]), float(rates[kind][place]))
        write_name(figure, kind, at, colours, right=above != rising, above=above)
