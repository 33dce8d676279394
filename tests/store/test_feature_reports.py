"""Scores from stored features: the counts, the variants of ILSVRC, and the same numbers as from the plain functions."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from nat_core.errors import CheckpointError
from nat_core.measure.feature_scores import knn_score, rmds_score, vim_score
from nat_core.measure.scores import separation
from nat_core.store.checkpoints import load_weights
from nat_core.store.feature_reports import ALL_SCORES, FEATURE_SCORES, feature_report
from nat_core.store.features import FEATURES_UNSEEN, Features, load_features, save_features
from tests.synthetic import WORDNET_IDS, write_network

NAME = "wrn16_1_nat"
SHIPPED = Path(__file__).parents[2] / "checkpoints"


def made_up(set_name: str, count: int, shift: float, ids: tuple[str, ...] | None = None) -> Features:
    """Features of 64 channels, some of them further from the origin."""
    generator = np.random.default_rng(len(set_name))
    values = np.maximum(generator.normal(shift, 1, (count, 64)), 0).astype(np.float32)
    return Features(set_name, ids or tuple(f"{place:016x}" for place in range(count)), values, np.arange(count) % 10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One network with features of five sets."""
    write_network(tmp_path, NAME)
    seen = [made_up("cifar10_train", 1000, 0.5), made_up("cifar10_test", 90, 0.5), made_up("cifar100_test", 80, 0.1)]
    photos = tuple(f"{WORDNET_IDS[place % 3]}_{place}.jpg" for place in range(60))
    save_features(tmp_path, NAME, {each.set_name: each for each in seen})
    unseen = [made_up("ilsvrc", 60, 0.0, photos), made_up("noise", 40, -0.5)]
    save_features(tmp_path, NAME, {each.set_name: each for each in unseen}, FEATURES_UNSEEN)
    return tmp_path


def test_every_score_is_that_of_the_plain_functions(folder: Path) -> None:
    found, stored, weights = feature_report(folder, NAME), load_features(folder, NAME), load_weights(folder, NAME)
    # A fiftieth of CIFAR-10's 50,000, so k is a fiftieth of 50.
    assert (found.fitted_to, found.neighbours, found.known) == (1000, 1, 90)
    assert list(found.images.items()) == [
        ("cifar100_test", 80), ("ilsvrc", 60), ("ilsvrc_strict", 40), ("ilsvrc_strict_near", 20), ("noise", 40),
    ]  # fmt: skip
    training = stored["cifar10_train"]
    last = weights["classifier.weight"], weights["classifier.bias"]
    by_hand = {
        "knn": lambda values: knn_score(values, training.values, 1),
        "vim": lambda values: vim_score(values, training.values, *last),
        "rmds": lambda values: rmds_score(values, training.values, training.labels),
        "max_logit": lambda values: (values @ last[0].T + last[1]).max(axis=1).astype(np.float64),
    }
    known, photos = stored["cifar10_test"].values, stored["ilsvrc"].values
    strict = [place for place, identity in enumerate(stored["ilsvrc"].ids) if WORDNET_IDS[1] not in identity]
    for score, values_of in by_hand.items():
        whole = separation(values_of(known), values_of(photos))
        assert asdict(found.by_score["ilsvrc"][score]) == pytest.approx(asdict(whole), abs=1e-9)
        part = separation(values_of(known), values_of(photos[strict]))
        assert asdict(found.by_score["ilsvrc_strict"][score]) == pytest.approx(asdict(part), abs=1e-9)
    assert all(tuple(each) == ALL_SCORES for each in found.by_score.values())


def test_without_unseen_features_there_is_cifar_alone(tmp_path: Path) -> None:
    write_network(tmp_path, NAME)
    with pytest.raises(CheckpointError, match=f"Make them with: nat features {NAME}"):
        feature_report(tmp_path, NAME)
    seen = [made_up("cifar10_train", 1000, 0.5), made_up("cifar10_test", 90, 0.5), made_up("cifar100_test", 80, 0.1)]
    save_features(tmp_path, NAME, {each.set_name: each for each in seen})
    assert list(feature_report(tmp_path, NAME).by_score) == ["cifar100_test"]


@pytest.mark.skipif(not (SHIPPED / NAME / FEATURES_UNSEEN).is_file(), reason="needs features in checkpoints/")
def test_of_a_shipped_network_the_logits_scores_are_near_those_of_the_whole_sets() -> None:
    from nat_core.store.checkpoints import load_card

    found, report = feature_report(SHIPPED, NAME), load_card(SHIPPED, NAME).report
    assert found.fitted_to == 5000
    for set_name in ("cifar100_test", "ilsvrc_strict_near"):
        for score, whole in report.sets[set_name].by_score.items():
            assert found.by_score[set_name][score].auroc == pytest.approx(whole.auroc, abs=0.015)
    for score in FEATURE_SCORES:
        assert 0.5 < found.by_score["ilsvrc_strict_near"][score].auroc < 1
