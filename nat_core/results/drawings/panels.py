"""Small drawings as SVG text: panels with axes, lines and marks, for pages that are files; no library is needed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from textwrap import wrap
from types import MappingProxyType

from nat_core.language import number

INK, FAINT = "#111111", "#DDDDDD"
BASELINE, NAT, POINTED_OUT = "#6E6E6E", "#0072B2", "#AA4499"
"""The app's colours (Okabe-Ito), on white; and one with no meaning elsewhere, for what is pointed out."""
GROUND = "#FFFFFF"
"""What lies beneath all, and hides the lines beneath a hollow mark or a label."""
DARK: Mapping[str, str] = MappingProxyType(
    {
        GROUND: "#0E1117", INK: "#F2F2F2", FAINT: "#3A3D45", BASELINE: "#A8A8A8", NAT: "#56B4E9",
        POINTED_OUT: "#CC79A7",
    }
)  # fmt: skip
"""What the colours become on a dark page, whose ground is Streamlit's (app/.streamlit/config.toml)."""
WIDE, NARROW = 720, 360
"""The width of a plot, and of one for a phone, in pixels: an upright tablet has room for the wide one."""
Number = int | float
Point = tuple[Number, Number]


@dataclass(frozen=True)
class Panel:
    """A rectangle of the drawing, in pixels, with the ranges of its two axes.

    >>> Panel(10, 20, 100, 50).at((0.5, 1.0))
    (60.0, 20.0)
    """

    left: Number
    top: Number
    width: Number
    height: Number
    x_range: Point = (0.0, 1.0)
    y_range: Point = (0.0, 1.0)

    def at(self, point: Point) -> Point:
        """Where a point of the axes lies in the drawing."""
        # Turned round: the rows of an SVG are counted from the top.
        (start, end), (low, high) = self.x_range, self.y_range
        return (
            self.left + self.width * (point[0] - start) / (end - start),
            self.top + self.height * (1 - (point[1] - low) / (high - low)),
        )


@dataclass
class Drawing:
    """An SVG picture of a size in pixels, on white; `alt_text` is read aloud in place of it."""

    width: int
    height: int
    alt_text: str
    say: Callable[[str], str] = str
    """How a page names what a title speaks of; asked before the title is broken into lines, as it may be longer."""
    _parts: list[str] = field(default_factory=list)

    def line(self, points: Iterable[Point], colour: str = INK, width: Number = 1, dashes: str = "") -> None:
        """Draw a line through points of the drawing."""
        path = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self._parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashed}/>'
        )

    def dot(self, point: Point, colour: str, *, hollow: bool = False, radius: Number = 4) -> None:
        """Draw a mark: a filled circle, or a hollow one as the baseline has it."""
        fill = GROUND if hollow else colour  # not "none", which would show the lines beneath
        self._parts.append(
            f'<circle cx="{point[0]:.1f}" cy="{point[1]:.1f}" r="{radius:g}" fill="{fill}" stroke="{colour}" '
            f'stroke-width="1.5"/>'
        )

    def square(self, point: Point, colour: str, side: Number = 8, *, hollow: bool = False) -> None:
        """Draw a mark: a square, filled or hollow, its centre at the point."""
        corners = [(point[0] + sign * side / 2, point[1] + sign * side / 2) for sign in (-1, 1)]
        self.area(corners[0], corners[1], colour)
        if hollow:
            self.square(point, GROUND, side - 3)

    def cross(self, point: Point, colour: str, reach: Number = 6) -> None:
        """Draw a mark: a cross, for what was measured elsewhere."""
        for slope in (-1, 1):
            ends = [(point[0] + sign * reach, point[1] + slope * sign * reach) for sign in (-1, 1)]
            self.line(ends, colour, 2.5)

    def area(self, corner: Point, opposite: Point, colour: str) -> None:
        """Fill a rectangle."""
        (left, top), (right, bottom) = corner, opposite
        self._parts.append(
            f'<rect x="{min(left, right):.1f}" y="{min(top, bottom):.1f}" width="{abs(right - left):.1f}" '
            f'height="{abs(bottom - top):.1f}" fill="{colour}"/>'
        )

    def text(
        self,
        point: Point,
        words: str,
        *,
        anchor: str = "start",
        colour: str = INK,
        bold: bool = False,
        over_lines: bool = False,
    ) -> None:
        """Write words; `anchor` is start, middle or end. Those `over_lines` hide the lines around their letters."""
        weight = ' font-weight="600"' if bold else ""
        if over_lines:
            weight += f' stroke="{GROUND}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"'
        self._parts.append(
            f'<text x="{point[0]:.1f}" y="{point[1]:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}>'
            f"{escape(words)}</text>"
        )

    def title(self, words: str, top: Number = 0) -> None:
        """Write what the picture shows at its top, or lower, in as many lines as its width asks for."""
        for row, line in enumerate(wrap(self.say(words), (self.width - 24) // 7, break_on_hyphens=False)):
            self.text((16, top + 20 + 16 * row), line, bold=True)

    def axes(self, panel: Panel, across: str, up: str, ticks: Sequence[Number] = (0, 0.2, 0.4, 0.6, 0.8, 1)) -> None:
        """Draw a panel's faint horizontals, its ticks across, and the titles of both axes."""
        low, high = panel.y_range
        for share in (0, 0.25, 0.5, 0.75, 1):
            value = low + share * (high - low)
            ends = [panel.at((edge, value)) for edge in panel.x_range]
            self.line(ends, FAINT if share else INK)
            self.text((panel.left - 6, ends[0][1] + 4), number(value, "g"), anchor="end")
        self.ticks(panel, across, ticks)
        self.text((panel.left - 30, panel.top - 10), up)  # above the axis, where it need not be turned

    def ticks(self, panel: Panel, title: str, ticks: Sequence[Number]) -> None:
        """Write the ticks and the title of the axis across."""
        bottom = panel.top + panel.height
        for tick in ticks:
            self.text((panel.at((tick, panel.y_range[0]))[0], bottom + 16), number(tick, "g"), anchor="middle")
        self.text((panel.left + panel.width / 2, bottom + 34), title, anchor="middle")

    def svg(self, theme: Mapping[str, str] = MappingProxyType({})) -> str:
        """Return the picture with other colours where a theme has them: see DARK."""
        whole = str(self)
        for colour, instead in theme.items():
            whole = whole.replace(f'"{colour}"', f'"{instead}"')
        return whole

    def __str__(self) -> str:
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" font-family="sans-serif" font-size="12" role="img">'
        )
        ground = f'<rect width="{self.width}" height="{self.height}" fill="{GROUND}"/>'
        return "\n".join([head, f"<title>{escape(self.alt_text)}</title>", ground, *self._parts, "</svg>"]) + "\n"
