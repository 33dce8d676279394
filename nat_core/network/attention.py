"""Attention maps: where a group of a network is active. How far two lie apart: `measure.metrics.map_distances`."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def attention_map(group: Float[Tensor, "n c h w"]) -> Float[Tensor, "n h w"]:
    """Return the activation-based attention map: the mean of A^2 over channels, >= 0.

    Source: NAT, section "Attention transfer"; Zagoruyko and Komodakis 2017, "Paying More Attention to Attention".

    >>> import torch
    >>> attention_map(torch.tensor([[[[3.0]], [[1.0]]]])).tolist()
    [[[5.0]]]
    """
    # In float32 whatever the network ran in: squares in bfloat16, which training may use, keep two or three digits.
    return group.float().square().mean(1)


def normalised_map(group: Float[Tensor, "n c h w"]) -> Float[Tensor, "n positions"]:
    """Return each picture's attention map as one vector of length 1 (Q in attention transfer), all zero where A is 0.

    >>> import torch
    >>> normalised_map(torch.ones(1, 2, 2, 2)).tolist()
    [[0.5, 0.5, 0.5, 0.5]]
    """
    return functional.normalize(attention_map(group).flatten(1), dim=1)
