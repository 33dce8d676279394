"""The border of .npz files: what an array declares is checked by us before NumPy or zlib do any work for it.

A stranger's file may declare anything. So its table of contents is bounded before it is read, an array's header is
matched and never evaluated, and shape, type and sizes have to agree with each other and with a budget before a byte of
the array is unpacked. Rows come in blocks, so that no more memory is taken than what is made of them. Whatever goes
wrong is one UnreadableSet.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from nat_core.data.headers.names import is_systems_own, parts_of
from nat_core.data.sources.class_labels import CLASS_KEYS, as_labels, as_names
from nat_core.errors import UnreadableSet
from nat_core.files import opened
from nat_core.language import N_, _, legible, ngettext
from nat_core.measure.predictions import MAX_CLASSES, check_class_names

MAX_UNPACKED = 400_000_000
"""The most bytes that an array of a stranger's file may unpack to."""
MAX_OWN = 16_000_000_000
"""The same for a file on one's own disk."""
MAX_RATIO = 100
"""The most bytes that come of one packed byte, in arrays above UNSUSPICIOUS: real pictures give fewer than ten."""
UNSUSPICIOUS = 16_000_000
"""Arrays of no more bytes may be packed as tightly as they like: a set of blank pictures is no attack."""
MAX_SIDE = 2_048
"""The largest height and width of a picture, in pixels."""
MAX_PICTURES = 2_000_000
"""The most pictures of an array: as 32 x 32 pixels they take 6 GB."""
MAX_LABELS = 64_000_000
"""The most bytes of an array of labels or of classes' names."""
_MAX_HEADER = 4_096
"""The most bytes of an array's header; NumPy writes 128 for a plain array."""
_MAX_DIRECTORY = 65_536
"""The most bytes of a file's table of contents, enough for some hundred arrays."""
BLOCK = 4_000_000
"""How many bytes of an array are unpacked at once."""
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The compressions that unpack no more at once than is asked of them; bzip2 and LZMA do not keep to that."""
DAMAGED = N_("{what} is damaged: save it again with numpy.savez.")
_TYPE, _SHAPE = r"'[<>|=]?[biufUSO?]\d{0,9}'", r"\((?:\d{1,19}, ?){0,8}(?:\d{1,19})?\)"
_FIELD = re.compile(rf"'(\w{{1,16}})' ?: ?({_TYPE}|True|False|{_SHAPE}) ?(?:, ?|(?=\}}))")
"""One field of an array's header: a plain type, a truth value or a shape, and nothing that would need evaluating."""


@dataclass(frozen=True)
class Declared:
    """What an array says of itself, checked."""

    shape: tuple[int, ...]
    dtype: np.dtype
    columns_first: bool
    """Whether the first axis varies fastest (Fortran's order)."""
    start: int
    """Where the values begin, in bytes."""

    @property
    def size(self) -> int:
        """How many bytes the values take."""
        return prod(self.shape) * self.dtype.itemsize


class NpzFile:
    """An .npz file whose arrays are read one at a time, each checked before it is unpacked."""

    def __init__(self, archive: zipfile.ZipFile, name: str, most: int = MAX_UNPACKED) -> None:
        """Read from an archive that `open_npz` opened; `name` stands in errors, `most` bounds an array's bytes."""
        self.name, self._archive, self._most = name, archive, most
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in archive.infolist():
            if entry.filename.endswith("/") or is_systems_own(parts_of(entry.filename)):
                continue
            # Legible: a sentence holds it, in one line.
            key = legible(entry.filename.removesuffix(".npy"))
            if key in self._entries:
                raise UnreadableSet(
                    _("{name} holds two arrays {key}: save it again with numpy.savez.", name=name, key=key[:60])
                )
            self._entries[key] = entry

    @property
    def keys(self) -> tuple[str, ...]:
        """The arrays' names, in the file's order."""
        return tuple(self._entries)

    def declared(self, key: str, most: int | None = None) -> Declared:
        """Return what an array declares; UnreadableSet where it is impossible, too large or not what is stored."""
        entry, most = self._entries[key], min(most or self._most, self._most)
        what = _("{name}: the array {key}", name=self.name, key=key)
        with _border(self.name, key):
            _check_packing(entry, what)
            with self._archive.open(entry) as file:
                found = _header(file.read, what)
            if found.size > most:
                told = _(
                    "{what} unpacks to {size:,.0f} MB, more than the {most:,.0f} MB that are unpacked: save fewer or "
                    "smaller pictures.",
                    what=what,
                    size=found.size / 1e6,
                    most=most / 1e6,
                )
                raise UnreadableSet(told)
            if entry.file_size > max(UNSUSPICIOUS, MAX_RATIO * entry.compress_size):
                told = _(
                    "{what} unpacks to {size:,.0f} MB, more than {times} times what it is packed in: save it with "
                    "numpy.savez.",
                    what=what,
                    size=entry.file_size / 1e6,
                    times=MAX_RATIO,
                )
                raise UnreadableSet(told)
            if found.start + found.size != entry.file_size:
                told = _("{what} is damaged, or not what it declares: save it again with numpy.savez.", what=what)
                raise UnreadableSet(told)
        return found

    def whole(self, key: str, most: int | None = None) -> np.ndarray:
        """Return one array of at most `most` bytes."""
        declared = self.declared(key, most)
        with _border(self.name, key):
            content = b"".join(self._blocks(key, declared, max(1, declared.size)))
            order = "F" if declared.columns_first else "C"
            return np.frombuffer(content, declared.dtype).reshape(declared.shape, order=order)

    def pictures(
        self,
        key: str,
        change: Callable[[np.ndarray], UInt8[np.ndarray, "k 32 32 3"]],
        chosen: Callable[[int], np.ndarray] = np.arange,
    ) -> UInt8[np.ndarray, "n 32 32 3"]:
        """Return what `change` makes of the pictures of an array, of those at the places `chosen(their number)`.

        They are uint8 (n, h, w), (n, h, w, 1) or (n, h, w, 3) and pass through `change` in blocks, so that the array
        as a whole is never in memory. UnreadableSet where the array holds something else, or no picture.
        """
        declared = self.declared(key)
        _check_pictures(declared, self.name, key)
        places = chosen(declared.shape[0])
        if declared.columns_first:  # each picture lies scattered over the whole file
            return change(self.whole(key, MAX_LABELS)[places])
        made, first, done = np.empty((len(places), 32, 32, 3), np.uint8), 0, 0
        for block in self._blocks(key, declared, prod(declared.shape[1:])):
            rows = np.frombuffer(block, np.uint8).reshape(-1, *declared.shape[1:])
            upto = int(np.searchsorted(places, first + len(rows)))
            if upto > done:
                made[done:upto] = change(rows[places[done:upto] - first])
            first, done = first + len(rows), upto
        return made

    def picture_count(self, key: str) -> int:
        """Return how many pictures an array declares; UnreadableSet where it holds something else, or none."""
        declared = self.declared(key)
        _check_pictures(declared, self.name, key)
        return declared.shape[0]

    def picture_parts(self, key: str, size: int) -> Iterator[UInt8[np.ndarray, "k ..."]]:
        """Yield the pictures of an array in parts of `size`, the last one shorter, as they lie in the file.

        No more than a part and a block are in memory, unless the array's first axis varies fastest. Raises as
        `pictures` does.
        """
        declared = self.declared(key)
        _check_pictures(declared, self.name, key)
        if declared.columns_first:
            whole = self.whole(key, MAX_LABELS)
            yield from (whole[start : start + size] for start in range(0, len(whole), size))
            return
        held: list[np.ndarray] = []
        missing = size
        for block in self._blocks(key, declared, prod(declared.shape[1:])):
            rows = np.frombuffer(block, np.uint8).reshape(-1, *declared.shape[1:])
            while len(rows):
                held.append(rows[:missing])
                missing, rows = missing - len(held[-1]), rows[missing:]
                if not missing:
                    yield np.concatenate(held)
                    held, missing = [], size
        if held:
            yield np.concatenate(held)

    def labels(self, key: str, number: int) -> tuple[np.ndarray | None, tuple[str, ...]]:
        """Return the class of each of `number` pictures and the classes' names, as far as the file names them.

        Labels may be whole numbers, floats that are whole, names, or one row a picture with a single 1. None where
        the file has no array `key`; UnreadableSet where there is one that is nothing of these.
        """
        classes = self._classes()
        if key not in self._entries:
            return None, classes
        found = self.whole(key, MAX_LABELS)
        if found.ndim == 0 or len(found) != number:
            told = ngettext(
                "{name}: {count:,} picture but {key} of shape {shape}: one label each is needed.",
                "{name}: {count:,} pictures but {key} of shape {shape}: one label each is needed.",
                number,
                name=self.name,
                key=key,
                shape=str(found.shape),
            )
            raise UnreadableSet(told)
        try:
            labels, classes = as_labels(found, classes)
        except ValueError as error:
            raise UnreadableSet(f"{self.name}: {key} {error}.") from None
        _check_names(self.name, classes)
        return labels, classes

    def _classes(self) -> tuple[str, ...]:
        key = next((key for key in CLASS_KEYS if key in self._entries), None)
        if key is None:
            return ()
        found = self.whole(key, MAX_LABELS)
        if found.ndim != 1 or len(found) > MAX_CLASSES or found.dtype.kind not in "US":
            told = _(
                "{name}: {key} must be a list of at most {most:,} names (strings).",
                name=self.name,
                key=key,
                most=MAX_CLASSES,
            )
            raise UnreadableSet(told)
        names = as_names(found)
        _check_names(self.name, names)
        return names

    def _blocks(self, key: str, declared: Declared, row: int) -> Iterator[bytes]:
        """The values of an array, in whole rows of so many bytes each."""
        step = max(1, BLOCK // row) * row
        with _border(self.name, key), self._archive.open(self._entries[key]) as file:
            file.read(declared.start)
            left = declared.size
            while left:
                block = file.read(min(step, left))
                if len(block) != min(step, left):
                    raise EOFError("it ends too early")
                left -= len(block)
                yield block


def _check_names(name: str, classes: tuple[str, ...]) -> None:
    try:
        check_class_names(name, classes)
    except ValueError as error:
        raise UnreadableSet(f"{error}.") from None


def _check_packing(entry: zipfile.ZipInfo, what: str) -> None:
    if entry.flag_bits & 1:
        raise UnreadableSet(_("{what} is locked with a password: save it again without one.", what=what))
    if entry.compress_type not in PACKED:
        told = _("{what} is packed in a way we do not open: save it with numpy.savez_compressed.", what=what)
        raise UnreadableSet(told)


def _check_pictures(declared: Declared, name: str, key: str) -> None:
    shape = declared.shape
    if declared.dtype != np.uint8 or len(shape) not in (3, 4) or shape[3:] not in ((), (1,), (3,)):
        told = _(
            "{name}: {key} must be pictures of whole numbers from 0 to 255 (uint8), shaped (n, height, width) or (n, "
            "height, width, 3); they are {kind} {shape}.",
            name=name,
            key=key,
            kind=str(declared.dtype),
            shape=str(shape),
        )
        raise UnreadableSet(told)
    if len(shape) == 3 and shape[2] == 3:
        told = _(
            "{name}: {key} of shape {shape} may be one picture in colour, or grey ones that are 3 pixels wide: shape "
            "it (1, height, width, 3) or (n, height, width, 1).",
            name=name,
            key=key,
            shape=str(shape),
        )
        raise UnreadableSet(told)
    if not prod(shape):
        raise UnreadableSet(_("{name}: {key} holds no picture: put at least one into it.", name=name, key=key))
    if max(shape[1:3]) > MAX_SIDE or shape[0] > MAX_PICTURES:
        told = _(
            "{name}: {key} holds {number:,} pictures of {width:,} x {height:,} pixels; at most {most:,} of {side:,} x "
            "{side:,} are read: save fewer or smaller ones.",
            name=name,
            key=key,
            number=shape[0],
            width=shape[2],
            height=shape[1],
            most=MAX_PICTURES,
            side=MAX_SIDE,
        )
        raise UnreadableSet(told)


@contextmanager
def open_npz(source: Path | bytes, name: str, most: int = MAX_UNPACKED) -> Iterator[NpzFile]:
    """Open an .npz file by its path or its bytes; `name` stands in errors, `most` bounds each array's bytes.

    Raises UnreadableSet where it is no such file, OSError where it cannot be read.

    >>> content = io.BytesIO()
    >>> np.savez(content, test_images=np.zeros((2, 32, 32), np.uint8))
    >>> with open_npz(content.getvalue(), "mine.npz") as found:
    ...     print(found.keys, found.declared("test_images").shape)
    ('test_images',) (2, 32, 32)
    """
    with io.BytesIO(source) if isinstance(source, bytes) else opened(source) as file:
        with _border(name):
            bounded = _Bounded(file, name)
            archive = zipfile.ZipFile(bounded)
            bounded.most = None
            found = NpzFile(archive, name, most)
        yield found


class _Bounded(io.RawIOBase):
    """A file that gives no long piece at once as long as `most` is set.

    zipfile reads the whole table of contents in one piece, wherever its several end records say that it lies: so
    bounding the piece bounds the table, whatever they say.
    """

    def __init__(self, file: io.BufferedIOBase, name: str) -> None:
        self._file, self._name = file, name
        # zipfile looks for the end record in the last bytes, as many as a comment may have.
        self.most: int | None = _MAX_DIRECTORY + 22

    def read(self, size: int = -1) -> bytes:
        if self.most is None:
            return self._file.read(size)
        content = self._file.read(self.most + 1 if size < 0 else min(size, self.most + 1))
        if len(content) > self.most:
            told = _(
                "{name} has a longer table of contents than any image set: save it again with numpy.savez.",
                name=self._name,
            )
            raise UnreadableSet(told)
        return content

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


@contextmanager
def _border(name: str, key: str | None = None) -> Iterator[None]:
    """Nothing but UnreadableSet and failures of the disk leaves this block: zipfile, zlib and NumPy raise many kinds.

    What a stranger's file can make them raise is no list that anyone could keep complete.
    """
    try:
        yield
    except UnreadableSet:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk's, not the file's
            raise
        if key is None:
            told = _("{name} cannot be read as an .npz file: make it again with numpy.savez.", name=name)
            raise UnreadableSet(told) from error
        what = _("{name}: the array {key}", name=name, key=key)
        raise UnreadableSet(_(DAMAGED, what=what)) from error


def _header(read: Callable[[int], bytes], what: str) -> Declared:
    """An array's header, matched field by field."""
    start = read(8)
    if len(start) < 8 or start[:6] != b"\x93NUMPY":
        raise UnreadableSet(_(DAMAGED, what=what))
    if (wide := {b"\1\0": 2, b"\2\0": 4, b"\3\0": 4}.get(start[6:])) is None:
        raise UnreadableSet(_("{what} is in a format we do not read: save it with numpy.savez.", what=what))
    length = int.from_bytes(read(wide), "little")
    if length > _MAX_HEADER:
        told = _(
            "{what} is damaged, or holds no plain numbers (its header has {length:,} bytes): save it again with "
            "numpy.savez.",
            what=what,
            length=length,
        )
        raise UnreadableSet(told)
    text = read(length).decode("latin-1").strip()
    fields, place = _fields(text)
    if not text.startswith("{") or text[place:] != "}" or fields.keys() != {"descr", "fortran_order", "shape"}:
        told = _("{what} is damaged, or holds no plain numbers: save it again with numpy.savez.", what=what)
        raise UnreadableSet(told)
    return _as_declared(fields, 8 + wide + length, what)


def _fields(text: str) -> tuple[dict[str, str], int]:
    """The fields of a header by name, and where the last one ends."""
    fields: dict[str, str] = {}
    place = 1
    while found := _FIELD.match(text, place):
        fields[found[1]], place = found[2], found.end()
    return fields, place


def _as_declared(fields: Mapping[str, str], start: int, what: str) -> Declared:
    kind = fields["descr"].strip("'")
    if kind.lstrip("<>|=")[:1] == "O":
        told = _(
            "{what} holds Python objects, which are never unpickled: save numbers, or names as text (dtype=str).",
            what=what,
        )
        raise UnreadableSet(told)
    dtype = np.dtype(kind)
    if dtype.hasobject or fields["fortran_order"] not in ("True", "False"):
        told = _(
            "{what} holds {kind}, which is neither numbers nor names: save one of these.", what=what, kind=repr(kind)
        )
        raise UnreadableSet(told)
    shape = tuple(int(each) for each in fields["shape"].strip("()").split(",") if each.strip())
    return Declared(shape, dtype, fields["fortran_order"] == "True", start)
