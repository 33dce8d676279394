"""Labels of a plot: none lies on a mark, a curve or another label, whatever the data; held against a plain count."""

import re
from collections.abc import Sequence
from itertools import pairwise
from math import ceil, hypot
from pathlib import Path

import numpy as np
import pytest

from nat_core.language import speaking
from nat_core.results.drawings.label_places import Box, Placed, label_places
from nat_core.results.drawings.panels import NAT, Point
from nat_core.results.frontier import LETTER, places, plot
from nat_core.store.runs import load_runs

AREA = (60, 60, 680, 390)
NAMES = ("baseline", "NAT", "weight 2", "weight 4", "weight 8", "16", "32", "32, weight 2", "32, weight 4",
         "means apart", "means apart, weight 0.5", "centred logits", "softened", "54 + 18", "48 + 24")  # fmt: skip


def along(line: Sequence[Point]) -> list[Point]:
    """Points of a line, half a pixel apart."""
    found: list[Point] = []
    for (x, y), (to_x, to_y) in pairwise(line):
        steps = max(1, ceil(2 * hypot(to_x - x, to_y - y)))
        found += [(x + step / steps * (to_x - x), y + step / steps * (to_y - y)) for step in range(steps + 1)]
    return found


def within(point: Point, box: Box) -> bool:
    return box[0] < point[0] < box[2] and box[1] < point[1] < box[3]


def square(middle: Point, reach: float) -> Box:
    return middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def faults(placed: Sequence[Placed], marks: Sequence[Point], lines: Sequence[Sequence[Point]]) -> list[str]:
    """What lies on what does not belong there."""
    found = []
    for number, each in enumerate(placed):
        found += [f"label {number} on mark" for mark in marks if overlap(each.box, square(mark, 4))]
        found += [f"curve through label {number}" for line in lines if any(within(at, each.box) for at in along(line))]
        for other, another in enumerate(placed):
            if other > number and overlap(each.box, another.box):
                found.append(f"label {number} on label {other}")
            if each.leader and other != number and any(within(at, another.box) for at in along(each.leader)):
                found.append(f"leader {number} through label {other}")
    return found


def like_a_frontier(seed: int) -> tuple[list[Point], list[list[Point]]]:
    """Fifteen marks about as close as a study's, and two curves through some of them."""
    generator = np.random.default_rng(seed)
    across = np.sort(generator.uniform(90, 420, len(NAMES)))
    down = 360 - 180 * ((across - 90) / 330) ** 2 + generator.normal(0, 12, len(NAMES))
    marks = [(float(x), float(min(max(y, 80), 375))) for x, y in zip(across, down, strict=True)]
    weights, numbers = (sorted(generator.choice(len(NAMES), many, replace=False)) for many in (4, 3))
    return marks, [[marks[place] for place in weights], [marks[place] for place in numbers]]


@pytest.mark.parametrize("seed", range(20))
def test_nothing_crosses_a_label_whatever_the_data(seed: int) -> None:
    marks, lines = like_a_frontier(seed)
    placed = label_places(marks, [LETTER * len(name) for name in NAMES], lines, AREA)
    assert faults(placed, marks, lines) == []
    assert all(each.box[0] >= AREA[0] and each.box[2] <= AREA[2] and each.box[3] <= AREA[3] for each in placed)


def test_a_label_with_room_stands_right_of_its_mark_and_needs_no_line() -> None:
    (alone,) = label_places([(100, 100)], [40], [], AREA)
    assert alone == Placed((109, 93, 149, 107))
    # With a curve to the right it goes to the left, before it goes farther.
    (left,) = label_places([(200, 100)], [40], [[(200, 100), (400, 100)]], AREA)
    assert left == Placed((151, 93, 191, 107))
    # At an edge as well.
    (inside,) = label_places([(670, 100)], [40], [], AREA)
    assert inside.box[2] < 670


def test_where_there_is_no_room_at_all_each_label_has_a_place_all_the_same() -> None:
    placed = label_places([(5, 5), (6, 6)], [200, 200], [], (0, 0, 10, 10))
    assert len(placed) == 2


# --- the plot --------------------------------------------------------------------------------------------------------


@pytest.mark.checkpoints
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_label_of_the_stored_frontier_is_crossed(language: str, narrow: bool) -> None:
    with speaking(language):
        found = places(load_runs(Path("checkpoints")))
        drawn = str(plot(found, narrow=narrow))
    start = r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="start"[^>]* paint-order="stroke">([^<]+)</text>'
    texts = re.findall(start, drawn)
    # Each hides the lines of the grid around its letters.
    named = {each.short for each in found}
    boxes = [
        (float(x), float(y) - 11, float(x) + LETTER * len(text), float(y) + 3) for x, y, text in texts if text in named
    ]
    assert len(boxes) == 2 * len(found)
    curves = [
        [(float(x), float(y)) for x, y in (pair.split(",") for pair in points.split(" "))]
        for points in re.findall(rf'<polyline points="([^"]+)" fill="none" stroke="{NAT}" stroke-width="1"/>', drawn)
    ]
    assert len(curves) == 4
    marks = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', drawn)]
    assert faults([Placed(box) for box in boxes], marks, curves) == []
