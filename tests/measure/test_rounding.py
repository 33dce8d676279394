"""What stands beside the figures that it is computed from follows from them as they are written."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import nat_core
from nat_core.language import speaking
from nat_core.measure.rounding import (
    ACCURACY,
    DECIMALS,
    RATE,
    accuracy_text,
    difference,
    distance_text,
    points,
    rate,
    rate_text,
    share_of,
)

SHARES = st.floats(0, 1)
ENGINE = Path(nat_core.__file__).parent
ELSEWHERE = ("measure/rounding.py", "language.py", "training/log.py", "paper/field_figures.py")
"""Modules that write numbers with decimals: the rule's own, an example, a bar's losses, four as the sources give."""


def read(text: str) -> Decimal:
    """A number as a reader takes it from the page."""
    return Decimal(text.removesuffix(" %").replace("\u2212", "-"))


def test_the_decimals_of_rates_and_accuracies_stand_in_one_place() -> None:
    decimals = re.compile(r"\.[2-9]f\b")
    writers = {
        path.relative_to(ENGINE).as_posix() for path in ENGINE.rglob("*.py") if decimals.search(path.read_text())
    }
    assert writers - set(ELSEWHERE) == set()


@given(SHARES, SHARES)
@example(0.64049, 0.35951)  # 0.281 apart before they are written
@example(0.3, 0.3000001)
def test_whoever_subtracts_two_rates_gets_what_is_written(first: float, second: float) -> None:
    shown = [read(f"{each:.{RATE}f}") for each in (first, second)]
    assert read(f"{difference(first, second):.{RATE}f}") == shown[0] - shown[1]
    assert str(difference(first, second)) != "-0.0"


@given(SHARES, SHARES)
@example(0.93254, 0.93246)
def test_whoever_subtracts_two_accuracies_gets_the_points(first: float, second: float) -> None:
    shown = [read(accuracy_text(each)) for each in (first, second)]
    assert read(f"{points(first, second):.{ACCURACY}f}") == shown[0] - shown[1]


@given(st.floats(0.0, 1.0))
@example(0.0005)
@example(0.00049999)
def test_a_rate_is_the_number_that_its_text_shows(value: float) -> None:
    assert rate(value) == float(rate_text(value))


def test_a_ratio_is_that_of_the_figures_beside_it() -> None:
    assert share_of(0.01184, 0.0423) == pytest.approx(0.012 / 0.042)
    assert share_of(0.0001, 0.2) == pytest.approx(0.0005)


def test_every_quantity_has_its_digits_in_every_language() -> None:
    assert dict(DECIMALS) == {"accuracy": 2, "rate": 3, "distance": 3, "cost": 1}
    assert [rate_text(each) for each in (0.9994, 0.9996, 0.00032, 0.0)] == ["0.999", "1.000", "0.0003", "0"]
    with speaking("de"):
        assert (rate_text(0.25), accuracy_text(0.9325, 0.001)) == ("0,250", "93,25 ± 0,10 %")
        assert distance_text(0.4916, 0.1674) == "0,492 ± 0,167"
