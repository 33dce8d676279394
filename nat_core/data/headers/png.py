"""A PNG's chunks: the header, palette, transparency and rows are kept, all others dropped unread."""

import struct
import zlib
from collections.abc import Iterator

from nat_core.data.headers.header import (
    DEFLATE,
    MAX_CHUNKS,
    MAX_ROWS,
    Header,
    check_pixels,
    hollow,
    in_pieces,
    orientation_of,
    up,
)
from nat_core.errors import UnreadableImage
from nat_core.language import _

_PNG = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ROW_BY_ROW = ((0, 0, 1, 1),)
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Where the pixels of an interlaced PNG's passes begin, from the left and the top, and how far apart they are."""
_PIECE = 2**18
"""How many bytes of rows are unpacked at once."""
_IEND = struct.pack(">I4sI", 0, b"IEND", zlib.crc32(b"IEND"))


def examine_png(data: bytes, name: str) -> Header:
    """Return what a PNG holds; ValueError, IndexError or struct.error where it is not whole."""
    # Sent as text, its line ends changed, what follows has shifted; of another chunk, the numbers are no sides.
    if not data.startswith(_PNG) or data[12:16] != b"IHDR":
        raise ValueError("not a PNG's beginning")
    width, height, depth, colours = struct.unpack_from(">IIBB", data, 16)
    check_pixels((width, height), "PNG", name)
    bits = width * height * _CHANNELS.get(colours, 0) * depth
    if bits > 8 * MAX_ROWS:
        told = _(
            "{name} unpacks to {size:,.0f} MB, more than the {most:.0f} MB that are unpacked of a PNG file: shrink it "
            "first.",
            name=name,
            size=bits / 8e6,
            most=MAX_ROWS / 1e6,
        )
        raise UnreadableImage(told)
    kept, packed, orientation, clear = [(0, 8)], 0, 1, False
    seen: set[bytes] = set()
    for kind, start, end in _png_chunks(data, name):
        if kind == b"eXIf":
            orientation = orientation_of(data[start + 8 : end - 4])
        elif kind == b"IDAT" or (kind in (b"IHDR", b"PLTE") and kind not in seen):
            kept.append((start, end))
            packed += end - start - 12 if kind == b"IDAT" else 0
        elif kind == b"IHDR":
            raise ValueError("two headers")
        elif kind == b"tRNS" and not clear and b"IDAT" not in seen:
            # Of several the first that fits counts, as for libpng; Pillow takes the last.
            clear = _fits(data[start:end], colours, b"PLTE" in seen)
            kept += [(start, end)] * clear
        seen.add(kind)
    if b"IHDR" not in seen or b"IDAT" not in seen:
        raise ValueError("no header, or no rows")
    if bits // 8 > DEFLATE * packed:
        raise hollow(name, (width, height))
    whole = b"".join([*(memoryview(data)[start:end] for start, end in kept), _IEND])
    return Header("PNG", (width, height), (width, height), (0, 0), orientation, whole, depth)


def has_all_rows(data: bytes) -> bool:
    """Return whether a PNG's packed rows are as many as its header says; Pillow leaves out in silence what is missing.

    `data` is a PNG of which Pillow has read the rows that are there. They are unpacked once more, a piece at a time.
    """
    width, height, depth, colours, *_methods, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    bits = _CHANNELS[colours] * depth
    missing = sum(
        up(height - top, down) * (1 + up(up(width - left, across) * bits, 8))
        for left, top, across, down in (_PASSES if interlaced else _ROW_BY_ROW)
        if left < width and top < height
    )
    packer = zlib.decompressobj()
    for kind, start, end in _png_chunks(data, ""):
        part = data[start + 8 : end - 4] if kind == b"IDAT" else b""
        while part and missing > 0 and not packer.eof:
            missing -= len(packer.decompress(part, _PIECE))
            part = packer.unconsumed_tail
    # What is still held back of the last piece.
    return missing <= len(packer.flush()) if missing > 0 else True


def _png_chunks(data: bytes, name: str) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk's kind, start and end, up to IEND; a file that ends before it has all that is needed ends here too."""
    place = 8
    for _chunk in range(MAX_CHUNKS):
        if place + 12 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if kind == b"IEND":
            return
        if end > len(data):
            raise ValueError("a chunk is cut short")
        yield kind, place, end
        place = end
    raise in_pieces(name)


def _fits(chunk: bytes, colours: int, palette: bool) -> bool:
    """Whether a tRNS chunk is one to heed; libpng, which browsers ask, passes over all others."""
    length = len(chunk) - 12
    lengths = {0: length == 2, 2: length == 6, 3: palette and length <= 256}
    return lengths.get(colours, False) and zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")
