"""A WebP's chunks: the picture, or the first of several, is kept as a still one."""

import struct
from collections.abc import Iterator

from nat_core.data.headers.header import (
    DEFLATE,
    FREE,
    MAX_CHUNKS,
    Header,
    check_memory,
    check_pixels,
    hollow,
    in_pieces,
    orientation_of,
)

_Chunk = tuple[bytes, int, int]
"""A chunk's kind, and where its content starts and ends."""
_ALPHA, _LOSSY, _LOSSLESS = b"ALPH", b"VP8 ", b"VP8L"
_PIXELS = (_ALPHA, _LOSSY, _LOSSLESS)
_HAS_ALPHA = 0x10
_MAX_TAGS = 2**16
"""The most bytes of EXIF that are looked at: a JPEG cannot hold more."""


def examine_webp(data: bytes, name: str) -> Header:
    """Return what a WebP holds; LookupError, ValueError or struct.error where it is not whole."""
    canvas, at, orientation, chunks = _first_picture(data, name)
    size = _webp_size(data, chunks[-1])
    shown = canvas or size
    for each in (shown, size):
        check_pixels(each, "WEBP", name)
    if at[0] + size[0] > shown[0] or at[1] + size[1] > shown[1]:
        raise ValueError("the frame lies outside")
    packed = sum(stop - start for _, start, stop in chunks)
    if shown[0] * shown[1] > 2 * FREE + DEFLATE * packed:
        raise hollow(name, shown)
    # Two canvases and two copies of the pixels, of four bytes each, and the file.
    check_memory(16 * size[0] * size[1] + packed, size, name)
    return Header("WEBP", shown, size, at, orientation, _webp_of(data, size, chunks))


def _first_picture(data: bytes, name: str) -> tuple[tuple[int, int] | None, tuple[int, int], int, list[_Chunk]]:
    """The canvas where one is stated, where the picture lies on it, the orientation, and the picture's chunks."""
    canvas, at, orientation, chunks = None, (0, 0), 1, []
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    for kind, start, stop in _riff(data, 12, end, name):
        if kind == b"VP8X":
            canvas = (1 + _24(data, start + 4), 1 + _24(data, start + 7))
        elif kind == b"EXIF":
            orientation = orientation_of(data[start : min(stop, start + _MAX_TAGS)].removeprefix(b"Exif\0\0"))
        elif kind == b"ANMF" and not chunks:
            at = (2 * _24(data, start), 2 * _24(data, start + 3))
            chunks = [each for each in _riff(data, start + 16, stop, name) if each[0] in _PIXELS]
        elif kind in _PIXELS and (not chunks or chunks[-1][0] == _ALPHA):
            chunks.append((kind, start, stop))
    return canvas, at, orientation, chunks


def _riff(data: bytes, place: int, end: int, name: str) -> Iterator[_Chunk]:
    """Each chunk's kind, and where its content starts and ends."""
    for _ in range(MAX_CHUNKS):
        if place + 8 > end:
            return
        kind, length = struct.unpack_from("<4sI", data, place)
        if place + 8 + length > end:
            raise ValueError("a chunk is cut short")
        yield kind, place + 8, place + 8 + length
        place += 8 + length + length % 2
    raise in_pieces(name)


def _24(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + 3], "little")


def _webp_size(data: bytes, chunk: _Chunk) -> tuple[int, int]:
    """Width and height as the pixels' own header states them (RFC 6386, and the specification of WebP lossless)."""
    kind, start, stop = chunk
    if kind == _LOSSLESS and data[start] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, start + 1)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    first, mark, width, height = struct.unpack_from("<3s3sHH", data, start)
    tag = int.from_bytes(first, "little")
    if kind != _LOSSY or tag & 1 or mark != b"\x9d\1\x2a" or start + 10 + (tag >> 5) > stop:
        raise ValueError("no whole picture by itself")
    # Of each 16 bits the upper two ask a player to enlarge the picture.
    return width & 0x3FFF, height & 0x3FFF


def _webp_of(data: bytes, size: tuple[int, int], chunks: list[_Chunk]) -> bytes:
    """A WebP of these chunks alone."""
    parts = []
    if len(chunks) > 1:
        sides = b"".join((side - 1).to_bytes(3, "little") for side in size)
        parts.append(struct.pack("<4sIB3x", b"VP8X", 10, _HAS_ALPHA) + sides)
    for kind, start, stop in chunks:
        parts += [struct.pack("<4sI", kind, stop - start), memoryview(data)[start:stop], b"\0" * ((stop - start) % 2)]
    length = sum(map(len, parts))
    return b"".join([b"RIFF", struct.pack("<I", 4 + length), b"WEBP", *parts])
