"""The one training loop: baseline = NAT without negatives, student = the same with a teacher.

A run is a function of recipe, seed, pictures and number of threads: every batch follows from (seed, step), so a run
that was killed goes on from its newest state to the very same weights.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from nat_core.files import Busy, only_one
from nat_core.network.inference import Network, choose_device, load_network
from nat_core.recipes import Recipe
from nat_core.store.checkpoints import CARD, LOG, load_card
from nat_core.training.batches import Batches
from nat_core.training.log import EpochLog
from nat_core.training.objective import StepLoss, step_loss
from nat_core.training.pictures import Pictures, named_pictures, own_pictures
from nat_core.training.publish import publish
from nat_core.training.run import TrainingRun, begin, computing_with, restore, save_run, take_step
from nat_core.training.state import DivergedError, TrainingError, check_settings, newest_state


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
    if known is None:
        if negatives is not None:
            raise ValueError("negatives of your own need known pictures of your own: say where they are, with known=")
        if place.finished(resume):
            return place.home
        pictures, told = named_pictures(recipe, data), ()
    else:
        recipe, pictures, told = own_pictures(recipe, known, negatives, data)
        if place.finished(resume, pictures):
            return place.home
    for sentence in told if progress else ():
        tqdm.write(sentence, file=sys.stderr)
    with place.alone():
        saved = newest_state(place.states)
        if saved is not None and not resume:
            raise TrainingError(
                f"A run of {recipe.name} was begun in {place.states}: add --resume to go on, or delete that folder"
            )
        before = {} if saved is None else saved.settings
        threads = threads or before.get("threads") or usual_threads(recipe)
        homes = [place.out, Path(teachers or out)]
        with computing_with(threads):
            run = prepare(
                recipe, pictures, homes, seed=seed, device=choose_device(device), precision=before.get("precision")
            )
            settings = settings_of(run, pictures, threads)
            if saved is not None:
                check_settings(recipe.name, settings, before)
                restore(run, saved)
            log = EpochLog(
                place.states / LOG, run, counted=saved.epoch if saved else None, events=place.events,
                watched=pictures.watched(recipe, log_test=log_test),
            )  # fmt: skip
            _loop(run, log, place.states, settings, save_seconds, progress)
            home = publish(run, pictures, out=place.out, threads=threads, log=place.log())
    place.forget()
    return home


def prepare(
    recipe: Recipe,
    pictures: Pictures,
    homes: Sequence[Path],
    *,
    seed: int = 0,
    device: torch.device,
    precision: str | None = None,
) -> TrainingRun:
    """Return a run before its first step; its teacher, where it has one, is looked for in `homes`."""
    batches = Batches(
        recipe, pictures.known, pictures.negatives, seed=seed, device=device, mean=pictures.mean, std=pictures.std
    )
    teacher = find_teacher(recipe, homes, seed, device)
    return begin(recipe, batches, pictures.known.classes, seed=seed, teacher=teacher, precision=precision)


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

    def finished(self, resume: bool, pictures: Pictures | None = None) -> bool:
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
        if pictures is not None and load_card(self.out, self.name).data != pictures.source:
            raise TrainingError(
                f"{self.home} was trained on other pictures: choose another name or another --out for these"
            )
        return True

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Train while no other process trains a network of that name there; TrainingError where one does."""
        try:
            with only_one(self.states.parent / f"{self.name}.lock"):
                yield
        except Busy as error:
            raise TrainingError(f"{self.name} is being trained already: {error}") from None

    def log(self) -> bytes | None:
        """The content of the run's log, None where it has none."""
        path = self.states / LOG
        return path.read_bytes() if path.is_file() else None

    def forget(self) -> None:
        """Delete the states of a run that has ended."""
        for path in self.states.glob("*"):
            path.unlink()
        self.states.rmdir()


def find_teacher(recipe: Recipe, homes: Sequence[Path], seed: int, device: torch.device) -> Network | None:
    """Return the recipe's teacher from the first of `homes` that holds it; None for a recipe without one.

    It has to be the network of that recipe, of the student's own protocol, with seed 0 or the student's. Raises
    TrainingError, saying what is there instead, where only others are, CheckpointError where none is.
    """
    if recipe.teacher is None:
        return None
    holding = [home for home in dict.fromkeys(homes) if (home / recipe.teacher / CARD).is_file()]
    others = []
    for home in holding:
        card = load_card(home, recipe.teacher)
        if (card.recipe.name, card.protocol) == (recipe.teacher, recipe.protocol) and card.seed in (0, seed):
            return load_network(home, recipe.teacher, device)
        others.append(f"{home} holds one of recipe {card.recipe.name}, protocol {card.protocol}, seed {card.seed}")
    if others:
        seeds = " or ".join(map(str, sorted({0, seed})))
        raise TrainingError(
            f"{recipe.name} learns from {recipe.teacher} of protocol {recipe.protocol}, seed {seeds}, but "
            f"{' and '.join(others)}: train its teacher first, into the same --out"
        )
    return load_network(homes[-1], recipe.teacher, device)


def usual_threads(recipe: Recipe) -> int:
    """Return how many threads of the processor train a recipe unless told otherwise.

    >>> from nat_core.recipes import recipe_named
    >>> usual_threads(recipe_named("digits_nat"))
    1
    """
    # A step on the digits is so short that two threads spend it waiting for each other: on a busy machine 14 minutes
    # instead of 2.
    return 1 if recipe.in_distribution == "digits" else torch.get_num_threads()


def settings_of(run: TrainingRun, pictures: Pictures, threads: int) -> dict[str, Any]:
    """Return what must not change between two sittings of a run, as plain values for its states."""
    # On a GPU the threads of the processor only cut batches, which are the same for any number of them.
    counted = {"threads": threads} if run.batches.device.type == "cpu" else {}
    return counted | {
        "recipe": run.recipe.to_json(),
        "seed": run.seed,
        "precision": run.precision,
        "data": pictures.source and pictures.source.sha256,
        "teacher": run.teacher_sha256,
    }


def _loop(
    run: TrainingRun, log: EpochLog, states: Path, settings: dict[str, Any], save_seconds: float, progress: bool
) -> None:
    run.model.train()
    on_processor = run.batches.device.type == "cpu"
    cost = torch.compile(step_loss, dynamic=False) if run.batches.device.type == "cuda" else step_loss
    # Reading the loss stops a GPU until it has caught up, so there it is looked at every fiftieth step.
    look_every = 1 if on_processor else 50
    # What earlier sittings took counts as well: the log and the card speak of the whole run.
    started = time.monotonic() - run.seconds
    saved = time.monotonic()
    with tqdm(total=run.batches.steps, initial=run.step, disable=not progress, file=sys.stderr, unit="step",
              desc=run.recipe.name, mininterval=1.0, dynamic_ncols=True) as bar:  # fmt: skip
        while run.step < run.batches.steps:
            loss = take_step(run, cost)
            run.seconds = time.monotonic() - started
            due = time.monotonic() - saved >= save_seconds or run.step == run.batches.steps
            if due or run.step % look_every == 0:
                _check_finite(run, loss, states)
                _show(bar, run, loss)
            # Before the state: a state whose epoch has no row yet would never get one.
            log.count(run, loss)
            if due:
                save_run(run, states, settings, log.in_progress())
                saved = time.monotonic()
    log.close()


def _check_finite(run: TrainingRun, loss: StepLoss, states: Path) -> None:
    if all(bool(torch.isfinite(part)) for part in loss):
        return
    raise DivergedError(
        f"The loss of {run.recipe.name} stopped being a number at step {run.step} of {run.batches.steps}. The last "
        f"good state is kept in {states}: lower the learning rate and train again under another --out",
        run.step,
        run.batches.steps,
    )


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
