"""Workshop: five lessons in 40 minutes, photos to guess, challenges, the class on the wall, and a teacher's needs."""

import streamlit as st

from nat_app.answers import stored_answers
from nat_app.frame import classroom, frame, links
from nat_app.frame.settings import CLASS, PAIR
from nat_app.frame.tabs import tabs
from nat_app.frame.together import following
from nat_app.shared.language import _
from nat_app.views.workshop import kept, score, words
from nat_app.views.workshop.games import challenges, guessing
from nat_app.views.workshop.score import SHOWN
from nat_app.views.workshop.settings import PART, PARTS, RESULT
from nat_app.views.workshop.steps import cards
from nat_app.views.workshop.steps.lessons import lessons
from nat_app.views.workshop.teaching import teacher
from nat_app.views.workshop.wall import board
from nat_app.visit import school
from nat_core import language

pair, t = frame.chosen_pair(), frame.threshold()
frame.require(pair.names, gallery=True)
texts = lessons(language.current())
shown_before = SHOWN.get()


def heading() -> None:
    """Draw what to do next, the score, and the ways to share it and to begin again."""
    after = cards.next_lesson(texts)
    done = sum(each.name in cards.guesses() for each in texts)
    minutes = sum(each.minutes for each in texts)
    st.title(words.title(done, len(texts), after.title if after else None, minutes), anchor=False)
    shown_before.result = RESULT.value or shown_before.result
    # Forgotten, so that this visit's own links do not hand somebody else's score on.
    RESULT.forget()
    if shown_before.result:
        st.info(words.shared(*(int(number) for number in shown_before.result.split("-"))), icon=":material/mail:")
    won, most = score.total()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(words.score(won, most), width="content")
        if most and st.context.url:
            with st.popover(_("Share"), icon=":material/share:"):
                here = [(PAIR, pair.key), (RESULT, f"{won}-{most}")]
                st.code(links.write(classroom.outside(st.context.url), here), language=None, wrap_lines=True)
                st.caption(_(words.NO_PROOF))
        if most:
            st.button(_("Begin again"), key="begin_again", type="tertiary", on_click=score.begin_again)
        _join_class()


def _join_class() -> None:
    """Offer the class that is open, where this server serves one: so nobody needs to type its code."""
    only = school.shared().only() if classroom.address() else None
    if only is not None and following.joined() is None and following.taught() is None:
        st.button(_("Join the class"), key="join_only", icon=":material/groups:", on_click=CLASS.put, args=(only.code,))


DRAWN = {
    "The five steps": lambda: cards.row(texts, pair),
    "Guess the photos": lambda: guessing.draw(pair, t),
    "Challenges": lambda: challenges.draw(pair),
    "For the teacher": lambda: teacher.draw(texts, pair),
    "Classroom": lambda: board.draw(texts, pair),
}
# The teacher's part holds the answers, and the class's is for whoever is in none yet.
gone = {"For the teacher", "Classroom"} if following.joined() else {"For the teacher"} if frame.hides("answers") else ()
shown = [part for part in PARTS if part not in gone]
# Tabs forget which one was open when the visitor looks at another page, as the lessons ask them to.
part = PART.value or shown_before.part
shown_before.part = part if part in shown else PARTS[0]
PART.put(shown_before.part)
heading()
part, tab = tabs(shown, PART, lambda part: _(words.PARTS[part]))
with tab:
    DRAWN[part]()
kept.draw()
# The challenges need torch; it is imported while the visitor reads.
stored_answers.warm_up()
