"""The first directory of a TIFF (Adobe, TIFF 6.0): how large its first picture is, and whether its pixels are there."""

import struct
from typing import NamedTuple

from nat_core.data.headers.header import FREE, MAX_CHUNKS, Header, check_memory, check_pixels, hollow, in_pieces
from nat_core.errors import UnreadableImage
from nat_core.language import _

PACKED = 8_192
"""The most pixels, of eight bits, that a byte of the file may become: a fax's empty row is one bit."""
_MAX_ENTRIES = 1_000
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 13: 4}
"""Bytes of a value, by its type, of those types that a number or a place has."""
_FORMATS = {1: "B", 3: "H", 4: "I", 6: "b", 13: "I"}
_KIND, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _COLOURS = 254, 256, 257, 258, 259, 262
_STRIPS, _CHANNELS, _STRIP_LENGTHS, _TILES, _TILE_LENGTHS, _VALUES, _DNG = 273, 277, 279, 324, 325, 339, 50706
_PLAIN, _SENSOR = 1, (32803, 34892)
"""Pixels as they lie; and what a camera's sensor measured."""
_COUNTS, _ANY = 1, 4
"""Values from 0, which is black, up to the largest that their bits hold, white; and values of no stated kind."""


class _Entry(NamedTuple):
    kind: int
    count: int
    place: int


def examine_tiff(data: bytes, name: str) -> Header:
    """Return what a TIFF holds; LookupError, ValueError or struct.error where it is not whole."""
    order = ">" if data[:2] == b"MM" else "<"
    (place,) = struct.unpack_from(order + "I", data, 4)
    entries, end = _entries(data, place, order)
    if (
        data[8:10] == b"CR"
        or _DNG in entries
        or _one(data, entries, _KIND, order, 0) & 1
        or (_one(data, entries, _COLOURS, order, 1) in _SENSOR)
    ):
        raise UnreadableImage(
            _("{name} is {what}.", name=name,
              what=_("a camera raw file, which is not read here: export it as JPEG or PNG"))
        )  # fmt: skip
    size = (_one(data, entries, _WIDTH, order), _one(data, entries, _HEIGHT, order))
    check_pixels(size, "TIFF", name)
    depth = max(_all(data, entries, _BITS, order, name) or (1,))
    if depth > 16 or not {*_all(data, entries, _VALUES, order, name)} <= {_COUNTS, _ANY}:
        told = _(
            "{name} is a TIFF of measured values (more than 16 bits, fractions or numbers below 0), which do not say "
            "what is white: export it with 8 or 16 bits.",
            name=name,
        )
        raise UnreadableImage(told)
    bits = depth * _one(data, entries, _CHANNELS, order, 1)
    needed = size[0] * size[1] * bits // 8
    packed = _packed(data, entries, order, name)
    room = packed if _one(data, entries, _COMPRESSION, order, _PLAIN) == _PLAIN else FREE + PACKED * packed
    if needed > room:
        raise hollow(name, size)
    check_memory(needed + 4 * size[0] * size[1] + len(data), size, name)
    # Cut off from the pictures behind it, which may be thousands.
    alone = b"".join([data[:end], bytes(4), data[end + 4 :]])
    return Header("TIFF", size, size, (0, 0), 1, alone, max(1, bits))


def _packed(data: bytes, entries: dict[int, _Entry], order: str, name: str) -> int:
    """How many bytes the pixels take in the file; each strip or tile lies in it."""
    tiled = _TILES in entries
    places = _all(data, entries, _TILES if tiled else _STRIPS, order, name)
    lengths = _all(data, entries, _TILE_LENGTHS if tiled else _STRIP_LENGTHS, order, name)
    # A strip without its length reaches to the end of the file, as readers take it.
    lengths = lengths or tuple(len(data) - place for place in places)
    if not places or any(place + length > len(data) for place, length in zip(places, lengths, strict=True)):
        raise ValueError("the pixels are not there")
    if sum(lengths) > len(data):
        raise ValueError("strips share their bytes")
    return sum(lengths)


def _entries(data: bytes, place: int, order: str) -> tuple[dict[int, _Entry], int]:
    """The entries of a directory by their tags, and where the place of the next directory stands."""
    (number,) = struct.unpack_from(order + "H", data, place)
    if number > _MAX_ENTRIES:
        raise ValueError("too many entries")
    found = {}
    for each in range(place + 2, place + 2 + 12 * number, 12):
        tag, kind, count = struct.unpack_from(order + "HHI", data, each)
        inside = count * _SIZES.get(kind, 8) <= 4
        found[tag] = _Entry(kind, count, each + 8 if inside else struct.unpack_from(order + "I", data, each + 8)[0])
    end = place + 2 + 12 * number
    if end + 4 > len(data):
        raise ValueError("the directory is cut short")
    return found, end


def _all(data: bytes, entries: dict[int, _Entry], tag: int, order: str, name: str) -> tuple[int, ...]:
    """An entry's numbers; none where it is missing."""
    if tag not in entries:
        return ()
    kind, count, place = entries[tag]
    if count > MAX_CHUNKS:
        raise in_pieces(name)
    return struct.unpack_from(f"{order}{count}{_FORMATS[kind]}", data, place)


def _one(data: bytes, entries: dict[int, _Entry], tag: int, order: str, default: int | None = None) -> int:
    """An entry's first number; KeyError where it is missing and there is no default."""
    if tag not in entries and default is not None:
        return default
    kind, count, place = entries[tag]
    if count < 1:
        raise ValueError("an entry is empty")
    return struct.unpack_from(order + _FORMATS[kind], data, place)[0]
