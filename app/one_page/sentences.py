"""Every sentence about a picture, said by the app's own functions for each case: the page chooses, and words nothing.

What a sentence depends on is few cases: how sure (four grades), of which class, and what the picture shows. What it
counts are numbers in {braces}, which the page fills in. So a sentence of the file is one of the app, in each language.
"""

import re
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from nat_app.shared import words
from nat_app.shared.classes import class_title
from nat_app.shared.counts import FEW, Compared, interval
from nat_app.shared.drawing.bars import TEN_BY_BOTH
from nat_app.shared.drawing.palette import KINDS, NAMES, Kind
from nat_app.shared.gallery import NO_CLASS
from nat_app.shared.language import _
from nat_app.shared.words import Answer, plain
from nat_app.views.your_photos import words as photo_words
from nat_app.visit import labels, verdicts
from nat_core.measure.metrics import Interval

THRESHOLD = 0.9
"""At which each grade is asked for."""
GRADES: dict[words.Grade, float] = {"sure": 0.97, "fairly sure": 0.7, "leaning": 0.5, "no opinion": 0.3}
"""A confidence of each grade at that threshold."""
UNSAID = ""
"""The label of a photo of which nobody has said what it shows, as JSON's keys have it."""
UNTOLD = Interval(-1.0, 1.0)
"""The difference of two shares that chance alone could make."""
BASELINE, NAT, ALL, FEW_BASELINE, FEW_NAT, FEW_ALL = 1471, 1493, 2789, 11, 7, 29
"""Numbers that stand for counts while a sentence is made, until names in braces take their places."""


def of_pictures(classes: tuple[str, ...]) -> dict[str, Any]:
    """Return the sentences about one picture of the gallery or of a visitor's: answers, titles, verdicts, questions."""
    return {
        "classes": {name: class_title(name) for name in classes},
        "answers": _by(KINDS, lambda kind: _by(GRADES, lambda how: _answers(kind, how, classes))),
        "titles": {"|".join(map(str, each)): _title(*each) for each in product(GRADES, GRADES, (0, 1, 2), (0, 1, 2))},
        "unsaid_titles": {"|".join(each): _unsaid_title(*each) for each in product(GRADES, GRADES)},
        "verdicts": _verdicts(classes),
        "questions": _by(classes, lambda one: _by(classes, lambda other: plain(labels.question([one, other])))),
        "choices": _choices(classes),
        "for_all": [plain(labels.for_all(number, classes)) for number in (1, 2)],
        "ten_of": {kind: _ten_of(kind) for kind in KINDS},
        "ten_by_both": _(TEN_BY_BOTH),
    }


def _by(keys: Any, value: Callable[[Any], Any]) -> dict[str, Any]:
    return {key: value(key) for key in keys}


def _ten_of(kind: Kind) -> str:
    return _("{network}'s ten probabilities. {sentence}", network=NAMES[kind], sentence="{sentence}")


def _answers(kind: Kind, how: words.Grade, classes: tuple[str, ...]) -> dict[str, dict[str, str]]:
    confidence = GRADES[how]

    def said(label: str, predicted: str) -> str:
        sentence = words.answer_sentence(kind, Answer(confidence, predicted), label or None, THRESHOLD)
        return plain(sentence.replace(words.percent(confidence), "{share}"))

    return _by((UNSAID, NO_CLASS, *classes), lambda label: _by(classes, lambda predicted: said(label, predicted)))


def _title(baseline: words.Grade, nat: words.Grade, baseline_right: int, nat_right: int) -> str:
    """The title where the picture shows none of the classes (2), or where a network is right (1) or not (0)."""
    if 2 in (baseline_right, nat_right):
        return words.picture_title(
            Answer(GRADES[baseline], "cat"), Answer(GRADES[nat], "cat"), NO_CLASS, THRESHOLD
        )  # fmt: skip
    first, second = Answer(GRADES[baseline], _cat_if(baseline_right)), Answer(GRADES[nat], _cat_if(nat_right))
    return words.picture_title(first, second, "cat", THRESHOLD)


def _unsaid_title(baseline: words.Grade, nat: words.Grade) -> str:
    """The title of a photo of which nobody has said what it shows."""
    return verdicts.title(Answer(GRADES[baseline], "cat"), Answer(GRADES[nat], "cat"), None, THRESHOLD)


def _cat_if(right: int) -> str:
    return "cat" if right else "dog"


def _verdicts(classes: tuple[str, ...]) -> dict[str, list[list[str]]]:
    """By label, whether the network is sure, and whether it is right."""

    def said(label: str, sure: bool, right: bool) -> str:
        other = next(name for name in classes if name != label)
        answer = Answer(GRADES["sure" if sure else "leaning"], label if right and label in classes else other)
        return plain(verdicts.verdict(answer, label or None, THRESHOLD))

    return {
        label: [[said(label, sure, right) for right in (False, True)] for sure in (False, True)]
        for label in (UNSAID, NO_CLASS, labels.ANOTHER, *classes)
    }


def _choices(classes: tuple[str, ...]) -> dict[str, list[str]]:
    """By label, how its button says it where both networks agree, and where they do not."""
    return {
        label: [
            plain(labels.choice(label, classes, [classes[0]] * 2)),
            plain(labels.choice(label, classes, classes[:2])),
        ]
        for label in (*classes, labels.ANOTHER, labels.NONE)
    }


# --- many photos -----------------------------------------------------------------------------------------------------


def of_photos() -> dict[str, Any]:
    """Return what is said of several photos of a visitor's, with their counts in braces.

    How many there are of each is one of none, one and many (0, 1, 2) where a sentence depends on it.
    """
    return {
        "none_here": {
            "known": [photo_words.photos_title(None, number, 0) for number in (1, ALL)],
            "waiting": [photo_words.photos_title(None, 0, number) for number in (1, ALL)],
        },
        "one": {
            f"{known}|{baseline}|{nat}": photo_words.photos_title(_counted(baseline, nat, 1), known, 0)
            for known, baseline, nat in product((0, 1), (0, 1), (0, 1))
        },
        "alike": [_named(photo_words.photos_title(_counted(each, each, ALL), 0, 0), nat=each) for each in (0, NAT)],
        "unlike": {f"{b}|{n}": _unlike(b, n) for b, n in product((0, 1, 2), (0, 1, 2))},
        "few": photo_words.photos_sentence(_counted(1, 0, FEW)),
        "most_few": FEW,
        "counted": _counted_sentences(),
        "known_one": {
            f"{b}|{n}": photo_words.known_sentence({"baseline": b, "nat": n}, 1) for b, n in product((0, 1), (0, 1))
        },
        "known": _named(photo_words.known_sentence({"baseline": BASELINE, "nat": NAT}, ALL)),
        "waiting": [photo_words.waiting_sentence(1), _named(photo_words.waiting_sentence(ALL))],
        "caption": [_caption(1), _caption(ALL)],
        "enough": words.ENOUGH,
    }


def _counted(baseline: int, nat: int, pictures: int, difference: Interval = UNTOLD) -> Compared:
    return Compared({"baseline": baseline, "nat": nat}, pictures, difference)


def _unlike(baseline: int, nat: int) -> str:
    counts = {0: 0, 1: 1}
    return _named(
        photo_words.photos_title(_counted(counts.get(baseline, BASELINE), counts.get(nat, NAT), ALL), 0, 0)
    )  # fmt: skip


def _counted_sentences() -> dict[str, str]:
    """By what chance says: no difference at all, more than chance, or too few pictures to tell, of few and of many."""
    many = {
        "alike": _counted(NAT, NAT, ALL),
        "more": _counted(BASELINE, NAT, ALL, Interval(-0.5, -0.1)),
        "chance": _counted(BASELINE, NAT, ALL),
    }
    few = _counted(FEW_BASELINE, FEW_NAT, FEW_ALL)
    said = {which: _with_intervals(each) for which, each in many.items()}
    return said | {"chance_few": _with_intervals(few)}


def _with_intervals(found: Compared) -> str:
    sentence = photo_words.photos_sentence(found)
    # In the order of the sentence: of the same counts, both have the same interval.
    for kind in KINDS:
        sentence = sentence.replace(interval(found.counts[kind], found.pictures), f"{{{kind}_interval}}", 1)
    numbers = {found.pictures: "all"}
    for kind in KINDS:
        if found.counts["baseline"] != found.counts["nat"]:
            numbers[found.counts[kind]] = kind
    if found.counts["baseline"] == found.counts["nat"]:
        numbers[found.counts["nat"]] = "nat"
    return _fields(sentence, {str(number): name for number, name in numbers.items()})


def _named(sentence: str, nat: int = NAT) -> str:
    return _fields(sentence, {str(BASELINE): "baseline", str(nat or NAT): "nat", str(ALL): "all"})


def _fields(sentence: str, names: Mapping[str, str]) -> str:
    """Return a sentence with names in braces in the places of whole numbers, however the language groups digits.

    >>> _fields("Of 2,789, 11 fool it.", {"2789": "all", "11": "nat"})
    'Of {all}, {nat} fool it.'
    """

    def name(found: re.Match[str]) -> str:
        digits = re.sub(r"[.,](?=\d)", "", found[0])
        return f"{{{names[digits]}}}" if digits in names else found[0]

    return re.sub(r"(?<![\w-])\d+(?:[.,]\d{3})*(?![\w-])", name, sentence)


def _caption(number: int) -> str:
    caption = photo_words.photos_caption(number, THRESHOLD)
    return _fields(caption.replace(words.threshold_share(THRESHOLD), "{threshold}"), {str(ALL): "all"})
