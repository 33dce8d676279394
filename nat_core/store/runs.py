"""The numbers of all runs in one small file beside the checkpoints, a line a run, added to when a run has ended.

It lies in the folder of checkpoints, as `runs.json`, because that is what a queue writes to and what travels: the
same folder holds the published networks whose numbers are among them.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from nat_core.files import converted, is_there, only_one, read_json, sealed, sweep, write_durably
from nat_core.measure.predictions import BACKGROUND, renormalised
from nat_core.measure.report import NetworkReport, evaluate
from nat_core.recipes import Recipe, run_key
from nat_core.store.checkpoints import load_card, load_predictions

FORMAT = 1
RUNS = "runs.json"


@dataclass(frozen=True)
class RunRecord:
    """What is kept of one finished run."""

    recipe: Recipe
    seed: int
    report: NetworkReport
    renormalised: NetworkReport | None
    """The second reading of a network with a background class, None for all others."""
    parameters: int
    hardware: str
    seconds: float
    trained_at: str

    def to_json(self) -> dict[str, Any]:
        """The record as plain values; of the recipe, what differs from its defaults."""
        reports = {"report": self.report, "renormalised": self.renormalised}
        # The recipe says the epochs already.
        plain = {key: each and replace(each, epochs=None).to_json() for key, each in reports.items()}
        return asdict(self) | {"recipe": _changed(self.recipe)} | plain

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "RunRecord":
        """Read what `to_json` wrote; ValueError where it is something else."""
        run = converted(values, cls)
        second = run.renormalised and replace(run.renormalised, epochs=run.recipe.epochs)
        return replace(run, report=replace(run.report, epochs=run.recipe.epochs), renormalised=second)


@dataclass(frozen=True)
class DivergedRun:
    """A run whose loss stopped being a number, which is a finding too: the same settings would end there again."""

    recipe: Recipe
    seed: int
    says: str
    """At which of how many steps, in words."""


def _changed(recipe: Recipe) -> dict[str, Any]:
    """Name, architecture, and what differs from the defaults."""
    default = Recipe(recipe.name, recipe.architecture).to_json()
    own = {key: value for key, value in recipe.to_json().items() if value != default[key]}
    return {"name": recipe.name, "architecture": recipe.architecture} | own


def _whole(own: dict[str, Any]) -> Recipe:
    return Recipe.from_json(Recipe(own["name"], own["architecture"]).to_json() | own)


def record_of(folder: Path, name: str) -> RunRecord:
    """Return the record of a stored network; CheckpointError where it is missing or damaged."""
    card = load_card(folder, name)
    second = None
    # The card's report is the raw reading; the other one is computed while the predictions are here, as a run that is
    # not kept leaves nothing but this record.
    if card.classes[-1] == BACKGROUND:
        stored = renormalised(load_predictions(folder, name))
        second = evaluate(
            stored, card.roles, seed=card.seed, protocol=card.protocol, classes=card.classes[:-1],
            epochs=card.recipe.epochs,
        )  # fmt: skip
    return RunRecord(
        card.recipe, card.seed, card.report, second, card.parameters, card.hardware, card.seconds, card.trained_at
    )


def with_networks(records: Mapping[str, RunRecord], folder: Path, names: Iterable[str]) -> dict[str, RunRecord]:
    """Return the records with these stored networks among them, each in its run's place.

    Their numbers may have been computed again since their runs were noted, or the runs be noted nowhere. Raises
    CheckpointError as `record_of` does.
    """
    stored = [record_of(folder, name) for name in names]
    return {**records, **{run_key(each.recipe.protocol, each.recipe.name, each.seed): each for each in stored}}


def load_runs(folder: Path) -> dict[str, RunRecord]:
    """Return every recorded run by its key, in the order of the file; none where there is no file.

    Raises CheckpointError where the file is damaged or of another format.

    >>> load_runs(Path("nowhere"))
    {}
    """
    return load_ended(folder)[0]


def load_ended(folder: Path) -> tuple[dict[str, RunRecord], dict[str, DivergedRun]]:
    """Return what `load_runs` does, and beside it the runs that diverged. Raises CheckpointError likewise.

    >>> load_ended(Path("nowhere"))
    ({}, {})
    """
    path = Path(folder) / RUNS
    return read_json(path, FORMAT, _read, "get it again") if is_there(path) else ({}, {})


def _read(values: dict[str, Any]) -> tuple[dict[str, RunRecord], dict[str, DivergedRun]]:
    if unknown := values.keys() - {"format", "runs", "diverged"}:
        raise ValueError(f"unknown field {min(unknown)!r}")
    diverged = values.get("diverged", {})
    return (
        {key: RunRecord.from_json(each) for key, each in values["runs"].items()},
        {key: DivergedRun(**each | {"recipe": _whole(each["recipe"])}) for key, each in diverged.items()},
    )


def add_run(folder: Path, key: str, run: RunRecord | DivergedRun) -> None:
    """Add a run to the file, or replace the one of that key: whoever reads sees the file before or after.

    Several processes may add at once: each waits for the other.
    """
    # Reading belongs under the lock too: of two processes that read before either writes, one would lose its run.
    with only_one(Path(folder) / ".state" / "runs.lock", wait=True):
        sweep(Path(folder), RUNS)
        records, diverged = load_ended(folder)
        if isinstance(run, DivergedRun):
            records.pop(key, None)  # how a run ended last is what counts
            diverged[key] = run
        else:
            diverged.pop(key, None)
            records[key] = run
        write_durably(Path(folder) / RUNS, _packed(records, diverged))


def _packed(records: Mapping[str, RunRecord], diverged: Mapping[str, DivergedRun]) -> bytes:
    parts = [_part("runs", {key: each.to_json() for key, each in records.items()})]
    if diverged:
        lines = {key: asdict(each) | {"recipe": _changed(each.recipe)} for key, each in diverged.items()}
        parts.append(_part("diverged", lines))
    return sealed(f'{{\n "format": {FORMAT},\n' + ",\n".join(parts) + "\n}\n")


def _part(name: str, runs: Mapping[str, dict[str, Any]]) -> str:
    # NaN is no JSON: better refused here than written for others to stumble over.
    lines = [f"  {json.dumps(key)}: {json.dumps(each, allow_nan=False)}" for key, each in runs.items()]
    return f' "{name}": {{\n' + ",\n".join(lines) + "\n }"
