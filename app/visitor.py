"""The visitor's own photos, decoded once and kept in this visit's session alone; nothing is stored on disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from jaxtyping import UInt8

from nat_core.images import UnreadableImage, read_image, read_photo

MOST = 60
"""So many photos are compared at once; further ones are left out, and named as such."""
CAMERA = "camera"


@dataclass(frozen=True, eq=False)
class Photo:
    """One photo of the visitor."""

    key: str
    name: str
    photo: UInt8[np.ndarray, "h w 3"]
    """For display, at most 512 pixels a side."""
    pixels: UInt8[np.ndarray, "32 32 3"]
    """What the networks see."""


def photos() -> dict[str, Photo]:
    """The photos that could be read, by key."""
    return st.session_state.setdefault("own_photos", {})


def problems() -> dict[str, str]:
    """One sentence for each file that could not be read, by key."""
    return st.session_state.setdefault("own_problems", {})


def drop_zone_key() -> str:
    """The drop zone's key: "uploads", with a number once the photos were cleared, for a new key is an empty zone."""
    number = st.session_state.get("drop_zone_number", 0)
    return f"uploads_{number}" if number else "uploads"


def take(files: Sequence[Any]) -> None:
    """Decode the files of the drop zone that are new, as far as there is room."""
    for file in files:
        if file.file_id not in photos() and file.file_id not in problems() and len(photos()) < MOST:
            _decode(file.file_id, file.name, file.getvalue())
    st.session_state["in_drop_zone"] = [file.file_id for file in files]


def left_out() -> int:
    """How many files of the drop zone were too many to take."""
    taken = photos().keys() | problems().keys()
    return sum(key not in taken for key in st.session_state.get("in_drop_zone", []))


def drop_removed() -> None:
    """Forget the photos that the visitor took out of the drop zone.

    To be called when the drop zone changes, and only then: on return to the page it is empty, the photos stay.
    """
    held = {file.file_id for file in st.session_state[drop_zone_key()]}
    for key in st.session_state.get("in_drop_zone", []):
        if key not in held:
            photos().pop(key, None)
            problems().pop(key, None)


def take_shot(file: Any) -> None:
    """Decode the camera's photo, in place of the one before."""
    if st.session_state.get("shot_id") != file.file_id:
        st.session_state["shot_id"] = file.file_id
        problems().pop(CAMERA, None)
        photos().pop(CAMERA, None)
        _decode(CAMERA, "Camera", file.getvalue())


def clear() -> None:
    """Forget all photos."""
    for key in ("own_photos", "own_problems", "in_drop_zone", "shot_id"):
        st.session_state.pop(key, None)
    st.session_state["drop_zone_number"] = st.session_state.get("drop_zone_number", 0) + 1


def _decode(key: str, name: str, content: bytes) -> None:
    try:
        photos()[key] = Photo(key, name, read_photo(content, name=name), read_image(content, name=name))
    except UnreadableImage as error:
        problems()[key] = str(error)
