"""What a picture's bytes say before any decoder sees them, and no more of them than the decoder needs.

A decoder does what a file asks of it: 64 bytes can ask for 25 million pixels, 125 KB for hundreds of passes, 45 MB of
padding for a minute of Python. So `examine` walks the file's own structure in a bounded number of steps, never byte by
byte, and refuses what is out of proportion. What it returns holds no comment, profile or tag: a damaged one does not
matter, and nothing can hide in them.
"""

import struct
from collections.abc import Callable

from nat_core.data.headers.bmp import examine_bmp
from nat_core.data.headers.gif import examine_gif
from nat_core.data.headers.header import READABLE, Header, damaged
from nat_core.data.headers.jpeg import examine_jpeg
from nat_core.data.headers.png import examine_png
from nat_core.data.headers.webp import examine_webp
from nat_core.errors import UnreadableImage


def examine(data: bytes, name: str) -> Header:
    """Return what a picture's file holds; `name` stands in the errors, and no decoder is asked.

    Raises UnreadableImage for what is no picture, not whole, of a kind that is not read, or out of proportion.

    >>> gif = bytes.fromhex("474946383961 0300 0200 00 00 00 2c 00000000 0300 0200 00 02 02 8453 00 3b")
    >>> examine(gif, "small.gif").size
    (3, 2)
    """
    kind = kind_of(data, name)
    try:
        found = _EXAMINERS[kind](data, name)
    except UnreadableImage:
        raise
    except (LookupError, ValueError, struct.error) as error:
        raise damaged(name) from error
    if min(*found.size, *found.frame) < 1:
        raise damaged(name)
    return found


_EXAMINERS: dict[str, Callable[[bytes, str], Header]] = {
    "PNG": examine_png,
    "JPEG": examine_jpeg,
    "WEBP": examine_webp,
    "GIF": examine_gif,
    "BMP": examine_bmp,
}


# --- which format it is ----------------------------------------------------------------------------------------------

_EXPORT = "which is not read here: export it as JPEG or PNG"
_CHOOSE = f"not a picture: choose a {READABLE} file"
_KNOWN = ((b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"))
# In this order: the kinds of "ftyp" that are pictures stand before the one that takes all the rest for videos.
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


def is_picture(start: bytes) -> bool:
    """Return whether a file is a picture by its first bytes, also of a format that is not read here.

    >>> is_picture(b"II*\\0 a TIFF"), is_picture(b"%PDF-1.7"), is_picture(b"Dear diary")
    (True, False, False)
    """
    try:
        kind_of(start, "")
    except UnreadableImage as error:
        return str(error).endswith(f"{_EXPORT}.")
    return True


def _described(start: bytes) -> str:
    text = start.decode("utf-8", errors="replace")
    legible = sum(character.isprintable() or character.isspace() for character in text.replace("\ufffd", "\0"))
    if legible < 0.9 * len(text):
        return f"in no format that is read here: choose a {READABLE} file"
    if "<svg" in text.lower():
        return f"an SVG drawing, {_EXPORT}"
    return f"a web page, {_CHOOSE}" if "<html" in text.lower() else f"text, {_CHOOSE}"
