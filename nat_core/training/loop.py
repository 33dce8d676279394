"""The one training loop: baseline = NAT without negatives, student = the same with a teacher.

A run is a function of recipe, seed, pictures and number of threads: every batch follows from (seed, step), so a run
that was killed goes on from its newest state to the very same weights.
"""

import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TypeVar

import torch
from tqdm import tqdm

from nat_core.errors import TrainingError
from nat_core.network.inference import choose_device, network_of
from nat_core.ranks.group import ALONE, Ranks, joined
from nat_core.ranks.steps import Parts, shared_cost
from nat_core.recipes import Recipe
from nat_core.stopping import deaf
from nat_core.store.checkpoints import LOG, find_teacher, is_finished
from nat_core.store.leftovers import WARNING, Tell, forget, nobody
from nat_core.training.gpu.blocks import Blocks
from nat_core.training.log import EpochLog, Watched, show
from nat_core.training.objective import StepLoss, step_loss
from nat_core.training.pictures import TrainingPictures, pictures_of, subject_of
from nat_core.training.publish import Finished, publish
from nat_core.training.state import (
    Keeper,
    SavedState,
    Sitting,
    packed_state,
    restore,
    take_settings,
    unpacked_state,
)
from nat_core.training.training_run import (
    TrainingRun,
    begin,
    check_loss,
    network_now,
    take_step,
)

Key = TypeVar("Key")
Steps = Generator[None, None, Path]
"""A training under way: it ends with the folder of its network."""


def train(
    recipe: Recipe, *, known: Path | str | None = None, negatives: Path | str | None = None, data: Path | None = None,
    out: Path | str, teachers: Path | None = None, seed: int = 0, device: str | torch.device = "auto",
    threads: int | None = None, resume: bool = False, progress: bool = True, log_test: bool = False,
    save_seconds: float = 60.0,
) -> Path:  # fmt: skip
    """Train a network, evaluate it on every reported image set that is there, and return its checkpoint's folder.

    The pictures are those that the recipe names, looked for in `data`; or your own: `known` is a folder of class
    folders or an .npz file, `negatives` a folder or an .npz file (see `nat_core.data.splits`), of each of which a part
    is held out and evaluated on. `teachers` is where a student's teacher is looked for after `out`.

    `threads` is how many threads of the processor compute, which the weights depend on (default: one for the digits,
    else PyTorch's own number; a run that goes on keeps its own). A row an epoch goes to log.csv, `log_test` with the
    rates on test sets. The state of the run is kept in `out/.state/<name>` and written about every `save_seconds`
    seconds. A finished network is returned at once with `resume`.

    Started as several processes by torchrun, all train one network, each on its part of every batch: the first of them
    reads and writes what is in `out`, and the weights are those of one process up to rounding (`nat_core.ranks`).

    Raises RanksError where another of these processes ends, TrainingError where the name is taken, a run was begun with
    other settings, the teacher is not the recipe's, or the loss stops being a number; MissingDataset, CheckpointError
    (the teacher) and ValueError (device, own pictures) as their makers do.

    >>> from nat_core.recipes import recipe_named
    >>> train(recipe_named("digits_nat"), out="runs").name  # doctest: +SKIP
    'digits_nat'
    """
    if not isinstance(recipe, Recipe):
        raise TypeError(f"recipe must be a Recipe, not a {type(recipe).__name__}: get one with nat.recipe_named(NAME)")
    sitting = Sitting(
        name=recipe.name, known=known, negatives=negatives, data=data, out=Path(out), seed=seed, device=device,
        teacher_homes=(Path(out), Path(teachers or out)), threads=threads, resume=resume, progress=progress,
        log_test=log_test, save_seconds=save_seconds,
    )  # fmt: skip
    with joined(device) as ranks:
        for _, ended in side_by_side({recipe.name: in_turns(recipe, sitting, ranks)}):
            if isinstance(ended, Exception):
                raise ended
    return sitting.home


def in_turns(recipe: Recipe, sitting: Sitting, ranks: Ranks = ALONE) -> Steps:
    """Train as `train` does, and let others train in between: whoever goes on with this lets it take its next steps.

    On a GPU its steps are under way while it waits for its turn.
    """
    # Before own pictures are read: a name that is taken is no matter for a minute's wait. The first rank alone looks at
    # what is there, for another machine may have another disk.
    if ranks.first:
        sitting.check_place()
    choose_device(sitting.device, nobody)  # said before a folder is made; what it tells is told once, when it begins
    subject = subject_of(recipe, sitting.known, sitting.negatives)
    finished = ranks.first and is_finished(
        sitting.out, subject.recipe, sitting.seed, sitting.threads, subject.source
    )  # fmt: skip
    if ranks.told(finished):
        return sitting.tidied() if ranks.first else sitting.home
    # Before the sets with names are read: who lacks the teacher need not wait for them.
    stored = find_teacher(subject.recipe, sitting.teacher_homes, sitting.seed)
    teacher = None if stored is None else network_of(stored)
    pictures = pictures_of(subject, sitting.data, teacher)
    # One at a time: two would write each other's states. The lock falls with the process, however it ends.
    with sitting.alone() if ranks.first else nullcontext():
        yield from _train(sitting, pictures, ranks)
    return sitting.home


def side_by_side(trainings: Mapping[Key, Steps]) -> Iterator[tuple[Key, Path | Exception]]:
    """Let each take its steps in turn; yield each with what it came to, a folder or an error, as soon as it ends.

    An error ends that one alone. A stop ends all: each saves its state, and what the first of them says is raised.

    >>> def training():
    ...     yield
    ...     return Path("runs/mine")
    >>> list(side_by_side({"mine": training()}))[0][1].name
    'mine'
    """
    under_way = dict(trainings)
    try:
        while under_way:
            for key, steps in list(under_way.items()):
                try:
                    next(steps)
                except StopIteration as end:
                    del under_way[key]
                    yield key, end.value
                except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
                    del under_way[key]
                    yield key, error
    except (KeyboardInterrupt, GeneratorExit) as stop:
        raise _stop_of(list(under_way.values()), stop) from None


def _stop_of(trainings: list[Steps], stop: BaseException) -> BaseException:
    """Stop all of them, and return what the first one says of it."""
    said: list[BaseException] = []
    for steps in trainings:
        try:
            steps.throw(stop)
        except StopIteration:
            continue
        except BaseException as error:  # noqa: BLE001 - the others are stopped as well
            said.append(error)
    return next((each for each in said if isinstance(each, KeyboardInterrupt)), stop)


def _train(sitting: Sitting, pictures: TrainingPictures, ranks: Ranks) -> Iterator[None]:
    for each in pictures.told if sitting.progress and ranks.first else ():
        tqdm.write(each, file=sitting.shown_on)
    notes: list[str] = []  # until there is a log

    def tell(warning: str) -> None:
        with suppress(OSError):  # of a terminal that was closed
            tqdm.write(f"{WARNING}{warning}.", file=sitting.shown_on)
        notes.append(warning)

    if not ranks.first:
        tell = nobody
    saved = sitting.saved(tell) if ranks.first else None
    keeper = Keeper(sitting, saved, tell)
    with keeper.stopped() if ranks.first else nullcontext(), memory_told(pictures.recipe):
        if ranks.count > 1:
            saved = unpacked_state(ranks.heard(packed_state(saved)))
        with computing_with(_threads(sitting, pictures, saved)) as threads:
            run = _begin(sitting, pictures, threads, saved, ranks, tell)
            if not ranks.first:
                _follow(run, ranks)
                return
            watched = Watched.of(pictures, sitting.log_test)
            log = EpochLog(sitting.states / LOG, sitting.events, run.step, watched, notes)
            yield from _loop(sitting, run, log, keeper, stepper_for(run, ranks, tell))
            finished = Finished(pictures, sitting.seed, network_now(run), run.objective.precision, run.seconds, threads,
                                run.teacher_sha256, log.content)  # fmt: skip
            publish(finished, out=sitting.out)
    # Only now: killed while it publishes, the run goes on from its last step and publishes again.
    forget(sitting.states, tell)


def _threads(sitting: Sitting, pictures: TrainingPictures, saved: SavedState | None) -> int:
    # Sums of floats depend on how many threads share them, so a run that goes on keeps the number it began with.
    return sitting.threads or (saved.settings.get("threads") if saved else None) or usual_threads(pictures.recipe)


def _begin(
    sitting: Sitting, pictures: TrainingPictures, threads: int, saved: SavedState | None, ranks: Ranks, tell: Tell
) -> TrainingRun:  # fmt: skip
    device = choose_device(sitting.device, tell)
    # A trial on a busy machine might choose the other one, and so other weights.
    precision = saved.settings["precision"] if saved else None
    run = begin(pictures, device=device, seed=sitting.seed, threads=threads, precision=precision)
    # A run is begun whole and then put back, so that a state holds numbers alone and nothing that has to be unpickled.
    if saved is not None:
        restore(run, saved)
    if ranks.count > 1:
        take_settings(run, json.loads(ranks.heard(json.dumps(run.settings).encode())))
    return run


def _follow(run: TrainingRun, ranks: Ranks) -> None:
    """Take the first rank's steps with it; it alone measures, logs, saves and publishes."""
    run.model.train()
    cost = cost_of(run, ranks)
    # A signal goes to all ranks at once; the first one finishes its step with the others and saves, and they end as
    # soon as it has gone.
    with deaf():
        while run.step < run.batches.steps:
            take_step(run, cost)


def cost_of(run: TrainingRun, ranks: Ranks) -> Callable[..., StepLoss]:
    """What computes a step's loss."""
    if ranks.count == 1:
        return step_loss
    parts = Parts(run.batches.known_count, run.batches.negative_count, run.recipe.rotated_per_batch)
    return shared_cost(step_loss, run.model, run.recipe, parts, ranks)


class OneByOne:
    """Takes a run's steps one at a time, as a processor does."""

    pending = None
    """Nothing is ever under way: a step is over when it was submitted."""

    def __init__(self, run: TrainingRun, cost: Callable[..., StepLoss]) -> None:
        self._run, self._cost = run, cost
        # Reading the loss stops a GPU until it has caught up, so there it is looked at every fiftieth step.
        self.look_every = 1 if run.batches.device.type == "cpu" else 50
        self.loss: StepLoss | None = None

    def ready(self) -> None:
        """Nothing has to be prepared."""

    def submit(self) -> None:
        """Take the next step."""
        self.loss = take_step(self._run, self._cost)

    def collect(self) -> None:
        """Nothing has to be waited for."""


def stepper_for(run: TrainingRun, ranks: Ranks, tell: Tell) -> OneByOne | Blocks:
    if run.batches.device.type == "cuda" and ranks.count == 1:
        return Blocks(run, tell)
    return OneByOne(run, cost_of(run, ranks))


def _loop(
    sitting: Sitting, run: TrainingRun, log: EpochLog, keeper: Keeper, stepper: OneByOne | Blocks
) -> Iterator[None]:  # fmt: skip
    # Norms take their statistics from the batch, negatives included; the stored network uses the running ones.
    run.model.train()
    # What earlier sittings took counts as well: the log and the card speak of the whole run.
    started = time.monotonic() - run.seconds
    # The clock that is never put back: a correction of the time of day must not delay a save by an hour.
    saved = time.monotonic()
    bar = tqdm(total=run.batches.steps, initial=run.step, disable=not sitting.progress, file=sitting.shown_on,
               unit="step", desc=run.recipe.name, mininterval=1.0, dynamic_ncols=True)  # fmt: skip
    with bar, keeper.leaving(run):
        _end_epoch(run, log, started)  # stopped while it was measured, it has no row yet
        while run.step < run.batches.steps:
            yield from _steps(stepper, keeper)
            run.seconds = time.monotonic() - started
            due = time.monotonic() - saved >= sitting.save_seconds or run.step == run.batches.steps
            # Looked at before it is saved: a state of numbers that are none would take the place of a good one.
            if stepper.loss is not None and (due or run.step % stepper.look_every == 0):
                check_loss(run, stepper.loss, keeper.kept)
                show(bar, run, stepper.loss)
            # Before the state: a state whose epoch has no row yet would be measured again.
            _end_epoch(run, log, started)
            if due:
                keeper.save(run)
                saved = time.monotonic()
    log.close()


def _steps(stepper: OneByOne | Blocks, keeper: Keeper) -> Iterator[None]:
    """Take the next steps, and let others take theirs meanwhile."""
    stepper.ready()
    try:
        with keeper.step():
            stepper.submit()
        yield
    finally:
        # Asked to stop, too: what was launched is counted, or the weights would be ahead of the run.
        if stepper.pending is not None:
            with keeper.step():
                stepper.collect()


def _end_epoch(run: TrainingRun, log: EpochLog, started: float) -> None:
    """Write the row of an epoch that is over and counted."""
    if run.step % run.batches.steps_per_epoch == 0 and run.epoch.steps:
        log.end_epoch(run)
        # What measuring took is time of the run, but slows no epoch's pictures a second down.
        run.seconds = run.epoch.since = time.monotonic() - started


def usual_threads(recipe: Recipe) -> int:
    """Return how many threads of the processor train a recipe unless told otherwise.

    >>> from nat_core.recipes import recipe_named
    >>> usual_threads(recipe_named("digits_nat"))
    1
    """
    # A step on the digits is so short that two threads spend it waiting for each other: on a busy machine 14 minutes
    # instead of 2.
    return 1 if recipe.in_distribution == "digits" else torch.get_num_threads()


@contextmanager
def computing_with(threads: int) -> Iterator[int]:
    """Compute on that many threads of the processor while the block runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield threads
    finally:
        torch.set_num_threads(before)


@contextmanager
def memory_told(recipe: Recipe) -> Iterator[None]:
    """Within it a GPU whose memory does not suffice ends as a TrainingError that says what to lower."""
    try:
        yield
    except torch.OutOfMemoryError:
        smaller = max(2, recipe.batch_size // 2)
        raise TrainingError(
            f"The GPU has too little free memory for {recipe.name}, {recipe.batch_size} pictures to learn a step: end "
            f"what else runs on it, lower the batch (--set batch_size={smaller}) into another --out, or train on the "
            "processor (--device cpu)"
        ) from None
