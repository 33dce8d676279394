"""Links that restore a page, as the pages' settings describe it: read, followed and written.

What a link should not hold is left out, and a sentence says so. The app's entry hands the settings over.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from nat_app.shared.language import LANGUAGE, _, ngettext, number
from nat_app.shared.settings import Held, PageSettings, Setting
from nat_core.language import legible

VERSION = "1"
TRACKING = re.compile(
    r"utm_\w+|hsa_\w+|(fb|g|d|tt|tw|y|irc)clid|msclkid|gclsrc|[wg]braid|gad_source|gad_campaignid"
    r"|igshid|igsh|li_fat_id|mc_[ce]id|_ga|_gl|_hs(enc|mi)|mkt_tok|oly_(anon|enc)_id|vero_id|ref_src|epik|srsltid|s_cid"
)
"""What networks, search engines and mailings hang on to links to see who follows them; it is none of our business."""
MOST = 5
"""How many settings of a link are complained about one by one."""
LONGEST = 40
"""How many letters of a setting a complaint quotes."""
Values = dict[str, Any]
"""What is chosen, by the settings' keys."""


@dataclass
class Followed:
    """What a visit knows of the links that it followed."""

    query: dict[str, str] | None = None
    """What the address held in the last run, None before the first."""
    link: dict[str, str] = field(default_factory=dict)
    """The last link that was followed."""
    times: Counter[str] = field(default_factory=Counter)
    """How many links named settings of a page."""
    chosen: Values = field(default_factory=dict)
    """What a page chose for another, taken over before the next run draws anything."""
    page: str | None = None
    """The page to go to next."""


FOLLOWED = Held("links", Followed)


def file_of(page: str) -> str:
    """Return a page's script, as Streamlit names pages.

    >>> file_of("see_it")
    'views/see_it/view.py'
    """
    return f"views/{page}/view.py"


def read(
    query: Mapping[str, str], pages: Iterable[PageSettings], used: Mapping[str, Any] | None = None
) -> tuple[Values, list[str]]:
    """Return the settings of a link, and a sentence for each that it should not hold.

    `used` are the values that a sentence names as those in force instead.

    >>> grid = PageSettings("grid", (Setting("size", 3, int),))
    >>> read({"size": "banana", "v": "1"}, [grid], {"size": 3})
    ({}, ['This link has a setting we do not know (size=banana). We used 3.'])
    """
    known = {setting.key: setting for page in pages for setting in page.settings}
    values, complaints = {}, []
    for key, text in query.items():
        if key == "v" or TRACKING.fullmatch(key):
            continue
        try:
            reader = known[key].read if key in known else None
            if reader is None:
                raise ValueError(f"needs one of {', '.join(known)}, not {key}")
            values[key] = reader(text)
        except ValueError:
            complaints.append(_complaint(key, text, used or {}))
    if len(complaints) > MOST:
        more = len(complaints) - MOST
        complaints[MOST:] = [
            ngettext(
                "This link has {count} other setting we do not know. We left it out.",
                "This link has {count} other settings we do not know. We left them out.",
                more,
            )
        ]
    return values, complaints


def _complaint(key: str, text: str, used: Mapping[str, Any]) -> str:
    # A link may come from anyone, so what it says is cut short.
    said = legible(f"{key[:LONGEST]}={text[:LONGEST]}")
    if key in used:
        value = number(used[key], "g") if isinstance(used[key], float) else used[key]
        return _("This link has a setting we do not know ({setting}). We used {value}.", setting=said, value=value)
    return _("This link has a setting we do not know ({setting}). We left it out.", setting=said)


def unnamed(values: Mapping[str, Any], pages: Iterable[PageSettings]) -> list[Setting]:
    """Return the settings that a link with these values puts back to where they began, as it does not name them."""
    return [
        setting
        for page in pages
        if not page.together or named(values, page)
        for setting in page.settings
        if setting.key not in values and not setting.lasting
    ]


def named(values: Mapping[str, Any], page: PageSettings) -> bool:
    """Return whether a link with these values names any setting of a page."""
    return any(setting.key in values for setting in page.settings)


def write(address: str, chosen: Iterable[tuple[Setting, Any]]) -> str:
    """Return the link to a page with what is chosen, without what a setting begins with or no link may hold.

    >>> size = Setting("size", 3, int)
    >>> write("http://localhost:8501/grid?old=1", [(size, 4)])
    'http://localhost:8501/grid?size=4&v=1'
    """
    texts = {setting.key: text for setting, value in chosen if (text := _text(setting, value)) is not None}
    return with_query(address, texts)


def with_query(address: str, query: Mapping[str, str]) -> str:
    """Return the link to a page with settings that are text already.

    >>> with_query("http://localhost:8501/workshop?old=1", {"class": "k7m2ab"})
    'http://localhost:8501/workshop?class=k7m2ab&v=1'
    """
    return f"{address.partition('?')[0]}?{urlencode(dict(query) | {'v': VERSION}, safe=',~')}"


def with_more(link: str, query: Mapping[str, str]) -> str:
    """Return one of our links with further settings that are text already.

    >>> with_more("http://localhost:8501/workshop?t=0.9&v=1", {"class": "k7m2ab"})
    'http://localhost:8501/workshop?class=k7m2ab&t=0.9&v=1'
    """
    address, _, before = link.partition("?")
    return f"{address}?{urlencode(query)}&{before}"


def _text(setting: Setting, value: Any) -> str | None:
    """What a link says of a setting, None where it says nothing: a visitor's own photo is in no link."""
    if setting.read is None or value is None:
        return None
    text = setting.write(value)
    try:
        setting.read(text)
    except ValueError:
        return None
    begun = not setting.named and setting.default is not None and text == setting.write(setting.default)
    return None if begun else text


def here(pages: Iterable[PageSettings]) -> list[tuple[Setting, Any]]:
    """Return what this visit has chosen of these settings."""
    settings = [setting for page in pages for setting in page.settings]
    return [(setting, setting.value) for setting in settings if setting.held]


def choose(**values: Any) -> None:
    """Choose settings of other pages, by their keys, from the next run on."""
    # Not put at once: Streamlit lets nobody set a widget's value in a run that has drawn it.
    FOLLOWED.get().chosen |= values


def go(page: str, **values: Any) -> None:
    """Go to a page with settings of it, by their keys; to be called in a callback."""
    choose(**values)
    FOLLOWED.get().page = page


def follow(pages: Sequence[PageSettings]) -> None:
    """Take over a link that this visit began with or followed, before any widget is made."""
    followed, query = FOLLOWED.get(), st.query_params.to_dict()
    # The address keeps its query from run to run and loses it on the way to another page: only another query is another
    # link. The language is written there whenever it is switched (address.js), which alone makes no link of it.
    if followed.query is None or (_apart(query) and _apart(query) != _apart(followed.query)):
        values, _complaints = read(query, pages)
        if followed.query is not None:
            # An address that a visitor comes back to may be older than their last switch, which is what counts.
            values.pop(LANGUAGE.key, None)
        followed.link = query
        for setting in unnamed(values, pages) if query else ():
            setting.forget()
        followed.times.update(page.page for page in pages if named(values, page))
        _put(values, pages)
    followed.query = query
    _put(followed.chosen, pages)
    followed.chosen = {}


def _apart(query: Mapping[str, str]) -> dict[str, str]:
    """What an address holds but for the language."""
    return {key: text for key, text in query.items() if key != LANGUAGE.key}


def complaints(pages: Sequence[PageSettings], used: Mapping[str, Any] | None = None) -> list[str]:
    """Return what the link that was followed last should not hold, in the language that is spoken by now."""
    return read(FOLLOWED.get().link, pages, used)[1]


def _put(values: Mapping[str, Any], pages: Iterable[PageSettings]) -> None:
    known = {setting.key: setting for page in pages for setting in page.settings}
    for key, value in values.items():
        known[key].put(value)


def forget_in_address(key: str) -> None:
    """Take a setting out of the address that the browser shows, as it is a secret or has done its work."""
    if key in st.query_params:
        del st.query_params[key]
        # Or the shorter address would be taken for another link.
        FOLLOWED.get().query = st.query_params.to_dict()


def texts(pages: Iterable[PageSettings], without: Container[str] = ()) -> dict[str, str]:
    """Return what a link to the page that is open would say, but for some settings."""
    said = {setting.key: _text(setting, value) for setting, value in here(pages) if setting.key not in without}
    return {key: text for key, text in said.items() if text is not None}


def lead(page: str, query: Mapping[str, str]) -> None:
    """Go to a page as if its link were followed, even where the last one said the same; ends the run."""
    FOLLOWED.get().query = {}
    st.switch_page(file_of(page), query_params=dict(query) | {"v": VERSION})


def leave() -> None:
    """Go to the page that a callback chose, if one did; to be called once the pages are known."""
    followed = FOLLOWED.get()
    if followed.page is not None:
        page, followed.page = followed.page, None
        st.switch_page(file_of(page))


def times_followed(page: str) -> int:
    """Return how many links of this visit named settings of a page."""
    return FOLLOWED.get().times[page]
