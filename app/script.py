"""NAT Explorer: the frame of every page, which Streamlit runs from top to bottom at each click of a visitor."""

from pathlib import Path

import streamlit as st

from nat_app.frame import frame, links
from nat_app.frame.together import following
from nat_app.pages import OWN, PAGES, SETTINGS
from nat_app.shared.language import _

st.set_page_config(
    page_title="NAT Explorer",
    page_icon=str(Path(__file__).parent / "icon.png"),
    layout="wide",
)
frame.open_link(SETTINGS)
following.arrive()
pages = [
    st.Page(links.file_of(each.name), title=_(each.title), icon=each.icon, url_path=each.name, default=each is PAGES[0])
    for each in PAGES
]
page = st.navigation(pages, position="hidden" if frame.hides("pages") else "sidebar")
if st.runtime.exists():  # where this file is only imported, pages have no titles
    st.set_page_config(
        page_title=f"{page.title} · NAT Explorer",  # the browser's tab, its history and its bookmarks
        menu_items={"About": _("Two networks, one photo: one is sure, the other says that it does not know.")},
    )
links.leave()
frame.style()
frame.settle()
try:
    with st.container(key=frame.PAGE):
        following.draw(page.url_path or PAGES[0].name)
        page.run()
except frame.PageEnd:
    pass
finally:
    # After the page, though a page may end early: so a visitor's browser asks for what charts need before all else.
    following.draw_leading()
    frame.sidebar()
frame.spoken()
following.lead(page.url_path or PAGES[0].name, SETTINGS, OWN)
frame.copy_link(SETTINGS)
frame.download_view()
