"""Protocols: plain data that says of every setting whether it is the paper's, and makes every recipe's schedule."""

from dataclasses import fields

import pytest

from nat_core.paper import decisions
from nat_core.protocols import PROTOCOLS, settings
from nat_core.recipes import RECIPES, Recipe, recipe_in_protocol, recipe_named


def test_every_setting_is_a_field_with_its_source() -> None:
    names = {field.name for field in fields(Recipe)}
    for protocol in PROTOCOLS.values():
        for architecture in protocol.by_architecture:
            for field, setting in settings(protocol.name, architecture).items():
                assert field in names
                assert setting.source in ("paper", "ours")


def test_the_paper_gives_the_batch_and_nothing_else_of_the_schedule() -> None:
    marked = {field for field, setting in settings("full", "resnet18").items() if setting.source == "paper"}
    assert marked == {"batch_size", "negatives_per_batch"}
    assert settings("cpu", "resnet18")["batch_size"].source == "ours"


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_in_its_own_protocol_is_itself(name: str) -> None:
    assert recipe_in_protocol(name, RECIPES[name].protocol) == RECIPES[name]


def test_the_protocols_are_the_announced_ones() -> None:
    resnet, wide = recipe_in_protocol("resnet18_nat", "full"), recipe_in_protocol("wrn40_1_nat", "full")
    assert (resnet.epochs, resnet.cutout, wide.epochs, wide.cutout) == (100, 16, 100, 0)
    assert (resnet.batch_size, resnet.negatives_per_batch, resnet.protocol) == (64, 8, "full")
    short = recipe_in_protocol("wrn16_1_nat", "short")
    assert (short.epochs, short.sizes) == (12, recipe_named("wrn16_1_nat").sizes)


def test_unknown_protocols_and_architectures_name_the_known() -> None:
    with pytest.raises(ValueError, match="'long'; known: full, cpu, short, digits"):
        recipe_in_protocol("wrn16_1_nat", "long")
    with pytest.raises(ValueError, match="short trains no 'resnet18'; it trains: wrn16_1"):
        recipe_in_protocol("resnet18_nat", "short")


def test_students_of_the_cpu_protocol_learn_for_fewer_epochs() -> None:
    epochs = {
        protocol: [recipe_in_protocol(name, protocol).epochs for name in ("wrn16_1_nat", "wrn16_1_student_of_nat")]
        for protocol in ("full", "cpu", "short")
    }
    assert epochs == {"full": [100, 100], "cpu": [60, 30], "short": [12, 12]}


def test_the_page_on_the_protocol_names_the_epochs_of_each_kind() -> None:
    text = decisions.page()
    kinds, student = ("resnet18", "wrn40_1", "wrn16_1"), "wrn16_1_student_of_nat"
    for protocol, students in (("full", False), ("cpu", True)):
        epochs = {kind: recipe_in_protocol(f"{kind}_nat", protocol).epochs for kind in kinds}
        named = ", ".join(f"{number} ({kind})" for kind, number in epochs.items())
        taught = recipe_in_protocol(student, protocol).epochs
        assert (taught == epochs["wrn16_1"]) is not students
        assert f"{named}{f', {taught} (students)' if students else ''}" in text


def test_the_page_on_the_protocol_gives_every_decision_and_limit() -> None:
    text = decisions.page()
    assert all(" | ".join(each.row[:3]) in text for each in decisions.DECISIONS)
    assert all(f"\n- {each}" in text for each in decisions.LIMITS)


def test_what_the_decisions_say_of_a_schedule_is_what_the_protocols_have() -> None:
    text = decisions.page()
    large, small = (
        PROTOCOLS["cpu"].common | PROTOCOLS["cpu"].by_architecture[name] for name in ("resnet18", "wrn16_1")
    )
    assert [small[each].value for each in ("batch_size", "negatives_per_batch", "sizes")] == [
        64, 8, ((24, 0.55), (32, 1.0)),
    ]  # fmt: skip
    assert [large[each].value for each in ("batch_size", "negatives_per_batch", "sizes")] == [
        128, 16, ((16, 1 / 3), (24, 2 / 3), (32, 1.0)),
    ]  # fmt: skip
    assert "; in `cpu` 128 and 16 for resnet18 |" in text
    assert "24 x 24 for the first 55 % of the steps, for resnet18 16 x 16 for the first third and 24 x 24 for" in text
    # A plain network and a student learn alike where the networks are published, and in `cpu` alone they do not.
    longer = [
        name for name, each in PROTOCOLS.items() if each.students
        and each.by_architecture["wrn16_1"]["epochs"].value > each.students["epochs"].value
    ]  # fmt: skip
    assert longer == ["cpu"]
    assert "the plain WRN-16-1, which in `cpu` learns for more epochs than a student" in text
    # Cards name one seed and nothing else: it is the tables over seeds that say otherwise.
    assert "trained with one seed, unless it is written as a mean over seeds" in text
    # Their order of pictures is not that of `Batches`, so nobody gets these bytes again.
    assert "`nat train` gives networks like them, not the same weights" in text
