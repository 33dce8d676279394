"""The probabilities of one picture to Plotly figures, and what all charts share; no Streamlit here."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from nat_app.shared.classes import class_title
from nat_app.shared.drawing.palette import KINDS, NAMES, PATTERNS, Kind, Palette
from nat_app.shared.language import N_, _, written
from nat_app.shared.words import percent
from nat_core.measure.wording import legible

CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
"""Plotly's toolbar stays away: nothing on these charts needs zooming."""
QUARTERS = (0, 0.25, 0.5, 0.75, 1)
"""The ticks of an axis of shares that has room for them."""
HOVER = "%{y}: %{x:.1%}<extra></extra>"
"""What a bar of a share says under the pointer."""
TEN_BY_BOTH = N_("Ten probabilities by both networks.")
"""How the text for those who cannot see the bars of both networks begins."""
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "{": "&#123;"}


def label(text: str) -> str:
    """Return a stranger's text so that Plotly shows it as it is: no tag, no link, no formula, no place for a value.

    This is the one way for such a text into a chart: ticks, titles, hovers and custom data.

    >>> label("<a href='http://x'>$5 & up</a>")
    "&lt;a href='http://x'&gt;&#36;5 &amp; up&lt;/a&gt;"
    """
    return "".join(ENTITIES.get(sign, sign) for sign in legible(text))


def probability_bars(
    probabilities: Float[np.ndarray, " classes"],
    classes: tuple[str, ...],
    kind: Kind,
    colours: Palette,
    *,
    height: int = 292,
) -> go.Figure:
    """Return the probabilities of one picture as horizontal bars, the winner labelled, 1/c dashed.

    `probabilities` in [0, 1], one for each of `classes`; `height` in pixels.
    """
    bars = _bars(probabilities, classes, kind, colours) | {"hovertemplate": HOVER}
    layout = look(height, top=24, left=78, bottom=40) | {
        "shapes": [no_opinion(len(classes), colours)],
        "annotations": [_no_opinion_words(len(classes), colours), _corner_title(kind, colours)],
        # Plotly draws the first class at the bottom.
        "yaxis": {"autorange": "reversed", "ticklabelstandoff": 4, "showgrid": False, "fixedrange": True},
        "xaxis": {
            # Room right of 100 % for the label of a bar that reaches it.
            "range": [0, 1.18],
            "fixedrange": True,
            "title": {"text": _("how sure it is"), "standoff": 2},
            **share_axis(colours, (0, 0.5, 1)),
        },
    }
    return go.Figure([bars], layout)


def paired_bars(
    probabilities: dict[Kind, Float[np.ndarray, " classes"]],
    classes: tuple[str, ...],
    colours: Palette,
    *,
    height: int = 270,
) -> go.Figure:
    """Return both networks' probabilities of one picture, two bars a class, each winner labelled, 1/c dashed."""
    # Or Plotly shrinks the label to the height of its bar, of which there are twenty here.
    small = {"textfont": {"size": 12}, "constraintext": "none"}
    bars = [
        _bars(probabilities[kind], classes, kind, colours) | small | {"hovertemplate": f"{NAMES[kind]}, {HOVER}"}
        for kind in KINDS
    ]
    layout = look(height, top=4, left=74, bottom=22) | {
        "shapes": [no_opinion(len(classes), colours)],
        "bargap": 0.2,
        "bargroupgap": 0,
        "yaxis": {"autorange": "reversed", "ticklabelstandoff": 4, "showgrid": False, "fixedrange": True},
        "xaxis": {"range": [0, 1.2], "fixedrange": True, **share_axis(colours, (0, 0.5, 1))},
    }
    return go.Figure(bars, layout)


# Described in dictionaries, here and above: Plotly takes 2 ms to check a figure as a whole and 11 to change one step by
# step, and these are drawn for every visitor.
def _bars(probabilities: Float[np.ndarray, " classes"], classes: Sequence[str], kind: Kind, colours: Palette) -> dict:
    """Return one network's horizontal bars, the longest labelled."""
    winner = int(probabilities.argmax())
    return {
        "type": "bar",
        "x": probabilities,
        "y": [label(class_title(name)) for name in classes],
        "orientation": "h",
        "marker": fill(colours.of(kind), PATTERNS[kind]),
        "text": [percent(p) if index == winner else "" for index, p in enumerate(probabilities)],
        "textposition": "outside",
        "cliponaxis": False,  # a label may reach beyond the axes
    }


def no_opinion(classes: int, colours: Palette) -> dict:
    """Return the dashed line at which all classes are as probable as each other."""
    place = {"x0": 1 / classes, "x1": 1 / classes, "xref": "x", "y0": 0, "y1": 1, "yref": "y domain"}
    return {"type": "line", "line": {"color": colours.line, "width": 1.5, "dash": "dash"}} | place


def _no_opinion_words(classes: int, colours: Palette) -> dict:
    return {
        "x": 1 / classes,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": "left",
        "xshift": -6,
        "text": _("no opinion, 1/{classes}", classes=classes),
        "showarrow": False,
        "font": {"color": colours.line, "size": 12},
    }


def _corner_title(kind: Kind, colours: Palette) -> dict:
    """Return the network's name above the class names, in its colour."""
    return {
        "x": 0,
        "xref": "paper",
        "y": 1,
        "yref": "paper",
        "xanchor": "right",
        "xshift": -10,
        "yanchor": "bottom",
        "text": f"<b>{NAMES[kind]}</b>",
        "showarrow": False,
        "font": {"color": colours.of(kind), "size": 14},
    }


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


def fill(colour: str, pattern: str) -> dict:
    """Return a bar's marker: one colour, solid or hatched."""
    return {
        "color": colour,
        "line": {"color": colour, "width": 1},
        # "replace" gives the colour to the hatching; "overlay" would give it to the ground behind.
        "pattern": {"shape": pattern, "fillmode": "replace", "size": 5, "solidity": 0.45},
    }


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
