"""What a GPU or its machine cannot do is one sentence and a slower way; a card is made believe here, none is needed."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from nat_core.errors import TrainingError
from nat_core.recipes import Recipe
from nat_core.training import objective
from nat_core.training.gpu import graphed
from nat_core.training.gpu.graphed import fastest, why_not_compiled
from nat_core.training.gpu.static import StaticStep
from nat_core.training.loop import memory_told
from nat_core.training.objective import choose_precision

RECIPE = Recipe("mine", "wrn10_1", batch_size=8, sizes=((8, 1.0),))


class Step(StaticStep):
    """A static step on a card that is not there: notes with which arithmetic it was tried."""

    def __init__(self) -> None:
        self.run: Any = SimpleNamespace(recipe=RECIPE, batches=SimpleNamespace(device=torch.device("cuda")))
        self.cost: Any = lambda: "eager"
        self.tries: list[str] = []

    def tried(self, times: int) -> None:
        self.tries.append(self.cost())

    def __call__(self) -> Any:
        return self.cost()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine that compiles and records whatever it is given; a test takes something away."""
    monkeypatch.setattr(graphed, "why_not_compiled", lambda: None)
    monkeypatch.setattr(torch, "compile", lambda function, dynamic: lambda: "compiled")
    monkeypatch.setattr(graphed, "record", lambda step: lambda: f"{step()}, recorded")
    return []


def raising(error: Exception) -> Callable:
    def call(*given: object, **named: object) -> None:
        raise error

    return call


def test_the_fastest_way_is_compiled_and_recorded(told: list[str]) -> None:
    step = Step()
    assert fastest(step, told.append)() == "compiled, recorded"
    assert (told, step.tries) == ([], ["compiled"])
    assert not torch.backends.cudnn.benchmark, "as it was before"


@pytest.mark.parametrize("why", ["Triton is not installed", "there is no C compiler: install gcc, or name one in CC"])
def test_what_the_compiler_misses_is_named_and_the_step_runs_eagerly(
    told: list[str], monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    monkeypatch.setattr(graphed, "why_not_compiled", lambda: why)
    step = Step()
    assert fastest(step, told.append)() == "eager, recorded"
    assert told == [f"The step of mine is not compiled ({why}): it runs eagerly, which is slower"]
    assert step.tries == ["eager"]


def test_a_compiler_that_fails_is_one_sentence(told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    error = RuntimeError("Failed to find C compiler. Please specify via CC environment variable.\n\nSet TORCH_LOGS=")
    monkeypatch.setattr(torch, "compile", lambda function, dynamic: raising(error))
    step = Step()
    assert fastest(step, told.append)() == "eager, recorded"
    assert told == [
        "The step of mine is not compiled (Failed to find C compiler. Please specify via CC environment variable.): it "
        "runs eagerly, which is slower"
    ]


def test_a_step_that_cannot_be_recorded_is_launched_kernel_by_kernel(
    told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = RuntimeError("CUDA error: operation not permitted when stream is capturing\nCUDA kernel errors might be")
    monkeypatch.setattr(graphed, "record", raising(error))
    step = Step()
    assert fastest(step, told.append)() == "compiled"
    assert told == [
        "The step of mine cannot be recorded as a CUDA graph (CUDA error: operation not permitted when stream is "
        "capturing): each of its kernels is launched by itself, which is slower"
    ]


@pytest.mark.parametrize("where", ["compile", "record"])
def test_too_little_memory_says_what_to_lower(told: list[str], monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    full = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of")
    if where == "compile":
        monkeypatch.setattr(torch, "compile", lambda function, dynamic: raising(full))
    else:
        monkeypatch.setattr(graphed, "record", raising(full))
    with pytest.raises(TrainingError, match=r"too little free memory for mine, 8 .*--set batch_size=4\).*--device cpu"):
        tried_within_memory(told)
    assert told == []


def tried_within_memory(told: list[str]) -> None:
    with memory_told(RECIPE):
        fastest(Step(), told.append)


def test_without_triton_or_a_c_compiler_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphed, "find_spec", lambda name: object())
    monkeypatch.setenv("CC", "clang")
    assert why_not_compiled() is None
    monkeypatch.delenv("CC")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert why_not_compiled() == "there is no C compiler: install gcc, or name one in CC"
    monkeypatch.setattr(graphed, "find_spec", lambda name: None)
    assert why_not_compiled() == "Triton is not installed"


@pytest.mark.parametrize(
    ("supported", "times", "expected"),
    [
        (True, {}, "bfloat16"),
        (False, {"float32": 1.0, "float16": 0.5}, "float16"),
        (False, {"float32": 1.0, "float16": 0.9}, "float32"),
    ],
)
def test_a_card_that_only_imitates_bfloat16_takes_what_a_trial_shows_faster(
    monkeypatch: pytest.MonkeyPatch, supported: bool, times: dict[str, float], expected: str
) -> None:
    """As a T4 does, which PyTorch says supports bfloat16 unless it is asked without emulation."""

    def asked(including_emulation: bool = True) -> bool:
        return including_emulation or supported

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", asked)
    monkeypatch.setattr(objective, "trial_seconds", lambda model, images, precision: times[precision])
    monkeypatch.setattr(torch, "zeros", lambda *shape, device, zeros=torch.zeros: zeros(*shape))
    assert choose_precision(replace(RECIPE, precision="auto"), OnACard()) == expected


class OnACard(torch.nn.Module):
    """A network whose weights say that they lie on a card."""

    def parameters(self, recurse: bool = True) -> Any:
        return iter([SimpleNamespace(device=torch.device("cuda"))])
