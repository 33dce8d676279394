"""Downloads: torchvision's own code on a small archive of the published form, served from this machine."""

import hashlib
import io
import pickle
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from nat_core.data.download import SOURCES, download
from nat_core.data.sets import load_set
from nat_core.errors import DownloadError

# torchvision unpacks without naming a filter, of which Python 3.12 and 3.13 warn; the checksum comes first.
pytestmark = pytest.mark.filterwarnings("ignore:Python 3.14 will, by default, filter extracted:DeprecationWarning")


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a log line for each."""

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address that serves it."""
    folder = tmp_path / "server"
    folder.mkdir()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def small_archive(server: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive of CIFAR-100's form with 4 training and 2 test pictures, and its checksums in torchvision's place."""
    folder, address = server
    cifar = SOURCES["cifar100"]
    random = np.random.default_rng(0)
    files = {
        name: pickle.dumps({"data": random.integers(0, 256, (count, 3072), np.uint8), "fine_labels": [*range(count)]})
        for name, count in (("train", 4), ("test", 2))
    }
    files["meta"] = pickle.dumps({"fine_label_names": ["apple", "bed", "cup", "door"]})
    archive = folder / cifar.filename
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"{cifar.base_folder}/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))

    def md5(content: bytes) -> str:
        return hashlib.md5(content, usedforsecurity=False).hexdigest()

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(cifar, "url", f"{address}/{cifar.filename}")
    monkeypatch.setattr(cifar, "tgz_md5", md5(archive.read_bytes()))
    monkeypatch.setattr(cifar, "train_list", [["train", md5(files["train"])]])
    monkeypatch.setattr(cifar, "test_list", [["test", md5(files["test"])]])
    monkeypatch.setattr(cifar, "meta", cifar.meta | {"md5": md5(files["meta"])})
    return archive


def test_a_download_becomes_an_image_set(small_archive: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    archive = download("cifar100", data)
    assert [path.name for path in data.iterdir()] == ["cifar100.npz"]
    train, test = load_set("cifar100_train", data), load_set("cifar100_test", data)
    assert archive == data / "cifar100.npz"
    assert train.pixels.shape == (4, 32, 32, 3)
    assert train.labels is not None
    assert train.labels.tolist() == [0, 1, 2, 3]
    assert test.pixels.shape == (2, 32, 32, 3)
    assert test.classes == ("apple", "bed", "cup", "door")
    # CIFAR's files hold a picture as 1,024 red values, then green, then blue.
    with tarfile.open(small_archive) as tar:
        published = pickle.load(tar.extractfile("cifar-100-python/train"))["data"]  # noqa: S301 - made above
    assert np.array_equal(train.pixels[0, :, :, 0].reshape(-1), published[0, :1024])


def test_what_is_there_is_not_downloaded_again(small_archive: Path, tmp_path: Path) -> None:
    first = download("cifar100", tmp_path / "data")
    small_archive.unlink()
    assert download("cifar100", tmp_path / "data") == first


def test_another_archive_than_the_published_one_is_refused(small_archive: Path, tmp_path: Path) -> None:
    small_archive.write_bytes(small_archive.read_bytes()[:-1] + b"?")
    with pytest.raises(DownloadError, match=r"sent is not the published cifar100 .*checksum"):
        download("cifar100", tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_a_server_without_the_archive_is_named(small_archive: Path, tmp_path: Path) -> None:
    small_archive.unlink()
    with pytest.raises(DownloadError, match=r"cannot be downloaded from http://127\.0\.0\.1.*(Not Found|not found)"):
        download("cifar100", tmp_path / "data")


def test_an_unreachable_server_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(SOURCES["cifar10"], "url", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    with pytest.raises(DownloadError, match=r"cifar10 cannot be downloaded .*refused.*cifar10\.npz"):
        download("cifar10", tmp_path / "data")


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no download of 'svhn'; known: cifar10, cifar100"):
        download("svhn", tmp_path)
