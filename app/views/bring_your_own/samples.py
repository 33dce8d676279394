"""What to try where nothing is at hand: an image set of the gallery's pictures, and a stored network as a file."""

from dataclasses import dataclass
from functools import cache
from io import BytesIO

import numpy as np

from nat_app.answers import stored_answers
from nat_app.shared.drawing.palette import Kind
from nat_app.shared.gallery import GalleryPicture, gallery_pictures
from nat_app.shared.pairs import Pair
from nat_core.data.images import read_image
from nat_core.errors import CheckpointError
from nat_core.recipes import RECIPES
from nat_core.store.checkpoints import WEIGHTS

FILE = "sample"
"""Stands where a visitor's file has its id."""
SET_NAME = "sample.npz"
SETS, MOST_PICTURES = ("cifar10_test", "cifar100_test", stored_answers.GALLERY), 300
"""What a sample network is asked about, and how many pictures of each: it shows what happens, and soon."""
NETWORKS = ("wrn16_1_student_of_baseline", "wrn16_1_baseline", "wrn40_1_baseline", "resnet18_baseline")
"""Networks to try, the quickest first: each knows CIFAR-10's classes and saw no negatives."""


@dataclass(frozen=True)
class SampleFile:
    """A file as the uploader gives it."""

    name: str
    content: bytes
    file_id: str = FILE

    def getvalue(self) -> bytes:
        """The file's bytes."""
        return self.content


def pictures() -> tuple[GalleryPicture, ...]:
    """Return the pictures of the sample: all of the gallery's that show none of the ten things."""
    return tuple(picture for picture in gallery_pictures() if not picture.known)


@cache
def image_set() -> SampleFile:
    """Return an .npz file with the gallery's pictures of other things, each a class of its own."""
    chosen = pictures()
    names = sorted({picture.name for picture in chosen})
    into = BytesIO()
    np.savez_compressed(
        into,
        test_images=np.stack([read_image(picture.path) for picture in chosen]),
        test_labels=np.array([names.index(picture.name) for picture in chosen]),
        classes=np.array(names),
    )
    return SampleFile(SET_NAME, into.getvalue())


def network_beside(pair: Pair) -> str | None:
    """Return a stored network to set beside one of a pair as if it were a visitor's; None where there is none."""
    try:
        classes = stored_answers.card(pair.nat).classes
        for name in NETWORKS:
            if name not in pair.names and name in stored_answers.present():
                return name if stored_answers.card(name).classes == classes else None
    except CheckpointError:
        pass  # the page says elsewhere what is wrong with it
    return None


def network(name: str) -> SampleFile:
    """Return the weights of a stored network as a file. Raises CheckpointError where they cannot be read."""
    try:
        content = (stored_answers.folder() / name / WEIGHTS).read_bytes()
    except OSError as error:
        raise CheckpointError(f"{name} cannot be read: {error.strerror}.") from error
    return SampleFile(f"{name}.safetensors", content)


def stands_for(name: str) -> Kind:
    """Return what a network of ours stands for in a comparison."""
    return "nat" if RECIPES[name].has_negatives else "baseline"
