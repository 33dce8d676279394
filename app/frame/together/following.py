"""A class on every page: joining by a link, following the teacher, leading the phones, and the way back to a card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

from nat_app.frame import links, revealed
from nat_app.frame.settings import CLASS, FROM_LESSON, OWN, PAIR, TEACH
from nat_app.frame.together.announced import announce
from nat_app.shared.language import N_, _
from nat_app.shared.settings import Held, PageSettings, Setting
from nat_app.visit import school
from nat_app.visit.identity import browser
from nat_app.visit.school import SchoolClass, SchoolFull

WORKSHOP = "workshop"
"""The page to which lessons lead back, and on which a class is opened."""
NO_CLASS = N_("No class has this code now. Ask your teacher for the code on the wall.")
FULL = N_("This class is full.")
NOT_TAUGHT = N_("This teacher's link fits no class of this server.")


@dataclass
class Following:
    """How a visit goes along with its class."""

    goes: bool = True
    """Whether the teacher's page moves this one."""
    followed: int = 0
    """The last of the teacher's moves that was followed."""
    leads_here: bool = False
    """Of a teacher: whether the class was called to this very page."""
    complaint: str = ""
    """Why the class of the last link could not be joined."""


@dataclass
class WaysBack:
    """Which of the workshop's challenges a page leads back to, while the challenges are what it showed last."""

    by_page: dict[str, str] = field(default_factory=dict)
    """The container of the challenge that sends to a page, by the page."""
    here: str | None = None
    """That of the page that the visitor is on."""


FOLLOWING = Held("following", Following)
WAYS_BACK = Held("ways_back", WaysBack)
LEADS: Setting[bool] = Setting("class_leads", False)
"""The teacher's switch."""


def arrive() -> None:
    """Join the class that a link names, or teach it; to be called once the link has been followed."""
    code, key = CLASS.value, TEACH.value
    if code is None and key is None:
        return
    following = FOLLOWING.get()
    following.complaint = ""
    if key is not None and not school.shared().teach(key, browser()):
        following.complaint = NOT_TAUGHT
    if code is not None:
        following.complaint = _join(code)
    for setting in (CLASS, TEACH):
        setting.forget()
    links.forget_in_address(TEACH.key)


def _join(code: str) -> str:
    """Join a class; return why that cannot be, "" where it could."""
    try:
        joined = school.shared().join(code, browser())
    except SchoolFull:
        return FULL
    FOLLOWING.get().goes = True
    if joined is None:
        return NO_CLASS
    # Who typed the code came by no link that names the networks, and would guess about others than the class.
    PAIR.put(joined.pair)
    return ""


def tell(card: str, guess: float, points: int | None, pair: str | None = None) -> None:
    """Tell the class, where this visit is in one, what was guessed on a card; `guess` in [0, 1].

    Not of another pair than the class looks at, where the answer is another one; `pair` is None where none matters.
    """
    mine = joined()
    if mine is not None and pair in (None, mine.pair):
        school.shared().tell(browser(), card, guess, points)


def joined() -> SchoolClass | None:
    """The class of which this visit is a phone."""
    return school.shared().joined_by(browser())


def taught() -> SchoolClass | None:
    """The class that this visit teaches."""
    return school.shared().taught_by(browser())


# --- a phone ---------------------------------------------------------------------------------------------------------


def draw(page: str) -> None:
    """Draw what stands above a page: the way back to the card that led here, and how the class goes on."""
    mine = joined()
    if page == WORKSHOP:
        _come_back()
    else:
        _way_back(page)
    if FOLLOWING.get().complaint:
        st.warning(_(FOLLOWING.get().complaint), icon=":material/groups:")
    if mine is not None:
        _phone(mine)


def leads_to(pages: Mapping[str, str]) -> None:
    """Take note of the containers of the challenges that the workshop shows, by the pages to which they send."""
    WAYS_BACK.get().by_page = dict(pages)


def _come_back() -> None:
    """Let the challenge of the page that the visitor comes from take the focus, once it is drawn."""
    FROM_LESSON.forget()
    ways = WAYS_BACK.get()
    if ways.here is not None:
        revealed.mark(ways.here)
    # They are shown anew, or not.
    ways.by_page, ways.here = {}, None


def _way_back(page: str) -> None:
    lesson, ways = FROM_LESSON.value, WAYS_BACK.get()
    ways.here = None if lesson is not None else ways.by_page.get(page)
    if lesson is not None:
        st.page_link(
            links.file_of(WORKSHOP),
            label=_("Back to the lesson"),
            icon=":material/arrow_back:",
            query_params={"lesson": lesson, "v": links.VERSION},
        )
    elif ways.here is not None:
        # No link: it would put back what was chosen here.
        st.button(
            _("Back to the challenge"), key="back_to_challenge", type="tertiary", icon=":material/arrow_back:",
            on_click=links.go, args=(WORKSHOP,), kwargs={"workshop_part": "Challenges"},
        )  # fmt: skip


def _phone(mine: SchoolClass) -> None:
    """Draw the line that tells a phone of its class, and look again and again whether the teacher has moved on."""

    # Defined anew in each run: how often it looks depends on how many phones there are by then.
    @st.fragment(run_every=school.shared().pause(mine))
    def line() -> None:
        following = FOLLOWING.get()
        now = joined()
        if now is None:
            st.rerun()
        school.shared().look(now, browser())
        move = now.move
        if now.leads and following.goes and move is not None and move.number != following.followed:
            following.followed = move.number
            links.lead(move.page, move.query)
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="class_line"):
            said = _said_to_phone(now, following)
            st.caption(said, width="content")
            if now.leads:
                label = _("Look elsewhere") if following.goes else _("Follow again")
                st.button(label, key="class_follow", type="tertiary", on_click=_turn)
        announce(said, "class_announced")

    line()


def _said_to_phone(mine: SchoolClass, following: Following) -> str:
    if PAIR.value != mine.pair:
        return _("Class {code} looks at another pair of networks; your guesses stay off the wall.", code=mine.code)
    if not mine.leads:
        return _("Class {code}. Your guesses go to the wall, without your name.", code=mine.code)
    if following.goes:
        return _("Class {code}: you follow your teacher.", code=mine.code)
    return _("Class {code}: you look around by yourself.", code=mine.code)


def _turn() -> None:
    """Follow no more, or again from where the teacher is now."""
    following = FOLLOWING.get()
    following.goes = not following.goes
    following.followed = 0


# --- the teacher -----------------------------------------------------------------------------------------------------


def draw_leading() -> None:
    """Draw the teacher's switch in the sidebar, on every page, while a class is open."""
    mine = taught()
    if mine is None:
        return
    LEADS.put(mine.leads)
    with st.sidebar:
        st.toggle(
            _("All follow me"), key=LEADS.key, on_change=_lead,
            help=_("Where you go, the phones of your class go too. Anyone who wants to can look elsewhere."),
        )  # fmt: skip
        st.button(
            _("Bring all to this page"), key="class_bring", on_click=_bring, disabled=not mine.leads, width="stretch",
            help=_("The phones open this page as it is now, with its settings."),
        )  # fmt: skip


def _lead() -> None:
    mine = taught()
    if mine is not None:
        school.shared().lead(mine, browser(), leads=LEADS.value)
        _bring()


def _bring() -> None:
    FOLLOWING.get().leads_here = True


def lead(page: str, pages: Sequence[PageSettings], own: frozenset[str]) -> None:
    """Lead the class to the teacher's page where it is another one; to be called once the page is drawn.

    `own` are the keys of what each phone chooses for itself, beside those of every page.
    """
    mine = taught()
    if mine is None or not mine.leads:
        return
    following = FOLLOWING.get()
    # By the page alone: a class should not be thrown about by each step of a slider on the wall.
    if following.leads_here or mine.move is None or mine.move.page != page:
        back = {FROM_LESSON.key: FROM_LESSON.value} if FROM_LESSON.value else {}
        school.shared().move(mine, browser(), page, links.texts(pages, OWN | own) | back)
    following.leads_here = False
