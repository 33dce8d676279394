"""The paper's finding on levels: how far networks' attention maps lie apart at low, middle and high, by image set."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float, UInt8

from nat_core.data.sets import load_set
from nat_core.data.sources.image_sets import evenly
from nat_core.errors import MissingDataset
from nat_core.language import plural
from nat_core.measure.metrics import map_distances
from nat_core.measure.variants import without_variants
from nat_core.network.attention import attention_map
from nat_core.network.inference import Network, load_network
from nat_core.network.models import normalised
from nat_core.paper.figures import CONTRASTS
from nat_core.recipes import LEVELS, NAT_STRONG, PAIRS, Recipe
from nat_core.store.checkpoints import available, load_card
from nat_core.studies.level_findings import NetworkId, PairLevels, load_levels, outdated, save_levels, spread

PICTURES = 10_000
"""At most so many pictures of a set are compared, evenly taken from it."""

Distances = dict[str, Float[np.ndarray, " n"]]
Key = TypeVar("Key", bound=Hashable)


def level_distances(
    first: Network,
    second: Network,
    pixels: UInt8[np.ndarray, "n size size 3"] | Float[np.ndarray, "n size size 3"],
    batch_size: int = 256,
) -> Distances:
    """Return the distance between two networks' normalised maps of each picture, by level.

    Each network's inputs are normalised by its own mean and deviation. Raises ValueError where there is no picture or
    the maps differ in size.
    """
    return pair_distances({0: first, 1: second}, [(0, 1)], pixels, batch_size)[0, 1]


def pair_distances(
    networks: Mapping[Key, Network],
    pairs: Sequence[tuple[Key, Key]],
    pixels: UInt8[np.ndarray, "n size size 3"] | Float[np.ndarray, "n size size 3"],
    batch_size: int = 256,
) -> dict[tuple[Key, Key], Distances]:
    """Return `level_distances` of several pairs, each network run once. Raises as it does."""
    if not len(pixels):
        raise ValueError("there is no picture to compare the networks on")
    parts: dict[tuple[Key, Key], dict[str, list[np.ndarray]]] = {
        pair: {level: [] for level in LEVELS} for pair in pairs
    }
    for start in range(0, len(pixels), batch_size):
        part = torch.from_numpy(np.ascontiguousarray(pixels[start : start + batch_size]))
        with torch.inference_mode():
            # Each network once, whatever the number of pairs that it is in.
            maps = {key: _maps(each, part) for key, each in networks.items()}
        for (one, other), found in parts.items():
            for level in LEVELS:
                found[level].append(map_distances(maps[one][level], maps[other][level]))
    return {pair: {level: np.concatenate(each) for level, each in found.items()} for pair, found in parts.items()}


def _maps(network: Network, part: torch.Tensor) -> dict[str, np.ndarray]:
    groups = network.model(normalised(part.to(network.device), network.mean, network.std)).groups
    places = zip(LEVELS, network.model.levels, strict=True)
    return {level: attention_map(groups[place]).cpu().numpy() for level, place in places}


def stored_networks(folder: Path) -> dict[NetworkId, tuple[Path, Recipe]]:
    """Return every network of a folder of checkpoints with its home and recipe, those that a queue keeps too.

    A network that is there twice counts once, the published one first. Raises CheckpointError for a damaged card.

    >>> stored_networks(Path("nowhere"))
    {}
    """
    found: dict[tuple[str, str, int], tuple[NetworkId, Path, Recipe]] = {}
    for home in (Path(folder), *sorted(Path(folder).glob(".state/runs/*/*/seed*"))):
        for name in available(home):
            card = load_card(home, name)
            identity = NetworkId.of(card)
            found.setdefault((name, identity.protocol, identity.seed), (identity, home, card.recipe))
    return {identity: (home, recipe) for identity, home, recipe in found.values()}


def pairs_to_measure(networks: Sequence[NetworkId]) -> tuple[tuple[NetworkId, NetworkId], ...]:
    """Return which networks are compared: within a protocol, each baseline with the NAT network of its seed, two
    baselines of different seeds, and a baseline with a NAT network of another seed.

    >>> three = [NetworkId("digits_baseline", "digits", 0, ""), NetworkId("digits_baseline", "digits", 1, ""),
    ...          NetworkId("digits_nat", "digits", 0, "")]
    >>> [(one.name, one.seed, other.name, other.seed) for one, other in pairs_to_measure(three)][:2]
    [('digits_baseline', 0, 'digits_nat', 0), ('digits_baseline', 0, 'digits_baseline', 1)]
    """
    pairs: list[tuple[NetworkId, NetworkId]] = []
    for (without, aware), protocol in _families(networks):
        first, second = (
            {each.seed: each for each in networks if (each.name, each.protocol) == (name, protocol)}
            for name in (without, aware)
        )
        pairs += [(first[seed], second[seed]) for seed in sorted(first.keys() & second.keys())]
        for seed, other in combinations(sorted(first), 2):
            pairs.append((first[seed], first[other]))
            if other in second:
                pairs.append((first[seed], second[other]))
    return tuple(dict.fromkeys(pairs))


def _families(networks: Sequence[NetworkId]) -> Iterator[tuple[tuple[str, str], str]]:
    for names in (*CONTRASTS, (PAIRS["resnet18"][0], NAT_STRONG)):
        for protocol in sorted({each.protocol for each in networks}):
            if set(names) <= {each.name for each in networks if each.protocol == protocol}:
                yield names, protocol


def measure(
    folder: Path, data: Path | None, device: str = "cpu", show: Callable[[str], None] = lambda line: None
) -> tuple[PairLevels, ...]:
    """Compare every pair of a folder's networks on every set that both report, store and return what is known.

    What is stored stays, but where one of the two is here with other weights; nothing is measured twice. A set that
    is missing is told to `show` and left out. The file is written after each set. Raises CheckpointError for a damaged
    network or file.
    """
    networks = stored_networks(folder)
    wanted = pairs_to_measure(list(networks))
    stored = {pair.networks: pair for pair in _stored(folder, networks)}
    # Pairs whose networks are not here stay as well: they could not be measured again.
    known = {pair: PairLevels(*pair) for pair in wanted} | stored
    reported = {pair: _sets(*(networks[each][1] for each in pair)) for pair in wanted}
    loaded: dict[NetworkId, Network] = {}
    for name in dict.fromkeys(each for names in reported.values() for each in names):
        missing = [pair for pair in wanted if name in reported[pair] and name not in known[pair].sets]
        if not missing:
            continue
        try:
            pixels = load_set(name, data).pixels
            pixels = pixels[evenly(len(pixels), PICTURES)]
        except MissingDataset as error:
            show(str(error))
            continue
        show(f"{name}: {plural(len(pixels), 'picture')}, {plural(len(missing), 'pair')}")
        for each in {each for pair in missing for each in pair} - set(loaded):
            loaded[each] = load_network(networks[each][0], each.name, device)
        for pair, distances in _by_protocol(loaded, missing, pixels):
            levels = {level: spread(each) for level, each in distances.items()}
            known[pair] = replace(known[pair], sets=known[pair].sets | {name: levels})
        # After every set: whoever stops it loses the work on one set at most.
        save_levels(folder, [pair for pair in known.values() if pair.sets])
    return tuple(pair for pair in known.values() if pair.sets)


def _stored(folder: Path, networks: Iterable[NetworkId]) -> Iterator[PairLevels]:
    """The stored pairs but those of other weights than are here, each network as its card here names it."""
    # A file may be from before epochs were noted.
    here = {each: each for each in networks}
    for pair in load_levels(folder):
        if not outdated(pair, here):
            first, second = (here.get(each, each) for each in pair.networks)
            yield replace(pair, first=first, second=second)


def _by_protocol(
    loaded: Mapping[NetworkId, Network], pairs: Sequence[tuple[NetworkId, NetworkId]], pixels: np.ndarray
) -> Iterator[tuple[tuple[NetworkId, NetworkId], Distances]]:
    """The distances of all pairs; those that share networks together, and no more networks at once than that."""
    for kind in dict.fromkeys((first.protocol, first.name) for first, _ in pairs):
        group = [pair for pair in pairs if (pair[0].protocol, pair[0].name) == kind]
        needed = {each: loaded[each] for pair in group for each in pair}
        yield from pair_distances(needed, group, pixels).items()


def _sets(first: Recipe, second: Recipe) -> tuple[str, ...]:
    """The sets that two recipes' tables have in common."""
    return tuple(
        name for name in without_variants(first.roles) if name in second.roles and name not in first.also_reported
    )
