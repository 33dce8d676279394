"""The room headers and every refusal of images.py: one sentence with the file's name, what it is, and what to do."""

import io
import os
import random
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nat_core.data.apart.process import formats
from nat_core.data.headers.examine import examine
from nat_core.data.headers.header import MAX_PIXELS, check_pixels, orientation_of
from nat_core.data.images import MAX_BYTES, check_length, read_image, read_photo
from nat_core.errors import UnreadableImage
from tests import hostile_pictures
from tests.hostile_pictures import (
    BOMBS,
    DOT,
    HARMLESS,
    TABLES,
    bmp,
    chunk,
    frame,
    gif,
    jpeg,
    png,
    riff,
    scan,
    segment,
)

EXPORT = "which is not read here: export it as JPEG or PNG."
HEIC = (
    "x is a HEIC photo, as iPhones take them, which is not read here: export it as JPEG, or have the iPhone take JPEG "
    "(Settings, Camera, Formats, Most Compatible) and take it again."
)
RARER = (b"P6\n", b"P2 ", b"\n\5\1", b"II+\0", b"MM\0+", b"\0\0\2\0", b"DDS ", b"\1\xda\1", b"qoif", b"v/1\1", b"%!PS")
"""How pictures of rarer formats begin: PPM, PGM, PCX, two large TIFFs, TGA, DDS, SGI, QOI, OpenEXR, PostScript."""
CHOOSE = "choose a {formats} file."
"""Filled with what is read where the tests run."""
DAMAGED = "x is cut short or damaged, so it cannot be read: copy or export it again."
RARE = (
    "x is a JPEG of a rare kind (lossless, arithmetic coding, or more than 8 bits a colour), which is not read here: "
    "export it as a usual JPEG or PNG."
)
JPEG_2000 = b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 \0\0\0\0jp2c\xff\x4f\xff\x51" + bytes(800)
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")


def encoded(format, size=(41, 23)):
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(file, format)
    return file.getvalue()


def refusal(source, **arguments):
    with pytest.raises(UnreadableImage) as caught:
        read_image(source, **arguments)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert ". " not in sentence
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "x is empty (0 bytes): copy or export it again."),
        (b"Dear diary,\ntoday I saw a caf\xc3\xa9.", f"x is text, not a picture: {CHOOSE}"),
        (b"BMW builds cars in Munich.", f"x is text, not a picture: {CHOOSE}"),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>", f"x is a web page, not a picture: {CHOOSE}"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", f"x is an SVG drawing, {EXPORT}"),
        (b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", HEIC),
        (b"\0\0\0\x24ftypmif1\0\0\0\0mif1heic", HEIC),
        (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1", f"x is an AVIF picture, {EXPORT}"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isom", "x is a video, not a picture: save one frame of it as JPEG or PNG."),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "x is a PDF, not a picture: export the page as JPEG or PNG."),
        (JPEG_2000, f"x is a JPEG 2000 picture, {EXPORT}"),
        (JPEG_2000[40:], f"x is a JPEG 2000 picture, {EXPORT}"),
        (b"\xff\x0a\xfa\x7f", f"x is a JPEG XL picture, {EXPORT}"),
        (encoded("TIFF"), f"x is a TIFF or camera raw file, {EXPORT}"),
        (encoded("ICO"), f"x is an icon (ICO), {EXPORT}"),
        *(
            (start + bytes(99), "x is a picture of a kind that is not read here: export it as JPEG or PNG.")
            for start in RARER
        ),
        (b"FUJIFILMCCD-RAW 0201" + bytes(99), f"x is a camera raw file, {EXPORT}"),
        (b"RIFF\0\0\0\0AVI LIST", "x is a video, not a picture: save one frame of it as JPEG or PNG."),
        (
            b"Rar!\x1a\7\1\0",
            "x is an archive or office document, not a picture: take the pictures out of it first.",
        ),
        (
            b"PK\3\4\x14\0",
            "x is an archive or office document, not a picture: take the pictures out of it first.",
        ),
        (b"\x7fELF\2\1\1\0\0\0\0\0\0\0", f"x is in no format that is read here: {CHOOSE}"),
        *((encoded(format)[:-40], DAMAGED) for format in FORMATS),
        *((encoded(format)[:20], DAMAGED) for format in FORMATS),
        (b"\x89PNG\n\x1a\n" + encoded("PNG")[8:], DAMAGED),  # sent as text, which loses a byte
    ],
)
def test_what_a_file_is_and_what_to_do(data, sentence, monkeypatch):
    monkeypatch.setattr("nat_core.data.headers.examine.kinds", frozenset)  # without the decoders that may be missing
    assert refusal(data, name="x") == sentence.replace("{formats}", formats())


@pytest.mark.parametrize(
    ("kinds", "named"),
    [(set(), "PNG, JPEG, WebP, GIF or BMP"), ({"HEIF", "TIFF"}, "PNG, JPEG, HEIC, TIFF, WebP, GIF or BMP")],
)
def test_what_to_choose_is_what_is_read_here(kinds, named, monkeypatch):
    monkeypatch.setattr("nat_core.data.apart.process.kinds", lambda: kinds)
    assert refusal(b"Dear diary", name="x") == f"x is text, not a picture: choose a {named} file."


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_before_a_decoder_is_asked(name, monkeypatch):
    monkeypatch.setattr(Image, "open", lambda *arguments, **options: pytest.fail("asked Pillow"))
    data = BOMBS[name]()
    assert len(data) <= MAX_BYTES
    tracemalloc.start()
    try:
        sentence = refusal(data, name="x")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sentence.startswith("x ")
    assert most < 16_000_000


@pytest.mark.parametrize("name", HARMLESS)
def test_what_has_nothing_to_do_with_the_pixels_is_dropped_unread(name):
    header = examine(HARMLESS[name](), "x")
    assert len(header.data) < 2_000
    assert read_image(header.data).shape == (32, 32, 3)


OUT_OF_PROPORTION = [
    (
        png(13400, 13300, b""),
        "x is 13,400 x 13,300 pixels, more than the 24 megapixels read of a PNG file: shrink it first.",
    ),
    (png(70_000, 1, b""), "x is 70,000 x 1 pixels, more than the 65,535 read of a side: shrink it first."),
    (
        png(4096, 4096, b"", depth=16, colours=6),
        "x unpacks to 134 MB, more than the 101 MB that are unpacked of a PNG file: shrink it first.",
    ),
    (
        gif((5000, 5000), (1, 1), DOT),
        "x states 5,000 x 5,000 pixels but holds too few bytes for them: copy or export it again.",
    ),
    (
        bmp(9, 9, bytes(999), packing=1),
        f"x is a BMP whose pixels are packed (run lengths, JPEG or PNG), {EXPORT}",
    ),
    (
        BOMBS["JPEG of 100 passes"](),
        "x is a JPEG that goes over its pixels more often than is read (32 passes, or 8,000,000 blocks in all): "
        "export it as a usual JPEG, not a progressive one.",
    ),
    (
        BOMBS["JPEG progressive of 48 Mpx"](),
        "x takes 300 MB to decode its 8,000 x 6,000 pixels, more than the 200 MB that one picture may take: "
        "shrink it first.",
    ),
    (
        BOMBS["JPEG lossless"](),
        RARE,
    ),
    *((jpeg(TABLES, frame(8, 8, depth=depth), scan(b"\0")), RARE) for depth in (12, 16)),
    (
        gif((1, 1), (1, 1), DOT, b"!\xfe\1a\0" * 10_000),
        "x is in more than the 20,000 pieces that are looked at before its pixels: export it again.",
    ),
]


@pytest.mark.parametrize(("data", "sentence"), OUT_OF_PROPORTION)
def test_what_is_out_of_proportion_and_why(data, sentence):
    assert refusal(data, name="x") == sentence


@pytest.mark.parametrize("start", range(0, 20_000, 2_500))
def test_an_altered_picture_is_read_or_refused_in_a_sentence(start):
    for name, data in hostile_pictures.mutants(2_500, start):
        _read_or_refused(name, data)


@pytest.mark.endurance
@pytest.mark.parametrize("start", range(0, 1_000_000, 20_000))
def test_a_million_altered_pictures(start):
    for name, data in hostile_pictures.mutants(20_000, start):
        _read_or_refused(name, data)


def _read_or_refused(name, data):
    sentence = "x "
    try:
        assert read_image(data, name="x").shape == (32, 32, 3), name
    except UnreadableImage as error:
        sentence = str(error)
    assert sentence.startswith("x "), name
    assert "\n" not in sentence, name


def test_the_seeds_of_altered_pictures_are_whole_and_of_every_format():
    found = hostile_pictures.seeds()
    assert len(found) >= 40
    assert {examine(data, "x").kind for data in found.values()} == set(FORMATS)
    for data in found.values():
        read_image(data)
    once = [data for _, data in hostile_pictures.mutants(100)]
    assert once == [data for _, data in hostile_pictures.mutants(100)]
    assert hostile_pictures.mutated(b"abc", random.Random(1)) != b"abc"


def test_a_jpeg_2000_is_refused_by_its_first_bytes(monkeypatch):
    monkeypatch.setattr(Image, "open", lambda *arguments, **options: pytest.fail("asked Pillow"))
    assert refusal(JPEG_2000, name="photo.png") == f"photo.png is a JPEG 2000 picture, {EXPORT}"


def test_a_header_that_pillow_reads_as_another_size_is_not_decoded(monkeypatch):
    header = examine(encoded("PNG"), "x")
    monkeypatch.setattr("nat_core.data.images.examine", lambda data, name: replace(header, frame=(41, 24)))
    assert refusal(encoded("PNG"), name="x") == DAMAGED


def test_the_limit_itself_is_allowed():
    for kind, most in MAX_PIXELS.items():
        check_pixels((most // 2000, 2000), kind, "x")
        with pytest.raises(UnreadableImage, match=f"more than the {most >> 20} megapixels"):
            check_pixels((most // 2000 + 1, 2000), kind, "x")


@pytest.mark.parametrize("format", FORMATS)
def test_declared_sizes_are_those_that_pillow_reads(format):
    assert examine(encoded(format), "x").size == (41, 23)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("gone.png", "{folder}/gone.png was not found: check its name and folder."),
        ("gone.png/deeper", "{folder}/gone.png/deeper was not found: check its name and folder."),
        ("", "{folder} is a folder, not a picture: name the pictures inside it."),
        ("pipe", f"{{folder}}/pipe is a device or a pipe, not a picture: {CHOOSE}"),
        ("large.png", "{folder}/large.png is 50.1 MB, more than the 50 MB read of a file: shrink it first."),
        ("x" * 300, f"{{folder}}/{'x' * 300} cannot be opened (File name too long): check its name and folder."),
    ],
    ids=["missing", "deeper", "folder", "pipe", "large", "long"],
)
def test_paths_that_are_no_picture(file, sentence, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large.png").touch()
    os.truncate(tmp_path / "large.png", MAX_BYTES + 100_000)
    assert refusal(tmp_path / file) == sentence.format(folder=tmp_path, formats=formats())


@pytest.mark.parametrize(
    ("source", "name", "sentence"),
    [
        ("a\0b.png", None, "a\ufffdb.png was not found: check its name and folder."),
        (b"", "a\nb\x1b[31m.png", "a b\ufffd[31m.png is empty (0 bytes): copy or export it again."),
        (
            bytes(MAX_BYTES + 100_000),
            None,
            "The picture is 50.1 MB, more than the 50 MB read of a file: shrink it first.",
        ),
    ],
    ids=["zero", "escape", "bytes"],
)
def test_names_stay_on_one_line_and_bytes_need_none(source, name, sentence):
    assert refusal(source, **({} if name is None else {"name": name})) == sentence


def test_a_file_that_grows_while_it_is_read_is_read_up_to_the_limit(tmp_path, monkeypatch):
    file = tmp_path / "x.png"
    file.write_bytes(encoded("PNG"))

    def growing(name, length):
        if length < MAX_BYTES:
            os.truncate(file, MAX_BYTES + 5_000_000)
        check_length(name, length)

    monkeypatch.setattr("nat_core.data.images.check_length", growing)
    assert refusal(file, name="x") == "x is 50.0 MB, more than the 50 MB read of a file: shrink it first."


def test_photos_are_refused_alike():
    with pytest.raises(UnreadableImage, match="x is text, not a picture"):
        read_photo(b"hello", name="x")


@given(data=st.data(), format=st.sampled_from(FORMATS))
@settings(deadline=None, max_examples=300)
def test_a_file_cut_or_altered_anywhere_reads_or_is_refused_in_a_sentence(data, format):
    file = bytearray(encoded(format))
    for place in data.draw(st.lists(st.integers(0, len(file) - 1), max_size=4)):
        file[place] = data.draw(st.integers(0, 255))
    file = bytes(file[: data.draw(st.integers(0, len(file)))])
    try:
        pixels = read_image(file)
    except UnreadableImage:
        assert refusal(file, name="x").startswith("x ")
    else:
        assert pixels.shape == (32, 32, 3)


@pytest.mark.parametrize(
    ("tags", "orientation"),
    [
        ("4d4d002a00000008 0001 0112 0003 00000001 0006 0000 00000000", 6),
        ("49492a0008000000 0100 1201 0300 01000000 0800 0000 00000000", 8),
        ("49492a0008000000 0100 1201 0400 01000000 03000000 00000000", 3),  # four bytes instead of two
        ("4d4d002a00000008 0001 0112 0003 00000001 0009 0000 00000000", 1),  # there is no ninth way
        ("4d4d002a00000008 ffff 0110 0003 00000001 0006 0000", 1),  # more tags than there are
        ("4d4d002a0000ffff", 1),
        ("", 1),
    ],
)
def test_orientations_byte_by_byte(tags, orientation):
    assert orientation_of(bytes.fromhex(tags)) == orientation


def test_the_first_tags_of_a_jpeg_count():
    tags = [
        b"Exif\0\0" + bytes.fromhex(f"4d4d002a00000008 0001 0112 0003 00000001 000{turn} 0000 00000000")
        for turn in (6, 3)
    ]
    whole = encoded("JPEG")
    both = whole[:2] + b"".join(segment(0xE1, each) for each in tags) + whole[2:]
    assert examine(both, "x").orientation == 6


@pytest.mark.parametrize("restarts", [{}, {"restart_marker_blocks": 1}])
def test_a_long_jpeg_ends_where_its_pixels_do(restarts):
    noise = np.random.default_rng(0).integers(0, 256, (640, 640), dtype=np.uint8)
    written = io.BytesIO()
    Image.fromarray(noise).save(written, "JPEG", quality=95, **restarts)
    whole = written.getvalue()
    assert len(whole) > 2**18  # more than is looked through at once
    assert examine(whole + b"junk behind it", "x").data.endswith(whole[-1_000:])


def test_a_webp_that_says_it_is_shorter_or_longer_than_it_is():
    whole = encoded("WEBP")
    assert np.array_equal(read_image(whole + b"junk behind it"), read_image(whole))
    assert refusal(riff((b"VP8 ", whole[20:]))[:-40], name="x") == DAMAGED


def test_a_png_whose_end_is_missing_is_whole_all_the_same():
    whole = encoded("PNG")
    assert np.array_equal(read_image(whole[:-12]), read_image(whole))
    assert refusal(whole[:-12].replace(b"IDAT", b"IDAX"), name="x") == DAMAGED


def test_a_png_without_a_header_states_no_sides():
    assert refusal(b"\x89PNG\r\n\x1a\n" + encoded("PNG")[33:], name="x") == DAMAGED


def test_a_png_with_a_second_header_is_damaged():
    later = png(1, 1, png(7000, 7000)[8:33], chunk(b"IDAT", b""))
    assert refusal(later, name="x") == DAMAGED
