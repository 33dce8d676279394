"""How a cost grows with the size of something, and the size at which one machine ends: curves, kept and in a table."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.harness.figures import shown
from benchmarks.harness.kept import ROOT, Stamp
from nat_core.files import write_durably

KEPT = ROOT / "benchmarks" / "growth.json"
HEAD = """## How cost grows, and where one machine ends

Measured by `python -m benchmarks.scaling`, once at each size. *Grows* is the exponent between the first size and the
last: n^1 in proportion, n^0 not at all. *One machine ends* where the limit is met, between two sizes on a straight line
of logarithms; what then helps is several processes, for [scoring and training](command-line.md) and for
[the app](deploying.md)."""


@dataclass(frozen=True)
class Curve:
    """What one thing costs at several sizes."""

    name: str
    what: str
    """What the sizes count."""
    unit: str
    points: tuple[tuple[int, float], ...]
    """Sizes, from the smallest up, and what each costs."""
    limit: float | None = None
    """The most that it may cost."""

    @property
    def exponent(self) -> float:
        """How fast it grows between the smallest and the largest size: 1 in proportion, 0 not at all."""
        (first, cheap), (last, dear) = self.points[0], self.points[-1]
        return math.log(max(dear, 1e-12) / max(cheap, 1e-12)) / math.log(last / first)

    @property
    def end(self) -> float | None:
        """The size at which the limit is met, by a straight line on logarithmic axes; None where it never was.

        >>> Curve("a", "b", "s", ((10, 1.0), (1000, 100.0)), limit=10.0).end
        100.0
        """
        if self.limit is None or all(cost <= self.limit for _, cost in self.points):
            return None
        if self.points[0][1] > self.limit:
            return float(self.points[0][0])
        place = next(index for index, (_, cost) in enumerate(self.points) if cost > self.limit)
        (below, cheap), (above, dear) = self.points[place - 1], self.points[place]
        share = math.log(self.limit / cheap) / math.log(dear / cheap)
        return round(below * (above / below) ** share, 6)

    def show(self) -> Iterator[str]:
        """Lines for people."""
        yield f"{self.name}: n^{self.exponent:.2f}"
        for size, cost in self.points:
            yield f"  {size:>12,} {self.what:<10} {cost:>12.3f} {self.unit}"
        if self.limit is not None:
            yield f"  one machine ends (more than {self.limit:g} {self.unit}) {self.ends}"

    @property
    def ends(self) -> str:
        """Where one machine ends, in words; nothing where nothing limits it.

        >>> Curve("a", "people", "s", ((10, 1.0), (1000, 9.0)), limit=10.0).ends
        'beyond 1,000 people'
        """
        if self.limit is None:
            return ""
        if self.end is None:
            return f"beyond {self.points[-1][0]:,} {self.what}"
        # A point between two sizes is not known to its last digit.
        return f"at about {float(f'{self.end:.2g}'):,.0f} {self.what}"

    def row(self, stamp: Stamp) -> str:
        """A line of the page's table."""
        costs = "<br>".join(f"{size:,} {self.what}: {shown(cost, self.unit)}" for size, cost in self.points)
        limit = "" if self.limit is None else f"≤ {shown(self.limit, self.unit)}"
        when = f"{stamp.date}, load {stamp.load:g}"
        return f"| {self.name} | {costs} | n^{self.exponent:.2f} | {limit} | {self.ends} | {when} |"


def keep(curves: Sequence[Curve], stamp: Stamp) -> None:
    """Put curves in the place of the older ones of their names, each with when and on what it was measured."""
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.is_file() else {}
    kept |= {curve.name: asdict(curve) | {"measured": vars(stamp)} for curve in curves}
    write_durably(KEPT, (json.dumps(kept, indent=1, ensure_ascii=False) + "\n").encode())


def load() -> list[tuple[Curve, Stamp]]:
    """Return the curves that are kept."""
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.is_file() else {}
    return [(_curve(plain), Stamp(**plain["measured"])) for plain in kept.values()]


def _curve(plain: dict[str, Any]) -> Curve:
    points = tuple((size, cost) for size, cost in plain["points"])
    return Curve(plain["name"], plain["what"], plain["unit"], points, plain["limit"])


def section(kept: Sequence[tuple[Curve, Stamp]]) -> list[str]:
    """Return the lines of the page that tell of the curves; none where none was measured."""
    if not kept:
        return []
    machines = dict.fromkeys(stamp.hardware for _, stamp in kept)
    head = ["| What | Costs | Grows | Limit | One machine ends | When |", "|---|---|---|---|---|---|"]
    return ["", *HEAD.splitlines(), "", *head, *(curve.row(stamp) for curve, stamp in kept), "",
            f"On {'; '.join(machines)}."]  # fmt: skip
