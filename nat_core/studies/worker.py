"""One run of a queue in its own process: `python -m nat_core.studies.worker`, told what to train on standard input.

The first line is a JSON object; after it the input stays open, and its end means that the queue has ended, however it
ended: the worker stops at once and goes on later from its newest state.
"""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread

import torch

from nat_core.errors import CheckpointError, DivergedError, MissingDataset, Stopped, TrainingError
from nat_core.files import sentence
from nat_core.recipes import Recipe
from nat_core.stopping import heard
from nat_core.studies.queue import DIVERGED
from nat_core.training.loop import train


def main() -> int:
    """Train, and return 0, or DIVERGED or 1 with a sentence as the last line of standard error.

    Asked to stop by a signal, it saves its state first and returns 128 and the signal's number.
    """
    with heard():
        return _train()


def _train() -> int:
    job = json.loads(sys.stdin.readline())
    # A daemon, because it waits for as long as the queue lives and must not hold up the end of a finished run.
    Thread(target=_leave_with_the_queue, daemon=True).start()
    torch.set_num_threads(1)
    try:
        train(
            Recipe.from_json(job["recipe"]),
            data=Path(job["data"]),
            out=Path(job["out"]),
            teachers=Path(job["teachers"]),
            seed=job["seed"],
            device=job["device"],
            resume=True,
            save_seconds=job["save_seconds"],
        )
    except DivergedError as error:
        sys.stderr.write(f"\n{error.says}\n")
        return DIVERGED
    except Stopped as stop:
        with suppress(OSError):  # the queue may be gone
            sys.stderr.write(f"\nstopped; {stop.said}\n")
        return stop.status
    except OSError as error:
        sys.stderr.write(f"\n{sentence(error)}\n")
        return 1
    except (TrainingError, MissingDataset, CheckpointError, ValueError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    return 0


def _leave_with_the_queue() -> None:
    # Not sys.stdin: its buffer would be locked when the interpreter shuts down.
    os.read(0, 1)
    os._exit(1)  # sys.exit would end this thread alone


if __name__ == "__main__":
    sys.exit(main())
