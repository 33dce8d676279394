"""The gallery as the file carries it: each photo's square to show, and the very pixels that the networks see."""

import io
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from nat_app.one_page.payload import Payload
from nat_app.shared.gallery import GalleryPicture, gallery_pictures
from nat_core.data.images import read_image

SIDE = 320
"""Side of a photo to show, in pixels; `QUALITY` is that of its JPEG. All 45 together take under 1 MB."""
QUALITY = 74


def carried(into: Payload) -> list[dict[str, Any]]:
    """Put the gallery into the payload; return where each picture lies in it, in the order of the app."""
    return [
        {
            "file": each.file,
            "label": each.label,
            "square": into.add(_jpeg(read_image(each.path, size=SIDE))),
            "pixels": into.add(read_image(each.path).tobytes()),
        }
        for each in gallery_pictures()
    ]


def _jpeg(square: UInt8[np.ndarray, "side side 3"]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(square).save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()


def described() -> dict[str, dict[str, str]]:
    """Return what is said of each picture, by its file, in the language that is spoken."""
    return {each.file: _words(each) for each in gallery_pictures()}


def _words(picture: GalleryPicture) -> dict[str, str]:
    return {
        "name": picture.name,
        "shows": picture.shows,
        "alt": picture.alt,
        "caption": f"{picture.caption}. {picture.credit}.",
    }


def licences() -> list[dict[str, str]]:
    """Return the gallery's licence notes: of each picture what it shows, by whom, under which licence, from where."""
    return [
        {
            "name": each.caption,
            "credit": each.credit,
            "source": each.source,
            "changes": each.changes,
        }
        for each in gallery_pictures()
    ]
