"""The errors: each is a NatError, and one of Python's own kinds where callers have always caught that."""

import inspect
from pathlib import Path

import pytest

from nat_core import errors
from nat_core.data.sets import load_set

# A signal that ends a command is no error: what catches errors must let it pass.
KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind is not errors.Stopped]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_nat_error(kind: type[Exception]) -> None:
    assert issubclass(kind, errors.NatError)
    assert kind.__module__ == "nat_core.errors"


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        (errors.CheckpointError, ValueError),
        (errors.UnreadableImage, ValueError),
        (errors.UnreadableSet, ValueError),
        (errors.MissingDataset, FileNotFoundError),
        (errors.TrainingError, RuntimeError),
        (errors.DownloadError, RuntimeError),
        (errors.Busy, RuntimeError),
    ],
)
def test_pythons_own_kinds_catch_them_still(kind: type[Exception], own: type[Exception]) -> None:
    with pytest.raises(own, match="one sentence"):
        raise kind("one sentence")


def test_a_run_that_diverged_says_where() -> None:
    error = errors.DivergedError("The loss of r is no number at", 1234, 5000, Path("runs"))
    assert "no number at step 1234 of 5000. The last good state is kept in runs" in str(error)
    assert error.says == "diverged at step 1,234 of 5,000"


def test_one_except_catches_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(errors.NatError, match="nat data --download cifar10"):
        load_set("cifar10_train", tmp_path)
