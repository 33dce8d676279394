"""Batch norms whose statistics are those of the batches of all ranks: exact, on processors as on cards.

PyTorch's own SyncBatchNorm runs on cards alone. Without either, each rank would normalise its pictures by themselves,
and negatives by fewer known pictures than one process does.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn


class _Summed(torch.autograd.Function):
    """The sum over all ranks; what a rank's loss gains by it reaches every rank."""

    @staticmethod
    def forward(ctx: Any, ours: Tensor) -> Tensor:
        whole = ours.clone(memory_format=torch.contiguous_format)
        torch.distributed.all_reduce(whole)
        return whole

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        whole = gradients[0].clone(memory_format=torch.contiguous_format)
        torch.distributed.all_reduce(whole)
        return whole


class SharedNorm(nn.BatchNorm2d):
    """A batch norm that learns from the pictures of all ranks, as many on each; at rest it is a plain one."""

    def forward(self, input: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        if not self.training:
            return super().forward(input)
        mean, variance, count = _statistics(input)
        self._count(mean.detach(), variance.detach() * count / (count - 1))
        return self._scaled(input, mean, variance)

    def of_batch(self, features: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """Return the features of all ranks' batch normalised by themselves; they do not enter the running statistics.

        In training only.
        """
        mean, variance, _ = _statistics(features)
        return self._scaled(features, mean, variance)

    @torch.no_grad()
    def _count(self, mean: Float[Tensor, " c"], unbiased: Float[Tensor, " c"]) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(unbiased, share)

    def _scaled(
        self, features: Float[Tensor, "n c h w"], mean: Float[Tensor, " c"], variance: Float[Tensor, " c"]
    ) -> Float[Tensor, "n c h w"]:
        scale = torch.rsqrt(variance + self.eps) * self.weight
        shift = self.bias - mean * scale
        # One pass over the features, in float32 whatever they come in, as a plain norm does it.
        return torch.addcmul(shift[:, None, None], features.float(), scale[:, None, None]).to(features.dtype)


def _statistics(features: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, " c"], Float[Tensor, " c"], int]:
    """Mean and variance of each channel over all ranks, and over how many numbers they are taken."""
    ranks, ours = torch.distributed.get_world_size(), features.float()
    variance, mean = torch.var_mean(ours, (0, 2, 3), correction=0)
    # Each rank fills its own row, so that the sum holds all of them: one message instead of two, and no difference of
    # large squares, in which a variance would drown.
    rows = torch.zeros(ranks, 2, features.shape[1], device=features.device)
    place = torch.zeros(ranks, 1, 1, device=features.device)
    place[torch.distributed.get_rank()] = 1
    every = _Summed.apply(rows + place * torch.stack([mean, variance]))
    middle = every[:, 0].mean(0)
    spread = (every[:, 1] + (every[:, 0] - middle).square()).mean(0)
    return middle, spread, ranks * features.numel() // features.shape[1]


def share_norms(model: nn.Module) -> None:
    """Let every batch norm of a model take its statistics over all ranks; weights and their names stay as they are.

    >>> model = nn.Sequential(nn.BatchNorm2d(3))
    >>> share_norms(model)
    >>> type(model[0]).__name__, list(model.state_dict())[0]
    ('SharedNorm', '0.weight')
    """
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.BatchNorm2d:
                setattr(parent, name, _shared(child))


def _shared(norm: nn.BatchNorm2d) -> SharedNorm:
    found = SharedNorm(norm.num_features, norm.eps, norm.momentum)
    # The very tensors: the optimiser and the moving average hold them already.
    found.weight, found.bias = norm.weight, norm.bias
    found.running_mean, found.running_var = norm.running_mean, norm.running_var
    found.num_batches_tracked = norm.num_batches_tracked
    return found.train(norm.training)
