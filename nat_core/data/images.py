"""Any picture file becomes uint8 pixels: the one decode-and-resize that training, evaluation and app share.

What a file is, and whether it asks for more than it may, `headers.examine` says before any decoder sees it. Pixels are
brought to RGB on white a band of rows at a time, as they are shrunk, so a large picture is in memory once.

Nothing global is changed, in Pillow or in `warnings`, so threads may read side by side.
"""

import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from nat_core.data.apart import process
from nat_core.data.headers.examine import examine
from nat_core.data.headers.header import MAX_MEMORY, MEGAPIXEL, Header, damaged
from nat_core.data.headers.png import has_all_rows
from nat_core.errors import UnreadableImage
from nat_core.language import _, legible

MAX_DECODED = 24 * MEGAPIXEL
"""The most pixels in memory: a JPEG of more is halved or better while it is decoded."""
MAX_SIZE = 2_048
"""The largest side of what becomes a network's input, in pixels."""
MAX_BYTES = 50_000_000
"""The most bytes of a file."""
FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "box": Image.Resampling.BOX,
    "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
}
"""Pillow's resampling filters by name; all but "nearest" are antialiased: they widen as they shrink."""


Admit = Callable[[Header, str], object]
"""What is asked before a picture is decoded, with what it is and its name; it may raise UnreadableImage."""


# --- a picture of a given size ---------------------------------------------------------------------------------------


def read_image(
    source: Path | str | bytes,
    *,
    name: str | None = None,
    size: int = 32,
    crop: str = "centre",
    resample: str = "bicubic",
    admit: Admit | None = None,
) -> UInt8[np.ndarray, "size size 3"]:
    """Return a picture as `size` x `size` RGB, 0 to 255: first frame, alpha on white, upright by its EXIF orientation.

    `source` is a path or a file's bytes; `name` (default: the path) stands in the error; `size` in pixels, 1 to 2,048;
    `crop` is one of CROPS and `resample` one of FILTERS. A square picture of that size keeps its pixels bit for bit.
    Raises UnreadableImage, or ValueError for a size, crop or filter that does not exist.

    >>> file = io.BytesIO()
    >>> Image.new("RGB", (640, 480), (255, 128, 0)).save(file, "PNG")
    >>> read_image(file.getvalue())[0, 0].tolist()
    [255, 128, 0]
    """
    _check(size, [crop], resample)
    return _squares(_decode(_examined(source, name, admit), 16 * size), size, [crop], resample)[crop]


def read_crops(
    source: Path | str | bytes, *, name: str | None = None, size: int = 32, resample: str = "bicubic"
) -> dict[str, UInt8[np.ndarray, "size size 3"]]:
    """Return what `read_image` returns for each of CROPS, by its name, of one decode. Raises as it does.

    >>> file = io.BytesIO()
    >>> Image.new("RGB", (64, 32)).save(file, "PNG")
    >>> list(read_crops(file.getvalue()))
    ['centre', 'squash', 'pad']
    """
    _check(size, CROPS, resample)
    return _squares(_decode(_examined(source, name, None), 16 * size), size, CROPS, resample)


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
    return _photo(_decode(_examined(source, name, None), 2 * longest), longest)


def read_views(
    source: Path | str | bytes, *, name: str | None = None, longest: int = 512, size: int = 32,
    admit: Admit | None = None,
) -> tuple[UInt8[np.ndarray, "height width 3"], dict[str, UInt8[np.ndarray, "size size 3"]]]:  # fmt: skip
    """Return what `read_photo` and `read_crops` return, bit for bit, of one decode where that is possible.

    >>> file = io.BytesIO()
    >>> Image.new("RGB", (64, 32)).save(file, "PNG")
    >>> photo, crops = read_views(file.getvalue())
    >>> photo.shape, crops["pad"].shape
    ((32, 64, 3), (32, 32, 3))
    """
    _check(size, CROPS, "bicubic")
    header, name = _examined(source, name, admit)
    keeps = 2 * longest, 16 * size
    shown = _decode((header, name), keeps[0])
    photo = _photo(shown, longest)
    # Only a JPEG is decoded smaller, and another time where the two are not kept equally large.
    if _fraction(header, keeps[0]) != _fraction(header, keeps[1]):
        shown = _decode((header, name), keeps[1])
    return photo, _squares(shown, size, CROPS, "bicubic")


def image_id(pixels: np.ndarray) -> str:
    """Return a picture's id: the first 16 hex digits of the SHA-1 of its 3,072 bytes.

    They are uint8 (32, 32, 3): row, column, channel. Raises ValueError for another shape or type.

    >>> image_id(np.zeros((32, 32, 3), dtype=np.uint8))
    '02ec1f60b2e76741'
    """
    if pixels.shape != (32, 32, 3) or pixels.dtype != np.uint8:
        raise ValueError(f"pixels must be uint8 of shape (32, 32, 3); got {pixels.dtype} of shape {pixels.shape}")
    # A name, not a proof of origin: without saying so, Python refuses SHA-1 on machines held to FIPS.
    return hashlib.sha1(pixels.tobytes(), usedforsecurity=False).hexdigest()[:16]


def check_length(name: str, length: int) -> None:
    """Raise UnreadableImage where a file of so many bytes is larger than any that is read."""
    if length > MAX_BYTES:
        told = _(
            "{name} is {size:,.1f} MB, more than the {most:.0f} MB read of a file: shrink it first.",
            name=name,
            size=length / 1e6,
            most=MAX_BYTES / 1e6,
        )
        raise UnreadableImage(told)


def check_size(size: Any) -> None:
    """Raise ValueError where a network's pictures cannot have that side, in pixels."""
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or not 1 <= size <= MAX_SIZE:
        raise ValueError(f"size must be at least 1 pixel, at most {MAX_SIZE:,}; got {size!r:.40}")


def _check(size: int, crops: Iterable[str], resample: str) -> None:
    for argument, value, known in (*(("crop", crop, CROPS) for crop in crops), ("resample", resample, FILTERS)):
        if value not in known:
            raise ValueError(f"{argument} must be one of {', '.join(known)}; got {value!r}")
    check_size(size)


def _squares(shown: "_Shown", size: int, crops: Iterable[str], resample: str) -> dict[str, np.ndarray]:
    wanted = [CROPS[crop](shown.size, size) for crop in crops]
    parts = shown.resized(wanted, FILTERS[resample])
    # Turned upright last, when few pixels are left.
    return {crop: _pixels(_on_square(part, size), shown.turn) for crop, part in zip(crops, parts, strict=True)}


def _photo(shown: "_Shown", longest: int) -> np.ndarray:
    return _pixels(shown.resized([_whole(shown.size, longest)], Image.Resampling.BICUBIC)[0], shown.turn)


def _pixels(image: Image.Image, turn: Image.Transpose | None) -> UInt8[np.ndarray, "height width 3"]:
    return np.array(image if turn is None else image.transpose(turn))


# --- how any proportions become a square -----------------------------------------------------------------------------

_Size = tuple[int, int]
_Part = tuple[tuple[int, int, int, int], _Size]
"""A part of a picture (left, top, right, bottom), and the size that it is given."""


def squared(photo: UInt8[np.ndarray, "height width 3"], crop: str, size: int) -> UInt8[np.ndarray, "size size 3"]:
    """Return pixels made square as `read_image` makes a file's, by a name of CROPS.

    >>> squared(np.zeros((20, 40, 3), np.uint8), "pad", 8)[0, 0].tolist()
    [255, 255, 255]
    """
    image = Image.fromarray(photo)
    box, part = CROPS[crop](image.size, size)
    return np.array(_on_square(image.crop(box).resize(part, Image.Resampling.BICUBIC), size))


def _centre(size: _Size, side: int) -> _Part:
    """The largest square in the middle; what overhangs it is lost."""
    shorter = min(size)
    left, top = (size[0] - shorter) // 2, (size[1] - shorter) // 2
    return (left, top, left + shorter, top + shorter), (side, side)


def _squash(size: _Size, side: int) -> _Part:
    """The whole picture, its sides made equal."""
    return (0, 0, *size), (side, side)


def _pad(size: _Size, side: int) -> _Part:
    """The whole picture in its own proportions, with white bars."""
    return (0, 0, *size), _fitted(size, side)


CROPS: dict[str, Callable[[_Size, int], _Part]] = {"centre": _centre, "squash": _squash, "pad": _pad}
"""How a picture of any proportions becomes a square, by name: which part of it, and how large that is in the square."""


def _whole(size: _Size, longest: int) -> _Part:
    return (0, 0, *size), _fitted(size, longest) if max(size) > longest else size


def _fitted(size: _Size, longest: int) -> _Size:
    width, height = (max(1, round(side * longest / max(size))) for side in size)
    return width, height


def _on_square(part: Image.Image, size: int) -> Image.Image:
    if part.size == (size, size):
        return part
    square = Image.new("RGB", (size, size), "white")
    square.paste(part, ((size - part.width) // 2, (size - part.height) // 2))
    return square


# --- decoding --------------------------------------------------------------------------------------------------------


def _examined(source: Path | str | bytes, name: str | None, admit: Admit | None) -> tuple[Header, str]:
    """Return what a file holds and its name, once its decoding is admitted."""
    data, name = _contents(source, name)
    header = examine(data, name)
    if admit is not None:
        admit(header, name)
    return header, name


def _decode(examined: tuple[Header, str], keep: int) -> "_Shown":
    """Return a picture, not yet turned upright; `keep` is as in `_fraction`."""
    header, name = examined
    if header.kind in process.kinds():
        return _decoded_apart(header, name)
    try:
        # One format only: no other of Pillow's many parsers ever sees a stranger's bytes.
        with Image.open(io.BytesIO(header.data), formats=[header.kind]) as image:
            if image.size != header.frame:
                raise ValueError("Pillow reads another size")
            fraction = _fraction(header, keep)
            # Of the formats read here only JPEG can be decoded smaller.
            image.draft(None, (max(1, image.width // fraction), max(1, image.height // fraction)))
            image.load()
            if header.kind == "PNG":
                _check_rows(image, header)
                _scale_transparent_colour(image, header)
            whole = header.size if header.size != header.frame else image.size
            return _Shown(image, header.at, whole, _TURNS.get(header.orientation))
    except Exception as error:  # Pillow's parsers raise a dozen kinds, from OSError to IndexError.
        raise damaged(name) from error


def _decoded_apart(header: Header, name: str) -> "_Shown":
    """Return a picture whose decoder runs in a process of its own, upright already."""
    try:
        size, pixels = process.decode(header.kind, header.data)
    except process.Undecodable as error:
        if error.slow:
            told = _(
                "{name} takes longer than {seconds:.0f} s to decode: export it as JPEG or PNG.",
                name=name,
                seconds=process.SECONDS,
            )
            raise UnreadableImage(told) from None
        told = _("{name} is damaged or of a rare kind, so it cannot be read: export it as JPEG or PNG.", name=name)
        raise UnreadableImage(told) from None
    if size[0] * size[1] > header.pixels:  # the pixels' own header said something else
        raise damaged(name)
    return _Shown(Image.frombytes("RGB", size, pixels), (0, 0), size, None)


def _fraction(header: Header, keep: int) -> int:
    """How many times smaller a JPEG is decoded, 1, 2, 4 or 8: its shorter side stays `keep` where memory allows.

    With 16 times the final side kept, the result is within a level or two of that of the whole decode.
    """
    if header.kind != "JPEG":
        return 1
    # Passes cost the same at whatever size, so there is one that serves all.
    keep = max(keep, _KEEP) if header.coefficients else keep
    wanted = next((n for n in (8, 4, 2) if min(header.size) >= n * keep), 1)
    room = MAX_MEMORY - header.coefficients - len(header.data)
    return next((n for n in (1, 2, 4) if n >= wanted and _fits(header.pixels // n**2, room)), 8)


_KEEP = 1_024


def _fits(pixels: int, room: int) -> bool:
    return pixels <= MAX_DECODED and 4 * pixels <= room


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
WHOLE, BAND = 4 * MEGAPIXEL, MEGAPIXEL
"""How many pixels are brought to RGB at once, where there are no more, and how many of a larger picture."""


@dataclass(frozen=True, eq=False)
class _Shown:
    """A decoded picture as it is shown, RGB on white; what of that is needed is made as it is resized."""

    frame: Image.Image
    at: _Size
    """Where the frame's upper left corner lies; around the frame it is clear, so white."""
    size: _Size
    turn: Image.Transpose | None
    """How to turn it upright."""

    def resized(self, wanted: list[_Part], resample: Image.Resampling) -> list[Image.Image]:
        """Return these parts at their sizes: as Pillow resizes each, or of a large picture within a level or two.

        Pillow makes rows narrower and then fewer, or the other way round, as is less work. A large picture's rows are
        made narrower first, a band of them after the other.
        """
        if self.size[0] * self.size[1] <= WHOLE:
            whole = self._band(0, self.size[1])
            # Not resize's own `box`: its filter would take in pixels from outside the part.
            return [whole.crop(box).resize(size, resample) for box, size in wanted]
        narrow = {(box, size[0]): Image.new("RGB", (size[0], box[3] - box[1])) for box, size in wanted}
        rows = max(1, BAND // self.size[0])
        for start in range(0, self.size[1], rows):
            band = self._band(start, min(start + rows, self.size[1]))
            for (box, width), image in narrow.items():
                top, bottom = max(start, box[1]), min(start + band.height, box[3])
                if top < bottom:
                    part = band.crop((box[0], top - start, box[2], bottom - start))
                    image.paste(part.resize((width, part.height), resample), (0, top - box[1]))
        return [narrow[box, size[0]].resize(size, resample) for box, size in wanted]

    def _band(self, top: int, bottom: int) -> Image.Image:
        (left, upper), (width, height) = self.at, self.frame.size
        box = (max(0, -left), max(0, top - upper), min(width, self.size[0] - left), min(height, bottom - upper))
        if box[0] >= box[2] or box[1] >= box[3]:
            return Image.new("RGB", (self.size[0], bottom - top), "white")
        inside = process.on_white(self.frame.crop(box))
        if inside.size == (self.size[0], bottom - top):
            return inside
        band = Image.new("RGB", (self.size[0], bottom - top), "white")
        band.paste(inside, (left + box[0], upper + box[1] - top))
        return band


def _check_rows(image: Image.Image, header: Header) -> None:
    """Raise ValueError where rows are missing, which Pillow leaves at 0: so only those are asked about."""
    last = image.crop((0, image.height - 1, image.width, image.height))
    # Of an interlaced picture the last row is not what comes last.
    if (image.info.get("interlace") or last.getbbox(alpha_only=False) is None) and not has_all_rows(header.data):
        raise ValueError("rows are missing")


def _scale_transparent_colour(image: Image.Image, header: Header) -> None:
    """Bring the transparent colour of a grey or RGB PNG to the 8 bits of its pixels: Pillow leaves it in file units."""
    colour = image.info.get("transparency")
    if image.mode == "L" and header.depth < 8 and colour is not None:
        image.info["transparency"] = colour * 255 // (2**header.depth - 1)
    if image.mode == "RGB" and header.depth == 16 and colour:
        _hide(image, colour, header)


def _hide(image: Image.Image, colour: tuple[int, int, int], header: Header) -> None:
    """Lay white on the pixels of a transparent colour of 16 bits a channel.

    By the upper 8 bits alone, which Pillow keeps, its neighbours would be hidden with it. The lower ones come of
    another reading, which takes them for the upper ones.
    """
    del image.info["transparency"]
    with Image.open(io.BytesIO(header.data), formats=["PNG"]) as lower:
        lower.tile = [tile._replace(args="RGB;16L") for tile in lower.tile]
        lower.load()
        rows = max(1, BAND // image.width)
        for top in range(0, image.height, rows):
            box = (0, top, image.width, min(top + rows, image.height))
            upper = np.asarray(image.crop(box), np.uint16)
            values = upper << 8 | np.asarray(lower.crop(box))
            hidden = Image.fromarray((values == np.array(colour, np.uint16)).all(axis=-1))
            image.paste("white", box, hidden)


# --- what is there to decode -----------------------------------------------------------------------------------------


def _contents(source: Path | str | bytes, name: str | None) -> tuple[bytes, str]:
    """Return a file's bytes and its name, legible on one line."""
    name = name or ("The picture" if isinstance(source, bytes) else os.fspath(source))
    name = legible(name)
    try:
        if isinstance(source, bytes):
            data = source
        else:
            check_length(name, _file_length(source, name))
            with Path(source).open("rb") as file:  # which may have grown since, and not end at all
                data = file.read(MAX_BYTES + 1)
        check_length(name, len(data))
    except OSError as error:
        remedy = "give this user the right to it" if isinstance(error, PermissionError) else "check its name and folder"
        raise UnreadableImage(f"{name} cannot be opened ({error.strerror}): {remedy}.") from error
    if not data:
        raise UnreadableImage(_("{name} is empty (0 bytes): copy or export it again.", name=name))
    return data, name


def _file_length(path: Path | str, name: str) -> int:
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a zero byte in the name
        raise UnreadableImage(f"{name} was not found: check its name and folder.") from error
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableImage(f"{name} is a folder, not a picture: name the pictures inside it.")
    if not stat.S_ISREG(status.st_mode):  # reading a pipe may never end
        raise UnreadableImage(f"{name} is a device or a pipe, not a picture: choose a {process.formats()} file.")
    return status.st_size
