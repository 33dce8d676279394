"""A visitor's own photo on See it: dropped there, answered in the same two bars, and asked about before it counts."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from jaxtyping import UInt8

from nat_app.answers import stored_answers
from nat_app.answers.stored_answers import OwnAnswer
from nat_app.frame import revealed
from nat_app.frame.settings import PICTURE
from nat_app.shared.drawing.palette import Kind
from nat_app.shared.gallery import GalleryPicture, chosen_style, gallery_square, with_inset
from nat_app.shared.language import _
from nat_app.shared.page_file import thumbnail_url
from nat_app.shared.pairs import Pair
from nat_app.shared.settings import Setting
from nat_app.shared.words import CORNER, Answer, answer_sentence, literal
from nat_app.visit import labels, photos, verdicts
from nat_core.data.apart.process import formats

ZONE = "see_it_uploads"
SHOWN: Setting[str | None] = Setting("see_it_own", None)
"""The key of the visitor's photo that is shown in place of a gallery picture; no link holds it."""
LISTED: Setting[str | None] = Setting("see_it_listed", None)
"""What the list of pictures names: the file of the gallery picture that is shown, or the key of the visitor's photo."""


@dataclass(frozen=True, eq=False)
class LookedAt:
    """What the page shows, whether from the gallery or the visitor's."""

    key: str | None
    """The key of a visitor's photo; None for a gallery picture."""
    name: str
    """A file's name."""
    file: str
    """How files that are handed out are called."""
    square: UInt8[np.ndarray, "s s 3"]
    alt: str
    caption: str
    label: str | None
    """What it shows: a class, `labels.ANOTHER` or NONE; None while nobody has said."""
    said: dict[Kind, OwnAnswer]


def looked_at(pair: Pair, picture: GalleryPicture) -> LookedAt:
    """Return the visitor's photo that is shown, or the gallery picture where none is."""
    own = photos.photos().get(SHOWN.value or "")
    if own is None:
        said = stored_answers.gallery_answers(pair, picture.file)
        caption = f"{picture.caption}. {picture.credit}."
        return LookedAt(None, picture.file, picture.path.stem, gallery_square(picture.file), picture.alt, caption,
                        picture.label, said)  # fmt: skip
    with st.spinner(_("The networks look at your photo.")):
        said = stored_answers.answers(pair, own.pixels)
    label = labels.shows(own.key, said["nat"].classes).value
    return LookedAt(own.key, own.name, "photo", with_inset(own.photo, own.pixels), f"{own.name}; {_(CORNER)}", own.name,
                    label, said)  # fmt: skip


def sentence(kind: Kind, answer: Answer, looked: LookedAt, threshold: float) -> str:
    """Return what one network says of what is shown; of a visitor's photo no more than they have said themselves."""
    if looked.key is None or looked.label not in (labels.ANOTHER, labels.NONE):
        return answer_sentence(kind, answer, looked.label, threshold)
    return verdicts.verdict_sentence(kind, answer, looked.label, threshold)


def draw_zone() -> None:
    """Draw the drop zone, and show the last of what is new in it."""
    files = st.file_uploader(
        _("Or drop in a photo of your own ({formats})", formats=formats()),
        accept_multiple_files=True,
        key=photos.zone_key(ZONE),
        on_change=photos.removed,
        args=(ZONE,),
    )
    before = set(photos.photos())
    with st.spinner(_("Your photos are read.")):
        photos.take(ZONE, files)
    if new := [key for key in photos.photos() if key not in before]:
        SHOWN.put(new[-1])
        revealed.mark(ZONE)
    for problem in photos.problems().values():
        st.warning(literal(problem), icon=":material/warning:")
    if left_out := photos.left_out():
        st.caption(photos.too_many(left_out))


def draw_row(looked: LookedAt) -> None:
    """Draw the visitor's photos to choose from, if there are any."""
    own = photos.photos()
    if not own:
        return
    with st.container(gap=None):
        st.caption(_("Photos of yours"))
        row = st.container(key="row_own", horizontal=True, wrap=False, gap="xsmall")
    rules = []
    for number, (key, photo) in enumerate(own.items()):
        row.button(literal(photo.name), key=f"thumb_own_{number}", on_click=SHOWN.put, args=(key,),
                   type="primary" if key == looked.key else "secondary")  # fmt: skip
        rules.append(f".st-key-thumb_own_{number} button{{background-image:url({thumbnail_url(photo.photo)})}}")
        if key == looked.key:
            rules.append(chosen_style([f"thumb_own_{number}"]).removeprefix("<style>").removesuffix("</style>"))
    st.html(f"<style>{''.join(rules)}</style>")


def names() -> dict[str, str]:
    """Return the names of the visitor's photos by their keys."""
    return {key: photo.name for key, photo in photos.photos().items()}


def choose() -> None:
    """Show what was chosen in the list; to be called in its callback."""
    chosen = LISTED.value
    if chosen in photos.photos():
        SHOWN.put(chosen)
    elif chosen is not None:
        show_gallery(chosen)


def show_gallery(file: str) -> None:
    """Show a gallery picture; to be called in a callback."""
    PICTURE.put(file)
    SHOWN.forget()
