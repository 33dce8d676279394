"""What was tried at equal cost: who counts, how it is ordered, and when the goal is reached."""

from dataclasses import replace

from nat_core.measure.scores import SCORES, Separation
from nat_core.recipes import recipe_in_protocol
from nat_core.results.equal_cost import Candidate, grid, section, sentence, tried
from nat_core.store.runs import RunRecord
from nat_core.studies.plan import Choice, PlannedRun, studies
from tests.synthetic_runs import record

EVERY = studies(choice=Choice("held_out_weight_2", "held_out_1_blend"))
RUNS = {(study.name, run.recipe.name, run.seed): run for study in EVERY for run in study.runs}


def records(*rates: tuple[str, str, float, float], seeds: int = 1) -> dict[str, RunRecord]:
    """Records by study, network, NCR at 95 % kept and accuracy, of so many seeds."""
    found = {}
    for study, name, rate, right in rates:
        for seed in range(seeds):
            run = replace(RUNS[study, name, 0], seed=seed)
            found[run.key] = record(run, rate, accuracy=right)
    return found


OWN = (("frontier", "frontier_nat", 0.5, 0.9), ("argued", "wrn16_1_nat", 0.6, 0.88))


def test_only_what_costs_what_nat_costs_is_listed_the_lowest_first() -> None:
    found = tried(EVERY, records(
        *OWN,
        ("frontier", "frontier_weight_2", 0.45, 0.89), ("frontier", "frontier_48_and_24", 0.4, 0.88),
        ("frontier", "frontier_32_negatives", 0.1, 0.9), ("frontier", "frontier_baseline", 0.1, 0.9),
        ("argued", "nat_brier", 0.66, 0.88), ("argued", "nat_2_negatives", 0.1, 0.88),
    ))  # fmt: skip
    assert [(each.label, round(each.change, 2), round(each.points, 1)) for each in found] == [
        ("frontier_48_and_24", -0.2, -2.0), ("frontier_weight_2", -0.1, -1.0), ("nat_brier", 0.1, 0.0),
    ]  # fmt: skip
    assert grid(found).rows[0] == (
        "frontier_48_and_24", "frontier", "30", "cifar100_held_out", "1 / 1", "0.400", "0.500", "−20 %", "-", "−2.00",
    )  # fmt: skip
    assert sentence(found) == (
        "Of 3 candidates of NAT's cost none reaches the goal, −30 % at no less accuracy over three seeds, so no "
        "network is published under the name plus. The farthest: `frontier_48_and_24` −20 %, −2.00 points, 1 seed, 30 "
        "epochs. The farthest that is no less accurate: `nat_brier` +10 %, +0.00 points, 1 seed, 12 epochs."
    )


def test_the_goal_takes_the_accuracy_and_three_seeds() -> None:
    less_accurate = tried(EVERY, records(*OWN, ("frontier", "frontier_weight_2", 0.2, 0.899)))
    assert sentence(less_accurate).startswith("Of 1 candidate of NAT's cost none reaches the goal")
    once = tried(EVERY, records(*OWN, ("frontier", "frontier_weight_2", 0.35, 0.9)))
    assert sentence(once) == (
        "The goal, −30 % at no less accuracy, is reached by `frontier_weight_2` (1 seed), but over three seeds by none "
        "so far."
    )
    thrice = tried(EVERY, records(*OWN, ("frontier", "frontier_weight_2", 0.35, 0.9), seeds=3))
    assert sentence(thrice).endswith("over three seeds, is reached by `frontier_weight_2`.")


def test_energy_judges_too_where_both_reported_it() -> None:
    found = records(*OWN, ("frontier", "frontier_weight_2", 0.35, 0.9), ("frontier", "frontier_weight_4", 0.5, 0.9))
    energies = {"frontier_nat": 0.4, "frontier_weight_2": 0.38}
    for key, each in found.items():
        if (rate := energies.get(each.recipe.name)) is not None:
            found[key] = by_energy(each, rate)
    listed = tried(EVERY, found)
    # By confidence -30 %, by energy -5 %: the goal is not reached by both.
    assert [(row[0], *row[7:9]) for row in grid(listed).rows] == [
        ("frontier_weight_2", "−30 %", "−5 %"), ("frontier_weight_4", "0 %", "-"),
    ]  # fmt: skip
    assert "none reaches the goal" in sentence(listed)
    assert sentence(listed).endswith("By energy, known of 1 of them, the farthest: `frontier_weight_2` −5 %, 1 seed.")


def by_energy(each: RunRecord, rate: float) -> RunRecord:
    """The same record, which reports every other score too, each with this NCR at 95 % kept."""
    scores = dict.fromkeys(SCORES, Separation(rate, 0.9, 0.8, 0.7, 0.1))
    sets = {name: replace(one, by_score=scores) for name, one in each.report.sets.items()}
    return replace(each, report=replace(each.report, sets=sets))


def test_energy_rests_on_the_seeds_that_reported_it_and_says_so() -> None:
    found = records(*OWN, ("frontier", "frontier_weight_2", 0.3, 0.9), seeds=3)
    for key, each in found.items():
        # The oldest run of NAT's reported confidence alone.
        if each.recipe.name == "frontier_weight_2" or (each.recipe.name == "frontier_nat" and each.seed):
            found[key] = by_energy(each, 0.2 if each.recipe.name == "frontier_weight_2" else 0.4)
    (candidate,) = listed = tried(EVERY, found)
    assert (candidate.seeds, candidate.nats_seeds, candidate.energy_seeds) == (3, 3, (3, 2))
    assert grid(listed).rows[0][4:9] == ("3 / 3", "0.300", "0.500", "−40 %", "−50 % (3/2)")
    # Both changes reach the goal, but that by energy rests on two seeds of NAT's.
    assert "but over three seeds by none so far" in sentence(listed)
    slower = tried(EVERY, {key: by_energy(each, 0.3) if each.report.sets["cifar100_held_out"].by_score else each
                           for key, each in found.items() if each.recipe.name.startswith("frontier")})  # fmt: skip
    assert sentence(slower).endswith("the farthest: `frontier_weight_2` 0 %, 3 seeds beside 2 of NAT's.")


def test_what_a_study_trained_for_longer_stands_beside_the_nat_that_learned_as_long() -> None:
    short = records(("nat_plus", "wrn16_1_nat", 0.5, 0.88), ("nat_plus", "nat_plus", 0.4, 0.875))
    long = RUNS["nat_plus", "wrn16_1_nat_plus", 0]
    own = PlannedRun(recipe_in_protocol("wrn16_1_nat", "cpu"))
    both = {long.key: record(long, 0.36, accuracy=0.91), own.key: record(own, 0.4, accuracy=0.9175)}
    found = tried(EVERY, short | both)
    assert [(each.label, each.epochs, each.nats, round(each.points, 2)) for each in found] == [
        ("nat_plus", 12, 0.5, -0.5), ("wrn16_1_nat_plus", 60, 0.4, -0.75),
    ]  # fmt: skip
    # Without that NAT there is nothing to hold it against.
    del both[own.key]
    assert [each.label for each in tried(EVERY, short | both)] == ["nat_plus"]


def test_a_second_reading_counts_as_a_candidate_and_nothing_is_said_of_nothing() -> None:
    found = records(*OWN, ("argued", "nat_background_class", 0.55, 0.88))
    run: PlannedRun = RUNS["argued", "nat_background_class", 0]
    found[run.key] = replace(found[run.key], renormalised=record(run, 0.72).report)
    labels = [each.label for each in tried(EVERY, found)]
    assert labels == ["nat_background_class", "nat_background_class, renormalised"]
    assert section(EVERY, {}) == []
    assert section(EVERY, found)[0] == "### What was tried at equal cost"
    # What the study of that name tried is explained where it stands in the table, and nowhere else.
    assert "nat_plus" not in section(EVERY, found)[1]


def test_a_change_follows_from_the_rates_beside_it() -> None:
    # Written 0.444 and 0.525, of which 0.444 is 15 % less; before they are rounded it would be 16 %.
    candidate = Candidate("a", "argued", 12, "cifar100_test", 1, 1, 0.4436, 0.5254, 0.0)
    (row,) = grid([candidate]).rows
    assert row[5:8] == ("0.444", "0.525", "\u221215 %")
    # A reader of a page need not know which study tried it.
    assert "study" not in grid([candidate], studies=False).header
    assert len(grid([candidate], studies=False).rows[0]) == len(grid([candidate], studies=False).header)


def test_where_nat_has_other_seeds_than_the_candidate_both_numbers_stand_there() -> None:
    thrice = records(("frontier", "frontier_weight_2", 0.3, 0.9), seeds=3)
    (row,) = grid(found := tried(EVERY, records(*OWN) | thrice)).rows
    assert row[4] == "3 / 1"
    # What rests on one seed of NAT's is not over three.
    assert sentence(found) == (
        "The goal, \u221230 % at no less accuracy, is reached by `frontier_weight_2` (3 seeds beside 1 of NAT's), but "
        "over three seeds by none so far."
    )


def test_of_the_long_trainings_each_is_held_against_the_nat_of_its_architecture() -> None:
    found = tried(EVERY, records(
        ("strong", "wrn16_1_nat", 0.4, 0.9), ("strong", "wrn16_1_nat_48_and_24", 0.3, 0.9),
        ("strong", "resnet18_nat", 0.1, 0.9), ("strong", "resnet18_nat_48_and_24", 0.09, 0.9),
        ("strong", "resnet18_nat_strong", 0.01, 0.9),
    ))  # fmt: skip
    long = [(each.label, each.nats) for each in found if each.study == "strong"]
    assert long == [("wrn16_1_nat_48_and_24", 0.4), ("resnet18_nat_48_and_24", 0.1)]
