"""Two processes that train one network: the weights of one process, and an end that nobody has to guess at."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nat_core.errors import RanksError
from nat_core.network.models import build
from nat_core.ranks.group import Ranks
from nat_core.ranks.norms import SharedNorm, share_norms
from nat_core.ranks.steps import Parts, check_shares
from nat_core.recipes import recipe_named
from nat_core.store.checkpoints import load_card, load_weights
from nat_core.training.state import newest_state
from tests.working_ranks import SHARED, TINY, compare_steps, ended, start_ranks, train_tiny


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two ranks stored of their steps."""
    folder = tmp_path_factory.mktemp("ranks")
    assert ended(start_ranks(2, folder, compare_steps, folder)) == [0, 0], (folder / "errors.txt").read_text()
    return folder


@pytest.mark.parametrize("name", SHARED)
def test_two_ranks_take_the_steps_of_one_process(steps: Path, name: str) -> None:
    with np.load(steps / f"{name}_0.npz") as first, np.load(steps / f"{name}_1.npz") as second:
        together, alone = first["losses"]
        assert np.allclose(together, alone, rtol=1e-4, atol=1e-5)
        keys = [key.removeprefix("alone/") for key in first.files if key.startswith("alone/")]
        assert any("running_var" in key for key in keys)
        for key in keys:
            assert np.allclose(first[f"ranks/{key}"], first[f"alone/{key}"], rtol=1e-4, atol=2e-5), key
            # Not near each other but the same: else they would drift apart.
            assert np.array_equal(first[f"ranks/{key}"], second[f"ranks/{key}"]), key


@pytest.mark.parametrize("name", SHARED)
def test_each_rank_has_its_share_of_known_pictures_and_of_negatives(steps: Path, name: str) -> None:
    recipe = SHARED[name]
    negatives = recipe.negatives_per_batch if recipe.has_negatives else 0
    known = recipe.batch_size - (negatives if recipe.negatives_inside else 0)
    parts = [np.load(steps / f"{name}_{number}.npz") for number in range(2)]
    for each in parts:
        assert len(each["labels"]) == known // 2
        assert len(each["images"]) == (known + negatives + recipe.rotated_per_batch) // 2
    # No picture is with both.
    assert not {each.tobytes() for each in parts[0]["images"]} & {each.tobytes() for each in parts[1]["images"]}


def test_what_cannot_be_shared_equally_is_refused_with_what_can() -> None:
    recipe = recipe_named("digits_nat")
    check_shares(recipe, Parts(64, 8, 4), Ranks(0, 4))
    with pytest.raises(RanksError, match=r"64 known pictures, 8 negatives .* 3 processes: start 1, 2, 4 or 8, or set"):
        check_shares(recipe, Parts(64, 8), Ranks(0, 3))
    with pytest.raises(RanksError, match=r"hardest negatives of a whole batch"):
        check_shares(replace(recipe, hardest=4), Parts(64, 8), Ranks(0, 2))


def test_shared_norms_keep_every_weight_and_its_name() -> None:
    model = build("wrn10_1", 3, seed=0)
    before = dict(model.state_dict())
    share_norms(model)
    assert {key: value.data_ptr() for key, value in before.items()} == {
        key: value.data_ptr() for key, value in model.state_dict().items()
    }
    assert isinstance(model.get_submodule("stages.1.0.norm1"), SharedNorm)


def test_a_run_loses_a_rank_says_so_once_and_goes_on_to_the_weights_of_one_process(
    tmp_path: Path, less_noise: None
) -> None:
    out, states = tmp_path / "two", tmp_path / "two" / ".state" / TINY.name
    ranks = start_ranks(2, tmp_path, train_tiny, out, 2, 0.0)
    until = time.monotonic() + 60
    while ((state := newest_state(states)) is None or state.step < 3) and time.monotonic() < until:
        time.sleep(0.01)
    ranks[1].kill()
    assert ended(ranks)[0] == 1
    said = (tmp_path / "errors.txt").read_text()
    assert said.count("Another process of the run has ended, so all do") == 1
    assert "Traceback" not in said
    kept = newest_state(states)
    assert kept is not None
    step = kept.step
    assert f"is saved at step {step} of 26: go on with --resume" in said
    assert 3 <= step < 26

    assert ended(start_ranks(2, tmp_path, train_tiny, out)) == [0, 0], (tmp_path / "errors.txt").read_text()
    assert not states.exists()
    train_tiny(tmp_path / "one")
    together, alone = (load_weights(home, TINY.name) for home in (out, tmp_path / "one"))
    # As stored: rounded to float16.
    for key in alone:
        assert np.allclose(together[key], alone[key], rtol=4e-3, atol=1e-3), key
    logs = [(home / TINY.name / "log.csv").read_text().splitlines() for home in (out, tmp_path / "one")]
    assert [row.split(",")[:2] for row in logs[0]] == [row.split(",")[:2] for row in logs[1]]
    cards = [load_card(home, TINY.name) for home in (out, tmp_path / "one")]
    assert cards[0].report.sets.keys() == cards[1].report.sets.keys()
