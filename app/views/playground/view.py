"""Playground: two small networks learn the same points of a plane, one of them with negatives beside them."""

from functools import partial

import streamlit as st

from nat_app.answers import stored_answers
from nat_app.frame import frame
from nat_app.shared.palette import KINDS, NAMES, Kind
from nat_app.shared.words import MADE_READY
from nat_app.views.playground import settings, words
from nat_app.views.playground.planes import plane, plane_picture
from nat_core.small.plane import CLASSES, EXTENT, MARGIN

with st.spinner(MADE_READY):
    stored_answers.warm_up().result()

# Torch is imported by now, with the spinner to be seen; `state` needs it.
from nat_app.views.playground import state
from nat_app.visit import fair_queue

fair_queue.make_ready()
t = frame.threshold()
# A link or another size may begin them anew, which ends their training: so before it is asked about.
state.networks()
playing = state.PLAYING.get()
learning = fair_queue.learns(playing.turn)


def controls() -> None:
    """Draw the buttons: training, and negatives to add."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        if playing.turn is not None:
            st.button("Stop", key="stop", icon=":material/stop:", on_click=state.stop, type="primary")
        else:
            st.button("Train", key="train", icon=":material/play_arrow:", on_click=state.train, type="primary")
        st.button("Step", key="step", on_click=state.step, help="Ten steps of training")
        st.button(
            "Rewind", key="rewind", on_click=state.rewind, help="Back to the starting weights; the negatives stay"
        )
        st.toggle("Slow motion", key=settings.SLOW.bind(), persist_state="session")
        st.space("small")
        st.caption("Add negatives", width="content")
        for kind, name in words.NEGATIVES.items():
            st.button(name, key=f"add_{kind}", on_click=state.add, args=(kind,))
        empty = not len(settings.PLACES.value)
        st.button("Clear", key="clear", on_click=state.clear, type="tertiary", disabled=empty)


@st.fragment(run_every=fair_queue.shared().pause(watching=True) if learning else None)
def stage() -> None:
    """Draw the finding, the controls and the two planes; while the networks learn, again and again."""
    turn = state.follow()
    here, now, answers = state.scene(), state.networks(), state.answers(t)
    sure = {kind: answers[kind].falsely_sure for kind in KINDS}
    negatives = state.negatives()
    st.title(words.title(sure, now.step, negatives.learned), anchor=False)
    if turn is not None and fair_queue.waits(turn):
        fair_queue.draw_place(turn)
    else:
        st.markdown(words.sentence(now.step, negatives, state.reach(answers, t), MARGIN))
    controls()
    if playing.blown:
        st.warning(playing.blown, icon=":material/warning:")
    for column, kind in zip(st.columns(2, gap="medium"), KINDS, strict=True):
        with column, st.container(gap="xsmall"):
            network(kind, here, answers[kind], now.step, negatives)
    st.caption(words.caption(t, int(here.empty.sum()), MARGIN, EXTENT))
    # How often this part is drawn by itself is set by a run of the whole page, so learning begins and ends with one.
    if fair_queue.learns(turn) != learning:
        st.rerun()


def network(kind: Kind, here: state.Scene, answer: state.PlaneAnswer, step: int, negatives: words.Negatives) -> None:
    """Draw one network's plane, what it learned above it and what it came to below."""
    points, number = len(here.points.labels), len(here.negatives)
    st.caption(words.learns(kind, points, negatives, step))
    plane(
        f"plane_{kind}",
        plane_picture(
            answer.confidence,
            answer.logits,
            here.empty,
            here.points,
            here.negatives,
            t,
            frame.colours(),
            learned=kind == "nat",
            step=step,
            alt=words.describe(NAMES[kind], answer.falsely_sure, points, number),
        ),
        state.add_point,
    )
    with st.container(key=f"number_{kind}"):
        st.markdown(f":orange[▲] {words.gauge(answer.falsely_sure)}")
    st.caption(words.right(answer.right, points, step))


def choices() -> None:
    """Draw what can be chosen, folded."""
    with st.expander("Place one negative by numbers", icon=":material/add_location:"):
        across, up, button = st.columns([1, 1, 1], vertical_alignment="bottom")
        across.number_input(
            "Across (x)", -EXTENT, EXTENT, step=0.5, key=settings.ACROSS.bind(), persist_state="session"
        )
        up.number_input("Up (y)", -EXTENT, EXTENT, step=0.5, key=settings.UP.bind(), persist_state="session")
        button.button("Add a negative here", key="add_typed", on_click=state.add_typed, width="stretch")
    with st.expander("Points, networks and objective", icon=":material/tune:"):
        first, second, third = st.columns(3, gap="medium")
        with first:
            st.selectbox("Points", list(words.SHAPES), format_func=words.SHAPES.__getitem__, key=settings.SHAPE.bind(),
                         persist_state="session")  # fmt: skip
            st.select_slider("Classes", CLASSES, key=settings.CLASS_COUNT.bind(), persist_state="session")
            st.number_input(
                "Seed (points and start)", 0, settings.MOST_SEED, key=settings.SEED.bind(), persist_state="session"
            )
        with second:
            st.number_input(
                "Negatives at a press", 1, settings.MOST_COUNT, key=settings.COUNT.bind(), persist_state="session"
            )
            st.slider(
                "Weight of the negatives",
                0.0,
                settings.MOST_WEIGHT,
                step=0.1,
                key=settings.WEIGHT.bind(),
                persist_state="session",
            )
            st.selectbox("Divergence", list(words.DIVERGENCES), format_func=words.DIVERGENCES.__getitem__,
                         key=settings.DIVERGENCE.bind(), persist_state="session")  # fmt: skip
        with third:
            st.select_slider("Units in a layer", settings.WIDTHS, key=settings.WIDTH.bind(), persist_state="session")
            st.select_slider("Hidden layers", settings.LAYERS, key=settings.LAYER_COUNT.bind(), persist_state="session")
            st.selectbox("Activation", list(words.ACTIVATIONS), format_func=words.ACTIVATIONS.__getitem__,
                         key=settings.ACTIVATION.bind(), persist_state="session")  # fmt: skip
            st.select_slider("Learning rate (Adam)", settings.RATES, key=settings.RATE.bind(), persist_state="session")


frame.offer("playground", partial(state.planes_csv, playing))
# The key's style keeps what is drawn again from turning grey, which would flash.
with st.container(key="steady_planes"):
    stage()
choices()
