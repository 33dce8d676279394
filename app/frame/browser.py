"""What the visitor's browser must do itself: language, titles, focus, names kept whole, larger text, zones, rows."""

from pathlib import Path

import streamlit as st

from nat_app.shared.language import LANGUAGE, _
from nat_app.shared.page_file import FOCUS_SCRIPT, NAMES_SCRIPT
from nat_app.visit import decoding

_SCRIPTS = (
    FOCUS_SCRIPT,
    NAMES_SCRIPT,
    *(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("address.js", "rows.js", "browser.js")),
)
_component = st.components.v2.component("browser", html="<span hidden></span>", js="\n".join(_SCRIPTS))


def zone_words() -> dict[str, str]:
    """Return what Streamlit writes and tells in drop zones and at the camera, in English and as this visit reads it.

    {name} stands for that of a file.
    """
    return {
        "Upload": _("Upload"),
        "Upload directories": _("Upload directories"),
        "Drag and drop files here": _("Drag and drop files here"),
        "Drag and drop a file here": _("Drag and drop a file here"),
        "Drag and drop directories here": _("Drag and drop directories here"),
        "per file": _("per file"),
        "Add files": _("Add files"),
        "Remove {name}": _("Remove {name}"),
        "Cancel upload of {name}": _("Cancel upload of {name}"),
        "Take Photo": _("Take Photo"),
        "Clear photo": _("Clear photo"),
        "Switch camera": _("Switch camera"),
        "This app would like to use your camera.": _("This app would like to use your camera."),
        "Learn how to allow access.": _("Learn how to allow access."),
    }


def adapt(language: str, *, wall: bool) -> None:
    """Have the browser adapt to this page; to be called inside the sidebar. For the wall, all text is larger.

    `language` is the one that is spoken. The one that was chosen, if one was, is kept in the address, so that a page
    that is loaded again speaks it.
    """
    told = {
        "language": language,
        "chosen": LANGUAGE.value,
        "wall": wall,
        "accept": decoding.accepted(),
        "zone": zone_words(),
    }
    _component(key="browser", data=told, height=1)
