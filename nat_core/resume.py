"""A training run in memory, and how it is put away between two sittings and taken up again."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from nat_core.batches import Batches
from nat_core.inference import Network
from nat_core.models import Classifier
from nat_core.recipes import Recipe
from nat_core.state import RunState, save_state


class TrainingError(RuntimeError):
    """A run that cannot start or go on; the message says why and what to do."""


class DivergedError(TrainingError):
    """A run whose loss or weights stopped being numbers."""

    def __init__(self, sentence: str, step: int, steps: int) -> None:
        super().__init__(sentence)
        self.says = f"diverged at step {step:,} of {steps:,}"
        """Where, in a few words."""


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
