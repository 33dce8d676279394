"""Image sets from strangers: zip files and .npz files, read in memory with limits no crafted file passes.

Nothing is unpickled and nothing written to disk. What an archive declares is checked before it is unpacked, and no more
is unpacked than it declares (see `archives`).
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from nat_core.data.apart.process import formats
from nat_core.data.archives import PicturesInside, ZippedPicture, is_zip, open_archive, pictures_in
from nat_core.data.headers.header import Allowance
from nat_core.data.headers.names import is_named_as_picture, part_of
from nat_core.data.images import Admit, read_image
from nat_core.data.sources.class_labels import arrays_of, places_among, unread
from nat_core.data.sources.image_sets import ImageSet, as_32, evenly, identities, passed_over
from nat_core.data.sources.npz import NpzFile
from nat_core.errors import UnreadableImage, UnreadableSet
from nat_core.language import _, legible, ngettext, pgettext

MAX_PICTURES = 10_000
"""The most pictures of a set; of more, so many are taken, evenly spaced."""
PictureReader = Callable[[bytes, str, Admit], np.ndarray]
"""What makes a picture of 32 x 32 pixels of a file's bytes, its name, and what admits it."""


def read_own_set(
    content: bytes,
    name: str,
    progress: Callable[[float], object] = lambda share: None,
    read: PictureReader | None = None,
) -> ImageSet:
    """Return the image set in a file's bytes; `name`, the file's, stands in the errors and is the set's name.

    An .npz file holds `test_images` (else `val_images`, else `train_images`), uint8 (n, h, w) or (n, h, w, 3), and may
    hold `test_labels` (see `nat_core.data.sources.class_labels`) and `classes`; Keras's `x_test` and `y_test`, and
    plain `images` and `labels`, are known as well. A zip file holds pictures, one folder a class (folders that all
    share, and those of parts such as `train`, count for none), or no folders and no labels.
    `progress` is told the share of the pictures done; `read` takes the place of `read_one`. Raises UnreadableSet.

    >>> import io
    >>> file = io.BytesIO()
    >>> np.savez(file, test_images=np.zeros((2, 32, 32, 3), np.uint8))
    >>> len(read_own_set(file.getvalue(), "mine.npz"))
    2
    """
    name = legible(name)
    if not is_zip(content):
        told = _(
            "{name} is neither an .npz file nor a zip file: save pictures with numpy.savez(test_images=...), or zip "
            "folders of pictures, one folder a class.",
            name=name,
        )
        raise UnreadableSet(told)
    try:
        archive = open_archive(content, name)
        # What else lies there (a text, what systems add) makes no zip file of pictures of it.
        names = archive.namelist()
        if any(each.endswith(".npy") for each in names) and not any(map(is_named_as_picture, names)):
            return _read_npz(NpzFile(archive, name))
        return _read_folders(pictures_in(content, name), name, progress, read or read_one)
    except UnreadableImage as error:
        raise UnreadableSet(str(error)) from error


def labels_among(images: ImageSet, classes: tuple[str, ...]) -> np.ndarray | None:
    """Return the pictures' labels as a network's class numbers, by the classes' names (see `class_names`); -1 for a
    class it does not know, and where the set's own label is -1, none of its classes.

    None where the set has no labels or none of its classes is one of the network's.

    >>> three = ImageSet("a", np.zeros((2, 1, 1, 3), np.uint8), ("0", "1"), np.array([1, 0]), ("Ship", "teapot"))
    >>> labels_among(three, ("cat", "ship")).tolist()
    [-1, 1]
    """
    # By name, not by number: another numbering may mean the same classes.
    theirs = places_among(images.classes, classes)
    if images.labels is None or max(theirs, default=-1) < 0:
        return None
    # The last place is that of the label -1, "none of them", which counts from the end.
    return np.array([*theirs, -1])[images.labels]


# --- an .npz file ----------------------------------------------------------------------------------------------------


def _read_npz(arrays: NpzFile) -> ImageSet:
    name, keys = arrays.name, arrays.keys
    found = arrays_of(keys)
    if found is None:
        held = ", ".join(f"{key:.40}" for key in keys[:5]) or pgettext("what a file holds", "nothing")
        told = _("{name} has no array test_images (it holds {held}): use MedMNIST's key names.", name=name, held=held)
        raise UnreadableSet(told)
    images_key, labels_key = found
    pixels = arrays.pictures(images_key, partial(as_32, path=name), lambda total: evenly(total, MAX_PICTURES))
    number = arrays.declared(images_key).shape[0]
    labels, classes = arrays.labels(labels_key, number)
    over = unread(keys, {images_key, labels_key})
    if labels is None:
        return ImageSet(name, pixels, identities(pixels), passed_over=over)
    classes = classes or tuple(map(str, range(int(labels.max()) + 1)))
    chosen = labels[evenly(number, MAX_PICTURES)]
    return ImageSet(name, pixels, identities(pixels), chosen, classes, passed_over=over)


# --- folders in a zip file -------------------------------------------------------------------------------------------

_INNER = {"images", "img"}
"""Folders inside of a class's own, as in Tiny ImageNet; alone they name no class."""


def read_one(content: bytes, name: str, admit: Admit) -> np.ndarray:
    """Return a file's picture at 32 x 32 pixels; what `read_own_set` reads pictures by.

    >>> read_one(b"Dear diary", "diary.png", lambda header, name: None)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    nat_core.errors.UnreadableImage: diary.png is text, not a picture: choose a PNG, JPEG, ...
    """
    return read_image(content, name=name, admit=admit)


def _read_folders(
    found: PicturesInside, name: str, progress: Callable[[float], object], read: PictureReader
) -> ImageSet:
    if not found.pictures:
        told = _("{name} holds no pictures: put folders of {formats} files into it.", name=name, formats=formats())
        raise UnreadableSet(told)
    pictures, classes, ids, without = _in_classes(found.pictures, name)
    chosen = evenly(len(pictures), MAX_PICTURES)
    pixels, skipped = _decode([pictures[place] for place in chosen], found.allowance, progress, read)
    if not pixels:
        told = ngettext(
            "{name}: its only picture cannot be read. {why}",
            "{name}: none of its {count:,} pictures can be read. {why}",
            len(pictures),
            name=name,
            why=skipped[0],
        )
        raise UnreadableSet(told)
    read_ones = [int(chosen[place]) for place in pixels]
    names = tuple(sorted({classes[place] for place in read_ones}))
    labels = None if names == ("",) else np.array([names.index(classes[place]) for place in read_ones], np.int64)
    over = (*passed_over(found.others, found.systems), *without)
    return ImageSet(
        name, np.stack(list(pixels.values())), tuple(ids[place] for place in read_ones), labels,
        names if labels is not None else (), tuple(skipped), over,
    )  # fmt: skip


def _in_classes(
    pictures: Sequence[ZippedPicture], name: str
) -> tuple[Sequence[ZippedPicture], list[str], list[str], tuple[str, ...]]:
    """The pictures that count, the class and the id of each, and a sentence where others lie in no class's folder."""
    shared = shared_folders([picture.folders for picture in pictures])
    folders = [picture.folders[shared:] for picture in pictures]
    classes = class_names(folders)
    ids = ["/".join((*inner, picture.name)) for inner, picture in zip(folders, pictures, strict=True)]
    if "" not in classes or not any(classes):
        return pictures, classes, ids, ()
    alone = next((picture.name for inner, picture in zip(folders, pictures, strict=True) if not inner), None)
    if alone is not None:
        told = _(
            "{name} must hold one folder a class, or no folders at all, but {alone} lies in none: put it into its "
            "class's folder.",
            name=name,
            alone=alone,
        )
        raise UnreadableSet(told)
    # As the test pictures of many a competition do, whose answers are kept back.
    kept = [place for place, each in enumerate(classes) if each]
    left = len(pictures) - len(kept)
    told = ngettext(
        "{count:,} picture of a part without class folders was left out.",
        "{count:,} pictures of a part without class folders were left out.",
        left,
    )
    return [pictures[place] for place in kept], [classes[place] for place in kept], [ids[place] for place in kept], (
        told,
    )  # fmt: skip


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
    >>> class_names([("seg_train", "sea"), ("seg_test", "ice")]), class_names([("train", "cat"), ("test",)])
    (['sea', 'ice'], ['cat', ''])
    """
    inner = [each[:-1] if len(each) > 1 and each[-1].casefold() in _INNER else each for each in folders]
    while _divided(inner):
        inner = [each[1:] for each in inner]
    if {each[0].casefold() if len(each) == 1 else "" for each in inner} <= _INNER:
        return [""] * len(inner)
    return [each[0] if each else "" for each in inner]


def _divided(folders: Sequence[tuple[str, ...]]) -> bool:
    """Whether the outermost folders are the parts of one set, and no classes."""
    outer = {each[0] if each else "" for each in folders}
    parts = {part_of(each) for each in outer}
    others = {each[1] for each in parts if each is not None}
    # seg_train and seg_test are parts; steam_train alone, or beside bullet_train, is a class.
    return None not in parts and (others == {""} or (len(others) == 1 and len(parts) > 1))


def _decode(
    pictures: Sequence[ZippedPicture], allowance: Allowance, progress: Callable[[float], object], read: PictureReader
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
