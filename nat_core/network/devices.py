"""GPUs that cannot serve, told of in one sentence; and arithmetic on a GPU as exact as a processor's."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch

TOO_OLD = "its driver is too old for this PyTorch: update the driver, or install a PyTorch for an older CUDA"
NO_KERNELS = "this PyTorch was built for other cards: install one that names the card's architecture"


@cache
def trouble_with_cuda() -> str | None:
    """Return why the NVIDIA GPU that is there cannot compute, as a clause; None where it can, or where there is none.

    >>> trouble_with_cuda() is None or ":" in trouble_with_cuda()
    True
    """
    # PyTorch only warns of a driver that it cannot use, and then says that there is no card.
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        there = torch.cuda.is_available()
    if not there:
        return TOO_OLD if any("too old" in str(each.message) for each in warned) else None
    try:
        # A card may be listed and refuse the first kernel that it is given.
        torch.ones(1, device="cuda").add_(1).item()
    except torch.OutOfMemoryError:
        return None  # it works, and is full: whoever needs more of it hears that then
    except (RuntimeError, AssertionError) as error:
        said = " ".join(str(error).split())
        if "no kernel image" in said:
            return NO_KERNELS
        return TOO_OLD if "too old" in said or "insufficient" in said else f"PyTorch says: {said[:200]}"
    return None


def on_standard_error(sentence: str) -> None:
    """Tell a sentence to whoever watches."""
    sys.stderr.write(f"warning: {sentence}.\n")


@contextmanager
def exactly(device: torch.device) -> Iterator[None]:
    """Let a GPU compute float32 in float32 while the block runs, as a processor does.

    Left to itself it rounds what it convolves or multiplies to ten bits (TF32).
    """
    if device.type != "cuda":
        yield
        return
    settings = _precise()
    before = [getattr(where, name) for where, name, _ in settings]
    try:
        for where, name, value in settings:
            setattr(where, name, value)
        yield
    finally:
        for (where, name, _), value in zip(settings, before, strict=True):
            setattr(where, name, value)


def _precise() -> list[tuple[object, str, object]]:
    matrices, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    # Since 2.9 each kind of operation says its own precision, and who has set one may not be asked in the older way.
    if hasattr(convolutions, "conv"):
        return [(matrices, "fp32_precision", "ieee"), (convolutions.conv, "fp32_precision", "ieee")]
    return [(matrices, "allow_tf32", False), (convolutions, "allow_tf32", False)]
