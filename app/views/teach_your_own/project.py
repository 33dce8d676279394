"""What a visit teaches: its things with their photos, what came of the last training, and the way back to each before.

Nothing in a `Project` is ever changed: every step makes a new one and keeps the one before, which Undo brings back.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from nat_app.answers import computed_answers
from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.language import _
from nat_app.shared.settings import Held, Setting
from nat_app.shared.words import capital
from nat_app.views.teach_your_own import words
from nat_app.views.teach_your_own.settings import BEGIN, SAMPLES, file_of
from nat_app.visit.photos import CENTRE, OwnPhotos, Photo, kept
from nat_app.visit.training.fair_queue import Turn
from nat_core.data.images import image_id
from nat_core.language import legible
from nat_core.store.own_heads import LONGEST_NAME, MOST, MOST_EACH, OwnHeads

FROM = 5
"""Photos of a thing from which on it can be taught."""
NEGATIVES, SAVED = 0, -1
"""Stand for the visitor's own negatives, and for what was saved, where a thing has its number."""
MOST_UNDONE = 30
MOST_NOTES = 6


# None of these is compared by what it holds: photos are arrays, whose == is an array as well.
@dataclass(frozen=True, eq=False)
class Thing:
    """One thing of the visitor's."""

    number: int
    """Stays its own, whatever it is called."""
    name: str
    photos: tuple[Photo, ...] = ()


@dataclass(frozen=True, eq=False)
class TrainedProject:
    """What came of one training."""

    heads: OwnHeads
    numbers: tuple[int, ...]
    """The things' numbers, in the order of the heads' outputs."""
    learned: frozenset[tuple[int, str]]
    """The photos, each by its thing's number and its key."""
    kinds: tuple[str, ...]
    """The kinds of CIFAR-100 that were left out of the world, as they are called like a thing."""
    took: tuple[int, float] | None
    """How many pictures of the world were learned as negatives, in how many seconds; None where a file brought it."""


@dataclass(frozen=True, eq=False)
class Project:
    """All of it at one moment."""

    things: tuple[Thing, ...] = (Thing(1, ""), Thing(2, ""))
    negatives: tuple[Photo, ...] = ()
    taught: TrainedProject | None = None

    def photos_of(self, number: int) -> tuple[Photo, ...]:
        """The photos of a thing, or the visitor's negatives."""
        return self.negatives if number == NEGATIVES else self.thing(number).photos

    def thing(self, number: int) -> Thing:
        """The thing with this number."""
        return next(each for each in self.things if each.number == number)

    def with_photos(self, number: int, photos: Iterable[Photo]) -> "Project":
        """Return it with these photos of a thing, or these negatives."""
        if number == NEGATIVES:
            return replace(self, negatives=tuple(photos))
        changed = replace(self.thing(number), photos=tuple(photos))
        return replace(self, things=tuple(changed if each.number == number else each for each in self.things))

    def all_photos(self) -> Iterator[tuple[int, Photo]]:
        """Yield each photo with the number of what it shows."""
        for thing in self.things:
            yield from ((thing.number, photo) for photo in thing.photos)
        yield from ((NEGATIVES, photo) for photo in self.negatives)

    @property
    def stale(self) -> bool:
        """Whether something has changed since the last training."""
        # By photos alone: a thing that is only called otherwise need not be taught again.
        return self.taught is not None and self.taught.learned != {(n, photo.key) for n, photo in self.all_photos()}


@dataclass
class ProjectSession:
    """What one visit is teaching."""

    now: Project = field(default_factory=Project)
    before: list[Project] = field(default_factory=list)
    turn: Turn | None = None
    learning: Project | None = None
    """What that turn teaches, whatever the visitor changes meanwhile."""
    notes: list[str] = field(default_factory=list)
    """What the visitor is told of their last step, a sentence each."""
    notes_of: int | None = None
    """The thing, NEGATIVES or SAVED, of whose drop zone that is told; None where it is of none."""
    opened: int | None = None
    """The thing, or NEGATIVES, whose drop zone is open."""
    zones: int = 0
    """How often a drop zone was emptied: a new number is an empty zone."""
    shots: int = 0
    """How many photos the camera took."""
    made: int = 2
    """The number of the last thing."""
    features: dict[str, np.ndarray] = field(default_factory=dict)
    """What a network said of photos that it learned from, by `learning.key`."""
    tried: Photo | None = None
    """The visitor's photo to try; None where it is one of the gallery's."""

    def tell(self, notes: list[str], of: int | None = None) -> None:
        """Tell the visitor these sentences, of a thing's drop zone or of none."""
        self.notes, self.notes_of = notes, of


TEACHING = Held("teach_your_own", ProjectSession)
TRIED_NOTES: Held[list[str]] = Held("teach_tried_notes", list)
"""What the visitor is told of the photo that they tried."""


def name_setting(number: int) -> Setting[str]:
    """What stands in a thing's field for its name."""
    return Setting(f"thing_name_{number}", "")


def change(project: Project) -> None:
    """Go on with this project; Undo brings the one before back."""
    teaching = TEACHING.get()
    # Every step back holds on to its photos, also to those taken out since, so there are not endlessly many.
    teaching.before = [*teaching.before, teaching.now][-MOST_UNDONE:]
    _go_on_with(project)


def _go_on_with(project: Project) -> None:
    TEACHING.get().now = project
    # A copied link then opens the page with the samples while these are all there is, whatever they are called.
    photos = [tuple(photo.key for photo in thing.photos) for thing in project.things]
    BEGIN.put(photos == [*SAMPLES.values()] and not project.negatives)


def begin() -> None:
    """Follow a link that asks for the samples, also later in a visit; a visitor's own things stay what they are."""
    now = TEACHING.get().now
    if BEGIN.value and now.taught is None and not any(now.all_photos()):
        use_samples()


def undo() -> None:
    """Take the last step back; to be called in a callback, as names are fields of the page."""
    teaching = TEACHING.get()
    if teaching.before:
        _go_on_with(teaching.before[-1])
        teaching.before, teaching.notes = teaching.before[:-1], []
        put_names()


def put_names() -> None:
    """Let the page's fields say what the things are called."""
    for thing in TEACHING.get().now.things:
        name_setting(thing.number).put(thing.name)


def rename(number: int) -> None:
    """Call a thing what its field says."""
    teaching = TEACHING.get()
    whole = " ".join(legible(name_setting(number).value).split())
    name = whole[:LONGEST_NAME].rstrip()
    name_setting(number).put(name)  # the field shows what was kept of it
    things = tuple(replace(each, name=name) if each.number == number else each for each in teaching.now.things)
    change(replace(teaching.now, things=things))
    teaching.tell([words.name_cut(LONGEST_NAME)] if len(whole) > LONGEST_NAME else [])


def shot_name() -> str:
    """Return what the camera's next photo is called."""
    teaching = TEACHING.get()
    teaching.shots += 1
    return _("Photo {number}", number=teaching.shots)


def add_thing() -> None:
    """Make room for one more thing."""
    teaching = TEACHING.get()
    if len(teaching.now.things) < MOST:
        # Never a number that another thing had: Streamlit may still hold what was typed into its field.
        teaching.made += 1
        change(replace(teaching.now, things=(*teaching.now.things, Thing(teaching.made, ""))))
        teaching.opened, teaching.notes = teaching.made, []


def remove_thing(number: int) -> None:
    """Take a thing out, with its photos."""
    teaching = TEACHING.get()
    change(replace(teaching.now, things=tuple(each for each in teaching.now.things if each.number != number)))
    teaching.opened, teaching.notes = None, []


def open_zone(number: int) -> None:
    """Open the drop zone of a thing, or close it again."""
    teaching = TEACHING.get()
    teaching.opened = None if teaching.opened == number else number


def take_out(number: int, key: str) -> None:
    """Take one photo out."""
    teaching = TEACHING.get()
    left = [each for each in teaching.now.photos_of(number) if each.key != key]
    change(teaching.now.with_photos(number, left))
    teaching.notes = []


def take(number: int, files: Sequence[Any]) -> bool:
    """Take the files of a drop zone or the camera as photos of a thing; return whether there were any.

    What could not be taken is told in `notes`.
    """
    if not files:
        return False
    teaching = TEACHING.get()
    there = teaching.now.photos_of(number)
    inbox = OwnPhotos(most=MOST_EACH - len(there))
    inbox.take("teach", files)
    new, told = fitting(number, list(inbox.photos.values()))
    teaching.tell(_few([*inbox.problems.values(), *told]), number)
    if inbox.left_out:
        teaching.notes.append(words.too_many(inbox.left_out, MOST_EACH))
    if inbox.others:
        teaching.notes.append(words.no_pictures(inbox.others))
    if new:
        change(teaching.now.with_photos(number, (*there, *new)))
    # Emptied even where nothing fitted: at the next run the same files would be taken, and told of, once more.
    teaching.zones += 1
    return True


def _few(sentences: list[str]) -> list[str]:
    """The first sentences, and how many more there are."""
    more = len(sentences) - MOST_NOTES
    return sentences if more <= 0 else [*sentences[:MOST_NOTES], words.more(more)]


def fitting(number: int, photos: list[Photo]) -> tuple[list[Photo], list[str]]:
    """Return the photos that are there for the first time, and a sentence on each other: one photo shows one thing."""
    now = TEACHING.get().now
    # By what the networks see: one photo may come under two names, or saved twice.
    known = {image_id(photo.seen[CENTRE]): where for where, photo in now.all_photos()}
    new, told = [], []
    for photo in photos:
        where = known.get(identity := image_id(photo.seen[CENTRE]))
        if where is None:
            known[identity] = number
            new.append(photo)
        elif where == number:
            told.append(words.twice(photo.name))
        else:
            told.append(words.elsewhere(photo.name, "" if where == NEGATIVES else _called(now, where)))
    return new, told


def _called(project: Project, number: int) -> str:
    """What a thing is called; one without a name by its place."""
    place = next(place for place, each in enumerate(project.things, start=1) if each.number == number)
    return project.thing(number).name or words.unnamed(place)


def use_samples() -> None:
    """Teach the two things of SAMPLES, in place of what is there."""
    teaching = TEACHING.get()
    things = []
    for name, stems in SAMPLES.items():
        teaching.made += 1
        things.append(Thing(teaching.made, _(name), tuple(map(sample, stems))))
    change(Project(tuple(things)))
    teaching.opened, teaching.notes = None, []
    put_names()


def sample(stem: str) -> Photo:
    """Return a picture of the gallery as a visitor's photo."""
    picture = next(each for each in gallery_pictures() if each.path.stem == stem)
    whole, seen = computed_answers.gallery_photo(file_of(stem), CENTRE)
    return kept(Photo(stem, capital(picture.name), whole, {CENTRE: seen}))


def wanting(project: Project) -> str:
    """Return the one thing that is missing before it can be taught, in a sentence, "" where nothing is."""
    # Names first: what is said of a thing's photos calls it by its name.
    named: set[str] = set()
    for place, thing in enumerate(project.things, start=1):
        if not thing.name:
            return words.nameless(place)
        if thing.name.casefold() in named:
            return words.same_name(thing.name)
        named.add(thing.name.casefold())
    for thing in project.things:
        if (lacking := FROM - len(thing.photos)) > 0:
            return words.too_few(lacking, thing.name, FROM)
    return ""
