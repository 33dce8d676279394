"""What is known of a picture before it is decoded, and the limits that every format is held to."""

import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from nat_core.errors import UnreadableImage
from nat_core.language import _

MEGAPIXEL = 2**20
"""Counted generously: what is sold as 12, 24 or 64 megapixels has up to 2 % more than so many million."""
MAX_PIXELS = {
    kind: most * MEGAPIXEL
    for kind, most in (
        ("PNG", 24), ("JPEG", 64), ("WEBP", 12), ("GIF", 24), ("BMP", 24), ("HEIF", 24), ("AVIF", 24), ("TIFF", 24)
    )
}  # fmt: skip
"""The formats that are read, by Pillow's names, and the most pixels (width x height) of each.

The last three only where their decoders are installed: see `nat_core.data.apart.process`."""
MAX_SIDE = 65_535
"""The most pixels of a side: a picture one pixel high may not be any number of them wide."""
MAX_MEMORY = 200_000_000
"""The most bytes that decoding a picture takes, with those of the file; a decoder's own tables come on top."""
MAX_ROWS = 4 * MAX_PIXELS["PNG"]
"""The most bytes that the rows of a PNG unpack to: all its pixels in colour with transparency, 8 bits each."""
MAX_SCANS = 32
"""The most passes of a JPEG over its pixels; encoders make about ten, the most thorough twenty."""
MAX_VISITS = 8_000_000
"""The most blocks of 8 x 8 values that a JPEG's passes may visit, all together, where there are several."""
MAX_CHUNKS = 20_000
"""The most pieces of a file that are looked at: chunks, segments, blocks."""
PADDING = 1_024
"""The most bytes between two segments of a JPEG that belong to neither."""

DEFLATE = 1_032
"""The most bytes that deflate makes of one (zlib's own documentation): what asks for more has nothing there."""
FREE = MEGAPIXEL
"""So many pixels may come from nothing, where a format allows it."""


@dataclass(frozen=True, eq=False)
class Header:
    """One picture, examined: what it is and the bytes to decode."""

    kind: str
    """Pillow's name of its format, a key of MAX_PIXELS."""
    size: tuple[int, int]
    """Width and height as shown, before it is turned upright."""
    frame: tuple[int, int]
    """Width and height of what is decoded: a first frame may cover only a part."""
    at: tuple[int, int]
    """Where the frame's upper left corner lies."""
    orientation: int
    """How to turn it upright, 1 to 8 as EXIF counts them; 1 is upright."""
    data: bytes
    """A file of the same format with the first frame alone."""
    depth: int = 8
    """Bits a channel."""
    coefficients: int = 0
    """The bytes that a JPEG of several passes keeps while they go on, whatever size it is decoded to."""

    @property
    def pixels(self) -> int:
        """How many pixels it has, or the frame where that is larger."""
        return max(self.size[0] * self.size[1], self.frame[0] * self.frame[1])


class Allowance:
    """How many pixels may still be decoded: of an archive, or of a visitor, whose allowance comes back with time."""

    def __init__(
        self, pixels: int, why: str, a_second: int = 0, clock: Callable[[], float] = time.monotonic, **named: str
    ) -> None:
        """Allow so many pixels, and so many more a second; `why` says of the file {name} what is wrong and what to do.

        It is a sentence that `N_` marks, with the fields {name} and those of `named`.
        """
        self._most, self._why, self._a_second, self._clock, self._named = pixels, why, a_second, clock, named
        self._left, self._then = float(pixels), clock()

    def admit(self, header: Header, name: str) -> None:
        """Spend a picture's pixels. Raises UnreadableImage where there are not so many left.

        >>> gif = Header("GIF", (30, 20), (30, 20), (0, 0), 1, b"")
        >>> allowance = Allowance(1_000, "{name} was left out: there are too many.")
        >>> allowance.admit(gif, "one.gif")
        >>> allowance.admit(gif, "two.gif")
        Traceback (most recent call last):
        nat_core.errors.UnreadableImage: two.gif was left out: there are too many.
        """
        self.spend(header.pixels, name)

    def spend(self, number: int, name: str) -> None:
        """Spend as many for the file of that name. Raises UnreadableImage where there are not so many left.

        >>> Allowance(1_000, "{name} was left out.").spend(1_000, "one.gif")
        """
        now = self._clock()
        self._left = min(self._most, self._left + self._a_second * (now - self._then))
        self._then = now
        if number > self._left:
            raise UnreadableImage(_(self._why, name=name, **self._named))
        self._left -= number


def damaged(name: str) -> UnreadableImage:
    """Return the error for a file that is not whole."""
    return UnreadableImage(
        _("{name} is cut short or damaged, so it cannot be read: copy or export it again.", name=name)
    )


def check_pixels(size: tuple[int, int], kind: str, name: str) -> None:
    """Raise UnreadableImage if width x height exceeds MAX_PIXELS of the format, or a side MAX_SIDE.

    >>> check_pixels((6000, 4000), "PNG", "wall.png")
    """
    width, height = size
    if width * height > MAX_PIXELS[kind]:
        told = _(
            "{name} is {width:,} x {height:,} pixels, more than the {most} megapixels read of a {kind} file: shrink it "
            "first.",
            name=name,
            width=width,
            height=height,
            most=MAX_PIXELS[kind] // MEGAPIXEL,
            kind={"WEBP": "WebP", "HEIF": "HEIC"}.get(kind, kind),
        )
        raise UnreadableImage(told)
    if max(size) > MAX_SIDE:
        told = _(
            "{name} is {width:,} x {height:,} pixels, more than the {most:,} read of a side: shrink it first.",
            name=name,
            width=width,
            height=height,
            most=MAX_SIDE,
        )
        raise UnreadableImage(told)


def hollow(name: str, size: tuple[int, int]) -> UnreadableImage:
    """Return the error for a file that states a size and brings nothing that could fill it."""
    told = _(
        "{name} states {width:,} x {height:,} pixels but holds too few bytes for them: copy or export it again.",
        name=name,
        width=size[0],
        height=size[1],
    )
    return UnreadableImage(told)


def in_pieces(name: str) -> UnreadableImage:
    """Return the error for a file of more pieces than are looked at."""
    told = _(
        "{name} is in more than the {most:,} pieces that are looked at before its pixels: export it again.",
        name=name,
        most=MAX_CHUNKS,
    )
    return UnreadableImage(told)


def up(value: int, divisor: int) -> int:
    """Return value / divisor, rounded up.

    >>> up(9, 8), up(8, 8)
    (2, 1)
    """
    return -(-value // divisor)


def check_memory(needed: int, size: tuple[int, int], name: str) -> None:
    """Raise UnreadableImage where decoding needs more than MAX_MEMORY bytes.

    >>> check_memory(96_000_000, (6000, 4000), "wall.jpg")
    """
    if needed > MAX_MEMORY:
        told = _(
            "{name} takes {needed:,.0f} MB to decode its {width:,} x {height:,} pixels, more than the {most:.0f} MB "
            "that one picture may take: shrink it first.",
            name=name,
            needed=needed / 1e6,
            width=size[0],
            height=size[1],
            most=MAX_MEMORY / 1e6,
        )
        raise UnreadableImage(told)


# --- which way is up -------------------------------------------------------------------------------------------------

_ORIENTATION, _LONG = 0x112, 4


def orientation_of(tags: bytes) -> int:
    """Return the orientation in EXIF's tags, 1 to 8; 1, which is upright, where they state none or are damaged.

    >>> orientation_of(bytes.fromhex("4d4d002a00000008 0001 0112 0003 00000001 0006 0000 00000000"))
    6
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tags[:4], "")
    try:
        (place,) = struct.unpack_from(order + "I", tags, 4)
        (number,) = struct.unpack_from(order + "H", tags, place)
        for each in range(place + 2, place + 2 + 12 * min(number, 1_000), 12):
            tag, kind = struct.unpack_from(order + "HH", tags, each)
            if tag == _ORIENTATION and order:
                (value,) = struct.unpack_from(order + ("I" if kind == _LONG else "H"), tags, each + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
