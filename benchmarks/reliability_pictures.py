"""How pictures and archives from strangers hold: what was tried, what failed, the longest and the largest.

    python -m benchmarks.reliability_pictures [--mutants 1000000] [--archives 200000] [--rounds 34] [--quick]

Prints a JSON object a line, each a row of `benchmarks.reliability`: mutated pictures, bombs, the largest pictures
that are read, odd pictures against a decoder of its own, hostile archives, mutated archives. Seconds are those of the
processor that this process used, so a busy machine changes them less than a clock; megabytes are how far the process
grew at most above what it was (Linux: the high-water mark, which is reset before each; elsewhere that is never reset,
and only the first growth counts). A row fails where anything but the error of its border comes out, where a bomb is
read, or where a value is off by more than 1 of 255.
"""

import argparse
import gc
import io
import platform
import resource
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from benchmarks.reliability import CPU, MB, Row
from nat_core.data.images import read_image, read_photo
from nat_core.data.uploaded_sets import read_own_set
from nat_core.errors import UnreadableImage, UnreadableSet
from nat_core.outputs import outputs
from tests import hostile_archives, hostile_pictures
from tests.hostile_pictures import chunk, png, rows
from tests.reference_png import KINDS, drawn, on_white

PROC = Path("/proc/self")


@outputs()
def main() -> None:
    """Print a row after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=1_000_000, help="how many altered pictures")
    parser.add_argument("--archives", type=int, default=200_000, help="how many altered archives")
    parser.add_argument("--rounds", type=int, default=34, help="a quarter of the pictures of each odd kind")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the altered ones, to see that it works")
    options = parser.parse_args()
    part = 100 if options.quick else 1
    warnings.simplefilter("ignore")
    read_image(hostile_pictures.encoded("PNG"))  # what is imported at the first picture is no picture's growth
    bombs = ((name, make()) for name, make in hostile_pictures.BOMBS.items())
    attacks = ((name, make()) for name, make in hostile_archives.ATTACKS.items())
    altered = ((f"archive {number}", content) for number, content in hostile_archives.mutants(options.archives // part))
    attacked: tuple[tuple[str, Iterable[tuple[str, bytes]], Callable[[bytes], str | None], bool], ...] = (
        ("mutated pictures", hostile_pictures.mutants(options.mutants // part), picture, False),
        ("bombs", bombs, bomb, True),
        ("largest pictures", largest(), picture, True),
        ("odd pictures", odd(options.rounds), as_the_reference, True),
        ("hostile archives", attacks, archive, True),
        ("mutated archives", altered, archive, False),
    )
    for what, files, attempt, each_peak in attacked:
        tried(what, files, attempt, each_peak=each_peak).show()


def tried(
    what: str, files: Iterable[tuple[str, bytes]], attempt: Callable[[bytes], str | None], *, each_peak: bool = True
) -> Row:
    """Try every file; `attempt` returns what failed. Without `each_peak`, memory is measured over all of them."""
    row = Row(what)
    before = _reset()
    for name, data in files:
        if each_peak:
            gc.collect()
            before = _reset()
        start = time.process_time()
        try:
            failure = attempt(data)
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            failure = repr(error)
        row.count(name, failure, **{CPU: time.process_time() - start, MB: _peak() - before})
    return row


def picture(data: bytes) -> str | None:
    """Read a picture, or let it be refused."""
    with suppress(UnreadableImage):
        read_image(data)
    return None


def bomb(data: bytes) -> str | None:
    """Have a bomb refused."""
    try:
        read_image(data)
    except UnreadableImage:
        return None
    return "read"


def as_the_reference(data: bytes) -> str | None:
    """Read a picture of at most 20 pixels a side, and compare it."""
    worst = np.abs(read_photo(data) - on_white(data)).max()
    return f"off by {worst:.1f}" if worst > 1 else None


def archive(data: bytes) -> str | None:
    """Read an archive, or let it be refused."""
    with suppress(UnreadableSet):
        read_own_set(data, "x.zip")
    return None


def odd(rounds: int) -> Iterator[tuple[str, bytes]]:
    """PNGs of every kind, with rows in order and interlaced, with and without transparency."""
    generator = np.random.default_rng(0)
    for colours, depth in KINDS:
        for each in range(4 * rounds):
            data = drawn(generator, colours, depth, interlaced=bool(each & 1), clear=bool(each & 2))
            yield f"PNG {colours} of {depth} bits, {each}", data


def largest() -> Iterator[tuple[str, bytes]]:
    """The largest pictures that are read, of every format and mode: noise in tiles, so that most stay below 50 MB."""
    # Pillow's encoder of JPEG fails at noise in smaller pieces.
    ImageFile.MAXBLOCK = 2**27  # pyrefly: ignore[bad-assignment]
    for mode, depths in (("1", 1), ("L", 8), ("LA", 16), ("P", 8), ("RGB", 24), ("RGBA", 32), ("I;16", 16)):
        side = (6144, 4096)
        yield f"PNG {mode} of {depths} bits", _saved(_noise(side, mode), "PNG", compress_level=1)
    yield "PNG of 16 bits a channel", png(4096, 4096, rows(4096 * (6 * 4096 + 1)), depth=16)
    yield "PNG blank", png(6144, 4096, rows(769 * 4096), depth=1, colours=0)
    yield "PNG with a key", png(6144, 4096, chunk(b"tRNS", bytes(6)), rows((6144 * 3 + 1) * 4096))
    for mode in ("L", "RGB", "CMYK"):
        yield f"JPEG {mode}", _saved(_noise((8192, 8192), mode), "JPEG", quality=10)
        yield f"JPEG {mode} in passes", _saved(_noise((4096, 4096), mode), "JPEG", quality=50, progressive=True)
    yield "JPEG RGB in passes, not thinned", _saved(_noise((6144, 4096), "RGB"), "JPEG", quality=50, progressive=True,
                                                    subsampling=0)  # fmt: skip
    for mode in ("L", "P"):
        yield f"GIF {mode}", _saved(_noise((6144, 4096), mode), "GIF")
    yield "BMP 1", _saved(_noise((6144, 4096), "1"), "BMP")
    yield "BMP L", _saved(_noise((6144, 4096), "L"), "BMP")
    yield "BMP RGB", _saved(_noise((4096, 4000), "RGB"), "BMP")
    yield "BMP RGBA", _saved(_noise((4000, 3000), "RGBA"), "BMP")
    for mode in ("RGB", "RGBA"):
        yield f"WebP {mode}", _saved(_noise((4000, 3000), mode), "WEBP", quality=50, method=0)
        yield f"WebP {mode} lossless", _saved(_noise((4000, 3000), mode), "WEBP", lossless=True, method=0)


def _noise(size: tuple[int, int], mode: str) -> Image.Image:
    tile = np.random.default_rng(0).integers(0, 256, (256, 256, 4), np.uint8)
    whole = Image.fromarray(np.tile(tile, (-(-size[1] // 256), -(-size[0] // 256), 1))[: size[1], : size[0]])
    if mode == "I;16":
        grey = np.asarray(whole.convert("L")).astype(np.uint16)
        return Image.fromarray(grey << 8 | grey)
    return whole if mode == "RGBA" else whole.convert("RGB").convert(mode)


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _reset() -> float:
    """Forget the high-water mark, where that is possible, and return how many megabytes this process has now."""
    with suppress(OSError):
        (PROC / "clear_refs").write_text("5")
    with suppress(OSError):
        return int((PROC / "statm").read_text().split()[1]) * resource.getpagesize() / 1e6
    return _peak()


def _peak() -> float:
    with suppress(OSError):
        lines = (PROC / "status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if platform.system() == "Darwin" else 1024) / 1e6


if __name__ == "__main__":
    main()
