"""A GIF's blocks up to its first frame, which alone is kept."""

import struct

from nat_core.data.headers.header import FREE, MAX_CHUNKS, Header, check_pixels, hollow, in_pieces, up

_LZW = 2_731
"""The most pixels that a byte of LZW makes: a code of 12 bits stands for a string of at most 4,096."""
_CONTROL = b"\xf9\x04"
"""How a control block begins, which states the transparent colour."""


def examine_gif(data: bytes, name: str) -> Header:
    """Return what a GIF holds, its screen grown to the first frame where that lies outside, as browsers do.

    LookupError, ValueError or struct.error where it is not whole.
    """
    screen = struct.unpack_from("<HH", data, 6)
    start = 13 + _palette(data[10])
    control, place = _gif_frame(data, start, name)
    left, top, width, height, flags = struct.unpack_from("<HHHHB", data, place + 1)
    size = (max(screen[0], left + width), max(screen[1], top + height))
    for each in (size, (width, height)):
        check_pixels(each, "GIF", name)
    packed = place + 10 + _palette(flags)
    needed = max(up(width * height, _LZW), up(size[0] * size[1] - FREE, _LZW))
    if _gif_packed(data, packed + 1, needed) < needed:
        raise hollow(name, size)
    # A pixel takes a code of 12 bits at most, and a byte of it at most one more, for a block's length.
    end = packed + 1_024 + 4 * width * height
    screen_of_frame = struct.pack("<HH", width, height)
    whole = b"".join(
        [data[:6], screen_of_frame, data[10:start], control, b",\0\0\0\0", memoryview(data)[place + 5 : end]]
    )
    return Header("GIF", size, (width, height), (left, top), 1, whole)


def _palette(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _gif_frame(data: bytes, place: int, name: str) -> tuple[bytes, int]:
    """The last control block before the first frame, and where that frame is; comments are passed over."""
    control, start, inside = b"", place, False
    for _ in range(MAX_CHUNKS):
        length = data[place]
        if inside:  # an extension's blocks start with their length; an empty one is the last
            place += 1 + length
            if not length:
                inside = False
                control = data[start:place] if data[start + 1 : start + 3] == _CONTROL else control
        elif length == ord(","):
            return control, place
        elif length == ord(";"):
            raise ValueError("no frame")
        elif length == ord("!"):
            start, place, inside = place, place + 2, True
        else:
            place += 1
    raise in_pieces(name)


def _gif_packed(data: bytes, place: int, needed: int) -> int:
    """How many bytes of packed pixels follow, in blocks with their length first; counting ends at those needed."""
    found = 0
    while found < needed and place < len(data) and data[place]:
        found += min(data[place], len(data) - place - 1)
        place += 1 + data[place]
    return found
