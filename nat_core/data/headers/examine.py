"""What a picture's bytes say before any decoder sees them, and no more of them than the decoder needs.

A decoder does what a file asks of it: 64 bytes can ask for 25 million pixels, 125 KB for hundreds of passes, 45 MB of
padding for a minute of Python. So `examine` walks the file's own structure in a bounded number of steps, never byte by
byte, and refuses what is out of proportion. What it returns holds no comment, profile or tag: a damaged one does not
matter, and nothing can hide in them.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from nat_core.data.apart.heif import brands, examine_avif, examine_heif
from nat_core.data.apart.process import formats, kinds
from nat_core.data.apart.tiff import examine_tiff
from nat_core.data.headers.bmp import examine_bmp
from nat_core.data.headers.gif import examine_gif
from nat_core.data.headers.header import Header, damaged
from nat_core.data.headers.jpeg import examine_jpeg
from nat_core.data.headers.png import examine_png
from nat_core.data.headers.webp import examine_webp
from nat_core.errors import UnreadableImage
from nat_core.language import N_, _


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
    "HEIF": examine_heif,
    "AVIF": examine_avif,
    "TIFF": examine_tiff,
}


# --- which format it is ----------------------------------------------------------------------------------------------

_KNOWN = ((b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"))


@dataclass(frozen=True)
class Foreign:
    """What a file is that is not read here."""

    what: str
    """In words, with what to do; marked to be translated."""
    picture: bool = True
    """Whether it is a picture all the same."""


_HEIF = Foreign(
    N_(
        "a HEIC photo, as iPhones take them, which is not read here: export it as JPEG, or have the iPhone take JPEG "
        "(Settings, Camera, Formats, Most Compatible) and take it again"
    )
)
_JPEG_2000 = Foreign(N_("a JPEG 2000 picture, which is not read here: export it as JPEG or PNG"))
_JPEG_XL = Foreign(N_("a JPEG XL picture, which is not read here: export it as JPEG or PNG"))
_TIFF = Foreign(N_("a TIFF or camera raw file, which is not read here: export it as JPEG or PNG"))
_SVG = Foreign(N_("an SVG drawing, which is not read here: export it as JPEG or PNG"))
_UNKNOWN = Foreign(N_("in no format that is read here: choose a {formats} file"), picture=False)
_WEB_PAGE = Foreign(N_("a web page, not a picture: choose a {formats} file"), picture=False)
_TEXT = Foreign(N_("text, not a picture: choose a {formats} file"), picture=False)
_AVIF = Foreign(N_("an AVIF picture, which is not read here: export it as JPEG or PNG"))
_VIDEO = Foreign(N_("a video, not a picture: save one frame of it as JPEG or PNG"), picture=False)
_ARCHIVE = Foreign(N_("an archive or office document, not a picture: take the pictures out of it first"), picture=False)
_RAW = Foreign(N_("a camera raw file, which is not read here: export it as JPEG or PNG"))
_RARER = Foreign(N_("a picture of a kind that is not read here: export it as JPEG or PNG"))
# In this order: the kinds of "ftyp" that are pictures stand before the one that takes all the rest for videos.
_FOREIGN = (
    (4, b"ftypavi", _AVIF),
    (4, b"ftyphe", _HEIF),
    (4, b"ftypmif1", _HEIF),
    (4, b"ftypmsf1", _HEIF),
    (4, b"ftypcrx ", _RAW),
    (4, b"ftyp", _VIDEO),
    (4, b"jP  \r\n\x87\n", _JPEG_2000),
    (0, b"\xff\x4f\xff\x51", _JPEG_2000),
    (4, b"JXL \r\n\x87\n", _JPEG_XL),
    (0, b"\xff\x0a", _JPEG_XL),
    (0, b"II*\0", _TIFF),
    (0, b"MM\0*", _TIFF),
    # TIFF with the marks of other makers of cameras.
    *((0, mark, _RAW) for mark in (b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FUJIFILMCCD-RAW")),
    (0, b"8BPS", Foreign(N_("a Photoshop file, which is not read here: export it as JPEG or PNG"))),
    (0, b"\0\0\1\0", Foreign(N_("an icon (ICO), which is not read here: export it as JPEG or PNG"))),
    (0, b"%PDF", Foreign(N_("a PDF, not a picture: export the page as JPEG or PNG"), picture=False)),
    *((0, mark, _ARCHIVE) for mark in (b"PK\3\4", b"\x1f\x8b\x08", b"Rar!\x1a\7", b"7z\xbc\xaf\x27\x1c")),
    (0, b"\x1aE\xdf\xa3", _VIDEO),
    (8, b"AVI LIST", _VIDEO),
    # Netpbm's seven, in which GTSRB and the AT&T faces come; PCX; TIFF for more than 4 GB; TGA, or a pointer; DDS; SGI;
    # QOI; OpenEXR; Radiance; Apple's icons; GIMP; PostScript; XPM; what Windows draws.
    *((0, b"P%d%c" % (kind, space), _RARER) for kind in range(1, 8) for space in b"\n \r\t"),
    *((0, b"\n%c\1" % version, _RARER) for version in (0, 2, 3, 4, 5)),
    *((0, mark, _RARER) for mark in (
        b"II+\0", b"MM\0+", b"\0\0\2\0", b"DDS ", b"\1\xda\0", b"\1\xda\1", b"qoif", b"v/1\1", b"#?RADIANCE", b"#?RGBE",
        b"icns", b"gimp xcf", b"%!PS", b"\xc5\xd0\xd3\xc6", b"/* XPM */", b"\xd7\xcd\xc6\x9a",
    )),
)  # fmt: skip


_APART = ((_HEIF, "HEIF"), (_AVIF, "AVIF"), (_TIFF, "TIFF"))
"""What is read where its decoder is installed."""


def kind_of(data: bytes, name: str) -> str:
    """Return Pillow's name of the format of a file's bytes, a key of MAX_PIXELS; its extension is never asked.

    Raises UnreadableImage for all others, saying what it is where the bytes tell.

    >>> kind_of(b"GIF89a...", "cat.png")
    'GIF'
    """
    found = _recognised(data)
    if isinstance(found, Foreign):
        raise UnreadableImage(_("{name} is {what}.", name=name, what=_(found.what, formats=formats())))
    return found


def is_picture(start: bytes) -> bool:
    """Return whether a file is a picture by its first bytes, also of a format that is not read here.

    >>> is_picture(b"II*\\0 a TIFF"), is_picture(b"%PDF-1.7"), is_picture(b"Dear diary")
    (True, False, False)
    """
    found = _recognised(start)
    return not isinstance(found, Foreign) or found.picture


def _recognised(data: bytes) -> str | Foreign:
    """Pillow's name of a format that is read here, else what it is."""
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data.startswith(b"BM") and data[15:18] == b"\0\0\0":  # of the header's length: no text starts like this
        return "BMP"
    for magic, kind in _KNOWN:
        if data.startswith(magic):
            return kind
    for offset, magic, what in _FOREIGN:
        if data.startswith(magic, offset):
            # A frame for many codecs by its first name; the others say which.
            what = _AVIF if what is _HEIF and b"avif" in brands(data) else what
            return next((kind for each, kind in _APART if each is what and kind in kinds()), what)
    return _described(data[:1000])


def _described(start: bytes) -> Foreign:
    text = start.decode("utf-8", errors="replace")
    legible = sum(character.isprintable() or character.isspace() for character in text.replace("\ufffd", "\0"))
    if legible < 0.9 * len(text):
        return _UNKNOWN
    if "<svg" in text.lower():
        return _SVG
    return _WEB_PAGE if "<html" in text.lower() else _TEXT
