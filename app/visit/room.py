"""The memory that all visitors together may fill with what they bring along; what is forgotten makes room by itself."""

import threading
import weakref
from functools import cache

from nat_app.shared.language import N_, _
from nat_app.visit.limits import MB, limits

FULL = N_(
    "There is no room for it: visitors may keep {most:,.0f} MB on this server, all of them together. Forget something "
    "of yours, try again later, or run the app yourself."
)


class NoRoom(Exception):
    """What a visitor brought does not fit beside what all others did."""

    @property
    def sentence(self) -> str:
        """What to tell the visitor, in their language."""
        return _(FULL, most=self.args[0] / MB)


class Room:
    """Counts the bytes of things as long as anybody holds them."""

    def __init__(self, most: int) -> None:
        self._most, self._taken = most, 0
        # Things are let go by whatever thread collects them, which may be one that counts one in at this moment.
        self._lock = threading.RLock()

    @property
    def taken(self) -> int:
        """The bytes of all that is held."""
        return self._taken

    def keep(self, thing: object, size: int) -> None:
        """Count a thing of so many bytes until it is let go. Raises NoRoom where there are too many already."""
        with self._lock:
            if self._taken + size > self._most:
                raise NoRoom(self._most)
            self._taken += size
        weakref.finalize(thing, self._leave, size)

    def _leave(self, size: int) -> None:
        with self._lock:
            self._taken -= size


@cache
def shared() -> Room:
    """Return the room of this server."""
    return Room(limits().brought)
