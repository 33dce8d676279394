"""A head that learns a visitor's negatives: it begins as the network, learns what it is shown, and is measured."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from nat_core.measure.metrics import accuracy, negative_confidence_rate
from nat_core.network.inference import features, load_network
from nat_core.small.heads import Lesson, answers, copies, logits, make_of, start, train
from nat_core.store.features import FEATURES, Features, load_features

SHIPPED = Path(__file__).parents[2] / "checkpoints"


@pytest.fixture
def classifier() -> torch.nn.Linear:
    """A last layer of three classes on four channels."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torch.nn.Linear(4, 3)


def values(count: int, seed: int = 0) -> np.ndarray:
    """Made-up features."""
    return np.random.default_rng(seed).random((count, 4)).astype(np.float32)


@pytest.mark.parametrize("further", [0, 7])
def test_both_heads_begin_as_the_last_layer(classifier: torch.nn.Linear, further: int) -> None:
    make, known = make_of(classifier, further), values(50)
    assert make.sizes == (4, 4 + further, 3)
    expected = classifier(torch.from_numpy(known)).detach().numpy()
    for head in logits(start(classifier, further), make, known):
        np.testing.assert_allclose(head, expected, atol=1e-6)


def test_one_head_becomes_neutral_on_the_negatives_and_the_other_never_sees_them(classifier: torch.nn.Linear) -> None:
    known, own = values(300), values(5, seed=1) + 2
    labels = classifier(torch.from_numpy(known)).argmax(1).numpy()
    make = make_of(classifier)
    *_, learned = train(start(classifier), Lesson(known, labels, own), make, 200)
    *_, other = train(start(classifier), Lesson(known, labels, own + 1), make, 200)
    np.testing.assert_array_equal(learned.weights[0], other.weights[0])
    before, after = (
        torch.from_numpy(logits(state, make, own)).softmax(2).amax(2) for state in (start(classifier), learned)
    )
    assert after[1].mean() < before[1].mean() - 0.1
    assert learned.step == 200


def test_the_same_seed_draws_the_same_and_further_negatives_are_learned_too(classifier: torch.nn.Linear) -> None:
    known, own, beside = values(300), values(3, seed=1), values(40, seed=2) * 3
    labels = np.arange(300) % 3
    make, begin = make_of(classifier), start(classifier)
    lesson = Lesson(known, labels, own, beside)
    one, again = (list(islice(train(begin, lesson, make, 5, seed=4), 5))[-1] for _ in range(2))
    assert one.weights.equal(again.weights)
    *_, without = train(begin, Lesson(known, labels, own), make, 5, seed=4)
    assert not one.weights[1].equal(without.weights[1])
    assert one.weights[0].equal(without.weights[0])


def test_answers_by_hand(classifier: torch.nn.Linear) -> None:
    with torch.no_grad():
        classifier.weight.copy_(torch.eye(3, 4) * 10)
        classifier.bias.zero_()
    sure = np.float32([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    sets = {
        "own": Features("own", tuple("abcd"), sure, np.array([0, 1, 0, 0])),
        "none": Features("none", (), sure[:0], np.zeros(0, np.int64)),
    }
    alone, aware = answers(start(classifier), make_of(classifier), sets)
    assert list(alone) == list(aware) == ["own"]
    assert (aware["own"].confidence > 0.9).tolist() == [True, True, True, False]
    assert accuracy(aware["own"].predicted, aware["own"].labels) == 0.75
    assert aware["own"].confidence[3] == pytest.approx(1 / 3)


def test_copies_keep_the_originals_first_and_move_little() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
    made = copies(pixels, 4, seed=2)
    assert made.shape == (15, 32, 32, 3)
    assert np.array_equal(made[:3], pixels)
    assert np.array_equal(made, copies(pixels, 4, seed=2))
    assert set(np.unique(made[3:7])) <= set(np.unique(pixels[0]))
    assert np.array_equal(copies(pixels, 0), pixels)
    with pytest.raises(ValueError, match="at least 0, not -1"):
        copies(pixels, -1)


def test_what_cannot_be_learned_is_refused(classifier: torch.nn.Linear) -> None:
    with pytest.raises(ValueError, match="at least one known picture and one negative"):
        Lesson(values(3), np.arange(3), values(0))
    with pytest.raises(ValueError, match="of each kind"):
        Lesson(values(3), np.arange(3), values(1), values(0))
    with pytest.raises(ValueError, match="at least 0, not -1"):
        start(classifier, -1)


@pytest.mark.checkpoints
@pytest.mark.skipif(not (SHIPPED / "wrn16_1_baseline" / FEATURES).is_file(), reason="needs features in checkpoints/")
def test_five_photos_protect_themselves_and_little_else_at_hardly_any_cost() -> None:
    from nat_core.data.sets import load_set

    stored, network = load_features(SHIPPED, "wrn16_1_baseline"), load_network(SHIPPED, "wrn16_1_baseline")
    gallery = load_set("gallery")
    outside = gallery.pixels[gallery.labels == -1]
    own, known = features(network, copies(outside[:5])), stored["cifar10_train"]
    make, begin = make_of(network.model.classifier), start(network.model.classifier)
    *_, learned = train(begin, Lesson(known.values, known.labels, own), make)
    own_set, others = (
        Features(name, tuple(map(str, range(len(values)))), values, np.full(len(values), -1))
        for name, values in (("own", own[:5]), ("others", features(network, outside[5:])))
    )
    sets = {"own": own_set, "others": others, "cifar100": stored["cifar100_test"], "test": stored["cifar10_test"]}
    before, after = answers(begin, make, sets)[1], answers(learned, make, sets)[1]
    fooled = {
        name: [negative_confidence_rate(each[name].confidence, 0.9) for each in (before, after)]
        for name in list(sets)[:3]
    }
    assert fooled["own"][1] == 0
    # Little else: of the 17 other photos a few fool it before, so only the CIFAR-100 pictures can say it closely.
    assert fooled["others"][1] > 0
    assert fooled["cifar100"][1] > 0.75 * fooled["cifar100"][0]
    right = [accuracy(each["test"].predicted, each["test"].labels) for each in (before, after)]
    assert right[1] > right[0] - 0.02
