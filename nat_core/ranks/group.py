"""Several processes at one piece of work, as torchrun starts them: who they are, what they tell each other, their end.

Each process is a rank. The first one, 0, reads and writes what is stored and speaks to the terminal; the others follow
it. When one ends, all do: the first of them that can say why says so, and the others are silent.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from nat_core.errors import RanksError
from nat_core.stopping import deaf

PATIENCE = timedelta(hours=2)
"""How long a rank waits for another one that is there and says nothing: the first one may be publishing a network."""
GRACE = 0.5
"""How many seconds the others leave to the first rank to say why all end."""
_NEEDED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True)
class Ranks:
    """This process among those that work together; alone, it is the first of one."""

    number: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that stores and speaks."""
        return self.number == 0

    def heard(self, content: bytes = b"") -> bytes:
        """Return the `content` of the first rank, for which the others wait; what they hand over is ignored.

        >>> Ranks().heard(b"go on")
        b'go on'
        """
        if self.count == 1:
            return content
        import torch

        # By arrays of bytes: torch's own way to send objects would unpickle what comes.
        length = torch.tensor([len(content) if self.first else 0])
        torch.distributed.broadcast(length, 0)
        sent = torch.frombuffer(bytearray(content), dtype=torch.uint8) if self.first and content else None
        held = torch.empty(int(length), dtype=torch.uint8) if sent is None else sent
        if len(held):
            torch.distributed.broadcast(held, 0)
        return held.numpy().tobytes()

    def told(self, answer: bool) -> bool:
        """Return the first rank's answer.

        >>> Ranks().told(True)
        True
        """
        return self.heard(b"\1" if answer else b"\0") == b"\1"

    def gathered(self, content: bytes) -> list[bytes]:
        """Return what every rank handed over, in their order, to the first; nothing to the others.

        >>> Ranks().gathered(b"mine")
        [b'mine']
        """
        if self.count == 1:
            return [content]
        import torch

        lengths = [torch.zeros(1, dtype=torch.int64) for _ in range(self.count)]
        torch.distributed.all_gather(lengths, torch.tensor([len(content)]))
        # Of one length, as gathering needs: the longest one's.
        held = torch.zeros(int(max(lengths)), dtype=torch.uint8)
        held[: len(content)] = torch.frombuffer(bytearray(content) or bytearray(1), dtype=torch.uint8)[: len(content)]
        every = [torch.empty_like(held) for _ in range(self.count)] if self.first else None
        torch.distributed.gather(held, every)
        return [each[: int(length)].numpy().tobytes() for each, length in zip(every or (), lengths, strict=False)]


ALONE = Ranks()
"""A process that works with no other."""


def launched() -> Ranks:
    """Return which rank the environment says this process is; the first of one where nothing started it as a rank.

    >>> launched().count
    1
    """
    if any(not os.environ.get(each) for each in _NEEDED):
        return ALONE
    return Ranks(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))


@contextmanager
def joined(device: Any = "auto") -> Iterator[Ranks]:
    """Work with the other ranks within the block; alone where nothing started this process as a rank.

    They talk by gloo, and about what lies on NVIDIA cards by nccl; each rank of a machine has a card of its own. Within
    another such block nothing happens. `device` is a name or PyTorch's own. Raises RanksError where there are too few
    cards, or where another rank ended; of the ranks that end together one raises what happened, the others SystemExit.

    >>> with joined() as ranks:
    ...     print(ranks.first)
    True
    """
    ranks = launched()
    if ranks.count == 1:
        yield ranks
        return
    import torch.distributed

    if torch.distributed.is_initialized():
        yield ranks
        return
    _take_card(str(device))
    cards = torch.distributed.is_nccl_available() and torch.cuda.is_available()
    # The store is the one that torchrun keeps, or the first rank: who says why all end is agreed on there.
    store, _, _ = next(iter(torch.distributed.rendezvous("env://", timeout=PATIENCE)))
    torch.distributed.init_process_group(
        "cpu:gloo,cuda:nccl" if cards else "gloo", store=store, rank=ranks.number, world_size=ranks.count,
        timeout=PATIENCE,
    )  # fmt: skip
    try:
        yield ranks
    except SystemExit:
        raise
    except BaseException as error:
        with deaf():  # torchrun ends the others as soon as one has ended
            speaks = _speaks(ranks, store)
        if (instead := _ended_by(error, speaks)) is not None:
            raise instead from None
        raise
    else:
        torch.distributed.destroy_process_group()


def _ended_by(error: BaseException, speaks: bool) -> BaseException | None:
    """What a rank raises in place of what ended it; None where it is the one to say that itself."""
    if not speaks:
        return SystemExit(128 + getattr(error, "number", signal.SIGINT) if _is_stop(error) else 1)
    if is_lost(error):
        return RanksError(
            "Another of the processes that worked together has ended, so this one ends as well: start all of them "
            "again with the same command"
        )
    return None


def is_lost(error: BaseException) -> bool:
    """Return whether an exception says that another rank is gone.

    >>> is_lost(ValueError("no labels"))
    False
    """
    import torch.distributed

    # Gloo's are plain RuntimeErrors, which its own source file's path gives away.
    of_gloo = type(error) is RuntimeError and "gloo/transport" in str(error)
    return of_gloo or isinstance(error, torch.distributed.DistError)


def _is_stop(error: BaseException) -> bool:
    return isinstance(error, KeyboardInterrupt)


def _speaks(ranks: Ranks, store: Any) -> bool:
    """Whether this rank is to say why all end: the first one, or where that is gone, whoever comes first."""
    if not ranks.first:
        time.sleep(GRACE)
    with suppress(Exception):  # a store that is gone as well hears nobody: then each says it
        return store.add("nat/said", 1) == 1
    return True


def _take_card(device: str) -> None:
    """Let each rank of this machine compute on a card of its own, where it is to compute on cards."""
    import torch

    if device == "mps" or (device == "auto" and torch.backends.mps.is_available()):
        raise RanksError("Processes work together on processors and on NVIDIA cards, not on Apple's: add --device cpu")
    if not torch.cuda.is_available() or not (device == "auto" or device.startswith("cuda")):
        return
    own, cards = int(os.environ.get("LOCAL_RANK", os.environ["RANK"])), torch.cuda.device_count()
    if own >= cards:
        raise RanksError(
            f"This machine has {cards} card{'' if cards == 1 else 's'}, one for each process: start as many with "
            f"--nproc-per-node {cards}, or add --device cpu"
        )
    torch.cuda.set_device(own)
