"""Zip files from strangers: what they hold is known, and bounded, before anything of it is unpacked.

Nothing is written to disk; a name in an archive is only ever shown, never a path. Python's zipfile reads the whole
table of contents on opening and believes the last records in the file, whatever else they say. So those are read here
first, and an archive that contradicts itself is refused.
"""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

from nat_core.data.headers.examine import is_picture
from nat_core.data.headers.header import MEGAPIXEL, Allowance
from nat_core.data.headers.names import is_named_as_picture, is_systems_own, parts_of
from nat_core.data.images import check_length
from nat_core.data.sources.npz import MAX_UNPACKED, PACKED
from nat_core.errors import UnreadableImage
from nat_core.language import N_, _

MAX_FILES = 20_000
"""The most files in an archive, pictures or not: twice as many as the pictures that are asked about."""
MAX_RATIO, UNSUSPICIOUS = 100, 8_000_000
"""A picture of more bytes than UNSUSPICIOUS may not come of fewer than one in MAX_RATIO: it is packed already."""
FREE_PIXELS, PIXELS_A_BYTE = 48 * MEGAPIXEL, 64
"""How many pixels an archive's pictures may have together, and how many more for each of its bytes; photos: two."""
PADDED, FREE_PADDING = 20, 1_500_000
"""What is packed more than so many times is padded, and how many bytes of that are unpacked beside the archive's own.

Formats that are packed already give little more than one byte for one; their padding are pieces, each to be looked at.
"""
FREE_FLAT = 3 * FREE_PIXELS
"""The same of BMP and TIFF, whose pixels may be all of one colour: as many bytes as those that are free have."""
_UNPACKED = (b"BM", b"II", b"MM")
"""How BMP and TIFF begin, whose pixels may lie there as they are."""
_MAX_DIRECTORY = 4_000_000
"""The most bytes of an archive's table of contents: MAX_FILES entries with long names."""
_ENTRY, _END, _END_64, _LOCATOR = b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_END_SIZE, _END_64_SIZE, _LOCATOR_SIZE, _LONGEST_COMMENT = 22, 56, 20, 65_535
_LOCKED, _UTF_8 = 1, 0x800
_UNICODE_PATH = 0x7075
"""The extra field in which some write a name once more."""


# --- pictures in a zip file ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ZippedPicture:
    """One picture in an archive, not unpacked yet."""

    name: str
    """Its name without folders."""
    folders: tuple[str, ...]
    """The folders that it lies in, from the outermost."""
    _archive: zipfile.ZipFile
    _entry: zipfile.ZipInfo
    _padding: Allowance
    _flat: Allowance

    def unpack(self) -> bytes:
        """Return its bytes. Raises UnreadableImage where it is too large, locked or damaged."""
        check_length(self.name, self._entry.file_size)
        check_entry(self._entry, self.name)
        if self._entry.file_size > max(UNSUSPICIOUS, MAX_RATIO * self._entry.compress_size):
            told = _(
                "{name} unpacks to {size:,.0f} MB, more than {most} times what it is packed in: export it as JPEG or "
                "PNG.",
                name=self.name,
                size=self._entry.file_size / 1e6,
                most=MAX_RATIO,
            )
            raise UnreadableImage(told)
        try:
            with self._archive.open(self._entry) as file:
                start = file.read(2)
                allowed = self._flat if start in _UNPACKED else self._padding
                allowed.spend(max(0, self._entry.file_size - PADDED * self._entry.compress_size), self.name)
                return start + file.read(max(0, self._entry.file_size - 2))  # no more, however much it would unpack to
        except UnreadableImage:
            raise
        except Exception as error:  # zipfile raises a dozen kinds, and not only those it documents.
            told = _("{name} is damaged inside its zip file: zip it again.", name=self.name)
            raise UnreadableImage(told) from error


@dataclass(frozen=True)
class PicturesInside:
    """What an archive holds."""

    pictures: tuple[ZippedPicture, ...]
    """In the order of the archive."""
    others: int
    """How many files are no pictures, neither by their names nor by their first bytes."""
    systems: int
    """How many files a system keeps there for itself (see `headers.names`)."""
    allowance: Allowance
    """The pixels that its pictures may have, all together."""


def is_zip(content: bytes) -> bool:
    """Return whether a file begins as zip files do.

    >>> is_zip(b"PK\\x03\\x04 and so on"), is_zip(b"PK\\x05\\x06 an empty one"), is_zip(b"GIF89a")
    (True, True, False)
    """
    return content[:4] in (b"PK\x03\x04", _END)


def pictures_in(content: bytes, name: str) -> PicturesInside:
    """Return the pictures in a zip file's bytes, not unpacked yet; `name` stands in the error.

    Raises UnreadableImage where the file is damaged or contradicts itself, holds more than MAX_FILES files, or says
    that it unpacks to more than MAX_UNPACKED bytes.

    >>> file = io.BytesIO()
    >>> with zipfile.ZipFile(file, "w") as archive:
    ...     archive.writestr("../../holiday/cat.png", b"...")
    >>> [picture.name for picture in pictures_in(file.getvalue(), "a.zip").pictures]
    ['cat.png']
    """
    archive = open_archive(content, name)
    entries = [(each, parts_of(_name_of(each))) for each in archive.infolist() if not _is_folder(each)]
    _check_sizes([entry for entry, _ in entries], len(content), name)
    padding, flat = (_padding(most + len(content), name) for most in (FREE_PADDING, FREE_FLAT))
    wanted = [(entry, parts) for entry, parts in entries if not is_systems_own(parts)]
    pictures = tuple(
        ZippedPicture(parts[-1], parts[:-1], archive, entry, padding, flat)
        for entry, parts in wanted
        if parts and (is_named_as_picture(entry.filename) or is_picture(_first_bytes(content, entry)))
    )
    allowance = Allowance(
        FREE_PIXELS + PIXELS_A_BYTE * len(content),
        N_(
            "{name} was left out: the pictures in {archive} have more pixels than a zip file of its size may bring, so "
            "zip fewer or smaller ones."
        ),
        archive=name,
    )
    return PicturesInside(pictures, len(wanted) - len(pictures), len(entries) - len(wanted), allowance)


def _padding(most: int, archive: str) -> Allowance:
    """What may be unpacked, all together, of the files that are packed more than PADDED times."""
    return Allowance(
        most,
        N_(
            "{name} was left out: the files in {archive} unpack to more than pictures in a zip file of its size do, so "
            "export them again."
        ),
        archive=archive,
    )


def check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    """Refuse an entry that is locked, or packed so that a few bytes could unpack without a limit: UnreadableImage."""
    if entry.flag_bits & _LOCKED:
        raise UnreadableImage(_("{name} is locked with a password: zip it again without one.", name=name))
    if entry.compress_type not in PACKED:
        raise UnreadableImage(
            _("{name} is packed in a way we do not open: zip it again as usual (deflate).", name=name)
        )


def _check_sizes(entries: list[zipfile.ZipInfo], length: int, name: str) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED:
        told = _(
            "{name} unpacks to {size:,.0f} MB, more than the {most:.0f} MB that are unpacked: make several smaller "
            "ones.",
            name=name,
            size=unpacked / 1e6,
            most=MAX_UNPACKED / 1e6,
        )
        raise UnreadableImage(told)
    if sum(entry.compress_size for entry in entries) > length:  # entries that share their bytes
        raise _damaged(name)


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a folder, whichever slash its system takes.

    Not its own is_dir, which fails where a name begins with a zero byte: zipfile then takes it for empty.
    """
    return entry.filename.endswith("/") or (entry.filename.endswith("\\") and not entry.file_size)


def _name_of(entry: zipfile.ZipInfo) -> str:
    """An entry's name; where nothing says of which code its bytes are, UTF-8 if they can be, as macOS writes it."""
    if entry.flag_bits & _UTF_8 or entry.orig_filename.isascii():
        return _said_once_more(entry) or entry.filename
    try:
        return _said_once_more(entry) or entry.orig_filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def _said_once_more(entry: zipfile.ZipInfo) -> str:
    """The name in the extra field for it, where that belongs to the name that the entry has; "" where there is none."""
    place = 0
    while place + 4 <= len(entry.extra):
        kind, length = struct.unpack_from("<HH", entry.extra, place)
        field, place = entry.extra[place + 4 : place + 4 + length], place + 4 + length
        code = zlib.crc32(entry.orig_filename.encode("cp437", "replace"))
        if kind == _UNICODE_PATH and field[:1] == b"\1" and field[1:5] == struct.pack("<I", code):
            return field[5:].decode("utf-8", "replace")
    return ""


def _first_bytes(content: bytes, entry: zipfile.ZipInfo, number: int = 64) -> bytes:
    """The first bytes of a file, by its name no picture; none where it is locked or damaged."""
    names = content[entry.header_offset + 26 : entry.header_offset + 30]
    start = entry.header_offset + 30 + int.from_bytes(names[:2], "little") + int.from_bytes(names[2:], "little")
    packed = content[start : start + min(entry.compress_size, 4 * number)]
    if entry.flag_bits & _LOCKED or entry.compress_type not in PACKED:
        return b""
    try:
        stored = entry.compress_type == zipfile.ZIP_STORED
        return packed[:number] if stored else zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, number)
    except zlib.error:
        return b""


# --- the table of contents -------------------------------------------------------------------------------------------


def open_archive(content: bytes, name: str) -> zipfile.ZipFile:
    """Return a zip file's table of contents; nothing is unpacked, and `name`, the file's, stands in the error.

    Raises UnreadableImage where the file is damaged, contradicts itself, or holds far too many files.
    """
    try:
        place, start, length, number = _table(content)
    except (ValueError, struct.error) as error:
        raise _damaged(name) from error
    if number > MAX_FILES or length > _MAX_DIRECTORY:
        told = _(
            "{name} holds more than the {most:,} files that are opened: make several smaller ones.",
            name=name,
            most=MAX_FILES,
        )
        raise UnreadableImage(told)
    try:
        if start + length != place:
            raise ValueError("the table does not end where the end records begin")
        _check_entries(content, start, place, number)
        return zipfile.ZipFile(io.BytesIO(content))
    except Exception as error:  # zipfile raises a dozen kinds, and not only those it documents.
        raise _damaged(name) from error


def _damaged(name: str) -> UnreadableImage:
    return UnreadableImage(_("{name} is cut short or damaged, so it cannot be opened: zip it again.", name=name))


def _table(content: bytes) -> tuple[int, int, int, int]:
    """Where the end records begin, and the table of contents' start, bytes and entries, as they all say."""
    place = len(content) - _END_SIZE
    # Python takes the record at the very end; with a comment behind it, the last one that begins as such.
    if not (content.startswith(_END, max(0, place)) and content.endswith(b"\0\0")):
        place = content.rfind(_END, max(0, place - _LONGEST_COMMENT))
    if place < 0:
        raise ValueError("no end record")
    disk, first_disk, here, number, length, start, comment = struct.unpack_from("<4x4H2IH", content, place)
    if (disk, first_disk, place + _END_SIZE + comment) != (0, 0, len(content)) or here != number:
        raise ValueError("the end record is not at the end, or of another disk")
    if place >= _LOCATOR_SIZE and content.startswith(_LOCATOR, place - _LOCATOR_SIZE):
        place -= _LOCATOR_SIZE + _END_64_SIZE
        number, length, start = _larger(content, place, (number, length, start))
    return place, start, length, number


def _larger(content: bytes, place: int, small: tuple[int, int, int]) -> tuple[int, int, int]:
    """The same three numbers of an archive's second end record, for large ones, at `place`, its locator behind it."""
    if place < 0:
        raise ValueError("no record before its locator")
    mark, size, disk, first_disk, here, *found = struct.unpack_from("<4sQ4x2I4Q", content, place)
    locator = struct.unpack_from("<4xIQI", content, place + _END_64_SIZE)
    if (mark, size, disk, first_disk, here) != (_END_64, _END_64_SIZE - 12, 0, 0, found[0]):
        raise ValueError("another record than its locator says")
    if locator[:2] != (0, place) or locator[2] > 1:
        raise ValueError("a locator of another record")
    # In the small record a number is the same, or all ones where it does not fit.
    for value, few, ones in zip(found, small, (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF), strict=True):
        if few not in (value, ones):
            raise ValueError("two end records that contradict each other")
    return found[0], found[1], found[2]


def _check_entries(content: bytes, place: int, end: int, number: int) -> None:
    """Refuse a table whose entries are not as many, or not as long, as the end records say, or have no name."""
    for _entry in range(number):
        mark, name, extra, comment = struct.unpack_from("<4s24x3H", content, place)
        if mark != _ENTRY or not name:
            raise ValueError("no entry here, or one without a name")
        place += 46 + name + extra + comment
    if place != end:
        raise ValueError("entries of another length")
