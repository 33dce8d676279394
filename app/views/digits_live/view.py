"""Digits live: two networks learn to read from scratch, in seconds, and one to have no opinion about other digits."""

import streamlit as st

from nat_app.answers import stored_answers
from nat_app.frame import frame
from nat_app.shared.drawing.palette import KINDS
from nat_app.shared.language import _
from nat_app.shared.words import MADE_READY
from nat_app.views.digits_live import curves, words
from nat_app.views.digits_live.settings import LATE, MOST_SEED, SEED

with st.spinner(_(MADE_READY)):
    stored_answers.warm_up().result()

# Torch is imported by now, with the spinner to be seen; `state` needs it.
from nat_app.views.digits_live import state
from nat_app.visit.training import fair_queue
from nat_core.small.digits import STEPS, digits

fair_queue.make_ready()
t = frame.threshold()
busy = fair_queue.learns(state.LEARNING.get().turn)


def controls(turn: fair_queue.Turn | None) -> None:
    """Draw the buttons."""
    with st.container(key="digits_controls", horizontal=True, gap="xsmall", vertical_alignment="bottom"):
        if turn is None:
            st.button(_("Train"), key="digits_train", icon=":material/play_arrow:", on_click=state.begin, args=(t,),
                      type="primary")  # fmt: skip
        else:
            st.button(_("Stop"), key="digits_stop", icon=":material/stop:", on_click=state.cancel, type="primary")
        st.button(_("Forget all"), key="digits_again", icon=":material/restart_alt:", on_click=state.again)
        st.toggle(_("First 0 to 5 alone, then 6 and 7"), key=LATE.bind(), persist_state="session",
                  help=_("Off: NAT is shown 6 and 7 from the first step."))  # fmt: skip
        st.number_input(_("Seed"), 0, MOST_SEED, key=SEED.bind(), width=150, persist_state="session",
                        help=_("The number from which both networks' start is drawn."))  # fmt: skip


@st.fragment(run_every=fair_queue.shared().pause(watching=True) if busy else None)
def school() -> None:
    """Draw the finding, the buttons and the picture; while the networks learn, again and again."""
    turn = state.follow()
    seed, shown_from = state.settings()
    pictures, reached = digits(), state.reached(t)
    last, drawn = reached[-1], state.curves(reached)
    fooled = {kind: last.readings[kind].fooled for kind in KINDS}
    since = [point.readings["nat"].fooled for point in reached if point.step > shown_from]
    # As high as its longest words need, so that none of them pushes a button from under a finger.
    with st.container(key="digits_finding"):
        st.title(words.title(fooled, last.step), anchor=False)
        if turn is not None and fair_queue.waits(turn):
            fair_queue.draw_place(turn)
        else:
            st.markdown(words.sentence(last.step, shown_from, STEPS, min(since, default=0.0), fooled["nat"]))
    controls(turn)
    if problem := state.LEARNING.get().problem:
        st.warning(problem, icon=":material/warning:")
    sure = {kind: last.readings[kind].confidence > t for kind in KINDS}
    over = turn is None
    curves.draw(drawn, pictures.unseen, sure, frame.colours(), steps=STEPS, shown_from=shown_from, over=over)
    for kind in KINDS:
        here = last.readings[kind]
        st.caption(words.known(kind, here.accuracy, here.kept, len(pictures.test)))
    st.caption(words.caption(len(pictures.unseen), len(pictures.known), len(pictures.negatives), t, seed))
    # How often this part is drawn by itself is set by a run of the whole page, so learning begins and ends with one.
    if fair_queue.learns(turn) != busy:
        st.rerun()


# The key's style keeps what is drawn again from turning grey, which would flash.
with st.container(key="steady_digits"):
    school()
