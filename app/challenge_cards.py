"""The workshop's challenges as cards: ten clicks, a photo that fools both, a threshold for a factory."""

from collections.abc import Callable

import streamlit as st

from app import cached, challenges, charts, classroom, counted, frame, links, points, thumbnails, visitor
from app import workshop_words as words
from app.challenges import Clicks, Tried
from app.pairs import Pair, pictures_of, set_title
from app.palette import KINDS
from app.pictures import gallery_pictures
from app.play_settings import READERS
from app.words import literal
from app.workshop_charts import cost_figure


def _kept() -> dict[str, object]:
    """What the challenges came to so far, by their names."""
    return st.session_state.setdefault("challenge", {})


def draw(pair: Pair) -> None:
    """Draw the three challenges, one below the other."""
    for name, title, body in (
        ("clicks", words.CLICKS_TITLE, _clicks),
        ("photo", words.PHOTO_TITLE, _photo),
        ("factory", words.FACTORY_TITLE, _factory),
    ):
        with st.container(border=True, key=f"challenge_{name}"):
            st.subheader(title, anchor=False)
            body(pair)


# --- ten clicks ------------------------------------------------------------------------------------------------------


def check_clicks() -> None:
    """Look at the visitor's playground, and give the points where the challenge is met."""
    found = challenges.look_at_playground()
    _kept()["clicks"] = found
    points.award("clicks", points.MOST if found.met else 0)


def _clicks(pair: Pair) -> None:
    st.markdown(words.clicks_task(challenges.MOST_CLICKS, challenges.FEW_SURE))
    with st.container(horizontal=True):
        st.page_link("views/playground.py", label="**Begin in the playground**", icon=":material/experiment:",
                     query_params=challenges.CLICKS_LINK | {"v": links.VERSION})  # fmt: skip
        st.button("Check my playground", key="check_clicks", type="primary", on_click=check_clicks)
    found = _kept().get("clicks")
    if isinstance(found, Clicks):
        st.markdown(words.clicks_verdict(found, challenges.MOST_CLICKS, challenges.FEW_SURE, met=found.met))
        if found.met and (url := st.context.url):
            played = {key: value for key, value in st.session_state.to_dict().items() if key in READERS}
            st.code(links.write(_beside(url, "playground"), played), language=None, wrap_lines=True)
            st.caption("This link holds your negatives: whoever opens it and presses Train sees the same.")


def _beside(url: str, page: str) -> str:
    """The address of another page of this app, as phones reach it."""
    return classroom.outside(f"{url.partition('?')[0].rpartition('/')[0]}/{page}")


# --- a photo that fools both -----------------------------------------------------------------------------------------


def try_photo(name: str, ask: Callable[[], dict]) -> None:
    """Ask both networks about a photo, and give the points where it fools both."""
    tried = Tried(name, ask())
    _kept()["photo"] = tried
    best = points.MOST if all(tried.fooled.values()) else 0
    points.award("photo", max(best, points.won().get("photo", 0)))


def _photo(pair: Pair) -> None:
    st.markdown(words.photo_task(cached.card(pair.nat).classes, challenges.SURE))
    zone = visitor.zone_key("uploads")
    files = st.file_uploader("Take or choose a photo (PNG, JPEG, WebP, GIF or BMP)", accept_multiple_files=True,
                             key=zone, on_change=visitor.removed, args=("uploads",))  # fmt: skip
    visitor.take("uploads", files)
    if problems := list(visitor.problems().values()):
        st.warning("  \n".join(literal(each) for each in problems), icon=":material/warning:")
    own = visitor.photos()
    pictures = {each.file: each for each in gallery_pictures() if not each.known}
    chosen = st.selectbox(
        "Photo", [*own, *pictures], key="fooling",
        format_func=lambda key: own[key].name if key in own else f"{pictures[key].name} (gallery)",
    )  # fmt: skip
    left, right = st.columns([1, 3], gap="medium")
    if chosen in own:
        photo = own[chosen]
        left.image(photo.photo, width=150, alt=photo.name)
        honest = right.toggle("It shows none of the ten things", key="fooling_none")
        name, ask = photo.name, lambda: {kind: said.answer for kind, said in cached.answers(pair, photo.pixels).items()}
    else:
        left.image(thumbnails.gallery_square(chosen), width=150, alt=pictures[chosen].shows)
        left.caption(pictures[chosen].credit)
        name, ask, honest = pictures[chosen].name, lambda: challenges.gallery_answers(pair, chosen), True
    right.button("Try it", key="try_photo", type="primary", disabled=not honest, on_click=try_photo, args=(name, ask))
    tried = _kept().get("photo")
    if isinstance(tried, Tried):
        right.markdown(f"{literal(tried.name)}: {words.fools_both(tried.fooled, tried.answers)}")
        if all(tried.fooled.values()):
            right.caption(words.gallery_fools(challenges.fooling_both(pair), len(pictures)))


# --- a threshold for a factory ---------------------------------------------------------------------------------------


def choose(pair: Pair) -> None:
    """Take the visitor's t for the factory, and give the points by its cost."""
    chosen = st.session_state["factory_t"]
    found = challenges.factory(pair)
    _kept()["factory"] = chosen
    points.award("factory", points.for_cost(found.cost("nat", chosen), float(found.costs["nat"].min())))


def again() -> None:
    """Let the visitor choose another t."""
    _kept().pop("factory", None)
    points.take_back("factory")


def _factory(pair: Pair) -> None:
    st.markdown(words.factory_task(challenges.PRICES, set_title(cached.headline_set(pair))))
    chosen = _kept().get("factory")
    if not isinstance(chosen, float):
        st.slider("Your threshold t for NAT", 0.0, 1.0, 0.5, step=0.01, key="factory_t")
        if frame.hides("answers"):
            st.caption(words.TEACHER_HAS_IT)
            return
        st.button("This is my t", key="choose_factory", type="primary", on_click=choose, args=(pair,))
        return
    found = challenges.factory(pair)
    best = found.best
    least = {kind: float(found.costs[kind].min()) for kind in KINDS}
    st.markdown(words.factory(chosen, found.cost("nat", chosen), best["nat"], least["nat"],
                              points.won()["factory"], points.MOST))  # fmt: skip
    sentence = words.factory_both(best, least, found.cost("nat", 1.0))
    st.plotly_chart(
        cost_figure(counted.CURVE, found.costs, best, chosen, frame.colours()),
        key="factory_costs",
        config=charts.CONFIG,
        alt=f"Cost of a hundred parts at every threshold. {sentence}",
    )
    st.markdown(sentence)
    known, foreign = (
        pictures_of(each, len(cached.predictions(pair.nat, each)))
        for each in (cached.known_set(pair.nat), found.set_name)
    )
    st.caption(words.factory_source(challenges.PRICES, known, foreign))
    st.button("Choose again", key="again_factory", on_click=again)
