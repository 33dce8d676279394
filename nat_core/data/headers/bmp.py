"""A BMP's header; the layouts of pixels that browsers show and Pillow does not are written anew as plain ones.

The names of the bits are Microsoft's (BITMAPINFOHEADER, BITMAPV5HEADER); 12 and 16 bytes are OS/2's headers.
"""

import struct

import numpy as np

from nat_core.data.headers.header import MEGAPIXEL, Header, check_memory, check_pixels, up
from nat_core.errors import UnreadableImage
from nat_core.language import _

_PLAIN, _MASKS, _MASKS_WITH_ALPHA = 0, 3, 6
_COLOURS = 16 + 4 * 256
"""The most bytes that belong to a header and stand behind it: masks, and a palette."""
_PILLOWS = {
    16: ((0xF800, 0x7E0, 0x1F, 0), (0x7C00, 0x3E0, 0x1F, 0)),
    32: ((0xFF0000, 0xFF00, 0xFF, 0), (0xFF0000, 0xFF00, 0xFF, 0xFF000000)),
}
"""The masks of red, green, blue and alpha that Pillow reads, by bits a pixel."""


def examine_bmp(data: bytes, name: str) -> Header:
    """Return what a BMP holds; LookupError, ValueError or struct.error where it is not whole."""
    data = _without_padding(data)
    start, length = struct.unpack_from("<II", data, 10)
    if length == 16:  # what follows in longer ones is zero, and the palette ends where the rows begin
        fields = struct.pack("<16x2I", max(0, start - 30) // 4, 0)
        data = b"".join([data[:10], struct.pack("<II", start + 24, 40), data[18:30], fields, memoryview(data)[30:]])
        start, length = start + 24, 40
    # In all headers but the oldest a negative height means rows from the top.
    width, height, _planes, bits, *packing = struct.unpack_from("<HHHH" if length == 12 else "<iiHHI", data, 18)
    size = (abs(width), abs(height))
    check_pixels(size, "BMP", name)
    packed = packing[0] if packing else _PLAIN
    if packed not in (_PLAIN, _MASKS, _MASKS_WITH_ALPHA) or (length == 64 and packed):
        told = _(
            "{name} is a BMP whose pixels are packed (run lengths, JPEG or PNG), which is not read here: export it as "
            "JPEG or PNG.",
            name=name,
        )
        raise UnreadableImage(told)
    stride = 4 * up(width * bits, 32)
    if width < 1 or bits < 1 or start + stride * size[1] > len(data):
        raise ValueError("the rows are not there")
    rows = np.frombuffer(data, np.uint8, stride * size[1], start).reshape(size[1], stride)
    masks = (
        struct.unpack_from("<4I" if length >= 56 or packed == _MASKS_WITH_ALPHA else "<3I", data, 54) if packed else ()
    )
    # Pillow knows no masks with one of alpha behind the short header either, whatever they are.
    if bits in _PILLOWS and packed and (packed == _MASKS_WITH_ALPHA or (*masks, 0)[:4] not in _PILLOWS[bits]):
        check_memory(8 * size[0] * size[1] + len(data), size, name)
        data = _coloured(rows[:, : width * bits // 8].view(f"<u{bits // 8}"), masks, height)
    elif bits == 2 and length > 12:
        data = _of_two_bits(rows, data[14 + length : start], width, height)
    elif length > 16 and bits <= 8:
        data = _with_colours(data, start, bits)
    return Header("BMP", size, size, (0, 0), 1, data)


def _without_padding(data: bytes) -> bytes:
    """The same BMP without what lies between its colours and its rows, and behind them, where that is much."""
    start, length = struct.unpack_from("<II", data, 10)
    width, height, _planes, bits = struct.unpack_from("<HHHH" if length == 12 else "<iiHH", data, 18)
    rows, lead = max(0, 4 * up(width * bits, 32)) * abs(height), 14 + length + _COLOURS
    if start + rows > len(data) or len(data) - rows <= MEGAPIXEL:
        return data
    if start <= lead:
        return data[: max(start + rows, lead)]
    return b"".join([data[:10], struct.pack("<I", lead), data[14:lead], memoryview(data)[start : start + rows]])


def _coloured(pixels: np.ndarray, masks: tuple[int, ...], height: int) -> bytes:
    """A BMP of 8 bits a channel, with alpha, of pixels whose channels lie elsewhere or are of another depth."""
    made = np.full((*pixels.shape, 4), 255, np.uint8)
    rows = max(1, MEGAPIXEL // pixels.shape[1])
    for top in range(0, len(pixels), rows):
        part = pixels[top : top + rows]
        for place, mask in zip((2, 1, 0, 3), masks, strict=False):  # stored as blue, green, red, alpha
            if mask or place < 3:
                lowest = mask & -mask or 1
                values = (part & np.uint32(mask)) // lowest
                made[top : top + rows, :, place] = np.rint(values * (255 / max(1, mask // lowest)))
    if not made[..., 3].any():  # a picture that is nowhere to be seen is meant to be seen
        made[..., 3] = 255
    fields = struct.pack("<IiiHHIIiiII4I", 56, pixels.shape[1], height, 1, 32, _MASKS, made.size, 0, 0, 0, 0,
                         0xFF0000, 0xFF00, 0xFF, 0xFF000000)  # fmt: skip
    return b"".join([b"BM", struct.pack("<III", 70 + made.size, 0, 70), fields, made.data])


def _of_two_bits(rows: np.ndarray, palette: bytes, width: int, height: int) -> bytes:
    """A BMP of 8 bits a pixel with the same palette."""
    values = np.stack([rows >> shift & 3 for shift in (6, 4, 2, 0)], axis=-1).reshape(len(rows), -1)[:, :width]
    values = np.pad(values, ((0, 0), (0, -width % 4)))
    fields = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, _PLAIN, values.size, 0, 0, 0, 0)
    start = struct.pack("<III", 1078 + values.size, 0, 1078)
    return b"".join([b"BM", start, fields, palette[:16].ljust(1024, b"\0"), values.tobytes()])


def _with_colours(data: bytes, start: int, bits: int) -> bytes:
    """The same BMP with no more colours in its palette than its pixels can name, or than there are."""
    (colours,) = struct.unpack_from("<I", data, 46)
    if colours <= 2**bits:
        return data
    return b"".join([data[:46], struct.pack("<I", 2**bits), memoryview(data)[50:]])
