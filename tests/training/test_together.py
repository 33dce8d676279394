"""Networks side by side learn what each learns alone; an error ends one of them, a stop saves all."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from nat_core.errors import Stopped
from nat_core.recipes import Recipe, recipe_named
from nat_core.store.checkpoints import WEIGHTS
from nat_core.training import loop, training_run
from nat_core.training.gpu.blocks import Blocks
from nat_core.training.loop import Steps, in_turns, side_by_side, train
from nat_core.training.state import Sitting, newest_state
from tests.present import present

pytestmark = pytest.mark.usefixtures("less_noise")
NAT = replace(recipe_named("digits_nat"), epochs=1, sizes=((8, 1.0),), batch_size=128, precision="float32")
BASELINE = replace(recipe_named("digits_baseline"), epochs=2, sizes=((8, 1.0),), batch_size=128, precision="float32")


@pytest.fixture
def as_on_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps go in blocks and by the optimiser for GPUs, on the processor."""

    monkeypatch.setattr(training_run, "optimiser_for", partial(training_run.optimiser_for, fused=True))
    monkeypatch.setattr(loop, "stepper_for", lambda run, ranks, tell: Blocks(run, pytest.fail))


def sitting(out: Path, recipe: Recipe, resume: bool = False) -> Sitting:
    return Sitting(
        name=recipe.name, out=out, teacher_homes=(out,), device="cpu", threads=1, resume=resume, progress=False
    )


def weights(out: Path, name: str) -> bytes:
    return (out / name / WEIGHTS).read_bytes()


def test_two_networks_side_by_side_are_those_of_each_alone(tmp_path: Path, as_on_a_card: None) -> None:
    both = {each.name: in_turns(each, sitting(tmp_path, each)) for each in (NAT, BASELINE)}
    ended = dict(side_by_side(both))
    assert ended == {name: tmp_path / name for name in (NAT.name, BASELINE.name)}
    for recipe in (NAT, BASELINE):
        train(recipe, out=tmp_path / "alone", device="cpu", threads=1, progress=False)
        assert weights(tmp_path, recipe.name) == weights(tmp_path / "alone", recipe.name)


def test_a_stop_saves_all_and_they_go_on_to_the_same_weights(tmp_path: Path, as_on_a_card: None) -> None:
    both = {each.name: in_turns(each, sitting(tmp_path, each)) for each in (NAT, BASELINE)}
    under_way = side_by_side({**both, "stopping": stopping()})
    with pytest.raises(Stopped, match=r"digits_nat is saved at step 5 of 6: go on with --resume"):
        list(under_way)
    for recipe in (NAT, BASELINE):
        state = newest_state(tmp_path / ".state" / recipe.name)
        assert state is not None
        assert state.step == 5  # the first block, which was under way
    again = {each.name: in_turns(each, sitting(tmp_path, each, resume=True)) for each in (NAT, BASELINE)}
    assert dict(side_by_side(again)) == {name: tmp_path / name for name in again}
    train(BASELINE, out=tmp_path / "alone", device="cpu", threads=1, progress=False)
    assert weights(tmp_path, BASELINE.name) == weights(tmp_path / "alone", BASELINE.name)


def stopping() -> Steps:
    """Stands for a signal that comes in the midst of others' turns."""
    yield from ()
    raise KeyboardInterrupt


def test_an_error_ends_one_and_not_the_others() -> None:
    def failing() -> Steps:
        yield
        raise ValueError("no pictures")

    def lasting() -> Steps:
        yield from [None] * 3
        return Path("done")

    ended = dict(side_by_side({"a": failing(), "b": lasting()}))
    assert str(ended["a"]) == "no pictures"
    assert ended["b"] == Path("done")
    assert list(ended) == ["a", "b"]


def test_blocks_grow_to_fifty_steps_and_end_with_the_epoch(tmp_path: Path, as_on_a_card: None) -> None:
    counts: list[int] = []
    submit = Blocks.submit

    def counted(blocks: Blocks) -> None:
        submit(blocks)
        counts.append(present(blocks.pending).count)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Blocks, "submit", counted)
        train(replace(NAT, batch_size=8), out=tmp_path, device="cpu", threads=1, progress=False)
    assert counts[0] == 5
    assert max(counts) <= 50
    assert sum(counts) == newest_steps(tmp_path)


def newest_steps(out: Path) -> int:
    """The steps of the only epoch, as the log counts them."""
    return int((out / NAT.name / "log.csv").read_text().splitlines()[-1].split(",")[1])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU: there is none here")
def test_on_a_card_a_run_is_recorded_and_resumes(tmp_path: Path) -> None:
    home = train(NAT, out=tmp_path, device="cuda", progress=False)
    assert (home / WEIGHTS).is_file()
