"""Digits from nothing: which pictures, what is shown when, and that NCR on 8 and 9 falls."""

import subprocess
import sys
from importlib.machinery import ModuleSpec

import numpy as np
import pytest
from sklearn.datasets import load_digits

from nat_core.data import sets
from nat_core.data.sets import digit_pictures
from nat_core.small.digits import SHOWN_FROM, digits, read, start, train


def test_the_parts_hold_the_digits_they_should() -> None:
    pictures = digits()
    assert (len(pictures.known), len(pictures.test), len(pictures.negatives), len(pictures.unseen)) == (
        862,
        221,
        304,
        354,
    )
    assert sorted(set(pictures.labels.tolist())) == list(range(6))
    assert pictures.known.min() == 0
    assert pictures.known.max() == 1
    assert digits() is pictures
    grey, which = digit_pictures((3,), "held_out")
    assert set(which.tolist()) == {3}
    assert grey.shape[1:] == (8, 8)
    with pytest.raises(ValueError, match="in the parts all, test"):
        digit_pictures((3,), "some")


@pytest.mark.parametrize("moved", [False, True], ids=["its file", "by way of the library"])
def test_the_pictures_are_those_that_scikit_learn_loads(moved: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if moved:
        elsewhere = ModuleSpec("sklearn", None, origin="/nowhere/sklearn/__init__.py")
        monkeypatch.setattr(sets, "find_spec", lambda name: elsewhere)
    for ours, theirs in zip(sets.all_digits.__wrapped__(), load_digits(return_X_y=True), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_digits_need_no_scikit_learn_imported() -> None:
    program = "import sys; from nat_core.data.sets import load_set; load_set('digits_test'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in loaded
    assert "sklearn" not in loaded


def test_ncr_falls_once_six_and_seven_are_shown() -> None:
    states = [start(0), *train(start(0), digits(), SHOWN_FROM, SHOWN_FROM + 60)]
    same, parted = states[SHOWN_FROM], states[-1]
    assert same.weights[0].equal(same.weights[1])
    baseline, nat = read(parted, digits(), 0.9)
    before, _ = read(same, digits(), 0.9)
    assert before.fooled > 0.25
    assert nat.fooled < before.fooled / 3
    assert baseline.fooled >= before.fooled
    assert min(baseline.accuracy, nat.accuracy) > 0.95


def test_untrained_networks_are_sure_of_nothing_and_rates_never_rise_with_t() -> None:
    one, other = read(start(3), digits(), 0.9)
    assert (one.fooled, one.kept, other.fooled) == (0.0, 0.0, 0.0)
    assert one.confidence.shape == (354,)
    rates = [read(start(3), digits(), t)[0].fooled for t in (0.0, 0.2, 0.3, 1.0)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 1.0
    assert rates[1] == pytest.approx(float(np.mean(one.confidence > 0.2)))


def test_a_negative_step_is_refused() -> None:
    with pytest.raises(ValueError, match="not -1"):
        next(train(start(), digits(), -1))
