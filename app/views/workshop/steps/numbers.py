"""The numbers in the lessons: computed from the stored checkpoints, or by training the playground's networks.

A text names each by a placeholder, `{{name}}`, a key of SHARES or TEXTS, for the state that the lesson's link names.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from jaxtyping import Float

from nat_app.answers import stored_answers
from nat_app.frame.settings import PICTURE, THRESHOLD
from nat_app.shared.counts import compare
from nat_app.shared.drawing.palette import KINDS, Kind
from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.language import N_, Titles, _, number
from nat_app.shared.pairs import Pair, set_title
from nat_app.shared.words import Answer, class_title, kept_together, percent, threshold_from
from nat_app.views.playground.settings import PLACES, Choices, negatives, of_link
from nat_app.views.workshop.steps import by_pair
from nat_app.views.workshop.steps.lessons import Lesson, fill
from nat_core.measure import metrics
from nat_core.recipes import Role
from nat_core.small.plane import Points, draw_points

FEW = 0.10
"""A smaller share of negatives than this is few."""
IMAGE_SET = "set"
"""The key of the image set in a link; it is another page's setting."""


NOT_STORED = N_("(not stored for these networks)")


class NoNumber(LookupError):
    """The checkpoints at hand do not hold what a number needs."""


@dataclass(frozen=True)
class PlaneRates:
    """What the playground's two networks come to in the 400 steps of its page."""

    falsely_sure: dict[Kind, float]
    """The share of the empty plane on which each is sure, in [0, 1]."""
    right: dict[Kind, int]
    """How many points each classifies correctly."""


@dataclass(frozen=True)
class Question:
    """What a lesson's numbers are computed for."""

    pair: Pair
    values: Mapping[str, Any]
    """The settings of the lesson's link, by their keys."""
    image_set: str | None
    """The image set of its link."""

    @classmethod
    def of(cls, lesson: Lesson, pair: Pair) -> "Question":
        """Return what the numbers of a lesson are computed for."""
        return cls(pair, lesson.values(pair), lesson.query(pair).get(IMAGE_SET))

    @property
    def threshold(self) -> float:
        """t, in [0, 1]."""
        return self.values.get(THRESHOLD.key, THRESHOLD.default)

    @property
    def set_name(self) -> str:
        """The link's image set where it is stored, else the one that stands for all negatives."""
        stored = stored_answers.shared_sets(self.pair)
        return self.image_set if self.image_set in stored else stored_answers.headline_of(self.pair)

    def confidence(self, kind: Kind, set_name: str) -> np.ndarray:
        """How sure one network is of each picture of a set."""
        return stored_answers.predictions(self.pair.by_kind[kind], set_name).confidence

    def known(self, kind: Kind) -> np.ndarray:
        """How sure one network is of each picture of what it knows."""
        return self.confidence(kind, stored_answers.known_set(self.pair.by_kind[kind]))

    def rate(self, kind: Kind, set_name: str) -> float:
        """NCR, or the share kept, at the link's threshold."""
        return metrics.negative_confidence_rate(self.confidence(kind, set_name), self.threshold)

    def plane(self, shown: str | None = None) -> PlaneRates:
        """The playground as the link has it, trained; `shown` names other negatives than the link's."""
        return plane_rates(of_link(self.values), self.negatives if shown is None else negatives(shown), self.threshold)

    @property
    def negatives(self) -> Float[np.ndarray, "m 2"]:
        """The link's negatives in the playground."""
        return self.values.get(PLACES.key, PLACES.default)


def _picture(its: Question, kind: Kind) -> Answer:
    return stored_answers.gallery_answers(its.pair, its.values[PICTURE.key])[kind].answer


def _points(its: Question) -> Points:
    chosen = of_link(its.values)
    return draw_points(chosen.shape, chosen.classes, seed=chosen.seed)


def _few(its: Question, kind: Kind) -> float:
    """The lowest t of all at which fewer than 10 of 100 negatives fool a network."""
    return metrics.threshold_fooled_below(its.confidence(kind, its.set_name), FEW)


def _kept_few(its: Question, kind: Kind) -> float:
    return metrics.negative_confidence_rate(its.known(kind), _few(its, kind))


def _role(its: Question, role: str) -> str:
    for name, each in stored_answers.shared_sets(its.pair).items():
        if each.role == role:
            return name
    raise NoNumber(role)


def _learns_from_negatives(its: Question) -> bool:
    """Whether NAT was shown negatives itself; a student is not, its teacher was."""
    return stored_answers.card(its.pair.nat).recipe.has_negatives


def _shown(its: Question) -> str:
    if not _learns_from_negatives(its):
        return _(by_pair.STUDENT)
    name = _role(its, Role.TRAINED_ON)
    return by_pair.shown(len(its.confidence("nat", name)), set_title(name), its.rate("nat", name))


def _reached(its: Question) -> str:
    return by_pair.reached(compare({kind: its.confidence(kind, its.set_name) > its.threshold for kind in KINDS}))


def _price(its: Question) -> str:
    return by_pair.price({kind: SHARES[f"kept_{kind}"](its) for kind in KINDS})


def _fooled_where(its: Question) -> str:
    trained = _role(its, Role.TRAINED_ON) if _learns_from_negatives(its) else None
    beside = None if trained is None else (its.rate("nat", trained), set_title(trained))
    return by_pair.fooled_where(its.rate("nat", its.set_name), set_title(its.set_name), beside)


def _strict(its: Question) -> float:
    name = f"{its.set_name}_strict"
    if name not in stored_answers.shared_sets(its.pair):
        raise NoNumber(name)
    return its.rate("nat", name)


def _worst(its: Question) -> tuple[str, float]:
    """The class for which NAT takes most of the negatives that fool it, and their share of those."""
    stored = stored_answers.predictions(its.pair.nat, its.set_name)
    taken = stored.predicted[stored.confidence > its.threshold]
    if not len(taken):
        raise NoNumber("nothing fools it")
    counts = np.bincount(taken)
    return stored_answers.card(its.pair.nat).classes[int(counts.argmax())], float(counts.max() / len(taken))


# Functions, so that a text costs only what it names: some of them train networks.
SHARES: dict[str, Callable[[Question], float]] = {
    "confidence_baseline": lambda its: _picture(its, "baseline").confidence,
    "confidence_nat": lambda its: _picture(its, "nat").confidence,
    "no_opinion": lambda its: 1 / len(stored_answers.card(its.pair.nat).classes),
    "plane_baseline": lambda its: its.plane().falsely_sure["baseline"],
    "plane_nat": lambda its: its.plane().falsely_sure["nat"],
    "plane_nat_corner": lambda its: its.plane("corner").falsely_sure["nat"],
    "plane_nat_blob": lambda its: its.plane("blob").falsely_sure["nat"],
    "fooled_baseline": lambda its: its.rate("baseline", its.set_name),
    "fooled_nat": lambda its: its.rate("nat", its.set_name),
    "fooled_nat_strict": _strict,
    "kept_baseline": lambda its: metrics.negative_confidence_rate(its.known("baseline"), its.threshold),
    "kept_nat": lambda its: metrics.negative_confidence_rate(its.known("nat"), its.threshold),
    "kept_baseline_few": lambda its: _kept_few(its, "baseline"),
    "kept_nat_few": lambda its: _kept_few(its, "nat"),
    "worst_count": lambda its: _worst(its)[1],
}
"""The numbers that are shares in [0, 1], shown in percent."""
TEXTS: dict[str, Callable[[Question], str]] = {
    "answer_baseline": lambda its: class_title(_picture(its, "baseline").predicted),
    "answer_nat": lambda its: class_title(_picture(its, "nat").predicted),
    "picture": lambda its: next(each.shows for each in gallery_pictures() if each.file == its.values[PICTURE.key]),
    "classes": lambda its: all_of(stored_answers.card(its.pair.nat).classes),
    "class_count": lambda its: in_words(len(stored_answers.card(its.pair.nat).classes)),
    "points": lambda its: str(len(_points(its).labels)),
    "points_right": lambda its: points_right(its.plane().right["baseline"], len(_points(its).labels)),
    "negatives": lambda its: str(len(its.negatives)),
    "t_baseline_few": lambda its: threshold_from(_few(its, "baseline")),
    "t_nat_few": lambda its: threshold_from(_few(its, "nat")),
    "set_name": lambda its: set_title(its.set_name),
    "set_count": lambda its: number(len(its.confidence("nat", its.set_name)), ","),
    "shown": _shown,
    "reached": _reached,
    "price": _price,
    "fooled_where": _fooled_where,
    "worst_class": lambda its: class_title(_worst(its)[0]),
}
"""The other numbers and names, as they stand in a text."""


def all_of(classes: Sequence[str]) -> str:
    """Return classes as a list in words.

    >>> all_of(["cat", "dog", "frog"])
    'cat, dog and frog'
    """
    names = [class_title(each) for each in classes]
    return _("{names} and {last}", names=", ".join(names[:-1]), last=names[-1]) if len(names) > 1 else names[0]


IN_WORDS = Titles(
    {
        2: N_("two"), 3: N_("three"), 4: N_("four"), 5: N_("five"), 6: N_("six"), 7: N_("seven"), 8: N_("eight"),
        9: N_("nine"), 10: N_("ten"),
    }
)  # fmt: skip


def in_words(count: int) -> str:
    """Return a number as prose writes it, in letters up to ten.

    >>> in_words(10), in_words(100)
    ('ten', '100')
    """
    return IN_WORDS.get(count, str(count))


def points_right(right: int, points: int) -> str:
    """Return how many of the points a network gets right.

    >>> points_right(120, 120), points_right(118, 120)
    ('all 120 points', '118 of the 120 points')
    """
    if right == points:
        return _("all {points} points", points=points)
    return _("{right} of the {points} points", right=right, points=points)


def share(name: str, lesson: Lesson, pair: Pair) -> float:
    """Return the number that a lesson asks for, in [0, 1]. Raises NoNumber where the checkpoints do not hold it."""
    return SHARES[name](Question.of(lesson, pair))


def with_numbers(text: str, lesson: Lesson, pair: Pair) -> str:
    """Return a lesson's text with its numbers, or with the words that there is none. Raises KeyError for a name."""
    its = Question.of(lesson, pair)

    def told(name: str) -> str:
        try:
            return percent(SHARES[name](its)) if name in SHARES else TEXTS[name](its)
        # A lesson is still worth reading where the networks at hand lack one of its numbers.
        except NoNumber:
            return _(NOT_STORED)

    return kept_together(fill(text, told))


def plane_rates(chosen: Choices, negatives: Float[np.ndarray, "m 2"], threshold: float) -> PlaneRates:
    """Return what the playground's networks come to with these choices and negatives, trained once for each."""
    return _plane_rates(chosen, negatives.tobytes(), threshold, negatives)


# The places are known by their bytes: Streamlit hashes no argument that begins with an underscore.
@st.cache_data(max_entries=64, show_spinner=False)
def _plane_rates(chosen: Choices, identity: bytes, threshold: float, _negatives: np.ndarray) -> PlaneRates:
    # It imports torch, which texts without the playground's numbers do not need.
    from nat_app.views.playground import state as playground

    answers = playground.trained_answers(playground.scene_of(chosen, _negatives), threshold)
    return PlaneRates(
        {kind: answer.falsely_sure for kind, answer in answers.items()},
        {kind: answer.right for kind, answer in answers.items()},
    )
