"""Serves the app by itself: `python -m nat_app.server.run --address 127.0.0.1 --port 8501`, as `nat app` does.

Beside the guard that `streamlit run` has as well, connections are held to limits here before they ask for anything: how
many there are from one address, and how long one may take to say what it wants.
"""

import argparse
import asyncio
import os
import signal
from collections import Counter
from functools import cache
from threading import Thread
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from nat_app.server.sockets import LARGEST
from nat_app.server.upkeep import raise_descriptors
from nat_app.server.visitors import counted_address
from nat_app.visit.limits import is_public, limits

HASTE = 20.0
"""Seconds within which a request must be complete but for its body."""
GRACE = 3
"""Seconds that visits have to end in once the server is to stop."""
CLOSING = 5.0
"""Seconds that a browser which no longer reads has, before its connection is cut."""
OPEN: Counter[str] = Counter()
"""The connections from each address, as it is counted."""


class Impatient(H11Protocol):
    """HTTP that takes no more connections from one address than the limits say, and waits for no slow request."""

    _counted: str | None = None
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Count a connection in; one too many is cut."""
        super().connection_made(transport)
        address = counted_address(self.client[0] if self.client else "")
        if OPEN[address] >= most_connections():
            transport.abort()
            return
        self._counted = address
        OPEN[address] += 1
        self._deadline = self.loop.call_later(HASTE, transport.abort)

    def handle_events(self) -> None:
        """Take what came; a request that is complete has all the time that its answer needs."""
        began = self.cycle
        super().handle_events()
        if self.cycle is not began:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next request of the connection, which uvicorn itself ends where none begins."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._deadline = self.loop.call_later(self.timeout_keep_alive + HASTE, self.transport.abort)

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Hand the connection on to the WebSocket, which counts it out when it ends."""
        self._stop_waiting()
        super().handle_websocket_upgrade(event)
        protocol: Any = self.transport.get_protocol()
        protocol.counted, self._counted = self._counted, None

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a connection out."""
        self._stop_waiting()
        _count_out(self._counted)
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Cut(WebSocketsSansIOProtocol):
    """A WebSocket that is cut where its browser no longer reads, and so would never hear that it is over."""

    counted: str | None = None

    def keepalive_timeout(self) -> None:
        """End a connection that has not answered."""
        super().keepalive_timeout()
        self.loop.call_later(CLOSING, self.transport.abort)

    def on_task_complete(self, task: "asyncio.Task[None]") -> None:
        """End the connection of a visit that is over."""
        super().on_task_complete(task)
        self.loop.call_later(CLOSING, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the connection out."""
        _count_out(self.counted)
        super().connection_lost(exc)


def _count_out(address: str | None) -> None:
    if address is not None:
        OPEN[address] -= 1
        if not OPEN[address]:
            del OPEN[address]


@cache
def most_connections() -> int:
    """Return how many connections one address may have: not so many that none are left for others."""
    return min(limits().connections_each, raise_descriptors() // 2 or limits().connections_each)


def settings(address: str, port: int) -> dict[str, Any]:
    """Return how uvicorn is to serve."""
    return {
        "host": address, "port": port, "http": Impatient, "ws": Cut, "ws_max_size": 2 * LARGEST,
        "ws_per_message_deflate": False, "ws_ping_interval": 30, "ws_ping_timeout": 30, "access_log": False,
        "log_level": "warning", "server_header": False, "timeout_graceful_shutdown": GRACE,
        # Only a proxy in front may say for whom it asks; there is none before a server for this computer alone.
        "proxy_headers": is_public(),
    }  # fmt: skip


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m nat_app.server.run", description=__doc__)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--while-stdin", action="store_true", help="stop when standard input ends")
    options = parser.parse_args()
    if options.while_stdin:
        Thread(target=_stop_with_stdin, daemon=True).start()
    # Streamlit tells its own address from its configuration, which reads these.
    os.environ["STREAMLIT_SERVER_ADDRESS"], os.environ["STREAMLIT_SERVER_PORT"] = options.address, str(options.port)
    # Nobody edits the source of a server that is only used: watching its files costs descriptors.
    os.environ.setdefault("STREAMLIT_SERVER_FILE_WATCHER_TYPE", "none")
    uvicorn.run("nat_app.main:app", **settings(options.address, options.port))


def _stop_with_stdin() -> None:
    # Whoever started this server holds the other end, and lets it go however they end: killed, they ask nobody.
    while os.read(0, 4096):
        pass
    signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
