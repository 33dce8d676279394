"""Stored features: chosen, made by `nat features`, read back, and refused where altered."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from nat_core.__main__ import main
from nat_core.data.sets import load_set
from nat_core.errors import CheckpointError
from nat_core.files import write_durably
from nat_core.network.inference import features, load_network, predict
from nat_core.store.checkpoints import load_card, load_predictions, write_card
from nat_core.store.features import (
    CHOSEN,
    CHOSEN_UNSEEN,
    FEATURES,
    FEATURES_UNSEEN,
    Features,
    choose,
    has_features,
    load_features,
    save_features,
)
from tests.present import present
from tests.synthetic import write_network

NAME = "wrn16_1_baseline"
SHIPPED = Path(__file__).parents[2] / "checkpoints"


def some(count: int = 3) -> Features:
    """Made-up features."""
    values = np.random.default_rng(0).random((count, 4)).astype(np.float32)
    return Features("cifar10_test", tuple(f"{number:016x}" for number in range(count)), values, np.arange(count))


def test_the_choice_is_seeded_sorted_and_without_repeats() -> None:
    chosen = choose(100, 1000)
    assert chosen.tolist() == sorted(set(chosen.tolist()))
    assert chosen.tolist() == choose(100, 1000).tolist() != choose(100, 1000, seed=1).tolist()
    with pytest.raises(ValueError, match="not 0 of 5"):
        choose(0, 5)


def test_lengths_that_disagree_are_refused() -> None:
    with pytest.raises(ValueError, match="cifar10_test: 1 ids and 2 labels for 2 features"):
        Features("cifar10_test", ("0" * 16,), np.zeros((2, 4), np.float32), np.zeros(2, np.int64))


def test_stored_features_come_back_and_the_card_vouches_for_them(tmp_path: Path) -> None:
    write_network(tmp_path, NAME)
    assert not has_features(tmp_path, NAME)
    with pytest.raises(CheckpointError, match=f"Make them with: nat features {NAME}"):
        load_features(tmp_path, NAME)
    before = load_card(tmp_path, NAME)
    path = save_features(tmp_path, NAME, {"cifar10_test": some()})
    back = load_features(tmp_path, NAME)["cifar10_test"]
    np.testing.assert_allclose(back.values, some().values, atol=5e-4)
    assert (back.ids, back.labels.tolist(), len(back)) == (some().ids, [0, 1, 2], 3)
    after = load_card(tmp_path, NAME)
    assert set(after.sha256) - set(before.sha256) == {FEATURES}
    assert after.report == before.report
    assert "gallery" in load_predictions(tmp_path, NAME)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="truncated or altered"):
        load_features(tmp_path, NAME)
    path.unlink()
    with pytest.raises(CheckpointError, match="is missing: make it again"):
        load_features(tmp_path, NAME)


def test_what_another_program_wrote_as_features_is_named(tmp_path: Path) -> None:
    write_network(tmp_path, NAME)
    path = save_features(tmp_path, NAME, {"cifar10_test": some()})
    digest = write_durably(path, save({"other": np.zeros(2)}))
    card = load_card(tmp_path, NAME)
    write_card(path.parent, replace(card, sha256=card.sha256 | {FEATURES: digest}))
    with pytest.raises(CheckpointError, match=rf"holds no features \(.+\): make it again with: nat features {NAME}"):
        load_features(tmp_path, NAME)


def test_features_of_photos_come_back_with_their_files_names(tmp_path: Path) -> None:
    write_network(tmp_path, NAME)
    photos = Features("ilsvrc", ("n01440764_tench.jpg", "é.jpg"), np.ones((2, 4), np.float32), np.full(2, -1))
    save_features(tmp_path, NAME, {"cifar10_test": some()})
    path = save_features(tmp_path, NAME, {"ilsvrc": photos}, FEATURES_UNSEEN)
    back = load_features(tmp_path, NAME)
    assert list(back) == ["cifar10_test", "ilsvrc"]
    assert (back["ilsvrc"].ids, back["ilsvrc"].labels.tolist()) == (photos.ids, [-1, -1])
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match=f"{FEATURES_UNSEEN} is truncated or altered"):
        load_features(tmp_path, NAME)


def test_the_verb_stores_what_the_last_layer_is_given(tmp_path: Path, small_cifar: Path, capsys) -> None:
    write_network(tmp_path, NAME)
    folders = ["--checkpoints", str(tmp_path), "--data", str(small_cifar)]
    # The small CIFAR-10 has other class names than the made-up network.
    assert main(["features", NAME, *folders]) == 1
    assert "not CIFAR-10's classes" in capsys.readouterr().err
    archive = dict(np.load(small_cifar / "cifar10.npz"))
    np.savez(small_cifar / "cifar10.npz", **archive | {"classes": np.array(load_card(tmp_path, NAME).classes)})
    assert main(["features", NAME, *folders]) == 0
    stored, network = load_features(tmp_path, NAME), load_network(tmp_path, NAME)
    # ILSVRC is not there, so of the unseen sets there is noise alone.
    shapes = {name: (len(load_set(name, small_cifar)), 64) for name in CHOSEN} | {"noise": (1000, 64)}
    assert {name: each.values.shape for name, each in stored.items()} == shapes
    assert set(stored["noise"].labels.tolist()) == {-1}
    test, pixels = stored["cifar10_test"], archive["test_images"]
    assert test.labels.tolist() == archive["test_labels"].tolist()
    last = network.model.classifier
    logits = features(network, pixels) @ last.weight.numpy().T + last.bias.numpy()
    np.testing.assert_allclose(logits, predict(network, pixels).logits, atol=1e-4)
    np.testing.assert_allclose(test.values, features(network, pixels), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", [path.parent.name for path in sorted(SHIPPED.glob(f"*/{FEATURES}"))])
def test_the_shipped_features_give_the_stored_logits(name: str) -> None:
    stored, network = load_features(SHIPPED, name), load_network(SHIPPED, name)
    last = network.model.classifier
    assert {set_name: len(each) for set_name, each in stored.items()} == CHOSEN | CHOSEN_UNSEEN
    for set_name in ("cifar10_test", "cifar100_test", *CHOSEN_UNSEEN):
        expected = load_predictions(SHIPPED, name, [set_name])[set_name]
        places = {identity: place for place, identity in enumerate(expected.ids)}
        rows = [places[identity] for identity in stored[set_name].ids]
        logits = stored[set_name].values @ last.weight.numpy().T + last.bias.numpy()
        np.testing.assert_allclose(logits, expected.logits[rows], rtol=5e-3, atol=0.05)
        if set_name == "cifar10_test":
            assert stored[set_name].labels.tolist() == present(expected.labels)[rows].tolist()
