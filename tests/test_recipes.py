"""Recipes: the table, roles, and settings that are refused."""

import json
from dataclasses import replace

import pytest

from nat_core.files import converted
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
        ({"architecture": "vgg16"}, "unknown architecture 'vgg16'; known: resnet18, wrn40_1, wrn16_1, wrn10_1"),
        ({"precision": "half"}, "unknown precision 'half'; known: auto, float32, bfloat16"),
        ({"divergence": "kl"}, "unknown divergence 'kl'; known: kl_from_uniform, "),
        ({"synthetic": ("blots",)}, "unknown synthetic negatives 'blots'; known: patch_shuffled"),
        ({"warm_up": 1.0}, r"warm_up in \[0, 1\), not 1.0"),
        ({"label_smoothing": 1.0}, r"label_smoothing in \[0, 1\), not 1.0"),
        ({"label_smoothing": -0.1}, "label_smoothing >= 0, not -0.1"),
        ({"negative_weight": -1.0}, "negative_weight >= 0, not -1.0"),
        ({"learning_rate": float("nan")}, "learning_rate >= 0, not nan"),
        ({"learning_rate": 1e6}, "learning_rate of at most 100, not 1000000.0"),
        ({"hardest": -1}, "hardest >= 0 and at most 65,536, not -1"),
        ({"batch_size": 1}, "batch_size >= 2 and at most 65,536, not 1"),
        ({"distillation_temperature": 0.0}, "distillation_temperature > 0"),
        ({"sizes": ((24, 0.7), (32, 0.5), (32, 1.0))}, "must rise"),
        ({"sizes": ((0, 1.0),)}, "4 to 512 pixels"),
        ({"epochs": 10**9}, "epochs >= 1 and at most 100,000"),
        ({"batch_size": 10**6}, "batch_size >= 2 and at most 65,536"),
        ({"padding": 32}, "padding >= 0 and at most 31"),
        ({"cutout": 33}, "cutout >= 0 and at most 32"),
        ({"sizes": ((32, float("nan")),)}, "each of sizes must be"),
        ({"sizes": ((5_000, 1.0),)}, "4 to 512 pixels"),
        ({"negatives": "cifar1000"}, "unknown image set of negatives 'cifar1000'; known: cifar10_train"),
        ({"also_reported": ("svhm",)}, "unknown image set in also_reported 'svhm'; known: cifar10_train"),
        ({"protocol": "fast"}, "unknown protocol 'fast'; known: full, cpu, short, digits, own"),
        ({"teacher": "../x"}, "a teacher's name is a folder's"),
        ({"teacher": "r"}, "r cannot be its own teacher"),
        ({"distillation_weight": 1.0}, "distillation_weight needs a teacher"),
        ({"teacher_classifier": True}, "teacher_classifier needs a teacher"),
        ({"in_distribution": "own", "held_out": True}, "is held out anyway"),
    ],
)
def test_impossible_settings_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(Recipe("r", "wrn16_1"), **settings)


def test_an_unknown_recipe_names_the_known() -> None:
    with pytest.raises(ValueError, match="'nat'; known: resnet18_baseline"):
        recipe_named("nat")


@pytest.mark.parametrize("name", ["", "../elsewhere", "a/b", ".hidden", "a ", "a.", "a b", "a=b", "a\n", "a\0", "-x"])
def test_a_name_that_is_no_folders_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a recipe's name is a folder's"):
        Recipe(name, "wrn16_1")


@pytest.mark.parametrize("name", ["nul", "Con.txt", "com1", "tensorboard", "runs", "field_sets", "a.json", "a.lock"])
def test_a_name_that_stands_for_something_else_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="which stands for something else there"):
        Recipe(name, "wrn16_1")


def test_a_name_is_no_longer_than_every_disk_takes() -> None:
    assert Recipe("a" * 100, "wrn16_1").name == "a" * 100
    for name in ("a" * 101, "ü" * 51):
        with pytest.raises(ValueError, match="at most 100 characters"):
            Recipe(name, "wrn16_1")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "r", "architecture": "wrn16_1", "epoch": 3}, "unknown field 'epoch' of a recipe; known: name, "),
        ({"architecture": "wrn16_1"}, "missing: name"),
    ],
)
def test_json_with_other_fields_is_refused(values: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Recipe.from_json(values)


def test_fields_that_json_leaves_out_are_the_defaults() -> None:
    assert Recipe.from_json({"name": "r", "architecture": "wrn16_1"}) == Recipe("r", "wrn16_1")


def test_negatives_that_are_never_shown_were_not_trained_on() -> None:
    own = Recipe("mine", "wrn16_1", in_distribution="own", negatives="own_negatives_train")
    assert own.roles["own_negatives_train"] == "trained on"
    baseline = replace(own, negatives_per_batch=0)
    assert {*baseline.roles.values()} == {"in distribution", "unseen"}


def test_what_a_recipe_may_name_is_what_there_is() -> None:
    from nat_core.network.models import ARCHITECTURES
    from nat_core.recipes import ARCHITECTURE_NAMES, DIVERGENCE_NAMES
    from nat_core.training.losses import TARGETS

    assert tuple(ARCHITECTURES) == ARCHITECTURE_NAMES
    assert tuple(TARGETS) == DIVERGENCE_NAMES


def test_the_image_sets_that_a_recipe_may_name_are_those_that_can_be_read() -> None:
    from nat_core.data.sets import SETS
    from nat_core.recipes import IMAGE_SETS

    assert sorted(IMAGE_SETS) == sorted(SETS)


def test_a_recipe_that_is_read_without_its_defaults_is_the_same() -> None:
    # msgspec gives no instance the fields that nothing was said of: they stay the class's.
    assert converted({"name": "mine", "architecture": "wrn16_1"}, Recipe) == Recipe("mine", "wrn16_1")
