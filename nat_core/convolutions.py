"""The 3 x 3 and 1 x 1 convolutions of the networks, and a faster way to the same numbers for deep, small layers."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

_MANY_WEIGHTS, _FEW_POSITIONS = 2**16, 36
"""The fewest weights and the most positions of a picture with which a strip was faster, on a processor with AMX."""


class Convolution(nn.Conv2d):
    """A convolution without bias that keeps the size of its input, or divides it by the stride."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
        self._deep = kernel == 3 and inputs * outputs >= _MANY_WEIGHTS

    def forward(self, input: Float[Tensor, "n c h w"]) -> Float[Tensor, "n _ _ _"]:
        # In bfloat16 on a processor the library reads all weights again for every picture, so layers of many weights
        # and few positions are bound by memory: one strip of all pictures is two to five times as fast.
        positions = -(-input.shape[2] // self.stride[0]) * -(-input.shape[3] // self.stride[1])
        if self._deep and positions <= _FEW_POSITIONS and input.dtype == torch.bfloat16 and input.device.type == "cpu":
            return in_one_strip(input, self.weight, self.stride[0])
        return super().forward(input)


def in_one_strip(
    features: Float[Tensor, "n c h w"], weight: Float[Tensor, "k c 3 3"], stride: int
) -> Float[Tensor, "n k _ _"]:
    """Return the 3 x 3 convolution of the features, computed side by side on one strip with seams of zeros.

    The seams take the place of the padding, and are wide enough for every picture to begin where a stride ends.
    """
    count, channels, height, width = features.shape
    each = -(-(width + 1) // stride) * stride
    strip = functional.pad(features.permute(2, 0, 3, 1), (0, 0, 0, each - width))
    strip = strip.reshape(1, height, count * each, channels).permute(0, 3, 1, 2)
    found = functional.conv2d(strip, weight, stride=stride, padding=1).permute(0, 2, 3, 1)
    found = found.reshape(found.shape[1], count, each // stride, -1)[:, :, : -(-width // stride)]
    return found.permute(1, 3, 0, 2).contiguous(memory_format=torch.channels_last)
