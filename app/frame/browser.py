"""What the visitor's browser must do itself: the page's language, larger text, what its title became."""

from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "browser", html="<span hidden></span>", js=Path(__file__).with_name("browser.js").read_text(encoding="utf-8")
)


def adapt(language: str, *, wall: bool) -> None:
    """Have the browser adapt to this page; to be called inside the sidebar. For the wall, all text is larger."""
    _component(key="browser", data={"language": language, "wall": wall}, height=1)
