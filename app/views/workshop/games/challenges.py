"""The workshop's four challenges as cards: ten clicks, a photo that fools both, `factory`, and `teaching`."""

from collections.abc import Callable

import streamlit as st

from nat_app.answers import stored_answers
from nat_app.frame import classroom, links, revealed
from nat_app.frame.together import following
from nat_app.shared.drawing.palette import KINDS, Kind
from nat_app.shared.gallery import gallery_pictures, gallery_square
from nat_app.shared.language import _
from nat_app.shared.pairs import Pair
from nat_app.shared.words import Answer, capital, literal
from nat_app.views.playground.settings import SETTINGS as PLAYGROUND
from nat_app.views.workshop import score
from nat_app.views.workshop.games import factory, teaching, words
from nat_app.views.workshop.score import FEW_SURE, GAME, MOST_CLICKS, SURE, Clicks, TriedPhoto
from nat_app.views.workshop.settings import FOOLING
from nat_app.visit import photos
from nat_core.data.apart.process import formats

CLICKS_LINK = {"t": str(SURE), "play_shape": "blobs", "play_classes": "3", "play_seed": "0", "play_count": "1"}
"""The playground where the first challenge begins: every press adds one negative."""


def draw(pair: Pair) -> None:
    """Draw the four challenges, one below the other, and what a class does with time left."""
    sends_to = {"playground": "clicks", teaching.PAGE: "teach"} | dict.fromkeys(words.FURTHER, "further")
    following.leads_to({page: f"challenge_{name}" for page, name in sends_to.items()})
    for name, title, body in (
        ("clicks", words.CLICKS_TITLE, _clicks),
        ("photo", words.PHOTO_TITLE, _photo),
        ("factory", words.FACTORY_TITLE, factory.draw),
        ("teach", teaching.TITLE, teaching.draw),
        ("further", words.FURTHER_TITLE, _further),
    ):
        key = f"challenge_{name}"
        with st.container(border=True, key=key):
            st.header(_(title), anchor=False)
            body(pair)
            # Who comes back from a page goes on at the card that sent there, not at the first one.
            if name in sends_to.values():
                revealed.focus(key, key, _(title))


def _further(_pair: Pair) -> None:
    for page, task in words.FURTHER.items():
        st.markdown(_(task))
        st.page_link(links.file_of(page), icon=":material/open_in_full:")


# --- ten clicks ------------------------------------------------------------------------------------------------------


def look_at_playground() -> Clicks:
    """Return how the visitor's playground stands; imports torch."""
    from nat_app.views.playground import state as playground

    here, reached = playground.scene(), playground.begun().reached
    answer = playground.answers_of(here, reached, SURE)["nat"]
    # Those that it learned count, though they were taken away since.
    learned, step = (reached.learned, reached.step) if reached else (0, 0)
    return Clicks(learned or len(here.negatives), answer.falsely_sure, answer.right, len(here.points.labels), step)


def check_clicks() -> None:
    """Look at the visitor's playground, and give the points where the challenge is met."""
    found = look_at_playground()
    GAME.get().clicks = found
    revealed.mark("clicks")
    points = score.MOST if found.met else 0
    score.award("clicks", points)
    # At their start networks are sure of nothing: on the wall that would stand as a goal that was met.
    if found.step:
        following.tell("clicks", found.falsely_sure, points)


def _clicks(pair: Pair) -> None:
    st.markdown(words.clicks_task(MOST_CLICKS, FEW_SURE, SURE))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(links.file_of("playground"), label=_("**Begin in the playground**"), icon=":material/experiment:",
                     query_params=CLICKS_LINK | {"v": links.VERSION})  # fmt: skip
        st.button(_("Check my playground"), key="check_clicks", type="primary", on_click=check_clicks)
    found = GAME.get().clicks
    if found is not None:
        with st.container(key="answer_clicks"):
            st.markdown(words.clicks_verdict(found, MOST_CLICKS, FEW_SURE, met=found.met))
            if found.met and (url := st.context.url):
                link = links.write(_beside(url, "playground"), links.here([PLAYGROUND]))
                st.code(link, language=None, wrap_lines=True)
                st.caption(_("This link holds your negatives: whoever opens it and presses Train sees the same."))
            revealed.focus("clicks", "answer_clicks")


def _beside(url: str, page: str) -> str:
    """The address of another page of this app, as phones reach it."""
    return classroom.outside(f"{url.partition('?')[0].rpartition('/')[0]}/{page}")


# --- a photo that fools both -----------------------------------------------------------------------------------------


def fooling_both(pair: Pair) -> list[str]:
    """Return the names of the gallery's photos of no class that fool both networks."""
    tried = [TriedPhoto(each.name, gallery_answers(pair, each.file)) for each in gallery_pictures() if not each.known]
    return [each.name for each in tried if all(each.fooled.values())]


def gallery_answers(pair: Pair, file: str) -> dict[Kind, Answer]:
    """Return what both networks say of a gallery photo, from what is stored."""
    said = stored_answers.gallery_answers(pair, file)
    return {kind: said[kind].answer for kind in KINDS}


def try_photo(name: str, ask: Callable[[], dict], pair: Pair) -> None:
    """Ask both networks about a photo, and give the points where it fools both."""
    tried = TriedPhoto(name, ask())
    GAME.get().tried = tried
    revealed.mark("tried")
    both = all(tried.fooled.values())
    score.award("photo", score.MOST if both else 0)
    following.tell("photo", float(both), score.MOST if both else 0, pair.key)


def _photo(pair: Pair) -> None:
    st.markdown(words.photo_task(stored_answers.card(pair.nat).classes, SURE))
    # The zone of Your photos: a visit has one collection of photos.
    zone = photos.zone_key("uploads")
    label = _("Take or choose a photo ({formats})", formats=formats())
    files = st.file_uploader(label, accept_multiple_files=True, key=zone, on_change=photos.removed, args=("uploads",))
    before = set(photos.photos())
    photos.take("uploads", files)
    own = photos.photos()
    if new := [key for key in own if key not in before]:
        FOOLING.put(new[-1])
    if problems := list(photos.problems().values()):
        st.warning("  \n".join(literal(each) for each in problems), icon=":material/warning:")
    pictures = {each.file: each for each in gallery_pictures() if not each.known}
    chosen = st.selectbox(
        _("Photo"), [*own, *pictures], key=FOOLING.key,
        format_func=lambda key: own[key].name if key in own else _("{name} (gallery)", name=pictures[key].caption),
    )  # fmt: skip
    left, right = st.columns([1, 3], gap="medium")
    # The answers are functions: an own photo needs torch, and is asked about on the press alone.
    if chosen in own:
        photo = own[chosen]
        left.image(photo.photo, width=150, alt=photo.name)
        honest = right.toggle(_("It shows none of the ten things"), key="fooling_none")
        name, ask = (
            photo.name,
            lambda: {kind: said.answer for kind, said in stored_answers.answers(pair, photo.pixels).items()},
        )
    else:
        left.image(gallery_square(chosen), width=150, alt=pictures[chosen].shows)
        left.caption(pictures[chosen].credit)
        name, ask, honest = capital(pictures[chosen].name), lambda: gallery_answers(pair, chosen), True
    right.button(
        _("Try it"), key="try_photo", type="primary", disabled=not honest, on_click=try_photo, args=(name, ask, pair)
    )
    tried = GAME.get().tried
    if tried is not None:
        with right.container(key="answer_tried"):
            _tried(tried, pair, len(pictures))


def _tried(tried: TriedPhoto, pair: Pair, pictures: int) -> None:
    """Draw whether the photo that was tried fools both, and how many of so many in the gallery do."""
    st.markdown(f"{literal(tried.name)}: {words.fools_both(tried.fooled, tried.answers)}")
    if all(tried.fooled.values()):
        st.caption(words.gallery_fools(len(fooling_both(pair)), pictures))
    revealed.focus("tried", "answer_tried")
