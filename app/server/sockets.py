"""The WebSockets of all visits: how many there may be, and what one may send.

A visit is refused where there are too many. One that is let in is read no faster than it is allowed to write and than
it reads itself; messages that a visitor has no business sending are passed over.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from nat_app.server.addresses import Refusal
from nat_app.server.run_slots import RunSlot
from nat_app.shared.language import N_
from nat_app.visit.limits import MB, Limits

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

KINDS = ("rerun_script", "stop_script", "app_heartbeat", "file_urls_request", "backend_operation_request")
"""What browsers ask for on our pages. Not among them: emptying the caches of all visitors, saying where the source of
the app lies, running the app anew at each change of its files."""
OPERATIONS = ("deferred_file", "dataframe_chunk")
"""Of the operations: a download, the rest of a long table. Not among them: writing files beside the app's source."""
HERE = str(Path(__file__).parents[1]).encode()
SHORT = 500
"""Bytes that a message has at most which says that the script has ended: longer ones need not be read for it."""
LARGEST = MB
"""Bytes of a message from a browser; uploads come by another way."""
FIRST = 20.0
"""Seconds within which a browser says which page it wants; scanners hold sockets and say nothing."""
SLOW = 30.0
"""Seconds that one message may take on its way to a browser; who reads slower is disconnected."""
BAD, TOO_MUCH, LATER = 1008, 1009, 1013
"""WebSocket's own numbers for a message against the rules, one that is too large, and for an overloaded server."""


class Sockets:
    """Counts the WebSockets that are open, of everybody and from each address."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._from: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """How many there are."""
        return self._from.total()

    def refusal(self, address: str) -> Refusal | None:
        """Return why no further visit from this address may begin, None where one may."""
        if self.open >= self._limits.sockets:
            return Refusal(503, N_("Too many people are here; try again in a minute."))
        if self._from[address] >= self._limits.sockets_each:
            return Refusal(503, N_("Too many visits from one address; close some."))
        return None

    def enter(self, address: str) -> None:
        """Count one in."""
        self._from[address] += 1

    def leave(self, address: str) -> None:
        """Count one out."""
        self._from[address] -= 1
        self._from += Counter()  # forgets those at nought


class Bucket:
    """Lets `burst` through at once, and `rate` a second in the long run."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._left, self._seen = float(burst), clock()

    def take(self, number: int = 1) -> float:
        """Take one, or so many, and return the seconds to wait for it.

        >>> slow = Bucket(rate=2.0, burst=1, clock=lambda: 0.0)
        >>> slow.take(), slow.take(), slow.take()
        (0.0, 0.5, 1.0)
        """
        now = self._clock()
        self._left = min(self._burst, self._left + self._rate * (now - self._seen)) - number
        self._seen = now
        return max(0.0, -self._left / self._rate)


def may_ask(asked: BackMsg) -> bool:
    """Return whether a browser may send this.

    >>> may_ask(BackMsg(stop_script=True)), may_ask(BackMsg(clear_cache=True))
    (True, False)
    """
    kind = asked.WhichOneof("type")
    if kind == "backend_operation_request":
        return asked.backend_operation_request.WhichOneof("payload") in OPERATIONS
    return kind in KINDS


def ended(sent: ForwardMsg) -> bool:
    """Return whether a message says that a run of the script is over, and no other follows it by itself.

    >>> ended(ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY)), ended(ForwardMsg(ref_hash="a"))
    (True, False)
    """
    follows = sent.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN
    return sent.WhichOneof("type") == "script_finished" and not follows


class Socket:
    """One visit's WebSocket: what Streamlit receives from it, and what it sends."""

    def __init__(
        self, limits: Limits, slot: RunSlot, receive: Receive, send: Send, on_session: Callable[[str], None]
    ) -> None:
        self._slot, self._receive, self._send, self._on_session = slot, receive, send, on_session
        self._bucket = Bucket(limits.messages, limits.burst)
        self._spoke = self._known = False
        self._through = asyncio.Event()
        self._through.set()
        self._reading: asyncio.Task[Message] | None = None
        self._over = False

    async def receive(self) -> Message:
        """Return the browser's next message that may pass, or that the visit is over."""
        while True:
            message = await self._next()
            if message["type"] != "websocket.receive":
                return message
            content = message.get("bytes")
            if content is None or len(content) > LARGEST:
                return await self._close(TOO_MUCH if content else BAD)
            try:
                asked = BackMsg.FromString(content)
            except DecodeError:
                return await self._close(BAD)
            self._spoke = True
            await asyncio.sleep(self._bucket.take())
            # Whoever does not read the answers is not read either, so no answers pile up.
            await self._through.wait()
            if asked.WhichOneof("type") == "rerun_script":
                await self._turn()
            # Streamlit would read on where nobody can be read from any more, and end with an error of its own.
            if not self._over and not self._left() and may_ask(asked):
                return message

    async def send(self, message: Message) -> None:
        """Send a message of Streamlit's. Where the visit is over, raises OSError, Starlette's sign of that."""
        if self._over:
            raise OSError("this visit is over")
        content = message.get("bytes")
        # Each run begins with a message that names the script's file: where that lies is nobody's business.
        if content and (HERE in content or not self._known):
            message = message | {"bytes": self._begun(content)}
        if content and len(content) < SHORT and ended(ForwardMsg.FromString(content)):
            self._slot.give_back()
        self._through.clear()
        try:
            async with asyncio.timeout(SLOW):
                await self._send(message)
        except OSError as error:  # of which a TimeoutError is one
            self._over = True
            if self._reading is not None:
                self._reading.cancel()
            raise OSError("too slow a reader" if isinstance(error, TimeoutError) else "nobody reads") from None
        finally:
            self._through.set()

    async def _next(self) -> Message:
        if self._over:
            return await self._close(BAD)
        reading = self._reads()
        await asyncio.wait([reading], timeout=None if self._spoke else FIRST)
        self._reading = None
        if reading.done() and not reading.cancelled():
            return reading.result()
        reading.cancel()
        return await self._close(BAD)

    def _reads(self) -> "asyncio.Task[Message]":
        """Return what waits for the browser's next message."""
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._receive())
        return self._reading

    async def _turn(self) -> None:
        """Wait until a run of the script may begin, or the browser has left: nobody would see what it asked for."""
        if self._slot.try_take():
            return
        turn = asyncio.ensure_future(self._slot.take())
        try:
            # One message is read ahead, which may be that the visit is over.
            await asyncio.wait([turn, self._reads()], return_when=asyncio.FIRST_COMPLETED)
            if not self._left():
                await turn
        finally:
            turn.cancel()

    def _left(self) -> bool:
        """Whether the message that was read ahead says that the browser has left."""
        read = self._reading
        if read is None or not read.done():
            return False
        return read.cancelled() or read.exception() is not None or read.result()["type"] == "websocket.disconnect"

    async def _close(self, code: int) -> Message:
        """End the visit, and tell Streamlit that its browser has left."""
        if not self._over:
            self._over = True
            await self._send({"type": "websocket.close", "code": code})
        return {"type": "websocket.disconnect", "code": code}

    def _begun(self, content: bytes) -> bytes:
        """Return a message without the place of the script, and learn from it which session this is."""
        message = ForwardMsg.FromString(content)
        if message.WhichOneof("type") != "new_session":
            return content
        self._slot.begun()
        begun = message.new_session
        begun.main_script_path = Path(begun.main_script_path).name
        if not self._known:
            self._known = True
            self._on_session(begun.initialize.session_id)
        return message.SerializeToString()
