"""CIFAR's own folders and archives: read as published, and nothing in them is run."""

import contextlib
import hashlib
import os
import pickle
import pickletools
import struct
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nat_core.data.sets import load_set
from nat_core.data.sources import cifar
from nat_core.data.sources.cifar import MAX_PICKLE, PUBLISHED, read_cifar, unpickled
from nat_core.errors import UnreadableSet
from tests.data.sources.published_cifar import (
    CIFAR10,
    array,
    batch,
    dictionary,
    row,
    text,
    values,
    whole,
    write_cifar10,
)
from tests.present import present


def test_the_writer_of_these_tests_writes_what_python_itself_reads() -> None:
    found = pickle.loads(batch(values(2), (3, 300)), encoding="latin-1")  # noqa: S301 - made here
    np.testing.assert_array_equal(found["data"], values(2))
    assert found["labels"] == [3, 300]


def test_the_authors_folder_of_cifar10_is_read(tmp_path: Path) -> None:
    write_cifar10(tmp_path)
    test, train = load_set("cifar10_test", tmp_path), load_set("cifar10_train", tmp_path)
    assert (test.classes, present(test.labels).tolist(), test.name) == (CIFAR10, [3, 8], "cifar10_test")
    # A picture is 1,024 red values, then green, then blue.
    np.testing.assert_array_equal(test.pixels[1, :, :, 2].reshape(-1), values(2)[1, 2048:])
    assert present(train.labels).tolist() == [1, 9, 2, 9, 3, 9, 4, 9, 5, 9]
    np.testing.assert_array_equal(train.pixels[2, :, :, 0].reshape(-1), values(2, 2)[0, :1024])


def test_the_authors_folder_of_cifar100_is_read_by_its_fine_labels(tmp_path: Path) -> None:
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    names = ("apple", "aquarium_fish", "baby")
    (folder / "meta").write_bytes(dictionary({"fine_label_names": row([text(each) for each in names])}))
    (folder / "test").write_bytes(batch(values(3), (2, 0, 1), "fine_labels").replace(b"U\x07a batch", b"U\x05hello"))
    images = load_set("cifar100_test", tmp_path)
    assert (present(images.labels).tolist(), images.classes) == ([2, 0, 1], names)


def test_pieces_of_test_pictures_and_parts_of_training_pictures_come_from_these_files(tmp_path: Path) -> None:
    write_cifar10(tmp_path)
    whole, pieces = load_set("cifar10_test", tmp_path), load_set("patch_shuffled_test", tmp_path)
    assert pieces.labels is None
    for before, after in zip(whole.pixels, pieces.pixels, strict=True):
        assert not np.array_equal(before, after)
        assert np.array_equal(np.sort(before, axis=None), np.sort(after, axis=None)), "the same bytes elsewhere"
    assert len(load_set("cifar10_held_out", tmp_path)) == 1
    assert len(load_set("cifar10_fit", tmp_path)) == 9
    np.savez(tmp_path / "cifar100.npz", train_images=whole.pixels)
    with pytest.raises(ValueError, match="cifar100 has no labels: which of its pictures to hold out cannot be told"):
        load_set("cifar100_held_out", tmp_path)


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`cifar-10-python.tar.gz` of the small folder, its MD5 sum taken for the published one."""
    folder = write_cifar10(tmp_path / "elsewhere")
    path = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(folder, folder.name)
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setitem(PUBLISHED, "cifar10", replace(PUBLISHED["cifar10"], md5=digest))
    return path


def test_the_authors_archive_is_read_as_it_is(archive: Path) -> None:
    assert present(load_set("cifar10_test", archive.parent).labels).tolist() == [3, 8]
    assert len(load_set("cifar10_train", archive.parent)) == 10
    assert sorted(path.name for path in archive.parent.iterdir()) == [archive.name, "elsewhere"]


def test_an_archive_with_another_checksum_is_not_opened(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes() + b"?")
    with pytest.raises(UnreadableSet, match=r"is not the published archive \(its MD5 sum is"):
        load_set("cifar10_test", archive.parent)


def test_an_archive_that_is_cut_short_is_told_of(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.write_bytes(archive.read_bytes()[:2000])
    digest = hashlib.md5(archive.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setitem(PUBLISHED, "cifar10", replace(PUBLISHED["cifar10"], md5=digest))
    with pytest.raises(UnreadableSet, match=r"cannot be unpacked \(.+\): get it again$"):
        load_set("cifar10_test", archive.parent)


def test_an_archive_that_lacks_a_file_is_told_of(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(archive.parent / "elsewhere" / "cifar-10-batches-py" / "test_batch", "cifar-10-batches-py/test_batch")
    digest = hashlib.md5(archive.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setitem(PUBLISHED, "cifar10", replace(PUBLISHED["cifar10"], md5=digest))
    with pytest.raises(UnreadableSet, match=r"holds no cifar-10-batches-py/batches\.meta"):
        load_set("cifar10_test", archive.parent)


def test_the_checksums_are_those_that_torchvision_checks() -> None:
    from torchvision.datasets import CIFAR10 as TORCHVISION_10
    from torchvision.datasets import CIFAR100 as TORCHVISION_100

    for source, theirs in (("cifar10", TORCHVISION_10), ("cifar100", TORCHVISION_100)):
        ours = PUBLISHED[source]
        assert (ours.md5, ours.archive, ours.folder) == (theirs.tgz_md5, theirs.filename, theirs.base_folder)
        assert [*ours.parts["train"]] == [name for name, _ in theirs.train_list]
        assert [*ours.parts["test"]] == [name for name, _ in theirs.test_list]
        assert (ours.meta, ours.classes) == (theirs.meta["filename"], theirs.meta["key"])


def calls(module: str, name: str, argument: bytes) -> bytes:
    """A pickle that calls something when it is loaded."""
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b"(" + argument + b"tR."


HOSTILE = {
    "runs a command": calls("os", "system", text("touch FILE")),
    "runs code": calls("builtins", "exec", text("open('FILE', 'w')")),
    "imports": calls("importlib", "import_module", text("antigravity")),
    "reads a file": calls("numpy", "load", text("FILE")),
    "another dtype": b"\x80\x02cnumpy\ndtype\n(U\x02O8K\x00K\x01tR.",
    "a class by a dotted name": b"\x80\x04\x8c\x05numpy\x8c\x0frandom.bytes\x93.",
    "an extension": b"\x80\x02\x82\x01.",
    "a persistent id": b"\x80\x02U\x01aQ.",
    "a bytearray of a terabyte": b"\x80\x05\x96" + (10**12).to_bytes(8, "little") + b".",
    "a memo of two thousand million": b"\x80\x02}r\xff\xff\xff\x7f.",
    "a number of a gigabyte": b"\x80\x02\x8b\xff\xff\xff\x3f.",
    "a frame of a terabyte": b"\x80\x04\x95" + (10**12).to_bytes(8, "little") + b"}.",
    "text that says a number": b"I" + b"9" * 100_000 + b"\n.",
    "nested lists": b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b".",
    "no dictionary": b"\x80\x02].",
    "a shape that does not fit": dictionary({"data": array(values(1)).replace(b"K\x01M\x00\x0c", b"K\x02M\x00\x0c")}),
    "state for a list": b"\x80\x02](K\x01b.",
    "nothing": b"",
    "text": b"not a pickle at all",
    "cut": batch(values(2), (1, 2))[:500],
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_in_a_hostile_file_is_run(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnreadableSet, match=r"^test_batch is damaged or not a file of CIFAR \(.*\): get it again$"):
        unpickled(HOSTILE[kind].replace(b"FILE", b"here"), Path("test_batch"))
    assert os.listdir(tmp_path) == []


def test_the_published_opcodes_are_let_through_and_no_other() -> None:
    names = {opcode.name for opcode, _, _ in pickletools.genops(batch(values(2), (3, 300)))}
    assert names < cifar.OPCODES
    assert not cifar.OPCODES & {"INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "STACK_GLOBAL", "EXT1", "PERSID", "BYTEARRAY8"}


WRONG = {
    "no pictures": dictionary({"labels": row([])}),
    "pictures of another size": batch(values(2)[:, :3000].copy(), (1, 2)),
    "none": batch(values(0), ()),
    "a label too many": batch(values(2), (1, 2, 3)),
    "labels that are no numbers": dictionary({"data": array(values(1)), "labels": row([text("cat")])}),
    "labels in another place": dictionary({"data": array(values(1)), "fine_labels": row([whole(1)])}),
    "a class without a name": batch(values(2), (1, 10)),
}
NO_NAMES = {
    "no names": dictionary({}),
    "names that are numbers": dictionary({"label_names": row([whole(1)])}),
    "one text": dictionary({"label_names": text("cat")}),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_file_that_is_none_of_cifars_is_refused(kind: str, tmp_path: Path) -> None:
    (write_cifar10(tmp_path) / "test_batch").write_bytes(WRONG[kind])
    with pytest.raises(UnreadableSet, match=r"get it again$"):
        load_set("cifar10_test", tmp_path)


@pytest.mark.parametrize("kind", NO_NAMES)
def test_classes_without_names_are_refused(kind: str, tmp_path: Path) -> None:
    (write_cifar10(tmp_path) / "batches.meta").write_bytes(NO_NAMES[kind])
    with pytest.raises(UnreadableSet, match=r"batches\.meta holds no list label_names of names: get it again$"):
        load_set("cifar10_test", tmp_path)


def test_an_array_without_bytes_is_refused(tmp_path: Path) -> None:
    raw = values(1).tobytes()
    content = batch(values(1), (3,)).replace(b"T" + struct.pack("<i", len(raw)) + raw, b"K\5")
    (write_cifar10(tmp_path) / "test_batch").write_bytes(content)
    with pytest.raises(UnreadableSet, match=r"test_batch .*get it again$"):
        load_set("cifar10_test", tmp_path)


def test_a_file_that_is_missing_or_far_too_large_is_refused(tmp_path: Path) -> None:
    folder = write_cifar10(tmp_path)
    with (folder / "test_batch").open("r+b") as file:
        file.truncate(MAX_PICKLE + 1)  # a hole: it takes no space
    with pytest.raises(UnreadableSet, match="larger than any file of CIFAR"):
        read_cifar("cifar10", "test", tmp_path)
    (folder / "test_batch").unlink()
    with pytest.raises(UnreadableSet, match="test_batch is missing: unpack the archive again"):
        read_cifar("cifar10", "test", tmp_path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=6), st.integers(0, 7000))
@example([(48, 92)], 0)  # a backslash that escapes nothing, of which Python warns
def test_a_damaged_file_is_read_or_refused_and_never_more(changes: list[tuple[int, int]], cut: int) -> None:
    content = bytearray(batch(values(1), (3,)))
    for place, value in changes:
        content[place % len(content)] = value
    with contextlib.suppress(UnreadableSet):
        assert isinstance(unpickled(bytes(content[: len(content) - cut % 40]), Path("test_batch")), dict)
