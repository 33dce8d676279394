"""Whose tensors are these: other projects' names and wrappers, shapes that decide, and names that leave it open."""

import re
from collections.abc import Callable

import pytest

from nat_core.errors import CheckpointError
from nat_core.network.models import build
from nat_core.network.recognition import COUNTER, recognised, shapes_of

Rename = Callable[[str], str]


def renamed(*rules: tuple[str, str | Callable[[re.Match], str]]) -> Rename:
    """What makes another project's names of ours."""

    def rename(key: str) -> str:
        for pattern, instead in rules:
            key = re.sub(pattern, instead, key)
        return key

    return rename


def next_number(match: re.Match) -> str:
    return f"layer{int(match[1]) + 1}."


KUANGLIU = renamed((r"^stem\.0\.", "conv1."), (r"^stem\.1\.", "bn1."), (r"^stages\.(\d)\.", next_number),
                   (r"\.norm(\d)", r".bn\1"), (r"^classifier", "linear"))  # fmt: skip
TORCHVISION = renamed((r"^stem\.0\.", "conv1."), (r"^stem\.1\.", "bn1."), (r"^stages\.(\d)\.", next_number),
                      (r"\.norm(\d)", r".bn\1"), (r"shortcut", "downsample"), (r"^classifier", "fc"))  # fmt: skip
XTERNALHOU = renamed(
    (r"^stem\.", "conv1."),
    (r"^stages\.(\d)\.", lambda match: f"block{int(match[1]) + 1}.layer."),
    (r"\.norm(\d)", r".bn\1"),
    (r"^norm\.", "bn1."),
    (r"shortcut", "convShortcut"),
    (r"^classifier", "fc"),
)
SEQUENTIAL = renamed(
    (r"^stem\.", "prep."),
    (r"^stages\.", "body."),
    (r"\.conv1\.", ".residual.0."),
    (r"\.norm1\.", ".residual.1."),
    (r"\.conv2\.", ".residual.3."),
    (r"\.norm2\.", ".residual.4."),
    (r"\.shortcut\.", ".identity."),
    (r"^classifier", "head.2"),
)
OWN_ORDER = renamed((r"^stem\.1\.", "zz_norm."), (r"\.shortcut\.", ".a_skip."), (r"\.norm(\d)\.", r".n\1."))
"""Names of which the alphabet would put the stem's norm last and a shortcut's first."""


@pytest.mark.parametrize("prefix", ["", "net.", "model.", "_orig_mod.module.", "module.", "state_dict.ema.model."])
@pytest.mark.parametrize(
    ("architecture", "rename"),
    [
        ("resnet18", KUANGLIU),
        ("resnet18", TORCHVISION),
        ("resnet18", SEQUENTIAL),
        ("resnet18", OWN_ORDER),
        ("wrn16_1", XTERNALHOU),
        ("wrn40_1", XTERNALHOU),
        ("wrn10_1", str),
    ],
    ids=["kuangliu", "torchvision", "sequential", "order", "xternalhou", "deep", "ours"],
)
def test_other_projects_names_and_wrappers_are_taken(architecture: str, rename: Rename, prefix: str) -> None:
    theirs = {prefix + rename(key): key for key in shapes_of(architecture, 7) if not key.endswith(COUNTER)}
    # As safetensors has them: by name, not in the network's order.
    shapes = {key: shapes_of(architecture, 7)[theirs[key]] for key in sorted(theirs)}
    found = recognised(shapes, "mine")
    assert (found.architecture, found.classes) == (architecture, 7)
    assert found.names == theirs


def test_of_layers_with_one_shape_number_ten_comes_after_number_two() -> None:
    blocks = renamed((r"^stages\.(\d)\.(\d)\.", lambda match: f"b{6 * int(match[1]) + int(match[2]) + 1}."))
    theirs = {blocks(key): key for key in shapes_of("wrn40_1", 2) if not key.endswith(COUNTER)}
    assert "b10.conv1.weight" in theirs
    assert recognised({key: shapes_of("wrn40_1", 2)[theirs[key]] for key in sorted(theirs)}, "mine").names == theirs


def test_names_that_leave_open_which_is_which_are_refused() -> None:
    shapes = shapes_of("wrn16_1", 2)
    # All norms in one list: nothing says between which convolutions each lies.
    norms = iter(range(100))
    numbers: dict[str, int] = {}
    flat = {}
    for key, shape in shapes.items():
        layer, _, last = key.rpartition(".")
        if "norm" in layer:
            layer = f"norms.{numbers.setdefault(layer, next(norms))}"
        flat[f"{layer}.{last}"] = shape
    with pytest.raises(CheckpointError, match="has the shapes of wrn16_1, but its names leave open which tensor"):
        recognised(flat, "mine")


def theirs(rename: Rename, wrapper: str = "", architecture: str = "resnet18") -> dict[str, tuple[int, ...]]:
    """The shapes of a network's tensors as another project calls them, as a file has them: by name."""
    shapes = shapes_of(architecture, 10)
    return dict(sorted((wrapper + rename(key), shapes[key]) for key in shapes if not key.endswith(COUNTER)))


@pytest.mark.parametrize(
    ("rename", "wrapper", "changes", "differs"),
    [
        (TORCHVISION, "model.", {"model.conv1.weight": (64, 3, 7, 7)},
         "its model.conv1.weight is (64, 3, 7, 7), not (64, 3, 3, 3)"),
        (KUANGLIU, "module.net.", {"module.net.layer1.0.conv1.weight": (64, 64, 5, 5)},
         "its module.net.layer1.0.conv1.weight is (64, 64, 5, 5), not (64, 64, 3, 3)"),
        (SEQUENTIAL, "module.", {"module.body.0.0.residual.0.weight": (64, 64, 5, 5)},
         "its module.body.0.0.residual.0.weight is (64, 64, 5, 5), not (64, 64, 3, 3)"),
        (KUANGLIU, "module.net.", {"module.net.layer2.1.bn2.running_var": None},
         "it has no module.net.layer2.1.bn2.running_var (128,)"),
        (str, "", {"stages.1.0.conv2.weight": None},
         "it has no tensor of the shape (128, 128, 3, 3) for stages.1.0.conv2.weight, as we call it"),
        (SEQUENTIAL, "", {"projector.weight": (128, 512)}, "it also has projector.weight (128, 512)"),
    ],
    ids=["torchvision", "wrapped", "unknown-names", "missing", "no-such", "extra"],
)  # fmt: skip
def test_what_fits_none_is_said_as_the_file_calls_it(
    rename: Rename, wrapper: str, changes: dict[str, tuple[int, ...] | None], differs: str
) -> None:
    shapes = theirs(rename, wrapper) | changes
    with pytest.raises(CheckpointError) as refusal:
        recognised({key: shape for key, shape in shapes.items() if shape is not None}, "mine")
    assert f"It comes nearest to resnet18, but {differs}: bring" in str(refusal.value)


def test_all_shapes_under_names_that_make_no_layers_are_refused_as_such() -> None:
    shapes = {key.replace(".weight", ".w").replace(".bias", ".b"): shape for key, shape in theirs(KUANGLIU).items()}
    with pytest.raises(CheckpointError, match="has the shapes of resnet18, but its names leave open which tensor"):
        recognised(shapes, "mine")


def test_shapes_are_those_of_the_networks_that_are_built() -> None:
    built = build("wrn16_1", 4).state_dict()
    assert shapes_of("wrn16_1", 4) == {key: tuple(value.shape) for key, value in built.items()}


@pytest.mark.parametrize(
    "name", ["9" * 5_000, "a." * 20_000 + "b", "\u0665" * 10, "." * 50], ids=["number", "path", "digits", "dots"]
)
def test_no_name_is_too_odd(name: str) -> None:
    shapes = {f"{name}.{key}": shape for key, shape in shapes_of("wrn10_1", 2).items()}
    assert recognised(shapes, "mine").architecture == "wrn10_1"
    with pytest.raises(CheckpointError, match=r"it also has .*extra \(1,\)"):
        recognised(shapes | {f"{name}.extra": (1,)}, "mine")
