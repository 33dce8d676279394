"""Workshop: five lessons in 45 minutes, photos to guess, challenges, and what a teacher needs."""

import streamlit as st

from nat_app.answers import stored_answers
from nat_app.frame import classroom, frame, links
from nat_app.frame.settings import PAIR
from nat_app.views.workshop import kept, score, words
from nat_app.views.workshop.games import challenges, guessing
from nat_app.views.workshop.score import SHOWN
from nat_app.views.workshop.settings import LANGUAGE, PART, PARTS, RESULT
from nat_app.views.workshop.steps import cards
from nat_app.views.workshop.steps.lessons import languages, lessons
from nat_app.views.workshop.teaching import teacher

STYLE = """<style>
[class*="st-key-lesson_small_"] { min-height: 7.2rem; }
[class*="st-key-lesson_small_"] button { padding: 0; min-height: 0; text-align: left; }
[class*="st-key-lesson_small_"] button p { font-weight: 600; white-space: normal; overflow-wrap: normal; }
[class*="st-key-lesson_large_"] { border-color: #0072B2; }
[class*="st-key-lesson_large_"] h2, [class*="st-key-challenge_"] h3 { padding-bottom: .65rem; }
@media (max-width: 640px) {
  [class*="st-key-lesson_small_"] {
    flex-direction: row; align-items: center; justify-content: space-between; min-height: 0; padding: .25rem .9rem;
  }
  [class*="st-key-lesson_small_"] > * { width: auto !important; flex: none; }
  .st-key-lessons_open *:has([class*="st-key-lesson_large_"]) { order: -1; }
  .st-key-lessons_answered *:has([class*="st-key-lesson_large_"]) { order: 1; }
  [class*="st-key-lesson_large_"] img { max-width: 12rem !important; }
}
</style>"""
pair, t = frame.chosen_pair(), frame.threshold()
frame.require(pair.names, gallery=True)
language = LANGUAGE.value or languages()[0]
texts = lessons(language)
shown_before = SHOWN.get()


def heading() -> None:
    """Draw what to do next, the score, and the ways to share it and to begin again."""
    after = cards.following(texts)
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
            with st.popover("Share", icon=":material/share:"):
                here = [(PAIR, pair.key), (RESULT, f"{won}-{most}")]
                st.code(links.write(classroom.outside(st.context.url), here), language=None, wrap_lines=True)
                st.caption(words.NO_PROOF)
        if most:
            st.button("Begin again", key="begin_again", type="tertiary", on_click=score.begin_again)


def steps() -> None:
    """Draw the five lessons."""
    cards.row(texts, pair)
    if len(languages()) > 1:
        LANGUAGE.put(language)
        st.segmented_control("Language", languages(), key=LANGUAGE.key, required=True, persist_state="session")


DRAWN = {
    "The five steps": steps,
    "Guess the photos": lambda: guessing.draw(pair, t),
    "Challenges": lambda: challenges.draw(pair),
    "For the teacher": lambda: teacher.draw(texts, pair, language),
    "Classroom": classroom.draw,
}
# The teacher's part holds the answers.
shown = [part for part in PARTS if not (part == "For the teacher" and frame.hides("answers"))]
# Tabs forget which one was open when the visitor looks at another page, as the lessons ask them to.
part = PART.value or shown_before.part
shown_before.part = part if part in shown else shown[0]
PART.put(shown_before.part)
st.html(STYLE)
heading()
for tab, part in zip(st.tabs(shown, key=PART.key, on_change="rerun"), shown, strict=True):
    if tab.open:
        with tab:
            DRAWN[part]()
kept.draw()
# The challenges need torch; it is imported while the visitor reads.
stored_answers.warm_up()
