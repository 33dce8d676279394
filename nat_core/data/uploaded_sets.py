"""Pictures and image sets from strangers: zip files and .npz files, read in memory with limits no crafted file passes.

Nothing is unpickled and nothing written to disk; a name in an archive is only ever shown, never a path. What an archive
declares is checked before it is unpacked, and no more is unpacked than it declares.
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

import numpy as np

from nat_core.data.images import MAX_BYTES, read_image
from nat_core.data.sources.image_sets import SUFFIXES, ImageSet, as_32, evenly, identities
from nat_core.data.sources.npz import NpzFile
from nat_core.errors import UnreadableImage, UnreadableSet
from nat_core.measure.wording import plural

MAX_FILES = 2_000
"""The most files in an archive, pictures or not."""
MAX_UNPACKED = 400_000_000
"""The most bytes that an archive may say it unpacks to."""
_MAX_DIRECTORY = 1_000_000
"""The most bytes of an archive's table of contents: MAX_FILES entries with long names."""
_END, _END_SIZE, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
_OPENED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The compressions that unpack no more at once than is asked of them; bzip2 and LZMA do not keep to that."""
_PICTURE_SUFFIXES = (*SUFFIXES, ".heic", ".heif", ".avif", ".tif", ".tiff", ".svg")
"""Endings of pictures' names, also of those that cannot be read: such a picture is refused by name, not passed over."""


# --- pictures in a zip file ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ZippedPicture:
    """One picture in an archive, not unpacked yet."""

    name: str
    """Its name without folders."""
    folder: str
    """The name of the folder that it lies in, "" for none."""
    _archive: zipfile.ZipFile
    _entry: zipfile.ZipInfo

    def unpack(self) -> bytes:
        """Return its bytes. Raises UnreadableImage where it is too large, locked or damaged."""
        if self._entry.file_size > MAX_BYTES:
            megabytes = f"{self._entry.file_size / 1e6:,.0f} MB, more than the {MAX_BYTES / 1e6:.0f} MB"
            raise UnreadableImage(f"{self.name} unpacks to {megabytes} read of a file: shrink it first.")
        check_entry(self._entry, self.name)
        try:
            with self._archive.open(self._entry) as file:
                return file.read(self._entry.file_size)  # no more, however much its content would unpack to
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
            raise UnreadableImage(f"{self.name} is damaged inside its zip file: zip it again.") from error


@dataclass(frozen=True)
class Pictures:
    """What an archive holds."""

    pictures: tuple[ZippedPicture, ...]
    """In the order of the archive."""
    others: int
    """How many files are no pictures by their names; what systems add by themselves is not counted."""


def is_zip(content: bytes) -> bool:
    """Return whether a file begins as zip files do.

    >>> is_zip(b"PK\\x03\\x04 and so on"), is_zip(b"PK\\x05\\x06 an empty one"), is_zip(b"GIF89a")
    (True, True, False)
    """
    return content[:4] in (b"PK\x03\x04", _END)


def pictures_in(content: bytes, name: str) -> Pictures:
    """Return the pictures in a zip file's bytes, not unpacked yet; `name` stands in the error.

    Raises UnreadableImage where the file is damaged, holds more than MAX_FILES files, or says that it unpacks to more
    than MAX_UNPACKED bytes.

    >>> file = io.BytesIO()
    >>> with zipfile.ZipFile(file, "w") as archive:
    ...     archive.writestr("../../holiday/cat.png", b"...")
    >>> [picture.name for picture in pictures_in(file.getvalue(), "a.zip").pictures]
    ['cat.png']
    """
    archive = open_archive(content, name)
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_FILES:
        raise _too_many(name)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED:
        raise UnreadableImage(
            f"{name} unpacks to {unpacked / 1e6:,.0f} MB, more than the {MAX_UNPACKED / 1e6:.0f} MB that are unpacked: "
            "make several smaller ones."
        )
    wanted = [entry for entry in entries if not _is_systems_own(entry)]
    pictures = tuple(_zipped(archive, entry) for entry in _named_as_pictures(wanted))
    return Pictures(pictures, len(wanted) - len(pictures))


def open_archive(content: bytes, name: str) -> zipfile.ZipFile:
    """Return a zip file's table of contents; UnreadableImage where the file is damaged or holds far too many files.

    Nothing is unpacked. `name`, the file's, stands in the error.
    """
    _check_directory(content, name)
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableImage(f"{name} is cut short or damaged, so it cannot be opened: zip it again.") from error


def check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    """Refuse an entry that is locked, or packed so that a few bytes could unpack without a limit: UnreadableImage."""
    if entry.flag_bits & 1:
        raise UnreadableImage(f"{name} is locked with a password: zip it again without one.")
    if entry.compress_type not in _OPENED:
        raise UnreadableImage(f"{name} is packed in a way we do not open: zip it again as usual (deflate).")


def _check_directory(content: bytes, name: str) -> None:
    """Refuse a table of contents so long that reading it would take long."""
    # Python reads the whole table on opening, so its length is looked up first. It stands in the end record, the last
    # thing in the file but for a comment.
    place = content.rfind(_END, max(0, len(content) - _END_SIZE - _LONGEST_COMMENT))
    if place >= 0 and int.from_bytes(content[place + 12 : place + 16], "little") > _MAX_DIRECTORY:
        raise _too_many(name)


def _too_many(name: str) -> UnreadableImage:
    return UnreadableImage(
        f"{name} holds more than the {MAX_FILES:,} files that are opened: make several smaller ones."
    )


def _named_as_pictures(entries: list[zipfile.ZipInfo]) -> Iterator[zipfile.ZipInfo]:
    return (entry for entry in entries if PurePosixPath(entry.filename.lower()).suffix in _PICTURE_SUFFIXES)


def _zipped(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> ZippedPicture:
    *_, folder, name = _parts(entry.filename)
    return ZippedPicture(name, "" if folder in (".", "..") else folder, archive, entry)


def _is_systems_own(entry: zipfile.ZipInfo) -> bool:
    last = _parts(entry.filename)[-1]
    return entry.filename.startswith("__MACOSX/") or last.startswith(".") or last in ("Thumbs.db", "desktop.ini")


def _parts(path: str) -> list[str]:
    """The parts of a path in an archive after a first, empty one, whichever slash the system that made it takes."""
    return ["", *path.replace("\\", "/").split("/")]


# --- image sets ------------------------------------------------------------------------------------------------------

MAX_PICTURES = 10_000
"""The most pictures of a set; of more, so many are taken, evenly spaced."""
SPLITS = ("test", "val", "train")
"""The parts of an .npz file: the first that is there is read."""


def read_own_set(content: bytes, name: str, progress: Callable[[float], object] = lambda share: None) -> ImageSet:
    """Return the image set in a file's bytes; `name`, the file's, stands in the errors and is the set's name.

    An .npz file holds `test_images` (else `val_images`, else `train_images`), uint8 (n, h, w) or (n, h, w, 3), and
    may hold `test_labels` (see `nat_core.data.sources.npz`) and `classes`. A zip file holds pictures, one folder a
    class, or no folders and no labels.
    `progress` is told the share of the pictures done. Raises UnreadableSet.

    >>> file = io.BytesIO()
    >>> np.savez(file, test_images=np.zeros((2, 32, 32, 3), np.uint8))
    >>> len(read_own_set(file.getvalue(), "mine.npz"))
    2
    """
    if not is_zip(content):
        raise UnreadableSet(
            f"{name} is neither an .npz file nor a zip file: save pictures with numpy.savez(test_images=...), or zip "
            "folders of pictures, one folder a class."
        )
    try:
        archive = open_archive(content, name)
        if archive.namelist() and all(each.endswith(".npy") for each in archive.namelist()):
            return _read_npz(NpzFile(archive, name))
        return _read_folders(pictures_in(content, name).pictures, name, progress)
    except UnreadableImage as error:
        raise UnreadableSet(str(error)) from error


def labels_among(images: ImageSet, classes: tuple[str, ...]) -> np.ndarray | None:
    """Return the pictures' labels as a network's class numbers, by the classes' names, -1 for a class it does not know.

    None where the set has no labels or none of its classes bears a name of the network's.

    >>> three = ImageSet("a", np.zeros((2, 1, 1, 3), np.uint8), ("0", "1"), np.array([1, 0]), ("Ship", "teapot"))
    >>> labels_among(three, ("cat", "ship")).tolist()
    [-1, 1]
    """
    # By name, not by number: another numbering may mean the same classes.
    places = {name.casefold(): place for place, name in enumerate(classes)}
    theirs = [places.get(name.casefold(), -1) for name in images.classes]
    if images.labels is None or max(theirs, default=-1) < 0:
        return None
    return np.array(theirs)[images.labels]


# --- an .npz file ----------------------------------------------------------------------------------------------------


def _read_npz(arrays: NpzFile) -> ImageSet:
    name, keys = arrays.name, arrays.keys
    split = next((each for each in SPLITS if f"{each}_images" in keys), None)
    if split is None:
        held = ", ".join(f"{key:.40}" for key in keys[:5]) or "nothing"
        raise UnreadableSet(f"{name} has no array test_images (it holds {held}): use MedMNIST's key names.")
    pixels = arrays.pictures(f"{split}_images", partial(as_32, path=name), lambda total: evenly(total, MAX_PICTURES))
    number = arrays.declared(f"{split}_images").shape[0]
    labels, classes = arrays.labels(f"{split}_labels", number)
    if labels is None:
        return ImageSet(name, pixels, identities(pixels))
    classes = classes or tuple(map(str, range(int(labels.max()) + 1)))
    return ImageSet(name, pixels, identities(pixels), labels[evenly(number, MAX_PICTURES)], classes)


# --- folders in a zip file -------------------------------------------------------------------------------------------


def _read_folders(pictures: tuple[ZippedPicture, ...], name: str, progress: Callable[[float], object]) -> ImageSet:
    if not pictures:
        raise UnreadableSet(f"{name} holds no pictures: put folders of PNG, JPEG, WebP, GIF or BMP files into it.")
    found, skipped = _decode(pictures, progress)
    if not found:
        one = len(pictures) == 1
        unread = "its only picture cannot" if one else f"none of its {plural(len(pictures), 'picture')} can"
        raise UnreadableSet(f"{name}: {unread} be read. {skipped[0]}")
    pixels = np.stack([each for _, each in found])
    folders = [picture.folder for picture, _ in found]
    classes = tuple(sorted(set(folders)))
    labels = None if classes == ("",) else np.array([classes.index(folder) for folder in folders], np.int64)
    ids = tuple(f"{picture.folder}/{picture.name}".removeprefix("/") for picture, _ in found)
    return ImageSet(name, pixels, ids, labels, classes if labels is not None else (), tuple(skipped))


def _decode(
    pictures: tuple[ZippedPicture, ...], progress: Callable[[float], object]
) -> tuple[list[tuple[ZippedPicture, np.ndarray]], list[str]]:
    found, skipped = [], []
    for place, picture in enumerate(pictures):
        progress(place / len(pictures))
        try:
            found.append((picture, read_image(picture.unpack(), name=picture.name)))
        except UnreadableImage as error:
            skipped.append(str(error))
    return found, skipped
