"""A head that learns a visitor's negatives: it begins as the network, learns what it is shown, and is measured."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from nat_core.measure.metrics import accuracy, negative_confidence_rate
from nat_core.network.inference import features, load_network
from nat_core.small.heads import Examples, architecture_of, copies, logits, predict, start, train
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


@pytest.mark.parametrize("extra_units", [0, 7])
def test_both_heads_begin_as_the_last_layer(classifier: torch.nn.Linear, extra_units: int) -> None:
    architecture, known = architecture_of(classifier, extra_units), values(50)
    assert architecture.sizes == (4, 4 + extra_units, 3)
    expected = classifier(torch.from_numpy(known)).detach().numpy()
    for head in logits(start(classifier, extra_units), architecture, known):
        np.testing.assert_allclose(head, expected, atol=1e-6)


def test_one_head_becomes_neutral_on_the_negatives_and_the_other_never_sees_them(classifier: torch.nn.Linear) -> None:
    known, own = values(300), values(5, seed=1) + 2
    labels = classifier(torch.from_numpy(known)).argmax(1).numpy()
    architecture = architecture_of(classifier)
    *_, learned = train(start(classifier), Examples(known, labels, own), architecture, 200)
    *_, other = train(start(classifier), Examples(known, labels, own + 1), architecture, 200)
    np.testing.assert_array_equal(learned.weights[0], other.weights[0])
    before, after = (
        torch.from_numpy(logits(state, architecture, own)).softmax(2).amax(2) for state in (start(classifier), learned)
    )
    assert after[1].mean() < before[1].mean() - 0.1
    assert learned.step == 200


def test_the_same_seed_draws_the_same_and_further_negatives_are_learned_too(classifier: torch.nn.Linear) -> None:
    known, own, beside = values(300), values(3, seed=1), values(40, seed=2) * 3
    labels = np.arange(300) % 3
    architecture, begin = architecture_of(classifier), start(classifier)
    examples = Examples(known, labels, own, beside)
    one, again = (list(islice(train(begin, examples, architecture, 5, seed=4), 5))[-1] for _ in range(2))
    assert one.weights.equal(again.weights)
    *_, without = train(begin, Examples(known, labels, own), architecture, 5, seed=4)
    assert not one.weights[1].equal(without.weights[1])
    assert one.weights[0].equal(without.weights[0])


def test_answers_by_hand(classifier: torch.nn.Linear) -> None:
    with torch.no_grad():
        classifier.weight.copy_(torch.eye(3, 4) * 10)
        classifier.bias.zero_()
    sure = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], np.float32)
    sets = {
        "own": Features("own", tuple("abcd"), sure, np.array([0, 1, 0, 0])),
        "none": Features("none", (), sure[:0], np.zeros(0, np.int64)),
    }
    alone, aware = predict(start(classifier), architecture_of(classifier), sets)
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
        Examples(values(3), np.arange(3), values(0))
    with pytest.raises(ValueError, match="of each kind"):
        Examples(values(3), np.arange(3), values(1), values(0))
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
    architecture, begin = architecture_of(network.model.classifier), start(network.model.classifier)
    *_, learned = train(begin, Examples(known.values, known.labels, own), architecture)
    own_set, others = (
        Features(name, tuple(map(str, range(len(values)))), values, np.full(len(values), -1))
        for name, values in (("own", own[:5]), ("others", features(network, outside[5:])))
    )
    sets = {"own": own_set, "others": others, "cifar100": stored["cifar100_test"], "test": stored["cifar10_test"]}
    before, after = predict(begin, architecture, sets)[1], predict(learned, architecture, sets)[1]
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
