"""What a visit to the playground holds: its points and negatives, and the two networks as far as they have learned."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import uuid4

import numpy as np
import streamlit as st
import torch
from jaxtyping import Bool, Float

from nat_app.shared.palette import KINDS, Kind
from nat_app.views.playground.settings import DEFAULTS, MOST_NEGATIVES
from nat_app.visit import fair_queue
from nat_core.files import csv_text
from nat_core.measure.predictions import softmax
from nat_core.small import plane, playground, twins

STEPS = 400
EACH = 10
"""So many steps lie between two pictures, and are taken by Step."""
SLOWLY = 2
"""So many pictures further goes slow motion at a time."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What the networks are given."""

    points: plane.Points
    empty: Bool[np.ndarray, " cells"]
    """Which cells of the grid are empty plane."""
    negatives: Float[np.ndarray, "m 2"]
    settings: playground.Settings


@dataclass(frozen=True, eq=False)
class Look:
    """One network's answers all over the plane, cell by cell of the grid, row by row from below."""

    confidence: Float[np.ndarray, " cells"]
    logits: Float[np.ndarray, "cells classes"]
    falsely_sure: float
    right: int
    """How many of the known points it names rightly."""


def scene() -> Scene:
    """Return the scene of this visit, by its settings."""
    for key, value in DEFAULTS.items():
        st.session_state.setdefault(key, value)
    negatives = st.session_state.setdefault("play_negatives", playground.NO_NEGATIVES)
    return scene_of({key: st.session_state[key] for key in DEFAULTS}, negatives)


def scene_of(values: Mapping[str, Any], negatives: Float[np.ndarray, "m 2"]) -> Scene:
    """Return the scene with these settings, by the keys of their widgets, and these negatives."""
    chosen = {key.removeprefix("play_"): value for key, value in values.items()}
    settings = playground.Settings(
        width=chosen["width"],
        layers=chosen["layers"],
        activation=chosen["activation"],
        learning_rate=chosen["rate"],
        divergence=chosen["divergence"],
        negative_weight=chosen["weight"],
        seed=chosen["seed"],
    )
    points, empty = _ground(chosen["shape"], chosen["classes"], chosen["seed"])
    return Scene(points, empty, negatives, settings)


@lru_cache(maxsize=64)
def _ground(shape: str, classes: int, seed: int) -> tuple[plane.Points, np.ndarray]:
    points = plane.draw_points(shape, classes, seed=seed)
    return points, plane.empty_cells(plane.grid(), points.positions)


def state() -> playground.State:
    """Return both networks as they are shown now; new ones where their points, size or seed have changed."""
    keys = ("play_shape", "play_classes", "play_seed", "play_width", "play_layers", "play_activation")
    made_of = tuple(st.session_state[key] for key in keys)
    if st.session_state.get("play_made_of") != made_of:
        st.session_state["play_made_of"] = made_of
        rewind()
    return st.session_state["play_state"]


def looks(threshold: float) -> dict[Kind, Look]:
    """Return what both networks of this visit say all over the plane, and how much of it they are falsely sure of."""
    return looks_of(scene(), state(), threshold)


def trained_looks(here: Scene, threshold: float) -> dict[Kind, Look]:
    """Return what both networks say all over the plane once they have trained from their start."""
    torch.set_num_threads(1)
    begun = playground.start(here.settings, here.points.classes)
    *_, now = playground.train(begun, here.points, here.negatives, here.settings, STEPS)
    return looks_of(here, now, threshold)


def looks_of(here: Scene, now: playground.State, threshold: float) -> dict[Kind, Look]:
    """Return what both networks say all over the plane in one state."""
    cells = plane.grid()
    everywhere = playground.logits_at(now, cells, here.settings, here.points.classes)
    at_points = playground.logits_at(now, here.points.positions, here.settings, here.points.classes)
    found: dict[Kind, Look] = {}
    for kind, logits, own in zip(KINDS, everywhere, at_points, strict=True):
        confidence = softmax(logits).max(axis=1)
        right = int((own.argmax(axis=1) == here.points.labels).sum())
        share = plane.falsely_sure(confidence, here.empty, threshold)
        found[kind] = Look(confidence, logits, share, right)
    return found


def planes_csv(threshold: float) -> str:
    """What both networks say all over the plane: x, y, whether it is empty there, both confidences."""
    here, found = scene(), looks(threshold)
    rows: list[tuple] = [("x", "y", "empty", *(f"{kind}_confidence" for kind in KINDS))]
    confidences = zip(*(found[kind].confidence for kind in KINDS), strict=True)
    for (x, y), empty, both in zip(plane.grid(), here.empty, confidences, strict=True):
        rows.append((f"{x:.3f}", f"{y:.3f}", "yes" if empty else "no", *(f"{each:.6f}" for each in both)))
    return csv_text(rows)


# --- negatives -------------------------------------------------------------------------------------------------------


def add(kind: str) -> None:
    """Add negatives of this kind, others at every press."""
    drawn = st.session_state.get("play_drawn", 0)
    st.session_state["play_drawn"] = drawn + 1
    _add(plane.draw_negatives(kind, st.session_state["play_count"], seed=st.session_state["play_seed"] + 1000 * drawn))


def add_point(x: float, y: float) -> None:
    """Add one negative."""
    _add(np.array([[x, y]], np.float32))


def add_typed() -> None:
    """Add one negative where the number inputs say."""
    add_point(st.session_state["play_x"], st.session_state["play_y"])


def add_clicked(key: str) -> None:
    """Add a negative where the plane of this key was clicked."""
    if clicked := st.session_state[key]["clicked"]:
        add_point(*clicked)


def clear() -> None:
    """Take all negatives away."""
    st.session_state["play_negatives"] = playground.NO_NEGATIVES
    st.session_state["play_drawn"] = 0
    stop()


def _add(negatives: np.ndarray) -> None:
    stop()
    both = np.concatenate([st.session_state["play_negatives"], negatives])
    st.session_state["play_negatives"] = both[:MOST_NEGATIVES]


# --- training --------------------------------------------------------------------------------------------------------


def train() -> None:
    """Take a place in the queue for 400 steps from what is shown now."""
    here, now = scene(), state()
    stop()
    st.session_state["play_blown"] = ""
    visitor = st.session_state.setdefault("visitor", uuid4().hex)

    def work() -> Iterator[playground.State]:
        torch.set_num_threads(1)
        for following in playground.train(now, here.points, here.negatives, here.settings, STEPS):
            if (following.step - now.step) % EACH == 0:
                yield following

    st.session_state["play_turn"] = fair_queue.shared().begin(visitor, work)
    st.session_state["play_shown"] = 0


def step() -> None:
    """Take ten steps at once."""
    here, now = scene(), state()
    stop()
    st.session_state["play_blown"] = ""
    try:
        *_, now = playground.train(now, here.points, here.negatives, here.settings, EACH)
        st.session_state["play_state"] = now
    except twins.BlownUp as blown:
        _put_back(blown)


def rewind() -> None:
    """Go back to the same start; the negatives stay."""
    stop()
    here = scene()
    st.session_state["play_state"] = playground.start(here.settings, here.points.classes)
    st.session_state["play_blown"] = ""


def stop() -> None:
    """Keep what is shown now and give the turn back."""
    if turn := st.session_state.pop("play_turn", None):
        fair_queue.shared().cancel(turn)


def follow() -> fair_queue.Turn | None:
    """Show what training has come to, one picture further where slow; return the turn while there is more to come."""
    turn: fair_queue.Turn[playground.State] | None = st.session_state.get("play_turn")
    if turn is None:
        return None
    fair_queue.shared().look(turn)
    over = turn.over
    there = len(turn.values)
    shown = min(st.session_state["play_shown"] + SLOWLY, there) if st.session_state["play_slow"] else there
    st.session_state["play_shown"] = shown
    if shown:
        st.session_state["play_state"] = turn.values[shown - 1]
    if not over or shown < there:
        return turn
    st.session_state.pop("play_turn")
    if isinstance(turn.error, twins.BlownUp):
        _put_back(turn.error)
    elif turn.error is not None:
        raise turn.error
    return None


def _put_back(blown: twins.BlownUp) -> None:
    st.session_state["play_state"] = blown.last_good
    st.session_state["play_blown"] = str(blown)
