"""The five lessons as cards in a row: the next one to do is the large one, its answer below once it is guessed."""

import streamlit as st

from app import frame, lesson_numbers, points, thumbnails
from app import workshop_words as words
from app.lesson_texts import Lesson
from app.pairs import Pair
from app.pictures import gallery_pictures
from app.words import CORNER

LARGE = 3.4
"""The large card is so many times as wide as a small one."""


def guesses() -> dict[str, float]:
    """The guesses that were revealed, shares in [0, 1] by lesson."""
    return st.session_state.setdefault("lesson_guesses", {})


def following(lessons: tuple[Lesson, ...]) -> Lesson | None:
    """The first lesson that is not done; None where all are."""
    return next((each for each in lessons if each.name not in guesses()), None)


def large(lessons: tuple[Lesson, ...]) -> Lesson:
    """The lesson that is shown large: the one that was opened, else the next one, else the last."""
    chosen = next((each for each in lessons if each.name == st.session_state.get("lesson")), None)
    return chosen or following(lessons) or lessons[-1]


def open_lesson(name: str | None) -> None:
    """Show this lesson large, or the next one."""
    st.session_state["lesson"] = name


def reveal(lesson: Lesson, pair: Pair) -> None:
    """Take the guess, give its points, and leave the lesson open for its answer."""
    guess = st.session_state[f"guess_{lesson.name}"] / 100
    guesses()[lesson.name] = guess
    points.award(lesson.name, points.for_guess(guess, lesson_numbers.share(lesson.asks, lesson, pair)))
    open_lesson(lesson.name)


def again(lesson: Lesson) -> None:
    """Forget the guess, so that it can be made again."""
    guesses().pop(lesson.name, None)
    points.take_back(lesson.name)
    open_lesson(lesson.name)


def row(lessons: tuple[Lesson, ...], pair: Pair) -> None:
    """Draw the cards, and the answer of the large one where it is revealed."""
    chosen = large(lessons)
    weights = [LARGE if each is chosen else 1 for each in lessons]
    answered = chosen.name in guesses()
    # On a phone the large card comes first, and once it is answered, last: just above its answer.
    with st.container(key=f"lessons_{'answered' if answered else 'open'}"):
        columns = st.columns(weights, gap="small")
    for number, (column, lesson) in enumerate(zip(columns, lessons, strict=True), start=1):
        kind = "large" if lesson is chosen else "small"
        with column, st.container(border=True, key=f"lesson_{kind}_{lesson.name}", gap="xsmall"):
            if lesson is chosen:
                _large(number, lesson, pair)
            else:
                _small(number, lesson)
    if answered:
        _answer(chosen, lessons, pair)


def _small(number: int, lesson: Lesson) -> None:
    done = lesson.name in guesses()
    mark = ":green[■] " if done else ""
    st.caption(f"{mark}{number} · {lesson.minutes} min")
    st.button(lesson.title, key=f"lesson_{lesson.name}", type="tertiary", on_click=open_lesson, args=(lesson.name,))
    st.caption(words.earned(points.won()[lesson.name], points.MOST) if done else "to do")


def _large(number: int, lesson: Lesson, pair: Pair) -> None:
    st.caption(f"{number} · {lesson.minutes} min")
    st.header(lesson.title, anchor=False)
    st.markdown(f"**{lesson_numbers.filled(lesson.goal, lesson, pair)}**")
    text = lesson_numbers.filled(lesson.question, lesson, pair)
    if file := lesson.settings.get("picture"):
        picture, question = st.columns([1, 2.2], gap="small")
        shown = next(each for each in gallery_pictures() if each.file == file)
        picture.image(thumbnails.gallery_square(file), width="stretch", alt=f"{shown.shows}; {CORNER}")
        picture.caption(shown.credit)
        question.markdown(text)
    else:
        st.markdown(text)
    st.page_link(
        f"views/{lesson.page}.py",
        label=f"**{lesson.opens}**",
        icon=":material/open_in_full:",
        query_params=lesson.query | {"v": "1"},
    )
    if lesson.name in guesses():
        return
    if frame.hides("answers"):
        st.caption(words.TEACHER_HAS_IT)
        return
    key = f"guess_{lesson.name}"
    st.slider(f"{lesson.measures} (%)", 0, 100, 50, key=key, format="%d %%", persist_state="session")
    with st.container(horizontal=True):
        st.button("Reveal", key=f"reveal_{lesson.name}", type="primary", on_click=reveal, args=(lesson, pair))


def _answer(lesson: Lesson, lessons: tuple[Lesson, ...], pair: Pair) -> None:
    with st.container(border=True, key=f"answer_{lesson.name}"):
        truth = lesson_numbers.share(lesson.asks, lesson, pair)
        st.markdown(words.guessed(guesses()[lesson.name], truth, points.won()[lesson.name], points.MOST))
        with st.spinner("The numbers are computed."):
            st.markdown(lesson_numbers.filled(lesson.answer, lesson, pair))
        with st.container(horizontal=True):
            if after := following(lessons):
                st.button(f"Next: {after.title}", key="next_lesson", type="primary", on_click=open_lesson, args=(None,))
            st.button("Try again", key="again_lesson", on_click=again, args=(lesson,))
