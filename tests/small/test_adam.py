"""Adam: torch's own, without what torch imports for it."""

import subprocess
import sys

import torch

from nat_core.small.adam import adam_step


def test_many_steps_are_those_of_torch() -> None:
    wanted = torch.zeros(4, requires_grad=True)
    optimiser = torch.optim.Adam([wanted], lr=0.01)
    weights = mean = square = torch.zeros(4)
    for step in range(1, 51):
        gradient = torch.sin(torch.arange(4.0) + step) * torch.tensor([1e-3, 1.0, 30.0, 0.0])
        wanted.grad = gradient.clone()
        optimiser.step()
        weights, mean, square = adam_step(weights, mean, square, gradient, step, 0.01)
    torch.testing.assert_close(weights, wanted.detach(), rtol=1e-5, atol=1e-6)
    assert weights[3] == 0


def test_learning_ones_own_things_imports_no_compiler() -> None:
    """It takes as long to import as the things take to learn."""
    learn = (
        "import sys, numpy as np; from nat_core.small.own_things import TrainingFeatures, train;"
        "some = np.ones((2, 1, 4), np.float32);"
        "*_, found = train(TrainingFeatures(some, np.array([0, 1]), 2, some[:, 0]), steps=1);"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", learn], check=False).returncode == 0
