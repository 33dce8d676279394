"""Files as strangers upload them: an .npz file, a picture, a zip file."""

import io
import zipfile

import numpy as np
from PIL import Image


def npz(**arrays) -> bytes:
    """The bytes of an .npz file with these arrays."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def picture(colour: tuple[int, int, int]) -> bytes:
    """The bytes of a PNG of 40 x 40 pixels in one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    """The bytes of a zip file with these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
