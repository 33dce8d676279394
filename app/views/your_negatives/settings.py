"""What can be chosen on Your negatives, and how a link says it; needs neither torch nor Streamlit."""

from collections.abc import Callable
from typing import Any

from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.palette import KINDS

MOST = 12
"""So many photos are taught at once."""
DEFAULTS: dict[str, Any] = {
    "taught": ("none-teapot.jpg", "none-coffee.jpg", "none-espresso.jpg", "none-butterfly.jpg", "none-zebra.jpg"),
    "taught_kind": "baseline",
    "taught_beside": False,
}
"""The settings by their keys."""


def _taught(text: str) -> tuple[str, ...]:
    """The files of samples, with commas between them; a visitor's own photos are in no link."""
    files = tuple(text.split(","))
    known = {picture.file for picture in gallery_pictures() if not picture.known}
    if not set(files) <= known or len(files) > MOST:
        raise ValueError(f"needs up to {MOST} of {', '.join(sorted(known))}")
    return files


READERS: dict[str, Callable[[str], Any]] = {
    "taught": _taught,
    "taught_kind": lambda text: {str(kind): kind for kind in KINDS}[text],
    "taught_beside": lambda text: {"0": False, "1": True}[text],
}
"""What a link may say: a reader that raises ValueError or KeyError for another value."""
