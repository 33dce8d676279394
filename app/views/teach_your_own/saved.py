"""What a visitor taught as a small file to keep, and such a file opened again."""

from dataclasses import replace
from typing import Any

import numpy as np

from nat_app.answers import computed_answers
from nat_app.shared.language import _
from nat_app.views.teach_your_own import learning
from nat_app.views.teach_your_own.project import NEGATIVES, SAVED, TEACHING, Project, Thing, TrainedProject, change
from nat_app.visit.photos import CENTRE, Photo, kept
from nat_app.visit.room import NoRoom
from nat_core.errors import CheckpointError
from nat_core.language import legible
from nat_core.store.own_heads import NONE, SIDE, KeptPhotos, OwnHeads, from_bytes, to_bytes

FILE = "my-things.safetensors"


def content(project: Project, *, photos: bool) -> bytes:
    """Return the file of what was taught, with the things' names as they are now; `photos` puts these into it."""
    taught = project.taught
    if taught is None:
        raise ValueError("nothing was taught yet")
    return to_bytes(replace(taught.heads, names=names_of(project)), _photos(project, taught) if photos else None)


def names_of(project: Project) -> tuple[str, ...]:
    """Return what the things that were taught are called now; one that is gone, or nameless, as it was called then."""
    taught = project.taught
    if taught is None:
        return ()
    now = {thing.number: thing.name for thing in project.things}
    names = [now.get(number) or then for number, then in zip(taught.numbers, taught.heads.names, strict=True)]
    # A file with two things of one name would be refused.
    return tuple(names) if len(set(names)) == len(names) else taught.heads.names


def _photos(project: Project, taught: TrainedProject) -> KeptPhotos | None:
    """The photos of the things that were taught; whatever was added since is no part of it."""
    places = {number: place for place, number in enumerate(taught.numbers)} | {NEGATIVES: NONE}
    held = [(places[number], photo) for number, photo in project.all_photos() if (number, photo.key) in taught.learned]
    if not held:
        return None
    return KeptPhotos(
        np.array([place for place, _photo in held]),
        tuple(legible(photo.name) for _place, photo in held),
        np.stack([photo.seen[CENTRE] for _place, photo in held]),
        np.stack([computed_answers.square(photo.photo, CENTRE, SIDE) for _place, photo in held]),
    )


def take_back(file: Any) -> None:
    """Go on with what a file holds, in place of what is here; what is wrong with it is told in `notes`."""
    teaching = TEACHING.get()
    name = legible(file.name)
    try:
        heads, photos = from_bytes(file.getvalue(), name)
        _refuse_others(heads, name)
        project = _opened(heads, photos)
    except CheckpointError as error:
        teaching.tell([str(error)], SAVED)
    except NoRoom as error:
        teaching.tell([f"{name}: {error.sentence}"], SAVED)
    else:
        learning.cancel()
        change(project)
        teaching.opened, teaching.notes = None, []
    # A new key is an empty drop zone: the same file may be opened again.
    teaching.zones += 1


def _refuse_others(heads: OwnHeads, name: str) -> None:
    here = learning.network()
    if here is None or heads.weights != learning.weights_of(here) or heads.network != here:
        raise CheckpointError(
            _(
                "{name} was taught on the features of a network that is not used here ({network}): teach it anew.",
                name=name,
                network=legible(heads.network)[:60],
            )
        )
    channels = {len(head.weights) for head in heads.heads.values()}
    stored = computed_answers.stored_features(here)[learning.WORLD].values.shape[1]
    if channels != {stored}:
        raise CheckpointError(_("{name} does not fit the network that it names: teach it anew.", name=name))


def _opened(heads: OwnHeads, photos: KeptPhotos | None) -> Project:
    teaching = TEACHING.get()
    # Numbers that no thing of this visit has had: widgets' keys hold them.
    numbers = tuple(range(teaching.made + 1, teaching.made + 1 + len(heads.names)))
    teaching.made = numbers[-1]
    by_place: dict[int, list[Photo]] = {}
    if photos is not None:
        rows = zip(photos.labels.tolist(), photos.names, photos.shown, photos.seen, strict=True)
        for index, (place, name, shown, seen) in enumerate(rows):
            photo = Photo(f"opened{teaching.zones}_{index}", legible(name), shown, {CENTRE: seen})
            by_place.setdefault(place, []).append(kept(photo))
    things = tuple(
        Thing(number, name, tuple(by_place.get(place, ())))
        for place, (number, name) in enumerate(zip(numbers, heads.names, strict=True))
    )
    negatives = tuple(by_place.get(NONE, ()))
    project = Project(things, negatives)
    # Without photos there is nothing to compare with: it is as it was taught until some are added.
    learned = frozenset((number, photo.key) for number, photo in project.all_photos())
    taught = TrainedProject(heads, numbers, learned, learning.like_things(heads.names), None)
    return replace(project, taught=taught)
