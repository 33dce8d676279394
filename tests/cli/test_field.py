"""`nat evaluate --sets`: a network on sets by name, printed, stored, and found again by `nat report`."""

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from nat_core.__main__ import main
from nat_core.data.sources import noise
from nat_core.measure.rounding import rate_text
from nat_core.store.checkpoints import load_card
from nat_core.store.field_results import load_field_results


@pytest.fixture
def home(networks: Path, tmp_path: Path) -> Path:
    """A folder of two networks of one's own."""
    for name in ("wrn16_1_baseline", "wrn16_1_nat"):
        shutil.copytree(networks / name, tmp_path / "networks" / name)
    return tmp_path / "networks"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with six pictures of SVHN and two of iSUN, one of them damaged."""
    folder = tmp_path / "data"
    (folder / "svhn").mkdir(parents=True)
    pictures = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 6)).astype(np.uint8)
    savemat(folder / "svhn" / "test_32x32.mat", {"X": pictures, "y": np.ones((6, 1), np.uint8)})
    (folder / "iSUN").mkdir()
    Image.new("RGB", (40, 32), (9, 9, 9)).save(folder / "iSUN" / "0.jpeg")
    (folder / "iSUN" / "1.jpeg").write_bytes(b"cut")
    return folder


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise of five pictures."""
    monkeypatch.setitem(noise.KINDS, "rademacher", lambda: noise.rademacher(5))


def evaluate(home: Path, data: Path, *arguments: str) -> int:
    return main(["evaluate", *arguments, "--checkpoints", str(home), "--data", str(data), "--device", "cpu"])


def test_a_set_by_name_is_measured_as_negatives(home: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(home, data, "wrn16_1_nat", "--sets", "svhn") == 0
    said = capsys.readouterr().out
    assert said.startswith("wrn16_1_nat on svhn: 6 negatives\nbeside cifar10_test (1,000 pictures):\n")
    assert "AUROC" in said
    assert list(home.glob("*.json")) == []  # nothing is kept unasked


def test_numbers_are_kept_and_reported(home: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("wrn16_1_baseline", "wrn16_1_nat")
    assert evaluate(home, data, *names, "--sets", "svhn", "rademacher", "--store", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [(each["images"]["name"], each["images"]["pictures"]) for each in said["sets"]] == [
        ("svhn", 6), ("rademacher", 5),
    ]  # fmt: skip
    printed = {(part["network"], part["set"]): part["auroc"] for each in said["sets"] for part in each["parts"]}
    cards = {name: load_card(home, name) for name in names}
    stored = load_field_results(home, cards)
    assert {(name, each): found.auroc for name, sets in stored.items() for each, found in sets.items()} == printed
    assert main(["report", "--checkpoints", str(home), "--format", "json"]) == 0
    reported = json.loads(capsys.readouterr().out)["field"]["openood"]["measured"]["wrn16_1_nat"]["svhn"]
    assert (reported["images"], reported["auroc"]) == (6, printed["wrn16_1_nat", "svhn"])
    assert main(["report", "--checkpoints", str(home)]) == 0
    assert rate_text(printed["wrn16_1_nat", "svhn"]) in capsys.readouterr().out


def test_csv_has_a_row_a_network_and_set(home: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(home, data, "wrn16_1_nat", "wrn16_1_baseline", "--sets", "rademacher", "svhn", "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["network"], row["set"], row["kind"]) for row in rows] == [
        ("wrn16_1_nat", "rademacher", "negatives"), ("wrn16_1_baseline", "rademacher", "negatives"),
        ("wrn16_1_nat", "svhn", "negatives"), ("wrn16_1_baseline", "svhn", "negatives"),
    ]  # fmt: skip


def test_a_picture_that_cannot_be_read_is_named(home: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(home, data, "wrn16_1_nat", "--sets", "isun") == 1
    said = capsys.readouterr()
    assert said.out.startswith("wrn16_1_nat on isun: 1 negative\n")
    assert said.err.startswith("nat evaluate: ")
    assert "1.jpeg" in said.err


def test_a_missing_or_damaged_set_is_one_sentence(home: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(home, data, "wrn16_1_nat", "--sets", "places365") == 1
    said = capsys.readouterr().err
    assert said.startswith(f"nat evaluate: No image set places365: looked for {data / 'places365' / 'val_256'}. Unpack")
    assert said.count("\n") == 1
    (data / "svhn" / "test_32x32.mat").write_bytes(b"?")
    assert evaluate(home, data, "wrn16_1_nat", "--sets", "svhn") == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_network_of_other_classes_is_refused(networks: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(networks, data, "digits_nat", "--sets", "svhn") == 1
    assert capsys.readouterr().err == (
        "nat evaluate: --sets are negatives to networks of CIFAR-10's classes; digits_nat knows 0, 1, 2, 3, 4, 5: "
        "measure it on pictures of your own with --images\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "one of the arguments --images --sets is required"),
        (["--sets", "stl10"], "invalid choice: 'stl10'"),
        (["--sets", "svhn", "--images", "x"], "not allowed with argument"),
        (["--images", "x", "--store"], "--store needs --sets"),
        (["--sets", "svhn", "--output", "x.npz"], "--output and --negatives go with --images"),
        (["--sets", "svhn", "--negatives"], "--output and --negatives go with --images"),
    ],
)
def test_a_wrong_command_is_status_2(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["evaluate", "wrn16_1_nat", *arguments])
    assert sentence in capsys.readouterr().err
