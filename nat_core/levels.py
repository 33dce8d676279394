"""The paper's finding on levels: how far two networks' attention maps lie apart at low, middle and high, by set."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8

from nat_core.attention import level_distance
from nat_core.batches import normalised
from nat_core.inference import Network
from nat_core.recipes import LEVELS

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class LevelSpread:
    """The distances at one level over the pictures of one set, each in [0, sqrt 2]."""

    pictures: int
    mean: float
    deviation: float
    quantiles: tuple[float, ...]
    """At .05, .25, .5, .75, .95."""


def level_distances(
    first: Network,
    second: Network,
    pixels: UInt8[np.ndarray, "n size size 3"] | Float[np.ndarray, "n size size 3"],
    batch_size: int = 256,
) -> dict[str, Float[np.ndarray, " n"]]:
    """Return the distance between two networks' normalised maps of each picture, by level.

    Each network's inputs are normalised by its own mean and deviation. Raises ValueError where there is no picture or
    the maps differ in size.
    """
    if not len(pixels):
        raise ValueError("there is no picture to compare the networks on")
    found: dict[str, list[np.ndarray]] = {level: [] for level in LEVELS}
    for start in range(0, len(pixels), batch_size):
        part = torch.from_numpy(np.ascontiguousarray(pixels[start : start + batch_size])).to(first.device)
        with torch.inference_mode():
            groups = [each.model(normalised(part, each.mean, each.std)).groups for each in (first, second)]
            for place, level in enumerate(LEVELS):
                ours, theirs = (
                    own[each.model.levels[place]] for own, each in zip(groups, (first, second), strict=True)
                )
                found[level].append(level_distance(ours, theirs).cpu().numpy())
    return {level: np.concatenate(parts) for level, parts in found.items()}


def spread(distances: Float[np.ndarray, " n"]) -> LevelSpread:
    """Return mean, standard deviation (over all pictures) and quantiles of distances; ValueError without any.

    >>> spread(np.array([0.0, 1.0])).deviation
    0.5
    """
    if not len(distances):
        raise ValueError("needs the distance of one picture at least")
    quantiles = tuple(float(each) for each in np.quantile(distances, QUANTILES))
    return LevelSpread(len(distances), float(distances.mean()), float(distances.std()), quantiles)
