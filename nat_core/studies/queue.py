"""A resumable queue of runs, several side by side, each result written at once: on processors one single-thread process
a run; on a GPU one process, in which several runs share the card.

What is done follows from what is on disk: the record in `runs.json`, and the network where it is published or a
teacher. Nothing else is remembered, so a queue that was killed goes on where it was, its runs from their newest state.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from nat_core.errors import CheckpointError
from nat_core.stopping import deaf
from nat_core.store.checkpoints import CARD, load_card
from nat_core.store.leftovers import WARNING, tidy
from nat_core.store.runs import DivergedRun, RunRecord, add_run, load_ended, record_of
from nat_core.studies.plan import PlannedRun

SAVE_SECONDS = 60.0
"""How often a run writes its state: the most that is lost when it is killed."""
LEAVING_SECONDS = 4.5
"""How long the runs may take to save their states when the queue is stopped."""
DIVERGED = 3
"""How a run ended whose loss stopped being a number; the line before says at which step."""
ENDED = "ended with status "
"""What a worker writes of a run at last, before its status: 0, DIVERGED or 1."""


@dataclass(frozen=True)
class Workspace:
    """Where a queue reads and writes."""

    out: Path
    """The folder of checkpoints; what is not published lies below its `.state`."""
    data: Path
    device: str = "cpu"

    def work(self, run: PlannedRun) -> Path:
        """The folder of a run that is not published."""
        return self.out / ".state" / "runs" / run.key

    def home(self, run: PlannedRun) -> Path:
        """The folder in which a run trains: the checkpoints', unless another network of its name is there."""
        taken = (self.out / run.recipe.name / CARD).is_file() and not self._holds(self.out, run)
        return self.out if run.published and not taken else self.work(run)

    def network(self, run: PlannedRun) -> Path | None:
        """The folder that holds the run's trained network, None where there is none."""
        homes = [self.out, self.work(run)] if run.published else [self.work(run)]
        return next((home for home in homes if self._holds(home, run)), None)

    def _holds(self, home: Path, run: PlannedRun) -> bool:
        try:
            card = load_card(home, run.recipe.name)
        except CheckpointError:
            return False
        return (card.recipe, card.seed) == (run.recipe, run.seed)


@dataclass
class QueueProgress:
    """The state of a queue."""

    waiting: list[PlannedRun]
    running: dict[str, "RunningRun"] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    """Keys of the runs finished in this sitting."""
    failed: dict[str, str] = field(default_factory=dict)
    """One sentence for each run that could not be trained, by its key."""
    told: list[str] = field(default_factory=list)
    """What runs told and went on, in sentences, in their order."""

    def then(self, later: "QueueProgress") -> "QueueProgress":
        """Return the state of two queues of one sitting, one after the other."""
        return QueueProgress(
            self.waiting + later.waiting, {}, self.done + later.done, self.failed | later.failed, self.told + later.told
        )


class WorkerProcess:
    """Runs in a process of their own, and what each of them says."""

    def __init__(self, runs: Mapping[PlannedRun, Path], workspace: Workspace) -> None:
        """`runs` are trained side by side, each with the folder in which its teacher is looked for."""
        self.lines = {run.key: "starting" for run in runs}
        """The last line of each run, by its key."""
        self.warnings: dict[str, list[str]] = {run.key: [] for run in runs}
        """What each told and went on, in sentences that nobody has taken yet."""
        self._ended: dict[str, int] = {}
        each = [{"key": run.key, "recipe": run.recipe.to_json(), "seed": run.seed, "out": str(workspace.home(run)),
                 "teachers": str(teachers)} for run, teachers in runs.items()]  # fmt: skip
        job = {"runs": each, "data": str(workspace.data), "device": workspace.device, "save_seconds": SAVE_SECONDS}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nat_core.studies.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            # Set before the process starts: its libraries read it when they are loaded.
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            # A terminal sends Ctrl-C to a whole group: a worker that heard it beside what the queue then asks of it
            # would take the second for impatience, and leave in the midst of a step that it could not save.
            process_group=0,
        )  # fmt: skip
        self._input, self._errors = self._process.stdin, self._process.stderr
        if self._input is None or self._errors is None:
            raise RuntimeError("a worker needs its pipes")
        # Not closed until all runs have ended: its end tells the worker that the queue is gone, however that came.
        self._input.write(json.dumps(job).encode() + b"\n")
        self._input.flush()
        # Read all the time, since a worker whose pipe is full would stand still.
        self._reader = Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        for raw in self._errors or ():
            key, tab, line = raw.decode(errors="replace").strip().partition("\t")
            if not tab or key not in self.lines:  # of the process as a whole, such as why it broke down
                self.lines |= {each: key for each in self.lines if key and each not in self._ended}
            elif line.startswith(ENDED):
                self._ended[key] = int(line.removeprefix(ENDED))
            else:
                self.lines[key] = line
                self.warnings[key] += [line] if line.startswith(WARNING) else []

    def status(self, key: str) -> int | None:
        """How a run ended, None while it trains; a process that broke down ends all its runs."""
        if self._ended.keys() == self.lines.keys():  # it is on its way out
            self.wait(time.monotonic() + LEAVING_SECONDS)
        status = self._process.poll()
        if status is not None:
            self.close()  # what it said is then read
        return self._ended.get(key, status if status is None else status or 1)

    def ask_to_stop(self) -> None:
        """Let the process save its states and end; it goes on another time from there."""
        self._process.terminate()

    def wait(self, until: float) -> None:
        """Wait for its end until a point in time of `time.monotonic`, then end it by force."""
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.close()

    def close(self) -> None:
        """Close the pipes of a process that has ended."""
        self._reader.join()  # before its pipe is closed under it
        for pipe in (self._input, self._errors):
            if pipe is not None:
                pipe.close()


@dataclass(frozen=True, eq=False)
class RunningRun:
    """A run in its process."""

    run: PlannedRun
    process: WorkerProcess

    @property
    def line(self) -> str:
        """Its last line."""
        return self.process.lines[self.run.key]


def is_done(run: PlannedRun, records: Mapping[str, RunRecord | DivergedRun], workspace: Workspace) -> bool:
    """Whether a run needs no training: its network is there, or needs not be since its numbers are noted.

    A network of this very recipe and seed counts however it was trained (by `nat train`); and one that diverged would
    diverge again.
    """
    noted = run.key in records and records[run.key].recipe == run.recipe
    return workspace.network(run) is not None or (noted and (not run.kept or isinstance(records[run.key], DivergedRun)))


def _note_finished(runs: Sequence[PlannedRun], records: Mapping[str, RunRecord], workspace: Workspace) -> None:
    """Note the numbers of the networks that are there already, where they are not noted or are other ones."""
    for run in runs:
        home = workspace.network(run)
        if home is not None and records.get(run.key) != (record := record_of(home, run.recipe.name)):
            add_run(workspace.out, run.key, record)


def run_queue(
    runs: Sequence[PlannedRun],
    workspace: Workspace,
    *,
    jobs: int,
    seconds: float | None = None,
    show: Callable[[QueueProgress], None] = lambda progress: None,
) -> QueueProgress:
    """Train what is not done, `jobs` at a time, until all is done or `seconds` are over; return what it came to.

    A student waits for its teacher. A run that fails is named in `failed` and the others go on. KeyboardInterrupt
    and the end of the time stop the processes, which save their states first.

    >>> run_queue([], Workspace(Path("nowhere"), Path("nowhere")), jobs=1).done
    []
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    records, diverged = load_ended(workspace.out)
    _note_finished(runs, records, workspace)
    by_key = {run.key: run for run in runs}
    ended = {**diverged, **records}
    progress = QueueProgress([run for run in runs if not is_done(run, ended, workspace)])
    _tidy([run for run in runs if run not in progress.waiting], load_ended(workspace.out)[0], workspace)
    try:
        while progress.waiting or progress.running:
            if deadline is not None and time.monotonic() >= deadline:
                break
            _start_next(progress, workspace, by_key, jobs)
            show(progress)
            time.sleep(0.2)
            _collect_told(progress)
            _collect_ended(progress, workspace)
    finally:
        _stop(list({id(each.process): each.process for each in progress.running.values()}.values()))
        progress.waiting = [worker.run for worker in progress.running.values()] + progress.waiting
        progress.running = {}
        show(progress)
    return progress


def _stop(workers: Sequence[WorkerProcess]) -> None:
    """Let all runs save and end, side by side."""
    with deaf():  # whoever presses Ctrl-C twice would leave them without a queue
        for worker in workers:
            worker.ask_to_stop()
        until = time.monotonic() + LEAVING_SECONDS
        for worker in workers:
            worker.wait(until)


def _tidy(runs: Sequence[PlannedRun], ended: Mapping[str, RunRecord | DivergedRun], workspace: Workspace) -> None:
    """Remove what a queue that was killed left of runs that need no training."""
    for run in runs:
        home = workspace.network(run)
        if not run.kept and run.key in ended and home in (None, workspace.work(run)):
            shutil.rmtree(workspace.work(run), ignore_errors=True)
        elif home is not None:
            tidy(home, run.recipe.name)


def _start_next(progress: QueueProgress, workspace: Workspace, by_key: Mapping[str, PlannedRun], jobs: int) -> None:
    on_a_card = workspace.device == "cuda"
    # Two processes take turns on a card, two networks in one process share it: the next ones wait for all of these.
    if on_a_card and progress.running:
        return
    ready: dict[PlannedRun, Path] = {}
    for run in list(progress.waiting):  # a copy, as runs that fail leave the list
        if not on_a_card and len(progress.running) + len(ready) >= jobs:
            break
        teacher = by_key.get(run.teacher_key or "")
        if teacher is not None and (teacher in progress.waiting or teacher.key in progress.running):
            continue
        # A teacher that is no run of this queue is looked for among the stored networks.
        home = workspace.out if teacher is None else workspace.network(teacher)
        if home is None:
            progress.waiting.remove(run)
            progress.failed[run.key] = f"its teacher {run.teacher_key} is not there"
        else:
            ready[run] = home
    for runs in _groups(list(ready), jobs) if on_a_card else [[run] for run in ready]:
        process = WorkerProcess({run: ready[run] for run in runs}, workspace)
        for run in runs:
            progress.waiting.remove(run)
            progress.running[run.key] = RunningRun(run, process)


def _groups(ready: Sequence[PlannedRun], jobs: int) -> list[list[PlannedRun]]:
    """At most one group of runs to train side by side: the first one's like before others, for they end together."""
    alike = sorted(ready, key=lambda run: _shape(run) != _shape(ready[0]))
    return [alike[:jobs]] if alike else []


def _shape(run: PlannedRun) -> tuple[object, ...]:
    recipe = run.recipe
    return recipe.architecture, recipe.teacher is None, recipe.epochs, recipe.sizes, recipe.batch_size


def _collect_told(progress: QueueProgress) -> None:
    for key, running in progress.running.items():
        while running.process.warnings[key]:
            progress.told.append(f"{key}: {running.process.warnings[key].pop(0)}")


def _collect_ended(progress: QueueProgress, workspace: Workspace) -> None:
    for key, worker in list(progress.running.items()):
        status = worker.process.status(key)
        if status is None:
            continue
        del progress.running[key]
        home = workspace.network(worker.run)
        if status == DIVERGED:
            add_run(workspace.out, key, DivergedRun(worker.run.recipe, worker.run.seed, worker.line))
        if status or home is None:
            progress.failed[key] = worker.line
            continue
        add_run(workspace.out, key, record_of(home, worker.run.recipe.name))
        progress.done.append(key)
        # Only now: its numbers are on the disk.
        if not worker.run.kept:
            shutil.rmtree(workspace.work(worker.run), ignore_errors=True)  # what is left, the next queue removes
