"""How far two networks' maps lie apart over thousands of pictures, as stored, for Attention and Evidence."""

from nat_app.answers import stored_answers
from nat_app.shared.pairs import pictures_of, set_title
from nat_app.views.attention.maps import Spread
from nat_core.errors import CheckpointError
from nat_core.paper.findings import MapDistances
from nat_core.recipes import LEVELS
from nat_core.studies.level_findings import (
    NetworkId,
    PairLevels,
    begins,
    claim_distances,
    distances,
    finding,
    load_levels,
    measured_elsewhere,
    outdated,
    pair_of,
)


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
        found[name] = Spread(f"{set_title(name)} pictures", pictures, quantiles, seeds)
    return found


def sentence(first: str, second: str, set_name: str) -> str:
    """Where the difference that NAT makes begins on a set, and what two baselines of other seeds say to it."""
    pairs = stored()
    ours, theirs = (NetworkId.of(stored_answers.card(name)) for name in (first, second))
    found = finding(pairs, ours, theirs, set_name)
    if found is None:
        return ""
    words = f"On {pictures_of(set_name, found.pictures)} {distances(found)} {begins(found)}"
    if not found.measured and (other := measured_elsewhere(pairs, set_name)):
        words += f" {other}"
    return words


def claimed() -> MapDistances | None:
    """The distances that judge the paper's claim on levels, where they were measured."""
    return claim_distances(stored())
