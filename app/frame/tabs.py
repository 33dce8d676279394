"""Tabs that stay open whatever language their titles are said in."""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.mutable_tab_container import TabContainer

from nat_app.shared.language import _
from nat_app.shared.settings import Setting


def tabs(
    titles: Sequence[str], opened: Setting[str | None], say: Callable[[str], str] = _
) -> tuple[str, DeltaGenerator]:
    """Draw tabs; return the title of the open one, and the tab itself, which alone is to be filled.

    `titles` are marked by `N_`. `opened` holds the open tab's title as it is in English, so that links and a switch of
    the language leave it open. `say` returns what stands on a tab.
    """
    return next((title, tab) for title, tab in all_tabs(titles, opened, say).items() if tab.open)


def all_tabs(
    titles: Sequence[str], opened: Setting[str | None], say: Callable[[str], str] = _
) -> dict[str, TabContainer]:
    """Draw tabs as `tabs` does; return each by its title, all of which are to be filled."""
    # Streamlit knows a tab by what stands on it, so its own key cannot be the setting's.
    shown: Setting[str | None] = Setting(f"{opened.key}_tabs", None)
    said = {say(title): title for title in titles}

    def take() -> None:
        opened.put(said.get(shown.value or "", opened.value))

    shown.put(say(opened.value or titles[0]))
    return dict(zip(titles, st.tabs(list(said), key=shown.key, on_change=take), strict=True))
