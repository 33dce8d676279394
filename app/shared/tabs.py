"""Tabs with names in the visitor's language, while links and settings know them by their English ones."""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.elements.lib.mutable_tab_container import TabContainer

from nat_app.shared.language import _, translations
from nat_app.shared.settings import Setting


def in_english(names: Sequence[str]) -> Callable[[str | None], str]:
    """Return what writes the name of an open tab into a link: in English, whatever language it is said in.

    >>> in_english(["Each photo", "Table of all"])("Table of all")
    'Table of all'
    """

    def write(said: str | None) -> str:
        return next((name for name in names if said in translations(name)), str(said))

    return write


def tabs(setting: Setting[str | None], names: Sequence[str]) -> Sequence[TabContainer]:
    """Draw tabs of these English names, which `N_` marks; `setting` knows which is open, and the page is drawn anew.

    To write it into links the setting needs `in_english`.
    """
    # Streamlit knows a tab by what is written on it: a link says it in English, the run before perhaps as well.
    if setting.value is not None:
        setting.put(_(in_english(names)(setting.value)))
    return st.tabs([_(name) for name in names], key=setting.key, on_change="rerun")
