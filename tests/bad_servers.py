"""Servers that misbehave in one way each, on this machine: for what a download meets behind a proxy."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

Answer = Callable[[socket.socket], None]


def _head(status: str, length: int, kind: str = "application/octet-stream") -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n".encode()
    )


def _reset(connection: socket.socket) -> None:
    connection.sendall(_head("200 OK", 100_000) + b"x" * 5_000)
    # To close without waiting for anything sends a reset instead of an end.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _redirected(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://[oops/\r\nContent-Length: 0\r\n\r\n")


def endless(head: bytes, piece: bytes, pause: float = 0.0) -> Answer:
    """What sends a head, and then the same piece again and again until nobody listens."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(pause)

    return answer


OK = b"HTTP/1.1 200 OK\r\n"
FLOODS: dict[str, Answer] = {
    "content without end": endless(OK + b"\r\n", bytes(10_000)),
    "pieces without end": endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1_000),
    "more than it has": endless(_head("200 OK", 10**15), bytes(10_000)),
    "continue without end": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000),
    "a redirection without end": endless(b"HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n", bytes(10_000)),
}
"""What never ends."""
DRIPS: dict[str, Answer] = {
    "content": endless(OK + b"\r\n", b"x", 0.02),
    "a head": endless(OK, b"x", 0.02),
    "a status": endless(b"", b"H", 0.02),
}
"""What comes byte by byte."""

ANSWERS: dict[str, Answer] = {
    "reset in the middle": _reset,
    "short body": lambda connection: connection.sendall(_head("200 OK", 100_000) + b"x" * 5_000),
    "page instead of the file": lambda connection: connection.sendall(
        _head("200 OK", 26, "text/html") + b"<html>Please sign in</html>"[:26]
    ),
    "refused": lambda connection: connection.sendall(_head("403 Forbidden", 0)),
    "gone": lambda connection: connection.sendall(_head("404 Not Found", 0)),
    "broken server": lambda connection: connection.sendall(_head("502 Bad Gateway", 0)),
    "no HTTP": lambda connection: connection.sendall(b"\x00\xff\x13 nothing that HTTP knows\r\n\r\n"),
    "closed at once": lambda connection: None,
    "sent elsewhere": _redirected,
    "endless line": lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n"),
}


@contextlib.contextmanager
def bad_server(answer: Answer) -> Iterator[str]:
    """The address (host and port) of a server that answers each request in this way."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                # The other side may have gone away before all was said.
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(5)
                    connection.recv(65_536)
                    answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()
