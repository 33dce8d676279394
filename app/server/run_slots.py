"""How many runs of the page's script visits from one address begin at the same time.

All runs share one interpreter. A hundred visits that ask for a page at once would each get a hundredth of it, and so
would everybody else; two after two they are done as soon, and the others wait for two, not for a hundred.
"""

import asyncio
from collections import deque
from weakref import WeakValueDictionary

LONGEST = 0.5
"""Seconds that a run holds its slot at most: one that takes longer waits for something other than the interpreter."""


class RunSlots:
    """The slots of all addresses."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._taken: WeakValueDictionary[str, _Slots] = WeakValueDictionary()
        """By address, of those from where somebody is here, or has a run that is not over."""

    def of(self, address: str) -> "RunSlot":
        """Return the slot of one visit from an address, which it does not have yet."""
        return RunSlot(self._taken.setdefault(address, _Slots(self._at_once)))


class _Slots:
    """Those of one address."""

    def __init__(self, free: int) -> None:
        self._free = free
        """Below nought where runs began that nobody was asked for."""
        self._waiting: deque[asyncio.Future[None]] = deque()

    def try_take(self) -> bool:
        """Take one where one is free; those who wait have all the free ones, so nobody gets before them."""
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    async def take(self) -> None:
        """Wait for one: who came first is first."""
        if self.try_take():
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.remove(turn)
            else:  # it came in the very moment
                self.give_back()
            raise

    def take_unasked(self) -> None:
        """Count one that is in use already."""
        self._free -= 1

    def give_back(self) -> None:
        """Let the next one have it."""
        self._free += 1
        # One that is cancelled leaves by itself.
        if self._free > 0 and (turn := next((each for each in self._waiting if not each.done()), None)):
            self._waiting.remove(turn)
            self._free -= 1
            turn.set_result(None)


class RunSlot:
    """One visit's slot."""

    def __init__(self, slots: _Slots) -> None:
        self._slots = slots
        self._end: asyncio.TimerHandle | None = None

    def try_take(self) -> bool:
        """Take it without waiting, and return whether the visit has it, as a run has that another follows."""
        if self._end is None and self._slots.try_take():
            self._hold()
        return self._end is not None

    async def take(self) -> None:
        """Wait until there is one."""
        await self._slots.take()
        if self._end is None:
            self._hold()
        else:  # a run of the visit's own began meanwhile
            self._slots.give_back()

    def begun(self) -> None:
        """Count a run that begins, where the visit has no slot.

        What it asked for while an earlier run ended began by itself, and so did what the page asks of itself.
        """
        if self._end is None:
            self._slots.take_unasked()
            self._hold()

    def give_back(self) -> None:
        """Let the next one begin, where the visit has it.

        A visit that ends does not: its run goes on without it, and the slot comes back as late as that may be.
        """
        if self._end is not None:
            self._end.cancel()
            self._end = None
            self._slots.give_back()

    def _hold(self) -> None:
        self._end = asyncio.get_running_loop().call_later(LONGEST, self.give_back)
