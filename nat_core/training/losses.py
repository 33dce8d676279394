"""The losses: J_NAT of a batch, what a student learns from its teacher, and the divergences from uniform.

A divergence D says how far softmax lies from uniform on each negative. All of them are 0 where the logits are equal,
and written so that logits of any finite size leave a finite loss and gradient.
"""

from collections.abc import Callable, Sequence
from functools import cache
from math import log
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from nat_core.network.attention import attention_map, normalised_map
from nat_core.recipes import BACKGROUND_TARGET

SOFTENING = 2.0
"""The temperature of `softened`."""


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

    >>> round(nat_loss(torch.zeros(2, 4), torch.tensor([1])).total.item(), 4)  # log(4) / 2
    0.6931
    """
    if divergence not in TARGETS:
        raise ValueError(f"unknown divergence {divergence!r}; known: {', '.join(TARGETS)}")
    # A batch may hold negatives alone, or none: an empty part counts as 0 and not as 0 / 0, hence the two max(..., 1).
    known, total = len(labels), len(logits)
    if known > total or not total:
        raise ValueError(f"{known} labels for {total} rows of logits")
    distances = TARGETS[divergence](logits[known:]) if known < total else logits.new_zeros(0)
    # Negatives that are neutral already pull at nothing: without them the mean is over those that do.
    if hardest:
        distances = distances.topk(min(hardest, len(distances))).values
    cross_entropy = functional.cross_entropy(logits[:known], labels, reduction="sum", label_smoothing=label_smoothing)
    known_mean, distance_mean = cross_entropy / max(known, 1), distances.sum() / max(len(distances), 1)
    # The paper divides the sum of both parts by all n at once: a negative then weighs as much as a known picture. With
    # means of their own, 8 negatives weigh as much as 64 known pictures.
    whole = (cross_entropy + negative_weight * distances.sum()) / (known + len(distances))
    if separate_means:
        whole = known_mean + negative_weight * distance_mean
    # The parts are only shown: attached, each would keep the graph of its step alive for as long as it is kept.
    return NatLoss(whole, known_mean.detach(), distance_mean.detach())


def attention_transfer_loss(
    student: Sequence[Float[Tensor, "n _ _ _"]],
    teacher: Sequence[Float[Tensor, "n _ _ _"]],
    normalised: bool = True,
) -> Float[Tensor, ""]:
    """Return the sum over groups of the mean over pictures and positions of (Q_S - Q_T)^2, each in [0, 4 / positions].

    Q is the L2-normalised mean of A^2 over channels, or that mean itself where not `normalised` (then unbounded).
    Source: Zagoruyko and Komodakis 2017, in the form of the authors' published code, which weighs it with beta = 1000.
    Raises ValueError where the groups differ in number.

    >>> same = [torch.ones(2, 3, 4, 4)]
    >>> attention_transfer_loss(same, same).item()
    0.0
    """
    if len(student) != len(teacher):
        raise ValueError(f"the student has {len(student)} groups, its teacher {len(teacher)}")
    # Maps of length 1 say where the network looks; the plain ones say how strongly as well.
    map_of = normalised_map if normalised else attention_map
    distances = [(map_of(ours) - map_of(theirs)).square().mean() for ours, theirs in zip(student, teacher, strict=True)]
    # Added and not averaged, as the authors do: beta means the same only for as many groups as theirs.
    return torch.stack(distances).sum()


def distillation_loss(
    student: Float[Tensor, "n classes"], teacher: Float[Tensor, "n classes"], temperature: float = 4.0
) -> Float[Tensor, ""]:
    """Return T^2 KL(softmax(teacher / T) || softmax(student / T)), the mean over rows, in nats; T > 0.

    Source: Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network".

    >>> distillation_loss(torch.zeros(2, 3), torch.zeros(2, 3)).item()
    0.0
    """
    if temperature <= 0:
        raise ValueError(f"the temperature must be above 0, not {temperature}")
    ours = functional.log_softmax(student / temperature, 1)
    # As a logarithm too: among the classes that the teacher rules out it still tells apart what softmax rounds to 0.
    theirs = functional.log_softmax(teacher / temperature, 1)
    # Gradients of softened logits shrink with T^2: so multiplied, the weight means the same at every temperature.
    return temperature**2 * functional.kl_div(ours, theirs, reduction="batchmean", log_target=True)


def kl_from_uniform(logits: Float[Tensor, "n classes"]) -> Float[Tensor, " n"]:
    """Return KL(uniform || softmax(logits)) of each row, in nats, >= 0; exactly 0 where all logits are equal.

    Formula: log mean_i exp(o_i - m) - mean_i (o_i - m) with m = max_i o_i, which equals
    sum_i (1/c) log((1/c) / y_i). Finite for any finite logits (clamped at the largest float).
    Source: NAT, section "Approach", the equation of KL(y_neg || y-hat_neg).

    >>> kl_from_uniform(torch.zeros(1, 10)).tolist()
    [0.0]
    """
    # The largest logit is taken off first, so that exp is at most 1; what is left of a sum cancels in the difference.
    shifted = logits - logits.amax(1, keepdim=True)
    divergence = shifted.exp().mean(1).log() - shifted.mean(1)
    # Rounding may end a hair below 0, and two finite logits may lie further apart than the largest float.
    return divergence.clamp(0, torch.finfo(logits.dtype).max)


def kl_to_uniform(logits: Float[Tensor, "n classes"]) -> Float[Tensor, " n"]:
    """Return KL(softmax || uniform) = log c - entropy, in [0, log c] nats (CatGAN's entropy term up to a constant).

    >>> round(kl_to_uniform(torch.tensor([[99.0, 0.0]])).item(), 4)
    0.6931
    """
    log_probabilities = _log_softmax(logits)
    return (log_probabilities.exp() * (log_probabilities + log(logits.shape[1]))).sum(1).clamp_min(0)


def jensen_shannon(logits: Float[Tensor, "n classes"]) -> Float[Tensor, " n"]:
    """Return the Jensen-Shannon divergence between softmax and uniform, in [0, log 2] nats.

    >>> jensen_shannon(torch.zeros(1, 4)).tolist()
    [0.0]
    """
    log_probabilities = _log_softmax(logits)
    # Both are held against their mean, which is nowhere 0: neither logarithm can run away.
    probabilities, uniform = log_probabilities.exp(), 1 / logits.shape[1]
    middle = (probabilities + uniform) / 2
    from_softmax = (probabilities * (log_probabilities - middle.log())).sum(1)
    from_uniform = (uniform * (uniform / middle).log()).sum(1)
    return ((from_softmax + from_uniform) / 2).clamp_min(0)


def brier(logits: Float[Tensor, "n classes"]) -> Float[Tensor, " n"]:
    """Return the squared Euclidean distance between softmax and uniform, in [0, 1 - 1/c].

    >>> brier(torch.tensor([[99.0, 0.0]])).tolist()
    [0.5]
    """
    return (functional.softmax(logits, 1) - 1 / logits.shape[1]).square().sum(1)


def hellinger(logits: Float[Tensor, "n classes"]) -> Float[Tensor, " n"]:
    """Return the squared Hellinger distance 1 - sum_i sqrt(y_i / c), in [0, 1 - 1/sqrt(c)].

    >>> hellinger(torch.tensor([[99.0, 0.0, 0.0, 0.0]])).tolist()
    [0.5]
    """
    # sqrt(y) = exp(log y / 2) keeps the gradient finite where y vanishes.
    roots = (functional.log_softmax(logits, 1) / 2).exp()
    return (1 - roots.sum(1) / logits.shape[1] ** 0.5).clamp_min(0)


def centred_logits(logits: Float[Tensor, "n classes"]) -> Float[Tensor, " n"]:
    """Return the variance of the logits around their mean: 0 at uniform, unbounded (logits beyond 1e18 count as 1e18).

    >>> centred_logits(torch.tensor([[1.0, 3.0]])).tolist()
    [1.0]
    """
    # Ten times as far apart, their squares would pass the largest float32.
    bounded = logits.clamp(-1e18, 1e18)
    return (bounded - bounded.mean(1, keepdim=True)).square().mean(1)


def softened(logits: Float[Tensor, "n classes"]) -> Float[Tensor, " n"]:
    """Return KL(softmax(logits / T) || softmax(logits)) of each row, in nats, >= 0, with T = SOFTENING.

    The gradient takes the softer answer for a fixed target: a negative is to be a bit less sure than it is, and keeps
    which classes it resembles. Source: AOE (Wan, Jiang and Yang 2026, arXiv 2605.28021), there with a learnt T.

    >>> softened(torch.zeros(1, 10)).tolist()
    [0.0]
    """
    target = _log_softmax(logits.detach() / SOFTENING)
    return (target.exp() * (target - _log_softmax(logits))).sum(1).clamp_min(0)


def to_background(logits: Float[Tensor, "n classes"]) -> Float[Tensor, " n"]:
    """Return the cross-entropy to the last class, the background, in nats; it is 0 only in the limit.

    The alternative that the paper argues against ("training negative samples as a new label").

    >>> round(to_background(torch.zeros(1, 11)).item(), 4)  # log(11)
    2.3979
    """
    return -functional.log_softmax(logits, 1)[:, -1]


def _log_softmax(logits: Float[Tensor, "n classes"]) -> Float[Tensor, "n classes"]:
    # The logarithm of a vanished probability may be -inf, which would make its term p log p no number instead of 0.
    return functional.log_softmax(logits, 1).clamp_min(-1e30)


DIVERGENCES: dict[str, Callable[[Tensor], Tensor]] = {
    "kl_from_uniform": kl_from_uniform,
    "kl_to_uniform": kl_to_uniform,
    "jensen_shannon": jensen_shannon,
    "brier": brier,
    "hellinger": hellinger,
    "centred_logits": centred_logits,
    "softened": softened,
}


TARGETS: dict[str, Callable[[Tensor], Tensor]] = DIVERGENCES | {BACKGROUND_TARGET: to_background}
"""All that `Recipe.divergence` may name."""


@cache
def equal_gradient_weight(divergence: str, classes: int, confidence: float = 0.5) -> float:
    """Return the weight at which a divergence pulls as hard as KL(uniform || softmax) where confidence is .5.

    The ratio of the two gradients' Euclidean norms with respect to logits whose softmax gives one class `confidence`
    (above 1 / classes, below 1) and shares the rest equally; by autograd in float64. Raises ValueError for an unknown
    divergence or an impossible confidence.

    >>> equal_gradient_weight("kl_from_uniform", 10)
    1.0
    """
    if divergence not in DIVERGENCES:
        raise ValueError(f"unknown divergence {divergence!r}; known: {', '.join(DIVERGENCES)}")
    if not 1 / classes < confidence < 1:
        raise ValueError(f"confidence must lie between 1 / {classes} and 1, not at {confidence}")
    # The one logit that gives its class this confidence where all the others are 0.
    top = log(confidence) - log((1 - confidence) / (classes - 1))
    logits = torch.tensor([[top] + [0.0] * (classes - 1)], dtype=torch.float64, requires_grad=True)
    # By autograd and not by a formula each, so that a new divergence needs none.
    ours, theirs = (
        torch.autograd.grad(DIVERGENCES[name](logits).sum(), logits)[0].norm().item()
        for name in ("kl_from_uniform", divergence)
    )
    return ours / theirs
