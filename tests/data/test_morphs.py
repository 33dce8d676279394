"""Ways into noise and into another picture: their ends, their middles, what they refuse."""

import numpy as np
import pytest

from nat_core.data.morphs import add_noise, deviations, fade, noise_picture

MEAN, STD = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)
SHARES = np.arange(5) / 4


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)


def test_fading_begins_with_one_picture_and_ends_with_the_other(pictures: np.ndarray) -> None:
    steps = fade(pictures[0], pictures[1], SHARES)
    assert (steps[0] == pictures[0]).all()
    assert (steps[-1] == pictures[1]).all()
    assert (steps[2] == np.rint((pictures[0].astype(float) + pictures[1]) / 2)).all()


def test_no_noise_leaves_the_picture_and_more_noise_moves_it_further(pictures: np.ndarray) -> None:
    steps = add_noise(pictures[0], deviations(STD), SHARES)
    moved = np.abs(steps.astype(float) - pictures[0]).mean((1, 2, 3))
    assert moved[0] == 0
    assert (np.diff(moved) > 0).all()


def test_noise_varies_as_the_training_pictures_do() -> None:
    noise = deviations(STD, size=128)
    assert noise.mean((0, 1)) == pytest.approx([0, 0, 0], abs=2)
    assert noise.std((0, 1)) / 255 == pytest.approx(STD, rel=0.02)
    assert noise_picture(MEAN, STD, size=128).mean((0, 1)) / 255 == pytest.approx(MEAN, abs=0.01)


def test_the_same_seed_gives_the_same_noise() -> None:
    assert (noise_picture(MEAN, STD, seed=3) == noise_picture(MEAN, STD, seed=3)).all()
    assert (noise_picture(MEAN, STD, seed=3) != noise_picture(MEAN, STD, seed=4)).any()


def test_shares_and_strengths_outside_are_refused(pictures: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"shares must be in \[0, 1\]; got -0.5 to 1.0"):
        fade(pictures[0], pictures[1], np.array([-0.5, 1.0]))
    with pytest.raises(ValueError, match=r"strengths must be at least 0; got -1.0"):
        add_noise(pictures[0], deviations(STD), np.array([-1.0]))
