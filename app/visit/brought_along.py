"""What a visitor brought along, image sets and networks, in this visit's session alone; answers look here first."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nat_app.shared.pairs import Pair
from nat_app.shared.settings import Held
from nat_app.visit import room
from nat_core.data.sources.image_sets import ImageSet
from nat_core.measure.predictions import Predictions
from nat_core.store.checkpoints import Card

NEGATIVES = "negatives"
"""The role of a visitor's image set that shows none of the classes; a network may have seen similar pictures."""


# Without ==, here and wherever arrays are held: two arrays are compared element by element, with no one answer.
@dataclass(frozen=True, eq=False)
class OwnSet:
    """A visitor's image set, and what networks said of it."""

    name: str
    """Its name in the caches, by `pairs.own_name`."""
    images: ImageSet
    role: str
    """`recipes.IN_DISTRIBUTION` or NEGATIVES."""
    said: dict[str, Predictions] = field(default_factory=dict)
    """The predictions of the networks that have been asked, by their names."""


@dataclass(frozen=True, eq=False)
class OwnNetwork:
    """One of the two networks of a comparison with a visitor's: theirs, or the stored one beside it."""

    card: Card
    predictions: dict[str, Predictions]
    """By image set; both networks of a comparison have the same pictures in each."""
    maps: dict[str, np.ndarray]
    """The attention maps of the gallery by level; none where the gallery was not asked about."""
    network: Any
    """The `inference.Network`, which only torch can make."""
    brought: bool
    """Whether it is the visitor's."""


@dataclass
class Brought:
    """What one visitor brought along."""

    sets: dict[str, OwnSet] = field(default_factory=dict)
    networks: dict[str, OwnNetwork] = field(default_factory=dict)
    pair: Pair | None = None
    asking: tuple[str, str] | None = None
    """The networks of the pair that the visitor wants to be asked about the image sets."""


BROUGHT = Held("brought_along", Brought)


def networks() -> dict[str, OwnNetwork]:
    """The two networks of the comparison with a visitor's, by name; none where nobody brought any."""
    return BROUGHT.get().networks


def pair() -> Pair | None:
    """The comparison with a visitor's network, as a pair to choose."""
    return BROUGHT.get().pair


def sets() -> dict[str, OwnSet]:
    """The visitor's image sets, by name."""
    return BROUGHT.get().sets


def bring_pair(made: Pair, of: tuple[OwnNetwork, OwnNetwork]) -> None:
    """Keep the comparison with a visitor's network, in place of the one before. Raises NoRoom."""
    for each in of:
        room.shared().keep(each, size_of(each))
    brought = BROUGHT.get()
    brought.pair, brought.networks = made, {each.card.name: each for each in of}


def size_of(network: OwnNetwork) -> int:
    """About how many bytes it takes: the weights of the visitor's, and of both what they said, twice for probabilities.

    The weights of the network beside it are there for all.
    """
    weights = 4 * network.card.parameters if network.brought else 0
    said = sum(2 * each.logits.nbytes for each in network.predictions.values())
    return weights + said + sum(each.nbytes for each in network.maps.values())


def forget_pair() -> None:
    """Forget the comparison."""
    brought = BROUGHT.get()
    # The sidebar may still name this pair: `frame.settle` then goes back to a stored one.
    brought.pair, brought.networks = None, {}
