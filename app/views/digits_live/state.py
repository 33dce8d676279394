"""What a visit to Digits live holds: the two networks as far as they have learned, and how they came there."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import streamlit as st
import torch

from nat_app.shared.palette import KINDS, Kind
from nat_app.views.digits_live.curves import Curves
from nat_app.visit import fair_queue
from nat_core.small import digits, twins

EACH = 5
"""So many steps lie between two points of a curve."""
PACE = 4
"""So many points further goes the picture at a time: learning takes about a second, watching it five."""


@dataclass(frozen=True, eq=False)
class Point:
    """What both networks make of the digits after some steps."""

    step: int
    readings: dict[Kind, digits.Reading]


def settings() -> tuple[int, int]:
    """Return the seed, and the step from which negatives are shown."""
    late = st.session_state.setdefault("digits_late", True)
    return st.session_state.setdefault("digits_seed", 0), digits.SHOWN_FROM if late else 0


def begin(threshold: float) -> None:
    """Take a place in the queue, to learn from nothing."""
    cancel()
    seed, shown_from = settings()
    visit = st.session_state.setdefault("visitor", uuid4().hex)
    st.session_state["digits_turn"] = fair_queue.shared().begin(visit, lambda: _work(seed, shown_from, threshold))
    st.session_state["digits_made_of"] = (seed, shown_from, threshold)
    st.session_state["digits_shown"] = 0


def _work(seed: int, shown_from: int, threshold: float) -> Iterator[Point]:
    torch.set_num_threads(1)
    pictures = digits.digits()
    state = digits.start(seed)
    yield _point(state, pictures, threshold)
    for following in digits.train(state, pictures, shown_from):
        if following.step % EACH == 0:
            yield _point(following, pictures, threshold)


def _point(state: twins.State, pictures: digits.Digits, threshold: float) -> Point:
    return Point(state.step, dict(zip(KINDS, digits.read(state, pictures, threshold), strict=True)))


def follow() -> fair_queue.Turn | None:
    """Go on some points with what is shown; return the turn while there is more to come."""
    turn: fair_queue.Turn[Point] | None = st.session_state.get("digits_turn")
    if turn is None:
        return None
    fair_queue.shared().look(turn)
    over, there = turn.over, len(turn.values)
    shown = min(st.session_state["digits_shown"] + PACE, there)
    st.session_state["digits_shown"] = shown
    st.session_state["digits_points"] = turn.values[:shown]
    if not over or shown < there:
        return turn
    st.session_state.pop("digits_turn")
    if turn.error is not None:
        raise turn.error
    return None


def points(threshold: float) -> list[Point]:
    """Return what is shown, at least the start; the start alone where what it was made of has changed since."""
    seed, shown_from = settings()
    if "digits_turn" not in st.session_state and st.session_state.get("digits_made_of") != (
        seed,
        shown_from,
        threshold,
    ):
        st.session_state.pop("digits_points", None)
    return st.session_state.get("digits_points") or [_point(digits.start(seed), digits.digits(), threshold)]


def curves(reached: list[Point]) -> Curves:
    """Return the points as curves."""
    return Curves(
        [point.step for point in reached], {kind: [each.readings[kind].fooled for each in reached] for kind in KINDS}
    )


def cancel() -> None:
    """Give the turn back; what was reached stays."""
    if turn := st.session_state.pop("digits_turn", None):
        fair_queue.shared().cancel(turn)


def again() -> None:
    """Go back to two networks that know nothing."""
    cancel()
    st.session_state.pop("digits_points", None)
