"""What all Plotly figures share; no Streamlit here."""

from typing import Any

# Plotly looks at pandas as soon as another thread has begun to import it, and would find half of it: so all of it is
# here before any figure is.
import pandas  # noqa: F401
import plotly.graph_objects as go

from nat_app.shared.drawing.palette import NAMES, Kind, Palette
from nat_app.shared.language import written
from nat_core.language import legible

CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
"""Plotly's toolbar stays away: nothing on these charts needs zooming."""
QUARTERS = (0, 0.25, 0.5, 0.75, 1)
"""The ticks of an axis of shares that has room for them."""
HOVER = "%{y}: %{x:.1%}<extra></extra>"
"""What a bar of a share says under the pointer."""
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "{": "&#123;"}


def label(text: str) -> str:
    """Return a stranger's text so that Plotly shows it as it is: no tag, no link, no formula, no place for a value.

    This is the one way for such a text into a chart: ticks, titles, hovers and custom data.

    >>> label("<a href='http://x'>$5 & up</a>")
    "&lt;a href='http://x'&gt;&#36;5 &amp; up&lt;/a&gt;"
    """
    return "".join(ENTITIES.get(sign, sign) for sign in legible(text))


def panel_title(figure: go.Figure, panel: int, text: str, font: dict | None = None) -> None:
    """Write a title above the left end of one of a figure's panels, the first of which is 1."""
    figure.add_annotation(
        x=0,
        xref="paper",
        y=1,
        # The panel's own height, whatever its values: "domain" runs from 0 to 1.
        yref=f"y{'' if panel == 1 else panel} domain",
        xanchor="left",
        yanchor="bottom",
        text=text,
        showarrow=False,
        font=font,
    )


def beside_line(at: float) -> str:
    """Return on which side of an upright line at `at`, in [0, 1] of an axis, its words lie, so that none are cut off.

    >>> beside_line(0.02), beside_line(0.5), beside_line(0.99)
    ('left', 'center', 'right')
    """
    return "left" if at < 0.2 else "right" if at > 0.8 else "center"


def write_over(figure: go.Figure, at: tuple[float, float], text: str, ground: str, **placed: Any) -> None:
    """Write a text at a place of a figure's axes, on the ground's colour: no line shows through.

    `placed` says how it lies there, and its font, as Plotly's annotations do.
    """
    figure.add_annotation(x=at[0], y=at[1], text=text, showarrow=False, bgcolor=ground, borderpad=0, **placed)


def write_name(
    figure: go.Figure, kind: Kind, at: tuple[float, float], colours: Palette, *, right: bool, above: bool
) -> None:
    """Write a network's name beside a point of its curve, in its colour: to the right or left of it, above or below."""
    write_over(
        figure,
        at,
        f"<b>{NAMES[kind]}</b>",
        colours.ground,
        font={"color": colours.of(kind)},
        xanchor="left" if right else "right",
        yanchor="bottom" if above else "top",
    )


def fill(colour: str, pattern: str) -> dict:
    """Return a bar's marker: one colour, solid or hatched."""
    return {
        "color": colour,
        "line": {"color": colour, "width": 1},
        # "replace" gives the colour to the hatching; "overlay" would give it to the ground behind.
        "pattern": {"shape": pattern, "fillmode": "replace", "size": 5, "solidity": 0.45},
    }


def mark(kind: Kind, colours: Palette, size: float) -> dict:
    """Return a network's mark on a curve: a hollow circle for the baseline, a filled one for NAT; `size` in pixels."""
    colour = colours.of(kind)
    inside = colours.ground if kind == "baseline" else colour
    return {"symbol": "circle", "color": inside, "size": size, "line": {"width": 2, "color": colour}}


def share_axis(colours: Palette, ticks: tuple[float, ...]) -> dict:
    """Return the ticks of an axis of shares in [0, 1], written in percent."""
    return {
        "tickvals": list(ticks),
        "ticktext": [f"{tick:.0%}".replace("%", "\u00a0%") for tick in ticks],
        "gridcolor": colours.faint,
        "zeroline": False,
    }


def plain(figure: go.Figure, height: int, *, top: int, left: int, bottom: int) -> go.Figure:
    """Return the figure with what all charts have in common; `height` and the margins in pixels."""
    return figure.update_layout(look(height, top=top, left=left, bottom=bottom))


def look(height: int, *, top: int, left: int, bottom: int) -> dict:
    """Return the layout that all charts have in common; `height` and the margins in pixels."""
    return {
        "height": height,
        # The decimal sign and that between thousands, of what Plotly writes itself.
        "separators": written(".,"),
        "margin": {"l": left, "r": 22, "t": top, "b": bottom},
        "showlegend": False,
        "bargap": 0.28,
        "dragmode": False,
        "font": {"size": 13},
    }
