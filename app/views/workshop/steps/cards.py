"""The five lessons as cards in a row: the next one to do is the large one, its answer below once it is guessed."""

import streamlit as st

from nat_app.frame import frame, links, revealed
from nat_app.frame.settings import FROM_LESSON, PICTURE
from nat_app.frame.together import following
from nat_app.shared.gallery import gallery_pictures, gallery_square
from nat_app.shared.language import _
from nat_app.shared.pairs import Pair
from nat_app.views.workshop import score, words
from nat_app.views.workshop.games.guessing import guess_slider
from nat_app.views.workshop.score import GAME, MOST
from nat_app.views.workshop.settings import LESSON, PART, guess_of
from nat_app.views.workshop.steps.lessons import Lesson
from nat_app.views.workshop.steps.numbers import share, with_numbers
from nat_app.views.workshop.wall.sending import send

LARGE = 3.4
"""How many times as wide as a small card the large one is."""


def guesses() -> dict[str, float]:
    """The guesses that were revealed, shares in [0, 1] by lesson."""
    return GAME.get().lessons


def next_lesson(lessons: tuple[Lesson, ...]) -> Lesson | None:
    """The first lesson that is not done; None where all are."""
    return next((each for each in lessons if each.name not in guesses()), None)


def large(lessons: tuple[Lesson, ...]) -> Lesson:
    """The lesson that is shown large: the one that was opened, else the next one, else the last."""
    chosen = next((each for each in lessons if each.name == LESSON.value), None)
    return chosen or next_lesson(lessons) or lessons[-1]


def reveal(lesson: Lesson, pair: Pair) -> None:
    """Take the guess, give its points, and leave the lesson open for its answer."""
    said = guess_of(lesson.name).value
    if said is None:
        return
    guesses()[lesson.name] = said / 100
    points = score.for_guess(said / 100, share(lesson.asks, lesson, pair))
    score.reveal(lesson.name, points)
    revealed.mark(lesson.name)
    following.tell(lesson.name, said / 100, points, pair.key)
    LESSON.put(lesson.name)


def again(lesson: Lesson) -> None:
    """Forget the guess, so that another can be made; the points stay, and few can be added."""
    guesses().pop(lesson.name, None)
    guess_of(lesson.name).forget()
    LESSON.put(lesson.name)


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
    mark = ":green[■]\u00a0" if done else ""
    st.caption(mark + _("{number} · {minutes} min", number=number, minutes=lesson.minutes))
    st.button(lesson.title, key=f"lesson_{lesson.name}", type="tertiary", on_click=LESSON.put, args=(lesson.name,))
    st.caption(words.earned(GAME.get().won[lesson.name], MOST) if done else _("to do"))


def _large(number: int, lesson: Lesson, pair: Pair) -> None:
    st.caption(_("{number} · {minutes} min", number=number, minutes=lesson.minutes))
    st.header(lesson.title, anchor=False)
    st.markdown(f"**{with_numbers(lesson.goal, lesson, pair)}**")
    text = with_numbers(lesson.question, lesson, pair)
    if file := lesson.values(pair).get(PICTURE.key):
        # A phone lays the question around the picture (frame/style.css), for which they need a key.
        with st.container(key="picture_and_question", gap="small"):
            picture, question = st.container(), st.container()
        shown = next(each for each in gallery_pictures() if each.file == file)
        with picture:
            # The key's style keeps the place of the picture until it comes.
            with st.container(key="lesson_picture"):
                st.image(gallery_square(file), width="stretch", alt=shown.alt)
            st.caption(shown.credit)
        question.markdown(text)
    else:
        st.markdown(text)
    st.page_link(
        links.file_of(lesson.page),
        label=f"**{lesson.opens}**",
        icon=":material/open_in_full:",
        # `links.follow` takes these over within the same visit.
        query_params=lesson.query(pair) | {FROM_LESSON.key: lesson.name, "v": links.VERSION},
    )
    if lesson.name in guesses():
        return
    guess = guess_of(lesson.name)
    guess_slider(lesson.measures, guess)
    if frame.hides("answers"):
        send(lesson.name, None if guess.value is None else guess.value / 100, pair)
        return
    with st.container(horizontal=True):
        st.button(_("Reveal"), key=f"reveal_{lesson.name}", type="primary", disabled=guess.value is None,
                  help=_(words.GUESS_FIRST) if guess.value is None else None, on_click=reveal,
                  args=(lesson, pair))  # fmt: skip


def _answer(lesson: Lesson, lessons: tuple[Lesson, ...], pair: Pair) -> None:
    with st.container(border=True, key=f"answer_{lesson.name}"):
        truth = share(lesson.asks, lesson, pair)
        st.markdown(words.guessed(guesses()[lesson.name], truth, GAME.get().won[lesson.name], MOST))
        # Some lessons train the playground's networks for theirs.
        with st.spinner(_("Computing the numbers.")):
            st.markdown(with_numbers(lesson.answer, lesson, pair))
        with st.container(horizontal=True):
            if after := next_lesson(lessons):
                label = _("Next: {lesson}", lesson=after.title)
                st.button(label, key="next_lesson", type="primary", on_click=LESSON.forget)
            else:
                st.button(_("Go on to the challenges"), key="to_challenges", type="primary", on_click=PART.put,
                          args=("Challenges",))  # fmt: skip
            st.button(_(words.AGAIN), key="again_lesson", on_click=again, args=(lesson,), help=words.again_help())
        revealed.focus(lesson.name, f"answer_{lesson.name}")
