"""The training of a visitor's heads, in the queue: whose features, which negatives, and what came of it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from nat_app.answers import computed_answers, stored_answers
from nat_app.answers.shared_results import shared_by_all
from nat_app.shared.gallery import FOLDER, gallery_pictures
from nat_app.shared.language import pgettext
from nat_app.shared.pairs import DEFAULTS, pair_named
from nat_app.views.teach_your_own.outcome import Outcome, judge
from nat_app.views.teach_your_own.project import TEACHING, Project, Thing, TrainedProject, change, sample
from nat_app.views.teach_your_own.settings import SAMPLES, TO_TRY
from nat_app.visit.photos import CENTRE, Photo
from nat_app.visit.training import fair_queue
from nat_core.data.images import image_id, read_image
from nat_core.data.sets import CIFAR100_CLASSES
from nat_core.data.sources.class_labels import usual_name
from nat_core.errors import CheckpointError
from nat_core.store.checkpoints import WEIGHTS
from nat_core.store.features import FEATURES, Features
from nat_core.store.own_heads import OwnHeads

WORLD, UNSEEN, PHOTOS = "cifar100_train", "cifar100_test", "ilsvrc"
"""The stored features: of negatives to learn, of other kinds from the same source, and of photos of another."""
HELD_OUT = 1_000
"""Pictures at most of either of the two sets that are held out."""
PARITY = 1
"""In the alphabet, every other kind of CIFAR-100's hundred is learned, and those between are held out."""
AT_ONCE = 8
"""Photos between two signs of progress."""


@dataclass(frozen=True, eq=False)
class LearnedHeads:
    """What the work comes to."""

    heads: OwnHeads
    features: dict[str, Float[np.ndarray, "views channels"]]
    """Of the photos that were not known before, by `key`."""
    world: int
    seconds: float


def network() -> str | None:
    """Return the network whose features are used: of those that have them stored, the baseline of the largest pair.

    Of a baseline, because it never saw a negative: what the negatives do is then theirs alone. All are quick enough: a
    photo takes 31 ms by ResNet-18, 9 by WRN-40-1, 4 by WRN-16-1 (one core of a busy machine, November 2026).
    """
    names = (pair_named(key).baseline for key in DEFAULTS)
    return next((name for name in names if _has_features(name)), None)


def title_of(name: str) -> str:
    """Return the plain name of a baseline's pair."""
    return next(pair.title for pair in map(pair_named, DEFAULTS) if pair.baseline == name)


def _has_features(name: str) -> bool:
    try:
        return FEATURES in stored_answers.card(name).sha256
    except CheckpointError:
        return False


def weights_of(name: str) -> str:
    """Return the SHA-256 of a network's weights."""
    return stored_answers.card(name).sha256[WEIGHTS]


# --- the world -------------------------------------------------------------------------------------------------------


def like_things(names: Sequence[str]) -> tuple[str, ...]:
    """Return the kinds of CIFAR-100 that are called like one of these things, in English or the visitor's language.

    >>> like_things(["Cups", "my book"])
    ('cup',)
    """
    # People call many photos of a cup cups.
    wanted = {usual_name(name).removesuffix("s") for name in names}
    return tuple(
        kind
        for kind in CIFAR100_CLASSES
        if wanted & {usual_name(each).removesuffix("s") for each in (kind, pgettext("a kind of thing", _plain(kind)))}
    )


def _plain(kind: str) -> str:
    return kind.replace("_", " ")


def of_kinds(features: Features, parity: int, without: Sequence[str]) -> Float[np.ndarray, "n channels"]:
    """Return the features of the kinds whose number in the alphabet is odd (1) or even (0), but for some."""
    left_out = [CIFAR100_CLASSES.index(kind) for kind in without]
    return features.values[(features.labels % 2 == parity) & ~np.isin(features.labels, left_out)]


def held_out(
    stored: Mapping[str, Features], kinds: Sequence[str], names: Sequence[str]
) -> Float[np.ndarray, "n channels"]:
    """Return the features of pictures that no head learned: of kinds that none of them learned, and other photos.

    Left out are the `kinds` that are called like a thing, and photos whose name ends with that of a thing.
    """
    found = [of_kinds(stored[UNSEEN], 1 - PARITY, kinds)[:HELD_OUT]]
    if PHOTOS in stored:
        ends = {usual_name(name).removesuffix("s") for name in names}
        photos = stored[PHOTOS]
        other = [_head_noun(each) not in ends for each in photos.ids]
        found.append(photos.values[np.array(other, bool)][:HELD_OUT])
    return np.concatenate(found)


def outcome(name: str, taught: TrainedProject, threshold: float) -> Outcome:
    """Return what the heads are worth at a threshold in [0, 1]."""
    held = held_out(computed_answers.stored_features(name), taught.kinds, taught.heads.names)
    return judge(taught.heads, held, threshold)


def _head_noun(file: str) -> str:
    """The last word of a file's name: "mug" of n03063599_coffee_mug.jpg."""
    return usual_name(Path(file).stem.rpartition("_")[2]).removesuffix("s")


@shared_by_all(most=4)
def gallery_features(where: Path, name: str, stamp: tuple[int, ...]) -> dict[str, Float[np.ndarray, " channels"]]:
    """Return a network's features of the gallery's pictures but those to try, by their ids."""
    from nat_core.network.inference import features

    files = [each.file for each in gallery_pictures() if each.path.stem not in TO_TRY]
    pixels = np.stack([read_image(FOLDER / file) for file in files])
    found = features(stored_answers.stored_network(where, name, stamp), pixels)
    return dict(zip(map(image_id, pixels), found, strict=True))


# --- the turn --------------------------------------------------------------------------------------------------------


def key(name: str, photo: Photo) -> str:
    """Return what tells a photo's features from all others."""
    return f"{name} {image_id(photo.seen[CENTRE])}"


def make_ready(name: str) -> None:
    """Begin to read and compute what is the same for everybody, if nobody has yet: while the photos are chosen."""
    fair_queue.shared().prepare(_prepare, stored_answers.folder(), name, stored_answers.stamp_of(name))


def _prepare(where: Path, name: str, stamp: tuple[int, ...]) -> None:
    import torch

    import nat_core.small.own_things  # noqa: F401

    torch.set_num_threads(1)
    computed_answers.features_in(where, name, stamp)
    gallery_features(where, name, stamp)


def begin(name: str) -> None:
    """Take a place in the queue to teach the things as they are."""
    teaching = TEACHING.get()
    cancel()
    now = teaching.now
    task = _task(now, (stored_answers.folder(), name, stored_answers.stamp_of(name)), teaching.features)
    teaching.notes = []
    # The project itself stays here: whatever the visitor changes meanwhile, it is this one that was taught.
    teaching.learning = now
    teaching.turn = fair_queue.begin(partial(work, task), f"own things of {name}")


@dataclass(frozen=True, eq=False)
class Task:
    """What the work needs, all of it plain: it may be done in another process."""

    where: tuple[Path, str, tuple[int, ...]]
    """The folder of the networks, the network's name and its stamp."""
    weights: str
    names: tuple[str, ...]
    labels: tuple[int, ...]
    keys: tuple[str, ...]
    """Of all photos, those of things first, in the order of `labels`; the others are negatives."""
    pixels: dict[str, UInt8[np.ndarray, "32 32 3"]]
    """Of those whose features are not known."""
    known: dict[str, Float[np.ndarray, "views channels"]]
    kinds: tuple[str, ...]


def _task(project: Project, where: tuple[Path, str, tuple[int, ...]], features: Mapping[str, np.ndarray]) -> Task:
    """What is needed to teach a project's things by the network at that place; `features` are those known already."""
    name = where[1]
    pixels = {key(name, photo): photo.seen[CENTRE] for _number, photo in project.all_photos()}
    names = [thing.name for thing in project.things]
    return Task(
        where,
        weights_of(name),
        tuple(names),
        tuple(place for place, thing in enumerate(project.things) for _photo in thing.photos),
        tuple(pixels),
        {each: seen for each, seen in pixels.items() if each not in features},
        {each: features[each] for each in pixels if each in features},
        like_things(names),
    )


def work(task: Task) -> Iterator[float | LearnedHeads]:
    """Yield the share done, and at the end what came of it."""
    import torch

    from nat_core.small import own_things

    # One core a turn: the queue runs as many turns at once as there are cores to spare.
    torch.set_num_threads(1)
    began = time.monotonic()
    yield 0.0
    new: dict[str, np.ndarray] = {}
    for share, some in _seen(task):
        new |= some
        yield share / 2
    found = task.known | new
    every = np.stack([found[each] for each in task.keys])
    photos, own = every[: len(task.labels)], every[len(task.labels) :]
    world = _world(task)
    lesson = own_things.TrainingFeatures(
        photos, np.array(task.labels), len(task.names), world, own.reshape(-1, own.shape[2]) if len(own) else None
    )
    for step in own_things.train(lesson):
        if isinstance(step, float):
            yield (1 + step) / 2
            continue
        heads = OwnHeads(task.where[1], task.weights, task.names, step.heads, lesson.labels, step.left_out)
        yield LearnedHeads(heads, new, len(world), time.monotonic() - began)


@shared_by_all(most=4)
def taught_by_samples(where: Path, name: str, stamp: tuple[int, ...]) -> OwnHeads:
    """Return what the twelve free photos teach, the same for everybody; takes about a second."""
    import torch

    things = (
        Thing(number, each, tuple(map(sample, stems))) for number, (each, stems) in enumerate(SAMPLES.items(), start=1)
    )
    # `work` sets their number for its process, which here is the server's and goes on.
    threads = torch.get_num_threads()
    try:
        *_progress, learned = work(_task(Project(tuple(things)), (where, name, stamp), {}))
    finally:
        torch.set_num_threads(threads)
    if isinstance(learned, float):
        raise TypeError("the work ended without a result")
    return learned.heads


def _seen(task: Task) -> Iterator[tuple[float, dict[str, np.ndarray]]]:
    """Yield the share done, and some photos' features: of each as it is and mirrored."""
    from nat_core.network.inference import features
    from nat_core.small.own_things import views

    network, keys = stored_answers.stored_network(*task.where), list(task.pixels)
    for start in range(0, len(keys), AT_ONCE):
        part = keys[start : start + AT_ONCE]
        seen = views(np.stack([task.pixels[each] for each in part]))
        found = features(network, seen.reshape(-1, *seen.shape[2:])).reshape(len(part), seen.shape[1], -1)
        yield (start + len(part)) / len(keys), dict(zip(part, found, strict=True))


def _world(task: Task) -> Float[np.ndarray, "n channels"]:
    stored = computed_answers.features_in(*task.where)
    # A free photo that somebody drops in as a thing's own must not be learnt as a negative as well.
    own = {each.rpartition(" ")[2] for each in task.keys}
    gallery = [each for identity, each in gallery_features(*task.where).items() if identity not in own]
    return np.concatenate([of_kinds(stored[WORLD], PARITY, task.kinds), np.stack(gallery)])


def follow() -> tuple[fair_queue.Turn | None, float]:
    """Return the turn while there is more to come, and the share done; what came of it is kept once it is over."""
    return fair_queue.follow(TEACHING.get(), _ended)


def _ended(turn: fair_queue.Turn) -> None:
    teaching = TEACHING.get()
    if complaint := fair_queue.complaint(turn):
        teaching.tell([complaint])
    if turn.phase == "done" and isinstance(turn.values[-1], LearnedHeads) and teaching.learning is not None:
        _keep(turn.values[-1], teaching.learning)


def _keep(result: LearnedHeads, learned: Project) -> None:
    teaching = TEACHING.get()
    # Those of photos that are gone are let go with them.
    here = {key(result.heads.network, photo) for _number, photo in teaching.now.all_photos()}
    known = teaching.features | result.features
    teaching.features = {each: value for each, value in known.items() if each in here}
    taught = TrainedProject(
        result.heads,
        tuple(thing.number for thing in learned.things),
        frozenset((number, photo.key) for number, photo in learned.all_photos()),
        like_things(result.heads.names),
        (result.world, result.seconds),
    )
    change(replace(teaching.now, taught=taught))


def cancel() -> None:
    """Give the turn back; what was taught before stays."""
    fair_queue.give_back(TEACHING.get())
