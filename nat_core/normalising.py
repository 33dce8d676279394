"""Pixels to what a network is given: (pixels / 255 - mean) / std, channels first."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

Pixels = UInt8[Tensor, "_ _ _ 3"] | Float[Tensor, "_ _ _ 3"]
"""Pictures as they lie in memory: uint8, or float32 that is normalised already."""




def normalised(pixels: Pixels, mean: tuple[float, ...], std: tuple[float, ...]) -> Float[Tensor, "n 3 h w"]:
    """Return `normalise` of uint8 pictures, and normalised ones as they are."""
    return normalise(pixels, mean, std) if pixels.dtype == torch.uint8 else pixels.permute(0, 3, 1, 2)


def normalise(
    pixels: UInt8[Tensor, "n h w 3"], mean: tuple[float, ...], std: tuple[float, ...]
) -> Float[Tensor, "n 3 h w"]:
    """Return (pixels / 255 - mean) / std, float32, channels first in shape and last in memory; mean and std in [0, 1].

    >>> normalise(torch.full((1, 1, 1, 3), 255, dtype=torch.uint8), (0.5,) * 3, (0.25,) * 3).flatten().round().tolist()
    [2.0, 2.0, 2.0]
    """
    scale = torch.tensor([1 / (255 * each) for each in std], device=pixels.device)
    shift = torch.tensor([-middle / each for middle, each in zip(mean, std, strict=True)], device=pixels.device)
    return torch.addcmul(shift, pixels.float(), scale).permute(0, 3, 1, 2)
