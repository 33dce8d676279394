"""The workshop's three challenges as cards: ten clicks, a photo that fools both, a threshold for a factory."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from jaxtyping import Float

from nat_app.answers import stored_answers
from nat_app.frame import classroom, frame, links
from nat_app.shared.charts import CONFIG, plain
from nat_app.shared.gallery import gallery_pictures, gallery_square
from nat_app.shared.pairs import Pair, pictures_of, set_title
from nat_app.shared.palette import KINDS, NAMES, SYMBOLS, Kind, Palette
from nat_app.shared.settings import Setting
from nat_app.shared.words import Answer, literal
from nat_app.views.playground.settings import SETTINGS as PLAYGROUND
from nat_app.views.workshop import score, words
from nat_app.views.workshop.score import FEW_SURE, GAME, MOST_CLICKS, SURE, Clicks, Tried
from nat_app.visit import photos
from nat_core.measure.metrics import Prices, cheapest, cost_curve

PRICES = Prices(false_alarm=10.0, miss=1.0)
PARTS = 100
"""How many parts the factory's costs are for; half of them are foreign."""
CLICKS_LINK = {"play_shape": "blobs", "play_classes": "3", "play_seed": "0", "play_count": "1"}
"""The playground where the first challenge begins: every press adds one negative."""
FACTORY_T = Setting("factory_t", 0.5)
"""The slider of the factory."""
DASHES: dict[Kind, str] = {"baseline": "dash", "nat": "solid"}
LABELS: dict[Kind, float] = {"baseline": 0.62, "nat": 0.3}
"""How far along a line its name stands."""


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


def look_at_playground() -> Clicks:
    """Return how the visitor's playground stands; imports torch."""
    from nat_app.views.playground import state as playground

    here = playground.scene()
    # Training may have gone on since the visitor left that page.
    playground.follow()
    now, answer, negatives = playground.networks(), playground.answers(SURE)["nat"], playground.negatives()
    # Those that it learned count, though they were taken away since.
    number = negatives.learned or negatives.lying
    return Clicks(number, answer.falsely_sure, answer.right, len(here.points.labels), now.step)


def check_clicks() -> None:
    """Look at the visitor's playground, and give the points where the challenge is met."""
    found = look_at_playground()
    GAME.get().clicks = found
    score.award("clicks", score.MOST if found.met else 0)


def _clicks(pair: Pair) -> None:
    st.markdown(words.clicks_task(MOST_CLICKS, FEW_SURE))
    with st.container(horizontal=True):
        st.page_link(links.file_of("playground"), label="**Begin in the playground**", icon=":material/experiment:",
                     query_params=CLICKS_LINK | {"v": links.VERSION})  # fmt: skip
        st.button("Check my playground", key="check_clicks", type="primary", on_click=check_clicks)
    found = GAME.get().clicks
    if found is not None:
        st.markdown(words.clicks_verdict(found, MOST_CLICKS, FEW_SURE, met=found.met))
        if found.met and (url := st.context.url):
            st.code(links.write(_beside(url, "playground"), links.here([PLAYGROUND])), language=None, wrap_lines=True)
            st.caption("This link holds your negatives: whoever opens it and presses Train sees the same.")


def _beside(url: str, page: str) -> str:
    """The address of another page of this app, as phones reach it."""
    return classroom.outside(f"{url.partition('?')[0].rpartition('/')[0]}/{page}")


# --- a photo that fools both -----------------------------------------------------------------------------------------


def fooling_both(pair: Pair) -> int:
    """Return how many of the gallery's photos of no class fool both networks."""
    tried = [Tried(each.name, gallery_answers(pair, each.file)) for each in gallery_pictures() if not each.known]
    return sum(all(each.fooled.values()) for each in tried)


def gallery_answers(pair: Pair, file: str) -> dict[Kind, Answer]:
    """Return what both networks say of a gallery photo, from what is stored."""
    said = stored_answers.gallery_answers(pair, file)
    return {kind: said[kind].answer for kind in KINDS}


def try_photo(name: str, ask: Callable[[], dict]) -> None:
    """Ask both networks about a photo, and give the points where it fools both."""
    tried = Tried(name, ask())
    game = GAME.get()
    game.tried = tried
    # A photo that fooled both keeps its points, whatever is tried after it.
    best = score.MOST if all(tried.fooled.values()) else 0
    score.award("photo", max(best, game.won.get("photo", 0)))


def _photo(pair: Pair) -> None:
    st.markdown(words.photo_task(stored_answers.card(pair.nat).classes, SURE))
    # The zone of Your photos: a visit has one collection of photos.
    zone = photos.zone_key("uploads")
    files = st.file_uploader("Take or choose a photo (PNG, JPEG, WebP, GIF or BMP)", accept_multiple_files=True,
                             key=zone, on_change=photos.removed, args=("uploads",))  # fmt: skip
    photos.take("uploads", files)
    if problems := list(photos.problems().values()):
        st.warning("  \n".join(literal(each) for each in problems), icon=":material/warning:")
    own = photos.photos()
    pictures = {each.file: each for each in gallery_pictures() if not each.known}
    chosen = st.selectbox(
        "Photo", [*own, *pictures], key="fooling",
        format_func=lambda key: own[key].name if key in own else f"{pictures[key].name} (gallery)",
    )  # fmt: skip
    left, right = st.columns([1, 3], gap="medium")
    # The answers are functions: an own photo needs torch, and is asked about on the press alone.
    if chosen in own:
        photo = own[chosen]
        left.image(photo.photo, width=150, alt=photo.name)
        honest = right.toggle("It shows none of the ten things", key="fooling_none")
        name, ask = (
            photo.name,
            lambda: {kind: said.answer for kind, said in stored_answers.answers(pair, photo.pixels).items()},
        )
    else:
        left.image(gallery_square(chosen), width=150, alt=pictures[chosen].shows)
        left.caption(pictures[chosen].credit)
        name, ask, honest = pictures[chosen].name, lambda: gallery_answers(pair, chosen), True
    right.button("Try it", key="try_photo", type="primary", disabled=not honest, on_click=try_photo, args=(name, ask))
    tried = GAME.get().tried
    if tried is not None:
        right.markdown(f"{literal(tried.name)}: {words.fools_both(tried.fooled, tried.answers)}")
        if all(tried.fooled.values()):
            right.caption(words.gallery_fools(fooling_both(pair), len(pictures)))


# --- a threshold for a factory ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Factory:
    """What errors cost at every t in hundredths, for both networks."""

    costs: dict[Kind, Float[np.ndarray, " 101"]]
    """The cost of a hundred parts."""
    set_name: str
    """The foreign parts."""

    @property
    def best(self) -> dict[Kind, float]:
        """The cheapest t of each network."""
        return {kind: cheapest(stored_answers.CURVE, costs) for kind, costs in self.costs.items()}

    def cost(self, kind: Kind, threshold: float) -> float:
        """The cost of a hundred parts at a t, in [0, 1]."""
        # round, because 100 * 0.29 is 28.999999999999996.
        return float(self.costs[kind][round(100 * threshold)])


def factory(pair: Pair) -> Factory:
    """Return what errors cost, from the stored predictions of what each network knows and of its headline negatives."""
    foreign = stored_answers.headline_of(pair)
    costs: dict[Kind, np.ndarray] = {}
    for kind, name in pair.by_kind.items():
        known = stored_answers.predictions(name, stored_answers.known_set(name)).confidence
        strange = stored_answers.predictions(name, foreign).confidence
        costs[kind] = PARTS * cost_curve(known, strange, stored_answers.CURVE, PRICES)
    return Factory(costs, foreign)


def choose(pair: Pair) -> None:
    """Take the visitor's t for the factory, and give the points by its cost."""
    chosen = FACTORY_T.value
    found = factory(pair)
    GAME.get().factory = chosen
    score.award("factory", score.for_cost(found.cost("nat", chosen), float(found.costs["nat"].min())))


def again() -> None:
    """Let the visitor choose another t."""
    GAME.get().factory = None
    score.take_back("factory")


def _factory(pair: Pair) -> None:
    st.markdown(words.factory_task(PRICES, set_title(stored_answers.headline_of(pair))))
    chosen = GAME.get().factory
    if chosen is None:
        st.slider("Your threshold t for NAT", 0.0, 1.0, step=0.01, key=FACTORY_T.bind())
        if frame.hides("answers"):
            st.caption(words.TEACHER_HAS_IT)
            return
        st.button("This is my t", key="choose_factory", type="primary", on_click=choose, args=(pair,))
        return
    found = factory(pair)
    best = found.best
    least = {kind: float(found.costs[kind].min()) for kind in KINDS}
    st.markdown(words.factory(chosen, found.cost("nat", chosen), best["nat"], least["nat"],
                              GAME.get().won["factory"], score.MOST))  # fmt: skip
    sentence = words.factory_both(best, least, found.cost("nat", 1.0))
    st.plotly_chart(
        cost_figure(stored_answers.CURVE, found.costs, best, chosen, frame.colours()),
        key="factory_costs",
        config=CONFIG,
        alt=f"Cost of a hundred parts at every threshold. {sentence}",
    )
    st.markdown(sentence)
    known, foreign = (
        pictures_of(each, len(stored_answers.predictions(pair.nat, each)))
        for each in (stored_answers.known_set(pair.nat), found.set_name)
    )
    st.caption(words.factory_source(PRICES, known, foreign))
    st.button("Choose again", key="again_factory", on_click=again)


def cost_figure(
    thresholds: Float[np.ndarray, " k"],
    costs: dict[Kind, Float[np.ndarray, " k"]],
    best: dict[Kind, float],
    chosen: float,
    colours: Palette,
) -> go.Figure:
    """Return the cost of a hundred parts at each threshold for both networks, the best t marked, the chosen a line.

    `thresholds`, `best` and `chosen` in [0, 1]; the costs in any unit.
    """
    figure = go.Figure()
    for kind in KINDS:
        colour = colours.of(kind)
        figure.add_scatter(
            x=thresholds,
            y=costs[kind],
            mode="lines",
            line={"color": colour, "width": 2.5, "dash": DASHES[kind]},
            hovertemplate=f"{NAMES[kind]}, t = %{{x:.2f}}: %{{y:.0f}}<extra></extra>",
        )
        least = float(costs[kind].min())
        figure.add_scatter(
            x=[best[kind]],
            y=[least],
            mode="markers",
            marker={"symbol": SYMBOLS[kind], "size": 12, "color": colour, "line": {"width": 2, "color": colour}},
            hoverinfo="skip",
        )
        place = int(len(thresholds) * LABELS[kind])
        _name(figure, kind, (float(thresholds[place]), float(costs[kind][place])), colour)
    figure.add_vline(x=chosen, line={"color": colours.line, "width": 2})
    figure.add_annotation(x=chosen, y=1, yref="paper", yanchor="bottom", text=f"your t = {chosen:.2f}", showarrow=False)
    figure.update_xaxes(title="threshold t", range=[0, 1], fixedrange=True, showgrid=False, zeroline=False)
    figure.update_yaxes(title="cost of a hundred parts", rangemode="tozero", fixedrange=True,
                        gridcolor=colours.faint, zeroline=False)  # fmt: skip
    return plain(figure, 320, top=26, left=60, bottom=44)


def _name(figure: go.Figure, kind: Kind, at: tuple[float, float], colour: str) -> None:
    """Write a network's name beside its line, the baseline's above it and NAT's below."""
    above = kind == "baseline"
    figure.add_annotation(
        x=at[0],
        y=at[1],
        text=f"<b>{NAMES[kind]}</b>",
        font={"color": colour},
        showarrow=False,
        xanchor="left" if above else "right",
        yanchor="bottom" if above else "top",
    )
