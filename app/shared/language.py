"""The visitor's language: what they chose, else what their browser asks for; words as `nat_core.language` has them."""

from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from nat_app.shared.settings import Setting, one_of
from nat_core import language
from nat_core.language import JOINER, LANGUAGES, N_, Titles, _, ngettext, number, pgettext, span, written

__all__ = [
    "JOINER", "LANGUAGE", "LANGUAGES", "N_", "Titles", "_", "ngettext", "number", "of_visit", "pgettext",
    "span", "written",
]  # fmt: skip

LANGUAGE: Setting[str] = Setting("lang", "", lambda text: one_of(LANGUAGES)(text), lasting=True)
"""What was chosen in the sidebar or by a link; "" where the browser's locale decides."""


def of_visit() -> str | None:
    """Return the language of the visit whose run this is, None outside of any."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    return LANGUAGE.value or language.best(st.context.locale)


language.FOLDERS.append(Path(__file__).parents[1] / "languages")
language.ask(of_visit)
