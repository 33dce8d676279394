"""Further hostile files, of kinds that the generators of crafted ones do not make: odd pictures, and odd JSON."""

import json
import struct
import zlib
from collections.abc import Iterator

from tests.hostile_boxes import box, heif, plain, still, tiff
from tests.hostile_files import zipped
from tests.hostile_pictures import (
    DOT,
    TABLES,
    bmp,
    chunk,
    encoded,
    frame,
    gif,
    jpeg,
    png,
    riff,
    scan,
    segment,
    vp8,
    vp8x,
)

ROWS = chunk(b"IDAT", zlib.compress(bytes(52)))
"""Those of a picture of 4 x 4 pixels in colour."""
DIGITS = "9" * 5_000
"""More than Python makes a number of."""
TEXTS: dict[str, bytes] = {
    "a number of 5,000 digits": f'{{"format": {DIGITS}}}'.encode(),
    "its negative": f'{{"format": -{DIGITS}}}'.encode(),
    "nothing but it": DIGITS.encode(),
    "5,000 digits behind the point": f'{{"format": 1.{DIGITS}}}'.encode(),
    "an exponent without end": b'{"format": 1E+99999999999999999999}',
    "infinity": b'{"format": -Infinity}',
    "byte order mark": b'\xef\xbb\xbf{"format": 1}',
    "UTF-16": '{"format": 1}'.encode("utf-16"),
    "UTF-32": '{"format": 1}'.encode("utf-32"),
    "a key twice": b'{"format": 1, "format": 2}',
    "a key of nothing": b'{"\\u0000": 1}',
    "two objects": b"{}{}",
    "a comma too many": b'{"format": 1,}',
    "single quotes": b"{'format': 1}",
    "a hundred thousand keys": json.dumps({str(number): number for number in range(100_000)}).encode(),
}
"""What a JSON reader may be given, by what is odd about it."""


def pictures() -> Iterator[tuple[str, bytes]]:
    """Pictures, and files that others take for one, by what is odd about each."""
    for each in (_pngs, _jpegs, _others, _tiffs, _heics):
        yield from each()


def _pngs() -> Iterator[tuple[str, bytes]]:
    yield "PNG of 2^31 frames", png(4, 4, chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), ROWS)
    corner = struct.pack(">IIIIIHHBB", 0, 40_000, 40_000, 2**31, 2**31, 1, 1, 0, 0)
    yield "PNG of a frame beyond its canvas", png(4, 4, chunk(b"acTL", bytes(8)), chunk(b"fcTL", corner), ROWS)
    yield "PNG whose tags end", png(4, 4, chunk(b"eXIf", b"II*\0\xff\xff\xff\x7f"), ROWS)
    yield "PNG without a palette", png(4, 4, chunk(b"IDAT", zlib.compress(bytes(20))), colours=3)
    yield (
        "PNG of 300 colours",
        png(4, 4, chunk(b"PLTE", bytes(900)), chunk(b"IDAT", zlib.compress(bytes(20))), colours=3),
    )
    yield "PNG of a filter that is none", png(4, 4, chunk(b"IDAT", zlib.compress((b"\x4d" + bytes(12)) * 4)))
    yield "PNG of 3 bits", png(4, 4, ROWS, depth=3)
    yield "PNG as telephones keep it", png(4, 4, chunk(b"CgBI", bytes(4)), ROWS)


def _jpegs() -> Iterator[tuple[str, bytes]]:
    for sampling in ((0x44,) * 3, (0x31, 0x12, 0x21), (0x11, 0x11), (0x00,)):
        parts = frame(64, 64, sampling=sampling), scan(bytes(500), components=len(sampling))
        yield f"JPEG sampled by {sampling}", jpeg(TABLES, *parts)
    whole = encoded("JPEG")
    for what, odd in (
        ("a profile in 255 parts", segment(0xE2, b"ICC_PROFILE\0\x05\xff" + bytes(100)) * 3),
        ("a half Adobe mark", segment(0xEE, b"Adob")),
        ("XML without end", segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<a>" * 15_000)),
        ("resources without end", segment(0xED, b"Photoshop 3.0\x008BIM\4\4\0\0\xff\xff\xff\xff" + bytes(30))),
        ("its end first", b"\xff\xd9"),
        ("another start", b"\xff\xd8"),
    ):
        yield f"JPEG with {what}", whole[:2] + odd + whole[2:]


def _others() -> Iterator[tuple[str, bytes]]:
    webp = encoded("WEBP")
    yield "GIF of codes of 12 bits", gif((4, 4), (4, 4), b"\x0c\2\0\0\0")
    yield "GIF that is clear beyond its palette", gif((4, 4), (1, 1), DOT, b"!\xf9\4\1\0\0\xff\0")
    yield "GIF and archive", gif((4, 4), (1, 1), DOT) + zipped({"a.png": encoded("PNG")})
    yield "BMP of no bits", bmp(4, 4, bytes(64), bits=0)
    yield "BMP of -2^31", bmp(-(2**31), 4, bytes(64))
    yield "WebP without a frame", riff(vp8x(4, 4), (b"ANIM", bytes(6)))
    yield "WebP of no key frame", riff((b"VP8 ", b"\1" + vp8(9, 9)[1:]))
    yield "WebP of 2^32 bytes", webp[:4] + b"\xff\xff\xff\xff" + webp[8:]
    yield "PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(/etc/passwd) (r) file\n"
    yield "SVG that reads a file", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'
    yield "Photoshop's", b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 30_000, 30_000, 8, 3) + bytes(99)
    yield "JPEG XL", b"\xff\x0a" + bytes(100)
    yield "video", box(b"ftyp", b"isom", bytes(4), b"isomavc1") + box(b"moov", bytes(99))


def _tiffs() -> Iterator[tuple[str, bytes]]:
    yield "TIFF for large files", b"II\x2b\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**63) + bytes(64)
    yield "TIFF of two byte orders", b"MI*\0" + bytes(60)
    yield "TIFF of no number", tiff(plain(4, 4, t258=(32,), t339=(3,)), struct.pack("<16f", *[float("nan")] * 16))
    for packing in (0, 6, 34661, 34925, 50000, 50001, 2**32 - 1):
        yield f"TIFF packed by {packing}", tiff(plain(8, 8, t259=(packing,)))
    yield "TIFF of no rows in a strip", tiff(plain(8, 8, t278=(0,)))
    yield "TIFF without a colour map", tiff(plain(8, 8, t262=(3,)))
    for side in (0, 2**31):
        tiled = {tag: values for tag, values in plain(8, 8).items() if tag not in (273, 278, 279)}
        yield f"TIFF in tiles of {side}", tiff(tiled | {322: (side,), 323: (side,), 324: (8,), 325: (64,)})


def _heics() -> Iterator[tuple[str, bytes]]:
    yield "HEIC of no pixels", still(b"heic", 0, 0)
    yield "HEIC of a size and nothing else", struct.pack(">I4s4s", 2**32 - 1, b"ftyp", b"heic") + bytes(99)
    try:
        whole = heif()
    except (KeyError, ValueError, ImportError):  # no encoder is installed
        return
    place = whole.index(b"ipco") + 4
    for kind, odd in ((b"irot", b"\xff"), (b"clap", struct.pack(">8I", *[1, 0] * 4)), (b"imir", b"\xff")):
        yield f"HEIC with another {kind.decode()}", whole[:place] + box(kind, odd) + whole[place:]
    yield "HEIC cut short", whole[: len(whole) * 2 // 3]
