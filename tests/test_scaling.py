"""How cost grows: the point where one machine ends is where the curve meets its limit."""

from pathlib import Path

import pytest

from benchmarks.harness import growth
from benchmarks.harness.growth import Curve
from benchmarks.harness.kept import stamp
from benchmarks.scaling import networks, pictures


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


def test_curves_are_kept_by_name_and_stand_in_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "KEPT", tmp_path / "growth.json")
    assert growth.section(growth.load()) == []
    plain = Curve("Memory", "networks", "MB", ((2, 10.0), (20, 20.0)))
    for last in (4_000.0, 2_000.0):
        growth.keep([plain, Curve("Answers", "visitors", "ms", ((1, 10.0), (10, last)), 200.0)], stamp())
    kept = growth.load()
    assert [curve.points[-1] for curve, _ in kept] == [(20, 20.0), (10, 2_000.0)]
    memory, answers = [line for line in growth.section(kept) if line.startswith(("| Memory", "| Answers"))]
    assert "| 2 networks: 10 MB<br>20 networks: 20 MB | n^0.30 |  |  |" in memory
    assert "| n^2.30 | ≤ 200 ms | at about 4 visitors |" in answers
