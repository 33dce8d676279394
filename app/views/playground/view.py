"""Playground: two small networks learn the same points of a plane, one of them with negatives beside them."""

import streamlit as st

from nat_app.answers import stored_answers
from nat_app.frame import frame
from nat_app.shared.palette import KINDS, NAMES
from nat_app.views.playground import words
from nat_app.views.playground.planes import plane, plane_picture
from nat_app.views.playground.settings import LAYERS, MOST_COUNT, MOST_SEED, MOST_WEIGHT, RATES, WIDTHS
from nat_core.small.plane import CLASSES, EXTENT, MARGIN

with st.spinner("The two networks are made ready."):
    stored_answers.warm_up().result()

# Torch is imported by now, with the spinner to be seen; `playing` needs it.
from nat_app.views.playground import state as playing
from nat_app.visit import fair_queue

STYLE = """<style>
.st-key-stage [data-stale] { opacity: 1 !important; transition: none !important; }
</style>"""
t = frame.threshold()
playing.scene()
learning = fair_queue.learns(st.session_state.get("play_turn"))


def controls() -> None:
    """Draw the buttons: training, and negatives to add."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        if "play_turn" in st.session_state:
            st.button("Stop", key="stop", icon=":material/stop:", on_click=playing.stop, type="primary")
        else:
            st.button("Train", key="train", icon=":material/play_arrow:", on_click=playing.train, type="primary")
        st.button("Step", key="step", on_click=playing.step, help="Ten steps of training")
        st.button("Rewind", key="rewind", on_click=playing.rewind, help="Back to the same start; the negatives stay")
        st.toggle("Slow motion", key="play_slow", persist_state="session")
        st.space("small")
        st.caption("Add negatives", width="content")
        for kind, name in words.NEGATIVES.items():
            st.button(name, key=f"add_{kind}", on_click=playing.add, args=(kind,))
        empty = not len(st.session_state["play_negatives"])
        st.button("Clear", key="clear", on_click=playing.clear, type="tertiary", disabled=empty)


@st.fragment(run_every=fair_queue.shared().pause(watching=True) if learning else None)
def stage() -> None:
    """Draw the finding, the controls and the two planes; while the networks learn, again and again."""
    turn = playing.follow()
    here, now, looks = playing.scene(), playing.state(), playing.looks(t)
    sure = {kind: looks[kind].falsely_sure for kind in KINDS}
    number = len(here.negatives)
    st.title(words.title(sure, now.step, number), anchor=False)
    if turn is not None and fair_queue.waits(turn):
        fair_queue.draw_place(turn)
    else:
        st.markdown(words.sentence(sure, now.step, number))
    controls()
    if st.session_state["play_blown"]:
        st.warning(st.session_state["play_blown"], icon=":material/warning:")
    for column, kind in zip(st.columns(2, gap="medium"), KINDS, strict=True):
        look = looks[kind]
        with column, st.container(key=f"figure_{kind}", gap="xsmall"):
            st.caption(words.learns(kind, len(here.points.labels), number))
            plane(
                f"plane_{kind}",
                plane_picture(
                    look.confidence,
                    look.logits,
                    here.empty,
                    here.points,
                    here.negatives,
                    t,
                    frame.colours(),
                    learned=kind == "nat",
                    step=now.step,
                    alt=words.describe(NAMES[kind], sure[kind], len(here.points.labels), number),
                ),
                lambda kind=kind: playing.add_clicked(f"plane_{kind}"),
            )
            st.markdown(f":orange[▲] {words.gauge(sure[kind])}")
            st.caption(words.right(look.right, len(here.points.labels), now.step))
    st.caption(words.caption(t, int(here.empty.sum()), MARGIN, EXTENT))
    if fair_queue.learns(turn) != learning:
        st.rerun()


def settings() -> None:
    """Draw what can be chosen, folded."""
    with st.expander("Place one negative by numbers", icon=":material/add_location:"):
        across, up, button = st.columns([1, 1, 1], vertical_alignment="bottom")
        across.number_input("Across (x)", -EXTENT, EXTENT, step=0.5, key="play_x", persist_state="session")
        up.number_input("Up (y)", -EXTENT, EXTENT, step=0.5, key="play_y", persist_state="session")
        button.button("Add a negative here", key="add_typed", on_click=playing.add_typed, width="stretch")
    with st.expander("Points, networks and objective", icon=":material/tune:"):
        first, second, third = st.columns(3, gap="medium")
        with first:
            st.selectbox("Points", list(words.SHAPES), format_func=words.SHAPES.__getitem__, key="play_shape",
                         persist_state="session")  # fmt: skip
            st.select_slider("Classes", CLASSES, key="play_classes", persist_state="session")
            st.number_input("Seed (points and start)", 0, MOST_SEED, key="play_seed", persist_state="session")
        with second:
            st.number_input("Negatives at a press", 1, MOST_COUNT, key="play_count", persist_state="session")
            st.slider("Weight of the negatives", 0.0, MOST_WEIGHT, step=0.1, key="play_weight", persist_state="session")
            st.selectbox("Divergence", list(words.DIVERGENCES), format_func=words.DIVERGENCES.__getitem__,
                         key="play_divergence", persist_state="session")  # fmt: skip
        with third:
            st.select_slider("Units in a layer", WIDTHS, key="play_width", persist_state="session")
            st.select_slider("Hidden layers", LAYERS, key="play_layers", persist_state="session")
            st.selectbox("Activation", list(words.ACTIVATIONS), format_func=words.ACTIVATIONS.__getitem__,
                         key="play_activation", persist_state="session")  # fmt: skip
            st.select_slider("Learning rate (Adam)", RATES, key="play_rate", persist_state="session")  # fmt: skip


st.html(STYLE)
frame.offer("playground", lambda: playing.planes_csv(t))
with st.container(key="stage"):
    stage()
settings()
