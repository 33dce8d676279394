"""How many digits each quantity is written with, and what is computed from figures as they are written.

One quantity has one number of digits, wherever it stands. What stands beside the figures that it is computed from (a
difference, a ratio) is computed from them as a reader sees them: whoever subtracts gets what is written.
"""

from types import MappingProxyType

import numpy as np

from nat_core.language import number, written

DECIMALS = MappingProxyType({"accuracy": 2, "rate": 3, "distance": 3, "cost": 1})
"""Decimals by quantity: accuracy's are those of a percentage, as the paper gives it. A rate is any other share in
[0, 1]: NCR, the share kept, AUROC, AUPR, FPR95, ECE. A distance is one of attention maps, in [0, sqrt 2]. A cost is the
factory's, for a hundred parts."""
ACCURACY, RATE, DISTANCE = DECIMALS["accuracy"], DECIMALS["rate"], DECIMALS["distance"]


def rate_text(value: float) -> str:
    """Three decimals, but 0 as "0" and a share below .0005 by its first digit, so that rare is not taken for never.

    >>> rate_text(0.25), rate_text(0.0), rate_text(0.0001)
    ('0.250', '0', '0.0001')
    """
    if value == 0:
        return "0"
    if value < _least():
        return written(np.format_float_positional(value, precision=1, fractional=False))
    return number(value, f".{RATE}f")


def spread_text(deviation: float | None, decimals: int = RATE) -> str:
    """Return what stands behind a figure: its standard deviation, with as many decimals; "" where there is none.

    >>> spread_text(0.0025), spread_text(0.00002), spread_text(None)
    (' ± 0.003', ' ± 0.000', '')
    """
    return "" if deviation is None else f" ± {number(deviation, f'.{decimals}f')}"


def accuracy_text(accuracy: float, deviation: float | None = None) -> str:
    """Return an accuracy in [0, 1] as a percentage with two decimals, and its deviation where there is one.

    >>> accuracy_text(0.9325), accuracy_text(0.9325, 0.002)
    ('93.25 %', '93.25 ± 0.20 %')
    """
    spread = spread_text(None if deviation is None else 100 * deviation, ACCURACY)
    return f"{number(100 * accuracy, f'.{ACCURACY}f')}{spread} %"


def distance_text(distance: float, deviation: float | None = None) -> str:
    """Return a distance of attention maps, and its deviation where there is one.

    >>> distance_text(0.4916), distance_text(0.4916, 0.1674)
    ('0.492', '0.492 ± 0.167')
    """
    return number(distance, f".{DISTANCE}f") + spread_text(deviation, DISTANCE)


def rate(value: float) -> float:
    """Return the number that a reader of `rate_text` sees.

    >>> rate(0.36049), rate(0.00012)
    (0.36, 0.0001)
    """
    return float(f"{value:.1g}") if 0 < value < _least() else round(value, RATE)


def _least() -> float:
    """What three decimals would round to 0 lies below."""
    return 0.5 * 10**-RATE


def difference(first: float, second: float, decimals: int = RATE) -> float:
    """Return first - second of two figures that are both written with so many decimals, as many of its own.

    0.64049 and 0.35951 are written 0.640 and 0.360, so they lie 0.280 apart, not 0.281.

    >>> difference(0.64049, 0.35951), difference(93.254, 93.246, 2)
    (0.28, 0.0)
    """
    # Rounded once more: a float's 0.64 - 0.36 is 0.28 but for the last of its sixteen digits. Never minus zero.
    return round(round(first, decimals) - round(second, decimals), decimals) + 0.0


def difference_text(value: float, sign: str = "") -> str:
    """Return a difference of rates with their decimals; `sign` is "+" where one is to stand before it in any case.

    >>> difference_text(0.28), difference_text(0.28, "+")
    ('0.280', '+0.280')
    """
    return number(value, f"{sign}.{RATE}f")


def points_text(value: float, sign: str = "") -> str:
    """Return a difference in percentage points with the decimals of accuracies; `sign` as in `difference_text`.

    >>> points_text(0.3, "+")
    '+0.30'
    """
    return number(value, f"{sign}.{ACCURACY}f")


def points(first: float, second: float) -> float:
    """Return by how many percentage points one accuracy in [0, 1] exceeds another, both as `accuracy_text` writes them.

    >>> points(0.9616, 0.9588), points(0.93254, 0.93246)
    (0.28, 0.0)
    """
    return difference(100 * first, 100 * second, ACCURACY)


def share_of(part: float, whole: float) -> float:
    """Return part / whole of two rates as they are written; `whole` is above 0.

    >>> share_of(0.0424, 0.1596) == 0.042 / 0.16
    True
    """
    return rate(part) / rate(whole)
