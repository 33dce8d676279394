"""Files beside the networks: the border of JSON, and seals in which no altered byte goes unnoticed."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nat_core.errors import CheckpointError
from nat_core.files import is_there, opened, parsed_json, read_json, seal, sealed, sentence, unsealed, write_durably
from nat_core.network.exchange.snapshot import read_snapshot
from nat_core.store import field_results
from nat_core.store.checkpoints import CARD, folder_with, load_card
from nat_core.store.field_results import load_field_results
from nat_core.store.runs import RUNS, load_runs
from nat_core.store.tensors import read_tensors
from nat_core.studies import choice, level_findings
from nat_core.studies.choice import load_choice
from nat_core.studies.level_findings import load_levels

VALUES = {"format": 1, "name": "net", "numbers": [1, 2.5, None], "text": "é\n\"'"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[" * 20_000, "nested too deeply"),
        (b'{"a":' * 20_000, "nested too deeply"),
        (b'"\\ud800"', "not JSON"),
        (b'"\xed\xa0\x80"', "not JSON"),
        (b"NaN", "not JSON"),
        (b"1e999", "not JSON"),
        (b"1" * 5_000, "not JSON"),
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b"\xff\xfe{\0}\0", "not JSON"),
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


def test_a_file_is_written_through_links_and_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link, target = tmp_path / "link.json", tmp_path / "elsewhere" / "real.json"
    link.symlink_to(target)
    for content in (b"one", b"two"):  # where the link leads to nothing yet, and where a file is there
        write_durably(link, content)
        assert (link.is_symlink(), target.read_bytes()) == (True, content)
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["elsewhere", "link.json", "real.json"]


@pytest.mark.parametrize("through_a_link", [False, True])
@pytest.mark.parametrize("kind", ["pipe", "folder", "loop"])
def test_only_a_regular_file_is_replaced(tmp_path: Path, kind: str, through_a_link: bool) -> None:
    there = tmp_path / "there"
    if kind == "pipe":
        os.mkfifo(there)
    elif kind == "folder":
        there.mkdir()
    else:
        there.symlink_to(there)
    asked = tmp_path / "link" if through_a_link else there
    if through_a_link:
        asked.symlink_to(there)
    before = there.lstat()
    with pytest.raises(OSError, match="no regular file") as caught:
        write_durably(asked, b"content")
    assert sentence(caught.value) == f"{asked}: there is something that is no regular file: name another"
    assert (there.lstat().st_ino, there.lstat().st_mode) == (before.st_ino, before.st_mode)
    assert {each.name for each in tmp_path.iterdir()} <= {"there", "link"}


def test_a_removed_folder_is_named_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert sentence(FileNotFoundError(2, "No such file or directory")).startswith("the current folder was removed")
    assert sentence(FileNotFoundError(2, "No such file or directory", "a.json")) == "a.json: No such file or directory"


KINDS: dict[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "a device or a pipe": lambda path: os.symlink("/dev/zero", path),
    "a link that leads nowhere": lambda path: path.symlink_to("gone"),
}
if hasattr(os, "mkfifo"):
    KINDS["a device or a pipe "] = os.mkfifo  # to read it would never end
READ: dict[str, tuple[str, Callable[[Path], object]]] = {
    "runs": (RUNS, load_runs),
    "levels": (level_findings.FILE, load_levels),
    "choice": (choice.FILE, load_choice),
    "results on other sets": (field_results.FILE, lambda folder: load_field_results(folder, {})),
    "card": (f"mine/{CARD}", lambda folder: load_card(folder, "mine")),
    "where a card is": (f"mine/{CARD}", lambda folder: folder_with("mine", folder)),
    "weights": ("mine/weights", lambda folder: read_tensors(folder / "mine" / "weights", "")),
    "a hub's folder": ("mine/config.json", lambda folder: read_snapshot(folder / "mine")),
}


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="Windows has neither devices nor pipes among its files")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("read", READ)
def test_what_is_no_file_is_neither_read_nor_taken_for_nothing(tmp_path: Path, read: str, kind: str) -> None:
    file, reader = READ[read]
    (tmp_path / "mine").mkdir()
    KINDS[kind](tmp_path / file)
    with pytest.raises(CheckpointError, match=f"{tmp_path / file} is no file but {kind.strip()}: move it away"):
        reader(tmp_path)


def test_nothing_is_nothing(tmp_path: Path) -> None:
    assert not is_there(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="none"), opened(tmp_path / "none"):
        pass


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="nothing fails to be read on this system")
@pytest.mark.parametrize("read", READ)
def test_a_disk_that_fails_names_the_file(tmp_path: Path, read: str) -> None:
    file, reader = READ[read]
    (tmp_path / "mine").mkdir()
    (tmp_path / file).symlink_to("/proc/self/mem")  # whose first byte is an input/output error
    if read == "where a card is":
        assert folder_with("mine", tmp_path) == tmp_path
        return
    with pytest.raises(OSError, match="Input/output error") as caught:
        reader(tmp_path)
    assert caught.value.filename == str(tmp_path / file)
