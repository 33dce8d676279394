"""The one training loop: baseline = NAT without negatives, student = the same with a teacher.

A run is a function of recipe, seed, pictures and number of threads: every batch follows from (seed, step), so a run
that was killed goes on from its newest state to the very same weights.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from tqdm import tqdm

from nat_core.errors import Busy, TrainingError
from nat_core.files import only_one
from nat_core.network.inference import choose_device
from nat_core.recipes import Recipe
from nat_core.store.checkpoints import CARD, LOG, OwnData, load_card
from nat_core.training.log import EpochLog, EpochRow, held_out_rates
from nat_core.training.objective import StepLoss, step_loss
from nat_core.training.pictures import Watched, pictures_of
from nat_core.training.publish import Finished, publish
from nat_core.training.run import (
    EpochSums,
    TrainingRun,
    check_loss,
    computing_with,
    learning_rate,
    network_now,
    prepare,
    save_run,
    take_step,
    usual_threads,
)
from nat_core.training.state import SavedState, newest_state


def train(
    recipe: Recipe,
    *,
    known: Path | str | None = None,
    negatives: Path | str | None = None,
    data: Path | None = None,
    out: Path | str,
    teachers: Path | None = None,
    seed: int = 0,
    device: str = "auto",
    threads: int | None = None,
    resume: bool = False,
    progress: bool = True,
    log_test: bool = False,
    save_seconds: float = 60.0,
) -> Path:
    """Train a network, evaluate it on every reported image set that is there, and return its checkpoint's folder.

    The pictures are those that the recipe names, looked for in `data`; or your own: `known` is a folder of class
    folders or an .npz file, `negatives` a folder or an .npz file (see `nat_core.data.splits`), of each of which a part
    is held out and evaluated on. `teachers` is where a student's teacher is looked for after `out`.

    `threads` is how many threads of the processor compute, which the weights depend on (default: one for the digits,
    else PyTorch's own number; a run that goes on keeps its own). A row an epoch goes to log.csv, `log_test` with the
    rates on test sets. The state of the run is kept in `out/.state/<name>` and written about every `save_seconds`
    seconds. A finished network is returned at once with `resume`.

    Raises TrainingError where the name is taken, a run was begun with other settings, the teacher is not the recipe's,
    or the loss stops being a number; MissingDataset, CheckpointError (the teacher) and ValueError (device, own
    pictures) as their makers do.

    >>> from nat_core.recipes import recipe_named
    >>> train(recipe_named("digits_nat"), out="runs").name  # doctest: +SKIP
    'digits_nat'
    """
    place = Place(Path(out), recipe.name)
    # Before the pictures are read: a name that is taken is no matter for a minute's wait.
    if place.finished(resume) and known is None:
        return place.home
    recipe, pictures, told = pictures_of(recipe, data, known=known, negatives=negatives)
    if place.holds(pictures.source):
        return place.home
    for sentence in told if progress else ():
        tqdm.write(sentence, file=sys.stderr)
    with place.alone():
        saved = place.saved(resume)
        # Sums of floats depend on how many threads share them, so a run that goes on keeps the number it began with.
        threads = threads or (saved.settings.get("threads") if saved else None) or usual_threads(recipe)
        with computing_with(threads):
            run = prepare(
                recipe, pictures, [place.out, Path(teachers or out)], seed=seed, device=choose_device(device),
                threads=threads, saved=saved,
            )  # fmt: skip
            log = EpochLog(place.states / LOG, place.events, run.step)
            _loop(run, log, pictures.watched(recipe, log_test=log_test), place.states, save_seconds, progress)
            finished = Finished(
                recipe, seed, network_now(run), run.precision, run.seconds, threads, run.teacher_sha256,
                pictures.source, log.content,
            )  # fmt: skip
            home = publish(finished, pictures, out=place.out)
        # Only now: killed while it publishes, the run goes on from its last step and publishes again.
        place.forget()
    return home


@dataclass(frozen=True)
class Place:
    """Where one run reads and writes."""

    out: Path
    name: str

    @property
    def home(self) -> Path:
        """The folder of the finished network."""
        return self.out / self.name

    @property
    def states(self) -> Path:
        """The folder of the run's states and its log."""
        return self.out / ".state" / self.name

    @property
    def events(self) -> Path:
        """The folder of what TensorBoard shows."""
        return self.out / "tensorboard" / self.name

    def finished(self, resume: bool) -> bool:
        """Whether a network of that name is there and to be kept. TrainingError where it stands in the way."""
        if not self.home.exists():
            return False
        if not (self.home / CARD).is_file():
            raise TrainingError(
                f"{self.home} is there already but holds no network: move it away, or choose another --out"
            )
        if not resume:
            raise TrainingError(
                f"{self.home} is there already: add --resume to keep it, or --out to train another one elsewhere"
            )
        return True

    def holds(self, source: OwnData | None) -> bool:
        """Whether a finished network is there that learnt from those pictures; TrainingError where from others."""
        if not (self.home / CARD).is_file():
            return False
        there = load_card(self.out, self.name).data
        # By what the pictures show: a folder may have moved or have another name.
        if (there and there.sha256) != (source and source.sha256):
            raise TrainingError(
                f"{self.home} was trained on other pictures: choose another name or another --out for these"
            )
        return True

    def saved(self, resume: bool) -> SavedState | None:
        """The state from which the run goes on, None for a new one. TrainingError where one was begun unasked."""
        state = newest_state(self.states)
        if state is not None and not resume:
            raise TrainingError(
                f"A run of {self.name} was begun in {self.states}: add --resume to go on, or delete that folder"
            )
        return state

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Train while no other process trains a network of that name there; TrainingError where one does."""
        try:
            with only_one(self.states.parent / f"{self.name}.lock"):
                yield
        except Busy as error:
            raise TrainingError(f"{self.name} is being trained already: {error}") from None

    def forget(self) -> None:
        """Delete the states of a run that has ended."""
        for path in self.states.glob("*"):
            path.unlink()
        self.states.rmdir()


def _loop(run: TrainingRun, log: EpochLog, watched: Watched, states: Path, save_seconds: float, progress: bool) -> None:
    run.model.train()
    on_processor = run.batches.device.type == "cpu"
    # Compiled, a small network's step is bound by its arithmetic and not by launching hundreds of kernels; a processor
    # gains nothing that the seconds of compiling would be worth.
    cost = torch.compile(step_loss, dynamic=False) if run.batches.device.type == "cuda" else step_loss
    # Reading the loss stops a GPU until it has caught up, so there it is looked at every fiftieth step.
    look_every = 1 if on_processor else 50
    # What earlier sittings took counts as well: the log and the card speak of the whole run.
    started = time.monotonic() - run.seconds
    # The clock that is never put back: a correction of the time of day must not delay a save by an hour.
    saved = time.monotonic()
    with tqdm(total=run.batches.steps, initial=run.step, disable=not progress, file=sys.stderr, unit="step",
              desc=run.recipe.name, mininterval=1.0, dynamic_ncols=True) as bar:  # fmt: skip
        while run.step < run.batches.steps:
            loss = take_step(run, cost)
            run.seconds = time.monotonic() - started
            due = time.monotonic() - saved >= save_seconds or run.step == run.batches.steps
            # Looked at before it is saved: a state of numbers that are none would take the place of a good one.
            if due or run.step % look_every == 0:
                check_loss(run, loss, states)
                _show(bar, run, loss)
            # Before the state: a state whose epoch has no row yet would never get one.
            if run.step % run.batches.steps_per_epoch == 0:
                row = end_epoch(run, watched)
                log.add(row)
                # What measuring took is time of the run, but slows no epoch's pictures a second down.
                run.seconds = run.epoch.since = time.monotonic() - started
            if due:
                save_run(run, states)
                saved = time.monotonic()
    log.close()


def end_epoch(run: TrainingRun, watched: Watched) -> EpochRow:
    """Return the log's row of the epoch that ends with the run's last step, and begin to count the next one."""
    means, steps, network = run.epoch.means(), run.epoch.steps, network_now(run) if watched.any else None
    pictures = steps * (run.batches.known_count + run.batches.negative_count)
    row = EpochRow(
        epoch=run.step // run.batches.steps_per_epoch,
        step=run.step,
        learning_rate=learning_rate(run.recipe, run.step - 1, run.batches.steps),
        loss=means.total.item(),
        cross_entropy=means.cross_entropy.item(),
        divergence=means.divergence.item(),
        attention=means.imitation.item(),
        seconds=run.seconds,
        images_per_second=pictures / max(run.seconds - run.epoch.since, 1e-9),
        rates={} if network is None else held_out_rates(network, watched),
    )
    run.epoch = EpochSums(since=run.seconds)
    return row


def _show(bar: tqdm, run: TrainingRun, loss: StepLoss) -> None:
    if bar.disable:
        return
    known, negatives = run.batches.known_count, run.batches.negative_count
    rate = (bar.format_dict["rate"] or 0.0) * (known + negatives)
    epoch = (run.step - 1) // run.batches.steps_per_epoch + 1
    text = f"epoch {epoch}/{run.recipe.epochs}, cross-entropy {loss.cross_entropy.item():.3f}"
    text += f", KL {loss.divergence.item():.3f}" if negatives else ""
    text += f", attention {loss.imitation.item():.3f}" if run.teacher else ""
    bar.set_postfix_str(f"{text}, {rate:.0f} images/s", refresh=False)
    bar.update(run.step - bar.n)
