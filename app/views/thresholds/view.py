"""Thresholds: where to draw the line, what each choice costs, and what stands behind the numbers."""

from functools import partial

import numpy as np
import streamlit as st

from nat_app.answers import own_sets, score_rates, stored_answers
from nat_app.frame import frame, links
from nat_app.frame.settings import THRESHOLD
from nat_app.shared.drawing.palette import KINDS
from nat_app.shared.language import _, number
from nat_app.shared.pairs import DIGITS, ROLE_TITLES, in_markdown, pictures_of, set_title
from nat_app.shared.score_scales import SCORE_HELP, SCORE_TITLES, T_STEPS, step_of
from nat_app.views.thresholds import folded, histograms, rate_tables, words
from nat_app.views.thresholds.settings import KEEP_95, SCORE, SET, TEMPERATURE, VARIANT
from nat_core.measure.variants import variants_of, without_variants
from nat_core.recipes import IN_DISTRIBUTION, THRESHOLDS

pair = frame.chosen_pair()
frame.require(pair.names)
# Before all else: the visitor's own sets count below once both networks were asked.
own_sets.catch_up(pair)
sets = stored_answers.shared_sets(pair)
chips = without_variants(sets)
# Another pair may not have been asked about the set that was chosen.
if SET.value not in chips:
    SET.put(stored_answers.headline_of(pair))
chosen = SET.value or stored_answers.headline_of(pair)
variants = (chosen, *variants_of(chosen, sets))
chosen = VARIANT.value if VARIANT.value in variants else chosen
known = chosen if sets[chosen].role == IN_DISTRIBUTION else stored_answers.known_set(pair.nat)
negatives = stored_answers.headline_of(pair) if chosen == known else chosen
t, temperature = frame.threshold(), TEMPERATURE.value
scale = score_rates.scale_of(pair, dict.fromkeys((chosen, known, negatives)), SCORE.value, temperature)
# One t means the same to both networks by confidence alone: what energy or a logit amounts to is each one's own.
locked = KEEP_95.value or not scale.is_confidence
at = score_rates.thresholds_keeping_95(pair, known, scale) if locked else dict.fromkeys(KINDS, t)
# The histograms need room for what they show alone: what is known reaches much further than most negatives.
drawn = score_rates.scale_of(pair, [chosen], SCORE.value, temperature, at.values())


def chip(name: str) -> str:
    """An image set's name with its role for the NAT network, as the pills read it: Markdown."""
    return f"{in_markdown(name, set_title(name))} · {ROLE_TITLES.get(sets[name].role, sets[name].role)}"


def said() -> list[dict]:
    """The sentences at every threshold, or, where each network has its own, at those two."""
    sizes = histograms.Sizes(*(sets[name].images for name in (chosen, negatives, known)))
    if not locked:
        return histograms.at_every_step(pair, (chosen, negatives, known), sizes, scale)
    chosen_rates, fooled_rates, kept_rates = (
        {kind: np.array([share]) for kind, share in score_rates.rates(pair, name, at, scale).items()}
        for name in (chosen, negatives, known)
    )
    here = histograms.Rates(chosen_rates, fooled_rates, kept_rates, sizes)
    thresholds = {kind: np.array([at[kind]]) for kind in KINDS}
    return histograms.sentences(here, thresholds, known=chosen == known, score=scale.score)


# The predictions are gathered now: when the file is asked for, there is no session to find the visitor's own in.
frame.offer(f"{pair.key}-curves", partial(rate_tables.curves_csv, rate_tables.rated(pair), scale))
sentences = said()
# The sentence that the browser writes there while the line moves, so that nothing jumps on release.
title = sentences[0 if locked else step_of(t)]["title"]
st.title(title, anchor=False)
controls = st.container(key="controls", horizontal=True, vertical_alignment="bottom", gap="medium")
controls.selectbox(
    _("Measured by"),
    list(SCORE_TITLES),
    format_func=lambda name: SCORE_TITLES[name],
    key=SCORE.bind(),
    width=160,
    persist_state="session",
    help=_(SCORE_HELP),
)
if scale.is_confidence:
    with controls:
        histograms.draw_slider(t, locked=locked)
    with controls.container(horizontal=True, width="content", gap="xsmall", vertical_alignment="center"):
        st.caption(_("The paper's"), width="content")
        for value in THRESHOLDS:
            st.button(number(value), key=f"t_{value:g}", on_click=THRESHOLD.put, args=(value,), disabled=locked)
    controls.toggle(
        _("Keep 95 of 100"),
        key=KEEP_95.key,
        persist_state="session",
        help=_(
            "Moves each network to its own t, at which it keeps 95 of 100 pictures that it knows: the fair comparison."
        ),
    )
else:
    controls.markdown(words.own_thresholds(at, scale.score))
st.pills(
    _("Pictures"), list(chips), format_func=chip, key=SET.key, required=True, persist_state="session",
    label_visibility="collapsed",
)  # fmt: skip
if len(variants) > 1:
    # The state may still name a variant of another set.
    VARIANT.put(chosen)
    st.segmented_control(
        _("Which photos"),
        variants,
        format_func=lambda name: in_markdown(name, set_title(name)),
        key=VARIANT.key,
        required=True,
        persist_state="session",
        help=_(
            "Some ILSVRC photos show one of the ten classes, or something much like it: being sure of them is not "
            "necessarily a mistake."
        ),
    )
histograms.draw(
    score_rates.histograms(pair, chosen, histograms.BARS, drawn),
    sentences,
    at,
    frame.colours(),
    known=chosen == known,
    scale=drawn,
    classes=len(stored_answers.card(pair.nat).classes),
    alt=_("How sure both networks are of {set}.", set=set_title(chosen)),
    source=words.sources(
        pictures_of(negatives, sets[negatives].images, "dative"),
        pictures_of(known, sets[known].images, "dative"),
        temperature,
        digits=pair.key == DIGITS,
    ),
    on_move=lambda moved: THRESHOLD.put(T_STEPS[step_of(moved)]),
)

place = folded.ChosenView(pair, chosen, negatives, known, sets, at, scale)
folded.every_threshold(place)
folded.fair(place)
folded.by_class(place)
folded.beside_the_paper(place, [(name, chip(name)) for name in chips if sets[name].role != IN_DISTRIBUTION])
st.page_link(links.file_of("bring_your_own"), label=_("Bring your own image set"), icon=":material/upload_file:")
