"""What can go wrong, by name: a `NatError` is what a user can do something about, and its message says what.

The message is one sentence that says what is wrong, why, and what to do. What is raised at a value, a file or a run is
one of Python's own kinds as well, so `except ValueError` catches an unreadable picture.
"""

import os


class NatError(Exception):
    """The base of all kinds; the message is a sentence to show as it is.

    >>> issubclass(CheckpointError, NatError), issubclass(CheckpointError, ValueError)
    (True, True)
    """


# Each kind is one of Python's own as well, because callers who do not know of ours catch those: a script's `except
# ValueError` around reading, a `try` with FileNotFoundError around a folder.

# --- files and networks ----------------------------------------------------------------------------------------------


class CheckpointError(NatError, ValueError):
    """A checkpoint that is missing, damaged or of another kind; the message says which and why."""


class MayNotRead(CheckpointError):
    """A file or folder that this user may not read; whoever passed over it as damaged might write over it."""


class NetworkError(NatError, ValueError):
    """A module that cannot serve as a network here, or a network that cannot do what it is asked."""


class Busy(NatError, RuntimeError):
    """Another process holds the lock; the message says of what."""


# --- pictures --------------------------------------------------------------------------------------------------------


class UnreadableImage(NatError, ValueError):
    """A picture that cannot be read; the message names the file and says what, why and what to do."""


class UnreadableSet(NatError, ValueError):
    """A file that is no image set; the message says what, why, and what to do."""


class MissingDataset(NatError, FileNotFoundError):
    """An image set that is not where it was looked for; the message says what, where, and how to get it."""


class DownloadError(NatError, RuntimeError):
    """An image set that could not be downloaded; the message says which, why, and what else to do."""


# --- training --------------------------------------------------------------------------------------------------------


class TrainingError(NatError, RuntimeError):
    """A run that cannot start or go on; the message says why and what to do."""


class DivergedError(TrainingError):
    """A run whose loss or weights stopped being numbers; `what` says which, `states` is the folder of the good ones.

    None where there is no good state.
    """

    def __init__(self, what: str, step: int, steps: int, states: os.PathLike[str] | None) -> None:
        kept = "No state was saved before" if states is None else f"The last good state is kept in {states}"
        super().__init__(
            f"{what} step {step} of {steps}. {kept}: lower the learning rate and train again under another --out"
        )
        self.says = f"diverged at step {step:,} of {steps:,}"
        """Where, in a few words."""


class RanksError(NatError, RuntimeError):
    """Processes that were to work together and cannot, or one of which has ended; the message says what to do."""


# No NatError, and no Exception at all: what reads strangers' files catches every Exception, and a wish to stop must
# not end as "the file is damaged".
class Stopped(KeyboardInterrupt):
    """A signal that asks a command to end: Ctrl-C, SIGTERM, SIGHUP. As Ctrl-C does, it passes every `Exception`.

    >>> Stopped(15).status
    143
    """

    def __init__(self, number: int, said: str = "") -> None:
        super().__init__(said)
        self.number, self.said = number, said
        """The signal's number; and what was saved and how to go on, where that is known."""

    @property
    def status(self) -> int:
        """The exit status that shells expect."""
        return 128 + self.number


# --- the command line ------------------------------------------------------------------------------------------------


# These are raised by the command line alone, where nobody catches by Python's kinds, so they are none of them.
class CommandError(NatError):
    """A command that cannot be carried out; the message is the sentence to print."""


class NotServed(NatError):
    """The app cannot be served; the message is a sentence for whoever started it."""


class NoNetwork(NatError):
    """This computer is in no network, or no port is free; the message is a sentence for whoever started it."""
