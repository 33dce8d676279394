"""Where the chosen pair and its students look: who they are, their maps, and how far those differ."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nat_app.answers import stored_answers
from nat_app.answers.level_spreads import Spread, gallery_spread
from nat_app.shared.classes import class_title
from nat_app.shared.drawing.palette import KINDS, NAMES, Kind
from nat_app.shared.language import N_, _
from nat_app.shared.pairs import OWN, Pair, short_name
from nat_app.shared.words import percent
from nat_app.views.attention.maps import LEVELS, MapRow
from nat_core.files import csv_text
from nat_core.measure.metrics import map_distances
from nat_core.recipes import PAIRS, RECIPES

ARCHITECTURES = {"resnet18": "ResNet-18", "wrn40_1": "WRN-40-1", "wrn16_1": "WRN-16-1", "wrn10_1": "WRN-10-1"}
"""The plain names of the architectures of `recipes.ARCHITECTURE_NAMES`."""
STUDENTS: dict[Kind, str] = {"baseline": N_("Student of the baseline"), "nat": N_("Student of NAT")}


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
class AttentionRow:
    """One row: the network, and what it says of the picture."""

    title: str
    network: str
    said: stored_answers.OwnAnswer

    @property
    def short(self) -> str:
        """Its name without its architecture: "Baseline teacher"."""
        return self.title.partition(" (")[0]

    @property
    def maps(self) -> MapRow:
        """The row of the grid."""
        answer = self.said.answer
        return MapRow(self.title, f"{percent(answer.confidence)} {class_title(answer.predicted)}", self.said.maps)


def rows_of(pair: Pair, picture: str | np.ndarray) -> tuple[AttentionRow, ...]:
    """Return the rows for a gallery picture by file name (stored), or for 32 x 32 pixels (by torch).

    The pair first, then those of its students that are trained. Raises CheckpointError where a network is damaged.
    """
    named = {name: short_name(name) if name.startswith(OWN) else NAMES[kind] for kind, name in pair.by_kind.items()}
    present = stored_answers.present()
    named |= {name: _(STUDENTS[kind]) for kind, name in students(pair).items() if name in present}
    return tuple(_row(title, name, picture) for name, title in named.items())


def students(pair: Pair) -> dict[Kind, str]:
    """Return the students that learn from both networks of a pair, by their teacher's kind; none where it has none.

    >>> from nat_app.shared.pairs import pair_named
    >>> students(pair_named("wrn40_1"))["nat"], students(pair_named("wrn16_1"))
    ('wrn16_1_student_of_nat', {})
    """
    for names in PAIRS.values():
        if tuple(RECIPES[name].teacher for name in names) == pair.names:
            return dict(zip(KINDS, names, strict=True))
    return {}


def _row(title: str, network: str, picture: str | np.ndarray) -> AttentionRow:
    architecture = stored_answers.card(network).architecture
    return AttentionRow(f"{title} ({ARCHITECTURES.get(architecture, architecture)})", network, _said(network, picture))


def _said(network: str, picture: str | np.ndarray) -> stored_answers.OwnAnswer:
    return (
        stored_answers.gallery_look(network, picture)
        if isinstance(picture, str)
        else stored_answers.answer(network, picture)
    )


def compare(pair: Pair, seen: tuple[AttentionRow, ...]) -> Comparison | None:
    """Return how far the pair's maps differ on the picture; None where they have other sizes or none."""
    maps = {row.network: row.said.maps for row in seen}
    one, other = (maps[name] for name in pair.names)
    if not _alike(one, other):
        return None
    here = {level: float(map_distances(one[level][None], other[level][None])[0]) for level in LEVELS}
    return Comparison(pair.names, here, gallery_spread(*pair.names))


def _alike(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    """Whether two networks' maps have the same sizes, so that a distance can be told."""
    return all(level in first and first[level].shape == second[level].shape for level in LEVELS)


def maps_csv(seen: Iterable[AttentionRow]) -> str:
    """Every value of the attention maps of these networks: network, level, row, column, mean(A^2)."""
    rows: list[tuple] = [("network", "level", "row", "column", "value")]
    for row in seen:
        for level, values in row.said.maps.items():
            rows += [(row.network, level, *place, f"{value:.6g}") for place, value in np.ndenumerate(values)]
    return csv_text(rows)
