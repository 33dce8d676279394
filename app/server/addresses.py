"""Which requests are let through by their address alone: host, origin, path and method; the rest is refused unread."""

import ipaddress
import re
from dataclasses import dataclass

from nat_app.pages import PAGES
from nat_app.server.visitors import Scope, header
from nat_app.visit import limits

HOST = re.compile(r"(?P<name>[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:(?P<port>\d{1,5}))?")
PATH = re.compile(r"/[A-Za-z0-9_.,+/-]*")
"""The signs that our own addresses are made of; there are no others to be decoded, escaped or misread."""
IDENTITY = "[0-9a-f-]{36}"
READ = ("GET", "HEAD")
STREAM = "/_stcore/stream"
HEALTH = "/_stcore/health"
UPLOAD = re.compile(f"/_stcore/upload_file/(?P<session>{IDENTITY})/(?P<file>{IDENTITY})")
ENTRANCE = "/enter"
PAGE = re.compile(f"/({'|'.join(page.name for page in PAGES)})?/?")
"""The app itself, and its pages by their names."""
ROUTES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(f"{HEALTH}|/_stcore/host-config|/favicon.png"), READ),
    (re.compile(r"/static/.+|/media/.+|/_stcore/bidi-components/.+"), READ),
    (UPLOAD, ("PUT", "DELETE")),
    (re.compile(ENTRANCE), ("POST",)),
    (PAGE, READ),
)
"""Every path that the app answers, with its methods. Metrics, the agents' interface and logins are not among them."""
PORTS = {"http": "80", "ws": "80", "https": "443", "wss": "443"}


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered, in one sentence and as HTTP says it."""

    status: int
    sentence: str
    allowed: tuple[str, ...] = ()
    """The methods that the path has."""


def onward(scope: Scope) -> bytes | None:
    """Return where the first page is asked for by its name, which Streamlit does not know it by; else None.

    >>> onward({"path": "/see_it", "query_string": b"lang=de"}), onward({"path": "/"})
    (b'./?lang=de', None)
    """
    if scope["path"] != f"/{PAGES[0].name}":
        return None
    query = scope.get("query_string", b"")
    return b"./" + (b"?" + query if query else b"")


def parsed(host: str | None) -> tuple[str, str] | None:
    """Return a host's name and port ("" for none), None where it is no host.

    >>> parsed("LOCALHOST:8501"), parsed("[::1]:8501"), parsed("evil.org/@localhost")
    (('localhost', '8501'), ('::1', '8501'), None)
    """
    found = HOST.fullmatch((host or "").lower())
    return (found["name"].strip("[]").rstrip("."), found["port"] or "") if found else None


def host_allowed(host: str | None) -> bool:
    """Return whether the app answers to this name: so no other site's name can be pointed at this computer.

    >>> host_allowed("localhost:8501"), host_allowed("rebound.evil.org:8501")
    (True, False)
    """
    found = parsed(host)
    if found is None:
        return False
    named = limits.hosts()
    # Where nobody has named a public server, it is asked for by its number, which no other site can point elsewhere.
    nameless = limits.is_public() and named == set(limits.OWN_HOSTS)
    return found[0] in named or (nameless and _is_number(found[0]))


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def same_origin(origin: str | None, host: str, scheme: str) -> bool:
    """Return whether a request was made by a page of this very host; `scheme` is that of the request.

    >>> same_origin("http://localhost:8501", "localhost:8501", "ws"), same_origin("null", "localhost:8501", "ws")
    (True, False)
    """
    how, separator, where = (origin or "").lower().partition("://")
    theirs, ours = parsed(where), parsed(host)
    if not separator or how not in ("http", "https") or theirs is None or ours is None:
        return False
    # A proxy may speak HTTPS with the browser and HTTP with us: without a port, either's own will do.
    known = {ours[1]} if ours[1] else {PORTS[scheme], PORTS["https"]}
    return theirs[0] == ours[0] and (theirs[1] or PORTS[how]) in known


def refusal(scope: Scope) -> Refusal | None:
    """Return why a request or a WebSocket is not answered, None where it may be."""
    host = header(scope, "host")
    if not host_allowed(host):
        return Refusal(403, "This server does not answer to that name.")
    wrong = _wrong_path(scope)
    if wrong is not None:
        return wrong
    changes = scope["type"] == "websocket" or scope["method"] not in READ
    if not changes:
        return None
    # Browsers say where such a request comes from; what does not say it is refused as well.
    if not same_origin(header(scope, "origin"), host or "", scope["scheme"]):
        return Refusal(403, "This comes from another site.")
    if header(scope, "sec-fetch-site") not in (None, "same-origin"):
        return Refusal(403, "This comes from another site.")
    return None


def _wrong_path(scope: Scope) -> Refusal | None:
    """Return why there is nothing at this path, or not by this method."""
    path, raw = scope["path"], (scope.get("raw_path") or b"").decode("latin-1")
    if not PATH.fullmatch(path) or "//" in path or ".." in path or (raw and raw.partition("?")[0] != path):
        return Refusal(400, "This is no address of the app.")
    if scope["type"] == "websocket":
        return None if path == STREAM else Refusal(404, "There is nothing here.")
    for route, methods in ROUTES:
        if route.fullmatch(path):
            if scope["method"] in methods:
                return None
            return Refusal(405, "This cannot be done here.", methods)
    return Refusal(404, "There is nothing here.")
