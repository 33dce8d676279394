"""Numbers in sentences: one picture, two pictures; and texts of strangers, made fit to be shown."""

import unicodedata

UNSEEN = ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
"""Kinds of signs that are no text: controls, halves of pairs, what no standard knows, and breaks of line."""
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Signs that turn the direction of what follows, with which "gpj.exe" reads "exe.jpg", and one that no one sees."""


def legible(text: str) -> str:
    """Return a stranger's text in one line, with a mark in place of each sign that is no text or hides some.

    >>> legible("a\\tb\\u202egpj\\ud800")
    'a b\ufffdgpj\ufffd'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if sign in "\t\n\r" else "\ufffd" if sign in TURNING or unicodedata.category(sign) in UNSEEN else sign
        for sign in text
    )


def plural(number: int, noun: str, many: str | None = None) -> str:
    """Return a count with its noun, thousands set apart by commas; `many` is the plural where it is not noun + "s".

    >>> plural(1, "picture"), plural(10_000, "picture"), plural(0, "class", "classes")
    ('1 picture', '10,000 pictures', '0 classes')
    """
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"
