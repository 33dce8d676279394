"""One meaning, one colour and one mark on every page, in the light theme and the dark one (Okabe and Ito's colours)."""

from dataclasses import dataclass
from typing import Literal

from nat_app.shared.language import N_, Titles

Kind = Literal["baseline", "nat"]
KINDS: tuple[Kind, Kind] = ("baseline", "nat")
NAMES: Titles[Kind] = Titles({"baseline": N_("Baseline"), "nat": N_("NAT")})
"""As labels say them."""
SUBJECTS: Titles[Kind] = Titles({"baseline": N_("The baseline"), "nat": N_("NAT")})
"""As what begins a sentence: there the baseline has its article."""
AMID: Titles[Kind] = Titles({"baseline": N_("the baseline"), "nat": N_("NAT")})
"""The same within a sentence."""
PATTERNS: dict[Kind, str] = {"baseline": "/", "nat": ""}
"""Hatched bars for the baseline, solid ones for NAT: the two differ without colour too."""


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, as hex strings."""

    baseline: str
    nat: str
    fooled: str
    """Sure and wrong; for marks, with a triangle."""
    kept: str
    """Known and kept; for marks, with a square."""
    fooled_text: str
    """The same meaning where it colours words: at least 4.5 : 1 against the page."""
    kept_text: str
    line: str
    """The 1/c line (dashed) and the threshold (solid)."""
    faint: str
    """Grid lines and what is not counted."""
    ground: str
    """The page's own, which fills what is hollow: no line shows through a mark."""

    def of(self, kind: Kind) -> str:
        """The colour of a network: grey for the baseline, the accent for NAT."""
        return self.baseline if kind == "baseline" else self.nat


# The colours of words, and the grounds, stand once more in .streamlit/config.toml: Markdown takes them from the theme.
LIGHT = Palette(
    baseline="#6E6E6E",
    nat="#0072B2",
    fooled="#D55E00",
    kept="#009E73",
    fooled_text="#B34700",
    kept_text="#00785A",
    line="#111111",
    faint="rgba(17, 17, 17, 0.14)",
    ground="#FFFFFF",
)
DARK = Palette(
    baseline="#A8A8A8",
    nat="#56B4E9",
    fooled="#E69F00",
    kept="#2CC197",
    fooled_text="#E69F00",
    kept_text="#2CC197",
    line="#F2F2F2",
    faint="rgba(242, 242, 242, 0.18)",
    ground="#0E1117",
)


def palette(theme: str | None) -> Palette:
    """Return the colours of a theme, "light" or "dark"; light where the browser has not told yet (None)."""
    return DARK if theme == "dark" else LIGHT
