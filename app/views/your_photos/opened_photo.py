"""One photo of Your photos opened large: both answers, and how sure the networks stay while the photo turns away."""

import numpy as np
import streamlit as st
from jaxtyping import UInt8

from nat_app.answers import computed_answers, stored_answers
from nat_app.frame import frame, revealed
from nat_app.shared import words
from nat_app.shared.drawing import bars
from nat_app.shared.drawing.palette import KINDS, NAMES
from nat_app.shared.gallery import gallery_pictures
from nat_app.shared.language import _
from nat_app.shared.page_file import displayable
from nat_app.shared.pairs import Pair
from nat_app.shared.settings import one_of
from nat_app.views.your_photos import fade, ways
from nat_app.views.your_photos.answer_cards import AnswerCard
from nat_app.views.your_photos.settings import HOW_FAR, OPENED, OTHER_PICTURE, WAY
from nat_app.views.your_photos.ways import STEPS, WAYS, Way
from nat_app.visit import photos
from nat_app.visit.verdicts import verdict_sentence
from nat_core.data import morphs
from nat_core.store.checkpoints import Card as NetworkCard


def open_photo(key: str) -> None:
    """Open the photo of a card, which then has the focus; to be called in a callback."""
    OPENED.put(key)
    revealed.mark(OPENED.key)


def draw(pair: Pair, card: AnswerCard, cards: list[AnswerCard], threshold: float) -> None:
    """Draw the photo, both networks' probabilities and the way out of it."""
    with st.container(border=True, key="opened_photo"):
        head, close = st.columns([6, 1], vertical_alignment="center")
        head.subheader(words.literal(card.name), anchor=False)
        close.button(
            _("Close"), key="close", icon=":material/close:", type="tertiary", width="stretch", on_click=OPENED.forget
        )
        left, *right = st.columns([1.0, 1.15, 1.15], gap="medium")
        left.image(displayable(card.photo), width="stretch", alt=card.name)
        for kind, column in zip(KINDS, right, strict=True):
            sentence = verdict_sentence(kind, card.said[kind].answer, card.label, threshold)
            with column.container(gap="xsmall"):
                said = card.said[kind]
                alt = _("{network}'s probabilities. {sentence}", network=NAMES[kind], sentence=words.plain(sentence))
                st.html(bars.probability_bars(said.probabilities, said.classes, kind, alt=alt))
                st.markdown(sentence)
        # It lies above the cards: out of sight for who has just opened one of them.
        revealed.focus(OPENED.key, "opened_photo", card.name)
        _turn_away(pair, card, [other for other in cards if other.key != card.key], threshold)


@st.fragment
def _turn_away(pair: Pair, card: AnswerCard, others: list[AnswerCard], threshold: float) -> None:
    """Draw the ways out of the photo; only this part is drawn again while a slider moves."""
    st.markdown(_("**Change it, and see who notices**"))
    chosen = st.segmented_control(_("Change it"), list(WAYS), format_func=lambda key: _(WAYS[key].title), required=True,
                                  key=WAY.bind(), label_visibility="collapsed") or WAY.default  # fmt: skip
    way, far = WAYS[chosen], HOW_FAR[chosen]
    other = _other_picture(others) if chosen == "picture" else None
    # The slider stops at the steps alone, so `percents` holds whatever it says.
    percents = ways.percents(way)
    share = st.slider(_(way.slider), 0, percents[-1], step=percents[1], format="%d %%", key=far.bind())
    network = stored_answers.card(pair.nat)
    with frame.checked(), st.spinner(_("The networks look at every step.")):
        # All steps at once and kept: a slider that moves asks no network.
        steps = _steps(card.pixels, chosen, way, other, network)
        swept = computed_answers.in_one_batch(pair.by_kind, steps)
    sentence = ways.stays_sure_sentence(swept, way, network.classes, threshold)
    fade.draw(
        steps,
        swept,
        way,
        percents.index(share),
        tuple(network.classes),
        threshold,
        frame.colours(),
        slider=far.key,
        alt=_("How sure both networks are on the way. {sentence}", sentence=sentence),
        on_move=lambda moved: far.put(one_of(percents)(str(moved))),
    )
    st.markdown(sentence)
    st.caption(_("{count} pictures on the way, each asked of both networks.", count=STEPS))


def _other_picture(others: list[AnswerCard]) -> UInt8[np.ndarray, "32 32 3"]:
    """Let the visitor choose another picture, their own ones first, and return what the networks see of it."""
    own = {other.key: other for other in others}
    shown = {picture.file: picture for picture in gallery_pictures()}
    names = {key: other.name for key, other in own.items()} | {file: each.shows for file, each in shown.items()}
    key = st.selectbox(_("The other picture"), list(names), format_func=lambda each: names[each], key=OTHER_PICTURE.key)
    return own[key].pixels if key in own else computed_answers.gallery_photo(key, photos.crop())[1]


def _steps(
    pixels: UInt8[np.ndarray, "32 32 3"],
    chosen: str,
    way: Way,
    other: UInt8[np.ndarray, "32 32 3"] | None,
    network: NetworkCard,
) -> UInt8[np.ndarray, "51 32 32 3"]:
    shares = ways.shares(way)
    mean, std = tuple(network.mean), tuple(network.std)
    if chosen == "add":
        return morphs.add_noise(pixels, morphs.deviations(std), shares)
    return morphs.fade(pixels, morphs.noise_picture(mean, std) if other is None else other, shares)
