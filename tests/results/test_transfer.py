"""What carries NAT to a student: shares worked by hand, what is said of them, and the plot."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from nat_core.results.drawings.panels import DARK
from nat_core.results.transfer import CHANNELS, grid, papers_ninth, plot, section, sentences, transfer
from nat_core.store.runs import DivergedRun, RunRecord
from nat_core.studies.plan import TRANSFER, planned_runs
from tests.synthetic_runs import record

RUNS = {run.recipe.name: run for run in planned_runs("cpu", ("attention_transfer",)) if run.seed == 0}


def records(**rates: float) -> dict[str, RunRecord]:
    """The baseline at NCR .80 with 95 % kept (.40 at t = 0.9), the teacher at .40 (.20), and these students."""
    every = {"wrn16_1_baseline": 0.8, "wrn16_1_nat": 0.4} | rates
    return {RUNS[name].key: record(RUNS[name], rate) for name, rate in every.items()}


def test_a_share_is_the_way_from_the_baseline_to_the_teacher() -> None:
    found = transfer(records(student_of_nat=0.7, student_distilled=0.5, student_low=0.88), {})
    assert found is not None
    assert (found.baseline, found.teacher, found.pictures) == ((0.4, 0.8), (0.2, 0.4), 1000)
    assert [each.label for each in found.channels] == ["student_distilled", "student_of_nat", "student_low"]
    assert [each.share_at_kept for each in found.channels] == pytest.approx([0.75, 0.25, -0.2])
    assert [each.share_at_threshold for each in found.channels] == pytest.approx([0.75, 0.25, -0.2])
    # .062 of .538 is left in the paper; as much of .40 lies .0461 low, 1.7695 of the way to .20.
    assert papers_ninth() == pytest.approx(0.062 / 0.538)
    assert found.papers_share == pytest.approx((0.4 - 0.4 * 0.062 / 0.538) / 0.2)


def test_the_sentences_say_what_carries_most_and_whether_the_ninth_is_reached() -> None:
    found = transfer(records(student_of_nat=0.7, student_distilled=0.5), {})
    assert found is not None
    said = sentences(found)
    assert said[0] == (
        "Attention maps alone carry 25 % of NAT's effect where each network keeps 95 %, and 25 % at t = 0.9."
    )
    assert said[1] == "Most is carried by *answers alone (distillation)* (`student_distilled`): 75 % and 75 %."
    assert "falls to 11.5 % of what it was, about a ninth; here that would be 0.046" in said[2]
    assert "None reaches it; the nearest is: *answers alone (distillation)*." in said[2]
    assert said[-1].startswith("One seed each")
    reached = transfer(records(student_all=0.09), {})
    assert reached is not None
    assert "It is reached by: *all of it, on unlabelled negatives too*." in sentences(reached)[0 + 1]


def test_seeds_and_runs_that_diverged_are_said() -> None:
    twice = records(student_of_nat=0.7, student_low=0.8)
    run = replace(RUNS["student_of_nat"], seed=1)
    twice[run.key] = record(run, 0.6)
    bad = RUNS["student_not_normalised"]
    found = transfer(twice, {bad.key: DivergedRun(bad.recipe, 0, "diverged at step 3 of 9")})
    assert found is not None
    assert [(each.seeds, round(each.at_kept, 3)) for each in found.channels] == [(2, 0.65), (1, 0.8)]
    said = " ".join(sentences(found))
    assert "Not in the plot: maps not normalised diverged at step 3 of 9." in said
    assert said.endswith("One seed for 1 of 2 students.")


def test_without_both_ends_or_an_effect_there_is_no_share() -> None:
    assert transfer(records(), {}) is None
    found = records(student_of_nat=0.7)
    assert transfer({key: each for key, each in found.items() if "wrn16_1_nat/" not in key}, {}) is None
    no_effect = found | {RUNS["wrn16_1_nat"].key: record(RUNS["wrn16_1_nat"], 0.8)}
    assert transfer(no_effect, {}) is None
    assert section(None) == ([], {})


def test_the_plot_has_a_row_for_every_student_and_both_ends() -> None:
    found = transfer(records(student_of_nat=0.7, student_distilled=0.5, student_of_baseline=0.8), {})
    assert found is not None
    drawn = str(plot(found))
    root = ElementTree.fromstring(drawn)
    texts = ["".join(each.itertext()) for each in root]
    assert {"attention maps alone", "25 % / 25 %", "baseline", "NAT teacher", "0.800 / 0.400"} <= set(texts)
    assert "the paper's ninth 0.046" in texts
    assert drawn.count("<circle") == 2 * 3
    dark = plot(found).svg(DARK)
    assert "#0072B2" not in dark
    assert dark.count("#56B4E9") == drawn.count("#0072B2")
    assert grid(found).rows[0][:4] == ("answers alone (distillation)", "student_distilled", "1", "0.500")


def test_for_a_phone_every_word_lies_within_the_plot(german) -> None:
    found = transfer(records(**{name: 0.5 + 0.01 * place for place, name in enumerate(CHANNELS)}), {})
    assert found is not None
    drawn = plot(found, narrow=True)
    root = ElementTree.fromstring(str(drawn))
    texts = [each for each in root if each.tag.endswith("text")]
    assert "Aufmerksamkeitskarten, zehnfaches Gewicht" in {each.text for each in texts}
    share = {"start": 0.0, "middle": 0.5, "end": 1.0}
    for each in texts:
        # 5.8 pixels a letter is what a browser's sans-serif of 12 pixels takes on average.
        long, x = 5.8 * len(each.text or ""), float(each.attrib["x"])
        left = x - share[each.attrib["text-anchor"]] * long
        assert left >= -2, each.text
        assert left + long <= drawn.width + 2, each.text


def test_every_planned_student_has_words() -> None:
    assert set(CHANNELS) == set(TRANSFER)


def test_on_a_phone_no_upright_goes_through_a_row_s_name() -> None:
    found = transfer(records(student_of_nat=0.7, student_distilled=0.5, student_low=0.88), {})
    assert found is not None
    drawn = str(plot(found, narrow=True))
    names = [float(y) for y, text in re.findall(r'<text x="16.0" y="([\d.]+)"[^>]*>([^<]+)</text>', drawn)
             if text in {each.words for each in found.channels}]  # fmt: skip
    uprights = [
        (float(top), float(bottom))
        for left, top, right, bottom in re.findall(r'points="([\d.]+),([\d.]+) ([\d.]+),([\d.]+)"', drawn)
        if left == right
    ]
    assert (len(names), len(uprights)) == (3, 9)
    assert [name for name in names for top, bottom in uprights if top < name and name - 9 < bottom] == []


def test_a_share_follows_from_the_rates_beside_it() -> None:
    found = transfer(records(student_of_nat=0.6246), {})
    assert found is not None
    (row,) = grid(found).rows
    assert row[3] == "0.625"
    # Of 0.800, 0.625 and 0.400; of what was rounded to them it would be 43.85 %.
    assert found.channels[0].share_at_kept == pytest.approx((0.8 - 0.625) / (0.8 - 0.4))
