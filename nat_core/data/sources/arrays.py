"""Sets that are distributed as one array: MNIST's idx files, SVHN's .mat files.

What a file declares is checked against what it may hold before anything is unpacked.
"""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from nat_core.data.sources.image_sets import PLAIN, ImageSet, Look, as_32, identities
from nat_core.errors import MissingDataset, UnreadableSet

MNIST_FILES = ("train-images-idx3-ubyte", "t10k-images-idx3-ubyte")
MNIST_FOLDERS = ("MNIST/raw", "mnist", "MNIST")
"""Where they may lie below the data folder: torchvision's place first."""
SVHN_FILES = ("svhn/test_32x32.mat", "SVHN/test_32x32.mat", "test_32x32.mat")
MAX_PICTURES = 100_000
"""The most pictures of one file; MNIST's largest has 60,000, SVHN's test file 26,032."""
_IDX_IMAGES = 0x803
"""How an idx file of bytes in three dimensions begins."""


def read_mnist(name: str, data: Path, look: Look = PLAIN) -> ImageSet:
    """Return MNIST's 70,000 digits, training and test pictures, from the four dimensions' idx files, zipped or not.

    Raises MissingDataset where a file is not there, UnreadableSet where it is damaged.
    """
    folder = next((data / each for each in MNIST_FOLDERS if (data / each).is_dir()), data / MNIST_FOLDERS[0])
    parts = []
    for file in MNIST_FILES:
        path = next((each for each in (folder / f"{file}.gz", folder / file) if each.is_file()), None)
        if path is None:
            raise MissingDataset(
                f"No image set {name}: looked for {folder / file}.gz. Put MNIST's files {' and '.join(MNIST_FILES)} "
                f"there, as they are or with .gz"
            )
        parts.append(_idx(path))
    pixels = as_32(np.concatenate(parts), folder)
    return ImageSet(name, pixels, identities(pixels))


def _idx(path: Path) -> UInt8[np.ndarray, "n 28 28"]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            magic, count, high, wide = struct.unpack(">4I", file.read(16))
            if (magic, high, wide) != (_IDX_IMAGES, 28, 28) or not 0 < count <= MAX_PICTURES:
                raise UnreadableSet(f"{path} is no file of MNIST's pictures: get it again")
            # One more than declared, to see whether there is more; no more, however much it would unpack to.
            content = file.read(count * 28 * 28 + 1)
    except (OSError, EOFError, zlib.error, struct.error) as error:
        raise UnreadableSet(f"{path} is damaged ({error}): get it again") from None
    if len(content) != count * 28 * 28:
        raise UnreadableSet(f"{path} does not hold the {count:,} pictures that it declares: get it again")
    return np.frombuffer(content, np.uint8).reshape(-1, 28, 28)


def read_svhn(name: str, data: Path, look: Look = PLAIN) -> ImageSet:
    """Return the 26,032 digits of SVHN's test part, cropped to 32 x 32, from `test_32x32.mat`.

    Raises MissingDataset where it is not there, UnreadableSet where it is damaged or holds something else.
    """
    path = next((data / each for each in SVHN_FILES if (data / each).is_file()), None)
    if path is None:
        raise MissingDataset(
            f"No image set {name}: looked for {data / SVHN_FILES[0]}. Get it with: nat data --download svhn"
        )
    found = _matrix(path, "X")
    pixels = np.ascontiguousarray(found.transpose(3, 0, 1, 2))  # stored with the pictures along the last axis
    return ImageSet(name, pixels, identities(pixels))


def _matrix(path: Path, key: str) -> UInt8[np.ndarray, "32 32 3 n"]:
    """One array of a .mat file, its declared shape checked first."""
    from scipy.io import loadmat, whosmat  # a quarter of a second: only for whoever has the file
    from scipy.io.matlab import MatReadError

    try:
        declared = next((shape for name, shape, _ in whosmat(str(path)) if name == key), None)
        if declared is None or declared[:3] != (32, 32, 3) or len(declared) != 4 or declared[3] > MAX_PICTURES:
            raise UnreadableSet(f"{path} holds no pictures {key} of 32 x 32 x 3: get SVHN's test_32x32.mat again")
        found = loadmat(str(path), variable_names=[key])[key]
    except UnreadableSet:
        raise
    except (MatReadError, OSError, EOFError, ValueError, TypeError, KeyError, IndexError, NotImplementedError,
            struct.error, zlib.error, MemoryError, OverflowError) as error:  # fmt: skip
        reason = " ".join(str(error).split())[:200]
        raise UnreadableSet(f"{path} cannot be read as a .mat file ({reason}): get it again") from None
    if found.dtype != np.uint8 or found.shape != declared or not found.size:
        raise UnreadableSet(f"{path}: {key} holds {found.dtype} {found.shape}, not pictures of bytes: get it again")
    return found
