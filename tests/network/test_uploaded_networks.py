"""Networks from strangers: what is taken, under which names, and one sentence for every way to be wrong."""

import io
import json
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn

from nat_core.errors import CheckpointError
from nat_core.network import uploaded_networks
from nat_core.network.inference import predict
from nat_core.network.models import build
from nat_core.network.uploaded_networks import Described, architecture_of, described, in_order, read_card, read_network
from nat_core.network.wrapping import wrap

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
TWO = Described(("cat", "dog"))


def weights(architecture: str = "wrn10_1", classes: int = 2) -> dict[str, torch.Tensor]:
    return build(architecture, classes, seed=3).state_dict()


def changed(**tensors: torch.Tensor | None) -> bytes:
    found = weights() | {key.replace("__", "."): value for key, value in tensors.items()}
    return save({key: value for key, value in found.items() if value is not None})


def wrapped(**tensors: torch.Tensor) -> bytes:
    """The network's tensors inside of a wrapper, and others beside it."""
    beside = {key.replace("__", "."): value for key, value in tensors.items()}
    return save({f"module.{key}": value for key, value in weights().items()} | beside)


def test_the_running_mean_that_pytorch_makes_of_weights_is_the_network() -> None:
    averaged = read_network(wrapped(n_averaged=torch.tensor(7)), "ours", TWO)
    alone = read_network(save(weights()), "ours", TWO)
    np.testing.assert_array_equal(predict(averaged, PIXELS).logits, predict(alone, PIXELS).logits)


@pytest.mark.parametrize("architecture", ["wrn10_1", "wrn16_1", "wrn40_1"])
def test_a_network_is_known_by_its_tensors_and_answers_as_it_did(architecture: str) -> None:
    network = read_network(save(weights(architecture)), "mine.safetensors", TWO)
    assert architecture_of(network) == architecture
    model = build(architecture, 2, seed=3).eval()
    mean, std = (torch.tensor(each)[:, None, None] for each in (TWO.mean, TWO.std))
    images = (torch.from_numpy(PIXELS).permute(0, 3, 1, 2) / 255 - mean) / std
    with torch.inference_mode():
        expected = model(images).logits.numpy()
    np.testing.assert_allclose(predict(network, PIXELS).logits, expected, atol=1e-4)


def test_another_projects_names_half_precision_a_prefix_and_missing_counters_are_taken() -> None:
    theirs = {}
    for key, value in weights("resnet18").items():
        name = key.replace("stem.0.", "conv1.").replace("stem.1.", "bn1.").replace("classifier.", "linear.")
        for number in range(4):
            name = name.replace(f"stages.{number}.", f"layer{number + 1}.")
        name = name.replace(".norm1.", ".bn1.").replace(".norm2.", ".bn2.")
        if not key.endswith("num_batches_tracked"):
            theirs[f"module.{name}"] = value.half()
    assert "module.layer4.1.bn2.running_var" in theirs
    network = read_network(save(theirs), "mine.safetensors", TWO)
    assert architecture_of(network) == "resnet18"
    assert next(network.model.parameters()).dtype == torch.float32


def test_a_network_under_other_names_answers_as_it_did() -> None:
    """Names that the alphabet would put in another order, behind a wrapper's: the same answers, so the same places."""
    ours = weights("resnet18")
    theirs = {
        "_orig_mod.module." + key.replace("shortcut", "downsample").replace("stem.1", "zz_norm"): value
        for key, value in ours.items()
    }
    found, expected = (predict(read_network(save(each), "mine", TWO), PIXELS).logits for each in (theirs, ours))
    np.testing.assert_array_equal(found, expected)


def test_classes_under_other_names_and_in_another_order_are_the_same_ones() -> None:
    three = read_network(save(weights(classes=3)), "mine", Described(("Car", "plane", "cats")))
    found = in_order(three, ("cat", "automobile", "airplane"))
    assert found is not None
    assert found.classes == ("cat", "automobile", "airplane")
    np.testing.assert_array_equal(predict(found, PIXELS).logits, predict(three, PIXELS).logits[:, [2, 0, 1]])
    assert three.classes == ("Car", "plane", "cats"), "the one that was given stays as it was"


@pytest.mark.parametrize("classes", [("cat", "dog"), ("cat", "dog", "ship"), ("car", "automobile", "cat")])
def test_other_classes_are_not_taken_for_these(classes: tuple[str, ...]) -> None:
    three = read_network(save(weights(classes=3)), "mine", Described(("cat", "dog", "car")))
    assert in_order(three, classes) is None


def pickled() -> bytes:
    buffer = io.BytesIO()
    torch.save(weights(), buffer)
    return buffer.getvalue()


def npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, weight=np.zeros(3))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pickled(), "save it with `from safetensors.torch import save_file"),
        (pickle.dumps({"a": 1}), "is a pickle, which could run any program"),
        (b"hello", "is cut short or not a safetensors file"),
        (save(weights())[:-5], "is cut short or not a safetensors file"),
        (bytes(60_000_001), "is 60 MB, more than the 60 MB read"),
        (save({"a": torch.zeros(3)}), "is not one of the networks that we know (resnet18, wrn40_1, wrn16_1, wrn10_1)"),
        (changed(norm__weight=None), "comes nearest to wrn10_1, but it has no norm.weight (64,)"),
        (changed(norm__weight=torch.zeros(5)), "comes nearest to wrn10_1, but its norm.weight is (5,), not (64,)"),
        (changed(extra=torch.zeros(5)), "comes nearest to wrn10_1, but it also has extra"),
        (changed(meter__hits=torch.zeros(2, dtype=torch.int64)), "nearest to wrn10_1, but it also has meter.hits"),
        (wrapped(normalize__mean=torch.zeros(1, 3, 1, 1)), "nearest to wrn10_1, but it also has normalize.mean"),
        (changed(fc__bias=torch.zeros(2)), "nearest to wrn10_1, but it also has fc.bias"),
        (changed(classifier__weight=torch.full((2, 64), 3e38)), "answers with values that are not finite"),
        (changed(stem__weight=3e34 * weights()["stem.weight"]), "answers with values that are not finite"),
        (changed(norm__weight=torch.zeros(64, dtype=torch.int8)), "norm.weight holds I8, not floating-point numbers"),
        (changed(norm__weight=torch.full((64,), torch.nan)), "norm.weight holds values that are not finite"),
        (changed(norm__running_var=-torch.ones(64)), "holds negative variances"),
        (save(weights(classes=3)), "has 3 classes, but 2 are named"),
        (changed(classifier__weight=torch.zeros(1, 64), classifier__bias=torch.zeros(1)), "has 1 class; from 2"),
        (changed(extra=torch.zeros(3, 3)), "nearest to wrn10_1, but it also has extra"),
        (save({f"{of}.{key}": value.clone() for of in ("a", "b") for key, value in weights().items()}),
         "nearest to wrn10_1, but it also has b."),
        (changed(**{f"ema.{key}": value.clone() for key, value in weights().items()}), "but it also has ema."),
        (save({f"t{rows}": torch.zeros(rows, 1) for rows in range(1_500)}), "nearest to wrn10_1, but it has no tensor"),
        (npz(), "is cut short or not a safetensors file"),
    ],
    ids=["torch", "pickle", "text", "cut", "large", "other", "missing", "shape", "extra", "counts", "wrapped", "twice",
         "overflow", "squares", "type", "nan", "variance",
         "classes", "one", "another layer", "two networks", "and its mean", "layers", "npz"],
)  # fmt: skip
def test_a_wrong_file_gets_one_sentence(content: bytes, expected: str) -> None:
    with pytest.raises(CheckpointError) as raised:
        read_network(content, "mine", TWO)
    assert expected in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_reads_as_whole_and_still_cannot_be_loaded_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(content: bytes) -> dict[str, torch.Tensor]:
        raise MemoryError(len(content))

    monkeypatch.setattr(uploaded_networks, "load", fails)
    with pytest.raises(CheckpointError, match="mine is cut short or not a safetensors file: save it again with"):
        read_network(save(weights()), "mine", TWO)


class Pooled(nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean((2, 3))[:, :2]


def test_a_network_of_ones_own_has_no_architecture_of_ours() -> None:
    with pytest.raises(ValueError, match="mine is of no known architecture; known: resnet18, wrn40_1"):
        architecture_of(wrap(Pooled(), classes=["cat", "dog"], mean=(0.5,) * 3, std=(0.2,) * 3, name="mine"))


def test_a_pickle_is_never_opened(tmp_path) -> None:
    class Trap:
        def __reduce__(self) -> tuple:
            return (open, (str(tmp_path / "opened"), "w"))

    with pytest.raises(CheckpointError, match="is a pickle"):
        read_network(pickle.dumps(Trap()), "mine.safetensors", TWO)
    assert not (tmp_path / "opened").exists()


def test_weights_are_read_whatever_their_files_ending_says() -> None:
    assert read_network(save(weights()), "mine.pt", TWO).classes == TWO.classes


def test_two_classes_of_one_name_are_refused() -> None:
    with pytest.raises(CheckpointError, match="two of its classes bear the same name"):
        read_network(save(weights()), "mine", Described(("cat", "cat")))


def test_a_card_says_classes_and_colours_and_the_rest_is_not_read() -> None:
    content = json.dumps({"classes": ["a", "b"], "mean": [0.5, 0.5, 0.5], "recipe": {}}).encode()
    assert read_card(content, "card.json") == Described(("a", "b"), mean=(0.5, 0.5, 0.5))
    assert read_card(b'\xef\xbb\xbf{"classes": ["a", "b"]}', "card.json") == Described(("a", "b"))
    assert read_card(b'{"classes": ["a", "b"], "mean": null}', "card.json") == Described(("a", "b")), "null is missing"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{'classes'", "is not JSON"),
        (b"[1]", "holds no object"),
        (b'{"labels": ["a", "b"]}', "says nothing of classes, mean or std"),
        (b'{"classes": ["a", "b"], "classes": ["b", "a"]}', "it has the key 'classes' twice"),
        (b'{"classes": "cat"}', "classes must be a list of names"),
        (b'{"mean": [125, 122, 113]}', "mean must be three numbers from 0 to 1"),
        (b'{"std": [0, 0, 0]}', "std must be three numbers from 0.001 to 1"),
        (b'{"std": [true, 1, 1]}', "std must be three numbers"),
        (b"\xff\xfe\x00", "is not JSON"),
    ],
)
def test_a_wrong_card_gets_one_sentence(content: bytes, expected: str) -> None:
    with pytest.raises(CheckpointError, match=expected):
        read_card(content, "card.json")


def test_the_form_is_checked_like_a_card() -> None:
    assert described("cat,  dog,", "0.5,0.5,0.5", "0.2, 0.2, 0.2") == Described(("cat", "dog"), (0.5,) * 3, (0.2,) * 3)
    with pytest.raises(CheckpointError, match="The form: mean must be three numbers from 0 to 1, one a colour; got"):
        described("cat, dog", "half", "0.2, 0.2, 0.2")
