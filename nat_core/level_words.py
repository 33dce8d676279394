"""What the level study shows, in plain words: every number in the sentences is computed from what is stored."""

from collections.abc import Iterable, Sequence

import numpy as np

from nat_core.claims import MapDistances
from nat_core.level_store import LevelFinding, LevelSpread, NetworkId, PairLevels, finding
from nat_core.recipes import LEVELS
from nat_core.sheets import Grid


def level_sentences(pairs: Sequence[PairLevels]) -> tuple[str, ...]:
    """Return a sentence for each baseline and NAT network, protocol and set.

    >>> level_sentences([])
    ()
    """
    return tuple(
        f"{first.name} and {second.name} ({first.protocol}) on {set_name}, {found.pictures:,} pictures: "
        f"{distances(found)} {begins(found)}"
        for first, second, set_name, found in findings(pairs)
    )


def level_outcomes(pairs: Sequence[PairLevels]) -> tuple[str, ...]:
    """Return where the difference begins, a sentence for each baseline and NAT network and each outcome.

    >>> level_outcomes([])
    ()
    """
    outcomes: dict[tuple[str, str], list[str]] = {}
    for first, second, set_name, found in findings(pairs):
        names = f"{first.name} and {second.name} ({first.protocol})"
        outcomes.setdefault((names, begins(found)), []).append(set_name)
    return tuple(f"{names} on {', '.join(sets)}: {outcome}" for (names, outcome), sets in outcomes.items())


def level_table(pairs: Sequence[PairLevels]) -> Grid:
    """Return the mean distances and their deviation over the pictures, a row for each set and kind of pair."""
    rows = []
    for first, second, set_name, found in findings(pairs):
        groups = {"baseline and NAT, one seed": found.nat, "two baselines": found.seeds,
                  "baseline and NAT, two seeds": found.both}  # fmt: skip
        for kind, group in groups.items():
            if all(group.values()):
                cells = (" / ".join(f"{each.mean:.3f} ± {each.deviation:.3f}" for each in group[key]) for key in group)
                rows.append(
                    (f"{first.name}, {second.name} ({first.protocol})", set_name, f"{found.pictures:,}", kind, *cells)
                )
    return Grid(("networks", "set", "pictures", "compared", *LEVELS), tuple(rows))


def findings(pairs: Sequence[PairLevels]) -> Iterable[tuple[NetworkId, NetworkId, str, LevelFinding]]:
    """Return each baseline and NAT network (of the lowest seed), each set, and what was found there."""
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
    """
    found = [(first, second, each) for first, second, name, each in findings(pairs) if name == set_name]
    if not found:
        return None
    first, second, best = next((each for each in found if each[2].measured), found[0])
    nat, seeds = (
        {level: float(np.mean([each.quantiles[2] for each in spreads])) for level, spreads in group.items() if spreads}
        for group in (best.nat, best.seeds)
    )
    pictures = f"{best.pictures:,} pictures of {set_name} ({first.protocol})"
    return MapDistances((first.name, second.name), nat, pictures, seeds or None, best.exceeding)


def measured_elsewhere(pairs: Sequence[PairLevels], set_name: str) -> str:
    """Return where the difference begins between the first networks of which two baselines were compared, "" for none.

    >>> measured_elsewhere([], "noise")
    ''
    """
    for first, second, name, found in findings(pairs):
        if found.measured and name == set_name:
            number = len(found.nat["low"])
            seeds = f"{number} seed{'s' if number > 1 else ''}"
            return f"Of {first.name} and {second.name} in the protocol {first.protocol}, {seeds}: {begins(found)}"
    return ""


def distances(found: LevelFinding) -> str:
    """Return the mean distances by level, and those of two baselines where they are known."""
    own = ", ".join(f"{level} {means(each)}" for level, each in found.nat.items())
    if not found.measured:
        return f"the maps lie {own} apart."
    others = ", ".join(f"{level} {means(each)}" for level, each in found.seeds.items())
    return f"the maps lie {own} apart, those of two baselines of different seeds {others}."


def means(spreads: Sequence[LevelSpread]) -> str:
    """Return the mean distance, or the least and the largest of several pairs.

    >>> means([LevelSpread(9, 0.25, 0.1, ()), LevelSpread(9, 0.5, 0.1, ())])
    '0.25-0.50'
    """
    shown = sorted({f"{each.mean:.2f}" for each in spreads})
    return shown[0] if len(shown) == 1 else f"{shown[0]}-{shown[-1]}"


def begins(found: LevelFinding) -> str:
    """Return where the difference that NAT makes begins, or why that is not known."""
    if not found.measured:
        return "Only one such baseline was compared: whether that is more than another seed would make is not known."
    levels = found.exceeding
    if not levels:
        return "At no level is that more than another seed makes."
    if levels == ("low", "middle", "high"):
        return "NAT's difference begins at the low level already."
    if levels == ("middle", "high"):
        return "NAT's difference begins at the middle level, as the paper says."
    if len(levels) == 1:
        return f"Only at the {levels[0]} level is that more than another seed makes."
    return f"NAT's difference is more than another seed makes at the {' and the '.join(levels)} level."
