"""The border of safetensors files: the header is bounded and added up before the library sees it."""

import json
import re
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from nat_core.errors import CheckpointError
from nat_core.store import tensors
from nat_core.store.tensors import MAX_TENSORS, read_arrays, read_header

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def file(header: Any, data: bytes = bytes(8), length: int | None = None) -> bytes:
    """The bytes of a safetensors file with this header, sound or not."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def test_a_sound_file_is_read_with_its_metadata() -> None:
    arrays = {"a": np.arange(6, dtype=np.float16).reshape(2, 3), "b": np.zeros((0, 4), np.int64)}
    found, metadata = read_arrays(save(arrays, {"said": "so"}), "mine", "save it again")
    np.testing.assert_array_equal(found["a"], arrays["a"])
    assert (found["b"].shape, metadata) == ((0, 4), {"said": "so"})


def test_a_header_says_where_each_tensor_lies() -> None:
    arrays = {"a": np.arange(6, dtype=np.float16).reshape(2, 3), "b": np.arange(3), "c": np.zeros((1,) * 8, np.uint8)}
    content = save(arrays)
    places = read_header(content, "mine", "save it again").tensors
    assert {key: (each.dtype, each.shape) for key, each in places.items()} == {
        "a": ("F16", (2, 3)), "b": ("I64", (3,)), "c": ("U8", (1,) * 8),
    }  # fmt: skip
    for key, each in places.items():
        values = np.frombuffer(content, arrays[key].dtype, arrays[key].size, each.start)
        np.testing.assert_array_equal(values.reshape(each.shape), arrays[key])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it has no header"),
        (b"\x02", "it has no header"),
        (file({"a": ONE}, length=2**62), "it has no header"),
        (file({}, b"", length=3), "it has no header"),
        (file({"a": ONE}, length=5_000_000) + bytes(5_000_000), "it has no header"),
        (file(b"[1]"), "it has no header"),
        (file(b'{"a":' + b"[" * 20_000), "it is nested too deeply"),
        (file(b'{"a": 1'), "it is not JSON: .+"),
        (file(b'{"\\ud800": 1}'), "it is not JSON: .+"),
        (file({"a": 1}), "a tensor lacks its type, shape or place"),
        (file({"a": []}), "a tensor lacks its type, shape or place"),
        (file({"a": ONE | {"more": 1}}), "a tensor lacks its type, shape or place"),
        (file({"a": ONE | {"dtype": "F31"}}), "a tensor lacks its type, shape or place"),
        (file({"a": ONE | {"dtype": ["F32"]}}), "a tensor lacks its type, shape or place"),
        (file({"a": ONE | {"shape": 2}}), "a tensor's shape or place is impossible"),
        (file({"a": ONE | {"shape": [True, 2]}}), "a tensor's shape or place is impossible"),
        (file({"a": ONE | {"shape": [-2, -1]}}), "a tensor's shape or place is impossible"),
        (file({"a": ONE | {"shape": [2.0]}}), "a tensor's shape or place is impossible"),
        (file({"a": ONE | {"shape": [1] * 9}}), "a tensor's shape or place is impossible"),
        (file({"a": ONE | {"shape": [2**40]}}), "a tensor's shape or place is impossible"),
        (file({"a": ONE | {"data_offsets": [0]}}), "a tensor's shape or place is impossible"),
        (file({"a": ONE | {"shape": [3]}}), "a tensor's size is not that of its type and shape"),
        (file({"a": ONE | {"shape": []}}), "a tensor's size is not that of its type and shape"),
        (file({"a": ONE | {"data_offsets": [8, 0]}}), "a tensor's size is not that of its type and shape"),
        (file({"a": ONE | {"data_offsets": [4, 12]}}, bytes(12)), "its tensors overlap or leave gaps"),
        (file({"a": ONE, "b": ONE}), "its tensors overlap or leave gaps"),
        (file({"a": ONE}, bytes(7)), "its tensors have 8 bytes and 7 are there"),
        (file({"a": ONE}, bytes(9)), "its tensors have 8 bytes and 9 are there"),
        (file(b'{"a": %s, "a": %s}' % ((json.dumps(ONE).encode(),) * 2)), "it has the key 'a' twice"),
        (file({"__metadata__": {"a": 1}}, b""), "its metadata are not texts"),
        (file({"__metadata__": [1]}, b""), "its metadata are not texts"),
    ],
)
def test_whatever_is_wrong_is_one_sentence(content: bytes, reason: str) -> None:
    with pytest.raises(CheckpointError) as raised:
        read_arrays(content, "mine", "save it again")
    told = rf"mine is cut short or not a safetensors file \({reason}\): save it again\."
    assert re.fullmatch(told, str(raised.value))


def test_many_empty_tensors_are_refused_before_the_library_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = {f"t{number}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for number in range(MAX_TENSORS + 1)}
    monkeypatch.setattr(tensors, "load", lambda content: pytest.fail("the library was asked"))
    with pytest.raises(CheckpointError, match=r"\(it holds 2,001 tensors, and at most 2,000 are read\): save it again"):
        read_arrays(file(empty, b""), "mine", "save it again")
    empty.popitem()
    assert read_header(file(empty, b""), "mine", "save it again").tensors.keys() == empty.keys()


def test_no_tensors_are_a_file_too() -> None:
    assert read_arrays(file({}, b""), "mine", "save it again") == ({}, {})
    assert read_arrays(file({"__metadata__": {"a": "b"}}, b""), "mine", "save it again") == ({}, {"a": "b"})


def test_a_header_may_fill_its_bound_and_no_more() -> None:
    content = file({"a": ONE})
    most = int.from_bytes(content[:8], "little")
    assert list(read_header(content, "mine", "save it again", most).tensors) == ["a"]
    with pytest.raises(CheckpointError, match=r"\(it has no header\)"):
        read_header(content, "mine", "save it again", most - 1)


def test_the_largest_length_is_a_number_and_too_large_for_its_file() -> None:
    # Nothing is as large, so its place does not fit; one more is refused as a number.
    with pytest.raises(CheckpointError, match=r"\(a tensor's size is not that of its type and shape\)"):
        read_header(file({"a": ONE | {"shape": [2**40 - 1]}}), "mine", "save it again")


def test_a_strangers_header_is_shorter() -> None:
    content = save({"a": np.zeros(2)}, {"padding": "x" * 300_000})
    assert list(read_header(content, "mine", "save it again").tensors) == ["a"]
    with pytest.raises(CheckpointError, match="it has no header"):
        read_header(content, "mine", "save it again", tensors.MAX_STRANGERS_HEADER)


def test_what_the_library_cannot_read_is_one_sentence() -> None:
    # Sound by its header, but of a type that NumPy does not have.
    with pytest.raises(CheckpointError, match=r"^mine cannot be read \(.*F8_E5M2.*\): save it again\.$"):
        read_arrays(file({"a": {"dtype": "F8_E5M2", "shape": [8], "data_offsets": [0, 8]}}), "mine", "save it again")
