"""The upload route: only into one's own visit, and only as much as there is room for.

Streamlit keeps the files of a visit in memory, and takes whatever comes for a session that is active. Here the room is
counted before a byte is read: what lies there already, and what is on its way.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from weakref import WeakValueDictionary

from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from nat_app.server.addresses import UPLOAD, Refusal
from nat_app.server.sockets import Bucket, Message, Receive
from nat_app.server.visitors import Caller, Owners, Scope, header
from nat_app.visit.limits import MB, Limits

FRAMING = 100_000
"""Bytes that an upload may have beside its file: boundaries and the file's name."""
PAUSE = 30.0
"""Seconds between two parts of an upload; who sends slower has left."""
AT_ONCE = MB
"""Bytes of uploads from one address that are read as fast as they come: a photo is there at once."""
WHOLE = 600.0
"""Seconds that an upload may take."""
TOLD = (413, 429, 507)
"""Refusals of which a visitor hears. A browser hears an answer only once it has sent its file."""


@dataclass(frozen=True)
class Stored:
    """What visitors have on the server."""

    sizes: Mapping[str, tuple[int, int]]
    """By session: how many files, and how many bytes."""

    def of(self, sessions: Iterable[str]) -> tuple[int, int]:
        """Return how many files and bytes these sessions have."""
        found = [self.sizes.get(session, (0, 0)) for session in sessions]
        return sum(files for files, _ in found), sum(size for _, size in found)


def stored() -> Stored:
    """Return what visitors have on the server now."""
    manager = runtime.get_instance().uploaded_file_mgr
    if not isinstance(manager, MemoryUploadedFileManager):
        raise TypeError(f"files are kept in a MemoryUploadedFileManager, not in a {type(manager).__name__}")
    # Copies, because visits end in other threads meanwhile.
    kept = {session: list(files.values()) for session, files in list(manager.file_storage.items())}
    return Stored({session: (len(files), sum(len(each.data) for each in files)) for session, files in kept.items()})


class Uploads:
    """The uploads that are on their way, and the room that they and the stored ones leave."""

    def __init__(self, limits: Limits, owners: Owners) -> None:
        self._limits, self._owners = limits, owners
        self._coming: Counter[str] = Counter()
        """Bytes on their way, by visitor."""
        self._at_once: Counter[str] = Counter()
        self._paces: WeakValueDictionary[str, Bucket] = WeakValueDictionary()
        """By address, of those from where something is on its way."""

    def refusal(self, scope: Scope, who: Caller) -> Refusal | None:
        """Return why a file may not be put or removed, None where it may."""
        where = UPLOAD.fullmatch(scope["path"])
        # One sentence for a session of another and for none: nobody learns which there are.
        if where is None or not self.owns(who, where["session"]):
            return Refusal(403, "This is no visit of yours.")
        return None if scope["method"] == "DELETE" else self._full(who, _declared(scope))

    def owns(self, who: Caller, session: str) -> bool:
        """Return whether this is a visit of theirs that is not over."""
        return self._owners.owns(who.visitor, session) and runtime.get_instance().is_active_session(session)

    def _full(self, who: Caller, size: int | None) -> Refusal | None:
        """Return why so many bytes more are too many, None where there is room."""
        if size is None:
            return Refusal(411, "Say how long the file is.")
        most, here = self._limits, stored()
        files, mine = here.of(self._owners.sessions(who.visitor))
        if self._at_once[who.visitor] >= most.uploads_at_once:
            return Refusal(429, "Too many files at once; send them one after another.")
        if files + self._at_once[who.visitor] >= most.files_each:
            return Refusal(413, "You have too many files here; remove some.")
        if mine + self._coming[who.visitor] + size > most.upload_each + FRAMING:
            return Refusal(413, f"You have more than {most.upload_each // MB} MB here; remove some files.")
        _, all_files = here.of(here.sizes)
        if all_files + self._coming.total() + size > most.upload_all + FRAMING:
            return Refusal(507, "The server is full; try again in a few minutes.")
        return None

    def coming(self, scope: Scope, who: Caller) -> int:
        """Count an upload in; to be called once it may come. Returns its size, with which `gone` counts it out."""
        size = _declared(scope) or 0
        self._coming[who.visitor] += size
        self._at_once[who.visitor] += 1
        return size

    def gone(self, who: Caller, size: int) -> None:
        """Count an upload out."""
        self._coming[who.visitor] -= size
        self._at_once[who.visitor] -= 1
        # Forgets those at nought.
        self._coming += Counter()
        self._at_once += Counter()

    def paced(self, receive: Receive, who: Caller) -> Receive:
        """Return what receives an upload's parts no faster than all from this address together may come.

        All visits share the loop that reads them: one that reads as fast as a disk or a near network sends has no time
        for the others. Who is not read from cannot send, so nothing piles up.
        """
        pace = self._paces.setdefault(who.address, Bucket(self._limits.upload_rate, AT_ONCE))

        async def receive_paced() -> Message:
            message = await receive()
            await asyncio.sleep(pace.take(len(message.get("body", b""))))
            return message

        return receive_paced


def _declared(scope: Scope) -> int | None:
    """Return how long a request says it is, None where it does not."""
    text = header(scope, "content-length") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def unhurried(receive: Receive) -> Receive:
    """Return what receives an upload's parts, until the sender takes too long over one or over all."""
    loop = asyncio.get_running_loop()
    end = loop.time() + WHOLE

    async def receive_in_time() -> Message:
        try:
            async with asyncio.timeout(min(PAUSE, max(0.0, end - loop.time()))):
                return await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}

    return receive_in_time


async def passed_over(receive: Receive) -> None:
    """Read a request to its end, and keep nothing of it."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
        pass
