"""The app's servers as copies of a process that has imported what they need: that takes longer than what most answer.

That a server starts as people start it, by itself, is what .ci/run, tests/cli/test_commands.py and the benchmarks show.
"""

import os
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Self

from tests.browsing import ROOT, free_port, how_to_serve, wait_until_healthy
from tests.forks import Copy


@contextmanager
def served_copy(networks: Path | str, *options: str, **variables: str) -> Iterator[str]:
    """What `tests.browsing.served` does, with a copy."""
    with serving_copy(networks, *options, **variables) as (address, _):
        yield address


@contextmanager
def serving_copy(networks: Path | str, *options: str, **variables: str) -> Iterator[tuple[str, Copy]]:
    """The same, with the process; what it writes goes nowhere."""
    port = free_port()
    command, settings = how_to_serve(networks, port, *options, **variables)
    with started(command, settings, port) as server:
        yield f"http://localhost:{port}", server


@contextmanager
def started(command: list[str], settings: dict[str, str], port: int) -> Iterator[Copy]:
    """A copy that does what `python -m command...` does, once it is healthy on that port."""
    with Copy(_serve, command, dict(os.environ) | settings) as server:
        try:
            wait_until_healthy(f"http://localhost:{port}")
            yield server
        finally:
            server.terminate()
            server.wait(timeout=30)


def _serve(command: list[str], environment: dict[str, str]) -> int:
    from streamlit import config

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    config.get_config_options(force_reparse=True)  # it may have been read before, in another environment
    if command[0] == "nat_core":
        return _by_command(command[1:])
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
    return 0


def _by_command(arguments: list[str]) -> int:
    """What the command `nat` does, but its server runs here and not in a process that it starts."""
    from nat_core.__main__ import main
    from nat_core.cli import serve

    serve.subprocess = SimpleNamespace(Popen=Here)  # type: ignore[assignment]
    return main(arguments)


class Here:
    """What a `subprocess.Popen` of `python -m nat_app.server.run` would be, if it were this process."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        interpreter, _, self._module, *arguments = command
        assert interpreter == sys.executable
        os.environ.update(env)
        sys.argv = [self._module, *arguments]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *given: object) -> None:
        """It has ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Serve until told to stop."""
        if timeout is None:
            runpy.run_module(self._module, run_name="__main__", alter_sys=True)
        return 0

    def terminate(self) -> None:
        """It has ended."""
