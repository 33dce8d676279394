"""The form for a visitor's network: its file, what it cannot tell by itself, and the comparison once it is made."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from nat_app.frame import links
from nat_app.shared.pairs import OWN_PAIR, Pair, set_title, short_name
from nat_app.shared.palette import Kind
from nat_app.shared.words import literal
from nat_app.views.bring_your_own import networks, words
from nat_app.views.bring_your_own.state import BRINGING, ask_network
from nat_app.visit import brought_along
from nat_core.data.sets import CIFAR10_CLASSES
from nat_core.errors import CheckpointError

if TYPE_CHECKING:
    # That module imports torch, which the form can do without until a network is given.
    from nat_core.network.uploaded_networks import Described


@dataclass(frozen=True, eq=False)
class Description:
    """What the visitor says of the network, by its card.json or in the form."""

    card: UploadedFile | None
    classes: str
    mean: str
    std: str

    def read(self) -> "Described":
        """Return it checked. Raises CheckpointError."""
        from nat_core.network.uploaded_networks import described, read_card

        if self.card is not None:
            return read_card(self.card.getvalue(), self.card.name)
        return described(self.classes, self.mean, self.std)


def draw(pair: Pair) -> None:
    """Draw the form, check what is given and ask the network; then what came of it."""
    left, right = st.columns([1.2, 1], gap="medium")
    file = left.file_uploader(words.NETWORK, key="own_network_file")
    card = right.file_uploader("Its card.json, if it has one", key="own_card_file")
    stands = right.segmented_control("It stands for", list(words.STANDS), format_func=words.STANDS.__getitem__,
                                     key="own_stands", default="baseline", required=True)  # fmt: skip
    with left.expander("Its classes and colours", icon=":material/edit:"):
        classes = st.text_input("Classes in their order, with commas", ", ".join(CIFAR10_CLASSES), key="own_classes",
                      disabled=card is not None)  # fmt: skip
        mean = st.text_input("Means of red, green and blue (0 to 1)", "0.4914, 0.4822, 0.4465", key="own_mean",
                      disabled=card is not None)  # fmt: skip
        std = st.text_input("Standard deviations", "0.2470, 0.2435, 0.2616", key="own_std", disabled=card is not None)
    _ask(pair, file, Description(card, classes, mean, std), "nat" if stands == "nat" else "baseline")
    if problem := BRINGING.get().network_problem:
        st.warning(literal(problem), icon=":material/warning:")
    for each in brought_along.networks().values():
        if each.brought:
            with st.container(border=True, key="own_network", gap="xsmall"):
                _describe(each)


def _ask(pair: Pair, file, description: Description, stands: Kind) -> None:
    """Draw the button, and the progress while the network is asked."""
    place = st.empty()
    if file is None or BRINGING.get().asked_network != file.file_id:
        # The press only marks the file: the work is done in the run that follows, which can draw its progress and be
        # stopped.
        place.button("Compare", key="compare_network", type="primary", icon=":material/play_arrow:",
                     disabled=file is None or pair.key == OWN_PAIR, on_click=ask_network,
                     args=(file.file_id if file else None,))  # fmt: skip
        if pair.key == OWN_PAIR:
            st.caption("To bring another network, choose a pair in the sidebar to set it beside.")
        return
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, "It is checked.")
        st.button("Stop", key="stop_network", icon=":material/stop:", on_click=ask_network, args=(None,))
    try:
        networks.compare(file.getvalue(), file.name, description.read(), stands, pair, bar.progress)
    except CheckpointError as error:
        # First, as it also clears the last problem.
        ask_network(None)
        BRINGING.get().network_problem = str(error)
    BRINGING.get().asked_network = None
    st.rerun()


def _describe(each: brought_along.OwnNetwork) -> None:
    """Draw what the visitor's network is, and the ways from here."""
    sets = {set_title(name): report.images for name, report in each.card.report.sets.items()}
    st.markdown(f"**{literal(short_name(each.card.name))}**")
    st.markdown(words.network_line(each.card.architecture, each.card.parameters, sets))
    with st.container(horizontal=True, vertical_alignment="center"):
        for page, title in (("see_it", "See it"), ("your_photos", "Your photos"), ("thresholds", "Thresholds"),
                            ("attention", "Attention")):  # fmt: skip
            st.page_link(links.file_of(page), label=title)
        st.button("Forget it", key="forget_network", icon=":material/delete:", on_click=brought_along.forget_pair)
