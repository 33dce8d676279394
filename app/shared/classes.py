"""The names of the classes as sentences need them: alone, with an article, in a list; no Streamlit.

Where a language has cases, an article and its noun change with what the sentence does to them: "that is a dog" is
"das ist ein Hund" in German, "it takes it for a dog" is "es hält es für einen Hund".
"""

from collections.abc import Callable, Sequence
from typing import Literal

from nat_app.shared.language import N_, Titles, _, pgettext

Case = Literal["nominative", "accusative", "dative"]
"""What a sentence does to a noun: it is one, sees one, or speaks of one."""
CLASSES: Titles[str] = Titles(
    {
        "airplane": N_("airplane"),
        "automobile": N_("automobile"),
        "bird": N_("bird"),
        "cat": N_("cat"),
        "deer": N_("deer"),
        "dog": N_("dog"),
        "frog": N_("frog"),
        "horse": N_("horse"),
        "ship": N_("ship"),
        "truck": N_("truck"),
    }
)
"""The ten classes of CIFAR-10. Whatever else a network knows, digits or a visitor's own classes, has one name alone."""
# Functions, because what is said depends on who asks; in full, because the tools that collect words need the whole.
WITH_ARTICLE: dict[str, Callable[[], tuple[str, str, str]]] = {
    "airplane": lambda: (
        pgettext("nominative", "an airplane"), pgettext("accusative", "an airplane"), pgettext("dative", "an airplane")
    ),
    "automobile": lambda: (
        pgettext("nominative", "an automobile"), pgettext("accusative", "an automobile"),
        pgettext("dative", "an automobile"),
    ),
    "bird": lambda: (pgettext("nominative", "a bird"), pgettext("accusative", "a bird"), pgettext("dative", "a bird")),
    "cat": lambda: (pgettext("nominative", "a cat"), pgettext("accusative", "a cat"), pgettext("dative", "a cat")),
    "deer": lambda: (pgettext("nominative", "a deer"), pgettext("accusative", "a deer"), pgettext("dative", "a deer")),
    "dog": lambda: (pgettext("nominative", "a dog"), pgettext("accusative", "a dog"), pgettext("dative", "a dog")),
    "frog": lambda: (pgettext("nominative", "a frog"), pgettext("accusative", "a frog"), pgettext("dative", "a frog")),
    "horse": lambda: (
        pgettext("nominative", "a horse"), pgettext("accusative", "a horse"), pgettext("dative", "a horse")
    ),
    "ship": lambda: (pgettext("nominative", "a ship"), pgettext("accusative", "a ship"), pgettext("dative", "a ship")),
    "truck": lambda: (
        pgettext("nominative", "a truck"), pgettext("accusative", "a truck"), pgettext("dative", "a truck")
    ),
}  # fmt: skip


def class_title(name: str) -> str:
    """Return a class as a page names it; its own name where it is none of the ten.

    >>> class_title("cat"), class_title("7")
    ('cat', '7')
    """
    return CLASSES.get(name, name)


def article(name: str, case: Case = "nominative") -> str:
    """Return a class with its article: "a cat" or "an airplane".

    >>> article("cat"), article("airplane"), article("8", "accusative"), article("otter")
    ('a cat', 'an airplane', 'an 8', 'an otter')
    """
    if name in WITH_ARTICLE:
        nominative, accusative, dative = WITH_ARTICLE[name]()
        return {"nominative": nominative, "accusative": accusative, "dative": dative}[case]
    if len(name) == 1 and name.isdigit():
        return _digit(name, case)
    # A visitor's class, of which no catalogue knows the gender.
    return _("an {name}", name=name) if _with_an(name) else _("a {name}", name=name)


def _digit(name: str, case: Case) -> str:
    if case == "dative":
        if _with_an(name):
            return pgettext("dative, of a digit", "an {name}", name=name)
        return pgettext("dative, of a digit", "a {name}", name=name)
    return pgettext("a digit", "an {name}", name=name) if _with_an(name) else pgettext("a digit", "a {name}", name=name)


def _with_an(name: str) -> bool:
    return name[:1] in tuple("aeiou8")


def listed(names: Sequence[str]) -> str:
    """Return names as a list in words: "airplane, bird or cat".

    >>> listed(["a bird", "cat", "dog"])
    'a bird, cat or dog'
    """
    return names[0] if len(names) == 1 else _("{names} or {last}", names=", ".join(names[:-1]), last=names[-1])


def any_of(classes: Sequence[str]) -> str:
    """Return classes as what something is or is not: "an airplane, bird or cat".

    >>> any_of(["airplane", "bird", "cat"])
    'an airplane, bird or cat'
    """
    # In English the first class alone has its article: "a plane, car or bird" reads well, an article each does not.
    name = class_title(classes[0])
    if _with_an(classes[0]):
        first = pgettext("the first of a list", "an {name}", name=name)
    else:
        first = pgettext("the first of a list", "a {name}", name=name)
    return listed([first, *(class_title(each) for each in classes[1:])])
