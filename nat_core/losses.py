"""J_NAT: cross-entropy on what is to be learnt, a divergence from uniform on negatives."""

from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from nat_core.divergences import TARGETS


class NatLoss(NamedTuple):
    """The objective and its two parts; each part is a mean over its own pictures, 0 where it has none."""

    total: Float[Tensor, ""]
    cross_entropy: Float[Tensor, ""]
    divergence: Float[Tensor, ""]


def nat_loss(
    logits: Float[Tensor, "n classes"],
    labels: Int[Tensor, " in_distribution"],
    divergence: str = "kl_from_uniform",
    negative_weight: float = 1.0,
    *,
    label_smoothing: float = 0.0,
    separate_means: bool = False,
    hardest: int = 0,
) -> NatLoss:
    """Return J_NAT of one batch, whose first rows are in distribution (one label each) and whose others are negatives.

    J_NAT = (1/n) [ sum over in-distribution of cross-entropy + weight * sum over negatives of D ], n all rows.
    Without negatives it is the plain mean cross-entropy. Source: NAT, section "Approach", the equation of J_NAT.
    `separate_means` adds the two parts' own means instead (Outlier Exposure; Hendrycks, Mazeika and Dietterich 2019).
    `hardest` above 0 counts only that many negatives, those with the largest D; `label_smoothing` in [0, 1) mixes the
    labels with uniform. Raises ValueError for an unknown divergence, or more labels than rows.

    >>> import torch
    >>> round(nat_loss(torch.zeros(2, 4), torch.tensor([1])).total.item(), 4)  # log(4) / 2
    0.6931
    """
    if divergence not in TARGETS:
        raise ValueError(f"unknown divergence {divergence!r}; known: {', '.join(TARGETS)}")
    known, total = len(labels), len(logits)
    if known > total or not total:
        raise ValueError(f"{known} labels for {total} rows of logits")
    distances = TARGETS[divergence](logits[known:]) if known < total else logits.new_zeros(0)
    if hardest:
        distances = distances.topk(min(hardest, len(distances))).values
    cross_entropy = functional.cross_entropy(logits[:known], labels, reduction="sum", label_smoothing=label_smoothing)
    known_mean, distance_mean = cross_entropy / max(known, 1), distances.sum() / max(len(distances), 1)
    if separate_means:
        whole = known_mean + negative_weight * distance_mean
    else:
        whole = (cross_entropy + negative_weight * distances.sum()) / (known + len(distances))
    return NatLoss(whole, known_mean.detach(), distance_mean.detach())
