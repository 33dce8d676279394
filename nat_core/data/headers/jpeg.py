"""A JPEG's segments, and how often it goes over its pixels: only tables, frame and passes are kept."""

import struct

import numpy as np

from nat_core.data.headers.header import (
    MAX_CHUNKS,
    MAX_SCANS,
    MAX_VISITS,
    PADDING,
    Header,
    check_memory,
    check_pixels,
    hollow,
    in_pieces,
    orientation_of,
    up,
)
from nat_core.errors import UnreadableImage
from nat_core.language import _

_SOI, _EOI, _SOS, _DHT, _DQT, _DRI = 0xD8, 0xD9, 0xDA, 0xC4, 0xDB, 0xDD
_STARTS, _PROGRESSIVE = (0xC0, 0xC1, 0xC2), 0xC2
_OTHER_STARTS = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
_KEPT = (*_STARTS, _DHT, _DQT, _DRI)
_COLOURS = {0xE0: b"JFIF\0", 0xEE: b"Adobe"}
"""Of what applications add, these two say what the colours mean."""
_APP1, _EXIF = 0xE1, b"Exif\0\0"
_MAX_KEPT = 100
_BLOCK = 128
"""Bytes of a block's 64 coefficients."""
_LONGEST = 512
"""The most bytes that a pass adds to a block: 64 codes with their values, 32 bits each, every byte stuffed."""


def examine_jpeg(data: bytes, name: str) -> Header:
    """Return what a JPEG holds; LookupError, ValueError or struct.error where it is not whole."""
    kept, place, orientation = _before_pixels(data, name)
    (start,) = (each for each in kept if each[1] in _STARTS)  # ValueError where there is none, or a second
    size, blocks = _frame(start, name)
    check_pixels(size, "JPEG", name)
    progressive = start[1] == _PROGRESSIVE
    end, packed, multiple = _passes(data, place, blocks, progressive, name)
    # The shortest code is of one bit; without passes a block takes two: its mean, and that there is no more.
    if 8 * packed < sum(blocks.values()) * (1 if progressive else 2):
        raise hollow(name, size)
    coefficients = _BLOCK * sum(blocks.values()) if multiple else 0
    # A quarter of its sides is always possible, and that leaves a byte of four for each four pixels.
    check_memory(coefficients + size[0] * size[1] // 4 + end - place, size, name)
    whole = b"".join([data[:2], *kept, memoryview(data)[place:end]])
    return Header("JPEG", size, size, (0, 0), orientation, whole, coefficients=coefficients)


def _before_pixels(data: bytes, name: str) -> tuple[list[bytes], int, int]:
    """The segments that a decoder needs, where the first pass begins, and the orientation."""
    kept: list[bytes] = []
    orientation, place = 0, 2
    for _segment_seen in range(MAX_CHUNKS):
        code, place, end = _segment(data, place)
        if code == _SOS:
            return kept, place, orientation or 1
        if code in _OTHER_STARTS:
            raise _rare(name)
        if code in _KEPT or (code in _COLOURS and data.startswith(_COLOURS[code], place + 4)):
            kept.append(data[place:end])
            if len(kept) > _MAX_KEPT:
                break
        elif code == _APP1 and not orientation and data.startswith(_EXIF, place + 4):
            orientation = orientation_of(data[place + 4 + len(_EXIF) : end])
        place = end
    raise in_pieces(name)


def _segment(data: bytes, place: int) -> tuple[int, int, int]:
    """The next segment's code, start and end; between two there may be a little padding."""
    start = data.find(b"\xff", place, place + PADDING)
    padding = data[start : start + PADDING] if start >= 0 else b""
    start += len(padding) - len(padding.lstrip(b"\xff")) - 1
    code = data[start + 1]
    if not padding or code in (0xFF, _SOI, _EOI):
        raise ValueError("no segment here")
    if code <= 1 or 0xD0 <= code <= 0xD7:  # stuffing and restarts: nothing follows them
        return code, start, start + 2
    end = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
    if not start + 4 <= end <= len(data):
        raise ValueError("a segment is cut short")
    return code, start, end


def _rare(name: str) -> UnreadableImage:
    told = _(
        "{name} is a JPEG of a rare kind (lossless, arithmetic coding, or more than 8 bits a colour), which is not "
        "read here: export it as a usual JPEG or PNG.",
        name=name,
    )
    return UnreadableImage(told)


def _frame(start: bytes, name: str) -> tuple[tuple[int, int], dict[int, int]]:
    """Width and height, and how many blocks of 8 x 8 values each component has, by its number."""
    precision, height, width, number = struct.unpack_from(">BHHB", start, 4)
    parts = {start[10 + 3 * each]: divmod(start[11 + 3 * each], 16) for each in range(number)}
    if precision in (12, 16):
        raise _rare(name)
    if precision != 8 or len(parts) != number or number not in (1, 3, 4):
        raise ValueError("a frame of another kind")
    if not all(1 <= factor <= 4 for factors in parts.values() for factor in factors):
        raise ValueError("no such sampling")
    most = [max(factors[axis] for factors in parts.values()) for axis in (0, 1)]
    blocks = {
        each: up(width * across, 8 * most[0]) * up(height * down, 8 * most[1]) for each, (across, down) in parts.items()
    }
    return (width, height), blocks


def _passes(data: bytes, place: int, blocks: dict[int, int], progressive: bool, name: str) -> tuple[int, int, bool]:
    """Where the pixels end, how many bytes they take, and whether they come in several passes; `place`: the first."""
    scans = visits = packed = 0
    multiple, bytes_ = progressive, np.frombuffer(data, np.uint8)
    for _scan_seen in range(8 * MAX_SCANS):
        code, start, end = _segment(data, place)
        place = end
        if code == _SOS:
            those = data[start + 5 : start + 5 + 2 * data[start + 4] : 2]
            multiple |= len(those) < len(blocks)
            scans, visits = scans + 1, visits + sum(blocks[each] for each in those)
            if scans > MAX_SCANS or (multiple and visits > MAX_VISITS):
                told = _(
                    "{name} is a JPEG that goes over its pixels more often than is read ({passes} passes, or "
                    "{blocks:,} blocks in all): export it as a usual JPEG, not a progressive one.",
                    name=name,
                    passes=MAX_SCANS,
                    blocks=MAX_VISITS,
                )
                raise UnreadableImage(told)
            place = _marker_from(bytes_, end, PADDING + _LONGEST * visits)
            packed += place - end
        if place >= len(data) or data.startswith(b"\xff\xd9", place):
            break
    else:
        raise in_pieces(name)
    return min(place + 2, len(data)), packed, multiple


_IS_MARKER = np.ones(256, bool)
_IS_MARKER[[0x00, *range(0xD0, 0xD8), 0xFF]] = False
_WINDOW = 2**18


def _marker_from(data: np.ndarray, place: int, most: int) -> int:
    """Where packed pixels of at most so many bytes end: at the next marker that is no restart, or with the file."""
    last = place + most
    while place < len(data):
        if place > last:
            raise ValueError("more than the blocks can take")
        part = data[place : place + _WINDOW + 1]
        at = np.flatnonzero(part[:-1] == 0xFF)
        following = part[at + 1]
        if np.count_nonzero(following == 0xFF) > PADDING:
            raise ValueError("padding")
        found = at[_IS_MARKER[following]]
        if len(found):
            return place + int(found[0])
        place += _WINDOW
    return len(data)
