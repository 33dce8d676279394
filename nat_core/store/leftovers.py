"""What a run leaves beside its network when it has ended or was killed, and how it goes."""

import glob
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from nat_core.errors import Busy
from nat_core.files import only_one, sentence, sweep

WARNING = "warning: "
"""How a line begins that a run tells and goes on: the queue looks for it in what its workers say."""

Tell = Callable[[str], object]
"""Who is told a sentence that does not end the run."""


def nobody(sentence: str) -> None:
    """Tell nobody."""


def states_of(out: Path, name: str) -> Path:
    """Return the folder of a run's states and its log.

    >>> states_of(Path("runs"), "digits_nat").as_posix()
    'runs/.state/digits_nat'
    """
    return out / ".state" / name


def lock_of(out: Path, name: str) -> Path:
    """Return the file that a run holds locked while it writes its states and its network.

    >>> lock_of(Path("runs"), "digits_nat").as_posix()
    'runs/.state/digits_nat.lock'
    """
    return out / ".state" / f"{name}.lock"


def forget(states: Path, tell: Tell = nobody) -> None:
    """Delete the folder of states of a run that has ended; what cannot be deleted is told. Only under its lock."""
    try:
        for path in states.glob("*"):
            path.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            states.rmdir()
    except OSError as error:
        tell(f"A state of a finished run could not be deleted ({sentence(error)}): delete {states}")


def tidy(out: Path, name: str) -> None:
    """Remove what a run that has ended, or was killed at its very end, has left beside its network.

    Nothing is done where another process holds the run's lock.
    """
    states = states_of(out, name)
    if not states.exists() and not any(out.glob(f".{glob.escape(name)}.*.tmp")):
        return
    with suppress(Busy), only_one(lock_of(out, name)):
        sweep(out, name)
        forget(states)
