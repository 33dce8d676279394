"""What a visitor's photo shows: asked of the visitor, for nobody else can tell, and unknown until they answer."""

from collections.abc import Iterable, Sequence

import streamlit as st

from nat_app.shared.classes import article, class_title
from nat_app.shared.gallery import NO_CLASS
from nat_app.shared.language import N_, _, ngettext
from nat_app.shared.settings import Setting
from nat_app.shared.words import capital, literal

NONE = NO_CLASS
"""It shows a thing of none of the classes."""
ANOTHER = "another"
"""It shows a thing of one of the classes, though of none that was named."""
NUMBERS = {
    2: N_("two"), 3: N_("three"), 4: N_("four"), 5: N_("five"), 6: N_("six"), 7: N_("seven"), 8: N_("eight"),
    9: N_("nine"), 10: N_("ten"),
}  # fmt: skip


def shows(key: str, classes: Sequence[str]) -> Setting[str | None]:
    """What the photo of this key shows: one of the classes, ANOTHER, NONE, or None until the visitor says; in no link.

    Networks of other classes ask anew: what is none of ten things may be one of six.
    """
    return Setting(f"shows_{key}_{classes[0]}", None)


def how_many(classes: Sequence[str]) -> str:
    """Return "the ten" for ten classes, as it stands after "one of" or "none of".

    >>> how_many("012345")
    'the six'
    """
    number = len(classes)
    # For translators: it stands after "one of" or "none of".
    return _("the {number}", number=_(NUMBERS[number]) if number in NUMBERS else number)


def question(answers: Sequence[str]) -> str:
    """Return what the visitor is asked, by what the networks say of the photo.

    >>> question(["cat"]), question(["cat", "cat"]), question(["cat", "dog"])
    ('It says cat. Is it?', 'Both say cat. Is it?', 'They say cat and dog. Is it either?')
    """
    if len(set(answers)) > 1:
        one, other = (literal(class_title(answer)) for answer in answers)
        return _("They say {one} and {other}. Is it either?", one=one, other=other)
    name = literal(class_title(answers[0]))
    return _("It says {name}. Is it?", name=name) if len(answers) == 1 else _("Both say {name}. Is it?", name=name)


def choice(label: str, classes: Sequence[str], answers: Sequence[str]) -> str:
    """Return an answer to the question as its button says it.

    >>> [choice(each, "0123456789", ["3"]) for each in ("3", ANOTHER, NONE)]
    ['Yes, a 3', 'Another of the ten', 'None of the ten']
    """
    if label == ANOTHER:
        return _("Another of {classes}", classes=how_many(classes))
    if label == NONE:
        return _("None of {classes}", classes=how_many(classes))
    # Of two answers neither is a plain yes.
    named = article(label)
    return literal(capital(named)) if len(set(answers)) > 1 else _("Yes, {what}", what=literal(named))


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
    return ngettext(
        "It shows none of {classes} things", "They show none of {classes} things", waiting, classes=how_many(classes)
    )


def none_of_them(keys: Iterable[str], classes: Sequence[str]) -> None:
    """Take these photos to show none of the classes, as the visitor says; to be called in a callback."""
    for key in keys:
        shows(key, classes).put(NONE)
