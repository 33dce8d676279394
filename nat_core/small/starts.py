"""How small networks begin; in NumPy, so that a page that leaves training to its visitor's browser needs no torch."""

from itertools import pairwise

import numpy as np
from jaxtyping import Float

BITS = 24
"""As many bits of each drawn number count: what a float32 holds."""


def start_weights(sizes: tuple[int, ...], seed: int) -> Float[np.ndarray, " parameters"]:
    """Return a fully connected network's weights, uniform in +-1/sqrt(inputs), the same ones for the same seed.

    `sizes` are inputs, the units of each hidden layer, classes; a layer's weights are a matrix of a row for each input
    and, last, one for the bias. They are those that torch draws (`torch.rand` after `manual_seed(seed)`).

    >>> start_weights((2, 4, 3), 0).shape
    (27,)
    """
    # RandomState, for it is seeded as torch's generator is: both are the Mersenne Twister as its authors seed it.
    drawn = np.random.RandomState(seed)
    parts = []
    for inputs, outputs in pairwise(sizes):
        raw = drawn.randint(0, 2**32, (inputs + 1) * outputs, np.uint32) & (2**BITS - 1)
        uniform = raw.astype(np.float32) * np.float32(2.0**-BITS)
        parts.append((uniform * np.float32(2) - np.float32(1)) * np.float32(inputs**-0.5))
    return np.concatenate(parts)
