"""What a run tells while it goes: a row for each epoch in a CSV file beside its state, in TensorBoard where that is
installed, and a bar of progress.

A run that was killed goes on with the rows up to its newest state, so that no epoch stands twice.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from nat_core.data.sources.image_sets import ImageSet, evenly
from nat_core.errors import MissingDataset
from nat_core.files import csv_text, sentence, write_durably
from nat_core.measure.metrics import accuracy, negative_confidence_rate
from nat_core.measure.predictions import BACKGROUND, Predictions, raw
from nat_core.network.inference import Network, predict
from nat_core.recipes import IN_DISTRIBUTION, OWN, THRESHOLDS
from nat_core.stopping import whole
from nat_core.training.objective import StepLoss
from nat_core.training.pictures import TrainingPictures
from nat_core.training.training_run import EpochSums, TrainingRun, learning_rate, network_now

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

WATCHED = 2_000
"""The most pictures of a set that are looked at after each epoch, evenly spaced."""
_NEGATIVES_WATCHED = ("cifar100_held_out", "digits_7_train", "own_negatives_test", "cifar100_test", "digits_67_test")
RATES = ("held_out_accuracy", *(f"held_out_ncr_{threshold:g}" for threshold in THRESHOLDS))
"""Fractions in [0, 1], on the pictures that are watched; empty where none are."""


@dataclass(frozen=True, eq=False)
class Watched:
    """Pictures that a run is measured on after each epoch; none of a kind where nothing may be looked at."""

    known: ImageSet | None = None
    negatives: ImageSet | None = None

    @classmethod
    def of(cls, pictures: TrainingPictures, log_test: bool) -> "Watched":
        """Return those of a run's sets that may be looked at: held-out ones, or with `log_test` test sets."""
        recipe = pictures.recipe
        # Whoever watches test sets while choosing settings has chosen by them, so they are watched when asked alone.
        if not (log_test or recipe.held_out or recipe.in_distribution == OWN):
            return cls()
        names = [name for name, role in recipe.roles.items() if role == IN_DISTRIBUTION]
        names += [name for name in _NEGATIVES_WATCHED if name in recipe.roles]
        return cls(*(_some(pictures, name) for name in names[:2]))

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return self.known is not None or self.negatives is not None


def _some(pictures: TrainingPictures, name: str) -> ImageSet | None:
    try:
        images = pictures.named(name)
    except MissingDataset:
        return None
    return images.take(evenly(len(images), WATCHED))


@dataclass(frozen=True)
class EpochRow:
    """One epoch of a run; the parts of the loss are means over its steps."""

    epoch: int
    """From 1 up."""
    step: int
    """Steps done when it ended."""
    learning_rate: float
    """Of its last step."""
    loss: float
    cross_entropy: float
    divergence: float
    attention: float
    """The weighted cost of imitating a teacher, 0 without one."""
    seconds: float
    """Time spent training since the run began."""
    images_per_second: float
    rates: Mapping[str, float] = field(default_factory=dict)
    """By some of RATES."""

    @property
    def values(self) -> dict[str, int | float]:
        """The numbers by column, without what was not measured."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "rates"} | dict(self.rates)


NOTES = "notes"
"""The last column: what happened to the run meanwhile, in sentences."""
COLUMNS = (*(each.name for each in fields(EpochRow) if each.name != "rates"), *RATES, NOTES)


class EpochLog:
    """The rows of one run, on disk."""

    def __init__(
        self, path: Path, events: Path | None = None, step: int = 0, watched: Watched | None = None,
        notes: list[str] | None = None,
    ) -> None:  # fmt: skip
        """Go on with the rows that `path` holds up to that step; `events` is a folder for TensorBoard.

        The network's rates on the pictures that are `watched` stand in each row, and what was added to `notes`
        meanwhile.
        """
        self._path = path
        self._watched = watched or Watched()
        self._rows = [row for row in read_log(path) if int(row["step"]) <= step]
        self._notes = [] if notes is None else notes
        self._writer = _tensorboard(events, step)

    @property
    def content(self) -> bytes:
        """The log as a CSV file."""
        # What was noted after the last row belongs to it: there will be no other.
        if self._rows:
            self._take_notes()
        return as_csv(self._rows)

    def _take_notes(self) -> None:
        row, told = self._rows[-1], [f"{each}." for each in self._notes]
        row[NOTES] = " ".join([*([row[NOTES]] if row.get(NOTES) else []), *told])
        self._notes.clear()

    def end_epoch(self, run: TrainingRun) -> None:
        """Write the row of the epoch that ends with the run's last step, and let the run count the next one."""
        means, network = run.epoch.means(), network_now(run) if self._watched.any else None
        batches, pictures = run.batches, run.epoch.steps * (run.batches.known_count + run.batches.negative_count)
        row = EpochRow(
            epoch=run.step // batches.steps_per_epoch,
            step=run.step,
            learning_rate=learning_rate(run.recipe, run.step - 1, batches.steps),
            loss=means.total.item(),
            cross_entropy=means.cross_entropy.item(),
            divergence=means.divergence.item(),
            attention=means.imitation.item(),
            seconds=run.seconds,
            images_per_second=pictures / max(run.seconds - run.epoch.since, 1e-9),
            rates={} if network is None else held_out_rates(network, self._watched),
        )
        with whole():  # a row that is written belongs to an epoch that is counted no more
            self.add(row)
            run.epoch = EpochSums(since=run.seconds)

    def add(self, row: EpochRow) -> None:
        """Write a row. Where the disk refuses it, the next row tries again: a note says so."""
        self._rows.append({column: _text(row.values.get(column)) for column in COLUMNS})
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # The whole file each time, so that a kill leaves it before or after this row and never in the middle.
            write_durably(self._path, self.content)
        except OSError as error:
            self._notes.append(f"The log could not be written ({sentence(error)})")
        if self._writer is not None:
            for column, value in row.values.items():
                self._writer.add_scalar(column, value, row.step)
            self._writer.flush()

    def close(self) -> None:
        """Let TensorBoard write what it still holds."""
        if self._writer is not None:
            self._writer.close()


def show(bar: tqdm, run: TrainingRun, loss: StepLoss) -> None:
    """Show on the bar how the run's last step went."""
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


def read_log(path: Path) -> list[dict[str, str]]:
    """Return the rows of a log, by column; none where there is no file, or one with other columns or damaged."""
    if not path.is_file():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            # Logs from before there were notes lack that column alone.
            known = tuple(reader.fieldnames or ()) in (COLUMNS, COLUMNS[:-1])
            return [row for row in reader if _is_whole(row)] if known else []
    except (csv.Error, UnicodeDecodeError, OSError):
        return []


def _is_whole(row: Mapping[str | None, Any]) -> bool:
    """Whether a row of the file holds what was written: no field too many, and a step that is a number."""
    step = row["step"]
    return None not in row and isinstance(step, str) and step.isascii() and step.isdecimal() and len(step) < 10


def as_csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    """Return the content of a log with these rows.

    >>> as_csv([]).decode().split(",")[:3]
    ['epoch', 'step', 'learning_rate']
    """
    return csv_text([COLUMNS, *([row.get(column, "") for column in COLUMNS] for row in rows)]).encode()


def held_out_rates(network: Network, watched: Watched) -> dict[str, float]:
    """Return the network's accuracy on the known pictures that are watched and its NCRs on the negatives, by column."""
    rates = {}
    if watched.known is not None and watched.known.labels is not None:
        rates[RATES[0]] = accuracy(_predicted(network, watched.known).predicted, watched.known.labels)
    if watched.negatives is not None:
        confidence = _predicted(network, watched.negatives).confidence
        rates |= {name: negative_confidence_rate(confidence, t) for name, t in zip(RATES[1:], THRESHOLDS, strict=True)}
    return rates


def _predicted(network: Network, images: ImageSet) -> Predictions:
    said = predict(network, images.pixels, name=images.name, ids=images.ids)
    return raw({"": said})[""] if network.classes[-1] == BACKGROUND else said


def _text(value: int | float | None) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _tensorboard(folder: Path | None, step: int) -> "SummaryWriter | None":
    if folder is None or find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    # What was written after the state that the run goes on from would stand twice.
    return SummaryWriter(str(folder), purge_step=step + 1)
