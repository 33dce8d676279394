"""The first directory of a TIFF (Adobe, TIFF 6.0): how large its first picture is, and whether its pixels are there."""

import struct
from itertools import accumulate
from typing import NamedTuple

from nat_core.data.headers.header import (
    FREE,
    MAX_CHUNKS,
    MEGAPIXEL,
    Header,
    check_memory,
    check_pixels,
    hollow,
    in_pieces,
)
from nat_core.errors import UnreadableImage
from nat_core.language import _

PACKED = 8_192
"""The most pixels, of eight bits, that a byte of the file may become: a fax's empty row is one bit."""
SLACK = 4 * MEGAPIXEL
"""So many bytes beyond twice its pixels' may a picture take: a tile is whole where the picture is not."""
MAX_VALUE = 6 * 2**16
"""The most bytes of an entry that the pixels need: a palette of 16 bits."""
_MAX_ENTRIES = 1_000
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 13: 4}
"""Bytes of a value, by its type, of those types that a number or a place has."""
_FORMATS = {1: "B", 3: "H", 4: "I", 6: "b", 13: "I"}
_KIND, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _COLOURS = 254, 256, 257, 258, 259, 262
_STRIPS, _CHANNELS, _STRIP_LENGTHS, _TILES, _TILE_LENGTHS, _VALUES, _DNG = 273, 277, 279, 324, 325, 339, 50706
_PLAIN, _OLD_JPEG, _SENSOR = 1, 6, (32803, 34892)
"""Pixels as they lie; JPEG as TIFF 6.0 had it; and what a camera's sensor measured."""
_LONG = 4
_KEPT = frozenset({
    _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _COLOURS, _CHANNELS, _VALUES,
    266, 274, 278, 284,  # the order of bits in a byte, which way is up, rows a strip, planes beside or behind another
    292, 293, 317, 320, 322, 323,  # how faxes are packed, differences instead of values, the palette, a tile's sides
    332, 338, 347, 529, 530, 531, 532, 50674,  # inks, further channels, JPEG's tables, how its colours are meant, LERC
})  # fmt: skip
"""What the pixels need to be known: no comment, profile, preview or place of a camera's own is among it."""
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
    strips = _strips(data, entries, order, name)
    packed, packing = sum(length for _, length in strips), _one(data, entries, _COMPRESSION, order, _PLAIN)
    room = packed if packing == _PLAIN else FREE + PACKED * packed
    if needed > room:
        raise hollow(name, size)
    check_memory(needed + 4 * size[0] * size[1] + len(data), size, name)
    if (len(data) if packing == _OLD_JPEG else packed) > 2 * needed + SLACK:
        raise ValueError("more bytes than the pixels can need")
    if packing == _OLD_JPEG:  # whose entries lead to places of their own
        alone = b"".join([memoryview(data)[:end], bytes(4), memoryview(data)[end + 4 :]])
    else:
        alone = _alone(data, entries, order, strips)
    return Header("TIFF", size, size, (0, 0), 1, alone, max(1, bits))


def _alone(data: bytes, entries: dict[int, _Entry], order: str, strips: list[tuple[int, int]]) -> bytes:
    """A TIFF of this picture alone: what its pixels need to be known, and they, one strip behind the other.

    Of the pictures behind it there may be thousands, and between its pieces lies whatever somebody put there.
    """
    values = {tag: (entry.kind, entry.count, _value(data, entry)) for tag, entry in entries.items() if tag in _KEPT}
    tags = (_TILES, _TILE_LENGTHS) if _TILES in entries else (_STRIPS, _STRIP_LENGTHS)
    later = 10 + 12 * (len(values) + 2) + 4  # where the directory ends
    begin = later + sum(len(value) for _, _, value in values.values()) + 8 * len(strips)
    lengths = [length for _, length in strips]
    places = accumulate(lengths[:-1], initial=begin)
    for tag, numbers in zip(tags, (places, lengths), strict=True):
        values[tag] = (_LONG, len(strips), struct.pack(f"{order}{len(strips)}I", *numbers))
    directory, behind = [struct.pack(order + "H", len(values))], []
    for tag, (kind, count, value) in sorted(values.items()):
        inside = len(value) <= 4
        place = value.ljust(4, b"\0") if inside else struct.pack(order + "I", later)
        directory.append(struct.pack(order + "HHI", tag, kind, count) + place)
        if not inside:
            behind.append(value)
            later += len(value)
    start = b"".join([data[:4], struct.pack(order + "I", 8), *directory, bytes(4), *behind]).ljust(begin, b"\0")
    return b"".join([start, *(memoryview(data)[place : place + length] for place, length in strips)])


def _value(data: bytes, entry: _Entry) -> bytes:
    """An entry's value as it stands in the file."""
    length = entry.count * _SIZES.get(entry.kind, 8)
    if length > MAX_VALUE or entry.place + length > len(data):
        raise ValueError("an entry is too long, or not there")
    return data[entry.place : entry.place + length]


def _strips(data: bytes, entries: dict[int, _Entry], order: str, name: str) -> list[tuple[int, int]]:
    """Where each strip or tile of the pixels begins in the file, and how many bytes it has; all of it lies there."""
    tiled = _TILES in entries
    places = _all(data, entries, _TILES if tiled else _STRIPS, order, name)
    lengths = _all(data, entries, _TILE_LENGTHS if tiled else _STRIP_LENGTHS, order, name)
    # A strip without its length reaches to the end of the file, as readers take it.
    lengths = lengths or tuple(len(data) - place for place in places)
    if not places or any(place + length > len(data) for place, length in zip(places, lengths, strict=True)):
        raise ValueError("the pixels are not there")
    if sum(lengths) > len(data):
        raise ValueError("strips share their bytes")
    return list(zip(places, lengths, strict=True))


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
