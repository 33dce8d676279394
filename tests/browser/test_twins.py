"""The playground's networks as a browser trains them: weight by weight what the engine makes of the same start."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import nat_core.small
from nat_core.small import plane, playground, twins
from nat_core.small.starts import start_weights
from nat_core.training.losses import DIVERGENCES

pytestmark = pytest.mark.browser
SCRIPT = (Path(nat_core.small.__file__).parent / "twins.js").read_text(encoding="utf-8")
TRAIN = """({ sizes, activation, weights, inputs, labels, objective, steps, cells }) => {
  const networks = new Twins(sizes, activation, weights);
  let well = true;
  const given = Float64Array.from(inputs);
  for (let step = 0; step < steps && well; step++) well = networks.advance(given, labels, objective);
  return {
    well, step: networks.step, losses: networks.losses, weights: networks.at.weights.map((each) => [...each]),
    logits: [0, 1].map((network) => [...networks.logits(network, Float64Array.from(cells))]),
  };
}"""


@pytest.fixture(scope="module")
def trained(browser):
    """Return a function that trains in the browser and returns what it came to."""
    opened = browser.new_page()
    opened.add_script_tag(content=f"{SCRIPT}\nglobalThis.train = {TRAIN};")

    def train(settings: playground.Settings, points: plane.Points, negatives: np.ndarray, steps: int) -> dict[str, Any]:
        sizes = (2, *[settings.width] * settings.layers, points.classes)
        given = {
            "sizes": sizes,
            "activation": settings.activation,
            "weights": start_weights(sizes, settings.seed).tolist(),
            "inputs": np.concatenate([points.positions, negatives]).ravel().tolist(),
            "labels": points.labels.tolist(),
            "objective": {
                "rate": settings.learning_rate,
                "divergence": settings.divergence,
                "weight": settings.negative_weight,
            },
            "steps": steps,
            "cells": plane.grid(30).ravel().tolist(),
        }
        return opened.evaluate("given => train(given)", given)

    yield train
    opened.close()


def exactly(settings: playground.Settings, points: plane.Points, negatives: np.ndarray, steps: int) -> twins.State:
    """What the engine comes to in double precision, in which a browser computes."""
    sizes = (2, *[settings.width] * settings.layers, points.classes)
    architecture = twins.Architecture(sizes, settings.activation)
    objective = twins.TwinObjective(settings.learning_rate, settings.divergence, settings.negative_weight)
    inputs = torch.from_numpy(np.concatenate([points.positions, negatives])).double()
    state = twins.begin(torch.from_numpy(start_weights(sizes, settings.seed)).double())
    for _ in range(steps):
        state = twins.advance(state, architecture, inputs, torch.from_numpy(points.labels), objective)
    return state


@pytest.mark.parametrize(
    "chosen",
    [
        *({"divergence": each, "activation": "tanh"} for each in DIVERGENCES),
        {"layers": 2, "width": 16},
        {"layers": 3, "activation": "sine", "negative_weight": 2.5},
        {"divergence": "centred_logits", "negative_weight": 0.0},
    ],
    ids=lambda chosen: "-".join(map(str, chosen.values())),
)
def test_a_browser_trains_to_the_engines_weights(trained, chosen: dict[str, Any]) -> None:
    settings = replace(playground.Settings(width=8, layers=1), **chosen)
    points, ring = plane.draw_points("moons", 4, 10, seed=2), plane.draw_negatives("ring", 12)
    found, state = trained(settings, points, ring, 60), exactly(settings, points, ring, 60)
    assert found["step"] == 60
    np.testing.assert_allclose(found["weights"], state.weights.numpy(), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(found["losses"], state.losses, rtol=1e-7)


def test_it_comes_to_what_the_page_of_the_engine_comes_to(trained) -> None:
    """In single precision, 400 steps from the page's own start: the same shares of the empty plane, to a point."""
    settings, points, ring = playground.Settings(), plane.draw_points(), plane.draw_negatives("ring")
    *_, state = playground.train(playground.start(settings, 3), points, ring, settings, 400)
    cells = plane.grid(30)
    empty = plane.empty_cells(cells, points.positions)
    found = trained(settings, points, ring, 400)
    for ours, theirs in zip(playground.logits_at(state, cells, settings, 3), found["logits"], strict=True):
        shares = [
            plane.falsely_sure(torch.from_numpy(np.float64(each)).softmax(1).amax(1).numpy(), empty)
            for each in (ours, np.reshape(theirs, (-1, 3)))
        ]
        assert shares[0] == pytest.approx(shares[1], abs=0.01)


def test_without_negatives_both_stay_equal(trained) -> None:
    found = trained(playground.Settings(width=8), plane.draw_points(), playground.NO_NEGATIVES, 20)
    assert found["weights"][0] == found["weights"][1]
    assert found["losses"][0] == found["losses"][1]


def test_what_blows_up_goes_back_to_the_step_that_the_engine_goes_back_to(trained) -> None:
    settings = playground.Settings(width=8, layers=1, learning_rate=60.0)
    points, ring = plane.draw_points(), plane.draw_negatives("ring")
    with pytest.raises(twins.BlownUp) as caught:
        exactly(settings, points, ring, 400)
    found = trained(settings, points, ring, 400)
    assert not found["well"]
    assert found["step"] == caught.value.last_good.step
    np.testing.assert_allclose(found["weights"], caught.value.last_good.weights.numpy(), rtol=1e-6)
