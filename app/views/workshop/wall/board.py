"""The class on the wall: its QR code to join, and what its phones guessed and won, as a chart that fills meanwhile."""

import csv
import io
from dataclasses import replace
from functools import partial
from html import escape

import numpy as np
import streamlit as st

from nat_app.frame import classroom, frame, links
from nat_app.frame.settings import CLASS, PAIR, TEACH, WALL
from nat_app.frame.together import following
from nat_app.frame.together.announced import announce
from nat_app.frame.wall import from_afar
from nat_app.shared.drawing.charts import CONFIG
from nat_app.shared.language import N_, _, ngettext, number
from nat_app.shared.pairs import Pair
from nat_app.shared.score_scales import T_STEPS, way_along
from nat_app.shared.settings import Setting
from nat_app.shared.words import percent, threshold_text
from nat_app.views.workshop import score
from nat_app.views.workshop.games.factory import TICKS, factory
from nat_app.views.workshop.settings import LESSONS, MOST, PART
from nat_app.views.workshop.steps.lessons import Lesson
from nat_app.views.workshop.steps.numbers import NoNumber, share
from nat_app.views.workshop.wall import histogram, words
from nat_app.views.workshop.wall.histogram import Axis
from nat_app.visit import school
from nat_app.visit.identity import browser
from nat_app.visit.school import SchoolClass, SchoolFull

LOOK = 2.0
"""Seconds between two looks of the wall."""
POINTS = "points"
CARD: Setting[str] = Setting("wall_card", LESSONS[0])
"""What the wall shows: a lesson, a challenge, or the points."""
ANSWER: Setting[bool] = Setting("wall_answer", False)
"""Whether the wall says what it is."""
VIEW: Setting[str] = Setting("wall_view", "join")
CODE: Setting[str] = Setting("wall_code", "")
VIEWS = {"join": N_("Join"), "guesses": N_("Guesses and points")}
TITLES = {
    "clicks": N_("Challenge: ten clicks"),
    "photo": N_("Challenge: a photo that fools both"),
    "factory": N_("Challenge: a threshold for a factory"),
    "teach": N_('Challenge: teach it "none of these"'),
    POINTS: N_("Points"),
}
FULL: Setting[str] = Setting("wall_full", "")
"""Why no class could be opened."""
ClassFinding = tuple[str, str, Axis]
"""Of one card: what the class did, what the answer is ("" where it is not told or there is none), and the chart."""


def draw(lessons: tuple[Lesson, ...], pair: Pair) -> None:
    """Draw the class that this visit teaches, or how one is joined or opened."""
    mine = following.taught()
    if mine is None:
        _without(pair)
        return
    VIEW.bind()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            _("On the wall"), list(VIEWS), format_func=lambda view: _(VIEWS[view]), key=VIEW.key, required=True,
            label_visibility="collapsed", persist_state="session",
        )  # fmt: skip
        if VIEW.value != "join":
            _card(lessons)
    if VIEW.value == "join":
        _join(mine)
    else:
        _board(mine.code, {each.name: each for each in lessons}, pair)
    # Below, where they take no room on the wall from what the class is to see.
    with st.container(horizontal=True, vertical_alignment="center"):
        _controls(mine)


# --- before a class is open ------------------------------------------------------------------------------------------


def _without(pair: Pair) -> None:
    found = classroom.address()
    if found is None:
        st.markdown(_(words.ALONE))
        st.code("nat app --classroom", language="bash")
    if following.joined() is None:
        _opening(pair)
        _joining()
    if found is not None:
        _address(f"{found}/workshop", f"{found}/workshop".removeprefix("http://"))
        classroom.choose_network()


def _opening(pair: Pair) -> None:
    if not school.shared().may_open(browser()):
        st.markdown(_(words.TEACHER_OPENS))
        return
    st.markdown(_(words.OPEN_IT))
    st.button(_("Open a class"), key="open_class", type="primary", icon=":material/groups:", on_click=_open,
              args=(pair.key,))  # fmt: skip
    if FULL.value:
        st.warning(_(FULL.value))


def _open(pair: str) -> None:
    try:
        school.shared().open(browser(), pair)
        FULL.forget()
    except SchoolFull:
        FULL.put(words.NO_ROOM)


def _joining() -> None:
    with st.form("join_class", border=False):
        st.text_input(_("Code of your class"), key=CODE.key, max_chars=12, autocomplete="off")
        st.form_submit_button(_("Join"), on_click=lambda: CLASS.put(CODE.value or None))


def _address(link: str, shown: str) -> None:
    """Draw a link for phones, large enough for a projector."""
    code, text = st.columns([1.35, 1], gap="large")
    with code:
        classroom.draw_code(link)
    with text:
        st.html(f'<p class="wall_link">{escape(shown)}</p>')
        st.markdown(_(words.FOR_PHONES))


# --- an open class ---------------------------------------------------------------------------------------------------


def link_of(mine: SchoolClass, key: str | None = None) -> str:
    """Return the link by which phones join a class, or, with its key, a teacher's other device."""
    url = classroom.outside(st.context.url or "http://localhost/workshop")
    chosen = {PAIR.key: mine.pair} | ({TEACH.key: key, PART.key: "Classroom"} if key else {CLASS.key: mine.code})
    return links.with_query(url, chosen)


def _join(mine: SchoolClass) -> None:
    # From its top: the text beside the code may be the longer of the two, and the code is what is needed first.
    code, text = st.columns([1.35, 1], gap="large")
    with code:
        classroom.draw_code(link_of(mine))
    with text:
        url = classroom.outside(st.context.url or "").removeprefix("http://")
        st.html(f'<p class="wall_link">{escape(url)}</p><p class="wall_code">{mine.code}</p>')
        _present(mine.code)
        st.markdown(_(words.FOR_PHONES))
        classroom.choose_network()


@st.fragment(run_every=LOOK)
def _present(code: str) -> None:
    """Draw how many phones are there, again and again."""
    mine = following.taught()
    # Drawn again by itself, a part of a page keeps what it began with; the class may be closed by now.
    if mine is None or mine.code != code:
        st.rerun()
    with st.container(key="number_phones"):
        here = words.here(school.shared().here(mine), len(mine.phones))
        st.markdown(here)
    announce(here, "phones_announced")


def _card(lessons: tuple[Lesson, ...]) -> None:
    """Draw the choice of what the wall shows, and whether it tells the answer."""
    titles = {each.name: each.title for each in lessons} | {card: _(title) for card, title in TITLES.items()}
    st.selectbox(_("Show"), list(titles), format_func=titles.__getitem__, key=CARD.bind(), persist_state="session",
                 label_visibility="collapsed")  # fmt: skip
    # Points, a photo and a thing taught have no right answer to tell.
    st.toggle(_("Tell the answer"), key=ANSWER.bind(), persist_state="session",
              disabled=CARD.value in (POINTS, "photo", "teach"))  # fmt: skip


@st.fragment(run_every=LOOK)
def _board(code: str, lessons: dict[str, Lesson], pair: Pair) -> None:
    """Draw what the class says on one card, again and again."""
    mine = following.taught()
    if mine is None or mine.code != code:
        st.rerun()
    said, answer, axis = found(mine, CARD.value, lessons, pair, tell=ANSWER.value)
    phones = ngettext("of {count} phone", "of {count} phones", len(mine.phones))
    with st.container(key="far_wall"):
        with st.container(key="number_wall"):
            st.markdown(f"{said} {answer}".strip())
        announce(f"{said} {answer}", "wall_announced")
        st.plotly_chart(
            from_afar(histogram.figure(axis, phones, frame.colours(), height=540 if WALL.value else 380)),
            key="wall_histogram", config=CONFIG, alt=f"{said} {answer}".replace("**", "").strip(),
        )  # fmt: skip


def found(mine: SchoolClass, card: str, lessons: dict[str, Lesson], pair: Pair, *, tell: bool) -> ClassFinding:
    """Return what a class came to on a card: a lesson's name, a challenge's or POINTS; `tell` adds what it is."""
    if card == POINTS:
        won = mine.points()
        return words.points(won), "", histogram.of_numbers(won, _("points"), MOST * len(LESSONS))
    guesses = mine.guesses(card)
    if card == "clicks":
        marks = ((score.FEW_SURE, percent(score.FEW_SURE)),) if tell else ()
        axis = histogram.of_shares(guesses, _("share of the empty plane on which NAT is falsely sure"), marks)
        return words.clicks(guesses, score.FEW_SURE), "", axis
    if card == "photo":
        labels = (_("fools one or none"), _("fools both"))
        counts = (len(guesses) - round(sum(guesses)), round(sum(guesses)))
        return words.photos(guesses), "", Axis("", counts, (-0.5, 0.5), 1.0, (0.0, 1.0), labels, labels)
    if card == "teach":
        return words.taught(guesses), "", histogram.of_shares(guesses, _("share of other pictures that fool NAT"), ())
    if card == "factory":
        return _factory(guesses, pair, tell=tell)
    lesson = lessons[card]
    truth = _truth(lesson, pair) if tell else None
    marks = () if truth is None else ((truth, percent(truth)),)
    answer = "" if truth is None else words.answer(guesses, truth)
    return words.finding(guesses, len(mine.phones)), answer, histogram.of_shares(guesses, lesson.measures, marks)


def _factory(guesses: tuple[float, ...], pair: Pair, *, tell: bool) -> ClassFinding:
    along = way_along(np.array(guesses, float))
    best = factory(pair).best["nat"].threshold if tell else None
    marks = () if best is None else ((float(way_along(np.array([best]))[0]), threshold_text(best)),)
    axis = histogram.of_shares(tuple(map(float, along)), _("threshold t, drawn wider near 1"), marks)
    ticks = tuple(float(tick) for tick in way_along(np.array(TICKS)))
    bars = tuple(f"t \u2265 {threshold_text(_step_at(start))}" for start in axis.starts)
    axis = replace(axis, ticks=ticks, labels=tuple(number(tick, "g") for tick in TICKS), bars=bars)
    return words.thresholds(guesses), "" if best is None else words.best_threshold(best), axis


def _step_at(along: float) -> float:
    """The threshold that lies so far along the slider."""
    return T_STEPS[round(along * (len(T_STEPS) - 1))]


def _truth(lesson: Lesson, pair: Pair) -> float | None:
    try:
        return share(lesson.asks, lesson, pair)
    except NoNumber:
        return None


def csv_of(code: str) -> str:
    """Return what the phones of a class said as a table; of no class, its head alone."""
    mine = school.shared().with_code(code)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("phone", "card", "guess", "points"))
    for phone, card, guess, points in mine.rows() if mine else ():
        table.writerow((phone, card, f"{guess:g}", "" if points is None else points))
    return text.getvalue()


def _controls(mine: SchoolClass) -> None:
    # Asked for its rows when it is pressed: by a code, as what it is made of must not hold this visit.
    st.download_button(_("All guesses (CSV)"), partial(csv_of, mine.code), f"class-{mine.code}.csv", "text/csv",
                       key="class_csv", icon=":material/download:", on_click="ignore")  # fmt: skip
    with st.popover(_("Close the class"), icon=":material/close:"):
        st.markdown(_(words.CLOSE))
        st.button(_("Close and forget"), key="close_class", type="primary", on_click=_close)
    with st.popover(_("My own link"), icon=":material/key:"):
        st.warning(_(words.DO_NOT_PROJECT))
        st.code(link_of(mine, mine.key), language=None, wrap_lines=True)


def _close() -> None:
    mine = following.taught()
    if mine is not None:
        school.shared().close(mine, browser())
