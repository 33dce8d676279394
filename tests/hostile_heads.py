"""Attacks on the file that keeps what a visitor taught: crafted ones, and sound ones of which mutants are made."""

import json
from functools import cache
from typing import Any

import numpy as np

from nat_core.errors import CheckpointError
from nat_core.store.own_heads import (
    HEADS,
    MOST_BYTES,
    NONE,
    NONE_CLASS,
    SIDE,
    Head,
    KeptPhotos,
    OwnHeads,
    from_bytes,
    to_bytes,
)
from nat_core.store.tensors import packed, read_arrays
from tests.hostile_files import Target

ODD: tuple[Any, ...] = (None, 0, -1, 1e300, "", "x" * 5_000, [], ["a"], ["a", "a"], ["a", ""], ["a", "\u202eb"],
                        ["x"] * 7, ["a", "b" * 41], {}, [[]], True)  # fmt: skip
"""What may stand where something else should."""


def taught(channels: int = 4) -> OwnHeads:
    """Two things of three photos that were taught, with drawn weights."""
    drawn = np.random.default_rng(0)
    outputs = {kind: 2 + (kind == NONE_CLASS) for kind in HEADS}
    heads = {
        kind: Head(drawn.normal(size=(channels, n)).astype(np.float32), drawn.normal(size=n).astype(np.float32))
        for kind, n in outputs.items()
    }
    said = {kind: drawn.normal(size=(3, n)).astype(np.float32) for kind, n in outputs.items()}
    return OwnHeads("wrn16_1_baseline", "0" * 64, ("mug", "book"), heads, np.array([0, 0, 1]), said)


def kept_photos() -> KeptPhotos:
    """A photo of each of two things, and of neither."""
    drawn = np.random.default_rng(0)
    seen = drawn.integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
    shown = drawn.integers(0, 256, (3, SIDE, SIDE, 3)).astype(np.uint8)
    return KeptPhotos(np.array([0, 1, NONE]), ("a.jpg", "b.jpg", "c.jpg"), seen, shown)


@cache
def own_heads_file() -> Target:
    """The file as a visitor brings it back."""
    small = to_bytes(taught())
    return Target("heads", lambda content: from_bytes(content, "mine.safetensors"), CheckpointError,
                  (small, to_bytes(taught(), kept_photos())), _crafted(small))  # fmt: skip


def _crafted(sound: bytes) -> dict[str, bytes]:
    arrays, metadata = read_arrays(sound, "sound", "")
    about = json.loads(metadata["about"])
    found = {"nothing": b"", "zeros": bytes(100), "no header": b"{}" * 50, "too large": bytes(MOST_BYTES + 1),
             "cut short": sound[:-5], "no words": packed(arrays), "other words": packed(arrays, {"about": "["}),
             "deep words": packed(arrays, {"about": "[" * 100_000})}  # fmt: skip
    for key in about:
        for odd in ODD:
            found[f"{key} is {odd!r:.30}"] = packed(arrays, {"about": json.dumps(about | {key: odd})})
        left = {each: value for each, value in about.items() if each != key}
        found[f"no {key}"] = packed(arrays, {"about": json.dumps(left)})
    for key in arrays:
        found[f"no array {key}"] = packed({name: each for name, each in arrays.items() if name != key}, metadata)
        for what, odd in (("a number", np.ones((), np.float32)), ("empty", np.zeros(0, np.float32)),
                          ("wide", np.zeros((4, 1_000), np.float32))):  # fmt: skip
            found[f"{key} is {what}"] = packed(arrays | {key: odd}, metadata)
    return found
