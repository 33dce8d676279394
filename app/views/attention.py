"""Attention: where four networks look, at three levels, and where they differ."""

import streamlit as st

from app import cached, charts, frame, looks, photo_words, visitor, words
from app.maps import attention_grid
from app.pictures import gallery, with_inset

pictures = {picture.file: picture for picture in gallery()}
own = visitor.photos()
if st.session_state.get("looked_at") not in {*pictures, *own}:
    st.session_state["looked_at"] = st.session_state.get("picture", next(iter(pictures)))
looked_at = st.session_state["looked_at"]
photo = own.get(looked_at)
with frame.checked(), st.spinner("The networks look.", show_time=True):
    seen = looks.looks(looked_at if photo is None else photo.pixels)
    comparison = looks.compare(seen)
missing = [look for look in seen if look.said is None]
if len(missing) == len(seen):
    frame.not_trained([look.network for look in missing], "None of the four networks is trained yet.",
                      "or bring the folder `checkpoints`")  # fmt: skip


def name_of(key: str) -> str:
    """A picture's name in the list."""
    return own[key].name if key in own else f"{pictures[key].name} ({pictures[key].shows})"


title = photo_words.attention_title(comparison.here if comparison else None)
st.title(title, anchor=False)
left, right = st.columns([1.1, 1.75], gap="medium")
with left:
    shows = photo.name if photo else pictures[looked_at].shows.capitalize()
    st.image(
        with_inset(photo.photo, photo.pixels) if photo else cached.gallery_square(looked_at),
        width="stretch",
        alt=f"{shows}; {words.CORNER}",
    )
    st.caption(words.literal(shows) if photo else f"{shows}. {pictures[looked_at].credit}.")
    st.selectbox("Picture", [*own, *pictures], format_func=name_of, key="looked_at", persist_state="session")
    if comparison:
        st.markdown(photo_words.distance_sentence(comparison.here, comparison.usual, comparison.pictures))
    for look in seen:
        if look.said and (sentence := photo_words.faint(look.said.answer, look.title, len(look.said.classes))):
            st.caption(sentence)
        if look.stands_in_for:
            st.caption(photo_words.stand_in(look.title, look.stands_in_for))
with right:
    st.plotly_chart(
        attention_grid(tuple(look.row for look in seen), frame.colours()),
        key="maps",
        config=charts.CONFIG,
        alt="Attention maps of four networks at the low, middle and high level. " + title,
    )
    st.caption("Attention map: mean(A²) over the channels of a group. One colour scale a level, for all networks.")
if missing:
    st.markdown("Not trained yet:")
    st.code("\n".join(f"nat train {look.network}" for look in missing), language="bash")
st.page_link("views/your_photos.py", label="Look at your own photo: add it on this page", icon=":material/add_a_photo:")
