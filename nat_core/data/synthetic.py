"""Negatives made up on the fly from in-distribution pictures or from nothing; each is a function of its generator."""

from collections.abc import Callable

import torch
from jaxtyping import UInt8
from torch import Tensor
from torch.nn import functional

PATCHES = 4
"""Patches along a side of a shuffled picture."""


def patch_shuffled(pixels: UInt8[Tensor, "n h w 3"], generator: torch.Generator) -> UInt8[Tensor, "n h w 3"]:
    """Return each picture with its 4 x 4 patches in a random order.

    Raises ValueError where the pictures are not square with a side divisible by 4.

    >>> patch_shuffled(torch.full((1, 8, 8, 3), 7, dtype=torch.uint8), torch.Generator()).unique().tolist()
    [7]
    """
    count, size = len(pixels), pixels.shape[1]
    if size % PATCHES or pixels.shape[2] != size:
        raise ValueError(f"pictures to shuffle need a side divisible by {PATCHES}, not {tuple(pixels.shape[1:3])}")
    side = size // PATCHES
    patches = pixels.reshape(count, PATCHES, side, PATCHES, side, 3).transpose(2, 3).reshape(count, -1, side, side, 3)
    # Sorting random numbers gives a random order; torch.randperm gives one, here each picture needs its own. Drawn on
    # the generator's own device, the processor, so that a GPU shuffles in the same way.
    order = torch.rand(count, PATCHES**2, generator=generator).argsort(1).to(pixels.device)
    shuffled = patches[torch.arange(count, device=pixels.device)[:, None], order]
    return shuffled.reshape(count, PATCHES, PATCHES, side, side, 3).transpose(2, 3).reshape(pixels.shape)


def blends(pixels: UInt8[Tensor, "n h w 3"], generator: torch.Generator) -> UInt8[Tensor, "n h w 3"]:
    """Return the mean of each picture and another of them, rounded down; one picture alone stays as it is.

    >>> two = torch.tensor([0, 201], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 1, 1, 3)
    >>> blends(two, torch.Generator())[:, 0, 0, 0].tolist()
    [100, 100]
    """
    count = len(pixels)
    # Turned by 1 to n - 1 places, so that no picture meets itself.
    turn = int(torch.randint(1, max(count, 2), (1,), generator=generator))
    # Wider than a byte, which their sum would overflow.
    return ((pixels.int() + pixels.roll(turn, 0).int()) // 2).byte()


def blobs(pixels: UInt8[Tensor, "n h w 3"], generator: torch.Generator) -> UInt8[Tensor, "n h w 3"]:
    """Return amorphous patches of colour on black, as many and as large as the pictures, whose content does not count.

    Bernoulli(.7) pixels under a Gaussian of 1.5 pixels; what stays below .75 is black (Hendrycks, Mazeika and
    Dietterich 2019, "Deep Anomaly Detection with Outlier Exposure").

    >>> blobs(torch.zeros(2, 8, 8, 3, dtype=torch.uint8), torch.Generator()).shape
    torch.Size([2, 8, 8, 3])
    """
    drawn = (torch.rand(*pixels.permute(0, 3, 1, 2).shape, generator=generator) < 0.7).float()
    # Cut off at four standard deviations, and in two passes, across and down: a Gaussian is the product of both.
    window = torch.exp(-torch.arange(-6.0, 7.0).square() / (2 * 1.5**2))
    window = window / window.sum()
    inner = functional.pad(drawn.flatten(0, 1)[:, None], (6, 6, 6, 6), mode="replicate")
    smooth = functional.conv2d(functional.conv2d(inner, window.view(1, 1, -1, 1)), window.view(1, 1, 1, -1))
    values = smooth.view(drawn.shape).permute(0, 2, 3, 1)
    return (values * (values >= 0.75) * 255).round().clamp(0, 255).byte().to(pixels.device)


SYNTHETICS: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "patch_shuffled": patch_shuffled,
    "blends": blends,
    "blobs": blobs,
}


def made_up(
    kinds: tuple[str, ...], pixels: UInt8[Tensor, "all h w 3"], generator: torch.Generator
) -> UInt8[Tensor, "n h w 3"]:
    """Return one synthetic negative for each of `kinds` from pictures drawn at random; ValueError names the known.

    Those of one kind stand together, the kinds in the order in which they first occur.

    >>> made_up(("blobs", "blobs"), torch.zeros(3, 8, 8, 3, dtype=torch.uint8), torch.Generator()).shape
    torch.Size([2, 8, 8, 3])
    """
    unknown = [kind for kind in kinds if kind not in SYNTHETICS]
    if unknown:
        raise ValueError(f"unknown synthetic negatives {unknown}; known: {', '.join(SYNTHETICS)}")
    parts = []
    for kind in dict.fromkeys(kinds):
        count = kinds.count(kind)
        # At least two, since a blend takes two.
        drawn = torch.randint(len(pixels), (max(count, 2),), generator=generator).to(pixels.device)
        parts.append(SYNTHETICS[kind](pixels[drawn], generator)[:count])
    return torch.cat(parts)
