"""A PNG decoder and encoder of its own in NumPy, straight from the specification: what Pillow's results are held to."""

import struct
import zlib

import numpy as np

from tests.hostile_pictures import chunk

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
KINDS = tuple((colours, depth) for colours, depths in
              ((0, (1, 2, 4, 8, 16)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16)))
              for depth in depths)  # fmt: skip
"""Every kind of PNG: how colours are meant, and bits a channel."""
PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""Adam7: first row, first column, rows apart, columns apart."""


def on_white(data: bytes) -> np.ndarray:
    """Return a PNG's pixels as 8-bit RGB on white, (height, width, 3) of float: 16 bits lose their lower byte."""
    chunks, place = [], 8
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    found = dict(reversed(chunks))
    width, height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", found[b"IHDR"])
    rows = zlib.decompress(b"".join(content for kind, content in chunks if kind == b"IDAT"))
    values = _values(rows, width, height, depth, CHANNELS[colours], bool(interlaced))
    key = np.frombuffer(found.get(b"tRNS", b""), ">u2" if colours in (0, 2) else np.uint8)
    if colours == 3:
        palette = np.zeros((256, 3), int)
        entries = np.frombuffer(found[b"PLTE"], np.uint8).reshape(-1, 3)
        palette[: len(entries)] = entries
        clear = np.full(256, 255)
        clear[: len(key)] = key
        colour, alpha = palette[values[..., 0]], clear[values[..., 0]] / 255
    else:
        most = 2**depth - 1
        scaled = values >> 8 if depth == 16 else values * 255 // most
        colour = np.repeat(scaled[..., :1], 3, axis=2) if colours in (0, 4) else scaled[..., :3]
        alpha = scaled[..., -1] / 255 if colours in (4, 6) else np.ones(values.shape[:2])
        if len(key):
            alpha = np.where((values == key).all(-1), 0, alpha)
    return colour * alpha[..., None] + 255 * (1 - alpha[..., None])


def _values(rows: bytes, width: int, height: int, depth: int, channels: int, interlaced: bool) -> np.ndarray:
    values, place = np.zeros((height, width, channels), int), 0
    for top, left, down, across in PASSES if interlaced else ((0, 0, 1, 1),):
        high, wide = len(range(top, height, down)), len(range(left, width, across))
        if high and wide:
            part, place = _one_pass(rows, place, wide, high, depth, channels)
            values[top::down, left::across] = part
    return values


def _one_pass(rows: bytes, place: int, width: int, height: int, depth: int, channels: int) -> tuple[np.ndarray, int]:
    length, behind = -(-width * depth * channels // 8), max(1, depth * channels // 8)
    above, lines = np.zeros(length, int), []
    for _ in range(height):
        kind, line = rows[place], np.frombuffer(rows, np.uint8, length, place + 1).astype(int)
        for each in range(length):
            left = line[each - behind] if each >= behind else 0
            corner = above[each - behind] if each >= behind else 0
            line[each] = (line[each] + _predicted(kind, int(left), int(above[each]), int(corner))) % 256
        lines.append(line)
        above, place = line, place + 1 + length
    packed = np.array(lines, np.uint8)
    if depth == 16:
        values = packed[:, 0::2].astype(int) << 8 | packed[:, 1::2]
    else:
        bits = np.unpackbits(packed, axis=1)[:, : length * 8 // depth * depth].reshape(height, -1, depth)
        values = bits @ (1 << np.arange(depth)[::-1])
    return values[:, : width * channels].reshape(height, width, channels), place


def _predicted(kind: int, left: int, above: int, corner: int) -> int:
    if kind == 4:
        paeth = left + above - corner
        return min((left, above, corner), key=lambda each: abs(paeth - each))
    return (0, left, above, (left + above) // 2)[kind]


def drawn(generator: np.random.Generator, colours: int, depth: int, *, interlaced: bool, clear: bool) -> bytes:
    """Return a PNG of random pixels and random filters, up to 20 pixels a side; `clear` makes some of them transparent.

    Only its bytes are random, so what they mean is for a decoder to say.
    """
    width, height = (int(side) for side in generator.integers(1, 21, 2))
    channels = CHANNELS[colours]
    parts = []
    for top, left, down, across in PASSES if interlaced else ((0, 0, 1, 1),):
        high, wide = len(range(top, height, down)), len(range(left, width, across))
        length = -(-wide * depth * channels // 8)
        parts += [bytes([generator.integers(0, 5)]) + generator.bytes(length) for _ in range(high if wide else 0)]
    chunks = [chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, interlaced))]
    if colours == 3:
        chunks.append(chunk(b"PLTE", generator.bytes(3 * 2**depth)))
    if clear and colours in (0, 2):
        chunks.append(
            chunk(b"tRNS", b"".join(struct.pack(">H", generator.integers(0, 2**depth)) for _ in range(channels)))
        )
    if clear and colours == 3:
        chunks.append(chunk(b"tRNS", generator.bytes(int(generator.integers(1, 2**depth + 1)))))
    packed = zlib.compress(b"".join(parts))
    cut = int(generator.integers(0, len(packed)))
    chunks += [chunk(b"IDAT", packed[:cut]), chunk(b"IDAT", packed[cut:]), chunk(b"IEND")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
