"""The served network answers as torch does, of every architecture, and does not outlive what it cannot translate."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from nat_core.errors import NetworkError
from nat_core.network import inference
from nat_core.network.fast.serving import FairSemaphore, graph_of, served
from nat_core.network.inference import FEW, Network, frozen, predict, predict_with_maps
from nat_core.network.models import ARCHITECTURES, build
from nat_core.recipes import LEVELS

CLASSES = tuple("0123456789")
PICTURES = np.random.default_rng(0).integers(0, 256, (FEW + 1, 16, 16, 3)).astype(np.uint8)


def network(architecture: str, seed: int = 0) -> Network:
    """A network whose norms have seen something, as a trained one's have."""
    model = build(architecture, len(CLASSES), seed)
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean = torch.rand(module.num_features, generator=generator) - 0.5
            module.running_var = torch.rand(module.num_features, generator=generator) + 0.5
    return Network(architecture, frozen(model, torch.device("cpu")), CLASSES, (0.5,) * 3, (0.25,) * 3)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_it_answers_as_torch_does(architecture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = network(architecture)
    soon, seen = predict_with_maps(asked, PICTURES[:3])
    assert asked.served(16) is not None
    monkeypatch.setattr(inference, "FEW", 0)
    plain, maps = predict_with_maps(asked, PICTURES[:3])
    np.testing.assert_allclose(soon.logits, plain.logits, rtol=1e-4, atol=1e-4)
    for level in LEVELS:
        np.testing.assert_allclose(seen[level], maps[level], rtol=1e-3, atol=1e-5 * maps[level].max())


def test_many_pictures_are_torch_s(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = network("wrn10_1")
    monkeypatch.setattr(inference, "served", pytest.fail)
    said, maps = predict_with_maps(asked, PICTURES)
    assert {level: len(each) for level, each in maps.items()} == dict.fromkeys(LEVELS, FEW + 1)
    np.testing.assert_array_equal(said.logits, predict(asked, PICTURES).logits)


def test_the_graph_holds_the_very_weights() -> None:
    asked = network("wrn10_1")
    sizes = {tuple(each.dims) for each in graph_of(asked.model, 16).graph.initializer}
    assert {tuple(each.shape) for each in asked.model.parameters()} <= sizes


def test_what_it_does_not_know_is_left_to_torch() -> None:
    asked = network("wrn10_1")
    asked.model.stages[0] = nn.Sequential(asked.model.stages[0], nn.GELU())
    with pytest.raises(NetworkError, match="the operator gelu has no counterpart"):
        served(asked.model, 16)
    said, maps = predict_with_maps(asked, PICTURES[:2])
    assert asked.served(16) is None
    assert said.logits.shape == (2, 10)
    assert set(maps) == set(LEVELS)


def test_a_network_in_training_is_refused() -> None:
    with pytest.raises(NetworkError, match="still trained"):
        served(network("wrn10_1").model.train(), 16)


@pytest.mark.parametrize("count", [1, 2])
def test_so_many_are_within_and_who_waits_comes_in_the_order_of_asking(count: int) -> None:
    turns, came, release = FairSemaphore(count), [], threading.Event()

    def ask(number: int) -> None:
        with turns:
            came.append(number)
            release.wait(10)

    callers = [threading.Thread(target=ask, args=(number,)) for number in range(count + 4)]
    for number, caller in enumerate(callers):
        caller.start()
        while len(came) < min(number + 1, count) or len(turns.waiting) < number + 1 - count:
            time.sleep(0.001)
    assert came == list(range(count))
    release.set()
    for caller in callers:
        caller.join(10)
    # Of two that are let in at once, either may be the first to write its name.
    assert came == sorted(came) if count == 1 else sorted(came) == list(range(count + 4))
    assert turns.free == count


def test_eight_at_once_hear_what_one_hears() -> None:
    asked = network("wrn10_1")
    alone, _ = predict_with_maps(asked, PICTURES[:1])
    with ThreadPoolExecutor(8) as callers:
        found = list(callers.map(lambda _: predict_with_maps(asked, PICTURES[:1])[0].logits, range(16)))
    assert all(np.array_equal(each, alone.logits) for each in found)
