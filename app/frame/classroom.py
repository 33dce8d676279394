"""How phones get here: the addresses of this computer in its networks, the QR code of a link, where cameras work."""

import base64
import os
from html import escape
from urllib.parse import urlsplit

import streamlit as st

from nat_app.shared.language import N_, _
from nat_app.shared.settings import Setting
from nat_app.visit.limits import OWN_HOSTS
from nat_core.cli.serve import qr_svg

CAMERA_NEEDS_HTTPS = N_(
    "Browsers give a page the camera only over HTTPS, and this is HTTP. Press Upload instead: a phone offers its own "
    "camera there. Photos stay in memory and are gone when you leave."
)

VARIABLE = "NAT_CLASSROOM"
"""`nat app --classroom` puts the addresses here, with commas between them."""
NETWORK: Setting[str | None] = Setting("class_network", None)
"""The address that the phones open, where this computer has several."""
LARGE = 40
"""Pixels of a module: larger than any wall needs, as a page draws a picture smaller, never larger."""


def addresses() -> tuple[str, ...]:
    """The addresses that phones may open, none where the app serves this computer alone.

    >>> os.environ[VARIABLE] = "http://192.168.1.20:8501,http://10.0.0.7:8501"
    >>> addresses()
    ('http://192.168.1.20:8501', 'http://10.0.0.7:8501')
    >>> del os.environ[VARIABLE]
    """
    # The command that finds the addresses starts the app as a process of its own, so it is told by the environment.
    return tuple(filter(None, os.environ.get(VARIABLE, "").split(",")))


def address() -> str | None:
    """The address that phones open: the one that was chosen, else the first; None where there is none."""
    found = addresses()
    return NETWORK.value if NETWORK.value in found else next(iter(found), None)


def outside(url: str) -> str:
    """Return a page's address as phones reach it: this computer's own name replaced by the classroom's.

    >>> os.environ[VARIABLE] = "http://192.168.1.20:8501"
    >>> outside("http://localhost:8501/workshop")
    'http://192.168.1.20:8501/workshop'
    >>> del os.environ[VARIABLE]
    """
    found = address()
    # Its other addresses are its own as well: what stands on the wall is the one that was chosen for the phones.
    own = {*OWN_HOSTS, *(urlsplit(each).hostname for each in addresses())}
    return f"{found}{urlsplit(url).path}" if found and urlsplit(url).hostname in own else url


def camera_works(url: str | None) -> bool:
    """Return whether a browser lets a page at this address use the camera: over HTTPS, or on the own computer.

    >>> [camera_works(url) for url in ("http://192.168.1.20:8501/", "https://there.org/", "http://localhost:8501/")]
    [False, True, True]
    """
    return not url or urlsplit(url).scheme == "https" or urlsplit(url).hostname in OWN_HOSTS


def choose_network() -> None:
    """Draw the choice of the address that the phones open, where this computer is in several networks."""
    found = addresses()
    if len(found) > 1:
        NETWORK.put(address())
        st.selectbox(
            _("The network that the phones are in"),
            found,
            key=NETWORK.key,
            persist_state="session",
            help=_("This computer is in several networks. Try each with one phone."),
        )


def draw_code(link: str) -> None:
    """Draw the QR code of a link as large as its column and the window are."""
    alt, code = _("QR code of {link}", link=link), base64.b64encode(qr_svg(link, scale=LARGE).encode()).decode("ascii")
    # Over an image of Streamlit's own, what it offers there would lie over the buttons above the code.
    with st.container(key="qr_code"):
        st.html(f'<img src="data:image/svg+xml;base64,{code}" alt="{escape(alt)}">')
