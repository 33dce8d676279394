"""Every image set that recipes, reports and pages know by its name.

`load_set(name, data)` returns one: CIFAR, folders of photos, scikit-learn's digits, the gallery, seeded noise, and the
sets on which others report (`nat_core.data.sources.field_sets`).
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8

from nat_core.data.images import read_image
from nat_core.data.sources.cifar import PUBLISHED, read_cifar
from nat_core.data.sources.field_sets import FIELD_SETS, FieldSet
from nat_core.data.sources.image_sets import (
    ImageSet,
    as_32,
    identities,
    read_class_folders,
    read_folder,
    read_npz,
)
from nat_core.errors import MissingDataset
from nat_core.language import _
from nat_core.measure.variants import places_kept
from nat_core.recipes import ILSVRC, OWN, VARIANTS

PARTS = {"all": range(5), "test": (0,), "train": (1, 2, 3, 4), "held_out": (1,), "fit": (2, 3, 4)}
"""The parts of scikit-learn's digits: which of every five pictures belong to each."""


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
    images, digits = all_digits()
    chosen = np.isin(digits, wanted) & np.isin(np.arange(len(digits)) % 5, PARTS[part])
    # Its greys go from 0 to 16.
    grey = np.round(np.multiply(images[chosen].reshape(-1, 8, 8), 255 / 16)).astype(np.uint8)
    return grey, digits[chosen]


@cache
def all_digits() -> tuple[Float[np.ndarray, "n 64"], Int[np.ndarray, " n"]]:
    """Return scikit-learn's pictures of digits, greys from 0 to 16, and which digit each is. Read once.

    >>> all_digits()[0].shape
    (1797, 64)
    """
    # Importing the library takes longer than learning the digits, its file can be read without; should it lie
    # elsewhere in another version, the library knows.
    library = find_spec("sklearn")
    home = Path(library.origin).parent if library and library.origin else Path()
    if (file := home / "datasets" / "data" / "digits.csv.gz").is_file():
        rows = np.loadtxt(file, delimiter=",")
        images, digits = rows[:, :-1], rows[:, -1]
    else:
        from sklearn.datasets import load_digits

        images, digits = map(np.asarray, load_digits(return_X_y=True))
    return images, digits.astype(np.int64)


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
        if (found := read_cifar(source, split, data, name)) is not None:
            return found
        command = f"nat data --download {source}"
        told = _(
            "No image set {name}: looked for {archive}, {folders}, {published} and {packed}. Get it with: {command}",
            name=name,
            archive=archive,
            folders=folders,
            published=PUBLISHED[source].folder,
            packed=PUBLISHED[source].archive,
            command=command,
        )
        raise MissingDataset(told)

    return read


def _ilsvrc(name: str, data: Path) -> ImageSet:
    folder = data / "ilsvrc"
    if not folder.is_dir():
        told = _(
            "No image set {name}: looked for {folder}. Put photos of ILSVRC 2012 there (image-net.org, registration "
            "needed), or any folder of photos",
            name=name,
            folder=folder,
        )
        raise MissingDataset(told)
    return read_folder(folder, name)


def _ilsvrc_variant(name: str, data: Path) -> ImageSet:
    photos = _ilsvrc(ILSVRC, data)
    kept = places_kept(name, photos.ids)
    if kept is None or not len(kept):
        told = _(
            "No image set {name}: the photos' names must begin with their WordNet ids (n01440764_tench.jpg), and some "
            "must show none of CIFAR-10's classes",
            name=name,
        )
        raise MissingDataset(told)
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
    **{name: each.read for name, each in FIELD_SETS.items()},
}


def load_set(name: str, data: Path | str | None = None, own: Mapping[str, ImageSet] | None = None) -> ImageSet:
    """Return the image set of that name: one of a person's `own`, or from the data folder (see `data_folder`).

    Raises ValueError for an unknown name (naming the known ones), MissingDataset where its files are not there, or no
    such set is among `own`.

    >>> load_set("digits_test").classes
    ('0', '1', '2', '3', '4', '5')
    """
    if own and name in own:
        return own[name]
    if own is not None and name.startswith(f"{OWN}_"):
        raise MissingDataset(f"No image set {name}: no such pictures were handed over")
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
    ['cifar10', 'cifar100', 'ilsvrc', 'noise', 'digits', 'tiny_imagenet', 'mnist', 'svhn', 'dtd', 'dtd_test1', \
'places365', 'lsun', 'lsun_crop', 'lsun_resize', 'isun', 'gaussian', 'rademacher', 'blob']
    """
    home = data_folder(data)
    rows = [_cifar_status(source, home) for source in PUBLISHED]
    photos = _("put photos of ILSVRC 2012 (image-net.org, registration needed) into that folder")
    rows.append(DatasetStatus("ilsvrc", (home / "ilsvrc").is_dir(), str(home / "ilsvrc"), photos))
    rows.append(DatasetStatus("noise", True, _("drawn from its seed"), _("nothing to get")))
    # Looked for, not imported: that alone would take longer than all the rest.
    rows.append(DatasetStatus("digits", find_spec("sklearn") is not None, "scikit-learn", "pip install scikit-learn"))
    return rows + [_field_status(each, home) for each in FIELD_SETS.values()]


def _cifar_status(source: str, home: Path) -> DatasetStatus:
    places = [home / each for each in (f"{source}.npz", source, PUBLISHED[source].folder, PUBLISHED[source].archive)]
    found = next((each for each in places if each.exists()), None)
    return DatasetStatus(source, found is not None, str(found or places[0]), f"nat data --download {source}")


def _field_status(each: FieldSet, home: Path) -> DatasetStatus:
    if not each.places:
        return DatasetStatus(each.name, True, _("drawn from its seed"), each.how_to_get)
    found = each.where(home)
    return DatasetStatus(each.name, found is not None, str(found or home / each.places[0]), each.how_to_get)
