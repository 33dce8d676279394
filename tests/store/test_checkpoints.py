"""Checkpoints: a round trip through the disk, and one sentence for each way in which one can be wrong."""

import json
import pickle
import re
import shutil
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save, save_file

from nat_core.cli.parser import build_parser
from nat_core.errors import CheckpointError, TrainingError
from nat_core.files import sealed, unsealed
from nat_core.measure.predictions import Predictions
from nat_core.measure.report import evaluate
from nat_core.network.inference import load_network
from nat_core.network.models import build
from nat_core.recipes import NAT_STRONG, RECIPES, recipe_named
from nat_core.store.checkpoints import (
    CARD,
    PREDICTIONS,
    WEIGHTS,
    OwnData,
    available,
    checkpoints_folder,
    folder_with,
    is_finished,
    load_card,
    load_maps,
    load_predictions,
    load_weights,
    own_folder,
    save_checkpoint,
    search_path,
    shipped_folder,
    training_command,
    write_card,
)
from nat_core.studies.plan import planned_runs
from tests.synthetic import write_network

NAME = "digits_nat"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one untrained network and predictions drawn from a seed."""
    recipe = recipe_named(NAME)
    generator = np.random.default_rng(0)
    weights = {key: value.numpy() for key, value in build(recipe.architecture, 6, seed=0).state_dict().items()}
    predictions = {
        name: Predictions(
            NAME, name, tuple(f"{index:016x}" for index in range(4)), generator.normal(size=(4, 6)).astype(np.float32),
            np.array([0, 1, 2, 3]) if name == "digits_test" else None,
        )
        for name in ("digits_test", "digits_89")
    }  # fmt: skip
    classes = tuple("012345")
    report = evaluate(predictions, recipe.roles, seed=0, protocol="digits", classes=classes)
    card = {
        "recipe": recipe, "architecture": recipe.architecture, "classes": classes, "mean": (0.5,) * 3,
        "std": (0.2,) * 3,
        "preprocessing": {"size": 32, "crop": "centre", "filter": "bicubic"}, "seed": 0, "parameters": 1,
        "hardware": "test", "precision": "float32", "seconds": 1.5, "trained_at": "2026-01-01", "versions": {},
        "report": report,
    }  # fmt: skip
    maps = {"low": np.ones((4, 2, 2), np.float32)}
    save_checkpoint(tmp_path, NAME, weights=weights, predictions=predictions, maps=maps, card=card)
    return tmp_path


def test_a_checkpoint_comes_back_whole(folder: Path) -> None:
    card = load_card(folder, NAME)
    assert (card.recipe, card.classes, card.protocol) == (recipe_named(NAME), tuple("012345"), "digits")
    assert card.roles["digits_89"] == "unseen"
    predictions = load_predictions(folder, NAME)
    again = evaluate(predictions, card.roles, seed=0, protocol="digits", classes=card.classes)
    assert card.report.sets["digits_89"].images == 4
    # The report in the file does not say how long it learned; the recipe does.
    assert "epochs" not in json.loads((folder / NAME / CARD).read_text())["report"]
    assert card.report.epochs == card.recipe.epochs == 50
    assert again.accuracy == card.report.accuracy
    assert list(load_predictions(folder, NAME, ["digits_89"])) == ["digits_89"]
    assert load_maps(folder, NAME)["low"].shape == (4, 2, 2)
    weights = load_weights(folder, NAME)
    assert weights["stem.weight"].dtype == np.float32
    assert available(folder) == (NAME,)
    assert load_network(folder, NAME).classes == card.classes


def test_weights_are_float16_and_norm_statistics_float32(folder: Path) -> None:
    from safetensors.numpy import load_file

    stored = load_file(folder / NAME / WEIGHTS)
    assert stored["stem.weight"].dtype == np.float16
    assert stored["norm.running_var"].dtype == np.float32


@pytest.mark.parametrize("file", [WEIGHTS, PREDICTIONS])
@pytest.mark.parametrize("damage", ["truncated", "altered", "empty", "missing", "another file"])
def test_a_damaged_file_is_named(folder: Path, file: str, damage: str) -> None:
    path = folder / NAME / file
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "another file":
        save_file({"weight": np.zeros(3, np.float32)}, path)
    else:
        path.write_bytes({"truncated": content[:-100], "altered": content[:-1] + b"!", "empty": b""}[damage])
    read = load_weights if file == WEIGHTS else load_predictions
    with pytest.raises(CheckpointError, match=file) as caught:
        read(folder, NAME)
    assert ("is missing" if damage == "missing" else "truncated or altered") in str(caught.value)


@pytest.mark.parametrize("damage", ["{", "[]", '{"format": 1}', '{"format": 2}', "null"])
def test_a_damaged_card_is_named(folder: Path, damage: str) -> None:
    (folder / NAME / CARD).write_text(damage)
    with pytest.raises(CheckpointError, match=r"card\.json (is damaged|has format 2)"):
        load_card(folder, NAME)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"classes": ["cat"]}, "from 2 to 1,000 classes of different names"),
        ({"classes": ["cat", "cat"]}, "from 2 to 1,000 classes of different names"),
        ({"classes": [str(number) for number in range(1_001)]}, "from 2 to 1,000 classes of different names"),
        ({"mean": [0.5, 0.5]}, "mean and std are three numbers each, std above 0"),
        ({"std": [0.5] * 4}, "mean and std are three numbers each, std above 0"),
        ({"std": [0.5, 0.5, 0.0]}, "mean and std are three numbers each, std above 0"),
        ({"architecture": "vgg"}, "unknown architecture 'vgg'; known: "),
        ({"preprocessing": {"crop": "round"}}, "needs a crop of centre, .* and a filter of "),
        ({"preprocessing": {"filter": "blur"}}, "needs a crop of centre, .* and a filter of "),
        ({"sha256": {}}, f"sha256 lacks {WEIGHTS}"),
    ],
)
def test_a_sealed_card_that_cannot_be_is_refused(folder: Path, changed: dict, says: str) -> None:
    path = folder / NAME / CARD
    path.write_bytes(sealed(json.dumps(unsealed(path.read_bytes()) | changed)))
    with pytest.raises(CheckpointError, match=says):
        load_card(folder, NAME)


@pytest.mark.parametrize("name", ["", " ", ".", "..", "a/b", "a\\b", "a\0b", "a\u202eb", "\ud800", "é" * 128])
def test_a_name_is_that_of_a_folder_alone(folder: Path, name: str) -> None:
    with pytest.raises(CheckpointError, match="give the name of its folder alone"):
        load_card(folder, name)


def test_predictions_of_another_program_are_refused_though_nobody_altered_them(folder: Path) -> None:
    content = save({"digits_test/logits": np.zeros((2, 6), np.float16)})  # no ids
    (folder / NAME / PREDICTIONS).write_bytes(content)
    path = folder / NAME / CARD
    values = unsealed(path.read_bytes())
    values["sha256"][PREDICTIONS] = sha256(content).hexdigest()
    path.write_bytes(sealed(json.dumps(values)))
    with pytest.raises(CheckpointError, match="holds no predictions"):
        load_predictions(folder, NAME)


def test_a_card_of_another_architecture_is_told_from_its_weights(folder: Path) -> None:
    path = folder / NAME / CARD
    values = unsealed(path.read_bytes())
    path.write_bytes(sealed(json.dumps(values | {"architecture": "wrn16_1"})))
    with pytest.raises(CheckpointError, match="do not fit a wrn16_1 of 6 classes"):
        load_network(folder, NAME)


def test_a_pickle_is_never_loaded(folder: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple:
            return (pytest.fail, ("a pickle was loaded",))

    (folder / NAME / WEIGHTS).write_bytes(pickle.dumps(Trap()))
    with pytest.raises(CheckpointError, match="altered"):
        load_weights(folder, NAME)


def test_a_missing_network_says_how_to_train_it(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="Train it with: nat train wrn16_1_nat"):
        load_card(tmp_path, "wrn16_1_nat")
    assert available(tmp_path) == ()


def test_a_card_whose_link_leads_nowhere_is_told_of(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / CARD).symlink_to("gone")
    assert available(tmp_path) == (NAME,)
    with pytest.raises(CheckpointError, match="a link that leads nowhere"):
        load_card(tmp_path, NAME)


def test_a_taken_name_is_refused_and_nothing_is_left_over(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="there already"):
        save_checkpoint(folder, NAME, weights={}, predictions={}, maps={}, card={})
    with pytest.raises(TypeError):
        save_checkpoint(folder, "other", weights={}, predictions={}, maps={}, card={})
    assert [path.name for path in folder.iterdir()] == [NAME]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as the current one, with nothing said of checkpoints."""
    monkeypatch.delenv("NAT_CHECKPOINTS", raising=False)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def shipped(elsewhere: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The installed package of networks: a folder on the path, without an __init__, as in the wheel."""
    site = elsewhere / "site-packages"
    site.mkdir()
    shutil.copytree(folder / NAME, site / "nat_checkpoints" / NAME)
    # Before whatever is installed: in a clone the finder of an editable install comes first otherwise.
    monkeypatch.setattr(sys, "meta_path", [each for each in sys.meta_path if "editable" not in repr(each)])
    monkeypatch.syspath_prepend(site)
    return site / "nat_checkpoints"


def test_networks_are_stored_where_is_said_then_in_the_environments_folder_then_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NAT_CHECKPOINTS", "elsewhere")
    assert own_folder(Path("explicit")) == checkpoints_folder(Path("explicit")) == Path("explicit")
    assert own_folder() == checkpoints_folder() == Path("elsewhere")
    monkeypatch.delenv("NAT_CHECKPOINTS")
    assert own_folder() == Path("checkpoints")


def test_the_installed_networks_are_shown_where_there_are_no_others(shipped: Path, folder: Path) -> None:
    assert shipped_folder() == shipped
    assert (checkpoints_folder(), own_folder()) == (shipped, Path("checkpoints"))
    assert available(checkpoints_folder()) == (NAME,)
    assert checkpoints_folder("named") == Path("named")
    shutil.copytree(folder / NAME, Path("checkpoints") / "mine")
    assert checkpoints_folder() == Path("checkpoints")


def test_a_name_is_looked_for_in_the_environments_folder_then_here_then_in_the_package(
    shipped: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert search_path() == (Path("checkpoints"), shipped)
    assert folder_with(NAME) == shipped
    shutil.copytree(folder / NAME, Path("checkpoints") / NAME)
    assert folder_with(NAME) == Path("checkpoints")
    shutil.copytree(folder / NAME, Path("other") / NAME)
    monkeypatch.setenv("NAT_CHECKPOINTS", "other")
    assert search_path() == (Path("other"), Path("checkpoints"), shipped)
    assert folder_with(NAME) == Path("other")
    shutil.rmtree("other")
    assert folder_with(NAME) == Path("checkpoints")


def test_a_named_folder_stands_alone(shipped: Path) -> None:
    assert folder_with(NAME, shipped) == shipped
    with pytest.raises(CheckpointError, match=f"No network {NAME} in mine, which holds none. Train it with: nat train"):
        folder_with(NAME, "mine")


def test_no_command_is_named_that_would_be_refused(tmp_path: Path) -> None:
    home = tmp_path / "digits_nat"
    home.mkdir()
    told = f"Move {re.escape(str(home))} away, which holds no network, and train it with: nat train digits_nat --out "
    for ask in (lambda: folder_with("digits_nat", tmp_path), lambda: load_card(tmp_path, "digits_nat")):
        with pytest.raises(CheckpointError, match=told):
            ask()
    home.rmdir()
    with pytest.raises(CheckpointError, match="Train it with: nat train digits_nat --out "):
        folder_with("digits_nat", tmp_path)


def test_what_is_missing_comes_with_one_command(shipped: Path) -> None:
    with pytest.raises(CheckpointError, match=r"leaves it out \(24 MB\): .* train it with: nat train resnet18_nat$"):
        folder_with("resnet18_nat")
    with pytest.raises(CheckpointError, match=f"which hold {NAME}. Choose one of these, or name the folder"):
        folder_with("nope")
    with pytest.raises(CheckpointError, match="Is resnet18_nat meant"):
        folder_with("resnet19_nat")


def test_no_command_is_proposed_that_cannot_work(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CheckpointError) as unknown:
        load_card(shipped, "nope")
    assert str(unknown.value) == (
        f"No network nope in {shipped}, which holds {NAME}. Choose one of these, or name the folder that holds it"
    )
    with pytest.raises(CheckpointError, match=r"holds none\. The names that can be trained are resnet18_baseline, "):
        load_card(tmp_path / "empty", "nope")
    with pytest.raises(CheckpointError, match=f"Train it with: nat train wrn16_1_nat --out {shipped}$"):
        load_card(shipped, "wrn16_1_nat")
    with pytest.raises(CheckpointError, match=f"nat reproduce --run full/resnet18_nat_strong/seed0 --out {shipped}$"):
        load_card(shipped, "resnet18_nat_strong")
    # Into the usual folder it trains without being told, and a name with a blank is one word to a shell.
    monkeypatch.setenv("NAT_CHECKPOINTS", str(tmp_path / "usual"))
    for said in ("nat train wrn16_1_nat$", r"nat train wrn16_1_nat --out 'my networks'$"):
        with pytest.raises(CheckpointError, match=said):
            folder_with("wrn16_1_nat", "my networks" if "out" in said else tmp_path / "usual")


@pytest.mark.parametrize("name", [*RECIPES, NAT_STRONG])
def test_every_command_that_trains_a_network_is_one_the_parser_takes(name: str) -> None:
    command = training_command(name)
    assert command is not None
    options = build_parser().parse_args(command.split()[1:])
    if options.verb == "train":
        assert recipe_named(options.name).name == name
    else:
        published = [run.recipe.name for run in planned_runs(options.protocol, tuple(options.study)) if run.published]
        assert name in published


# --- whether a stored network is the one that is meant ---------------------------------------------------------------


def told(sentence: str) -> str:
    """The pattern of this sentence and no other."""
    return f"^{re.escape(sentence)}$"


def test_a_network_of_other_pictures_is_not_taken_for_this_one(tmp_path: Path) -> None:
    recipe, home = recipe_named("digits_nat"), tmp_path / "digits_nat"
    mine = OwnData("mine", None, {"mine": 3}, "as it came", {"mine": "a" * 64})
    same = replace(mine, known="elsewhere")
    assert not is_finished(tmp_path, recipe, 0)
    assert not is_finished(tmp_path, recipe, 0, source=mine)
    write_network(tmp_path, recipe.name)
    assert is_finished(tmp_path, recipe, 0)
    other = f"{home} was trained on other pictures: choose another name or another --out for these"
    with pytest.raises(TrainingError, match=told(other)):
        is_finished(tmp_path, recipe, 0, source=mine)
    write_card(home, replace(load_card(tmp_path, recipe.name), data=mine))
    assert is_finished(tmp_path, recipe, 0, source=same)
    for source in (None, replace(mine, sha256={"mine": "b" * 64})):
        with pytest.raises(TrainingError, match="was trained on other pictures"):
            is_finished(tmp_path, recipe, 0, source=source)


@pytest.mark.parametrize(
    ("seed", "threads", "settings", "says"),
    [
        (0, None, {"epochs": 50}, "epochs (1, now 50)"),
        (0, 1, {"negative_weight": 2.0}, "negative_weight (1.0, now 2.0)"),
        (5, None, {}, "seed (0, now 5)"),
        (0, 2, {}, "number of threads (1, now 2)"),
    ],
)
def test_a_finished_network_that_was_trained_otherwise_is_not_taken_for_the_one_asked_for(
    tmp_path: Path, seed: int, threads: int | None, settings: dict[str, Any], says: str
) -> None:
    home = write_network(tmp_path, "digits_nat")
    card = load_card(tmp_path, "digits_nat")
    trained = replace(card.recipe, epochs=1)
    write_card(home, replace(card, recipe=trained, threads=1))
    assert is_finished(tmp_path, trained, 0)
    assert is_finished(tmp_path, trained, 0, threads=1)
    sentence = f"{home} holds a network that was trained with another {says}: ask for the same, or choose another --out"
    with pytest.raises(TrainingError, match=told(sentence)):
        is_finished(tmp_path, replace(trained, **settings), seed, threads)
