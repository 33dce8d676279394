"""The level study, stored and in words: how far two networks' attention maps lie apart, over thousands of pictures.

One small file, `levels.json`, beside the checkpoints, so that the app and the results page draw it without a data set.
Each pair carries the SHA-256 of both networks' weights: a pair of other weights is not taken for these. Every number in
the sentences is computed from what is stored.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from nat_core.files import converted, is_there, read_json, sealed, write_durably
from nat_core.language import _, ngettext, plural, span
from nat_core.measure.rounding import distance_text
from nat_core.paper.claims import LEVEL_NAMES, MapDistances
from nat_core.paper.tables import Grid
from nat_core.protocols import PROTOCOLS
from nat_core.recipes import LEVELS, PAIRS, recipe_in_protocol
from nat_core.store.checkpoints import WEIGHTS, Card

FORMAT = 1
FILE = "levels.json"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
TEACHERS = (PAIRS["resnet18"], PAIRS["wrn40_1"], PAIRS["wrn16_1"])
"""The pairs whose NAT saw negatives itself, the paper's kind first."""


# --- what is measured ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LevelSpread:
    """The distances at one level over the pictures of one set, each in [0, sqrt 2]."""

    pictures: int
    mean: float
    deviation: float
    quantiles: tuple[float, ...]
    """At .05, .25, .5, .75, .95."""


def spread(distances: Float[np.ndarray, " n"]) -> LevelSpread:
    """Return mean, standard deviation (over all pictures) and quantiles of distances; ValueError without any.

    >>> spread(np.array([0.0, 1.0])).deviation
    0.5
    """
    if not len(distances):
        raise ValueError("needs the distance of one picture at least")
    quantiles = tuple(float(each) for each in np.quantile(distances, QUANTILES))
    return LevelSpread(len(distances), float(distances.mean()), float(distances.std()), quantiles)


@dataclass(frozen=True)
class NetworkId:
    """Which network was compared."""

    name: str
    protocol: str
    seed: int
    sha256: str
    """Of its file of weights."""
    epochs: int | None = field(default=None, compare=False)
    """How long it learned, which a protocol's name says only where nobody asked for another time; None in files from
    before it was noted. It follows from the weights, so it makes no other network of one."""

    @classmethod
    def of(cls, card: Card) -> "NetworkId":
        """The network of that card."""
        return cls(card.name, card.protocol, card.seed, card.sha256[WEIGHTS], card.recipe.epochs)

    @property
    def schedule(self) -> str:
        """How long it learned, in words: its protocol, and the epochs where they are known.

        >>> NetworkId("digits_nat", "digits", 0, "aa", 1).schedule
        'digits, 1 epoch'
        """
        length = None if self.epochs is None else ngettext("{count:,} epoch", "{count:,} epochs", self.epochs)
        return ", ".join(each for each in (self.protocol, length) if each)


def schedules(first: NetworkId, second: NetworkId) -> str:
    """Return how long two networks learned: once where it is the same.

    >>> schedules(NetworkId("a", "cpu", 0, "aa", 60), NetworkId("b", "cpu", 0, "bb", 30))
    'cpu, 60 epochs / cpu, 30 epochs'
    """
    return " / ".join(dict.fromkeys((first.schedule, second.schedule)))


@dataclass(frozen=True)
class PairLevels:
    """How far the maps of two networks lie apart, by image set and level."""

    first: NetworkId
    second: NetworkId
    sets: dict[str, dict[str, LevelSpread]] = field(default_factory=dict)

    @property
    def networks(self) -> tuple[NetworkId, NetworkId]:
        """Both, the baseline first."""
        return self.first, self.second

    @property
    def between_seeds(self) -> bool:
        """Whether the two differ in their seed alone."""
        return self.first.name == self.second.name


@dataclass(frozen=True)
class LevelFinding:
    """A baseline and a NAT network on one set, beside two baselines of different seeds."""

    pictures: int
    nat: dict[str, tuple[LevelSpread, ...]]
    """By level: baseline and NAT network of the same seed, one for each seed."""
    seeds: dict[str, tuple[LevelSpread, ...]]
    """By level: two baselines of different seeds; none where only one was trained."""
    across_seeds: dict[str, tuple[LevelSpread, ...]]
    """By level: baseline and NAT network of different seeds."""

    @property
    def measured(self) -> bool:
        """Whether there are two baselines to hold the difference against."""
        return all(self.seeds.values())

    @property
    def exceeding(self) -> tuple[str, ...]:
        """The levels at which NAT makes a difference: see `exceeds`."""
        return tuple(level for level in LEVELS if exceeds(self.nat[level], self.seeds[level]))


EXCEEDS_RULE = (
    "A level differs where every pair of baseline and NAT network of one seed lies further apart, in the mean, than "
    "every two baselines of different seeds, by more than two standard errors over the pictures."
)


def exceeds(nat: Sequence[LevelSpread], seeds: Sequence[LevelSpread]) -> bool:
    """Whether the distances `nat` lie above those between seeds by EXCEEDS_RULE; False where either is empty.

    >>> near, far = (LevelSpread(100, mean, 0.1, ()) for mean in (0.2, 0.3))
    >>> exceeds([far], [near]), exceeds([near], [near])
    (True, False)
    """
    if not nat or not seeds:
        return False
    least, most = min(nat, key=lambda each: each.mean), max(seeds, key=lambda each: each.mean)
    # Of a difference of two means: the variances of both, each over its pictures.
    error = sqrt(sum(each.deviation**2 / each.pictures for each in (least, most)))
    return least.mean - most.mean > 2 * error


def finding(pairs: Iterable[PairLevels], first: NetworkId, second: NetworkId, set_name: str) -> LevelFinding | None:
    """Return what is stored of a baseline and a NAT network, of their protocol and all its seeds, on one set.

    None where no such pair of one seed was measured there.
    """
    alike = [
        pair
        for pair in pairs
        if set_name in pair.sets and {each.protocol for each in pair.networks} == {first.protocol, second.protocol}
    ]
    names = (first.name, second.name)
    across = [pair for pair in alike if (pair.first.name, pair.second.name) == names]
    same = [pair for pair in across if pair.first.seed == pair.second.seed]
    if not same:
        return None
    groups = (
        same,
        [pair for pair in alike if pair.between_seeds and pair.first.name == names[0]],
        [pair for pair in across if pair.first.seed != pair.second.seed],
    )
    nat, seeds, across_seeds = (
        {level: tuple(pair.sets[set_name][level] for pair in group) for level in LEVELS} for group in groups
    )
    return LevelFinding(nat[LEVELS[0]][0].pictures, nat, seeds, across_seeds)


# --- stored ----------------------------------------------------------------------------------------------------------


def pair_of(pairs: Iterable[PairLevels], first: NetworkId, second: NetworkId) -> PairLevels | None:
    """Return what is stored of exactly these two networks, None where there is nothing, or of other weights.

    >>> one = NetworkId("digits_nat", "digits", 0, "aa")
    >>> pair_of([PairLevels(one, one)], one, one).between_seeds
    True
    """
    return next((pair for pair in pairs if pair.networks == (first, second)), None)


def outdated(pair: PairLevels, networks: Iterable[NetworkId]) -> bool:
    """Whether one of the two is among `networks` with other weights; where neither is there, that is not known.

    >>> here = NetworkId("digits_nat", "digits", 0, "aa")
    >>> outdated(PairLevels(here, here), [replace(here, sha256="bb")])
    True
    """
    # The same network but for the digest of its weights.
    return any(replace(each, sha256=here.sha256) == here != each for here in networks for each in pair.networks)


def load_levels(folder: Path) -> tuple[PairLevels, ...]:
    """Return every measured pair, none where there is no file; CheckpointError where it is damaged or too new.

    >>> load_levels(Path("nowhere"))
    ()
    """
    path = Path(folder) / FILE
    return read_json(path, FORMAT, _pairs, "delete it and run nat levels") if is_there(path) else ()


def _pairs(values: dict[str, Any]) -> tuple[PairLevels, ...]:
    if unknown := values.keys() - {"format", "pairs"}:
        raise ValueError(f"unknown field {min(unknown)!r}")
    pairs = tuple(converted(each, PairLevels) for each in values["pairs"])
    if any(set(levels) != set(LEVELS) for pair in pairs for levels in pair.sets.values()):
        raise ValueError(f"every set needs the levels {', '.join(LEVELS)}")
    return pairs


def save_levels(folder: Path, pairs: Iterable[PairLevels]) -> None:
    """Write all pairs, a line each, numbers with five digits after the point."""
    # A line a pair, so that a pair measured again changes one line of the file.
    lines = [f"  {json.dumps(_rounded(asdict(pair)), allow_nan=False)}" for pair in pairs]
    text = f'{{\n "format": {FORMAT},\n "pairs": [\n' + ",\n".join(lines) + "\n ]\n}\n"
    write_durably(Path(folder) / FILE, sealed(text))


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return round(value, 5) if isinstance(value, float) else value


# --- in words --------------------------------------------------------------------------------------------------------


def level_sentences(pairs: Sequence[PairLevels]) -> tuple[str, ...]:
    """Return a sentence for each baseline and NAT network, protocol and set.

    >>> level_sentences([])
    ()
    """
    return tuple(
        f"{first.name} and {second.name} ({schedules(first, second)}) on {set_name}, "
        f"{plural(found.pictures, 'picture')}: "
        f"{distances(found)} {where_it_begins(found)}"
        for first, second, set_name, found in findings(pairs)
    )


def level_outcomes(pairs: Sequence[PairLevels]) -> tuple[str, ...]:
    """Return where the difference begins, a sentence for each baseline and NAT network and each outcome.

    >>> level_outcomes([])
    ()
    """
    outcomes: dict[tuple[str, str], list[str]] = {}
    for first, second, set_name, found in findings(pairs):
        names = f"{first.name} and {second.name} ({schedules(first, second)})"
        outcomes.setdefault((names, where_it_begins(found)), []).append(set_name)
    return tuple(f"{names} on {', '.join(sets)}: {outcome}" for (names, outcome), sets in outcomes.items())


def level_table(pairs: Sequence[PairLevels]) -> Grid:
    """Return the mean distances and their deviation over the pictures, a row for each set and kind of pair.

    >>> level_table([]).header
    ('networks', 'set', 'pictures', 'compared', 'low', 'middle', 'high')
    """
    rows = []
    for first, second, set_name, found in findings(pairs):
        groups = {"baseline and NAT, one seed": found.nat, "two baselines": found.seeds,
                  "baseline and NAT, two seeds": found.across_seeds}  # fmt: skip
        for kind, group in groups.items():
            if all(group.values()):
                cells = (" / ".join(distance_text(each.mean, each.deviation) for each in group[key]) for key in group)
                rows.append(
                    (
                        f"{first.name}, {second.name} ({schedules(first, second)})",
                        set_name,
                        f"{found.pictures:,}",
                        kind,
                        *cells,
                    )
                )
    return Grid(("networks", "set", "pictures", "compared", *LEVELS), tuple(rows))


def findings(pairs: Sequence[PairLevels]) -> Iterable[tuple[NetworkId, NetworkId, str, LevelFinding]]:
    """Return each baseline and NAT network (of the lowest seed), each set, and what was found there.

    >>> list(findings([]))
    []
    """
    seen = set()
    for pair in pairs:
        first, second = pair.networks
        kind = (first.name, second.name, first.protocol)
        if pair.between_seeds or first.seed != second.seed or kind in seen:
            continue
        seen.add(kind)
        for set_name in pair.sets:
            found = finding(pairs, first, second, set_name)
            if found is not None:
                yield first, second, set_name, found


def claim_distances(pairs: Sequence[PairLevels], set_name: str = "cifar100_test") -> MapDistances | None:
    """Return the distances that judge the paper's claim: of the first pair with two baselines, else of the first.

    None where no pair was measured on that set.

    >>> claim_distances([]) is None
    True
    """
    found = [(first, second, each) for first, second, name, each in findings(pairs) if name == set_name]
    if not found:
        return None
    return _map_distances(*next((each for each in found if each[2].measured), found[0]), set_name)


def longest_distances(pairs: Sequence[PairLevels], set_name: str = "cifar100_test") -> tuple[MapDistances, ...]:
    """Return the distances of each baseline and NAT teacher, of the protocol in which both were trained for longest.

    ResNet-18's first, as the paper's maps are of its kind; none where no pair was measured on that set.

    >>> longest_distances([])
    ()
    """
    found = {}
    for first, second, name, each in findings(pairs):
        if name == set_name and (first.name, second.name) in TEACHERS and first.protocol in PROTOCOLS:
            found[(first.name, second.name), first.protocol] = (first, second, each)
    best = []
    for names in TEACHERS:
        measured = [each for (pair, _), each in found.items() if pair == names]
        if measured:
            best.append(_map_distances(*max(measured, key=lambda each: _epochs(each[0])), set_name))
    return tuple(best)


def _epochs(network: NetworkId) -> int:
    return network.epochs or recipe_in_protocol(network.name, network.protocol).epochs


def _map_distances(first: NetworkId, second: NetworkId, found: LevelFinding, set_name: str) -> MapDistances:
    nat, seeds = (
        {level: tuple(each.quantiles[2] for each in spreads) for level, spreads in group.items() if spreads}
        for group in (found.nat, found.seeds)
    )
    means, between = ({level: float(np.mean(each)) for level, each in group.items()} for group in (nat, seeds))
    pictures = _(
        "{pictures:,} pictures of {name} (protocol {protocol})",
        pictures=found.pictures,
        name=set_name,
        protocol=schedules(first, second),
    )
    return MapDistances((first.name, second.name), means, pictures, between or None, found.exceeding, nat)


def measured_elsewhere(pairs: Sequence[PairLevels], set_name: str) -> str:
    """Return where the difference begins between the first networks of which two baselines were compared, "" for none.

    >>> measured_elsewhere([], "noise")
    ''
    """
    for first, second, name, found in findings(pairs):
        if found.measured and name == set_name:
            return ngettext(
                "For {first} and {second}, trained by another protocol ({protocol}), {count} seed: {where}",
                "For {first} and {second}, trained by another protocol ({protocol}), {count} seeds: {where}",
                len(found.nat["low"]),
                first=first.name,
                second=second.name,
                protocol=schedules(first, second),
                where=where_it_begins(found),
            )
    return ""


def distances(found: LevelFinding) -> str:
    """Return the mean distances by level, and those of two baselines where they are known."""
    own = ", ".join(f"{LEVEL_NAMES[level]} {means(each)}" for level, each in found.nat.items())
    if not found.measured:
        return _("the maps lie {own} apart on average.", own=own)
    others = ", ".join(f"{LEVEL_NAMES[level]} {means(each)}" for level, each in found.seeds.items())
    return _(
        "the maps lie {own} apart on average, those of two baselines of different seeds {others}.",
        own=own,
        others=others,
    )


def means(spreads: Sequence[LevelSpread]) -> str:
    """Return the mean distance, or the least and the largest of several pairs.

    >>> means([LevelSpread(9, 0.25, 0.1, ()), LevelSpread(9, 0.5, 0.1, ())]) == span("0.250", "0.500")
    True
    """
    shown = sorted({distance_text(each.mean) for each in spreads})
    return shown[0] if len(shown) == 1 else span(shown[0], shown[-1])


def where_it_begins(found: LevelFinding) -> str:
    """Return where the difference that NAT makes begins, or why that is not known, as a sentence.

    >>> where_it_begins(LevelFinding(9, {}, {"low": ()}, {}))
    'Only one such baseline was compared: whether that is more than another seed would make is not known.'
    """
    if not found.measured:
        return _("Only one such baseline was compared: whether that is more than another seed would make is not known.")
    levels = found.exceeding
    if not levels:
        return _("At no level is that more than another seed makes.")
    if levels == ("low", "middle", "high"):
        return _("NAT's difference begins at the low level already.")
    if levels == ("middle", "high"):
        return _("NAT's difference begins at the middle level, as the paper says.")
    names = [LEVEL_NAMES[level] for level in levels]
    if len(names) == 1:
        return _("Only at the {level} level is that more than another seed makes.", level=names[0])
    return _("NAT's difference is more than another seed makes at the {first} and the {second} level.",
             first=names[0], second=names[1])  # fmt: skip
