"""Files that are kept beside the networks: written whole or not at all, read with one sentence where they are wrong.

One process at a time: a lock that the system itself lets go when its holder ends, however it ends.
"""

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from nat_core.errors import Busy, CheckpointError

Read = TypeVar("Read")


def write_durably(path: Path, content: bytes) -> str:
    """Write a file so that a reader sees all of it or the one before, even after a crash; return its SHA-256.

    A temporary file in the same folder is written, flushed to the disk and renamed; then the folder is flushed.
    OSError (a full disk) leaves no half file behind.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        handle = os.open(path.parent, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    return sha256(content).hexdigest()


def read_json(path: Path, version: int, read: Callable[[dict[str, Any]], Read], mend: str) -> Read:
    """Return what `read` makes of a JSON file's object, whose `format` must be `version`.

    `mend` says what to do about a damaged file. Raises CheckpointError where the file, or what it holds, is wrong.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != version:
            raise CheckpointError(
                f"{path} has format {values['format']}, this version reads format {version}: update NAT Explorer"
            )
        return read(values)
    except CheckpointError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path} is damaged ({type(error).__name__}: {error}): {mend}") from None


try:
    import fcntl
except ImportError:  # Windows has none: there two processes are not kept apart
    fcntl = None


@contextmanager
def only_one(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of that file's name while the block runs; Busy where another has it, unless told to `wait`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise Busy(f"another process is at work there: it holds {path}") from None
        yield


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as the text of a CSV file, None as an empty cell; a cell with a comma or a quote is quoted.

    >>> csv_text([("name", "rate"), ("a, b", None)])
    'name,rate\\n"a, b",\\n'
    """
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
