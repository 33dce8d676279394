"""The classroom's link on the page Workshop: the address to project, its QR code, and where cameras work."""

import os
from urllib.parse import urlsplit

import streamlit as st

from nat_app.shared.language import N_, _
from nat_app.visit.limits import OWN_HOSTS
from nat_core.cli.serve import qr_svg

NO_CLASSROOM = N_(
    "The app serves this computer alone. To let the phones of a class in, stop it and start it with this command; it "
    "prints the address and a QR code, and this part shows them to project."
)
CLASSROOM = N_(
    "Open this address on a phone in the same network, or scan the code.\n\n"
    "Your photos go to this one computer, stay in its memory, and are gone when you close the page. Still: no "
    "portraits of classmates.\n\n"
    "To take a photo, press *Upload* on the page *Your photos*: the phone offers its own camera there. Browsers give a "
    "page the camera itself only over HTTPS, which a local network does not have."
)
CAMERA_NEEDS_HTTPS = N_(
    "Browsers give a page the camera only over HTTPS, and this is HTTP. Press Upload instead: a phone offers its own "
    "camera there. Photos stay in memory and are gone when you leave."
)

VARIABLE = "NAT_CLASSROOM"
"""`nat app --classroom` puts the address here."""


def address() -> str | None:
    """The address that phones open, None where the app serves this computer alone."""
    # The command that finds the address starts the app as a process of its own, so it is told by the environment.
    return os.environ.get(VARIABLE) or None


def outside(url: str) -> str:
    """Return a page's address as phones reach it: this computer's own name replaced by the classroom's.

    >>> os.environ[VARIABLE] = "http://192.168.1.20:8501"
    >>> outside("http://localhost:8501/workshop")
    'http://192.168.1.20:8501/workshop'
    >>> del os.environ[VARIABLE]
    """
    found = address()
    return f"{found}{urlsplit(url).path}" if found and urlsplit(url).hostname in OWN_HOSTS else url


def camera_works(url: str | None) -> bool:
    """Return whether a browser lets a page at this address use the camera: over HTTPS, or on the own computer.

    >>> [camera_works(url) for url in ("http://192.168.1.20:8501/", "https://there.org/", "http://localhost:8501/")]
    [False, True, True]
    """
    return not url or urlsplit(url).scheme == "https" or urlsplit(url).hostname in OWN_HOSTS


def draw() -> None:
    """Draw the address and its QR code, large enough to project, or how to get them."""
    found = address()
    if found is None:
        st.markdown(_(NO_CLASSROOM))
        st.code("nat app --classroom", language="bash")
        return
    code, text = st.columns([1, 1.4], gap="large", vertical_alignment="center")
    code.image(qr_svg(found), width="stretch", alt=_("QR code of {address}", address=found))
    text.html(f'<p style="font-size:clamp(1.2rem,2.6vw,2rem);font-weight:600;overflow-wrap:anywhere">{found}</p>')
    text.markdown(_(CLASSROOM))
