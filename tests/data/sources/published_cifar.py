"""CIFAR's own files, small: pickles as Python 2 wrote them, byte by byte, which today's pickle does not write."""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def text(value: str) -> bytes:
    """A string of Python 2."""
    return b"U" + bytes([len(value)]) + value.encode("latin-1")


def whole(value: int) -> bytes:
    """A whole number from 0 up."""
    if value < 256:
        return b"K" + bytes([value])
    return b"M" + struct.pack("<H", value) if value < 65_536 else b"J" + struct.pack("<i", value)


def array(values: np.ndarray) -> bytes:
    """An array of bytes, as NumPy 1 reduced it."""
    shape = b"(" + b"".join(whole(each) for each in values.shape) + b"t"
    kind = b"cnumpy\ndtype\nq\x10(U\x02u1K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    raw = values.tobytes()
    made = b"cnumpy.core.multiarray\n_reconstruct\nq\x11(cnumpy\nndarray\nq\x12(K\x00tU\x01btR"
    return made + b"(K\x01" + shape + kind + b"\x89T" + struct.pack("<i", len(raw)) + raw + b"tb"


def row(values: Sequence[bytes]) -> bytes:
    """A list."""
    return b"](" + b"".join(values) + b"e"


def dictionary(entries: dict[str, bytes]) -> bytes:
    """A whole file: one dictionary."""
    return b"\x80\x02}q\x01(" + b"".join(text(key) + value for key, value in entries.items()) + b"u."


def batch(values: np.ndarray, labels: Sequence[int], key: str = "labels") -> bytes:
    """A file of pictures, `values` being (n, 3072)."""
    return dictionary(
        {
            "batch_label": text("a batch"),
            key: row([whole(each) for each in labels]),
            "data": array(values),
            "filenames": row([text(f"{place}.png") for place in range(len(labels))]),
        }
    )


def values(count: int, seed: int = 0) -> np.ndarray:
    """The bytes of so many pictures."""
    return np.random.default_rng(seed).integers(0, 256, (count, 3072)).astype(np.uint8)


def write_cifar10(home: Path) -> Path:
    """`cifar-10-batches-py` in that folder, with two pictures in each file; returns it."""
    folder = home / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    for number in range(1, 6):
        (folder / f"data_batch_{number}").write_bytes(batch(values(2, number), (number, 9)))
    (folder / "test_batch").write_bytes(batch(values(2), (3, 8)))
    meta = dictionary({"num_cases_per_batch": whole(2), "label_names": row([text(each) for each in CIFAR10])})
    (folder / "batches.meta").write_bytes(meta)
    return folder
