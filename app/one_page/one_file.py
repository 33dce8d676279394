"""`nat page`: the file itself, put together from its parts, with the rule that keeps it from fetching anything.

Everything is inside: words, networks, photos, script and style. The script that runs and the style are named in the
rule by their digests, so nothing that a link or a photo's name holds can become code.
"""

import base64
import hashlib
import html
import json
import os
from pathlib import Path
from urllib.parse import quote

from streamlit.logger import set_log_level

from nat_app.one_page import carried_maps, carried_networks, gallery_photos, words
from nat_app.one_page.payload import Payload
from nat_app.shared.drawing import share_card
from nat_app.shared.drawing.palette import DARK, LIGHT
from nat_app.shared.language import LANGUAGES
from nat_app.shared.page_file import FOCUS_SCRIPT, NAMES_SCRIPT, SVG_SCRIPT
from nat_app.views.thresholds import histograms
from nat_core.files import write_together
from nat_core.store.checkpoints import checkpoints_folder

MOST = 5_000_000
"""Bytes: the file has to fit into a mail."""
HERE = Path(__file__).parent / "browser"
KEEPER = HERE / "offline.js"
"""The script of the file beside it."""
COMPUTING = ("network.js", "worker.js")
"""What runs beside the page, in a worker."""
PAGES = ("see_it.js", "photos.js", "thresholds.js", "attention.js")
SCRIPTS = ("words.js", "drawing.js", "sharing.js", *(f"pages/{each}" for each in PAGES), "main.js")
"""The page's own modules, in the order in which one uses the other."""
ICON = Path(__file__).parents[1] / "icon.png"


def write_page(file: Path, offline: bool = False) -> int:
    """Write the page to a file; return its length in bytes. Raises CheckpointError where a network is missing.

    With `offline` a second file is written beside it, for web spaces: see `offline_file`.
    """
    beside = offline_file(file) if offline else None
    content = page(beside.name if beside else "").encode()
    files = {file.name: content} | ({beside.name: KEEPER.read_bytes()} if beside else {})
    write_together(file.parent, files)
    return len(content)


def offline_file(file: Path) -> Path:
    """Return the file beside a page that keeps it for times without a network, as a browser takes no other.

    >>> offline_file(Path("site/nat.html")).name
    'nat.offline.js'
    """
    return file.with_name(f"{file.stem}.offline.js")


def page(offline: str = "") -> str:
    """Return the page: one HTML file that needs nothing else. Raises CheckpointError where a network is missing.

    `offline` is the name of a file beside it, which keeps it where it is served; "" where there is none.
    """
    set_log_level("error")  # the app's functions run outside of a visit here, of which Streamlit would warn
    style, script = _read("page.css") + histograms.STYLE + share_card.STYLE, _script()
    parts = {
        "RULE": html.escape(_rule(script, style, offline)),
        # As an address, whatever signs or bytes are in the name: it can be none of the places below either.
        "OFFLINE": f'<meta name="offline" content="{quote(os.fsencode(offline))}">' if offline else "",
        "ICON": base64.b64encode(ICON.read_bytes()).decode("ascii"),
        "STYLE": style,
        "SCRIPT": script,
        "WORKER": _for_a_script("".join(_read(f"computing/{name}") for name in COMPUTING)),
        "KERNEL": base64.b64encode((HERE / "computing" / "convolution.wasm").read_bytes()).decode("ascii"),
        "CARRIED": _carried(),
        **{f"WORDS_{spoken.upper()}": Payload().packed(words.in_language(spoken)) for spoken in LANGUAGES},
    }
    text = _read("page.html")
    for name, part in parts.items():
        text = text.replace(f"[[{name}]]", part)
    return text


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _carried() -> str:
    payload, folder = Payload(), checkpoints_folder()
    named = [name for pair in carried_networks.pairs() for name in pair.names]
    colours = {theme: vars(each) for theme, each in (("light", LIGHT), ("dark", DARK))}
    described = words.constants() | {
        "networks": {name: carried_networks.described(folder, name, payload) for name in named},
        "pictures": gallery_photos.carried(payload),
        "stored": carried_maps.stored(payload),
        "licences": gallery_photos.licences(),
        "colours": colours,
    }
    return payload.packed(described)


def _script() -> str:
    """Return the page's script: the app's for drawings, focus, names and cards, what computes, the page's modules."""
    parts = [
        '"use strict";',
        SVG_SCRIPT,
        FOCUS_SCRIPT,
        NAMES_SCRIPT,
        f"const drawHistograms = {_closed(histograms.SCRIPT)};",
        f"const LIVE = {json.dumps(histograms.HTML)};",
        f"const drawShareCard = {_closed(share_card.SCRIPT)};",
        f"const SHARE_CARD = {json.dumps(share_card.HTML)};",
        *(_read(f"computing/{name}") for name in ("network.js", "pixels.js")),
        *(_read(name) for name in SCRIPTS),
    ]
    return _for_a_script("\n" + "\n".join(parts))


def _closed(component: str) -> str:
    """Return a component's script as the function that it exports, with its other names kept to itself.

    The app loads it as a module of its own. It is handed over at the end, once the classes that it uses are there.
    """
    return f"(() => {{\n{component.replace('export default function', 'function exported', 1)}\nreturn exported;\n}})()"


def _for_a_script(text: str) -> str:
    """Return a script that stands in a page: no text in it may end it."""
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError("a script of the page holds what would end it")
    return text


def _rule(script: str, style: str, offline: str = "") -> str:
    """Return the Content-Security-Policy: this script and this style, pictures from inside, and nothing else at all.

    >>> _rule("", "").split("; ")[0]
    "default-src 'none'"
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_digest(script)}' 'wasm-unsafe-eval'",
            f"style-src '{_digest(style)}'",
            "img-src data: blob:",
            "media-src blob:",
            "worker-src blob: 'self'" if offline else "worker-src blob:",
            "manifest-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
