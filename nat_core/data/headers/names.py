"""Which files of a folder or an archive are meant: what systems add by themselves is left out by one rule."""

import re
import unicodedata
import zlib
from pathlib import PurePosixPath

from nat_core.language import N_, legible

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
"""The usual endings of the formats that are read."""
PICTURE_SUFFIXES = (
    *SUFFIXES,
    ".jfif",
    ".jpe",
    ".jif",
    ".dib",
    ".apng",
    ".heic",
    ".heif",
    ".avif",
    ".tif",
    ".tiff",
    ".jp2",
    ".jxl",
    ".svg",
    *(".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".ico", ".cur", ".pcx", ".dds", ".qoi", ".exr", ".psd", ".xcf"),
    *(".dng", ".nef", ".cr2", ".cr3", ".arw", ".raf", ".orf", ".rw2"),
)
"""Endings of pictures' names, also of those that cannot be read: such a picture is refused by name, not passed over."""
_SYSTEMS = {
    "__macosx", "icon\r",
    "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "$recycle.bin", "system volume information",
    "recycler", "recycled", "found.000", "msocache",
    "lost+found", "lost.dir",
    "network trash folder", "temporary items",
    "__pycache__",
    # Of network drives: thumbnails, what is being written, and their bins.
    "@eadir", "@synoeastream", "@tmp", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "@__thumb",
    "~snapshot",
}  # fmt: skip
SYSTEMS = N_("a dot before the name, __MACOSX, @eaDir, Thumbs.db, desktop.ini and the like")
"""What is left out, in words: a few of them."""

_PARTS = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test",
    "testing": "test",
}  # fmt: skip
_PART = re.compile(rf"(?:(.*)[_ .-])?({'|'.join(_PARTS)})((?:[_ .-]|\d).*)?")

LONGEST_NAME = 120
"""The most characters of a name in an archive: it is shown, and nothing else."""


def parts_of(path: str) -> tuple[str, ...]:
    """Return the folders and the name of a path in an archive, legible, whichever slash its system takes.

    Names that look alike are the same: macOS takes an accent for a sign of its own, and spaces at an end are not seen.

    >>> parts_of("C:\\\\photos\\\\./cat.png"), parts_of("cafe\u0301 /cat.png") == parts_of("caf\u00e9/cat.png")
    (('C:', 'photos', 'cat.png'), True)
    """
    # Made legible first: a line's end becomes a space, and at the end of a name that is not seen either.
    shown = legible(unicodedata.normalize("NFC", path)).replace("\\", "/")
    parts = (part.strip(" ") for part in shown.split("/"))
    return tuple(_shortened(part) for part in parts if part not in ("", ".", ".."))


def _shortened(part: str) -> str:
    """A name of at most LONGEST_NAME characters; what is cut off leaves a mark by which two long names differ."""
    if len(part) <= LONGEST_NAME:
        return part
    return f"{part[: LONGEST_NAME - 9]}~{zlib.crc32(part.encode('utf-8', 'replace')):08x}"


def is_systems_own(parts: tuple[str, ...]) -> bool:
    """Return whether a file is one that a system or an editor keeps for itself, by its folders and its name.

    >>> is_systems_own((".ipynb_checkpoints", "cat.png")), is_systems_own(("#recycle", "1.png"))
    (True, True)
    >>> is_systems_own(("cat", "1.png"))
    False
    """
    return any(part.startswith(".") or part.casefold() in _SYSTEMS for part in parts)


def is_named_as_picture(name: str) -> bool:
    """Return whether a file's name ends as those of pictures do.

    >>> is_named_as_picture("holiday.JFIF"), is_named_as_picture("labels.csv")
    (True, False)
    """
    return PurePosixPath(name.lower()).suffix in PICTURE_SUFFIXES


def part_of(folder: str) -> tuple[str, str] | None:
    """Return the part that a folder stands for in a set that is divided (train, val or test), and what else it says.

    None where its name is none of a part's. What else it says is the same for all parts of one set.

    >>> part_of("Validation"), part_of("seg_train"), part_of("val2017"), part_of("trainers")
    (('val', ''), ('train', 'seg '), ('val', ' 2017'), None)
    """
    found = _PART.fullmatch(folder.casefold())
    if found is None:
        return None
    before, part, after = found.groups()
    return _PARTS[part], "".join([f"{before} " if before else "", f" {after}" if after else ""])
