"""Zip files from strangers: the pictures in one, read in memory, with limits that no crafted file gets past.

Nothing is written to disk, and a name in an archive is only ever shown, never a path.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from nat_core.headers import UnreadableImage
from nat_core.images import MAX_BYTES
from nat_core.readers import SUFFIXES

__all__ = ["Packed", "Pictures", "check_entry", "is_zip", "open_archive", "pictures_in"]

MAX_FILES = 2_000
"""The most files in an archive, pictures or not."""
MAX_UNPACKED = 400_000_000
"""The most bytes that an archive may say it unpacks to."""
_MAX_DIRECTORY = 1_000_000
"""The most bytes of an archive's table of contents: MAX_FILES entries with long names."""
_END, _END_SIZE, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
_OPENED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The compressions that unpack no more at once than is asked of them; bzip2 and LZMA do not keep to that."""
_ASKED_ANYWAY = (*SUFFIXES, ".heic", ".heif", ".avif", ".tif", ".tiff", ".svg")
"""Names of pictures, those we cannot read among them: their visitor is told so by name."""


@dataclass(frozen=True)
class Packed:
    """One picture in an archive, not unpacked yet."""

    name: str
    """Its name without folders."""
    folder: str
    """The name of the folder that it lies in, "" for none."""
    _archive: zipfile.ZipFile
    _entry: zipfile.ZipInfo

    def unpack(self) -> bytes:
        """Return its bytes. Raises UnreadableImage where it is too large, locked or damaged."""
        if self._entry.file_size > MAX_BYTES:
            megabytes = f"{self._entry.file_size / 1e6:,.0f} MB, more than the {MAX_BYTES / 1e6:.0f} MB"
            raise UnreadableImage(f"{self.name} unpacks to {megabytes} read of a file: shrink it first.")
        check_entry(self._entry, self.name)
        try:
            with self._archive.open(self._entry) as file:
                return file.read(self._entry.file_size)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
            raise UnreadableImage(f"{self.name} is damaged inside its zip file: zip it again.") from error


@dataclass(frozen=True)
class Pictures:
    """What an archive holds."""

    pictures: tuple[Packed, ...]
    """In the order of the archive."""
    others: int
    """How many files are no pictures by their names; what systems add by themselves is not counted."""


def is_zip(content: bytes) -> bool:
    """Return whether a file begins as zip files do.

    >>> is_zip(b"PK\\x03\\x04 and so on"), is_zip(b"PK\\x05\\x06 an empty one"), is_zip(b"GIF89a")
    (True, True, False)
    """
    return content[:4] in (b"PK\x03\x04", _END)


def pictures_in(content: bytes, name: str) -> Pictures:
    """Return the pictures in a zip file's bytes, not unpacked yet; `name` stands in the error.

    Raises UnreadableImage where the file is damaged, holds more than MAX_FILES files, or says that it unpacks to more
    than MAX_UNPACKED bytes.

    >>> file = io.BytesIO()
    >>> with zipfile.ZipFile(file, "w") as archive:
    ...     archive.writestr("../../holiday/cat.png", b"...")
    >>> [picture.name for picture in pictures_in(file.getvalue(), "a.zip").pictures]
    ['cat.png']
    """
    archive = open_archive(content, name)
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_FILES:
        raise _too_many(name)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED:
        raise UnreadableImage(
            f"{name} unpacks to {unpacked / 1e6:,.0f} MB, more than the {MAX_UNPACKED / 1e6:.0f} MB that are unpacked: "
            "make several smaller ones."
        )
    wanted = [entry for entry in entries if not _is_systems_own(entry)]
    pictures = tuple(_packed(archive, entry) for entry in _named_as_pictures(wanted))
    return Pictures(pictures, len(wanted) - len(pictures))


def open_archive(content: bytes, name: str) -> zipfile.ZipFile:
    """Return a zip file's table of contents; UnreadableImage where the file is damaged or holds far too many files."""
    _check_directory(content, name)
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableImage(f"{name} is cut short or damaged, so it cannot be opened: zip it again.") from error


def check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    """Refuse an entry that is locked, or packed so that a few bytes could unpack without a limit: UnreadableImage."""
    if entry.flag_bits & 1:
        raise UnreadableImage(f"{name} is locked with a password: zip it again without one.")
    if entry.compress_type not in _OPENED:
        raise UnreadableImage(f"{name} is packed in a way we do not open: zip it again as usual (deflate).")


def _check_directory(content: bytes, name: str) -> None:
    """Refuse a table of contents so long that reading it would take long."""
    place = content.rfind(_END, max(0, len(content) - _END_SIZE - _LONGEST_COMMENT))
    if place >= 0 and int.from_bytes(content[place + 12 : place + 16], "little") > _MAX_DIRECTORY:
        raise _too_many(name)


def _too_many(name: str) -> UnreadableImage:
    return UnreadableImage(
        f"{name} holds more than the {MAX_FILES:,} files that are opened: make several smaller ones."
    )


def _named_as_pictures(entries: list[zipfile.ZipInfo]) -> Iterator[zipfile.ZipInfo]:
    return (entry for entry in entries if PurePosixPath(entry.filename.lower()).suffix in _ASKED_ANYWAY)


def _packed(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Packed:
    *_, folder, name = _parts(entry.filename)
    return Packed(name, "" if folder in (".", "..") else folder, archive, entry)


def _is_systems_own(entry: zipfile.ZipInfo) -> bool:
    last = _parts(entry.filename)[-1]
    return entry.filename.startswith("__MACOSX/") or last.startswith(".") or last in ("Thumbs.db", "desktop.ini")


def _parts(path: str) -> list[str]:
    """The parts of a path in an archive after a first, empty one, whichever slash the system that made it takes."""
    return ["", *path.replace("\\", "/").split("/")]
