"""What a student learns from its teacher: attention maps, softened logits."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from nat_core.attention import attention_map, normalised_map


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
    map_of = normalised_map if normalised else attention_map
    distances = [(map_of(ours) - map_of(theirs)).square().mean() for ours, theirs in zip(student, teacher, strict=True)]
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
    theirs = functional.log_softmax(teacher / temperature, 1)
    return temperature**2 * functional.kl_div(ours, theirs, reduction="batchmean", log_target=True)
