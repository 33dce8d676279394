"""A visitor's network: checked, asked about the pictures that are here, made a pair with the stored one beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from nat_app.answers import stored_answers
from nat_app.frame import links
from nat_app.shared.drawing.palette import NAMES, Kind
from nat_app.shared.language import _
from nat_app.shared.pairs import OWN_PAIR, Pair, own_name, set_title
from nat_app.visit import brought_along
from nat_app.visit.brought_along import OwnNetwork
from nat_app.visit.room import NoRoom
from nat_core.data.sets import data_folder
from nat_core.data.sources.image_sets import ImageSet, evenly
from nat_core.errors import CheckpointError, MissingDataset
from nat_core.measure.predictions import Predictions
from nat_core.measure.report import evaluate
from nat_core.measure.variants import with_variants, without_variants
from nat_core.recipes import IN_DISTRIBUTION, UNSEEN, Recipe
from nat_core.store.checkpoints import WEIGHTS, Card

if TYPE_CHECKING:
    from nat_core.network.inference import Network
    from nat_core.network.uploaded_networks import Described

MOST_PICTURES = {True: 2_000, False: 500}
"""How many pictures of a set a small network (fewer than SMALL parameters) and a large one are asked about."""
SMALL = 1_000_000
NOT_SAID = "what it saw is not said"
GALLERY_SETS = ("gallery_known", "gallery_none")


@dataclass(frozen=True)
class Asking:
    """What a network is asked about."""

    sets: tuple[str, ...]
    most: int
    """How many pictures of each set."""


def compare(
    content: bytes,
    file: str,
    described: "Described",
    stands: Kind,
    beside: Pair,
    progress: Callable,
    asking: Asking | None = None,
) -> None:
    """Check a visitor's network, ask it, and make it a pair with the other one of `beside`.

    `progress` is told the share done and what is being done, and may raise to stop; `asking` is what it is asked about,
    None for all that its size allows. Raises CheckpointError, in one sentence.
    """
    from nat_core.network.uploaded_networks import architecture_of, read_network

    other = beside.nat if stands == "baseline" else beside.baseline
    network = _in_the_order_of(other, read_network(content, file, described), file)
    # What the visitor says of it counts as well: with other means the same weights give other answers, and caches go by
    # the name.
    digest = sha256(content + repr((described, stands)).encode()).hexdigest()[:12]
    network = replace(network, name=own_name(digest, file))
    stored = _reference(other)
    if asking is not None:
        stored = {key: each for key, each in stored.items() if key in asking.sets}
    asked, maps = _ask(network, stored, progress, None if asking is None else asking.most)
    files = {WEIGHTS: sha256(content).hexdigest()}
    mine = _entry(network, architecture_of(network), asked, maps, stands, files)
    network_beside = stored_answers.network(stored_answers.folder(), other, stored_answers.stamp_of(other))
    theirs = _beside(other, digest, stored, asked, network_beside)
    names: dict[Kind, str] = {stands: mine.card.name}
    names["nat" if stands == "baseline" else "baseline"] = theirs.card.name
    title = _("Yours: {file} as {kind}, beside {other}", file=file, kind=NAMES[stands], other=other)
    try:
        brought_along.bring_pair(Pair(OWN_PAIR, title, names["baseline"], names["nat"], None), (mine, theirs))
    except NoRoom as error:
        raise CheckpointError(f"{file}: {error.sentence}") from None
    links.choose(pair=OWN_PAIR)


def _in_the_order_of(other: str, given: "Network", file: str) -> "Network":
    """The network with its classes in the order of the stored network `other`; CheckpointError where they differ."""
    from nat_core.network.uploaded_networks import in_order

    classes = stored_answers.card(other).classes
    network = in_order(given, tuple(classes))
    if network is not None:
        return network
    raise CheckpointError(
        _(
            "{file} knows {theirs}; {other} knows {ours}: only networks of the same classes can be compared, so "
            "choose another pair or other names.",
            file=file,
            theirs=", ".join(given.classes),
            other=other,
            ours=", ".join(classes),
        )
    )


def _reference(name: str) -> dict[str, Predictions]:
    """The stored predictions of the network beside, without the training pictures and what is derived."""
    stored = stored_answers.all_predictions(name)
    return {key: each for key, each in stored.items() if key in without_variants(stored) and not key.endswith("_train")}


def _ask(
    network, stored: Mapping[str, Predictions], progress: Callable, most: int | None
) -> tuple[dict[str, Predictions], dict]:
    """Ask the visitor's network about those pictures of each set that are on this disk and were asked of the other."""
    from nat_core.network.inference import predict_with_maps

    small = sum(each.numel() for each in network.model.parameters()) < SMALL
    most = most or MOST_PICTURES[small]
    asked: dict[str, Predictions] = {}
    maps: dict[str, np.ndarray] = {}
    for number, (name, theirs) in enumerate(stored.items()):
        progress(number / len(stored), _("It is asked about {title}.", title=set_title(name)))
        images = _pictures(name, theirs, most)
        if images is None:
            continue
        parts, step = [], 128
        for start in range(0, len(images), step):
            told = _("{title}: {start:,} of {all:,} pictures", title=set_title(name), start=start, all=len(images))
            progress((number + start / len(images)) / len(stored), told)
            try:
                part, found = predict_with_maps(network, images.pixels[start : start + step])
            except ValueError as error:
                raise CheckpointError(
                    _(
                        "Its answers on {title} are not numbers ({error}): it is damaged.",
                        title=set_title(name),
                        error=error,
                    )
                ) from error
            parts.append(part.logits)
            # Stored networks have maps of the gallery alone.
            if name == stored_answers.GALLERY:
                maps = found
        asked[name] = Predictions(network.name, name, images.ids, np.concatenate(parts), images.labels)
    return asked, maps


def _pictures(name: str, stored: Predictions, most: int) -> ImageSet | None:
    """Some pictures of a set, evenly spaced, all of which were asked of the stored network; None where none is here."""
    try:
        images = stored_answers.image_set(name, data_folder())
    except (MissingDataset, ValueError):
        return None
    known = set(stored.ids)
    here = np.array([place for place, identity in enumerate(images.ids) if identity in known], np.int64)
    if not len(here):
        return None
    if name == stored_answers.GALLERY:
        # All or none: pages look up every picture of the gallery.
        return images if len(here) == len(images) else None
    return images.take(here[evenly(len(here), most)])


def _beside(
    name: str, digest: str, stored: Mapping[str, Predictions], asked: Mapping[str, Predictions], network
) -> OwnNetwork:
    """The stored network on the same pictures as the visitor's."""
    same = {}
    for key, each in asked.items():
        places = {identity: place for place, identity in enumerate(stored[key].ids)}
        same[key] = stored[key].take(np.array([places[identity] for identity in each.ids]), key)
    card = stored_answers.card(name)
    predictions = with_parts(same)
    report = evaluate(predictions, _roles(predictions, card.roles), seed=card.seed, protocol=card.protocol,
                      classes=card.classes, epochs=card.report.epochs)  # fmt: skip
    maps = stored_answers.maps(name) if stored_answers.GALLERY in same else {}
    # Under a name of its own: caches go by names, and here it answers on fewer pictures than the stored one.
    return OwnNetwork(replace(card, name=f"{name}@{digest}", report=report), predictions, maps, network, False)


def _entry(
    network, architecture: str, asked: Mapping[str, Predictions], maps: dict, stands: Kind, files: dict[str, str]
) -> OwnNetwork:
    """The visitor's network with a card that says what is known of it."""
    predictions = with_parts(asked)
    other = UNSEEN if stands == "baseline" else NOT_SAID
    report = evaluate(predictions, _roles(predictions, dict.fromkeys(predictions, other)), seed=0, protocol="yours",
                      classes=network.classes)  # fmt: skip
    card = Card(
        name=network.name, recipe=Recipe("yours", architecture), architecture=architecture,
        classes=network.classes, mean=network.mean, std=network.std,
        preprocessing={"size": 32, "crop": "centre", "filter": "bicubic"}, seed=0,
        parameters=sum(each.numel() for each in network.model.parameters()), hardware="not said", precision="float32",
        seconds=0.0, trained_at="not said", versions={}, report=report, sha256=files,
    )  # fmt: skip
    return OwnNetwork(card, predictions, maps, network, True)


def with_parts(asked: Mapping[str, Predictions]) -> dict[str, Predictions]:
    """Return the predictions with the two parts of the gallery and the variants of ILSVRC, where those are asked."""
    found = with_variants(asked)
    gallery = found.get(stored_answers.GALLERY)
    if gallery is not None and gallery.labels is not None:
        for name, known in zip(GALLERY_SETS, (True, False), strict=True):
            found[name] = gallery.take(np.flatnonzero((gallery.labels >= 0) == known), name)
    return found


def _roles(predictions: Mapping[str, Predictions], given: Mapping[str, str]) -> dict[str, str]:
    """The role of each set: what a network knows is its own test set, or, where that is not here, its gallery part."""
    test = next((name for name in predictions if name in ("cifar10_test", "digits_test")), None)
    known = test or GALLERY_SETS[0]
    if known not in predictions:
        raise CheckpointError(
            _(
                "None of the pictures that such a network knows is on this disk: get them with {command}.",
                command="nat data --download cifar10",
            )
        )
    rest = [name for name in predictions if name not in (known, stored_answers.GALLERY, GALLERY_SETS[0])]
    return {known: IN_DISTRIBUTION} | {name: given.get(name, UNSEEN) for name in rest}
