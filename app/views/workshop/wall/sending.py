"""A guess on its way to the wall where the answers are hidden: the teacher has them, and the class still guesses."""

import streamlit as st

from nat_app.frame.together import following
from nat_app.shared.language import _
from nat_app.shared.pairs import Pair
from nat_app.views.workshop import words
from nat_app.visit.identity import browser


def send(card: str, guess: float | None, pair: Pair) -> None:
    """Draw the button that sends a guess in [0, 1], None before there is one; or that it was sent, or nobody asks."""
    mine = following.joined()
    if mine is None or mine.pair != pair.key:
        st.caption(_(words.TEACHER_HAS_IT))
    elif card in mine.phones.get(browser(), {}):
        st.caption(_(words.SENT))
    else:
        st.button(
            _("Send my guess"), key=f"send_{card}", type="primary", disabled=guess is None,
            help=_(words.GUESS_FIRST) if guess is None else None, on_click=following.tell,
            args=(card, guess or 0.0, None, pair.key),
        )  # fmt: skip
