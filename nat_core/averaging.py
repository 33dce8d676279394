"""The moving average of a run's weights (EMA), which is stored in place of the last ones where a recipe asks for it."""

import torch
from torch import Tensor

from nat_core.models import Classifier


def begin_average(model: Classifier) -> dict[str, Tensor]:
    """Return the average before the first step: the weights and norm statistics as they are."""
    return {key: value.detach().clone() for key, value in model.state_dict().items()}


@torch.no_grad()
def update_average(average: dict[str, Tensor], model: Classifier, decay: float, step: int) -> None:
    """Move the average towards the model: d average + (1 - d) weights, d = min(decay, (1 + step) / (10 + step)).

    `step` counts the steps done; the smaller d of the first ones lets the random start be forgotten soon. Counters
    are copied.
    """
    share = 1 - min(decay, (1 + step) / (10 + step))
    for key, value in model.state_dict().items():
        if value.is_floating_point():
            average[key].lerp_(value, share)
        else:
            average[key].copy_(value)
