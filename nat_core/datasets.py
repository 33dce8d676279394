"""Image sets: CIFAR from disk, folders of any pictures, .npz files, scikit-learn's digits, seeded noise.

`load_set(name, data)` returns a set by the name that recipes, reports and pages use for it.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from importlib.util import find_spec
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float, Int, UInt8

from nat_core.images import UnreadableImage, image_id, read_image

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
NOISE_COUNT = 10_000


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


def data_folder(explicit: Path | str | None = None) -> Path:
    """Return where image sets live: `explicit` (--data), else NAT_DATA, else ./data."""
    return Path(explicit or os.environ.get("NAT_DATA") or "data")


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
    pixels = _as_32(images, path)
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


def noise(seed: int = 0, count: int = NOISE_COUNT) -> ImageSet:
    """Return Gaussian noise drawn once per seed: N(0, 1) in normalised space, float32 (paper, "CIFAR 10").

    >>> noise(count=2).pixels.shape
    (2, 32, 32, 3)
    """
    values = np.random.default_rng(seed).standard_normal((count, 32, 32, 3), np.float32)
    return ImageSet("noise", values, identities(values))


def _as_32(images: np.ndarray, path: Path) -> UInt8[np.ndarray, "n 32 32 3"]:
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or images.shape[3:] not in ((), (1,), (3,)):
        raise ValueError(f"{path}: pictures must be uint8 (n, h, w) or (n, h, w, 3), not {images.dtype} {images.shape}")
    if images.shape[3:] != (3,):
        images = np.repeat(images.reshape(*images.shape[:3], 1), 3, axis=3)
    if images.shape[1:3] == (32, 32):
        return images
    from PIL import Image

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


def _cifar(source: str, split: str) -> Callable[[str, Path], ImageSet]:
    def read(name: str, data: Path) -> ImageSet:
        archive, folders = data / f"{source}.npz", data / source / split
        if archive.is_file():
            return read_npz(archive, split, name)
        if folders.is_dir():
            return read_class_folders(folders, name)
        raise MissingDataset(
            f"No image set {name}: looked for {archive} and {folders}. Get it with: nat data --download {source}"
        )

    return read


def _ilsvrc(name: str, data: Path) -> ImageSet:
    folder = data / "ilsvrc"
    if not folder.is_dir():
        raise MissingDataset(
            f"No image set {name}: looked for {folder}. Put photos of ILSVRC 2012 there (image-net.org, registration "
            f"needed), or any folder of photos"
        )
    return read_folder(folder, name)


def _gallery(name: str, data: Path) -> ImageSet:
    specification = find_spec("app")
    homes = [data / "gallery", *(Path(place) / "gallery" for place in specification.submodule_search_locations or ())]\
        if specification else [data / "gallery"]  # fmt: skip
    folder = next((home for home in homes if (home / "gallery.json").is_file()), None)
    if folder is None:
        raise MissingDataset(f"No image set {name}: looked for gallery.json in {' and '.join(map(str, homes))}")
    entries = sorted(json.loads((folder / "gallery.json").read_text()), key=lambda entry: entry["file"])
    pixels = np.stack([read_image(folder / entry["file"]) for entry in entries])
    labels = np.array([_class_index(entry["label"]) for entry in entries], np.int64)
    return ImageSet(name, pixels, tuple(entry["file"] for entry in entries), labels, CIFAR10_CLASSES)


def _class_index(label: str) -> int:
    return CIFAR10_CLASSES.index(label) if label in CIFAR10_CLASSES else -1


def _digits(wanted: Sequence[int], test: bool | None, known: bool) -> Callable[[str, Path], ImageSet]:
    """Pictures of the wanted digits; every fifth is a test picture (`test` None takes all)."""

    def read(name: str, data: Path) -> ImageSet:
        from sklearn.datasets import load_digits  # 1.7 s to import: only for who wants the digits

        images, digits = load_digits(return_X_y=True)
        is_test = np.arange(len(digits)) % 5 == 0
        chosen = np.isin(digits, wanted) & (True if test is None else is_test == test)
        grey = np.round(images[chosen].reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
        pixels = _as_32(grey, Path("digits"))
        labels = digits[chosen].astype(np.int64) if known else None
        return ImageSet(name, pixels, identities(pixels), labels, tuple(map(str, wanted)) if known else ())

    return read


SETS: dict[str, Callable[[str, Path], ImageSet]] = {
    "cifar10_train": _cifar("cifar10", "train"),
    "cifar10_test": _cifar("cifar10", "test"),
    "cifar100_train": _cifar("cifar100", "train"),
    "cifar100_test": _cifar("cifar100", "test"),
    "ilsvrc": _ilsvrc,
    "noise": lambda name, data: noise(),
    "gallery": _gallery,
    "digits_train": _digits(range(6), test=False, known=True),
    "digits_test": _digits(range(6), test=True, known=True),
    "digits_67_train": _digits((6, 7), test=False, known=False),
    "digits_67_test": _digits((6, 7), test=True, known=False),
    "digits_89": _digits((8, 9), test=None, known=False),
}


def load_set(name: str, data: Path | str | None = None) -> ImageSet:
    """Return the image set of that name from the data folder (see `data_folder`).

    Raises ValueError for an unknown name (naming the known ones), MissingDataset where its files are not there.

    >>> load_set("digits_test").classes
    ('0', '1', '2', '3', '4', '5')
    """
    if name not in SETS:
        raise ValueError(f"unknown image set {name!r}; known: {', '.join(SETS)}")
    return SETS[name](name, data_folder(data))


@dataclass(frozen=True)
class DatasetStatus:
    """Whether one image set is there, and how to get it where it is not."""

    name: str
    present: bool
    where: str
    how_to_get: str


def describe(data: Path | str | None = None) -> list[DatasetStatus]:
    """Return the status of every known source of pictures, without reading any of them."""
    home = data_folder(data)
    rows = [
        DatasetStatus(
            source,
            (home / f"{source}.npz").is_file() or (home / source).is_dir(),
            str(home / f"{source}.npz"),
            f"nat data --download {source}",
        )
        for source in ("cifar10", "cifar100")
    ]
    photos = "put photos of ILSVRC 2012 (image-net.org, registration needed) into that folder"
    rows.append(DatasetStatus("ilsvrc", (home / "ilsvrc").is_dir(), str(home / "ilsvrc"), photos))
    rows.append(DatasetStatus("noise", True, "drawn from its seed", "nothing to get"))
    rows.append(DatasetStatus("digits", find_spec("sklearn") is not None, "scikit-learn", "pip install scikit-learn"))
    return rows
