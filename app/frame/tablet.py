"""The sidebar on an upright tablet: folded when a visit begins, so that pages have the whole screen."""

from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "tablet_sidebar", html="<span hidden></span>", js=Path(__file__).with_name("tablet.js").read_text(encoding="utf-8")
)


def fold_sidebar() -> None:
    """Fold the sidebar where the screen is a tablet's, upright; to be called inside the sidebar."""
    _component(key="tablet_sidebar", height=1)
