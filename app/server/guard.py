"""The guard before Streamlit's own application: every request and every WebSocket passes here first.

What may not pass is answered here in a sentence, unread; all answers carry the same protecting headers.
"""

import secrets
from collections.abc import Awaitable, Callable

from nat_app.server import addresses, headers, visitors
from nat_app.server.addresses import ENTRANCE, UPLOAD, Refusal
from nat_app.server.own_pages import door, server_pages
from nat_app.server.own_pages.door import Door
from nat_app.server.run_slots import RunSlots
from nat_app.server.sockets import Message, Receive, Send, Socket, Sockets
from nat_app.server.transfers.uploads import TOLD, Uploads, passed_over, unhurried
from nat_app.server.visitors import Caller, Owners, Scope
from nat_app.visit.limits import Limits

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
PROTOCOLS = b"sec-websocket-protocol"
TEXT, HTML = b"text/plain; charset=utf-8", b"text/html; charset=utf-8"


class ServerState:
    """What a guard knows of the visits; one a server."""

    def __init__(self, limits: Limits, code: str = "") -> None:
        self.limits = limits
        self.owners = Owners()
        self.sockets = Sockets(limits)
        self.run_slots = RunSlots(limits.runs_at_once)
        self.uploads = Uploads(limits, self.owners)
        self.door = Door(code, secrets.token_bytes(32))


class Guard:
    """ASGI middleware around the whole of Streamlit."""

    def __init__(self, app: Application, state: ServerState) -> None:
        self._app, self._state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._request(scope, receive, _protected(scope, send))
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        wrong, who = addresses.refusal(scope), visitors.caller(scope)
        if wrong is None and scope["path"] == ENTRANCE:
            await self._enter(scope, receive, send, who)
            return
        if wrong is None and self._state.door.shut(scope["path"], who.cookies):
            if addresses.PAGE.fullmatch(scope["path"]):
                await _page(send, 401, server_pages.door(_language(scope), "", door.here(scope)))
                return
            wrong = Refusal(401, "Give the code first.")
        upload = UPLOAD.fullmatch(scope["path"]) is not None
        if wrong is None and upload:
            wrong = self._state.uploads.refusal(scope, who)
            if wrong is not None and wrong.status in TOLD:
                await passed_over(self._upload_parts(receive, who))
        page = addresses.PAGE.fullmatch(scope["path"]) is not None
        if wrong is None and page:
            wrong = self._state.sockets.refusal(who.address)
        if wrong is not None:
            await _refuse(scope, send, wrong)
        elif page and (scope["path"] == "/" or not scope["path"].endswith("/")):
            await _app(scope, send)
        elif upload and scope["method"] == "PUT":
            await self._upload(scope, receive, send, who)
        else:
            await self._app(scope, receive, send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send, who: Caller) -> None:
        size = self._state.uploads.coming(scope, who)
        try:
            await self._app(scope, self._upload_parts(receive, who), send)
        finally:
            self._state.uploads.gone(who, size)

    def _upload_parts(self, receive: Receive, who: Caller) -> Receive:
        return self._state.uploads.paced(unhurried(receive), who)

    async def _enter(self, scope: Scope, receive: Receive, send: Send, who: Caller) -> None:
        """Answer the form of the door."""
        typed = await door.typed(unhurried(receive))
        complaint = self._state.door.complaint(who.address, typed.code)
        if complaint:
            content = server_pages.door(_language(scope), complaint, typed.onward)
            await _page(send, 429 if complaint == door.WAIT else 401, content)
            return
        cookie = visitors.cookie_header(door.COOKIE, self._state.door.token, secure=scope["scheme"] == "https")
        await _answer(send, 303, b"", [(b"location", typed.onward.encode()), (b"set-cookie", cookie)])

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        who = visitors.caller(scope)
        wrong = addresses.refusal(scope) or self._state.sockets.refusal(who.address)
        if wrong is not None or self._state.door.shut(scope["path"], who.cookies):
            await receive()
            # Before it is accepted, this is answered as HTTP's 403.
            await send({"type": "websocket.close", "code": 1008})
            return
        self._state.sockets.enter(who.address)
        slot = self._state.run_slots.of(who.address)
        socket = Socket(
            self._state.limits, slot, receive, send, lambda session: self._state.owners.claim(session, who.visitor)
        )
        try:
            await self._app(self._own_session(scope, who), socket.receive, socket.send)
        finally:
            self._state.sockets.leave(who.address)

    def _own_session(self, scope: Scope, who: Caller) -> Scope:
        """Return the request of a WebSocket without a session that it wants to go on with but did not begin."""
        named = [part.strip() for part in (visitors.header(scope, PROTOCOLS.decode()) or "").split(",")]
        if len(named) > 2 and not self._state.owners.owns(who.visitor, named[2]):
            named = named[:2]
        given = [(PROTOCOLS, ", ".join(named).encode("latin-1"))] if any(named) else []
        others = [each for each in scope["headers"] if each[0] != PROTOCOLS]
        return scope | {"headers": others + given, "subprotocols": [each for each in named if each]}


def _protected(scope: Scope, send: Send) -> Send:
    """Return what sends an answer with the protecting headers, and a page with a cookie where a browser has none."""
    host = visitors.header(scope, "host") or ""
    # What is refused for its host is not told of it in a header.
    added = headers.protecting(scope["path"], host if addresses.host_allowed(host) else "localhost")
    new = not visitors.caller(scope).visitor

    async def protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = headers.replaced(message.get("headers", []), added)
            # A page that the browser has kept from an earlier visit comes with a new cookie as well.
            if message["status"] in (200, 304) and addresses.PAGE.fullmatch(scope["path"]) and new:
                own = [*own, (b"set-cookie", visitors.new_cookie(secure=scope["scheme"] == "https"))]
            message = message | {"headers": own}
        await send(message)

    return protected


async def _refuse(scope: Scope, send: Send, refusal: Refusal) -> None:
    more = [(b"allow", ", ".join(refusal.allowed).encode())] if refusal.allowed else []
    # What was not read of the request would be taken for the next one.
    more = [*more, (b"connection", b"close")]
    looks = scope["method"] == "GET" and "text/html" in (visitors.header(scope, "accept") or "")
    if looks and refusal.status in (404, 503):
        sentence = server_pages.NOTHING if refusal.status == 404 else refusal.sentence
        await _page(send, refusal.status, server_pages.refused(_language(scope), sentence), more)
    else:
        await _answer(send, refusal.status, refusal.sentence.encode(), more)


async def _app(scope: Scope, send: Send) -> None:
    """Answer with the app's page, that the browser has it already, or where the first page is asked for by its name."""
    if onward := addresses.onward(scope):
        await _answer(send, 307, b"", [(b"location", onward)])
        return
    content, tag = server_pages.app(_language(scope))
    kept = visitors.header(scope, "if-none-match") == tag.decode()
    more = [(b"etag", tag), (b"vary", b"accept-language"), (b"cache-control", b"no-cache")]
    body = b"" if kept or scope["method"] == "HEAD" else content
    await _answer(send, 304 if kept else 200, body, more, HTML, len(content))


def _language(scope: Scope) -> str:
    return server_pages.language_of(scope.get("query_string", b""), visitors.header(scope, "accept-language"))


async def _page(send: Send, status: int, content: bytes, more: headers.Headers | None = None) -> None:
    await _answer(send, status, content, more or [], HTML)


async def _answer(
    send: Send, status: int, content: bytes, more: headers.Headers, kind: bytes = TEXT, length: int | None = None
) -> None:
    """Send an answer; `length` is that of the whole content where a browser asked for the headers alone."""
    given = [(b"content-type", kind), (b"content-length", str(len(content) if length is None else length).encode())]
    kept = [] if any(name == b"cache-control" for name, _ in more) else [(b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": [*given, *kept, *more]})
    await send({"type": "http.response.body", "body": content})
