"""Workshop: five lessons in 45 minutes, photos to guess, challenges, and what a teacher needs."""

import streamlit as st

from app import frame, lesson_cards, points
from app import workshop_words as words
from app.lesson_texts import languages, lessons

STYLE = """<style>
[class*="st-key-lesson_small_"] { min-height: 7.2rem; }
[class*="st-key-lesson_small_"] button { padding: 0; min-height: 0; text-align: left; }
[class*="st-key-lesson_small_"] button p { font-weight: 600; white-space: normal; overflow-wrap: normal; }
[class*="st-key-lesson_large_"] { border-color: #0072B2; }
@media (max-width: 640px) {
  [class*="st-key-lesson_small_"] { min-height: 0; }
  [class*="st-key-lesson_large_"] [data-testid="stImage"] { max-width: 12rem; }
}
</style>"""

pair = frame.chosen_pair()
frame.require(pair.names, gallery=True)
st.html(STYLE)
texts = lessons(st.session_state.get("language", languages()[0]))
after = lesson_cards.following(texts)
minutes = sum(each.minutes for each in texts)
done = sum(each.name in lesson_cards.guesses() for each in texts)
st.title(words.title(done, len(texts), after and after.title, minutes), anchor=False)
st.markdown(words.score(*points.score()))
lesson_cards.row(texts, pair)
if len(languages()) > 1:
    st.segmented_control("Language", languages(), key="language", required=True, persist_state="session")
