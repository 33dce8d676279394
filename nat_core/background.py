"""Networks with a background class: two readings of their logits, raw and renormalised over the classes they know."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from jaxtyping import Float

from nat_core.predictions import Predictions

BACKGROUND = "background"
"""The name of the extra class, the last one."""


class RawPredictions(Predictions):
    """The predictions as the network gives them: probability of the background is probability of no known class."""

    @cached_property
    def confidence(self) -> Float[np.ndarray, " n"]:
        """The maximum probability among the known classes, in [0, 1]: the background is no answer."""
        return self.probabilities[:, :-1].max(axis=1)


def raw(predictions: Mapping[str, Predictions]) -> dict[str, Predictions]:
    """Return the raw reading of predictions whose last logit is the background's.

    >>> raw({"a": Predictions("net", "a", ("0",), np.float32([[0, 0, 0]]))})["a"].confidence.round(4).tolist()
    [0.3333]
    """
    return {
        name: RawPredictions(each.network, each.set_name, each.ids, each.logits, each.labels)
        for name, each in predictions.items()
    }


def renormalised(predictions: Mapping[str, Predictions]) -> dict[str, Predictions]:
    """Return the reading without the background's logit: softmax over the known classes alone.

    >>> renormalised({"a": Predictions("net", "a", ("0",), np.float32([[0, 0, 9]]))})["a"].confidence.tolist()
    [0.5]
    """
    return {
        name: Predictions(each.network, each.set_name, each.ids, each.logits[:, :-1], each.labels)
        for name, each in predictions.items()
    }
