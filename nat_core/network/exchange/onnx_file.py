"""Networks as ONNX: pixels in, logits and the attention maps of three levels out, normalised inside of the graph.

PyTorch's exporter makes the graph, and needs the packages of the extra `onnx`.
"""

import json
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from nat_core.errors import CommandError, NetworkError
from nat_core.network.attention import attention_map
from nat_core.network.inference import Network
from nat_core.network.models import normalise
from nat_core.recipes import LEVELS

OUTPUTS = ("logits", *LEVELS)
"""What the graph returns of each network; of the second with `PAIR` before the name."""
PAIR = "pair_"
NEEDED = ("onnx", "onnxscript")
"""What PyTorch's exporter is made of."""


class Graph(nn.Module):
    """One network, or two beside each other, from uint8 pictures to what `OUTPUTS` names of each."""

    def __init__(self, networks: Sequence[Network]) -> None:
        super().__init__()
        self.models = nn.ModuleList(network.model for network in networks)
        # Beside the list, whose members are of no kind that a type checker knows.
        self._networks = [(network.model, network.mean, network.std) for network in networks]

    def forward(self, pixels: UInt8[Tensor, "n h w 3"]) -> tuple[Float[Tensor, "n ..."], ...]:
        """Return logits, low, middle and high of the first network, then of the second."""
        found: list[Tensor] = []
        for model, mean, std in self._networks:
            outputs = model(normalise(pixels, mean, std))
            found += [outputs.logits, *(attention_map(outputs.groups[level]) for level in model.levels)]
        return tuple(found)


def to_onnx(network: Network, pair: Network | None = None) -> bytes:
    """Return a network, and the one that it is compared with, as the bytes of one ONNX file.

    The graph takes `pixels`, uint8 (n, 32, 32, 3), any number of them, and returns `logits` (n, classes) and the maps
    `low`, `middle` and `high` (n, h, w), the mean of A² over the channels after each group; of the other network the
    same with "pair_" before the name. Names, classes and how a picture becomes such pixels stand in its metadata.
    Raises NetworkError for a wrapped module, which has no maps, and CommandError where the extra is not installed.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise CommandError(f"ONNX needs {' and '.join(missing)}, not installed here: pip install 'nat-explorer[onnx]'")
    networks = [network] if pair is None else [network, pair]
    for each in networks:
        if not each.has_maps:
            raise NetworkError(f"{each.name} is a wrapped module, which has no attention maps: export it by itself")
    side = _side(network)
    with torch.no_grad():
        program = torch.onnx.export(
            # A batch of one would be taken for the only size that there is.
            Graph(networks).eval(), (torch.zeros(2, side, side, 3, dtype=torch.uint8),), dynamo=True, verbose=False,
            input_names=["pixels"], output_names=names(len(networks)),
            dynamic_shapes={"pixels": {0: torch.export.Dim("n")}},
        )  # fmt: skip
    if program is None:  # what its type allows, and no call of this kind returns
        raise NetworkError(f"PyTorch made no graph of {network.name}")
    model = program.model_proto
    for key, value in metadata(networks).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    return model.SerializeToString()


def names(networks: int) -> list[str]:
    """Return the names of the graph's outputs for one network or two.

    >>> names(2)[3:6]
    ['high', 'pair_logits', 'pair_low']
    """
    return [prefix + output for prefix in ("", PAIR)[:networks] for output in OUTPUTS]


def metadata(networks: Sequence[Network]) -> dict[str, str]:
    """Return what is to be known of the networks, as ONNX's texts by key; lists are JSON."""
    (first, *others) = networks
    crop, resample = first.card.crop_and_filter if first.card else ("centre", "bicubic")
    found: dict[str, Any] = {
        "network": first.name,
        "classes": json.dumps(first.classes),
        "preprocessing": f"cut square: {crop}; shrunk to {_side(first)} x {_side(first)}: {resample}, antialiased",
        "maps": "mean of A^2 over channels after the low, middle and high group",
    }
    if others:
        found |= {"pair": others[0].name, "pair_classes": json.dumps(others[0].classes)}
    for each, prefix in zip(networks, ("", PAIR), strict=False):
        if each.card:
            found[f"{prefix}weights_sha256"] = each.card.sha256["weights.safetensors"]
    return found


def _side(network: Network) -> int:
    """How many pixels a side of its pictures has."""
    return int(network.card.preprocessing.get("size", 32)) if network.card else 32
