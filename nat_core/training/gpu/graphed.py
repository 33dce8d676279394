"""The fastest way in which this machine's GPU takes a static step: compiled, and recorded as one CUDA graph.

What a machine cannot do is told in one sentence, and the step goes the next slower way to the same weights.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import torch

from nat_core.store.leftovers import Tell
from nat_core.training.gpu.static import StaticStep

TRIED = 3
"""Steps that are taken and taken back first: in them libraries choose their kernels, which no graph may hold."""
VARIANTS = 64
"""How often one function may be compiled anew in a process, once for each network and size of pictures in it."""


def fastest(step: StaticStep, tell: Tell) -> Callable[[], object]:
    """Return what takes the step the fastest way that works here, called under the stream that it is to run on.

    On a processor that is the step itself. Raises torch.OutOfMemoryError where the GPU has too little memory.
    """
    if step.run.batches.device.type != "cuda":
        return step
    with _kernels_tried():
        _compile(step, tell)
        return _recorded(step, tell)


@contextmanager
def _kernels_tried() -> Iterator[None]:
    """Within it cuDNN tries its kernels for each new shape and keeps the fastest; shapes here stay as they are."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


def _recorded(step: StaticStep, tell: Tell) -> Callable[[], object]:
    try:
        return record(step)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        step.tried(1)  # takes back what a recording that failed left half done
        tell(f"The step of {step.run.recipe.name} cannot be recorded as a CUDA graph ({_first_line(error)}): each of "
             "its kernels is launched by itself, which is slower")  # fmt: skip
        return step


def _compile(step: StaticStep, tell: Tell) -> None:
    """Let the step's arithmetic be compiled, where that works, and try it."""
    plain, why = step.cost, why_not_compiled()
    if why is None:
        try:
            with many_variants():
                step.cost = torch.compile(plain, dynamic=False)
                step.tried(TRIED)
            return
        except torch.OutOfMemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - of the compiler's own kinds, or of any that it let pass
            why = _first_line(error)
    tell(f"The step of {step.run.recipe.name} is not compiled ({why}): it runs eagerly, which is slower")
    step.cost = plain
    step.tried(TRIED)


def why_not_compiled() -> str | None:
    """Return what PyTorch's compiler misses on this machine, None where nothing is known to be missing."""
    if find_spec("triton") is None:
        return "Triton is not installed"
    # As Triton looks for one.
    if os.environ.get("CC") is None and not any(map(shutil.which, ("gcc", "clang", "cc", "cl"))):
        return "there is no C compiler: install gcc, or name one in CC"
    return None


@contextmanager
def many_variants() -> Iterator[None]:
    """Let one function be compiled for several networks: after eight PyTorch would go on eagerly without a word."""
    from torch import _dynamo  # takes seconds to import

    before = _dynamo.config.recompile_limit
    _dynamo.config.recompile_limit = max(before, VARIANTS)
    try:
        yield
    finally:
        _dynamo.config.recompile_limit = before


def record(step: StaticStep) -> Callable[[], object]:
    """Return what takes the step as one launch, after it was recorded once; recording runs nothing."""
    graph = torch.cuda.CUDAGraph()
    # On the stream where it will run: libraries keep their working memory by stream, and two networks' graphs that
    # ran side by side on one recording's memory would write into each other.
    with torch.cuda.graph(graph, stream=torch.cuda.current_stream(), capture_error_mode="thread_local"):
        step()
    return graph.replay


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
