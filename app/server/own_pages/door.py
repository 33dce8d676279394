"""The door of a class: a code on the wall, which a visitor types once before anything is shown."""

import hmac
import re
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from urllib.parse import parse_qs

from nat_app.server.addresses import HEALTH
from nat_app.server.sockets import Receive
from nat_app.server.visitors import Scope
from nat_app.shared.language import N_

COOKIE = "nat_door"
TRIES, WITHIN = 10, 60.0
"""How often a code may be wrong from one address, within so many seconds; a class may share one address."""
ALL_TRIES = 200
"""The same from everywhere."""
LONGEST = 4_000
"""Bytes of what the form may send."""
ONWARD = re.compile(r"/[a-z0-9_]*(\?[A-Za-z0-9_.~,=&%+-]*)?")
"""Where the door leads: to a page, with the settings of a link."""
WRONG = N_("That is not the code.")
WAIT = N_("Too many wrong codes; wait a minute.")


@dataclass(frozen=True)
class Typed:
    """What the form sends."""

    code: str
    onward: str
    """The page that was asked for."""


class Door:
    """Lets in who knows the code; open to all where there is none."""

    def __init__(self, code: str, secret: bytes) -> None:
        self._code, self._secret = code.strip(), secret
        self._wrong: defaultdict[str, deque[float]] = defaultdict(deque)

    @property
    def token(self) -> str:
        """What a browser that was let in brings along. A server that was started anew asks again."""
        return hmac.new(self._secret, self._code.encode(), "sha256").hexdigest()

    def shut(self, path: str, cookies: dict[str, str]) -> bool:
        """Return whether this request has to give the code first; the health check never has to."""
        if not self._code or path == HEALTH:
            return False
        return not hmac.compare_digest(cookies.get(COOKIE, "").encode("utf-8", "replace"), self.token.encode())

    def complaint(self, address: str, code: str) -> str:
        """Return what is wrong with a code that was typed, "" where it is right."""
        now = time.monotonic()
        for times in (mine := self._wrong[address]), (everyone := self._wrong[""]):
            while times and now - times[0] > WITHIN:
                times.popleft()
        if len(mine) >= TRIES or len(everyone) >= ALL_TRIES:
            return WAIT
        # Takes as long for a code that is nearly right as for any other: how long it took must not give it away.
        if hmac.compare_digest(code.strip().casefold().encode(), self._code.casefold().encode()):
            return ""
        # Counted from everywhere too: whoever has many addresses could try as many codes.
        mine.append(now)
        everyone.append(now)
        return WRONG

    def forget_old(self) -> None:
        """Forget the addresses whose tries are long over."""
        now = time.monotonic()
        for address in [each for each, times in self._wrong.items() if not times or now - times[-1] > WITHIN]:
            del self._wrong[address]


def here(scope: Scope) -> str:
    """Return the page that a request asks for, with its settings; the first page where that is not plain to say.

    >>> here({"path": "/workshop", "query_string": b"hide=pages"}), here({"path": "/", "query_string": b"<script>"})
    ('/workshop?hide=pages', '/')
    """
    query = scope.get("query_string", b"").decode("latin-1")
    return _onward(f"{scope['path']}?{query}" if query else scope["path"])


def _onward(text: str) -> str:
    return text if ONWARD.fullmatch(text) else "/"


async def typed(receive: Receive) -> Typed:
    """Return what the form sends; nothing where it sends far too much."""
    content, more = b"", True
    while more:
        message = await receive()
        content += message.get("body", b"")
        if len(content) > LONGEST or message["type"] == "http.disconnect":
            return Typed("", "/")
        more = message.get("more_body", False)
    try:
        fields = parse_qs(content.decode("utf-8", "replace"), max_num_fields=4)
    except ValueError:
        return Typed("", "/")
    return Typed(fields.get("code", [""])[0], _onward(fields.get("onward", ["/"])[0]))
