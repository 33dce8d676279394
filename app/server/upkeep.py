"""What a server does beside answering: it makes room for connections, forgets who has left, and keeps its log short."""

import asyncio
import gc
import logging
import re
import sys
import threading
import time
import weakref
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from streamlit import config, runtime
from streamlit.runtime.app_session import AppSession

from nat_app.server.guard import ServerState
from nat_app.server.transfers import downloads

PAUSE = 10.0
"""Seconds between two looks at who has left."""
SAME, WITHIN = 5, 60.0
"""How many messages that differ in numbers alone are logged within so many seconds."""
ENOUGH = 65_536
"""Connections and files at once; some systems name no limit and yet allow no more than 10,240."""


def raise_descriptors() -> int:
    """Let this process open as many files and connections as the system allows, and return how many those are."""
    if sys.platform == "win32":
        return 0
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = ENOUGH if hard == resource.RLIM_INFINITY else hard
    for wanted in (most, 10_240):
        if soft != resource.RLIM_INFINITY and soft < wanted:
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
                return wanted
    return soft


class Quiet(logging.Filter):
    """Lets the same message through a few times a minute; then one that says how many like it were left out."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a message is logged."""
        # The first line without its numbers: a socket, an address and a time differ from one to the next.
        kind = record.name + re.sub(r"\d+", "", str(record.msg).partition("\n")[0])[:200]
        now = time.monotonic()
        began, times = self._seen.get(kind, (now, 0))
        if now - began > WITHIN:
            if times > SAME:
                record.msg = f"{record.getMessage()} ({times - SAME} more like it in {WITHIN:.0f} s)"
                record.args = None
            began, times = now, 0
        if len(self._seen) > 1_000:
            self._seen.clear()
        self._seen[kind] = (began, times + 1)
        return times < SAME


def quieten() -> None:
    """Throttle every place that messages are written to, and leave out that a visit has begun."""
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    quiet = Quiet()
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in list(logging.root.manager.loggerDict))]
    for handler in {handler for logger in loggers for handler in logger.handlers} | {logging.lastResort}:
        if handler is not None:
            handler.addFilter(quiet)


class Visits:
    """The visits that there were at the last look, by their sessions' names."""

    def __init__(self, state: ServerState) -> None:
        self._state = state
        self._known: dict[str, weakref.ref[AppSession]] = {}

    def forget_who_left(self) -> int:
        """End the sessions that nobody came back to, and return how many there were."""
        manager: Any = runtime.get_instance()._session_mgr
        # Streamlit forgets them when the next visit ends, which may be never; it offers no other way to ask for it.
        manager._session_storage._cache.expire()
        active = {each.session.id for each in manager.list_active_sessions()}
        self._state.owners.forget(active, config.get_option("server.disconnectedSessionTTL"))
        self._state.door.forget_old()
        here = {each.session.id: weakref.ref(each.session) for each in manager.list_sessions()}
        over = [session() for name, session in self._known.items() if name not in here]
        self._known = here
        for session in over:
            if session is not None:
                _end(session)
        return len(over)


def _end(session: AppSession) -> None:
    """Let go of all that a visit held, although Streamlit's loop keeps a name for the last one until another comes."""
    session.shutdown()
    session.session_state.clear()


async def look_after(state: ServerState) -> None:
    """Forget who left, and what was made for downloads, again and again."""
    visits = Visits(state)
    while True:
        await asyncio.sleep(PAUSE)
        downloads.let_go()
        if visits.forget_who_left():
            # A session is in circles of references, and Streamlit's own collecting after each run is switched off.
            gc.collect()


def open_browser() -> None:
    """Show the app to whoever started it, as Streamlit does for scripts."""
    if not config.get_option("server.headless"):
        webbrowser.open(f"http://localhost:{config.get_option('server.port')}")


def prepare() -> None:
    """Import and read what the first page needs: a visitor's browser takes longer to fetch what it needs itself."""
    import pandas  # noqa: F401, which Streamlit imports for the first part of a page that is told anything

    import nat_app.views.see_it.own  # noqa: F401, with nearly all that the page imports
    from nat_app.answers.stored_answers import read_ahead

    read_ahead()


@asynccontextmanager
async def running(state: ServerState) -> AsyncIterator[None]:
    """What surrounds the life of a server."""
    raise_descriptors()
    quieten()
    timer = asyncio.create_task(look_after(state))
    asyncio.get_running_loop().call_soon(open_browser)
    # Visitors wait for the imports of this thread only where they need them; a server that ends does not.
    threading.Thread(target=prepare, name="prepare", daemon=True).start()
    try:
        yield
    finally:
        timer.cancel()
