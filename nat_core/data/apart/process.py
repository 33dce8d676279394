"""Decoders that run in a process of their own: what a hostile file makes of them ends there, in time and in memory.

Such a process decodes one picture after the other, and waits for the next one in between. It is ended where a picture
takes it too long, dies where one needs too much memory or breaks its decoder, and another takes its place: whoever sent
the picture is told in a sentence, and nobody else notices.

    python -m nat_core.data.apart.process

is such a process. It reads a request from its standard input, the format's name and the file, each with its length
before it, and answers with width, height and the pixels, or with nothing where they cannot be had.
"""

import atexit
import io
import os
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, cast

import numpy as np

from nat_core.data.headers.header import MAX_MEMORY, MEGAPIXEL
from nat_core.language import _

if TYPE_CHECKING:
    from PIL import Image

SECONDS = 20.0
"""How long one picture may take; one of 24 megapixels takes about one on an idle core."""
START = 60.0
"""How long a process may take to begin."""
PROCESS_MEMORY = 2 * MAX_MEMORY
"""The most bytes of such a process, of which its libraries take 100 MB, where the system can hold it to that."""
MOST = 200
"""How many pictures one process decodes: what the libraries leave behind goes with it."""
READY = b"R"
_BITS, _COLOURS = 258, 262
"""The tags of a TIFF that say how many bits a value has, and whether its smallest is black."""
APART = {"HEIF": "HEIC", "AVIF": "AVIF", "TIFF": "TIFF"}
"""The formats that are read where their decoder is installed, as people call them."""
idle: deque["_Decoder"] = deque()


@cache
def kinds() -> frozenset[str]:
    """Return Pillow's names of the formats that are decoded in this way and have a decoder here.

    >>> "TIFF" in kinds()
    True
    """
    from PIL import features

    held = {
        "HEIF": find_spec("pillow_heif") is not None,  # the extra `heif`
        "AVIF": bool(features.check("avif")),
        "TIFF": bool(features.check("libtiff")),
    }
    return frozenset(kind for kind, there in held.items() if there)


def formats() -> str:
    """Return the formats of pictures that are read here, in words.

    >>> formats().startswith("PNG, JPEG, "), formats().endswith("WebP, GIF or BMP")
    (True, True)
    """
    *named, last = ["PNG", "JPEG", *(said for kind, said in APART.items() if kind in kinds()), "WebP", "GIF", "BMP"]
    return _("{formats} or {last}", formats=", ".join(named), last=last)


def on_white(image: "Image.Image") -> "Image.Image":
    """Return any of Pillow's modes as 8-bit RGB, transparent parts laid on white."""
    from PIL import Image

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


class Undecodable(Exception):
    """A picture whose decoder gave up, or had to be ended; `slow` says whether it took too long."""

    def __init__(self, slow: bool) -> None:
        super().__init__()
        self.slow = slow


def decode(kind: str, data: bytes) -> tuple[tuple[int, int], bytes]:
    """Return a picture's width and height, upright, and its pixels, RGB on white; Undecodable where there are none."""
    try:
        decoder = idle.pop()
    except IndexError:
        decoder = _Decoder()
    try:
        found = decoder.decode(kind, data)
    except BaseException:
        decoder.end()
        raise
    if decoder.decoded < MOST:
        idle.append(decoder)
    else:
        decoder.end()
    if found is None:
        raise Undecodable(slow=False)
    return found


@atexit.register
def end_all() -> None:
    """End the processes that wait for a picture."""
    while idle:
        idle.pop().end()


class _Decoder:
    """One such process."""

    def __init__(self) -> None:
        self.decoded = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._to, self._from = (cast("IO[bytes]", pipe) for pipe in (self.process.stdin, self.process.stdout))
        self._slow = False
        with self._within(START):
            _whole(self._from, len(READY))

    def decode(self, kind: str, data: bytes) -> tuple[tuple[int, int], bytes] | None:
        """Return size and pixels, None where the decoder refuses; Undecodable where the process ends over it."""
        self.decoded += 1
        try:
            with self._within(SECONDS):
                self._to.write(struct.pack(">4sI", kind.encode(), len(data)))
                self._to.write(data)
                self._to.flush()
                width, height = struct.unpack(">II", _whole(self._from, 8))
                return ((width, height), _whole(self._from, 3 * width * height)) if width else None
        except (OSError, EOFError, struct.error):
            raise Undecodable(self._slow) from None

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for pipe in (self._to, self._from):
            with suppress(OSError):
                pipe.close()

    def _within(self, seconds: float) -> "_Watch":
        return _Watch(self, seconds)

    def late(self) -> None:
        """Called when time is over: the reader of its answer then meets its end."""
        self._slow = True
        self.process.kill()


class _Watch:
    """Ends a decoder unless the block is over in time."""

    def __init__(self, decoder: _Decoder, seconds: float) -> None:
        self._timer = threading.Timer(seconds, decoder.late)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()


def _whole(pipe: IO[bytes], length: int) -> bytes:
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError
    return content


# --- in the process --------------------------------------------------------------------------------------------------


def _main() -> None:
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    prepare()
    hold()
    answers.write(READY)
    answers.flush()
    serve(asked, answers)


def serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Answer what is asked for until the other end is gone."""
    with suppress(EOFError):
        while True:
            kind, length = struct.unpack(">4sI", _whole(asked, 8))
            for part in _answer(kind.decode(), _whole(asked, length)):
                answers.write(part)
            answers.flush()


def prepare() -> None:
    """Import all that is needed, so that it counts before the memory is held, and let no decoder take all cores."""
    from PIL import AvifImagePlugin, Image

    # What is a bomb was decided before, by the same limits for all formats.
    Image.MAX_IMAGE_PIXELS = None
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # pyrefly: ignore[bad-assignment]
    if "HEIF" in kinds():
        import pillow_heif

        pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)


def hold() -> None:
    """Hold this process to its memory, and let it write no file, where the system can."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        for what, most in (("RLIMIT_CORE", 0), ("RLIMIT_FSIZE", 0), ("RLIMIT_DATA", PROCESS_MEMORY)):
            resource.setrlimit(getattr(resource, what), (most, most))


def _answer(kind: str, data: bytes) -> Iterator[bytes]:
    """Width and height of a picture, and its pixels; twice nothing where they cannot be had."""
    from PIL import Image, ImageOps

    try:
        image = Image.open(io.BytesIO(data), formats=[kind])
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        image = _of_8_bits(image)
    except Exception:  # noqa: BLE001 - decoders raise a dozen kinds, MemoryError among them
        yield bytes(8)
        return
    yield struct.pack(">II", *image.size)
    # A band of rows at a time, so that a large picture is in memory once.
    rows = max(1, MEGAPIXEL // image.width)
    for top in range(0, image.height, rows):
        yield on_white(image.crop((0, top, image.width, min(top + rows, image.height)))).tobytes()


def _of_8_bits(image: "Image.Image") -> "Image.Image":
    """A grey picture of 9 to 16 bits as one of 8, black where its smallest value is; any other picture as it is.

    Pillow neither brings these to 8 bits, nor turns those around whose smallest value is white.
    """
    if not image.mode.startswith("I;16"):
        return image
    from PIL import Image

    tags = getattr(image, "tag_v2", {})
    (bits, *_rest), white_first = tags.get(_BITS, (16,)), tags.get(_COLOURS) == 0
    values = (np.asarray(image) >> max(0, bits - 8)).astype(np.uint8)
    return Image.fromarray(~values if white_first else values)


if __name__ == "__main__":
    _main()
