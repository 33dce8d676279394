"""The gallery's pictures as they are drawn: a square with what networks see, and the style of their buttons."""

import base64
import io

import numpy as np
import streamlit as st
from jaxtyping import UInt8
from PIL import Image

from app.pictures import FOLDER, gallery_pictures, with_inset
from nat_core.data.images import read_image, read_photo

THUMBNAIL = 96


@st.cache_data(show_spinner=False)
def gallery_square(file: str) -> UInt8[np.ndarray, "h w 3"]:
    """A gallery picture's centre square, with what the networks see in its corner."""
    return with_inset(read_photo(FOLDER / file), read_image(FOLDER / file))


@st.cache_data(show_spinner=False)
def thumbnail_style() -> str:
    """The style sheet that turns each picture's button into its thumbnail."""
    rules = []
    for picture in gallery_pictures():
        buffer = io.BytesIO()
        Image.fromarray(read_image(picture.path, size=THUMBNAIL)).save(buffer, "JPEG", quality=80)
        encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
        rules.append(f".st-key-{picture.button_key} button{{background-image:url(data:image/jpeg;base64,{encoded})}}")
    return "<style>" + "\n".join(rules) + "</style>"
