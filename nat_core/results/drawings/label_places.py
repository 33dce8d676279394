"""Where the labels of marks stand in a plot: over no mark, no curve and no other label.

Each label has some tens of places around its mark to choose from. What each place costs by itself, and each two places
of two labels together, is computed at once; then two labels at a time take the best pair of places, until no two can do
better. A label that lies away from its mark is led to by a thin line, which runs over no other mark or label either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise
from math import hypot

import numpy as np
from jaxtyping import Bool, Float

from nat_core.results.drawings.panels import Number, Point

Box = tuple[Number, Number, Number, Number]
"""Left, top, right and bottom."""
Segment = tuple[Point, Point]
HEIGHT, REACH, CORE, BESIDE, APART = 14, 6, 4, 9, 5
"""Pixels: of a label, from a mark's middle to what no label may touch, to its own edge, to a label beside it; and
between two labels beside each other."""
DOWN = (-18, 18, -32, 32, -48, 48, -66, 66, -88, 88, -112, 112, -140, -175, -210, -245)
ASIDE = (4, 24, 52, 90)
"""How far below its mark (above it, below 0) and how far aside a label may lie."""
FEWEST, MOST = 6, 48
"""How many places each label has to choose from."""
COVERS, CROSSES_LEADER, CROSSES_CURVE, DOUBTFUL = 1000.0, 150.0, 12.0, 40.0
"""What it costs that a label covers or is covered; that two leading lines cross; that one crosses a curve; and that
another mark is as near to a label as its own. A leading line costs its length in pixels."""
LED = 15.0
"""What it costs to be led to at all."""
STARTS, _SWEEPS = 5, 12
"""How often the search begins anew, and how many rounds it takes at most."""


@dataclass(frozen=True)
class Placed:
    """One label: its box, and the line from its mark where it lies away from it."""

    box: Box
    leader: Segment | None = None


def label_places(
    marks: Sequence[Point], widths: Sequence[Number], lines: Sequence[Sequence[Point]], area: Box
) -> tuple[Placed, ...]:
    """Return the place of each mark's label, in their order.

    `widths` are the labels' in pixels, `lines` the curves that none may cross, `area` is where they have to lie.

    >>> label_places([(50, 50)], [20], [[(50, 50), (90, 50)]], (0, 0, 100, 100))[0].box
    (21, 43.0, 41, 57.0)
    """
    curves = [segment for line in lines for segment in pairwise(line)]
    return _placed(tuple(marks), tuple(widths), tuple(curves), area)


# A page draws the same plot again at every click of every visitor.
@lru_cache(maxsize=64)
def _placed(
    marks: tuple[Point, ...], widths: tuple[Number, ...], curves: tuple[Segment, ...], area: Box
) -> tuple[Placed, ...]:
    found: tuple[Placed, ...] = ()
    for most, starts in ((MOST, STARTS), (4 * MOST, 8 * STARTS)):  # where marks lie close it takes longer
        places, alone = _offered(marks, widths, curves, area, most)
        together = {
            (one, other): _together(places[one], places[other]) for one, other in combinations(range(len(marks)), 2)
        }
        cost, chosen = _chosen(alone, together, starts)
        found = tuple(places[label][place] for label, place in enumerate(chosen))
        if cost < COVERS:
            break
    return found


def _offered(
    marks: Sequence[Point], widths: Sequence[Number], curves: Sequence[Segment], area: Box, most: int
) -> tuple[list[list[Placed]], list[np.ndarray]]:
    """The places that each label has to choose from, `most` at most, and what each costs by itself."""
    places, alone = [], []
    for own, (mark, width) in enumerate(zip(marks, widths, strict=True)):
        offered = _inside(_around(mark, width), area)
        cost = _alone(offered, own, marks, curves)
        # What lies on a mark or a curve is no choice where there is a better one.
        best = np.sort(cost)[:most]
        kept = np.flatnonzero(cost <= max(float(best[best < COVERS].max(initial=0)), float(best[:FEWEST][-1])))
        places.append([offered[place] for place in kept])
        alone.append(cost[kept])
    return places, alone


# --- the places ------------------------------------------------------------------------------------------------------


def _around(mark: Point, width: Number) -> list[Placed]:
    """The places around a mark: beside it, the first being the ones that are read most easily, then ever farther."""
    x, y = mark
    half, tall = width / 2, HEIGHT / 2
    lefts = (x + BESIDE, x - BESIDE - width)
    near = [(left, y - tall) for left in lefts]
    near += [(x - half, y - BESIDE - HEIGHT + 2), (x - half, y + BESIDE - 2)]
    near += [(left, y - tall + up) for up in (-7, 7) for left in lefts]
    near += [(x - half + aside, y + up) for aside in (-half + 4, half - 4) for up in (-BESIDE - HEIGHT + 2, BESIDE - 2)]
    found = [Placed((left, top, left + width, top + HEIGHT)) for left, top in near]
    # Farther off: right of the mark, over its middle or left of it, so that one at an edge has room too.
    across = [x + aside for aside in ASIDE] + [x - half] + [x - width - aside for aside in ASIDE]
    away = [(left, y - tall + down) for down in DOWN for left in across]
    away += [(left, y - tall) for aside in ASIDE[1:] for left in (x + BESIDE + aside, x - BESIDE - aside - width)]
    boxes = ((left, top, left + width, top + HEIGHT) for left, top in away)
    return found + [Placed(box, _leader(mark, box)) for box in boxes]


def _leader(mark: Point, box: Box) -> Segment:
    """The line from a mark's edge to the nearest place of a label."""
    (x, y), (left, top, right, bottom) = mark, box
    end = min(max(x, left), right), min(max(y, top), bottom)
    way = max(hypot(end[0] - x, end[1] - y), 1e-9)
    start = x + REACH * (end[0] - x) / way, y + REACH * (end[1] - y) / way
    return start, end


def _inside(places: list[Placed], area: Box) -> list[Placed]:
    """Those that lie in the area; all where none does."""
    left, top, right, bottom = area
    found = [
        each
        for each in places
        if each.box[0] >= left and each.box[1] >= top and each.box[2] <= right and each.box[3] <= bottom
    ]
    return found or places


# --- what they cost --------------------------------------------------------------------------------------------------


def _alone(places: Sequence[Placed], own: int, marks: Sequence[Point], curves: Sequence[Segment]) -> np.ndarray:
    """What each place costs whatever the other labels do."""
    boxes, leaders = _boxes(places), _leaders(places)
    led = np.array([each.leader is not None for each in places])
    length = np.hypot(*(leaders[:, 2:] - leaders[:, :2]).T)
    # The order of the places beside a mark, and how far it is to the others.
    cost = np.where(led, LED + length, 0.2 * np.arange(len(places)))
    cost = cost + COVERS * _overlaps(boxes, _squares(marks, REACH)).sum(axis=1)
    # Where two marks nearly cover each other, a line has to begin on both.
    others = _squares(
        [each for each in marks if hypot(each[0] - marks[own][0], each[1] - marks[own][1]) > BESIDE], CORE
    )
    cost = cost + COVERS * (led[:, None] & _crosses(leaders, others)).sum(axis=1)
    if curves:
        drawn = np.array([(*start, *end) for start, end in curves], dtype=float)
        cost = cost + COVERS * _crosses(drawn, boxes).sum(axis=0)
        cost = cost + CROSSES_CURVE * (led[:, None] & _meet(leaders, drawn)).sum(axis=1)
    middles = np.array(marks, dtype=float)
    away = _distances(boxes, middles)
    nearest_other = np.where(np.arange(len(marks)) == own, np.inf, away).min(axis=1)
    return cost + DOUBTFUL * (~led & (nearest_other < away[:, own] + 4))


def _together(one: Sequence[Placed], other: Sequence[Placed]) -> Float[np.ndarray, "k m"]:
    """What each two places of two labels cost together."""
    boxes, leaders = (_boxes(one), _boxes(other)), (_leaders(one), _leaders(other))
    led = [np.array([each.leader is not None for each in places]) for places in (one, other)]
    # A little room between two labels of one line, which would read as one.
    covered = _overlaps(boxes[0] + (-APART, 0, APART, 0), boxes[1]).astype(float)
    covered += led[0][:, None] & _crosses(leaders[0], boxes[1])
    covered += (led[1][:, None] & _crosses(leaders[1], boxes[0])).T
    crossing = led[0][:, None] & led[1][None, :] & _meet(leaders[0], leaders[1])
    return COVERS * covered + CROSSES_LEADER * crossing


def _chosen(
    alone: Sequence[np.ndarray], together: Mapping[tuple[int, int], np.ndarray], starts: int
) -> tuple[float, list[int]]:
    """What is left in the end, and the place of each label: the best of some searches.

    Each begins with the labels in another order.
    """
    generator, labels = np.random.default_rng(0), len(alone)
    # What two labels cost, by the first of them: every two in both orders.
    costs = {**together, **{(other, one): both.T for (one, other), both in together.items()}}
    order = sorted(range(labels), key=lambda label: len(alone[label]))  # first who has least to choose from
    found = []
    for _start in range(starts):
        found.append(_searched(alone, costs, order))
        order = [int(each) for each in generator.permutation(labels)]
    return min(found)


def _searched(
    alone: Sequence[np.ndarray], costs: Mapping[tuple[int, int], np.ndarray], order: Sequence[int]
) -> tuple[float, list[int]]:
    """What is left in the end, and places such that no two labels could do better by moving both."""
    # What each place of each label costs as the others stand now.
    now, chosen = [each.copy() for each in alone], [-1] * len(alone)

    def move(label: int, place: int) -> None:
        for other in range(len(alone)):
            if other != label:
                now[other] += costs[other, label][:, place]
                if chosen[label] >= 0:
                    now[other] -= costs[other, label][:, chosen[label]]
        chosen[label] = place

    for label in order:
        move(label, int(now[label].argmin()))
    for _sweep in range(_SWEEPS):
        before = list(chosen)
        for one, other in combinations(range(len(alone)), 2):
            both = costs[one, other]
            first, second = now[one] - both[:, chosen[other]], now[other] - both[chosen[one]]
            cost = first[:, None] + second[None, :] + both
            # Only what is better moves: the search would not end if what is as good did.
            if cost.min() < cost[chosen[one], chosen[other]] - 1e-6:
                places = np.unravel_index(cost.argmin(), cost.shape)
                move(one, int(places[0]))
                move(other, int(places[1]))
        if chosen == before:
            break
    # What two share is counted in both their sums.
    whole = sum(float(now[label][place] + alone[label][place]) for label, place in enumerate(chosen)) / 2
    return whole, chosen


# --- boxes and lines, many at once -----------------------------------------------------------------------------------


def _boxes(places: Sequence[Placed]) -> Float[np.ndarray, "k 4"]:
    return np.array([each.box for each in places], dtype=float)


def _leaders(places: Sequence[Placed]) -> Float[np.ndarray, "k 4"]:
    """Each leading line's both ends; where there is none, a point that nobody asks about."""
    return np.array([(*each.leader[0], *each.leader[1]) if each.leader else (0,) * 4 for each in places], dtype=float)


def _squares(middles: Sequence[Point], reach: Number) -> Float[np.ndarray, "k 4"]:
    return np.array([(x - reach, y - reach, x + reach, y + reach) for x, y in middles], dtype=float).reshape(-1, 4)


def _overlaps(one: Float[np.ndarray, "k 4"], other: Float[np.ndarray, "m 4"]) -> Bool[np.ndarray, "k m"]:
    a, b = one[:, None], other[None]
    return (a[..., 0] < b[..., 2]) & (b[..., 0] < a[..., 2]) & (a[..., 1] < b[..., 3]) & (b[..., 1] < a[..., 3])


def _distances(boxes: Float[np.ndarray, "k 4"], points: Float[np.ndarray, "m 2"]) -> Float[np.ndarray, "k m"]:
    """How far each point lies from each box."""
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    return np.linalg.norm(points[None] - np.clip(points[None], low, high), axis=2)


def _crosses(lines: Float[np.ndarray, "k 4"], boxes: Float[np.ndarray, "m 4"]) -> Bool[np.ndarray, "k m"]:
    """Whether any of each line lies within each box: of its way, the parts between both pairs of sides have to meet."""
    enters, leaves = np.zeros((len(lines), len(boxes))), np.ones((len(lines), len(boxes)))
    for axis in (0, 1):
        start, way = lines[:, axis], lines[:, axis + 2] - lines[:, axis]
        way = np.where(way == 0, 1e-12, way)[:, None]
        low, high = ((boxes[:, side] - start[:, None]) / way for side in (axis, axis + 2))
        enters, leaves = np.maximum(enters, np.minimum(low, high)), np.minimum(leaves, np.maximum(low, high))
    return enters < leaves


def _meet(one: Float[np.ndarray, "k 4"], other: Float[np.ndarray, "m 4"]) -> Bool[np.ndarray, "k m"]:
    """Whether each two lines cross: the ends of either lie on both sides of the other."""
    a, b, c, d = one[:, None, :2], one[:, None, 2:], other[None, :, :2], other[None, :, 2:]

    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        return (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (r[..., 0] - p[..., 0])

    return (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)
