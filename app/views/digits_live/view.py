"""Digits live: two networks learn to read from nothing, in seconds, and one to be neutral on what it was not taught."""

import streamlit as st

from nat_app.answers import stored_answers
from nat_app.frame import frame
from nat_app.shared.palette import KINDS
from nat_app.views.digits_live import words as says

with st.spinner("The two networks are made ready."):
    stored_answers.warm_up().result()

# Torch is imported by now, with the spinner to be seen; `learning` needs it.
from nat_app.views.digits_live import state as learning
from nat_app.views.digits_live.curves import reading
from nat_app.visit import fair_queue
from nat_core.small.digits import STEPS, digits

STYLE = "<style>.st-key-school [data-stale] { opacity: 1 !important; transition: none !important; }</style>"
t = frame.threshold()
learning.settings()
busy = fair_queue.learns(st.session_state.get("digits_turn"))


def controls(turn: fair_queue.Turn | None) -> None:
    """Draw the buttons."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        if turn is None:
            st.button("Train", key="digits_train", icon=":material/play_arrow:", on_click=learning.begin, args=(t,),
                      type="primary")  # fmt: skip
        else:
            st.button("Stop", key="digits_stop", icon=":material/stop:", on_click=learning.cancel, type="primary")
        st.button("Forget all", key="digits_again", icon=":material/restart_alt:", on_click=learning.again)
        st.toggle("First 0 to 5 alone, then 6 and 7", key="digits_late", persist_state="session",
                  help="Off: NAT is shown 6 and 7 from the first step.")  # fmt: skip
        st.number_input("Seed", 0, 9999, key="digits_seed", width=150, persist_state="session",
                        label_visibility="collapsed", help="Seed of both networks' start")  # fmt: skip


@st.fragment(run_every=fair_queue.shared().pause(watching=True) if busy else None)
def school() -> None:
    """Draw the finding, the buttons and the picture; while the networks learn, again and again."""
    turn = learning.follow()
    seed, shown_from = learning.settings()
    pictures, reached = digits(), learning.points(t)
    last, drawn = reached[-1], learning.curves(reached)
    fooled = {kind: last.readings[kind].fooled for kind in KINDS}
    since = [point.readings["nat"].fooled for point in reached if point.step > shown_from]
    st.title(says.title(fooled, last.step), anchor=False)
    if turn is not None and fair_queue.waits(turn):
        fair_queue.draw_place(turn)
    else:
        st.markdown(says.sentence(last.step, shown_from, STEPS, min(since, default=0.0), fooled["nat"]))
    controls(turn)
    sure = {kind: last.readings[kind].confidence > t for kind in KINDS}
    reading(drawn, pictures.unseen, sure, frame.colours(), steps=STEPS, shown_from=shown_from)
    for kind in KINDS:
        here = last.readings[kind]
        st.caption(says.known(kind, here.accuracy, here.kept, len(pictures.test)))
    st.caption(says.caption(len(pictures.unseen), len(pictures.known), len(pictures.negatives), t, seed))
    if fair_queue.learns(turn) != busy:
        st.rerun()


st.html(STYLE)
with st.container(key="school"):
    school()
