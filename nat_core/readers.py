"""Readers: pictures on disk, in an .npz file, a folder or one folder a class, become an image set."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image

from nat_core.images import UnreadableImage, image_id, read_image

PARTS = {"all": range(5), "test": (0,), "train": (1, 2, 3, 4), "held_out": (1,), "fit": (2, 3, 4)}
"""The parts of scikit-learn's digits: which of every five pictures belong to each."""
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")


class MissingDataset(FileNotFoundError):
    """An image set that is not where it was looked for; the message says what, where, and how to get it."""


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Pictures of one size with their identities, and labels where the set has classes that a network can know."""

    name: str
    pixels: UInt8[np.ndarray, "n size size 3"] | Float[np.ndarray, "n size size 3"]
    """uint8, or float32 where the values are already normalised (noise)."""
    ids: tuple[str, ...]
    labels: Int[np.ndarray, " n"] | None = None
    classes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = field(default=())
    """One sentence for each file that could not be read."""

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, chosen: Int[np.ndarray, " k"]) -> "ImageSet":
        """Return the chosen pictures, in that order, as a set of the same name."""
        labels = None if self.labels is None else self.labels[chosen]
        ids = tuple(self.ids[index] for index in chosen)
        return ImageSet(self.name, self.pixels[chosen], ids, labels, self.classes, self.skipped)


def read_npz(path: Path, split: str = "test", name: str | None = None) -> ImageSet:
    """Read one split of an .npz with MedMNIST's key names: `<split>_images`, `<split>_labels`, optional `classes`.

    Images are uint8 (n, h, w), (n, h, w, 1) or (n, h, w, 3); other sizes than 32 x 32 are resized as uploads are.
    Raises MissingDataset where there is no such file, ValueError where it is not such a file.
    """
    if not path.is_file():
        raise MissingDataset(f"No image set at {path}: name an .npz file with the key {split}_images")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            images = arrays[f"{split}_images"]
            labels = arrays.get(f"{split}_labels")
            classes = tuple(str(each) for each in arrays["classes"]) if "classes" in arrays else ()
    except KeyError:
        raise ValueError(f"{path} has no array {split}_images: use MedMNIST's key names") from None
    except (ValueError, OSError, BadZipFile, EOFError) as error:
        raise ValueError(f"{path} cannot be read as an .npz file ({error}): make it again with numpy.savez") from None
    pixels = as_32(images, path)
    labels = None if labels is None else labels.reshape(-1).astype(np.int64)
    if labels is not None and len(labels) != len(pixels):
        raise ValueError(f"{path}: {len(labels)} {split}_labels for {len(pixels)} {split}_images")
    return ImageSet(name or path.stem, pixels, identities(pixels), labels, classes)


def read_folder(path: Path, name: str | None = None, crop: str = "centre", resample: str = "bicubic") -> ImageSet:
    """Read every picture under a folder, of any size, in the order of their names; ids are paths below the folder.

    Files that cannot be read are left out and named in `skipped`. Labels are None. Raises MissingDataset where the
    folder is missing or holds no readable picture.
    """
    if not path.is_dir():
        raise MissingDataset(f"No folder of pictures at {path}: make it and put the pictures there")
    pictures, ids, skipped = [], [], []
    for file in sorted(_pictures_under(path)):
        try:
            pictures.append(read_image(file, crop=crop, resample=resample))
            ids.append(file.relative_to(path).as_posix())
        except UnreadableImage as error:
            skipped.append(str(error))
    if not pictures:
        raise MissingDataset(f"No picture in {path} can be read: put {', '.join(SUFFIXES)} files there")
    return ImageSet(name or path.name, np.stack(pictures), tuple(ids), skipped=tuple(skipped))


def read_class_folders(path: Path, name: str | None = None) -> ImageSet:
    """Read pictures that lie in one folder a class; labels number the classes in alphabetical order."""
    every = read_folder(path, name)
    classes = tuple(sorted({Path(identity).parts[0] for identity in every.ids}))
    labels = np.array([classes.index(Path(identity).parts[0]) for identity in every.ids], np.int64)
    return ImageSet(every.name, every.pixels, every.ids, labels, classes, every.skipped)


def digit_pictures(
    wanted: Sequence[int], part: str = "all"
) -> tuple[UInt8[np.ndarray, "n 8 8"], Int[np.ndarray, " n"]]:
    """Return scikit-learn's pictures of the wanted digits, grey 0 ... 255, and which digit each is.

    Of every five pictures the first is a test picture and the second the held-out one of the others: `part` is `all`,
    `test`, `train` (all others), `held_out` or `fit` (the others without the held-out ones). ValueError for another
    part, or where no digit is wanted.
    """
    if part not in PARTS or not set(wanted) & set(range(10)):
        raise ValueError(f"digits are some of 0 to 9, in the parts {', '.join(PARTS)}; not {list(wanted)}, {part!r}")
    from sklearn.datasets import load_digits  # 1.7 s to import: only for who wants the digits

    images, digits = map(np.asarray, load_digits(return_X_y=True))
    chosen = np.isin(digits, wanted) & np.isin(np.arange(len(digits)) % 5, PARTS[part])
    grey = np.round(np.multiply(images[chosen].reshape(-1, 8, 8), 255 / 16)).astype(np.uint8)
    return grey, digits[chosen].astype(np.int64)


def as_32(images: np.ndarray, path: Path | str) -> UInt8[np.ndarray, "n 32 32 3"]:
    """Return uint8 pictures, grey or coloured, as 32 x 32 in colour; ValueError, naming the file, for any others."""
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or images.shape[3:] not in ((), (1,), (3,)):
        raise ValueError(f"{path}: pictures must be uint8 (n, h, w) or (n, h, w, 3), not {images.dtype} {images.shape}")
    if images.shape[3:] != (3,):
        images = np.repeat(images.reshape(*images.shape[:3], 1), 3, axis=3)
    if images.shape[1:3] == (32, 32):
        return images
    return np.stack([np.asarray(Image.fromarray(each).resize((32, 32), Image.Resampling.BICUBIC)) for each in images])


def identities(pixels: np.ndarray) -> tuple[str, ...]:
    """Return each picture's id: the first 16 hex digits of the SHA-1 of its bytes (see `images.image_id`).

    >>> identities(np.zeros((1, 32, 32, 3), np.uint8))
    ('02ec1f60b2e76741',)
    """
    if pixels.dtype == np.uint8:
        return tuple(image_id(picture) for picture in pixels)
    return tuple(sha1(picture.tobytes(), usedforsecurity=False).hexdigest()[:16] for picture in pixels)


def _pictures_under(path: Path) -> Iterator[Path]:
    return (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
