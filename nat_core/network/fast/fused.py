"""A network that no step changes any more: its norms folded away, its ReLUs and sums done where it convolves.

A norm after a convolution is folded into it. One before it, as in WideResNet, is a y + b and then ReLU; where a > 0,
ReLU(a y + b) = a ReLU(y + b / a): the scale goes into the convolution that follows, the shift into the bias of the one
before, and what runs from block to block is y + b / a. oneDNN, torch's library on a processor, then adds, multiplies
and cuts at 0 while it holds what it convolved. Gradients go back through the same convolutions, turned about.
"""

from collections.abc import Iterator
from copy import deepcopy
from itertools import pairwise
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.grad import conv2d_input
from torch.nn.utils.fusion import fuse_conv_bn_eval

from nat_core.network.models import (
    BasicBlock,
    Classifier,
    Convolution,
    Outputs,
    PreActivationBlock,
    ResNet18,
    WideResNet,
    in_one_strip,
)

_FARTHEST = 8.0
"""No norm is taken apart whose shift is farther: bfloat16 would round what is added to so large a number."""
_ONEDNN: Any = torch.ops.mkldnn
FUSES = torch.backends.mkldnn.is_available() and hasattr(_ONEDNN, "_convolution_pointwise")
"""Whether this build of torch hands ReLU, sum and product to the convolution; its compiler does, by the same calls."""
Residual = BasicBlock | PreActivationBlock


def folded(model: Classifier) -> Classifier:
    """Return a copy whose norms after a convolution are folded into it; it answers the same but for rounding.

    Its weights take no gradients. The norms before a convolution, WideResNet's, have none to be folded into and stay.
    """
    model = deepcopy(model).eval()
    for block in list(model.modules()):
        if isinstance(block, BasicBlock):
            _fold(block, "conv1", "norm1")
            _fold(block, "conv2", "norm2")
            if len(block.shortcut):
                _fold(block.shortcut, "0", "1")
        elif isinstance(block, PreActivationBlock):
            _fold(block, "conv1", "norm2")
    if isinstance(model, ResNet18):
        _fold(model.stem, "0", "1")
    return model.to(memory_format=torch.channels_last).requires_grad_(False)


def _fold(parent: nn.Module, convolution: str, norm: str) -> None:
    """Put the convolution that does both in the first's place, and nothing in the second's."""
    setattr(parent, convolution, fuse_conv_bn_eval(getattr(parent, convolution), getattr(parent, norm)))
    setattr(parent, norm, nn.Identity())


class Fused:
    """A ResNet-18 or WideResNet as a function of normalised pictures, with its gradient; safe to be called by many.

    `forward` is the precision of the groups, `backward` that of gradients on their way back through them, None where
    nobody asks for any; the last norm and the classifier are float32. Raises ValueError for another kind of network.
    """

    def __init__(
        self, model: Classifier, forward: torch.dtype = torch.float32, backward: torch.dtype | None = None
    ) -> None:
        if not isinstance(model, ResNet18 | WideResNet):
            raise ValueError(f"only ResNet18 and WideResNet have a fused form; got {type(model).__name__}")
        self.forward, self.backward = forward, backward
        self.model = model = folded(model)
        self.residual = isinstance(model, ResNet18)  # ReLU stands after the sum of a block, or before the block
        self.last_norm = cast("nn.BatchNorm2d", model.norm) if isinstance(model, WideResNet) else None
        stages = [cast("list[Residual]", list(stage.children())) for stage in model.stages]
        # A group's output is told as it is: what enters another group, or leaves the last one, is not shifted.
        shifts = [None if stage > 0 and place == 0 else _shift(block)
                  for stage, blocks in enumerate(stages) for place, block in enumerate(blocks)]  # fmt: skip
        around = iter(list(pairwise([*shifts, None])))
        stem = cast("Convolution", model.stem[0] if isinstance(model.stem, nn.Sequential) else model.stem)
        self.stem = _FusedConvolution(self, stem, _sum(stem.bias, shifts[0]))
        self.stages = [[_FusedBlock(self, block, *next(around)) for block in blocks] for blocks in stages]

    @torch.inference_mode()
    def __call__(self, images: Float[Tensor, "n 3 h w"]) -> Outputs:
        """Return what the network returns."""
        groups = tuple(self._groups(images))
        return Outputs(self.model.head(groups[-1].float()), groups)

    @torch.inference_mode()
    def gradient(self, images: Float[Tensor, "n 3 h w"], target: int) -> Float[Tensor, "n 3 h w"]:
        """Return the gradient of each picture's logit of the class with the index `target`, on that picture.

        Raises ValueError where no precision for gradients was given.
        """
        if self.backward is None:
            raise ValueError("a network whose gradients are asked for is given a precision for them, backward")
        gates: list[tuple[Tensor, Tensor]] = []
        (*_, last) = self._groups(images, gates)
        gradient = self._from_logit(last.float(), target)
        for step in reversed([step for stage in self.stages for step in stage]):
            gradient = step.back(gradient, *gates.pop())
        return self.stem.back(gradient, images.shape).float()

    def _groups(self, images: Tensor, gates: list[tuple[Tensor, Tensor]] | None = None) -> Iterator[Tensor]:
        """Each group's output in turn; `gates` learns of each block which values its two ReLUs let pass."""
        entering = images.to(self.forward, memory_format=torch.channels_last)
        features = self.stem(entering, relu=self.residual)
        for stage in self.stages:
            for step in stage:
                entered = step.entered(features)
                inner = step.first(entered, relu=True)
                if gates is not None:
                    gates.append((self._gate(entered), self._gate(inner)))
                onto = features if step.shortcut is None else step.shortcut(entered)
                features = step.second.onto(onto, inner, relu=self.residual)
            yield features

    def _gate(self, activated: Tensor) -> Tensor:
        """1 where ReLU let a value pass, else 0, in the precision of gradients."""
        return activated.sign().to(self.backward)

    def _from_logit(self, last: Float[Tensor, "n c h w"], target: int) -> Tensor:
        """The gradient of the logit on the last group's output, or on what its last ReLU was given."""
        weight = self.model.classifier.weight[target].view(1, -1, 1, 1) / last[0, 0].numel()
        scale, shift = (1.0, 0.0) if self.last_norm is None else _scale_and_shift(self.last_norm)
        passed = (last * scale + shift > 0) * (weight * scale)
        return passed.to(self.backward, memory_format=torch.channels_last)


class _FusedConvolution:
    """A convolution that may end in ReLU or a sum, and its way back."""

    def __init__(self, whole: Fused, origin: Convolution, bias: Tensor | None, scale: Tensor | None = None) -> None:
        weight = origin.weight if scale is None else origin.weight * scale
        last = {"memory_format": torch.channels_last}
        self.bias, self.stride, self.padding = bias, origin.stride[0], origin.kernel_size[0] // 2
        # But for the one call of oneDNN's, a bias has to be as narrow as the rest.
        self.rounded = None if bias is None else bias.to(whole.forward)
        self.weight = weight.to(whole.forward, **last)
        # By turned weights, a gradient goes back through a stride of 1 as pictures go forward.
        turned = weight if self.stride > 1 else weight.flip(2, 3).transpose(0, 1)
        self.backward = self.weight if whole.backward is None else turned.to(whole.backward, **last)
        self._strip = origin.wants_a_strip

    def __call__(self, features: Tensor, *, relu: bool = False) -> Tensor:
        """What it convolves, cut at 0 where that is asked for."""
        if _fuses(features) and not self._strip(features):
            return _pointwise(features, self.weight, self.bias, self, "relu" if relu else "none")
        found = self._plain(features)
        return functional.relu_(found) if relu else found

    def onto(self, sum_: Tensor, features: Tensor, *, relu: bool) -> Tensor:
        """What it convolves added to a sum, in place, and that cut at 0 where it is asked for."""
        if _fuses(features) and not self._strip(features):
            return _ONEDNN._convolution_pointwise_.binary(
                sum_, features, self.weight, self.rounded, [self.padding] * 2, [self.stride] * 2, [1, 1], 1,
                "add", 1.0, "relu" if relu else None, [], "",
            )  # fmt: skip
        found = sum_.add_(self._plain(features))
        return functional.relu_(found) if relu else found

    def back(self, gradient: Tensor, shape: torch.Size, gate: Tensor | None = None) -> Tensor:
        """The gradient on what it was given, of that shape, where the gate let it pass."""
        if self.stride > 1:
            found = conv2d_input(shape, self.backward, gradient, self.stride, self.padding)
        elif not _fuses(gradient):
            found = functional.conv2d(gradient, self.backward, None, 1, self.padding)
        elif gate is None:
            return _pointwise(gradient, self.backward, None, self, "none")
        else:
            return _ONEDNN._convolution_pointwise.binary(
                gradient, gate, self.backward, None, [self.padding] * 2, [1, 1], [1, 1], 1, "mul", 1.0, None, [], ""
            )
        return found if gate is None else found.mul_(gate)

    def _plain(self, features: Tensor) -> Tensor:
        if self._strip(features):
            return in_one_strip(features, self.weight, self.stride, self.rounded)
        return functional.conv2d(features, self.weight, self.rounded, self.stride, self.padding)


class _FusedBlock:
    """A block: two convolutions, and what goes around them."""

    def __init__(self, whole: Fused, block: Residual, shift: Tensor | None, following: Tensor | None) -> None:
        self.residual = whole.residual
        is_plain = isinstance(block, PreActivationBlock)
        around = cast("Convolution | None", block.shortcut if is_plain else next(iter(block.shortcut), None))
        self.norm = block.norm1 if isinstance(block, PreActivationBlock) and shift is None else None
        scale = None if shift is None else _scale_and_shift(block.norm1)[0]
        # What was shifted for this block and goes around it is still so after it.
        already = None if shift is None or around is not None else -shift
        self.first = _FusedConvolution(whole, block.conv1, block.conv1.bias, scale)
        self.second = _FusedConvolution(whole, block.conv2, _sum(block.conv2.bias, already, following))
        self.shortcut = None if around is None else _FusedConvolution(whole, around, around.bias, scale)

    def entered(self, features: Tensor) -> Tensor:
        """What its convolutions are given."""
        if self.residual:
            return features
        return functional.relu(features) if self.norm is None else functional.relu_(self.norm(features))

    def back(self, gradient: Tensor, entered: Tensor, inner: Tensor) -> Tensor:
        """The gradient before the block from the one after it, by the gates of its two ReLUs."""
        within = self.second.back(gradient, inner.shape, inner)
        alone = not self.residual and self.shortcut is None  # what goes around the block passes by its first ReLU
        found = self.first.back(within, entered.shape, entered if alone else None)
        if not alone:
            around = gradient if self.shortcut is None else self.shortcut.back(gradient, entered.shape)
            found = found.add_(around).mul_(entered)
        if self.norm is not None:
            found = found * _scale_and_shift(self.norm)[0].to(found.dtype)
        return found.add_(gradient) if alone else found


def _fuses(features: Tensor) -> bool:
    return FUSES and features.device.type == "cpu"


def _pointwise(features: Tensor, weight: Tensor, bias: Tensor | None, layer: _FusedConvolution, then: str) -> Tensor:
    stride = [layer.stride] * 2
    return _ONEDNN._convolution_pointwise(features, weight, bias, [layer.padding] * 2, stride, [1, 1], 1, then, [], "")


def _shift(block: Residual) -> Tensor | None:
    """By what the input of a block is shifted so that its norm need not be asked; None where it has to be."""
    if isinstance(block, BasicBlock):
        return None
    scale, shift = (each.flatten() for each in _scale_and_shift(block.norm1))
    far = shift / scale
    return far if bool((scale > 0).all()) and float(far.abs().max()) <= _FARTHEST else None


def _scale_and_shift(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """What a norm multiplies each channel by, and adds to it, (1, c, 1, 1)."""
    mean, variance = cast("tuple[Tensor, Tensor]", (norm.running_mean, norm.running_var))
    scale = norm.weight / torch.sqrt(variance + norm.eps)
    return scale.view(1, -1, 1, 1), (norm.bias - mean * scale).view(1, -1, 1, 1)


def _sum(*parts: Tensor | None) -> Tensor | None:
    there = [part for part in parts if part is not None]
    return sum(there[1:], there[0]) if there else None
