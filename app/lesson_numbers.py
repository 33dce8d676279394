"""The numbers of the lessons' texts, computed from the stored checkpoints and by training the playground's networks.

Each is computed for the state that its lesson's link names, so text, page and number cannot disagree.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app import asked, cached, counted, frame
from app.lesson_texts import Lesson, fill
from app.pairs import Pair, set_title
from app.palette import Kind
from app.pictures import gallery_pictures
from app.play_settings import DEFAULTS, negatives
from app.words import Answer, listed, percent
from nat_core.measure import metrics
from nat_core.small.plane import Points, draw_points

FEW = 0.10
"""Fewer negatives than this share are few."""
NOWHERE = np.zeros((0, 2), np.float32)
NONE = "(not stored for these networks)"


class NoNumber(LookupError):
    """The checkpoints at hand do not hold what a number needs."""


@dataclass(frozen=True)
class Asked:
    """What the numbers are computed for."""

    pair: Pair
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The settings of a lesson's link."""

    @property
    def threshold(self) -> float:
        """t, in [0, 1]."""
        return self.settings.get("t", frame.DEFAULT_THRESHOLD)

    @property
    def set_name(self) -> str:
        """The link's image set where it is stored, else the one that stands for all negatives."""
        chosen = self.settings.get("set")
        return chosen if chosen in cached.shared_sets(self.pair) else cached.headline_set(self.pair)

    def confidence(self, kind: Kind, set_name: str) -> np.ndarray:
        """How sure one network is of each picture of a set."""
        return cached.predictions(self.pair.by_kind[kind], set_name).confidence

    def known(self, kind: Kind) -> np.ndarray:
        """How sure one network is of each picture of what it knows."""
        return self.confidence(kind, cached.known_set(self.pair.by_kind[kind]))

    def rate(self, kind: Kind, set_name: str) -> float:
        """NCR, or the share kept, at the link's threshold."""
        return metrics.negative_confidence_rate(self.confidence(kind, set_name), self.threshold)

    def plane(self, shown: str | None = None) -> asked.PlaneRates:
        """The playground as the link has it, trained; `shown` names other negatives than the link's."""
        places = self.settings.get("play_negatives", NOWHERE) if shown is None else negatives(shown)
        return asked.plane_rates(self.settings, places, self.threshold)


def _picture(its: Asked, kind: Kind) -> Answer:
    return cached.gallery_answers(its.pair, its.settings["picture"])[kind].answer


def _points(its: Asked) -> Points:
    chosen = DEFAULTS | dict(its.settings)
    return draw_points(chosen["play_shape"], chosen["play_classes"], seed=chosen["play_seed"])


def _few(its: Asked, kind: Kind) -> float:
    """The lowest t in hundredths at which fewer than 10 of 100 negatives fool a network."""
    rates = counted.curve(its.pair.by_kind[kind], its.set_name)
    return float(counted.CURVE[int(np.argmax(rates < FEW))])


def _kept_few(its: Asked, kind: Kind) -> float:
    return metrics.negative_confidence_rate(its.known(kind), _few(its, kind))


def _role(its: Asked, role: str) -> str:
    for name, each in cached.shared_sets(its.pair).items():
        if each.role == role:
            return name
    raise NoNumber(role)


def _strict(its: Asked) -> float:
    name = f"{its.set_name}_strict"
    if name not in cached.shared_sets(its.pair):
        raise NoNumber(name)
    return its.rate("nat", name)


def _worst(its: Asked) -> tuple[str, float]:
    """The class for which NAT takes most of the negatives that fool it, and their share of those."""
    stored = cached.predictions(its.pair.nat, its.set_name)
    taken = stored.predicted[stored.confidence > its.threshold]
    if not len(taken):
        raise NoNumber("nothing fools it")
    counts = np.bincount(taken)
    return cached.card(its.pair.nat).classes[int(counts.argmax())], float(counts.max() / len(taken))


SHARES: dict[str, Callable[[Asked], float]] = {
    "confidence_baseline": lambda its: _picture(its, "baseline").confidence,
    "confidence_nat": lambda its: _picture(its, "nat").confidence,
    "no_opinion": lambda its: 1 / len(cached.card(its.pair.nat).classes),
    "plane_baseline": lambda its: its.plane().falsely_sure["baseline"],
    "plane_nat": lambda its: its.plane().falsely_sure["nat"],
    "plane_nat_corner": lambda its: its.plane("corner").falsely_sure["nat"],
    "plane_nat_blob": lambda its: its.plane("blob").falsely_sure["nat"],
    "fooled_baseline": lambda its: its.rate("baseline", its.set_name),
    "fooled_nat": lambda its: its.rate("nat", its.set_name),
    "fooled_nat_trained": lambda its: its.rate("nat", _role(its, "trained on")),
    "fooled_nat_strict": _strict,
    "kept_baseline": lambda its: metrics.negative_confidence_rate(its.known("baseline"), its.threshold),
    "kept_nat": lambda its: metrics.negative_confidence_rate(its.known("nat"), its.threshold),
    "kept_baseline_few": lambda its: _kept_few(its, "baseline"),
    "kept_nat_few": lambda its: _kept_few(its, "nat"),
    "worst_count": lambda its: _worst(its)[1],
}
"""The numbers that are shares in [0, 1], shown in percent."""
TEXTS: dict[str, Callable[[Asked], str]] = {
    "answer_baseline": lambda its: _picture(its, "baseline").predicted,
    "answer_nat": lambda its: _picture(its, "nat").predicted,
    "picture": lambda its: next(each.shows for each in gallery_pictures() if each.file == its.settings["picture"]),
    "classes": lambda its: listed(cached.card(its.pair.nat).classes).replace(" or ", " and "),
    "class_count": lambda its: str(len(cached.card(its.pair.nat).classes)),
    "points": lambda its: str(len(_points(its).labels)),
    "right_baseline": lambda its: str(its.plane().right["baseline"]),
    "negatives": lambda its: str(len(its.settings["play_negatives"])),
    "t_baseline_few": lambda its: f"{_few(its, 'baseline'):.2f}",
    "t_nat_few": lambda its: f"{_few(its, 'nat'):.2f}",
    "set_name": lambda its: set_title(its.set_name),
    "set_count": lambda its: f"{len(its.confidence('nat', its.set_name)):,}",
    "trained_name": lambda its: set_title(_role(its, "trained on")),
    "worst_class": lambda its: _worst(its)[0],
}
"""The other numbers and names, as they stand in a text."""


def share(name: str, lesson: Lesson, pair: Pair) -> float:
    """Return the number that a lesson asks for, in [0, 1]. Raises NoNumber where the checkpoints do not hold it."""
    return SHARES[name](Asked(pair, lesson.settings))


def filled(text: str, lesson: Lesson, pair: Pair) -> str:
    """Return a lesson's text with its numbers, or with the words that there is none. Raises KeyError for a name."""
    its = Asked(pair, lesson.settings)

    def number(name: str) -> str:
        try:
            return percent(SHARES[name](its)) if name in SHARES else TEXTS[name](its)
        except NoNumber:
            return NONE

    return fill(text, number)
