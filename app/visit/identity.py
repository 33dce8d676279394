"""Which browser a visit comes from: the random number in its cookie, which says nothing else of the visitor."""

import hashlib
from uuid import uuid4

import streamlit as st

from nat_app.shared.settings import Held

COOKIE = "nat_visitor"
"""The cookie that the guard gives to every browser; it ends with the browser."""
ALONE = Held("alone", lambda: uuid4().hex)
"""Stands for the cookie where a browser keeps none: such a visit is new after each reload."""


def digest(cookie: str) -> str:
    """Return what is kept of a cookie: enough to know it again, not enough to make it; "" for none.

    >>> len(digest("of 24 random bytes")), digest("")
    (64, '')
    """
    return hashlib.sha256(cookie.encode("utf-8", "surrogateescape")).hexdigest() if cookie else ""


def browser() -> str:
    """Return what tells this visit's browser from all others, over reloads as well."""
    cookie = st.context.cookies.get(COOKIE)
    # Where no browser is, as in Streamlit's own AppTest, something else stands for it.
    return digest(cookie if isinstance(cookie, str) else "") or ALONE.get()
