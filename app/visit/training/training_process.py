"""What runs in a process that trains for visitors: one work after the other, until its server is gone.

    python -m nat_app.visit.training.training_process NUMBER SERVER

is such a process, started by `trainers.py` with the number of the descriptor that leads back to the server, and the
server's own.
"""

import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from nat_app.visit.training.trainers import MEMORY, NICE, TOO_MUCH, GivenUp, Sign


def serve(line: Connection, server: int) -> None:
    """Do what is asked for until the server is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal reaches it too; the server ends it
    threading.Thread(target=_leave_with, args=(server,), daemon=True).start()
    os.nice(NICE)
    import torch

    torch.set_num_threads(1)
    _hold()
    with suppress(EOFError, OSError):
        _say(line, "ready", None)
        while True:
            asked, work = pickle.loads(line.recv_bytes())  # noqa: S301 - from the server
            if asked == "prepare":
                with suppress(Exception):  # what is missing then is missed by the work, and told its visitor
                    work()
            elif asked == "do":  # what was asked to stop may be over by itself
                _say(line, "begun", None)
                _do(line, work)


def _leave_with(server: int) -> None:
    """End this process once the server is gone, whatever it is busy with; with nothing to do, it ends by itself."""
    while os.getppid() == server:
        time.sleep(1.0)
    os._exit(1)


def _hold() -> None:
    """Hold this process to its memory, and let it leave no picture of it behind where it dies."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        most = MEMORY + 1024 * sum(int(line.split()[1]) for line in status if line.startswith("VmData"))
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _do(line: Connection, work: Callable[[], Iterator[Any]]) -> None:
    """Do a work and say what comes of it; what the line itself raises, the server's end, is not caught."""
    try:
        values = work()
    except Exception as error:  # noqa: BLE001 - whatever the work raises belongs to its visitor
        _say(line, "failed", _portable(error))
        return
    while True:
        try:
            said = "value", next(values)
            packed = pickle.dumps(said, pickle.HIGHEST_PROTOCOL)
        except StopIteration:
            _say(line, "over", None)
            return
        except Exception as error:  # noqa: BLE001 - see above
            _say(line, "failed", _portable(error))
            return
        line.send_bytes(packed)
        if line.poll():
            line.recv_bytes()  # nothing but a stop is sent meanwhile
            _say(line, "over", None)
            return


def _portable(error: Exception) -> Exception:
    """Return an exception that can be sent: itself, or its words; GivenUp where memory was short."""
    # torch has no class of its own for that.
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        return GivenUp(TOO_MUCH)
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - of our own making
    except Exception:  # noqa: BLE001 - there are as many ways to fail as exceptions
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


# As bytes, here and above: `send` by itself hands torch's tensors over as files in shared memory, one descriptor each.
def _say(line: Connection, sign: Sign, value: Any) -> None:
    line.send_bytes(pickle.dumps((sign, value), pickle.HIGHEST_PROTOCOL))


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])), int(sys.argv[2]))
