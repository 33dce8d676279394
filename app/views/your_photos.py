"""Your photos: a visitor's own pictures through both networks, at the threshold they choose."""

import streamlit as st

from app import cached, charts, frame, photo_words, visitor, words
from app.cards import Card, count_cards, from_photo, from_sample
from app.palette import KINDS
from app.pictures import samples

PER_PAGE = 8

pair, t = frame.chosen_pair(), frame.threshold()
frame.require(pair.names)
classes = cached.card(pair.nat).classes


def controls() -> None:
    """Draw the drop zone, the camera, the samples and the threshold."""
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        files = st.file_uploader(
            "Drop in photos (PNG, JPEG, WebP, GIF or BMP)",
            accept_multiple_files=True,
            key=visitor.drop_zone_key(),
            on_change=visitor.drop_removed,
        )
        visitor.take(files)
    with right:
        with st.container(horizontal=True):
            with_camera = st.toggle("Camera", key="camera", persist_state="session")
            st.toggle("Our twelve samples", key="samples", persist_state="session", disabled=not has_samples)
        st.slider("Threshold t: count an answer as sure above it", 0.0, 1.0, step=0.01, key="t",
                  persist_state="session")  # fmt: skip
    if with_camera and (shot := st.camera_input("Take a photo", key="shot")):
        visitor.take_shot(shot)


def show_samples() -> None:
    """Add the twelve samples."""
    st.session_state["samples"] = True


def draw(card: Card) -> None:
    """Draw one card: the photo, what the networks see, both networks' probabilities, and the verdicts."""
    answers = {kind: card.said[kind].answer for kind in KINDS}
    sentences = {kind: photo_words.verdict_sentence(kind, answers[kind], card.known, t) for kind in KINDS}
    with st.container(border=True, key=f"card_{card.key}", gap="xsmall"):
        picture, chart = st.columns([1, 1.9], gap="small")
        picture.image(card.image, width="stretch", alt=f"{card.alt}; {words.CORNER}")
        picture.caption(words.literal(card.alt))
        chart.plotly_chart(
            charts.paired_bars({kind: card.said[kind].probabilities for kind in KINDS}, classes, frame.colours()),
            key=f"bars_{card.key}",
            config=charts.CONFIG,
            alt=f"Ten probabilities by both networks. {' '.join(sentences.values())}",
        )
        st.markdown("  \n".join(sentences.values()))
        if card.asks:
            st.toggle("One of the ten things it knows?", key=f"known_{card.key}", persist_state="session")


has_samples = all(cached.has_gallery(name) for name in pair.names)
heading = st.container()
controls()
with frame.checked(), st.spinner("The networks look at your photos.", show_time=True):
    cards = [from_photo(pair, photo) for photo in visitor.photos().values()]
    if st.session_state.get("samples") and has_samples:
        cards += [from_sample(pair, picture) for picture in samples()]
cards.sort(key=lambda card: card.disagreement, reverse=True)
if problems := list(visitor.problems().values()):
    st.warning(photo_words.problems(problems, len(visitor.photos())), icon=":material/warning:")
if left_out := visitor.left_out():
    st.warning(photo_words.too_many(visitor.MOST, left_out), icon=":material/warning:")

if not cards:
    heading.title("Try it on your own photos.", anchor=False)
    st.markdown(photo_words.nothing_here(classes))
    if has_samples:
        with st.container(horizontal=True, gap="xsmall"):
            for picture in samples():
                st.image(cached.gallery_square(picture.file), width=64, alt=picture.shows)
        st.button("Try our twelve samples", key="try_samples", type="primary", on_click=show_samples)
    cached.warm_up()
    st.stop()

count = count_cards(cards, t)
heading.title(photo_words.photos_title(count.fooled, count.outside), anchor=False)
with heading:
    st.markdown(photo_words.photos_sentence(count.fooled, count.outside, count.intervals))
    if count.known:
        st.markdown(photo_words.known_sentence(count.kept, count.known))
pages = -(-len(cards) // PER_PAGE)
page = st.pagination(pages, key="cards") if pages > 1 else 1
shown = cards[(page - 1) * PER_PAGE : page * PER_PAGE]
for row in range(0, len(shown), 2):
    for column, card in zip(st.columns(2, gap="small"), shown[row : row + 2], strict=False):
        with column:
            draw(card)
st.caption(photo_words.photos_caption(len(cards), t))
if visitor.photos():
    st.button("Forget my photos", key="forget", icon=":material/delete:", on_click=visitor.clear)
