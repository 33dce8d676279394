"""What the visitor's browser must do itself: say which language the page has, what drop zones are, and a new title."""

from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "browser", html="<span hidden></span>", js=Path(__file__).with_name("browser.js").read_text(encoding="utf-8")
)


def adapt(language: str) -> None:
    """Have the browser adapt to this page; to be called inside the sidebar."""
    _component(key="browser", data={"language": language}, height=1)
