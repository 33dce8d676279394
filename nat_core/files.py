"""Files that are kept beside the networks: written whole or not at all, checked when read, locked while they change."""

import csv
import errno
import glob
import io
import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO, Annotated, Any, TypeVar

import msgspec
from filelock import FileLock, Timeout

from nat_core.errors import Busy, CheckpointError, MayNotRead
from nat_core.language import _

Read = TypeVar("Read")
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""A fraction, as `converted` checks it."""
Count = Annotated[int, msgspec.Meta(ge=0)]
"""A whole number, 0 or more, as `converted` checks it."""

MAX_JSON = 64_000_000
"""The most bytes of a JSON file: a thousand runs take 20 MB."""


def write_durably(path: Path, content: bytes) -> str:
    """Write a file so that a reader sees all of it or the one before, even after a crash; return its SHA-256.

    A temporary file in the same folder is written, flushed to the disk and renamed; then the folder is flushed. Through
    a link the file that it names is written. OSError (a full disk, or a device where the file should be) names the file
    and leaves no half one behind.
    """
    with written_durably(path) as file:
        file.write(content)
    return sha256(content).hexdigest()


@contextmanager
def written_durably(path: Path) -> Iterator[IO[bytes]]:
    """Write a file in the block as `write_durably` does, piece by piece: it takes its name at the block's end."""
    path = _regular(path)
    # In the same folder, because a rename is atomic only within one file system; with the process's number, because
    # several processes may write the same file.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        flush_folder(path.parent)
    except BaseException as error:  # Ctrl-C too must leave no temporary file
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None:
            # A failed write knows no name, and the temporary one would tell nobody anything.
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


@contextmanager
def folder_for(path: Path) -> Iterator[None]:
    """Make a folder, and those above it that are missing, for what the block writes there.

    Where the block fails, those go again that were made for it and hold nothing.
    """
    made = [each for each in (path, *path.parents) if not os.path.lexists(each)]
    try:
        path.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for each in made:
            with suppress(OSError):
                each.rmdir()
        raise


def write_together(home: Path, contents: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write files that belong together below a folder, which is made where it is missing, and return their paths.

    Each is written as `write_durably` does. Where one cannot be, those go again that were not there before.
    """
    paths = tuple(home / name for name in contents)
    new = [path for path in paths if not os.path.lexists(path)]
    with ExitStack() as folders:
        for folder in dict.fromkeys(path.parent for path in paths):
            folders.enter_context(folder_for(folder))
        try:
            for path, content in zip(paths, contents.values(), strict=True):
                write_durably(path, content)
        except BaseException:
            for path in new:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            raise
    return paths


def is_there(path: Path) -> bool:
    """Return whether there is a file, False where there is nothing of that name.

    Raises CheckpointError where there is anything else, a folder, a pipe, a link whose target is gone, or where it
    may not be asked. Whoever took that for nothing would begin anew without a word.
    """
    try:
        mode = os.stat(path).st_mode
    except PermissionError as error:
        raise _not_allowed(path, error) from None
    except OSError as error:
        if error.errno not in _NOTHING:
            raise
        mode = 0
    if stat.S_ISREG(mode):
        return True
    if not os.path.lexists(path):
        return False
    what = "a folder" if stat.S_ISDIR(mode) else "a device or a pipe" if mode else "a link that leads nowhere"
    raise CheckpointError(f"{path} is no file but {what}: move it away, or put the file there")


_NOTHING = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


def _not_allowed(path: Path, error: OSError) -> MayNotRead:
    return MayNotRead(f"{path} may not be read ({error.strerror}){_RIGHT}")


def names_in(folder: Path) -> list[str]:
    """Return the names of what lies in a folder, none where there is no folder.

    Raises MayNotRead where that may not be asked: `Path.glob` would pass over that in silence.
    """
    try:
        return os.listdir(folder)
    except PermissionError as error:
        raise _not_allowed(folder, error) from None
    except (OSError, ValueError):  # ValueError: of a name that no folder can have
        return []


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """Open a file for reading. CheckpointError where something else is there (a pipe's end may never come) or it may
    not be read, OSError that names the file where it is missing or its disk fails, which by itself says nothing of
    which file it was."""
    if not is_there(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    try:
        with path.open("rb") as file:
            yield file
    except PermissionError as error:
        if error.filename != str(path):
            raise
        raise _not_allowed(path, error) from None
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _regular(path: Path) -> Path:
    """The file that a path leads to; OSError where something else is there, which a rename would take away."""
    found = Path(os.path.realpath(path)) if path.is_symlink() else path
    if os.path.lexists(found) and not found.is_file():
        raise OSError(errno.EINVAL, "there is something that is no regular file: name another", str(path))
    return found


def flush_folder(folder: Path) -> None:
    """Make the names in a folder outlast a loss of power."""
    if os.name != "posix":  # Windows cannot open a folder, so it cannot flush one
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path, name: str = "*") -> None:
    """Remove what killed processes left in a folder while they wrote the file or folder `name`, or any.

    Only under the lock of what is written: the temporary file of a living process would go as well.
    """
    pattern = name if name == "*" else glob.escape(name)
    for path in folder.glob(f".{pattern}.*.tmp"):
        with suppress(OSError):  # the next one tries again
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def sentence(error: OSError) -> str:
    """Return which file could not be read or written, why, and what to do where room or leave is missing.

    >>> sentence(OSError(28, "No space left on device", "runs/card.json"))
    'runs/card.json: No space left on device: make room there and go on'
    """
    remedy = _REMEDIES.get(error.errno or 0, "")
    if error.filename is None and not folder_is_there():
        return REMOVED
    return f"{error.filename or 'a file'}: {error.strerror or error}{remedy}"


_RIGHT = ": give this user the right to it, or name another place"
_REMEDIES = dict.fromkeys((errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)), ": make room there and go on") | {
    errno.EACCES: _RIGHT,
    errno.EPERM: _RIGHT,
    errno.EROFS: ": name a place that can be written to",
}
REMOVED = "the current folder was removed: change into one that is there"


def folder_is_there() -> bool:
    """Return whether the current folder was not removed meanwhile.

    >>> folder_is_there()
    True
    """
    try:
        return bool(os.getcwd())
    except OSError:
        return False


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


def parsed_json(content: bytes, most: int = MAX_JSON) -> Any:
    """Return what at most `most` bytes of JSON hold. ValueError, in a few words, for anything else.

    The one border of JSON: nesting that would exhaust the stack, halves of surrogate pairs, which no file and no page
    can hold, and numbers that are none (NaN, Infinity) are refused here, so that nobody has to expect them.

    >>> parsed_json(b'{"a": [1, 2]}')
    {'a': [1, 2]}
    >>> parsed_json(b"[" * 9000)
    Traceback (most recent call last):
    ValueError: it is nested too deeply
    """
    if len(content) > most:
        raise ValueError(_("it has {size:,} bytes, and at most {most:,} are read", size=len(content), most=most))
    try:
        return msgspec.json.decode(content)
    except RecursionError:
        raise ValueError(_("it is nested too deeply")) from None
    except (msgspec.MsgspecError, ValueError) as error:
        raise ValueError(_("it is not JSON: {error}", error=error)) from None


def check_keys(content: bytes) -> None:
    """Raise ValueError, in a few words, where an object of this JSON, which can be parsed, has a key twice.

    Readers take the last one and tell nobody, so it is asked of what people write by hand.

    >>> check_keys(b'{"classes": ["cat"], "classes": ["dog"]}')
    Traceback (most recent call last):
    ValueError: it has the key 'classes' twice
    """

    def checked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _value in pairs]
        if len(found := dict(pairs)) < len(keys):
            raise ValueError(_("it has the key {key} twice", key=repr(max(keys, key=keys.count)[:40])))
        return found

    json.loads(content.decode("utf-8-sig"), object_pairs_hook=checked)


SEAL = "digest"
"""The last field of a sealed file: the SHA-256 of all that stands before it."""
_END = b'"\n}\n'


def sealed(text: str) -> bytes:
    """Return the text of a JSON object as a file whose last field is the SHA-256 of every byte before it.

    So an altered byte is noticed wherever it is, as a digest of the values alone could not. Raises ValueError for the
    text of anything but an object with fields.

    >>> unsealed(sealed('{"a": 1}'))
    {'a': 1}
    """
    body = text.rstrip()
    if not body.endswith("}") or body == "{}":
        raise ValueError("only an object with fields can be sealed")
    head = f'{body[:-1].rstrip()},\n"{SEAL}": "'.encode()
    return head + sha256(head).hexdigest().encode() + _END


def unsealed(content: bytes) -> dict[str, Any]:
    """Return the object in a file without its seal, which has to be right where there is one.

    Files from before there were seals have none. Raises ValueError, in a few words, where the seal is broken or there
    is no object.
    """
    values = parsed_json(content)
    if not isinstance(values, dict):
        raise ValueError("it holds no object")
    # Any single altered byte leaves this field, breaks the JSON or makes a field that nobody knows.
    if SEAL in values and not _seal_is_right(content):
        raise ValueError("its content is not what was written")
    values.pop(SEAL, None)
    return values


def seal(path: Path) -> bool:
    """Seal a file from before there were seals, its text kept as it is; False where it has one.

    Raises CheckpointError where there is one that is broken.
    """
    with opened(path) as file:
        content = file.read()
    try:
        if SEAL not in parsed_json(content):
            write_durably(path, sealed(content.decode()))
            return True
        unsealed(content)
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"{path} is damaged ({error}): get it again") from None
    return False


def _seal_is_right(content: bytes) -> bool:
    head, digest, end = content[:-68], content[-68:-4], content[-4:]
    return head.endswith(f'"{SEAL}": "'.encode()) and sha256(head).hexdigest().encode() == digest and end == _END


def read_json(path: Path, version: int, read: Callable[[dict[str, Any]], Read], remedy: str) -> Read:
    """Return what `read` makes of a JSON file's object, whose `format` must be `version` and whose seal must be right.

    `remedy` says what to do about a damaged file. Raises CheckpointError where the file, or what it holds, is wrong,
    OSError where it cannot be read.
    """
    with opened(path) as file:
        content = file.read(MAX_JSON + 1)
    try:
        values = unsealed(content)
        # The version first: the fields of another format would only be called wrong.
        if values["format"] != version:
            raise CheckpointError(
                f"{path} has format {values['format']!r:.20}, this version reads format {version}: update NAT Explorer"
            )
        return read(values)
    except CheckpointError:  # it names its file already
        raise
    except Exception as error:  # of a file's content any kind can come
        reason = f"{type(error).__name__}: {' '.join(str(error).split()):.200}"
        raise CheckpointError(f"{path} is damaged ({reason}): {remedy}") from error


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


FORMULA = tuple("=+-@|%\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What a text begins with that spreadsheets compute instead of showing it; the last four are the wide forms."""

UNSEEN = re.compile("^[ \u00a0\u200b-\u200f\u2060-\u206f\ufeff\x00'\"]+")
"""What a spreadsheet may pass over at the beginning of a cell."""


def plain_cell(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: a text that begins like one has an apostrophe before it.

    Numbers stay as they are, as texts too.

    >>> plain_cell("=1+1"), plain_cell("-0.5"), plain_cell("cat"), plain_cell(None)
    ("'=1+1", '-0.5', 'cat', None)
    """
    if not isinstance(value, str):
        return value
    text = value.encode("utf-8", "replace").decode("utf-8")
    if not UNSEEN.sub("", text).startswith(FORMULA):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as the text of a CSV file, None as an empty cell; a cell with a comma or a quote is quoted.

    This is the one way to write one: no cell of it is a formula.

    >>> csv_text([("name", "rate"), ("a, b", None), ("=1+1", -0.5)]).splitlines()
    ['name,rate', '"a, b",', "'=1+1,-0.5"]
    """
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([plain_cell(value) for value in row] for row in rows)
    return buffer.getvalue()
