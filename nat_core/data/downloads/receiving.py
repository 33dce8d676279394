"""What a server sends, received within bounds: so many bytes at most, so fast at least, and only by HTTP.

The bounds stand where the bytes come in, below HTTP: what is sent before a file begins (a head without end, one answer
"continue" after another, a redirection's own page) counts as its content does.
"""

import io
import socket
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from ssl import create_default_context
from threading import Thread
from typing import Any
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from tqdm import tqdm

PATIENCE = 60.0
"""Seconds after which a server is given up that sends nothing, or less than LEAST."""
LEAST = 600_000
"""The fewest bytes in that time: 10 kB/s, with which the largest archive takes 17 hours."""
HEAD = 1_000_000
"""The most bytes before a file begins."""
PIECE = 1 << 16
AGENT = "nat-explorer"


class TooMuch(Exception):
    """More was sent than there can be; the message says than what."""


def receive(address: str, file: Path, most: int) -> None:
    """Write what `address` sends, at most that many bytes, to a file that is not there yet.

    Raises TooMuch for more, TimeoutError where it comes too slowly, ConnectionError where it ends too early, and what
    `urllib` raises: URLError, HTTPException, ValueError. A file that was begun is left to the caller.
    """
    pace = _Pace(HEAD)
    with _opener(pace).open(Request(address, headers={"User-Agent": AGENT}), timeout=PATIENCE) as answer:
        whole: int | None = answer.length
        if (whole or 0) > most:
            raise TooMuch(f"it has {whole:,} bytes, not {most:,}")
        pace.left = 2 * most + HEAD  # twice: a file may come in pieces, each with its length
        received = 0
        with file.open("xb") as begun, tqdm(total=whole or most, unit="B", unit_scale=True) as bar:
            while piece := answer.read(PIECE):
                received += len(piece)
                if received > most:
                    raise TooMuch(f"it has more than {most:,} bytes")
                begun.write(piece)
                bar.update(len(piece))
    if received < (whole or 0):
        raise ConnectionError(f"it ended after {received:,} of {whole:,} bytes")


class _Pace:
    """How much may still come, and how much came while it was waited for."""

    def __init__(self, left: int) -> None:
        self.left = left
        self._came, self._waited = 0, 0.0

    def count(self, came: int, waited: float) -> None:
        """Count bytes and the seconds that they took."""
        self.left -= came
        if self.left < 0:
            raise TooMuch("it never ends")
        self._came += came
        self._waited += waited
        if self._waited >= PATIENCE:
            if self._came < LEAST:
                raise TimeoutError(f"it sent {self._came:,} bytes in {self._waited:.0f} s")
            self._came, self._waited = 0, 0.0


class _Paced(io.RawIOBase):
    """What comes in on a connection, counted."""

    def __init__(self, raw: io.RawIOBase, pace: _Pace) -> None:
        super().__init__()
        self._raw, self._pace = raw, pace

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there into the buffer; raises as `_Pace.count` does."""
        began = time.monotonic()
        came = self._raw.readinto(buffer)
        self._pace.count(came or 0, time.monotonic() - began)
        return came

    def close(self) -> None:
        """Let go of the connection."""
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    """An answer that is read through `_Paced`."""

    def __init__(self, sock: socket.socket, *given: Any, pace: _Pace, **named: Any) -> None:
        super().__init__(sock, *given, **named)
        self.fp: Any = io.BufferedReader(_Paced(self.fp.detach(), pace))


def _opener(pace: _Pace) -> OpenerDirector:
    """What opens addresses of HTTP, and through the proxies that the environment names; no others."""

    def connected(kind: type[HTTPConnection], host: str, **given: Any) -> HTTPConnection:
        connection: Any = kind(host, **given)
        _look_up(connection.host, connection.port)
        connection.response_class = partial(_Answer, pace=pace)
        return connection

    class Plain(HTTPHandler):
        def http_open(self, req: Request) -> HTTPResponse:
            return self.do_open(_as_class(partial(connected, HTTPConnection)), req)

    class Secure(HTTPSHandler):
        def https_open(self, req: Request) -> HTTPResponse:
            return self.do_open(_as_class(partial(connected, HTTPSConnection)), req, context=create_default_context())

    opener = OpenerDirector()
    for handler in (ProxyHandler(), Plain(), Secure(), HTTPRedirectHandler(), HTTPDefaultErrorHandler(),
                    HTTPErrorProcessor(), UnknownHandler()):  # fmt: skip
        opener.add_handler(handler)
    return opener


def _as_class(make: Callable[..., HTTPConnection]) -> Any:
    """What makes connections: `do_open` calls a class and nothing else of it."""
    return make


def _look_up(host: str, port: int) -> None:
    """Raise what looking for a name raises, TimeoutError after PATIENCE.

    The system's own search hears no signal while it waits for a server of names, up to half a minute: it waits on a
    thread that a process which ends leaves behind.
    """
    failures: list[Exception] = []

    def search() -> None:
        try:
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except Exception as error:  # noqa: BLE001 - raised below
            failures.append(error)

    searching = Thread(target=search, daemon=True)
    searching.start()
    searching.join(PATIENCE)
    if searching.is_alive():
        raise TimeoutError(f"nobody says where {host} is")
    if failures:
        raise failures[0]
