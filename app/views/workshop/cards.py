"""The score of a visit to the workshop: points by card, and what a guess is worth.

The five lessons as cards in a row: the next one to do is the large one, its answer below once it is guessed.
"""

import streamlit as st

from nat_app.frame import frame
from nat_app.shared import gallery as thumbnails
from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.pairs import Pair
from nat_app.shared.words import CORNER
from nat_app.views.workshop import lessons as lesson_numbers
from nat_app.views.workshop import words
from nat_app.views.workshop.lessons import Lesson

MOST = 3
"""Points that one card can give."""
NEAR = ((0.05, 3), (0.10, 2), (0.20, 1))
"""So near a guess must come, as a share, for so many points."""


def for_guess(guess: float, truth: float) -> int:
    """Return the points for a guess of a share in [0, 1]: 3 within five hundredths, 2 within ten, 1 within twenty.

    >>> [for_guess(guess, 0.5) for guess in (0.45, 0.59, 0.31, 0.9)]
    [3, 2, 1, 0]
    """
    apart = round(abs(guess - truth), 6)
    return next((points for within, points in NEAR if apart <= within), 0)


def for_photo(right: bool, guess: float, truth: float) -> int:
    """Return the points for one photo: 1 for who is sure, 2 for a confidence within ten hundredths, 1 within twenty.

    >>> [for_photo(True, 0.5, 0.55), for_photo(False, 0.5, 0.65), for_photo(False, 0.5, 0.9)]
    [3, 1, 0]
    """
    return int(right) + min(for_guess(guess, truth), 2)


def for_cost(cost: float, least: float) -> int:
    """Return the points for a choice by its cost beside the least possible one: 3 within 2 %, 2 within 10, 1 within 50.

    >>> [for_cost(cost, 1.0) for cost in (1.01, 1.1, 1.4, 2.0)]
    [3, 2, 1, 0]
    """
    return next((points for factor, points in ((1.02, 3), (1.10, 2), (1.50, 1)) if cost <= factor * least + 1e-12), 0)


def won() -> dict[str, int]:
    """The points won so far, by card."""
    return st.session_state.setdefault("won", {})


def award(card: str, points: int) -> None:
    """Give a card's points, in place of those of an earlier try."""
    won()[card] = points


def take_back(card: str) -> None:
    """Take a card's points back: it is tried again."""
    won().pop(card, None)


def begin_again() -> None:
    """Forget all that was guessed and won."""
    for key in ("won", "lesson_guesses", "lesson", "photo_guesses", "photo_open", "challenge"):
        st.session_state.pop(key, None)


def score() -> tuple[int, int]:
    """Return the points won and those that could have been, of the cards done so far."""
    return sum(won().values()), MOST * len(won())


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
    award(lesson.name, for_guess(guess, lesson_numbers.share(lesson.asks, lesson, pair)))
    open_lesson(lesson.name)


def again(lesson: Lesson) -> None:
    """Forget the guess, so that it can be made again."""
    guesses().pop(lesson.name, None)
    take_back(lesson.name)
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
    st.caption(words.earned(won()[lesson.name], MOST) if done else "to do")


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
        f"views/{lesson.page}/view.py",
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
        st.markdown(words.guessed(guesses()[lesson.name], truth, won()[lesson.name], MOST))
        with st.spinner("The numbers are computed."):
            st.markdown(lesson_numbers.filled(lesson.answer, lesson, pair))
        with st.container(horizontal=True):
            if after := following(lessons):
                st.button(f"Next: {after.title}", key="next_lesson", type="primary", on_click=open_lesson, args=(None,))
            st.button("Try again", key="again_lesson", on_click=again, args=(lesson,))
