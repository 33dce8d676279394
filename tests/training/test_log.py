"""The log: rows on disk, none twice, and the rates of the network as it would be stored."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nat_core.data.sets import load_set
from nat_core.recipes import recipe_named
from nat_core.training import loop
from nat_core.training.log import COLUMNS, EpochLog, EpochRow, Watched, as_csv, held_out_rates, read_log
from nat_core.training.loop import train
from nat_core.training.training_run import EpochSums, StepLoss, TrainingRun

pytestmark = pytest.mark.usefixtures("few_pictures")
TINY = replace(recipe_named("digits_nat"), epochs=3, sizes=((8, 1.0),), batch_size=24)
"""Eight steps an epoch."""


def row(epoch: int, **rates: float) -> EpochRow:
    return EpochRow(epoch, 10 * epoch, 0.1, 1.5, 1.25, 0.25, 0.0, 3.0, 100.0, rates)


def test_rows_come_back_and_those_after_the_state_are_dropped(tmp_path: Path) -> None:
    log = EpochLog(tmp_path / "log.csv")
    log.add(row(1))
    log.add(row(2, held_out_accuracy=0.5))
    assert [each["epoch"] for each in read_log(tmp_path / "log.csv")] == ["1", "2"]
    assert read_log(tmp_path / "log.csv")[1]["held_out_accuracy"] == "0.5"
    assert read_log(tmp_path / "log.csv")[0]["held_out_accuracy"] == ""
    again = EpochLog(tmp_path / "log.csv", step=15)
    again.add(row(2))
    assert [each["epoch"] for each in read_log(tmp_path / "log.csv")] == ["1", "2"]
    assert again.content == (tmp_path / "log.csv").read_bytes()


def test_a_file_with_other_columns_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("a,b\n1,2\n")
    assert read_log(tmp_path / "log.csv") == read_log(tmp_path / "none.csv") == []


def test_the_means_of_an_epoch_are_those_of_its_steps() -> None:
    import torch

    sums = EpochSums()
    for value in (1.0, 3.0):
        sums.add(StepLoss(*(torch.tensor(factor * value) for factor in (1, 2, 0, 3))))
    assert [each.item() for each in sums.means()] == [2.0, 4.0, 0.0, 6.0]
    with pytest.raises(ValueError, match="no step"):
        EpochSums().means()


def test_a_run_logs_each_epoch_and_keeps_the_log_beside_the_network(tmp_path: Path) -> None:
    home = train(TINY, out=tmp_path, progress=False)
    with (home / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [int(each["epoch"]) for each in rows] == [1, 2, 3]
    steps = [int(each["step"]) for each in rows]
    assert steps == [steps[0], 2 * steps[0], 3 * steps[0]]
    for each in rows:
        total = (24 * float(each["cross_entropy"]) + 8 * float(each["divergence"])) / 32
        assert float(each["loss"]) == pytest.approx(total, rel=1e-4)
        assert float(each["images_per_second"]) > 0
        assert (each["attention"], each["held_out_accuracy"]) == ("0", "")
    assert float(rows[-1]["learning_rate"]) < float(rows[0]["learning_rate"])


def test_test_sets_are_watched_only_when_asked(tmp_path: Path) -> None:
    home = train(replace(TINY, epochs=1), out=tmp_path, progress=False, log_test=True)
    (only,) = read_log(home / "log.csv")
    assert 0 <= float(only["held_out_accuracy"]) <= 1
    rates = [float(only[f"held_out_ncr_{t}"]) for t in ("0.4", "0.6", "0.8", "0.9")]
    assert rates == sorted(rates, reverse=True)


def test_rows_survive_an_end_at_any_step_without_duplicates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train(replace(TINY, ema_decay=0.9), out=tmp_path / "whole", progress=False)
    take = loop.take_step
    for stop in (5, 13, 20):

        def step(run: TrainingRun, cost: Callable[..., StepLoss], stop: int = stop) -> StepLoss:
            if run.step == stop:
                raise KeyboardInterrupt
            return take(run, cost)

        monkeypatch.setattr(loop, "take_step", step)
        with pytest.raises(KeyboardInterrupt):
            train(replace(TINY, ema_decay=0.9), out=tmp_path / "cut", resume=True, progress=False, save_seconds=0.0)
    monkeypatch.setattr(loop, "take_step", take)
    cut = train(replace(TINY, ema_decay=0.9), out=tmp_path / "cut", resume=True, progress=False)
    first, second = (read_log(home / "log.csv") for home in (whole, cut))
    timed = {"seconds", "images_per_second"}
    assert [{key: value for key, value in each.items() if key not in timed} for each in first] == [
        {key: value for key, value in each.items() if key not in timed} for each in second
    ]


def test_rates_are_those_of_the_network(digits_networks: Path) -> None:
    from nat_core.measure.metrics import accuracy, negative_confidence_rate
    from nat_core.network.inference import load_network, predict

    network = load_network(digits_networks, "digits_nat")
    known, negatives = load_set("digits_test"), load_set("digits_89")
    rates = held_out_rates(network, Watched(known, negatives))
    said = predict(network, known.pixels)
    assert rates["held_out_accuracy"] == accuracy(said.predicted, known.labels)
    confidence = predict(network, negatives.pixels).confidence
    assert rates["held_out_ncr_0.6"] == negative_confidence_rate(confidence, 0.6)
    assert next(iter(held_out_rates(network, Watched(None, negatives)))) == "held_out_ncr_0.4"
    assert np.isfinite(list(rates.values())).all()


def test_tensorboard_gets_each_number_once(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    log = EpochLog(tmp_path / "log.csv", tmp_path / "events")
    log.add(row(1))
    log.add(row(2))
    log.close()
    again = EpochLog(tmp_path / "log.csv", tmp_path / "events", step=10)
    again.add(row(2, held_out_accuracy=0.5))
    again.close()
    events = accumulator.EventAccumulator(str(tmp_path / "events"))
    events.Reload()
    assert [each.step for each in events.Scalars("loss")] == [10, 20]
    assert events.Scalars("held_out_accuracy")[0].value == 0.5


@pytest.mark.parametrize("row", ["1," + "9" * 5000, "1,2" + ",3" * 20, "1", "1,\u0663", "1,", "1,1_0", "1,-1"])
def test_a_row_that_is_none_is_left_out(tmp_path: Path, row: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(f"{as_csv([]).decode()}1,2\n{row}\n", encoding="utf-8")
    assert [each["step"] for each in read_log(path)] == ["2"]
