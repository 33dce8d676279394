"""A language in which every translated message stands in brackets, so that what stands outside was never translated."""

import gettext
import json
import re
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from nat_core import language
from tests.pages import plain, shown

PSEUDO = "xx"
BRACKETS = re.compile(r"⟦[^⟦⟧]*⟧")
WORD = re.compile(r"[A-Za-zÄÖÜäöüß]{3,}")
READ = ("label", "help", "body", "placeholder", "options", "alt", "text", "title", "content", "caption", "error")
"""Fields of Streamlit's messages that hold what a visitor reads."""
DRAWN = ("text", "name", "hovertemplate", "hovertext", "ticktext", "title", "texttemplate", "customdata")
"""Fields of a Plotly figure that hold what a visitor reads."""
NAMES = frozenset(
    [
        "nat",
        "explorer",
        "ncr",
        "auroc",
        "fpr",
        "aupr",
        "cifar",
        "ilsvrc",
        "resnet",
        "wrn",
        "wideresnet",
        "gaussian",
        "csv",
        "json",
        "npz",
        "safetensors",
        "pytorch",
        "torch",
        "html",
        "http",
        "https",
        "localhost",
        "gen",
        "vim",
        "knn",
        "rmds",
        "kl",
        "language",
        "sprache",
        "english",
        "deutsch",
        "jpg",
        "jpeg",
        "png",
        "webp",
        "gif",
        "bmp",
        "zip",
        "streamlit",
        "pseudo",
        "captum",
        "github",
        "svg",
        "px",
        "pdf",
        "bib",
        "latex",
    ]
)
"""Names that every language leaves as they are, and what files are called."""


class Pseudo(gettext.NullTranslations):
    """Puts each message in brackets."""

    def gettext(self, message: str) -> str:
        """The message in brackets."""
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The form for `n` in brackets."""
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    def pgettext(self, context: str, message: str) -> str:
        """The message in brackets."""
        return f"⟦{message}⟧"


def speak_pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the language of brackets one of the app's, so that a link with lang=xx opens pages in it."""
    from nat_app.frame import settings  # noqa: F401 - the app's own catalogues are known once it is imported

    known, separators = language.catalogue, language.separators
    monkeypatch.setitem(language.LANGUAGES, PSEUDO, "Pseudo")
    # AppTest asks a widget for its options outside of the visit.
    monkeypatch.setattr(language, "CHOSEN", ContextVar("language"))
    monkeypatch.setattr(language, "ASKED", [lambda: PSEUDO])
    monkeypatch.setattr(language, "catalogue", lambda name: Pseudo() if name == PSEUDO else known(name))
    monkeypatch.setattr(language, "separators", lambda name: {} if name == PSEUDO else separators(name))


def loose_words(app: AppTest, allowed: frozenset[str] = frozenset(), *, sidebar: bool = True) -> list[str]:
    """Return every text of a page that has a word outside of the brackets; `allowed` words are names, in lower case."""
    assert not app.exception, app.exception
    return [each for text in texts(app, sidebar=sidebar) for each in loose_in(text, allowed)]


def loose_in(text: str, allowed: frozenset[str] = frozenset()) -> list[str]:
    """Return a text that has a word outside of the brackets after those words, in a list; else an empty one."""
    rest = shown(plain(text))
    while (less := BRACKETS.sub(" ", rest)) != rest:
        rest = less
    rest = re.sub(
        r"</?\w+[^>]*>|%\{[^}]*\}|:material/\w+:|`[^`]*`|\]\([^)]*\)|https?:\S+|:\w+\[|\b\w+\.\w{2,5}\b", " ", rest
    )
    loose = [word for word in WORD.findall(rest) if word.lower() not in NAMES | allowed]
    return [f"{' '.join(loose)}  <-  {text[:150]}"] if loose else []


def texts(app: AppTest, *, sidebar: bool = True) -> Iterator[str]:
    """Yield all that a visitor reads of a page and its sidebar, tables and pictures' descriptions among it."""
    for block in (app.main, app.sidebar) if sidebar else (app.main,):
        for node in block:
            proto = getattr(node, "proto", None)
            if isinstance(proto, Message):
                yield from _of_message(proto)


def _of_message(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        if field.name == "spec" and isinstance(value, str):
            yield from _of_figure(json.loads(value))
        elif field.type == field.TYPE_MESSAGE:
            # Maps and arrow tables are no texts; a repeated message is one list.
            for each in value if hasattr(value, "__len__") else [value]:
                if isinstance(each, Message):
                    yield from _of_message(each)
        elif field.name in READ and field.type == field.TYPE_STRING:
            yield from [value] if isinstance(value, str) else value


def _of_figure(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _of_figure(each, name if name in DRAWN or not isinstance(each, (str, list)) else "")
    elif isinstance(value, list):
        for each in value:
            yield from _of_figure(each, key)
    elif isinstance(value, str) and key in DRAWN:
        yield value
