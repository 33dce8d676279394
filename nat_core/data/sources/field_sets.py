"""The sets on which others report what a CIFAR-10 network does not know, by name: where they lie and how to get them.

Each is a set of negatives to a network of CIFAR-10. Readers stand in `photos`, `arrays` and `noise`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from nat_core.data.sources import arrays, noise, photo_sets
from nat_core.data.sources.image_sets import PLAIN, ImageSet, Look


@runtime_checkable
class Reader(Protocol):
    """Returns the set `name` from the data folder; raises MissingDataset or UnreadableSet."""

    def __call__(self, name: str, data: Path, look: Look = PLAIN) -> ImageSet:
        """Read the set."""
        ...


@dataclass(frozen=True)
class FieldSet:
    """One set that is known by its name."""

    name: str
    title: str
    read: Reader
    places: tuple[str, ...]
    """Where it may lie below the data folder, the first being where it is looked for; none for what is made here."""
    how_to_get: str
    kin: tuple[str, ...] = ()
    """Sets of ours from the same source, or made in the same way: who learnt from one of them knows this one."""

    def where(self, data: Path) -> Path | None:
        """Return the place where it lies; None where it is not there or is made here."""
        return next((data / each for each in self.places if (data / each).exists()), None)


_FROM_PHOTOS = ("ilsvrc",)
_NOISE = ("noise", "noise_uniform", "noise_normal")

FIELD_SETS: dict[str, FieldSet] = {
    each.name: each
    for each in (
        FieldSet(
            "tiny_imagenet",
            "Tiny ImageNet",
            photo_sets.read_tiny_imagenet,
            (f"{photo_sets.TINY_IMAGENET}/val/images",),
            photo_sets.GET_TINY_IMAGENET,
            _FROM_PHOTOS,  # its classes are some of ILSVRC's
        ),
        FieldSet(
            "mnist",
            "MNIST",
            arrays.read_mnist,
            tuple(
                f"{folder}/{arrays.MNIST_FILES[1]}{ending}" for folder in arrays.MNIST_FOLDERS for ending in (".gz", "")
            ),
            "put MNIST's train-images-idx3-ubyte.gz and t10k-images-idx3-ubyte.gz there",
        ),
        FieldSet("svhn", "SVHN", arrays.read_svhn, arrays.SVHN_FILES, "nat data --download svhn"),
        FieldSet(
            "dtd",
            "Textures",
            photo_sets.read_textures,
            tuple(f"{each}/images" for each in photo_sets.TEXTURES),
            "nat data --download dtd",
        ),
        FieldSet(
            "dtd_test1",
            "Textures, test1",
            photo_sets.read_textures,
            tuple(f"{each}/labels/test1.txt" for each in photo_sets.TEXTURES),
            "nat data --download dtd",
        ),
        FieldSet(
            "places365",
            "Places365",
            photo_sets.read_places,
            (
                *(f"{photo_sets.PLACES}/{each}" for each in photo_sets.PLACES_PICTURES),
                f"{photo_sets.PLACES}/airplane_cabin",
            ),
            photo_sets.GET_PLACES,
        ),
        FieldSet(
            "lsun",
            "LSUN",
            photo_sets.read_photos,
            (photo_sets.FOLDERS["lsun"],),
            photo_sets.GET_FOLDERS["lsun"],
        ),
        *(
            FieldSet(name, title, photo_sets.read_photos, (photo_sets.FOLDERS[name],), photo_sets.GET_FOLDERS[name])
            for name, title in (("lsun_crop", "LSUN (crop)"), ("lsun_resize", "LSUN (resize)"), ("isun", "iSUN"))
        ),
        FieldSet("gaussian", "Gaussian", noise.read_noise, (), "nothing to get", _NOISE),
        FieldSet("rademacher", "Rademacher", noise.read_noise, (), "nothing to get", _NOISE),
        FieldSet("blob", "Blob", noise.read_noise, (), "nothing to get", ("blobs",)),
    )
}
