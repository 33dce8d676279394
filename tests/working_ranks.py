"""Processes that work together as torchrun starts them, without the seconds that torchrun takes to start them.

Each is a copy of one that has imported torch already. Where there are no such copies (Windows), it imports it anew.
"""

import multiprocessing
import os
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nat_core.errors import NatError
from nat_core.recipes import Recipe, recipe_named

ROOT = Path(__file__).parents[1]
TINY = replace(recipe_named("digits_nat"), epochs=2, sizes=((8, 1.0),), precision="float32", learning_rate=0.01)
"""Twenty-six steps; fast ones would make much of the last digit of a sum."""


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def _as_rank(number: int, count: int, port: int, errors: str, work: Callable[..., None], given: Sequence[Any]) -> None:
    os.environ |= {"RANK": str(number), "WORLD_SIZE": str(count), "LOCAL_RANK": str(number),
                   "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}  # fmt: skip
    sys.stderr = open(errors, "a", encoding="utf-8", buffering=1)  # noqa: SIM115 - open to the process's end
    import torch

    torch.set_num_threads(1)
    try:
        work(*given)
    except NatError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


def start_ranks(count: int, folder: Path, work: Callable[..., None], *given: Any) -> list[BaseProcess]:
    """Let so many processes do the work together; what they say on standard error goes to `folder`/errors.txt."""
    kind = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    processes: Any = multiprocessing.get_context(kind)
    processes.set_forkserver_preload(["nat_core.training.loop", "torch._dynamo", "tests.working_ranks"])
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    port = free_port()
    ranks = [
        processes.Process(target=_as_rank, args=(number, count, port, str(folder / "errors.txt"), work, given))
        for number in range(count)
    ]
    for each in ranks:
        each.start()
    return ranks


def ended(ranks: Sequence[BaseProcess], seconds: float = 120) -> list[int | None]:
    """Wait for them and return their exit statuses; what still runs then is killed."""
    for each in ranks:
        each.join(seconds)
        if each.is_alive():
            each.kill()
            each.join()
    return [each.exitcode for each in ranks]


def little_noise() -> None:
    """Let the noise be of few pictures in this process."""
    from tests.few_pictures import use_less_noise

    use_less_noise(pytest.MonkeyPatch())


def train_tiny(out: Path, epochs: int = 2, save_seconds: float = 60.0) -> None:
    """Train TINY, or go on."""
    from nat_core.training.loop import train

    little_noise()
    train(replace(TINY, epochs=epochs), out=out, device="cpu", resume=True, progress=False, save_seconds=save_seconds)


# --- the steps of several recipes ------------------------------------------------------------------------------------

STEPS = 3
SHARED: dict[str, Recipe] = {
    "baseline": replace(TINY, negatives=None),
    "nat": replace(TINY, ema_decay=0.9, cutout=4, rotated_per_batch=4, separate_means=True),
    "inside": replace(TINY, negatives_inside=True, synthetic=("blobs",), label_smoothing=0.1),
    "student": replace(TINY, teacher="digits_nat_teacher", attention_weight=10.0, attention_activated=True,
                       attention_levels=("low", "high"), distillation_weight=0.5),
}  # fmt: skip
"""Recipes whose losses have every part there is."""


def compare_steps(folder: Path) -> None:
    """Take the same steps with all ranks and alone, and store both runs' losses and weights, and the shares."""
    import torch

    from nat_core.network.inference import Network, frozen
    from nat_core.network.models import build
    from nat_core.ranks.group import joined
    from nat_core.ranks.steps import share_of
    from nat_core.training.loop import cost_of
    from nat_core.training.objective import step_loss
    from nat_core.training.pictures import pictures_of, subject_of
    from nat_core.training.training_run import begin, take_step

    with joined("cpu") as ranks:
        for name, recipe in SHARED.items():
            pictures = pictures_of(subject_of(recipe))
            if recipe.teacher:
                model = frozen(build(recipe.architecture, 6, seed=7), torch.device("cpu"))
                teacher = Network(recipe.teacher, model, pictures.classes, pictures.mean, pictures.std)
                pictures = replace(pictures, teacher=teacher)
            runs = [begin(pictures, device=torch.device("cpu")) for _ in range(2)]
            losses = []
            for run, cost in zip(runs, (cost_of(runs[0], ranks), step_loss), strict=True):
                run.model.train()
                losses.append(torch.stack([torch.stack(list(take_step(run, cost))) for _ in range(STEPS)]))
            share = share_of(runs[0].batches.at(0), ranks)
            stored = {"losses": torch.stack(losses), "labels": share.labels, "images": share.images}
            for kind, run in zip(("ranks", "alone"), runs, strict=True):
                stored |= {f"{kind}/{key}": value for key, value in run.model.state_dict().items()}
                stored |= {f"{kind}/average/{key}": value for key, value in (run.average or {}).items()}
            arrays: dict[str, Any] = {key: each.numpy() for key, each in stored.items()}
            np.savez(folder / f"{name}_{ranks.number}.npz", **arrays)


# --- scoring ---------------------------------------------------------------------------------------------------------


def run_both(folder: Path, *commands: Sequence[str]) -> None:
    """Run commands on parts of 64 pictures, one after the other; what each prints goes to `folder`/RANK_VERB.json."""
    from nat_core.__main__ import main
    from nat_core.data.sources import streams

    pytest.MonkeyPatch().setattr(streams, "PART", 64)
    status = 0
    for number, arguments in enumerate(commands):
        os.environ["MASTER_PORT"] = str(int(os.environ["MASTER_PORT"]) + number)
        with (folder / f"{os.environ['RANK']}_{arguments[0]}.json").open("w", encoding="utf-8") as sys.stdout:
            status = max(status, main(arguments))
    sys.stdout = sys.__stdout__
    sys.exit(status)
