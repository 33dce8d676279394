"""Attacks on the readers of files: nothing but their own kind of error comes out, in one sentence."""

import pytest

from tests import hostile_files, hostile_heads
from tests.hostile_files import Target

KINDS = {
    "sets": hostile_files.image_sets,
    "networks": hostile_files.own_networks,
    "cards": hostile_files.cards,
    "states": hostile_files.states,
    "heads": hostile_heads.own_heads_file,
}
QUICK, ENDURANCE = 1_000, 200_000


def check(target: Target, content: bytes, what: str) -> None:
    sentence = target.attacked_by(content)
    if sentence is None:
        return
    assert sentence, what
    assert "\n" not in sentence, what
    assert len(sentence) < 1_500, what
    assert sentence.encode(), "it can be written and shown"


@pytest.mark.parametrize("kind", KINDS)
def test_sound_files_are_read(kind: str) -> None:
    target = KINDS[kind]()
    assert target.attacked_by(target.sound[0]) is None or kind == "networks"


@pytest.mark.parametrize("kind", KINDS)
def test_a_crafted_file_is_refused_in_a_sentence_or_read(kind: str) -> None:
    target = KINDS[kind]()
    for what, content in target.crafted.items():
        check(target, content, what)


def test_there_are_as_many_attacks_as_are_promised() -> None:
    assert sum(len(each.crafted) for each in hostile_files.targets()) >= 390


@pytest.mark.parametrize("kind", KINDS)
def test_some_mutants_are_refused_in_a_sentence_or_read(kind: str) -> None:
    target = KINDS[kind]()
    for number, content in enumerate(target.mutants(QUICK)):
        check(target, content, f"mutant {number}")


@pytest.mark.endurance
@pytest.mark.parametrize("kind", KINDS)
def test_many_mutants_are_refused_in_a_sentence_or_read(kind: str) -> None:
    target = KINDS[kind]()
    for number, content in enumerate(target.mutants(ENDURANCE, seed=1)):
        check(target, content, f"mutant {number}")
