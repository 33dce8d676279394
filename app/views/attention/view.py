"""Attention: where the chosen pair looks, at three levels, where it differs, and which pixels speak for an answer."""

from functools import partial

import streamlit as st

from nat_app.answers import computed_answers, level_spreads, stored_answers
from nat_app.frame import frame, links
from nat_app.frame.settings import PICTURE
from nat_app.frame.tabs import tabs
from nat_app.shared import words
from nat_app.shared.gallery import gallery_pictures, gallery_square, with_inset
from nat_app.shared.language import _
from nat_app.views.attention import attention_rows, attributions
from nat_app.views.attention.maps import Overlay, attention_grid, distances
from nat_app.views.attention.settings import (
    LEVEL_SET,
    LOOKED_AT,
    MOST_STRENGTH,
    OWN_SCALE,
    PART,
    PARTS,
    STRENGTH,
    STRENGTH_STEP,
)
from nat_app.views.attention.words import (
    attention_title,
    distance_sentence,
    faint,
    looks_sentence,
    maps_caption,
    spread_caption,
    spread_pictures,
    spread_title,
    without_students,
)
from nat_app.visit import photos
from nat_core.recipes import HEADLINE_SETS
from nat_core.store.checkpoints import training_command

pair = frame.chosen_pair()
frame.require(pair.names, gallery=True)
pictures = {picture.file: picture for picture in gallery_pictures()}
own = photos.photos()
if LOOKED_AT.value not in {*pictures, *own}:
    LOOKED_AT.put(PICTURE.value or next(iter(pictures)))
looked_at = LOOKED_AT.value or next(iter(pictures))
photo = own.get(looked_at)
# A gallery picture is cut to its centre, whatever way was chosen for photos: its answers were stored for that.
whole, pixels = (photo.photo, photo.pixels) if photo else computed_answers.gallery_photo(looked_at, photos.CENTRE)
with frame.checked(), st.spinner(_("The networks look."), show_time=True):
    seen = attention_rows.rows_of(pair, looked_at if photo is None else pixels)
    comparison = attention_rows.compare(pair, seen)


def name_of(key: str) -> str:
    """A picture's name in the list."""
    return own[key].name if key in own else pictures[key].caption


def picture_and_words() -> None:
    """Draw the picture, the list of pictures, and what is to be said of the networks."""
    shows = photo.name if photo else pictures[looked_at].caption
    with st.container(key="looked_at_picture"):
        st.image(
            with_inset(photo.photo, photo.pixels) if photo else gallery_square(looked_at),
            width="stretch",
            alt=f"{shows}; {_(words.CORNER)}",
        )
    st.caption(words.literal(shows) if photo else f"{shows}. {pictures[looked_at].credit}.")
    st.selectbox(_("Picture"), [*own, *pictures], format_func=name_of, key=LOOKED_AT.key, persist_state="session")
    for row in seen:
        if sentence := faint(row.said.answer, words.literal(row.title), len(row.said.classes)):
            st.caption(sentence)
    missing = [name for name in attention_rows.students(pair).values() if name not in stored_answers.present()]
    if commands := list(filter(None, map(training_command, missing))):
        st.caption(without_students(missing))
        st.code("\n".join(commands), language="bash")


def maps() -> None:
    """Draw the maps over the faint photo, how they lie over it, and how far the pair's maps lie apart."""
    # The grid stands above its controls, which set it: they are known before they are drawn.
    strength, own_scale = STRENGTH.value / 100, OWN_SCALE.value
    square = computed_answers.square(whole, photos.crop() if photo else photos.CENTRE)
    sentences = [looks_sentence(row.short, row.said.maps) for row in seen]
    alt = " ".join([_("Attention maps at the low, middle and high level."), *sentences, title])
    with st.container(key=f"looks_{len(seen)}"):  # the style sheet keeps its place
        st.html(attention_grid(tuple(row.maps for row in seen), Overlay(square, strength, own_scale), alt=alt))
    with st.container(key="map_controls", gap="medium"):
        st.slider(_("Strength of the maps over the photo"), 0, MOST_STRENGTH, step=STRENGTH_STEP, format="%d %%",
                  key=STRENGTH.bind())  # fmt: skip
        st.toggle(_("Each map on its own scale"), key=OWN_SCALE.bind(),
                  help=_("Off: one scale a column, for all networks."))  # fmt: skip
    st.caption(maps_caption(strength, own_scale))
    if comparison:
        how_far_apart(comparison)


def how_far_apart(found: attention_rows.Comparison) -> None:
    """Draw the distances on the picture as dots on the spread of the set that is chosen, and where they begin."""
    if len(many) > 1:
        st.selectbox(_("Beside the spread of"), list(many), format_func=spread_title, key=LEVEL_SET.key)
    spread = many[beside]
    beside_them = spread_pictures(beside, spread.pictures)
    sentence = distance_sentence(found.here, spread.usual, beside_them)
    with st.container(key="apart"):
        st.html(distances(found.here, spread, alt=sentence))
    st.markdown(sentence)
    st.caption(spread_caption(beside_them, seeds=spread.seeds is not None))
    if beside != stored_answers.GALLERY:
        st.markdown(words.literal(level_spreads.sentence(*found.names, beside)))


def pixels_that_speak() -> None:
    """Draw which pixels speak for the answers of the pair."""
    attributions.draw(pixels, tuple(row for row in seen if row.network in pair.names))


many = level_spreads.spreads(*pair.names) | ({stored_answers.GALLERY: comparison.spread} if comparison else {})
if LEVEL_SET.value not in many:
    LEVEL_SET.put(HEADLINE_SETS[0] if HEADLINE_SETS[0] in many else stored_answers.GALLERY)
beside = LEVEL_SET.value or stored_answers.GALLERY
title = attention_title(comparison.here if comparison else None, level_spreads.against_seeds(*pair.names, beside))
st.title(title, anchor=False)
left, right = st.columns([1.1, 1.75], gap="medium")
with left:
    picture_and_words()
DRAWN = dict(zip(PARTS, (maps, pixels_that_speak), strict=True))
frame.offer(f"maps-{'yours' if photo else pictures[looked_at].path.stem}", partial(attention_rows.maps_csv, seen))
with right:
    # Only the open tab is drawn: the other one may need torch.
    part, tab = tabs(PARTS, PART)
    with tab:
        DRAWN[part]()
st.page_link(links.file_of("your_photos"), label=_("Add a photo of your own to look at"), icon=":material/add_a_photo:")
