"""The benchmark of GPUs measures both sides of each network, and says so where there is no GPU."""

from dataclasses import replace

import pytest
import torch

from benchmarks import gpu_train
from nat_core.recipes import recipe_named


def test_both_sides_are_measured_on_whatever_device_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_train, "BATCHES", (("wrn16_1", 4, 2),))
    monkeypatch.setattr(gpu_train, "recipe_named", lambda name: replace(recipe_named(name), precision="float32"))
    (found,) = gpu_train.measured(torch.device("cpu"), seconds=0.0, rounds=2, pictures=40)
    assert (found.network, found.batch, found.precision, found.told) == ("wrn16_1", 6, "float32", ())
    assert len(found.eager) == len(found.ours) == 2
    assert min(*found.eager, *found.ours) > 0
    assert 0 < found.loading < 1
    assert found.copies == 0


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_without_a_gpu_nothing_is_measured_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["gpu_train"])
    assert gpu_train.main() == 1
    assert capsys.readouterr().err == ("nothing was measured: this machine has no NVIDIA GPU that PyTorch can use\n")
