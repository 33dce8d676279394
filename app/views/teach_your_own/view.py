"""Teach your own: a classifier of a visitor's things, sure of everything else too, until negatives teach it doubt."""

from functools import partial

import numpy as np
import streamlit as st

from nat_app.answers import computed_answers, stored_answers
from nat_app.frame import classroom, frame
from nat_app.frame.classroom import CAMERA_NEEDS_HTTPS
from nat_app.frame.wall import fitted
from nat_app.shared.drawing import bars
from nat_app.shared.drawing.charts import CONFIG
from nat_app.shared.drawing.palette import KINDS
from nat_app.shared.gallery import chosen_style, gallery_pictures, gallery_square, thumbnail_style
from nat_app.shared.language import _
from nat_app.shared.page_file import displayable, thumbnail_url
from nat_app.shared.words import Answer, literal
from nat_app.views.teach_your_own import learning, project, saved, words
from nat_app.views.teach_your_own.charts import kept_and_fooled
from nat_app.views.teach_your_own.project import NEGATIVES, SAVED, TEACHING, TRIED_NOTES, Thing, TrainedProject
from nat_app.views.teach_your_own.settings import TO_TRY, TRIED, file_of
from nat_app.visit.photos import CENTRE, OwnPhotos, Photo
from nat_app.visit.training import fair_queue
from nat_core.data.apart.process import formats
from nat_core.data.headers.names import PICTURE_SUFFIXES
from nat_core.measure.predictions import Predictions
from nat_core.store.own_heads import FEWEST, MOST, NONE_CLASS, PLAIN

fair_queue.make_ready()
teaching, t = TEACHING.get(), frame.threshold()
network = learning.network()


def require_features() -> str:
    """Return the network whose features are used; where none has any, say how to make them and end the page."""
    if network is None:
        st.title(_("No network here has stored features to learn from."), anchor=False)
        st.markdown(_("Make them with the command below."))
        st.code("nat features wrn16_1_baseline", language="bash")
        raise frame.PageEnd
    with frame.checked():
        computed_answers.stored_features(network)
    return network


# --- the things ------------------------------------------------------------------------------------------------------


def draw_thing(place: int, thing: Thing) -> None:
    """Draw one thing: its name, its photos, and where more of them come in."""
    with st.container(border=True, key=f"thing_{thing.number}", gap="xsmall"):
        setting = project.name_setting(thing.number)
        # Its field is new, or was forgotten while the visitor looked at another page.
        if not setting.held:
            setting.put(thing.name)
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            st.text_input(
                _("Name of thing {place}", place=place), key=setting.key,
                placeholder=_("Name of thing {place}", place=place), label_visibility="collapsed",
                on_change=project.rename, args=(thing.number,),
            )  # fmt: skip
            photos_button(thing.number, _("Photos of thing {place}", place=place))
        draw_photos(thing.number, thing.photos)
        if teaching.opened == thing.number and len(teaching.now.things) > FEWEST:
            st.button(_("Remove thing {place}", place=place), key=f"remove_{thing.number}", type="tertiary",
                      icon=":material/delete:", on_click=project.remove_thing, args=(thing.number,))  # fmt: skip


def photos_button(number: int, label: str) -> None:
    """Draw the button that opens and closes a drop zone."""
    opened = teaching.opened == number
    st.button(label, key=f"photos_{number}", icon=":material/expand_less:" if opened else ":material/add_a_photo:",
              type="secondary", on_click=project.open_zone, args=(number,))  # fmt: skip


def draw_photos(number: int, photos: tuple[Photo, ...]) -> None:
    """Draw a strip of photos, each a button that takes it out, and the drop zone where it is open."""
    if photos:
        row = st.container(key=f"row_photos_{number}", horizontal=True, wrap=False, gap="xsmall")
        for photo in photos:
            row.button(_("Take out {name}", name=literal(photo.name)), key=button_of(number, photo),
                       on_click=project.take_out, args=(number, photo.key))  # fmt: skip
    st.caption(words.photos_of(len(photos)))
    if teaching.opened == number:
        drop_zone(number)


def button_of(number: int, photo: Photo) -> str:
    """The key of a photo's button."""
    return f"thumb_teach_{number}_{photo.key}"


def drop_zone(number: int) -> None:
    """Draw where photos come in: files, a folder or the camera; what is there is taken, and the zone is empty again."""
    draw_notes(number)
    camera = classroom.camera_works(st.context.url)
    with st.container(horizontal=True, gap="small"):
        with_folder = st.toggle(_("A folder"), key="teach_folder", persist_state="session")
        with_camera = camera and st.toggle(_("Camera"), key="teach_camera", persist_state="session")
    if not camera:
        st.caption(_(CAMERA_NEEDS_HTTPS))
    named = _("Drop in photos, or a zip file of photos ({formats})", formats=formats())
    files = st.file_uploader(
        _("Drop in a folder of photos ({formats})", formats=formats()) if with_folder else named,
        type=list(PICTURE_SUFFIXES) if with_folder else None,
        accept_multiple_files="directory" if with_folder else True,
        key=f"teach_uploads_{number}_{teaching.zones}",
    )  # fmt: skip
    shot = st.camera_input(_("Take a photo"), key=f"teach_shot_{number}_{teaching.zones}") if with_camera else None
    if shot:
        shot.name = project.shot_name()
    with st.spinner(_("Your photos are read.")):
        if project.take(number, [*files, *([shot] if shot else [])]):
            st.rerun()


def draw_notes(number: int | None) -> None:
    """Draw what is told of the last step: in the drop zone that it is about while that is open, else by Train (None).

    On a phone the two are a screen apart; and what comes above a fold folds it anew, under the keyboard that is in it.
    """
    if number == (teaching.notes_of if teaching.notes_of in (teaching.opened, SAVED) else None):
        for note in teaching.notes:
            st.warning(literal(note), icon=":material/warning:")


def own_style() -> str:
    """The style sheet that turns the buttons of the visitor's photos into thumbnails."""
    rules = [
        f".st-key-{button_of(number, photo)} button{{background-image:url({thumbnail_url(photo.photo)})}}"
        for number, photo in teaching.now.all_photos()
    ]
    return "<style>" + "\n".join(rules) + "</style>"


def draw_things() -> None:
    """Draw all things, the visitor's negatives, and what changes them as a whole."""
    st.html(own_style())
    for place, thing in enumerate(teaching.now.things, start=1):
        draw_thing(place, thing)
    with st.container(border=True, key="thing_none", gap="xsmall"):
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="teach_none"):
            st.markdown(_("**None of these**: the world, and what you add"), width="stretch")
            photos_button(NEGATIVES, _("Photos of other things"))
        draw_photos(NEGATIVES, teaching.now.negatives)
    with st.container(horizontal=True, gap="xsmall", key="teach_more"):
        st.button(_("Add a thing"), key="add_thing", icon=":material/add:", on_click=project.add_thing,
                  disabled=len(teaching.now.things) >= MOST)  # fmt: skip
        st.button(_("Our twelve photos"), key="use_samples", icon=":material/photo_library:",
                  on_click=project.use_samples, help=_("Two things with six free photos each."))  # fmt: skip
        st.button(_("Undo"), key="teach_undo_step", icon=":material/undo:", on_click=project.undo,
                  disabled=not teaching.before,
                  help=_("Takes the last step back: photos, names, training."))  # fmt: skip


def controls(name: str) -> None:
    """Draw what is told of the last step, the button that trains and, while it learns, how far it is."""
    draw_notes(None)
    wanting = project.wanting(teaching.now)
    with st.container(key="own_controls", horizontal=True, gap="xsmall", vertical_alignment="center"):
        if teaching.turn is not None:
            st.button(_("Cancel"), key="own_cancel", icon=":material/stop:", on_click=learning.cancel, type="primary")
        else:
            st.button(_("Train"), key="own_train", icon=":material/play_arrow:", on_click=learning.begin, args=(name,),
                      type="primary", disabled=bool(wanting))  # fmt: skip
        if wanting:
            st.markdown(wanting)
        elif teaching.turn is None and teaching.now.stale:
            st.markdown(words.changed())
        elif teaching.turn is None and teaching.now.taught is not None:
            with st.container(key="own_learned"):
                st.caption(words.learned())
    if teaching.turn is not None:
        fair_queue.draw_progress(learning.follow)


# --- what came of it -------------------------------------------------------------------------------------------------


# Drawn again by itself when the threshold moves, title and all.
@st.fragment
def findings(name: str, taught: TrainedProject, title, below) -> None:
    """Draw the threshold, what both keep and what fools them, and one photo asked of all."""
    frame.threshold_slider(_("Threshold t: sure above it"))
    found = learning.outcome(name, taught, frame.threshold())
    title.title(words.title(found), anchor=False)
    below.markdown(words.kept(found))
    if doubt := words.not_apart(found):
        st.warning(doubt, icon=":material/warning:")
    ask(name, taught)
    st.plotly_chart(fitted(kept_and_fooled(found, frame.colours())), key="own_shares", config=CONFIG,
                    alt=words.chart_alt(found))  # fmt: skip
    st.markdown(words.rival(found))
    channels = len(taught.heads.heads[PLAIN].weights)
    st.caption(words.how(learning.title_of(name), channels, found.pictures, taught.kinds))
    if taught.took:
        st.caption(words.took(*taught.took))


def ask(name: str, taught: TrainedProject) -> None:
    """Draw one photo and what the heads say of it."""
    names, threshold = saved.names_of(teaching.now), frame.threshold()
    chosen = teaching.tried
    picture = next(each for each in gallery_pictures() if each.file == file_of(TRIED.value))
    pixels = chosen.seen[CENTRE] if chosen else computed_answers.gallery_photo(picture.file, CENTRE)[1]
    features = computed_answers.photo_features(name, pixels[np.newaxis])
    said = {kind: taught.heads.said(kind, "tried", features) for kind in (*KINDS, NONE_CLASS)}
    answers = {kind: answer_of(each, names) for kind, each in said.items()}
    with st.container(border=True, key="own_answers", gap="xsmall"):
        found = f"**{words.photo_title({kind: answers[kind].confidence > threshold for kind in KINDS})}**"
        st.markdown(found)
        sentences = [words.photo_sentence(kind, answers[kind], threshold) for kind in answers]
        st.markdown("  \n".join(sentences))
        left, right = st.columns([1, 2.4], gap="small")
        if chosen:
            left.image(displayable(chosen.photo), width="stretch", alt=chosen.name)
        else:
            left.image(gallery_square(picture.file), width="stretch", alt=picture.alt)
            left.caption(picture.credit)
        probabilities = {kind: said[kind].probabilities[0] for kind in KINDS}
        right.html(bars.paired_bars(probabilities, names, alt=" ".join(sentences)))
        right.caption(_(bars.BOTH_LEGEND))
        choose_photo(found + "  \n" + "  \n".join(sentences))


def answer_of(said: Predictions, names: tuple[str, ...]) -> Answer:
    """What one head says of the one photo: its most probable thing."""
    of_things = said.probabilities[0, : len(names)]
    return Answer(float(of_things.max()), names[int(of_things.argmax())])


def choose_photo(found: str) -> None:
    """Draw the pictures to try, and where a visitor's own comes in; `found` is said of the one that is tried."""
    picked = "" if teaching.tried else f"thumb_{TRIED.value}"
    st.html(thumbnail_style() + chosen_style([picked] if picked else []))
    with st.container(key="row_to_try", horizontal=True, wrap=False, gap="xsmall"):
        by_stem = {each.path.stem: each for each in gallery_pictures()}
        for stem in TO_TRY:
            key = by_stem[stem].button_key
            st.button(by_stem[stem].caption, key=key, type="primary" if key == picked else "secondary",
                      on_click=try_picture, args=(stem,))  # fmt: skip
    with st.expander(_("Try a photo of your own"), icon=":material/add_a_photo:", expanded=teaching.tried is not None):
        file = st.file_uploader(_("A photo ({formats})", formats=formats()), key=f"try_uploads_{teaching.zones}")
        camera = classroom.camera_works(st.context.url) and st.toggle(_("Camera"), key="teach_try_camera")
        shot = st.camera_input(_("Take a photo"), key=f"teach_try_shot_{teaching.zones}") if camera else None
        if shot:
            shot.name = project.shot_name()
        if file or shot:
            try_own(shot or file)
        for note in TRIED_NOTES.get():
            st.caption(literal(note))
        if teaching.tried:
            with st.container(key="own_tried"):
                st.markdown(found)


def try_picture(stem: str) -> None:
    """Try a picture of the gallery."""
    TRIED.put(stem)
    teaching.tried = None


def try_own(file) -> None:
    """Try a visitor's photo."""
    inbox = OwnPhotos(most=1)
    inbox.take("try", [file])
    TRIED_NOTES.put([*inbox.problems.values(), *([words.one_alone()] if inbox.left_out else [])])
    teaching.tried = next(iter(inbox.photos.values()), teaching.tried)
    teaching.zones += 1
    st.rerun()


def keep() -> None:
    """Draw the ways to save what was taught and to open it again."""
    with st.expander(_("Save it, or open what was saved"), icon=":material/save:"), st.container(key="own_keep"):
        if teaching.now.taught is not None:
            photos = st.toggle(_("With the photos"), key="save_photos", help=_("Without them the file holds the names "
                               "and the heads alone; it can be tried, but not taught further."))  # fmt: skip
            st.download_button(_("Save"), partial(saved.content, teaching.now, photos=photos), saved.FILE,
                               "application/octet-stream", key="save_things", icon=":material/download:",
                               on_click="ignore")  # fmt: skip
        draw_notes(SAVED)
        # Without its type: Streamlit would refuse others in its own words, and a phone may know no such type.
        file = st.file_uploader(_("A file that was saved here"), key=f"open_things_{teaching.zones}")
        if file is not None:
            saved.take_back(file)
            st.rerun()
        st.caption(_("A link to this page holds neither your names nor your photos."))


# On a phone and an upright tablet, what came of it is above the things, out of sight for whoever presses Train below.
# On a phone, so does what is said of a photo of one's own for whoever has just taken it.
STYLE = """<style>
[class*="st-key-thing_name_"] { min-width: 8rem; }
.st-key-page [class*="st-key-row_photos_"] { min-height: 4.2rem; }
@media (min-width: 1024px) {
  .st-key-own_learned { display: none; }
  .st-key-own_parts_taught { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.15fr); }
}
@media (max-width: 1023px) { .st-key-own_parts_taught > :has(.st-key-own_found) { order: -1; } }
@media (min-width: 641px) { .st-key-own_tried { display: none; } }
@media (max-width: 640px) {
  .st-key-own_answers img { max-width: 9rem !important; }
}
</style>"""

name = require_features()
project.begin()
st.html(STYLE)
taught = teaching.now.taught
# Said by the findings, which are drawn again by themselves when the threshold moves; but it stands above them.
title, below = st.empty(), st.empty()
if taught is None:
    title.title(_(words.BEGIN), anchor=False)
    below.markdown(_(words.EXPLAINED))
    draw_things()
    controls(name)
else:
    with st.container(key="own_parts_taught", gap="medium"):
        left, right = st.container(), st.container()
    with left:
        draw_things()
        controls(name)
    with right, st.container(key="own_found"):
        findings(name, taught, title, below)
keep()
# While the visitor looks for photos, torch is imported in the background and all computed that does not depend on them.
stored_answers.warm_up()
learning.make_ready(name)
