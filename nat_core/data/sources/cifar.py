"""CIFAR-10 and CIFAR-100 as their authors distribute them: folders of Python pickles, or the archives of those.

A pickle is a program, so these are not unpickled as they come: the opcodes are read first, and only those that the
published files are made of are let through; then the four names that the files call are stand-ins of our own, which
build nothing but an array of bytes. An archive is opened only if its MD5 sum is the published one.
"""

import io
import pickle
import pickletools
import tarfile
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import file_digest, md5
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from nat_core.data.sources.image_sets import ImageSet, identities
from nat_core.errors import UnreadableSet
from nat_core.language import _


@dataclass(frozen=True)
class PublishedFiles:
    """How one of the two is distributed."""

    folder: str
    parts: Mapping[str, tuple[str, ...]]
    """The files of each split, in order."""
    meta: str
    labels: str
    """The key of the labels in each of `parts`."""
    classes: str
    """The key of the classes' names in `meta`."""
    archive: str
    md5: str
    """Of the archive, in hexadecimal: the authors' page gives it, and torchvision checks the same."""


PUBLISHED = {
    "cifar10": PublishedFiles(
        "cifar-10-batches-py",
        {"train": tuple(f"data_batch_{number}" for number in range(1, 6)), "test": ("test_batch",)},
        "batches.meta",
        "labels",
        "label_names",
        "cifar-10-python.tar.gz",
        "c58f30108f718f92721af3b95e74349a",
    ),
    "cifar100": PublishedFiles(
        "cifar-100-python",
        {"train": ("train",), "test": ("test",)},
        "meta",
        "fine_labels",
        "fine_label_names",
        "cifar-100-python.tar.gz",
        "eb9058c3a382ffc7106e4002c42a8d85",
    ),
}
MAX_PICKLE = 200_000_000
"""The most bytes of a file that is read: the largest, CIFAR-100's `train`, has 156 million."""
OPCODES = frozenset({
    "PROTO", "EMPTY_DICT", "EMPTY_LIST", "MARK", "BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET", "SHORT_BINSTRING",
    "BINSTRING", "SHORT_BINUNICODE", "BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "NONE", "NEWFALSE",
    "NEWTRUE", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "GLOBAL", "REDUCE", "BUILD", "APPEND", "APPENDS",
    "SETITEM", "SETITEMS", "STOP",
})  # fmt: skip
"""What the published files are made of: none that calls a class by another way, or sets memory aside by a number."""


def read_cifar(source: str, split: str, data: Path, name: str | None = None) -> ImageSet | None:
    """Return a split of `cifar10` or `cifar100` from the authors' folder or archive in `data`; None without either.

    The folder comes first. Raises UnreadableSet where a file is damaged, or not the published one.

    >>> read_cifar("cifar10", "test", Path("nowhere")) is None
    True
    """
    published = PUBLISHED[source]
    folder, archive = data / published.folder, data / published.archive
    if folder.is_dir():
        return _read(published, split, name or f"{source}_{split}", folder, lambda file: _file(folder / file))
    if not archive.is_file():
        return None
    _check_sum(archive, published.md5)
    files = _unpacked(archive, [f"{published.folder}/{file}" for file in (*published.parts[split], published.meta)])
    return _read(
        published, split, name or f"{source}_{split}", archive, lambda file: files[f"{published.folder}/{file}"]
    )


def _read(published: PublishedFiles, split: str, name: str, place: Path, content: Callable[[str], bytes]) -> ImageSet:
    pixels, labels = [], []
    for file in published.parts[split]:
        pictures, numbers = _batch(content(file), published.labels, place / file)
        pixels.append(pictures)
        labels += numbers
    named = unpickled(content(published.meta), place / published.meta).get(published.classes)
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        told = _(
            "{path} holds no list {key} of names: get it again", path=place / published.meta, key=published.classes
        )
        raise UnreadableSet(told)
    if max(labels, default=-1) >= len(named):
        told = _("{path} has a label {label}, but {classes} classes are named: get it again", path=place,
                 label=max(labels), classes=len(named))  # fmt: skip
        raise UnreadableSet(told)
    whole = np.concatenate(pixels)
    return ImageSet(name, whole, identities(whole), np.array(labels, np.int64), tuple(named))


def _batch(content: bytes, key: str, path: Path) -> tuple[UInt8[np.ndarray, "n 32 32 3"], list[int]]:
    """The pictures and labels of one file: each picture 1,024 red values, then green, then blue."""
    found = unpickled(content, path)
    values, labels = getattr(found.get("data"), "values", None), found.get(key)
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.shape[1] != 3 * 32 * 32 or not len(values):
        raise UnreadableSet(_("{path} holds no pictures of 3 x 32 x 32 values: get it again", path=path))
    if (
        not isinstance(labels, list)
        or len(labels) != len(values)
        or not all(type(each) is int and each >= 0 for each in labels)
    ):
        told = _("{path} has {count:,} pictures, but not one of {key} for each: get it again", path=path,
                 count=len(values), key=key)  # fmt: skip
        raise UnreadableSet(told)
    return np.ascontiguousarray(values.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)), labels


def _file(path: Path) -> bytes:
    if not path.is_file():
        raise UnreadableSet(_("{path} is missing: unpack the archive again", path=path))
    if path.stat().st_size > MAX_PICKLE:
        raise UnreadableSet(_("{path} is larger than any file of CIFAR: get it again", path=path))
    return path.read_bytes()


def _unpacked(archive: Path, wanted: Sequence[str]) -> dict[str, bytes]:
    """The wanted files of an archive, in one pass: to go back in it would unpack it from its beginning."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for entry in tar:
                if entry.name in wanted and (file := tar.extractfile(entry)) is not None:
                    found[entry.name] = file.read(MAX_PICKLE)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        told = _("{path} cannot be unpacked ({error}): get it again", path=archive, error=str(error))
        raise UnreadableSet(told) from None
    if missing := [name for name in wanted if name not in found]:
        raise UnreadableSet(_("{path} holds no {file}: get it again", path=archive, file=missing[0]))
    return found


def _check_sum(path: Path, wanted: str) -> None:
    with path.open("rb") as file:
        # Tells a damaged file from a whole one, as its authors do; no more is asked of it.
        found = file_digest(file, partial(md5, usedforsecurity=False)).hexdigest()
    if found != wanted:
        told = _("{path} is not the published archive (its MD5 sum is {found}, not {wanted}): get it again", path=path,
                 found=found, wanted=wanted)  # fmt: skip
        raise UnreadableSet(told)


# --- pickles ---------------------------------------------------------------------------------------------------------


class _Named:
    """Stands for `numpy.ndarray`, which the files name but need not make."""


class _Kind:
    """Stands for `numpy.dtype`: bytes, and no other."""

    def __init__(self, kind: object, *_rest: object) -> None:
        if kind != "u1":
            raise pickle.UnpicklingError(f"an array of {kind!r}")

    def __setstate__(self, state: object) -> None:
        """Pass over the byte order and the like, which bytes have not."""


class _Bytes:
    """Stands for the array that the files make: its values are checked before NumPy sees them."""

    values: np.ndarray

    def __init__(self, *_rest: object) -> None:
        """Pass over what `numpy.core.multiarray._reconstruct` is told: the shape comes with the state."""

    def __setstate__(self, state: object) -> None:
        """Take shape and bytes from `ndarray.__reduce__`'s (version, shape, dtype, Fortran order, bytes)."""
        _, shape, kind, fortran, raw = state  # type: ignore[misc]
        if not isinstance(kind, _Kind) or not isinstance(raw, str):
            raise pickle.UnpicklingError("an array that holds no bytes")
        flat = np.frombuffer(raw.encode("latin-1"), np.uint8)
        self.values = flat.reshape(shape, order="F" if fortran else "C")


_NAMES: dict[tuple[str, str], type] = {
    ("numpy.core.multiarray", "_reconstruct"): _Bytes,
    ("numpy._core.multiarray", "_reconstruct"): _Bytes,
    ("numpy", "ndarray"): _Named,
    ("numpy", "dtype"): _Kind,
}


class _Restricted(pickle.Unpickler):
    """An unpickler for which only the names in `_NAMES` exist."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in of that name; UnpicklingError for any other."""
        if (module, name) not in _NAMES:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _NAMES[module, name]


def unpickled(content: bytes, path: Path) -> dict[str, Any]:
    """Return the dictionary that a file of CIFAR holds: strings, lists, whole numbers, and arrays as `.values`.

    Nothing else is built, whatever the content asks for. Raises UnreadableSet, naming `path`.

    >>> unpickled(pickle.dumps({"label_names": ["cat", "dog"]}, 2), Path("batches.meta"))
    {'label_names': ['cat', 'dog']}
    """
    try:
        _check_opcodes(content)
        found = _Restricted(io.BytesIO(content), encoding="latin-1").load()
        if not isinstance(found, dict):
            raise pickle.UnpicklingError(f"it holds no dictionary but {type(found).__name__}")
        return found
    except (pickle.UnpicklingError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError,
            OverflowError, MemoryError, RecursionError) as error:  # fmt: skip
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        told = _("{path} is damaged or not a file of CIFAR ({reason}): get it again", path=path, reason=reason)
        raise UnreadableSet(told) from None


def _check_opcodes(content: bytes) -> None:
    """Raise UnpicklingError for an opcode that no file of CIFAR has."""
    # A damaged string may hold a backslash that escapes nothing, which Python warns of; the file is refused below.
    with warnings.catch_warnings(action="ignore"):
        for count, (opcode, argument, _place) in enumerate(pickletools.genops(content)):
            if opcode.name not in OPCODES:
                raise pickle.UnpicklingError(f"an opcode {opcode.name}")
            # The unpickler sets memory aside for every number up to this one.
            if opcode.name == "LONG_BINPUT" and isinstance(argument, int) and argument > count:
                raise pickle.UnpicklingError(f"a memo of {argument:,} at the opcode {count:,}")
