"""Links that restore a page: what they may hold, read with a sentence for what they may not, and written."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import numpy as np

from nat_app.shared.gallery import gallery_pictures, samples
from nat_app.shared.pairs import SET_TITLES, pair_named
from nat_app.shared.palette import KINDS
from nat_app.shared.scores import SCORE_TITLES, TEMPERATURES
from nat_app.views.attention.words import METHODS, OWN_ANSWER
from nat_app.views.playground.settings import DEFAULTS, READERS, negatives_text
from nat_app.views.your_negatives.settings import DEFAULTS as TEACH_DEFAULTS
from nat_app.views.your_negatives.settings import READERS as TEACH_READERS
from nat_app.views.your_photos.ways import WAYS, Way, percents
from nat_core.data.images import CROPS
from nat_core.data.sets import CIFAR10_CLASSES
from nat_core.recipes import LEVELS

VERSION = "1"
FOLDS = {
    "fold_curves": "At every threshold",
    "fold_fair": "The fair comparison, other scores, and temperature",
    "fold_classes": "What they are fooled into, and by what",
    "fold_paper": "Beside the paper",
}
"""The folds of Thresholds by the key that says whether one is open."""
PHOTO_PARTS = ("Each photo", "Table of all", "Beside a stored set")
ATTENTION_PARTS = ("Where they look", "Which pixels speak for the answer")
STRENGTHS = tuple(range(0, 101, 5))
"""How strongly the attention maps may cover the photo, in percent."""
HIDDEN = ("networks", "pages", "link", "download", "settings", "answers")
"""What a teacher's link can hide: the choice of the pair, the list of pages, two buttons, what is folded, answers."""
LESSONS = ("guess", "break_it", "fix_it", "choose_t", "where_it_fails")
"""The lessons' names, in their order; also the names of their files."""
PARTS = ("The five steps", "Guess the photos", "Challenges", "For the teacher", "Classroom")
"""The parts of the workshop, as its tabs name them."""
LASTING = ("pair", "wall", "hide")
"""Settings that a link leaves as they are where it does not name them."""


def _threshold(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(f"t must be in [0, 1]; got {text}")
    return round(value, 2)


def _temperature(text: str) -> float:
    value = float(text)
    if not TEMPERATURES[0] <= value <= TEMPERATURES[1] or value * 2 != round(value * 2):
        raise ValueError(f"temperature must be in steps of 0.5 from {TEMPERATURES[0]} to {TEMPERATURES[1]}; got {text}")
    return value


def _switch(text: str) -> bool:
    return {"0": False, "1": True}[text]


def _picture(text: str) -> str:
    return {picture.file: picture.file for picture in gallery_pictures()}[text]


def _one_of(known: Iterable[str]) -> Callable[[str], str]:
    names = {name: name for name in known}
    return names.__getitem__


def _strength(text: str) -> int:
    if int(text) not in STRENGTHS:
        raise ValueError(f"a strength is one of {', '.join(map(str, STRENGTHS))}, not {text}")
    return int(text)


def _step(way: Way) -> Callable[[str], int]:
    def read(text: str) -> int:
        if int(text) not in percents(way):
            raise ValueError(f"a step of the way is from 0 to {percents(way)[-1]}, not {text}")
        return int(text)

    return read


def _hidden(text: str) -> tuple[str, ...]:
    named = tuple(text.split(","))
    if unknown := set(named) - set(HIDDEN):
        raise ValueError(f"can hide {', '.join(HIDDEN)}; got {', '.join(sorted(unknown))}")
    return named


def _result(text: str) -> str:
    points, most = (int(number) for number in text.split("-"))
    if not 0 <= points <= most <= 999:
        raise ValueError(f"a result is POINTS-MOST, not {text}")
    return f"{points}-{most}"


SETTINGS: dict[str, Callable[[str], Any]] = {
    "pair": lambda text: pair_named(text).key,
    "t": _threshold,
    "set": lambda text: {name: name for name in SET_TITLES}[text],
    "variant": lambda text: {name: name for name in SET_TITLES}[text],
    "keep95": _switch,
    "picture": _picture,
    "looked_at": _picture,
    "samples": _switch,
    "temperature": _temperature,
    "score": lambda text: {name: name for name in SCORE_TITLES}[text],
    **dict.fromkeys(FOLDS, _switch),
    "behind_kind": _one_of(KINDS),
    "behind_class": _one_of((*CIFAR10_CLASSES, *"012345")),
    "beside": _one_of(SET_TITLES),
    "crop": _one_of(CROPS),
    "part": _one_of(PHOTO_PARTS),
    "opened": _one_of([picture.path.stem for picture in samples()]),
    "way": _one_of(WAYS),
    **{f"far_{key}": _step(way) for key, way in WAYS.items()},
    "other_picture": _picture,
    "attention_part": _one_of(ATTENTION_PARTS),
    "strength": _strength,
    "own_scale": _switch,
    "own_scale_signed": _switch,
    "method": _one_of(METHODS),
    "speaks_for": _one_of((OWN_ANSWER, *CIFAR10_CLASSES, *"012345")),
    "grad_cam_level": _one_of(LEVELS),
    "computed": _switch,
    "sheet": lambda text: {f"Table {number}": f"Table {number}" for number in range(1, 7)}[text],
    "wall": _switch,
    "hide": _hidden,
    "lesson": lambda text: {name: name for name in LESSONS}[text],
    "workshop_part": lambda text: {part: part for part in PARTS}[text],
    "result": _result,
    "photos": lambda text: {str(number): number for number in range(100)}[text],
    **READERS,
    **TEACH_READERS,
}
"""What a link may hold, by the key of its widget: a reader that raises ValueError or KeyError for another value."""

BEGUN = DEFAULTS | TEACH_DEFAULTS
"""What settings begin with: a link need not name them."""


def read(query: Mapping[str, str], defaults: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the settings of a link, and a sentence for each that it should not hold.

    >>> read({"t": "banana", "pair": "wrn16_1", "v": "1"}, {"t": 0.9})
    ({'pair': 'wrn16_1'}, ['This link has a setting we do not know (t=banana). We used 0.9.'])
    """
    values, complaints = {}, []
    for key, text in query.items():
        if key == "v":
            continue
        try:
            values[key] = SETTINGS[key](text)
        except (KeyError, ValueError):
            used = f"We used {defaults[key]}." if key in defaults else "We left it out."
            complaints.append(f"This link has a setting we do not know ({key}={text[:40]}). {used}")
    return values, complaints


def unnamed(values: Mapping[str, Any]) -> list[str]:
    """Return the settings that a link with these values puts back to where they began, as it does not name them.

    The playground stays as it is where the link names nothing of it.

    >>> {"t", "pair", "play_seed"} & set(unnamed({"keep95": True}))
    {'t'}
    """
    played = any(key in READERS for key in values)
    return [key for key in SETTINGS if key not in values and key not in LASTING and (played or key not in READERS)]


def write(address: str, state: Mapping[str, Any]) -> str:
    """Return the link to a page with every setting in the state; the visitor's own photos are in no link.

    >>> write("http://localhost:8501/thresholds", {"t": 0.6, "keep95": True, "picture": "upload-7"})
    'http://localhost:8501/thresholds?t=0.6&keep95=1&v=1'
    """
    found = {}
    for key, reader in SETTINGS.items():
        if key not in state or state[key] is False or (key in BEGUN and state[key] == BEGUN[key]):
            continue
        text = _text(state[key])
        try:
            reader(text)
        except (KeyError, ValueError):
            continue
        found[key] = text
    return f"{address.partition('?')[0]}?{urlencode(found | {'v': VERSION}, safe=',~')}"


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return negatives_text(value)
    if isinstance(value, tuple):
        return ",".join(value)
    return str(int(value) if isinstance(value, bool) else value)
