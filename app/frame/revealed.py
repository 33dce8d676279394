"""The focus goes to what was just revealed, or to the card that the visitor comes back to."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from nat_app.shared.language import _
from nat_app.shared.settings import Held

_component = st.components.v2.component(
    "revealed", html="<span hidden></span>", js=Path(__file__).with_name("revealed.js").read_text(encoding="utf-8")
)


@dataclass
class Last:
    """What was revealed last."""

    card: str | None = None
    """None once its answer has been drawn, so that coming back to a page later moves no focus."""
    times: int = 0


LAST = Held("revealed", Last)


def mark(card: str) -> None:
    """Remember that a card's answer comes next; to be called before that is drawn."""
    last = LAST.get()
    last.card, last.times = card, last.times + 1


def focus(card: str, container: str, label: str = "") -> None:
    """Move the focus to a container, by its key, if its card was just marked; to be drawn inside of it.

    `label` is what it is called to those who hear the page: an answer, unless another is given.
    """
    last = LAST.get()
    now = last.card == card
    if now:
        last.card = None
    data = {"times": last.times if now else None, "key": container, "label": label or _("The answer")}
    _component(key=f"revealed_{container}", data=data, height=1)
