"""Evidence: what was measured here beside what the paper reports, claim by claim and cell by cell."""

import streamlit as st

from nat_app.frame import frame
from nat_app.views.evidence import parts as evidence
from nat_app.views.evidence.parts import report_csv

found = evidence.gather()
frame.offer("report", lambda: report_csv(found.reports))
st.title(evidence.title(found), anchor=False)
for problem in found.problems:
    st.warning(problem, icon=":material/warning:")
evidence.claim_list(found)
st.header("Ours beside the paper's", anchor=False)
evidence.tables(found)
evidence.finding_list(found)
evidence.study_list(found)
evidence.downloads(found)
with st.expander("How it was trained and measured, and what limits it", icon=":material/science:"):
    evidence.protocol()
evidence.networks(found)
with st.expander("Cite", icon=":material/format_quote:"):
    st.code(evidence.citation(), language="bibtex", wrap_lines=True)
with st.expander("Licences of the data and of the networks", icon=":material/balance:"):
    st.markdown(evidence.prose("licences.md"))
