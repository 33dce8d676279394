"""The border of .npz files: what is declared is checked before it is unpacked, and labels of every usual kind."""

import errno
import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nat_core.data.sets import read_npz
from nat_core.data.sources import npz as npz_files
from nat_core.data.sources.class_labels import MAX_CLASSES, as_labels
from nat_core.data.sources.npz import MAX_PICTURES, MAX_SIDE, open_npz
from nat_core.data.splits import read_negatives
from nat_core.data.uploaded_sets import read_own_set
from nat_core.errors import UnreadableSet
from tests.present import present
from tests.pseudo import loose_in, speak_pseudo
from tests.uploads import npz, zipped

CASES = Path(__file__).parent / "cases"
PIXELS = np.random.default_rng(0).integers(0, 256, (6, 28, 28, 3)).astype(np.uint8)
HEADER = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 4), }"


def array(header: str, values: bytes = bytes(32), version: bytes = b"\1\0", length: int | None = None) -> bytes:
    """The bytes of one .npy with this header, sound or not."""
    text = header.encode("latin-1") + b"\n"
    size = len(text) if length is None else length
    return b"\x93NUMPY" + version + size.to_bytes(2 if version == b"\1\0" else 4, "little") + text + values


def read(header: str, values: bytes = bytes(32), **others: bytes) -> None:
    read_own_set(zipped({"test_images.npy": array(header, values), **others}), "mine.npz")


@pytest.mark.parametrize("path", sorted(CASES.glob("*.npz")), ids=lambda path: path.stem)
def test_a_mutated_file_is_one_sentence_by_both_ways_in(path: Path) -> None:
    for reader in (lambda: read_own_set(path.read_bytes(), "mine.npz"), lambda: read_npz(path, "test")):
        with pytest.raises(UnreadableSet) as raised:
            reader()
        assert "\n" not in str(raised.value)
        assert str(raised.value).endswith(".")


@pytest.mark.parametrize(
    "header",
    [
        "[" * 3000, "  \n    x\n y", "{", "{[]:1}", "{None:1,'a':2}", "{'descr'", "", "{}", "{" + "-" * 900 + "1}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 4), 'more': (1,), }",
        "{'descr': '|u1', 'fortran_order': False}", "{'descr': True, 'fortran_order': False, 'shape': (2, 4, 4), }",
        "{'descr': '|u1', 'fortran_order': (1,), 'shape': (2, 4, 4), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': True, }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-2, 4, 4), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4.0, 4), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, " + "9" * 600 + "), }",
        "{'descr': '<u3', 'fortran_order': False, 'shape': (2, 4, 4), }",
        "{'descr': '<U999999999', 'fortran_order': False, 'shape': (2, 4, 4), }",
        "{'descr': '<U0', 'fortran_order': False, 'shape': (2, 4, 4), }",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (2, 4, 4), }",
        "{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (2, 4, 4), }",
        "{'descr': '|V4', 'fortran_order': False, 'shape': (2, 4, 4), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': __import__('os').getcwd(), }",
        HEADER.replace("(2,", "(0,"), HEADER.replace("(2,", "(2000001,"), HEADER.replace("4, 4", "4096, 1"),
        HEADER.replace("2, 4, 4", "9223372036854775807, 9223372036854775807, 2"), HEADER.replace("2, 4, 4", "3, 4, 4"),
        HEADER.replace("2, 4, 4", ""), HEADER.replace("2, 4, 4", "32,"), HEADER.replace("2, 4, 4", "2, 4, 2, 2"),
    ],
)  # fmt: skip
def test_no_header_is_evaluated_and_every_odd_one_is_a_sentence(header: str) -> None:
    with pytest.raises(UnreadableSet, match="test_images"):
        read(header)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x93NUMPY", b"\x93NUMPZ\1\0" + bytes(90), array(HEADER, version=b"\4\0"), array(HEADER)[:-1],
        array(HEADER) + b"!", array(HEADER, length=60_000), array(HEADER, version=b"\2\0", length=2**31),
        array(HEADER, version=b"\3\0")[:11],
    ],
)  # fmt: skip
def test_every_way_to_be_cut_or_of_another_version_is_a_sentence(content: bytes) -> None:
    with pytest.raises(UnreadableSet, match="test_images"):
        read_own_set(zipped({"test_images.npy": content}), "mine.npz")


@pytest.mark.parametrize("version", [b"\1\0", b"\2\0", b"\3\0"])
def test_every_version_of_the_header_is_read(version: bytes) -> None:
    content = zipped({"test_images.npy": array(HEADER, bytes(range(32)), version)})
    assert len(read_own_set(content, "mine.npz")) == 2


def test_an_array_in_fortrans_order_is_the_same_pictures(tmp_path: Path) -> None:
    grey = PIXELS[..., 0]
    turned, straight = npz(test_images=np.asfortranarray(grey)), npz(test_images=grey)
    assert b"'fortran_order': True" in zipfile.ZipFile(io.BytesIO(turned)).read("test_images.npy")
    np.testing.assert_array_equal(read_own_set(turned, "a").pixels, read_own_set(straight, "a").pixels)


def test_pictures_come_out_alike_in_one_block_and_in_many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, test_images=PIXELS)
    whole = read_npz(path).pixels
    monkeypatch.setattr("nat_core.data.sources.npz.BLOCK", 5_000)  # two pictures and a bit
    np.testing.assert_array_equal(read_npz(path).pixels, whole)
    assert whole.shape == (6, 32, 32, 3)


def test_few_bytes_take_little_memory() -> None:
    # 14 KB that unpack to 16 MB are read block by block; 380 KB that unpack to 390 MB are refused before.
    blank = npz(test_images=np.zeros((20_000, 28, 28), np.uint8))
    bomb = npz(test_images=np.zeros((490_000, 28, 28), np.uint8))
    tracemalloc.start()
    try:
        assert len(read_own_set(blank, "a.npz")) == 10_000
        with pytest.raises(UnreadableSet, match="more than 100 times what it is packed in"):
            read_own_set(bomb, "a.npz")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 64e6 + 10_000 * 3072


def end_records(content: bytes, *, zip64_size: int) -> bytes:
    """The same archive with a table of contents said to be longer, in a zip64 record."""
    place = content.rfind(b"PK\5\6")
    count, size, offset = struct.unpack("<HII", content[place + 10 : place + 20])
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", zip64_size, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, place, 1)
    return content[:place] + record + locator + content[place:]


@pytest.mark.parametrize("trick", ["plain", "zip64", "comment"])
def test_a_long_table_of_contents_is_refused_whatever_its_end_records_say(tmp_path: Path, trick: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(3000):
            archive.writestr(f"{number}_images.npy", b"")
    content = buffer.getvalue()
    if trick == "zip64":
        content = end_records(content, zip64_size=0)
    elif trick == "comment":
        content = content[:-2] + b"\x16\0" + b"PK\5\6" + bytes(18)
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(UnreadableSet):
        read_npz(tmp_path / "a.npz")


def test_a_file_that_is_not_there_stays_a_matter_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), open_npz(tmp_path / "none.npz", "none.npz"):
        pass


# --- labels ----------------------------------------------------------------------------------------------------------

THREE = [2, 0, 1, 2, 0, 1]


@pytest.mark.parametrize(
    "labels",
    [
        np.array(THREE), np.array(THREE, np.uint8)[:, None], np.array(THREE, np.float32), np.array(THREE, ">f8"),
        np.eye(3)[THREE], np.eye(3, dtype=np.uint8)[THREE], np.eye(3, dtype=bool)[THREE],
    ],
    ids=["numbers", "a column", "floats", "big-endian", "one-hot floats", "one-hot", "one-hot truth"],
)  # fmt: skip
def test_labels_of_every_kind_are_the_same_classes(labels: np.ndarray, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", test_images=PIXELS, test_labels=labels)
    assert present(read_npz(tmp_path / "a.npz").labels).tolist() == THREE
    found = read_own_set((tmp_path / "a.npz").read_bytes(), "a.npz")
    assert (present(found.labels).tolist(), found.classes) == (THREE, ("0", "1", "2"))


def test_names_as_labels_are_classes(tmp_path: Path) -> None:
    names = np.array(["ship", "cat", "dog", "ship", "cat", "dog"])
    for labels in (names, names.astype("S")):
        found = read_own_set(npz(test_images=PIXELS, test_labels=labels), "a.npz")
        assert (present(found.labels).tolist(), found.classes) == (THREE, ("cat", "dog", "ship"))
    named = read_own_set(npz(test_images=PIXELS, test_labels=names, classes=np.array(["dog", "ship", "cat"])), "a.npz")
    assert present(named.labels).tolist() == [1, 2, 0, 1, 2, 0]


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (np.ones((6, 14), int), "gives 14 numbers a picture, which are not a single 1 among zeros"),
        (np.zeros((6, 3)), "gives 3 numbers a picture"),
        (np.array([0.5] * 6), "holds numbers that are not whole"),
        (np.array([0, 1, 2, np.nan, 0, 0]), "holds numbers that are not whole"),
        (np.array([np.inf] * 6), "holds numbers that are not whole"),
        (np.array([0, 1, 2, 0, 0, 2**31 + 1], np.uint32), "goes up to 2147483649: labels count from 0"),
        (np.array([-1, 0, 0, 0, 0, 0]), "goes from -1 to 0"),
        (np.array([MAX_CLASSES] * 6), "at most 1,000 classes are read"),
        (np.array([2**64 - 1] * 6, np.uint64), "labels count from 0"),
        (np.array([["a", "b"]] * 6), "gives 2 names a picture"),
        (np.zeros((6, 0), "U1"), "holds no label"),
        (np.zeros((6, 0)), "holds no label"),
        (np.zeros(5, int), "6 pictures but test_labels of shape (5,)"),
        (np.array(3), "6 pictures but test_labels of shape ()"),
        (np.zeros(6, np.complex64), "holds no plain numbers"),
        (np.array(["2026-01-01"] * 6, "M8[D]"), "holds no plain numbers"),
    ],
)
def test_labels_that_are_no_classes_are_refused_and_never_dropped(
    labels: np.ndarray, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = npz(test_images=PIXELS, test_labels=labels)
    with pytest.raises(UnreadableSet) as raised:
        read_own_set(content, "a.npz")
    assert sentence in str(raised.value)
    assert str(raised.value).endswith(".")
    speak_pseudo(monkeypatch)
    with pytest.raises(UnreadableSet) as raised:
        read_own_set(content, "a.npz")
    assert loose_in(str(raised.value), frozenset({"test", "labels"})) == []


@pytest.mark.parametrize("character", [b"\0\xd8\0\0", b"\xff\xff\xff\x7f"], ids=["half a pair", "none at all"])
def test_what_is_no_character_can_still_be_printed(character: bytes) -> None:
    strange = np.frombuffer(b"a\0\0\0" + character + bytes(4), "<U3").repeat(6)
    assert read_own_set(npz(test_images=PIXELS, test_labels=strange), "a.npz").classes == ("a\ufffd",)


def test_classes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UnreadableSet, match="two of its classes bear the same name"):
        read_own_set(npz(test_images=PIXELS, test_labels=np.zeros(6, int), classes=np.array(["a", "a"])), "a.npz")
    with pytest.raises(UnreadableSet, match="names 'cat', which is none of the classes"):
        read_own_set(npz(test_images=PIXELS, test_labels=np.array(["cat"] * 6), classes=np.array(["a"])), "a.npz")


def test_more_names_than_classes_are_read_are_refused() -> None:
    names = np.array([f"name {each}" for each in range(MAX_CLASSES + 1)])
    with pytest.raises(ValueError, match=r"has 1,001 different names: at most 1,000 classes are read"):
        as_labels(names)


def test_parts_of_an_array_in_fortrans_order_are_the_same_pictures(tmp_path: Path) -> None:
    for order in (np.asfortranarray, np.ascontiguousarray):
        np.savez(tmp_path / "a.npz", test_images=order(PIXELS))
        with open_npz(tmp_path / "a.npz", "a", 10**6) as arrays:
            parts = list(arrays.picture_parts("test_images", 4))
        assert [len(each) for each in parts] == [4, 2]
        np.testing.assert_array_equal(np.concatenate(parts), PIXELS)


def test_parts_that_come_out_even_are_all_of_one_size(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", test_images=PIXELS)
    with open_npz(tmp_path / "a.npz", "a", 10**6) as arrays:
        assert [len(each) for each in arrays.picture_parts("test_images", 3)] == [3, 3]


def test_blocks_of_which_no_picture_is_wanted_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npz_files, "BLOCK", 1)  # one picture a block
    with open_npz(npz(test_images=PIXELS), "a", 10**6) as arrays:
        found = arrays.pictures("test_images", lambda rows: rows[:, :1, :1].repeat(32, 1).repeat(32, 2),
                                lambda number: np.array([0, number - 1]))  # fmt: skip
    np.testing.assert_array_equal(found[:, 5, 5], PIXELS[[0, 5], 0, 0])


def test_an_array_with_less_than_the_file_s_contents_promise_ends_too_early() -> None:
    short = zipped({"test_images.npy": array(HEADER, bytes(20))})
    place = short.rindex(b"PK\1\2") + 24  # where the unpacked size stands
    size = int.from_bytes(short[place : place + 4], "little") + 12
    content = short[:place] + size.to_bytes(4, "little") + short[place + 4 :]
    with pytest.raises(UnreadableSet, match="the array test_images") as raised:
        read_own_set(content, "mine.npz")
    assert str(raised.value.__cause__) == "it ends too early"


@pytest.mark.parametrize("shape", [(1, MAX_SIDE + 1, 1), (1, 1, MAX_SIDE + 1, 3)])
def test_a_picture_of_too_long_a_side_is_refused_with_its_size(shape: tuple[int, ...]) -> None:
    width, height = shape[2], shape[1]
    told = f"holds 1 pictures of {width:,} x {height:,} pixels; at most {MAX_PICTURES:,} of {MAX_SIDE:,} x"
    with pytest.raises(UnreadableSet, match=told):
        read_own_set(npz(test_images=np.zeros(shape, np.uint8)), "mine.npz")


def test_a_disk_that_fails_while_an_array_is_read_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(self: zipfile.ZipExtFile, size: int = -1) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(zipfile.ZipExtFile, "read", failing)
    with pytest.raises(OSError, match="Input/output error"), open_npz(npz(test_images=PIXELS), "a", 10**6) as arrays:
        arrays.picture_count("test_images")


def test_an_array_of_other_shapes_or_locked_or_in_another_packing_is_refused(tmp_path: Path) -> None:
    whole = npz(test_images=PIXELS)
    flags = whole.rindex(b"PK\1\2") + 8
    for place, value, told in (
        (flags, 1, r"a\.npz: the array test_images is locked with a password: "),
        (flags + 2, 9, "is packed in a way we do not"),
    ):
        content = whole[:place] + bytes([value]) + whole[place + 1 :]
        with pytest.raises(UnreadableSet, match=told):
            read_own_set(content, "a.npz")
    with open_npz(whole, "a", 10**6) as arrays:
        assert arrays.picture_count("test_images") == 6
        assert [each.shape for each in arrays.picture_parts("test_images", 100)] == [PIXELS.shape]


def test_negatives_need_no_labels_that_can_be_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "chest.npz", train_images=PIXELS, train_labels=np.ones((6, 14), int))
    assert len(read_negatives(tmp_path / "chest.npz").train) == 4


def test_as_labels_says_what_is_wrong_without_a_subject() -> None:
    with pytest.raises(ValueError, match="holds datetime64, neither numbers nor names"):
        as_labels(np.zeros(2, "M8"))
