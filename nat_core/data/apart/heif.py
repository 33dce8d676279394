"""The boxes of a HEIC or AVIF file (ISO/IEC 14496-12 and 23008-12): its still picture's size and number of parts.

Nothing is decoded here. Both are read in a process of their own (`nat_core.data.apart.process`), because the pixels'
own headers, which state sizes once more, are only seen by their decoders.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from nat_core.data.headers.header import (
    DEFLATE,
    FREE,
    MAX_CHUNKS,
    MAX_PIXELS,
    MEGAPIXEL,
    Header,
    check_memory,
    check_pixels,
    hollow,
    in_pieces,
)
from nat_core.errors import UnreadableImage
from nat_core.language import _

MAX_ITEMS = 2_000
"""The most items, properties and tiles that are looked at: a photo of 48 megapixels has 200."""
MEMORY = 7
"""Bytes a pixel while it is decoded: the planes, the colours made of them, and a copy."""
BYTES_A_PIXEL, SLACK = 6, 4 * MEGAPIXEL
"""The most bytes of a file for each pixel of its items, and how many more: twice what they are unpacked."""
_EVERYTHING = 2**63
_CODED = {"HEIF": b"hvc1", "AVIF": b"av01"}
_STILL = {"HEIF": b"heic", "AVIF": b"avif"}
_MOVING = (b"avis", b"hevc", b"hevx", b"msf1")
"""The brands of files that move."""
_READ = (b"ftyp", b"meta", b"mdat")
"""The boxes of a file that a still picture needs."""
_Box = tuple[bytes, int, int]
"""A box's kind, and where its content starts and ends."""


@dataclass
class _Meta:
    """What the box `meta` says, as far as it is needed."""

    primary: int = -1
    kinds: dict[int, bytes] = field(default_factory=dict)
    """What each item is."""
    properties: list[tuple[int, int] | None] = field(default_factory=list)
    """Width and height of each property that states them."""
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
    tiles: dict[int, int] = field(default_factory=dict)
    """How many items each one is put together from."""
    places: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """Of each item of one piece: how it is counted (0: from the file's start, 1: from that of idat), offset, length."""
    idat: int = 0
    end: int = 0
    """Where the last byte lies that an item has, counted from the file's start."""


def brands(data: bytes) -> set[bytes]:
    """Return the brands that a file's first box names; none where there is no such box.

    >>> sorted(brands(b"\\0\\0\\0\\x14ftypmif1\\0\\0\\0\\0avif"))
    [b'avif', b'mif1']
    """
    if data[4:8] != b"ftyp":
        return set()
    end = min(len(data), int.from_bytes(data[:4], "big"), 256)
    return {data[8:12], *(data[place : place + 4] for place in range(16, end, 4))}


def examine_heif(data: bytes, name: str) -> Header:
    """Return what a HEIC holds; LookupError, ValueError or struct.error where it is not whole."""
    return _examined(data, "HEIF", name)


def examine_avif(data: bytes, name: str) -> Header:
    """Return what an AVIF holds; LookupError, ValueError or struct.error where it is not whole."""
    return _examined(data, "AVIF", name)


def _examined(data: bytes, kind: str, name: str) -> Header:
    boxes = list(_boxes(data, 0, len(data), name))
    metas = [each for each in boxes if each[0] == b"meta"]
    if not metas and any(each[0] == b"moov" for each in boxes):
        raise UnreadableImage(
            _("{name} moves and holds no still picture: save one frame of it as JPEG or PNG.", name=name)
        )
    ((_kind, start, end),) = metas
    if boxes[0][0] != b"ftyp" or boxes[0][2] > 256:
        raise ValueError("its first box does not say what it is")
    meta = _meta(data, start + 4, end, name)
    size = _size(data, meta, kind)
    for each in (size, *meta.sizes.values()):
        check_pixels(each, kind, name)
    # Transparency, maps of depth and light, and thumbnails come on top of the picture and its tiles.
    if sum(width * height for width, height in meta.sizes.values()) > 4 * MAX_PIXELS[kind]:
        raise in_pieces(name)
    # Both codecs make any number of pixels of one colour of nothing; photos take a byte for a few.
    if size[0] * size[1] > 2 * FREE + DEFLATE * len(data):
        raise hollow(name, size)
    check_memory(MEMORY * size[0] * size[1] + len(data), size, name)
    last = max(end, meta.end)
    pixels = sum(width * height for width, height in (size, *meta.sizes.values()))
    if min(last, len(data)) > SLACK + BYTES_A_PIXEL * pixels:
        raise ValueError("more bytes than the pixels can need")
    return Header(kind, size, size, (0, 0), 1, _still(data, boxes, kind, last))


def _size(data: bytes, meta: _Meta, kind: str) -> tuple[int, int]:
    """Width and height of the picture that is shown, before it is turned upright."""
    what, stated = meta.kinds[meta.primary], meta.sizes[meta.primary]
    if what == _CODED[kind]:
        return stated
    if what != b"grid":
        raise ValueError("the picture is made in a way that is not read")
    method, offset, length = meta.places[meta.primary]
    begin = meta.idat + offset if method else offset
    content = data[begin : begin + min(length, 12)]  # of 12 bytes at most
    _version, flags, rows, columns = struct.unpack_from(">4B", content)
    size = struct.unpack_from(">II" if flags & 1 else ">HH", content, 4)
    if (rows + 1) * (columns + 1) != meta.tiles[meta.primary]:
        raise ValueError("tiles are missing")
    return max(size[0], stated[0]), max(size[1], stated[1])


def _still(data: bytes, boxes: list[_Box], kind: str, end: int) -> bytes:
    """The file as one still picture: what makes it move, and what no decoder needs, is named as free room.

    Behind `end`, where the last of its items ends, lie films, other frames, or whatever somebody put there.
    """
    kept = [(what, start, min(stop, end)) for what, start, stop in boxes if start < end]
    made = bytearray(memoryview(data)[: kept[-1][2]])
    for place in (8, *range(16, boxes[0][2], 4)):
        if place == 8 or data[place : place + 4] in _MOVING:
            made[place : place + 4] = _STILL[kind]
    for what, start, stop in kept:
        short = made[start - 4 : start] == what
        head = start - 8 if short else start - 16
        if what not in _READ:
            made[head + 4 : head + 8] = b"free"
        if stop == len(made) and any(made[head : head + 4]):  # the last one, which may have been cut; 0: to the end
            made[(head if short else head + 8) : start - 4 if short else start] = (stop - head).to_bytes(
                4 if short else 8, "big"
            )
    return bytes(made)


def _boxes(data: bytes, place: int, end: int, name: str) -> Iterator[_Box]:
    for _number in range(MAX_CHUNKS):
        if place + 8 > end:
            return
        length, kind = struct.unpack_from(">I4s", data, place)
        start = place + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, start)
            start += 8
        stop = end if length == 0 else place + length
        if not start <= stop <= end:
            raise ValueError("a box is cut short")
        yield kind, start, stop
        place = stop
    raise in_pieces(name)


def _meta(data: bytes, start: int, end: int, name: str) -> _Meta:
    found, read = _Meta(), {b"pitm": _pitm, b"iinf": _iinf, b"iref": _iref, b"iloc": _iloc}
    for kind, begin, stop in _boxes(data, start, end, name):
        if kind in read:
            read[kind](data[begin:stop], found, name)
        elif kind == b"iprp":
            for inner, first, last in _boxes(data, begin, stop, name):
                if inner == b"ipco":
                    _ipco(data[first:last], found, name)
                elif inner == b"ipma":
                    _ipma(data[first:last], found, name)
        elif kind == b"idat":
            found.idat = begin
    return found


def _pitm(box: bytes, found: _Meta, name: str) -> None:
    """The number of the picture that is shown."""
    (found.primary,) = struct.unpack_from(">I" if box[0] else ">H", box, 4)


def _iinf(box: bytes, found: _Meta, name: str) -> None:
    """What each item is."""
    for kind, start, _stop in _boxes(box, 8 if box[0] else 6, len(box), name):
        if kind == b"infe" and box[start] in (2, 3):
            long = box[start] == 3
            item, _protected, what = struct.unpack_from(">IH4s" if long else ">HH4s", box, start + 4)
            found.kinds[item] = what
            if len(found.kinds) > MAX_ITEMS:
                raise in_pieces(name)


def _ipco(box: bytes, found: _Meta, name: str) -> None:
    """The properties, which items share; only those that state a size."""
    for kind, start, _stop in _boxes(box, 0, len(box), name):
        found.properties.append(struct.unpack_from(">II", box, start + 4) if kind == b"ispe" else None)
        if len(found.properties) > MAX_ITEMS:
            raise in_pieces(name)


def _ipma(box: bytes, found: _Meta, name: str) -> None:
    """Which item has which properties: the size of each."""
    long, wide = box[0] > 0, box[3] & 1
    (count,) = struct.unpack_from(">I", box, 4)
    if count > MAX_ITEMS:
        raise in_pieces(name)
    place = 8
    for _number in range(count):
        (item,) = struct.unpack_from(">I" if long else ">H", box, place)
        place += 4 if long else 2
        held, place = box[place], place + 1
        for _each in range(held):
            index = struct.unpack_from(">H", box, place)[0] & 0x7FFF if wide else box[place] & 0x7F
            place += 2 if wide else 1
            stated = found.properties[index - 1] if index else None
            if stated is not None:
                found.sizes[item] = stated


def _iref(box: bytes, found: _Meta, name: str) -> None:
    """From how many items each one is put together."""
    for kind, start, _stop in _boxes(box, 4, len(box), name):
        if kind == b"dimg":
            item, count = struct.unpack_from(">IH" if box[0] else ">HH", box, start)
            if count > MAX_ITEMS or len(found.tiles) > MAX_ITEMS:
                raise in_pieces(name)
            found.tiles[item] = count


def _iloc(box: bytes, found: _Meta, name: str) -> None:
    """Where each item lies; of several pieces, only that they lie in no more pieces than are looked at."""
    version, sizes, more = box[0], box[4], box[5]
    offset_size, length_size, base_size = sizes >> 4, sizes & 15, more >> 4
    index_size = more & 15 if version in (1, 2) else 0
    (count,) = struct.unpack_from(">I" if version == 2 else ">H", box, 6)
    place, pieces = 10 if version == 2 else 8, 0
    for _number in range(count):
        (item,) = struct.unpack_from(">I" if version == 2 else ">H", box, place)
        place += 4 if version == 2 else 2
        method = 0
        if version in (1, 2):
            method, place = box[place + 1] & 15, place + 2
        place += 2
        base, place = _number_at(box, place, base_size), place + base_size
        (extents,) = struct.unpack_from(">H", box, place)
        place, pieces = place + 2, pieces + extents + 1
        if pieces > MAX_CHUNKS:
            raise in_pieces(name)
        for each in range(extents):
            place += index_size
            offset, place = _number_at(box, place, offset_size), place + offset_size
            length, place = _number_at(box, place, length_size), place + length_size
            if method == 0:  # of no length: to the end
                found.end = max(found.end, base + offset + length if length else _EVERYTHING)
            if each == 0 and extents == 1:
                found.places[item] = (method, base + offset, length)


def _number_at(box: bytes, place: int, size: int) -> int:
    if place + size > len(box):
        raise ValueError("a place is cut short")
    return int.from_bytes(box[place : place + size], "big")
