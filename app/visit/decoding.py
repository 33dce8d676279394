"""Where strangers' pictures are decoded: two at a time on the whole server, and so many pixels for each visitor."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from jaxtyping import UInt8

from nat_app.shared.language import N_
from nat_app.shared.settings import Held
from nat_core.data.apart.process import kinds
from nat_core.data.headers.header import MEGAPIXEL, Allowance, Header
from nat_core.data.images import Admit, read_image, read_views

AT_ONCE = 2
"""How many pictures are decoded at the same time: a large one takes up to 200 MB while it is."""
PIXELS, A_SECOND = 3_000 * MEGAPIXEL, 20 * MEGAPIXEL
"""How many pixels a visitor may have decoded at once (sixty photos of 48 megapixels), and how many more a second."""
PATIENCE = 0.5
"""Seconds between two looks whether a visitor who waits is still there."""
_turns = threading.BoundedSemaphore(AT_ONCE)
ALLOWANCE = Held(
    "decoding_allowance",
    lambda: Allowance(
        PIXELS,
        N_(
            "{name} was left out: you have sent as many pixels as are decoded for one visitor, so wait a minute and "
            "drop it in again."
        ),
        A_SECOND,
    ),
)  # fmt: skip


def accepted() -> str:
    """Return what a chooser of photos offers, as the attribute `accept` of a page has it.

    A phone hands over what is in it: an iPhone its HEIC photos as they are where they can be read, else as JPEG.

    >>> accepted().split(",")[:2]
    ['image/png', 'image/jpeg']
    """
    plain = ["image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp"]
    more = {"HEIF": ["image/heic", "image/heif", ".heic", ".heif"], "AVIF": ["image/avif"], "TIFF": ["image/tiff"]}
    there = [each for kind, named in more.items() if kind in kinds() for each in named]
    return ",".join([*plain, *there, "application/zip", ".zip"])


def views(
    content: bytes, name: str, admit: Admit | None = None
) -> tuple[UInt8[np.ndarray, "h w 3"], dict[str, UInt8[np.ndarray, "32 32 3"]]]:
    """A visitor's photo for display, and as the networks see it by the way of making it square.

    `admit` is what else is asked, beside the visitor's allowance, before it is decoded. Raises UnreadableImage.
    """
    with _turn():
        return read_views(content, name=name, admit=admitted_by_both(admit))


def square(content: bytes, name: str, admit: Admit | None = None) -> UInt8[np.ndarray, "32 32 3"]:
    """One picture of a visitor's image set, as the networks see it. Raises UnreadableImage."""
    with _turn():
        return read_image(content, name=name, admit=admitted_by_both(admit))


@contextmanager
def _turn() -> Iterator[None]:
    # The session's state ends the run of a visitor who has left, whenever it is looked at.
    ALLOWANCE.get()
    while not _turns.acquire(timeout=PATIENCE):
        ALLOWANCE.get()
    try:
        yield
    finally:
        _turns.release()


def admitted_by_both(admit: Admit | None) -> Admit:
    """What asks `admit`, where there is one, and then the visitor's allowance."""
    allowance = ALLOWANCE.get()

    def admit_both(header: Header, name: str) -> None:
        if admit is not None:
            admit(header, name)
        allowance.admit(header, name)

    return admit_both
