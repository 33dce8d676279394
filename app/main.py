"""NAT Explorer. Start it with: streamlit run app/main.py.

This is the server: Streamlit's own application behind a guard. What it runs at each click of a visitor is script.py.
"""

import os
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse

from nat_app.server.guard import Guard, ServerState
from nat_app.server.headers import protecting
from nat_app.server.transfers.downloads import keep_downloads, keep_none
from nat_app.server.upkeep import running
from nat_app.visit import school
from nat_app.visit.limits import CODE, limits

state = ServerState(limits(), os.environ.get(CODE, ""))


def failed(request: object, error: Exception) -> PlainTextResponse:
    """Say that something went wrong, but not what; that is in the log."""
    answer = PlainTextResponse("Something went wrong.", 500)
    answer.raw_headers += protecting("/", "localhost")
    return answer


keep_downloads()
school.shared().forgetting.append(keep_none)
# Streamlit looks for an assignment of this form, and runs what it finds.
app = st.App(
    Path(__file__).with_name("script.py"),
    lifespan=lambda _: running(state),
    middleware=[Middleware(Guard, state=state)],
    exception_handlers={Exception: failed},
)
