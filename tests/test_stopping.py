"""Signals: heard where they are to be, held back while something must not be torn, and never heard twice in leaving."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from nat_core import stopping
from nat_core.errors import Stopped
from nat_core.stopping import SIGNALS, deaf, heard, run_in_order, stop_behind, whole
from tests.present import present


@pytest.fixture(autouse=True)
def as_on_a_terminal() -> Iterator[None]:
    """Signals as a command on a terminal gets them: in the background a shell sets some aside, which would stay so."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_each_signal_stops_a_command_with_the_status_that_shells_expect(number: int) -> None:
    before = [signal.getsignal(each) for each in SIGNALS]
    with pytest.raises(Stopped) as stop, heard():
        signal.raise_signal(number)
    assert (stop.value.number, stop.value.status) == (number, 128 + number)
    assert [signal.getsignal(each) for each in SIGNALS] == before


def test_a_signal_that_was_set_aside_stays_so() -> None:
    before = signal.signal(SIGNALS[-1], signal.SIG_IGN)
    try:
        with heard(), whole():
            signal.raise_signal(SIGNALS[-1])
    finally:
        signal.signal(SIGNALS[-1], before)


def test_a_block_is_finished_before_a_signal_is_heard() -> None:
    done = []

    def work() -> None:
        with heard():
            with whole():
                signal.raise_signal(signal.SIGTERM)
                done.append("finished")
            done.append("never reached")

    with pytest.raises(Stopped):
        work()
    assert done == ["finished"]


def interrupted(*later: Callable[[], object]) -> None:
    """A whole block in which Ctrl-C is pressed and then something else happens."""
    with whole():
        signal.raise_signal(signal.SIGINT)
        for each in later:
            each()


def test_a_second_signal_is_heard_at_once() -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted(partial(signal.raise_signal, signal.SIGINT), partial(pytest.fail, "the second was held back"))


def test_a_block_that_takes_too_long_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "PATIENCE", 0.05)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupted(partial(time.sleep, 60), partial(pytest.fail, "it was waited for"))
    assert time.monotonic() - began < 30, "it was left only once it had ended"


def test_an_error_of_the_block_comes_before_the_signal() -> None:
    with pytest.raises(ZeroDivisionError):
        interrupted(lambda: 1 / 0)


def test_in_leaving_no_signal_is_heard() -> None:
    passed = []
    with heard(), deaf():
        for number in SIGNALS:
            signal.raise_signal(number)
            passed.append(number)
    assert passed == list(SIGNALS)


def test_other_threads_leave_the_handlers_alone() -> None:
    before, seen = signal.getsignal(signal.SIGTERM), []

    def work() -> None:
        with heard(), whole(), deaf():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


def test_the_stop_behind_a_terminal_that_is_gone_is_found() -> None:
    lost, stop = OSError(5, "Input/output error"), Stopped(signal.SIGTERM, "saved")
    assert stop_behind(lost) is None
    lost.__context__ = stop  # as Python sets it where the one is raised on the way out of the other
    assert stop_behind(lost) is stop_behind(stop) is stop


STARTS = """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid, flush=True)
time.sleep(60)
"""
RUNS = """
import sys
from nat_core.errors import Stopped
from nat_core.stopping import heard, run_in_order
try:
    with heard():
        run_in_order([sys.executable, "-c", sys.argv[1]], 20.0)
except Stopped as stop:
    sys.exit(stop.status)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("all_hear", [True, False], ids=["as a terminal sends it", "as kill sends it"])
@pytest.mark.parametrize("number", SIGNALS)
def test_a_program_that_is_run_ends_with_all_that_it_started_and_without_a_word(number: int, all_hear: bool) -> None:
    def hearing() -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)

    with subprocess.Popen(
        [sys.executable, "-c", RUNS, STARTS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        process_group=0, preexec_fn=hearing, cwd=Path(__file__).parents[1],
    ) as run:  # fmt: skip
        last = int(present(run.stdout).readline())
        os.killpg(run.pid, number) if all_hear else run.send_signal(number)
        assert present(run.stderr).read() == ""
        assert run.wait() == 128 + number
    assert not psutil.pid_exists(last) or psutil.Process(last).status() == psutil.STATUS_ZOMBIE


def test_the_status_of_a_program_that_is_run_is_its_own() -> None:
    assert run_in_order([sys.executable, "-c", "import sys; sys.exit(7)"], 20.0) == 7
