"""The level study: which pairs are compared, what is stored and measured again, and the sentences drawn from it."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nat_core.__main__ import main
from nat_core.data.sets import load_set
from nat_core.data.sources.image_sets import evenly
from nat_core.errors import CheckpointError
from nat_core.files import sealed, unsealed
from nat_core.network.inference import load_network
from nat_core.recipes import LEVELS
from nat_core.results.plots import levels as levels_plot
from nat_core.store.checkpoints import CARD
from nat_core.studies import levels
from nat_core.studies.level_findings import (
    FILE,
    LevelSpread,
    NetworkId,
    PairLevels,
    exceeds,
    finding,
    level_outcomes,
    level_sentences,
    level_table,
    load_levels,
    longest_distances,
    measured_elsewhere,
    pair_of,
    save_levels,
    spread,
    where_it_begins,
)
from nat_core.studies.levels import PICTURES, level_distances, measure, pairs_to_measure, stored_networks
from tests.synthetic import write_network, write_pairs


def network(kind: str, seed: int) -> NetworkId:
    return NetworkId(f"wrn16_1_{kind}", "short", seed, f"{kind}{seed}")


def pair(first: NetworkId, second: NetworkId, low: float, middle: float, high: float) -> PairLevels:
    found = {
        level: LevelSpread(100, mean, 0.01, (mean,) * 5)
        for level, mean in zip(LEVELS, (low, middle, high), strict=True)
    }
    return PairLevels(first, second, {"cifar100_test": found})


NAT = pair(network("baseline", 0), network("nat", 0), 0.1, 0.3, 0.6)
SEEDS = pair(network("baseline", 0), network("baseline", 1), 0.2, 0.2, 0.2)


@pytest.fixture
def three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a digits pair, and the baseline of another seed where a queue keeps it; few pictures of a set."""
    monkeypatch.setattr(levels, "PICTURES", 100)
    folder = tmp_path / "networks"
    write_pairs(folder, "digits")
    other = write_network(
        folder / ".state" / "runs" / "digits" / "digits_baseline" / "seed1", "digits_baseline", seed=2
    )
    card = unsealed((other / CARD).read_bytes())
    (other / CARD).write_bytes(sealed(json.dumps(card | {"seed": 1})))
    return folder


def test_a_folder_is_measured_once_and_again_where_weights_changed(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = three
    elsewhere = PairLevels(network("baseline", 0), network("nat", 0), NAT.sets)
    same_seed = [each for each in stored_networks(folder) if each.seed == 0]
    first, second = (replace(each, sha256="other") for each in same_seed)
    old = PairLevels(first, second, NAT.sets)
    save_levels(folder, [elsewhere, old])
    told: list[str] = []
    found = measure(folder, None, show=told.append)
    assert [(each.first.seed, each.second.name, each.second.seed) for each in found if each != elsewhere] == [
        (0, "digits_nat", 0),
        (0, "digits_baseline", 1),
    ]
    assert elsewhere in found
    assert old not in found
    assert load_levels(folder) == load_levels(folder)
    assert "digits_89: 100 pictures, 2 pairs" in told
    stored = pair_of(load_levels(folder), *same_seed)
    assert stored is not None
    one, other = (load_network(folder, each.name) for each in same_seed)
    digits = load_set("digits_89").pixels
    expected = level_distances(one, other, digits[evenly(len(digits), 100)])
    for level in LEVELS:
        assert stored.sets["digits_89"][level].mean == pytest.approx(float(expected[level].mean()), abs=1e-5)

    def refuse(*settings: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(levels, "load_set", refuse)
    assert {each.networks for each in measure(folder, None)} == {each.networks for each in found}


def test_the_verb_says_what_it_found(three: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["levels", "--checkpoints", str(three), "--device", "cpu"]) == 0
    assert (
        "digits_baseline and digits_nat (digits, 50 epochs) on digits_89, 100 pictures: the maps lie low 0."
        in capsys.readouterr().out
    )
    assert main(["levels", "--checkpoints", str(tmp_path / "none"), "--device", "cpu"]) == 1
    assert "train them first" in capsys.readouterr().err


def test_each_comparison_with_nat_has_one_between_seeds_beside_it() -> None:
    networks = [network(kind, seed) for seed in (0, 1, 2) for kind in ("baseline", "nat")]
    pairs = pairs_to_measure([*networks, replace(network("nat", 0), protocol="cpu")])
    assert len(pairs) == len(set(pairs)) == 9
    assert all({first.protocol, second.protocol} == {"short"} for first, second in pairs)
    assert sum(first.name == second.name for first, second in pairs) == 3
    assert sum(first.seed == second.seed for first, second in pairs) == 3


def test_the_nat_of_many_negatives_is_compared_with_the_baseline_as_well() -> None:
    both = (NetworkId("resnet18_baseline", "full", 0, ""), NetworkId("resnet18_nat_strong", "full", 0, ""))
    assert pairs_to_measure(both) == (both,)


def test_large_sets_are_thinned_evenly() -> None:
    pixels = np.arange(50_000)
    taken = pixels[evenly(len(pixels), PICTURES)]
    assert (len(taken), taken[0], taken[-1]) == (10_000, 0, 49_999)
    assert set(np.diff(taken)) <= {4, 5, 6}


def test_a_difference_begins_only_where_it_exceeds_another_seed_s() -> None:
    found = finding([NAT, SEEDS], *NAT.networks, "cifar100_test")
    assert found is not None
    assert found.exceeding == ("middle", "high")
    assert where_it_begins(found) == "NAT's difference begins at the middle level, as the paper says."
    third = pair(network("baseline", 1), network("baseline", 2), 0.0, 0.3, 0.2)
    wider = finding([NAT, SEEDS, third], *NAT.networks, "cifar100_test")
    assert wider is not None
    assert where_it_begins(wider) == "Only at the high level is that more than another seed makes."
    alone = finding([NAT], *NAT.networks, "cifar100_test")
    assert alone is not None
    assert not alone.measured
    assert "is not known" in where_it_begins(alone)
    assert finding([SEEDS], *NAT.networks, "cifar100_test") is None
    assert finding([NAT], *NAT.networks, "noise") is None


@pytest.mark.parametrize(
    ("values", "words"),
    [((0.1, 0.1, 0.1), "At no level"), ((0.3, 0.3, 0.3), "low level already"), ((0.3, 0.1, 0.3), "low and the high")],
)
def test_every_outcome_has_its_words(values: tuple[float, ...], words: str) -> None:
    nat = pair(*NAT.networks, *values)
    found = finding([nat, SEEDS], *NAT.networks, "cifar100_test")
    assert found is not None
    assert words in where_it_begins(found)


def test_the_papers_reading_takes_the_longest_schedule_and_every_seed_of_it() -> None:
    spreads = {
        level: LevelSpread(100, mean, 0.01, (mean,) * 5) for level, mean in zip(LEVELS, (0.1, 0.2, 0.3), strict=True)
    }
    pairs = [
        PairLevels(
            NetworkId(f"{kind}_baseline", protocol, seed, f"baseline{seed}", epochs),
            NetworkId(f"{kind}_nat", protocol, seed, f"nat{seed}", epochs),
            {"cifar100_test": spreads},
        )
        for kind in ("wrn16_1", "resnet18")
        for protocol, seed, epochs in (("cpu", 0, 60), ("full", 0, 100), ("full", 1, 100))
    ]
    large, small = longest_distances([*pairs, NAT])
    assert large.networks == ("resnet18_baseline", "resnet18_nat")
    assert small.pictures == "100 pictures of cifar100_test (protocol full, 100 epochs)"
    assert large.by_seed == {"low": (0.1, 0.1), "middle": (0.2, 0.2), "high": (0.3, 0.3)}
    (short,) = longest_distances([NAT, SEEDS])
    assert (short.pictures, short.seeds) == ("100 pictures of cifar100_test (protocol short)", 1)
    assert short.between_seeds == {"low": 0.2, "middle": 0.2, "high": 0.2}


def test_a_protocol_s_name_never_stands_alone_where_other_epochs_were_asked_for(three: Path) -> None:
    first, second = (replace(each, epochs=1) for each in NAT.networks)
    pairs = [replace(NAT, first=first, second=second), replace(SEEDS, first=first, second=replace(first, seed=1))]
    assert "(short, 1 epoch)" in level_sentences(pairs)[0]
    assert level_table(pairs).rows[0][0] == "wrn16_1_baseline, wrn16_1_nat (short, 1 epoch)"
    assert level_outcomes(pairs)[0].startswith("wrn16_1_baseline and wrn16_1_nat (short, 1 epoch) on")
    assert "(short, 1 epoch), 1 seed" in measured_elsewhere(pairs, "cifar100_test")
    (short,) = longest_distances(pairs)
    assert short.pictures == "100 pictures of cifar100_test (protocol short, 1 epoch)"
    assert "short, 1 epoch, 100 pictures" in str(levels_plot(pairs))
    unlike = [replace(NAT, first=first, second=replace(second, epochs=2))]
    assert level_table(unlike).rows[0][0] == "wrn16_1_baseline, wrn16_1_nat (short, 1 epoch / short, 2 epochs)"
    # A file from before they were noted gets them from the cards that are here.
    bare = [replace(each, first=replace(each.first, epochs=None)) for each in measure(three, None)]
    save_levels(three, bare)
    assert {each.first.epochs for each in measure(three, None)} == {50}


def test_no_line_of_the_levels_runs_into_the_means_beside_it() -> None:
    wide = LevelSpread(100, 0.8, 0.2, (0.4, 0.6, 0.8, 0.9, 1.08))
    drawn = str(levels_plot([replace(NAT, sets={"cifar100_test": dict.fromkeys(LEVELS, wide)})]))
    lines = [float(place) for place in re.findall(r"[ \"]([\d.]+),[\d.]+", drawn)]
    means = float(re.search(r'<text x="([\d.]+)"[^>]*>0.800<', drawn)[1])  # type: ignore[index]
    assert max(lines) < means
    assert ">1.2<" in drawn


def test_two_standard_errors_over_the_pictures_are_needed() -> None:
    base = LevelSpread(100, 0.2, 0.1, ())
    # The standard error of the difference is .1 * sqrt(2 / 100) = .0141.
    assert not exceeds([replace(base, mean=0.228)], [base])
    assert exceeds([replace(base, mean=0.229)], [base])


def test_sentences_hold_the_numbers() -> None:
    (sentence,) = level_sentences([NAT, SEEDS])
    assert sentence == (
        "wrn16_1_baseline and wrn16_1_nat (short) on cifar100_test, 100 pictures: the maps lie low 0.100, middle "
        "0.300, high 0.600 apart on average, those of two baselines of different seeds low 0.200, middle 0.200, high "
        "0.200. NAT's difference begins at the middle level, as the paper says."
    )


def test_another_protocol_with_two_baselines_is_named() -> None:
    assert measured_elsewhere([NAT], "cifar100_test") == ""
    assert measured_elsewhere([NAT, SEEDS], "cifar100_test") == (
        "For wrn16_1_baseline and wrn16_1_nat, trained by another protocol (short), 1 seed: NAT's difference begins at "
        "the middle level, as the paper says."
    )


def test_the_file_keeps_five_digits_and_is_checked(tmp_path: Path) -> None:
    exact = PairLevels(*NAT.networks, {"noise": {level: spread(np.array([0.123456, 0.3])) for level in LEVELS}})
    save_levels(tmp_path, [exact, SEEDS])
    first, second = load_levels(tmp_path)
    assert first.sets["noise"]["low"].mean == round((0.123456 + 0.3) / 2, 5)
    assert second == SEEDS
    for text in ("{", '{"format": 2}', json.dumps({"format": 1, "pairs": [{"first": 1}]})):
        (tmp_path / FILE).write_text(text)
        with pytest.raises(CheckpointError, match=FILE):
            load_levels(tmp_path)
