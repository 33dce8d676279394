"""Attention maps: where a group of a network is active, and how far two networks' maps lie apart."""

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


def level_distance(first: Float[Tensor, "n c h w"], second: Float[Tensor, "n d _ _"]) -> Float[Tensor, " n"]:
    """Return the Euclidean distance between two networks' normalised maps, picture by picture, in [0, sqrt 2].

    No more than sqrt 2, since maps have no negative values, so the angle between two is at most a right one. The
    channels may differ in number; the maps must agree in height and width, else ValueError.

    >>> import torch
    >>> level_distance(torch.ones(1, 2, 2, 2), torch.ones(1, 5, 2, 2)).tolist()
    [0.0]
    """
    if first.shape[2:] != second.shape[2:]:
        raise ValueError(f"maps of {tuple(first.shape[2:])} and {tuple(second.shape[2:])} cannot be compared")
    return (normalised_map(first) - normalised_map(second)).norm(dim=1)
