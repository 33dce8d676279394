"""What the app's styles and scripts know of Streamlit's insides, which may change with any release."""

import re
from collections import Counter
from pathlib import Path

import nat_app

INTERNAL = re.compile(r"data-testid\^?=|\.st[A-Z]\w*|st-emotion")
ALLOWED = {
    "frame/browser.js": 7,
    "frame/style.css": 29,
    "server/own_pages/waiting.js": 1,
    "views/teach_your_own/view.py": 5,
}
"""How often each file names one. A theme option, a widget's own argument or a key's class comes first."""


def test_streamlit_internals_in_styles_do_not_grow():
    app = Path(nat_app.__file__).parent
    files = [each for kind in ("css", "js", "py", "html") for each in app.rglob(f"*.{kind}")]
    said = {each.relative_to(app).as_posix(): INTERNAL.findall(each.read_text("utf-8")) for each in files}
    found = Counter({name: len(names) for name, names in said.items() if names})
    assert found == ALLOWED, "fewer: lower the count; more: find what is public"
    assert not any("emotion" in name for names in said.values() for name in names)
