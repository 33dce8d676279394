"""By other scores: the sentences and their numbers, every turn of a lead, what is said of features."""

import re
from dataclasses import replace

import pytest

from nat_core.measure.report import NetworkReport, SetReport
from nat_core.measure.scores import SCORES, Separation
from nat_core.paper.by_score import (
    cells_by_score,
    feature_findings,
    fitted_sentence,
    lead_words,
    score_finding,
    score_findings,
)
from nat_core.paper.claims import claims
from nat_core.paper.findings import findings
from nat_core.recipes import PAIRS
from nat_core.store.feature_reports import ALL_SCORES, FeatureReport

KEYS = ("0.4", "0.6", "0.8", "0.9")
NAMES = PAIRS["resnet18"]


def separation(ncr: float) -> Separation:
    return Separation(ncr, 0.9, 0.8, 0.7, 0.6)


def report(*, known: str = "cifar10_test", **ncr: tuple[float, ...]) -> NetworkReport:
    """A report whose NCR at 95 % kept is given by set, one for each of SCORES."""
    sets = {known: SetReport(100, "in distribution", dict.fromkeys(KEYS, 0.95), 0.95, 0.5, 0.95)}
    for name, values in ncr.items():
        by_score = {score: separation(each) for score, each in zip(SCORES, values, strict=True)}
        sets[name] = SetReport(723, "unseen", dict.fromkeys(KEYS, values[0]), values[0], 0.9, 0.6, by_score)
    return NetworkReport(0.95, 0.02, 0, "full", ("cat", "dog"), sets[known].ncr, sets)


BASELINE = report(
    cifar100_test=(0.562, 0.518, 0.402, 0.408, 0.405), ilsvrc_strict_near=(0.534, 0.483, 0.336, 0.328, 0.329)
)
NAT = report(cifar100_test=(0.142, 0.128, 0.125, 0.124, 0.129), ilsvrc_strict_near=(0.173, 0.155, 0.151, 0.147, 0.156))


def test_the_sentence_says_what_energy_takes_from_the_lead() -> None:
    assert score_finding(NAMES, BASELINE, NAT) == (
        "resnet18_nat against resnet18_baseline, by other scores: where each keeps 95 %, energy takes NCR on "
        "ilsvrc_strict_near (723 pictures) from 0.173 to 0.147 for resnet18_nat and from 0.534 to 0.328 for "
        "resnet18_baseline: the lead of resnet18_nat shrinks from 0.361 to 0.181. The same difference by entropy "
        "0.328, GEN 0.185, largest logit 0.173. Where each keeps 95 %, it is lower in 8 of 8 cells of other scores (4 "
        "scores, 2 sets)."
    )


def test_a_rate_that_energy_leaves_as_it_is_written_stays_the_same() -> None:
    level = report(cifar100_test=(0.1421, 0.128, 0.125, 0.1418, 0.129))
    said = score_finding(NAMES, BASELINE, level)
    assert "energy takes NCR on cifar100_test (723 pictures) from 0.142 to the same for resnet18_nat and from" in said


def test_without_photos_it_speaks_of_the_set_that_stands_for_all() -> None:
    one = {"cifar100_test": (0.5, 0.4, 0.3, 0.2, 0.1)}
    said = score_finding(NAMES, report(**one), report(**one))
    assert "NCR on cifar100_test" in said
    assert "not on cifar100_test by entropy, cifar100_test by GEN" in said
    assert "lower in 0 of 4 cells" in said


ODD = (
    report(ilsvrc_strict_near=(0.64049, 0.4, 0.4, 0.46649, 0.4)),
    report(ilsvrc_strict_near=(0.35951, 0.2, 0.2, 0.32951, 0.2)),
)
"""Written 0.640 and 0.360, 0.466 and 0.330: 0.280 and 0.136 apart. Before they are rounded it is 0.281 and 0.137."""


@pytest.mark.parametrize("pair", [(BASELINE, NAT), ODD])
def test_the_lead_is_the_difference_of_the_numbers_beside_it(pair: tuple[NetworkReport, NetworkReport]) -> None:
    numbers = re.search(
        r"from ([\d.]+) to ([\d.]+) for \w+ and from ([\d.]+) to ([\d.]+) for \w+: .* from ([\d.]+) to ([\d.]+)\. The",
        score_finding(NAMES, *pair),
    )
    assert numbers is not None
    after, after_energy, before, before_energy, lead, lead_energy = map(float, numbers.groups())
    assert lead == pytest.approx(before - after)
    assert lead_energy == pytest.approx(before_energy - after_energy)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (0.3, 0.1, "the lead of net shrinks from 0.300 to 0.100"),
        (0.1, 0.3, "the lead of net grows from 0.100 to 0.300"),
        (0.1, 0.1001, "the lead of net stays 0.100"),
        (0.1, -0.02, "the lead of net, 0.100, is lost: it is behind by 0.020"),
        (0.1, 0.0, "the lead of net, 0.100, is lost: it is level"),
        (-0.02, 0.01, "net takes the lead: 0.010 after −0.020"),
        (-0.02, -0.01, "net has no lead before (−0.020) or after (−0.010)"),
    ],
)
def test_every_turn_of_a_lead_has_its_words(before: float, after: float, words: str) -> None:
    assert lead_words("net", before, after) == words


def test_reports_from_before_other_scores_say_nothing_of_them() -> None:
    old = replace(NAT, sets={name: replace(each, by_score={}) for name, each in NAT.sets.items()})
    for pair in ((old, NAT), (BASELINE, old)):
        assert score_finding(NAMES, *pair) == ""
        assert cells_by_score(*pair, ["cifar100_test"]) == ""
    assert score_findings({NAMES[0]: BASELINE, NAMES[1]: old}) == ()


def test_findings_and_claims_speak_of_other_scores() -> None:
    both = {NAMES[0]: BASELINE, NAMES[1]: NAT}
    assert findings(both)[-1] == score_finding(NAMES, BASELINE, NAT)
    unseen = next(claim for claim in claims(both) if "never seen" in claim.statement)
    assert unseen.measured.endswith("it is lower in 8 of 8 cells of other scores (4 scores, 2 sets).")


# --- scores from features --------------------------------------------------------------------------------------------


STRICT = "ilsvrc_strict_near"


def from_features(**ncr: float) -> FeatureReport:
    """A feature report on one set, NCR at 95 % kept being 0.5 by each score that is not given."""
    by_score = {score: separation(ncr.get(score, 0.5)) for score in ALL_SCORES}
    return FeatureReport(5000, 5, 2000, {STRICT: 723}, {STRICT: by_score})


def test_a_score_by_which_nat_is_not_lower_is_marked() -> None:
    reports = {
        NAMES[0]: from_features(knn=0.36, vim=0.365),
        NAMES[1]: from_features(energy=0.152, knn=0.156, vim=0.769),
    }
    assert feature_findings(reports) == (
        "resnet18_nat against resnet18_baseline where each keeps 95 %, NCR on ilsvrc_strict_near (723 pictures): by "
        "confidence 0.500 against 0.500 (not lower), energy 0.152 against 0.500, kNN 0.156 against 0.360, ViM 0.769 "
        "against 0.365 (not lower), RMDS 0.500 against 0.500 (not lower).",
    )
    assert feature_findings({NAMES[0]: reports[NAMES[0]]}) == ()


def test_where_the_strictest_set_is_not_there_the_first_is_told() -> None:
    reports = {
        name: replace(from_features(), images={"svhn": 26_032}, by_score={"svhn": from_features().by_score[STRICT]})
        for name in NAMES
    }
    (told,) = feature_findings(reports)
    assert "NCR on svhn (26,032 pictures)" in told


def test_what_the_scores_were_fitted_to_is_said() -> None:
    said = fitted_sentence([from_features(), from_features()])
    assert "k = 5" in said
    assert "5,000 training pictures of CIFAR-10" in said
    assert "2,000 test pictures of CIFAR-10 and 723 of ilsvrc_strict_near" in said
