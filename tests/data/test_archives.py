"""Zip files from strangers: what is taken, what is left, and every kind of bomb."""

import io
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from nat_core.data import archives, uploaded_sets
from nat_core.data.archives import is_zip, pictures_in
from nat_core.data.headers.examine import examine
from nat_core.data.headers.header import Allowance
from nat_core.data.headers.names import parts_of
from nat_core.data.uploaded_sets import read_own_set
from nat_core.errors import UnreadableImage, UnreadableSet
from tests.hostile_archives import ATTACKS, DOT, Member, archive, mutants, seeds
from tests.hostile_pictures import bmp, encoded, segment

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


def test_folders_whose_names_look_alike_are_one_class() -> None:
    content = packed(
        {"caf\u00e9/1.jpg": PICTURE, "cafe\u0301/2.jpg": PICTURE, "caf\u00e9 /3.jpg": PICTURE, " /4.jpg": PICTURE}
    )
    found = pictures_in(content, "a.zip").pictures
    assert [(*each.folders, each.name) for each in found] == [
        ("caf\u00e9", "1.jpg"),
        ("caf\u00e9", "2.jpg"),
        ("caf\u00e9", "3.jpg"),
        ("4.jpg",),
    ]


def test_what_systems_add_is_not_counted() -> None:
    content = packed({"__MACOSX/._bee.jpg": b"x", ".DS_Store": b"x", "Thumbs.db": b"x", "folder/": b""})
    assert pictures_in(content, "a.zip").others == 0


def test_folders_are_no_files_whichever_slash_their_system_takes() -> None:
    members = [Member(name, b"", method=0) for name in (b"cat\\", b"all\\dog\\", b"sea/", b"empty\\")]
    found = pictures_in(archive(*members, Member(b"cat\\1.png", DOT), Member(b"odd\\", DOT)), "a.zip")
    assert [(*each.folders, each.name) for each in found.pictures] == [("cat", "1.png"), ("odd",)]
    assert found.others == 0


def test_an_empty_zip_holds_nothing() -> None:
    content = packed({})
    assert is_zip(content)
    assert pictures_in(content, "a.zip").pictures == ()


def test_padding_has_a_budget_for_the_whole_archive() -> None:
    """Each piece of a file is looked at, so many small files of many pieces took a minute for a few MB."""
    photo = encoded("JPEG", (20, 20))
    padded = photo[:2] + segment(0xFE) * 19_000 + photo[2:]
    content = archive(*[Member(b"a/%d.jpg" % each, padded) for each in range(40)])
    found = read_own_set(content, "a.zip")
    assert 10 < len(found) < 30
    assert len(found) + len(found.skipped) == 40
    assert found.skipped[-1] == (
        "39.jpg was left out: the files in a.zip unpack to more than pictures in a zip file of its size do, so export "
        "them again."
    )
    zeros = archive(*[Member(b"a/%d.png" % each, DOT + bytes(7_000_000)) for each in range(3)])
    with pytest.raises(UnreadableSet, match=r"0\.png was left out: the files in a\.zip unpack to more"):
        read_own_set(zeros, "a.zip")


def test_pictures_whose_pixels_lie_as_they_are_are_no_padding() -> None:
    blank = archive(*[Member(b"a/%d.bmp" % each, bmp(200, 200, bytes(120_000))) for each in range(40)])
    assert len(read_own_set(blank, "a.zip")) == 40
    with pytest.raises(UnreadableSet, match=r"0\.png is text"):
        read_own_set(archive(Member(b"a/0.png", b"x")), "a.zip")


@pytest.mark.parametrize("kind", ["BMP", "TIFF"])
def test_what_lies_behind_pixels_as_they_are_has_a_budget_too(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE_FLAT", 20_000_000)
    padded = encoded(kind) + bytes(7_000_000)
    found = read_own_set(packed({f"a/{number}.{kind}": padded for number in range(5)}), "a.zip")
    assert len(found) == 2
    assert len(found.skipped) == 3
    assert found.skipped[-1].startswith(f"4.{kind} was left out: the files in a.zip unpack to more than pictures")


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_FILES", 3)
    with pytest.raises(UnreadableImage, match=r"many\.zip holds more than the 3 files that are opened"):
        pictures_in(packed({f"{number}.txt": b"" for number in range(4)}), "many.zip")


def test_a_table_of_contents_of_a_million_files_is_not_even_read() -> None:
    content = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 0xFFFF, 0xFFFF, 60_000_000, 0, 0)
    with pytest.raises(UnreadableImage, match="holds more than the 20,000 files"):
        pictures_in(content, "million.zip")


def test_a_bomb_by_its_total_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_UNPACKED", 3_000_000)
    with pytest.raises(UnreadableImage, match=r"bomb\.zip unpacks to 4 MB, more than the 3 MB that are unpacked"):
        pictures_in(packed({f"{number}.jpg": bytes(1_000_000) for number in range(4)}), "bomb.zip")


def test_one_huge_file_is_refused_before_it_is_unpacked() -> None:
    content = packed({"huge.jpg": bytes(51_000_000), "bee.jpg": PICTURE})
    assert len(content) < 100_000
    huge, bee = pictures_in(content, "a.zip").pictures
    with pytest.raises(UnreadableImage, match=r"huge\.jpg is 51\.0 MB, more than the 50 MB read of a file"):
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


# --- archives as attackers make them ---------------------------------------------------------------------------------


def read_or_refused(content: bytes) -> str:
    """The sentence of a refusal, or those of what was left out."""
    try:
        return " ".join(read_own_set(content, "x").skipped) or "x is read"
    except UnreadableSet as error:
        return str(error)


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_are_read_within_bounds_or_refused_in_a_sentence_and_nothing_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = ATTACKS[name]()
    tracemalloc.start()
    try:
        sentence = read_or_refused(content)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "\n" not in sentence
    assert most < 32_000_000
    assert list(tmp_path.iterdir()) == []


def test_there_are_as_many_attacks_as_were_promised() -> None:
    assert len(ATTACKS) >= 120


@pytest.mark.parametrize("start", range(0, 2_000, 1_000))
def test_an_altered_archive_is_read_or_refused_in_a_sentence(start: int) -> None:
    for _, content in mutants(1_000, start):
        assert "\n" not in read_or_refused(content)


@pytest.mark.endurance
@pytest.mark.parametrize("start", range(2_000, 200_000, 6_000))
def test_two_hundred_thousand_altered_archives(start: int) -> None:
    for _, content in mutants(7_000, start):
        assert "\n" not in read_or_refused(content)


def test_their_seeds_are_whole() -> None:
    for content in seeds():
        assert read_own_set(content, "x").skipped == ()


@pytest.mark.parametrize(
    "name",
    [each for each in ATTACKS if each.split()[0] in ("number", "here", "table", "larger", "locator", "no", "another")
     and each != "another code"],
)  # fmt: skip
def test_end_records_that_contradict_the_table_are_refused(name: str) -> None:
    with pytest.raises(UnreadableImage, match=r"is cut short or damaged|holds more than the 20,000 files"):
        pictures_in(ATTACKS[name](), "x")


def test_a_whole_archive_with_both_end_records_is_read() -> None:
    (large,) = (each for each in seeds() if b"PK\x06\x06" in each)
    assert [picture.name for picture in pictures_in(large, "x").pictures] == ["1.png"]


def test_an_archives_pixels_are_bounded_by_its_bytes() -> None:
    found = read_own_set(ATTACKS["20 x 24 Mpx of two colours"](), "x")
    assert len(found) == 2
    assert found.skipped[0] == (
        "2.png was left out: the pictures in x have more pixels than a zip file of its size may bring, so zip fewer or "
        "smaller ones."
    )


def test_a_name_is_shown_printable_and_short() -> None:
    found = pictures_in(packed({"a" * 500 + "\x1b[31m.png": PICTURE, "\x07.png": PICTURE}), "a.zip").pictures
    assert [picture.name[:111] for picture in found] == ["a" * 111, "\ufffd.png"]
    assert len(found[0].name) == 120


def test_names_that_differ_in_what_nobody_sees_are_one() -> None:
    assert parts_of("cat\n/1.png") == parts_of("cat/1.png ") == ("cat", "1.png")


def test_two_long_names_stay_two() -> None:
    long = {f"{'a' * 130}{last}/1.png": PICTURE for last in "bc"}
    assert len({picture.folders for picture in pictures_in(packed(long), "a.zip").pictures}) == 2


def test_names_in_utf_8_that_no_flag_calls_so_are_read_as_macos_writes_them() -> None:
    once_more = b"\1" + struct.pack("<I", zlib.crc32(b"x.png")) + "\u732b/1.png".encode()
    content = archive(
        Member("cafe\u0301/1.png".encode(), DOT),
        Member("caf\u00e9/2.png".encode(), DOT, flags=0x800),
        Member("caf\u00e9/3.png".encode("cp437"), DOT),
        Member(b"x.png", DOT, extra=struct.pack("<HH", 0x7075, len(once_more)) + once_more),
    )
    folders = [picture.folders for picture in pictures_in(content, "a.zip").pictures]
    assert folders == [("caf\u00e9",)] * 3 + [("\u732b",)]


def test_pictures_are_known_by_their_bytes_where_their_names_say_nothing() -> None:
    photo = encoded("JPEG")
    files = {
        "cat/1": photo,
        "cat/2.dat": b"II*\0 a TIFF",
        "cat/3.JFIF": photo,
        "cat/4.csv": b"a,b",
        "cat/5.pdf": b"%PDF",
    }
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        found = pictures_in(packed(files, compression), "a.zip")
        assert [picture.name for picture in found.pictures] == ["1", "2.dat", "3.JFIF"]
        assert found.others == 2


@pytest.mark.parametrize(
    ("files", "ids", "classes", "labels", "over"),
    [
        (
            ["d/cat/1.png", "d/dog/1.png", "d/.ipynb_checkpoints/1-checkpoint.png", "d/cat/.ipynb_checkpoints/1.png"],
            ("cat/1.png", "dog/1.png"), ("cat", "dog"), [0, 1], 2,
        ),
        (["cat/1.png", "cat/@eaDir/1.png/SYNOPHOTO_THUMB_M.jpg"], ("cat/1.png",), ("cat",), [0], 1),
        (["cat/1.png", "__MACOSX/cat/._1.png", "cat/Thumbs.db", "desktop.ini"], ("cat/1.png",), ("cat",), [0], 3),
        (["cat/1.jfif"], ("cat/1.jfif",), ("cat",), [0], 0),
        (
            ["train/n01/images/n01_0.png", "train/n02/images/n02_0.png"],
            ("n01/images/n01_0.png", "n02/images/n02_0.png"), ("n01", "n02"), [0, 1], 0,
        ),
        (
            ["set/train/cat/1.png", "set/val/dog/1.png", "set/test/cat/1.png"],
            ("train/cat/1.png", "val/dog/1.png", "test/cat/1.png"), ("cat", "dog"), [0, 1, 0], 0,
        ),
        (["cat/1.png", "cat/small/2.png", "dog/1.png"],
         ("cat/1.png", "cat/small/2.png", "dog/1.png"), ("cat", "dog"), [0, 0, 1], 0),
        (["1.png", "2.png"], ("1.png", "2.png"), (), None, 0),
        (["cat/1.png", "#recycle/1.png", "$RECYCLE.BIN/1.png", "@tmp/2.png", "System Volume Information/x.png",
          "lost+found/1.png", "__pycache__/a.png", "cat/ehthumbs.db"], ("cat/1.png",), ("cat",), [0], 7),
        (["cat/1.png", "RECYCLER/1.png", "FOUND.000/1.png", "cat/@__thumb/1.png", "~snapshot/cat/1.png",
          "Network Trash Folder/1.png", "Temporary Items/1.png", "LOST.DIR/1.png"], ("cat/1.png",), ("cat",), [0], 7),
        (["d/Training/cat/1.png", "d/Testing/dog/1.png"], ("Training/cat/1.png", "Testing/dog/1.png"), ("cat", "dog"),
         [0, 1], 0),
        (["seg_train/seg_train/sea/1.png", "seg_test/seg_test/ice/1.png"],
         ("seg_train/seg_train/sea/1.png", "seg_test/seg_test/ice/1.png"), ("ice", "sea"), [1, 0], 0),
        (["train2017/1.png", "val2017/2.png"], ("train2017/1.png", "val2017/2.png"), (), None, 0),
        (["val/images/1.png", "val/images/2.png"], ("images/1.png", "images/2.png"), (), None, 0),
        (["steam_train/1.png", "bullet_train/1.png"], ("steam_train/1.png", "bullet_train/1.png"),
         ("bullet_train", "steam_train"), [1, 0], 0),
        (["test/1.png", "dog/1.png"], ("test/1.png", "dog/1.png"), ("dog", "test"), [1, 0], 0),
        (["images/1.png", "masks/1.png"], ("images/1.png", "masks/1.png"), ("images", "masks"), [0, 1], 0),
    ],
    ids=["hidden", "eadir", "systems", "jfif", "tinyimagenet", "parts", "deeper", "flat", "bins", "other bins",
         "other names", "twice", "years", "only images", "no parts", "a part among classes", "masks"],
)  # fmt: skip
def test_the_fields_layouts_and_what_systems_add(
    files: list[str], ids: tuple[str, ...], classes: tuple[str, ...], labels: list[int] | None, over: int
) -> None:
    found = read_own_set(packed(dict.fromkeys(files, DOT)), "a.zip")
    assert found.ids == ids
    assert found.classes == classes
    assert (None if found.labels is None else found.labels.tolist()) == labels
    assert sum(int(sentence.split()[0]) for sentence in found.passed_over) == over
    assert all("hidden or system file" in sentence for sentence in found.passed_over)


def test_a_part_without_class_folders_is_left_out_and_told() -> None:
    files = ["t/train/n01/images/a.png", "t/train/n02/images/b.png", "t/val/images/v.png", "t/test/images/w.png"]
    found = read_own_set(packed(dict.fromkeys(files, DOT)), "a.zip")
    assert (found.ids, found.classes) == (("train/n01/images/a.png", "train/n02/images/b.png"), ("n01", "n02"))
    assert found.passed_over == ("2 pictures of a part without class folders were left out.",)


def test_pictures_in_folders_and_outside_of_them_cannot_be_told_apart() -> None:
    with pytest.raises(UnreadableSet, match=r"a\.zip must hold one folder a class, .* but 1\.png lies in none"):
        read_own_set(packed({"1.png": DOT, "cat/2.png": DOT}), "a.zip")


def test_as_many_pictures_are_opened_as_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    many = packed({f"{number}.png": DOT for number in range(10_000)}, zipfile.ZIP_STORED)
    assert len(pictures_in(many, "a.zip").pictures) == 10_000
    monkeypatch.setattr(uploaded_sets, "MAX_PICTURES", 3)
    found = read_own_set(packed({f"{number}.png": DOT for number in range(9)}), "a.zip")
    assert found.ids == ("0.png", "4.png", "8.png")


def test_an_allowance_comes_back_with_time() -> None:
    now = [0.0]
    allowance = Allowance(100, "{name} was left out: wait.", 10, lambda: now[0])
    ten_by_nine = examine(encoded("PNG", (10, 9)), "x")
    allowance.admit(ten_by_nine, "x")
    with pytest.raises(UnreadableImage, match=r"^x was left out: wait\.$"):
        allowance.admit(ten_by_nine, "x")
    now[0] = 8.0
    allowance.admit(ten_by_nine, "x")
    now[0] = 1_000.0
    allowance.admit(ten_by_nine, "x")
    with pytest.raises(UnreadableImage, match="left out"):  # never more than at the beginning
        allowance.admit(ten_by_nine, "x")
