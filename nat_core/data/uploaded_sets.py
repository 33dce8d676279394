"""Image sets from strangers: zip files and .npz files, read in memory with limits no crafted file passes.

Nothing is unpickled and nothing written to disk. What an archive declares is checked before it is unpacked, and no more
is unpacked than it declares (see `archives`).
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from nat_core.data.archives import MAX_UNPACKED, Pictures, ZippedPicture, check_entry, is_zip, open_archive, pictures_in
from nat_core.data.headers.header import Allowance
from nat_core.data.images import Admit, read_image
from nat_core.data.sources.image_sets import ImageSet, as_32, evenly, identities, passed_over
from nat_core.errors import UnreadableImage, UnreadableSet
from nat_core.measure.wording import plural

MAX_PICTURES = 10_000
"""The most pictures of a set; of more, so many are taken, evenly spaced."""
MAX_CLASSES = 1_000
Read = Callable[[bytes, str, Admit], np.ndarray]
"""What makes a picture of 32 x 32 pixels of a file's bytes, its name, and what admits it."""
SPLITS = ("test", "val", "train")
"""The parts of an .npz file: the first that is there is read."""
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_own_set(
    content: bytes,
    name: str,
    progress: Callable[[float], object] = lambda share: None,
    read: Read | None = None,
) -> ImageSet:
    """Return the image set in a file's bytes; `name`, the file's, stands in the errors and is the set's name.

    An .npz file holds `test_images` (else `val_images`, else `train_images`), uint8 (n, h, w) or (n, h, w, 3), and
    may hold `test_labels` and `classes`. A zip file holds pictures, one folder a class, or no folders and no labels.
    `progress` is told the share of the pictures done; `read` takes the place of `read_one`. Raises UnreadableSet.

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
            return _read_npz(archive, name)
        return _read_folders(pictures_in(content, name), name, progress, read or read_one)
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


def _read_npz(archive: zipfile.ZipFile, name: str) -> ImageSet:
    entries = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
    split = next((each for each in SPLITS if f"{each}_images" in entries), None)
    if split is None:
        held = ", ".join(list(entries)[:5]) or "nothing"
        raise UnreadableSet(f"{name} has no array test_images (it holds {held}): use MedMNIST's key names.")
    images = _array(archive, entries[f"{split}_images"], name)
    try:
        pixels = as_32(images[evenly(len(images), MAX_PICTURES)] if len(images) else images, name)
    except (ValueError, IndexError):
        raise UnreadableSet(
            f"{name}: {split}_images must be pictures of whole numbers from 0 to 255 (uint8), shaped (n, height, "
            f"width) or (n, height, width, 3); they are {images.dtype} {images.shape}."
        ) from None
    if not len(pixels):
        raise UnreadableSet(f"{name}: {split}_images holds no picture: put at least one into it.")
    labels = _labels(archive, entries.get(f"{split}_labels"), len(images), name)
    classes = _classes(archive, entries.get("classes"), name)
    if labels is not None:
        if labels.min() < 0 or (classes and labels.max() >= len(classes)):
            raise UnreadableSet(
                f"{name}: {split}_labels go from {labels.min()} to {labels.max()}, but there are {len(classes)} "
                "classes: labels count from 0."
            )
        classes = classes or tuple(str(number) for number in range(int(labels.max()) + 1))
        labels = labels[evenly(len(images), MAX_PICTURES)]
    return ImageSet(name, pixels, identities(pixels), labels, classes if labels is not None else ())


def _labels(archive: zipfile.ZipFile, entry: zipfile.ZipInfo | None, number: int, name: str) -> np.ndarray | None:
    """One label a picture; None where there are none, or several a picture."""
    if entry is None:
        return None
    labels = _array(archive, entry, name)
    if labels.ndim == 0 or len(labels) != number:
        raise UnreadableSet(
            f"{name} has {plural(number, 'picture')} but labels of shape {labels.shape}: one each is needed."
        )
    if labels.size != number or labels.dtype.kind not in "iu" or (labels > MAX_CLASSES).any():
        return None
    return labels.reshape(-1).astype(np.int64)


def _classes(archive: zipfile.ZipFile, entry: zipfile.ZipInfo | None, name: str) -> tuple[str, ...]:
    if entry is None:
        return ()
    found = _array(archive, entry, name)
    if found.ndim != 1 or len(found) > MAX_CLASSES or found.dtype.kind not in "US":
        raise UnreadableSet(f"{name}: classes must be a list of at most {MAX_CLASSES:,} names (strings).")
    return tuple(each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in found)


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> np.ndarray:
    """Return one array, its declared type and size checked before it is unpacked."""
    key = entry.filename.removesuffix(".npy")
    check_entry(entry, f"{name}: the array {key}")
    try:
        shape, dtype, length = _declared(archive, entry, name)
        with archive.open(entry) as file:
            data = file.read(length)  # no more than was declared and allowed
        found = np.load(io.BytesIO(data), allow_pickle=False)
    except UnreadableSet:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError) as error:
        raise UnreadableSet(f"{name}: the array {key} is damaged: save it again with numpy.savez.") from error
    if found.shape != shape or found.dtype != dtype:
        raise UnreadableSet(f"{name}: the array {key} is not what it declares: save it again with numpy.savez.")
    return found


def _declared(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> tuple[tuple[int, ...], np.dtype, int]:
    """Return an array's shape and type, and how many bytes it takes with its header."""
    key = entry.filename.removesuffix(".npy")
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise UnreadableSet(f"{name}: the array {key} is in a format we do not read: save it with numpy.savez.")
        shape, _, dtype = _HEADERS[version](file)
        header = file.tell()
    if dtype.hasobject:
        raise UnreadableSet(f"{name}: the array {key} holds Python objects, which are never unpickled: save numbers.")
    size = prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or size > MAX_UNPACKED:
        raise UnreadableSet(
            f"{name}: the array {key} unpacks to {size / 1e6:,.0f} MB, more than the {MAX_UNPACKED / 1e6:.0f} MB that "
            "are unpacked: save fewer or smaller pictures."
        )
    return shape, dtype, size + header


# --- folders in a zip file -------------------------------------------------------------------------------------------

_PARTS = {"train", "test", "val", "valid", "validation"}
"""Folders that divide a set and name no class."""
_INNER = {"images", "img"}
"""Folders inside of a class's own, as in Tiny ImageNet."""


def read_one(content: bytes, name: str, admit: Admit) -> np.ndarray:
    """Return a file's picture at 32 x 32 pixels; what `read_own_set` reads pictures by.

    >>> read_one(b"Dear diary", "diary.png", lambda header, name: None)
    Traceback (most recent call last):
    nat_core.errors.UnreadableImage: diary.png is text, not a picture: choose a PNG, JPEG, WebP, GIF or BMP file.
    """
    return read_image(content, name=name, admit=admit)


def _read_folders(found: Pictures, name: str, progress: Callable[[float], object], read: Read) -> ImageSet:
    pictures = found.pictures
    if not pictures:
        raise UnreadableSet(f"{name} holds no pictures: put folders of PNG, JPEG, WebP, GIF or BMP files into it.")
    shared = shared_folders([picture.folders for picture in pictures])
    classes = class_names([picture.folders[shared:] for picture in pictures])
    if "" in classes and set(classes) != {""}:
        alone = pictures[classes.index("")].name
        raise UnreadableSet(
            f"{name} must hold one folder a class, or no folders at all, but {alone} lies in none: put it into its "
            "class's folder."
        )
    chosen = evenly(len(pictures), MAX_PICTURES)
    pixels, skipped = _decode([pictures[place] for place in chosen], found.allowance, progress, read)
    if not pixels:
        one = len(pictures) == 1
        unread = "its only picture cannot" if one else f"none of its {plural(len(pictures), 'picture')} can"
        raise UnreadableSet(f"{name}: {unread} be read. {skipped[0]}")
    read_ones = [int(chosen[place]) for place in pixels]
    names = tuple(sorted({classes[place] for place in read_ones}))
    labels = None if names == ("",) else np.array([names.index(classes[place]) for place in read_ones], np.int64)
    ids = tuple("/".join((*pictures[place].folders[shared:], pictures[place].name)) for place in read_ones)
    stack = np.stack(list(pixels.values()))
    over = passed_over(found.others, found.systems)
    return ImageSet(name, stack, ids, labels, names if labels is not None else (), tuple(skipped), over)


def shared_folders(folders: Sequence[tuple[str, ...]]) -> int:
    """Return how many outer folders all pictures share, but for their last.

    >>> shared_folders([("all", "cat"), ("all", "dog", "small")])
    1
    """
    deep = 0
    while min(map(len, folders)) > deep + 1 and len({each[deep] for each in folders}) == 1:
        deep += 1
    return deep


def class_names(folders: Sequence[tuple[str, ...]]) -> list[str]:
    """Return the class of each picture by the folders that it lies in, "" for none: the outermost that is no part.

    >>> class_names([("train", "n01", "images"), ("val", "n02", "images")]), class_names([("cat", "small"), ("dog",)])
    (['n01', 'n02'], ['cat', 'dog'])
    """
    inner = [each[:-1] if len(each) > 1 and each[-1].casefold() in _INNER else each for each in folders]
    divided = all(len(each) > 1 and each[0].casefold() in _PARTS for each in inner)
    return [each[divided] if each else "" for each in inner]


def _decode(
    pictures: Sequence[ZippedPicture], allowance: Allowance, progress: Callable[[float], object], read: Read
) -> tuple[dict[int, np.ndarray], list[str]]:
    """The pixels of those that can be read, by their places, and a sentence for each of the others."""
    found, skipped = {}, []
    for place, picture in enumerate(pictures):
        progress(place / len(pictures))
        try:
            found[place] = read(picture.unpack(), picture.name, allowance.admit)
        except UnreadableImage as error:
            skipped.append(str(error))
    return found, skipped
