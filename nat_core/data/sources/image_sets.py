"""Image sets in memory, and the readers of what anyone may have: .npz files, folders of pictures or of classes."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha1
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image
from tqdm import tqdm

from nat_core.data.headers.examine import is_picture
from nat_core.data.headers.names import SUFFIXES, SYSTEMS, is_named_as_picture, is_systems_own
from nat_core.data.images import read_image
from nat_core.data.sources.class_labels import unread
from nat_core.data.sources.npz import MAX_OWN, open_npz
from nat_core.errors import MissingDataset, UnreadableImage, UnreadableSet
from nat_core.language import _, ngettext
from nat_core.measure.predictions import class_numbers


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Pictures of one size with their identities, and labels where the set has classes that a network can know.

    Raises ValueError where there is not one id and one label a picture, or a label is past the classes.
    """

    name: str
    pixels: UInt8[np.ndarray, "n size size 3"] | Float[np.ndarray, "n size size 3"]
    """uint8, or float32 where the values are already normalised (noise)."""
    ids: tuple[str, ...]
    labels: Int[np.ndarray, " n"] | None = None
    """Class numbers, -1 for none of the classes."""
    classes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = field(default=())
    """One sentence for each file that could not be read."""
    passed_over: tuple[str, ...] = ()
    """A sentence for each kind of file that was left aside without a try: no pictures, and what systems add."""

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.pixels):
            raise ValueError(f"{self.name}: {len(self.ids)} ids for {len(self.pixels)} pictures: give one each")
        if self.labels is None:
            return
        labels = class_numbers(f"{self.name}: labels", self.labels, len(self.pixels))
        if self.classes and len(labels) and labels.max() >= len(self.classes):
            raise ValueError(
                f"{self.name}: labels go up to {labels.max()}, but the number of named classes is "
                f"{len(self.classes)}: labels count from 0"
            )

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, chosen: Int[np.ndarray, " k"]) -> "ImageSet":
        """Return the chosen pictures, in that order, as a set of the same name."""
        labels = None if self.labels is None else self.labels[chosen]
        ids = tuple(self.ids[index] for index in chosen)
        return replace(self, pixels=self.pixels[chosen], ids=ids, labels=labels)


def no_pictures_at(path: Path) -> MissingDataset:
    """Return the error that says that a path leads to no pictures."""
    return MissingDataset(_("{path} is neither a folder of pictures nor an .npz file: check its name", path=path))


def read_npz(path: Path | str, split: str = "test", name: str | None = None, *, labelled: bool = True) -> ImageSet:
    """Read one split of an .npz with MedMNIST's key names: `<split>_images`, `<split>_labels`, optional `classes`.

    Images are uint8 (n, h, w), (n, h, w, 1) or (n, h, w, 3); other sizes than 32 x 32 are resized as uploads are.
    Labels are whole numbers, names, or a row of zeros with a single 1 a picture (`nat_core.data.sources.class_labels`);
    `labelled=False` leaves them aside.
    Raises MissingDataset where there is no such file, UnreadableSet where it is not such a file.

    >>> read_npz("no such file.npz")
    Traceback (most recent call last):
    nat_core.errors.MissingDataset: No image set at no such file.npz: name an .npz file with the key test_images
    """
    path, key = Path(path), f"{split}_images"
    if not path.is_file():
        told = _("No image set at {path}: name an .npz file with the key {key}", path=path, key=key)
        raise MissingDataset(told)
    with open_npz(path, str(path), MAX_OWN) as arrays:
        if key not in arrays.keys:
            raise UnreadableSet(_("{path} has no array {key}: use MedMNIST's key names.", path=path, key=key))
        pixels = arrays.pictures(key, partial(as_32, path=path))
        labels, classes = arrays.labels(f"{split}_labels", len(pixels)) if labelled else (None, ())
        over = unread(arrays.keys, {key, f"{split}_labels"})
    return ImageSet(name or path.stem, pixels, identities(pixels), labels, classes, passed_over=over)


@dataclass(frozen=True)
class Look:
    """How a picture becomes a network's input: the fields are `read_image`'s, but for `progress`."""

    crop: str = "centre"
    resample: str = "bicubic"
    size: int = 32
    progress: bool = False
    """Whether a bar on standard error shows how far the reading is."""


PLAIN = Look()
"""How pictures are read for our own networks."""


def read_folder(
    path: Path | str,
    name: str | None = None,
    crop: str = "centre",
    resample: str = "bicubic",
    *,
    size: int = 32,
    progress: bool = False,
) -> ImageSet:
    """Read every picture under a folder, of any size, in the order of their names; ids are paths below the folder.

    Each becomes `size` x `size` pixels, as `nat_core.data.images.read_image` does it (`crop`, `resample`). Folders that
    are links are followed. Files that cannot be read are left out and named in `skipped`; files that are no pictures,
    and what systems add by themselves, are counted in `passed_over`. Labels are None. `progress` shows a bar on
    standard error.
    Raises MissingDataset where the folder is missing or holds no readable picture, ValueError for a size, crop or
    filter that does not exist.

    >>> len(read_folder(Path(__file__).parents[1] / "gallery"))
    45
    """
    path = Path(path)
    if not path.is_dir():
        raise MissingDataset(_("No folder of pictures at {path}: make it and put the pictures there", path=path))
    pictures, over = pictures_under(path)
    found = read_files(pictures, path, name, Look(crop, resample, size, progress))
    return replace(found, passed_over=over)


def read_files(files: Sequence[Path], root: Path, name: str | None = None, look: Look = PLAIN) -> ImageSet:
    """Read these pictures below the folder `root`, in that order; otherwise as `read_folder`, and raises as it does.

    >>> home = Path(__file__).parents[1] / "gallery"
    >>> read_files([home / "cat2.jpg"], home).ids
    ('cat2.jpg',)
    """
    pictures, ids, skipped = read_each(tqdm(files, "reading", disable=not look.progress, unit="picture"), root, look)
    if not pictures:
        raise none_readable(root)
    return ImageSet(name or root.name, np.stack(pictures), tuple(ids), skipped=tuple(skipped))


def read_each(files: Iterable[Path], root: Path, look: Look = PLAIN) -> tuple[list[np.ndarray], list[str], list[str]]:
    """Return the pixels and ids of those of the files that can be read, and a sentence for each that cannot.

    >>> home = Path(__file__).parents[1] / "gallery"
    >>> read_each([home / "cat2.jpg"], home)[1]
    ['cat2.jpg']
    """
    pictures, ids, skipped = [], [], []
    for file in files:
        try:
            pictures.append(read_image(file, size=look.size, crop=look.crop, resample=look.resample))
            ids.append(file.relative_to(root).as_posix())
        except UnreadableImage as error:
            skipped.append(str(error))
    return pictures, ids, skipped


def none_readable(root: Path) -> MissingDataset:
    """Return the error that says that no picture of a folder can be read."""
    told = _(
        "No picture in {folder} can be read: put {suffixes} files there", folder=root, suffixes=", ".join(SUFFIXES)
    )
    return MissingDataset(told)


def read_class_folders(path: Path | str, name: str | None = None, *, size: int = 32) -> ImageSet:
    """Read pictures that lie in one folder a class; labels number the classes in alphabetical order.

    Otherwise as `read_folder`; raises as it does, and ValueError where a picture lies in no class folder, or a folder
    holds no picture that can be read: nobody would notice that its class is missing.
    """
    every = read_folder(path, name, size=size)
    alone = next((identity for identity in every.ids if "/" not in identity), None)
    if alone is not None:
        raise ValueError(f"{path} must hold one folder a class; {alone} lies in none: put it into its class's folder")
    classes = tuple(sorted({Path(identity).parts[0] for identity in every.ids}))
    named = [each.name for each in sorted(Path(path).iterdir()) if each.is_dir() and not is_systems_own((each.name,))]
    if empty := [each for each in named if each not in classes]:
        raise ValueError(
            f"{path}: no picture in the class folder{'' if len(empty) == 1 else 's'} {', '.join(empty[:10])} can be "
            "read: put pictures there, or take the folder away"
        )
    labels = np.array([classes.index(Path(identity).parts[0]) for identity in every.ids], np.int64)
    return replace(every, labels=labels, classes=classes)


def as_32(images: np.ndarray, path: Path | str) -> UInt8[np.ndarray, "n 32 32 3"]:
    """Return uint8 pictures, grey or coloured, as 32 x 32 in colour; ValueError, naming the file, for any others.

    >>> as_32(np.zeros((2, 28, 28), np.uint8), "mine.npz").shape
    (2, 32, 32, 3)
    """
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or images.shape[3:] not in ((), (1,), (3,)):
        raise ValueError(f"{path}: pictures must be uint8 (n, h, w) or (n, h, w, 3), not {images.dtype} {images.shape}")
    if images.shape[3:] != (3,):
        images = np.repeat(images.reshape(*images.shape[:3], 1), 3, axis=3)
    if images.shape[1:3] == (32, 32):
        return images
    return np.stack([np.asarray(Image.fromarray(each).resize((32, 32), Image.Resampling.BICUBIC)) for each in images])


def identities(pixels: np.ndarray) -> tuple[str, ...]:
    """Return each picture's id: the first 16 hex digits of the SHA-1 of its bytes, for any size (`images.image_id`).

    >>> identities(np.zeros((1, 32, 32, 3), np.uint8))
    ('02ec1f60b2e76741',)
    """
    return tuple(sha1(picture.tobytes(), usedforsecurity=False).hexdigest()[:16] for picture in pixels)


def evenly(total: int, most: int) -> Int[np.ndarray, " n"]:
    """Return the places of at most `most` of `total` >= 1 pictures, evenly spaced, the first and the last among them.

    >>> evenly(9, 3).tolist()
    [0, 4, 8]
    """
    return np.linspace(0, total - 1, min(total, most)).round().astype(np.int64)


def passed_over(others: int, systems: int) -> tuple[str, ...]:
    """Return the sentences for so many files that are no pictures, and so many that a system keeps for itself.

    >>> passed_over(2, 0)
    ('2 files are not pictures, so they were passed over.',)
    """
    told = []
    if others:
        told.append(
            ngettext(
                "{count:,} file is not a picture, so it was passed over.",
                "{count:,} files are not pictures, so they were passed over.",
                others,
            )
        )
    if systems:
        told.append(
            ngettext(
                "{count:,} hidden or system file ({names}) was found, so it was passed over.",
                "{count:,} hidden or system files ({names}) were found, so they were passed over.",
                systems,
                names=_(SYSTEMS),
            )
        )
    return tuple(told)


def pictures_under(path: Path) -> tuple[list[Path], tuple[str, ...]]:
    """Return the pictures below a folder, by their names or first bytes, and sentences on what was passed over.

    >>> len(pictures_under(Path(__file__).parents[1] / "gallery")[0])
    45
    """
    every, told = _files_under(path)
    # Sorted, because the order of a folder's entries is the file system's own.
    files = sorted(every)
    wanted = [file for file in files if not is_systems_own(file.relative_to(path).parts)]
    pictures = [file for file in wanted if is_named_as_picture(file.name) or is_picture(_first_bytes(file))]
    return pictures, (*passed_over(len(wanted) - len(pictures), len(files) - len(wanted)), *told)


def _files_under(path: Path) -> tuple[list[Path], list[str]]:
    """Every file below a folder, through links too, and a sentence for each folder that was left aside.

    Each folder is read once, so a link to one that is read anyway, or to one that it lies in, leads nowhere. Raises
    PermissionError where `path` itself may not be opened.
    """
    files, told, seen = [], [], set()
    folders, links = [path], []
    while folders or links:
        # Links last, so that a folder is found under its own name where it lies below `path`.
        folder = folders.pop() if folders else links.pop(0)
        if (real := os.path.realpath(folder)) in seen:
            told.append(f"{folder} is a link to a folder that was read already, so it was passed over.")
            continue
        seen.add(real)
        try:
            entries = sorted(folder.iterdir())
        except PermissionError:
            if folder == path:  # there is nothing else
                raise
            told.append(f"{folder} may not be opened, so it was passed over.")
            continue
        files += [each for each in entries if each.is_file()]
        inner = [each for each in entries if each.is_dir()]
        folders += [each for each in inner if not each.is_symlink()]
        links += [each for each in inner if each.is_symlink()]
    return files, told


def _first_bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(64)
    except OSError:
        return b""
