"""The verbs `nat reproduce`, the plan with estimated times or the queue with a line for each run, and `nat levels`."""

import argparse
import os
import sys
import time
from collections.abc import Sequence

from nat_core.data.sets import data_folder
from nat_core.errors import CommandError
from nat_core.files import is_there
from nat_core.language import plural
from nat_core.outputs import Drawn, complain
from nat_core.store.checkpoints import own_folder
from nat_core.store.runs import RUNS, DivergedRun, RunRecord, load_ended, load_runs
from nat_core.studies.choice import chosen_sentence, load_choice, record_choice
from nat_core.studies.level_findings import level_sentences
from nat_core.studies.plan import Choice, PlannedRun, Study, every_study, planned_runs, runs_by_key
from nat_core.studies.queue import QueueProgress, Workspace, is_done, run_queue

SIDE_BY_SIDE = 4
"""Networks trained side by side in one process on a GPU: one alone would leave much of it idle."""


def reproduce(options: argparse.Namespace) -> int:
    """Print the plan, or train the queue's runs; 1 where one of them failed."""
    from nat_core.network.inference import choose_device
    from nat_core.studies.levels import measure

    device = choose_device(options.device).type
    workspace = Workspace(options.out or own_folder(), data_folder(options.data), device)
    names = tuple(options.study)
    choice = load_choice(workspace.out)
    runs = _wanted(options, choice)
    jobs = options.jobs or (SIDE_BY_SIDE if device == "cuda" else _cores())
    if options.plan:
        _print_plan(runs, workspace, every_study(choice), jobs)
        return 0
    if names == ("nat_plus",) and not runs:
        return complain("reproduce", chosen_sentence(choice))
    # A point in time, not a length: both queues of this sitting share it, and a clock set meanwhile moves nothing.
    deadline = None if options.minutes is None else time.monotonic() + 60.0 * options.minutes
    progress = run_queue(runs, workspace, jobs=jobs, seconds=_left(deadline), show=ProgressLines())
    # What is chosen has runs of its own, and they could not be planned before.
    if not options.run and choice is None and (choice := record_choice(workspace.out, load_runs(workspace.out))):
        print(chosen_sentence(choice))
        chosen = [run for run in planned_runs(options.protocol, names, choice) if run not in runs]
        progress = progress.then(run_queue(chosen, workspace, jobs=jobs, seconds=_left(deadline), show=ProgressLines()))
    for key, sentence in progress.failed.items():
        complain("reproduce", f"{key}: {sentence}")
    left, finished = len(progress.waiting), plural(len(progress.done), "run")
    # Until a run has ended there is none.
    numbers = workspace.out / RUNS
    told = f"; numbers of all runs: {numbers}" if is_there(numbers) else ""
    print(f"{finished} finished, {left} left, {len(progress.failed)} failed{told}")
    if left:
        print("go on with the same command")
    else:
        measure(workspace.out, workspace.data, device, show=print)
    return 1 if progress.failed else 0


def levels(options: argparse.Namespace) -> int:
    """Measure how far the maps of the networks that are there lie apart, store it, and say it in words."""
    from nat_core.network.inference import choose_device
    from nat_core.studies.levels import measure

    folder = own_folder(options.checkpoints)
    pairs = measure(folder, data_folder(options.data), choose_device(options.device).type, show=print)
    if not pairs:
        return complain("levels", f"no baseline and NAT network of one kind in {folder}: train them first")
    print("\n".join(level_sentences(pairs)))
    return 0


def _wanted(options: argparse.Namespace, choice: Choice | None) -> tuple[PlannedRun, ...]:
    if not options.run:
        return planned_runs(options.protocol, tuple(options.study), choice)
    try:
        return runs_by_key(options.run, choice)
    except ValueError as error:
        raise CommandError(f"{error}; nat reproduce --plan lists the runs") from None


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _cores() -> int:
    # Those that this process may use, of which a container or a batch system may give it few; not every system tells.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _print_plan(runs: Sequence[PlannedRun], workspace: Workspace, every: Sequence[Study], jobs: int) -> None:
    import torch

    from nat_core.studies.timing import estimated_seconds

    torch.set_num_threads(1)  # as a run of the queue has it, so that what is timed here holds there
    records, diverged = load_ended(workspace.out)
    ended, left = {**diverged, **records}, 0.0
    study_of: dict[str, str] = {}
    for study in every:
        for run in study.runs:
            study_of.setdefault(run.key, study.name)
    print(f"{'study':<19} {'run':<42} {'minutes':>7}")
    for run in runs:
        if is_done(run, ended, workspace):
            print(f"{study_of[run.key]:<19} {run.key:<42} {_outcome(ended.get(run.key)):>7}")
            continue
        seconds = estimated_seconds(run.recipe, workspace.device)
        left += seconds
        print(f"{study_of[run.key]:<19} {run.key:<42} {seconds / 60:7.1f}", flush=True)
    if workspace.device == "cuda":
        print(f"{left / 3600:.1f} hours one after another on this GPU; {jobs} at a time share it and take less")
        return
    print(f"{left / 3600:.1f} hours of one process, {left / 3600 / jobs:.1f} hours with {jobs} side by side on this "
          f"machine ({workspace.device}); the longest runs may leave some idle at the end")  # fmt: skip


def _outcome(ended: RunRecord | DivergedRun | None) -> str:
    return "blew up" if isinstance(ended, DivergedRun) else "done"


class ProgressLines:
    """A line for each run: redrawn in place on a terminal, once a minute anywhere else."""

    def __init__(self) -> None:
        self._drawn, self._due, self._told, self._heard = 0, 0.0, 0, 0
        self._named: set[str] = set()

    def __call__(self, progress: QueueProgress) -> None:
        terminal = sys.stderr.isatty()
        news = [f"{key}: done" for key in progress.done[self._told :]]
        self._told = len(progress.done)
        news += [f"{key}: failed: {why}" for key, why in progress.failed.items() if key not in self._named]
        self._named |= progress.failed.keys()
        news += progress.told[self._heard :]
        self._heard = len(progress.told)
        if time.monotonic() < self._due and not news:
            return
        self._due = time.monotonic() + (1.0 if terminal else 60.0)
        # A line that wraps would count as two, and the next redrawing would begin too far down.
        width = os.get_terminal_size(sys.stderr.fileno()).columns - 1 if terminal else 200
        lines = [f"{key}: {worker.line}"[:width] for key, worker in progress.running.items()]
        # Up by as many lines as were drawn, and clear all below.
        up = f"\x1b[{self._drawn}A\x1b[J" if terminal and self._drawn else ""
        sys.stderr.write(Drawn(up))
        sys.stderr.write("".join(f"{line}\n" for line in news + lines))
        sys.stderr.flush()
        self._drawn = len(lines)
