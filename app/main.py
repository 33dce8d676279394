"""NAT Explorer: the frame of the app. Start it with: streamlit run app/main.py."""

from pathlib import Path

# Plotly looks at pandas as soon as another thread has begun to import it, and would find half of it: so all of it is
# here before any visitor's chart.
import pandas  # noqa: F401
import streamlit as st

from app import frame

st.set_page_config(
    page_title="NAT Explorer",
    page_icon=str(Path(__file__).parent / "icon.png"),
    layout="wide",
    menu_items={"About": "Two networks, one photo: one is sure, the other says that it does not know."},
)
frame.open_link()
page = st.navigation(
    [
        st.Page("views/see_it.py", title="See it", icon=":material/visibility:", default=True),
        st.Page("views/your_photos.py", title="Your photos", icon=":material/add_a_photo:"),
        st.Page("views/thresholds.py", title="Thresholds", icon=":material/tune:"),
        st.Page("views/attention.py", title="Attention", icon=":material/center_focus_strong:"),
        st.Page("views/playground.py", title="Playground", icon=":material/experiment:"),
        st.Page("views/your_negatives.py", title="Your negatives", icon=":material/block:"),
        st.Page("views/digits_live.py", title="Digits live", icon=":material/looks_one:"),
        st.Page("views/workshop.py", title="Workshop", icon=":material/school:"),
        st.Page("views/bring_your_own.py", title="Bring your own", icon=":material/upload_file:"),
        st.Page("views/evidence.py", title="Evidence", icon=":material/fact_check:"),
    ],
    position="hidden" if frame.hides("pages") else "sidebar",
)
frame.style()
frame.settle()
try:
    page.run()
except frame.PageEnd:
    pass
finally:
    # After the page, though a page may end early: so a visitor's browser asks for what charts need before all else.
    frame.sidebar()
frame.copy_link()
frame.download_view()
