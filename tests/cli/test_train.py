"""`nat train`: your own pictures from folders to a network that answers, fields set by words, several seeds."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nat_core.__main__ import main
from nat_core.cli.parser import build_parser
from nat_core.cli.train import chosen_recipe, over_seeds, with_settings
from nat_core.recipes import RECIPES, Recipe
from nat_core.store.checkpoints import load_card, load_predictions
from tests.present import present

pytestmark = pytest.mark.usefixtures("less_noise")
QUICK = ["--set", "architecture=wrn10_1", "--set", "epochs=2", "--set", "sizes=8:1"]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with 40 pictures of two classes, red and blue, and one with 40 grey negatives, all a little noisy."""
    generator = np.random.default_rng(0)
    for number in range(40):
        for folder, colour in (("colours/" + ("red", "blue")[number % 2], ((200, 40, 40), (40, 40, 200))[number % 2]),
                               ("greys", (120, 120, 120))):  # fmt: skip
            home = tmp_path / folder
            home.mkdir(parents=True, exist_ok=True)
            noisy = np.clip(np.array(colour) + generator.normal(0, 20, (48, 40, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(home / f"{number:02d}.png")
    return tmp_path


def test_two_folders_of_forty_pictures_become_a_network(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(pictures / "runs")
    command = ["train", "--known", str(pictures / "colours"), "--negatives", str(pictures / "greys"), "--out", out,
               "--device", "cpu", *QUICK]  # fmt: skip
    assert main([*command, "--set", "negative_weight=2", "mine"]) == 0
    printed = capsys.readouterr()
    assert "One in five pictures of each class in colours is held out to evaluate on: 8 of 40." in printed.err
    assert "One in five pictures in greys is held out to evaluate on: 8 of 40." in printed.err
    assert "64 pictures a step are more than the 32 to learn: 8 are taken." in printed.err
    assert "own_negatives_test (8 pictures): NCR_0.4" in printed.out
    card = load_card(Path(out), "mine")
    assert (card.classes, card.recipe.negative_weight, card.recipe.batch_size) == (("blue", "red"), 2.0, 8)
    assert card.recipe.negatives_per_batch == 1
    data = present(card.data)
    assert (data.known, data.negatives) == ("colours", "greys")
    assert data.pictures == {"own_train": 32, "own_test": 8, "own_negatives_train": 32, "own_negatives_test": 8}
    assert str(pictures) not in (Path(out) / "mine" / "card.json").read_text()
    assert {name: str(role) for name, role in card.roles.items()} == {
        "own_test": "in distribution", "own_negatives_train": "trained on", "own_negatives_test": "same source",
        "noise": "unseen",
    }  # fmt: skip
    assert card.mean[2] > card.mean[1]
    assert len(load_predictions(Path(out), "mine")["own_test"]) == 8
    with (Path(out) / "mine" / "log.csv").open(newline="") as file:
        assert [row["held_out_ncr_0.9"] != "" for row in csv.DictReader(file)] == [True, True]

    assert main(["predict", str(pictures / "greys" / "00.png"), "--checkpoints", out, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)["images"][0]
    assert list(answer["networks"]["mine"]["probabilities"]) == ["blue", "red"]
    assert main(["evaluate", "mine", "--images", str(pictures / "greys"), "--checkpoints", out]) == 0
    assert "40 pictures" in capsys.readouterr().out


def test_a_finished_network_is_kept_for_its_own_pictures_alone(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(pictures / "runs")
    command = ["train", "mine", "--known", str(pictures / "colours"), "--out", out, "--device", "cpu", *QUICK]
    assert main(command) == 0
    assert main(command) == 1
    assert "add --resume" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 0
    (pictures / "colours" / "red" / "00.png").unlink()
    assert main([*command, "--resume"]) == 1
    assert "was trained on other pictures" in capsys.readouterr().err


def test_several_seeds_are_several_networks(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = pictures / "runs"
    command = ["train", "--known", str(pictures / "colours"), "--negatives", str(pictures / "greys"), "--out", str(out),
               "--device", "cpu", *QUICK, "--set", "epochs=1", "--seeds", "0", "3"]  # fmt: skip
    assert main(command) == 0
    assert [load_card(out, f"colours_nat_seed{seed}").seed for seed in (0, 3)] == [0, 3]
    assert "over 2 seeds: accuracy " in capsys.readouterr().out


def test_a_recipe_lends_its_settings_to_your_pictures(pictures: Path) -> None:
    out = pictures / "runs"
    known = ["--known", str(pictures / "colours"), "--negatives", str(pictures / "greys")]
    assert main(["train", "digits_nat", *known, "--out", str(out), "--set", "epochs=1", "--set", "sizes=8:1"]) == 0
    card = load_card(out, "digits_nat_on_colours")
    assert (card.architecture, card.recipe.flip, card.recipe.in_distribution) == ("wrn10_1", False, "own")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "name a recipe (resnet18_baseline, "),
        (["nope"], "unknown recipe 'nope'; known: resnet18_baseline"),
        (["digits_nat", "--negatives", "somewhere"], "--negatives goes with --known"),
        (["digits_nat", "--set", "weight=2"], "unknown field 'weight' of a recipe; known: name, architecture, "),
        (["digits_nat", "--set", "epochs"], "needs FIELD=VALUE, not 'epochs'"),
        (["digits_nat", "--set", "epochs=many"], "epochs needs a whole number, not 'many'"),
        (["digits_nat", "--set", "flip=yes"], "flip needs true or false, not 'yes'"),
        (["digits_nat", "--set", "sizes=32"], "sizes needs SIZE:SHARE,..., not '32'"),
        (["digits_nat", "--set", "warm_up=1"], "needs warm_up in [0, 1), not 1.0"),
        (["digits_nat", "--set", "architecture=vgg16"], "unknown architecture 'vgg16'; known: resnet18"),
        (["digits_nat", "--seeds", "0", "-1"], "--seeds"),
        (["digits_nat", "--seeds", "0", "x"], "--seeds: each needs a whole number from 0 up, not 'x'"),
        (["digits_nat", "--seeds", "9" * 5000], "--seeds: each needs a whole number from 0 up, not '99999"),
        (["digits_nat", "--threads", "0"], "from 1 up, not '0'"),
        (["new", "--known", "somewhere", "--protocol", "cpu"], "--protocol cpu goes with a recipe's name"),
    ],
)
def test_a_wrong_command_is_status_2_and_says_why(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["train", *arguments])
    assert sentence in capsys.readouterr().err


def test_pictures_that_are_not_there_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "mine", "--known", str(tmp_path / "none"), "--out", str(tmp_path)]) == 1
    assert "neither a folder of pictures nor an .npz file" in capsys.readouterr().err


def test_words_set_any_kind_of_field() -> None:
    words = ["negative_weight=2", "hardest=4", "flip=false", "teacher=other", "attention_levels=low, high",
             "sizes=16:0.5,32:1", "negatives=none"]  # fmt: skip
    recipe = with_settings(RECIPES["wrn16_1_nat"], words)
    assert recipe == replace(
        RECIPES["wrn16_1_nat"], negative_weight=2.0, hardest=4, flip=False, teacher="other",
        attention_levels=("low", "high"), sizes=((16, 0.5), (32, 1.0)), negatives=None,
    )  # fmt: skip
    assert with_settings(recipe, []) == recipe


def test_every_field_can_be_set_to_what_it_is() -> None:
    recipe = Recipe("mine", "wrn16_1", synthetic=("blobs",), negatives="noise_train")
    words = {"sizes": "24:0.55,32:1.0"}
    for name, value in recipe.to_json().items():
        text = ",".join(value) if isinstance(value, list) and name not in words else str(value)
        assert with_settings(recipe, [f"{name}={words.get(name, text)}"]) == recipe


def test_seeds_are_summed_up_by_mean_and_range(digits_networks: Path) -> None:
    report = load_card(digits_networks, "digits_nat").report
    lines = over_seeds([replace(report, accuracy=0.5), replace(report, accuracy=0.75)])
    assert lines[0] == "over 2 seeds: accuracy 62.50 (50.00 to 75.00) %"
    assert len(lines) == 1 + len(report.negatives)


NOTEBOOK = """
import nat_core as nat
network = nat.load_network("wrn16_1_nat")
said = nat.predict(network, nat.read_folder("greys"))
print(nat.ncr(said, 0.9), nat.auroc(nat.load_predictions("wrn16_1_nat")["cifar10_test"], said))
report = nat.evaluate_logits(known=my_logits, negatives={"holiday": others}, labels=y)
mine = nat.wrap(my_module, classes=["red", "blue"], mean=(0.5,) * 3, std=(0.25,) * 3)
home = nat.train(recipe, known="colours", negatives="greys", out="runs")
"""


def test_one_cell_of_a_notebook_goes_from_a_stored_network_to_ones_own(
    pictures: Path, networks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    monkeypatch.chdir(pictures)
    monkeypatch.setenv("NAT_CHECKPOINTS", str(networks))
    cell: dict[str, Any] = {
        "my_logits": np.array([[3.0, 0.0], [0.0, 3.0]]),
        "others": np.array([[0.0, 0.0], [5.0, 0.0]]),
        "y": np.array([0, 1]),
        "my_module": torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 32 * 32, 2)),
        "recipe": Recipe("mine", "wrn10_1", epochs=1, sizes=((8, 1.0),)),
    }
    exec(NOTEBOOK, cell)
    ncr, auroc = map(float, capsys.readouterr().out.split()[:2])
    assert 0 <= ncr <= 1
    assert 0 <= auroc <= 1
    assert cell["report"].negatives["holiday"].ncr["0.9"] == 0.5  # softmax(5, 0) is above .9, softmax(0, 0) is not
    assert cell["report"].accuracy == 1.0
    assert cell["mine"].classes == ("red", "blue")
    assert load_card(pictures / "runs", "mine").classes == ("blue", "red")
    assert cell["home"] == Path("runs/mine")


def test_of_a_recipe_without_negatives_none_are_told() -> None:
    from nat_core.training.pictures import fitting  # torch comes with it

    student = RECIPES["wrn16_1_student_of_nat"]
    fitted, sentences = fitting(student, 20, None)
    assert (fitted.batch_size, fitted.negatives_per_batch) == (5, student.negatives_per_batch)
    assert sentences == ["64 pictures a step are more than the 20 to learn: 5 are taken."]


def test_a_long_folder_name_makes_a_name_that_every_disk_takes() -> None:
    options = build_parser().parse_args(["train", "--known", "./" + "y" * 200])
    assert chosen_recipe(options).name == f"{'y' * 40}_baseline"
