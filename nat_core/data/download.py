"""Downloads: CIFAR-10 and CIFAR-100 through torchvision, which checks their MD5 sums, into one .npz file each.

Torchvision is imported at the top, so this module itself is imported only where something is downloaded.
"""

import io
import tarfile
import tempfile
from pathlib import Path
from urllib.error import URLError

import numpy as np
from torchvision.datasets import CIFAR10, CIFAR100

from nat_core.errors import DownloadError
from nat_core.files import write_durably

SOURCES = {"cifar10": CIFAR10, "cifar100": CIFAR100}


def download(name: str, data: Path) -> Path:
    """Return `data/<name>.npz` (MedMNIST's key names), downloaded unless it is there already.

    The archive is unpacked in a temporary folder under `data`, so about 600 MB must be free, 190 MB in the end. A
    file is read only once its checksum is right. Raises ValueError for an unknown name, DownloadError where the
    server cannot be reached or what it sent is not the published archive.
    """
    if name not in SOURCES:
        raise ValueError(f"no download of {name!r}; known: {', '.join(SOURCES)}")
    archive = Path(data) / f"{name}.npz"
    if archive.is_file():
        return archive
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=data) as folder:
        try:
            train = SOURCES[name](folder, train=True, download=True)
            test = SOURCES[name](folder, train=False)  # the archive just unpacked holds both parts
        except (URLError, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", error)  # a URLError's own text wraps what went wrong in brackets
            raise DownloadError(
                f"{name} cannot be downloaded from {SOURCES[name].url} ({reason}): check the network, or put a "
                f"{name}.npz with MedMNIST's key names into {data}"
            ) from error
        except (RuntimeError, tarfile.TarError, EOFError) as error:  # RuntimeError: torchvision's for a wrong MD5 sum
            raise DownloadError(
                f"What {SOURCES[name].url} sent is not the published {name} (its checksum is another): try again"
            ) from error
    content = io.BytesIO()
    np.savez(
        content,
        train_images=train.data,
        train_labels=np.array(train.targets, np.int64),
        test_images=test.data,
        test_labels=np.array(test.targets, np.int64),
        classes=np.array(train.classes),
    )
    write_durably(archive, content.getvalue())
    return archive
