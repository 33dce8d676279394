"""The networks: CIFAR ResNet-18 and WideResNet-d-k, from pictures to logits and the activations of each group.

`build` makes one by name. Pictures come as they lie in memory and are normalised first; the blocks and convolutions
that the two families are made of stand last.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional

from nat_core.ranks.norms import SharedNorm


class Outputs(NamedTuple):
    """What a forward pass returns."""

    logits: Float[Tensor, "n classes"]
    groups: tuple[Float[Tensor, "n _ _ _"], ...]
    """The output of each group (stage) of blocks, (n, channels, h, w), in the order of the network."""


class Classifier(nn.Module):
    """What all networks here have in common."""

    stem: nn.Module
    stages: nn.ModuleList
    classifier: nn.Linear
    levels: tuple[int, int, int]
    """Which of the groups are the low, the middle and the high level; a module without groups does not have it."""

    def activated(self, groups: Sequence[Float[Tensor, "n _ _ _"]]) -> tuple[Float[Tensor, "n _ _ _"], ...]:
        """Return the groups' outputs as the next layer sees them: after the norm and ReLU that follow each, if any."""
        return tuple(groups)

    def head(self, last: Float[Tensor, "n c h w"]) -> Float[Tensor, "n classes"]:
        """Return the logits from the last group's output."""
        return self.classifier(last.mean((2, 3)))

    def groups_of(self, images: Float[Tensor, "n 3 h w"]) -> tuple[Float[Tensor, "n _ _ _"], ...]:
        """Return the output of each group on normalised pictures, in the order of the network."""
        features, groups = self.stem(images), []
        for stage in self.stages:
            features = stage(features)
            groups.append(features)
        return tuple(groups)


def build(architecture: str, classes: int, seed: int | None = None) -> Classifier:
    """Return a new network with random weights, the same ones for the same seed on any device.

    `classes` is at least 2. Raises ValueError for an unknown architecture and names the known ones.
    """
    if architecture not in ARCHITECTURES:
        raise ValueError(f"unknown architecture {architecture!r}; known: {', '.join(ARCHITECTURES)}")
    if classes < 2:
        raise ValueError(f"a classifier needs at least 2 classes, not {classes}")
    if seed is None:
        return ARCHITECTURES[architecture](classes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ARCHITECTURES[architecture](classes)


class ResNet18(Classifier):
    """ResNet-18 for 32 x 32 pictures: a 3 x 3 stem and no max-pooling; four stages of two blocks.

    Low, middle and high are the first, second and last stage.
    """

    levels = (0, 1, 3)

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(Convolution(3, 64, 3), nn.BatchNorm2d(64), nn.ReLU(inplace=True))
        widths = (64, 64, 128, 256, 512)
        self.stages = nn.ModuleList(
            nn.Sequential(
                BasicBlock(widths[stage], widths[stage + 1], 1 if stage == 0 else 2),
                BasicBlock(widths[stage + 1], widths[stage + 1], 1),
            )
            for stage in range(4)
        )
        self.classifier = nn.Linear(512, classes)
        _initialise(self)

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Outputs:
        groups = self.groups_of(images)
        return Outputs(self.head(groups[-1]), groups)


class WideResNet(Classifier):
    """WideResNet-depth-width: three groups of (depth - 4) / 6 pre-activation blocks, 16, 32 and 64 x width channels.

    The groups' outputs are taken before the last norm, as the published attention-transfer code does. Raises
    ValueError where depth - 4 is not a positive multiple of 6.

    >>> sum(parameter.numel() for parameter in WideResNet(10, depth=16, width=1).parameters())
    175066
    """

    levels = (0, 1, 2)

    def __init__(self, classes: int, depth: int, width: int) -> None:
        super().__init__()
        if depth < 10 or (depth - 4) % 6:
            raise ValueError(f"a WideResNet's depth is 6 n + 4 with n >= 1 (10, 16, 22, ...), not {depth}")
        blocks = (depth - 4) // 6
        widths = (16, 16 * width, 32 * width, 64 * width)
        self.stem = Convolution(3, 16, 3)
        self.stages = nn.ModuleList(
            nn.Sequential(
                *(
                    PreActivationBlock(
                        widths[stage] if block == 0 else widths[stage + 1],
                        widths[stage + 1],
                        2 if stage > 0 and block == 0 else 1,
                    )
                    for block in range(blocks)
                )
            )
            for stage in range(3)
        )
        self.norm = nn.BatchNorm2d(widths[3])
        self.classifier = nn.Linear(widths[3], classes)
        _initialise(self)

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Outputs:
        groups = self.groups_of(images)
        return Outputs(self.head(groups[-1]), groups)

    def head(self, last: Float[Tensor, "n c h w"]) -> Float[Tensor, "n classes"]:
        return super().head(functional.relu(self.norm(last)))

    def activated(self, groups: Sequence[Float[Tensor, "n _ _ _"]]) -> tuple[Float[Tensor, "n _ _ _"], ...]:
        names = ("stages.1.0.norm1", "stages.2.0.norm1", "norm")
        norms = [each for name in names if isinstance(each := self.get_submodule(name), nn.BatchNorm2d)]
        return tuple(functional.relu(_normed(norm, group.float())) for norm, group in zip(norms, groups, strict=True))


ARCHITECTURES: dict[str, Callable[[int], Classifier]] = {
    "resnet18": ResNet18,
    "wrn40_1": lambda classes: WideResNet(classes, depth=40, width=1),
    "wrn16_1": lambda classes: WideResNet(classes, depth=16, width=1),
    "wrn10_1": lambda classes: WideResNet(classes, depth=10, width=1),
}


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
    return scaled(pixels, *scale_and_shift(mean, std, pixels.device))


def scale_and_shift(
    mean: tuple[float, ...], std: tuple[float, ...], device: torch.device
) -> tuple[Float[Tensor, "3"], Float[Tensor, "3"]]:
    """Return what `scaled` multiplies each channel by and adds to it; moving the six numbers makes a GPU wait."""
    scale = torch.tensor([1 / (255 * each) for each in std], device=device)
    return scale, torch.tensor([-middle / each for middle, each in zip(mean, std, strict=True)], device=device)


def scaled(
    pixels: UInt8[Tensor, "n h w 3"], scale: Float[Tensor, "3"], shift: Float[Tensor, "3"]
) -> Float[Tensor, "n 3 h w"]:
    """Return `normalise` of pictures, by what `scale_and_shift` made of mean and std."""
    # A row at a time: three numbers at a time, the processor would add and multiply one by one.
    shift, scale = (each.expand(pixels.shape[2], 3).reshape(-1) for each in (shift, scale))
    rows = torch.addcmul(shift, pixels.float().flatten(2), scale)
    return rows.view(pixels.shape).permute(0, 3, 1, 2)


class BasicBlock(nn.Module):
    """Residual block of ResNet-18 (He et al. 2016, "Deep Residual Learning"): norm after each convolution."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = Convolution(inputs, outputs, 3, stride)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = Convolution(outputs, outputs, 3)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(Convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, features: Float[Tensor, "n c h w"]) -> Float[Tensor, "n _ _ _"]:
        inner = functional.relu(self.norm1(self.conv1(features)), inplace=True)
        return functional.relu(self.norm2(self.conv2(inner)) + self.shortcut(features), inplace=True)


class PreActivationBlock(nn.Module):
    """Residual block of WideResNet (Zagoruyko and Komodakis 2016): norm and ReLU before each convolution."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.conv1 = Convolution(inputs, outputs, 3, stride)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.conv2 = Convolution(outputs, outputs, 3)
        self.shortcut = Convolution(inputs, outputs, 1, stride) if inputs != outputs or stride != 1 else None

    def forward(self, features: Float[Tensor, "n c h w"]) -> Float[Tensor, "n _ _ _"]:
        activated = functional.relu(self.norm1(features), inplace=True)
        inner = self.conv2(functional.relu(self.norm2(self.conv1(activated)), inplace=True))
        return inner + (features if self.shortcut is None else self.shortcut(activated))


def _normed(norm: nn.BatchNorm2d, group: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    if isinstance(norm, SharedNorm) and norm.training:
        return norm.of_batch(group)
    # The forward pass has counted this batch already: its statistics must not enter the running ones twice.
    running = (None, None) if norm.training else (norm.running_mean, norm.running_var)
    return functional.batch_norm(group, *running, norm.weight, norm.bias, training=norm.training, eps=norm.eps)


def _initialise(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight)
            nn.init.zeros_(module.bias)


_MANY_WEIGHTS, _FEW_POSITIONS = 2**16, 36
"""The fewest weights and the most positions of a picture with which a strip was faster, on a processor with AMX."""


class Convolution(nn.Conv2d):
    """A convolution without bias that keeps the size of its input, or divides it by the stride."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
        self._deep = kernel == 3 and inputs * outputs >= _MANY_WEIGHTS

    def forward(self, input: Float[Tensor, "n c h w"]) -> Float[Tensor, "n _ _ _"]:
        if self.wants_a_strip(input):
            return in_one_strip(input, self.weight, self.stride[0], self.bias)
        return super().forward(input)

    def wants_a_strip(self, features: Float[Tensor, "n c h w"]) -> bool:
        """Return whether `in_one_strip` answers sooner."""
        # In bfloat16 on a processor the library reads all weights again for every picture, so layers of many weights
        # and few positions are bound by memory: one strip of all pictures is two to five times as fast.
        positions = -(-features.shape[2] // self.stride[0]) * -(-features.shape[3] // self.stride[1])
        few = self._deep and positions <= _FEW_POSITIONS
        return few and features.dtype == torch.bfloat16 and features.device.type == "cpu"


def in_one_strip(
    features: Float[Tensor, "n c h w"],
    weight: Float[Tensor, "k c 3 3"],
    stride: int,
    bias: Float[Tensor, " k"] | None = None,
) -> Float[Tensor, "n k _ _"]:
    """Return the 3 x 3 convolution of the features, computed side by side on one strip with seams of zeros.

    The seams take the place of the padding, and are wide enough for every picture to begin where a stride ends.
    """
    count, channels, height, width = features.shape
    each = -(-(width + 1) // stride) * stride
    strip = functional.pad(features.permute(2, 0, 3, 1), (0, 0, 0, each - width))
    strip = strip.reshape(1, height, count * each, channels).permute(0, 3, 1, 2)
    found = functional.conv2d(strip, weight, bias, stride, padding=1).permute(0, 2, 3, 1)
    found = found.reshape(found.shape[1], count, each // stride, -1)[:, :, : -(-width // stride)]
    return found.permute(1, 3, 0, 2).contiguous(memory_format=torch.channels_last)
