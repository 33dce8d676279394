"""Two pages to print: the pupils' sheet, one page with room to write, and the teacher's with the answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from markdown_it import MarkdownIt

from nat_app.shared.language import _
from nat_app.shared.page_file import page
from nat_app.shared.words import percent
from nat_app.views.workshop import score
from nat_app.views.workshop import words as common
from nat_app.views.workshop.games import words as games
from nat_app.views.workshop.steps.lessons import Lesson
from nat_app.views.workshop.teaching import words
from nat_core.cli.serve import qr_svg
from nat_core.language import number
from nat_core.measure.error_costs import Stakes

JOIN_MINUTES = 5
"""Until all phones are there; the cards follow."""
STYLE = """
@page { size: A4; margin: 9mm 13mm; }
* { box-sizing: border-box; }
body { font: 9.5pt/1.28 system-ui, sans-serif; color: #111; background: #fff; max-width: 184mm; margin: 1rem auto;
  padding: 0 1rem; }
h1 { font-size: 15pt; margin: 0 0 .2rem; }
h2 { font-size: 11pt; margin: 0 0 .1rem; }
section { border: 1px solid #999; border-radius: 2mm; padding: 1.5mm 3mm; margin: 1.8mm 0; break-inside: avoid; }
p, ul { margin: .18rem 0; }
.minutes { float: right; color: #555; }
.line { display: inline-block; border-bottom: 1px solid #111; min-width: 16mm; height: 1.1em; }
.row { display: flex; align-items: end; gap: 1.5mm; padding-top: 2.9mm; }
.part { white-space: nowrap; margin-right: 2mm; }
.rest { flex: 1; min-width: 30mm; border-bottom: 1px solid #111; }
.head { display: flex; justify-content: space-between; align-items: start; gap: 4mm; }
.head > div { flex: 1; }
.head svg { width: 26mm; height: 26mm; flex: none; }
.photo { float: left; width: 21mm; height: 21mm; margin: 0 3mm 0 0; }
small { color: #555; }
@media print { body { margin: 0; padding: 0; max-width: none; } }
@media (max-width: 640px) { .row { flex-wrap: wrap; row-gap: 4mm; } }  /* a phone's screen; paper is wider */
"""
LINE = '<span class="line"></span>'
REST = '<span class="rest"></span>'
_MARKDOWN = MarkdownIt("commonmark", {"html": False})
"""A lesson's text to HTML; what looks like HTML in it stays text."""
Filled = Callable[[str, Lesson], str]
"""A lesson's text with its numbers."""


@dataclass(frozen=True)
class SheetContents:
    """What stands on the pupils' sheet beside the lessons' texts."""

    stakes: Stakes
    """Of the factory."""
    photo: str
    """The photo of the first lesson, as a data URL; "" where there is none."""
    shows: str
    credit: str
    link: str | None
    """To the workshop, as phones open it; None where no phone can."""


def sheet_html(lessons: tuple[Lesson, ...], filled: Filled, shown: SheetContents) -> str:
    """Return the pupils' sheet: questions, and room for guesses and what was seen; no answer is on it."""
    where, code = "", ""
    if shown.link:
        code = qr_svg(shown.link, scale=3)
        where = _paragraph(_("The workshop is at {address}.", address=shown.link.partition("?")[0]))
    name, date = escape(_("Name")), escape(_("Date"))
    person = f"<p>{name} {LINE}{LINE} &ensp; {date} {LINE}</p>"
    head = f'<div class="head"><div>{person}{where}{_no_portraits()}</div>{code}</div>'
    sections = "".join(_question(place, lesson, filled, shown) for place, lesson in enumerate(lessons, start=1))
    return page(_(words.TITLE), head + sections + _challenges(shown.stakes), STYLE, pictures=True)


def answers_html(lessons: tuple[Lesson, ...], filled: Filled, networks: str, challenges: Sequence[str]) -> str:
    """Return the teacher's sheet: for each lesson its minutes, what to say and the numbers; then the challenges."""
    sections, begun = [], JOIN_MINUTES
    for place, lesson in enumerate(lessons, start=1):
        until = begun + lesson.minutes
        sections.append(
            f'<section><span class="minutes">{escape(common.timing(begun, until))}</span>'
            f"<h2>{place}. {escape(lesson.title)}</h2>"
            f"{_html(filled(lesson.say, lesson))}{_html(filled(lesson.numbers, lesson))}</section>"
        )
        begun = until
    listed = "".join(f"<li>{_MARKDOWN.renderInline(each)}</li>" for each in challenges)
    title = escape(_("Challenges"))
    solved = f"<section><h2>{title}</h2><ul>{listed}</ul></section>"
    body = f"{_paragraph(networks)}{''.join(sections)}{solved}{_no_portraits()}"
    return page(_(words.ANSWERS_TITLE), body, STYLE)


def _html(text: str) -> str:
    return _MARKDOWN.render(text).strip()


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _no_portraits() -> str:
    said = escape(_(words.NO_PORTRAITS))
    return f"<p><small>{said}</small></p>"


def _question(place: int, lesson: Lesson, filled: Filled, shown: SheetContents) -> str:
    first = place == 1 and shown.photo
    photo = f'<img class="photo" src="{shown.photo}" alt="{escape(shown.shows)}">' if first else ""
    credit = f" <small>({escape(shown.credit)})</small>" if first else ""
    minutes = _("{minutes} min", minutes=lesson.minutes)
    guess, truth, noticed = escape(_("My guess")), escape(_("It is")), escape(_("What I noticed"))
    return (
        f'<section><span class="minutes">{escape(minutes)}</span>{photo}<h2>{place}. {escape(lesson.title)}{credit}'
        f"</h2>{_html(filled(lesson.question, lesson))}"
        f'<p class="row"><span class="part">{guess} {LINE} %</span><span class="part">{truth} {LINE} %</span>'
        f'<span class="part">{noticed}</span>{REST}</p><p class="row">{REST}</p></section>'
    )


def _challenges(stakes: Stakes) -> str:
    clicks = _("At most {count} negatives, less than {goal} falsely sure. I placed, and reached in percent:",
               count=score.MOST_CLICKS, goal=percent(score.FEW_SURE))  # fmt: skip
    factory = _(
        "My t for the factory (wrongly passed {passed}, needless check {check}, {parts} foreign parts in 100), and "
        "what it costs:",
        passed=number(stakes.prices.wrongly_passed, "g"),
        check=number(stakes.prices.needless_check, "g"),
        parts=games.foreign_parts(stakes),
    )
    taught = _("My two things, my t, and how often the baseline and NAT are fooled:")
    rows = (clicks, _("A photo that fools both networks:"), factory, taught)
    lines = "".join(f'<p class="row">{escape(row)} {REST}</p>' for row in rows)
    title = escape(_("Challenges"))
    return f"<section><h2>{title}</h2>{lines}</section>"
