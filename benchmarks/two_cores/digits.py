"""Training on the digits on a machine that others use: one spinning process a core beside it.

`nat train digits_nat` computes on as many threads as `usual_threads` says. Beside it the same on one thread, and, as a
warning to the reader, on two.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

from benchmarks.harness.figures import Asked, Benchmark, Figure, Found, Goal
from benchmarks.harness.rounds import compared, seconds_of, threads
from benchmarks.two_cores.training import again
from nat_core.recipes import recipe_named
from nat_core.training.loop import usual_threads
from nat_core.training.pictures import pictures_of
from nat_core.training.run import begin

STEPS = 20
FIGURES = (
    Figure("digits_shared", "`nat train digits_nat` on a machine that others use", "one thread", Goal(0.95)),
    Figure("digits_two_threads", "the same", "two threads that spin", Goal(1)),
)  # fmt: skip


def measure(asked: Asked) -> Iterator[Found]:
    """Measure some steps of the recipe on each number of threads while others use both cores."""
    recipe = recipe_named("digits_nat")
    run = begin(pictures_of(recipe), device=torch.device("cpu"))
    run.model.train()
    sides = {"usual": usual_threads(recipe), "one": 1, "two": 2}
    times: dict[str, list[float]] = {name: [] for name in sides}

    def steps() -> None:
        for _ in range(asked.of(STEPS, 1)):
            again(run)

    steps()
    with others():
        for _ in range(asked.rounds):
            for name, count in sides.items():
                with threads(count):
                    times[name].append(seconds_of(steps, asked.least))
    yield compared("digits_shared", times["usual"], times["one"], f"on {sides['usual']} thread")
    yield compared("digits_two_threads", times["usual"], times["two"])


@contextmanager
def others(count: int = 2) -> Iterator[None]:
    """Keep so many cores busy with other processes meanwhile."""
    with ExitStack() as running:
        for _ in range(count):
            burner = running.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            running.callback(burner.kill)
        yield


BENCHMARK = Benchmark("digits", "Two cores", FIGURES, measure)
