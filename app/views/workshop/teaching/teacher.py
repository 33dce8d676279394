"""What a teacher needs on the page Workshop: notes, numbers to expect, sheets to print, links that hide controls."""

from collections.abc import Callable
from html import escape

import streamlit as st
from markdown_it import MarkdownIt

from nat_app.frame import classroom, links
from nat_app.frame.settings import HIDDEN, HIDE, PAIR
from nat_app.shared.files import page
from nat_app.shared.pairs import Pair
from nat_app.shared.words import percent
from nat_app.views.workshop import score, words
from nat_app.views.workshop.games.factory import factory
from nat_app.views.workshop.settings import LESSON
from nat_app.views.workshop.steps import cards
from nat_app.views.workshop.steps.lessons import Lesson, notes, with_numbers
from nat_core.measure.costs import Stakes

TITLE = "When should a network say: I do not know?"
STYLE = """
@page { size: A4; margin: 10mm 15mm; }
* { box-sizing: border-box; }
body { font: 10pt/1.35 system-ui, sans-serif; color: #111; background: #fff; max-width: 180mm; margin: 1rem auto;
  padding: 0 1rem; }
h1 { font-size: 17pt; margin: 0 0 .3rem; }
h2 { font-size: 12pt; margin: 0 0 .15rem; }
section { border: 1px solid #999; border-radius: 2mm; padding: 2mm 3.5mm; margin: 2.5mm 0; break-inside: avoid; }
p, ul { margin: .25rem 0; }
.minutes { float: right; color: #555; }
.line { display: inline-block; border-bottom: 1px solid #111; min-width: 22mm; height: 1.1em; }
.row { display: flex; align-items: end; gap: 1.5mm; padding-top: 3mm; }
.rest { flex: 1; border-bottom: 1px solid #111; }
small { color: #555; }
@media print { body { margin: 0; padding: 0; max-width: none; } }
"""
LINE = '<span class="line"></span>'


_MARKDOWN = MarkdownIt("commonmark", {"html": False})
"""A lesson's text to HTML; what looks like HTML in it stays text."""


def _html(text: str) -> str:
    return _MARKDOWN.render(text).strip()


def sheet_html(
    lessons: tuple[Lesson, ...], filled: Callable[[str, Lesson], str], stakes: Stakes, address: str | None = None
) -> str:
    """Return the pupils' sheet: goals, questions and room for guesses; no answer is on it.

    `filled` fills a lesson's text with its numbers, `stakes` are those of the factory; `address` is that of the
    classroom, None where there is none.
    """
    where = f"<p>The workshop is at <b>{escape(address)}</b>, page Workshop.</p>" if address else ""
    sections = "".join(_question(number, lesson, filled) for number, lesson in enumerate(lessons, start=1))
    body = f"<p>Name {LINE}{LINE} Date {LINE}</p>{where}{sections}{_challenges(stakes)}{NO_PORTRAITS}"
    return page(TITLE, body, STYLE)


def answers_html(lessons: tuple[Lesson, ...], filled: Callable[[str, Lesson], str], networks: str) -> str:
    """Return the teacher's sheet: for each lesson its minutes, what to say, and the numbers to expect."""
    sections, begun = [], 0
    for number, lesson in enumerate(lessons, start=1):
        until = begun + lesson.minutes
        sections.append(
            f'<section><span class="minutes">minutes {begun} to {until}</span><h2>{number}. {escape(lesson.title)}</h2>'
            f"{_html(filled(lesson.say, lesson))}{_html(filled(lesson.numbers, lesson))}</section>"
        )
        begun = until
    body = f"<p>For the teacher. Networks: {escape(networks)}.</p>{''.join(sections)}{NO_PORTRAITS}"
    return page(f"{TITLE} The answers", body, STYLE)


def _question(number: int, lesson: Lesson, filled: Callable[[str, Lesson], str]) -> str:
    return (
        f'<section><span class="minutes">{lesson.minutes} min</span><h2>{number}. {escape(lesson.title)}</h2>'
        f"<p><i>{_MARKDOWN.renderInline(filled(lesson.goal, lesson))}</i></p>"
        f"{_html(filled(lesson.question, lesson))}"
        f'<p class="row">My guess {LINE} % &ensp; It was {LINE} % &ensp; What I noticed <span class="rest"></span></p>'
        "</section>"
    )


def _challenges(stakes: Stakes) -> str:
    return (
        f"<section><h2>Challenges</h2><p>At most {score.MOST_CLICKS} negatives, less than "
        f"{escape(percent(score.FEW_SURE))} falsely sure: I placed {LINE} and reached {LINE} %</p>"
        f"<p>A photo that fools both networks: {LINE}{LINE}</p>"
        f"<p>My t for the factory (wrongly passed {stakes.prices.wrongly_passed:g}, needless check "
        f"{stakes.prices.needless_check:g}, {words.foreign_parts(stakes)} foreign parts in 100): {LINE} "
        f"It costs {LINE}</p></section>"
    )


NO_PORTRAITS = (
    "<p><small>Photos stay in the memory of one computer and are gone when the page is closed. All the same: no "
    "portraits of classmates.</small></p>"
)


def draw(lessons: tuple[Lesson, ...], pair: Pair, language: str) -> None:
    """Draw the notes, the sheets and the links."""

    def filled(text: str, lesson: Lesson) -> str:
        return with_numbers(text, lesson, pair)

    st.markdown(notes(language))
    sheets = st.container(horizontal=True)
    st.caption("Pages for a browser; print them from there (Ctrl+P). Nothing in them is fetched from elsewhere.")
    with st.spinner("Computing the numbers."):
        _steps(lessons, pair)
    # Written now, from the numbers that the steps have just computed: Streamlit asks for a deferred download outside
    # the visit's session, where a visitor's own pair of networks is not known.
    files = {
        "Sheet to print": ("workshop.html", sheet_html(lessons, filled, factory(pair).stakes, classroom.address())),
        "Sheet with the answers": ("workshop-answers.html", answers_html(lessons, filled, " and ".join(pair.names))),
    }
    with sheets:
        for label, (name, content) in files.items():
            st.download_button(label, content, name, "text/html", key=name, icon=":material/print:", on_click="ignore")
    _links(lessons)


def _steps(lessons: tuple[Lesson, ...], pair: Pair) -> None:
    begun = 0
    for number, lesson in enumerate(lessons, start=1):
        until = begun + lesson.minutes
        st.subheader(f"{number}. {lesson.title}", anchor=False)
        st.caption(words.timing(begun, until))
        st.markdown(with_numbers(lesson.say, lesson, pair))
        st.markdown(with_numbers(lesson.numbers, lesson, pair))
        begun = until


def _links(lessons: tuple[Lesson, ...]) -> None:
    st.subheader("Links that hide controls", anchor=False)
    st.markdown("Choose what your class is not to see. The link opens the workshop without it, for that visit alone.")
    hidden = st.multiselect(
        "Hide", HIDDEN, ["networks", "answers"], format_func=words.HIDDEN.__getitem__, key="hidden_parts"
    )
    lesson = st.selectbox(
        "Begin with",
        [each.name for each in lessons],
        [each.name for each in lessons].index(cards.large(lessons).name),
        format_func={each.name: each.title for each in lessons}.__getitem__,
        key="hidden_lesson",
    )
    if st.context.url:
        # The pair as well: whoever cannot choose it gets the teacher's.
        chosen = [(PAIR, PAIR.value), (HIDE, tuple(hidden)), (LESSON, lesson)]
        st.code(links.write(classroom.outside(st.context.url), chosen), language=None, wrap_lines=True)
