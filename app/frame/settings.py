"""What holds on every page: the pair, the threshold, the picture, the wall, a class, and what links hide."""

import re

from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.language import LANGUAGE
from nat_app.shared.pairs import pair_named
from nat_app.shared.score_scales import T_STEPS, step_of
from nat_app.shared.settings import PageSettings, Setting, decimal, one_of, switch
from nat_app.visit.photos import CROP

HIDDEN = ("networks", "pages", "link", "download", "settings", "answers")
"""What a teacher's link can hide: the choice of the pair, the list of pages, two buttons, what is folded, answers."""


def gallery_file(text: str) -> str:
    """Return the name of a gallery picture's file. Raises ValueError for another text."""
    return one_of(picture.file for picture in gallery_pictures())(text)


def _hidden(text: str) -> tuple[str, ...]:
    named = tuple(text.split(","))
    if unknown := set(named) - set(HIDDEN):
        raise ValueError(f"can hide {', '.join(HIDDEN)}; got {', '.join(sorted(unknown))}")
    return named


def _word(text: str) -> str:
    """A code or a name as our own links have it: letters, digits and a few signs."""
    if not re.fullmatch(r"[\w-]{1,64}", text):
        raise ValueError(f"needs letters and digits, not {text[:40]}")
    return text


def _unsaid(_: str | None) -> str:
    """Nothing, which no reader takes: so the link that a visitor copies does not hand this on."""
    return ""


def _threshold(text: str) -> float:
    """The nearest threshold that the slider has, so that links of an older or a finer one hold."""
    return T_STEPS[step_of(decimal(0, 1, 6)(text))]


PAIR: Setting[str | None] = Setting("pair", None, lambda text: pair_named(text).key, lasting=True)
"""The key of the pair in the sidebar."""
THRESHOLD = Setting("t", 0.9, _threshold, named=True)
"""Above it, an answer counts as sure; in [0, 1]."""
PICTURE: Setting[str | None] = Setting("picture", None, gallery_file)
"""The gallery picture that See it shows, and Attention begins with."""
WALL = Setting("wall", False, switch, lasting=True)
HIDE: Setting[tuple[str, ...]] = Setting("hide", (), _hidden, ",".join, lasting=True)

CLASS: Setting[str | None] = Setting("class", None, _word, _unsaid)
"""The code of a class, which a link to join it brings; it is taken at once and forgotten."""
TEACH: Setting[str | None] = Setting("teach", None, _word, _unsaid)
"""The key of a class, which its teacher's own link brings; the same."""
FROM_LESSON: Setting[str | None] = Setting("from_lesson", None, _word, _unsaid)
"""The lesson whose link led here, and to which there is a way back."""

EVERYWHERE = PageSettings("", (PAIR, THRESHOLD, PICTURE, CROP, WALL, LANGUAGE, HIDE, CLASS, TEACH, FROM_LESSON))
OWN = frozenset(each.key for each in (WALL, LANGUAGE, HIDE, CROP))
"""What stays each phone's own where a teacher leads a class to a page."""
