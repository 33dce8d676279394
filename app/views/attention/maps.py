"""Attention maps as a grid over a faint photo, a row a network, a column a level; and how far they differ: plain HTML.

A browser draws it at once, and brings no Plotly for it; sizes and colours are the style sheet's (frame/style.css).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape

import numpy as np
import plotly.colors
from jaxtyping import Float, UInt8
from PIL import Image

from nat_app.answers.level_spreads import Spread
from nat_app.shared.drawing.bars import at, drawing, shown
from nat_app.shared.language import N_, _, number
from nat_app.shared.page_file import image_url, png_url
from nat_app.views.attention.words import spread_pictures
from nat_core.measure.rounding import distance_text

LEVELS = {"low": N_("low level"), "middle": N_("middle level"), "high": N_("high level")}
SIDE, SMALLER_SIDE = 12.5, 9.0
"""The side of a map in rem, where there are two rows, and where there are more."""
DISTANCES = (0, 0.5, 1, 1.41)
"""The ticks of an axis of distances."""
FIRST, LAST = -0.02, 1.45
"""The ends of that axis."""


@dataclass(frozen=True)
class MapRow:
    """One network's row of the grid."""

    title: str
    """Who it is: "Baseline (WRN-40-1)"."""
    says: str
    """Its answer: "97 % cat"."""
    maps: Mapping[str, Float[np.ndarray, "_ _"]]
    """mean(A^2) over channels at each level."""


@dataclass(frozen=True)
class Overlay:
    """How the maps lie over the photo."""

    photo: UInt8[np.ndarray, "side side 3"] | None = None
    """The photo as the networks see it, at any size; None leaves the page's ground."""
    strength: float = 1.0
    """How strongly the maps cover it, in [0, 1]; at 1 their colours are those of the colour bar."""
    own_scale: bool = True
    """True stretches each map to its own largest value: on a common scale faint maps are nearly black."""


@cache
def scale() -> list[list[int]]:
    """Return the colours of an attention map from 0 to its largest value, red, green and blue in 0 to 255.

    >>> len(scale()), scale()[0]
    (10, [0, 34, 78])
    """
    named = plotly.colors.sequential.Cividis
    stops = [plotly.colors.unlabel_rgb(each) if "rgb" in each else plotly.colors.hex_to_rgb(each) for each in named]
    return [[int(part) for part in stop] for stop in stops]


def coloured(values: Float[np.ndarray, "h w"], largest: float) -> UInt8[np.ndarray, "h w 3"]:
    """Return a map's values as colours, from 0 to `largest`.

    >>> coloured(np.array([[0.0, 2.0]]), 2.0).tolist()
    [[[0, 34, 78], [254, 232, 56]]]
    """
    stops = np.array(scale(), float)
    places = np.clip(values / largest, 0, 1) * (len(stops) - 1)
    channels = [np.interp(places, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def attention_grid(rows: tuple[MapRow, ...], overlay: Overlay | None = None, *, alt: str) -> str:
    """Return the maps as a grid, its columns named above it; each map on its own scale from 0, or one scale a column.

    On its own scale a map's largest value stands in its corner. The levels differ in magnitude, so a common scale is
    that of a column, with its values in the bar below. `alt` says to whoever does not see them where they look.
    """
    overlay = overlay or Overlay()
    ground = "" if overlay.photo is None else f'<img class="ground" alt="" src="{_grey(overlay.photo)}"/>'
    parts = [f'<span class="level">{escape(_(title))}</span>' for title in LEVELS.values()]
    # A map of zeros alone has no largest value to divide by.
    largest = {level: max(float(row.maps[level].max()) for row in rows) or 1.0 for level in LEVELS}
    for row in rows:
        parts.append(f'<span class="who"><b>{shown(row.title)}</b>: {shown(row.says)}</span>')
        parts += [_one_map(row, level, ground, None if overlay.own_scale else largest[level]) for level in LEVELS]
    if not overlay.own_scale:
        parts += [_scale(level, largest[level]) for level in LEVELS]
    side = SIDE if len(rows) <= 2 else SMALLER_SIDE
    style = f"--side: {side}rem; --strength: {overlay.strength:.2f}"
    return f'<div class="nat-looks" role="img" aria-label="{escape(alt)}" style="{style}">{"".join(parts)}</div>'


def _one_map(row: MapRow, level: str, ground: str, common: float | None) -> str:
    """Draw one map on the common scale of its column, or on its own where there is none."""
    own = float(row.maps[level].max())
    reaches = _("0 to {most}", most=_short(own))
    note = "" if common else f'<span class="note">{reaches}</span>'
    source = png_url(coloured(row.maps[level], common or own or 1.0))
    title = shown(f"{row.title}, {_(LEVELS[level])}: {reaches}")
    return f'<span class="map" title="{title}">{ground}<img class="over" alt="" src="{source}"/>{note}</span>'


def _scale(level: str, largest: float) -> str:
    """Draw the scale of a level: from 0 to the largest value of any network."""
    stops = ", ".join(f"rgb({red} {green} {blue})" for red, green, blue in scale())
    bar = f'<span class="bar" style="background: linear-gradient(to right, {stops})"></span>'
    ends = f'<span class="ends"><span>0</span><span>{_short(largest)}</span></span>'
    return f'<span class="scale">{bar}{ends}{escape(_(LEVELS[level]))}</span>'


def _short(value: float) -> str:
    """A value with two digits, or as many as it has before the point."""
    return number(value, ".2g" if value < 99.5 else ",.0f")


def _grey(photo: UInt8[np.ndarray, "side side 3"]) -> str:
    """The photo in greys, as a data address: the colours on the page are the maps' alone."""
    small = Image.fromarray(photo).convert("L").resize((128, 128), Image.Resampling.BICUBIC)
    return image_url(small, "JPEG", quality=80)


# --- how far they differ ---------------------------------------------------------------------------------------------


def distances(here: Mapping[str, float], spread: Spread, *, alt: str) -> str:
    """Return the distances of two networks' maps on one picture, by level, each a diamond on its usual spread.

    `here` in [0, sqrt 2]. The thin line holds 90 % of the pictures, the thick one half of them, the tick the median; a
    hollow circle is the median of two baselines of different seeds.
    """
    rows = [(_(title), _usual(spread, level) + _here(here[level])) for level, title in LEVELS.items()]
    lines = [_at(each, "tick") for each in DISTANCES]
    ticks = [_at(each, "value", number(each)) for each in DISTANCES]
    means = _("distance between the two maps")
    return drawing(rows, lines, ticks, alt=alt, height=3.2, kind="nat-bars nat-apart", foot=means)


def _here(distance: float) -> str:
    said, which = distance_text(distance), _("this picture")
    return _at(distance, "said", said) + _at(distance, "here", title=f"{which}: {said}")


def _usual(spread: Spread, level: str) -> str:
    """Draw what is usual at a level: the lines of the pictures, their median, and that of two baselines."""
    lowest, low, middle, high, highest = spread.quantiles[level]
    pictures = _("median of {pictures}", pictures=spread_pictures(spread.set_name, spread.pictures))
    drawn = _between(lowest, highest, "thin") + _between(low, high, "thick")
    drawn += _at(middle, "median", title=f"{pictures}: {distance_text(middle)}")
    if spread.seeds is not None:
        seeds, which = spread.seeds[level], _("two baselines, median")
        drawn += _at(seeds, "seeds", title=f"{which}: {distance_text(seeds)}")
    return drawn


def _place(distance: float) -> float:
    return 100 * (distance - FIRST) / (LAST - FIRST)


def _between(low: float, high: float, kind: str) -> str:
    return f'<span class="{kind}" style="left: {_place(low):.2f}%; width: {_place(high) - _place(low):.2f}%"></span>'


def _at(distance: float, kind: str, text: str = "", title: str = "") -> str:
    return at(_place(distance), kind, text, title)
