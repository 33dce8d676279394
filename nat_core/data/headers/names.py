"""Which files of a folder or an archive are meant: what systems add by themselves is left out by one rule."""

from pathlib import PurePosixPath

from nat_core.language import N_

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
)
"""Endings of pictures' names, also of those that cannot be read: such a picture is refused by name, not passed over."""
_SYSTEMS = ("__macosx", "@eadir", "thumbs.db", "desktop.ini")
SYSTEMS = N_("a dot before the name, __MACOSX, @eaDir, Thumbs.db, desktop.ini")
"""What is left out, in words."""

LONGEST_NAME = 120
"""The most characters of a name in an archive: it is shown, and nothing else."""


def parts_of(path: str) -> tuple[str, ...]:
    """Return the folders and the name of a path in an archive, printable, whichever slash its system takes.

    >>> parts_of("C:\\\\photos\\\\./cat.png")
    ('C:', 'photos', 'cat.png')
    """
    parts = (part for part in path.replace("\\", "/").split("/") if part not in ("", ".", ".."))
    return tuple("".join(each if each.isprintable() else "?" for each in part[:LONGEST_NAME]) for part in parts)


def is_systems_own(parts: tuple[str, ...]) -> bool:
    """Return whether a file is one that a system or an editor keeps for itself, by its folders and its name.

    >>> is_systems_own((".ipynb_checkpoints", "cat.png")), is_systems_own(("cat", "1.png"))
    (True, False)
    """
    return any(part.startswith(".") or part.casefold() in _SYSTEMS for part in parts)


def is_named_as_picture(name: str) -> bool:
    """Return whether a file's name ends as those of pictures do.

    >>> is_named_as_picture("holiday.JFIF"), is_named_as_picture("labels.csv")
    (True, False)
    """
    return PurePosixPath(name.lower()).suffix in PICTURE_SUFFIXES
