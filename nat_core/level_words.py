"""What the level study shows, in plain words: every number in the sentences is computed from what is stored."""

from collections.abc import Iterable, Sequence

from nat_core.level_store import LevelFinding, LevelSpread, NetworkId, PairLevels, finding


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
