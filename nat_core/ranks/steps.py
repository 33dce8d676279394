"""A step of training shared by several ranks: each computes its part of the batch, all of them take the same step.

The batch of a step stays a function of seed and step alone: every rank makes the whole one and keeps every so-many-th
picture of each kind. So each has its share of the negatives, as many as the others, and the mean of the ranks' losses
is the loss of one process on the whole batch.
"""

from collections.abc import Callable, Sequence
from inspect import signature
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from nat_core.errors import RanksError
from nat_core.ranks.group import Ranks
from nat_core.ranks.norms import share_norms
from nat_core.recipes import Recipe

Loss = TypeVar("Loss", bound=tuple)


class Parts(NamedTuple):
    """How many pictures of each kind a batch holds."""

    known: int
    negatives: int
    turned: int = 0


def check_shares(recipe: Recipe, parts: Parts, ranks: Ranks) -> None:
    """Raise RanksError where a batch cannot be divided among the ranks so that all losses stay means over equal parts.

    >>> check_shares(Recipe("r", "wrn16_1"), Parts(64, 8), Ranks(0, 3))
    Traceback (most recent call last):
    nat_core.errors.RanksError: A batch of 64 known pictures, 8 negatives cannot be divided equally among 3 processes: \
start 1, 2, 4 or 8, or set batch_size and negatives_per_batch
    """
    if recipe.hardest and ranks.count > 1:
        raise RanksError(
            f"{recipe.name} learns from the hardest negatives of a whole batch, of which each process sees "
            "a part: train it in one process, or set hardest=0"
        )
    kinds = {"known pictures": parts.known, "negatives": parts.negatives, "turned pictures": parts.turned}
    there = {kind: count for kind, count in kinds.items() if count}
    if any(count % ranks.count for count in there.values()):
        held = ", ".join(f"{count} {kind}" for kind, count in there.items())
        possible = [str(n) for n in range(1, 65) if not any(count % n for count in there.values())]
        listed = " or ".join(filter(None, [", ".join(possible[:-1]), possible[-1]]))
        raise RanksError(
            f"A batch of {held} cannot be divided equally among {ranks.count} processes: start {listed}, or set "
            "batch_size and negatives_per_batch"
        )


def share_of(batch: Any, ranks: Ranks) -> Any:
    """Return one rank's pictures of a batch: every so-many-th of each kind, beginning with the rank's number.

    `batch` is what `nat_core.training.batches` makes: pictures with labels, then negatives, then those that are turned.
    """
    known, turned = len(batch.labels), 0 if batch.turns is None else len(batch.turns)
    ends = (0, known, len(batch.images) - turned, len(batch.images))
    chosen = [place for first, last in pairwise(ends) for place in range(first + ranks.number, last, ranks.count)]
    device = batch.images.device
    images = batch.images[torch.tensor(chosen, device=device)].contiguous(memory_format=torch.channels_last)
    turns = None if batch.turns is None else batch.turns[ranks.number :: ranks.count]
    return batch._replace(images=images, labels=batch.labels[ranks.number :: ranks.count], turns=turns)


_NO_SENDING = ("forward_sync_buffers", "broadcast_buffers")


class Replica(DistributedDataParallel):
    """A rank's own copy of the network that is trained: gradients become the mean over all ranks."""

    def __init__(self, model: nn.Module) -> None:
        # Each rank counts the same statistics (`SharedNorm`), so there is nothing to send before a step. torch 2.14
        # called the setting by another name.
        known = signature(DistributedDataParallel).parameters
        settings: dict[str, Any] = {next(each for each in _NO_SENDING if each in known): False}
        super().__init__(model, **settings)

    @property
    def levels(self) -> tuple[int, int, int]:
        """The network's own."""
        return self.module.levels

    def activated(self, groups: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The groups' outputs as the network's next layers see them."""
        return self.module.activated(groups)


def shared_cost(
    cost: Callable[..., Loss], model: nn.Module, recipe: Recipe, parts: Parts, ranks: Ranks
) -> Callable[..., Loss]:
    """Return what computes the loss of a whole batch as `cost` does, with the ranks at work on a part of it each.

    `cost` takes objective, model, teacher and batch, and returns scalars of which the last one, `total`, is minimised;
    the `model` handed to what is returned is ignored for the one given here, whose norms are shared from now on. Each
    loss is the mean over the ranks; its gradient is this rank's part, which the step averages. Raises as
    `check_shares`.
    """
    check_shares(recipe, parts, ranks)
    share_norms(model)
    replica = Replica(model)

    def shared(objective: Any, _: nn.Module, teacher: nn.Module | None, batch: Any) -> Any:
        ours = cost(objective, replica, teacher, share_of(batch, ranks))
        means = torch.stack([each.detach() for each in ours])
        torch.distributed.all_reduce(means)
        *others, total = means / ranks.count
        # The value of all ranks, the gradient of this one.
        return type(ours)(*others, ours[-1] + (total - ours[-1].detach()))

    return shared
