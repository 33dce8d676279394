"""What a teacher needs on the page Workshop: notes, numbers to expect, sheets to print, links that hide controls."""

import streamlit as st

from nat_app.frame import classroom, links
from nat_app.frame.settings import CLASS, HIDDEN, HIDE, PAIR, PICTURE
from nat_app.frame.together import following
from nat_app.shared.gallery import gallery_pictures, gallery_square
from nat_app.shared.language import _
from nat_app.shared.page_file import png_url
from nat_app.shared.pairs import Pair
from nat_app.views.playground.settings import Choices
from nat_app.views.workshop import words as common
from nat_app.views.workshop.games import teaching
from nat_app.views.workshop.games import words as games
from nat_app.views.workshop.games.challenges import fooling_both
from nat_app.views.workshop.games.factory import factory
from nat_app.views.workshop.score import MOST_CLICKS, SURE
from nat_app.views.workshop.settings import HIDDEN_LESSON, HIDDEN_PARTS, LESSON
from nat_app.views.workshop.steps import cards
from nat_app.views.workshop.steps.lessons import Lesson, notes
from nat_app.views.workshop.steps.numbers import plane_rates, with_numbers
from nat_app.views.workshop.teaching import words
from nat_app.views.workshop.teaching.sheets import JOIN_MINUTES, SheetContents, answers_html, sheet_html
from nat_core import language
from nat_core.small.plane import draw_negatives


def draw(lessons: tuple[Lesson, ...], pair: Pair) -> None:
    """Draw the notes, the sheets and the links."""
    text = notes(language.current())
    st.markdown(text["before"])
    printed = st.container(horizontal=True, key="printed")
    st.caption(_(words.PRINTED))
    st.header(_(words.SECTIONS["plan"]), anchor=False)
    st.markdown(text["plan"])
    with st.spinner(_("Computing the numbers.")):
        _steps(lessons, pair)
        _challenges(pair)
        # Written now, from the numbers that the steps have just computed: Streamlit asks for a deferred download
        # outside the visit's session, where a visitor's own pair of networks is not known.
        _sheets(printed, lessons, pair)
    for section in ("misconceptions", "words", "without phones"):
        with st.expander(_(words.SECTIONS[section])):
            st.markdown(text[section])
    _links(lessons)


def _sheets(container: st.delta_generator.DeltaGenerator, lessons: tuple[Lesson, ...], pair: Pair) -> None:
    def filled(text: str, lesson: Lesson) -> str:
        return with_numbers(text, lesson, pair)

    networks = words.networks(pair.title)
    files = {
        "workshop.html": (_("Sheet to print"), sheet_html(lessons, filled, shown_on_sheet(lessons, pair))),
        "workshop-answers.html": (
            _("Sheet with the answers"), answers_html(lessons, filled, networks, solutions(pair))
        ),
    }  # fmt: skip
    with container:
        for name, (label, content) in files.items():
            st.download_button(label, content, name, "text/html", key=name, icon=":material/print:", on_click="ignore")


def shown_on_sheet(lessons: tuple[Lesson, ...], pair: Pair) -> SheetContents:
    """Return what stands on the pupils' sheet beside the texts."""
    file = lessons[0].values(pair).get(PICTURE.key)
    picture = next((each for each in gallery_pictures() if each.file == file), None)
    found = classroom.address()
    # No class's code: a sheet is printed before the class is opened, and the page offers the one that is.
    link = links.write(f"{found}/workshop", [(PAIR, pair.key)]) if found else None
    stakes = factory(pair).stakes
    if picture is None:
        return SheetContents(stakes, "", "", "", link)
    return SheetContents(stakes, png_url(gallery_square(picture.file)), picture.shows, picture.credit, link)


def solutions(pair: Pair) -> tuple[str, ...]:
    """Return how each challenge can be met, a sentence each."""
    ring = draw_negatives("ring", MOST_CLICKS)
    found = factory(pair)
    best = {kind: each.threshold for kind, each in found.best.items()}
    taught = teaching.example()
    return (
        games.clicks_example(len(ring), plane_rates(Choices(), ring, SURE).falsely_sure["nat"]),
        games.photo_examples(fooling_both(pair)),
        games.factory_example(games.factory_both(best, found.least, found.cost("nat", 1.0))),
        *([taught] if taught else []),
    )


def _steps(lessons: tuple[Lesson, ...], pair: Pair) -> None:
    joining = _(words.JOINING)
    st.markdown(f"**{common.timing(0, JOIN_MINUTES)}.** {joining}")
    begun = JOIN_MINUTES
    for number, lesson in enumerate(lessons, start=1):
        until = begun + lesson.minutes
        st.subheader(f"{number}. {lesson.title}", anchor=False)
        st.caption(common.timing(begun, until))
        st.markdown(with_numbers(lesson.say, lesson, pair))
        st.markdown(with_numbers(lesson.numbers, lesson, pair))
        begun = until


def _challenges(pair: Pair) -> None:
    st.header(_("Challenges"), anchor=False)
    st.caption(_(words.APART))
    st.markdown("\n".join(f"- {each}" for each in solutions(pair)))


def _links(lessons: tuple[Lesson, ...]) -> None:
    st.header(_("Links that hide controls"), anchor=False)
    st.markdown(_(words.HIDING))
    hidden = st.multiselect(_("Hide"), HIDDEN, format_func=lambda part: _(words.HIDDEN[part]), key=HIDDEN_PARTS.bind())
    if HIDDEN_LESSON.value is None:
        HIDDEN_LESSON.put(cards.large(lessons).name)
    lesson = st.selectbox(
        _("Begin with"),
        [each.name for each in lessons],
        format_func={each.name: each.title for each in lessons}.__getitem__,
        key=HIDDEN_LESSON.key,
    )
    if not st.context.url:
        return
    # The pair as well: whoever cannot choose it gets the teacher's.
    link = links.write(classroom.outside(st.context.url), [(PAIR, PAIR.value), (HIDE, tuple(hidden)), (LESSON, lesson)])
    mine = following.taught()
    if mine is not None:
        link = links.with_more(link, {CLASS.key: mine.code})
    st.code(link, language=None, wrap_lines=True)
    code, _rest = st.columns([1, 1.2])
    with code:
        classroom.draw_code(link)
