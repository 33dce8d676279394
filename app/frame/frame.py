"""What surrounds every page: the style sheet, the sidebar, and what stands where a network is missing or damaged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import StopException

from nat_app.answers import stored_answers
from nat_app.frame import browser, classroom, links
from nat_app.frame.settings import HIDE, PAIR, THRESHOLD, WALL
from nat_app.shared import words
from nat_app.shared.drawing.palette import Palette, palette
from nat_app.shared.language import LANGUAGE, LANGUAGES, N_, _, of_visit
from nat_app.shared.pairs import OFFERED, OWN_PAIR, Pair, default_pair, pair_named
from nat_app.shared.score_scales import T_STEPS
from nat_app.shared.settings import Held, PageSettings, Setting, put_again
from nat_app.visit import brought_along
from nat_app.visit.limits import is_public
from nat_core import language
from nat_core.errors import CheckpointError
from nat_core.store.checkpoints import training_command

WITHOUT_SETTINGS = "<style>.st-key-page details { display: none; }</style>"
PAGE = "page"
"""The key of the container that holds the page."""


# A StopException, because parts that are drawn again by themselves run without main.py, which catches it: there
# Streamlit takes it for an end, not for an error.
class PageEnd(StopException):
    """Ends a page early, as `st.stop` does, but not the run: the sidebar, in which another pair is chosen, follows."""


def style() -> None:
    """Put on the page what differs from visit to visit; style.css comes with the page itself, from the server."""
    if hides("settings"):
        st.html(WITHOUT_SETTINGS)


@dataclass
class Offered:
    """What the page of this run hands out."""

    name: str = ""
    content: Callable[[], str] | None = None


OFFERED_VIEW = Held("offered", Offered)


def offer(name: str, content: Callable[[], str]) -> None:
    """Offer what the page shows as a CSV file; `content` is asked for it once the visitor wants it.

    It is asked outside of the visit's session, and kept until the next run: so it must be made of plain values alone.
    A value that held the session would keep it from ever ending.
    """
    OFFERED_VIEW.get().name, OFFERED_VIEW.get().content = name, content


def download_view() -> None:
    """Draw the button that hands out what the page offered; to be called once the page is drawn."""
    offered = OFFERED_VIEW.get()
    OFFERED_VIEW.forget()
    if offered.content is not None and not hides("download"):
        st.sidebar.download_button(
            _("Download this view"),
            offered.content,
            file_name=f"nat-{offered.name}.csv",
            mime="text/csv",
            key="download_view",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
            help=_("The numbers that this page shows, as a table (CSV)."),
        )


SPOKEN: Setting[str | None] = Setting("spoken", None)
"""The language in which the page was drawn last, from its top to its bottom."""


def speak() -> None:
    """Speak the visitor's language in this run, whatever the thread spoke in the run before."""
    language.use(of_visit() or language.SOURCE)
    # A run that was cut short has told the browser of some widgets alone, so the next one tells it of all.
    if SPOKEN.value != language.current():
        put_again()


def spoken() -> None:
    """Remember in which language this page was drawn; to be called once it is."""
    SPOKEN.put(language.current())


def open_link(pages: Sequence[PageSettings]) -> None:
    """Take over the settings of a link that this visit began with, or that was followed, before any widget is made."""
    links.follow(pages)
    # The link may have said which language is to be spoken.
    speak()
    for complaint in links.complaints(pages, {THRESHOLD.key: THRESHOLD.default}):
        st.caption(words.literal(complaint))


def hides(part: str) -> bool:
    """Whether the link that was followed hides this part, one of `settings.HIDDEN`."""
    return part in HIDE.value


def copy_link(pages: Sequence[PageSettings]) -> None:
    """Draw the link to this page as it is; to be called once the page is drawn."""
    if not st.context.url or hides("link"):
        return
    # A part of a page that is drawn again by itself leaves the sidebar as it is, so the link is written when asked for.
    popover = st.sidebar.popover(
        _("Copy link"), icon=":material/link:", width="stretch", key="copy_link", on_change="rerun"
    )
    if not popover.open:
        return
    with popover:
        here = links.write(classroom.outside(st.context.url), links.here(pages))
        st.code(here, language=None, wrap_lines=True)
        st.caption(
            _(
                "Opens this page just as it is, but without what you brought along (photos, names, image sets, "
                "networks) and what was learned here."
            )
        )


def settle() -> None:
    """Take what holds on every page, the pair and the threshold, into the visit's state unless it is there already."""
    if PAIR.value is None or (PAIR.value == OWN_PAIR and brought_along.pair() is None):
        PAIR.put(default_pair(stored_answers.present()).key)
    THRESHOLD.bind()
    # A run that the visitor cut short never came to `download_view`, and left what its page had offered.
    OFFERED_VIEW.forget()


def sidebar() -> None:
    """Draw the choice of the pair; its key is "pair", and it holds on every page."""
    # Pairs that are not trained are offered too: the page then names the commands that train them.
    present, brought = stored_answers.present(), brought_along.pair()
    titles = {pair.key: _pair_label(pair, present) for pair in (*([brought] if brought else []), *OFFERED)}
    with st.sidebar:
        if not hides("networks"):
            _choose_pair(titles)
        st.toggle(
            _("For the wall"),
            key=WALL.key,
            persist_state="session",
            help=_("Larger text, for a projector or a class."),
        )
        _choose_language()
        browser.adapt(language.current(), wall=WALL.value)
        st.caption(
            _("Uploads stay in memory and are gone when you leave. Pictures: free, see CREDITS.md of the gallery.")
        )


def _choose_language() -> None:
    asked = LANGUAGES[language.best(st.context.locale)]
    titles = {"": _("As the browser asks: {language}", language=asked), **LANGUAGES}
    # Its label is said in every language: whoever cannot read the page has to find it.
    st.selectbox(
        "Language · Sprache", list(titles), format_func=titles.__getitem__, key=LANGUAGE.bind(), persist_state="session"
    )


def _choose_pair(titles: Mapping[str, str]) -> None:
    st.selectbox(
        _("Networks"),
        list(titles),
        format_func=titles.__getitem__,
        key=PAIR.key,
        persist_state="session",
        help=_(
            "Each pair is one architecture trained twice: once on its own classes alone (baseline), once with "
            "negatives beside them (NAT)."
        ),
    )
    pair = chosen_pair()
    if pair.key != OWN_PAIR and set(pair.names) <= set(stored_answers.present()):
        with suppress(CheckpointError):  # the page itself says what is wrong with it
            st.caption(words.seeds(*(stored_answers.card(name).seed for name in pair.names)))


def _pair_label(pair: Pair, present: Sequence[str]) -> str:
    if pair.key == OWN_PAIR:
        return pair.title
    if set(pair.names) <= set(present):
        return pair.title
    return _("{pair}: not trained yet", pair=pair.title.partition(" (")[0])


def chosen_pair() -> Pair:
    """The pair of the sidebar."""
    key = PAIR.value or default_pair(stored_answers.present()).key
    return (brought_along.pair() if key == OWN_PAIR else None) or pair_named(key)


def colours() -> Palette:
    """The colours of the visitor's theme."""
    return palette(st.context.theme.type)


def threshold() -> float:
    """The threshold t that all pages share, in [0, 1]."""
    return THRESHOLD.value


def threshold_slider(label: str, *, disabled: bool = False) -> None:
    """Draw the slider of t, wherever a page has it: the same steps everywhere, fine near 1."""
    st.select_slider(
        label,
        T_STEPS,
        format_func=words.threshold_text,
        key=THRESHOLD.key,
        disabled=disabled,
        persist_state="session",
    )


def require(names: Sequence[str], *, gallery: bool = False) -> None:
    """Go on where all these networks can be read; else say what to do and end the page.

    `gallery` asks for stored predictions of the gallery too.
    """
    missing = [name for name in names if name not in (*stored_answers.present(), *brought_along.networks())]
    if missing:
        not_trained(missing, _("This pair is not trained yet."), OTHER_PAIR)
    with checked():
        # The predictions as well as the card: a damaged file is then named before the page has drawn anything.
        for name in names:
            stored_answers.card(name)
            stored_answers.predictions(name, stored_answers.known_set(name))
        if gallery and not all(stored_answers.has_gallery(name) for name in names):
            _without_gallery()


OTHER_PAIR = (
    N_("No network {name} here. Train it with the command below, or choose another pair."),
    N_("No network {name} here, and no command that trains it: choose another pair."),
)
"""What to do about a network that is not trained: where a command trains it, and where none does."""


def not_trained(missing: Sequence[str], title: str, instead: tuple[str, str] = OTHER_PAIR) -> None:
    """Say which networks are not trained yet and which commands train them, and end the page.

    `title` is in the visitor's language; `instead` are two messages with a field {name}, marked by `N_`.
    """
    st.title(title, anchor=False)
    commands = [command for name in missing if (command := training_command(name))]
    name = f"`{missing[0].replace('`', '')}`"
    st.markdown(_(instead[0] if commands else instead[1], name=name))
    if commands:
        st.code("\n".join(commands), language="bash")
    if not is_public():
        folder = f"`{stored_answers.folder()}`"
        st.caption(_("Networks are looked for in {folder}.", folder=folder))
    raise PageEnd


@contextmanager
def checked() -> Iterator[None]:
    """Say in one sentence which checkpoint cannot be read and why, and end the page, where that happens inside."""
    try:
        yield
    except CheckpointError as error:
        st.title(_("This network cannot be read."), anchor=False)
        # The sentence names a file on the server's disk, which is no stranger's business.
        why = _("The server's log says why.") if is_public() else f"{str(error).rstrip('.')}."
        st.warning(words.literal(why), icon=":material/warning:")
        st.markdown(_("Meanwhile, choose another pair."))
        raise PageEnd from None


def _without_gallery() -> None:
    st.title(_("This pair has not been asked about the photos."), anchor=False)
    st.markdown(_("It has no stored answers for the gallery: a network of handwritten digits knows no photos."))
    st.page_link(links.file_of("thresholds"), label=_("See how sure it is on its own pictures"), icon=":material/tune:")
    raise PageEnd
