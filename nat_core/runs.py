"""The numbers of all runs in one small file beside the checkpoints, a line a run, added to when a run has finished.

It lies in the folder of checkpoints, as `runs.json`, because that is what a queue writes to and what travels: the
same folder holds the published networks whose numbers are among them.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nat_core.background import BACKGROUND, renormalised
from nat_core.checkpoints import load_card, load_predictions
from nat_core.locks import only_one
from nat_core.recipes import Recipe
from nat_core.report import NetworkReport, evaluate
from nat_core.stored import read_json, write_durably

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
        default = Recipe(self.recipe.name, self.recipe.architecture).to_json()
        recipe = {key: value for key, value in self.recipe.to_json().items() if value != default[key]}
        return asdict(self) | {
            "recipe": {"name": self.recipe.name, "architecture": self.recipe.architecture} | recipe,
            "report": self.report.to_json(),
            "renormalised": self.renormalised and self.renormalised.to_json(),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "RunRecord":
        """Read what `to_json` wrote; ValueError, KeyError or TypeError where it is something else."""
        own = values["recipe"]
        second = values["renormalised"]
        return cls(**values | {
            "recipe": Recipe.from_json(Recipe(own["name"], own["architecture"]).to_json() | own),
            "report": NetworkReport.from_json(values["report"]),
            "renormalised": None if second is None else NetworkReport.from_json(second),
        })  # fmt: skip


def record_of(folder: Path, name: str) -> RunRecord:
    """Return the record of a stored network; CheckpointError where it is missing or damaged."""
    card = load_card(folder, name)
    second = None
    if card.classes[-1] == BACKGROUND:
        stored = renormalised(load_predictions(folder, name))
        second = evaluate(stored, card.roles, seed=card.seed, protocol=card.protocol, classes=card.classes[:-1])
    return RunRecord(
        card.recipe, card.seed, card.report, second, card.parameters, card.hardware, card.seconds, card.trained_at
    )


def load_runs(folder: Path) -> dict[str, RunRecord]:
    """Return every recorded run by its key, in the order of the file; none where there is no file.

    Raises CheckpointError where the file is damaged or of another format.
    """
    path = Path(folder) / RUNS
    if not path.is_file():
        return {}
    return read_json(
        path,
        FORMAT,
        lambda values: {key: RunRecord.from_json(each) for key, each in values["runs"].items()},
        "get it again",
    )


def add_run(folder: Path, key: str, record: RunRecord) -> None:
    """Add a run to the file, or replace the one of that key: whoever reads sees the file before or after.

    Several processes may add at once: each waits for the other.
    """
    with only_one(Path(folder) / ".state" / "runs.lock", wait=True):
        write_durably(Path(folder) / RUNS, _packed(load_runs(folder) | {key: record}))


def _packed(records: Mapping[str, RunRecord]) -> bytes:
    lines = [f"  {json.dumps(key)}: {json.dumps(each.to_json(), allow_nan=False)}" for key, each in records.items()]
    return (f'{{\n "format": {FORMAT},\n "runs": {{\n' + ",\n".join(lines) + "\n }\n}\n").encode()
