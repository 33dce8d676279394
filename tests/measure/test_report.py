"""Reports: numbers worked by hand, JSON both ways, the findings' sentences, errors."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nat_core.measure.predictions import Predictions
from nat_core.measure.report import NetworkReport, SetReport, evaluate, threshold_key
from nat_core.measure.scores import MEASURES, SCORES
from nat_core.paper.findings import findings
from nat_core.paper.rendering import render

KEYS = ("0.4", "0.6", "0.8", "0.9")
ROLES = {"cifar10_test": "in distribution", "cifar100_test": "same source", "noise": "unseen", "ilsvrc": "unseen"}


def predictions(set_name, confidence, labels=None):
    """Two classes, the first the winner, with the confidence asked for."""
    confidence = np.array(confidence)
    logits = np.stack([np.log(confidence / (1 - confidence)), np.zeros(len(confidence))], axis=1).astype(np.float32)
    ids = tuple(map(str, range(len(confidence))))
    return Predictions("net", set_name, ids, logits, None if labels is None else np.array(labels))


def four_sets():
    return {
        "noise": predictions("noise", [0.55, 0.7]),
        "gallery": predictions("gallery", [0.99]),
        "cifar10_test": predictions("cifar10_test", [0.65, 0.75, 0.85, 0.95], [0, 0, 1, 0]),
        "cifar100_test": predictions("cifar100_test", [0.51, 0.62, 0.83, 0.97, 0.6], [-1] * 5),
    }


def evaluated(sets=None, roles=ROLES):
    return evaluate(four_sets() if sets is None else sets, roles, seed=3, protocol="short", classes=("a", "b"))


def set_report(ncr, images=100, role="unseen"):
    return SetReport(images, role, dict(zip(KEYS, ncr, strict=True)), 0.3, 0.9, 0.2)


def network_report(accuracy, kept, **ncr):
    """A report with these shares kept and NCRs by set, on a CIFAR-10 test set of 1,000 pictures."""
    known = set_report(kept, 1000, "in distribution")
    sets = {"cifar10_test": known} | {name: set_report(values) for name, values in ncr.items()}
    return NetworkReport(accuracy, 0.05, 0, "cpu", tuple("abcdefghij"), known.ncr, sets)


KEPT = (1.0, 0.99, 0.97, 0.95)


def test_evaluate_by_hand():
    report = evaluated()
    assert report.accuracy == 0.75
    assert report.share_kept == {"0.4": 1.0, "0.6": 1.0, "0.8": 0.5, "0.9": 0.25}
    # Four bins with one picture each: gaps .35, .25, .85 and .05, each weighing a quarter.
    assert report.ece == pytest.approx((0.35 + 0.25 + 0.85 + 0.05) / 4, abs=1e-6)
    assert (report.seed, report.protocol, report.classes) == (3, "short", ("a", "b"))
    source = report.sets["cifar100_test"]
    assert (source.images, source.role) == (5, "same source")
    assert source.ncr["0.4"] == 1.0
    assert (source.ncr["0.8"], source.ncr["0.9"]) == (0.4, 0.2)
    # 95 % of four pictures are all four, t just below .65; of 20 pairs 7 are lost: .83 to .65 and .75, .97 to all, and
    # .62 wins all: 4 + 4 + 4 + 2 = 14 wins. The fifth negative is rejected only with everything.
    assert source.ncr_at_95_kept == 0.4
    assert source.auroc == pytest.approx(14 / 20)
    assert source.fpr95 == 1.0
    assert report.sets["noise"].ncr_at_95_kept == 0.5
    assert report.sets["noise"].auroc == pytest.approx(7 / 8)
    assert report.sets["noise"].fpr95 == 0.25


def test_evaluate_follows_the_roles_and_leaves_out_sets_without_role_or_predictions():
    report = evaluated()
    assert list(report.sets) == ["cifar10_test", "cifar100_test", "noise"]
    assert report.in_distribution == "cifar10_test"
    assert list(report.negatives) == ["cifar100_test", "noise"]


def test_a_background_class_takes_its_probability_and_is_no_answer():
    # A tenth of all probability is the background's: confidences of .65, .75, .85 and .95 are a tenth lower.
    def with_background(each):
        background = np.logaddexp(*each.logits.T)[:, None] - np.log(9)
        return replace(each, logits=np.concatenate([each.logits, background], axis=1))

    sets = {name: with_background(each) for name, each in four_sets().items()}
    report = evaluate(sets, ROLES, seed=0, protocol="cpu", classes=("a", "b", "background"))
    assert report.share_kept == {"0.4": 1.0, "0.6": 0.75, "0.8": 0.25, "0.9": 0.0}
    assert report.accuracy == evaluated().accuracy
    assert report.sets["noise"].auroc == evaluated().sets["noise"].auroc


def test_in_distribution_entry_is_the_set_against_itself():
    own = evaluated().sets["cifar10_test"]
    assert own.images == 4
    assert own.ncr == evaluated().share_kept
    assert own.auroc == 0.5


@pytest.mark.parametrize("names", [["noise"], ["cifar10_test"]])
def test_evaluate_wants_exactly_one_set_in_distribution(names):
    sets = {name: four_sets()[name] for name in names}
    roles = {"noise": "unseen"} if names == ["noise"] else {"cifar10_test": "unseen"}
    with pytest.raises(ValueError, match="one set in distribution"):
        evaluated(sets, roles)


def test_evaluate_wants_labels_and_a_logit_a_class():
    sets = four_sets()
    with pytest.raises(ValueError, match="cifar10_test needs labels"):
        evaluated(sets | {"cifar10_test": replace(sets["cifar10_test"], labels=None)})
    with pytest.raises(ValueError, match="3 logits"):
        evaluate(sets, ROLES, seed=0, protocol="cpu", classes=("a", "b", "c"))


def test_threshold_key_is_the_paper_s_way_to_write_it():
    assert [threshold_key(t) for t in (0.4, 0.6, 0.8, 0.9)] == list(KEYS)


def test_json_has_exactly_the_documented_shape():
    document = json.loads(render({"net": evaluated()}, "json"))
    assert set(document) == {"format", "networks"}
    assert document["format"] == 1
    network = document["networks"]["net"]
    assert set(network) == {"accuracy", "ece", "seed", "protocol", "classes", "share_kept", "sets"}
    assert network["classes"] == ["a", "b"]
    assert tuple(network["share_kept"]) == KEYS
    for each in network["sets"].values():
        assert set(each) == {"images", "role", "ncr", "ncr_at_95_kept", "auroc", "fpr95", "by_score"}
        assert tuple(each["by_score"]) == tuple(SCORES)
        assert all(set(found) == set(MEASURES) for found in each["by_score"].values())
        assert tuple(each["ncr"]) == KEYS


def test_confidence_stands_among_the_scores_as_it_stands_beside_them():
    for each in evaluated().sets.values():
        sure = each.by_score["confidence"]
        assert (sure.ncr_at_95_kept, sure.auroc, sure.fpr95) == (each.ncr_at_95_kept, each.auroc, each.fpr95)


def test_a_report_from_before_other_scores_is_read_and_written_as_it_was():
    old = evaluated().to_json()
    for each in old["sets"].values():
        del each["by_score"]
    read = NetworkReport.from_json(json.loads(json.dumps(old)))
    assert read.sets["noise"].by_score == {}
    assert read.to_json() == old
    half = evaluated().to_json()
    del half["sets"]["noise"]["by_score"]["gen"]
    with pytest.raises(ValueError, match="by_score needs the scores confidence, entropy, gen"):
        NetworkReport.from_json(json.loads(json.dumps(half)))


def test_json_round_trip():
    report = evaluated()
    assert NetworkReport.from_json(json.loads(json.dumps(report.to_json()))) == report


RATE = st.floats(0, 1)
RATES = st.tuples(RATE, RATE, RATE, RATE)


@settings(deadline=None, max_examples=50)
@given(RATE, RATES, st.dictionaries(st.from_regex("[a-z_0-9]{1,12}", fullmatch=True), RATES, max_size=4))
def test_json_round_trip_of_any_numbers_and_set_names(accuracy, kept, sets):
    report = network_report(accuracy, kept, **sets)
    assert NetworkReport.from_json(json.loads(render({"n": report}, "json"))["networks"]["n"]) == report


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"accuracy": "high"}, "Expected `float`, got `str` - at `$.accuracy`"),
        ({"ece": 1.5}, "<= 1.0 - at `$.ece`"),
        ({"seed": True}, "Expected `int`, got `bool` - at `$.seed`"),
        ({"share_kept": {"0.4": 1.0}}, "share_kept needs the thresholds 0.4, 0.6, 0.8, 0.9"),
        ({"sets": []}, "Expected `object`, got `array` - at `$.sets`"),
        ({"sets": {"noise": {"images": 3}}}, "missing required field `role`"),
        ({"colour": "red"}, "unknown field `colour`"),
    ],
)
def test_from_json_says_what_is_wrong(change, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        NetworkReport.from_json(evaluated().to_json() | change)


def test_findings_count_compare_and_name_the_exceptions():
    baseline = network_report(0.9, KEPT, cifar100_test=(0.9, 0.6, 0.5, 0.4), noise=(0.8, 0.1, 0.0, 0.0))
    nat = network_report(0.893, (1.0, 0.98, 0.95, 0.91), cifar100_test=(0.4, 0.2, 0.1, 0.05), noise=(0.8, 0.2, 0, 0.01))
    (sentence,) = findings({"wrn16_1_nat": nat, "wrn16_1_baseline": baseline})
    assert sentence == (
        "wrn16_1_nat against wrn16_1_baseline: accuracy 89.30 %, 0.70 points below 90.00 %. "
        "NCR is no higher in 6 of 8 cells (4 thresholds, 2 sets): higher on noise at 0.6, noise at 0.9. "
        "12.5 % of NCR_0.9 remains on cifar100_test (100 pictures): 0.050 of 0.400. "
        "Where each keeps 95 %, NCR there is 0.300, against 0.300. "
        "At t = 0.9 it keeps 0.910 of the in-distribution pictures, against 0.950."
    )


def test_findings_set_the_student_beside_both_readings_of_ori():
    names = ("wrn16_1_baseline", "wrn16_1_student_of_baseline", "wrn16_1_student_of_nat")
    report = network_report(0.9, KEPT, cifar100_test=(0.9, 0.6, 0.5, 0.4))
    found = findings(dict.fromkeys(names, report))
    assert [each.split(":")[0] for each in found] == [f"wrn16_1_student_of_nat against {n}" for n in names[1::-1]]
    assert all("equal to 90.00 %" in each and "4 of 4 cells" in each for each in found)


def test_findings_divide_by_no_zero_and_say_where_protocols_differ():
    baseline = network_report(0.9, KEPT, digits_89=(0.5, 0.1, 0.0, 0.0))
    nat = replace(network_report(0.91, KEPT, digits_89=(0.5, 0.1, 0.0, 0.02)), protocol="full")
    (sentence,) = findings({"digits_baseline": baseline, "digits_nat": nat})
    assert "NCR_0.9 on digits_89 (100 pictures) was 0 and is 0.020." in sentence
    assert sentence.endswith("They were trained by different protocols, full and cpu.")


def test_findings_need_both_of_a_pair_and_a_common_set():
    report = network_report(0.9, KEPT, noise=(0.5, 0.1, 0.0, 0.0))
    assert findings({"resnet18_nat": report, "wrn40_1_nat": report}) == ()
    (sentence,) = findings({"digits_baseline": network_report(0.9, KEPT), "digits_nat": report})
    assert "cells" not in sentence
