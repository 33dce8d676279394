"""The form for a visitor's network: its file, what it cannot tell by itself, and the comparison once it is made."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from nat_app.answers import stored_answers
from nat_app.answers.plain_names import architecture_title
from nat_app.frame import frame, links, revealed
from nat_app.shared.drawing.palette import Kind
from nat_app.shared.language import _
from nat_app.shared.pairs import OWN_PAIR, Pair
from nat_app.shared.words import literal
from nat_app.views.bring_your_own import comparison, networks, samples, words
from nat_app.views.bring_your_own.state import BRINGING, STANDS, ask_network
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
    """Draw what came of a comparison; then the form, and what is given is checked and asked."""
    if any(each.brought for each in brought_along.networks().values()) and pair.key == OWN_PAIR:
        with st.container(border=True, key="own_network", gap="xsmall"):
            comparison.draw(pair, frame.threshold())
            _ways_on()
            revealed.focus(OWN_PAIR, "own_network", pair.title)
    left, right = st.columns([1.2, 1], gap="medium")
    file = left.file_uploader(_(words.NETWORK), key="own_network_file")
    card = right.file_uploader(_("Its card.json, if it has one"), key="own_card_file")
    stands = right.segmented_control(
        _("It stands for"), list(words.STANDS), format_func=words.STANDS.__getitem__, key=STANDS.bind(),
        required=True,
    )  # fmt: skip
    with left.expander(_("Its classes and colours"), icon=":material/edit:"):
        classes = st.text_input(_("Classes in their order, with commas"), ", ".join(CIFAR10_CLASSES),
                      key="own_classes", disabled=card is not None)  # fmt: skip
        mean = st.text_input(_("Means of red, green and blue (0 to 1)"), "0.4914, 0.4822, 0.4465", key="own_mean",
                      disabled=card is not None)  # fmt: skip
        std = st.text_input(_("Standard deviations"), "0.2470, 0.2435, 0.2616", key="own_std",
                      disabled=card is not None)  # fmt: skip
    _ask(pair, file, Description(card, classes, mean, std), "nat" if stands == "nat" else "baseline")
    if problem := BRINGING.get().network_problem:
        st.warning(literal(problem), icon=":material/warning:")


def _ask(pair: Pair, file: UploadedFile | None, description: Description, stands: Kind) -> None:
    """Draw the buttons, and the progress while the network is asked."""
    place = st.empty()
    sample, asked = samples.network_beside(pair), BRINGING.get().asked_network
    if asked is None or (asked != samples.FILE and (file is None or asked != file.file_id)):
        # The press only marks the file: the work is done in the run that follows, which can draw its progress and be
        # stopped.
        _buttons(place, file, pair, sample)
        return
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, _("It is checked."))
        st.button(_("Stop"), key="stop_network", icon=":material/stop:", on_click=ask_network, args=(None,))
    try:
        if asked == samples.FILE and sample is not None:
            _compare_sample(sample, pair, bar.progress)
        elif file is not None:
            networks.compare(file.getvalue(), file.name, description.read(), stands, pair, bar.progress)
        revealed.mark(OWN_PAIR)
    except CheckpointError as error:
        # First, as it also clears the last problem.
        ask_network(None)
        BRINGING.get().network_problem = str(error)
    BRINGING.get().asked_network = None
    st.rerun()


def _compare_sample(name: str, pair: Pair, progress) -> None:
    """Compare a stored network as if it were the visitor's: by its file, which is checked like any other."""
    from nat_core.network.uploaded_networks import Described

    card, given = stored_answers.card(name), samples.network(name)
    described = Described(tuple(card.classes), tuple(card.mean), tuple(card.std))
    asking = networks.Asking(samples.SETS, samples.MOST_PICTURES)
    networks.compare(given.getvalue(), given.name, described, samples.stands_for(name), pair, progress, asking)


def _buttons(place, file: UploadedFile | None, pair: Pair, sample: str | None) -> None:
    own = pair.key == OWN_PAIR
    with place.container(horizontal=True, vertical_alignment="center"):
        st.button(_("Compare"), key="compare_network", type="primary", icon=":material/play_arrow:",
                  disabled=file is None or own, on_click=ask_network,
                  args=(file.file_id if file else None,))  # fmt: skip
        if own:
            st.caption(_("To bring another network, choose a pair in the sidebar to set it beside."))
        elif sample is not None:
            title = architecture_title(stored_answers.card(sample).architecture)
            about = _(words.SAMPLE_NETWORK, name=sample, title=title)
            st.button(_("Try a sample network"), key="try_network", icon=":material/science:", help=about,
                      on_click=ask_network, args=(samples.FILE,))  # fmt: skip


def _ways_on() -> None:
    """Draw the ways from a comparison."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for page, title, icon in (
            ("see_it", _("See it"), "visibility"),
            ("your_photos", _("Your photos"), "add_a_photo"),
            ("thresholds", _("Thresholds"), "tune"),
            ("attention", _("Attention"), "center_focus_strong"),
        ):
            # The sidebar's sign shows that it is a way on: without one, it is a word among words.
            st.page_link(links.file_of(page), label=title, icon=f":material/{icon}:")
        st.button(_("Forget it"), key="forget_network", icon=":material/delete:", on_click=brought_along.forget_pair)
