"""What the fields of a recipe may say: names, whole and finite numbers, words of a list; each a sentence if not."""

import re
from collections.abc import Sequence
from math import isfinite
from numbers import Integral, Real
from typing import Any

_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows gives to devices, in any folder and with any ending."""
# The folders beside the networks and in .state, and the endings of the files there.
_TAKEN = re.compile(r"tensorboard|runs|field_sets|.*\.(json|lock|tmp)", re.IGNORECASE)
MAX_NAME = 100
"""Bytes of a name."""


def check_name(what: str, name: Any) -> None:
    """Raise ValueError for a name that cannot be a folder on any system, a part of file names and a word of commands.

    `what` is the name's subject in the sentence.

    >>> check_name("a recipe's name", "../mine")
    Traceback (most recent call last):
    ValueError: a recipe's name is a folder's, of letters, digits and any of _ - . inside, not '../mine': choose another
    """
    if not isinstance(name, str) or not re.fullmatch(r"\w([\w.-]*[\w-])?", name):
        raise ValueError(
            f"{what} is a folder's, of letters, digits and any of _ - . inside, not {name!r:.120}: choose another"
        )
    if len(name.encode("utf-8", "replace")) > MAX_NAME:
        raise ValueError(f"{what} has at most {MAX_NAME} characters, not {len(name)}: shorten {name[:40]!r}...")
    if _DEVICES.fullmatch(name) or _TAKEN.fullmatch(name):
        raise ValueError(f"{what} may not be {name!r}, which stands for something else there: choose another")


def whole(value: Any) -> bool:
    """Return whether a value is a whole number; True and False are none.

    >>> whole(3), whole(True), whole(3.0)
    (True, False, False)
    """
    return isinstance(value, Integral) and not isinstance(value, bool)


def finite(value: Any) -> bool:
    """Return whether a value is a number that is neither infinite nor nan.

    >>> finite(0.5), finite(float("nan"))
    (True, False)
    """
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def check_known(what: str, values: Sequence[object], known: tuple[str, ...]) -> None:
    """Raise ValueError, naming those that are known, where one of the values is not among them.

    >>> check_known("precision", ["float8"], ("float32",))
    Traceback (most recent call last):
    ValueError: unknown precision 'float8'; known: float32
    """
    for value in values:
        if value not in known:
            raise ValueError(f"unknown {what} {value!r:.80}; known: {', '.join(known)}")
