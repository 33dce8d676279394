"""The public names: complete, lazy, typed; the cells of the documents run as they are written."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import nn

import nat_core as nat
from nat_core.measure.predictions import RawPredictions
from nat_core.store.checkpoints import save_checkpoint

ROOT = Path(__file__).parents[1]
DOCUMENTS = (ROOT / "nat_core" / "__init__.py", ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
CELL = re.compile(r"```python\n(import nat_core as nat\n.*?)```", re.DOTALL)
CELLS = [
    pytest.param(cell, id=f"{document.name}-{number}")
    for document in DOCUMENTS
    for number, cell in enumerate(CELL.findall(document.read_text(encoding="utf-8")))
]
WANTED = """
    Recipe RECIPES recipe_named train load_network load_predictions load_report load_card predict Predictions evaluate
    evaluate_logits ncr negative_confidence_rate auroc fpr95 aupr accuracy share_kept load_set read_folder read_npz
    read_class_folders ImageSet wrap Network NetworkReport NatError nat_loss kl_from_uniform attention_transfer_loss
    SCORES scores_of separation separations Separation energy entropy generalised_entropy maximum_logit knn_score
    vim_score rmds_score features
"""


@pytest.fixture
def my_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder my_photos with three pictures in the current folder, and the networks of this checkout."""
    monkeypatch.setenv("NAT_CHECKPOINTS", str(ROOT / "checkpoints"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "my_photos"
    folder.mkdir()
    for colour in ("orange", "navy", "white"):
        Image.new("RGB", (60, 40), colour).save(folder / f"{colour}.png")
    return folder


def test_every_public_name_is_there_and_sorted() -> None:
    assert set(WANTED.split()) <= set(nat.__all__)
    assert set(nat.__all__) <= set(dir(nat))
    missing = [name for name in nat.__all__ if not hasattr(nat, name)]
    assert missing == []
    kinds = [name for name in dir(nat.errors) if isinstance(getattr(nat.errors, name), type)]
    assert set(kinds) <= set(nat.__all__)


def test_every_public_name_has_a_docstring() -> None:
    undocumented = [
        name for name in nat.__all__
        if callable(getattr(nat, name)) and len((getattr(nat, name).__doc__ or "").strip()) < 20
    ]  # fmt: skip
    assert undocumented == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'nat_core' has no attribute 'ncrr'"):
        nat.ncrr  # noqa: B018


@pytest.mark.parametrize("package", ["nat_core", "app"])
def test_both_packages_are_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_numbers_need_no_torch() -> None:
    program = (
        "import sys, nat_core as nat; assert 'numpy' not in sys.modules;"
        "nat.load_report; nat.load_predictions; nat.evaluate_logits; nat.auroc; nat.read_folder; nat.Recipe;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.checkpoints
@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_of_the_documents_runs_as_written(
    cell: str, my_photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(cell, "cell", "exec"), {})
    # The names of scores stand among the numbers of one of them.
    rates = [float(each) for each in capsys.readouterr().out.split() if each[:1].isdigit()]
    assert all(0 <= rate <= 1 for rate in rates)
    assert len(rates) >= 2


@pytest.mark.checkpoints
def test_a_notebook_of_ones_own_numbers_and_module(my_photos: Path) -> None:
    said = nat.predict(nat.load_network("digits_nat"), nat.read_folder("my_photos"))
    assert (said.set_name, said.ids) == ("my_photos", ("navy.png", "orange.png", "white.png"))
    report = nat.evaluate_logits(known=[[2.0, 0.0], [0.0, 2.0]], negatives={"holiday": [[0.0, 0.1]]}, labels=[0, 1])
    assert (report.accuracy, report.negatives["holiday"].auroc) == (1.0, 1.0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 2))
    mine = nat.wrap(module, classes=["cat", "dog"], mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2))
    photos = nat.read_folder(my_photos)
    found = nat.evaluate(mine, known=photos, negatives={"again": photos})
    assert found.accuracy is None
    assert found.negatives["again"].auroc == 0.5


@pytest.mark.checkpoints
def test_evaluate_agrees_with_the_networks_own_report(my_photos: Path) -> None:
    network, report = nat.load_network("digits_nat"), nat.load_report("digits_nat")
    found = nat.evaluate(network, known=nat.load_set("digits_test"), negatives=nat.load_set("digits_89"))
    assert found.accuracy == pytest.approx(report.accuracy, abs=0.01)
    assert found.negatives["digits_89"].ncr["0.9"] == pytest.approx(report.sets["digits_89"].ncr["0.9"], abs=0.01)
    assert found.negatives["digits_89"].images == report.sets["digits_89"].images == 354


@pytest.mark.checkpoints
def test_evaluate_matches_classes_by_name_and_refuses_those_never_taught(my_photos: Path) -> None:
    network, test = nat.load_network("digits_nat"), nat.load_set("digits_test")
    assert test.labels is not None
    turned = nat.ImageSet("turned", test.pixels, test.ids, 5 - test.labels, tuple("543210"))
    noise = nat.load_set("noise").take(np.arange(20))
    assert nat.evaluate(network, known=turned, negatives=noise).accuracy == pytest.approx(
        nat.load_report("digits_nat").accuracy, abs=0.01
    )
    other = nat.ImageSet("other", test.pixels, test.ids, test.labels, ("0", "1", "2", "3", "4", "nine"))
    with pytest.raises(ValueError, match=r"classes that the network was not taught: nine\. It knows 0, 1, 2"):
        nat.evaluate(network, known=other, negatives=noise)


@pytest.mark.checkpoints
def test_pictures_of_none_of_the_classes_are_no_known_pictures(my_photos: Path) -> None:
    gallery, network = nat.load_set("gallery"), nat.load_network("wrn16_1_nat")
    said = nat.predict(network, gallery)
    labels = np.asarray(gallery.labels)
    known = labels >= 0
    assert (known.sum(), (~known).sum()) == (23, 22)
    rightly = np.mean(said.logits[known].argmax(axis=1) == labels[known])
    for found in (
        nat.evaluate(network, known=gallery, negatives=gallery),
        nat.evaluate(network, known=said, negatives=gallery),
        nat.evaluate_logits(said.logits, {"gallery": said}, gallery.labels),
    ):
        assert (found.images, found.accuracy) == (23, rightly)
        assert found.share_kept["0.9"] == np.mean(said.confidence[known] > 0.9)
        assert found.negatives["gallery"].ncr["0.9"] == np.mean(said.confidence > 0.9)
    assert nat.accuracy(said) == nat.accuracy(said, labels.tolist()) == rightly


def test_stored_predictions_are_asked_for_by_whole_names(my_photos: Path) -> None:
    assert list(nat.load_predictions("digits_nat", "digits_89")) == ["digits_89"]
    assert list(nat.load_predictions("digits_nat", (f"digits_{each}" for each in ("89", "test")))) == [
        "digits_89",
        "digits_test",
    ]


def test_a_network_is_found_in_a_folder_by_name(my_photos: Path, digits_networks: Path) -> None:
    card = nat.load_card("digits_nat", folder=digits_networks)
    assert card.recipe.epochs == 2
    assert nat.load_report("digits_nat", folder=digits_networks) == card.report
    assert nat.load_network("digits_nat", folder=str(digits_networks)).card == card
    assert list(nat.load_predictions("digits_nat", ["digits_89"], folder=digits_networks)) == ["digits_89"]
    with pytest.raises(nat.CheckpointError, match="No network wrn16_1_nat in "):
        nat.load_network("wrn16_1_nat", folder=digits_networks)
    with pytest.raises(ValueError, match="unknown device 'tpu'"):
        nat.load_network("digits_nat", folder=digits_networks, device="tpu")


def test_a_background_class_is_no_answer(tmp_path: Path, digits_networks: Path) -> None:
    card = nat.load_card("digits_nat", folder=digits_networks)
    logits = np.array([[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0]], np.float32)
    stored = nat.Predictions("with_background", "digits_89", ("a",), logits)
    values = {key: value for key, value in vars(card).items() if key not in ("name", "sha256", "format")}
    values["classes"] = (*card.classes, "background")
    save_checkpoint(tmp_path, "with_background", weights={}, predictions={"digits_89": stored}, maps={}, card=values)
    read = nat.load_predictions("with_background", folder=tmp_path)["digits_89"]
    assert isinstance(read, RawPredictions)
    assert nat.ncr(read, 0.1) == nat.ncr(read.take(np.array([0]), "one"), 0.1) == 0.0
