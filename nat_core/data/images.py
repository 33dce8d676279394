"""Any picture file becomes uint8 pixels: the one decode-and-resize that training, evaluation and app share.

What a file is and how many pixels it claims to have is told from its first bytes, before any decoder sees it: a decoder
may allocate what a header claims. 21 KB of PNG can claim 800 MB, and libwebp allocates on opening.

Nothing global is changed, in Pillow or in `warnings`, so threads may read side by side. (Pillow itself warns of
damaged tags in a picture that it reads; a program that does not want to hear it filters the module PIL once.)
"""

import hashlib
import io
import os
import stat
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import ExifTags, Image

from nat_core.errors import UnreadableImage

MEGAPIXEL = 2**20
"""Counted generously: what is sold as 12, 24 or 64 megapixels has up to 2 % more than so many million."""
MAX_PIXELS = {
    kind: most * MEGAPIXEL for kind, most in (("PNG", 24), ("JPEG", 64), ("WEBP", 12), ("GIF", 24), ("BMP", 24))
}
"""The formats that are read, by Pillow's names, and the most pixels (width x height) of each."""
MAX_DECODED = 24 * MEGAPIXEL
"""The most pixels in memory: a JPEG of more is halved or better while it is decoded."""
MAX_BYTES = 50_000_000
"""The most bytes of a file."""
READABLE = "PNG, JPEG, WebP, GIF or BMP"
"""The formats that are read, in words."""
FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "box": Image.Resampling.BOX,
    "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
}
"""Pillow's resampling filters by name; all but "nearest" are antialiased: they widen as they shrink."""


# --- a picture of a given size ---------------------------------------------------------------------------------------


def read_image(
    source: Path | str | bytes,
    *,
    name: str | None = None,
    size: int = 32,
    crop: str = "centre",
    resample: str = "bicubic",
) -> UInt8[np.ndarray, "size size 3"]:
    """Return a picture as `size` x `size` RGB, 0 to 255: first frame, alpha on white, upright by its EXIF orientation.

    `source` is a path or a file's bytes; `name` (default: the path) stands in the error; `size` >= 1 in pixels;
    `crop` is one of CROPS and `resample` one of FILTERS. A square picture of that size keeps its pixels bit for bit.
    Raises UnreadableImage, or ValueError for a size, crop or filter that does not exist.

    >>> file = io.BytesIO()
    >>> Image.new("RGB", (640, 480), (255, 128, 0)).save(file, "PNG")
    >>> read_image(file.getvalue())[0, 0].tolist()
    [255, 128, 0]
    """
    return _squares(source, name, size, [crop], resample)[crop]


def read_crops(
    source: Path | str | bytes, *, name: str | None = None, size: int = 32, resample: str = "bicubic"
) -> dict[str, UInt8[np.ndarray, "size size 3"]]:
    """Return what `read_image` returns for each of CROPS, by its name, of one decode. Raises as it does.

    >>> file = io.BytesIO()
    >>> Image.new("RGB", (64, 32)).save(file, "PNG")
    >>> list(read_crops(file.getvalue()))
    ['centre', 'squash', 'pad']
    """
    return _squares(source, name, size, CROPS, resample)


def read_photo(
    source: Path | str | bytes, *, name: str | None = None, longest: int = 512
) -> UInt8[np.ndarray, "height width 3"]:
    """Return a whole picture for display, its longer side at most `longest` >= 1 pixels; never enlarged.

    The same decoder, limits and errors as `read_image`. Raises UnreadableImage, or ValueError for longest < 1.

    >>> file = io.BytesIO()
    >>> Image.new("L", (2000, 1000)).save(file, "PNG")
    >>> read_photo(file.getvalue()).shape
    (256, 512, 3)
    """
    if longest < 1:
        raise ValueError(f"longest must be at least 1 pixel; got {longest}")
    image, turn = _decode(source, name, 2 * longest)
    if max(image.size) > longest:
        image = image.resize(_fitted(image, longest), Image.Resampling.BICUBIC)
    return _pixels(image, turn)


def image_id(pixels: UInt8[np.ndarray, "32 32 3"]) -> str:
    """Return a picture's id: the first 16 hex digits of the SHA-1 of its 3,072 bytes (row, column, channel).

    Raises ValueError for another shape or type.

    >>> image_id(np.zeros((32, 32, 3), dtype=np.uint8))
    '02ec1f60b2e76741'
    """
    if pixels.shape != (32, 32, 3) or pixels.dtype != np.uint8:
        raise ValueError(f"pixels must be uint8 of shape (32, 32, 3); got {pixels.dtype} of shape {pixels.shape}")
    # A name, not a proof of origin: without saying so, Python refuses SHA-1 on machines held to FIPS.
    return hashlib.sha1(pixels.tobytes(), usedforsecurity=False).hexdigest()[:16]


def _squares(source: Path | str | bytes, name: str | None, size: int, crops: Iterable[str], resample: str) -> dict:
    for argument, value, known in (*(("crop", crop, CROPS) for crop in crops), ("resample", resample, FILTERS)):
        if value not in known:
            raise ValueError(f"{argument} must be one of {', '.join(known)}; got {value!r}")
    if size < 1:
        raise ValueError(f"size must be at least 1 pixel; got {size}")
    image, turn = _decode(source, name, 16 * size)
    # Turned upright last, when few pixels are left.
    return {crop: _pixels(CROPS[crop](image, size, FILTERS[resample]), turn) for crop in crops}


def _centre(image: Image.Image, size: int, resample: Image.Resampling) -> Image.Image:
    """The largest square in the middle; what overhangs it is lost."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    # Not resize's own `box`: its filter would take in pixels from outside the square.
    return image.crop((left, top, left + side, top + side)).resize((size, size), resample)


def _squash(image: Image.Image, size: int, resample: Image.Resampling) -> Image.Image:
    """The whole picture, its sides made equal."""
    return image.resize((size, size), resample)


def _pad(image: Image.Image, size: int, resample: Image.Resampling) -> Image.Image:
    """The whole picture in its own proportions, with white bars."""
    inner = image.resize(_fitted(image, size), resample)
    square = Image.new("RGB", (size, size), "white")
    square.paste(inner, ((size - inner.width) // 2, (size - inner.height) // 2))
    return square


CROPS: dict[str, Callable[[Image.Image, int, Image.Resampling], Image.Image]] = {
    "centre": _centre,
    "squash": _squash,
    "pad": _pad,
}
"""How a picture of any proportions becomes a square, by name."""


def _fitted(image: Image.Image, longest: int) -> tuple[int, int]:
    width, height = (max(1, round(side * longest / max(image.size))) for side in image.size)
    return width, height


def _pixels(image: Image.Image, turn: Image.Transpose | None) -> UInt8[np.ndarray, "height width 3"]:
    return np.array(image if turn is None else image.transpose(turn))


# --- decoding --------------------------------------------------------------------------------------------------------


def _decode(source: Path | str | bytes, name: str | None, keep: int) -> tuple[Image.Image, Image.Transpose | None]:
    """Return a picture in RGB, not yet turned upright, and its turn; `keep` is as in `_shrink_while_decoding`."""
    data, name = _contents(source, name)
    kind = kind_of(data, name)
    try:
        check_pixels(declared_size(kind, data), kind, name)
        # One format only: no other of Pillow's many parsers ever sees a stranger's bytes.
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            check_pixels(image.size, kind, name)  # again: a crafted file may state two sizes
            _shrink_while_decoding(image, keep)
            image.load()
            turn = _turn(image)
            if kind == "PNG":
                _scale_transparent_colour(image, depth=data[24])  # where IHDR states the bits a channel
            return _on_white(image), turn
    except UnreadableImage:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:  # raised where warnings are errors
        raise UnreadableImage(f"{name} unpacks to more pixels than are read: shrink it first.") from error
    except Exception as error:  # Pillow's parsers raise a dozen kinds, from OSError to IndexError.
        raise UnreadableImage(
            f"{name} is cut short or damaged, so it cannot be read: copy or export it again."
        ) from error


def _contents(source: Path | str | bytes, name: str | None) -> tuple[bytes, str]:
    """Return a file's bytes and its name, printable on one line."""
    name = name or ("The picture" if isinstance(source, bytes) else os.fspath(source))
    name = "".join(character if character.isprintable() else "?" for character in name)
    try:
        length = len(source) if isinstance(source, bytes) else _file_length(source, name)
        if length > MAX_BYTES:
            megabytes = f"{length / 1e6:,.1f} MB, more than the {MAX_BYTES / 1e6:.0f} MB"
            raise UnreadableImage(f"{name} is {megabytes} read of a file: shrink it first.")
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
    except OSError as error:
        raise UnreadableImage(f"{name} cannot be opened ({error.strerror}): check its name and folder.") from error
    if not data:
        raise UnreadableImage(f"{name} is empty (0 bytes): copy or export it again.")
    return data, name


def _file_length(path: Path | str, name: str) -> int:
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a zero byte in the name
        raise UnreadableImage(f"{name} was not found: check its name and folder.") from error
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableImage(f"{name} is a folder, not a picture: name the pictures inside it.")
    if not stat.S_ISREG(status.st_mode):  # reading a pipe may never end
        raise UnreadableImage(f"{name} is a device or a pipe, not a picture: choose a {READABLE} file.")
    return status.st_size


def _shrink_while_decoding(image: Image.Image, keep: int) -> None:
    """Have a JPEG decoded at 1/2, 1/4 or 1/8, its shorter side no shorter than `keep` unless MAX_DECODED asks for it.

    With 16 times the final side kept, the result is within a level or two of that of the whole decode.
    """
    width, height = image.size
    fraction = next((n for n in (8, 4, 2) if min(width, height) >= n * keep), 1)
    if width * height > MAX_DECODED:
        fraction = max(2, fraction)  # halving is enough: a quarter of the most that a JPEG may have lies below
    # Of the formats read here only JPEG can be decoded smaller; for the others Pillow ignores this.
    image.draft(None, (max(1, width // fraction), max(1, height // fraction)))


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _turn(image: Image.Image) -> Image.Transpose | None:
    """How to turn the picture upright: EXIF orientation, or none where its tags are damaged."""
    try:
        return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - a picture with broken tags is still a picture
        return None


def _scale_transparent_colour(image: Image.Image, depth: int) -> None:
    """Bring the transparent colour of a grey or RGB PNG to the 8 bits of its pixels: Pillow leaves it in file units."""
    colour = image.info.get("transparency")
    if image.mode == "L" and depth < 8:
        image.info["transparency"] = colour and colour * 255 // (2**depth - 1)
    if image.mode == "RGB" and depth == 16 and colour:
        image.info["transparency"] = tuple(value >> 8 for value in colour)


def _on_white(image: Image.Image) -> Image.Image:
    """Return any of Pillow's modes as 8-bit RGB, transparent parts laid on white."""
    if image.mode == "I;16":
        # Pillow's own conversion clips at 255; the upper byte is what it takes of 16-bit colour.
        values = np.asarray(image)
        shown = values != image.info.get("transparency", -1)
        image = Image.fromarray(np.where(shown, values >> 8, 255).astype(np.uint8))
    if not image.has_transparency_data:
        return image.convert("RGB")
    coloured = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(coloured, mask=coloured)
    return white


# --- what the first bytes say ----------------------------------------------------------------------------------------


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


def _described(start: bytes) -> str:
    text = start.decode("utf-8", errors="replace")
    legible = sum(character.isprintable() or character.isspace() for character in text.replace("\ufffd", "\0"))
    if legible < 0.9 * len(text):
        return f"in no format that is read here: choose a {READABLE} file"
    if "<svg" in text.lower():
        return f"an SVG drawing, {_EXPORT}"
    return f"a web page, {_CHOOSE}" if "<html" in text.lower() else f"text, {_CHOOSE}"


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
    # Of each 16 bits the upper two ask a player to enlarge the picture; its size is the lower 14 (RFC 6386).
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
            # DHT, JPG and DAC have numbers among those of frame headers, but state no size.
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
