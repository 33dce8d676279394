"""A visitor's few pictures in sentences: counts in place of rates, 95 % intervals, and no verdict that chance can make.

No Streamlit here. Whoever compares two networks on few pictures says it with these, so that no page claims more.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from nat_app.shared.drawing.palette import KINDS, Kind
from nat_app.shared.language import N_, _, pgettext
from nat_app.shared.words import ENOUGH, count_of_100, percent_span
from nat_core.measure.metrics import Interval, difference_interval, wilson_interval

FEW = 3
"""As many pictures, or fewer, are too few for a rate: one of three would move it by 33 points."""
TOO_FEW = N_("Too few for a rate, so here is each one.")


@dataclass(frozen=True)
class Compared:
    """How many of the same pictures both networks are sure of, or correct on."""

    counts: dict[Kind, int]
    pictures: int
    difference: Interval
    """The 95 % interval of NAT's share less the baseline's."""

    @property
    def fewer(self) -> Kind | None:
        """The network with the smaller share; None where chance alone could make the difference."""
        if self.difference.low > 0:
            return "baseline"
        return "nat" if self.difference.high < 0 else None


def compare(found: dict[Kind, Bool[np.ndarray, " n"]]) -> Compared:
    """Count what is true of both networks on the same n >= 1 pictures.

    >>> compare({"baseline": np.ones(9, bool), "nat": np.zeros(9, bool)}).fewer
    'nat'
    """
    counts = {kind: int(found[kind].sum()) for kind in KINDS}
    return Compared(counts, len(found["nat"]), difference_interval(found["baseline"], found["nat"]))


def number_of(number: int, pictures: int) -> str:
    """Return a number of pictures, as one of a hundred where there are enough: "4" of 6, "67" of 300.

    >>> number_of(4, 6), number_of(200, 300), number_of(0, 5)
    ('4', '67', 'none')
    """
    return count_of_100(number / pictures) if pictures >= ENOUGH else str(number or pgettext("how many", "none"))


def of_what(pictures: int) -> str:
    """Return of how many that number is: "100", or "your 6".

    >>> of_what(300), of_what(6)
    ('100', 'your 6')
    """
    return "100" if pictures >= ENOUGH else _("your {count}", count=pictures)


def interval(number: int, pictures: int) -> str:
    """Return the 95 % interval of a share; its pictures are at least one.

    >>> interval(7, 12) == percent_span(0.32, 0.81)
    True
    """
    return percent_span(*wilson_interval(number, pictures))


def intervals(found: Compared) -> str:
    """Return the intervals of both networks' shares, in words."""
    spans = {kind: interval(found.counts[kind], found.pictures) for kind in KINDS}
    return _("95\u00a0% intervals: baseline {baseline}, NAT {nat}.", **spans)


def chance(found: Compared, question: str = N_("which network is fooled less often")) -> str:
    """Return whether the difference is more than chance, or that they cannot tell; "" where there is no difference.

    `question` is what they cannot tell, marked by `N_`.

    >>> chance(compare({"baseline": np.array([True, False]), "nat": np.array([False, False])}))
    'So few pictures cannot tell which network is fooled less often: the difference may be chance.'
    """
    if found.counts["baseline"] == found.counts["nat"]:
        return ""
    if found.fewer is not None:
        return _("That is more than chance.")
    if found.pictures < ENOUGH:
        return _("So few pictures cannot tell {question}: the difference may be chance.", question=_(question))
    return _("These pictures cannot tell {question}: the difference may be chance.", question=_(question))
