"""One sitting of a training: where its run lies on disk, whether that place is free, and how the run is to go."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nat_core.errors import Busy, TrainingError
from nat_core.files import only_one
from nat_core.store.checkpoints import CARD, OwnData, load_card
from nat_core.training.state import SavedState, newest_state


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
        return self.out / ".state" / self.name

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

    def saved(self) -> SavedState | None:
        """The state from which the run goes on, None for a new one. TrainingError where one was begun unasked."""
        state = newest_state(self.states)
        if state is not None and not self.resume:
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
