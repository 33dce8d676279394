"""Downloads as torchvision knows them: CIFAR as one .npz file, SVHN and Textures as published, by their MD5 sums."""

import hashlib
import io
import os
import shutil
import socket
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from ssl import SSLError
from types import ModuleType
from typing import Any, Literal
from urllib.error import HTTPError, URLError

import numpy as np

from nat_core.data.downloads.receiving import TooMuch, receive
from nat_core.errors import Busy, DownloadError
from nat_core.files import folder_for, only_one, write_durably
from nat_core.stopping import whole

_UNREACHABLE = (
    URLError, HTTPException, TimeoutError, ConnectionError, SSLError, socket.gaierror, RecursionError, ValueError,
)  # fmt: skip
"""What the way to the server raises: no connection, no name, a cut, no HTTP, a refusal, a certificate, no address."""
_OTHER_CONTENT = (TooMuch, RuntimeError, tarfile.TarError, EOFError, zlib.error)
"""What comes of a file that is not the published one; RuntimeError is torchvision's for a wrong MD5 sum."""
LOCK = "lock"


@dataclass(frozen=True)
class Archive:
    """The one file that is received."""

    address: str
    file: str
    """Its place in the folder of its own, where torchvision looks for it."""
    md5: str


@dataclass(frozen=True)
class Source:
    """One thing to download."""

    archive: Callable[[], Archive]
    """What torchvision would get; asked when it is needed."""
    bytes: int
    """How long that file is."""
    unpack: Callable[[Path, Path], None]
    """Makes of it in a folder of its own what is wanted and, all of it being there and right, moves it to its place."""
    place: str
    """Its place below the data folder."""
    instead: str
    """What else helps without the server."""


def download(name: str, data: Path) -> Path:
    """Return where the source lies below `data`, downloaded unless it is there already.

    cifar10 and cifar100 become `<name>.npz` (MedMNIST's key names), svhn and dtd stay as they are published. All is
    done in a temporary folder under `data` (600 MB must be free for CIFAR, 1.3 GB for dtd), and only what is whole
    and of the published MD5 sum leaves it; what a killed process left of it is removed. Raises ValueError for an
    unknown name, DownloadError where the server cannot be reached, falls silent, is slower than 10 kB/s, or sends
    something else; OSError that names the place where the disk is full or may not be written.
    """
    if name not in SOURCES:
        raise ValueError(f"no download of {name!r}; known: {', '.join(SOURCES)}")
    source = SOURCES[name]
    place = Path(data) / source.place
    if place.exists():
        return place
    with folder_for(data), _folder_apart(data, f".{name}.") as folder:
        archive = source.archive()
        try:
            _get(archive, folder / archive.file, source.bytes)
            source.unpack(folder, place)
        except _UNREACHABLE as error:
            if isinstance(error, HTTPError):
                error.close()  # it holds the server's answer, and with it the connection
            # A URLError's own text wraps what went wrong in brackets; some have no text at all.
            reason = " ".join(str(getattr(error, "reason", error)).split())[:200] or type(error).__name__
            raise DownloadError(
                f"{name} cannot be downloaded from {archive.address} ({reason}): check the network, or "
                f"{source.instead} {data}"
            ) from error
        except _OTHER_CONTENT as error:
            reason = str(error) if isinstance(error, TooMuch) else "its checksum is another"
            raise DownloadError(
                f"What {archive.address} sent is not the published {name} ({reason}): try again"
            ) from error
        except OSError as error:
            if error.errno is None:
                raise
            # The folder that it names is gone by now, and says nothing to anybody.
            raise OSError(error.errno, error.strerror, str(place)) from error
    return place


@contextmanager
def _folder_apart(data: Path, prefix: str) -> Iterator[Path]:
    """A folder below `data` that goes with the block, after those are removed that killed processes left."""
    for left in data.glob(f"{prefix}*"):
        # The system lets go of a lock when its holder ends, however it ends.
        with suppress(Busy, OSError):
            if (left / LOCK).is_file():
                with only_one(left / LOCK):
                    shutil.rmtree(left, ignore_errors=True)
    folder: Path | None = None
    try:
        with whole():
            folder = _made(data, prefix)
        with only_one(folder / LOCK):
            yield folder
    finally:
        with whole():
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)


def _made(data: Path, prefix: str) -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix=prefix, dir=data))
    except OSError as error:  # it names what never was
        raise OSError(error.errno, error.strerror, str(data)) from error


def _get(archive: Archive, file: Path, most: int) -> None:
    """Receive the archive and compare its checksum: RuntimeError where it is another."""
    file.parent.mkdir(exist_ok=True)
    receive(archive.address, file, most)
    with file.open("rb") as content:
        # Against chance, not against forgers: MD5 is what was published.
        found = hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != archive.md5:
        raise RuntimeError("another checksum")


def _published() -> ModuleType:
    """Torchvision's data sets, which take seconds to import: only where something is downloaded."""
    from torchvision import datasets

    return datasets


def _cifar(name: Literal["CIFAR10", "CIFAR100"]) -> Callable[[Path, Path], None]:
    def unpack(folder: Path, place: Path) -> None:
        kind = getattr(_published(), name)
        train = kind(folder, train=True, download=True)  # it finds the archive, and unpacks it
        test = kind(folder, train=False)  # the archive just unpacked holds both parts
        content = io.BytesIO()
        np.savez(
            content,
            train_images=train.data,
            train_labels=np.array(train.targets, np.int64),
            test_images=test.data,
            test_labels=np.array(test.targets, np.int64),
            classes=np.array(train.classes),
        )
        write_durably(place, content.getvalue())

    return unpack


def _cifar_archive(name: Literal["CIFAR10", "CIFAR100"]) -> Callable[[], Archive]:
    def archive() -> Archive:
        kind = getattr(_published(), name)
        return Archive(kind.url, kind.filename, kind.tgz_md5)

    return archive


def _svhn_archive() -> Archive:
    return Archive(*_published().SVHN.split_list["test"])


def _svhn(folder: Path, place: Path) -> None:
    with folder_for(place.parent):
        os.replace(folder / place.name, place)


def _dtd_archive() -> Archive:
    kind: Any = _published().DTD
    return Archive(kind._URL, f"dtd/{kind._URL.rpartition('/')[2]}", kind._MD5)


def _dtd(folder: Path, place: Path) -> None:
    _published().DTD(folder, split="test", download=True)
    os.replace(folder / "dtd" / "dtd", place)  # one rename: whoever looks sees all of it or nothing


SOURCES: Mapping[str, Source] = {
    "cifar10": Source(
        _cifar_archive("CIFAR10"), 170_498_071, _cifar("CIFAR10"), "cifar10.npz",
        "put a cifar10.npz with MedMNIST's key names into",
    ),
    "cifar100": Source(
        _cifar_archive("CIFAR100"), 169_001_437, _cifar("CIFAR100"), "cifar100.npz",
        "put a cifar100.npz with MedMNIST's key names into",
    ),
    "svhn": Source(
        _svhn_archive, 64_275_384, _svhn, "svhn/test_32x32.mat", "put test_32x32.mat into the folder svhn of",
    ),
    "dtd": Source(_dtd_archive, 625_239_812, _dtd, "dtd", "unpack dtd-r1.0.1.tar.gz in"),
}  # fmt: skip
