"""Pictures as attackers make them: bombs by name, the seeds of mutated files, and the mutations."""

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from PIL import Image

LARGE = 45_000_000
"""Bytes of a bomb that fills a file up to what is read."""


# --- the formats, piece by piece -------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes = b"", crc: int | None = None) -> bytes:
    """A PNG's chunk."""
    code = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", code)


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colours: int = 2, interlaced: int = 0) -> bytes:
    """A PNG of these chunks between its header and its end."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, interlaced))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND")


def rows(length: int) -> bytes:
    """An IDAT chunk that unpacks to so many zero bytes."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(bytes(min(2**20, length - start))) for start in range(0, length, 2**20)]
    return chunk(b"IDAT", b"".join(parts) + packer.flush())


PIXEL = chunk(b"IDAT", zlib.compress(bytes(4)))
"""The rows of an RGB picture of one pixel."""


def segment(code: int, data: bytes = b"") -> bytes:
    """A JPEG's segment."""
    return struct.pack(">BBH", 0xFF, code, 2 + len(data)) + data


def frame(width: int, height: int, *, code: int = 0xC0, sampling: tuple[int, ...] = (0x11,), depth: int = 8) -> bytes:
    """A JPEG's frame header with a component for each sampling."""
    parts = b"".join(bytes([1 + each, factors, 0]) for each, factors in enumerate(sampling))
    return segment(code, struct.pack(">BHHB", depth, height, width, len(sampling)) + parts)


TABLES = segment(0xDB, b"\0" + b"\x10" * 64) + b"".join(
    segment(0xC4, bytes([kind]) + b"\1" + bytes(15) + b"\0") for kind in (0x00, 0x10)
)
"""One quantisation table, and for means and for the rest one code of one bit: nothing more to come."""


def scan(data: bytes = b"", *, components: int = 1, spectrum: tuple[int, int, int] = (0, 63, 0)) -> bytes:
    """A JPEG's pass over so many components, and its packed pixels."""
    parts = b"".join(bytes([1 + each, 0]) for each in range(components))
    return segment(0xDA, bytes([components]) + parts + bytes(spectrum)) + data


def jpeg(*parts: bytes) -> bytes:
    """A JPEG of these parts."""
    return b"\xff\xd8" + b"".join(parts) + b"\xff\xd9"


def gif(canvas: tuple[int, int], frame_size: tuple[int, int], packed: bytes, *extensions: bytes) -> bytes:
    """A GIF of two colours with one frame in the corner of its canvas."""
    start = b"GIF89a" + struct.pack("<HHBBB", *canvas, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return start + b"".join(extensions) + b"," + struct.pack("<4HB", 0, 0, *frame_size, 0) + packed + b"\0;"


DOT = b"\2\2\x44\1"
"""One pixel of a GIF."""


def bmp(width: int, height: int, data: bytes = b"", *, bits: int = 24, packing: int = 0, header: int = 40) -> bytes:
    """A BMP of these rows."""
    if header == 12:
        return b"BM" + struct.pack("<IIIIHHHH", 26, 0, 26, 12, width, height, 1, bits) + data
    fields = struct.pack("<IiiHHIIIIII", header, width, height, 1, bits, packing, len(data), 0, 0, 0, 0)
    palette = bytes(4 << bits) if bits <= 8 else b""
    start = 14 + header + len(palette)
    return b"BM" + struct.pack("<III", start, 0, start) + fields.ljust(header, b"\0") + palette + data


def masked(bits: int, masks: tuple[int, ...], data: bytes = bytes(range(256))) -> bytes:
    """A BMP of 8 x 8 pixels whose channels lie where these masks say."""
    whole = bmp(8, 8, data, bits=bits, packing=3, header=56)
    return whole[:54] + struct.pack(f"<{len(masks)}I", *masks) + whole[54 + 4 * len(masks) :]


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP of these chunks."""
    content = b"".join(kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(content)) + b"WEBP" + content


def vp8(width: int, height: int, data: bytes = bytes(20)) -> bytes:
    """The header of a lossy WebP's key frame, and bytes behind it."""
    return (len(data) << 5).to_bytes(3, "little") + b"\x9d\1\x2a" + struct.pack("<HH", width, height) + data


def vp8l(width: int, height: int, data: bytes = bytes(20)) -> bytes:
    """The header of a lossless WebP, and bytes behind it."""
    return b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + data


def vp8x(width: int, height: int, flags: int = 2) -> tuple[bytes, bytes]:
    """The header of an extended WebP; flags: 2 for an animation."""
    return b"VP8X", bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def anmf(at: tuple[int, int], size: tuple[int, int], picture: bytes) -> tuple[bytes, bytes]:
    """A frame of an animated WebP."""
    places = b"".join((each // 2).to_bytes(3, "little") for each in at)
    sides = b"".join((each - 1).to_bytes(3, "little") for each in size)
    return b"ANMF", places + sides + b"\x64\0\0\0" + picture


# --- bombs -----------------------------------------------------------------------------------------------------------


def _flood(piece: bytes, length: int = LARGE) -> bytes:
    return piece * (length // len(piece))


def _exif(entries: int) -> bytes:
    return b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", entries) + struct.pack(">HHII", 0x9999, 2, 1, 0) * entries


def _lit(width: int, height: int, **options: Any) -> bytes:
    """The tables and a grey frame of so many pixels."""
    return TABLES + frame(width, height, **options)


THREE = (0x22, 0x11, 0x11)
_ALL = (0x11, 0x11, 0x11)
_DC, _AC = (0, 0, 0), (1, 63, 0)
BOMBS: dict[str, Callable[[], bytes]] = {
    # more pixels than are read
    "PNG of 178 Mpx, two colours": lambda: png(
        13400, 13300, chunk(b"PLTE", bytes(6)), rows(1676 * 13300), depth=1, colours=3
    ),
    "PNG of 2^31 a side": lambda: png(2**31 - 1, 2**31 - 1, PIXEL),
    "PNG one pixel high": lambda: png(24_000_000, 1, rows(3_000_001), depth=1, colours=0),
    "PNG one pixel wide": lambda: png(1, 24_000_000, rows(48_000_000), depth=1, colours=0),
    "PNG of 12 Mpx, 64 bits each": lambda: png(5000, 4990, rows(199_604_990), depth=16, colours=6),
    "JPEG of 65,500 a side": lambda: jpeg(_lit(65500, 65500), scan(bytes(1000))),
    "JPEG of 65 Mpx": lambda: jpeg(_lit(8300, 8300), scan(bytes(300_000))),
    "GIF screen": lambda: gif((60000, 3000), (1, 1), DOT),
    "GIF frame": lambda: gif((1, 1), (60000, 2000), DOT),
    "BMP of 200 Mpx": lambda: bmp(20000, -10000),
    "BMP of OS/2": lambda: bmp(50000, 50000, header=12),
    "BMP of 2^31 a side": lambda: bmp(2**31 - 1, -(2**31)),
    "WebP lossless of 12.8 Mpx": lambda: riff((b"VP8L", vp8l(4000, 3201))),
    "WebP lossy of 144 Mpx": lambda: riff((b"VP8 ", vp8(16000, 9000))),
    "WebP extended": lambda: riff(vp8x(16000, 9000, 0), (b"VP8L", vp8l(16000, 9000))),
    "WebP canvas": lambda: riff(vp8x(16384, 16384), anmf((0, 0), (1, 1), b"VP8L" + struct.pack("<I", 25) + vp8l(1, 1))),
    # pixels from nothing
    **{
        f"PNG of {depth} bits, colours {colours}, without rows": lambda depth=depth, colours=colours: png(
            4096, 4096, PIXEL, depth=depth, colours=colours
        )
        for colours, depth in ((0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8),
                               (6, 8))
    },
    "PNG interlaced without rows": lambda: png(4096, 4096, PIXEL, interlaced=1),
    "PNG without IDAT": lambda: png(4096, 4096),
    "JPEG without pixels": lambda: jpeg(_lit(8000, 8000), scan()),
    "JPEG in colour without pixels": lambda: jpeg(TABLES, frame(8000, 8000, sampling=_ALL), scan(components=3)),
    "JPEG progressive without pixels": lambda: jpeg(_lit(4000, 4000, code=0xC2), scan(spectrum=_DC)),
    "JPEG that never ends": lambda: jpeg(_lit(8000, 8000), scan(bytes(100)))[:-2],
    "GIF canvas of 25 Mpx, one pixel": lambda: gif((5000, 5000), (1, 1), DOT),
    "GIF frame of 25 Mpx, one code": lambda: gif((5000, 5000), (5000, 5000), DOT),
    "GIF frame of 24 Mpx, no block": lambda: gif((1, 1), (4900, 5000), b"\2"),
    "BMP RLE8 of 25 Mpx": lambda: bmp(5000, 5000, b"\0\0\0\1", bits=8, packing=1),
    "BMP RLE8 in one row": lambda: bmp(25_165_824, 1, b"\0\1", bits=8, packing=1),
    "BMP RLE4": lambda: bmp(5000, 5000, b"\0\1", bits=4, packing=2),
    "BMP RLE8, deltas": lambda: bmp(5000, 5000, b"\0\2\xff\xff" * 100, bits=8, packing=1),
    "BMP RLE24 of OS/2": lambda: bmp(5000, 5000, b"\0\1", packing=4, header=64),
    "BMP that holds a JPEG": lambda: bmp(5000, 5000, jpeg(_lit(8000, 8000), scan()), bits=0, packing=4),
    "BMP that holds a PNG": lambda: bmp(5000, 5000, png(4096, 4096, PIXEL), bits=0, packing=5),
    **{
        f"BMP of {bits} bits without rows": lambda bits=bits: bmp(4096, 4096, bytes(64), bits=bits)
        for bits in (1, 4, 8, 16, 24, 32)
    },
    "BMP whose rows begin behind it": lambda: bmp(1, 1, bytes(4)).replace(b"\x36\0\0\0", b"\xff\xff\xff\x7f"),
    "WebP lossless of 12 Mpx": lambda: riff((b"VP8L", vp8l(4000, 3000))),
    "WebP lossy of 12 Mpx": lambda: riff((b"VP8 ", vp8(4000, 3000))),
    "WebP canvas of 12 Mpx, one pixel": lambda: riff(
        vp8x(4000, 3000), anmf((0, 0), (1, 1), b"VP8L" + struct.pack("<I", 25) + vp8l(1, 1))
    ),
    "WebP canvas smaller than its frame": lambda: riff(
        vp8x(1, 1), anmf((0, 0), (4000, 3000), b"VP8L" + struct.pack("<I", 25) + vp8l(4000, 3000))
    ),
    # pieces without end
    "PNG of a million chunks": lambda: png(1, 1, _flood(chunk(b"teXt"), 12_000_000), PIXEL),
    "PNG of empty IDATs": lambda: png(1, 1, _flood(chunk(b"IDAT"))),
    "PNG of IDATs of a byte": lambda: png(1000, 1000, _flood(chunk(b"IDAT", b"\0"))),
    "PNG of palettes": lambda: png(1, 1, _flood(chunk(b"PLTE", bytes(3))), PIXEL, colours=3),
    "PNG of headers": lambda: png(1, 1, _flood(png(4000, 4000)[8:33]), PIXEL),
    "PNG that unpacks to 40 MB behind its rows": lambda: png(4096, 4096, rows(40_000_000), depth=16, colours=2),
    "JPEG of fill bytes before its tables": lambda: jpeg(bytes([0xFF]) * LARGE, _lit(8, 8), scan(b"\0")),
    "JPEG of fill bytes between its pixels": lambda: jpeg(_lit(8, 8), scan(bytes([0xFF]) * LARGE)),
    "JPEG of other bytes before its tables": lambda: jpeg(segment(0xFE), bytes(LARGE), _lit(8, 8), scan(b"\0")),
    "JPEG of stuffing before its tables": lambda: jpeg(_flood(b"\xff\0"), _lit(8, 8), scan(b"\0")),
    "JPEG of restarts before its tables": lambda: jpeg(_flood(b"\xff\xd0"), _lit(8, 8), scan(b"\0")),
    "JPEG of ten million empty comments": lambda: jpeg(_flood(segment(0xFE)), _lit(8, 8), scan(b"\0")),
    "JPEG of comments behind its pixels": lambda: jpeg(_lit(8, 8), scan(b"\0"), _flood(segment(0xFE))),
    "JPEG of quantisation tables": lambda: jpeg(_flood(segment(0xDB, bytes(65))), _lit(8, 8), scan(b"\0")),
    "JPEG of code tables": lambda: jpeg(_flood(TABLES[69:]), _lit(8, 8), scan(b"\0")),
    "JPEG of code tables between its passes": lambda: jpeg(_lit(8, 8, code=0xC2), scan(b"\0"), _flood(TABLES[69:])),
    "JPEG of restart intervals": lambda: jpeg(_flood(segment(0xDD, b"\0\1")), _lit(8, 8), scan(b"\0")),
    "JPEG of frames": lambda: jpeg(TABLES, _flood(frame(8, 8)), scan(b"\0")),
    "JPEG of colour marks": lambda: jpeg(_flood(segment(0xEE, b"Adobe\0d\0\0\0\0\1")), _lit(8, 8), scan(b"\0")),
    "JPEG of 500 passes": lambda: jpeg(_lit(1000, 1000, code=0xC2), *[scan(bytes(2000), spectrum=_DC)] * 500),
    "JPEG of 100 passes": lambda: jpeg(_lit(2048, 2048, code=0xC2), scan(bytes(9000), spectrum=_DC),
                                       *[scan(b"\0", spectrum=_AC)] * 99),
    "JPEG of 30 passes over 60 Mpx": lambda: jpeg(_lit(8000, 8000, code=0xC2), scan(bytes(200_000), spectrum=_DC),
                                                  *[scan(b"\0", spectrum=_AC)] * 29),
    "JPEG of 100 passes, not progressive": lambda: jpeg(
        TABLES, frame(2000, 2000, sampling=_ALL), *[scan(bytes(50_000))] * 100
    ),
    "JPEG progressive of 48 Mpx": lambda: jpeg(
        TABLES, frame(8000, 6000, code=0xC2, sampling=_ALL), scan(bytes(300_000), components=3, spectrum=_DC)
    ),
    "JPEG of single components, 48 Mpx": lambda: jpeg(TABLES, frame(8000, 6000, sampling=_ALL), scan(bytes(600_000))),
    "JPEG of 45 MB of restarts": lambda: jpeg(_lit(8, 8), scan(b"\0" + _flood(b"\xff\xd0\xff\xd1"))),
    "JPEG of 45 MB of set bits": lambda: jpeg(_lit(8, 8), scan(b"\0" + _flood(b"\xff\0"))),
    "JPEG of 45 MB of clear bits": lambda: jpeg(_lit(8, 8), scan(bytes(LARGE))),
    "GIF of comments": lambda: gif((1, 1), (1, 1), DOT, _flood(b"!\xfe\1a\0")),
    "GIF of one comment": lambda: gif((1, 1), (1, 1), DOT, b"!\xfe", _flood(b"\xff" + bytes(255)), b"\0"),
    "GIF of one comment in blocks of a byte": lambda: gif((1, 1), (1, 1), DOT, b"!\xfe", _flood(b"\1a"), b"\0"),
    "GIF of control blocks": lambda: gif((1, 1), (1, 1), DOT, _flood(b"!\xf9\4\1\0\0\0\0")),
    "GIF of zeros": lambda: gif((1, 1), (1, 1), DOT, bytes(LARGE)),
    "GIF of pixels in blocks of nothing": lambda: gif((4900, 5000), (4900, 5000), b"\2" + bytes(LARGE)),
    "WebP of a million chunks": lambda: riff((b"VP8X", vp8x(1, 1)[1]), *[(b"junk", b"")] * 1_000_000),
    "WebP of empty frames": lambda: riff(vp8x(1, 1), *[anmf((0, 0), (1, 1), b"")] * 500_000),
    "WebP of alphas": lambda: riff(vp8x(1, 1, 0x10), *[(b"ALPH", b"")] * 1_000_000),
    # what another decoder would be asked for
    "JPEG with arithmetic coding": lambda: jpeg(_lit(8000, 8000, code=0xC9), scan(b"\0")),
    "JPEG progressive with arithmetic coding": lambda: jpeg(_lit(8000, 8000, code=0xCA), scan(b"\0")),
    "JPEG lossless": lambda: jpeg(_lit(8000, 8000, code=0xC3), scan(b"\0")),
    "JPEG of 12 bits": lambda: jpeg(_lit(8000, 8000, depth=12), scan(bytes(300_000))),
    "JPEG of 255 components": lambda: jpeg(TABLES, frame(8000, 8000, sampling=(0x11,) * 255), scan(bytes(300_000))),
    "JPEG without height": lambda: jpeg(_lit(8000, 0), scan(bytes(300_000)), segment(0xDC, b"\x1f\x40")),
    "TIFF of 800 MB": lambda: b"II*\0\x08\0\0\0" + bytes(1000),
    "JPEG 2000 of 800 MB": lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(800),
    "icon": lambda: b"\0\0\1\0\xff\xff" + bytes(LARGE),
}  # fmt: skip
"""Files that cost a decoder seconds or gigabytes, by what they do."""
HARMLESS: dict[str, Callable[[], bytes]] = {
    "PNG of 45 MB of zTXt": lambda: png(1, 1, _flood(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**7)))), PIXEL),
    "PNG with 40 MB in its profile": lambda: png(
        1, 1, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(40_000_000))), PIXEL
    ),
    "PNG with a damaged comment": lambda: png(1, 1, chunk(b"tEXt", b"a\0b", crc=1), PIXEL),
    "JPEG of 700 tags": lambda: jpeg(segment(0xE1, _exif(5000)) * 700, _lit(8, 8), scan(b"\0")),
    "JPEG whose tags lead in a circle": lambda: jpeg(
        segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x08\0\0\0\x08"), _lit(8, 8), scan(b"\0")
    ),
    "WebP with 40 MB of tags": lambda: riff(
        vp8x(8, 8, 0x08), (b"VP8L", _lossless()), (b"EXIF", _exif(3000)[6:] + bytes(40_000_000))
    ),
    "GIF with 30 MB behind its frame": lambda: gif((1, 1), (1, 1), DOT) + bytes(30_000_000),
    "BMP with 45 MB behind its rows": lambda: bmp(2, 1, bytes(4), bits=16) + bytes(45_000_000),
    "BMP with 45 MB before its rows": lambda: padded(bmp(8, 8, bytes(192))),
    "BMP of two bits with 45 MB before its rows": lambda: padded(bmp(8, 8, bytes(32), bits=2)),
    "BMP of 16 bytes with 45 MB before its rows": lambda: padded(
        b"BM" + struct.pack("<IIIIIIHH", 30, 0, 30, 16, 8, 8, 1, 24) + bytes(192)
    ),
    "BMP of 2^31 colours with 45 MB behind its rows": lambda: (
        bmp(8, 8, bytes(64), bits=8)[:46]
        + struct.pack("<I", 2**31)
        + bmp(8, 8, bytes(64), bits=8)[50:]
        + bytes(45_000_000)
    ),
}
"""Files in which a decoder stumbles over what has nothing to do with the pixels: they are read."""


def padded(picture: bytes) -> bytes:
    """A BMP whose rows begin 45 MB later."""
    (start,) = struct.unpack_from("<I", picture, 10)
    later = picture[:10] + struct.pack("<I", start + 45_000_000) + picture[14:start]
    return later + bytes(45_000_000) + picture[start:]


def _lossless() -> bytes:
    return encoded("WEBP", size=(8, 8), lossless=True)[20:]


# --- seeds and mutations ---------------------------------------------------------------------------------------------


def encoded(kind: str, size: tuple[int, int] = (41, 23), mode: str = "RGB", **options: object) -> bytes:
    """A gradient as a file of one of Pillow's formats."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert(mode).save(file, kind, **options)
    return file.getvalue()


def seeds() -> dict[str, bytes]:
    """Small whole pictures of every format and most of its kinds."""
    tags = Image.Exif()
    tags[0x112] = 6
    found = {f"PNG {mode}": encoded("PNG", mode=mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")}
    found |= {f"PNG {bits} bits": encoded("PNG", mode="P", bits=bits) for bits in (1, 2, 4)}
    found |= {"PNG key": encoded("PNG", mode="L", transparency=7), "PNG tags": encoded("PNG", exif=tags),
              "PNG frames": encoded("PNG", save_all=True, append_images=[Image.new("RGB", (41, 23))]),
              "PNG plain": encoded("PNG", compress_level=0)}  # fmt: skip
    found |= {f"JPEG {mode}": encoded("JPEG", mode=mode) for mode in ("L", "RGB", "CMYK")}
    found |= {f"JPEG {mode} progressive": encoded("JPEG", mode=mode, progressive=True) for mode in ("L", "RGB", "CMYK")}
    found |= {"JPEG 4:4:4": encoded("JPEG", subsampling=0), "JPEG 4:2:2": encoded("JPEG", subsampling=1),
              "JPEG tags": encoded("JPEG", exif=tags), "JPEG restarts": encoded("JPEG", restart_marker_blocks=1),
              "JPEG best": encoded("JPEG", quality=100, optimize=True), "JPEG large": encoded("JPEG", (300, 200)),
              "MPO": encoded("MPO", save_all=True, append_images=[Image.new("RGB", (41, 23))])}  # fmt: skip
    found |= {f"GIF {mode}": encoded("GIF", mode=mode) for mode in ("1", "L", "P", "RGB")}
    found |= {"GIF clear": encoded("GIF", mode="P", transparency=3), "GIF interlaced": encoded("GIF", interlace=1),
              "GIF frames": encoded("GIF", save_all=True, append_images=[Image.new("RGB", (41, 23))]),
              "GIF comment": encoded("GIF", comment=b"hello" * 99)}  # fmt: skip
    found |= {f"BMP {mode}": encoded("BMP", mode=mode) for mode in ("1", "L", "P", "RGB", "RGBA")}
    found |= {f"BMP {bits} bits": bmp(8, 8, bytes(256), bits=bits) for bits in (1, 4, 8, 16, 24, 32)}
    found |= {f"BMP masks of {bits} bits": masked(bits, (0xF00, 0xF0, 0xF, 0xF000)) for bits in (16, 32)}
    found |= {f"WebP {mode}": encoded("WEBP", mode=mode) for mode in ("L", "RGB", "RGBA")}
    found |= {f"WebP {mode} lossless": encoded("WEBP", mode=mode, lossless=True) for mode in ("RGB", "RGBA")}
    found |= {"WebP tags": encoded("WEBP", exif=tags),
              "WebP frames": encoded("WEBP", save_all=True, append_images=[Image.new("RGB", (41, 23))])}  # fmt: skip
    return found


_VALUES = (0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF, 0x10, 0xDA, 0xC2)


def mutated(seed: bytes, draw: random.Random) -> bytes:
    """A file with one to six of its bytes, fields or stretches altered; a PNG's codes are mended half of the time."""
    file = bytearray(seed)
    for _ in range(draw.randint(1, 6)):
        # Headers are where a byte does most, so half of the changes fall there.
        place = draw.randrange(min(len(file), 64) if draw.random() < 0.5 else len(file))
        length = draw.choice((1, 2, 4, 16))
        match draw.randrange(6):
            case 0:
                file[place] = draw.randrange(256)
            case 1:
                file[place] ^= 1 << draw.randrange(8)
            case 2:
                file[place : place + length] = bytes([draw.choice(_VALUES)]) * length
            case 3:
                del file[place : place + length]
            case 4:
                file[place:place] = file[place : place + length] * draw.randint(1, 40)
            case _:
                file[place : place + 4] = struct.pack(draw.choice("<>") + "I", draw.randrange(2 ** draw.randint(1, 32)))
        if not file:
            return bytes(seed[:1])
    if draw.random() < 0.1:
        del file[draw.randrange(len(file)) :]
    mend = file[:8] == b"\x89PNG\r\n\x1a\n" and draw.random() < 0.5
    return _with_codes(bytes(file)) if mend else bytes(file)


def _with_codes(file: bytes) -> bytes:
    """A PNG whose chunks' codes fit again, so that what was altered in them is looked at."""
    parts, place = [file[:8]], 8
    while place + 12 <= len(file):
        (length,) = struct.unpack_from(">I", file, place)
        if place + 12 + length > len(file):
            break
        parts.append(chunk(file[place + 4 : place + 8], file[place + 8 : place + 8 + length]))
        place += 12 + length
    return b"".join(parts) + file[place:]


def mutants(number: int, start: int = 0) -> Iterator[tuple[str, bytes]]:
    """So many altered files, the same ones for the same start."""
    whole = list(seeds().items())
    for each in range(start, start + number):
        name, seed = whole[each % len(whole)]
        yield f"{name}, mutant {each}", mutated(seed, random.Random(each))
