"""The table of attacks: rows count and keep the worst, and the page is what the kept rows make."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks import reliability
from benchmarks.reliability_tests import drawn, noticed, results

CPU, MB, GOALS, PARTS = reliability.CPU, reliability.MB, reliability.GOALS, reliability.PARTS
Row, page = reliability.Row, reliability.page


def test_a_row_counts_and_keeps_the_worst_of_each_measure() -> None:
    row = Row("bombs")
    row.count("first", None, **{CPU: 0.01, MB: 3.0})
    row.count("second", "read", **{CPU: 0.2, MB: 1.0})
    assert (row.tried, row.failed, row.failures) == (2, 1, ["second: read"])
    assert row.worst == {CPU: 0.2, MB: 3.0}
    assert row.worst_at == {CPU: "second", MB: "first"}


def test_failures_are_counted_beyond_those_that_are_named() -> None:
    row = Row("bombs")
    for number in range(9):
        row.count(f"bomb {number}", "read")
    assert (row.failed, len(row.failures)) == (9, 5)


def test_mutants_drawn_by_chance_count_up_to_the_first_that_was_not_tried() -> None:
    modules = ("measure.metrics", "data.names")
    names = [f"nat_core.{module}.x__mutmut_{number}" for module in modules for number in range(9)]
    order = drawn(dict.fromkeys(names))
    assert sorted(order) == sorted(names) != order
    assert order == drawn(dict.fromkeys(reversed(names)))
    # So that what was tried still counts once other code has come or gone.
    assert [name for name in order if "metrics" in name] == drawn(dict.fromkeys(names[:9]))
    found = dict.fromkeys(names) | {order[0]: 1, order[1]: 0, order[2]: -24, order[3]: 33, order[5]: 0}
    formulas, chance = noticed(found)
    assert (chance.tried, chance.failed) == (4, 2)
    assert formulas.tried == sum("metrics" in order[place] for place in (0, 1, 2, 3, 5))
    # One of the two was noticed when it was looked at again.
    assert [row.failed for row in noticed(found, {order[1]: True, order[3]: False})][1] == 1


def test_nothing_is_said_of_mutants_where_none_was_tried(tmp_path: Path) -> None:
    assert list(noticed(results(tmp_path))) == []


def stored(row) -> dict[str, object]:
    return vars(row) | {"date": "2026-01-02, load 0.1", "on": "Python"}


@pytest.mark.parametrize(("row", "said"), [
    (Row("bombs", 101, 0, {CPU: 0.04, MB: 2.0}, {CPU: "a", MB: "b"}), "| 101 | 0 | 0.04 CPU s, 2 MB | yes |"),
    (Row("bombs", 101, 0, {CPU: 0.06, MB: 2.0}, {CPU: "a", MB: "b"}), "| 0.06 CPU s (a), 2 MB | no: CPU s |"),
    (Row("bombs", 101, 1, {CPU: 0.04}, {CPU: "a"}), "| 1 | 0.04 CPU s | no: failures |"),
    (Row("mutants of", 2_000, 100), "| 2,000 | 100 |  | yes |"),
    (Row("mutants of", 2_000, 101), "| 2,000 | 101 |  | no: failures |"),
    (Row("bombs", 20, 0), "| 20 of 78 | 0 |  | so far: fewer were tried |"),
])  # fmt: skip
def test_a_row_is_held_against_its_goal(row, said: str) -> None:
    assert said in page({"pictures" if row.attack == "bombs" else "tests": [stored(row)]})


def test_what_was_not_measured_says_so() -> None:
    assert page({}).count("| not measured |") == len(GOALS)
    assert {goal.part for goal in GOALS} == set(PARTS)


def test_the_page_is_what_was_measured() -> None:
    kept = json.loads(reliability.KEPT.read_text(encoding="utf-8"))
    assert reliability.PAGE.read_text(encoding="utf-8") == page(kept)


def test_rows_of_parts_that_are_measured_beside_each_other_are_all_kept(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(reliability, "KEPT", tmp_path / "kept.json")
    monkeypatch.setattr(reliability, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(sys, "argv", ["reliability", "files"])

    def measured(part: str, options: list[str]):
        yield vars(Row("mutants: cards", 5))
        reliability.keep("runs", stored(Row("failing writes", 80)))  # another one's
        yield vars(Row("mutants: states", 6))

    monkeypatch.setattr(reliability, "measured", measured)
    reliability.main()
    kept = json.loads((tmp_path / "kept.json").read_text(encoding="utf-8"))
    assert {part: [row["attack"] for row in rows] for part, rows in kept.items()} == {
        "files": ["mutants: cards", "mutants: states"],
        "runs": ["failing writes"],
    }
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == page(kept)
