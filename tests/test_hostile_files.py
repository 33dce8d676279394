"""Attacks on the readers of files: nothing but their own kind of error comes out, in one sentence."""

import re
import time
from pathlib import Path

import pytest

from nat_core.data.images import read_views
from nat_core.errors import CheckpointError, NatError, UnreadableImage
from nat_core.files import sealed
from nat_core.store.own_heads import from_bytes
from nat_core.store.tensors import packed
from tests import hostile_files, hostile_heads, hostile_variants
from tests.hostile_files import Target, tensors_file
from tests.store.test_altered import READERS, SEALED

KINDS = {
    "sets": hostile_files.image_sets,
    "networks": hostile_files.own_networks,
    "cards": hostile_files.cards,
    "states": hostile_files.states,
    "heads": hostile_heads.own_heads_file,
}
QUICK, ENDURANCE = 1_000, 200_000
OF_ANOTHER_SET = re.compile(r"report\.sets\.(?!digits_89\b)")
"""A card's report says the same of each of seven sets: the fields of one are enough where not every one is altered."""


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
    chosen = {what: content for what, content in target.crafted.items() if not OF_ANOTHER_SET.search(what)}
    assert any("report.sets.digits_89." in what for what in chosen) or kind != "cards"
    for what, content in chosen.items():
        check(target, content, what)


@pytest.mark.endurance
def test_every_crafted_card_is_refused_in_a_sentence_or_read() -> None:
    target = KINDS["cards"]()
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


def told(read, *given: object, kind: type[NatError] = CheckpointError) -> str:
    """What a reader refuses a file with, "" where it takes it; anything else is raised."""
    try:
        read(*given)
    except kind as error:
        return str(error)
    return ""


def test_odd_pictures_are_read_or_refused_in_a_sentence_before_half_a_second() -> None:
    variants = list(hostile_variants.pictures())
    assert len(variants) >= 50
    for what, content in variants:
        began = time.process_time()
        sentence = told(lambda content=content, what=what: read_views(content, name=what), kind=UnreadableImage)
        assert time.process_time() - began < 0.5, what
        assert "\n" not in sentence, what


@pytest.mark.parametrize("what", hostile_variants.TEXTS)
def test_odd_json_is_refused_in_a_sentence_wherever_json_is_read(what: str, published_folder: Path) -> None:
    content = hostile_variants.TEXTS[what]
    sentences = {}
    for file in SEALED:
        before = (published_folder / file).read_bytes()
        try:
            (published_folder / file).write_bytes(content)
            sentences[file] = told(READERS[file], published_folder)
            if content.isascii() and content.endswith(b"}"):
                (published_folder / file).write_bytes(sealed(content.decode()))
                sentences[f"{file}, sealed"] = told(READERS[file], published_folder)
        finally:
            (published_folder / file).write_bytes(before)
    heads = hostile_heads.own_heads_file()
    sentences["heads"] = told(heads.read, tensors_file(content, bytes(8)))
    sentences["heads, inside"] = told(from_bytes, packed({}, {"about": content.decode("latin-1")}), "mine")
    sentences["network"] = told(hostile_files.own_networks().read, tensors_file(content, bytes(8)))
    sentences["state"] = told(hostile_files.states().read, content)
    for where, sentence in sentences.items():
        assert sentence, where
        assert "\n" not in sentence, where
        assert len(sentence) < 1_500, where
