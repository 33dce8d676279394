"""Image sets: readers of .npz files and folders, and every set that recipes, reports and pages know by its name.

`load_set(name, data)` returns one: CIFAR, folders of photos, scikit-learn's digits, the gallery, seeded noise.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha1
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image
from tqdm import tqdm

from nat_core.data.images import read_image
from nat_core.data.npz import MAX_OWN, open_npz
from nat_core.errors import MissingDataset, UnreadableImage, UnreadableSet
from nat_core.measure.variants import places_kept
from nat_core.recipes import ILSVRC, VARIANTS

PARTS = {"all": range(5), "test": (0,), "train": (1, 2, 3, 4), "held_out": (1,), "fit": (2, 3, 4)}
"""The parts of scikit-learn's digits: which of every five pictures belong to each."""
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")


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


# --- readers ---------------------------------------------------------------------------------------------------------


def read_npz(path: Path | str, split: str = "test", name: str | None = None, *, labelled: bool = True) -> ImageSet:
    """Read one split of an .npz with MedMNIST's key names: `<split>_images`, `<split>_labels`, optional `classes`.

    Images are uint8 (n, h, w), (n, h, w, 1) or (n, h, w, 3); other sizes than 32 x 32 are resized as uploads are.
    Labels are whole numbers, names, or a row of zeros with a single 1 a picture (`nat_core.data.npz.as_labels`);
    `labelled=False` leaves them aside.
    Raises MissingDataset where there is no such file, UnreadableSet where it is not such a file.

    >>> read_npz("no such file.npz")
    Traceback (most recent call last):
    nat_core.errors.MissingDataset: No image set at no such file.npz: name an .npz file with the key test_images
    """
    path = Path(path)
    if not path.is_file():
        raise MissingDataset(f"No image set at {path}: name an .npz file with the key {split}_images")
    with open_npz(path, str(path), MAX_OWN) as arrays:
        if f"{split}_images" not in arrays.keys:
            raise UnreadableSet(f"{path} has no array {split}_images: use MedMNIST's key names.")
        pixels = arrays.pictures(f"{split}_images", partial(as_32, path=path))
        labels, classes = arrays.labels(f"{split}_labels", len(pixels)) if labelled else (None, ())
    return ImageSet(name or path.stem, pixels, identities(pixels), labels, classes)


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

    Each becomes `size` x `size` pixels, as `nat_core.data.images.read_image` does it (`crop`, `resample`). Files that
    cannot be read are left out and named in `skipped`. Labels are None. `progress` shows a bar on standard error.
    Raises MissingDataset where the folder is missing or holds no readable picture, ValueError for a size, crop or
    filter that does not exist.

    >>> len(read_folder(GALLERY))
    45
    """
    path = Path(path)
    if not path.is_dir():
        raise MissingDataset(f"No folder of pictures at {path}: make it and put the pictures there")
    pictures, ids, skipped = [], [], []
    # Sorted, because the order of a folder's entries is the file system's own.
    for file in tqdm(sorted(_pictures_under(path)), "reading", disable=not progress, unit="picture"):
        try:
            pictures.append(read_image(file, size=size, crop=crop, resample=resample))
            ids.append(file.relative_to(path).as_posix())
        except UnreadableImage as error:
            skipped.append(str(error))
    if not pictures:
        raise MissingDataset(f"No picture in {path} can be read: put {', '.join(SUFFIXES)} files there")
    return ImageSet(name or path.name, np.stack(pictures), tuple(ids), skipped=tuple(skipped))


def read_class_folders(path: Path | str, name: str | None = None, *, size: int = 32) -> ImageSet:
    """Read pictures that lie in one folder a class; labels number the classes in alphabetical order.

    Otherwise as `read_folder`; raises as it does, and ValueError where a picture lies in no class folder.
    """
    every = read_folder(path, name, size=size)
    alone = next((identity for identity in every.ids if "/" not in identity), None)
    if alone is not None:
        raise ValueError(f"{path} must hold one folder a class; {alone} lies in none: put it into its class's folder")
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

    >>> digit_pictures((8, 9))[0].shape
    (354, 8, 8)
    """
    if part not in PARTS or not set(wanted) & set(range(10)):
        raise ValueError(f"digits are some of 0 to 9, in the parts {', '.join(PARTS)}; not {list(wanted)}, {part!r}")
    from sklearn.datasets import load_digits  # 1.7 s to import: only for anyone who wants the digits

    images, digits = map(np.asarray, load_digits(return_X_y=True))
    chosen = np.isin(digits, wanted) & np.isin(np.arange(len(digits)) % 5, PARTS[part])
    # Its greys go from 0 to 16.
    grey = np.round(np.multiply(images[chosen].reshape(-1, 8, 8), 255 / 16)).astype(np.uint8)
    return grey, digits[chosen].astype(np.int64)


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


def _pictures_under(path: Path) -> Iterator[Path]:
    return (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())


# --- the sets by name ------------------------------------------------------------------------------------------------

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
GALLERY = Path(__file__).parent / "gallery"
"""The free pictures that come with the package, with gallery.json, which names each and says whose it is."""
CIFAR100_CLASSES = tuple((Path(__file__).parent / "cifar100_classes.txt").read_text(encoding="utf-8").split())
"""CIFAR-100's fine labels in their order."""
NOISE_COUNT = 10_000


def data_folder(explicit: Path | str | None = None) -> Path:
    """Return where image sets live: `explicit` (--data), else NAT_DATA, else ./data.

    >>> data_folder("pictures").name
    'pictures'
    """
    return Path(explicit or os.environ.get("NAT_DATA") or "data")


def noise(seed: int = 0, count: int = NOISE_COUNT) -> ImageSet:
    """Return Gaussian noise drawn once per seed: N(0, 1) in normalised space, float32 (paper, "CIFAR 10").

    >>> noise(count=2).pixels.shape
    (2, 32, 32, 3)
    """
    # Drawn as float32, not rounded to it: NumPy draws other numbers for each type, and stored predictions are of these.
    values = np.random.default_rng(seed).standard_normal((count, 32, 32, 3), np.float32)
    return ImageSet("noise", values, identities(values))


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


def _ilsvrc_variant(name: str, data: Path) -> ImageSet:
    photos = _ilsvrc(ILSVRC, data)
    kept = places_kept(name, photos.ids)
    if kept is None or not len(kept):
        raise MissingDataset(
            f"No image set {name}: the photos' names must begin with their WordNet ids (n01440764_tench.jpg), and some "
            f"must show none of CIFAR-10's classes"
        )
    return replace(photos.take(kept), name=name)


def _gallery(name: str, data: Path) -> ImageSet:
    own = data / "gallery"  # anyone's own pictures take the place of ours
    folder = own if (own / "gallery.json").is_file() else GALLERY
    entries = sorted(json.loads((folder / "gallery.json").read_text(encoding="utf-8")), key=lambda entry: entry["file"])
    pixels = np.stack([read_image(folder / entry["file"]) for entry in entries])
    labels = np.array([_class_index(entry["label"]) for entry in entries], np.int64)
    return ImageSet(name, pixels, tuple(entry["file"] for entry in entries), labels, CIFAR10_CLASSES)


def _class_index(label: str) -> int:
    return CIFAR10_CLASSES.index(label) if label in CIFAR10_CLASSES else -1


def _digits(wanted: Sequence[int], part: str, known: bool) -> Callable[[str, Path], ImageSet]:
    """Pictures of the wanted digits, in the parts of `digit_pictures`."""

    def read(name: str, data: Path) -> ImageSet:
        grey, digits = digit_pictures(wanted, part)
        pixels = as_32(grey, Path("digits"))
        labels = digits if known else None
        return ImageSet(name, pixels, identities(pixels), labels, tuple(map(str, wanted)) if known else ())

    return read


def _part(source: str, held_out: bool) -> Callable[[str, Path], ImageSet]:
    """The training pictures in two parts: held out are every tenth of CIFAR-10 and every fifth class of CIFAR-100."""

    def read(name: str, data: Path) -> ImageSet:
        whole = _cifar(source, "train")(name, data)
        number = np.arange(len(whole)) if source == "cifar10" else whole.labels
        if number is None:
            raise ValueError(f"{source} has no labels: which of its pictures to hold out cannot be told")
        return whole.take(np.flatnonzero((number % (10 if source == "cifar10" else 5) == 0) == held_out))

    return read


def _patch_shuffled(name: str, data: Path) -> ImageSet:
    import torch  # the one way of shuffling is the upper floor's

    from nat_core.data.synthetic import patch_shuffled

    whole = _cifar("cifar10", "test")(name, data)
    pixels = patch_shuffled(torch.from_numpy(whole.pixels), torch.Generator().manual_seed(0)).numpy()
    return ImageSet(name, pixels, identities(pixels))


def _pixel_noise(name: str, data: Path) -> ImageSet:
    """Noise in pixels: uniform over 0 ... 255, or normal around the middle grey with a deviation of a quarter."""
    generator, shape = np.random.default_rng(0), (NOISE_COUNT, 32, 32, 3)
    if name == "noise_uniform":
        pixels = generator.integers(0, 256, shape, np.uint8)
    else:
        values = generator.standard_normal(shape, np.float32) * 63.75 + 127.5
        pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return ImageSet(name, pixels, identities(pixels))


SETS: dict[str, Callable[[str, Path], ImageSet]] = {
    "cifar10_train": _cifar("cifar10", "train"),
    "cifar10_test": _cifar("cifar10", "test"),
    "cifar100_train": _cifar("cifar100", "train"),
    "cifar100_test": _cifar("cifar100", "test"),
    ILSVRC: _ilsvrc,
    **dict.fromkeys(VARIANTS, _ilsvrc_variant),
    "noise": lambda name, data: noise(),
    # Another seed than the test noise's, so that no picture is both learned and measured on.
    "noise_train": lambda name, data: replace(noise(seed=1), name=name),
    "noise_uniform": _pixel_noise,
    "noise_normal": _pixel_noise,
    "cifar10_fit": _part("cifar10", held_out=False),
    "cifar10_held_out": _part("cifar10", held_out=True),
    "cifar100_fit": _part("cifar100", held_out=False),
    "cifar100_held_out": _part("cifar100", held_out=True),
    "patch_shuffled_test": _patch_shuffled,
    "gallery": _gallery,
    "digits_train": _digits(range(6), "train", known=True),
    "digits_test": _digits(range(6), "test", known=True),
    "digits_67_train": _digits((6, 7), "train", known=False),
    "digits_67_test": _digits((6, 7), "test", known=False),
    "digits_89": _digits((8, 9), "all", known=False),
    "digits_fit": _digits(range(6), "fit", known=True),
    "digits_held_out": _digits(range(6), "held_out", known=True),
    "digits_6_train": _digits((6,), "train", known=False),
    "digits_7_train": _digits((7,), "train", known=False),
    "digits_all_train": _digits(range(10), "train", known=False),
    "digits_all_test": _digits(range(10), "test", known=False),
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


# --- what is there ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DatasetStatus:
    """Whether one image set is there, and how to get it where it is not."""

    name: str
    present: bool
    where: str
    how_to_get: str


def describe(data: Path | str | None = None) -> list[DatasetStatus]:
    """Return the status of every known source of pictures, without reading any of them.

    >>> [each.name for each in describe()]
    ['cifar10', 'cifar100', 'ilsvrc', 'noise', 'digits']
    """
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
    # Looked for, not imported: that alone would take longer than all the rest.
    rows.append(DatasetStatus("digits", find_spec("sklearn") is not None, "scikit-learn", "pip install scikit-learn"))
    return rows
