"""Files beside the networks: the border of JSON, and seals in which no altered byte goes unnoticed."""

import json
from pathlib import Path

import pytest

from nat_core.errors import CheckpointError
from nat_core.files import parsed_json, read_json, seal, sealed, unsealed

VALUES = {"format": 1, "name": "net", "numbers": [1, 2.5, None], "text": "é\n\"'"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[" * 20_000, "nested too deeply"),
        (b'{"a":' * 20_000, "nested too deeply"),
        (b'"\\ud800"', "no JSON"),
        (b'"\xed\xa0\x80"', "no JSON"),
        (b"NaN", "no JSON"),
        (b"1e999", "no JSON"),
        (b"1" * 5_000, "no JSON"),
        (b"{", "no JSON"),
        (b"", "no JSON"),
        (b"\xff\xfe{\0}\0", "no JSON"),
        (b" " * 101, "has 101 bytes, and at most 100 are read"),
    ],
    ids=["lists", "objects", "half a pair", "the same in bytes", "nan", "infinite", "digits", "cut", "empty", "utf-16",
         "long"],
)  # fmt: skip
def test_what_is_no_json_is_a_value_error_in_a_few_words(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parsed_json(content, 100 if reason.startswith("has") else 1_000_000)


def test_a_sealed_object_comes_back_and_one_without_a_seal_as_well() -> None:
    for indent in (None, 1):
        text = json.dumps(VALUES, indent=indent)
        assert unsealed(sealed(text)) == VALUES == unsealed(text.encode())
        assert json.loads(sealed(text))["name"] == "net", "any other program can read it"


@pytest.mark.parametrize("text", ["{}", "[1]", "", "1"])
def test_only_an_object_with_fields_is_sealed(text: str) -> None:
    with pytest.raises(ValueError, match="only an object with fields"):
        sealed(text)


@pytest.mark.parametrize("content", [b"[]", b"null", b"3", b'"format"'])
def test_what_is_no_object_is_no_file_of_ours(content: bytes) -> None:
    with pytest.raises(ValueError, match="holds no object"):
        unsealed(content)


def known(values: dict) -> dict:
    """What a reader does that knows its fields."""
    if unknown := values.keys() - VALUES.keys():
        raise ValueError(f"unknown field {min(unknown)}")
    return values


def test_every_altered_bit_is_noticed_and_said(tmp_path: Path) -> None:
    path, whole = tmp_path / "a.json", sealed(json.dumps(VALUES, indent=1))
    for place in range(len(whole)):
        for bit in range(8):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            with pytest.raises(CheckpointError, match=r"get it again|update NAT Explorer"):
                read_json(path, 1, known, "get it again")
        path.write_bytes(whole[:place] + whole[place + 1 :])
        with pytest.raises(CheckpointError, match=r"get it again|update NAT Explorer"):
            read_json(path, 1, known, "get it again")


@pytest.mark.parametrize("raised", [RecursionError, KeyError, AttributeError, MemoryError, OverflowError])
def test_whatever_a_reader_stumbles_over_is_one_sentence(tmp_path: Path, raised: type[Exception]) -> None:
    (tmp_path / "a.json").write_bytes(sealed(json.dumps(VALUES)))

    def stumble(values: dict) -> None:
        raise raised("x" * 1000)

    with pytest.raises(CheckpointError, match="is damaged") as caught:
        read_json(tmp_path / "a.json", 1, stumble, "get it again")
    assert len(str(caught.value)) < 400 + len(str(tmp_path))


def test_a_file_from_before_there_were_seals_is_sealed_once(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(VALUES, indent=1) + "\n")
    assert (seal(path), seal(path)) == (True, False)
    assert read_json(path, 1, known, "get it again") == VALUES
    path.write_bytes(path.read_bytes().replace(b"net", b"not"))
    with pytest.raises(CheckpointError, match="its content is not what was written"):
        seal(path)
