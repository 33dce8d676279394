"""What a teacher needs on the page Workshop: notes with expected numbers, sheets to print, links that hide controls."""

import streamlit as st

from app import classroom, lesson_cards, lesson_numbers, links
from app import workshop_words as words
from app.lesson_texts import Lesson, notes
from app.pairs import Pair
from app.workshop_sheet import answers_html, sheet_html


def draw(lessons: tuple[Lesson, ...], pair: Pair, language: str) -> None:
    """Draw the notes, the sheets and the links."""

    def filled(text: str, lesson: Lesson) -> str:
        return lesson_numbers.filled(text, lesson, pair)

    st.markdown(notes(language))
    with st.container(horizontal=True):
        st.download_button("Sheet to print", lambda: sheet_html(lessons, filled, classroom.address()), "workshop.html",
                           "text/html", key="sheet_pupils", icon=":material/print:", on_click="ignore")  # fmt: skip
        st.download_button("Sheet with the answers", lambda: answers_html(lessons, filled, " and ".join(pair.names)),
                           "workshop-answers.html", "text/html", key="sheet_answers", icon=":material/print:",
                           on_click="ignore")  # fmt: skip
    st.caption("Pages for a browser; print them from there (Ctrl+P). Nothing in them is fetched from elsewhere.")
    with st.spinner("The numbers are computed."):
        _steps(lessons, pair)
    _links(lessons)


def _steps(lessons: tuple[Lesson, ...], pair: Pair) -> None:
    begun = 0
    for number, lesson in enumerate(lessons, start=1):
        until = begun + lesson.minutes
        st.subheader(f"{number}. {lesson.title}", anchor=False)
        st.caption(words.timing(begun, until))
        st.markdown(lesson_numbers.filled(lesson.say, lesson, pair))
        st.markdown(lesson_numbers.filled(lesson.numbers, lesson, pair))
        begun = until


def _links(lessons: tuple[Lesson, ...]) -> None:
    st.subheader("Links that hide controls", anchor=False)
    st.markdown("Choose what your class is not to see. The link opens the workshop without it, for that visit alone.")
    hidden = st.multiselect(
        "Hide", links.HIDDEN, ["networks", "answers"], format_func=words.HIDDEN.__getitem__, key="hidden_parts"
    )
    lesson = st.selectbox(
        "Begin with",
        [each.name for each in lessons],
        [each.name for each in lessons].index(lesson_cards.large(lessons).name),
        format_func={each.name: each.title for each in lessons}.__getitem__,
        key="hidden_lesson",
    )
    if st.context.url:
        values = {"pair": st.session_state["pair"], "lesson": lesson, **({"hide": tuple(hidden)} if hidden else {})}
        st.code(links.write(classroom.outside(st.context.url), values), language=None, wrap_lines=True)
