"""What the visitor's browser must do itself: say the page's language, its new title, what drop zones are and take."""

from pathlib import Path

import streamlit as st

from nat_app.visit import decoding

_component = st.components.v2.component(
    "browser", html="<span hidden></span>", js=Path(__file__).with_name("browser.js").read_text(encoding="utf-8")
)


def adapt(language: str) -> None:
    """Have the browser adapt to this page; to be called inside the sidebar."""
    _component(key="browser", data={"language": language, "accept": decoding.accepted()}, height=1)
