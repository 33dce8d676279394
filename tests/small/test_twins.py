"""Twins: both networks from one start, what one step does, and what is refused."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise
from math import log

import pytest
import torch

from nat_core.small.starts import start_weights
from nat_core.small.twins import (
    Architecture,
    BlownUp,
    State,
    TwinObjective,
    advance,
    begin,
    forward,
    initial_state,
    packed,
)
from nat_core.training.losses import nat_loss

ARCHITECTURE = Architecture((3, 5, 2))
INPUTS = torch.tensor([[0.0, 1.0, 2.0], [1.0, 0.0, -1.0], [2.0, 2.0, 2.0]])
LABELS = torch.tensor([0, 1])


def test_the_forward_pass_by_hand() -> None:
    architecture = Architecture((2, 2, 2))
    first = (torch.tensor([[1.0, -1.0], [2.0, 0.0]]), torch.tensor([0.0, 0.5]))
    second = (torch.tensor([[1.0, 0.0], [0.0, 3.0]]), torch.tensor([0.0, -1.0]))
    logits = forward(begin(packed(first, second)).weights, architecture, torch.tensor([[1.0, 1.0], [-1.0, 0.0]]))
    # Hidden: relu(1 + 2, -1 + 0.5) = (3, 0) and relu(-1, 1 + 0.5) = (0, 1.5).
    assert logits[0].tolist() == [[3.0, -1.0], [0.0, 3.5]]
    assert logits[1].tolist() == logits[0].tolist()


def test_both_start_equal_and_only_negatives_part_them() -> None:
    state = initial_state(ARCHITECTURE, 1)
    assert state.weights[0].equal(state.weights[1])
    alone = advance(state, ARCHITECTURE, INPUTS[:2], LABELS, TwinObjective())
    assert alone.weights[0].equal(alone.weights[1])
    aware = advance(state, ARCHITECTURE, INPUTS, LABELS, TwinObjective())
    torch.testing.assert_close(aware.weights[0], alone.weights[0])
    assert not aware.weights[0].equal(aware.weights[1])
    logits = forward(state.weights, ARCHITECTURE, INPUTS)
    assert aware.losses[1] == pytest.approx(nat_loss(logits[1], LABELS).total.item())
    assert state.step == 0
    assert aware.step == 1


def test_the_first_step_of_adam_is_the_gradients_sign_times_the_learning_rate() -> None:
    state = initial_state(ARCHITECTURE, 0)
    moved = advance(state, ARCHITECTURE, INPUTS, LABELS, TwinObjective(learning_rate=0.25)).weights - state.weights
    assert set(moved.abs().round(decimals=3).unique().tolist()) <= {0.0, 0.25}


def test_what_blows_up_hands_back_the_first_state_where_none_was_better_than_nothing() -> None:
    begun = initial_state(ARCHITECTURE, 0)
    state = State(7, begun.weights * 1e4, begun.mean, begun.square)
    with pytest.raises(BlownUp) as caught:
        advance(state, ARCHITECTURE, INPUTS, LABELS, TwinObjective())
    assert caught.value.last_good is state


def test_what_blows_up_hands_back_the_last_state_that_knew_more_than_nothing() -> None:
    begun = initial_state(ARCHITECTURE, 0)
    *_, learned = islice(steps_from(begun, TwinObjective(0.1)), 50)
    nothing = log(2)
    alone, aware = advance(learned, ARCHITECTURE, INPUTS, LABELS, TwinObjective()).losses
    assert alone < nothing
    assert aware < nothing * 2 / 3
    following = advance(learned, ARCHITECTURE, INPUTS, LABELS, TwinObjective())
    with pytest.raises(BlownUp) as caught:
        advance(replace(following, weights=following.weights * 1e4), ARCHITECTURE, INPUTS, LABELS, TwinObjective())
    found = caught.value.last_good
    assert found.step == learned.step
    assert found.weights.equal(learned.weights)
    assert found.good is None


def steps_from(state: State, objective: TwinObjective) -> Iterator[State]:
    """The states that follow, without an end."""
    while True:
        state = advance(state, ARCHITECTURE, INPUTS, LABELS, objective)
        yield state


@pytest.mark.parametrize(("sizes", "seed"), [((2, 32, 32, 3), 0), ((2, 3, 2), 7), ((64, 64, 6), 9999)])
def test_the_start_is_what_torch_draws(sizes: tuple[int, ...], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    layers = [
        (torch.rand((inputs + 1) * outputs, generator=generator) * 2 - 1) * inputs**-0.5
        for inputs, outputs in pairwise(sizes)
    ]
    assert torch.from_numpy(start_weights(sizes, seed)).equal(torch.cat(layers))


@pytest.mark.parametrize("sizes", [(3,), (3, 0, 2), (3, 1)])
def test_impossible_sizes_are_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least 2 classes, not"):
        Architecture(sizes)


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown activation 'step'; known: relu"):
        Architecture((2, 2), "step")
