"""The border of safetensors files: their header is read and bounded by us before the library opens them.

A header names tensors with types, shapes and places. The library makes an object of each before anyone can look, so
that a small file of many empty tensors costs seconds; and it raises many kinds of exceptions. Here a header is bounded
in bytes and tensors, every tensor's size follows from its type and shape, and the places fill the file without gaps;
whatever is wrong is one CheckpointError. `packed` writes such a file, `half` and `widened` say how weights lie in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import prod
from mmap import mmap
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from nat_core.errors import CheckpointError
from nat_core.files import check_keys, opened, parsed_json
from nat_core.language import _

MAX_TENSORS = 2_000
"""The most tensors of a file: a ResNet-18 has 122, a training state of it some 200."""
MAX_HEADER = 4_000_000
"""The most bytes of a header: predictions on a folder hold all its files' names there."""
MAX_STRANGERS_HEADER = 250_000
"""The same for a network from a stranger: 122 tensors take 11,000."""
SIZES = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4,
         "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8}  # fmt: skip
"""Bytes a number, by the type's name in the header."""
_FIELDS = {"dtype", "shape", "data_offsets"}
_MAX_NUMBER = 2**40
"""Above any length that a file could have."""


@dataclass(frozen=True)
class TensorPlace:
    """What a header says of one tensor, checked."""

    dtype: str
    """One of SIZES."""
    shape: tuple[int, ...]
    start: int = 0
    """Where its values begin in the file, in bytes."""


@dataclass(frozen=True)
class TensorHeader:
    """What a file holds."""

    tensors: dict[str, TensorPlace]
    metadata: dict[str, str]


def read_header(content: bytes | mmap, name: str, remedy: str, most: int = MAX_HEADER) -> TensorHeader:
    """Return the header of a safetensors file's bytes, in memory or mapped; no tensor is touched.

    `name`, the file's, and `remedy`, what to do about a damaged one, stand in the error: CheckpointError.

    >>> from safetensors.numpy import save
    >>> read_header(save({"a": np.zeros((2, 3), np.float32)}), "mine", "save it again").tensors["a"].shape
    (2, 3)
    """
    try:
        return _header(content, most)
    except Exception as error:
        raise CheckpointError(
            _(
                "{name} is cut short or not a safetensors file ({error}): {remedy}.",
                name=name,
                error=error,
                remedy=remedy,
            )
        ) from error


def read_arrays(content: bytes, name: str, remedy: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the arrays and metadata in a safetensors file's bytes; CheckpointError as `read_header`.

    >>> from safetensors.numpy import save
    >>> read_arrays(save({"a": np.ones(2)}), "mine", "save it again")[0]["a"].tolist()
    [1.0, 1.0]
    """
    header = read_header(content, name, remedy)
    try:
        # In the file's order: safetensors gives another one at every call.
        found = load(content)
        return {key: found[key] for key in header.tensors}, header.metadata
    except Exception as error:
        raise CheckpointError(
            _("{name} cannot be read ({error}): {remedy}.", name=name, error=error, remedy=remedy)
        ) from error


def read_tensors(path: Path, digest: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the arrays and metadata of a safetensors file whose SHA-256 is `digest`.

    Raises CheckpointError where the file's content has another SHA-256 (truncated or altered) or is not safetensors.
    """
    with opened(path) as file:
        content = file.read()
    if sha256(content).hexdigest() != digest:
        raise CheckpointError(f"{path} is truncated or altered (its SHA-256 is not the card's): get it again")
    return read_arrays(content, str(path), "get it again")


def packed(arrays: Mapping[str, np.ndarray], metadata: dict[str, str] | None = None) -> bytes:
    """Return the content of a safetensors file with these arrays, each as an array of its own shape and type.

    >>> packed({"a": np.zeros(1, np.float16)})[8:9]
    b'{'
    """
    # safetensors writes an array's memory as it lies, whatever its strides: channels_last weights would be scrambled.
    return save({key: np.asarray(value, order="C") for key, value in arrays.items()}, metadata)


def half(weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the weights as they are stored: float16, norm statistics (running mean and variance) as they are.

    >>> stored = half({"stem.0.weight": np.ones(2, np.float32), "stem.1.running_var": np.ones(2, np.float32)})
    >>> [str(value.dtype) for value in stored.values()]
    ['float16', 'float32']
    """
    keep = ("running_mean", "running_var", "num_batches_tracked")
    return {key: value if key.endswith(keep) else value.astype(np.float16) for key, value in weights.items()}


def widened(stored: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what `half` stores as a network takes it: float16 as float32, the rest as it is.

    >>> widened({"weight": np.ones(2, np.float16)})["weight"].dtype
    dtype('float32')
    """
    return {key: value.astype(np.float32) if value.dtype == np.float16 else value for key, value in stored.items()}


def _header(content: bytes | mmap, most: int) -> TensorHeader:
    length = int.from_bytes(content[:8], "little")
    if not 2 <= length <= min(most, len(content) - 8) or content[8:9] != b"{":
        raise ValueError(_("it has no header"))
    values = parsed_json(content[8 : 8 + length], most)
    metadata = values.pop("__metadata__", {})
    if len(values) > MAX_TENSORS:
        told = _("it holds {count:,} tensors, and at most {most:,} are read", count=len(values), most=MAX_TENSORS)
        raise ValueError(told)
    if not _are_texts(metadata):
        raise ValueError(_("its metadata are not texts"))
    places, tensors = [], {}
    for key, each in values.items():
        begin, end, tensors[key] = _place(each, 8 + length)
        places.append((begin, end))
    last = 0
    for begin, end in sorted(places):
        if begin != last:
            raise ValueError(_("its tensors overlap or leave gaps"))
        last = end
    if last != len(content) - 8 - length:
        there = len(content) - 8 - length
        raise ValueError(_("its tensors have {declared:,} bytes and {there:,} are there", declared=last, there=there))
    # Last, where nothing is nested too deeply any more: readers disagree on which of two of a name counts.
    check_keys(content[8 : 8 + length])
    return TensorHeader(tensors, metadata)


def _place(each: Any, data: int) -> tuple[int, int, TensorPlace]:
    """Where a tensor begins and ends in the data, which begin at `data` in the file, and what it is."""
    if not isinstance(each, dict) or each.keys() != _FIELDS or not _is_type(each["dtype"]):
        raise ValueError(_("a tensor lacks its type, shape or place"))
    shape, offsets = each["shape"], each["data_offsets"]
    if not (_are_counts(shape) and _are_counts(offsets) and len(shape) <= 8 and len(offsets) == 2):
        raise ValueError(_("a tensor's shape or place is impossible"))
    begin, end = offsets
    if end - begin != prod(shape) * SIZES[each["dtype"]]:
        raise ValueError(_("a tensor's size is not that of its type and shape"))
    return begin, end, TensorPlace(each["dtype"], tuple(shape), data + begin)


def _is_type(value: Any) -> bool:
    return isinstance(value, str) and value in SIZES


def _are_counts(values: Any) -> bool:
    # By `type`, because True and False are of the class int as well.
    return isinstance(values, list) and all(type(each) is int and 0 <= each < _MAX_NUMBER for each in values)


def _are_texts(values: Any) -> bool:
    return isinstance(values, Mapping) and all(isinstance(each, str) for each in values.values())
