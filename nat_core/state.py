"""The resumable state of a training run on disk: three kept, the newest valid one wins, nothing unpickled."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from nat_core.checkpoints import read_tensors
from nat_core.stored import CheckpointError, write_durably

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
