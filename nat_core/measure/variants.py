"""The three ways of reporting ILSVRC: all photos, without the classes of CIFAR-10, without their look-alikes too.

The two smaller sets are never stored: they are the rows of `ilsvrc` that remain, found by the WordNet id (n01440764) in
each picture's file name or folder.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from jaxtyping import Int

from nat_core.measure.predictions import Predictions
from nat_core.recipes import ILSVRC, VARIANTS

_WORDNET_ID = re.compile(r"n\d{8}")


@cache
def left_out(variant: str) -> frozenset[str]:
    """Return the WordNet ids of the classes that a variant leaves out; ValueError names the known variants.

    >>> len(left_out("ilsvrc_strict")), len(left_out("ilsvrc_strict_near"))
    (213, 277)
    """
    if variant not in VARIANTS:
        raise ValueError(f"unknown variant {variant!r}; known: {', '.join(VARIANTS)}")
    overlap = json.loads((files("nat_core") / "ilsvrc_overlap.json").read_text(encoding="utf-8"))
    return frozenset(
        name.partition("_")[0] for part in VARIANTS[variant] for names in overlap[part].values() for name in names
    )


def places_kept(variant: str, ids: Sequence[str]) -> Int[np.ndarray, " kept"] | None:
    """Return the places of the pictures that a variant keeps; None where a picture's id does not tell its class.

    >>> places_kept("ilsvrc_strict", ["n01440764_tench.jpg", "n01514668_cock.jpg"]).tolist()
    [0]
    """
    found = [_WORDNET_ID.search(identity) for identity in ids]
    # One such picture is enough: it may show a class that the variant leaves out, and nobody could tell.
    if None in found:
        return None
    excluded = left_out(variant)
    return np.flatnonzero([each is not None and each.group() not in excluded for each in found])


def with_variants(predictions: Mapping[str, Predictions]) -> dict[str, Predictions]:
    """Return the predictions with the variants of `ilsvrc` after it, where they can be derived and keep a picture.

    >>> tench = Predictions("net", "ilsvrc", ("n01440764_tench.jpg",), np.zeros((1, 2), np.float32))
    >>> list(with_variants({"ilsvrc": tench}))
    ['ilsvrc', 'ilsvrc_strict', 'ilsvrc_strict_near']
    """
    complete: dict[str, Predictions] = {}
    for name, each in predictions.items():
        complete[name] = each
        if name == ILSVRC:
            places = {variant: places_kept(variant, each.ids) for variant in VARIANTS}
            complete |= {
                variant: each.take(kept, variant) for variant, kept in places.items() if kept is not None and len(kept)
            }
    return complete


def without_variants(names: Iterable[str]) -> tuple[str, ...]:
    """Return the sets that stand for themselves: a list that is to stay short leaves the variants to `variants_of`.

    >>> without_variants(["ilsvrc", "ilsvrc_strict", "noise"])
    ('ilsvrc', 'noise')
    """
    return tuple(name for name in names if name not in VARIANTS)


def variants_of(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return those of `names` that are variants of the set `name`, in their order.

    >>> variants_of("ilsvrc", ["ilsvrc", "ilsvrc_strict", "noise"])
    ('ilsvrc_strict',)
    """
    return tuple(each for each in names if name == ILSVRC and each in VARIANTS)
