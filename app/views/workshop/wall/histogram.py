"""What a class said as a histogram that is read from the last row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from nat_app.shared.drawing.charts import beside_line, plain, write_over
from nat_app.shared.drawing.palette import Palette
from nat_app.shared.words import percent, percent_span
from nat_core.language import number

BINS = 10
"""Bars over the shares from 0 to 1."""


@dataclass(frozen=True)
class Axis:
    """What the bars stand on."""

    title: str
    counts: tuple[int, ...]
    """How many phones there are in each bar."""
    starts: tuple[float, ...]
    """Where the bars begin, along the axis."""
    width: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    bars: tuple[str, ...]
    """What a bar stands for, for the pointer."""
    marks: tuple[tuple[float, str], ...] = ()
    """Lines across the chart, with their labels."""


def counted(guesses: Sequence[float]) -> tuple[int, ...]:
    """Return how many guesses lie in each tenth of [0, 1]; 1 is in the last one.

    >>> counted((0.0, 0.05, 0.1, 0.3, 1.0))
    (2, 1, 0, 1, 0, 0, 0, 0, 0, 1)
    """
    # 0.3 is 0.299..., times ten, in floats.
    places = np.minimum((np.round(np.array(guesses, float) * BINS, 6)).astype(int), BINS - 1)
    return tuple(int(count) for count in np.bincount(places, minlength=BINS))


def of_shares(guesses: Sequence[float], title: str, marks: tuple[tuple[float, str], ...] = ()) -> Axis:
    """Return the axis of shares in [0, 1], in tenths."""
    starts = tuple(place / BINS for place in range(BINS))
    ticks = (0.0, 0.25, 0.5, 0.75, 1.0)
    bars = tuple(percent_span(start, start + 1 / BINS) for start in starts)
    return Axis(title, counted(guesses), starts, 1 / BINS, ticks, tuple(map(percent, ticks)), bars, marks)


def of_numbers(values: Sequence[int], title: str, most: int) -> Axis:
    """Return the axis of whole numbers from 0 to `most` at least, a bar each."""
    most = max(most, *values, 0)
    counts = np.bincount(np.array(values, int), minlength=most + 1)
    ticks = tuple(float(tick) for tick in range(0, most + 1, max(1, most // 6)))
    return Axis(
        title,
        tuple(int(count) for count in counts),
        tuple(place - 0.5 for place in range(most + 1)),
        1.0,
        ticks,
        tuple(number(tick, "g") for tick in ticks),
        tuple(str(place) for place in range(most + 1)),
    )


def figure(axis: Axis, phones: str, colours: Palette, *, height: int) -> go.Figure:
    """Return the histogram; `phones` says what the bars count, `height` is in pixels."""
    drawn = go.Figure(
        go.Bar(
            x=[start + axis.width / 2 for start in axis.starts],
            y=axis.counts,
            width=axis.width * 0.92,
            marker={"color": colours.of("nat")},
            customdata=axis.bars,
            hovertemplate="%{customdata}: %{y}<extra></extra>",
        )
    )
    for start, count in zip(axis.starts, axis.counts, strict=True):
        if count:
            middle = start + axis.width / 2
            write_over(drawn, (middle, count), str(count), colours.ground, yanchor="bottom", font={"size": 16})
    for at, text in axis.marks:
        drawn.add_vline(x=at, line={"color": colours.line, "width": 3})
        drawn.add_annotation(x=at, y=1, yref="paper", yanchor="bottom", text=f"<b>{text}</b>", showarrow=False,
                             font={"size": 16}, xanchor=beside_line(at))  # fmt: skip
    drawn.update_xaxes(title=axis.title, tickvals=axis.ticks, ticktext=axis.labels, fixedrange=True, showgrid=False,
                       range=[axis.starts[0], axis.starts[-1] + axis.width], zeroline=False)  # fmt: skip
    drawn.update_yaxes(title=phones, rangemode="tozero", fixedrange=True, gridcolor=colours.faint, dtick=1,
                       range=[0, max(4, *axis.counts) * 1.15], zeroline=False)  # fmt: skip
    # A line for each phone would be read from no row once there are many.
    if max(axis.counts) > 10:
        drawn.update_yaxes(dtick=5)
    return plain(drawn, height, top=32, left=60, bottom=48)
