"""Noise as Outlier Exposure makes it, drawn in the space of normalised inputs, 10,000 pictures from one seed each.

Source: Hendrycks, Mazeika and Dietterich 2019, "Deep Anomaly Detection with Outlier Exposure" (arXiv 1812.04606), and
what its published script does (github.com/hendrycks/outlier-exposure, CIFAR/test.py): it draws 2,000 at a time, ten
times over. The values go into a network as they are, so no network's mean or deviation enters into them.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from nat_core.data.sources.image_sets import PLAIN, ImageSet, Look, identities

COUNT = 10_000


def gaussian(count: int = COUNT) -> Float[np.ndarray, "n 32 32 3"]:
    """Return N(0, 0.5) for each value, cut off at -1 and 1.

    >>> float(abs(gaussian(2)).max())
    1.0
    """
    return np.clip(np.random.default_rng(0).standard_normal((count, 32, 32, 3), np.float32) / 2, -1, 1)


def rademacher(count: int = COUNT) -> Float[np.ndarray, "n 32 32 3"]:
    """Return -1 or 1 for each value, with even chances.

    >>> np.unique(rademacher(2)).tolist()
    [-1.0, 1.0]
    """
    return np.random.default_rng(0).integers(0, 2, (count, 32, 32, 3)).astype(np.float32) * 2 - 1


def blob(count: int = COUNT) -> Float[np.ndarray, "n 32 32 3"]:
    """Return amorphous shapes with definite edges: ones with chance .7, blurred with deviation 1.5, below .75 to 0.

    As in the published script, the blur goes across the colours too, so that the shapes are nearly grey, and 0 to 1
    becomes -1 to 1.

    >>> float(blob(2).min())
    -1.0
    """
    from scipy.ndimage import gaussian_filter

    drawn = (np.random.default_rng(0).random((count, 32, 32, 3), np.float32) < 0.7).astype(np.float32)
    smooth = gaussian_filter(drawn, (0, 1.5, 1.5, 1.5), mode="nearest")
    return np.where(smooth < 0.75, np.float32(0), smooth) * 2 - 1


KINDS = {"gaussian": gaussian, "rademacher": rademacher, "blob": blob}


def read_noise(name: str, data: Path, look: Look = PLAIN) -> ImageSet:
    """Return the set of one of KINDS.

    >>> len(read_noise("gaussian", Path()))
    10000
    """
    values = KINDS[name]()
    return ImageSet(name, values, identities(values))
