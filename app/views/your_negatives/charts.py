"""What a network learned of a visitor's negatives, before and after, as Plotly figures; no Streamlit here."""

import html
from collections.abc import Sequence

import plotly.graph_objects as go

from nat_app.shared.drawing.charts import fill, label, plain, share_axis
from nat_app.shared.drawing.palette import Kind, Palette
from nat_app.shared.language import _, pgettext
from nat_app.shared.words import ENOUGH, of_100, percent, threshold_text

ROW = 46
"""Pixels for the two bars of one row."""
BAR = 16
"""Pixels for one of the two bars."""
LABELS = 118
"""Pixels for the column of labels, of which "22 von 22 nachher" is the widest."""
LETTER, NAMES_BESIDE = 6, 16
"""Pixels for each letter of the longest name, and for what is left and right of it."""
LONGEST = 22
"""How many letters of a row's name are shown at most."""
TOP, NAMED = 4, 18
"""Pixels above the bars: without a line, and with its name."""


def before_after(
    names: Sequence[str],
    before: Sequence[float],
    after: Sequence[float] | None,
    kind: Kind,
    colours: Palette,
    *,
    axis: str,
    threshold: float | None = None,
    alone: Sequence[float] | None = None,
    pictures: Sequence[int] | None = None,
) -> go.Figure:
    """Return two bars a row, hatched before learning and solid after it, all in [0, 1] and labelled in percent.

    `after` is None where nothing was learned yet; `kind` is the network's, whose colour the hatched bars have.
    `pictures` is how many each row is a share of: few are labelled as counts. `threshold` draws a line and names it;
    `alone` marks where as much training without negatives leads. `axis` says what is drawn.
    """
    figure = go.Figure()
    series = [(pgettext("learning", "before"), before, fill(colours.of(kind), "/"))]
    if after is not None:
        series.append((pgettext("learning", "after"), after, fill(colours.nat, "")))
    for number, (when, values, marker) in enumerate(series):
        texts = [f"{_amount(value, row, pictures)} {when}" for row, value in enumerate(values)]
        _bars(figure, names, when, values, marker)
        _label(figure, texts, BAR * ((len(series) - 1) / 2 - number))
    if alone is not None:
        _ticks(figure, names, alone, colours)
    if threshold is not None:
        _line(figure, threshold, colours)
    rows = [_short(name) for name in names]
    _name_rows(figure, rows)
    figure.update_xaxes(range=[0, 1], fixedrange=True, **share_axis(colours, (0, 0.5, 1)))
    figure.update_xaxes(title=axis, title_standoff=10)
    left = NAMES_BESIDE + LETTER * max(len(html.unescape(row)) for row in rows)
    top = TOP if threshold is None else NAMED
    return plain(figure, 56 + top + ROW * len(rows), top=top, left=left, bottom=56).update_layout(
        bargap=0.3, bargroupgap=0, margin_r=LABELS
    )


def _name_rows(figure: go.Figure, rows: Sequence[str]) -> None:
    # Rows go by number: two photos may have the same name, which Plotly would draw in one row.
    figure.update_yaxes(autorange="reversed", tickvals=list(range(len(rows))), ticktext=rows, ticklabelstandoff=4,
                        showgrid=False, fixedrange=True)  # fmt: skip


def _line(figure: go.Figure, threshold: float, colours: Palette) -> None:
    """Draw the threshold and name it."""
    figure.add_vline(x=threshold, line={"color": colours.line, "width": 1.5})
    figure.add_annotation(x=threshold, y=1, yref="paper", yanchor="bottom", showarrow=False, font={"size": 12},
                          xanchor="right" if threshold > 0.5 else "left",
                          text=f"t\u00a0=\u00a0{threshold_text(threshold)}")  # fmt: skip


def _ticks(figure: go.Figure, names: Sequence[str], alone: Sequence[float], colours: Palette) -> None:
    """Mark on each row where as much training without negatives leads."""
    figure.add_scatter(
        x=list(alone),
        y=list(range(len(names))),
        mode="markers",
        marker={"symbol": "line-ns", "size": 26, "line": {"width": 2, "color": colours.line}},
        customdata=[label(name) for name in names],
        hovertemplate="%{customdata}, " + _("as long without negatives") + ": %{x:.1%}<extra></extra>",
    )


def _bars(figure: go.Figure, names: Sequence[str], when: str, values: Sequence[float], marker: dict) -> None:
    """Draw one bar a row."""
    figure.add_bar(
        x=list(values),
        y=list(range(len(names))),
        orientation="h",
        marker=marker,
        customdata=[label(name) for name in names],
        hovertemplate=f"%{{customdata}}, {when}: %{{x:.1%}}<extra></extra>",
    )


def _amount(share: float, row: int, pictures: Sequence[int] | None) -> str:
    """A row's share in percent, or as a count where it is one of few pictures."""
    few = pictures is not None and pictures[row] < ENOUGH
    return of_100(share, pictures[row]) if few else percent(share)


def _label(figure: go.Figure, texts: Sequence[str], higher: float) -> None:
    """Write a text beside each row, `higher` pixels above its middle, in one column where no mark runs through it."""
    for place, text in enumerate(texts):
        figure.add_annotation(x=1, xref="paper", xshift=8, y=place, yshift=higher, text=text, xanchor="left",
                              showarrow=False, font={"size": 12})  # fmt: skip


def _short(name: str) -> str:
    return label(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…")
