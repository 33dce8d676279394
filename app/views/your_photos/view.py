"""Your photos: a visitor's own pictures through both networks, at the threshold they choose."""

import itertools
from functools import cache, partial
from typing import Literal

import pandas as pd
import streamlit as st

from nat_app.answers import stored_answers
from nat_app.frame import classroom, frame
from nat_app.frame.classroom import CAMERA_NEEDS_HTTPS
from nat_app.frame.tabs import tabs
from nat_app.frame.wall import fitted
from nat_app.shared.classes import class_title
from nat_app.shared.drawing import bars, charts, share_card
from nat_app.shared.drawing.palette import KINDS, NAMES, Kind
from nat_app.shared.drawing.share_card import ShareCard
from nat_app.shared.gallery import gallery_square, samples
from nat_app.shared.language import _, ngettext, written
from nat_app.shared.page_file import displayable, thumbnail_url
from nat_app.shared.pairs import in_markdown, pictures_of, set_title
from nat_app.shared.words import literal, percent, plain
from nat_app.views.your_photos import opened_photo, photo_report, words
from nat_app.views.your_photos.answer_cards import AnswerCard, all_cards, confidences, count_cards, from_photo
from nat_app.views.your_photos.charts import BARS, own_distribution
from nat_app.views.your_photos.settings import BESIDE, FOUND, OPENED, PART, PARTS, SAMPLES, TABLE
from nat_app.visit import labels, photos, verdicts
from nat_app.visit.photos import Photo
from nat_core import language
from nat_core.data.apart.process import formats
from nat_core.data.headers.names import PICTURE_SUFFIXES
from nat_core.data.images import CROPS
from nat_core.measure.metrics import confidence_histogram

PER_PAGE = 8
ROW = 35  # the height of a row of Streamlit's tables, in pixels
# The widths of these columns of the table, in pixels: how sure both networks are is seen on an upright tablet.
THUMBNAIL, BAR, APART = 48, 125, 68
ZONES = ("uploads", "folder_uploads")

pair, t = frame.chosen_pair(), frame.threshold()
frame.require(pair.names)
classes = stored_answers.card(pair.nat).classes


def controls() -> None:
    """Draw the drop zones, the camera, the samples, the way of making photos square, and the threshold."""
    left, right = st.columns([1.35, 1], gap="medium")
    # First, as it stands first on a phone.
    with left.container(key="zones"):
        named = _("Drop in photos, or a zip file of photos ({formats})", formats=formats())
        drop_zone(ZONES[0], named, True, None)
    camera = classroom.camera_works(st.context.url)
    with right:
        with st.container(key="photo_switches", horizontal=True, gap="small"):
            with_camera = camera and st.toggle(_("Camera"), key="camera", persist_state="session")
            with_folder = st.toggle(_("A folder"), key="folder", persist_state="session")
            st.toggle(_("Our twelve samples"), key=SAMPLES.key, persist_state="session", disabled=not has_samples)
        frame.threshold_slider(_("Threshold t: sure above it"))
        st.segmented_control(
            _("Networks see squares. Make a photo square"),
            list(CROPS),
            format_func=lambda crop: words.SQUARES[crop],
            required=True,
            wrap=True,
            key=photos.CROP.bind(),
            persist_state="session",
        )
    with left:
        if with_folder:
            drop_zone(
                ZONES[1],
                _("Drop in a folder of photos ({formats})", formats=formats()),
                "directory",
                list(PICTURE_SUFFIXES),
            )
        if not camera:
            st.caption(_(CAMERA_NEEDS_HTTPS))
        if with_camera and (shot := st.camera_input(_("Take a photo"), key="shot")):
            photos.take_shot(shot)


def drop_zone(zone: str, label: str, many: Literal[True, "directory"], kinds: list[str] | None) -> None:
    """Draw a drop zone and note what is in it."""
    dropped[zone] = st.file_uploader(
        label,
        type=kinds,
        accept_multiple_files=many,
        key=photos.zone_key(zone),
        on_change=photos.removed,
        args=(zone,),
    )


def take_dropped(place) -> None:
    """Read what was dropped; each photo that is new stands at `place` with its answers as soon as it is read."""
    shown = itertools.count()
    columns = cache(lambda: place.container().columns(2, gap="small"))

    def arrived(photo: Photo) -> None:
        card, number = from_photo(pair, photo), next(shown)
        if number < PER_PAGE:
            # With nothing to press yet: that would begin the run anew.
            with columns()[number % 2].container(border=True, key=f"arrived_{card.key}", gap="xsmall"):
                show(card, verdicts_of(card), "arrived")

    with st.spinner(_("Your photos are read.")):
        for zone, files in dropped.items():
            photos.take(zone, files, arrived)


def open_row(keys: list[str]) -> None:
    """Open the photo of the row that was chosen in the table, `keys` being those of its rows."""
    TABLE.hear(lambda rows: opened_photo.open_photo(keys[rows[0]]) if rows else None)


def draw(card: AnswerCard) -> None:
    """Draw one card: the photo with its answers, what is asked of it, and what can be done with it."""
    said = verdicts_of(card)
    with st.container(border=True, key=f"card_{card.key}", gap="xsmall"):
        show(card, said, "card")
        if card.asks:
            predicted = [card.said[kind].answer.predicted for kind in KINDS]
            labels.ask(card.key, predicted, card.said["nat"].classes)
        with st.container(horizontal=True, gap="xsmall"):
            st.button(_("Open"), key=f"open_{card.key}", icon=":material/open_in_full:",
                      on_click=opened_photo.open_photo, args=(card.key,))  # fmt: skip
            share(card, said)


def verdicts_of(card: AnswerCard) -> dict[Kind, str]:
    """Return what is said of both networks' answers."""
    return {kind: verdicts.verdict_sentence(kind, card.said[kind].answer, card.label, t) for kind in KINDS}


def show(card: AnswerCard, said: dict[Kind, str], where: str) -> None:
    """Draw a photo, what the networks see, both networks' probabilities, and the verdicts; `where` names the place."""
    seen = _(words.SEEN)
    # A phone shows the chart last: so the style sheet lays both out, and not `st.columns`, which knows no key.
    with st.container(key=f"photo_and_bars_{where}_{card.key}", gap="small"):
        picture, chart = st.container(), st.container()
    with picture.container(horizontal=True, gap="xsmall"):
        st.image(displayable(card.photo), width=150, alt=card.name)
        # Enlarged here, pixel by pixel: a browser would smooth it.
        st.image(card.pixels.repeat(6, 0).repeat(6, 1), width=150, alt=f"{card.name}: {seen}")
    picture.caption(literal(card.name))
    alt = " ".join([_(bars.TEN_BY_BOTH), *map(plain, said.values())])
    probabilities = {kind: card.said[kind].probabilities for kind in KINDS}
    chart.html(bars.paired_bars(probabilities, classes, alt=alt))
    st.markdown("  \n".join(said.values()))


def share(card: AnswerCard, said: dict[Kind, str]) -> None:
    """Offer the photo, both answers and the finding as a card to share."""
    answers = {kind: card.said[kind].answer for kind in KINDS}
    sentence = verdicts.title(answers["baseline"], answers["nat"], card.label, t)
    share_card.offer(
        ShareCard(
            file=f"nat-{card.key}" if not card.asks else "nat-photo",
            photo=card.photo,
            shows=card.name,
            sentence=plain(sentence),
            says={kind: plain(said[kind]) for kind in KINDS},
            probabilities={kind: card.said[kind].probabilities for kind in KINDS},
            classes=classes,
            threshold=t,
            credit=card.credit,
        ),
        card.key,
    )


def ask_all(keys: list[str]) -> None:
    """Draw the button that answers at once for all photos of which nobody has said what they show."""
    heading.button(labels.for_all(len(keys), classes), key="none_of_them", icon=":material/done_all:",
                   on_click=labels.none_of_them, args=(keys, classes))  # fmt: skip


def draw_cards() -> None:
    """Draw the cards, some a page."""
    pages = -(-len(cards) // PER_PAGE)
    page = st.pagination(pages, key="cards") if pages > 1 else 1
    shown = cards[(page - 1) * PER_PAGE : page * PER_PAGE]
    for row in range(0, len(shown), 2):
        for column, card in zip(st.columns(2, gap="small"), shown[row : row + 2], strict=False):
            with column:
                draw(card)
    st.caption(words.photos_caption(len(cards), t))


def draw_table() -> None:
    """Draw all photos as a table, on a phone as one that fits it: style.css shows the one or the other."""
    with st.container(key="broad_photos"):
        draw_broad_table()
    with st.container(key="narrow_photos"):
        columns = {_("Name"): [literal(card.name) for card in cards]}
        for kind in KINDS:
            answers = [card.said[kind].answer for card in cards]
            columns[NAMES[kind]] = [f"{class_title(each.predicted)} {percent(each.confidence)}" for each in answers]
        st.table(pd.DataFrame(columns), hide_index=True, border="horizontal", alt=described(len(cards)))
        st.caption(words.list_caption(len(cards)))


def described(number: int) -> str:
    """Return what the table holds, for whoever hears it."""
    return ngettext("{count} photo with both answers", "{count} photos with both answers", number)


def draw_broad_table() -> None:
    """Draw all photos with all numbers, to sort by any; the chosen row is opened."""
    columns: dict[str, list] = {_("Photo"): [thumbnail_url(card.photo) for card in cards]}
    columns[_("Name")] = [card.name for card in cards]
    how_sure = {kind: _("{network}, how sure", network=NAMES[kind]) for kind in KINDS}
    for kind in KINDS:
        answers = [card.said[kind].answer for card in cards]
        columns[_("{network} says", network=NAMES[kind])] = [class_title(answer.predicted) for answer in answers]
        columns[how_sure[kind]] = [words.in_percent(answer.confidence, tenths=tenths()) for answer in answers]
    columns[_("Apart")] = [apart(card) for card in cards]
    confidence_bars = {
        how_sure[kind]: st.column_config.ProgressColumn(
            format=percent_format(), min_value=0, max_value=100, color=frame.colours().of(kind), width=BAR
        )
        for kind in KINDS
    }
    # All samples are seen at once. Streamlit fetches what draws such a table once it is needed: its place is kept.
    height = ROW * (min(len(cards), len(samples())) + 1) + 3
    st.html(f"<style>.st-key-broad_photos {{ min-height: {height}px; }}</style>")
    # The key's style makes it broader than the page's column where that is narrow.
    with st.container(key="broad_table"):
        st.dataframe(
            pd.DataFrame(columns),
            hide_index=True,
            key=TABLE.key,
            on_select=partial(open_row, [card.key for card in cards]),
            selection_mode="single-row",
            height=height,
            column_config={
                _("Photo"): st.column_config.ImageColumn(width=THUMBNAIL),
                _("Apart"): st.column_config.NumberColumn(format=percent_format(), width=APART),
                **confidence_bars,
            },
            alt=described(len(cards)),
        )
    st.caption(words.table_caption(len(cards)))


def apart(card: AnswerCard) -> float:
    """How far apart the two networks' answers lie in the table, in percent, of both as it writes them."""
    baseline, nat = (words.in_percent(card.said[kind].answer.confidence, tenths=tenths()) for kind in KINDS)
    return words.apart(baseline, nat, tenths=tenths())


def tenths() -> bool:
    """Whether the table shows tenths of a percent: it knows no decimal sign but the point."""
    return written(".") == "."


def percent_format() -> str:
    """Return how the table's numbers are written."""
    return "%.1f %%" if tenths() else "%.0f %%"


def draw_distribution() -> None:
    """Draw how sure the networks are of these photos, beside a stored set."""
    sets = list(stored_answers.shared_sets(pair))
    # Another pair may not have been asked about the set that was chosen.
    if BESIDE.value not in sets:
        BESIDE.put(stored_answers.headline_of(pair))
    name = st.selectbox(_("Beside"), sets, format_func=set_title, key=BESIDE.key)
    stored = {kind: stored_answers.predictions(network, name) for kind, network in pair.by_kind.items()}
    shares = {kind: confidence_histogram(each.confidence, BARS) for kind, each in stored.items()}
    sentence = words.beside_sentence(len(cards), pictures_of(name, len(stored["nat"])))
    st.plotly_chart(
        fitted(
            own_distribution(
                confidences(cards), [card.name for card in cards], [card.known for card in cards], shares, t,
                frame.colours(),
            )
        ),
        key="distribution",
        config=charts.CONFIG,
        alt=_("How sure both networks are. {sentence}", sentence=sentence),
    )  # fmt: skip
    st.caption(in_markdown(name, sentence))


def findings(cards: list[AnswerCard]) -> list[str]:
    """Return the page's title and the sentences below it."""
    count = count_cards(cards, t)
    return words.findings(count.fooled, count.known, count.kept, count.waiting)


def forget() -> None:
    """Forget all photos, and which one was open."""
    photos.clear()
    OPENED.forget()


def take_home(sentences: list[str]) -> None:
    """Draw what can be downloaded, and the way to forget everything."""
    # Made when asked for, of plain values alone, as `frame.offer` says.
    csv, html = (
        partial(photo_report.photos_csv, cards, conditions),
        partial(photo_report.report_html, cards, conditions, sentences),
    )
    with st.container(horizontal=True):
        st.download_button(_("Table (CSV)"), csv, "photos.csv", "text/csv",
                           key="csv", icon=":material/download:", on_click="ignore")  # fmt: skip
        st.download_button(_("Report (HTML)"), html, "photos.html",
                           "text/html", key="report", icon=":material/download:", on_click="ignore")  # fmt: skip
        if photos.photos():
            st.button(_("Forget my photos"), key="forget", icon=":material/delete:", on_click=forget)


dropped: dict[str, list] = {}
has_samples = all(stored_answers.has_gallery(name) for name in pair.names)
# Its words are known once the photos are read, but it stands above them.
heading = st.container(key="heading")
title, below = heading.empty(), heading.empty()
# At once what was found last, or nearly: words that come later would push all else down.
own_expected = bool(photos.expected([*ZONES, "shot"]))
begun = [_("The networks look at your photos."), "\u00a0"] if own_expected else [_("Try it on your own photos.")]
if (own_expected or SAMPLES.value) and FOUND.get():
    begun = FOUND.get()
elif not own_expected and SAMPLES.value and has_samples:
    with frame.checked():  # their answers are stored, so nobody waits
        begun = findings(all_cards(pair, with_samples=True))
title.title(begun[0], anchor=False)
below.markdown(" ".join(begun[1:]))
controls()
arriving = st.empty()
with frame.checked():
    take_dropped(arriving)
with frame.checked(), st.spinner(_("The networks look at your photos."), show_time=True):
    # As the table writes it first, so that its column falls; where that is alike, by what is behind it.
    cards = sorted(all_cards(pair, with_samples=SAMPLES.value and has_samples), key=apart, reverse=True)
arriving.empty()
if problems := list(photos.problems().values()):
    st.warning(words.problems(problems, len(photos.photos())), icon=":material/warning:")
if left_out := photos.left_out():
    st.warning(photos.too_many(left_out), icon=":material/warning:")
if others := photos.no_pictures():
    st.caption(words.no_pictures(others))
if systems := photos.systems_own():
    st.caption(words.systems_own(systems))

if not cards:
    title.title(_("Try it on your own photos."), anchor=False)
    below.empty()
    st.markdown(words.nothing_here(classes))
    if has_samples:
        with st.container(horizontal=True, gap="xsmall"):
            for picture in samples():
                st.image(gallery_square(picture.file), width=64, alt=picture.shows)
        st.button(_("Try our twelve samples"), key="try_samples", type="primary", on_click=SAMPLES.put, args=(True,))
    # While the visitor looks for photos, torch is imported in the background.
    stored_answers.warm_up()
    raise frame.PageEnd

count, found = count_cards(cards, t), findings(cards)
title.title(found[0], anchor=False)
below.markdown(" ".join(found[1:]))
FOUND.put(found)
if count.waiting:
    ask_all([card.key for card in cards if card.label is None])
for card in cards:
    if card.key == OPENED.value:
        opened_photo.draw(pair, card, cards, t)
DRAWN = dict(zip(PARTS, (draw_cards, draw_table, draw_distribution), strict=True))
conditions = photo_report.Conditions(pair, t, photos.crop(), language.current())
frame.offer("photos", partial(photo_report.photos_csv, cards, conditions))
# A part that nobody looks at is not drawn.
part, tab = tabs(PARTS, PART)
with tab:
    DRAWN[part]()
take_home(found)
