"""What the visitor's browser must do itself: say the page's language, what its title became, what drop zones are."""

from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "browser", html="<span hidden></span>", js=Path(__file__).with_name("browser.js").read_text(encoding="utf-8")
)


def adapt(language: str) -> None:
    """Have the browser adapt to this page; to be called inside the sidebar."""
    _component(key="browser", data={"language": language}, height=1)
