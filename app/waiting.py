"""A visitor's place in the queue, on the page: looked at again and again without drawing anything else."""

import streamlit as st

from app import playground_words, turns


def waits(turn: turns.Turn | None) -> bool:
    """Return whether a turn has not begun, or has to begin again."""
    return turn is not None and turn.phase in ("waiting", "left")


def learns(turn: turns.Turn | None) -> bool:
    """Return whether a turn has begun and its visitor has not seen its end."""
    return turn is not None and not waits(turn)


def sentence(turn: turns.Turn) -> str:
    """Say how many are served before this turn and about how long that takes; this counts as a look."""
    return playground_words.waiting(turns.shared().look(turn), turns.shared().wait(turn))


def draw_place(turn: turns.Turn) -> None:
    """Draw the place in the queue; once the turn runs, the page anew.

    Only the sentence is drawn again at each look, so that thirty who wait cost next to nothing.
    """

    @st.fragment(run_every=turns.shared().pause())
    def place() -> None:
        said = sentence(turn)
        if not waits(turn):
            st.rerun()
        st.markdown(said)

    place()
