"""Workshop: five lessons in 45 minutes, photos to guess, challenges, and what a teacher needs."""

import streamlit as st

from nat_app.answers import stored_answers
from nat_app.frame import classroom, frame, links
from nat_app.views.workshop import cards as lesson_cards
from nat_app.views.workshop import cards as points
from nat_app.views.workshop import challenge_cards, guessing, teacher, words
from nat_app.views.workshop.lessons import languages, lessons

STYLE = """<style>
[class*="st-key-lesson_small_"] { min-height: 7.2rem; }
[class*="st-key-lesson_small_"] button { padding: 0; min-height: 0; text-align: left; }
[class*="st-key-lesson_small_"] button p { font-weight: 600; white-space: normal; overflow-wrap: normal; }
[class*="st-key-lesson_large_"] { border-color: #0072B2; }
[class*="st-key-lesson_large_"] .stHeading, [class*="st-key-challenge_"] .stHeading { margin-bottom: .45rem; }
@media (max-width: 640px) {
  [class*="st-key-lesson_small_"] {
    flex-direction: row; align-items: center; justify-content: space-between; min-height: 0; padding: .25rem .9rem;
  }
  [class*="st-key-lesson_small_"] > * { width: auto !important; flex: none; }
  .st-key-lessons_open .stColumn:has([class*="st-key-lesson_large_"]) { order: -1; }
  .st-key-lessons_answered .stColumn:has([class*="st-key-lesson_large_"]) { order: 1; }
  [class*="st-key-lesson_large_"] [data-testid="stImage"] { max-width: 12rem; }
}
</style>"""
pair, t = frame.chosen_pair(), frame.threshold()
frame.require(pair.names, gallery=True)
language = st.session_state.get("language", languages()[0])
texts = lessons(language)


def heading() -> None:
    """Draw what to do next, the score, and the ways to share it and to begin again."""
    after = lesson_cards.following(texts)
    done = sum(each.name in lesson_cards.guesses() for each in texts)
    minutes = sum(each.minutes for each in texts)
    st.title(words.title(done, len(texts), after.title if after else None, minutes), anchor=False)
    if result := st.session_state.pop("result", None) or st.session_state.get("sent"):
        st.session_state["sent"] = result
        st.info(words.shared(*(int(number) for number in result.split("-"))), icon=":material/mail:")
    won, most = points.score()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(words.score(won, most), width="content")
        if most and st.context.url:
            with st.popover("Share", icon=":material/share:"):
                here = {"pair": pair.key, "result": f"{won}-{most}"}
                st.code(links.write(classroom.outside(st.context.url), here), language=None, wrap_lines=True)
                st.caption(words.NO_PROOF)
        if most:
            st.button("Begin again", key="begin_again", type="tertiary", on_click=points.begin_again)


def steps() -> None:
    """Draw the five lessons."""
    lesson_cards.row(texts, pair)
    if len(languages()) > 1:
        st.segmented_control("Language", languages(), key="language", required=True, persist_state="session")


DRAWN = {
    "The five steps": steps,
    "Guess the photos": lambda: guessing.draw(pair, t),
    "Challenges": lambda: challenge_cards.draw(pair),
    "For the teacher": lambda: teacher.draw(texts, pair, language),
    "Classroom": classroom.draw,
}
shown = [part for part in links.PARTS if not (part == "For the teacher" and frame.hides("answers"))]
# Tabs forget which one was open when the visitor looks at another page, as the lessons ask them to.
opened = st.session_state.get("workshop_part") or st.session_state.get("workshop_opened")
st.session_state["workshop_part"] = st.session_state["workshop_opened"] = opened if opened in shown else shown[0]
st.html(STYLE)
heading()
for tab, part in zip(st.tabs(shown, key="workshop_part", on_change="rerun"), shown, strict=True):
    if tab.open:
        with tab:
            DRAWN[part]()
stored_answers.warm_up()
