"""headers.py and every refusal of images.py: each is one sentence with the file's name, what it is, and what to do."""

import io
import os
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from nat_core.data.images import MAX_BYTES, MAX_PIXELS, check_pixels, declared_size, kind_of, read_image, read_photo
from nat_core.errors import UnreadableImage

EXPORT = "which is not read here: export it as JPEG or PNG."
CHOOSE = "choose a PNG, JPEG, WebP, GIF or BMP file."
DAMAGED = "x is cut short or damaged, so it cannot be read: copy or export it again."
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")


def encoded(format, size=(41, 23)):
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(file, format)
    return file.getvalue()


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width, height, depth=8, colour_type=2):
    return png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0))


def png_of_21_kilobytes():
    """A two-colour picture of 13,400 x 13,300: 22 MB of packed zeros, 713 MB as RGBA."""
    rows = zlib.compress(bytes((1 + 13400 // 8) * 13300), 9)
    chunks = png_header(13400, 13300, 1, 3) + png_chunk(b"PLTE", bytes(6)) + png_chunk(b"IDAT", rows)
    return b"\x89PNG\r\n\x1a\n" + chunks + png_chunk(b"IEND", b"")


def jpeg_2000():
    """829 bytes that begin as a JPEG 2000 of 20,000 x 13,334 x 3 (800 MB) does."""
    size = struct.pack(">HHHIIIIIIIIH", 0xFF51, 47, 0, 20000, 13334, 0, 0, 20000, 13334, 0, 0, 3) + b"\7\1\1" * 3
    boxes = b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 "
    return (boxes + b"\0\0\0\0jp2c\xff\x4f" + size).ljust(829, b"\0")


def gif(screen, frame):
    return (
        b"GIF89a" + struct.pack("<HH", *screen) + b"\0\0\0!\xfe\2hi\0," + struct.pack("<4HB", 0, 0, *frame, 0) + b"\2\0"
    )


def webp(header):
    return b"RIFF" + struct.pack("<I", 22) + b"WEBP" + header


def bmp(width, height):
    return b"BM" + struct.pack("<IIIIiiHHIIIIII", 54, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def jpeg(width, height):
    return (
        b"\xff\xd8\xff\xe0\0\4\0\0\xff\xc0\0\x11\x08"
        + struct.pack(">HH", height, width)
        + b"\3\1\x22\0\2\x11\0\3\x11\0"
    )


VP8L = struct.pack("<IBI", 9, 0x2F, (4000 - 1) | (3201 - 1) << 14)
VP8X = struct.pack("<II", 10, 0) + (15999).to_bytes(3, "little") + (8999).to_bytes(3, "little")
VP8 = struct.pack("<I", 10) + b"\0\0\0\x9d\1\x2a" + struct.pack("<HH", 16000, 9000)
BOMBS = {
    "PNG": (png_of_21_kilobytes(), (13400, 13300), 24),
    "JPEG": (jpeg(65500, 65500) + b"\xff\xda", (65500, 65500), 64),
    "GIF screen": (gif((60000, 3000), (1, 1)), (60000, 3000), 24),
    "GIF frame": (gif((1, 1), (60000, 2000)), (60000, 2000), 24),
    "WebP lossless": (webp(b"VP8L" + VP8L), (4000, 3201), 12),
    "WebP extended": (webp(b"VP8X" + VP8X), (16000, 9000), 12),
    "WebP lossy": (webp(b"VP8 " + VP8), (16000, 9000), 12),
    "BMP": (bmp(20000, -10000), (20000, 10000), 24),
    "BMP of OS/2": (b"BM" + struct.pack("<IIIIHHHH", 26, 0, 26, 12, 50000, 50000, 1, 24), (50000, 50000), 24),
}


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
        (b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", f"x is a HEIC photo, {EXPORT}"),
        (b"\0\0\0\x24ftypmif1\0\0\0\0mif1heic", f"x is a HEIF photo, {EXPORT}"),
        (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1", f"x is an AVIF picture, {EXPORT}"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isom", "x is a video, not a picture: save one frame of it as JPEG or PNG."),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "x is a PDF, not a picture: export the page as JPEG or PNG."),
        (jpeg_2000(), f"x is a JPEG 2000 picture, {EXPORT}"),
        (jpeg_2000()[40:], f"x is a JPEG 2000 picture, {EXPORT}"),
        (b"\xff\x0a\xfa\x7f", f"x is a JPEG XL picture, {EXPORT}"),
        (encoded("TIFF"), f"x is a TIFF or camera raw file, {EXPORT}"),
        (encoded("ICO"), f"x is an icon (ICO), {EXPORT}"),
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
def test_what_a_file_is_and_what_to_do(data, sentence):
    assert refusal(data, name="x") == sentence


@pytest.mark.parametrize(("data", "size", "megapixels"), BOMBS.values(), ids=BOMBS)
def test_too_many_pixels_are_refused_before_pillow_is_asked(data, size, megapixels, monkeypatch):
    opened = []
    monkeypatch.setattr(Image, "open", lambda *arguments, **options: opened.append(arguments))
    assert len(data) < 23_000
    assert declared_size(kind_of(data, "x"), data) == size
    sentence = refusal(data, name="x.png")
    assert sentence.startswith(
        f"x.png is {size[0]:,} x {size[1]:,} pixels, more than the {megapixels} megapixels read of"
    )
    assert sentence.endswith("file: shrink it first.")
    assert opened == []


def test_a_jpeg_2000_is_refused_by_its_first_bytes(monkeypatch):
    monkeypatch.setattr(Image, "open", lambda *arguments, **options: pytest.fail("asked Pillow"))
    assert len(jpeg_2000()) == 829
    assert refusal(jpeg_2000(), name="photo.png") == f"photo.png is a JPEG 2000 picture, {EXPORT}"


def test_a_file_that_states_two_sizes_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: pytest.fail("decoded"))
    later = b"\x89PNG\r\n\x1a\n" + png_header(1, 1) + png_header(7000, 7000) + png_chunk(b"IDAT", b"")
    assert refusal(later, name="x").startswith("x is 7,000 x 7,000 pixels")
    vast = b"\x89PNG\r\n\x1a\n" + png_header(1, 1) + png_header(90000, 90000) + png_chunk(b"IDAT", b"")
    assert refusal(vast, name="x") == "x unpacks to more pixels than are read: shrink it first."


def test_the_limit_itself_is_allowed():
    for kind, most in MAX_PIXELS.items():
        check_pixels((most // 1000, 1000), kind, "x")
        with pytest.raises(UnreadableImage, match=f"more than the {most >> 20} megapixels"):
            check_pixels((most // 1000 + 1, 1000), kind, "x")


@pytest.mark.parametrize("format", FORMATS)
def test_declared_sizes_are_those_that_pillow_reads(format):
    assert declared_size(format, encoded(format)) == (41, 23)


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
    assert refusal(tmp_path / file) == sentence.format(folder=tmp_path)


@pytest.mark.parametrize(
    ("source", "name", "sentence"),
    [
        ("a\0b.png", None, "a?b.png was not found: check its name and folder."),
        (b"", "a\nb\x1b[31m.png", "a?b?[31m.png is empty (0 bytes): copy or export it again."),
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
