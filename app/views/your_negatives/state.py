"""What a visit teaches a network: the photos that were chosen, the turn in the queue, and what came of it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from nat_app.answers import computed_answers, stored_answers
from nat_app.shared.drawing.palette import Kind
from nat_app.shared.gallery import GalleryPicture, gallery_pictures
from nat_app.shared.page_file import thumbnail_url
from nat_app.shared.pairs import DEFAULTS, Pair, pair_named
from nat_app.shared.settings import Held
from nat_app.shared.words import Answer, capital
from nat_app.views.your_negatives.effects import FURTHER, KNOWN, OTHERS, OWN
from nat_app.views.your_negatives.settings import BESIDE, MOST, TAUGHT
from nat_app.visit import labels, photos
from nat_app.visit.training import fair_queue
from nat_core.errors import CheckpointError
from nat_core.measure.predictions import Predictions
from nat_core.network.inference import Network, features
from nat_core.small import heads
from nat_core.store.features import FEATURES, Features

EACH = 15
"""How many steps lie between two signs of progress."""
MOST_UNDONE = 10
"""How many trainings can be undone."""


@dataclass(frozen=True, eq=False)
class TeachablePhoto:
    """A photo to teach: of a thing of no class, as long as the visitor does not say otherwise."""

    key: str
    name: str
    label: str
    """What its button is called: a whole phrase, for one of the samples is a train."""
    button: str
    """The key of its button."""
    pixels: UInt8[np.ndarray, "32 32 3"]
    shows: str | None = labels.NONE
    """What it shows, as the visitor says; None while nobody has said."""
    asks: bool = False
    """Whether the visitor is asked for that."""


@dataclass(frozen=True, eq=False)
class TaughtHead:
    """What a head says of the sets before it learned, after learning as long without negatives, and with them."""

    network: str
    beside: bool
    """Whether CIFAR-100's pictures were learned beside the photos."""
    photos: dict[str, str]
    """The photos learned: what each was called, by its key."""
    before: dict[str, Predictions]
    alone: dict[str, Predictions]
    after: dict[str, Predictions]
    seconds: float


@dataclass
class Teaching:
    """What one visit is teaching and has taught."""

    turn: fair_queue.Turn[float | TaughtHead] | None = None
    history: list[TaughtHead] = field(default_factory=list)
    """What came of each training that was not undone."""
    problem: str = ""
    """Why the last training was given up, in one sentence."""


TEACHING = Held("your_negatives", Teaching)


def samples() -> list[GalleryPicture]:
    """Return the gallery's pictures of things of no class."""
    return [picture for picture in gallery_pictures() if not picture.known]


def offered(classes: Sequence[str]) -> dict[str, TeachablePhoto]:
    """Return all photos that can be taught, by key: the visitor's own, then the gallery's."""
    found = {}
    for photo in photos.photos().values():
        said = labels.shows(photo.key, classes).value
        button = f"thumb_own_{photo.key}"
        found[photo.key] = TeachablePhoto(photo.key, photo.name, photo.name, button, photo.pixels, said, asks=True)
    for picture in samples():
        pixels = computed_answers.gallery_photo(picture.file, photos.CENTRE)[1]
        found[picture.file] = TeachablePhoto(
            picture.file, capital(picture.name), picture.caption, picture.button_key, pixels
        )
    return found


def chosen(classes: Sequence[str]) -> list[TeachablePhoto]:
    """Return the photos to teach, in the order of `offered`."""
    return [photo for key, photo in offered(classes).items() if key in TAUGHT.value]


def own_style() -> str:
    """Return the style sheet that turns the buttons of the visitor's photos into thumbnails."""
    rules = [
        f".st-key-thumb_own_{photo.key} button{{background-image:url({thumbnail_url(photo.photo)})}}"
        for photo in photos.photos().values()
    ]
    return "<style>" + "\n".join(rules) + "</style>"


def now(name: str, photos: Sequence[TeachablePhoto]) -> list[Answer]:
    """Return what a stored network says of each photo."""
    if not photos:
        return []
    said = computed_answers.in_one_batch({"nat": name}, np.stack([photo.pixels for photo in photos]))["nat"]
    classes = stored_answers.card(name).classes
    return [Answer(float(sure), classes[number]) for sure, number in zip(said.confidence, said.predicted, strict=True)]


def toggle(key: str) -> None:
    """Choose a photo, or leave it out again; no more than `MOST` are chosen."""
    wanted = TAUGHT.value
    if key in wanted:
        TAUGHT.put(tuple(each for each in wanted if each != key))
    elif len(wanted) < MOST:
        TAUGHT.put((*wanted, key))


def take_own() -> None:
    """Choose the visitor's own photos, as many as there is room for, in place of the samples."""
    if own := tuple(photos.photos())[:MOST]:
        TAUGHT.put(own)


def train(name: str) -> None:
    """Take a place in the queue to teach a network the chosen photos."""
    cancel()
    classes, beside = stored_answers.card(name).classes, BESIDE.value
    photos = chosen(classes)
    # What fools it are things of no class alone.
    others = [
        photo for key, photo in offered(classes).items() if key not in TAUGHT.value and photo.shows == labels.NONE
    ]
    # Read here and now: the worker has no session to read from.
    where = stored_answers.folder(), name, stored_answers.stamp_of(name)
    teaching = TEACHING.get()
    teaching.problem = ""
    teaching.turn = fair_queue.begin(partial(_work, where, photos, others, beside), f"head of {name}, beside {beside}")


def _work(
    where: tuple[Path, str, tuple[int, ...]],
    photos: Sequence[TeachablePhoto],
    others: Sequence[TeachablePhoto],
    beside: bool,
) -> Iterator[float | TaughtHead]:
    """Yield the share done, and at the end what came of it; `where` the network lies, its name and its stamp."""
    # One core a turn: the queue runs as many turns at once as there are cores to spare.
    torch.set_num_threads(1)
    began = time.monotonic()
    network, stored = stored_answers.stored_network(*where), computed_answers.features_in(*where)
    classifier = network.model.classifier
    own = features(network, heads.copies(np.stack([photo.pixels for photo in photos])))
    yield 0.0
    known, architecture, state = stored["cifar10_train"], heads.architecture_of(classifier), heads.start(classifier)
    sets = {
        # The photos as they are; their copies come after them.
        OWN: _features(OWN, photos, own[: len(photos)]),
        OTHERS: _features(OTHERS, others, _seen(network, others)),
        FURTHER: stored[FURTHER],
        KNOWN: stored[KNOWN],
    }
    # Both heads answer alike before the first step.
    before, _ = heads.predict(state, architecture, sets)
    examples = heads.Examples(known.values, known.labels, own, stored["cifar100_train"].values if beside else None)
    for following in heads.train(state, examples, architecture):
        state = following
        if state.step % EACH == 0:
            yield state.step / heads.STEPS
    alone, after = heads.predict(state, architecture, sets)
    names = {photo.key: photo.name for photo in photos}
    yield TaughtHead(network.name, beside, names, before, alone, after, time.monotonic() - began)


def _seen(network: Network, photos: Sequence[TeachablePhoto]) -> np.ndarray:
    return features(network, np.stack([photo.pixels for photo in photos])) if photos else np.zeros((0, 0), np.float32)


def _features(name: str, photos: Sequence[TeachablePhoto], values: np.ndarray) -> Features:
    # -1 is the label of what shows none of the classes.
    return Features(name, tuple(photo.key for photo in photos), values, np.full(len(photos), -1))


def has_features(name: str) -> bool:
    """Return whether a network's features are stored; one that is missing or damaged has none."""
    try:
        return FEATURES in stored_answers.card(name).sha256
    except CheckpointError:
        return False


def learner(pair: Pair, kind: Kind) -> Pair:
    """Return the pair where its network of this kind has features, else the first of the defaults, else itself."""
    # Not every network has its features stored; `nat features` makes them.
    offered = (pair, *map(pair_named, DEFAULTS))
    return next((each for each in offered if has_features(each.by_kind[kind])), pair)


def follow() -> tuple[fair_queue.Turn | None, float]:
    """Return the turn while there is more to come, and the share done; what came of it is kept once it is over."""
    return fair_queue.follow(TEACHING.get(), _ended)


def _ended(turn: fair_queue.Turn) -> None:
    teaching = TEACHING.get()
    teaching.problem = fair_queue.complaint(turn)
    if turn.phase == "done" and isinstance(turn.values[-1], TaughtHead):
        teaching.history = [*teaching.history, turn.values[-1]][-MOST_UNDONE:]


def cancel() -> None:
    """Give the turn back; the network stays as it was."""
    fair_queue.give_back(TEACHING.get())


def undo() -> None:
    """Take the last training back."""
    teaching = TEACHING.get()
    teaching.history = teaching.history[:-1]
