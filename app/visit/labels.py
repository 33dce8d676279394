"""What a visitor's photo shows: asked of the visitor, for nobody else can tell, and unknown until they answer."""

from collections.abc import Iterable, Sequence

import streamlit as st

from nat_app.shared.gallery import NO_CLASS
from nat_app.shared.settings import Setting
from nat_app.shared.words import article, literal

NONE = NO_CLASS
"""It shows a thing of none of the classes."""
ANOTHER = "another"
"""It shows a thing of one of the classes, though of none that was named."""
NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten"}


def shows(key: str, classes: Sequence[str]) -> Setting[str | None]:
    """What the photo of this key shows: one of the classes, ANOTHER, NONE, or None until the visitor says; in no link.

    Networks of other classes ask anew: what is none of ten things may be one of six.
    """
    return Setting(f"shows_{key}_{classes[0]}", None)


def how_many(classes: Sequence[str]) -> str:
    """Return "the ten" for ten classes.

    >>> how_many("012345")
    'the six'
    """
    return f"the {NUMBERS.get(len(classes), len(classes))}"


def question(answers: Sequence[str]) -> str:
    """Return what the visitor is asked, by what the networks say of the photo.

    >>> question(["cat"]), question(["cat", "cat"]), question(["cat", "dog"])
    ('It says cat. Is it?', 'Both say cat. Is it?', 'They say cat and dog. Is it either?')
    """
    if len(set(answers)) > 1:
        return f"They say {literal(answers[0])} and {literal(answers[1])}. Is it either?"
    return f"{'It says' if len(answers) == 1 else 'Both say'} {literal(answers[0])}. Is it?"


def choice(label: str, classes: Sequence[str], answers: Sequence[str]) -> str:
    """Return an answer to the question as its button says it.

    >>> [choice(each, "0123456789", ["3"]) for each in ("3", ANOTHER, NONE)]
    ['Yes, a 3', 'Another of the ten', 'None of the ten']
    """
    if label in (ANOTHER, NONE):
        return f"{'Another' if label == ANOTHER else 'None'} of {how_many(classes)}"
    # Of two answers neither is a plain yes.
    named = article(label)
    return literal(f"{named[0].upper()}{named[1:]}") if len(set(answers)) > 1 else f"Yes, {literal(named)}"


def ask(key: str, answers: Sequence[str], classes: Sequence[str]) -> None:
    """Ask what the photo of this key shows, of which the networks say `answers`."""
    setting = shows(key, classes)
    # What was chosen once stays to choose: another pair may give other answers.
    named = [setting.value] if setting.value in classes else []
    st.segmented_control(
        question(answers),
        list(dict.fromkeys([*answers, *named, ANOTHER, NONE])),
        format_func=lambda label: choice(label, classes, answers),
        key=setting.bind(),
        persist_state="session",
    )


def for_all(waiting: int, classes: Sequence[str]) -> str:
    """Return what the button says that answers for all photos at once of which nobody has said what they show.

    >>> for_all(1, "0123456789")
    'It shows none of the ten things'
    """
    return f"{'It shows' if waiting == 1 else 'They show'} none of {how_many(classes)} things"


def none_of_them(keys: Iterable[str], classes: Sequence[str]) -> None:
    """Take these photos to show none of the classes, as the visitor says; to be called in a callback."""
    for key in keys:
        shows(key, classes).put(NONE)
