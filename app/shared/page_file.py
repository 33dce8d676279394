"""A page in a file of its own, to download: it needs no other file, and no script in it could run."""

import base64
import io
from html import escape
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from nat_core import language

SVG_SCRIPT = (Path(__file__).parent / "svg.js").read_text(encoding="utf-8")
"""What the live drawings in SVG share; it stands before a drawing's own script."""
FOCUS_SCRIPT = (Path(__file__).parent / "kept_focus.js").read_text(encoding="utf-8")
"""What keeps the keyboard's place where the control that it pressed is gone: `keptFocus`."""
NAMES_SCRIPT = (Path(__file__).parent / "kept_names.js").read_text(encoding="utf-8")
"""What keeps a network's or a set's name on one line: `keptNames`."""


def page(title: str, body: str, style: str, *, pictures: bool = False) -> str:
    """Return an HTML page with its title as heading; `body` is HTML, `pictures` allows those inside it (data: URLs).

    >>> "<h1>1 &lt; 2</h1>" in page("1 < 2", "<p>True.</p>", "")
    True
    """
    # A report holds the names of visitors' files. They are escaped; even if one were not, no script could run.
    images = "img-src data:; " if pictures else ""
    return f"""<!doctype html>
<html lang="{language.current()}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; {images}style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
<h1>{escape(title)}</h1>
{body}
</body>
</html>
"""


def png_url(pixels: UInt8[np.ndarray, "h w 3"]) -> str:
    """Return a picture as a data address, its pixels kept exactly."""
    return image_url(Image.fromarray(pixels), "PNG")


WIDEST, TALLEST = 100, 8
"""How many times wider than high, and higher than wide, a photo is shown."""


def displayable(photo: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "high wide 3"]:
    """Return a photo between white bars where it is far wider or higher than a page can show.

    Streamlit shrinks pictures to the width that they are given, and fails where no row of pixels would be left.

    >>> displayable(np.zeros((3, 512, 3), np.uint8)).shape, displayable(np.zeros((300, 400, 3), np.uint8)).shape
    ((6, 512, 3), (300, 400, 3))
    """
    height, width = photo.shape[:2]
    down, across = max(0, -(-width // WIDEST) - height), max(0, -(-height // TALLEST) - width)
    if not down and not across:
        return photo
    bars = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
    return np.pad(photo, bars, constant_values=255)


def thumbnail_url(photo: UInt8[np.ndarray, "h w 3"], side: int = 64) -> str:
    """Return a photo as a data address, at most `side` pixels wide and high."""
    image = Image.fromarray(photo)
    image.thumbnail((side, side))
    return image_url(image, "JPEG")


def image_url(image: Image.Image, kind: str, quality: int = 85) -> str:
    """Return an image as a data address, written as `kind`, "PNG" or "JPEG"; only a JPEG has a `quality`, to 95.

    >>> image_url(Image.new("L", (1, 1)), "PNG")[:22]
    'data:image/png;base64,'
    """
    buffer = io.BytesIO()
    image.save(buffer, kind, **({"quality": quality} if kind == "JPEG" else {}))
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
