"""Requests that nobody honest makes, and what a server of the app may answer to each; for tests and benchmarks.

They are written to the socket byte by byte, because a client library would mend what is wrong with them.
"""

import itertools
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

SESSION, FILE = str(UUID(int=1)), str(UUID(int=2))
BOUNDARY = "nat"
LEAKS = ("root:x:", "Traceback", "site-packages", "/app/script.py", "[server]", "PRIVATE KEY", "# HELP", "openapi")
"""What no answer may hold."""
PROTECTING = (
    "x-content-type-options", "referrer-policy", "permissions-policy", "content-security-policy", "x-frame-options",
)  # fmt: skip
"""What every answer of the app itself has."""
UPGRADE = (
    ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Protocol", "streamlit"),
)  # fmt: skip
OWN = "{host}"
"""Stands for the server's own host and port."""


@dataclass(frozen=True)
class Request:
    """One request; headers given here come in place of those that a browser sends."""

    kind: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    allowed: frozenset[int] = frozenset({400, 403, 404, 405})
    """The right answers; 0 is that of a server which ends the connection."""


@dataclass(frozen=True)
class Answer:
    """What came back; a status of 0 where nothing did."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


def send(address: str, request: Request, *, seconds: float = 20.0, source: str = "") -> Answer:
    """Send a request over a connection of its own and return the answer."""
    host, port = urlsplit(address).hostname or "", urlsplit(address).port or 80
    here = {"Host": f"{host}:{port}"} if all(name != "Host" for name, _ in request.headers) else {}
    given = [*here.items(), *((name, value.replace(OWN, f"{host}:{port}")) for name, value in request.headers)]
    if request.body and all(name.lower() not in ("content-length", "transfer-encoding") for name, _ in given):
        given.append(("Content-Length", str(len(request.body))))
    if all(name.lower() != "connection" for name, _ in given):
        given.append(("Connection", "close"))
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in given), "", ""]
    where = (source, 0) if source else None
    with socket.create_connection((host, port), timeout=seconds, source_address=where) as connection:
        return _answer(connection, "\r\n".join(lines).encode("latin-1") + request.body)


def _answer(connection: socket.socket, content: bytes) -> Answer:
    got = b""
    try:
        connection.sendall(content)
        while len(got) < 1_000_000 and (part := connection.recv(65_536)):
            got += part
            if got.startswith(b"HTTP/1.1 101"):
                break
    except OSError:  # of TLS, too
        pass
    head, _, body = got.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    status = int(first.split()[1]) if first.startswith("HTTP/") else 0
    return Answer(status, headers, body.decode("utf-8", "replace"))


def wrong(request: Request, answer: Answer) -> str:
    """Return what is wrong with an answer, "" where it is right."""
    if answer.status not in request.allowed:
        return f"answered {answer.status}"
    found = [leak for leak in LEAKS if leak in answer.body or leak in str(answer.headers)]
    if found:
        return f"holds {found[0]}"
    # What is no HTTP, or no handshake, the libraries below the app answer by themselves.
    below = answer.status in (0, 101) or (answer.status == 400 and "Invalid HTTP" in answer.body)
    missing = [name for name in PROTECTING if name not in answer.headers]
    if missing and not below and request.kind not in ("socket", "host of a socket", "origin of a socket"):
        return f"has no {missing[0]}"
    return ""


def requests() -> list[Request]:
    """Return all of them."""
    return [*paths(), *hosts(), *origins(), *methods(), *forged(), *uploads()]


SECRET = (
    "etc/passwd", "app/main.py", "app/script.py", ".streamlit/config.toml", ".streamlit/secrets.toml", ".git/config",
    "pyproject.toml", "checkpoints/wrn16_1_nat/card.json",
)  # fmt: skip
CLIMBS = (
    "/../../../../{0}", "/..%2f..%2f..%2f{0}", "/%2e%2e/%2e%2e/%2e%2e/{0}", "/static/../../../../{0}",
    "/static/..%5c..%5c{0}", "/static/%252e%252e/%252e%252e/{0}", "/media/../../{0}", "/media/%2e%2e%2f{0}",
    "/component/x/../../{0}", "/_stcore/bidi-components/../../{0}", "/_stcore/bidi-components/live_way/..%2f..%2f{0}",
    "//{0}", "/\\..\\..\\{0}", "/%00/{0}", "/static/....//....//{0}", "/app/static/../../{0}",
)  # fmt: skip
INSIDE = (
    "/_stcore/metrics",
    "/_stcore/metrics?families=cache_memory_bytes",
    "/_stcore/script-health-check",
    "/_stcore/agent/openapi.json",
    "/_stcore/agent/mcp",
    "/_stcore/agent/interact",
    "/_stcore/message",
    "/_stcore/allowed-message-origins",
    "/auth/login",
    "/oauth2callback",
    "/auth/logout",
    "/healthz",
    "/st-metrics",
    "/debug",
    "/server-status",
    "/.env",
    "/wp-login.php",
    "/app/static/x",
    "/component/x/index.html",
    "/st-allowed-origins",
    "/_stcore/upload_file",
    "/_stcore/stream/x",
    "/_stcore",
    "/robots.txt",
    "/sitemap.xml",
    "/see_it/../_stcore/metrics",
    "/%5fstcore/metrics",
    "/_STCORE/metrics",
    "/_stcore/metrics/",
    "/_stcore//metrics",
    "/_stcore/./metrics",
)


def paths() -> Iterator[Request]:
    """Ways out of what is served, and ways in to what is not."""
    for climb, secret in itertools.product(CLIMBS, SECRET):
        yield Request("path", "GET", climb.format(secret), allowed=frozenset({0, 400, 403, 404}))
    for target in INSIDE:
        yield Request("path", "GET", target)
    for target in ("http://evil.example/", "*", "/" + "a" * 70_000, "see_it"):
        yield Request("path", "GET", target, allowed=frozenset({0, 400, 403, 404, 405}))


FOREIGN_HOSTS = (
    "evil.example",
    "evil.example:80",
    OWN + ".evil.example",
    "localhost.evil.example",
    "localhost@evil.example",
    "evil.example#localhost",
    "evil.example/localhost",
    "localhost:1@evil.example",
    "",
    " ",
    "localhost:port",
    "localhost:99999999",
    "localhost, evil.example",
    "127.0.0.1.nip.io",
    "127.0.0.1.evil.example",
    "0x7f000001.evil.example",
    "[::1].evil.example",
    "[::1",
    "localhost\\.evil.example",
    "xn--lcalhost-52a.example",
    "\u00e9vil.example",
    "local\thost",
    "a" * 300,
    "evil.localhost",
    "localhost.localdomain.evil.example",
)


def hosts() -> Iterator[Request]:
    """Names of other sites that were pointed at this computer (DNS rebinding), for pages and for sockets."""
    for host in FOREIGN_HOSTS:
        at_all = frozenset({0, 400, 403})
        yield Request("host", "GET", "/", (("Host", host),), allowed=at_all)
        yield Request("host", "GET", "/_stcore/health", (("Host", host),), allowed=at_all)
        origin = ("Origin", f"http://{host}")
        yield Request("host of a socket", "GET", "/_stcore/stream", (("Host", host), origin, *UPGRADE), allowed=at_all)
    twice = (("Host", OWN), ("Host", "evil.example"))
    yield Request("host", "GET", "/", twice, allowed=frozenset({0, 400, 403}))


FOREIGN_ORIGINS = (
    "",
    "null",
    "http://evil.example",
    "https://evil.example",
    f"http://{OWN}.evil.example",
    "http://localhost.evil.example",
    "file://",
    "chrome-extension://abcdef",
    f"http://evil.example@{OWN}",
    "http://localhost:1",
    "https://localhost:1",
    f"http://{OWN}/path",
    f"ftp://{OWN}",
    f"{OWN}",
    "http://localhost",
    "http://[::1]:1",
    "moz-extension://x",
    "about:blank",
    f"javascript://{OWN}",
    f"http://{OWN} http://evil.example",
)


def origins() -> Iterator[Request]:
    """Sockets and changes that pages of other sites ask for, or that say nothing of where they come from."""
    refused = frozenset({0, 400, 403})
    yield Request("origin of a socket", "GET", "/_stcore/stream", UPGRADE, allowed=refused)
    for origin in FOREIGN_ORIGINS:
        yield Request("origin of a socket", "GET", "/_stcore/stream", (("Origin", origin), *UPGRADE), allowed=refused)
        yield _upload((("Origin", origin),), kind="origin")
    for site in ("cross-site", "same-site", "none"):
        headers = (("Origin", f"http://{OWN}"), ("Sec-Fetch-Site", site), *UPGRADE)
        yield Request("origin of a socket", "GET", "/_stcore/stream", headers, allowed=refused)


METHODS = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "BREW")
ROUTES = (
    "/", "/see_it", "/_stcore/health", "/_stcore/host-config", "/_stcore/stream", "/static/js/index.js", "/media/a.png",
    "/_stcore/bidi-components/live_way/x.js", "/favicon.png",
)  # fmt: skip


def methods() -> Iterator[Request]:
    """Methods that a path does not have."""
    for method, route in itertools.product(METHODS, ROUTES):
        headers = (("Origin", f"http://{OWN}"),)
        yield Request("method", method, route, headers, allowed=frozenset({0, 400, 403, 404, 405}))
    for method in ("GET", "HEAD", "POST", "PATCH", "OPTIONS", "TRACE"):
        yield Request("method", method, f"/_stcore/upload_file/{SESSION}/{FILE}", (("Origin", f"http://{OWN}"),))


def forged() -> Iterator[Request]:
    """Tokens against forgery that are missing, made up, or those of another; without a visit, none is right."""
    tokens = ("", "2|00|00|0", "2|aaaaaaaa|" + "0" * 32 + "|1", "x", "|" * 50, "0" * 5_000)
    origin = ("Origin", f"http://{OWN}")
    for sent, kept in itertools.product(tokens, tokens):
        yield _upload((origin, ("X-Xsrftoken", sent), ("Cookie", f"_streamlit_xsrf={kept}")), kind="forged token")
    for cookie in (
        "nat_visitor=",
        "nat_visitor=x",
        'nat_visitor="',
        "nat_visitor=a; nat_visitor=b",
        "=;;=",
        "\x01=\x02",
    ):
        yield _upload((origin, ("Cookie", cookie)), kind="forged token")


def uploads() -> Iterator[Request]:
    """Files for visits of others, or of nobody, and uploads that are none."""
    names = (SESSION, "0", "..", "%2e%2e", "a" * 36, "*", "'", "ffffffff-ffff-ffff-ffff-ffffffffffff", "%00", "-" * 36)
    origin = ("Origin", f"http://{OWN}")
    for session, method in itertools.product(names, ("PUT", "DELETE")):
        yield _upload(
            (origin,), kind="another's upload", target=f"/_stcore/upload_file/{session}/{FILE}", method=method
        )
    for length in ("-1", "9" * 30, "x", "1, 2", "0x10"):
        yield _upload((origin, ("Content-Length", length)), kind="another's upload")
    yield _upload((origin, ("Transfer-Encoding", "chunked")), kind="another's upload", body=b"5\r\nhello\r\n0\r\n\r\n")


def _upload(
    headers: tuple[tuple[str, str], ...], *, kind: str, target: str = f"/_stcore/upload_file/{SESSION}/{FILE}",
    method: str = "PUT", body: bytes | None = None,
) -> Request:  # fmt: skip
    kinds = (("Content-Type", f"multipart/form-data; boundary={BOUNDARY}"),)
    content = multipart(b"hello") if body is None else body
    return Request(kind, method, target, (*headers, *kinds), content, frozenset({0, 400, 403, 404}))


def multipart(content: bytes, name: str = "a.txt") -> bytes:
    """Return a file as a browser's form sends it."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
    return f"{head}Content-Type: text/plain\r\n\r\n".encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
