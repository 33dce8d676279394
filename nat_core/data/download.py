"""Downloads through torchvision, which checks MD5 sums: CIFAR as one .npz file, SVHN and Textures as published."""

import io
import os
import socket
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from ssl import SSLError
from types import ModuleType
from typing import Literal
from urllib.error import HTTPError, URLError

import numpy as np

from nat_core.errors import DownloadError
from nat_core.files import write_durably

PATIENCE = 60.0
"""Seconds after which a server that sends nothing is given up."""
_UNREACHABLE = (
    URLError, HTTPException, TimeoutError, ConnectionError, SSLError, socket.gaierror, RecursionError, ValueError,
)  # fmt: skip
"""What the way to the server raises: no connection, no name, a cut, no HTTP, a refusal, a certificate, no address."""
_OTHER_CONTENT = (RuntimeError, tarfile.TarError, EOFError, zlib.error)
"""What comes of a file that is not the published one; RuntimeError is torchvision's for a wrong MD5 sum."""


@dataclass(frozen=True)
class Source:
    """One thing to download."""

    address: Callable[[], str]
    """Where torchvision gets it; asked when it is needed."""
    fetch: Callable[[Path, Path], None]
    """Gets it into a folder of its own and, all of it being there and right, moves it to its place."""
    place: str
    """Its place below the data folder."""
    instead: str
    """What else helps without the server."""


def download(name: str, data: Path) -> Path:
    """Return where the source lies below `data`, downloaded unless it is there already.

    cifar10 and cifar100 become `<name>.npz` (MedMNIST's key names), svhn and dtd stay as they are published. All is
    done in a temporary folder under `data` (600 MB must be free for CIFAR, 1.3 GB for dtd), and only what is whole
    and of the published MD5 sum leaves it. Raises ValueError for an unknown name, DownloadError where the server
    cannot be reached, falls silent, or sends something else.
    """
    if name not in SOURCES:
        raise ValueError(f"no download of {name!r}; known: {', '.join(SOURCES)}")
    source = SOURCES[name]
    place = Path(data) / source.place
    if place.exists():
        return place
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=data) as folder, _patience(PATIENCE):
        try:
            source.fetch(Path(folder), place)
        except _UNREACHABLE as error:
            if isinstance(error, HTTPError):
                error.close()  # it holds the server's answer, and with it the connection
            # A URLError's own text wraps what went wrong in brackets; some have no text at all.
            reason = " ".join(str(getattr(error, "reason", error)).split())[:200] or type(error).__name__
            raise DownloadError(
                f"{name} cannot be downloaded from {source.address()} ({reason}): check the network, or "
                f"{source.instead} {data}"
            ) from error
        except _OTHER_CONTENT as error:
            raise DownloadError(
                f"What {source.address()} sent is not the published {name} (its checksum is another): try again"
            ) from error
    return place


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Give up, while the block runs, on a connection that sends nothing for so long; torchvision sets no limit."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _published() -> ModuleType:
    """Torchvision's data sets, which take seconds to import: only where something is downloaded."""
    from torchvision import datasets

    return datasets


def _cifar(name: Literal["CIFAR10", "CIFAR100"]) -> Callable[[Path, Path], None]:
    def fetch(folder: Path, place: Path) -> None:
        kind = getattr(_published(), name)
        train = kind(folder, train=True, download=True)
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

    return fetch


def _svhn(folder: Path, place: Path) -> None:
    _published().SVHN(str(folder), split="test", download=True)
    place.parent.mkdir(exist_ok=True)
    os.replace(folder / place.name, place)


def _dtd(folder: Path, place: Path) -> None:
    _published().DTD(folder, split="test", download=True)
    os.replace(folder / "dtd" / "dtd", place)  # one rename: whoever looks sees all of it or nothing


SOURCES: Mapping[str, Source] = {
    "cifar10": Source(
        lambda: _published().CIFAR10.url, _cifar("CIFAR10"), "cifar10.npz",
        "put a cifar10.npz with MedMNIST's key names into",
    ),
    "cifar100": Source(
        lambda: _published().CIFAR100.url, _cifar("CIFAR100"), "cifar100.npz",
        "put a cifar100.npz with MedMNIST's key names into",
    ),
    "svhn": Source(
        lambda: _published().SVHN.split_list["test"][0], _svhn, "svhn/test_32x32.mat",
        "put test_32x32.mat into the folder svhn of",
    ),
    "dtd": Source(lambda: _published().DTD._URL, _dtd, "dtd", "unpack dtd-r1.0.1.tar.gz in"),
}  # fmt: skip
