"""NAT Explorer: the frame of the app. Start it with: streamlit run app/main.py."""

from pathlib import Path

# Plotly looks at pandas as soon as another thread has begun to import it, and would find half of it: so all of it is
# here before any visitor's chart.
import pandas  # noqa: F401
import streamlit as st

from nat_app.frame import frame

# The pages in the order of the story, by folder and address: title and icon.
PAGES = {
    "see_it": ("See it", ":material/visibility:"),
    "your_photos": ("Your photos", ":material/add_a_photo:"),
    "thresholds": ("Thresholds", ":material/tune:"),
    "attention": ("Attention", ":material/center_focus_strong:"),
    "playground": ("Playground", ":material/experiment:"),
    "your_negatives": ("Your negatives", ":material/block:"),
    "digits_live": ("Digits live", ":material/looks_one:"),
    "workshop": ("Workshop", ":material/school:"),
    "bring_your_own": ("Bring your own", ":material/upload_file:"),
    "evidence": ("Evidence", ":material/fact_check:"),
}

st.set_page_config(
    page_title="NAT Explorer",
    page_icon=str(Path(__file__).parent / "icon.png"),
    layout="wide",
    menu_items={"About": "Two networks, one photo: one is sure, the other says that it does not know."},
)
frame.open_link()
page = st.navigation(
    [
        st.Page(f"views/{name}/view.py", title=title, icon=icon, url_path=name, default=name == "see_it")
        for name, (title, icon) in PAGES.items()
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
