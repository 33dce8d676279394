"""Image sets: CIFAR from disk, folders of any pictures, .npz files, scikit-learn's digits, seeded noise.

`load_set(name, data)` returns a set by the name that recipes, reports and pages use for it.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from nat_core.ilsvrc import places_kept
from nat_core.images import read_image
from nat_core.readers import (
    ImageSet,
    MissingDataset,
    as_32,
    digit_pictures,
    identities,
    read_class_folders,
    read_folder,
    read_npz,
)
from nat_core.recipes import ILSVRC, VARIANTS

__all__ = [
    "CIFAR10_CLASSES",
    "SETS",
    "DatasetStatus",
    "ImageSet",
    "MissingDataset",
    "data_folder",
    "describe",
    "identities",
    "load_set",
    "noise",
    "read_class_folders",
    "read_folder",
    "read_npz",
]

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
NOISE_COUNT = 10_000


def data_folder(explicit: Path | str | None = None) -> Path:
    """Return where image sets live: `explicit` (--data), else NAT_DATA, else ./data."""
    return Path(explicit or os.environ.get("NAT_DATA") or "data")


def noise(seed: int = 0, count: int = NOISE_COUNT) -> ImageSet:
    """Return Gaussian noise drawn once per seed: N(0, 1) in normalised space, float32 (paper, "CIFAR 10").

    >>> noise(count=2).pixels.shape
    (2, 32, 32, 3)
    """
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

    from nat_core.synthetics import patch_shuffled

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
