"""Zip files from strangers: what is taken, what is left, and every kind of bomb."""

import io
import struct
import zipfile

import pytest

from nat_core.data import uploaded_sets
from nat_core.data.uploaded_sets import is_zip, pictures_in
from nat_core.errors import UnreadableImage

PICTURE = b"the bytes of a picture " * 10


def packed(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_pictures_come_in_order_with_their_bytes_and_without_folders() -> None:
    content = packed({"b/bee.jpg": PICTURE, "a/cat.PNG": b"cat", "IMG.heic": b"x", "notes.txt": b"x", "in.zip": b"x"})
    found = pictures_in(content, "a.zip")
    assert [(picture.name, picture.unpack()) for picture in found.pictures[:2]] == [
        ("bee.jpg", PICTURE),
        ("cat.PNG", b"cat"),
    ]
    assert found.pictures[2].name == "IMG.heic"
    assert found.others == 2


@pytest.mark.parametrize("name", ["../../evil.jpg", "/etc/evil.jpg", "..\\..\\evil.jpg", "C:\\evil.jpg"])
def test_a_name_is_never_a_path(name: str) -> None:
    assert [each.name for each in pictures_in(packed({name: PICTURE}), "a.zip").pictures] == ["evil.jpg"]


def test_what_systems_add_is_not_counted() -> None:
    content = packed({"__MACOSX/._bee.jpg": b"x", ".DS_Store": b"x", "Thumbs.db": b"x", "folder/": b""})
    assert pictures_in(content, "a.zip").others == 0


def test_an_empty_zip_holds_nothing() -> None:
    content = packed({})
    assert is_zip(content)
    assert pictures_in(content, "a.zip") == uploaded_sets.Pictures((), 0)


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploaded_sets, "MAX_FILES", 3)
    with pytest.raises(UnreadableImage, match=r"many\.zip holds more than the 3 files that are opened"):
        pictures_in(packed({f"{number}.txt": b"" for number in range(4)}), "many.zip")


def test_a_table_of_contents_of_a_million_files_is_not_even_read() -> None:
    content = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 0xFFFF, 0xFFFF, 60_000_000, 0, 0)
    with pytest.raises(UnreadableImage, match="holds more than the 2,000 files"):
        pictures_in(content, "million.zip")


def test_a_bomb_by_its_total_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploaded_sets, "MAX_UNPACKED", 3_000_000)
    with pytest.raises(UnreadableImage, match=r"bomb\.zip unpacks to 4 MB, more than the 3 MB that are unpacked"):
        pictures_in(packed({f"{number}.jpg": bytes(1_000_000) for number in range(4)}), "bomb.zip")


def test_one_huge_file_is_refused_before_it_is_unpacked() -> None:
    content = packed({"huge.jpg": bytes(51_000_000), "bee.jpg": PICTURE})
    assert len(content) < 100_000
    huge, bee = pictures_in(content, "a.zip").pictures
    with pytest.raises(UnreadableImage, match=r"huge\.jpg unpacks to 51 MB, more than the 50 MB read of a file"):
        huge.unpack()
    assert bee.unpack() == PICTURE


def test_a_file_that_lies_about_its_size_gives_no_more_than_it_says() -> None:
    content = packed({"liar.jpg": bytes(5_000_000)})
    lying = content.replace(struct.pack("<I", 5_000_000), struct.pack("<I", 1_000))
    (liar,) = pictures_in(lying, "a.zip").pictures
    with pytest.raises(UnreadableImage, match=r"liar\.jpg is damaged inside its zip file"):
        liar.unpack()


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_that_unpack_without_a_limit_are_not_opened(compression: int) -> None:
    (picture,) = pictures_in(packed({"bee.jpg": PICTURE}, compression), "a.zip").pictures
    with pytest.raises(UnreadableImage, match="packed in a way we do not open"):
        picture.unpack()


def test_a_locked_file_is_named() -> None:
    content = bytearray(packed({"bee.jpg": PICTURE}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (picture,) = pictures_in(bytes(content), "a.zip").pictures
    with pytest.raises(UnreadableImage, match=r"bee\.jpg is locked with a password"):
        picture.unpack()


@pytest.mark.parametrize("length", [10, 100, -30])
def test_a_zip_cut_short_is_refused(length: int) -> None:
    with pytest.raises(UnreadableImage, match=r"cut\.zip is cut short or damaged"):
        pictures_in(packed({"bee.jpg": PICTURE})[:length], "cut.zip")


def test_damaged_contents_are_named() -> None:
    content = bytearray(packed({"bee.jpg": PICTURE}, zipfile.ZIP_STORED))
    content[content.index(b"picture")] ^= 1
    (picture,) = pictures_in(bytes(content), "a.zip").pictures
    with pytest.raises(UnreadableImage, match=r"bee\.jpg is damaged inside its zip file"):
        picture.unpack()
