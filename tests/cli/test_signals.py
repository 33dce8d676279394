"""A training and a queue that are asked to stop: saved, said truly, with the exit status that shells expect."""

import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from nat_core.__main__ import main
from nat_core.store.checkpoints import available
from nat_core.training.log import read_log
from nat_core.training.state import newest_state
from tests.few_pictures import use_less_noise
from tests.forks import Copy
from tests.present import present

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it"),
]
TRAIN = [sys.executable, "-m", "nat_core", "train", "digits_nat", "--device", "cpu", "--set", "sizes=8:1"]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def hearing() -> None:
    """A background job of a shell is started with SIGINT ignored, and hands that on: here it is to be heard."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def started(command: list[str]) -> subprocess.Popen:
    """Start a command that hears signals, in a group of its own as a shell does."""
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, preexec_fn=hearing, process_group=0
    )


def stopped(
    run: subprocess.Popen | Copy, number: int, when: str, sent: Callable[[float], object] = lambda moment: None
) -> tuple[int, str]:
    """The exit status and the standard error of what is signalled once it has written `when`.

    `sent` is told the moment, by the clock that never goes back.
    """
    text = ""
    with run:
        errors = present(run.stderr)
        while not re.search(when, text):
            part = os.read(errors.fileno(), 4096).decode()
            assert part, text
            text += part
        sent(time.monotonic())
        if isinstance(run, subprocess.Popen):  # a terminal sends Ctrl-C to all that the command started, too
            os.killpg(run.pid, number)
        else:
            run.send_signal(number)
        text += errors.read().decode()
        return run.wait(), text


def copied(command: list[str]) -> Copy:
    """The same command in a copy of a process that has imported torch already."""
    interpreter, _, _, *arguments = command
    assert interpreter == sys.executable
    return Copy(main, arguments)


# Started as a shell does it by SIGINT in tests/cli/test_commands.py, and by what a closed terminal sends, below.
@pytest.mark.parametrize(("number", "start"), [
    (signal.SIGTERM, copied),
    *(pytest.param(each, started, marks=pytest.mark.endurance) for each in SIGNALS),
])  # fmt: skip
def test_a_training_is_saved_and_says_at_which_step(
    tmp_path: Path, number: int, start: Callable[[list[str]], subprocess.Popen | Copy]
) -> None:
    status, text = stopped(start([*TRAIN, "--out", str(tmp_path)]), number, r"epoch [2-9]")
    assert status == 128 + number
    assert "Traceback" not in text
    # The first save is due after a minute: what is there was saved in leaving.
    newest = present(newest_state(tmp_path / ".state" / "digits_nat"))
    said = f"nat train: stopped; digits_nat is saved at step {newest.step:,} of "
    assert text.splitlines()[-1].startswith(said)
    assert text.splitlines()[-1].endswith(": go on with --resume.")


def paused(module: str, function: str, *command: str) -> int:
    """Do what a command does, but wait where that function would be called."""

    def pause(*given: object, **named: object) -> None:
        sys.stderr.write("HERE\n")
        sys.stderr.flush()
        time.sleep(60)

    use_less_noise(pytest.MonkeyPatch())
    setattr(import_module(f"nat_core.training.{module}"), function, pause)
    return main(command)


def test_before_anything_is_saved_nothing_else_is_said(tmp_path: Path) -> None:
    run = Copy(paused, "loop", "begin", "train", "digits_nat", "--out", str(tmp_path))
    status, text = stopped(run, signal.SIGTERM, "HERE")
    assert status == 143
    assert text.splitlines()[-1] == "nat train: stopped; nothing of digits_nat was saved yet."
    assert newest_state(tmp_path / ".state" / "digits_nat") is None


def test_a_run_that_was_stopped_while_it_measures_has_every_row_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["train", "digits_nat", "--out", str(tmp_path), "--device", "cpu", "--epochs", "2", "--log-test", "--set",
               "sizes=8:1"]  # fmt: skip
    status, text = stopped(Copy(paused, "log", "held_out_rates", *command), signal.SIGTERM, "HERE")
    assert status == 143
    assert "is saved at step 13 of 26" in text, "the last step of the first epoch"
    use_less_noise(monkeypatch)
    assert main([*command, "--resume"]) == 0
    assert [row["epoch"] for row in read_log(tmp_path / "digits_nat" / "log.csv")] == ["1", "2"]


def test_a_terminal_that_is_closed_saves_the_run(tmp_path: Path) -> None:
    pid, terminal = pty.fork()
    if not pid:
        hearing()
        # Longer than this process may have to wait for its turn: a run that has ended keeps no state.
        os.execv(sys.executable, [*TRAIN, "--epochs", "500", "--out", str(tmp_path)])
    termios.tcsetwinsize(terminal, (40, 200))  # room for the bar's words
    text = ""
    while "epoch 2" not in text:
        text += os.read(terminal, 4096).decode(errors="replace")
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 128 + signal.SIGHUP
    assert present(newest_state(tmp_path / ".state" / "digits_nat")).step > 0


QUEUE = """
import sys
from nat_core.__main__ import main
from nat_core.recipes import RECIPES
from nat_core.cli import reproduce
from nat_core.studies.plan import PlannedRun
reproduce.planned_runs = lambda *given: tuple(PlannedRun(RECIPES[f"digits_{kind}"], kept=True)
                                              for kind in ("baseline", "nat"))
reproduce.ProgressLines = lambda: lambda progress: print(
    *(f"{key}: {worker.line}" for key, worker in progress.running.items()), sep="\\n", file=sys.stderr, flush=True)
sys.exit(main(["reproduce", "--out", sys.argv[1], "--jobs", "2", "--device", "cpu"]))
"""


@pytest.mark.parametrize("number", [
    signal.SIGINT, *(pytest.param(each, marks=pytest.mark.endurance) for each in (signal.SIGTERM, signal.SIGHUP))
])  # fmt: skip
def test_a_queue_lets_its_runs_save_and_says_how_to_go_on(tmp_path: Path, number: int) -> None:
    status, text = stopped(started([sys.executable, "-c", QUEUE, str(tmp_path)]), number, r"digits_nat/seed0: .*epoch")
    assert status == 128 + number
    assert text.splitlines()[-1] == "nat reproduce: stopped; go on with the same command."
    assert "Traceback" not in text
    assert present(newest_state(tmp_path / ".state" / "digits_nat")).step > 0, (
        "the first save is due after a minute: this one was made in leaving"
    )
    assert available(tmp_path) == ()


ENDINGS = (
    "nat_core --help", "nat_core train --help", "nat_core data", "nat_core bench --list",
    "benchmarks --list", "benchmarks.reliability --help",
)  # fmt: skip


@pytest.mark.parametrize("command", ENDINGS)
def test_an_output_that_nobody_reads_any_more_ends_a_command_without_a_word(command: str) -> None:
    read, write = os.pipe()
    os.close(read)  # as `head` does once it has its lines
    # What is written at once fails at once, where argparse passes it over.
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    try:
        run = subprocess.run(
            [sys.executable, "-m", *command.split()], stdout=write, stderr=subprocess.PIPE, text=True, check=False,
            cwd=Path(__file__).parents[2], env=buffered,
        )  # fmt: skip
    finally:
        os.close(write)
    assert (run.returncode, run.stderr) == (1, "")
