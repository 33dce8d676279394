"""What a file is and how many pixels it claims to have, told from its first bytes before any decoder sees it.

A decoder may allocate what a header claims: 21 KB of PNG can claim 800 MB, and libwebp allocates on opening.
"""

import struct
from collections.abc import Callable

MEGAPIXEL = 2**20
"""Counted generously: what is sold as 12, 24 or 64 megapixels has up to 2 % more than so many million."""
MAX_PIXELS = {
    kind: most * MEGAPIXEL for kind, most in (("PNG", 24), ("JPEG", 64), ("WEBP", 12), ("GIF", 24), ("BMP", 24))
}
"""The formats that are read, by Pillow's names, and the most pixels (width x height) of each."""
READ = "PNG, JPEG, WebP, GIF or BMP"

_EXPORT = "which is not read here: export it as JPEG or PNG"
_CHOOSE = f"not a picture: choose a {READ} file"
_KNOWN = ((b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"))
_FOREIGN = (
    (4, b"ftypavi", f"an AVIF picture, {_EXPORT}"),
    (4, b"ftyphe", f"a HEIC photo, {_EXPORT}"),
    (4, b"ftypmif1", f"a HEIF photo, {_EXPORT}"),
    (4, b"ftypmsf1", f"a HEIF photo, {_EXPORT}"),
    (4, b"ftypcrx ", f"a camera raw file, {_EXPORT}"),
    (4, b"ftyp", "a video, not a picture: save one frame of it as JPEG or PNG"),
    (4, b"jP  \r\n\x87\n", f"a JPEG 2000 picture, {_EXPORT}"),
    (0, b"\xff\x4f\xff\x51", f"a JPEG 2000 picture, {_EXPORT}"),
    (4, b"JXL \r\n\x87\n", f"a JPEG XL picture, {_EXPORT}"),
    (0, b"\xff\x0a", f"a JPEG XL picture, {_EXPORT}"),
    (0, b"II*\0", f"a TIFF or camera raw file, {_EXPORT}"),
    (0, b"MM\0*", f"a TIFF or camera raw file, {_EXPORT}"),
    (0, b"8BPS", f"a Photoshop file, {_EXPORT}"),
    (0, b"\0\0\1\0", f"an icon (ICO), {_EXPORT}"),
    (0, b"%PDF", "a PDF, not a picture: export the page as JPEG or PNG"),
    (0, b"PK\3\4", "an archive or office document, not a picture: take the pictures out of it first"),
)


class UnreadableImage(ValueError):
    """A picture that cannot be read; its text is one sentence that names the file and says what, why and what to do."""


def kind_of(data: bytes, name: str) -> str:
    """Return Pillow's name of the format of a file's bytes, a key of MAX_PIXELS; its extension is never asked.

    Raises UnreadableImage for all others, saying what it is where the bytes tell.

    >>> kind_of(b"GIF89a...", "cat.png")
    'GIF'
    """
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data.startswith(b"BM") and data[15:18] == b"\0\0\0":  # of the header's length: no text starts like this
        return "BMP"
    for magic, kind in _KNOWN:
        if data.startswith(magic):
            return kind
    for offset, magic, what in _FOREIGN:
        if data.startswith(magic, offset):
            raise UnreadableImage(f"{name} is {what}.")
    raise UnreadableImage(f"{name} is {_described(data[:1000])}.")


def declared_size(kind: str, data: bytes) -> tuple[int, int]:
    """Return width and height as the header of a `kind` (a key of MAX_PIXELS) states them, without decoding.

    Raises IndexError, ValueError or struct.error where the header is cut short or states none.

    >>> declared_size("GIF", bytes.fromhex("474946383961 0300 0200 00 00 00 3b"))
    (3, 2)
    """
    return _SIZES[kind](data)


def check_pixels(size: tuple[int, int], kind: str, name: str) -> None:
    """Raise UnreadableImage if width x height exceeds MAX_PIXELS of the format.

    >>> check_pixels((6000, 4000), "PNG", "wall.png")
    """
    width, height = size
    if width * height > MAX_PIXELS[kind]:
        raise UnreadableImage(
            f"{name} is {width:,} x {height:,} pixels, more than the {MAX_PIXELS[kind] // MEGAPIXEL} megapixels "
            f"read of a {kind.replace('WEBP', 'WebP')} file: shrink it first."
        )


def _described(start: bytes) -> str:
    text = start.decode("utf-8", errors="replace")
    legible = sum(character.isprintable() or character.isspace() for character in text.replace("\ufffd", "\0"))
    if legible < 0.9 * len(text):
        return f"in no format that is read here: choose a {READ} file"
    if "<svg" in text.lower():
        return f"an SVG drawing, {_EXPORT}"
    return f"a web page, {_CHOOSE}" if "<html" in text.lower() else f"text, {_CHOOSE}"


def _png_size(data: bytes) -> tuple[int, int]:
    if not data.startswith(b"\r\n\x1a\n", 4):  # sent as text, its line ends changed: what follows has shifted
        raise ValueError("not a PNG signature")
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _bmp_size(data: bytes) -> tuple[int, int]:
    # 12 bytes: the OS/2 header with 16-bit sides. In the others a negative height means rows from the top.
    width, height = struct.unpack_from("<HH" if data[14] == 12 else "<Ii", data, 18)
    return width, abs(height)


def _webp_size(data: bytes) -> tuple[int, int]:
    """The canvas's size, of the lossy, the lossless or the extended header (WebP container specification)."""
    header = data[12:16]
    if header == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if header == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _gif_size(data: bytes) -> tuple[int, int]:
    """The screen's size, or the first frame's extent where that is larger: Pillow then enlarges the screen."""
    width, height = struct.unpack_from("<HH", data, 6)
    position = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    while data[position] not in b",;":
        if data[position] == ord("!"):  # an extension: two bytes, then blocks that start with their length
            position += 2
            while data[position]:
                position += 1 + data[position]
        position += 1
    if data[position] == ord(","):
        left, top, wide, high = struct.unpack_from("<HHHH", data, position + 1)
        width, height = max(width, left + wide), max(height, top + high)
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """The largest size that a frame header (SOF0 to SOF15) states before the first scan."""
    width, height, position = 0, 0, 2
    while data[position : position + 2] != b"\xff\xda":
        marker = data[position + 1]
        if data[position] != 0xFF or marker == 0xFF:
            position += 1
        elif marker < 2 or 0xD0 <= marker <= 0xD9:  # stuffing, restarts, start and end: nothing follows them
            position += 2
        else:
            if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
                high, wide = struct.unpack_from(">HH", data, position + 5)
                width, height = max(width, wide), max(height, high)
            position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return width, height


_SIZES: dict[str, Callable[[bytes], tuple[int, int]]] = {
    "PNG": _png_size,
    "JPEG": _jpeg_size,
    "WEBP": _webp_size,
    "GIF": _gif_size,
    "BMP": _bmp_size,
}
