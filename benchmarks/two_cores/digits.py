"""Training on the digits on a machine that others use: one spinning process a core beside it.

`nat train digits_nat` computes on as many threads as `usual_threads` says. Beside it the same on one thread, and, as a
warning to the reader, on two.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import torch

from benchmarks.harness.figures import Asked, Benchmark, Figure, Found, Goal
from benchmarks.harness.rounds import compared, often_in_turn, threads
from benchmarks.two_cores.training import again
from nat_core.recipes import recipe_named
from nat_core.training.loop import usual_threads
from nat_core.training.pictures import pictures_of, subject_of
from nat_core.training.training_run import begin

STEPS, TIMES = 5, 8
"""Steps in a row, and how often in a round: the others' turns fall on all sides alike where these change often."""
FIGURES = (
    Figure("digits_shared", "`nat train digits_nat` on a machine that others use", "one thread", Goal(0.95)),
    Figure("digits_two_threads", "the same", "two threads that spin", Goal(1)),
)  # fmt: skip


def measure(asked: Asked) -> Iterator[Found]:
    """Measure some steps of the recipe on each number of threads while others use both cores."""
    recipe = recipe_named("digits_nat")
    run = begin(pictures_of(subject_of(recipe)), device=torch.device("cpu"))
    run.model.train()
    usual, times = usual_threads(recipe), asked.of(TIMES, 1)

    def steps(count: int) -> None:
        with threads(count):
            for _ in range(STEPS):
                again(run)

    steps(1)
    with others():
        # Apart, as threads that spin still do so when the next ones have their turn.
        ours, one = often_in_turn(asked.rounds, times, partial(steps, usual), partial(steps, 1))
        again_ours, two = often_in_turn(asked.rounds, times, partial(steps, usual), partial(steps, 2))
    yield compared("digits_shared", ours, one, f"on {usual} thread")
    yield compared("digits_two_threads", again_ours, two)


@contextmanager
def others(count: int = 2) -> Iterator[None]:
    """Keep so many cores busy with other processes meanwhile."""
    with ExitStack() as running:
        for _ in range(count):
            burner = running.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            running.callback(burner.kill)
        yield


BENCHMARK = Benchmark("digits", "Two cores", FIGURES, measure)
