"""Where the four networks of the paper's second experiment look: who they are, their maps, and how far those differ."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nat_app.answers import stored_answers
from nat_app.answers.level_spreads import COMPARED, Spread, gallery_spread
from nat_app.shared.charts import label
from nat_app.shared.pairs import short_name, stored_name
from nat_app.shared.words import percent
from nat_app.views.attention.maps import LEVELS, MapRow
from nat_app.visit import brought_along
from nat_core.files import csv_text
from nat_core.measure.metrics import map_distances


@dataclass(frozen=True)
class Role:
    """One of the four rows: the network that should fill it, and the one that does where that is not trained yet."""

    title: str
    network: str
    instead: str | None = None
    instead_title: str = ""


ROLES = (
    Role("Baseline teacher (WRN-40-1)", "wrn40_1_baseline"),
    Role("Baseline student (WRN-16-1)", "wrn16_1_student_of_baseline", "wrn16_1_baseline", "Baseline, no teacher"),
    Role("NAT teacher (WRN-40-1)", "wrn40_1_nat"),
    Role("NAT student (WRN-16-1)", "wrn16_1_student_of_nat", "wrn16_1_nat", "NAT, no teacher"),
)


@dataclass(frozen=True)
class Comparison:
    """How far the maps of a baseline and a NAT network lie apart, by level, in [0, sqrt 2]."""

    names: tuple[str, str]
    """The two networks, the baseline first."""
    here: dict[str, float]
    """On the picture."""
    spread: Spread
    """On many pictures."""


@dataclass(frozen=True)
class Row:
    """One row filled: the network, and what it says of the picture; None where it is not trained yet."""

    title: str
    network: str
    """The network that fills the row, or the one that is missing."""
    stands_in_for: str | None
    said: stored_answers.OwnAnswer | None

    @property
    def short(self) -> str:
        """Its name without its architecture: "Baseline teacher"."""
        return self.title.partition(" (")[0]

    @property
    def maps(self) -> MapRow:
        """The row of the grid, its title with the answer."""
        if self.said is None:
            return MapRow(label(self.title), None)
        answer = self.said.answer
        # The grid writes titles in bold; the answer steps out of it.
        says = f"{percent(answer.confidence)} {label(answer.predicted)}"
        return MapRow(f"{label(self.title)}</b>: {says}<b>", self.said.maps)


def rows_of(picture: str | np.ndarray) -> tuple[Row, ...]:
    """Return the rows for a gallery picture by file name (stored), or for 32 x 32 pixels (by torch).

    Raises CheckpointError where a network is damaged.
    """
    present = (*stored_answers.present(), *brought_along.networks())
    return tuple(_row(role, picture, present) for role in (*_yours(), *ROLES))


def _yours() -> list[Role]:
    """The rows of a comparison with a visitor's network: theirs, and the one beside it where no other row is its."""
    shown = {name for role in ROLES for name in (role.network, role.instead)}
    return [
        Role(f"{short_name(name)} ({each.card.architecture})", name)
        for name, each in brought_along.networks().items()
        if each.brought or stored_name(name) not in shown
    ]


def _row(role: Role, picture: str | np.ndarray, present: tuple[str, ...]) -> Row:
    if role.network in present:
        return Row(role.title, role.network, None, _said(role.network, picture))
    if role.instead in present:
        return Row(f"{role.instead_title} (WRN-16-1)", role.instead, role.network, _said(role.instead, picture))
    return Row(role.title, role.network, None, None)


def _said(network: str, picture: str | np.ndarray) -> stored_answers.OwnAnswer:
    return (
        stored_answers.gallery_look(network, picture)
        if isinstance(picture, str)
        else stored_answers.answer(network, picture)
    )


def compare(seen: tuple[Row, ...]) -> Comparison | None:
    """Return how far a baseline and a NAT network differ on the picture: the teachers, else the small ones.

    None where no such two are trained.
    """
    filled = {row.network: row.said for row in seen if row.said is not None}
    yours = brought_along.pair()
    for one, other in (*([yours.names] if yours else []), *COMPARED):
        # The stored network beside a visitor's may fill a row under its own name.
        first, second = (name if name in filled else stored_name(name) for name in (one, other))
        if first in filled and second in filled and _alike(filled[first].maps, filled[second].maps):
            one, other = filled[first].maps, filled[second].maps
            here = {level: float(map_distances(one[level][None], other[level][None])[0]) for level in LEVELS}
            return Comparison((first, second), here, gallery_spread(first, second))
    return None


def _alike(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    """Whether two networks' maps have the same sizes, so that a distance can be told."""
    return all(first[level].shape == second[level].shape for level in LEVELS)


def maps_csv(seen: Iterable[Row]) -> str:
    """Every value of the attention maps of these networks: network, level, row, column, mean(A^2)."""
    rows: list[tuple] = [("network", "level", "row", "column", "value")]
    for row in seen:
        for level, values in row.said.maps.items() if row.said else ():
            rows += [(row.network, level, *place, f"{value:.6g}") for place, value in np.ndenumerate(values)]
    return csv_text(rows)
