"""The pages that the server shows by itself, in the browser's language: the door, no such page, and no more room.

And what it adds to Streamlit's own page: the style sheet, and words for whoever waits in vain, as behind a filter that
lets no WebSocket through.
"""

import re
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path

import streamlit

import nat_app
from nat_app.shared.language import LANGUAGES, N_, _
from nat_core import language

PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>NAT Explorer</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 18px/1.5 system-ui, sans-serif; max-width: 24rem; margin: 15vh auto; padding: 0 1rem; }}
input, button {{ font: inherit; padding: .5rem .7rem; width: 100%; box-sizing: border-box; margin-top: .6rem; }}
</style>
<main>
<h1>NAT Explorer</h1>
{content}
</main>
</html>
"""
DOOR = """<form method="post" action="/enter">
<label for="code">{label}</label>
<input type="hidden" name="onward" value="{onward}">
<input id="code" name="code" autocomplete="off" autocapitalize="off" autofocus maxlength="64" required>
<button>{enter}</button>
</form>
<p role="alert">{said}</p>"""
NOTHING = N_("There is no page at this address.")
LANG = re.compile(r"(^|&)lang=(?P<code>[a-z]+)(&|$)")
STREAMLITS = Path(streamlit.__file__).parent / "static" / "index.html"
WAITING = Path(__file__).with_name("waiting.js").read_text(encoding="utf-8")
"""What the page's own script does before Streamlit's first run has drawn anything."""
STYLE = (Path(nat_app.__file__).parent / "frame" / "style.css").read_text(encoding="utf-8")
"""The style sheet of all pages. It is there before what it styles, which would move if it came later."""
ROOT = '<div id="root">'
BLOCK = """<div id="nat-waiting" role="status" data-words="{words}" style="position:fixed;inset:auto 0 0 0;margin:auto;\
max-width:38rem;font:1rem/1.5 system-ui,sans-serif;color-scheme:light dark;color:CanvasText;background:Canvas;\
z-index:1000000"></div>
<script>{script}</script>
"""


def language_of(query: bytes, accepted: str | None) -> str:
    """Return the language of a request: what its query asks for, else the first that the browser accepts.

    >>> language_of(b"t=0.5&lang=de", "en"), language_of(b"lang=tlh", "de-AT, en;q=0.5")
    ('de', 'de')
    """
    asked = LANG.search(query.decode("latin-1"))
    return asked["code"] if asked and asked["code"] in LANGUAGES else language.best(accepted)


def door(spoken: str, said: str, onward: str) -> bytes:
    """Return the form that asks for the code on the wall; `said`, marked by `N_`, is what was wrong with the last."""
    with language.speaking(spoken):
        form = DOOR.format(
            label=escape(_("The code on the wall")),
            onward=escape(onward),
            enter=escape(_("Enter")),
            said=escape(_(said)) if said else "",
        )
    return PAGE.format(language=spoken, content=form).encode()


def refused(spoken: str, sentence: str) -> bytes:
    """Return a page that says why there is none, and leads to the first; the sentence is marked by `N_`."""
    with language.speaking(spoken):
        said, first = escape(_(sentence)), escape(_("To the first page"))
    return PAGE.format(language=spoken, content=f'<p role="alert">{said}</p>\n<p><a href="/">{first}</a></p>').encode()


@cache
def app(spoken: str) -> tuple[bytes, bytes]:
    """Return Streamlit's own page with the words for whoever waits in vain, and the tag by which browsers keep it."""
    with language.speaking(spoken):
        words = _(
            "Nothing has arrived yet. If it stays like this, this network probably lets no WebSockets through, as "
            "filters of schools and companies do: try another network, for example a phone's hotspot, or ask whoever "
            "runs this one to allow WebSockets to this address. If the network is fine, the server may be busy: wait a "
            "little."
        )
    page = STREAMLITS.read_text(encoding="utf-8")
    # After Streamlit's own styles, of which it adds more to the head, and before those that a page brings by itself.
    page = page.replace(ROOT, f"<style>{STYLE}</style>\n{ROOT}")
    page = page.replace("</body>", f"{BLOCK.format(words=escape(words), script=WAITING)}</body>")
    content = page.encode()
    return content, f'"{sha256(content).hexdigest()[:32]}"'.encode()
