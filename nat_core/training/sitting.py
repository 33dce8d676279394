"""One sitting of a training: where its run lies on disk, whether that place is free, and how the run is to go.

`Keeper` writes the run's states there, and what is told when it is asked to stop.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nat_core.errors import Busy, Stopped, TrainingError
from nat_core.files import only_one, sentence, sweep
from nat_core.stopping import deaf, stop_behind, whole
from nat_core.store.checkpoints import CARD, OwnData, load_card
from nat_core.store.leftovers import Tell, lock_of, nobody, states_of
from nat_core.training.run import TrainingRun
from nat_core.training.state import SavedState, newest_state, save_run


@dataclass(frozen=True)
class Sitting:
    """One call of `train`: where it reads and writes, and how it goes about it. The fields are that function's."""

    out: Path
    name: str
    """The recipe's, and so the network's."""
    teachers: Path
    seed: int
    device: str
    threads: int | None
    resume: bool
    progress: bool
    save_seconds: float

    @property
    def home(self) -> Path:
        """The folder of the finished network."""
        return self.out / self.name

    @property
    def states(self) -> Path:
        """The folder of the run's states and its log."""
        return states_of(self.out, self.name)

    @property
    def events(self) -> Path:
        """The folder of what TensorBoard shows."""
        return self.out / "tensorboard" / self.name

    def finished(self) -> bool:
        """Whether a network of that name is there and to be kept. TrainingError where it stands in the way."""
        if not self.home.exists():
            return False
        if not (self.home / CARD).is_file():
            raise TrainingError(
                f"{self.home} is there already but holds no network: move it away, or choose another --out"
            )
        if not self.resume:
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

    def saved(self, tell: Tell) -> SavedState | None:
        """The state from which the run goes on, None for a new one. TrainingError where one was begun unasked.

        A damaged one that is passed over is told. What killed processes left of this run is removed.
        """
        state = newest_state(self.states, tell if self.resume else nobody)
        if state is not None and not self.resume:
            raise TrainingError(
                f"A run of {self.name} was begun in {self.states}: add --resume to go on, or delete that folder"
            )
        sweep(self.out, self.name)
        sweep(self.states)
        return state

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Train while no other process trains a network of that name there; TrainingError where one does."""
        try:
            with only_one(lock_of(self.out, self.name)):
                yield
        except Busy as error:
            raise TrainingError(f"{self.name} is being trained already: {error}") from None


class Keeper:
    """Keeps a run's state on the disk: every so often, and when the run is asked to stop."""

    def __init__(self, sitting: Sitting, saved: SavedState | None, tell: Tell) -> None:
        """`saved` is the state from which the run goes on; `tell` is told what cannot be written or deleted."""
        self._sitting, self._tell = sitting, tell
        self._newest = None if saved is None else saved.step
        self._torn = False
        self._steps = 0

    @property
    def kept(self) -> Path | None:
        """The folder of states where there is a good one, else None."""
        return None if self._newest is None else self._sitting.states

    def save(self, run: TrainingRun) -> None:
        """Write the run's state. Where the disk refuses it, that is told: the next time tries again."""
        try:
            with whole():
                save_run(run, self._sitting.states, self._tell, self.kept)
                self._newest = run.step
        except OSError as error:
            newest = (
                "no state is on the disk yet" if self._newest is None else f"the newest is of step {self._newest:,}"
            )
            self._tell(
                f"The state of step {run.step:,} could not be written ({sentence(error)}): the training goes on and "
                f"tries again with the next one; {newest}"
            )

    @contextmanager
    def step(self) -> Iterator[None]:
        """Take one step as a whole: of a run stopped in its midst nothing could be saved."""
        self._torn = True
        with whole():
            yield
            self._torn = False

    @contextmanager
    def leaving(self, run: TrainingRun) -> Iterator[None]:
        """Save the run where it is asked to stop within the block, between two steps."""
        self._steps = run.batches.steps
        try:
            yield
        except KeyboardInterrupt:
            with deaf():
                if not self._torn and run.step > (self._newest or 0):
                    self.save(run)
            raise

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Say of a stop within the block what is saved: Stopped, whether it was a signal or a plain Ctrl-C."""
        try:
            yield
        except (KeyboardInterrupt, OSError) as error:
            # A terminal that was closed sends SIGHUP, and then every line written to it fails.
            if (stop := stop_behind(error)) is None:
                raise
            name, of = self._sitting.name, f" of {self._steps:,}" if self._steps else ""
            said = (
                f"nothing of {name} was saved yet"
                if self._newest is None
                else f"{name} is saved at step {self._newest:,}{of}: go on with --resume"
            )
            raise Stopped(getattr(stop, "number", signal.SIGINT), said) from None
