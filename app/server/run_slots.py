"""How many runs of the page's script visits from one address begin at the same time.

All runs share one interpreter. A hundred visits that ask for a page at once would each get a hundredth of it, and so
would everybody else; two after two they are done as soon, and the others wait for two, not for a hundred.
"""

import asyncio
from weakref import WeakValueDictionary

LONGEST = 0.5
"""Seconds that a run holds its slot at most: one that takes longer waits for something other than the interpreter."""


class RunSlots:
    """The slots of all addresses."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._taken: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        """By address, of those from where somebody is here."""

    def of(self, address: str) -> "RunSlot":
        """Return the slot of one visit from an address, which it does not have yet."""
        return RunSlot(self._taken.setdefault(address, asyncio.Semaphore(self._at_once)))


class RunSlot:
    """One visit's slot."""

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free = free
        self._end: asyncio.TimerHandle | None = None

    async def take(self) -> None:
        """Wait until there is one; not where the visit has it, as a run has that another follows."""
        if self._end is None:
            await self._free.acquire()
            self._end = asyncio.get_running_loop().call_later(LONGEST, self.give_back)

    def give_back(self) -> None:
        """Let the next one begin, where the visit has it."""
        if self._end is not None:
            self._end.cancel()
            self._end = None
            self._free.release()
