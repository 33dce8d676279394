"""What a visit to Digits live holds: the two networks as far as they have learned, and what they went through."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import torch

from nat_app.shared.drawing.palette import KINDS, Kind
from nat_app.shared.settings import Held
from nat_app.views.digits_live.curves import Curves
from nat_app.views.digits_live.settings import LATE, SEED
from nat_app.visit.training import fair_queue
from nat_core.small import digits, twins

EACH = 5
"""How many steps lie between two points of a curve."""
PACE = 4
"""By how many points the picture moves on at a time: learning takes about a second, watching it five."""


@dataclass(frozen=True, eq=False)
class MeasuredStep:
    """What both networks make of the digits after some steps."""

    step: int
    readings: dict[Kind, digits.DigitsResult]


@dataclass
class Learning:
    """The two networks of one visit."""

    turn: fair_queue.Turn[MeasuredStep] | None = None
    made_of: tuple[int, int, float] | None = None
    """The seed, the step from which negatives are shown, and t, with which they began."""
    points: list[MeasuredStep] = field(default_factory=list)
    """What they went through as far as it is shown."""
    problem: str = ""
    """Why training was given up, in one sentence."""


LEARNING = Held("digits_live", Learning)


def settings() -> tuple[int, int]:
    """Return the seed, and the step from which negatives are shown."""
    return SEED.value, digits.SHOWN_FROM if LATE.value else 0


def begin(threshold: float) -> None:
    """Take a place in the queue, to learn from nothing."""
    cancel()
    # Read here and now: the worker has no session to read from.
    seed, shown_from = settings()
    learning = LEARNING.get()
    learning.turn = fair_queue.begin(partial(_work, seed, shown_from, threshold), "digits")
    learning.made_of, learning.points, learning.problem = (seed, shown_from, threshold), [], ""


def _work(seed: int, shown_from: int, threshold: float) -> Iterator[MeasuredStep]:
    # One core a turn: the queue runs as many turns at once as there are cores to spare.
    torch.set_num_threads(1)
    pictures = digits.digits()
    state = digits.start(seed)
    yield _point(state, pictures, threshold)
    for following in digits.train(state, pictures, shown_from):
        if following.step % EACH == 0:
            yield _point(following, pictures, threshold)


def _point(state: twins.State, pictures: digits.Digits, threshold: float) -> MeasuredStep:
    return MeasuredStep(state.step, dict(zip(KINDS, digits.read(state, pictures, threshold), strict=True)))


def follow() -> fair_queue.Turn | None:
    """Show some further points; return the turn while there is more to come."""
    learning = LEARNING.get()
    turn = learning.turn
    if turn is None:
        return None
    shown, ended = fair_queue.further(turn, len(learning.points), PACE)
    learning.points = turn.values[:shown]
    if not ended:
        return turn
    learning.turn = None
    learning.problem = fair_queue.complaint(turn)
    return None


def reached(threshold: float) -> list[MeasuredStep]:
    """Return what is shown, at least the start; the start alone where what it was made of has changed since."""
    seed, shown_from = settings()
    learning = LEARNING.get()
    if learning.turn is None and learning.made_of != (seed, shown_from, threshold):
        learning.points = []
    return learning.points or [_point(digits.start(seed), digits.digits(), threshold)]


def curves(points: list[MeasuredStep]) -> Curves:
    """Return the points as curves."""
    return Curves(
        [point.step for point in points], {kind: [each.readings[kind].fooled for each in points] for kind in KINDS}
    )


def cancel() -> None:
    """Give the turn back; what was reached stays."""
    fair_queue.give_back(LEARNING.get())


def again() -> None:
    """Go back to two networks that know nothing."""
    cancel()
    LEARNING.get().points = []
