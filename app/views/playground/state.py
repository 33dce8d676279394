"""What a visit to the playground holds: its negatives, and the two networks as far as they have learned."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial

import numpy as np
import torch
from jaxtyping import Bool, Float

from nat_app.frame import links
from nat_app.shared.palette import KINDS, Kind
from nat_app.shared.settings import Held
from nat_app.views.playground.settings import (
    ACROSS,
    COUNT,
    MOST_NEGATIVES,
    PLACES,
    SEED,
    SETTINGS,
    SLOW,
    UP,
    Choices,
    current,
)
from nat_app.views.playground.words import Negatives, Reach
from nat_app.visit import fair_queue
from nat_core.files import csv_text
from nat_core.measure.predictions import softmax
from nat_core.small import plane, playground, twins

STEPS = 400
EACH = 10
"""How many steps lie between two pictures; Step takes as many."""
SLOWLY = 2
"""By how many pictures slow motion moves on at a time."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What the networks are given."""

    points: plane.Points
    empty: Bool[np.ndarray, " cells"]
    """Which cells of the grid are empty plane."""
    negatives: Float[np.ndarray, "m 2"]
    settings: playground.Settings


@dataclass(frozen=True, eq=False)
class PlaneAnswer:
    """One network's answers all over the plane, cell by cell of the grid, row by row from below."""

    confidence: Float[np.ndarray, " cells"]
    logits: Float[np.ndarray, "cells classes"]
    falsely_sure: float
    right: int
    """How many of the known points it classifies correctly."""


@dataclass
class Playing:
    """The two networks of one visit."""

    networks: playground.State | None = None
    """As they are shown now."""
    made_of: tuple = ()
    """What they began with: other points, another size or seed are another start."""
    links: int = 0
    """How many links to the playground had been followed when they began."""
    presses: int = 0
    """How often negatives were added, so that each press adds different ones."""
    turn: fair_queue.Turn[playground.State] | None = None
    shown: int = 0
    """How many of the turn's pictures have been shown."""
    given: Float[np.ndarray, "m 2"] = field(default_factory=lambda: playground.NO_NEGATIVES)
    """The negatives that the turn learns from."""
    learned: Float[np.ndarray, "k 2"] = field(default_factory=lambda: playground.NO_NEGATIVES)
    """All that the networks shown now have learned from since their start, wherever negatives lie by now."""
    blown: str = ""
    """Why training was undone or given up, in one sentence."""
    drawn: dict[Kind, PlaneAnswer] = field(default_factory=dict)
    """What the page last showed."""
    on: Scene | None = None
    """The scene that it showed it on."""


PLAYING = Held("playground", Playing)


def scene() -> Scene:
    """Return the scene of this visit, by its settings."""
    return scene_of(current(), PLACES.value)


def scene_of(chosen: Choices, negatives: Float[np.ndarray, "m 2"]) -> Scene:
    """Return the scene with these choices and these negatives."""
    settings = playground.Settings(
        width=chosen.width,
        layers=chosen.layers,
        activation=chosen.activation,
        learning_rate=chosen.rate,
        divergence=chosen.divergence,
        negative_weight=chosen.weight,
        seed=chosen.seed,
    )
    points, empty = _ground(chosen.shape, chosen.classes, chosen.seed)
    return Scene(points, empty, negatives, settings)


@lru_cache(maxsize=64)
def _ground(shape: str, classes: int, seed: int) -> tuple[plane.Points, np.ndarray]:
    points = plane.draw_points(shape, classes, seed=seed)
    return points, plane.empty_cells(plane.grid(), points.positions)


def networks() -> playground.State:
    """Return both networks as they are shown now; new ones where their points, size or seed, or the link changed."""
    chosen, playing = current(), PLAYING.get()
    # Weight, divergence and learning rate are not among them: they may change while the networks learn on.
    made_of = (chosen.shape, chosen.classes, chosen.seed, chosen.width, chosen.layers, chosen.activation)
    followed = links.times_followed(SETTINGS.page)
    if playing.links != followed:
        # A link's negatives are those of a first press.
        playing.links, playing.presses, playing.made_of = followed, int(len(PLACES.value) > 0), ()
    if playing.networks is None or playing.made_of != made_of:
        playing.made_of = made_of
        return _begin()
    return playing.networks


def answers(threshold: float) -> dict[Kind, PlaneAnswer]:
    """Return what both networks of this visit say all over the plane, and how much of it they are falsely sure of."""
    playing, here = PLAYING.get(), scene()
    playing.on, playing.drawn = here, answers_of(here, networks(), threshold)
    return playing.drawn


def negatives() -> Negatives:
    """Return how many negatives lie in the plane, and what the networks that are shown have to do with them."""
    lying, learned = ({tuple(place) for place in each.tolist()} for each in (PLACES.value, PLAYING.get().learned))
    return Negatives(len(PLACES.value), len(learned), len(lying - learned), len(learned - lying))


def reach(said: dict[Kind, PlaneAnswer], threshold: float) -> Reach:
    """Return where in the empty plane NAT is no longer sure though the baseline is, by what the page last showed."""
    playing = PLAYING.get()
    empty = (playing.on or scene()).empty
    baseline, nat = (said[kind].confidence > threshold for kind in KINDS)
    lost = empty & baseline & ~nat
    if not lost.any():
        return Reach(0.0, 0.0)
    # To be empty of negatives is to be farther than the margin from all of them.
    far = _far(playing.learned.tobytes())
    return Reach(float(lost.sum() / empty.sum()), float(far[lost].mean()))


@lru_cache(maxsize=16)
def _far(learned: bytes) -> Bool[np.ndarray, " cells"]:
    places = np.frombuffer(learned, np.float32).reshape(-1, 2)
    return plane.empty_cells(plane.grid(), places) if len(places) else np.ones(plane.GRID**2, bool)


def trained_answers(here: Scene, threshold: float) -> dict[Kind, PlaneAnswer]:
    """Return what both networks say all over the plane once they have trained from their start."""
    torch.set_num_threads(1)
    begun = playground.start(here.settings, here.points.classes)
    *_, now = playground.train(begun, here.points, here.negatives, here.settings, STEPS)
    return answers_of(here, now, threshold)


def answers_of(here: Scene, now: playground.State, threshold: float) -> dict[Kind, PlaneAnswer]:
    """Return what both networks say all over the plane in one state."""
    cells = plane.grid()
    everywhere = playground.logits_at(now, cells, here.settings, here.points.classes)
    at_points = playground.logits_at(now, here.points.positions, here.settings, here.points.classes)
    found: dict[Kind, PlaneAnswer] = {}
    for kind, logits, own in zip(KINDS, everywhere, at_points, strict=True):
        confidence = softmax(logits).max(axis=1)
        right = int((own.argmax(axis=1) == here.points.labels).sum())
        share = plane.falsely_sure(confidence, here.empty, threshold)
        found[kind] = PlaneAnswer(confidence, logits, share, right)
    return found


def planes_csv(playing: Playing) -> str:
    """What both networks say all over the plane: x, y, whether it is empty there, both confidences.

    Of what the page last showed: only the part with the planes is drawn again while they learn.
    """
    rows: list[tuple] = [("x", "y", "empty", *(f"{kind}_confidence" for kind in KINDS))]
    if playing.on is None:
        return csv_text(rows)
    confidences = zip(*(playing.drawn[kind].confidence for kind in KINDS), strict=True)
    for (x, y), empty, both in zip(plane.grid(), playing.on.empty, confidences, strict=True):
        rows.append((f"{x:.3f}", f"{y:.3f}", "yes" if empty else "no", *(f"{each:.6f}" for each in both)))
    return csv_text(rows)


# --- negatives -------------------------------------------------------------------------------------------------------


def add(kind: str) -> None:
    """Add negatives of this kind, different ones at every press."""
    playing = PLAYING.get()
    # From the seed and the press alone, so that the same presses give the same negatives.
    seed = SEED.value + 1000 * playing.presses
    playing.presses += 1
    _add(plane.draw_negatives(kind, COUNT.value, seed=seed))


def add_point(x: float, y: float) -> None:
    """Add one negative."""
    _add(np.array([[x, y]], np.float32))


def add_typed() -> None:
    """Add one negative where the number inputs say."""
    add_point(ACROSS.value, UP.value)


def clear() -> None:
    """Take all negatives away."""
    PLACES.put(playground.NO_NEGATIVES)
    PLAYING.get().presses = 0
    stop()


def _add(negatives: np.ndarray) -> None:
    stop()
    PLACES.put(np.concatenate([PLACES.value, negatives])[:MOST_NEGATIVES])


# --- training --------------------------------------------------------------------------------------------------------


def train() -> None:
    """Take a place in the queue for 400 steps from what is shown now."""
    # Read here and now: the worker has no session to read from.
    here, now = scene(), networks()
    stop()

    playing = PLAYING.get()
    playing.turn, playing.shown, playing.blown = fair_queue.begin(partial(_work, here, now), _kind(here)), 0, ""
    playing.given = _weighed(here)


def _work(here: Scene, now: playground.State) -> Iterator[playground.State]:
    # One core a turn: the queue runs as many turns at once as there are cores to spare.
    torch.set_num_threads(1)
    for following in playground.train(now, here.points, here.negatives, here.settings, STEPS):
        if (following.step - now.step) % EACH == 0:
            yield following


def step() -> None:
    """Take ten steps at once."""
    here, now = scene(), networks()
    stop()
    playing = PLAYING.get()
    playing.blown, playing.given = "", _weighed(here)
    try:
        # Not through the queue: ten steps take about 8 ms, far less than the time between two looks at it.
        *_, playing.networks = playground.train(now, here.points, here.negatives, here.settings, EACH)
        _learned()
    except twins.BlownUp as blown:
        _put_back(blown)


def rewind() -> None:
    """Go back to the same start; the negatives stay."""
    _begin()


def _begin() -> playground.State:
    stop()
    here, playing = scene(), PLAYING.get()
    playing.networks, playing.blown = playground.start(here.settings, here.points.classes), ""
    playing.learned = playground.NO_NEGATIVES
    return playing.networks


def stop() -> None:
    """Keep what is shown now and give the turn back."""
    playing = PLAYING.get()
    if playing.turn is not None:
        fair_queue.shared().cancel(playing.turn)
    playing.turn = None


def follow() -> fair_queue.Turn | None:
    """Show what training has come to, one picture further where slow; return the turn while there is more to come."""
    playing = PLAYING.get()
    turn = playing.turn
    if turn is None:
        return None
    playing.shown, ended = fair_queue.further(turn, playing.shown, SLOWLY if SLOW.value else None)
    if playing.shown:
        playing.networks = turn.values[playing.shown - 1]
        _learned()
    if not ended:
        return turn
    playing.turn = None
    if isinstance(turn.error, twins.BlownUp):
        _put_back(turn.error)
    else:
        playing.blown = fair_queue.complaint(turn)
    return None


def _kind(here: Scene) -> str:
    """The kind of work in the queue: networks of one size learn about as fast as each other."""
    return f"playground {here.settings.layers} x {here.settings.width}"


def _weighed(here: Scene) -> Float[np.ndarray, "m 2"]:
    """The negatives that training learns from: none of them where they weigh nothing."""
    return here.negatives if here.settings.negative_weight else playground.NO_NEGATIVES


def _learned() -> None:
    """Note that the networks shown have learned from what they were given."""
    playing = PLAYING.get()
    playing.learned = np.unique(np.concatenate([playing.learned, playing.given]), axis=0)


def _put_back(blown: twins.BlownUp) -> None:
    playing = PLAYING.get()
    before = playing.networks
    playing.networks, playing.blown = blown.last_good, str(blown)
    if before is None or blown.last_good.step > before.step:
        _learned()
