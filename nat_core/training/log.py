"""The log of a run: a row for each epoch in a CSV file beside its state, and in TensorBoard where that is installed.

A run that was killed goes on with the rows up to its newest state, so that no epoch stands twice.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from nat_core.data.sets import ImageSet
from nat_core.files import write_durably
from nat_core.measure.metrics import accuracy, negative_confidence_rate
from nat_core.measure.predictions import BACKGROUND, Predictions, raw
from nat_core.network.inference import Network, frozen, predict
from nat_core.recipes import THRESHOLDS
from nat_core.training.objective import StepLoss
from nat_core.training.run import TrainingRun, learning_rate

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

PARTS = ("cross_entropy", "divergence", "attention", "loss")
"""The parts of the loss in the order of `StepLoss`, each a mean over the steps of an epoch."""
RATES = ("held_out_accuracy", *(f"held_out_ncr_{threshold:g}" for threshold in THRESHOLDS))
"""Fractions in [0, 1], on what `Pictures.watched` returns; empty where nothing is watched."""
COLUMNS = ("epoch", "step", "learning_rate", "loss", *PARTS[:3], "seconds", "images_per_second", *RATES)


class EpochLog:
    """The rows of one run, and what was counted of the epoch in progress."""

    def __init__(
        self, path: Path, run: TrainingRun, *, counted: Mapping[str, Any] | None = None, events: Path | None = None,
        watched: tuple[ImageSet | None, ImageSet | None] = (None, None),
    ) -> None:  # fmt: skip
        """Go on with the rows that `path` holds up to the run's step.

        `counted` is what `in_progress` returned when the run's state was saved; `events` a folder for TensorBoard.
        """
        counted = counted or {}
        self._path, self._watched = path, watched
        self._sums = torch.tensor(counted.get("sums", [0.0] * len(PARTS)), device=run.batches.device)
        self._steps, self._since = counted.get("steps", 0), counted.get("since", run.seconds)
        self._rows = [row for row in read_log(path) if int(row["step"]) <= run.step]
        self._writer = _tensorboard(events, run.step)

    def count(self, run: TrainingRun, loss: StepLoss) -> None:
        """Count a step that was taken; with the last one of an epoch, write the epoch's row."""
        # Summed where the losses lie: reading them at every step would make a GPU wait.
        self._sums += torch.stack(list(loss))
        self._steps += 1
        if run.step % run.batches.steps_per_epoch == 0:
            self._write(self._row(run))
            self._sums, self._steps, self._since = torch.zeros_like(self._sums), 0, run.seconds

    def in_progress(self) -> dict[str, Any]:
        """Return what was counted of an epoch that has not ended, as plain values for the run's state."""
        return {"sums": self._sums.tolist(), "steps": self._steps, "since": self._since}

    def close(self) -> None:
        """Let TensorBoard write what it still holds."""
        if self._writer is not None:
            self._writer.close()

    def _row(self, run: TrainingRun) -> dict[str, Any]:
        means = dict(zip(PARTS, (self._sums / self._steps).tolist(), strict=True))
        pictures = self._steps * (run.batches.known_count + run.batches.negative_count)
        return means | held_out_rates(run, *self._watched) | {
            "epoch": run.step // run.batches.steps_per_epoch,
            "step": run.step,
            "learning_rate": learning_rate(run.recipe, run.step - 1, run.batches.steps),
            "seconds": run.seconds,
            "images_per_second": pictures / max(run.seconds - self._since, 1e-9),
        }  # fmt: skip

    def _write(self, row: Mapping[str, Any]) -> None:
        self._rows.append({column: _text(row.get(column)) for column in COLUMNS})
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # The whole file each time, so that a kill leaves it before or after this row and never in the middle.
        write_durably(self._path, as_csv(self._rows))
        if self._writer is not None:
            for column in COLUMNS[2:]:
                if column in row:
                    self._writer.add_scalar(column, row[column], row["step"])
            self._writer.flush()


def read_log(path: Path) -> list[dict[str, str]]:
    """Return the rows of a log, by column; none where there is no file, or one with other columns."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        return list(reader) if tuple(reader.fieldnames or ()) == COLUMNS else []


def as_csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    """Return the content of a log with these rows.

    >>> as_csv([]).decode().split(",")[:3]
    ['epoch', 'step', 'learning_rate']
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def held_out_rates(run: TrainingRun, known: ImageSet | None, negatives: ImageSet | None) -> dict[str, float]:
    """Return the accuracy on known pictures and the NCRs on negatives, by column, of the network as it is now.

    It is measured as it would be stored: the moving average where there is one, in float32, its statistics at rest.
    """
    if known is None and negatives is None:
        return {}
    # On a copy: the run's own network must not leave training mode, nor lose its gradients.
    model = deepcopy(run.model)
    if run.average is not None:
        model.load_state_dict(run.average)
    frozen(model, run.batches.device)
    network = Network(run.recipe.name, model, run.classes, run.batches.mean, run.batches.std)
    rates = {}
    if known is not None and known.labels is not None:
        rates[RATES[0]] = accuracy(_predicted(network, known).predicted, known.labels)
    if negatives is not None:
        confidence = _predicted(network, negatives).confidence
        rates |= {name: negative_confidence_rate(confidence, t) for name, t in zip(RATES[1:], THRESHOLDS, strict=True)}
    return rates


def _predicted(network: Network, images: ImageSet) -> Predictions:
    said = predict(network, images.pixels, name=images.name, ids=images.ids)
    return raw({"": said})[""] if network.classes[-1] == BACKGROUND else said


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _tensorboard(folder: Path | None, step: int) -> "SummaryWriter | None":
    if folder is None or find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    # What was written after the state that the run goes on from would stand twice.
    return SummaryWriter(str(folder), purge_step=step + 1)
