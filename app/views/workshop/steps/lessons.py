"""The lessons: their texts, read from `texts/LANGUAGE/*.md`, and the numbers in them; another language, another folder.

A lesson consists of front matter (one `key: value` a line between two lines of three hyphens) and sections under
headings of one `#`, whose names are the same in every language. A number is never typed: `{{name}}` stands for what
`numbers` computes for the state that the lesson's link names. So text, page and number cannot disagree.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import frontmatter
from markdown_it import MarkdownIt
from yaml import YAMLError

from nat_app.answers import stored_answers
from nat_app.frame import links
from nat_app.frame.settings import EVERYWHERE, THRESHOLD
from nat_app.shared.pairs import Pair
from nat_app.views.playground.settings import SETTINGS as PLAYGROUND
from nat_app.views.workshop.settings import LESSONS
from nat_core.language import SOURCE

FOLDER = Path(__file__).parent / "texts"
NOTES = "teacher"
SECTIONS = ("before", "plan", "misconceptions", "words", "without phones")
"""The headings of the teacher's notes."""
PAGES = ("see_it", "your_photos", "thresholds", "attention", "playground")
"""The pages that a lesson can open."""
LINKED: dict[str, Callable[[Pair, float], str]] = {"telling_picture": stored_answers.telling_picture}
"""What a link's placeholder stands for, by the pair and the link's t."""
PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class Lesson:
    """One lesson in one language."""

    name: str
    """One of `settings.LESSONS`."""
    title: str
    minutes: int
    page: str
    """The page that it opens, one of `PAGES`."""
    link: str
    """What the page's link says, after the question mark."""
    opens: str
    """What stands on that link."""
    asks: str
    """The number to guess: a share in [0, 1], a name of `SHARES`."""
    measures: str
    """What that number is, in one line."""
    goal: str
    question: str
    answer: str
    numbers: str
    """What a teacher can expect, a list."""
    say: str
    """What a teacher can say and do."""

    def query(self, pair: Pair) -> dict[str, str]:
        """The settings of its link as text, where a placeholder stands for what depends on the pair."""
        texts = dict(parse_qsl(self.link, keep_blank_values=True))

        def linked(name: str) -> str:
            return LINKED[name](pair, float(texts.get(THRESHOLD.key, THRESHOLD.default)))

        return {key: fill(text, linked) for key, text in texts.items()}

    def values(self, pair: Pair) -> dict[str, Any]:
        """What its numbers need of its link: what holds on every page, and the playground's settings, by their keys.

        Raises ValueError where one of them is not as it should be.
        """
        pages = (EVERYWHERE, PLAYGROUND)
        known = {setting.key for page in pages for setting in page.settings}
        values, complaints = links.read({key: text for key, text in self.query(pair).items() if key in known}, pages)
        # A visitor's link is followed as far as it can be; a lesson's has to be right, or its numbers would not be
        # those of its page.
        if complaints:
            raise ValueError(f"{self.name}: {complaints[0]}")
        return values

    @property
    def placeholders(self) -> set[str]:
        """The numbers that its texts and its question need."""
        texts = (self.goal, self.question, self.answer, self.numbers, self.say)
        return {self.asks} | {name for text in texts for name in PLACEHOLDER.findall(text)}


@cache
def lessons(language: str = SOURCE) -> tuple[Lesson, ...]:
    """Return the lessons in their order. Raises ValueError that names the file where one is not as it should be."""
    return tuple(parse(name, _text(language, name)) for name in LESSONS)


@cache
def notes(language: str = SOURCE) -> dict[str, str]:
    """Return what a teacher reads, by the headings in small letters, the same in every language. Raises ValueError."""
    found = sections(_text(language, NOTES))
    if tuple(found) != SECTIONS or not all(found.values()):
        raise ValueError(f"{NOTES}: needs the sections {', '.join(SECTIONS)}; got {', '.join(found)}")
    return found


def _text(language: str, name: str) -> str:
    """A file's text, in English where there is none in the language."""
    file = FOLDER / language / f"{name}.md"
    return (file if file.is_file() else FOLDER / SOURCE / f"{name}.md").read_text(encoding="utf-8")


def parse(name: str, text: str) -> Lesson:
    """Return the lesson that a file's text holds. Raises ValueError that says what is missing or unknown."""
    try:
        matter, body = frontmatter.parse(text)
    except YAMLError as error:
        raise ValueError(f"{name}: the front matter between the lines --- is no YAML ({error})") from None
    if not matter:
        raise ValueError(f"{name}: begins with no front matter between two lines ---")
    # YAML makes numbers and dates of what looks like one; only the minutes are meant to be a number.
    given: dict[str, Any] = {key: value if key == "minutes" else str(value or "") for key, value in matter.items()}
    given |= sections(body)
    wanted = {field.name for field in fields(Lesson)} - {"name"}
    if given.keys() != wanted or not all(given.values()):
        wrong = wanted ^ given.keys() or {key for key, value in given.items() if not value}
        raise ValueError(f"{name}: these are missing, empty or unknown: {', '.join(sorted(wrong))}")
    if given["page"] not in PAGES or not isinstance(given["minutes"], int):
        raise ValueError(f"{name}: page is one of {', '.join(PAGES)}, minutes a whole number; got {matter}")
    return Lesson(name, **given)


def sections(markdown: str) -> dict[str, str]:
    """Return the text under each heading of the first level, by the heading in small letters.

    >>> sections("# Goal\\n\\nSee it.\\n\\n# Say\\n\\nLook:\\n\\n    # no heading")
    {'goal': 'See it.', 'say': 'Look:\\n\\n    # no heading'}
    """
    lines, tokens = markdown.splitlines(), MarkdownIt().parse(markdown)
    # A parser, as a line that begins with # is no heading where it stands in a block of code.
    headings = [(token.map, tokens[place + 1].content.lower()) for place, token in enumerate(tokens)
                if token.type == "heading_open" and token.tag == "h1" and token.map]  # fmt: skip
    ends = [begin for (begin, _), _ in headings[1:]] + [len(lines)]
    return {title: "\n".join(lines[start:end]).strip() for ((_, start), title), end in zip(headings, ends, strict=True)}


def fill(text: str, number: Callable[[str], str]) -> str:
    """Return a text with its placeholders filled.

    >>> fill("sure on {{plane_nat}}", {"plane_nat": "19 %"}.__getitem__)
    'sure on 19 %'
    """
    return PLACEHOLDER.sub(lambda match: number(match[1]), text)
