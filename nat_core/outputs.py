"""The outputs of a command, and the one border on the way to them; whether a file that it is to write can be.

A file's name, a server's answer or a word of the command itself may hold what a terminal takes for a command; and an
output may be closed, full, read by nobody, or of an encoding that lacks a character.
"""

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any

from nat_core.errors import CommandError
from nat_core.language import legible

COMMANDS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What terminals take for commands, but for tabulators and ends of lines."""
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
"""How a disk says that it has no room."""
STANDARD_OUTPUT = "standard output"
"""What its failures bear as their file's name: those of a stream say nothing of which it was."""


class Drawn(str):
    """A text of our own with commands to the terminal, colours for instance: written as it is, without `print`."""


class _Stream:
    """An output on which only what is `Drawn` commands the terminal."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.failure: OSError | None = None
        """The last one: who wrote may have passed it over, as argparse does."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._remembered():
            self._stream.write(text if isinstance(text, Drawn) else COMMANDS.sub("\ufffd", text))
        return len(text)

    def flush(self) -> None:
        with self._remembered():
            self._stream.flush()

    @contextmanager
    def _remembered(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failure = error
            self._told(error)

    def _told(self, error: OSError) -> None:
        error.filename = STANDARD_OUTPUT
        raise error

    def written(self) -> bool:
        """Write all that it holds, and return whether nothing was ever lost."""
        with suppress(OSError):
            self.flush()
        return self.failure is None

    def end(self) -> None:
        """Write all that it holds. What cannot be written goes where nobody reads: Python would fail to close it."""
        if not self.written():
            with suppress(OSError):  # of a stream without a descriptor
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


class _Errors(_Stream):
    """Standard error. A full disk behind it (`2> log`) ends no work, which would be lost for want of a few lines."""

    def _told(self, error: OSError) -> None:
        if error.errno not in FULL:
            raise error


@contextmanager
def outputs() -> Iterator[None]:
    """Within it, what a program prints passes the border, and at its end all of it is written.

    Every character is written, some as an escape (Windows' code pages). Whoever has closed an output (`>&-`) wants
    nothing of it: it goes where nobody reads. Where nobody reads any more (`head`, `less`), SystemExit(1) is raised
    without a word; where there is no room, after a sentence, if nothing else has been said.
    """
    _open_all()
    output, errors = _Stream(sys.stdout), _Errors(sys.stderr)
    streams: Any = (output, errors)
    try:
        with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
            yield
            if output.failure is None:  # else it has been told
                output.flush()
    except SystemExit as end:
        if end.code or output.written():
            raise
        raise _unwritten(output.failure) from None
    except OSError as error:
        if error is not output.failure and not isinstance(error, BrokenPipeError):
            raise
        raise _unwritten(error) from None
    finally:
        for each in (output, errors):
            each.end()


def _open_all() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open to the end
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _unwritten(error: OSError | None) -> SystemExit:
    if error is not None and not isinstance(error, BrokenPipeError):
        with suppress(OSError):
            sys.stderr.write(f"{STANDARD_OUTPUT}: {error.strerror}\n")
    return SystemExit(1)


def check_file(path: Path, called: str = "") -> None:
    """Raise CommandError where no file of that name could be written: asked before the work, not after it.

    `called` stands before the name, an option for instance.
    """
    name, folder = f"{called}{path}", path.absolute().parent
    if os.path.lexists(os.path.realpath(path)) and not path.is_file():
        raise CommandError(f"{name} is there already and no regular file: name another")
    if not folder.is_dir():
        raise CommandError(f"{name}: there is no folder {folder}: make it first")
    if not os.access(folder, os.W_OK):
        raise CommandError(f"{name}: the folder {folder} cannot be written to: name another one")


def check_folder(path: Path) -> None:
    """Raise CommandError where something else than a folder is in the way of one; there may be nothing yet."""
    if os.path.lexists(path) and not path.is_dir():
        raise CommandError(f"{path} is no folder: name the one to write into")


def complain(verb: str, sentence: str) -> int:
    """Say on standard error what went wrong, in one line, and return the exit status 1, also if nobody can be told.

    >>> complain("predict", "bee.jpg was not found.")
    1
    """
    with suppress(OSError):
        sys.stderr.write(f"nat {verb}: {legible(sentence)}\n")
    return 1
