"""Networks that leave and come back: ONNX beside PyTorch, and a hub's repository read again, whole or not at all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import frontmatter
import numpy as np
import pytest
import torch
from safetensors.torch import save

import nat_core as nat
from nat_core.__main__ import main
from nat_core.data.sets import load_set
from nat_core.errors import CheckpointError, NetworkError
from nat_core.network.exchange.onnx_file import OUTPUTS, PAIR, to_onnx
from nat_core.network.exchange.snapshot import CONFIG, WEIGHTS, read_snapshot
from nat_core.network.models import build
from nat_core.store.checkpoints import Card

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3)).astype(np.uint8)


def test_a_network_and_its_pair_answer_as_onnx_as_they_do_here(tmp_path: Path) -> None:
    """With three maps each, for any number of pictures, also of those that it knows."""
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    assert main(["export", "digits_nat", str(tmp_path / "digits.onnx")]) == 0
    content = (tmp_path / "digits.onnx").read_bytes()
    onnx.checker.check_model(content, full_check=True)
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    assert [each.name for each in session.get_outputs()] == [*OUTPUTS, *(PAIR + name for name in OUTPUTS)]
    for pixels in (PIXELS, load_set("digits_test").pixels[:3]):
        said = dict(
            zip([each.name for each in session.get_outputs()], session.run(None, {"pixels": pixels}), strict=True)
        )
        for name, prefix in (("digits_nat", ""), ("digits_baseline", PAIR)):
            expected, maps = nat.predict_with_maps(nat.load_network(name), pixels)
            np.testing.assert_allclose(said[prefix + "logits"], expected.logits, atol=1e-4)
            for level, values in maps.items():
                np.testing.assert_allclose(said[prefix + level], values, rtol=1e-4, atol=1e-5)
    told = session.get_modelmeta().custom_metadata_map
    assert (told["network"], told["pair"]) == ("digits_nat", "digits_baseline")
    assert json.loads(told["classes"]) == list(nat.load_card("digits_nat").classes)
    assert told["weights_sha256"] == nat.load_card("digits_nat").sha256["weights.safetensors"]
    assert main(["export", "digits_nat", str(tmp_path / "one.onnx"), "--alone"]) == 0
    alone = runtime.InferenceSession((tmp_path / "one.onnx").read_bytes(), providers=["CPUExecutionProvider"])
    assert [each.name for each in alone.get_outputs()] == list(OUTPUTS)


def test_a_wrapped_module_and_a_missing_package_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 32 * 32, 2))
    wrapped = nat.wrap(module, classes=["cat", "dog"], mean=(0.5,) * 3, std=(0.25,) * 3)
    with pytest.raises(NetworkError, match="has no attention maps"):
        to_onnx(wrapped)
    monkeypatch.setattr("nat_core.network.exchange.onnx_file.find_spec", lambda name: None)
    with pytest.raises(nat.CommandError, match=r"pip install 'nat-explorer\[onnx\]'"):
        to_onnx(nat.load_network("digits_nat"))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network as a hub's repository, written by the command."""
    folder = tmp_path_factory.mktemp("hub") / "digits"
    assert main(["export", "digits_nat", "--hub", str(folder)]) == 0
    return folder


def test_a_repository_read_again_is_the_same_network(repository: Path) -> None:
    found, ours = nat.load_network(repository), nat.load_network("digits_nat")
    assert (found.name, found.classes, found.mean, found.std) == (ours.name, ours.classes, ours.mean, ours.std)
    np.testing.assert_array_equal(nat.predict(found, PIXELS).logits, nat.predict(ours, PIXELS).logits)
    assert nat.load_network(str(repository)).name == "digits_nat"
    with pytest.raises(ValueError, match="leave out folder="):
        nat.load_network(repository, folder="checkpoints")


def test_the_model_card_says_what_the_stored_card_says(repository: Path) -> None:
    page = frontmatter.loads((repository / "README.md").read_text(encoding="utf-8"))
    card: Card = nat.load_card("digits_nat")
    index: Any = page["model-index"]
    (known, negatives) = index[0]["results"]
    assert known["metrics"] == [{"type": "accuracy", "name": "Accuracy", "value": round(card.report.accuracy, 4)}]
    found = card.report.sets["digits_89"]
    assert [each["value"] for each in negatives["metrics"]] == [
        round(value, 4) for value in (found.ncr["0.9"], found.auroc, found.fpr95)
    ]
    assert (page["license"], page["pipeline_tag"]) == ("mit", "image-classification")
    assert f"| digits_89 | {found.images} | unseen | digits_nat | {found.ncr['0.4']:.3f} |" in page.content
    assert "![" in page.content
    assert "<svg" in (repository / "ncr.svg").read_text(encoding="utf-8")


def test_an_export_overwrites_its_own_files_and_no_others(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "digits_nat", "--hub", str(repository)]) == 0
    (repository / "thesis.tex").write_text("mine")
    assert main(["export", "digits_nat", "--hub", str(repository)]) == 1
    assert "holds other files (thesis.tex): name a new or empty folder" in capsys.readouterr().err
    (repository / "thesis.tex").unlink()
    assert main(["export", "digits_nat", str(repository / "nowhere" / "mine.onnx")]) == 1
    assert "there is no folder" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["export", "digits_nat"])


def without(field: str) -> Callable[[dict], dict]:
    """What config.json says, without one field."""
    return lambda config: {key: value for key, value in config.items() if key != field}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without("classes"), "missing required field `classes`"),
        (lambda config: config | {"run": "rm"}, "unknown field `run`"),
        (lambda config: config | {"classes": ["cat", "cat"]}, "bear the same name"),
        (lambda config: config | {"classes": ["cat", "dog"]}, "has 6 classes, but 2 are named"),
        (lambda config: config | {"architecture": "wrn16_1"}, "says 'wrn16_1'.* holds a wrn10_1"),
        (lambda config: config | {"std": [0, 0, 0]}, r"std in \[0.001, 1\]"),
        (lambda config: config | {"size": 64}, "this version reads no others"),
        (lambda config: config | {"name": "a\u202eb"}, "legible"),
        (lambda config: [config], "Expected `object`"),
    ],
)  # fmt: skip
def test_a_description_that_does_not_hold_is_refused(
    repository: Path, tmp_path: Path, change: Callable[[dict], object], told: str
) -> None:
    config = json.loads((repository / CONFIG).read_text(encoding="utf-8"))
    (tmp_path / CONFIG).write_text(json.dumps(change(config)), encoding="utf-8")
    (tmp_path / WEIGHTS).write_bytes((repository / WEIGHTS).read_bytes())
    with pytest.raises(CheckpointError, match=told):
        read_snapshot(tmp_path)


def test_damaged_weights_pickles_and_missing_files_are_refused(repository: Path, tmp_path: Path) -> None:
    whole = (repository / WEIGHTS).read_bytes()
    with pytest.raises(CheckpointError, match=r"config.json is missing.*pickles .* are never opened"):
        read_snapshot(tmp_path)
    (tmp_path / CONFIG).write_bytes((repository / CONFIG).read_bytes())
    endless = build("wrn10_1", 6, seed=0).state_dict() | {"classifier.bias": torch.full((6,), torch.inf)}
    for content, told in (
        (whole[:-100], "cut short"),
        (b"PK\3\4" + whole, "is a pickle"),
        (save(endless), "not finite"),
        (bytes(60_000_001), "more than the 60 MB read"),
    ):
        (tmp_path / WEIGHTS).write_bytes(content)
        with pytest.raises(CheckpointError, match=told):
            nat.load_network(tmp_path)
