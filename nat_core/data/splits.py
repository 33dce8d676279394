"""Your own pictures in two parts: those to learn from, and those held out to evaluate on.

A folder of class folders or an .npz file of known classes (`read_known`), a folder or an .npz file of negatives
(`read_negatives`). Either says how it is divided (`train` and `test` or `val`), or a fifth is held out here.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import cast

import numpy as np
from jaxtyping import Bool, Int

from nat_core.data.headers.names import is_systems_own, part_of
from nat_core.data.sources.image_sets import ImageSet, no_pictures_at, read_class_folders, read_folder, read_npz
from nat_core.data.sources.npz import MAX_OWN, open_npz
from nat_core.errors import MissingDataset, UnreadableSet
from nat_core.measure.predictions import check_own_classes

HELD_OUT_PARTS = ("test", "val")
"""What the part to evaluate on may be called; the first that is there is taken."""
EVERY = 5
"""One of so many pictures is held out where the pictures come undivided."""


@dataclass(frozen=True, eq=False)
class Split:
    """One source of pictures in its two parts, both with the same classes."""

    train: ImageSet
    held_out: ImageSet
    how: str
    """How they were divided, in a sentence."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of all that a network learns or is evaluated on: pixels, labels and classes of both parts."""
        digest = sha256()
        for part in (self.train, self.held_out):
            # Of one width and byte order, so that every machine finds the same digest.
            labels = b"" if part.labels is None else part.labels.astype("<i8").tobytes()
            digest.update(repr((part.pixels.shape, part.classes)).encode() + part.pixels.tobytes() + labels)
        return digest.hexdigest()


def read_known(path: Path | str) -> Split:
    """Return the pictures of known classes: one folder a class, or an .npz file with labels.

    The folders lie in `path`, or in `path/train` and `path/test` (or `val`); an .npz holds `train_images` and
    `train_labels`, optionally `test_images` and `test_labels` (or `val_`), and `classes`. Where only one part is there,
    a fifth of each class is held out, the same pictures at every call. Raises MissingDataset where nothing is there,
    ValueError where there are fewer than two classes, no labels, a class without pictures or called "background", or
    classes that only the held-out part knows.
    """
    split = _read(path, labelled=True)
    train, held_out = split.train, split.held_out
    if len(train.classes) < 2:
        raise ValueError(f"{path} holds {len(train.classes)} class, {', '.join(train.classes)}: two or more are needed")
    check_own_classes(str(path), train.classes)
    if strange := sorted(set(held_out.classes) - set(train.classes)):
        raise ValueError(f"{path}: {strange[0]} is a class of the held-out pictures alone, so it cannot be learnt")
    # A part that lacks a class numbers its own classes differently.
    places = np.array([train.classes.index(name) for name in held_out.classes])
    held_out = replace(held_out, labels=places[_labels(held_out)], classes=train.classes)
    return Split(replace(train, name="own_train"), replace(held_out, name="own_test"), split.how)


def read_negatives(path: Path | str) -> Split:
    """Return negatives: any pictures below a folder, or an .npz file; labels and classes are left aside.

    `path/train` and `path/test` (or `val`), or the arrays of those names, are the two parts; where only one is there,
    a fifth of the pictures is held out, the same at every call. Raises MissingDataset where nothing is there,
    ValueError where it cannot be read or holds a single picture.
    """
    split = _read(path, labelled=False)
    train, held_out = (replace(part, labels=None, classes=()) for part in (split.train, split.held_out))
    names = ("own_negatives_train", "own_negatives_test")
    return Split(replace(train, name=names[0]), replace(held_out, name=names[1]), split.how)


def every_fifth(labels: Int[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Return which pictures are held out: of each class a fifth, rounded up, in an order shuffled with seed 0.

    >>> int(every_fifth(np.array([0] * 10 + [1] * 6)).sum())
    4
    """
    held_out = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        # A generator of its own for each class, so that one class's pictures do not depend on another's number.
        held_out[np.random.default_rng(0).permutation(np.flatnonzero(labels == label))[::EVERY]] = True
    return held_out


def _read(place: Path | str, labelled: bool) -> Split:
    if not str(place):  # Path("") is the current folder
        raise MissingDataset("no folder and no file is named: say where the pictures are")
    path = Path(place)
    if path.is_dir():
        folders = [each for each in sorted(path.iterdir()) if each.is_dir() and not is_systems_own((each.name,))]
        parts = {_part(each.name): each for each in folders}
        # A class may be called "train" (or a picture of one lie in a folder of that name): only alone do they divide.
        divided = "train" in parts and not set(parts) - {"train", *HELD_OUT_PARTS} and len(parts) == len(folders)
        return _in_parts(path, {name: _folder(parts[name], labelled) for name in _wanted(parts)} if divided
                         else {"train": _folder(path, labelled)}, labelled)  # fmt: skip
    if path.suffix != ".npz" or not path.exists():
        raise no_pictures_at(path)
    with open_npz(path, str(path), MAX_OWN) as arrays:
        held = [key.removesuffix("_images") for key in arrays.keys if key.endswith("_images")]
    if "train" not in held:
        raise UnreadableSet(f"{path} has no array train_images: use MedMNIST's key names.")
    return _in_parts(path, {name: _npz(path, name, labelled) for name in _wanted(held)}, labelled)


def _part(folder: str) -> str:
    """The usual name of a part ("Training" is train), or the folder's own."""
    part = part_of(folder)
    return part[0] if part and not part[1] else folder


def _wanted(parts: "dict[str, Path] | list[str]") -> list[str]:
    return ["train", *[name for name in HELD_OUT_PARTS if name in parts][:1]]


def _folder(path: Path, labelled: bool) -> ImageSet:
    return read_class_folders(path) if labelled else read_folder(path)


def _npz(path: Path, split: str, labelled: bool) -> ImageSet:
    images = read_npz(path, split, labelled=labelled)
    if not labelled:
        return images
    if images.labels is None:
        raise ValueError(f"{path} has no array {split}_labels: known pictures need a class each")
    return replace(images, classes=images.classes or tuple(map(str, range(int(images.labels.max()) + 1))))


def _in_parts(path: Path, parts: dict[str, ImageSet], labelled: bool) -> Split:
    if len(parts) == 2:
        train, held_out = parts.values()
        if labelled and (numbers := np.bincount(_labels(train), minlength=len(train.classes))).min() < 1:
            raise ValueError(
                f"{path}: there is no picture of class {train.classes[int(numbers.argmin())]} to learn from"
            )
        other = next(name for name in parts if name != "train")
        return Split(train, held_out, f"{len(held_out):,} pictures of {path.name}/{other} are held out to evaluate on.")
    whole = parts["train"]
    labels = _labels(whole) if labelled else np.zeros(len(whole), np.int64)
    numbers = np.bincount(labels, minlength=len(whole.classes) if labelled else 1)
    if numbers.min() < 2:
        lone = f"class {whole.classes[int(numbers.argmin())]}" if labelled else "set"
        raise ValueError(f"{path}: its {lone} needs at least two pictures, one to learn from and one held out")
    chosen = every_fifth(labels)
    held_out = whole.take(np.flatnonzero(chosen))
    of_each = " of each class" if labelled else ""
    how = (
        f"One in five pictures{of_each} in {path.name} is held out to evaluate on: {len(held_out):,} of {len(whole):,}."
    )
    return Split(whole.take(np.flatnonzero(~chosen)), held_out, how)


def _labels(images: ImageSet) -> Int[np.ndarray, " n"]:
    """The labels of pictures that were read with theirs."""
    return cast("np.ndarray", images.labels)
