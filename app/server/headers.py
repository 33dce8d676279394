"""The headers of every answer: what a page may load and do, and who may show it; nothing from elsewhere is fetched."""

import base64
import hashlib
import os
import re
from collections.abc import Iterable
from functools import cache

from nat_app.server.own_pages import server_pages
from nat_app.visit.limits import FRAMES
from nat_core.language import SOURCE

Headers = list[tuple[bytes, bytes]]
MEDIA = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
"""For what visitors' pages show and hand out: opened by itself, an SVG or a report runs nothing and loads nothing."""
FIXED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": (
        "camera=(self), accelerometer=(), autoplay=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-permitted-cross-domain-policies": "none",
    "x-robots-tag": "noindex",
}
FRAME = re.compile(r"https://[a-z0-9.*-]+(:\d+)?")


@cache
def own_scripts() -> tuple[str, ...]:
    """Return the digests of the scripts that the app's page holds: those may run in it, no others."""
    page, _tag = server_pages.app(SOURCE)
    inline = re.findall(r"<script>(.*?)</script>", page.decode(), re.DOTALL)
    return tuple(base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in inline)


def framers(named: str | None = None) -> tuple[str, ...]:
    """Return the addresses whose pages may show the app inside of themselves; what is no such address is left out.

    >>> framers("https://huggingface.co javascript:alert(1)")
    ('https://huggingface.co',)
    """
    text = os.environ.get(FRAMES, "") if named is None else named
    return tuple(each for each in text.split() if FRAME.fullmatch(each))


def page_policy(host: str) -> str:
    """Return what a page may load, asked for under this host: only from here, and what its own scripts make.

    >>> "connect-src 'self' ws://localhost:8501 wss://localhost:8501" in page_policy("localhost:8501")
    True
    """
    allowed = {
        "default-src": ["'none'"],
        # Components bring their scripts as text, which the browser turns into addresses of the kind blob.
        "script-src": ["'self'", "blob:", *(f"'sha256-{each}'" for each in own_scripts())],
        # Emotion and Plotly write styles into the page.
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "media-src": ["'self'", "data:", "blob:"],
        # Older browsers take 'self' for HTTP alone. Streamlit's camera fetches its own photo as a data address, which
        # is no address of anybody's.
        "connect-src": ["'self'", f"ws://{host}", f"wss://{host}", "data:"],
        "worker-src": ["'self'", "blob:"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'self'", *framers()],
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in allowed.items())


def protecting(path: str, host: str) -> Headers:
    """Return the headers that go with every answer for this path, asked for under this host."""
    named = FIXED | {"content-security-policy": MEDIA if path.startswith("/media/") else page_policy(host)}
    if not framers():
        named["x-frame-options"] = "SAMEORIGIN"
    return [(name.encode(), value.encode()) for name, value in named.items()]


def replaced(headers: Iterable[tuple[bytes, bytes]], by: Headers) -> Headers:
    """Return headers with those of `by` in place of the same names.

    >>> replaced([(b"Server", b"x"), (b"a", b"1")], [(b"a", b"2")])
    [(b'a', b'2')]
    """
    names = {name for name, _ in by} | {b"server"}
    return [each for each in headers if each[0].lower() not in names] + by
