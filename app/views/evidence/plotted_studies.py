"""Two studies of the page Evidence as pictures: what carries NAT to a student, and where NAT lies on the frontier.

The pictures are those of the results page, in the colours of the visitor's theme.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from nat_app.answers import stored_answers
from nat_app.answers.plain_names import cell_of, plainly
from nat_app.shared.language import _
from nat_app.views.evidence import drawn
from nat_core.errors import CheckpointError
from nat_core.measure.report import NetworkReport
from nat_core.results import beside_paper, equal_cost, frontier, transfer
from nat_core.results.drawings.panels import DARK, Drawing
from nat_core.results.equal_cost import Candidate
from nat_core.results.frontier import FrontierPoint
from nat_core.results.transfer import Transfer
from nat_core.studies.choice import load_choice
from nat_core.studies.plan import studies


@dataclass(frozen=True)
class PlottedStudies:
    """What the records say, as far as the studies were run."""

    transfer: Transfer | None = None
    places: tuple[FrontierPoint, ...] = ()
    strong: tuple[str, ...] = ()
    """How many of the paper's cells the NAT of many negatives reaches, a sentence for each seed."""
    tried: tuple[Candidate, ...] = ()
    """The candidates that cost what NAT costs."""


def gather() -> PlottedStudies:
    """Return what the recorded runs say. Raises CheckpointError where their file is damaged."""
    records = stored_answers.runs()
    try:
        every = studies(choice=load_choice(stored_answers.folder()))
    except CheckpointError:  # whatever else it says, the other studies stand without it
        every = studies()
    return PlottedStudies(
        transfer.transfer(records, stored_answers.diverged_runs()),
        frontier.places(records),
        frontier.strong_sentences(records),
        equal_cost.tried(every, records),
    )


def beside_the_paper(reports: Mapping[str, NetworkReport]) -> None:
    """Draw the paper's cells with ours, and a reader's own where the app was told of a folder of theirs."""
    published = stored_answers.published_reports()
    found = beside_paper.cells(*((published, reports) if published is not None else (reports,)))
    said = beside_paper.sentences(found)
    if not said:
        return
    st.markdown(plainly(" ".join(said)))
    wide, narrow = (beside_paper.plot(found, narrow=each, say=cell_of) for each in (False, True))
    _picture("beside_paper", wide, narrow)
    legend = _(beside_paper.LEGEND) + (f" {_(beside_paper.OWN)}" if published is not None else "")
    st.caption(plainly(legend))
    st.download_button(
        _("The picture (SVG)"), str(wide), "nat-beside-the-paper.svg", "image/svg+xml", key="beside_paper_svg",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def transferred(found: PlottedStudies) -> None:
    """Draw what each student took over from a NAT teacher; nothing before the study was run."""
    if found.transfer is None:
        return
    st.header(_("Does attention carry it?"), anchor=False)
    first, *others = transfer.sentences(found.transfer)
    st.markdown(plainly(first))
    _picture("transfer", *(transfer.plot(found.transfer, narrow=each, say=plainly) for each in (False, True)))
    st.caption(plainly(_(transfer.LEGEND)))
    st.markdown(plainly(" ".join(others)))
    with st.expander(_("Every student in numbers"), icon=":material/table:"):
        drawn.table("transfer_numbers", transfer.grid(found.transfer), _("Every student in numbers"))


def frontier_of_nat(found: PlottedStudies) -> None:
    """Draw where NAT lies between accuracy and NCR, and what was tried at its cost; nothing before either was run."""
    said = frontier.sentences(found.places)
    if not (said or found.tried):
        return
    st.header(_("Could NAT be better?"), anchor=False)
    if found.tried:
        st.markdown(plainly(equal_cost.sentence(found.tried)))
    if said:
        _picture("frontier", *(frontier.plot(found.places, narrow=each, say=plainly) for each in (False, True)))
        st.caption(plainly(_(frontier.LEGEND)))
        st.markdown("\n".join(f"- {plainly(each)}" for each in (*said, *found.strong)))
    if found.tried:
        with st.expander(_("What was tried at equal cost"), icon=":material/table:"):
            drawn.table("tried_numbers", equal_cost.grid(found.tried, studies=False), _("What was tried at equal cost"))


def _picture(key: str, drawing: Drawing, narrow: Drawing) -> None:
    """Draw the picture that fits: which one, the width of the column says, as the sidebar may stand beside it."""
    dark = DARK if st.context.theme.type == "dark" else {}
    # As high as it becomes, at most as wide as its column; by how much it grows on the wall, style.css says.
    height = f"min(calc(var(--larger) * {drawing.height}px), {100 * drawing.height / drawing.width:.1f}cqw)"
    # Its place is kept while it loads, so that nothing below it jumps.
    st.html(f"""<style>
.st-key-plot_{key} {{ container-type: inline-size; }}
.st-key-slim_{key} {{ display: none; min-height: {narrow.height}px; }}
.st-key-page .st-key-full_{key} {{ min-height: {height}; max-width: calc(var(--larger) * {drawing.width}px); }}
@container (max-width: {drawing.width - 1}px) {{
  .st-key-full_{key} {{ display: none; }} .st-key-slim_{key} {{ display: flex; }}
}}
</style>""")
    with st.container(key=f"plot_{key}"):
        for name, each, width in (("full", drawing, "stretch"), ("slim", narrow, narrow.width)):
            with st.container(key=f"{name}_{key}"):
                st.image(plainly(each.svg(dark)), width=width, alt=plainly(each.alt_text))
