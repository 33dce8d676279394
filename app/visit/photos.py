"""The visitor's own photos, decoded once and kept in this visit's session alone; nothing is stored on disk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import UInt8

from nat_app.shared.language import _, ngettext
from nat_app.shared.settings import Held, Setting, one_of
from nat_app.visit import decoding, room
from nat_app.visit.room import NoRoom
from nat_core.data.apart.process import formats
from nat_core.data.archives import is_zip, pictures_in
from nat_core.data.headers.names import is_systems_own, parts_of
from nat_core.data.images import CROPS, Admit
from nat_core.errors import UnreadableImage
from nat_core.language import legible

MOST = 60
"""How many photos are compared at once; the page says how many more were left out."""
CAMERA = "camera"
CENTRE = next(iter(CROPS))
CROP = Setting("crop", CENTRE, one_of(CROPS))
"""How photos are made square, a name of CROPS."""


@dataclass(frozen=True, eq=False)
class Photo:
    """One photo of the visitor."""

    key: str
    """The drop zone's id of its file, with its place behind it where that is a zip file."""
    name: str
    photo: UInt8[np.ndarray, "h w 3"]
    """For display, at most 512 pixels a side."""
    seen: dict[str, UInt8[np.ndarray, "32 32 3"]]
    """What the networks see, by the way of making it square."""

    @property
    def pixels(self) -> UInt8[np.ndarray, "32 32 3"]:
        """What the networks see, made square as the visitor chose."""
        return self.seen[CROP.value or CENTRE]


Arrived = Callable[[Photo], None]
"""What is told of each photo as soon as it is decoded."""


def ignored(photo: Photo) -> None:
    """Take no notice of a photo."""


@dataclass(frozen=True)
class Taken:
    """What became of one file of a drop zone."""

    left_out: int = 0
    """How many photos in it were too many."""
    others: int = 0
    """How many files in it are no pictures."""
    systems: int = 0
    """How many files in it a system keeps for itself."""


@dataclass
class OwnPhotos:
    """Photos of one visit, and the files that they came from."""

    most: int | None = None
    """How many there is room for; None for MOST."""
    photos: dict[str, Photo] = field(default_factory=dict)
    """Those that could be read, by key."""
    problems: dict[str, str] = field(default_factory=dict)
    """One sentence for each file that could not be read, by key."""
    taken: dict[str, Taken] = field(default_factory=dict)
    """What became of each file, by its id."""
    in_zone: dict[str, list[str]] = field(default_factory=dict)
    """The ids of the files that each drop zone last held."""
    shot: str | None = None
    """The id of the camera's photo."""
    cleared: int = 0
    """How often all were forgotten."""

    @property
    def left_out(self) -> int:
        """How many photos were too many to take."""
        return sum(each.left_out for each in self.taken.values())

    @property
    def others(self) -> int:
        """How many files in the visitor's zip files are no pictures."""
        return sum(each.others for each in self.taken.values())

    @property
    def systems(self) -> int:
        """How many files in the visitor's folders and zip files a system keeps for itself."""
        return sum(each.systems for each in self.taken.values())

    def take(self, zone: str, files: Sequence[Any], arrived: Arrived = ignored) -> None:
        """Decode the files of a drop zone that are new, as far as there is room; then those left out before.

        `arrived` is told each photo as soon as it is decoded.
        """
        for file in files:
            known = self.taken.get(file.file_id)
            # The drop zone hands out the same files in every run; each is decoded once.
            if known is None or (known.left_out and self._room()):
                self.taken[file.file_id] = self._take(file, arrived) if self._room() else Taken(left_out=1)
        self.in_zone[zone] = [file.file_id for file in files]

    def take_shot(self, file: Any) -> None:
        """Decode the camera's photo, in place of the one before."""
        # The camera hands out its last photo in every run.
        if self.shot != file.file_id:
            self.shot = file.file_id
            self.forget(CAMERA)
            self._decode(CAMERA, _("Camera"), file.getvalue())

    def forget(self, file_id: str) -> None:
        """Forget the photos of a file."""
        self.taken.pop(file_id, None)
        for found in (self.photos, self.problems):
            # The keys of a zip file's pictures begin with its id.
            for key in [key for key in found if key == file_id or key.startswith(f"{file_id}_")]:
                del found[key]

    def _room(self) -> bool:
        return len(self.photos) < (MOST if self.most is None else self.most)

    def _take(self, file: Any, arrived: Arrived) -> Taken:
        # A dropped folder's files bear their paths as names.
        if is_systems_own(parts_of(file.name)):
            return Taken(systems=1)
        content, name = file.getvalue(), legible(file.name)
        if is_zip(content):
            return self._unzip(file.file_id, name, content, arrived)
        self._decode(file.file_id, name, content, arrived)
        return Taken()

    def _unzip(self, file_id: str, name: str, content: bytes, arrived: Arrived) -> Taken:
        """Decode the pictures of a zip file one after another, as far as there is room."""
        try:
            found = pictures_in(content, name)
        except UnreadableImage as error:
            self.problems[file_id] = str(error)
            return Taken()
        if not found.pictures:
            self.problems[file_id] = _(
                "{name} holds no pictures: put {formats} files into it.", name=name, formats=formats()
            )
        for place, picture in enumerate(found.pictures):
            key = f"{file_id}_{place}"
            # The file was taken before, when there was less room.
            if key in self.photos or key in self.problems:
                continue
            if not self._room():
                return Taken(len(found.pictures) - place, found.others, found.systems)
            try:
                self._decode(key, picture.name, picture.unpack(), arrived, found.allowance.admit)
            except UnreadableImage as error:
                self.problems[key] = str(error)
        return Taken(0, found.others, found.systems)

    def _decode(
        self, key: str, name: str, content: bytes, arrived: Arrived = ignored, admit: Admit | None = None
    ) -> None:
        try:
            # All ways of making it square now: the file's bytes are not kept.
            photo = kept(Photo(key, name, *decoding.views(content, name, admit)))
        except UnreadableImage as error:
            self.problems[key] = str(error)
        except NoRoom as error:
            self.problems[key] = f"{name}: {error.sentence}"
        else:
            self.photos[key] = photo
            arrived(photo)


def kept(photo: Photo) -> Photo:
    """Return a photo once it is counted among what all visitors keep. Raises NoRoom."""
    room.shared().keep(photo, photo.photo.nbytes + sum(each.nbytes for each in photo.seen.values()))
    return photo


OWN_PHOTOS = Held("own_photos", OwnPhotos)


def photos() -> dict[str, Photo]:
    """The photos that could be read, by key."""
    return OWN_PHOTOS.get().photos


def problems() -> dict[str, str]:
    """One sentence for each file that could not be read, by key."""
    return OWN_PHOTOS.get().problems


def crop() -> str:
    """How photos are made square, a name of CROPS."""
    return CROP.value or CENTRE


def zone_key(zone: str) -> str:
    """A drop zone's key: its name, with a number once the photos were cleared, for a new key is an empty zone."""
    number = OWN_PHOTOS.get().cleared
    return f"{zone}_{number}" if number else zone


def expected(zones: Sequence[str]) -> bool:
    """Whether there are photos, or files in one of these drop zones that are to be read in this run."""
    keys = (*zones, *(zone_key(zone) for zone in zones))
    return bool(photos() or problems() or any(Setting[Any](key, None).value for key in keys))


def take(zone: str, files: Sequence[Any], arrived: Arrived = ignored) -> None:
    """Decode the files of a drop zone that are new, as far as there is room; those left out get what room there is.

    `arrived` is told each photo as soon as it is decoded.
    """
    OWN_PHOTOS.get().take(zone, files, arrived)


def left_out() -> int:
    """How many photos were too many to take."""
    return OWN_PHOTOS.get().left_out


def too_many(left_out: int) -> str:
    """Return the sentence for more photos than are compared at once.

    >>> too_many(1)
    'That is 1 photo too many: these are the first 60.'
    """
    return ngettext(
        "That is {count:,} photo too many: these are the first {most}.",
        "That is {count:,} photos too many: these are the first {most}.",
        left_out,
        most=MOST,
    )


def no_pictures() -> int:
    """How many files in the visitor's zip files are no pictures."""
    return OWN_PHOTOS.get().others


def systems_own() -> int:
    """How many files in the visitor's folders and zip files a system keeps for itself."""
    return OWN_PHOTOS.get().systems


def removed(zone: str) -> None:
    """Forget the photos that the visitor took out of a drop zone.

    To be called when the drop zone changes, and only then: on return to the page it is empty, the photos stay.
    """
    held = {file.file_id for file in Setting[Sequence[Any]](zone_key(zone), ()).value}
    own = OWN_PHOTOS.get()
    for file_id in own.in_zone.get(zone, []):
        if file_id not in held:
            own.forget(file_id)


def take_shot(file: Any) -> None:
    """Decode the camera's photo, in place of the one before."""
    OWN_PHOTOS.get().take_shot(file)


def clear() -> None:
    """Forget all photos."""
    # The count outlives the photos: the next drop zone needs a key that none had before.
    cleared = OWN_PHOTOS.get().cleared
    OWN_PHOTOS.forget()
    OWN_PHOTOS.get().cleared = cleared + 1
