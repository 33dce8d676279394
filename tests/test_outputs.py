"""What a command's outputs do where they are full, closed or a terminal, and a signal before the command is read."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest

from nat_core import outputs
from nat_core.__main__ import main
from nat_core.cli import parser
from nat_core.stopping import SIGNALS

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux alone has a device that is always full")


def ended(
    command: str, buffered: bool, stdout: IO[str] | int, stderr: IO[str] | int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    """What a command came to; unless told otherwise, its standard error is read."""
    environment = os.environ | {"PYTHONUNBUFFERED": "" if buffered else "1"}
    return subprocess.run(
        [sys.executable, "-m", *command.split()], text=True, check=False, cwd=ROOT, env=environment, stdout=stdout,
        stderr=stderr,
    )  # fmt: skip


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize(
    ("command", "said"), [
        ("nat_core --help", "standard output: No space left on device\n"),
        ("nat_core bench --help", "standard output: No space left on device\n"),
        ("nat_core data", "nat data: standard output: No space left on device: make room there and go on\n"),
        ("benchmarks.scaling --help", "standard output: No space left on device\n"),
    ],
)  # fmt: skip
def test_a_full_output_is_told_once(command: str, said: str, buffered: bool) -> None:
    with open("/dev/full", "w") as full:
        run = ended(command, buffered, stdout=full)
    assert (run.returncode, run.stderr) == (1, said)


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize(
    ("command", "status"), [("nat_core nosuch", 2), ("nat_core evaluate digits_nat --images nowhere", 1)]
)
def test_a_status_stands_where_nobody_can_be_told_why(command: str, status: int, buffered: bool) -> None:
    read, write = os.pipe()
    os.close(read)
    with open("/dev/full", "w") as full, open(write, "w") as unread:
        for stream in (full, unread):
            assert ended(command, buffered, stdout=subprocess.DEVNULL, stderr=stream).returncode == status


@pytest.mark.parametrize("stream", ["full", "unread"])
def test_what_was_printed_is_kept_where_standard_error_fails(stream: str) -> None:
    read, write = os.pipe()
    os.close(read)
    program = (
        "import sys; from nat_core.outputs import outputs\n"
        "with outputs():\n    print('kept'); print('told', file=sys.stderr)"
    )
    with open("/dev/full", "w") as full, open(write, "w") as unread:
        run = subprocess.run(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr={"full": full, "unread": unread}[stream],
            text=True, check=False, cwd=ROOT,
        )  # fmt: skip
    assert run.stdout == "kept\n"
    # A full disk behind it ends no work; a reader who leaves does.
    assert run.returncode == {"full": 0, "unread": 1}[stream]


HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b31m\x08\x7f\nsecond line"


@pytest.mark.parametrize(
    "arguments", [
        ["evaluate", "digits_nat", "--images", HOSTILE], ["predict", HOSTILE], ["report", HOSTILE], [HOSTILE],
        ["export", HOSTILE, "x.onnx"], ["report", "--checkpoints", HOSTILE], ["data", "--data", HOSTILE],
        ["bench", "--rounds", HOSTILE], ["train", "--known", HOSTILE], ["train", HOSTILE],
    ],
)  # fmt: skip
def test_no_text_of_a_stranger_commands_the_terminal(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with suppress(SystemExit):
        main(arguments)
    told = capsys.readouterr()
    assert told.out + told.err
    assert outputs.COMMANDS.search(told.out + told.err) is None


def test_a_complaint_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert outputs.complain("predict", "a\nb\x1b[31m\u202ec") == 1
    assert capsys.readouterr().err == "nat predict: a b\ufffd[31m\ufffdc\n"


def test_what_is_drawn_by_ourselves_is_written_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with outputs.outputs():
        sys.stdout.write(outputs.Drawn("\x1b[97mwhite\x1b[0m"))
    assert capsys.readouterr().out == "\x1b[97mwhite\x1b[0m"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_before_the_command_is_read_ends_it_in_a_sentence(
    number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(parser, "build_parser", lambda: signal.raise_signal(number))
    before = signal.signal(number, signal.default_int_handler)  # a shell in the background sets some aside
    try:
        assert main(["report"]) == 128 + number
    finally:
        signal.signal(number, before)
    assert capsys.readouterr().err == "\nnat: stopped.\n"
