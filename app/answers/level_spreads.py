"""How far two networks' maps lie apart over thousands of pictures, as stored, for Attention and Evidence."""

from collections.abc import Mapping
from dataclasses import dataclass

from nat_app.answers import stored_answers
from nat_app.answers.plain_names import plainly
from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.language import _
from nat_app.shared.pairs import pictures_of
from nat_core.errors import CheckpointError
from nat_core.measure.metrics import map_distances
from nat_core.paper.claims import MapDistances
from nat_core.recipes import LEVELS, PAIRS
from nat_core.studies.level_findings import (
    LevelFinding,
    NetworkId,
    PairLevels,
    claim_distances,
    distances,
    finding,
    load_levels,
    longest_distances,
    measured_elsewhere,
    outdated,
    pair_of,
    spread,
    where_it_begins,
)

COMPARED = (
    PAIRS["wrn40_1"],
    PAIRS["students"],
    PAIRS["wrn16_1"],
    (PAIRS["wrn16_1"][0], PAIRS["students"][1]),
)
"""Which two stand for all on Evidence where no spread was measured: the first that are both here."""


@dataclass(frozen=True)
class Spread:
    """How far two networks' maps lie apart on many pictures, by level: their 5, 25, 50, 75 and 95 % quantiles."""

    set_name: str
    """The image set, or stored_answers.GALLERY."""
    pictures: int
    quantiles: Mapping[str, tuple[float, ...]]
    seeds: Mapping[str, float] | None = None
    """The median of two baselines of different seeds on them; None where only one was trained."""

    @property
    def usual(self) -> dict[str, float]:
        """The median by level."""
        return {level: each[2] for level, each in self.quantiles.items()}


def stored() -> tuple[PairLevels, ...]:
    """The measured pairs, without those of other weights than are here; none where the file is damaged."""
    try:
        pairs = load_levels(stored_answers.folder())
        here = [NetworkId.of(stored_answers.card(name)) for name in stored_answers.present()]
    except CheckpointError:
        return ()
    return tuple(pair for pair in pairs if not outdated(pair, here))


def spreads(first: str, second: str) -> dict[str, Spread]:
    """The spreads of two networks by image set; none where they were not measured, or one is a visitor's."""
    # A visitor's network has no stored weights, by whose digest a pair is found.
    if not {first, second} <= set(stored_answers.present()):
        return {}
    pairs = stored()
    ours, theirs = (NetworkId.of(stored_answers.card(name)) for name in (first, second))
    pair = pair_of(pairs, ours, theirs)
    if pair is None:
        return {}
    found = {}
    for name, levels in pair.sets.items():
        beside = finding(pairs, ours, theirs, name)
        seeds = None
        if beside is not None and beside.measured:
            medians = {level: [each.quantiles[2] for each in beside.seeds[level]] for level in LEVELS}
            seeds = {level: sum(each) / len(each) for level, each in medians.items()}
        pictures = levels[LEVELS[0]].pictures
        quantiles = {level: levels[level].quantiles for level in LEVELS}
        found[name] = Spread(name, pictures, quantiles, seeds)
    return found


def against_seeds(first: str, second: str, set_name: str) -> LevelFinding | None:
    """How far two networks lie apart on a set, beside two baselines of different seeds; None where none were."""
    if not {first, second} <= set(stored_answers.present()):
        return None
    ours, theirs = (NetworkId.of(stored_answers.card(name)) for name in (first, second))
    found = finding(stored(), ours, theirs, set_name)
    return found if found is not None and found.measured else None


def sentence(first: str, second: str, set_name: str) -> str:
    """Where the difference that NAT makes begins on a set, and how far two baselines of different seeds lie apart."""
    pairs = stored()
    ours, theirs = (NetworkId.of(stored_answers.card(name)) for name in (first, second))
    found = finding(pairs, ours, theirs, set_name)
    if found is None:
        return ""
    words = _(
        "On {pictures} {distances} {where}",
        pictures=pictures_of(set_name, found.pictures, "dative"),
        distances=distances(found),
        where=where_it_begins(found),
    )
    if not found.measured and (other := measured_elsewhere(pairs, set_name)):
        words += f" {plainly(other)}"
    return words


def claimed() -> MapDistances | None:
    """The distances that judge the paper's claim on levels, where they were measured."""
    return claim_distances(stored())


def longest() -> tuple[MapDistances, ...]:
    """The distances of the networks that were trained for longest, as the paper reads them."""
    return longest_distances(stored())


def gallery_spread(first: str, second: str) -> Spread:
    """Return how far two networks' maps lie apart over the gallery's pictures."""
    one, other = stored_answers.maps(first), stored_answers.maps(second)
    quantiles = {}
    for level in LEVELS:
        quantiles[level] = spread(map_distances(one[level], other[level])).quantiles
    return Spread(stored_answers.GALLERY, len(gallery_pictures()), quantiles)
