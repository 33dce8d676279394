"""The score of a visit to the workshop: points by card, and what a guess is worth."""

import streamlit as st

MOST = 3
"""Points that one card can give."""
NEAR = ((0.05, 3), (0.10, 2), (0.20, 1))
"""So near a guess must come, as a share, for so many points."""


def for_guess(guess: float, truth: float) -> int:
    """Return the points for a guess of a share in [0, 1]: 3 within five hundredths, 2 within ten, 1 within twenty.

    >>> [for_guess(guess, 0.5) for guess in (0.45, 0.59, 0.31, 0.9)]
    [3, 2, 1, 0]
    """
    apart = round(abs(guess - truth), 6)
    return next((points for within, points in NEAR if apart <= within), 0)


def for_photo(right: bool, guess: float, truth: float) -> int:
    """Return the points for one photo: 1 for who is sure, 2 for a confidence within ten hundredths, 1 within twenty.

    >>> [for_photo(True, 0.5, 0.55), for_photo(False, 0.5, 0.65), for_photo(False, 0.5, 0.9)]
    [3, 1, 0]
    """
    return int(right) + min(for_guess(guess, truth), 2)


def for_cost(cost: float, least: float) -> int:
    """Return the points for a choice by its cost beside the least possible one: 3 within 2 %, 2 within 10, 1 within 50.

    >>> [for_cost(cost, 1.0) for cost in (1.01, 1.1, 1.4, 2.0)]
    [3, 2, 1, 0]
    """
    return next((points for factor, points in ((1.02, 3), (1.10, 2), (1.50, 1)) if cost <= factor * least + 1e-12), 0)


def won() -> dict[str, int]:
    """The points won so far, by card."""
    return st.session_state.setdefault("won", {})


def award(card: str, points: int) -> None:
    """Give a card's points, in place of those of an earlier try."""
    won()[card] = points


def take_back(card: str) -> None:
    """Take a card's points back: it is tried again."""
    won().pop(card, None)


def begin_again() -> None:
    """Forget all that was guessed and won."""
    for key in ("won", "lesson_guesses", "lesson", "photo_guesses", "photo_open", "challenge"):
        st.session_state.pop(key, None)


def score() -> tuple[int, int]:
    """Return the points won and those that could have been, of the cards done so far."""
    return sum(won().values()), MOST * len(won())
