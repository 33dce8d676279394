"""The lessons' texts, read from `app/lessons/LANGUAGE/*.md`; another language is another folder. No Streamlit here.

A lesson is a front matter (one `key: value` a line between two lines of three hyphens) and sections under headings of
one `#`, whose names are the same in every language. A number is never typed: `{{name}}` stands for what
`nat_app.views.workshop.lessons` computes for the lesson's link.

The numbers of the lessons' texts, computed from the stored checkpoints and by training the playground's networks.

Each is computed for the state that its lesson's link names, so text, page and number cannot disagree.
"""

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import streamlit as st
from jaxtyping import Float

from nat_app.answers import stored_answers
from nat_app.frame import frame, links
from nat_app.frame.links import LESSONS
from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.pairs import Pair, set_title
from nat_app.shared.palette import Kind
from nat_app.shared.words import Answer, listed, percent
from nat_app.views.playground.settings import DEFAULTS, negatives
from nat_core.measure import metrics
from nat_core.recipes import Role
from nat_core.small.plane import Points, draw_points

FOLDER = Path(__file__).parent / "texts"
NOTES = "teacher"
PAGES = ("see_it", "your_photos", "thresholds", "attention", "playground")
"""The pages that a lesson can open."""
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class PlaneRates:
    """What the playground's two networks come to in the 400 steps of its page."""

    falsely_sure: dict[Kind, float]
    """The share of the empty plane on which each is sure, in [0, 1]."""
    right: dict[Kind, int]
    """How many points each names rightly."""


@dataclass(frozen=True)
class Lesson:
    """One lesson in one language."""

    name: str
    """One of `links.LESSONS`."""
    title: str
    minutes: int
    page: str
    """The page that it opens, one of `PAGES`."""
    link: str
    """What the page's link says, after the question mark."""
    opens: str
    """What stands on that link."""
    asks: str
    """The number to guess: a share in [0, 1], a name of `nat_app.views.workshop.lessons`."""
    measures: str
    """What that number is, in one line."""
    goal: str
    question: str
    answer: str
    numbers: str
    """What a teacher can expect, a list."""
    say: str
    """What a teacher can say and do."""

    @property
    def query(self) -> dict[str, str]:
        """The settings of its link as text."""
        return dict(parse_qsl(self.link, keep_blank_values=True))

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of its link as the page takes them. Raises ValueError where one is unknown."""
        values, complaints = links.read(self.query, {})
        if complaints:
            raise ValueError(f"{self.name}: {complaints[0]}")
        return values

    @property
    def placeholders(self) -> set[str]:
        """The numbers that its texts and its question need."""
        texts = (self.goal, self.question, self.answer, self.numbers, self.say)
        return {self.asks} | {name for text in texts for name in _PLACEHOLDER.findall(text)}


def languages() -> tuple[str, ...]:
    """Return the languages that there are, English first."""
    found = sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and not path.name.startswith("_"))
    return ("en", *(name for name in found if name != "en"))


@cache
def lessons(language: str = "en") -> tuple[Lesson, ...]:
    """Return the lessons in their order. Raises ValueError that names the file where one is not as it should be."""
    return tuple(parse(name, (FOLDER / language / f"{name}.md").read_text(encoding="utf-8")) for name in LESSONS)


@cache
def notes(language: str = "en") -> str:
    """Return what a teacher reads first."""
    return (FOLDER / language / f"{NOTES}.md").read_text(encoding="utf-8")


def parse(name: str, text: str) -> Lesson:
    """Return the lesson that a file's text holds. Raises ValueError that says what is missing or unknown."""
    head, separator, body = text.removeprefix("---\n").partition("\n---\n")
    if not text.startswith("---\n") or not separator:
        raise ValueError(f"{name}: begins with no front matter between two lines ---")
    matter = dict(_entry(name, line) for line in head.splitlines())
    parts = re.split(r"^# (.+)\n", body, flags=re.MULTILINE)
    sections = {title.lower(): content.strip() for title, content in zip(parts[1::2], parts[2::2], strict=True)}
    wanted = {field.name for field in fields(Lesson)} - {"name"}
    given = matter | sections
    if given.keys() != wanted or not all(given.values()):
        wrong = wanted ^ given.keys() or {key for key, value in given.items() if not value}
        raise ValueError(f"{name}: these are missing, empty or unknown: {', '.join(sorted(wrong))}")
    if matter["page"] not in PAGES or not matter["minutes"].isdigit():
        raise ValueError(f"{name}: page is one of {', '.join(PAGES)}, minutes a whole number; got {matter}")
    return Lesson(name, minutes=int(given.pop("minutes")), **given)


def _entry(name: str, line: str) -> tuple[str, str]:
    key, separator, value = line.partition(":")
    if not separator:
        raise ValueError(f"{name}: a line of the front matter is no `key: value`: {line}")
    return key.strip(), value.strip()


def fill(text: str, number: Callable[[str], str]) -> str:
    """Return a text with its placeholders filled.

    >>> fill("sure on {{plane_nat}}", {"plane_nat": "19 %"}.__getitem__)
    'sure on 19 %'
    """
    return _PLACEHOLDER.sub(lambda match: number(match[1]), text)


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
        return chosen if chosen in stored_answers.shared_sets(self.pair) else stored_answers.headline_of(self.pair)

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
        places = self.settings.get("play_negatives", NOWHERE) if shown is None else negatives(shown)
        return plane_rates(self.settings, places, self.threshold)


def _picture(its: Asked, kind: Kind) -> Answer:
    return stored_answers.gallery_answers(its.pair, its.settings["picture"])[kind].answer


def _points(its: Asked) -> Points:
    chosen = DEFAULTS | dict(its.settings)
    return draw_points(chosen["play_shape"], chosen["play_classes"], seed=chosen["play_seed"])


def _few(its: Asked, kind: Kind) -> float:
    """The lowest t in hundredths at which fewer than 10 of 100 negatives fool a network."""
    rates = stored_answers.curve(its.pair.by_kind[kind], its.set_name)
    return float(stored_answers.CURVE[int(np.argmax(rates < FEW))])


def _kept_few(its: Asked, kind: Kind) -> float:
    return metrics.negative_confidence_rate(its.known(kind), _few(its, kind))


def _role(its: Asked, role: str) -> str:
    for name, each in stored_answers.shared_sets(its.pair).items():
        if each.role == role:
            return name
    raise NoNumber(role)


def _strict(its: Asked) -> float:
    name = f"{its.set_name}_strict"
    if name not in stored_answers.shared_sets(its.pair):
        raise NoNumber(name)
    return its.rate("nat", name)


def _worst(its: Asked) -> tuple[str, float]:
    """The class for which NAT takes most of the negatives that fool it, and their share of those."""
    stored = stored_answers.predictions(its.pair.nat, its.set_name)
    taken = stored.predicted[stored.confidence > its.threshold]
    if not len(taken):
        raise NoNumber("nothing fools it")
    counts = np.bincount(taken)
    return stored_answers.card(its.pair.nat).classes[int(counts.argmax())], float(counts.max() / len(taken))


SHARES: dict[str, Callable[[Asked], float]] = {
    "confidence_baseline": lambda its: _picture(its, "baseline").confidence,
    "confidence_nat": lambda its: _picture(its, "nat").confidence,
    "no_opinion": lambda its: 1 / len(stored_answers.card(its.pair.nat).classes),
    "plane_baseline": lambda its: its.plane().falsely_sure["baseline"],
    "plane_nat": lambda its: its.plane().falsely_sure["nat"],
    "plane_nat_corner": lambda its: its.plane("corner").falsely_sure["nat"],
    "plane_nat_blob": lambda its: its.plane("blob").falsely_sure["nat"],
    "fooled_baseline": lambda its: its.rate("baseline", its.set_name),
    "fooled_nat": lambda its: its.rate("nat", its.set_name),
    "fooled_nat_trained": lambda its: its.rate("nat", _role(its, Role.TRAINED_ON)),
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
    "classes": lambda its: listed(stored_answers.card(its.pair.nat).classes).replace(" or ", " and "),
    "class_count": lambda its: str(len(stored_answers.card(its.pair.nat).classes)),
    "points": lambda its: str(len(_points(its).labels)),
    "right_baseline": lambda its: str(its.plane().right["baseline"]),
    "negatives": lambda its: str(len(its.settings["play_negatives"])),
    "t_baseline_few": lambda its: f"{_few(its, 'baseline'):.2f}",
    "t_nat_few": lambda its: f"{_few(its, 'nat'):.2f}",
    "set_name": lambda its: set_title(its.set_name),
    "set_count": lambda its: f"{len(its.confidence('nat', its.set_name)):,}",
    "trained_name": lambda its: set_title(_role(its, Role.TRAINED_ON)),
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


def plane_rates(values: Mapping[str, Any], negatives: Float[np.ndarray, "m 2"], threshold: float) -> PlaneRates:
    """Train the playground with these settings, by the keys of its widgets, and these negatives; once for each."""
    chosen = DEFAULTS | {key: value for key, value in values.items() if key in DEFAULTS}
    return _plane_rates(tuple(chosen.items()), negatives.tobytes(), threshold, negatives)


@st.cache_data(max_entries=64, show_spinner=False)
def _plane_rates(values: tuple, identity: bytes, threshold: float, _negatives: np.ndarray) -> PlaneRates:
    playing = importlib.import_module("nat_app.views.playground.state")
    here = playing.scene_of(dict(values), _negatives)
    looks = playing.trained_looks(here, threshold)
    return PlaneRates(
        {kind: look.falsely_sure for kind, look in looks.items()},
        {kind: look.right for kind, look in looks.items()},
    )
