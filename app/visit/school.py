"""The classes of this server: what the phones of each guessed and won, and to which page their teacher leads them.

No names: a phone is known by its browser (`identity`), and only for as long as its class lasts. All of it is in memory,
bounded, and forgotten when the teacher closes the class or an hour after a phone was last heard of in it.
"""

import hmac
import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from nat_core.cli.serve import new_code

TEACHER_KEY = "NAT_TEACHER"
"""The environment's variable by which `nat app --classroom` says who may open a class: whoever has this key."""
LASTS = 3_600.0
"""Seconds from the last guess, or the last phone that came, until a class is forgotten."""
HERE = 15.0
"""Seconds without a look after which a phone counts as gone; it may come back."""
MOST_CLASSES = 20
MOST_PHONES = 60
MOST_CARDS = 64
"""On how many cards one phone can guess."""
MOST_KEYHOLDERS = 20
EMPTY = 300.0
"""Seconds after which a class that no phone has joined gives way, where there are as many as there can be."""
LOOK = 3.0
"""Seconds between two looks of a phone, or more: `LOOKS` of all phones together come in a second."""
LOOKS = 8.0


class SchoolFull(Exception):
    """There are as many classes, or phones in a class, as there can be."""


@dataclass(frozen=True)
class Said:
    """What one phone said on one card."""

    guess: float
    """In [0, 1]; the first one, as the answer is told after it."""
    points: int | None
    """The most that its tries were worth; None where the teacher has the answer."""


@dataclass(frozen=True)
class Move:
    """Where the teacher leads the class."""

    number: int
    """How many moves there were."""
    page: str
    query: Mapping[str, str]
    """The settings of the link."""


@dataclass(eq=False)
class SchoolClass:
    """One class; `School` alone changes it."""

    code: str
    """Whoever has it can join."""
    key: str
    """Whoever has it teaches."""
    pair: str
    """The key of the pair of networks that the class looks at."""
    teachers: set[str]
    heard: float
    """When a phone was last heard of, by the clock of `School`."""
    phones: dict[str, dict[str, Said]] = field(default_factory=dict)
    """What each phone said, by card."""
    seen: dict[str, float] = field(default_factory=dict)
    """When each phone last looked."""
    leads: bool = False
    """Whether the teacher's page moves the phones' pages."""
    move: Move | None = None

    def guesses(self, card: str) -> tuple[float, ...]:
        """What the phones guessed on a card, in [0, 1] and in ascending order, so that nobody is known by their place.

        >>> SchoolClass("abc", "key", "p", set(), 0.0, {"1": {"guess": Said(0.9, 3)}, "2": {}}).guesses("guess")
        (0.9,)
        """
        return tuple(sorted(said[card].guess for said in list(self.phones.values()) if card in said))

    def points(self) -> tuple[int, ...]:
        """The points of each phone that has won or lost any, in ascending order."""
        told = [[each.points for each in said.values() if each.points is not None] for said in self._said()]
        return tuple(sorted(sum(points) for points in told if points))

    def rows(self) -> list[tuple[int, str, float, int | None]]:
        """Return all that was said: the phone's number, the card, the guess and the points.

        The numbers are drawn anew each time, so that they say nothing of who came first.
        """
        said = self._said()
        random.shuffle(said)
        return [
            (number, card, each.guess, each.points)
            for number, cards in enumerate(said, start=1)
            for card, each in sorted(cards.items())
        ]

    def _said(self) -> list[dict[str, Said]]:
        # A copy, as other threads go on telling.
        return [dict(said) for said in list(self.phones.values())]


class School:
    """All the classes of a server. Threads of many visits use it at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._by_code: dict[str, SchoolClass] = {}
        self._keyholders: set[str] = set()
        self.forgetting: list[Callable[[], object]] = []
        """What else is done when a class is closed: there may be copies of what its phones said."""

    def may_open(self, browser: str) -> bool:
        """Return whether this browser may open a class: any, unless the server was started with a teacher's key."""
        return not os.environ.get(TEACHER_KEY) or browser in self._keyholders

    def open(self, browser: str, pair: str) -> SchoolClass:
        """Open a class, with this browser as its teacher, or return the one that it teaches already.

        Raises SchoolFull, or PermissionError where it may not.
        """
        if not self.may_open(browser):
            raise PermissionError("only whoever has the teacher's link opens a class on this server")
        with self._lock:
            self._forget()
            # A press that comes twice opens no second one, which nobody could close: the page shows one class.
            if taught := next((each for each in self._by_code.values() if browser in each.teachers), None):
                return taught
            if len(self._by_code) >= MOST_CLASSES and not self._forget_empty():
                raise SchoolFull
            code = next(code for code in iter(new_code, "") if code not in self._by_code)
            key = os.environ.get(TEACHER_KEY) or secrets.token_urlsafe(16)
            opened = SchoolClass(code, key, pair, {browser}, self._clock())
            self._by_code[code] = opened
            return opened

    def close(self, closed: SchoolClass, browser: str) -> None:
        """Forget a class and all that its phones said. Raises PermissionError for one who does not teach it."""
        self._refuse_others(closed, browser)
        with self._lock:
            self._by_code.pop(closed.code, None)
        for forget in self.forgetting:
            forget()

    def taught_by(self, browser: str) -> SchoolClass | None:
        """Return the class that this browser teaches."""
        return self._find(lambda each: browser in each.teachers)

    def joined_by(self, browser: str) -> SchoolClass | None:
        """Return the class of which this browser is one of the phones."""
        return self._find(lambda each: browser in each.phones)

    def with_code(self, code: str) -> SchoolClass | None:
        """Return the class with this code."""
        return self._find(lambda each: each.code == code)

    def only(self) -> SchoolClass | None:
        """Return the one class that is open; None where there is none, or more."""
        return self._find(lambda _: True) if len(self._by_code) == 1 else None

    def join(self, code: str, browser: str) -> SchoolClass | None:
        """Let a browser into the class with this code, and return it; None where there is none. Raises SchoolFull.

        A phone is in one class: joining another leaves the first. Who teaches a class is no phone of it.
        """
        with self._lock:
            self._forget()
            joined = self._by_code.get(code.strip().lower())
            if joined is None or browser in joined.teachers:
                return joined
            if browser not in joined.phones and len(joined.phones) >= MOST_PHONES and not self._forget_silent(joined):
                raise SchoolFull
            for each in self._by_code.values():
                if each is not joined:
                    each.phones.pop(browser, None)
                    each.seen.pop(browser, None)
            joined.phones.setdefault(browser, {})
            joined.heard = joined.seen[browser] = self._clock()
            return joined

    def teach(self, key: str, browser: str) -> bool:
        """Make a browser the teacher of the class with this key, and one that may open it; return whether it fits."""
        with self._lock:
            self._forget()
            fitting = [each for each in self._by_code.values() if hmac.compare_digest(each.key.encode(), key.encode())]
            server = os.environ.get(TEACHER_KEY, "")
            opens = bool(server) and hmac.compare_digest(server.encode(), key.encode())
            if opens and len(self._keyholders) < MOST_KEYHOLDERS:
                self._keyholders.add(browser)
            for each in fitting:
                if len(each.teachers) < MOST_KEYHOLDERS:
                    each.teachers.add(browser)
                    each.phones.pop(browser, None)
                    each.seen.pop(browser, None)
            return opens or bool(fitting)

    def tell(self, browser: str, card: str, guess: float, points: int | None) -> bool:
        """Keep what a phone said on a card; return whether it is in a class. The first guess stays, the points grow.

        `guess` in [0, 1].
        """
        if not 0 <= guess <= 1:
            raise ValueError(f"a guess lies in [0, 1], not at {guess}")
        with self._lock:
            self._forget()
            joined = next((each for each in self._by_code.values() if browser in each.phones), None)
            if joined is None:
                return False
            said = joined.phones[browser]
            before = said.get(card)
            if before is None and len(said) >= MOST_CARDS:
                return False
            known = [each for each in (points, before.points if before else None) if each is not None]
            said[card] = Said(guess if before is None else before.guess, max(known, default=None))
            joined.heard = joined.seen[browser] = self._clock()
            return True

    def look(self, joined: SchoolClass, browser: str) -> None:
        """Remember that a phone is still there."""
        if browser in joined.phones:
            joined.seen[browser] = self._clock()

    def here(self, taught: SchoolClass) -> int:
        """Return how many phones are there now."""
        return sum(self._clock() - seen <= HERE for seen in list(taught.seen.values()))

    def lead(self, taught: SchoolClass, browser: str, *, leads: bool) -> None:
        """Let the teacher's page move the phones' pages from now on, or no more. Raises PermissionError for others."""
        self._refuse_others(taught, browser)
        taught.leads = leads

    def move(self, taught: SchoolClass, browser: str, page: str, query: Mapping[str, str]) -> None:
        """Lead the phones to a page. Raises PermissionError for one who does not teach the class."""
        self._refuse_others(taught, browser)
        with self._lock:
            taught.move = Move(taught.move.number + 1 if taught.move else 1, page, dict(query))

    def pause(self, joined: SchoolClass) -> float:
        """Return how many seconds a phone leaves between two looks: the more there are, the longer."""
        return max(LOOK, len(joined.phones) / LOOKS)

    def _refuse_others(self, taught: SchoolClass, browser: str) -> None:
        if browser not in taught.teachers:
            raise PermissionError("only the teacher of a class does this")

    def _find(self, fits: Callable[[SchoolClass], bool]) -> SchoolClass | None:
        if not self._by_code:  # as on most servers, at every click
            return None
        with self._lock:
            self._forget()
            return next((each for each in self._by_code.values() if fits(each)), None)

    def _forget_empty(self) -> bool:
        """Forget the class that has waited longest without a phone; whether there was one. The lock is held."""
        waiting = [each for each in self._by_code.values() if not each.phones and self._clock() - each.heard > EMPTY]
        if waiting:
            del self._by_code[min(waiting, key=lambda each: each.heard).code]
        return bool(waiting)

    def _forget_silent(self, joined: SchoolClass) -> bool:
        """Forget the phones that went without saying anything; whether there were any. The lock is held."""
        # Whoever reloads without cookies comes as another phone each time, and would soon fill the class.
        now = self._clock()
        silent = [each for each, said in joined.phones.items() if not said and now - joined.seen[each] > HERE]
        for each in silent:
            del joined.phones[each], joined.seen[each]
        return bool(silent)

    def _forget(self) -> None:
        """Forget the classes whose hour is over; the lock is held."""
        now = self._clock()
        for code, each in list(self._by_code.items()):
            if now - each.heard > LASTS:
                del self._by_code[code]


@cache
def shared() -> School:
    """Return the classes of this process."""
    return School()
