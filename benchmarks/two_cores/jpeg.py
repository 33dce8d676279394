"""A JPEG of 12 megapixels becomes 32 x 32 pixels, beside Pillow's full decode."""

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

from benchmarks.harness.figures import Asked, Benchmark, Figure, Found, Goal
from benchmarks.harness.kept import ROOT
from benchmarks.harness.rounds import beside
from nat_core.data.images import read_image

FIGURES = (
    Figure("jpeg", "12-megapixel JPEG to 32 x 32", "Pillow's full decode, cropped and resized", Goal(3),
           reason="the codes of all 12 million pixels have to be read, at whatever scale they are then decoded; at an "
           "eighth instead of a quarter little is saved, and levels lie farther apart than is asked."),
    Figure("jpeg_apart", "the same: farthest apart, of 255", "the same pixels", Goal(1, "", at_most=True)),
)  # fmt: skip


def measure(asked: Asked) -> Iterator[Found]:
    """Measure both on one photo of the gallery, as large as a phone's camera makes it."""
    file = photo(asked.of(4_000, 800), asked.of(3_000, 600))
    yield beside("jpeg", asked, ours=lambda: read_image(file), theirs=lambda: whole(file))
    apart = np.abs(read_image(file).astype(int) - whole(file).astype(int)).max()
    yield Found("jpeg_apart", (float(apart),))


def photo(width: int, height: int) -> bytes:
    """Return the bytes of one of the gallery's photos, enlarged, with the grain that a camera adds."""
    with Image.open(ROOT / "nat_core" / "data" / "gallery" / "bird1.jpg") as opened:
        large = np.asarray(opened.convert("RGB").resize((width, height), Image.Resampling.BICUBIC))
    grain = np.random.default_rng(0).normal(0, 4, (height, width, 1)).astype(np.float32)
    written = io.BytesIO()
    Image.fromarray((large + grain).clip(0, 255).astype(np.uint8)).save(written, "JPEG", quality=90)
    return written.getvalue()


def whole(file: bytes) -> np.ndarray:
    """Return the middle of it, 32 x 32, as one does with Pillow: decode, crop, resize."""
    with Image.open(io.BytesIO(file)) as opened:
        image = opened.convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return np.array(image.crop((left, top, left + side, top + side)).resize((32, 32), Image.Resampling.BICUBIC))


BENCHMARK = Benchmark("jpeg", "Two cores", FIGURES, measure)
