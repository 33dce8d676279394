"""Bring your own: a visitor's image set or network, compared with what is here, and then on every other page."""

from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from nat_app.answers import own_sets, stored_answers
from nat_app.frame import frame, links, revealed
from nat_app.frame.tabs import all_tabs
from nat_app.shared.language import _
from nat_app.shared.pairs import OWN_PAIR, set_title, short_name
from nat_app.shared.words import literal
from nat_app.views.bring_your_own import comparison, form, samples, words
from nat_app.views.bring_your_own.state import BRINGING, PART, PARTS, ROLE, ask_set
from nat_app.visit import brought_along
from nat_app.visit.brought_along import OwnSet
from nat_core.errors import UnreadableSet
from nat_core.recipes import IN_DISTRIBUTION

pair, t = frame.chosen_pair(), frame.threshold()
frame.require(pair.names)


def bring_pictures() -> None:
    """Draw the drop zone for an image set, read what is in it and ask both networks."""
    file = st.file_uploader(_(words.FORMATS), type=["npz", "zip"], key="own_set_file")
    role = st.segmented_control(_(words.ROLE_QUESTION), list(words.ROLES),
                                format_func=words.ROLES.__getitem__, key=ROLE.bind(), required=True)  # fmt: skip
    asked = BRINGING.get().asked_set
    place = st.empty()
    # The press only marks the file: the work is done in the run that follows, which can draw its progress and be
    # stopped.
    if asked == samples.FILE:
        take(place, samples.image_set(), brought_along.NEGATIVES)
    elif file is not None and asked == file.file_id:
        take(place, file, role or brought_along.NEGATIVES)
    else:
        buttons(place, file)


def buttons(place, file: UploadedFile | None) -> None:
    """Draw what begins: the visitor's file, or a sample, which can also be looked at."""
    about = _(words.SAMPLE_SET, count=len(samples.pictures()))
    with place.container(horizontal=True, vertical_alignment="center"):
        st.button(_("Ask both networks"), key="ask_set", type="primary", icon=":material/play_arrow:",
                  disabled=file is None, on_click=ask_set, args=(file.file_id if file else None,))  # fmt: skip
        st.button(_("Try a sample"), key="try_set", icon=":material/science:", help=about, on_click=ask_set,
                  args=(samples.FILE,))  # fmt: skip
        st.download_button(_("The sample's file"), lambda: samples.image_set().content, samples.SET_NAME,
                           "application/zip", key="sample_set", icon=":material/download:", type="tertiary",
                           on_click="ignore")  # fmt: skip


def take(place, file: UploadedFile | samples.SampleFile, role: str) -> None:
    """Read a file of pictures and ask both networks about it, with progress and a stop."""
    with place.container(horizontal=True, vertical_alignment="center"):
        reading = _("The pictures are read.")
        bar = st.progress(0.0, reading)
        st.button(_("Stop"), key="stop_set", icon=":material/stop:", on_click=ask_set, args=(None,))
        st.empty()  # in place of the third button, which would stay there grey
    try:
        found = own_sets.take(file.getvalue(), file.name, role, lambda share: bar.progress(share / 4, reading))
        for number, name in enumerate(pair.names):

            def show(share: float, number: int = number, name: str = name) -> None:
                done = _("{network}: {done:,} of {all:,} pictures", network=literal(short_name(name)),
                         done=round(share * len(found.images)), all=len(found.images))  # fmt: skip
                # Reading was the first quarter of the bar; the two networks share the rest.
                bar.progress(0.25 + 0.375 * (number + share), done)

            if name not in found.said:
                own_sets.ask(found, name, show)
        revealed.mark(found.name)
    except UnreadableSet as error:
        BRINGING.get().set_problem = str(error)
    ask_set(None)
    st.rerun()


def show_on_thresholds(name: str) -> None:
    """Open the page Thresholds with the set."""
    links.go("thresholds", set=name)


def draw(each: OwnSet) -> None:
    """Draw one image set: what it is, the finding, and what can be done with it."""
    key = f"set_{each.name.split('/')[1]}"
    with st.container(border=True, key=key, gap="xsmall"):
        st.markdown(f"**{literal(set_title(each.name))}** · {words.SHOWN[each.role]}")
        st.caption(
            words.set_line(len(each.images), len(each.images.classes), each.images.skipped, each.images.passed_over)
        )
        if own_sets.unasked(pair.names) and not set(pair.names) <= set(each.said):
            st.caption(_("These two networks have not been asked about it yet."))
            return
        known = each.role == IN_DISTRIBUTION
        st.markdown(f"{finding(each)} {words.own_sentence(own_sets.sure(each, pair, t), known=known)}")
        if known:
            if right := own_sets.right(each, pair):
                st.markdown(words.right_sentence(right, len(each.images)))
            unknown = own_sets.classes_known(each, pair, known=False)
            if told := words.unmatched_sentence(unknown, stored_answers.card(pair.nat).classes):
                st.caption(told)
        elif doubt := words.known_after_all(own_sets.classes_known(each, pair, known=True)):
            st.caption(doubt)
        ways_on(each)
        revealed.focus(each.name, key, set_title(each.name))


def ways_on(each: OwnSet) -> None:
    """Draw what can be done with an image set."""
    digest = each.name.split("/")[1]
    with st.container(horizontal=True):
        st.button(_("See it on Thresholds"), key=f"see_{digest}", icon=":material/tune:", type="primary",
                  on_click=show_on_thresholds, args=(each.name,))  # fmt: skip
        st.download_button(
            _("Its predictions (CSV)"),
            partial(own_sets.predictions_csv, each, pair.names, tuple(stored_answers.card(pair.nat).classes)),
            "predictions.csv",
            "text/csv",
            key=f"csv_{digest}",
            icon=":material/download:",
            on_click="ignore",
        )
        st.button(_("Forget it"), key=f"forget_{digest}", icon=":material/delete:", on_click=own_sets.forget,
                  args=(each.name,))  # fmt: skip


def finding(each: OwnSet) -> str:
    """What both networks make of a set at the threshold."""
    return words.own_title(own_sets.sure(each, pair, t), t, known=each.role == IN_DISTRIBUTION)


def title() -> str:
    """The finding on what was asked about last, or what to bring."""
    answered = [each for each in brought_along.sets().values() if set(pair.names) <= set(each.said)]
    if pair.key == OWN_PAIR and (BRINGING.get().latest == "network" or not answered):
        return comparison.title(pair, t)
    return finding(answered[-1]) if answered else _(words.NOTHING_YET)


st.title(title(), anchor=False)
own_sets.catch_up(pair)
with st.container(key="parts"):
    # Both are filled: a drop zone that is not drawn forgets its file.
    pictures, network = all_tabs(PARTS, PART).values()
with pictures:
    bring_pictures()
    if problem := BRINGING.get().set_problem:
        st.warning(literal(problem), icon=":material/warning:")
    # The newest on top.
    for brought in reversed(brought_along.sets().values()):
        draw(brought)
with network:
    form.draw(pair)
st.caption(_(words.MEMORY))
# While the visitor looks for a file, torch is imported in the background.
stored_answers.warm_up()
