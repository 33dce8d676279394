"""Which classes negatives are taken for, which kinds of negatives fool most, and the pictures behind a bar."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8
from PIL import Image

from app import cached, counted, own
from app.pairs import Pair
from app.palette import KINDS, Kind
from nat_core.data.sets import data_folder
from nat_core.measure.predictions import Predictions

SHEET_COLUMNS, SHEET_ROWS, SHEET_SIDE = 12, 3, 72
MOST_KINDS = 10
"""So many kinds of negatives are shown: those that fool most."""
_FINE_LABELS = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish
forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle
mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale
willow_tree wolf woman worm
"""
CIFAR100 = tuple(_FINE_LABELS.split())
"""CIFAR-100's fine labels in their order."""


@dataclass(frozen=True, eq=False)
class OwnKinds:
    """The kinds of negatives that fool NAT most, by the image set's own labels."""

    names: tuple[str, ...]
    rates: dict[Kind, Float[np.ndarray, " k"]]
    """NCR on each, in [0, 1]."""
    pictures: tuple[int, int]
    """The fewest and the most pictures of a kind."""
    of: int
    """How many kinds the set has."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """Some of the pictures behind a bar in one image, those it is most sure of first."""

    image: UInt8[np.ndarray, "h w 3"]
    shown: int
    sure: tuple[float, float]
    """The confidence of the first and of the last, in [0, 1]."""


def shares_by_class(
    pair: Pair, set_name: str, at: dict[Kind, float], temperature: float
) -> dict[Kind, Float[np.ndarray, " classes"]]:
    """For each class, the share of a set's pictures that a network is sure are of it; together its NCR."""
    shares = {}
    for kind, name in pair.by_kind.items():
        each = counted.tempered(name, set_name, temperature)
        counts = np.bincount(each.predicted[each.confidence > at[kind]], minlength=each.logits.shape[1])
        shares[kind] = counts / len(each)
    return shares


def own_kinds(pair: Pair, set_name: str, at: dict[Kind, float], temperature: float) -> OwnKinds | None:
    """NCR by the image set's own classes, those that fool NAT most first; None where no labels are stored."""
    by_kind = {kind: counted.tempered(name, set_name, temperature) for kind, name in pair.by_kind.items()}
    labels = by_kind["nat"].labels
    if set_name in own.sets():
        names = own.sets()[set_name].images.classes
    else:
        names = CIFAR100 if set_name.startswith("cifar100") else ()
    if not names or labels is None:
        return None
    counts = np.bincount(labels, minlength=len(names))
    rates = {
        kind: np.bincount(labels, weights=each.confidence > at[kind], minlength=len(names)) / np.maximum(counts, 1)
        for kind, each in by_kind.items()
    }
    worst = [place for place in np.lexsort((-rates["baseline"], -rates["nat"])) if counts[place]][:MOST_KINDS]
    some = counts[counts > 0]
    return OwnKinds(
        tuple(names[place].replace("_", " ") for place in worst),
        {kind: rates[kind][worst] for kind in KINDS},
        (int(some.min()), int(some.max())),
        len(some),
    )


def count_behind(predictions: Predictions, threshold: float, predicted: int) -> int:
    """How many pictures a network is sure are of this class."""
    return int(_behind(predictions, threshold, predicted).sum())


def sheet(network: str, predictions: Predictions, threshold: float, predicted: int) -> Sheet | None:
    """The pictures that a network is most sure are of this class; None where this disk holds none of them.

    Raises MissingDataset where the image set is not on this disk.
    """
    images = cached.image_set(predictions.set_name, data_folder())
    where = {identity: place for place, identity in enumerate(images.ids)}
    found = np.flatnonzero(_behind(predictions, threshold, predicted))
    found = found[np.argsort(-predictions.confidence[found], kind="stable")]
    found = [place for place in found if predictions.ids[place] in where][: SHEET_COLUMNS * SHEET_ROWS]
    if not found:
        return None
    pixels = [_visible(network, images.pixels[where[predictions.ids[place]]]) for place in found]
    sure = predictions.confidence[[found[0], found[-1]]]
    return Sheet(_contact_sheet(pixels), len(found), (float(sure[0]), float(sure[1])))


def _behind(predictions: Predictions, threshold: float, predicted: int) -> Bool[np.ndarray, " n"]:
    return (predictions.confidence > threshold) & (predictions.predicted == predicted)


def _visible(network: str, pixels: np.ndarray) -> UInt8[np.ndarray, "h w 3"]:
    """The picture as it is, or, of values that are already normalised, as it would have looked before."""
    if pixels.dtype == np.uint8:
        return pixels
    card = cached.card(network)
    return np.clip(255 * (pixels * np.array(card.std) + np.array(card.mean)), 0, 255).astype(np.uint8)


def _contact_sheet(pixels: list[np.ndarray]) -> UInt8[np.ndarray, "h w 3"]:
    columns, step = min(len(pixels), SHEET_COLUMNS), SHEET_SIDE + 4
    rows = -(-len(pixels) // SHEET_COLUMNS)
    canvas = Image.new("RGB", (columns * step - 4, rows * step - 4), (127, 127, 127))
    for place, each in enumerate(pixels):
        corner = (place % SHEET_COLUMNS * step, place // SHEET_COLUMNS * step)
        canvas.paste(Image.fromarray(each).resize((SHEET_SIDE, SHEET_SIDE), Image.Resampling.NEAREST), corner)
    return np.asarray(canvas)
