"""Your photos: a visitor's own pictures through both networks, at the threshold they choose."""

from typing import Literal

import pandas as pd
import streamlit as st

from nat_app.answers import stored_answers
from nat_app.frame import classroom, frame, links
from nat_app.frame.classroom import CAMERA_NEEDS_HTTPS
from nat_app.shared import charts, words
from nat_app.shared import gallery as thumbnails
from nat_app.shared.files import thumbnail_url
from nat_app.shared.gallery import samples
from nat_app.shared.pairs import pictures_of, set_title
from nat_app.shared.palette import KINDS, NAMES
from nat_app.views.your_photos import charts as own_charts
from nat_app.views.your_photos import files as own_files
from nat_app.views.your_photos import opened_photo
from nat_app.views.your_photos import words as photo_words
from nat_app.views.your_photos.cards import Card, all_cards, confidences, count_cards
from nat_app.visit import photos
from nat_core.data.images import CROPS
from nat_core.data.sets import SUFFIXES
from nat_core.measure.metrics import confidence_histogram

PER_PAGE = 8

pair, t = frame.chosen_pair(), frame.threshold()
frame.require(pair.names)
classes = stored_answers.card(pair.nat).classes


def controls() -> None:
    """Draw the drop zones, the camera, the samples, the way of making photos square, and the threshold."""
    left, right = st.columns([1.35, 1], gap="medium")
    camera = classroom.camera_works(st.context.url)
    with right:
        with st.container(horizontal=True, gap="small"):
            with_camera = camera and st.toggle("Camera", key="camera", persist_state="session")
            with_folder = st.toggle("A folder", key="folder", persist_state="session")
            st.toggle("Our twelve samples", key="samples", persist_state="session", disabled=not has_samples)
        st.slider("Threshold t: count an answer as sure above it", 0.0, 1.0, step=0.01, key="t",
                  persist_state="session")  # fmt: skip
        st.session_state.setdefault("crop", photos.CENTRE)
        st.segmented_control(
            "Networks see squares. Make a photo square",
            list(CROPS),
            format_func=lambda crop: photo_words.SQUARES[crop],
            required=True,
            key="crop",
            persist_state="session",
        )
    with left:
        drop_zone("uploads", "Drop in photos, or a zip file of photos (PNG, JPEG, WebP, GIF or BMP)", True, None)
        if with_folder:
            drop_zone("folder_uploads", "Drop in a folder", "directory", list(SUFFIXES))
        if not camera:
            st.caption(CAMERA_NEEDS_HTTPS)
        if with_camera and (shot := st.camera_input("Take a photo", key="shot")):
            photos.take_shot(shot)


def drop_zone(zone: str, label: str, many: Literal[True, "directory"], kinds: list[str] | None) -> None:
    """Draw a drop zone and take what is in it."""
    files = st.file_uploader(
        label,
        type=kinds,
        accept_multiple_files=many,
        key=photos.zone_key(zone),
        on_change=photos.removed,
        args=(zone,),
    )
    with st.spinner("Your photos are read."):
        photos.take(zone, files)


def show_samples() -> None:
    """Add the twelve samples."""
    st.session_state["samples"] = True


def open_card(key: str) -> None:
    """Open a photo large."""
    st.session_state["opened"] = key


def open_row() -> None:
    """Open the photo of the row that was chosen in the table."""
    rows = st.session_state["table"]["selection"]["rows"]
    if rows:
        open_card(st.session_state["table_order"][rows[0]])


def draw(card: Card) -> None:
    """Draw one card: the photo, what the networks see, both networks' probabilities, and the verdicts."""
    answers = {kind: card.said[kind].answer for kind in KINDS}
    sentences = {kind: photo_words.verdict_sentence(kind, answers[kind], card.known, t) for kind in KINDS}
    with st.container(border=True, key=f"card_{card.key}", gap="xsmall"):
        picture, chart = st.columns([1, 1.9], gap="small")
        with picture.container(horizontal=True, gap="xsmall"):
            st.image(card.photo, width=150, alt=card.name)
            st.image(card.pixels.repeat(6, 0).repeat(6, 1), width=150, alt=f"{card.name}: {photo_words.SEEN}")
        picture.caption(words.literal(card.name))
        chart.plotly_chart(
            charts.paired_bars({kind: card.said[kind].probabilities for kind in KINDS}, classes, frame.colours()),
            key=f"bars_{card.key}",
            config=charts.CONFIG,
            alt=f"Ten probabilities by both networks. {' '.join(sentences.values())}",
        )
        st.markdown("  \n".join(sentences.values()))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Open", key=f"open_{card.key}", icon=":material/open_in_full:", on_click=open_card,
                      args=(card.key,))  # fmt: skip
            if card.asks:
                st.toggle("One of the ten things it knows?", key=f"known_{card.key}", persist_state="session")


def draw_cards() -> None:
    """Draw the cards, some a page."""
    pages = -(-len(cards) // PER_PAGE)
    page = st.pagination(pages, key="cards") if pages > 1 else 1
    shown = cards[(page - 1) * PER_PAGE : page * PER_PAGE]
    for row in range(0, len(shown), 2):
        for column, card in zip(st.columns(2, gap="small"), shown[row : row + 2], strict=False):
            with column:
                draw(card)
    st.caption(photo_words.photos_caption(len(cards), t))


def draw_table() -> None:
    """Draw all photos as a table; the chosen row is opened."""
    st.session_state["table_order"] = [card.key for card in cards]
    columns: dict[str, list] = {"Photo": [thumbnail_url(card.photo) for card in cards]}
    columns["Name"] = [card.name for card in cards]
    for kind in KINDS:
        answers = [card.said[kind].answer for card in cards]
        columns[f"{NAMES[kind]} says"] = [answer.predicted for answer in answers]
        columns[f"{NAMES[kind]}, how sure"] = [100 * answer.confidence for answer in answers]
    columns["Apart"] = [100 * card.disagreement for card in cards]
    sureness = {
        f"{NAMES[kind]}, how sure": st.column_config.ProgressColumn(
            format="%.1f %%", min_value=0, max_value=100, color=frame.colours().of(kind)
        )
        for kind in KINDS
    }
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        key="table",
        on_select=open_row,
        selection_mode="single-row",
        column_config={
            "Photo": st.column_config.ImageColumn(width="small"),
            "Apart": st.column_config.NumberColumn(format="%.1f %%"),
            **sureness,
        },
        alt=f"{words.plural(len(cards), 'photo')} with both answers",
    )
    st.caption(photo_words.table_caption(len(cards)))


def draw_distribution() -> None:
    """Draw how sure the networks are of these photos, beside a stored set."""
    sets = list(stored_answers.shared_sets(pair))
    if st.session_state.get("beside") not in sets:
        st.session_state["beside"] = stored_answers.headline_of(pair)
    name = st.selectbox("Beside", sets, format_func=set_title, key="beside")
    stored = {kind: stored_answers.predictions(network, name) for kind, network in pair.by_kind.items()}
    shares = {kind: confidence_histogram(each.confidence, own_charts.BARS) for kind, each in stored.items()}
    sentence = photo_words.beside_sentence(len(cards), pictures_of(name, len(stored["nat"])))
    st.plotly_chart(
        own_charts.own_distribution(
            confidences(cards), [card.name for card in cards], [card.known for card in cards], shares, t,
            frame.colours(),
        ),
        key="distribution",
        config=charts.CONFIG,
        alt=f"How sure both networks are. {sentence}",
    )  # fmt: skip
    st.caption(sentence)


def take_home(sentences: list[str]) -> None:
    """Draw what can be downloaded, and the way to forget everything."""
    asked = own_files.Asked(pair, t, photos.crop())
    with st.container(horizontal=True):
        st.download_button("Table (CSV)", lambda: own_files.photos_csv(cards, asked), "photos.csv", "text/csv",
                           key="csv", icon=":material/download:", on_click="ignore")  # fmt: skip
        st.download_button("Report (HTML)", lambda: own_files.report_html(cards, asked, sentences), "photos.html",
                           "text/html", key="report", icon=":material/download:", on_click="ignore")  # fmt: skip
        if photos.photos():
            st.button("Forget my photos", key="forget", icon=":material/delete:", on_click=photos.clear)


has_samples = all(stored_answers.has_gallery(name) for name in pair.names)
heading = st.container()
controls()
with frame.checked(), st.spinner("The networks look at your photos.", show_time=True):
    cards = all_cards(pair, with_samples=bool(st.session_state.get("samples")) and has_samples)
if problems := list(photos.problems().values()):
    st.warning(photo_words.problems(problems, len(photos.photos())), icon=":material/warning:")
if left_out := photos.left_out():
    st.warning(photo_words.too_many(photos.MOST, left_out), icon=":material/warning:")
if others := photos.no_pictures():
    st.caption(photo_words.no_pictures(others))

if not cards:
    heading.title("Try it on your own photos.", anchor=False)
    st.markdown(photo_words.nothing_here(classes))
    if has_samples:
        with st.container(horizontal=True, gap="xsmall"):
            for picture in samples():
                st.image(thumbnails.gallery_square(picture.file), width=64, alt=picture.shows)
        st.button("Try our twelve samples", key="try_samples", type="primary", on_click=show_samples)
    stored_answers.warm_up()
    raise frame.PageEnd

count = count_cards(cards, t)
findings = [
    photo_words.photos_title(count.fooled, count.outside),
    photo_words.photos_sentence(count.fooled, count.outside, count.intervals),
    *([photo_words.known_sentence(count.kept, count.known)] if count.known else []),
]
heading.title(findings[0], anchor=False)
heading.markdown(" ".join(findings[1:]))
for card in cards:
    if card.key == st.session_state.get("opened"):
        opened_photo.draw(pair, card, cards, t)
PARTS = dict(zip(links.PHOTO_PARTS, (draw_cards, draw_table, draw_distribution), strict=True))
frame.offer("photos", lambda: own_files.photos_csv(cards, own_files.Asked(pair, t, photos.crop())))
for tab, draw_part in zip(st.tabs(list(PARTS), key="part", on_change="rerun"), PARTS.values(), strict=True):
    if tab.open:
        with tab:
            draw_part()
take_home(findings)
