"""What the app's styles and scripts know of Streamlit's insides, which may change with any release."""

import re
from collections import Counter
from pathlib import Path

import streamlit

import nat_app

INTERNAL = re.compile(r"data-testid\^?=|\.st[A-Z]\w*|st-emotion")
ALLOWED = {
    "frame/browser.js": 2,
    "frame/style.css": 11,
    "server/own_pages/waiting.js": 1,
}
"""How often each file names one. A theme option, a widget's own argument or a key's class comes first."""
NAMED = re.compile(r'data-testid\^?="(\w+)|\.(st[A-Z]\w*)|\[(data-(?!testid)[a-z-]+)')
OURS = {"data-head", "data-group"}
"""The attributes that the app's own scripts set."""
APP = Path(nat_app.__file__).parent


def written() -> dict[str, str]:
    """What each of the app's files holds that a browser may read."""
    files = [each for kind in ("css", "js", "py", "html") for each in APP.rglob(f"*.{kind}")]
    return {each.relative_to(APP).as_posix(): each.read_text("utf-8") for each in files}


def test_streamlit_internals_in_styles_do_not_grow():
    said = {name: INTERNAL.findall(text) for name, text in written().items()}
    found = Counter({name: len(names) for name, names in said.items() if names})
    assert found == ALLOWED, "fewer: lower the count; more: find what is public"
    assert not any("emotion" in name for names in said.values() for name in names)


def test_what_styles_name_of_streamlit_is_there():
    """A rule for what Streamlit calls otherwise by now does nothing, and nobody is told."""
    scripts = Path(streamlit.__file__).parent / "static" / "static" / "js"
    theirs = "".join(each.read_text("utf-8") for each in scripts.glob("*.js"))
    named = {name for file in ALLOWED for each in NAMED.findall(written()[file]) for name in each if name} - OURS
    assert {"stSidebar", "stMainBlockContainer", "data-stale"} <= named
    assert sorted(name for name in named if name not in theirs) == []
