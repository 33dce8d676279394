"""What a visitor chooses (`Setting`), does (`Told`) and what else a visit holds (`Held`): typed, each with one owner.

A page keeps its settings in `settings.py` and the rest in `state.py`; no other module names their keys.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

T = TypeVar("T")
Known = TypeVar("Known")


def as_text(value: Any) -> str:
    """Return a value as a link says it: a switch as 0 or 1.

    >>> as_text(True), as_text(0.5), as_text("dog")
    ('1', '0.5', 'dog')
    """
    return str(int(value) if isinstance(value, bool) else value)


@dataclass(frozen=True, eq=False)
class Setting(Generic[T]):
    """One thing that a visitor can choose: its key in the session, which is also its widget's and its name in links."""

    key: str
    default: T
    """What it begins with; None where that depends on what is here."""
    read: Callable[[str], T] | None = None
    """From a link's text; raises ValueError for what it may not be. None where no link holds it."""
    write: Callable[[T], str] = as_text
    """To a link's text."""
    lasting: bool = False
    """Whether a link that does not name it leaves it as it is."""
    named: bool = False
    """Whether a link names it even where it is as it began."""

    @property
    def value(self) -> T:
        """What is chosen now, or what it begins with."""
        return st.session_state.get(self.key, self.default)

    @property
    def held(self) -> bool:
        """Whether the session holds it: once it was chosen, or its widget drawn on the page that the visitor is on."""
        return self.key in st.session_state

    def put(self, value: T) -> None:
        """Choose this; where its widget is drawn, only before that or in a callback."""
        st.session_state[self.key] = value

    def bind(self) -> str:
        """Return the key for its widget, once the session holds what it begins with."""
        # Not as the widget's own default: Streamlit complains where a widget has one and a link has set its value as
        # well.
        st.session_state.setdefault(self.key, self.default)
        return self.key

    def forget(self) -> None:
        """Go back to what it begins with."""
        st.session_state.pop(self.key, None)


@dataclass(frozen=True, eq=False)
class Held(Generic[T]):
    """One object that lives as long as a visit, made when it is first asked for."""

    key: str
    make: Callable[[], T]

    def get(self) -> T:
        """The object of this visit."""
        if self.key not in st.session_state:
            st.session_state[self.key] = self.make()
        return st.session_state[self.key]

    def put(self, value: T) -> None:
        """Hold this one from now on."""
        st.session_state[self.key] = value

    def forget(self) -> None:
        """Let it be made anew."""
        st.session_state.pop(self.key, None)


@dataclass(frozen=True, eq=False)
class Told(Generic[T]):
    """What a chart, a table or a component of our own tells of what a visitor did in it."""

    key: str
    """The key under which it is drawn."""
    read: Callable[[Any], T]
    """From what Streamlit keeps under that key."""

    @property
    def heard(self) -> bool:
        """Whether it is drawn on the page that the visitor is on: what it told while they left belongs to none."""
        return self.key in st.session_state

    @property
    def value(self) -> T:
        """What it told last; it has to be drawn."""
        return self.read(st.session_state[self.key])

    def hear(self, do: Callable[[T], object]) -> None:
        """Have `do` take over what it told, as its callback; what nothing on the page can have told is passed over.

        A message from a browser may be forged, or come from a page that an earlier version drew.
        """
        with suppress(LookupError, TypeError, ValueError, OverflowError):
            do(self.value)


def put_again() -> None:
    """Choose once more whatever is chosen; to be called before any widget is drawn that says it in other words.

    A browser knows an option by what stands on it, so what it holds is none of the options once they are said in
    another language: a slider then goes to its beginning, a list to its first line. What is put is told to the browser.
    """
    for key, value in st.session_state.items():
        several = value if isinstance(value, list | tuple) else [value]
        # What is pressed, switched, dropped or drawn has nothing to choose from: its values are of other types, and
        # most of them cannot be put. Of none there is none to put.
        if several and all(isinstance(each, str | int | float) and not isinstance(each, bool) for each in several):
            st.session_state[key] = value


@dataclass(frozen=True)
class PageSettings:
    """The settings of one page that links may hold."""

    page: str
    """The page's folder and address, "" for what holds on every page."""
    settings: tuple[Setting[Any], ...]
    together: bool = False
    """Whether a link that names none of them leaves them all as they are."""


def one_of(known: Iterable[Known]) -> Callable[[str], Known]:
    """Return a reader of these values.

    >>> one_of((0.5, 2.0))("2.0")
    2.0
    """
    by_text = {str(value): value for value in known}

    def read(text: str) -> Known:
        if text not in by_text:
            raise ValueError(f"needs one of {', '.join(by_text)}, not {text[:40]}")
        return by_text[text]

    return read


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `least` to `most`.

    >>> whole(0, 9)("7")
    7
    """

    def read(text: str) -> int:
        if not least <= int(text) <= most:
            raise ValueError(f"needs {least} to {most}, not {text[:40]}")
        return int(text)

    return read


def decimal(least: float, most: float, digits: int) -> Callable[[str], float]:
    """Return a reader of numbers from `least` to `most`, rounded to `digits` decimals.

    >>> decimal(0, 1, 2)("0.333"), decimal(0, 1, 2)("-0")
    (0.33, 0.0)
    """

    def read(text: str) -> float:
        # Asked this way round, nan is turned away too: no comparison with it is true.
        if not least <= float(text) <= most:
            raise ValueError(f"needs {least:g} to {most:g}, not {text[:40]}")
        return round(float(text), digits) + 0.0  # which makes 0 of -0

    return read


def switch(text: str) -> bool:
    """Return whether a switch is on, from 0 or 1. Raises ValueError for another text."""
    if text not in ("0", "1"):
        raise ValueError(f"needs 0 or 1, not {text[:40]}")
    return text == "1"
