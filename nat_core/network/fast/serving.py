"""A stored network served by ONNX Runtime: one picture takes a third to a half of the time that torch takes for it.

There is no second description of a network: the graph is what torch's own operators were seen to do in one forward
pass, with `attention_map` after it, so architecture, weights and the maps' formula stay where they are.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from nat_core.errors import NetworkError
from nat_core.network.attention import attention_map
from nat_core.network.models import Classifier

if TYPE_CHECKING:
    import onnx

Serve = Callable[[Float[np.ndarray, "n 3 h w"]], Sequence[np.ndarray]]
"""Normalised pictures become logits, and the maps at the low, middle and high level."""
LARGE = 1_000_000
"""The fewest weights of a network whose work on one picture several cores share."""
OPERATORS, FORMAT = 17, 10
"""The versions of ONNX's operators and of its file that are written; ONNX Runtime has read both since 2024."""


def served(model: Classifier, side: int) -> Serve:
    """Return a function that answers any number of pictures of that side, safe to be called by many at once.

    Raises NetworkError where the network does something that the translation does not know, ImportError where the
    packages of the extra `onnx` are missing.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # What a small network does with a picture is too little to be shared.
    large = sum(each.numel() for each in model.parameters()) >= LARGE
    options.intra_op_num_threads, options.inter_op_num_threads = torch.get_num_threads() if large else 1, 1
    # Threads that wait for the next picture leave the cores to others meanwhile.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(
        graph_of(model, side).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda images: [np.asarray(each) for each in session.run(None, {"images": images})]


class FairSemaphore:
    """So many may be within at once; the others come in the order in which they asked, which a semaphore does not keep.

    Without it, eight who ask at once share two cores in slices: each takes long, and some four times as long as others.

    >>> with FairSemaphore(1):
    ...     print("mine")
    mine
    """

    def __init__(self, count: int) -> None:
        self.free, self._lock = count, threading.Lock()
        self.waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if self.free:
                self.free -= 1
                return
            mine = threading.Lock()
            mine.acquire()
            self.waiting.append(mine)
        mine.acquire()  # until who leaves lets go of it

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self.waiting:
                self.waiting.popleft().release()
            else:
                self.free += 1


def graph_of(model: Classifier, side: int) -> "onnx.ModelProto":
    """Return the network, with its attention maps, as a graph of ONNX; it takes any number of pictures of that side.

    Raises NetworkError as `served` does.
    """
    from onnx import TensorProto, helper

    if model.training:  # its norms would also count the pass
        raise NetworkError("a network that is still trained cannot be served")
    images = torch.zeros(1, 3, side, side)
    seen = _Seen()
    seen.names[id(images)] = "images"
    with torch.no_grad(), seen:
        outputs = model(images)
        maps = [attention_map(outputs.groups[level]) for level in model.levels]
    found = [seen.names[id(each)] for each in (outputs.logits, *maps)]
    graph = helper.make_graph(
        seen.nodes, "network",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, side, side])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in found],
        seen.weights,
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPERATORS)], ir_version=FORMAT)


@dataclass(eq=False)
class _Seen(TorchDispatchMode):
    """Torch's operators as they run, written down as nodes."""

    nodes: list["onnx.NodeProto"] = field(default_factory=list)
    weights: list["onnx.TensorProto"] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    """By the tensor's identity: what it is called. One that was changed in place has its new name."""
    held: list[Any] = field(default_factory=list)
    """What has a name, so that no other tensor takes its place in memory."""

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        found = func(*args, **(kwargs or {}))
        operator = func.overloadpacket.__name__
        if operator not in _TRANSLATED and operator not in _WITHOUT_EFFECT:
            raise NetworkError(f"the operator {operator} has no counterpart in the served network")
        result = found[0] if isinstance(found, tuple) else found
        if operator in _TRANSLATED:
            name = f"{operator}_{len(self.nodes)}"
            self.nodes += _TRANSLATED[operator](self, name, *args)
            self.names[id(result)] = name
        self.held += [result, *args]
        return found

    def name(self, tensor: Tensor) -> str:
        """What a tensor is called; one that no operator made is a weight, written down as it is."""
        if id(tensor) not in self.names:
            self.names[id(tensor)] = name = f"weight_{len(self.weights)}"
            self._write(tensor.detach().contiguous().numpy(), name)
            self.held.append(tensor)
        return self.names[id(tensor)]

    def _write(self, values: np.ndarray, name: str) -> None:
        from onnx import numpy_helper

        self.weights.append(numpy_helper.from_array(values, name))


def _node(kind: str, inputs: list[str], name: str, **attributes: Any) -> list["onnx.NodeProto"]:
    from onnx import helper

    return [helper.make_node(kind, inputs, [name], **attributes)]


def _convolution(seen: _Seen, name: str, images, weight, bias, stride, padding, dilation, *rest) -> list:
    taken = [seen.name(each) for each in (images, weight, bias) if each is not None]
    return _node("Conv", taken, name, strides=stride, pads=[*padding, *padding], dilations=dilation, group=rest[-1])


def _norm(seen: _Seen, name: str, *given) -> list:
    taken, epsilon = given[:5], given[-1]
    return _node("BatchNormalization", [seen.name(each) for each in taken], name, epsilon=epsilon)


def _linear(seen: _Seen, name: str, bias, features, weight) -> list:
    return _node("Gemm", [seen.name(each) for each in (features, weight, bias)], name)


def _mean(seen: _Seen, name: str, features, axes, keep: bool = False) -> list:
    return _node("ReduceMean", [seen.name(features)], name, axes=axes, keepdims=int(keep))


def _power(seen: _Seen, name: str, features, exponent) -> list:
    if exponent != 2:
        raise NetworkError(f"the power {exponent} has no counterpart in the served network")
    return _node("Mul", [seen.name(features)] * 2, name)


def _of_all(kind: str) -> Callable[..., list]:
    return lambda seen, name, *tensors: _node(kind, [seen.name(each) for each in tensors], name)


_TRANSLATED: dict[str, Callable[..., list]] = {
    "convolution": _convolution,
    "native_batch_norm": _norm,
    "relu": _of_all("Relu"),
    "relu_": _of_all("Relu"),
    "add": _of_all("Add"),
    "mean": _mean,
    "t": _of_all("Transpose"),
    "addmm": _linear,
    "pow": _power,
}
_WITHOUT_EFFECT = ("empty", "detach")
"""Operators whose results nothing of the network reads."""
