"""A card to share: one picture, two answers and one sentence as a PNG that the visitor's browser draws and keeps.

The photo goes to the browser that it came from and nowhere else; no server draws or stores a card.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from jaxtyping import Float, UInt8

from nat_app.shared.classes import class_title
from nat_app.shared.drawing.palette import KINDS, LIGHT, NAMES, Kind
from nat_app.shared.language import _
from nat_app.shared.page_file import displayable, thumbnail_url
from nat_app.shared.words import percent, threshold_text

_HERE = Path(__file__).parent
SIDE = 512
"""The longest side of the photo on it, in pixels."""
INK, SOFT = "#111111", "#5E5B58"
STYLE = (_HERE / "share_card.css").read_text(encoding="utf-8")
SCRIPT = "".join((_HERE / name).read_text(encoding="utf-8") for name in ("share_card.js", "share_card_component.js"))
HTML = (
    '<div class="share-card"><canvas role="img"></canvas><div class="press"><button type="button" class="save">'
    '</button><button type="button" class="copy"></button><button type="button" class="share"></button></div>'
    '<span class="told" role="status"></span><textarea readonly></textarea></div>'
)
"""With `STYLE` and `SCRIPT` for the page that is one file as well."""
_component = st.components.v2.component("share_card", html=HTML, css=STYLE, js=SCRIPT)


@dataclass(frozen=True, eq=False)
class ShareCard:
    """What stands on a card; its sentences are words alone, without markup."""

    file: str
    """How the PNG is called, without its ending."""
    photo: UInt8[np.ndarray, "h w 3"]
    shows: str
    """What the photo shows, for those who cannot see it; a file's name where nobody has said."""
    sentence: str
    says: dict[Kind, str]
    probabilities: dict[Kind, Float[np.ndarray, " classes"]]
    classes: tuple[str, ...]
    threshold: float
    credit: str = ""

    @property
    def alt(self) -> str:
        """What the card shows, in words, to stand beside it wherever it goes."""
        return alt(self.sentence, self.shows.rstrip("."), " ".join(self.says[kind] for kind in KINDS))

    def data(self) -> dict[str, Any]:
        """Return what the browser draws it from, in the visitor's language."""
        # Light whatever the page's theme is: it will be looked at elsewhere.
        networks = [
            {
                "name": NAMES[kind],
                "colour": LIGHT.of(kind),
                "hatched": kind == "baseline",
                "classes": [class_title(name) for name in self.classes],
                "probabilities": self.probabilities[kind].astype(float).round(4).tolist(),
                "percent": percent(float(self.probabilities[kind].max())),
                "says": self.says[kind],
            }
            for kind in KINDS
        ]
        return {
            "file": f"{self.file}.png", "photo": thumbnail_url(displayable(self.photo), SIDE), "alt": self.alt,
            "sentence": self.sentence, "networks": networks, "credit": self.credit,
            "about": about(threshold_text(self.threshold)), "ink": INK, "soft": SOFT, "words": words(),
        }  # fmt: skip


def alt(sentence: str, shows: str, said: str) -> str:
    """Return a card in words: the finding, what the photo shows and what both networks say of it.

    >>> alt("Only NAT is sure.", "a bee", "NAT: 95 % cat.")
    'Only NAT is sure. Photo: a bee. NAT: 95 % cat.'
    """
    return _("{sentence} Photo: {shows}. {said}", sentence=sentence, shows=shows, said=said)


def about(threshold: str) -> str:
    """Return the card's last line, which says of what it is and what its bars mean; the threshold is in words."""
    return _(
        "NAT Explorer: two networks that differ only in whether they saw negatives. Sure: above {threshold}. "
        "Dashed: no opinion.",
        threshold=threshold,
    )


def words() -> dict[str, str]:
    """Return what stands on the buttons and above the card, and what the buttons say once they are pressed."""
    return {
        "open": _("Share"), "title": _("A card to share"),
        "save": _("Save as PNG"), "copy": _("Copy the text"), "share": _("Share …"),
        "alt": _("The card in words, to go with it as alt text"),
        "copied": _("Copied."), "by_hand": _("The text is marked: copy it with Ctrl+C."),
    }  # fmt: skip


def offer(card: ShareCard, key: str) -> None:
    """Draw the button that opens the card; nothing is made before it is pressed."""
    said = words()
    if st.button(said["open"], icon=":material/ios_share:", key=f"share_{key}"):
        # Made here, where the language of its title is known.
        st.dialog(said["title"], width="large")(_draw)(card, key)


def _draw(card: ShareCard, key: str) -> None:
    _component(key=f"share_card_{key}", data=card.data())
