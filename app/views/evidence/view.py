"""Evidence: what was measured here beside what the paper reports, claim by claim and cell by cell."""

from functools import partial

import streamlit as st

from nat_app.frame import frame
from nat_app.shared.language import _
from nat_app.shared.words import literal
from nat_app.views.evidence import other_scores, parts, plotted_studies

found = parts.gather()
frame.offer("report", partial(parts.report_csv, found.reports, found.in_files))
st.title(parts.title(found), anchor=False)
for problem in found.problems:
    st.warning(literal(problem), icon=":material/warning:")
plotted_studies.beside_the_paper(found.reports)
parts.claim_list(found)
other_scores.line(found)
st.header(_("Ours beside the paper's"), anchor=False)
# In a box of their own: one table has more parts than another, and what is unfolded below would fold when it is chosen.
with st.container():
    other_scores.by_each_score(found, parts.tables(found))
parts.finding_list(found)
plotted_studies.transferred(found.shown)
plotted_studies.frontier_of_nat(found.shown)
with st.expander(_("On the sets that others report on, published figures beside ours"), icon=":material/public:"):
    parts.field_tables(found)
parts.study_list(found)
parts.downloads(found)
with st.expander(_("How it was trained and measured, and what limits it"), icon=":material/science:"):
    parts.protocol()
parts.names()
parts.networks(found)
with st.expander(_("Cite"), icon=":material/format_quote:"):
    st.code(parts.citation(), language="bibtex", wrap_lines=True)
with st.expander(_("Licences of the data and of the networks"), icon=":material/balance:"):
    st.markdown(parts.licences())
