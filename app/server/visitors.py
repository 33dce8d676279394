"""Who asks: the address that a request comes from, and the cookie by which one browser is told from another.

The cookie says nothing of the visitor. It is a random number that the browser keeps until it is closed, so that what
one visitor uploads or comes back to is theirs alone, whoever else learns the name of their session.
"""

import ipaddress
import secrets
import time
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from nat_app.server.headers import framers
from nat_app.visit.identity import COOKIE, digest

Scope = dict[str, Any]
"""One request or one WebSocket, as ASGI describes it."""


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    address: str
    """The address of the network, or what a trusted proxy said of it, as `counted_address` shortens it."""
    visitor: str
    """A digest of the browser's cookie, "" where it sent none."""
    cookies: dict[str, str]


def header(scope: Scope, name: str) -> str | None:
    """Return a header's value, None where there is none. Of two of a name, neither can be trusted: "" is returned.

    >>> header({"headers": [(b"host", b"localhost:8501")]}, "host")
    'localhost:8501'
    """
    found = [value for each, value in scope["headers"] if each == name.encode()]
    if not found:
        return None
    return found[0].decode("latin-1").strip() if len(found) == 1 else ""


def counted_address(address: str) -> str:
    """Return the address that somebody is counted by: of IPv6 the first 64 bits.

    A home, a class or a rented server is given at least so many addresses by its provider (RFC 6177), so whoever takes
    another of them for each request would meet no limit. An IPv4 address inside an IPv6 one is that IPv4 address.

    >>> counted_address("2001:db8:1:2:3:4:5:6"), counted_address("::ffff:192.0.2.7"), counted_address("192.0.2.7")
    ('2001:db8:1:2::/64', '192.0.2.7', '192.0.2.7')
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address  # A Unix socket has none, and a test's client is called otherwise.
    if known.version == 4:
        return address
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((int(known), 64), strict=False))


def caller(scope: Scope) -> Caller:
    """Return who asks.

    >>> caller({"client": ("127.0.0.1", 50000), "headers": []})
    Caller(address='127.0.0.1', visitor='', cookies={})
    """
    read = SimpleCookie()
    # A browser may send several of these headers, and one broken cookie must not hide the others.
    for part in "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie").split(";"):
        try:
            read.load(part.strip())
        except CookieError:
            continue
    cookies = {name: morsel.value for name, morsel in read.items()}
    address = counted_address((scope.get("client") or ("",))[0])
    return Caller(address, digest(cookies.get(COOKIE, "")), cookies)


def new_cookie(*, secure: bool) -> bytes:
    """Return the header that gives a browser its cookie; scripts cannot read it, other sites cannot send it."""
    return cookie_header(COOKIE, secrets.token_urlsafe(24), secure=secure)


def cookie_header(name: str, value: str, *, secure: bool) -> bytes:
    """Return a header that sets a cookie for this visit.

    >>> cookie_header("a", "b", secure=True)
    b'a=b; Path=/; HttpOnly; SameSite=Lax; Secure'
    """
    where = f"SameSite=Lax{'; Secure' if secure else ''}"
    # Inside of another site's page, browsers keep only cookies that say they belong there, one for each such site.
    if framers():
        where = "SameSite=None; Secure; Partitioned"
    return f"{name}={value}; Path=/; HttpOnly; {where}".encode()


class Owners:
    """Which browser began which session."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[str, float]] = {}

    def claim(self, session: str, visitor: str) -> None:
        """Remember that this browser is in this session now."""
        self._of[session] = (visitor, time.monotonic())

    def owns(self, visitor: str, session: str) -> bool:
        """Return whether this browser began this session; one without a cookie began none."""
        return bool(visitor) and self._of.get(session, ("", 0.0))[0] == visitor

    def sessions(self, visitor: str) -> list[str]:
        """Return the sessions of a browser."""
        return [session for session, (owner, _) in self._of.items() if owner == visitor]

    def forget(self, active: set[str], seconds: float) -> None:
        """Forget the sessions that are over: neither active nor seen in so many seconds."""
        now = time.monotonic()
        for session, (owner, seen) in list(self._of.items()):
            if session in active:
                self._of[session] = (owner, now)
            elif now - seen > seconds:
                del self._of[session]
