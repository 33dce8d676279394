"""One step of Adam, for what learns in seconds: nothing is changed in place, and torch.optim is not asked.

Making an optimiser of torch's imports its compiler, nine hundred modules: that takes longer than a visitor's things do.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def adam_step(
    weights: Float[Tensor, "*shape"],
    mean: Float[Tensor, "*shape"],
    square: Float[Tensor, "*shape"],
    gradient: Float[Tensor, "*shape"],
    step: int,
    learning_rate: float,
) -> tuple[Float[Tensor, "*shape"], Float[Tensor, "*shape"], Float[Tensor, "*shape"]]:
    """Return the weights and the running means of the gradient and of its square after this step, the first being 1.

    Adam (Kingma and Ba 2015) with betas 0.9 and 0.999 and 1e-8 beside the root; both means begin as zeros.

    >>> zeros = torch.zeros(2)
    >>> weights, _mean, _square = adam_step(zeros, zeros, zeros, torch.tensor([2.0, -0.5]), 1, 0.1)
    >>> [round(each, 4) for each in weights.tolist()]
    [-0.1, 0.1]
    """
    mean = torch.lerp(mean, gradient, 0.1)
    square = torch.lerp(square, gradient.square(), 0.001)
    root = (square / (1 - 0.999**step)).sqrt_().add_(1e-8)
    return weights - learning_rate / (1 - 0.9**step) * mean / root, mean, square
