"""Recipes: the table, roles, and settings that are refused."""

import json
from dataclasses import replace

import pytest

from nat_core.recipes import RECIPES, Recipe, recipe_named

NAMES = [
    "resnet18_baseline",
    "resnet18_nat",
    "wrn40_1_baseline",
    "wrn40_1_nat",
    "wrn16_1_baseline",
    "wrn16_1_nat",
    "wrn16_1_student_of_baseline",
    "wrn16_1_student_of_nat",
    "digits_baseline",
    "digits_nat",
]


def test_the_recipes_bear_the_names_of_the_checkpoints() -> None:
    assert list(RECIPES) == NAMES
    assert all(recipe.name == name for name, recipe in RECIPES.items())


def test_roles_belong_to_a_set_and_a_network() -> None:
    assert recipe_named("wrn16_1_nat").roles == {
        "cifar10_test": "in distribution", "cifar100_train": "trained on", "cifar100_test": "same source",
        "ilsvrc": "unseen", "ilsvrc_strict": "unseen", "ilsvrc_strict_near": "unseen", "noise": "unseen",
    }  # fmt: skip
    student = recipe_named("wrn16_1_student_of_nat").roles
    assert list(student.values()) == ["in distribution"] + ["unseen"] * 6
    assert recipe_named("digits_nat").roles["digits_67_test"] == "same source"
    assert recipe_named("digits_nat").roles["digits_89"] == "unseen"


def test_students_never_see_a_negative_and_differ_in_their_teacher_alone() -> None:
    of_baseline, of_nat = recipe_named("wrn16_1_student_of_baseline"), recipe_named("wrn16_1_student_of_nat")
    assert of_baseline.negatives is None
    assert of_nat == replace(of_baseline, name=of_nat.name, teacher="wrn40_1_nat")


@pytest.mark.parametrize("architecture", ["resnet18", "wrn40_1", "wrn16_1", "digits"])
def test_nat_differs_from_the_baseline_in_its_negatives_alone(architecture: str) -> None:
    baseline, nat = recipe_named(f"{architecture}_baseline"), recipe_named(f"{architecture}_nat")
    assert nat == replace(baseline, name=nat.name, negatives=nat.negatives)
    assert baseline.negatives is None
    assert nat.negatives is not None


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_survives_json(name: str) -> None:
    assert Recipe.from_json(json.loads(json.dumps(RECIPES[name].to_json()))) == RECIPES[name]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"in_distribution": "mnist"}, "'mnist'; known: cifar10, digits"),
        ({"epochs": 0}, "epochs >= 1"),
        ({"sizes": ((24, 0.5),)}, "share 1.0"),
        ({"negatives": "cifar100_train", "negatives_inside": True, "negatives_per_batch": 64}, "no room"),
    ],
)
def test_impossible_settings_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Recipe("r", "wrn16_1", **settings)


def test_an_unknown_recipe_names_the_known() -> None:
    with pytest.raises(ValueError, match="'nat'; known: resnet18_baseline"):
        recipe_named("nat")
