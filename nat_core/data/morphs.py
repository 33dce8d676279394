"""Ways from one picture to another or into noise, in steps that a network is asked about at once."""

import numpy as np
from jaxtyping import Float, UInt8


def fade(
    first: UInt8[np.ndarray, "size size 3"], last: UInt8[np.ndarray, "size size 3"], shares: Float[np.ndarray, " k"]
) -> UInt8[np.ndarray, "k size size 3"]:
    """Return (1 - share) x first + share x last, rounded, for each of k shares in [0, 1]. Raises ValueError outside.

    >>> fade(np.zeros((1, 1, 3), np.uint8), np.full((1, 1, 3), 100, np.uint8), np.array([0, 0.25, 1]))[:, 0, 0, 0]
    array([  0,  25, 100], dtype=uint8)
    """
    if not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError(f"shares must be in [0, 1]; got {shares.min()} to {shares.max()}")
    weights = shares[:, None, None, None]
    return _pixels((1 - weights) * first.astype(np.float64) + weights * last.astype(np.float64))


def add_noise(
    picture: UInt8[np.ndarray, "size size 3"],
    noise: Float[np.ndarray, "size size 3"],
    strengths: Float[np.ndarray, " k"],
) -> UInt8[np.ndarray, "k size size 3"]:
    """Return picture + strength x noise, rounded and clipped to 0 to 255, for each of k strengths >= 0.

    `noise` in units of a pixel's value, mean 0. Raises ValueError for a negative strength.

    >>> add_noise(np.full((1, 1, 3), 200, np.uint8), np.full((1, 1, 3), 40.0), np.array([0, 1, 2.0]))[:, 0, 0, 0]
    array([200, 240, 255], dtype=uint8)
    """
    if not (strengths >= 0).all():
        raise ValueError(f"strengths must be at least 0; got {strengths.min()}")
    return _pixels(picture.astype(np.float64) + strengths[:, None, None, None] * noise)


def deviations(std: tuple[float, ...], size: int = 32, seed: int = 0) -> Float[np.ndarray, "size size 3"]:
    """Return normal noise of mean 0 whose standard deviation is a colour's `std` (in [0, 1]), in units of a pixel.

    The same noise for the same seed; with the training pictures' `std` it varies as much as they do.

    >>> deviations((0.0, 0.5, 1.0), size=1)[0, 0, 0].item()
    0.0
    """
    return np.random.default_rng(seed).standard_normal((size, size, 3)) * 255 * np.asarray(std)


def noise_picture(
    mean: tuple[float, ...], std: tuple[float, ...], size: int = 32, seed: int = 0
) -> UInt8[np.ndarray, "size size 3"]:
    """Return a picture of noise alone: the paper's N(0, 1) in normalised space as a picture, clipped to 0 to 255.

    `mean` and `std` are those of the training pictures' colours, in [0, 1].

    >>> noise_picture((1.0, 0.0, 0.0), (0.0, 0.0, 0.0), size=1).tolist()
    [[[255, 0, 0]]]
    """
    return _pixels(255 * np.asarray(mean) + deviations(std, size, seed))


def _pixels(values: Float[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape"]:
    # Rounded and clipped before the conversion, which cuts fractions off and wraps around outside 0 to 255.
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
