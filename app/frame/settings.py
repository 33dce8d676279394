"""What holds on every page: the pair, the threshold, the picture, the wall, and what a teacher's link hides."""

from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.language import LANGUAGE
from nat_app.shared.pairs import pair_named
from nat_app.shared.scores import T_STEPS, step_of
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

EVERYWHERE = PageSettings("", (PAIR, THRESHOLD, PICTURE, CROP, WALL, LANGUAGE, HIDE))
