"""The resumable state of a training run on disk: three kept, the newest valid one wins, nothing unpickled.

A training run in memory, and how it is put away between two sittings and taken up again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save
from torch import Tensor

from nat_core.errors import CheckpointError, DivergedError, TrainingError
from nat_core.files import write_durably
from nat_core.network.inference import Network
from nat_core.network.models import Classifier
from nat_core.recipes import Recipe
from nat_core.store.checkpoints import read_tensors
from nat_core.training.batches import Batches

FORMAT = 1
KEPT = 3


@dataclass(frozen=True, eq=False)
class RunState:
    """A run between two steps. Batches, crops and learning rates follow from seed and step, so no random state."""

    step: int
    """Steps done; the next one to do has this number."""
    seconds: float
    """Time spent training so far."""
    tensors: Mapping[str, np.ndarray]
    """`model/<name>` for weights and norm statistics, `momentum/<name>` for the optimiser's momentum,
    `average/<name>` for the moving average of both where there is one."""
    settings: Mapping[str, Any]
    """What must not change between two sittings: recipe, seed, precision."""


def save_state(folder: Path, state: RunState) -> None:
    """Write a state; its card with the SHA-256 comes last, so that a half-written state is never taken for a whole one.

    OSError (a full disk) leaves the earlier states as they were.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digest = write_durably(folder / f"{state.step:08d}.safetensors", save(dict(state.tensors)))
    card = {"format": FORMAT, "step": state.step, "seconds": state.seconds, "sha256": digest}
    write_durably(folder / f"{state.step:08d}.json", json.dumps(card | {"settings": dict(state.settings)}).encode())
    for old in _steps(folder)[KEPT:]:
        (folder / f"{old}.json").unlink(missing_ok=True)
        (folder / f"{old}.safetensors").unlink(missing_ok=True)


def newest_state(folder: Path) -> RunState | None:
    """Return the newest state that is whole and unaltered, None where there is none."""
    for step in _steps(folder):
        try:
            card = json.loads((folder / f"{step}.json").read_text())
            tensors, _ = read_tensors(folder / f"{step}.safetensors", card["sha256"])
            if card["format"] == FORMAT:
                return RunState(card["step"], card["seconds"], tensors, card["settings"])
        except (OSError, ValueError, KeyError, TypeError, CheckpointError):
            continue
    return None


def _steps(folder: Path) -> list[str]:
    return sorted((path.stem for path in folder.glob("[0-9]*.json")), reverse=True)


@dataclass(eq=False)
class Run:
    """One training run in memory: what a step needs and changes."""

    recipe: Recipe
    seed: int
    classes: tuple[str, ...]
    batches: Batches
    model: Classifier
    optimiser: torch.optim.Optimizer
    teacher: Network | None
    precision: str
    step: int = 0
    seconds: float = 0.0
    divergence_scale: float = 1.0
    average: dict[str, Tensor] | None = None


def save_run(run: Run, states: Path) -> None:
    """Write the run's state; TrainingError, and nothing written, where a weight stopped being a number."""
    tensors = {f"model/{key}": value for key, value in run.model.state_dict().items()}
    tensors |= {f"average/{key}": value for key, value in (run.average or {}).items()}
    for name, parameter in run.model.named_parameters():
        momentum = run.optimiser.state[parameter].get("momentum_buffer")
        if momentum is not None:
            tensors[f"momentum/{name}"] = momentum
    if not all(bool(torch.isfinite(value).all()) for value in tensors.values()):
        raise DivergedError(
            f"The weights of {run.recipe.name} stopped being numbers before step {run.step}. The last good state is "
            f"kept in {states}: lower the learning rate and train again under another --out",
            run.step,
            run.batches.steps,
        )
    arrays = {key: value.detach().cpu().contiguous().numpy() for key, value in tensors.items()}
    settings = {"recipe": run.recipe.to_json(), "seed": run.seed, "precision": run.precision}
    save_state(states, RunState(run.step, run.seconds, arrays, settings))


def check_settings(recipe: Recipe, seed: int, begun: RunState) -> None:
    """Raise TrainingError where a run was begun with another recipe or seed than it is to go on with."""
    for what, ours, theirs in (
        ("seed", seed, begun.settings["seed"]),
        ("recipe", recipe, Recipe.from_json(begun.settings["recipe"])),
    ):
        if ours != theirs:
            raise TrainingError(
                f"The run of {recipe.name} was begun with another {what} ({theirs}, now {ours}): go on with the "
                f"same one, or choose another --out"
            )


def restore(run: Run, begun: RunState) -> None:
    """Put a run back to where a state left it, in the same memory layout, so that sums run in the same order."""
    values = {key: torch.from_numpy(value).to(run.batches.device) for key, value in begun.tensors.items()}
    model = {key.removeprefix("model/"): value for key, value in values.items() if key.startswith("model/")}
    run.model.load_state_dict(model)
    for name, parameter in run.model.named_parameters():
        if f"momentum/{name}" in values:
            momentum = torch.empty_like(parameter).copy_(values[f"momentum/{name}"])
            run.optimiser.state[parameter]["momentum_buffer"] = momentum
    for key, value in (run.average or {}).items():
        value.copy_(values[f"average/{key}"])
    run.step, run.seconds = begun.step, begun.seconds
