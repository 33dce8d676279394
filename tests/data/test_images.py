"""images.py: what each kind of picture reads as, against values worked by hand; the refusals are in test_headers.py."""

import io
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageFile

from nat_core.data.images import CROPS, FILTERS, image_id, read_crops, read_image, read_photo

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encoded(image, format="PNG", **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def png(depth, colour_type, row, *chunks):
    """A PNG of two pixels side by side, written byte by byte: Pillow cannot write all that it must read."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, depth, colour_type, 0, 0, 0))
    middle = b"".join(chunk(kind, data) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + header + middle + chunk(b"IDAT", zlib.compress(b"\0" + row)) + chunk(b"IEND", b"")


def colours(data):
    """The two pixels of `png`, left and right."""
    return [tuple(pixel) for pixel in read_photo(data)[0].tolist()]


def corners(pixels):
    """Top left, top right, bottom left, bottom right."""
    return [tuple(pixels[row, column].tolist()) for row in (2, -3) for column in (2, -3)]


def close(pixels, colour, tolerance=3):
    return np.abs(pixels.astype(int) - colour).max() <= tolerance


@given(arrays(np.uint8, (32, 32, 3)))
@settings(deadline=None, max_examples=30)
def test_a_32_x_32_png_or_bmp_keeps_every_bit(pixels):
    for format in ("PNG", "BMP"):
        assert np.array_equal(read_image(encoded(Image.fromarray(pixels), format)), pixels)


@given(
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    mode=st.sampled_from(["RGB", "L"]),
    format=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP"]),
    crop=st.sampled_from(sorted(CROPS)),
    resample=st.sampled_from(sorted(FILTERS)),
)
@settings(deadline=None, max_examples=60)
def test_a_plain_picture_of_any_size_reads_as_that_colour_everywhere(size, mode, format, crop, resample):
    data = encoded(Image.new(mode, size, "white"), format)
    pixels = read_image(data, crop=crop, resample=resample)
    assert pixels.shape == (32, 32, 3)
    assert close(pixels, WHITE)


def test_it_is_pillows_bicubic_of_the_centre_square_and_nothing_around_it():
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (75, 200, 3), dtype=np.uint8))
    square = picture.crop((62, 0, 137, 75))
    expected = np.asarray(square.resize((32, 32), Image.Resampling.BICUBIC))
    assert np.array_equal(read_image(encoded(picture)), expected)


@pytest.mark.parametrize(
    ("crop", "size", "expected"),
    [
        ("centre", 1, [[150]]),  # (100 + 200) / 2
        ("squash", 1, [[87]]),  # (0 + 100 + 200 + 50) / 4 = 87.5, in two passes
        ("pad", 2, [[50, 125], [255, 255]]),  # halved to 2 x 1: (0 + 100) / 2, (200 + 50) / 2
    ],
)
def test_crops_by_hand(crop, size, expected):
    data = encoded(Image.fromarray(np.array([[0, 100, 200, 50]] * 2, dtype=np.uint8)))
    pixels = read_image(data, size=size, crop=crop, resample="box")[..., 0]
    assert close(pixels, expected, 1)


@pytest.mark.parametrize(
    ("data", "left", "right"),
    [
        (png(1, 0, b"\x40"), (0, 0, 0), WHITE),
        (png(16, 0, struct.pack(">2H", 0x1234, 0xFFFF)), (0x12,) * 3, WHITE),
        (png(16, 0, struct.pack(">2H", 0x1234, 0x1200), (b"tRNS", b"\x12\x34")), WHITE, (0x12,) * 3),
        (png(16, 2, struct.pack(">6H", 0x1234, 0xFFFF, 0, 0x100, 0, 0)), (0x12, 255, 0), (1, 0, 0)),
        (png(16, 2, struct.pack(">6H", 512, 0, 0, 256, 0, 0), (b"tRNS", b"\2\0\0\0\0\0")), WHITE, (1, 0, 0)),
        (png(16, 4, struct.pack(">4H", 0x1234, 0xFFFF, 0x1234, 0)), (0x12,) * 3, WHITE),
        (png(2, 0, b"\x90", (b"tRNS", b"\0\2")), WHITE, (85, 85, 85)),  # values 2 and 1 of 0..3; 2 is transparent
        (png(8, 4, bytes([40, 255, 0, 128])), (40, 40, 40), (127, 127, 127)),
        (png(8, 6, bytes([200, 100, 0, 255, 200, 100, 0, 51])), (200, 100, 0), (244, 224, 204)),  # 255 - (255 - c) / 5
        (png(1, 3, b"\x40", (b"PLTE", bytes(RED + BLUE)), (b"tRNS", b"\0")), WHITE, BLUE),
        (png(1, 3, b"\x40", (b"PLTE", bytes(RED + BLUE)), (b"tRNS", b"\xff\x33")), RED, (204, 204, 255)),
    ],
    ids=["1bit", "grey16", "grey16 key", "rgb16", "rgb16 key", "la16", "grey2 key", "la", "rgba", "p", "p alpha"],
)
def test_every_kind_of_png_by_hand(data, left, right):
    assert colours(data) == [left, right]


def test_cmyk_and_ycck_jpegs():
    cmyk = encoded(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG", quality=95)
    assert close(read_image(cmyk), RED)
    # Stored inverted, so these four are Y 200, Cb 128, Cr 158, K 255 once Adobe's transform byte says YCCK.
    # R' = 200 + 1.402 x 30, G' = 200 - .714 x 30, B' = 200; ink is what is left, so the picture shows 255 - each.
    stored = encoded(Image.new("CMYK", (40, 40), (55, 127, 97, 0)), "JPEG", quality=95)
    place = stored.index(b"Adobe") + 11
    assert close(read_image(stored[:place] + b"\2" + stored[place + 1 :]), (13, 76, 55))


@pytest.mark.parametrize(("format", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})])
def test_an_animation_reads_as_its_first_frame(format, options):
    frames = [Image.new("RGB", (20, 20), colour) for colour in (RED, BLUE)]
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=100, **options)
    Image.open(io.BytesIO(data)).seek(1)  # raises if there is no second frame
    assert close(read_image(data), RED, 0)


def test_a_transparent_gif_and_webp_lie_on_white():
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert close(read_image(encoded(clear, "GIF")), WHITE, 0)
    assert close(read_image(encoded(clear, "WEBP", lossless=True)), WHITE, 0)
    half = Image.new("RGBA", (16, 16), (255, 0, 0, 255))
    half.paste((255, 0, 0, 0), (8, 0, 16, 16))
    lossy = encoded(half, "WEBP", quality=90)
    assert b"ALPH" in lossy, "what is clear lies in a chunk of its own"
    for data in (lossy, encoded(half, "WEBP", quality=90, save_all=True, append_images=[clear.resize((16, 16))])):
        left, right = read_photo(data)[8, [2, 13]]
        assert close(left, RED, 8)
        assert close(right, WHITE, 0)


def test_a_frame_that_lies_off_a_large_canvas_leaves_it_white(monkeypatch):
    data = bytearray(encoded(Image.new("RGB", (6, 6), RED), "GIF"))
    data[6:10] = struct.pack("<HH", 40, 60)  # the canvas
    place = data.index(b",") + 1
    data[place : place + 4] = struct.pack("<HH", 2, 50)  # the frame, at the lower edge
    monkeypatch.setattr("nat_core.data.images.WHOLE", 100)
    monkeypatch.setattr("nat_core.data.images.BAND", 400)
    shown = read_image(bytes(data), size=60, crop="pad", resample="nearest")
    assert close(shown[:50], WHITE, 0)
    assert close(shown[51:55, 13:17], RED, 0)


def test_a_phones_jpeg_of_several_frames_reads_as_its_first():
    frames = [Image.new("RGB", (700, 600), colour) for colour in (RED, BLUE)]
    data = encoded(frames[0], "MPO", save_all=True, append_images=frames[1:])
    assert Image.open(io.BytesIO(data)).format == "MPO"
    assert close(read_image(data), RED)
    assert close(read_image(data[:-300], size=8), RED)  # drawn from the first frame alone, shrunk while decoding


def test_a_1_x_1_picture():
    assert np.array_equal(read_image(encoded(Image.new("RGB", (1, 1), (9, 8, 7)))), np.full((32, 32, 3), (9, 8, 7)))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "red", "green"),
    # Where the stored top left (red) and top right (green) belong; 0 1 are the upper corners, 2 3 the lower.
    [(1, 0, 1), (2, 1, 0), (3, 3, 2), (4, 2, 3), (5, 0, 2), (6, 1, 3), (7, 3, 1), (8, 2, 0), (9, 0, 1)],
)
def test_exif_orientations(format, orientation, red, green):
    picture = Image.new("RGB", (96, 64), BLUE)
    picture.paste(RED, (0, 0, 48, 32))
    picture.paste(GREEN, (48, 0, 96, 32))
    exif = Image.Exif()
    exif[0x112] = orientation
    options = {} if format == "PNG" else {"quality": 100}
    data = encoded(picture, format, exif=exif, **options)
    photo = read_photo(data)
    assert photo.shape == ((96, 64, 3) if 5 <= orientation <= 8 else (64, 96, 3))
    for pixels in (photo, read_image(data)):
        assert close(np.array(corners(pixels)[red]), RED, 40)
        assert close(np.array(corners(pixels)[green]), GREEN, 40)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_leaves_the_picture_readable():
    data = encoded(Image.new("RGB", (40, 40), RED), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    assert close(read_image(data), RED)


def test_a_wrong_extension_and_a_path_as_text(tmp_path):
    path = tmp_path / "really a jpeg.png"
    path.write_bytes(encoded(Image.new("RGB", (50, 40), RED), "JPEG"))
    assert close(read_image(path), RED)
    assert np.array_equal(read_image(str(path)), read_image(path.read_bytes()))


def test_a_jpeg_of_30_megapixels_is_shrunk_while_it_is_decoded(monkeypatch):
    decoded, load = [], ImageFile.ImageFile.load
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: decoded.append(image.size) or load(image))
    data = encoded(Image.new("L", (6000, 5000), 77), "JPEG")
    assert close(read_image(data), 77, 1)
    assert close(read_image(data, size=1000), 77, 1)
    assert set(decoded) == {(750, 625), (3000, 2500)}


def test_photos_are_whole_and_never_enlarged():
    assert read_photo(encoded(Image.new("RGB", (1200, 800)), "JPEG"), longest=300).shape == (200, 300, 3)
    assert read_photo(encoded(Image.new("RGB", (30, 20)))).shape == (20, 30, 3)
    assert read_photo(encoded(Image.new("RGB", (5000, 1)))).shape == (1, 512, 3)


def test_ids():
    zeros = np.zeros((32, 32, 3), dtype=np.uint8)
    other = zeros.copy()
    other[31, 31, 2] = 1
    assert image_id(zeros) == "02ec1f60b2e76741"  # head -c 3072 /dev/zero | sha1sum
    assert image_id(other) != image_id(zeros)
    turned = np.arange(3072, dtype=np.uint8).reshape(32, 32, 3).transpose(1, 0, 2)
    assert image_id(turned) == image_id(np.ascontiguousarray(turned))
    with pytest.raises(ValueError, match=r"must be uint8 of shape \(32, 32, 3\); got float64 of shape \(8, 8\)"):
        image_id(np.zeros((8, 8)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"crop": "middle"}, "crop must be one of centre, squash, pad; got 'middle'"),
        ({"resample": "cubic"}, "resample must be one of bicubic, bilinear, box, lanczos, nearest; got 'cubic'"),
        ({"size": 0}, "size must be at least 1 pixel, at most 2,048; got 0"),
    ],
)
def test_options_that_do_not_exist(arguments, message):
    with pytest.raises(ValueError, match="must be") as caught:
        read_image(b"", **arguments)
    assert str(caught.value) == message
    with pytest.raises(ValueError, match="longest must be at least 1 pixel; got 0"):
        read_photo(b"", longest=0)


def test_threads_read_side_by_side_and_nothing_global_changes():
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8))
    files = [encoded(picture, format) for format in ("PNG", "JPEG", "WEBP", "GIF", "BMP")] * 8
    filters = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(read_image, files))
    assert all(np.array_equal(pixels, read_image(data)) for pixels, data in zip(together, files, strict=True))
    assert warnings.filters == filters
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_all_crops_of_one_decode_are_those_of_a_decode_each():
    photo = encoded(Image.effect_noise((640, 300), 90).convert("RGB"), "JPEG")
    crops = read_crops(photo, resample="lanczos")
    assert list(crops) == list(CROPS)
    assert all((crops[crop] == read_image(photo, crop=crop, resample="lanczos")).all() for crop in CROPS)
