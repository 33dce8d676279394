"""Files that are kept beside the networks: written whole or not at all, checked when read, locked while they change."""

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from filelock import FileLock, Timeout

from nat_core.errors import Busy, CheckpointError

Read = TypeVar("Read")
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""A fraction, as `converted` checks it."""
Count = Annotated[int, msgspec.Meta(ge=0)]
"""A whole number, 0 or more, as `converted` checks it."""


def write_durably(path: Path, content: bytes) -> str:
    """Write a file so that a reader sees all of it or the one before, even after a crash; return its SHA-256.

    A temporary file in the same folder is written, flushed to the disk and renamed; then the folder is flushed.
    OSError (a full disk) leaves no half file behind.
    """
    # In the same folder, because a rename is atomic only within one file system; with the process's number, because
    # several processes may write the same file.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:  # Ctrl-C too must leave no temporary file
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # Windows cannot open a folder, so it cannot flush one
        handle = os.open(path.parent, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    return sha256(content).hexdigest()


def converted(values: Any, kind: type[Read]) -> Read:
    """Return JSON's plain values as a dataclass of that kind, every field's type and range checked.

    Raises ValueError that says where something is missing, unknown or of another kind.

    >>> converted("three", int)
    Traceback (most recent call last):
    ValueError: Expected `int`, got `str`
    """
    try:
        found = msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    _refuse_unknown(values, msgspec.to_builtins(found), "$")
    return found


def _refuse_unknown(values: Any, known: Any, place: str) -> None:
    """Raise ValueError where values hold a field that nothing was made of: msgspec passes over those of dataclasses."""
    if isinstance(values, dict) and isinstance(known, dict):
        if unknown := values.keys() - known.keys():
            raise ValueError(f"unknown field `{min(map(str, unknown))}` - at `{place}`")
        for key, value in values.items():
            _refuse_unknown(value, known[key], f"{place}.{key}")
    elif isinstance(values, list) and isinstance(known, list | tuple):
        for each, one in zip(values, known, strict=True):
            _refuse_unknown(each, one, f"{place}[...]")


def read_json(path: Path, version: int, read: Callable[[dict[str, Any]], Read], remedy: str) -> Read:
    """Return what `read` makes of a JSON file's object, whose `format` must be `version`.

    `remedy` says what to do about a damaged file. Raises CheckpointError where the file, or what it holds, is wrong.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        # The version first: the fields of another format would only be called wrong.
        if values["format"] != version:
            raise CheckpointError(
                f"{path} has format {values['format']}, this version reads format {version}: update NAT Explorer"
            )
        return read(values)
    except CheckpointError:  # it is a ValueError as well, but names its file already
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path} is damaged ({type(error).__name__}: {error}): {remedy}") from None


@contextmanager
def only_one(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of that file's name while the block runs; Busy where another has it, unless told to `wait`.

    The system itself releases it when its holder ends, however it ends. The folder is made where it is missing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(blocking=wait)
    except Timeout:
        raise Busy(f"another process is at work there: it holds {path}") from None
    try:
        yield
    finally:
        lock.release()


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as the text of a CSV file, None as an empty cell; a cell with a comma or a quote is quoted.

    >>> csv_text([("name", "rate"), ("a, b", None)])
    'name,rate\\n"a, b",\\n'
    """
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
