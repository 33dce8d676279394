"""What a run costs: pictures counted by hand, and the recorded runs from whose speed it follows."""

from dataclasses import replace

import pytest

from nat_core.recipes import recipe_named
from nat_core.studies.plan import planned_runs
from nat_core.studies.run_costs import measured_seconds, pictures_trained, steps
from tests.synthetic_runs import record

(NAT, *_) = (run for run in planned_runs("full", ("frontier",)) if run.recipe.name == "frontier_nat")
INSIDE = next(run for run in planned_runs("full", ("frontier",)) if run.recipe.name == "frontier_48_and_24")


def test_pictures_by_hand() -> None:
    # Of 45,000 pictures 64 a step, and 8 beside them; of 72 a step 24 are negatives, so 48 are theirs.
    assert steps(NAT.recipe) == 45_000 // 64 * 30
    assert pictures_trained(NAT.recipe) == 45_000 // 64 * 30 * 72
    assert steps(INSIDE.recipe) == 45_000 // 48 * 30
    assert pictures_trained(INSIDE.recipe) == 45_000 // 48 * 30 * 72
    growing = recipe_named("wrn16_1_nat")
    assert pictures_trained(growing) == pytest.approx(781 * 60 * 72 * (0.55 * (24 / 32) ** 2 + 0.45))


def test_a_cost_follows_from_the_runs_most_like_it() -> None:
    def ran(run, seconds: float, hardware: str = "A processor, 1 thread"):
        return replace(record(run, 0.5), seconds=seconds, hardware=hardware)

    weighted = next(run for run in planned_runs("full", ("frontier",)) if run.recipe.name == "frontier_weight_8")
    many = next(run for run in planned_runs("full", ("frontier",)) if run.recipe.name == "frontier_32_negatives")
    records = {"a": ran(NAT, 100.0), "b": ran(replace(NAT, seed=1), 300.0), "c": ran(weighted, 200.0),
               "d": ran(many, 1.0), "e": ran(INSIDE, 60.0, "A card")}  # fmt: skip
    found = measured_seconds(NAT.recipe, records)
    # The median of what costs as much: 100, 200 and 300 seconds; the card knows another number of steps alone.
    assert found["A processor, 1 thread"] == pytest.approx(200.0)
    assert found["A card"] == pytest.approx(60.0 * pictures_trained(NAT.recipe) / pictures_trained(INSIDE.recipe))
    longer = replace(NAT.recipe, epochs=60)
    assert measured_seconds(longer, records)["A processor, 1 thread"] == pytest.approx(400.0)
    assert measured_seconds(recipe_named("resnet18_nat"), records) == {}
    assert measured_seconds(recipe_named("wrn16_1_student_of_nat"), records) == {}
