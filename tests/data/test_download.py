"""Downloads: torchvision's own code on a small archive of the published form, served from this machine."""

import errno
import gc
import hashlib
import io
import os
import pickle
import re
import signal
import socket
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from nat_core.__main__ import main
from nat_core.data.downloads import receiving
from nat_core.data.downloads.download import SOURCES, download
from nat_core.data.sets import load_set
from nat_core.errors import DownloadError
from nat_core.files import only_one
from tests.bad_servers import ANSWERS, DRIPS, FLOODS, Answer, bad_server
from tests.forks import Copy
from tests.present import present

PUBLISHED = "torchvision.datasets"
"""Named in words: it takes seconds to import, which every process of tests would spend that only looks for tests."""

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
    from torchvision.datasets import CIFAR100

    folder, address = server
    random = np.random.default_rng(0)
    files = {
        name: pickle.dumps({"data": random.integers(0, 256, (count, 3072), np.uint8), "fine_labels": [*range(count)]})
        for name, count in (("train", 4), ("test", 2))
    }
    files["meta"] = pickle.dumps({"fine_label_names": ["apple", "bed", "cup", "door"]})
    archive = folder / CIFAR100.filename
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"{CIFAR100.base_folder}/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))

    def md5(content: bytes) -> str:
        return hashlib.md5(content, usedforsecurity=False).hexdigest()

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(CIFAR100, "url", f"{address}/{CIFAR100.filename}")
    monkeypatch.setattr(CIFAR100, "tgz_md5", md5(archive.read_bytes()))
    monkeypatch.setattr(CIFAR100, "train_list", [["train", md5(files["train"])]])
    monkeypatch.setattr(CIFAR100, "test_list", [["test", md5(files["test"])]])
    monkeypatch.setattr(CIFAR100, "meta", CIFAR100.meta | {"md5": md5(files["meta"])})
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
        published = pickle.load(present(tar.extractfile("cifar-100-python/train")))["data"]  # noqa: S301 - made above
    assert np.array_equal(train.pixels[0, :, :, 0].reshape(-1), published[0, :1024])


def test_what_is_there_is_not_downloaded_again(small_archive: Path, tmp_path: Path) -> None:
    first = download("cifar100", tmp_path / "data")
    small_archive.unlink()
    assert download("cifar100", tmp_path / "data") == first


def test_another_archive_than_the_published_one_is_refused(small_archive: Path, tmp_path: Path) -> None:
    small_archive.write_bytes(small_archive.read_bytes()[:-1] + b"?")
    with pytest.raises(DownloadError, match=r"sent is not the published cifar100 .*checksum"):
        download("cifar100", tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_server_without_the_archive_is_named(small_archive: Path, tmp_path: Path) -> None:
    small_archive.unlink()
    with pytest.raises(DownloadError, match=r"cannot be downloaded from http://127\.0\.0\.1.*(Not Found|not found)"):
        download("cifar100", tmp_path / "data")


def test_an_unreachable_server_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(f"{PUBLISHED}.CIFAR10.url", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    with pytest.raises(DownloadError, match=r"cifar10 cannot be downloaded .*refused.*cifar10\.npz"):
        download("cifar10", tmp_path / "data")


SENTENCES = {
    "reset in the middle": "cannot be downloaded .*reset",
    "short body": "cannot be downloaded .*it ended after 5,000 of 100,000 bytes",
    "page instead of the file": r"sent is not the published svhn \(its checksum is another\): try again",
    "refused": "cannot be downloaded .*Forbidden",
    "gone": "cannot be downloaded .*Not Found",
    "broken server": "cannot be downloaded .*Bad Gateway",
    "no HTTP": "cannot be downloaded",
    "closed at once": "cannot be downloaded .*closed connection",
    "sent elsewhere": "cannot be downloaded .*Invalid IPv6",
    "endless line": "cannot be downloaded .*more than 65536",
}


def point(monkeypatch: pytest.MonkeyPatch, source: str, address: str) -> None:
    """Let torchvision look for the source there, past any proxy of this machine."""
    monkeypatch.setenv("no_proxy", "*")
    if source == "svhn":
        monkeypatch.setattr(f"{PUBLISHED}.SVHN.split_list", {"test": [address, "test_32x32.mat", "0" * 32]})
    elif source == "dtd":
        monkeypatch.setattr(f"{PUBLISHED}.DTD._URL", address)
    else:
        monkeypatch.setattr(f"{PUBLISHED}.{source.upper()}.url", address)


# Python's own client leaves the file of an answer open that it could not read.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("way", ANSWERS)
def test_a_server_that_misbehaves_is_told_of_in_one_sentence(
    way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with bad_server(ANSWERS[way]) as host:
        point(monkeypatch, "svhn", f"http://{host}/test_32x32.mat")
        with pytest.raises(DownloadError, match=SENTENCES[way]) as caught:
            download("svhn", data)
    caught.value.__cause__ = caught.value.__context__ = None  # what it came of holds the connection
    assert "\n" not in str(caught.value)
    gc.collect()  # here, where the warning is expected
    assert f"http://{host}/test_32x32.mat" in str(caught.value)
    assert not data.exists()


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://127.0.0.1:9/file", "cannot be downloaded .*refused"),
        ("http://nowhere.invalid/file", "cannot be downloaded .*(not known|resolution|No address|name)"),
        ("http://" + "a" * 70 + ".invalid/file", "cannot be downloaded"),
    ],
)
def test_a_server_that_is_not_there_is_told_of_in_one_sentence(
    source: str, address: str, sentence: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    point(monkeypatch, source, address)
    with pytest.raises(DownloadError, match=rf"^{source} {sentence}.*: check the network, or .*{tmp_path}"):
        download(source, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_server_that_speaks_no_tls_is_told_of_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with bad_server(ANSWERS["no HTTP"]) as host:
        point(monkeypatch, "dtd", f"https://{host}/dtd-r1.0.1.tar.gz")
        with pytest.raises(DownloadError, match=r"dtd cannot be downloaded from https://.*SSL"):
            download("dtd", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(receiving, "PATIENCE", 0.2)
    silence = threading.Event()

    def silent(connection: socket.socket) -> None:
        silence.wait(20)

    with bad_server(silent) as host:
        point(monkeypatch, "svhn", f"http://{host}/test_32x32.mat")
        with pytest.raises(DownloadError, match=r"cannot be downloaded .*timed out"):
            download("svhn", tmp_path)
        silence.set()
    assert list(tmp_path.iterdir()) == []


def refused_by_its_size(answer: Answer, monkeypatch: pytest.MonkeyPatch, data: Path) -> str:
    """Why the download of SVHN, which is to have 50,000 bytes, fails, nothing of it being left."""
    monkeypatch.setitem(cast("dict", SOURCES), "svhn", replace(SOURCES["svhn"], bytes=50_000))
    with bad_server(answer) as host:
        point(monkeypatch, "svhn", f"http://{host}/test_32x32.mat")
        with pytest.raises(DownloadError) as caught:
            download("svhn", data)
    caught.value.__cause__ = caught.value.__context__ = None  # what it came of holds the connection
    assert not data.exists()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("way", "reason"), [*zip(FLOODS, (
    "it has more than 50,000 bytes",
    "it has more than 50,000 bytes",
    "it has 1,000,000,000,000,000 bytes, not 50,000",
    "it never ends",
    "it never ends",
), strict=True)])  # fmt: skip
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_never_ends_is_given_up_at_the_archives_size(
    way: str, reason: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = refused_by_its_size(FLOODS[way], monkeypatch, tmp_path / "data")
    assert f"sent is not the published svhn ({reason}): try again" in said
    gc.collect()


@pytest.mark.parametrize("way", DRIPS)
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_sends_byte_by_byte_is_given_up(
    way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(receiving, "PATIENCE", 0.5)
    said = refused_by_its_size(DRIPS[way], monkeypatch, tmp_path / "data")
    assert re.search(r"svhn cannot be downloaded .*\(it sent [\d,]+ bytes in \d s\): check the network", said)
    gc.collect()


def test_a_search_for_a_name_that_nobody_answers_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    silence = threading.Event()
    point(monkeypatch, "svhn", "http://somewhere.invalid/test_32x32.mat")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **named: silence.wait(20))
    monkeypatch.setattr(receiving, "PATIENCE", 0.2)
    with pytest.raises(DownloadError, match=r"cannot be downloaded .*\(nobody says where somewhere\.invalid is\)"):
        download("svhn", tmp_path / "data")
    silence.set()


def test_what_killed_processes_left_goes_and_what_others_hold_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    point(monkeypatch, "svhn", "http://127.0.0.1:9/test_32x32.mat")
    left, held = tmp_path / ".svhn.left", tmp_path / ".svhn.held"
    for folder in (left, held):
        folder.mkdir()
        (folder / "test_32x32.mat").write_bytes(bytes(99))
        (folder / "lock").touch()
    with only_one(held / "lock"), pytest.raises(DownloadError):
        download("svhn", tmp_path)
    assert list(tmp_path.iterdir()) == [held]


def test_a_full_disk_names_the_place(server: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    served(server, monkeypatch, "svhn", bytes(9))
    monkeypatch.setattr("nat_core.data.downloads.download.receive", full)
    with pytest.raises(OSError, match="No space left") as caught:
        download("svhn", tmp_path / "data")
    assert caught.value.filename == str(tmp_path / "data" / "svhn" / "test_32x32.mat")
    assert not (tmp_path / "data").exists()


def full(*given: object) -> None:
    """Fail as a disk without room does."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def downloading(address: str, data: Path) -> int:
    """Do what `nat data --download svhn` does with a server of that address."""
    point(pytest.MonkeyPatch(), "svhn", address)
    return main(["data", "--download", "svhn", "--data", str(data)])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_download_that_is_stopped_leaves_nothing_and_begins_anew(
    number: int, server: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked, silence, data = threading.Event(), threading.Event(), tmp_path / "data"

    def slow(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234")
        asked.set()
        silence.wait(20)

    with bad_server(slow) as host:
        run = Copy(downloading, f"http://{host}/test_32x32.mat", data)
        with run:
            assert asked.wait(60)
            run.send_signal(number)
            text = present(run.stderr).read().decode()
            assert run.wait() == 128 + number
        silence.set()
    assert text.splitlines()[-1] == "nat data: stopped."
    assert "Traceback" not in text
    assert not data.exists()
    served(server, monkeypatch, "svhn", b"the file")
    assert download("svhn", data).read_bytes() == b"the file"


def served(server: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, source: str, content: bytes) -> None:
    """Serve the content as the source, its MD5 sum as the published one."""
    folder, address = server
    (folder / "file").write_bytes(content)
    point(monkeypatch, source, f"{address}/file")
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if source == "svhn":
        monkeypatch.setattr(f"{PUBLISHED}.SVHN.split_list", {"test": [f"{address}/file", "test_32x32.mat", digest]})
    else:
        monkeypatch.setattr(f"{PUBLISHED}.DTD._MD5", digest)


def test_svhn_is_stored_as_it_is_published(
    server: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 4)).astype(np.uint8)
    file = io.BytesIO()
    savemat(file, {"X": pictures, "y": np.array([[1], [10], [3], [2]], np.uint8)}, do_compression=True)
    served(server, monkeypatch, "svhn", file.getvalue())
    data = tmp_path / "data"
    assert download("svhn", data) == data / "svhn" / "test_32x32.mat"
    assert [path.name for path in data.iterdir()] == ["svhn"]
    np.testing.assert_array_equal(load_set("svhn", data).pixels[2], pictures[..., 2])


def test_textures_are_unpacked_into_one_folder(
    server: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (50, 40), (1, 2, 3)).save(picture, "PNG")
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in (("images/banded/a.jpg", picture.getvalue()), ("labels/test1.txt", b"banded/a.jpg\n")):
            entry = tarfile.TarInfo(f"dtd/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    served(server, monkeypatch, "dtd", file.getvalue())
    # Torchvision names the file after its address, and unpacks by its ending.
    folder, address = server
    (folder / "file").rename(folder / "dtd-r1.0.1.tar.gz")
    monkeypatch.setattr(f"{PUBLISHED}.DTD._URL", f"{address}/dtd-r1.0.1.tar.gz")
    data = tmp_path / "data"
    assert download("dtd", data) == data / "dtd"
    assert sorted(path.name for path in data.iterdir()) == ["dtd"]
    assert load_set("dtd", data).ids == ("banded/a.jpg",)
    assert load_set("dtd_test1", data).pixels[0, 0, 0].tolist() == [1, 2, 3]


def test_the_command_stops_at_the_first_failure_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with bad_server(ANSWERS["short body"]) as host:
        point(monkeypatch, "dtd", f"http://{host}/dtd-r1.0.1.tar.gz")
        assert main(["data", "--download", "dtd", "--data", str(tmp_path)]) == 1
    said = capsys.readouterr().err.strip().splitlines()
    assert said[-1].startswith("nat data: ")


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no download of 'places365'; known: cifar10, cifar100, svhn, dtd"):
        download("places365", tmp_path)
