"""The playground's two networks: same start, same points, and what negatives change."""

import numpy as np
import pytest
import torch

from nat_core.measure.predictions import softmax
from nat_core.small.plane import draw_negatives, draw_points, empty_cells, falsely_sure, grid
from nat_core.small.playground import NO_NEGATIVES, Settings, logits_at, start, train
from nat_core.small.twins import BlownUp, State
from nat_core.training.losses import DIVERGENCES, nat_loss


def last(states) -> State:
    """The last of some states."""
    *_, final = states
    return final


def falsely_sure_with(kind: str, seed: int) -> tuple[float, float]:
    """How much of the empty plane the baseline and the NAT network are falsely sure of."""
    settings, points = Settings(seed=seed), draw_points(seed=seed)
    final = last(train(start(settings, 3), points, draw_negatives(kind, seed=seed), settings))
    cells = grid()
    empty = empty_cells(cells, points.positions)
    baseline, nat = (softmax(logits).max(axis=1) for logits in logits_at(final, cells, settings, 3))
    return falsely_sure(baseline, empty), falsely_sure(nat, empty)


def over_seeds(number: int) -> tuple[np.ndarray, np.ndarray]:
    """What `falsely_sure_with` finds with a ring and with one blob, a row a seed; both baselines are the same."""
    ring, blob = (np.array([falsely_sure_with(kind, seed) for seed in range(number)]) for kind in ("ring", "blob"))
    assert np.array_equal(ring[:, 0], blob[:, 0])
    return ring, blob


@pytest.mark.slow
def test_certainty_vanishes_only_where_negatives_were_shown() -> None:
    ring, blob = over_seeds(1)
    assert ring[:, 0].min() > 0.9
    assert ring[:, 1].max() < 0.35
    assert blob[:, 1].min() > 0.75


@pytest.mark.endurance
def test_certainty_vanishes_as_far_as_was_measured() -> None:
    """Three blobs of 40 points, 20 negatives, ReLU, 400 steps, confidence > 0.9, over seeds 0 to 9.

    Measured: baseline 95.8 % of the empty plane (94.5-97.1), with a ring 15.2 % (8.0-24.7), with one blob 86.3 %
    (82.3-88.9).
    """
    ring, blob = over_seeds(10)
    assert ring[:, 0].mean() == pytest.approx(0.96, abs=0.01)
    assert ring[:, 1].mean() == pytest.approx(0.15, abs=0.03)
    assert blob[:, 1].mean() == pytest.approx(0.86, abs=0.02)
    assert ring[:, 1].max() < 0.35
    assert blob[:, 1].min() > 0.75


def test_without_negatives_both_networks_stay_equal() -> None:
    settings = Settings(width=8)
    final = last(train(start(settings, 2), draw_points("moons", 2), NO_NEGATIVES, settings, 30))
    assert torch.equal(final.weights[0], final.weights[1])
    assert final.losses[0] == final.losses[1]


def test_the_first_step_is_adam_on_the_house_objective() -> None:
    settings, points = Settings(width=4, layers=1, activation="tanh", negative_weight=2.0), draw_points("rings", 2)
    negatives = draw_negatives("ring", 8)
    begin = start(settings, 2)
    weights = begin.weights[1].clone().requires_grad_()
    first, second = weights[:12].view(3, 4), weights[12:].view(5, 2)
    inputs = torch.from_numpy(np.concatenate([points.positions, negatives]))
    logits = torch.tanh(inputs @ first[:2] + first[2]) @ second[:4] + second[4]
    assert torch.allclose(logits, torch.from_numpy(logits_at(begin, inputs.numpy(), settings, 2)[1]), atol=1e-6)
    loss = nat_loss(logits, torch.from_numpy(points.labels), negative_weight=2.0).total
    optimiser = torch.optim.Adam([weights], lr=settings.learning_rate)
    loss.backward()
    optimiser.step()
    after = next(train(begin, points, negatives, settings, 1))
    assert after.losses[1] == pytest.approx(loss.item(), rel=1e-5)
    assert torch.allclose(after.weights[1], weights.detach(), atol=1e-5)


def test_steps_one_by_one_are_the_steps_at_once_and_rewinding_is_the_same_start() -> None:
    settings, points, negatives = Settings(width=8), draw_points(), draw_negatives("corner")
    begin = start(settings, 3)
    at_once = last(train(begin, points, negatives, settings, 5))
    state = begin
    for _ in range(5):
        state = next(train(state, points, negatives, settings, 1))
    assert state.step == at_once.step == 5
    assert torch.equal(state.weights, at_once.weights)
    assert torch.equal(begin.weights, start(settings, 3).weights)
    assert begin.step == 0


def test_a_blown_up_run_gives_back_the_last_good_step() -> None:
    settings = Settings(learning_rate=1e5)
    with pytest.raises(BlownUp, match="We put back the last good step; try a smaller learning rate") as caught:
        last(train(start(settings, 3), draw_points(), draw_negatives("ring"), settings))
    assert caught.value.last_good.weights.isfinite().all()


@pytest.mark.parametrize(
    ("divergence", "activation"),
    [*((divergence, "tanh") for divergence in DIVERGENCES), *(("kl_from_uniform", each) for each in ("relu", "sine"))],
)
def test_every_choice_learns_the_classes_and_is_less_sure_of_the_negatives(divergence: str, activation: str) -> None:
    settings = Settings(width=16, activation=activation, divergence=divergence, learning_rate=0.03)
    points, negatives = draw_points(), draw_negatives("ring")
    final = last(train(start(settings, 3), points, negatives, settings, 150))
    known, others = (logits_at(final, where, settings, 3) for where in (points.positions, negatives))
    assert ((known.argmax(axis=2) == points.labels).mean(axis=1) > 0.95).all()
    baseline, nat = (softmax(logits).max(axis=1).mean() for logits in others)
    assert nat < baseline


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"activation": "step"}, "unknown activation 'step'; known: relu"),
        ({"divergence": "distance"}, "unknown divergence 'distance'; known: kl_from_uniform"),
        ({"width": 0}, "1 to 256 units in 1 to 4 layers, not 0 in 2"),
        ({"layers": 5}, "not 32 in 5"),
        ({"learning_rate": float("nan")}, "must be above 0"),
        ({"negative_weight": -1.0}, "at least 0, not 0.01 and -1"),
    ],
)
def test_settings_say_what_is_wrong(wrong: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Settings(**wrong)


def test_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 classes, not 1"):
        start(Settings(), 1)
