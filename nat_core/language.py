"""The language of what is said: gettext's catalogues, chosen anew for each visitor, and numbers as it writes them;
and texts of strangers, made fit to be shown.

English stands in the code; `languages/LANGUAGE/*.po` of the engine and of the app hold the others. What no catalogue
translates is said in English. A sentence and its numbers are one call, so that a translator can move them:
`_("Fooled by {count} of {all}", count=3, all=1000)`.
"""

import gettext
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any, Generic, TypeVar

SOURCE = "en"
"""The language in which the code is written, and all else falls back to."""
LANGUAGES = {SOURCE: "English", "de": "Deutsch"}
"""Every language by its code, as it calls itself."""
FOLDERS = [Path(__file__).with_name("languages")]
"""Where catalogues are looked for, each in LANGUAGE/*.po; the app adds its own."""
CHOSEN: ContextVar[str] = ContextVar("language")
"""The language of this thread or task, empty or unset where nobody chose."""
JOINER = "\u2060"
"""A sign of no width, at which no line breaks."""
NO_TEXT = ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
"""Kinds of signs that are no text: controls, halves of pairs, what no standard knows, and breaks of line."""
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Signs that turn the direction of what follows, with which "gpj.exe" reads "exe.jpg", and one that no one sees."""
ASKED: list[Callable[[], str | None]] = []
"""Who is asked where nobody chose, see `ask`; one at most."""
Key = TypeVar("Key")


def use(language: str) -> None:
    """Speak this language from now on, in this thread or task alone. Raises ValueError for one that is not there.

    >>> use("en")
    >>> current()
    'en'
    """
    if language not in LANGUAGES:
        raise ValueError(f"needs one of {', '.join(LANGUAGES)}, not {language[:40]}")
    CHOSEN.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak this language in the block, and after it what was spoken before: for what is written for programs.

    >>> with speaking("de"):
    ...     current()
    'de'
    """
    before = CHOSEN.get("")
    use(language)
    try:
        yield
    finally:
        CHOSEN.set(before)


def ask(whose: Callable[[], str | None]) -> None:
    """Ask `whose` for the language wherever none is chosen; it returns None where it does not know."""
    ASKED[:] = [whose]


def current() -> str:
    """Return the code of the language that is spoken here, English where nobody chose."""
    language = CHOSEN.get("")
    if not language:
        # Streamlit runs a part of a page in a thread of its own, in which nobody has chosen yet.
        found = ASKED[0]() if ASKED else None
        if found is None:
            return SOURCE
        CHOSEN.set(found)
        return found
    return language


def best(wishes: str | None) -> str:
    """Return the first language that is there of those that a browser wishes for, English where none is.

    `wishes` is a locale or an Accept-Language header.

    >>> best("de-AT"), best("fr;q=0.9, de;q=0.8"), best(None)
    ('de', 'de', 'en')
    """
    for wish in (wishes or "").split(","):
        code = wish.partition(";")[0].strip().replace("_", "-").partition("-")[0].lower()
        if code in LANGUAGES:
            return code
    return SOURCE


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Return all that is translated into a language; of the source language, nothing."""
    found = gettext.NullTranslations()
    if language == SOURCE:
        return found
    # Only for other languages: it takes a twentieth of a second, which no English visitor should wait for.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for file in sorted(each for folder in FOLDERS for each in (folder / language).glob("*.po")):
        compiled = BytesIO()
        with file.open("rb") as opened:
            write_mo(compiled, read_po(opened, locale=language))
        compiled.seek(0)
        translations = gettext.GNUTranslations(compiled)
        translations.add_fallback(found)
        found = translations
    return found


class _Local(Formatter):
    """`str.format` with the decimal and thousands separators of the language."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """A number as the language writes it, all else as Python does."""
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not format_spec:
            return super().format_field(value, format_spec)
        return number(value, format_spec)


_local = _Local()


def number(value: float | int, form: str = "g") -> str:
    """Return a number in Python's format `form`, with the separators of the language and a minus that is no hyphen.

    A negative number that is written as zero has no minus: nothing is less than nothing.

    >>> number(1234.5, ",.1f"), number(-2, "+d"), number(-0.004, "+.2f")
    ('1,234.5', '\u22122', '0.00')
    """
    text = format(value, form)
    if not text.strip("-0.,%"):
        text = text.removeprefix("-")
    return written(text.replace("-", "\u2212"))


def written(digits: str) -> str:
    """Return a number that Python wrote with the separators of the language.

    >>> written("0.90")
    '0.90'
    """
    language = current()
    return digits if language == SOURCE else digits.translate(separators(language))


def span(low: str, high: str) -> str:
    """Return an interval between two numbers as they are written: an en dash, before and after which no line breaks.

    >>> span("0.25", "0.50").replace(JOINER, "")
    '0.25–0.50'
    """
    return f"{low}{JOINER}\u2013{JOINER}{high}"


@cache
def separators(language: str) -> dict[int, str]:
    """Return what a language writes for the point and the comma of English numbers, for `str.translate`."""
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return {ord("."): get_decimal_symbol(language), ord(","): get_group_symbol(language)}


def _(message: str, **values: Any) -> str:
    """Return a message in the language that is spoken, with the values in its {fields}; without values it stays as is.

    The message is a literal, so that the tools which collect messages find it. Numbers with a format are written as
    the language does.

    >>> _("{share:.2f} of {all:,}", share=0.5, all=1000)
    '0.50 of 1,000'
    """
    language = current()
    said = message if language == SOURCE else catalogue(language).gettext(message)
    return _local.format(said, **values) if values else said


def ngettext(one: str, many: str, count: int, **values: Any) -> str:
    """Return the message that fits the count, which is its field {count}, as `_` does.

    >>> ngettext("{count:,} picture", "{count:,} pictures", 1), ngettext("{count:,} set", "{count:,} sets", 2000)
    ('1 picture', '2,000 sets')
    """
    return _local.format(catalogue(current()).ngettext(one, many, count), count=count, **values)


def pgettext(context: str, message: str, **values: Any) -> str:
    """Return a message whose translation depends on where it stands, as `_` does.

    >>> pgettext("a button", "Back")
    'Back'
    """
    said = catalogue(current()).pgettext(context, message)
    return _local.format(said, **values) if values else said


def N_(message: str) -> str:  # noqa: N802 - the name by which gettext's tools know it
    """Mark a message of a module's constant, which is made before anyone speaks: `_` translates it where it is said.

    >>> N_("Baseline")
    'Baseline'
    """
    return message


class Titles(Mapping[Key, str], Generic[Key]):
    """Words by their keys, each said in the language that is spoken when it is looked up; `N_` marks them.

    >>> Titles({"baseline": N_("Baseline")})["baseline"]
    'Baseline'
    """

    def __init__(self, words: Mapping[Key, str]) -> None:
        self._words = dict(words)

    def __getitem__(self, key: Key) -> str:
        """The word of a key; KeyError where there is none."""
        return _(self._words[key])

    def __iter__(self) -> Iterator[Key]:
        """The keys, in the order in which they were given."""
        return iter(self._words)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._words)


def legible(text: str) -> str:
    """Return a stranger's text in one line, with a mark in place of each sign that is no text or hides some.

    >>> legible("a\\tb\\u202egpj\\ud800")
    'a b\ufffdgpj\ufffd'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if sign in "\t\n\r" else "\ufffd" if sign in TURNING or unicodedata.category(sign) in NO_TEXT else sign
        for sign in text
    )


def plural(count: int, noun: str, many: str | None = None) -> str:
    """Return a count with its noun, thousands set apart by commas; `many` is the plural where it is not noun + "s".

    >>> plural(1, "picture"), plural(10_000, "picture"), plural(0, "class", "classes")
    ('1 picture', '10,000 pictures', '0 classes')
    """
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"
