"""The form for a visitor's network: its file, what it cannot tell by itself, and the comparison once it is made."""

import importlib

import streamlit as st

from nat_app.shared import words
from nat_app.shared.pairs import OWN_PAIR, Pair, set_title, short_name
from nat_app.shared.palette import Kind
from nat_app.views.bring_your_own import networks as own_networks
from nat_app.views.bring_your_own import words as own_words
from nat_app.visit import brought_along
from nat_core.data.sets import CIFAR10_CLASSES
from nat_core.errors import CheckpointError


def draw(pair: Pair) -> None:
    """Draw the form, check what is given and ask the network; then what came of it."""
    left, right = st.columns([1.2, 1], gap="medium")
    file = left.file_uploader(own_words.NETWORK, key="own_network_file")
    card = right.file_uploader("Its card.json, if it has one", key="own_card_file")
    stands = right.segmented_control("It stands for", list(own_words.STANDS), format_func=own_words.STANDS.__getitem__,
                                     key="own_stands", default="baseline", required=True)  # fmt: skip
    with left.expander("Its classes and colours", icon=":material/edit:"):
        st.text_input("Classes in their order, with commas", ", ".join(CIFAR10_CLASSES), key="own_classes",
                      disabled=card is not None)  # fmt: skip
        st.text_input("Means of red, green and blue (0 to 1)", "0.4914, 0.4822, 0.4465", key="own_mean",
                      disabled=card is not None)  # fmt: skip
        st.text_input("Standard deviations", "0.2470, 0.2435, 0.2616", key="own_std", disabled=card is not None)
    _ask(pair, file, card, "nat" if stands == "nat" else "baseline")
    if problem := st.session_state.get("own_network_problem"):
        st.warning(words.literal(problem), icon=":material/warning:")
    for each in brought_along.networks().values():
        if each.brought:
            with st.container(border=True, key="own_network", gap="xsmall"):
                _describe(each)


def _ask(pair: Pair, file, card, stands: Kind) -> None:
    """Draw the button, and the progress while the network is asked."""
    place = st.empty()
    if file is None or st.session_state.get("own_network_asked") != file.file_id:
        place.button("Compare", key="compare_network", type="primary", icon=":material/play_arrow:",
                     disabled=file is None or pair.key == OWN_PAIR, on_click=_begin,
                     args=(file.file_id if file else None,))  # fmt: skip
        if pair.key == OWN_PAIR:
            st.caption("To bring another network, choose a pair in the sidebar to set it beside.")
        return
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, "It is checked.")
        st.button("Stop", key="stop_network", icon=":material/stop:", on_click=_begin, args=(None,))
    try:
        own_networks.compare(file.getvalue(), file.name, _described(card), stands, pair, bar.progress)
    except CheckpointError as error:
        st.session_state["own_network_problem"] = str(error)
    st.session_state["own_network_asked"] = None
    st.rerun()


def _begin(file_id: str | None) -> None:
    st.session_state["own_network_asked"] = file_id
    st.session_state.pop("own_network_problem", None)


def _described(card):
    """What the visitor says of the network, by card.json or by the form. Raises CheckpointError."""
    engine = importlib.import_module("nat_core.network.uploaded_networks")
    if card is not None:
        return engine.read_card(card.getvalue(), card.name)
    given = {key: st.session_state[f"own_{key}"] for key in ("classes", "mean", "std")}
    return engine.described(given["classes"], given["mean"], given["std"])


def _describe(each: brought_along.OwnNetwork) -> None:
    """Draw what the visitor's network is, and the ways from here."""
    sets = {set_title(name): report.images for name, report in each.card.report.sets.items()}
    st.markdown(f"**{words.literal(short_name(each.card.name))}**")
    st.markdown(own_words.network_line(each.card.architecture, each.card.parameters, sets))
    with st.container(horizontal=True, vertical_alignment="center"):
        for page, title in (("see_it", "See it"), ("your_photos", "Your photos"), ("thresholds", "Thresholds"),
                            ("attention", "Attention")):  # fmt: skip
            st.page_link(f"views/{page}/view.py", label=title)
        st.button("Forget it", key="forget_network", icon=":material/delete:", on_click=own_networks.forget)
