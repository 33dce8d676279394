"""A visitor's image set, read with its limits and asked of the networks batch by batch, with progress and a stop."""

from collections.abc import Callable, Sequence
from hashlib import sha256

import numpy as np
import streamlit as st

from nat_app.answers import stored_answers
from nat_app.shared.counts import Compared, compare
from nat_app.shared.language import _
from nat_app.shared.pairs import Pair, own_name, short_name
from nat_app.shared.words import literal
from nat_app.visit import brought_along, decoding, room
from nat_app.visit.brought_along import OwnSet
from nat_app.visit.room import NoRoom
from nat_core.data.sources.class_labels import places_among
from nat_core.data.uploaded_sets import labels_among, read_own_set
from nat_core.errors import UnreadableSet
from nat_core.files import csv_text
from nat_core.measure.predictions import Predictions

BATCH = 128
"""How many pictures are asked about at once; the visitor can stop between two batches."""
MOST = 5
"""How many image sets a visit keeps."""


def take(content: bytes, file: str, role: str, progress: Callable[[float], object]) -> OwnSet:
    """Read a file and keep its set, in place of the oldest where there are MOST. Raises UnreadableSet."""
    images = read_own_set(content, file, progress, decoding.square)
    # Not the pixels alone: the caches of all visitors go by the name, and labels and role change the answers.
    digest = sha256(images.pixels.tobytes() + repr((images.ids, images.classes, role)).encode()).hexdigest()[:12]
    kept, name = brought_along.sets(), own_name(digest, file)
    if name not in kept:
        while len(kept) >= MOST:
            del kept[next(iter(kept))]
        own = OwnSet(name, images, role)
        try:
            room.shared().keep(own, images.pixels.nbytes)
        except NoRoom as error:
            raise UnreadableSet(f"{file}: {error.sentence}") from None
        kept[name] = own
    return kept[name]


def forget(name: str) -> None:
    """Forget one set."""
    brought_along.sets().pop(name, None)


def unasked(names: Sequence[str]) -> list[tuple[OwnSet, str]]:
    """Return which sets have not been asked of which of these networks."""
    return [(each, name) for each in brought_along.sets().values() for name in names if name not in each.said]


def ask(each: OwnSet, name: str, progress: Callable[[float], object]) -> None:
    """Ask one network about a set; `progress` is told the share done, and may raise to stop."""
    from nat_core.network import inference

    network = stored_answers.network(stored_answers.folder(), name, stored_answers.stamp_of(name))
    images, parts = each.images, []
    for start in range(0, len(images), BATCH):
        progress(start / len(images))
        batch = slice(start, start + BATCH)
        parts.append(inference.predict(network, images.pixels[batch], ids=images.ids[batch]).logits)
    # Kept only once it is whole: an asking that was stopped begins anew.
    each.said[name] = Predictions(name, each.name, images.ids, np.concatenate(parts), images.labels)


def sure(each: OwnSet, pair: Pair, threshold: float) -> Compared:
    """Return how many of a set's pictures each network is sure of; `threshold` in [0, 1]."""
    return compare({kind: each.said[name].confidence > threshold for kind, name in pair.by_kind.items()})


def right(each: OwnSet, pair: Pair) -> Compared | None:
    """Return how many pictures each network is correct on, of those whose classes are its own; None without any."""
    labels = labels_among(each.images, tuple(stored_answers.card(pair.nat).classes))
    if labels is None or not (labels >= 0).any():
        return None
    known = labels >= 0
    return compare({kind: (each.said[name].predicted == labels)[known] for kind, name in pair.by_kind.items()})


def classes_known(each: OwnSet, pair: Pair, *, known: bool) -> list[str]:
    """Return the set's own classes that the networks of a pair know, or do not know, whatever they call them."""
    places = places_among(each.images.classes, stored_answers.card(pair.nat).classes)
    return [name for name, place in zip(each.images.classes, places, strict=True) if (place >= 0) == known]


def predictions_csv(each: OwnSet, names: Sequence[str], classes: tuple[str, ...]) -> str:
    """A row for each picture and network: the set's own label, the answer, how sure, all probabilities."""
    rows: list[Sequence] = [("place", "picture", "label", "network", "answer", "confidence", *classes)]
    labels = each.images.labels
    theirs = [""] * len(each.images) if labels is None else [each.images.classes[label] for label in labels]
    for name in names:
        said = each.said[name]
        for place, (picture, label) in enumerate(zip(each.images.ids, theirs, strict=True)):
            shares = [f"{share:.6f}" for share in said.probabilities[place]]
            answer = classes[said.predicted[place]]
            rows.append((place, picture, label, name, answer, f"{said.confidence[place]:.6f}", *shares))
    return csv_text(rows)


def catch_up(pair: Pair) -> None:
    """Ask the networks of a pair about the sets that they have not seen yet, if the visitor wants it."""
    missing = unasked(pair.names)
    if not missing:
        return
    wanted = brought_along.BROUGHT.get().asking == pair.names
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        if not wanted:
            st.caption(_("These networks have not been asked about your image set yet."))
            st.button(_("Ask them"), key="ask_own", icon=":material/play_arrow:", on_click=_want, args=(pair.names,))
            return
        bar = st.progress(0.0)
        st.button(_("Stop"), key="stop_own", icon=":material/stop:", on_click=_want, args=(None,))
    for number, (each, name) in enumerate(missing):

        def show(share: float, number: int = number, each: OwnSet = each, name: str = name) -> None:
            # Whatever calls Streamlit ends the run once the visitor has pressed Stop, so this is also where asking
            # stops.
            whole = (number + share) / len(missing)
            done = round(share * len(each.images))
            bar.progress(
                whole,
                _(
                    "{name}: {done:,} of {all:,} pictures",
                    name=literal(short_name(name)),
                    done=done,
                    all=len(each.images),
                ),
            )

        ask(each, name, show)
    place.empty()
    _want(None)


def _want(names: tuple[str, str] | None) -> None:
    brought_along.BROUGHT.get().asking = names
