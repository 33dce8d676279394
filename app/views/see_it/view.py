"""See it: one picture, two answers, from stored predictions; no torch before a visitor drops a photo of their own."""

from functools import partial

import streamlit as st

from nat_app.answers import score_rates, stored_answers
from nat_app.answers.stored_answers import probabilities_csv
from nat_app.frame import frame, links, revealed
from nat_app.frame.settings import PICTURE
from nat_app.shared import words
from nat_app.shared.drawing import bars, share_card
from nat_app.shared.drawing.palette import KINDS, NAMES
from nat_app.shared.drawing.share_card import ShareCard
from nat_app.shared.gallery import GalleryPicture, chosen_style, gallery_pictures, thumbnail_style
from nat_app.shared.language import _, pgettext
from nat_app.shared.pairs import in_markdown, pictures_of, set_title
from nat_app.views.see_it import own
from nat_app.visit import labels, verdicts

pair, t = frame.chosen_pair(), frame.threshold()
frame.require(pair.names, gallery=True)
pictures = {picture.file: picture for picture in gallery_pictures()}
shown = PICTURE.value or stored_answers.telling_picture(pair, t)
# Even where nobody chose it, so that a link holds it and Attention begins with it.
PICTURE.put(shown)


def row(title: str, key: str, offered: list[GalleryPicture]) -> None:
    """Draw one row of pictures to choose from; each is a button with the picture's name."""
    with st.container(gap=None):
        st.caption(title)
        # One row that scrolls sideways: wrapped, its thumbnails would fill a phone's screen.
        row = st.container(key=f"row_{key}", horizontal=True, wrap=False, gap="xsmall")
    for each in offered:
        row.button(
            each.name,
            key=each.button_key,
            type="primary" if each.file == shown and looked.key is None else "secondary",
            on_click=own.show_gallery,
            args=(each.file,),
        )


def accurate(accuracy: float, pictures: int) -> str:
    """How many pictures a network is correct on, in percent where there are enough."""
    return words.percent_fine(accuracy) if pictures >= words.ENOUGH else words.of_100(accuracy, pictures)


def figures() -> None:
    """Draw the three numbers that count many pictures, each with how many."""
    negatives = stored_answers.headline_of(pair)
    known = stored_answers.known_set(pair.nat)
    reports = {kind: stored_answers.card(name).report for kind, name in pair.by_kind.items()}
    at = dict.fromkeys(KINDS, t)
    fooled, kept = score_rates.rates(pair, negatives, at), score_rates.rates(pair, known, at)
    n_known, n_negatives = reports["nat"].sets[known].images, reports["nat"].sets[negatives].images
    above = words.threshold_share(t)
    of_negatives = in_markdown(negatives, pictures_of(negatives, n_negatives))
    of_known = in_markdown(known, pictures_of(known, n_known))
    entries = (
        ("right", _("Correct on what they know"), {k: accurate(r.accuracy, n_known) for k, r in reports.items()},
         _("accuracy on {pictures}", pictures=in_markdown(known, pictures_of(known, n_known, "dative")))),
        ("fooled", _("Fooled by things never taught"),
         {k: words.of_100(rate, n_negatives) for k, rate in fooled.items()},
         _("sure above {threshold}, {pictures} (NCR)", threshold=above, pictures=of_negatives)),
        ("kept", _("Kept of what they know"), {k: words.of_100(rate, n_known) for k, rate in kept.items()},
         _("sure above {threshold}, {pictures}", threshold=above, pictures=of_known)),
    )  # fmt: skip
    for column, (key, title, values, source) in zip(st.columns(3), entries, strict=True):
        with column, st.container(gap=None):
            st.caption(f"**{title}**")
            with st.container(key=f"number_{key}"):
                st.markdown(words.both(values))
            st.caption(source)


def fooled_too() -> str:
    """The sentence for a picture that fools NAT, and how often that happens; "" where it does not."""
    if looked.label != labels.NONE:
        return ""
    negatives = stored_answers.headline_of(pair)
    rate = score_rates.rates(pair, negatives, dict.fromkeys(KINDS, t))["nat"]
    # Of which part of a set they are is no matter here.
    name = set_title(negatives).removesuffix(" test").removesuffix(" Test")
    source = in_markdown(negatives, pgettext("dative", "{set} pictures", set=name))
    return words.nat_fooled(answers["baseline"], answers["nat"], t, rate, source)


def draw_answers() -> None:
    """Draw the picture and both networks' bars, each with its sentence."""
    with st.container(key="answers"):
        left, *right = st.columns([1.0, 1.15, 1.15], gap="medium")
    with left:
        with st.container(key="shown"):
            st.image(looked.square, width="stretch", alt=looked.alt)
        st.caption(words.literal(looked.caption) if looked.key else looked.caption)
        if looked.key is not None:
            # Beside the photo, so that on a phone it is on the first screen.
            labels.ask(looked.key, [answers[kind].predicted for kind in KINDS], looked.said["nat"].classes)
    for kind, column in zip(KINDS, right, strict=True):
        with column.container(gap="xsmall"):
            said = looked.said[kind]
            alt = _("{network}'s ten probabilities. {sentence}", network=NAMES[kind], sentence=sentences[kind])
            st.html(bars.probability_bars(said.probabilities, said.classes, kind, alt=alt))
            with st.container(key=f"says_{kind}"):
                st.markdown(f"**{sentences[kind]}**")
            if kind == "nat":
                st.caption(fooled_too())


def share() -> None:
    """Offer the picture, both answers and the finding as a card to share."""
    gallery = looked.key is None
    card = ShareCard(
        file=f"nat-{looked.file}",
        photo=looked.square,
        shows=looked.alt.partition(";")[0] if gallery else looked.name,
        sentence=words.plain(title),
        says={kind: words.plain(sentence) for kind, sentence in sentences.items()},
        probabilities={kind: looked.said[kind].probabilities for kind in KINDS},
        classes=looked.said["nat"].classes,
        threshold=t,
        credit=looked.caption if gallery else "",
    )
    share_card.offer(card, "see_it")


# What is found stands above the zone, but is known only once what was dropped there is read.
above = st.container(key="seen")
above.empty()  # Streamlit draws no container that holds nothing, and then its place is not kept
own.draw_zone()
picture = pictures[shown]
with above, frame.checked():
    looked = own.looked_at(pair, picture)
answers = {kind: looked.said[kind].answer for kind in KINDS}
title = verdicts.title(answers["baseline"], answers["nat"], looked.label, t)
sentences = {kind: own.sentence(kind, answers[kind], looked, t) for kind in KINDS}
frame.offer(looked.file, partial(probabilities_csv, looked.name, looked.said, pair.by_kind))
with above:
    st.title(title, anchor=False)
    draw_answers()
    # The zone lies below: on a phone, the answer is out of sight for whoever has just dropped a photo there.
    if looked.key is not None:
        revealed.focus(own.ZONE, "seen")
own.draw_row(looked)
st.html(thumbnail_style() + chosen_style([picture.button_key] if looked.key is None else []))
row(_("Things they were never taught"), "unknown", [each for each in pictures.values() if not each.known])
row(_("The ten things they know"), "known", [each for each in pictures.values() if each.known])
figures()
with st.container(horizontal=True, vertical_alignment="center"):
    st.page_link(links.file_of("your_photos"), label=_("**Try your own photo**"), icon=":material/add_a_photo:")
    st.page_link(links.file_of("thresholds"), label=_("Move the threshold"), icon=":material/tune:")
    share()
with st.expander(_("Why?"), icon=":material/help:"):
    card = stored_answers.card(pair.nat)
    taught = card.recipe.teacher is not None
    st.markdown(words.why(card.report, looked.said["nat"].classes, taught=taught))
listed = own.names() | {file: each.caption for file, each in pictures.items()}
own.LISTED.put(looked.key or shown)
st.selectbox(_("Picture"), list(listed), format_func=listed.__getitem__, key=own.LISTED.key, on_change=own.choose)
