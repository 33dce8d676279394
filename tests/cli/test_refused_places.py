"""Places that may not be read or written to, and disks that fill up: one sentence, and nothing new is left behind."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nat_app.answers import stored_answers
from nat_core.__main__ import main
from nat_core.errors import MayNotRead
from nat_core.files import folder_for, is_there, names_in, opened, sentence, write_together
from nat_core.store.checkpoints import published_folders
from nat_core.training.state import SavedState, newest_state, save_state

RIGHT = "give this user the right to it, or name another place"


def refused_at(place: Path | str) -> Callable[..., object]:
    """What fails as a function of the system does where this user may not."""

    def refuse(*given: object, **named: object) -> object:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))

    return refuse


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with the networks of digits."""
    for name in ("digits_baseline", "digits_nat"):
        shutil.copytree(published_folders()[0] / name, tmp_path / "networks" / name)
    return tmp_path / "networks"


def shut(path: Path) -> Path:
    """Take from this user the right to a file or folder; skip where it may do everything all the same."""
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("whoever runs these tests is refused nothing")
    return path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error."""
    (line,) = capsys.readouterr().err.splitlines()
    return line


# --- what is made goes again ------------------------------------------------------------------------------------------


def fail_in(folder: Path, file: Path | None = None) -> None:
    """Make a folder for what then fails, with a file in it or without."""
    with folder_for(folder):
        assert folder.is_dir()
        if file is not None:
            file.touch()
        raise ZeroDivisionError


def test_a_folder_that_was_made_for_nothing_goes_with_those_above_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_in(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ZeroDivisionError):
        fail_in(tmp_path / "a" / "b", tmp_path / "a" / "mine")
    assert [each.name for each in (tmp_path / "a").iterdir()] == ["mine"]
    with folder_for(tmp_path / "a" / "b"):
        pass
    assert (tmp_path / "a" / "b").is_dir()


def full_after(monkeypatch: pytest.MonkeyPatch, files: int) -> None:
    """Let the disk be full when so many files were written."""
    left, flush = [files], os.fsync

    def fsync(handle: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr("nat_core.files.flush_folder", lambda folder: None)


def test_files_that_belong_together_are_all_there_or_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b").write_text("mine")
    full_after(monkeypatch, 2)
    with pytest.raises(OSError, match="No space left"):
        write_together(tmp_path, {"a": b"1", "b": b"2", "deeper/c": b"3"})
    assert [each.name for each in tmp_path.iterdir()] == ["b"]
    monkeypatch.undo()
    assert write_together(tmp_path, {"a": b"1", "deeper/c": b"3"}) == (tmp_path / "a", tmp_path / "deeper" / "c")
    assert (tmp_path / "deeper" / "c").read_bytes() == b"3"


@pytest.mark.parametrize("files", [0, 1, 2])
@pytest.mark.parametrize("command", [("export", "digits_nat", "--hub"), ("report", "--page")], ids=["hub", "page"])
def test_a_command_whose_disk_fills_up_leaves_nothing(
    command: tuple[str, ...], files: int, small: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    full_after(monkeypatch, files)
    home = small.parent / "new" / "home"
    assert main([*command, str(home), "--checkpoints", str(small)]) == 1
    assert said(capsys).endswith("No space left on device: make room there and go on")
    assert [each.name for each in small.parent.iterdir()] == ["networks"]


def test_a_training_without_its_device_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "digits_nat", "--device", "mps", "--out", str(tmp_path / "out")]) == 1
    assert "this machine has no mps device" in said(capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "place", "told"),
    [
        (("page",), "nowhere/nat.html", "{place}: there is no folder {folder}: make it first"),
        (("page",), "pipe", "{place} is there already and no regular file: name another"),
        (("export", "digits_nat"), "pipe", "{place} is there already and no regular file: name another"),
        (("export", "digits_nat"), "circle", "{place} is there already and no regular file: name another"),
        (("export", "digits_nat", "--hub"), "pipe", "{place} is no folder: name the one to write into"),
        (("export", "digits_nat", "--hub"), "circle", "{place} is no folder: name the one to write into"),
        (("report", "--page"), "circle", "{place} is no folder: name the one to write into"),
        (("report", "--page"), "link", "{place} is no folder: name the one to write into"),
        (("train", "mine", "--out", "new", "--known"), "circle",
         "{place} is neither a folder of pictures nor an .npz file: check its name"),
    ],
)  # fmt: skip
def test_a_place_that_cannot_be_meant_is_said_before_the_work(
    command: tuple[str, ...], place: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "link").symlink_to("nowhere")
    before = sorted(tmp_path.iterdir())
    for work in ("nat_core.results.results_page.page", "nat_core.network.exchange.onnx_file.to_onnx"):
        monkeypatch.setattr(work, lambda *given: pytest.fail("worked for nothing"))
    wanted = tmp_path / place
    assert main([*(str(tmp_path / each) if each == "new" else each for each in command), str(wanted)]) == 1
    assert said(capsys) == f"nat {command[0]}: {told.format(place=wanted, folder=wanted.parent)}"
    assert sorted(tmp_path.iterdir()) == before


# --- what may not be read ---------------------------------------------------------------------------------------------


def test_what_may_not_be_read_is_not_taken_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "card.json"
    file.touch()
    told = rf"^{file} may not be read \(Permission denied\): {RIGHT}$"
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refused_at(file))
        with pytest.raises(MayNotRead, match=told), opened(file):
            pass
    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", refused_at(file))
        with pytest.raises(MayNotRead, match=told):
            is_there(file)
    assert names_in(Path("no\0name")) == names_in(tmp_path / "nowhere") == []
    monkeypatch.setattr(os, "listdir", refused_at(tmp_path))
    with pytest.raises(MayNotRead, match=r"may not be read"):
        names_in(tmp_path)


def test_a_state_that_may_not_be_read_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for step in (1, 2):
        save_state(tmp_path, SavedState(step, 1.0, {"model/a": np.zeros(2)}, {}, {}))
    opens, newest = Path.open, "00000002.json"

    def refuse(path: Path, *how: Any) -> object:
        return refused_at(path)() if path.name == newest else opens(path, *how)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(MayNotRead, match=newest):
        newest_state(tmp_path)


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.EACCES, RIGHT), (errno.EPERM, RIGHT), (errno.EROFS, "name a place that can be written to")],
)
def test_what_is_to_be_done_where_it_is_not_allowed(number: int, remedy: str) -> None:
    assert sentence(OSError(number, "No", "runs")) == f"runs: No: {remedy}"


NOT_READ = {
    "predict": ("predict", "{picture}", "--checkpoints", "{shut}"),
    "report": ("report", "--checkpoints", "{shut}"),
    "report of its own page": ("report", "--page", "{new}", "--checkpoints", "{shut}"),
    "levels": ("levels", "--checkpoints", "{shut}"),
    "plan": ("reproduce", "--plan", "--out", "{shut}"),
    "app": ("app", "--checkpoints", "{shut}"),
    "evaluate": ("evaluate", "digits_nat", "--images", "{shut}"),
    "data": ("data", "--data", "{shut}"),
    "train": ("train", "wrn16_1_nat", "--data", "{shut}", "--out", "{new}"),
    "train on own": ("train", "digits_nat", "--known", "{shut}", "--out", "{new}"),
}


@pytest.mark.parametrize("command", NOT_READ)
def test_a_folder_that_may_not_be_read_is_named(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    Image.new("RGB", (32, 32)).save(tmp_path / "a.png")
    named = {"picture": tmp_path / "a.png", "shut": shut(closed), "new": tmp_path / "new"}
    assert main([each.format_map(named) for each in NOT_READ[command]]) == 1
    line = said(capsys)
    assert line.startswith(f"nat {NOT_READ[command][0]}: {closed}")
    assert "Permission denied" in line
    assert line.endswith(RIGHT)
    assert not (tmp_path / "new").exists()


NOT_WRITTEN = {
    "train": ("train", "digits_nat", "--out", "{shut}"),
    "train below": ("train", "digits_nat", "--out", "{shut}/out"),
    "export": ("export", "digits_nat", "--hub", "{shut}/hub"),
    "page": ("report", "--page", "{shut}/page"),
    "download": ("data", "--download", "svhn", "--data", "{shut}"),
    "reproduce": ("reproduce", "--run", "digits/digits_nat/seed0", "--out", "{shut}/out", "--jobs", "1"),
}


@pytest.mark.parametrize("command", NOT_WRITTEN)
def test_a_folder_that_may_not_be_written_to_is_named(
    command: str, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(small))
    closed = tmp_path / "closed"
    closed.mkdir()
    shut(closed).chmod(0o555)
    arguments = [each.format(shut=closed) for each in NOT_WRITTEN[command]]
    assert main(arguments) == 1
    every = capsys.readouterr().err.splitlines()
    (line,) = [each for each in every if each.startswith(f"nat {arguments[0]}: ")]
    assert str(closed) in line
    assert f"Permission denied: {RIGHT}" in line
    assert list(closed.iterdir()) == []


def test_a_picture_that_may_not_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "a.png")
    shut(tmp_path / "a.png")
    assert main(["predict", str(tmp_path / "a.png"), "--networks", "digits_nat"]) == 1
    assert said(capsys).endswith("a.png cannot be opened (Permission denied): give this user the right to it.")


def test_the_app_has_no_networks_where_it_may_not_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr(os, "listdir", refused_at(tmp_path))
    assert stored_answers.present() == ()
