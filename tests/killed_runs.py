"""A run that is killed at its file boundaries or at any moment, and what the next one makes of what is left.

    python -m tests.killed_runs HOME [--every 13] [--at-random 0] [--seed 0]

A boundary is a file opened, renamed, removed or flushed, or a folder made or removed, of the run's own. Prints a JSON
object for each kill: how the killed run and the next one ended, whether weights and answers are bit for bit those of a
run that nothing disturbed, and what lies there that would not. Linux and macOS: Windows has no fork.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nat_core.recipes import recipe_named
from tests.few_pictures import use_few_digits, use_less_noise

RECIPE = replace(recipe_named("digits_nat"), epochs=1, sizes=((8, 1.0),), batch_size=64)
"""Three steps, each saved."""
BOUNDARIES = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir")
Found = tuple[list[bytes], list[str]]


def run(out: Path) -> None:
    """Train it, or go on, and save after every step."""
    from nat_core.training.loop import train

    train(RECIPE, out=out, resume=True, device="cpu", progress=False, save_seconds=0.0)


def child(work: Callable[[], None]) -> int:
    """Do it in a process of its own and return that one's exit status, the signal's number below 0 where one ended it.

    A fork, because importing the library that trains takes longer than the whole run.
    """
    pid = os.fork()
    if not pid:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_at(out: Path, boundary: int) -> None:
    """Train until that boundary and be killed there; the first is 1."""
    count = 0

    def passed() -> None:
        nonlocal count
        count += 1
        if count == boundary:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, given: tuple) -> None:
        if event in BOUNDARIES and str(out) in str(given[0]):
            passed()

    flush = os.fsync

    def fsync(fd: Any) -> None:
        passed()
        flush(fd)

    os.fsync = fsync
    sys.addaudithook(hook)
    run(out)


def killed_after(out: Path, seconds: float) -> None:
    """Train and be killed after so many seconds of computing, wherever the run is then: a busy machine changes none."""
    begun = time.process_time()

    def kill() -> None:
        while time.process_time() - begun < seconds:
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()
    run(out)


def computed() -> float:
    """Return the seconds that all copies which have ended have computed."""
    return sum(os.times()[2:4])


def found(out: Path) -> Found:
    """Return the bytes of weights and answers, and the names of all that lies there."""
    parts = [(out / RECIPE.name / f"{part}.safetensors").read_bytes() for part in ("weights", "predictions")]
    return parts, sorted(str(path.relative_to(out)) for path in out.rglob("*"))


def outcome(out: Path, status: int, whole: Found) -> dict[str, object]:
    """Go on with what a kill left, and return what came of it."""
    again = child(lambda: run(out))
    parts, files = found(out) if again == 0 else ([], [])
    return {"status": status, "again": again, "equal": parts == whole[0], "left": sorted(set(files) - set(whole[1]))}


def main() -> None:
    """Kill, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--every", type=int, default=13, help="kill at every how manieth boundary; 0 for at none")
    parser.add_argument("--at-random", type=int, default=0, metavar="KILLS", help="and so many times at any moment")
    parser.add_argument("--seed", type=int, default=0, help="of those moments")
    options = parser.parse_args()
    import torch
    import torch._dynamo

    # What trains is imported before any copy is made of this process, else each copy would import it anew.
    import nat_core.training.loop  # noqa: F401

    torch.set_num_threads(1)
    patch = pytest.MonkeyPatch()
    use_less_noise(patch)
    use_few_digits(patch)
    home: Path = options.home
    started = computed()
    assert child(lambda: run(home / "whole")) == 0
    took, whole = computed() - started, found(home / "whole")
    boundary = 1
    while options.every:
        out = home / str(boundary)
        if (status := child(lambda: killed_at(out, boundary))) == 0:  # noqa: B023 - called before either changes
            break
        print(json.dumps({"boundary": boundary} | outcome(out, status, whole)), flush=True)
        boundary += options.every
    moments = random.Random(options.seed)
    for number in range(options.at_random):
        # A run that ends before its moment comes was not killed: it counts as none, and another moment is drawn.
        status, seconds = 0, 0.0
        while status == 0:
            out, seconds = home / f"random{number}", moments.uniform(0, took)
            status = child(lambda: killed_after(out, seconds))  # noqa: B023 - called before either changes
            if status == 0:
                shutil.rmtree(out)
        print(json.dumps({"seconds": round(seconds, 4)} | outcome(out, status, whole)), flush=True)


if __name__ == "__main__":
    main()
