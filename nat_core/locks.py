"""One process at a time: a lock that the system itself lets go when its holder ends, however it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none: there two processes are not kept apart
    fcntl = None


class Busy(RuntimeError):
    """Another process holds the lock; the message says of what."""


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
