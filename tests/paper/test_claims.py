"""The paper's claims are judged by their rules, on reports made up so that each verdict is known."""

from dataclasses import replace

import pytest

from nat_core.measure.report import NetworkReport, SetReport
from nat_core.paper.claims import Claim, MapDistances, claims, summary

KEYS = ("0.4", "0.6", "0.8", "0.9")


def report(rates: dict[str, float], accuracy: float = 0.95, kept: float = 0.9) -> NetworkReport:
    """A report whose NCR is the same at all thresholds, by set."""
    roles = {"cifar100_train": "trained on", "cifar100_test": "same source", "ilsvrc": "unseen", "noise": "unseen"}
    sets = {
        name: SetReport(1000, roles[name], dict.fromkeys(KEYS, rate), rate, 0.9, 0.2) for name, rate in rates.items()
    }
    sets["cifar10_test"] = SetReport(10_000, "in distribution", dict.fromkeys(KEYS, kept), 0.95, 0.5, 0.95)
    return NetworkReport(accuracy, 0.02, 0, "cpu", ("a", "b"), dict.fromkeys(KEYS, kept), sets)


BASELINE = report({"cifar100_train": 0.5, "cifar100_test": 0.5, "ilsvrc": 0.4, "noise": 0.3})
NAT = report({"cifar100_train": 0.01, "cifar100_test": 0.02, "ilsvrc": 0.02, "noise": 0.0}, 0.945)


def judged(nat: NetworkReport, baseline: NetworkReport = BASELINE) -> tuple[Claim, ...]:
    """The claims of the first experiment."""
    return claims({"wrn16_1_baseline": baseline, "wrn16_1_nat": nat})


def test_all_hold_where_the_numbers_are_the_papers_kind() -> None:
    found = judged(NAT)
    assert [claim.verdict for claim in found] == ["held"] * 5 + ["not measured yet"] * 2
    assert summary(found) == "5 of the paper's 7 claims are measured here: 5 held."
    assert "lower in 8 of 8 cells; NCR_0.9 goes from 0.500 to 0.010 on cifar100_train (1,000)" in found[1].measured
    assert "accuracy from 95.00 % to 94.50 % on 10,000 pictures." in found[4].measured


def test_where_nothing_was_measured_each_claim_says_what_to_do() -> None:
    found = claims({})
    assert {claim.verdict for claim in found} == {"not measured yet"}
    assert found[-1].measured == "Train a baseline and a NAT network of the same shape."


def test_a_rate_that_is_written_alike_before_and_after_stays() -> None:
    """Of two sets, one goes down by less than is written: from 0.5 to 0.5 is no way."""
    nearly = report({"cifar100_train": 0.01, "cifar100_test": 0.4999, "ilsvrc": 0.02, "noise": 0.0})
    measured = judged(nearly)[1].measured
    assert (
        "NCR_0.9 goes from 0.500 to 0.010 on cifar100_train (1,000), stays at 0.500 on cifar100_test (1,000). "
        in measured
    )
    assert "where each keeps 95 %, NCR stays at 0.500 on cifar100_test." in measured
    assert judged(nearly)[4].measured.endswith(": accuracy stays at 95.00 % on 10,000 pictures.")


@pytest.mark.parametrize(("lost", "verdict"), [(0.01, "held"), (0.03, "held in part"), (0.031, "did not hold")])
def test_accuracy_may_fall_by_one_point_or_in_part_by_three(lost: float, verdict: str) -> None:
    assert judged(replace(NAT, accuracy=round(BASELINE.accuracy - lost, 6)))[4].verdict == verdict


def test_unseen_negatives_are_judged_without_noise() -> None:
    worse = report({"cifar100_train": 0.01, "cifar100_test": 0.6, "ilsvrc": 0.6, "noise": 0.1})
    found = judged(worse)
    assert found[1].verdict == "did not hold"
    assert found[2].verdict == "did not hold"
    assert found[3].verdict == "held in part"


def test_a_modest_baseline_does_not_show_the_fault() -> None:
    modest = report({"cifar100_train": 0.05, "cifar100_test": 0.2, "ilsvrc": 0.05})
    found = judged(NAT, modest)
    assert found[0].verdict == "held in part"
    assert found[3].verdict == "not measured yet"


def test_students_and_maps_have_claims_of_their_own() -> None:
    reports = {"wrn16_1_student_of_baseline": BASELINE, "wrn16_1_student_of_nat": NAT}
    networks = ("wrn40_1_baseline", "wrn40_1_nat")
    found = claims(reports, MapDistances(networks, {"low": 0.2, "middle": 0.1, "high": 0.5}))
    assert [claim.verdict for claim in found] == ["not measured yet"] * 5 + ["held", "held in part"]
    assert found[6].measured.startswith(
        "As the paper reads it, wrn40_1_baseline and wrn40_1_nat, median distance of the maps over the gallery: "
    )
    assert "low 0.200, middle 0.100, high 0.500: held in part. No two baselines" in found[6].measured


def test_every_set_of_the_first_claim_is_every_set_noise_too() -> None:
    calm = report({"cifar100_train": 0.5, "cifar100_test": 0.5, "ilsvrc": 0.4, "noise": 0.0999})
    (claim, *_) = judged(NAT, calm)
    assert claim.verdict == "held in part"
    assert claim.measured.endswith("0.100 on noise (1,000): 3 of 4 sets.")
    assert judged(NAT)[0].measured.endswith("0.300 on noise (1,000): 4 of 4 sets.")
    sure = report({"noise": 0.1})
    assert judged(NAT, sure)[0].verdict == "held"


LONG = MapDistances(
    ("resnet18_baseline", "resnet18_nat"),
    {"low": 0.23, "middle": 0.31, "high": 0.48},
    "9 pictures (full, 100 epochs)",
    by_seed={"low": (0.22, 0.24), "middle": (0.3, 0.32), "high": (0.47, 0.49)},
)
SHORT = MapDistances(
    ("wrn16_1_baseline", "wrn16_1_nat"),
    {"low": 0.36, "middle": 0.25, "high": 0.31},
    between_seeds={"low": 0.39, "middle": 0.26, "high": 0.30},
)


def maps_claim(distances: MapDistances | None, *longest: MapDistances) -> Claim:
    return claims({}, distances, longest)[6]


@pytest.mark.parametrize(
    ("exceeding", "verdict"),
    [(("middle", "high"), "held"), (("high",), "held in part"), ((), "held in part")],
)
def test_the_papers_reading_and_ours_stand_side_by_side(exceeding: tuple[str, ...], verdict: str) -> None:
    found = maps_claim(replace(SHORT, exceeding=exceeding), LONG)
    assert found.verdict == verdict
    assert "2 seeds: low 0.220 / 0.240, middle 0.300 / 0.320, high 0.470 / 0.490: held. By our" in found.measured
    assert "two baselines of different seeds low 0.390, middle 0.260, high 0.300: " in found.measured


def test_the_papers_reading_needs_its_order_in_every_seed() -> None:
    assert maps_claim(None, LONG).verdict == "held"
    crossed = replace(LONG, by_seed=dict(LONG.by_seed) | {"middle": (0.3, 0.23)})
    assert maps_claim(None, crossed).verdict == "held in part"
    assert (
        maps_claim(SHORT, replace(crossed, by_seed=dict(LONG.by_seed) | {"low": (0.5, 0.5)})).verdict == "did not hold"
    )
    assert "Other pairs: wrn16_1_baseline and wrn16_1_nat low 0.360, middle 0.250, high 0.310: did not hold." in (
        maps_claim(None, LONG, SHORT).measured
    )


@pytest.mark.parametrize(
    ("rates", "verdict", "counts"),
    [
        ((0.25, 0.25, 0.2, 0.15), "held", "at most half in 16 cells, lower in 16 of 16"),
        ((0.26, 0.25, 0.2, 0.15), "held in part", "at most half in 12 cells, lower in 16 of 16"),
        ((0.25, 0.25, 0.2, 0.31), "held in part", "at most half in 12 cells, lower in 12 of 16"),
        ((0.6, 0.6, 0.3, 0.31), "did not hold", "at most half in 0 cells, lower in 4 of 16"),
    ],
)
def test_a_student_has_to_halve_it_on_noise_too(rates: tuple[float, ...], verdict: str, counts: str) -> None:
    student = report(dict(zip(("cifar100_train", "cifar100_test", "ilsvrc", "noise"), rates, strict=True)))
    found = claims({"wrn16_1_student_of_baseline": BASELINE, "wrn16_1_student_of_nat": student})[5]
    assert (found.verdict, counts in found.measured) == (verdict, True)


def test_the_large_pair_goes_before_the_small_one() -> None:
    pairs = ("resnet18", "wrn16_1")
    reports = {f"{key}_{kind}": each for key in pairs for kind, each in (("baseline", BASELINE), ("nat", NAT))}
    assert claims(reports)[0].measured.startswith("resnet18_nat against resnet18_baseline")
