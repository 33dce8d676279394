"""Spread over seeds and over pictures, and the distances of attention maps by level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nat_core.network.attention import normalised_map
from nat_core.network.inference import Network, frozen
from nat_core.network.models import build, normalised
from nat_core.studies.level_findings import spread
from nat_core.studies.levels import level_distances
from nat_core.studies.rows import OverPictures, PairedDifference, noise_margin, over_seeds, paired_bootstrap


def test_mean_and_deviation_over_seeds_worked_by_hand() -> None:
    three = over_seeds([1.0, 2.0, 6.0])
    assert (three.mean, three.seeds) == (3.0, 3)
    assert three.deviation == pytest.approx(7**0.5)  # (4 + 1 + 9) / 2
    assert over_seeds([0.5]).deviation is None
    with pytest.raises(ValueError, match="one seed"):
        over_seeds([])


def test_a_bootstrap_of_a_share_is_the_binomial_one() -> None:
    first = np.repeat([1.0, 0.0], [300, 700])
    found = paired_bootstrap(first, np.zeros(1000))
    error = (0.3 * 0.7 / 1000) ** 0.5
    assert found.difference == pytest.approx(0.3)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * error, rel=0.1)


def test_pairing_removes_what_both_have_in_common() -> None:
    hard = np.random.default_rng(0).integers(0, 2, 500).astype(float)
    found = paired_bootstrap(hard, hard)
    assert (found.difference, found.low, found.high) == (0.0, 0.0, 0.0)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_turned_round_the_difference_changes_its_sign(pairs: list) -> None:
    first, second = map(np.array, zip(*pairs, strict=True))
    one, other = (paired_bootstrap(*each, samples=20) for each in ((first, second), (second, first)))
    assert one.difference == pytest.approx(-other.difference)
    assert (one.low, one.high) == (pytest.approx(-other.high), pytest.approx(-other.low))


def test_other_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="got 2 and 3"):
        paired_bootstrap(np.zeros(2), np.zeros(3))


def network(seed: int) -> Network:
    import torch

    model = frozen(build("wrn10_1", 3, seed=seed), torch.device("cpu"))
    return Network("net", model, ("a", "b", "c"), (0.5,) * 3, (0.2 + seed / 10,) * 3)


def test_levels_are_compared_picture_by_picture() -> None:
    import torch

    pixels = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3)).astype(np.uint8)
    one, other = network(0), network(1)
    found = level_distances(one, other, pixels, batch_size=2)
    groups = [each.model(normalised(torch.from_numpy(pixels), each.mean, each.std)).groups for each in (one, other)]
    for place, distances in enumerate(found.values()):
        ours, theirs = (normalised_map(each[place]) for each in groups)
        np.testing.assert_allclose(distances, (ours - theirs).norm(dim=1).numpy(), atol=1e-5)
    assert list(found) == ["low", "middle", "high"]
    assert all(distances.max() < 1e-6 for distances in level_distances(one, one, pixels).values())
    with pytest.raises(ValueError, match="no picture"):
        level_distances(one, other, pixels[:0])


def test_a_spread_says_how_many_pictures() -> None:
    found = spread(np.arange(101) / 100)
    assert found.pictures == 101
    assert found.quantiles == pytest.approx((0.05, 0.25, 0.5, 0.75, 0.95))
    with pytest.raises(ValueError, match="one picture"):
        spread(np.zeros(0))


# --- false alarms ----------------------------------------------------------------------------------------------------


def false_alarms(
    candidates: int, *, seeds: tuple[int, int] = (1, 3), ratio: float = 1.0, draws: int = 100_000
) -> float:
    """How often one of so many candidates, none of which differs from the reference, lies beyond the margin.

    `seeds` are those of a candidate and of the reference. s is the larger deviation of two recipes with three seeds
    each, of which one swings `ratio` times as far as the other; candidates and reference swing as the first.
    """
    random = np.random.default_rng(0)
    first, second = (random.normal(0, scale, (draws, 3)).std(axis=1, ddof=1) for scale in (1, 1 / ratio))
    means = random.normal(0, 1 / seeds[0] ** 0.5, (draws, candidates))
    apart = np.abs(means - random.normal(0, 1 / seeds[1] ** 0.5, (draws, 1))).max(axis=1)
    # The margin is proportional to s, so that of s = 1 gives them all.
    return float(
        np.mean(apart > noise_margin(1.0, *seeds, freedom=4, comparisons=candidates) * np.maximum(first, second))
    )


@pytest.mark.parametrize("candidates", [1, 2, 9, 13])
@pytest.mark.parametrize("seeds", [(1, 3), (1, 1), (3, 3)])
def test_where_nothing_differs_at_most_one_in_twenty_is_called_different(
    candidates: int, seeds: tuple[int, int]
) -> None:
    assert 0.005 < false_alarms(candidates, seeds=seeds) <= 0.05
    assert false_alarms(candidates, seeds=seeds, ratio=1.4) <= 0.05


def test_uncorrected_the_choice_among_nine_would_find_a_winner_far_too_often() -> None:
    random = np.random.default_rng(0)
    deviation = random.normal(size=(2, 100_000, 3)).std(axis=2, ddof=1).max(axis=0)
    lowest = random.normal(size=(100_000, 9)).min(axis=1) - random.normal(size=100_000)
    two_errors, corrected = (
        float(np.mean(lowest < -factor * deviation))
        for factor in (2 * 2**0.5, noise_margin(1.0, 1, 1, freedom=4, comparisons=9))
    )
    assert two_errors == pytest.approx(0.15, abs=0.01)
    assert corrected < 0.02


def test_the_margin_is_students_quantile_and_widens_with_the_comparisons() -> None:
    # The quantiles of 4 degrees of freedom as statistical tables print them: 2.776 at 97.5 %, 4.604 at 99.5 %.
    assert noise_margin(1.0, 2, 2, freedom=4) == pytest.approx(2.776, abs=5e-4)
    assert noise_margin(1.0, 2, 2, freedom=4, comparisons=5) == pytest.approx(4.604, abs=5e-4)
    assert noise_margin(1.0, 2, 2, freedom=10_000) == pytest.approx(1.96, abs=1e-3)
    with pytest.raises(ValueError, match="freedom >= 1 and comparisons >= 1, not 0 and 1"):
        noise_margin(1.0, 1, 1, freedom=0)


def test_a_difference_over_pictures_is_that_of_the_rates_as_they_are_written() -> None:
    # 0.640 and 0.360 where they stand, 0.281 apart before they are rounded.
    over = OverPictures(-0.28098, -0.31004, -0.00002, 1000)
    rates = PairedDifference("a", "b", "noise", "NCR_0.9", (0.35951, 0.64049), over)
    assert rates.cells == ("\u22120.280", "\u22120.310 to +0.000")
    over = OverPictures(0.0028, -0.0008, 0.0063, 1000)
    right = PairedDifference("a", "b", "cifar10_test", "accuracy", (0.9616, 0.9588), over)
    assert right.cells == ("+0.28 points", "\u22120.08 to +0.63")
