"""Pictures that are read part by part: a folder or an .npz file of any number, of which one part is in memory."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from nat_core.data.sources.class_labels import arrays_of, unread
from nat_core.data.sources.image_sets import (
    PLAIN,
    Look,
    as_32,
    identities,
    no_pictures_at,
    none_readable,
    pictures_under,
    read_each,
)
from nat_core.data.sources.npz import MAX_OWN, open_npz
from nat_core.errors import UnreadableSet
from nat_core.language import _

PART = 4_096
"""How many pictures are in memory at once: as 32 x 32 pixels they take 13 MB."""
NONE = np.empty((0, 32, 32, 3), np.uint8)
"""The pictures of a part of which no file could be read."""


@dataclass(frozen=True, eq=False)
class StreamPart:
    """Pictures that stand side by side in their source, as one or more looks at them."""

    number: int
    """Which part of the source they are, from 0."""
    ids: tuple[str, ...]
    pixels: dict[Look, UInt8[np.ndarray, "n size size 3"]]
    """By how they were cut and shrunk; of an .npz file, whose pictures are no photos, always the same."""
    skipped: tuple[str, ...] = ()
    """One sentence for each file that could not be read."""


@dataclass(frozen=True, eq=False)
class Stream:
    """A source of pictures, opened but not read."""

    path: Path
    name: str
    total: int
    """How many pictures there are to read, or files that may be pictures."""
    files: Sequence[Path] = field(default=(), repr=False)
    """Those of a folder; none of an .npz file."""
    images: str = ""
    """What an .npz file calls its array of pictures."""
    labels: Int[np.ndarray, " n"] | None = None
    """Of an .npz file, as its arrays name them."""
    classes: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()

    @property
    def from_folder(self) -> bool:
        """Whether the pictures are files."""
        return bool(self.files)

    @property
    def counts(self) -> list[int]:
        """How many pictures each part has."""
        return [min(PART, self.total - first) for first in range(0, self.total, PART)]

    def digest(self) -> str:
        """Return a SHA-256 of what the source is, by names, sizes and times: parts of another are not taken for its."""
        stats = [(file.stat(), file) for file in self.files or [self.path]]
        told = [[each.relative_to(self.path).as_posix() if self.files else each.name, stat.st_size, stat.st_mtime_ns]
                for stat, each in stats]  # fmt: skip
        return sha256(json.dumps(told).encode()).hexdigest()

    def parts(
        self, looks: Sequence[Look] = (PLAIN,), wanted: Callable[[int], bool] = lambda number: True
    ) -> Iterator[StreamPart]:
        """Yield the parts that are `wanted` by their numbers, read with each look. Raises as the readers do."""
        yield from (self._files_parts if self.files else self._npz_parts)(looks, wanted)

    def _files_parts(self, looks: Sequence[Look], wanted: Callable[[int], bool]) -> Iterator[StreamPart]:
        for number in filter(wanted, range(len(self.counts))):
            files = self.files[number * PART : (number + 1) * PART]
            seen = {look: read_each(files, self.path, look) for look in looks}
            pixels = {look: np.stack(found) if found else NONE for look, (found, _, _) in seen.items()}
            _, ids, skipped = seen[looks[0]]
            yield StreamPart(number, tuple(ids), pixels, tuple(skipped))

    def _npz_parts(self, looks: Sequence[Look], wanted: Callable[[int], bool]) -> Iterator[StreamPart]:
        with open_npz(self.path, str(self.path), MAX_OWN) as arrays:
            for number, rows in enumerate(arrays.picture_parts(self.images, PART)):
                if wanted(number):
                    try:
                        pixels = as_32(rows, self.path)
                    except ValueError as error:
                        raise UnreadableSet(str(error)) from None
                    yield StreamPart(number, identities(pixels), dict.fromkeys(looks, pixels))


def open_stream(path: Path) -> Stream:
    """Return a folder of pictures or an .npz file with MedMNIST's key names, of which the test split is read.

    Raises MissingDataset where it is neither or a folder holds no picture, UnreadableSet as `read_npz` does.

    >>> open_stream(Path(__file__).parents[1] / "gallery").total
    45
    """
    if path.is_dir():
        files, passed_over = pictures_under(path)
        if not files:
            raise none_readable(path)
        return Stream(path, path.resolve().name, len(files), files, passed_over=passed_over)
    if path.suffix != ".npz" or not path.exists():
        raise no_pictures_at(path)
    with open_npz(path, str(path), MAX_OWN) as arrays:
        found = arrays_of(arrays.keys, ("test",))
        if found is None:
            raise UnreadableSet(_("{path} has no array {key}: use MedMNIST's key names.", path=path, key="test_images"))
        images, key = found
        total = arrays.picture_count(images)
        labels, classes = arrays.labels(key, total)
        over = unread(arrays.keys, found)
    return Stream(path, path.stem, total, images=images, labels=labels, classes=classes, passed_over=over)
