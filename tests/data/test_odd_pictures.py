"""Rare kinds of pictures, and those that browsers show though they are damaged: held to values made without Pillow."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nat_core.data.headers.examine import examine
from nat_core.data.images import CROPS, FILTERS, read_crops, read_image, read_photo, read_views, squared
from nat_core.errors import UnreadableImage
from tests.hostile_pictures import PIXEL, anmf, bmp, chunk, encoded, gif, masked, png, riff, rows, vp8x
from tests.reference_png import KINDS, drawn, on_white

WHITE, RED = [255, 255, 255], [255, 0, 0]


@pytest.mark.parametrize("clear", [False, True], ids=["whole", "clear"])
@pytest.mark.parametrize("interlaced", [False, True], ids=["rows", "interlaced"])
@pytest.mark.parametrize(("colours", "depth"), KINDS)
def test_every_kind_of_png_against_a_decoder_of_its_own(
    colours: int, depth: int, interlaced: bool, clear: bool
) -> None:
    generator = np.random.default_rng(colours * 16 + depth)
    for _ in range(6):
        data = drawn(generator, colours, depth, interlaced=interlaced, clear=clear)
        assert np.abs(read_photo(data) - on_white(data)).max() <= 1


def test_grey_of_2_bits_without_transparency() -> None:
    data = png(4, 1, chunk(b"IDAT", zlib.compress(b"\0\x1b")), depth=2, colours=0)
    assert read_photo(data)[0, :, 0].tolist() == [0, 85, 170, 255]


@pytest.mark.parametrize(
    "odd",
    [
        chunk(b"tEXt", b"Comment\0hello", crc=1),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(10_000_000))),
        chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(bytes(10_000_000))),
        chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(10_000_000))),
        chunk(b"iCCP", b"\xff" * 99),
        chunk(b"tRNS", bytes(6), crc=1),  # a damaged key is none
        chunk(b"tRNS", bytes(5)),
        chunk(b"acTL", b""),
        chunk(b"pHYs", b"\0"),
        chunk(b"eXIf", b"MM\0*\0\0"),
    ],
    ids=["tEXt", "zTXt", "iTXt", "iCCP", "no profile", "tRNS damaged", "tRNS short", "acTL", "pHYs", "eXIf"],
)
@pytest.mark.parametrize("place", ["before", "behind"])
def test_a_png_is_read_whatever_stands_beside_its_rows(odd: bytes, place: str) -> None:
    parts = (odd, PIXEL) if place == "before" else (PIXEL, odd)
    assert read_photo(png(1, 1, *parts)).tolist() == [[[0, 0, 0]]]


@pytest.mark.parametrize("interlaced", [False, True], ids=["rows", "interlaced"])
@pytest.mark.parametrize(("colours", "depth"), KINDS)
def test_a_png_whose_rows_end_too_early_is_damaged_and_not_black_below(
    colours: int, depth: int, interlaced: bool
) -> None:
    whole = drawn(np.random.default_rng(3), colours, depth, interlaced=interlaced, clear=False)
    before, first, second = whole.split(b"IDAT")
    unpacked = zlib.decompress(first[:-8] + second[: -4 - len(chunk(b"IEND"))])
    half = unpacked[: len(unpacked) // 2]
    for lines, read in ((unpacked, True), (unpacked + b"more", True), (unpacked[:-1], False), (half, False)):
        data = before[:-4] + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND")
        assert (refused(data) == "") == read, len(unpacked) - len(lines)


def test_black_rows_are_none_that_are_missing() -> None:
    for interlaced in (0, 1):
        data = png(9, 5, rows(500 if interlaced else 5 * 28), interlaced=interlaced)
        assert not read_photo(data).any()


def test_of_a_transparent_colour_of_16_bits_no_neighbour_is_clear() -> None:
    key, near = b"\x12\0\x34\0\x56\0", b"\x12\0\x34\0\x56\1"
    for line in (key + near, b"\x12\0\x34\1\x56\0" + key):
        data = png(2, 1, chunk(b"tRNS", key), chunk(b"IDAT", zlib.compress(b"\0" + line)), depth=16)
        expected = [WHITE, [0x12, 0x34, 0x56]]
        assert read_photo(data)[0].tolist() == (expected if line.startswith(key) else expected[::-1])


def test_of_two_transparencies_the_first_that_fits_counts() -> None:
    parts = (chunk(b"PLTE", b"\x09\x08\x07\x06\x05\x04"), chunk(b"tRNS", b"\0", crc=1), chunk(b"tRNS", b"\0"),
             chunk(b"tRNS", b"\xff\0"), chunk(b"IDAT", zlib.compress(b"\0\0\1")))  # fmt: skip
    assert read_photo(png(2, 1, *parts, colours=3))[0].tolist() == [WHITE, [6, 5, 4]]


def refused(data: bytes) -> str:
    try:
        read_photo(data, name="x")
    except UnreadableImage as error:
        return str(error)
    return ""


def test_around_a_gifs_small_first_frame_it_is_clear() -> None:
    dot = gif((20, 20), (1, 1), b"\2\2\x4c\1")  # the second of its two colours, which is white
    black = dot.replace(b"\0\0\0\xff\xff\xff", b"\xff\xff\xff\0\0\0")
    placed = black.replace(b",\0\0\0\0", b",\4\0\5\0")
    pixels = read_photo(placed)
    assert pixels.shape == (20, 20, 3)
    assert pixels[5, 4].tolist() == [0, 0, 0]
    pixels[5, 4] = 255
    assert (pixels == 255).all()


def test_a_gifs_frame_outside_its_screen_makes_it_larger() -> None:
    placed = gif((2, 2), (1, 1), b"\2\2\x44\1").replace(b",\0\0\0\0", b",\4\0\5\0")
    assert read_photo(placed).shape == (6, 5, 3)


def test_around_an_animated_webps_first_frame_it_is_clear() -> None:
    still = encoded("WEBP", (8, 6), lossless=True)
    placed = riff(vp8x(30, 20), anmf((10, 4), (8, 6), still[12:]), anmf((0, 0), (8, 6), still[12:]))
    pixels = read_photo(placed)
    assert np.array_equal(pixels[4:10, 10:18], read_photo(still))
    pixels[4:10, 10:18] = 255
    assert (pixels == 255).all()


@pytest.mark.parametrize(
    ("bits", "masks", "value", "colour"),
    [
        (16, (0xF00, 0xF0, 0xF, 0), 0x0F80, [255, 136, 0]),
        (16, (0xF00, 0xF0, 0xF, 0xF000), 0x0F80, WHITE),  # clear, beside one that is not
        (16, (0x6, 0x38, 0x1C0, 0), 0b111_000_110, [255, 0, 255]),
        (32, (0x3FF00000, 0xFFC00, 0x3FF, 0), 0x3FF003FF, [255, 0, 255]),
        (32, (0xFF, 0xFF00, 0xFF0000, 0), 0x0000FF, RED),
        (32, (0xFF000000, 0xFF0000, 0xFF00, 0), 0xFF000000, RED),
        (32, (0, 0, 0, 0), 0xFFFFFFFF, [0, 0, 0]),
    ],
)
def test_bmps_whose_channels_lie_anywhere(bits: int, masks: tuple[int, ...], value: int, colour: list[int]) -> None:
    one = value.to_bytes(bits // 8, "little")
    other = b"\xff" * (bits // 8)
    pixels = read_photo(masked(bits, masks, (one * 4 + other * 4) * 8))
    assert pixels[0, 0].tolist() == colour
    assert pixels.shape == (8, 8, 3)


@pytest.mark.parametrize("masks", [(0xFF0000, 0xFF00, 0xFF, 0xFF000000), (0xFF, 0xFF00, 0xFF0000, 0xFF000000)])
def test_a_bmp_with_a_mask_of_alpha_behind_the_short_header(masks: tuple[int, ...]) -> None:
    file = bmp(2, 1, struct.pack("<4I", *masks) + b"\x01\x02\x03\xff" + bytes(4), bits=32, packing=6)
    data = file[:10] + struct.pack("<I", 54 + 16) + file[14:]
    assert read_photo(data)[0].tolist() == [[3, 2, 1] if masks[0] == 0xFF0000 else [1, 2, 3], WHITE]


def test_a_bmp_that_is_nowhere_to_be_seen_is_shown_all_the_same() -> None:
    pixels = read_photo(masked(16, (0xF00, 0xF0, 0xF, 0xF000), b"\x80\x0f" * 64))
    assert pixels[0, 0].tolist() == [255, 136, 0]


def test_a_bmp_of_two_bits_and_one_with_too_many_colours() -> None:
    two = bmp(5, 1, b"\x1b\0\0\0", bits=2)
    palette = bytes([0, 0, 0, 0, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0])
    pixels = read_photo(two[:54] + palette + two[70:])
    assert pixels[0].tolist() == [[0, 0, 0], RED, [0, 255, 0], [0, 0, 255], [0, 0, 0]]
    many = bmp(1, 1, bytes(4), bits=8)
    assert read_photo(many[:46] + struct.pack("<I", 300) + many[50:]).tolist() == [[[0, 0, 0]]]


def test_os_2s_shortest_header() -> None:
    whole = bmp(1, 1, bytes(4), bits=8)
    short = whole[:10] + struct.pack("<II", 54 + 1024 - 24, 16) + whole[18:30] + whole[54:]
    assert np.array_equal(read_photo(short), read_photo(whole))


# --- large, wide and high --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("resample", sorted(FILTERS))
def test_bands_make_no_difference(mode: str, resample: str, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (97, 61, 4), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(file, "PNG")
    whole = Image.fromarray(read_photo(file.getvalue()))
    expected = np.asarray(whole.resize((32, 97), FILTERS[resample]).resize((32, 32), FILTERS[resample]))
    monkeypatch.setattr("nat_core.data.images.WHOLE", 0)
    monkeypatch.setattr("nat_core.data.images.BAND", 61 * 7)
    assert np.array_equal(read_image(file.getvalue(), crop="squash", resample=resample), expected)


def test_a_picture_that_is_large_but_for_its_bands_is_nearly_as_pillow_makes_it() -> None:
    photo = Image.effect_noise((2_600, 1_900), 60).convert("RGB")
    file = io.BytesIO()
    photo.save(file, "PNG", compress_level=1)
    expected = np.asarray(photo.crop((350, 0, 2_250, 1_900)).resize((32, 32), Image.Resampling.BICUBIC))
    assert np.abs(read_image(file.getvalue()).astype(int) - expected).max() <= 2


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_one_decode_gives_what_each_reader_gives(kind: str) -> None:
    ways: list[dict[str, Any]] = [{}, {"progressive": True}] if kind == "JPEG" else [{}]
    for options in ways:
        data = encoded(kind, (2400, 2100), **options)
        photo, crops = read_views(data)
        assert np.array_equal(photo, read_photo(data))
        expected = read_crops(data)
        assert list(crops) == list(expected)
        assert all(np.array_equal(crops[crop], expected[crop]) for crop in CROPS)


def test_pixels_are_made_square_as_files_are() -> None:
    data = encoded("PNG", (70, 41))
    for crop in CROPS:
        assert np.array_equal(squared(read_photo(data), crop, 32), read_image(data, crop=crop))


@pytest.mark.parametrize("size", [(600, 3), (3, 600), (65_535, 1), (1, 65_535), (65_535, 380), (380, 65_535)])
def test_pictures_far_wider_than_high(size: tuple[int, int]) -> None:
    bits = png(*size, rows((size[0] + 7) // 8 * size[1] + size[1]), depth=1, colours=0)
    photo, crops = read_views(bits)
    assert max(photo.shape) == 512
    assert min(photo.shape[:2]) >= 1
    assert crops["centre"].tolist() == np.zeros((32, 32, 3)).tolist()
    assert crops["pad"][0, 0].tolist() == WHITE


def test_the_largest_of_each_format_are_not_refused_for_their_headers() -> None:
    assert examine(png(6144, 4096, rows(769 * 4096), depth=1, colours=0), "x").pixels == 24 * 2**20
    with pytest.raises(UnreadableImage, match=r"takes 2\d\d MB to decode"):
        examine(riff((b"VP8L", b"\x2f" + struct.pack("<I", 4095 | 3071 << 14) + bytes(20_000))), "x")


def test_the_cases_sentences_and_sizes() -> None:
    # 64 bytes that took seconds: 25 million pixels filled by run lengths.
    with pytest.raises(UnreadableImage, match="more than the 65,535 read of a side"):
        read_image(bmp(25_165_824, 1, b"\0\0\0\1", bits=8, packing=1), name="x")
    with pytest.raises(UnreadableImage, match="whose pixels are packed"):
        read_image(bmp(5_000, 5_000, b"\0\0\0\1", bits=8, packing=1), name="x")
