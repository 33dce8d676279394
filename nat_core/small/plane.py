"""Points in a plane for the playground: known classes, negatives, and the share of empty plane with false certainty.

The plane is the square [-EXTENT, EXTENT] x [-EXTENT, EXTENT]; known points lie within about 2 of its middle.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, pi

import numpy as np
from jaxtyping import Bool, Float, Int

from nat_core.measure.metrics import negative_confidence_rate

EXTENT = 4.0
GRID = 120
"""Cells a side of the grid on which certainty is drawn and counted."""
MARGIN = 0.75
"""A cell is empty plane where its middle is farther than this from every known point."""
CLASSES = (2, 3, 4, 5)


@dataclass(frozen=True, eq=False)
class Points:
    """The known points: where they are, and each one's class."""

    positions: Float[np.ndarray, "n 2"]
    labels: Int[np.ndarray, " n"]

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.labels.max()) + 1


def draw_points(
    shape: str = "blobs",
    classes: int = 3,
    per_class: int = 40,
    seed: int = 0,
    noise: float = 1.0,
    *,
    held_out: bool = False,
) -> Points:
    """Return points of 2 to 5 classes in one of `SHAPES`, the same ones for the same seed.

    `noise`, at least 0, widens or narrows their spread. `held_out` draws others of the same kind, from which nothing is
    learned. Raises ValueError for an unknown shape, another number of classes, no points, or other noise.

    >>> draw_points("moons", classes=2, per_class=3).labels.tolist()
    [0, 0, 0, 1, 1, 1]
    """
    if shape not in SHAPES:
        raise ValueError(f"unknown shape {shape!r}; known: {', '.join(SHAPES)}")
    if classes not in CLASSES:
        raise ValueError(f"the plane holds 2 to 5 classes, not {classes}")
    if per_class < 1:
        raise ValueError(f"a class needs at least one point, not {per_class}")
    if not 0 <= noise < inf:
        raise ValueError(f"noise is a factor of at least 0, not {noise}")
    generator = np.random.default_rng([seed, 1] if held_out else seed)
    along = generator.random((classes, per_class))
    positions, spread = SHAPES[shape](along)
    positions = positions + generator.normal(0, spread * noise, positions.shape)
    return Points(positions.reshape(-1, 2).astype(np.float32), np.repeat(np.arange(classes), per_class))


def draw_negatives(kind: str, count: int = 20, seed: int = 0) -> Float[np.ndarray, "count 2"]:
    """Return negatives: a ring around the known points, one corner, one blob beside them, or uniform in the plane.

    `kind` is one of `NEGATIVES`; the same seed gives the same points. Raises ValueError for another kind or no points.

    >>> np.linalg.norm(draw_negatives("ring", 3), axis=1).round(0).tolist()
    [3.0, 3.0, 3.0]
    """
    if kind not in NEGATIVES:
        raise ValueError(f"unknown kind of negatives {kind!r}; known: {', '.join(NEGATIVES)}")
    if count < 1:
        raise ValueError(f"negatives come at least one at a time, not {count}")
    return NEGATIVES[kind](np.random.default_rng(seed), count).astype(np.float32)


def grid(size: int = GRID) -> Float[np.ndarray, "cells 2"]:
    """Return the middles of size x size equal cells of the plane, row by row from below, x fastest.

    >>> grid(2).tolist()
    [[-2.0, -2.0], [2.0, -2.0], [-2.0, 2.0], [2.0, 2.0]]
    """
    if size < 1:
        raise ValueError(f"a grid needs at least one cell a side, not {size}")
    middles = axis(size)
    return np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)


def axis(size: int = GRID) -> Float[np.ndarray, " size"]:
    """Return the middles of `size` equal parts of [-EXTENT, EXTENT].

    >>> axis(2).tolist()
    [-2.0, 2.0]
    """
    return ((np.arange(size) + 0.5) * (2 * EXTENT / size) - EXTENT).astype(np.float32)


def empty_cells(
    cells: Float[np.ndarray, "cells 2"], known: Float[np.ndarray, "n 2"], margin: float = MARGIN
) -> Bool[np.ndarray, " cells"]:
    """Return which cells are empty plane: farther than `margin` (in units of the plane) from every known point.

    Negatives do not count: a place where only negatives lie is empty of the classes.

    >>> empty_cells(np.array([[0.0, 0.0], [3.0, 0.0]]), np.array([[0.5, 0.0]])).tolist()
    [False, True]
    """
    # Squares are compared, which saves a root for each of a million pairs or more.
    squared = ((cells[:, None, :] - known[None, :, :]) ** 2).sum(2)
    return squared.min(axis=1) > margin**2


def falsely_sure(
    confidence: Float[np.ndarray, " cells"], empty: Bool[np.ndarray, " cells"], threshold: float = 0.9
) -> float:
    """Return the share of the empty plane on which a network is sure: its NCR_t with empty cells as the negatives.

    `confidence` is the maximum softmax probability at the middle of each cell, `empty` what `empty_cells` says of the
    cells, `threshold` in [0, 1]; the comparison is strict. Raises ValueError where no cell is empty.

    >>> falsely_sure(np.array([0.95, 0.5, 0.99]), np.array([True, True, False]))
    0.5
    """
    if not 0 <= threshold <= 1:
        raise ValueError(f"the threshold must be in [0, 1], not {threshold}")
    if not empty.any():
        raise ValueError("no cell of the plane is empty, so there is nothing to be falsely sure of")
    return negative_confidence_rate(confidence[empty], threshold)


# --- shapes of known classes -----------------------------------------------------------------------------------------

CurveShape = Callable[[np.ndarray], tuple[np.ndarray, float]]
"""From where each point lies along its class's curve (classes, points), in [0, 1], to positions and their spread."""


def _polar(radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)


def _blobs(along: np.ndarray) -> tuple[np.ndarray, float]:
    angle = 2 * pi * np.arange(len(along))[:, None] / len(along) + pi / 2
    return _polar(np.full_like(along, 1.3), angle + 0 * along), 0.3  # all points of a class in one place, then spread


def _moons(along: np.ndarray) -> tuple[np.ndarray, float]:
    # A chain of half circles, up and down in turn, each reaching into the next.
    number = np.arange(len(along))[:, None]
    sign = 1 - 2 * (number % 2)
    scale = 3.6 / (len(along) + 1)
    arcs = _polar(np.ones_like(along), sign * pi * along)
    arcs[..., 0] += number - (len(along) - 1) / 2
    arcs[..., 1] -= 0.25 * sign
    return arcs * scale, 0.1 * scale


def _spirals(along: np.ndarray) -> tuple[np.ndarray, float]:
    number = np.arange(len(along))[:, None]
    return _polar(0.3 + 1.6 * along, 2 * pi * number / len(along) + 3.6 * along), 0.06


def _rings(along: np.ndarray) -> tuple[np.ndarray, float]:
    radius = np.linspace(0.25, 1.9, len(along))[:, None]
    return _polar(radius + 0 * along, 2 * pi * along), 0.07


SHAPES: dict[str, CurveShape] = {"blobs": _blobs, "moons": _moons, "spirals": _spirals, "rings": _rings}


# --- kinds of negatives ----------------------------------------------------------------------------------------------


def _ring(generator: np.random.Generator, count: int) -> np.ndarray:
    # One in each sector, at a random place within it: even a few negatives then leave no wide gap.
    angle = 2 * pi * (np.arange(count) + generator.random(count)) / count
    return _polar(generator.normal(3.0, 0.12, count), angle)


def _corner(generator: np.random.Generator, count: int) -> np.ndarray:
    return generator.uniform(2.2, EXTENT, (count, 2))


def _blob(generator: np.random.Generator, count: int) -> np.ndarray:
    return generator.normal((2.8, 0.0), 0.3, (count, 2))


def _uniform(generator: np.random.Generator, count: int) -> np.ndarray:
    return generator.uniform(-EXTENT, EXTENT, (count, 2))


NEGATIVES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "ring": _ring, "corner": _corner, "blob": _blob, "uniform": _uniform,
}  # fmt: skip
