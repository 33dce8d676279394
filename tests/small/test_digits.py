"""Digits from nothing: which pictures, what is shown when, and that NCR on 8 and 9 falls."""

import numpy as np
import pytest

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
