"""How cost grows: the point where one machine ends is where the curve meets its limit."""

from pathlib import Path

import pytest

from benchmarks.scaling import Curve, networks, pictures


def test_a_curve_ends_where_it_meets_its_limit() -> None:
    curve = Curve("answers", "visitors", "ms", ((1, 10.0), (10, 20.0), (100, 2000.0)), limit=200.0)
    assert curve.end == pytest.approx(10**1.5)
    assert curve.exponent == pytest.approx(1.15, abs=0.01)
    assert Curve("answers", "visitors", "ms", curve.points, limit=5.0).end == 1
    assert Curve("answers", "visitors", "ms", curve.points, limit=2000.0).end is None
    assert "  one machine ends (more than 200 ms) at about 32 visitors" in list(curve.show())


def test_every_curve_has_its_sizes(digits_networks: Path) -> None:
    for curve in (*pictures((100, 1_000)), *networks(digits_networks, (2, 3), "digits_nat")):
        assert len(curve.points) == 2
        assert all(cost >= 0 for _, cost in curve.points)
