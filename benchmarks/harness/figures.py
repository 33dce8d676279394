"""What a benchmark measures and what each figure is held against, and what it found: plain values, nothing is run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median

TIMES, MILLISECONDS, SECONDS, MEGABYTES = "times", "ms", "s", "MB"


@dataclass(frozen=True)
class Goal:
    """How much a figure should be, at least or at most."""

    value: float
    unit: str = TIMES
    at_most: bool = False
    without_amx: float | None = None
    """What counts in place of `value` on a processor that has no matrix units for bfloat16 (AMX)."""

    def on(self, amx: bool) -> float:
        """Return what counts on a processor with or without AMX.

        >>> Goal(2.5, without_amx=1.5).on(amx=False)
        1.5
        """
        return self.value if amx or self.without_amx is None else self.without_amx

    def met(self, value: float, amx: bool) -> bool:
        """Return whether a value reaches it.

        >>> Goal(100, MILLISECONDS, at_most=True).met(100.5, amx=True)
        False
        """
        return value <= self.on(amx) if self.at_most else value >= self.on(amx)

    def words(self, amx: bool) -> str:
        """Return it as it stands in a table.

        >>> Goal(1.16, at_most=True).words(amx=True)
        '≤ 1.16 times'
        """
        return f"{'≤' if self.at_most else '≥'} {shown(self.on(amx), self.unit)}"


@dataclass(frozen=True)
class Figure:
    """One row of the page."""

    name: str
    """Its key in performance.json; never used again for something else."""
    title: str
    against: str
    """What it is measured beside, or what limits it where there is no other side."""
    goal: Goal
    reason: str = ""
    """Why the goal is missed; shown only where it is."""
    earlier: str = ""
    """An older figure with its date, shown where this one was not measured."""


@dataclass(frozen=True)
class Asked:
    """What a benchmark is told of how thoroughly to measure."""

    rounds: int = 5
    quick: bool = False
    """To see that it works: little data, one round."""

    @property
    def least(self) -> float:
        """The seconds that a side is repeated for in a round, at least: of shorter ones the clock says little."""
        return 0.0 if self.quick else 0.2

    def of(self, many: int, few: int) -> int:
        """Return how much to measure on.

        >>> Asked(quick=True).of(10_000, 64)
        64
        """
        return few if self.quick else many


@dataclass(frozen=True)
class Found:
    """What was measured of one figure, a value each round."""

    figure: str
    values: tuple[float, ...]
    ours: tuple[float, ...] = ()
    """The seconds that our side took in each round, where there are two."""
    theirs: tuple[float, ...] = ()
    note: str = ""
    """What the run itself said, such as the precision that it chose."""

    @property
    def middle(self) -> float:
        """The median of the rounds."""
        return median(self.values)


@dataclass(frozen=True)
class Benchmark:
    """One script: its figures, and how they are measured."""

    name: str
    section: str
    figures: tuple[Figure, ...]
    measure: Callable[[Asked], Iterator[Found]]
    needs: tuple[str, ...] = field(default=())
    """What has to be there: modules by their names, `cuda`, `chromium`."""


def shown(value: float, unit: str) -> str:
    """Return a number with its unit, three digits of it.

    >>> shown(2.4871, TIMES), shown(14321.0, TIMES), shown(0.00002, "")
    ('2.49 times', '14,300 times', '2e-05')
    """
    digits = f"{float(f'{value:.3g}'):,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{digits} {unit}".rstrip()
