"""The workshop's third challenge: a threshold for a factory, where one error costs more than the other."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from jaxtyping import Float

from nat_app.answers import stored_answers
from nat_app.frame import frame, revealed
from nat_app.frame.together import following
from nat_app.frame.wall import fitted
from nat_app.shared.drawing.charts import CONFIG, beside_line, mark, plain, write_name
from nat_app.shared.drawing.palette import KINDS, NAMES, Kind, Palette
from nat_app.shared.language import _, number
from nat_app.shared.pairs import Pair, pictures_of, set_title
from nat_app.shared.score_scales import T_STEPS, way_along
from nat_app.shared.settings import Setting
from nat_app.shared.words import threshold_text
from nat_app.views.workshop import score
from nat_app.views.workshop import words as common
from nat_app.views.workshop.games import words
from nat_app.views.workshop.score import GAME
from nat_app.views.workshop.wall.sending import send
from nat_core.measure.error_costs import Cheapest, Stakes, cheapest, cost_curve, stakes_with_a_valley

PARTS = 100
"""How many parts the costs are for."""
CHOSEN_T: Setting[float | None] = Setting("factory_t", None)
"""The slider of the factory; None until it is moved."""
DASHES: dict[Kind, str] = {"baseline": "dash", "nat": "solid"}
LABELS: dict[Kind, float] = {"baseline": 0.5, "nat": 0.3}
"""How far along a line its name stands."""
TICKS = (0.0, 0.25, 0.5, 0.75, 0.99, 1.0)
Confidences = Float[np.ndarray, " _"]


@dataclass(frozen=True, eq=False)
class Factory:
    """What both networks say of the parts that they know and of foreign ones, and what their errors cost."""

    set_name: str
    """The foreign parts."""
    known: dict[Kind, Confidences]
    foreign: dict[Kind, Confidences]
    stakes: Stakes
    best: dict[Kind, Cheapest]
    """The cheapest t of each network, of all that there are; its cost is that of one part."""

    @property
    def least(self) -> dict[Kind, float]:
        """What a hundred parts cost there."""
        return {kind: PARTS * best.cost for kind, best in self.best.items()}

    def costs(self, kind: Kind, thresholds: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        """What a hundred parts cost at thresholds in [0, 1]."""
        return PARTS * cost_curve(self.known[kind], self.foreign[kind], thresholds, self.stakes)

    def cost(self, kind: Kind, threshold: float) -> float:
        """What a hundred parts cost at one threshold."""
        return float(self.costs(kind, np.array([threshold]))[0])


def factory(pair: Pair) -> Factory:
    """Return the factory of a pair: its prices and its share of foreign parts are such that a choice of t matters."""
    foreign = stored_answers.headline_of(pair)
    known = {kind: _confidence(name, stored_answers.known_set(name)) for kind, name in pair.by_kind.items()}
    strange = {kind: _confidence(name, foreign) for kind, name in pair.by_kind.items()}
    stamps = tuple(stored_answers.stamp_of(name) for name in pair.names)
    stakes = _stakes(stored_answers.folder(), pair.names, foreign, stamps, known, strange)
    best = {kind: cheapest(known[kind], strange[kind], stakes) for kind in KINDS}
    return Factory(foreign, known, strange, stakes, best)


def _confidence(network: str, set_name: str) -> Confidences:
    return stored_answers.predictions(network, set_name).confidence


# Streamlit keeps a result by its arguments, but for those that begin with _: the names and stamps stand for them.
# A visitor's own networks and sets are known by the digests in their names.
@st.cache_data(max_entries=32, show_spinner=False)
def _stakes(
    where: Path, names: tuple[str, str], foreign: str, stamps: tuple[tuple[int, ...], ...],
    _known: dict[Kind, np.ndarray], _strange: dict[Kind, np.ndarray],
) -> Stakes:  # fmt: skip
    return stakes_with_a_valley([(_known[kind], _strange[kind]) for kind in KINDS])


def choose(pair: Pair) -> None:
    """Take the visitor's t, and give the points by its cost."""
    chosen = CHOSEN_T.value
    if chosen is None:
        return
    found = factory(pair)
    GAME.get().factory = chosen
    points = score.for_cost(found.cost("nat", chosen), found.least["nat"])
    score.reveal("factory", points)
    revealed.mark("factory")
    following.tell("factory", chosen, points, pair.key)


def again() -> None:
    """Let the visitor choose another t; the best one has been told."""
    GAME.get().factory = None
    CHOSEN_T.forget()


def draw(pair: Pair) -> None:
    """Draw the task and the slider, or what the choice costs beside the best one."""
    found = factory(pair)
    st.markdown(words.factory_task(found.stakes, set_title(found.set_name)))
    chosen = GAME.get().factory
    if chosen is None:
        _ask(pair)
        return
    with st.container(key="answer_factory"):
        _answer(found, chosen, pair)


def _answer(found: Factory, chosen: float, pair: Pair) -> None:
    best, least = found.best, found.least
    st.markdown(words.factory(chosen, found.cost("nat", chosen), best["nat"].threshold, least["nat"],
                              GAME.get().won["factory"], score.MOST))  # fmt: skip
    sentence = words.factory_both({kind: each.threshold for kind, each in best.items()}, least, found.cost("nat", 1.0))
    st.plotly_chart(
        fitted(cost_figure(found, chosen, frame.colours())),
        key="factory_costs",
        config=CONFIG,
        alt=_("Cost of a hundred parts at every threshold.") + f" {sentence}",
    )
    st.markdown(sentence)
    known, foreign = (
        pictures_of(each, len(stored_answers.predictions(pair.nat, each)), "dative")
        for each in (stored_answers.known_set(pair.nat), found.set_name)
    )
    st.caption(words.factory_source(found.stakes, known, foreign))
    st.button(_(common.AGAIN), key="again_factory", on_click=again, help=common.again_help())
    revealed.focus("factory", "answer_factory")


def _ask(pair: Pair) -> None:
    CHOSEN_T.bind()
    chosen = CHOSEN_T.value
    st.select_slider(
        _("Your threshold t for NAT"),
        (None, *T_STEPS),
        format_func=lambda t: common.NOT_YET if t is None else threshold_text(t),
        key=CHOSEN_T.key,
    )
    if frame.hides("answers"):
        send("factory", chosen, pair)
        return
    st.button(_("This is my t"), key="choose_factory", type="primary", disabled=chosen is None, on_click=choose,
              args=(pair,))  # fmt: skip


def cost_figure(found: Factory, chosen: float, colours: Palette) -> go.Figure:
    """Return the cost of a hundred parts at each threshold for both networks, the best t marked, the chosen a line.

    The axis is as long between two thresholds as the slider is, so that what happens near 1 is seen.
    """
    steps = np.array(T_STEPS)
    figure = go.Figure()
    for kind in KINDS:
        colour, costs = colours.of(kind), found.costs(kind, steps)
        figure.add_scatter(
            x=way_along(steps),
            y=costs,
            mode="lines",
            line={"color": colour, "width": 2.5, "dash": DASHES[kind]},
            customdata=[threshold_text(step) for step in T_STEPS],
            hovertemplate=f"{NAMES[kind]}, t = %{{customdata}}: %{{y:.1f}}<extra></extra>",
        )
        figure.add_scatter(
            x=way_along(np.array([found.best[kind].threshold])),
            y=[found.least[kind]],
            mode="markers",
            marker=mark(kind, colours, 12),
            hoverinfo="skip",
        )
        place = int(len(steps) * LABELS[kind])
        point = (float(way_along(steps)[place]), float(costs[place]))
        above = kind == "baseline"
        write_name(figure, kind, point, colours, right=above, above=above)
    at = float(way_along(np.array([chosen]))[0])
    figure.add_vline(x=at, line={"color": colours.line, "width": 2})
    label = _("your t = {chosen}", chosen=threshold_text(chosen))
    figure.add_annotation(x=at, y=1, yref="paper", yanchor="bottom", text=label, showarrow=False,
                          xanchor=beside_line(at))  # fmt: skip
    figure.update_xaxes(title=_("threshold t, drawn wider near 1"), range=[0, 1], tickvals=way_along(np.array(TICKS)),
                        ticktext=[number(tick, "g") for tick in TICKS], fixedrange=True, showgrid=False,
                        zeroline=False)  # fmt: skip
    figure.update_yaxes(title=_("cost of a hundred parts"), rangemode="tozero", fixedrange=True,
                        gridcolor=colours.faint, zeroline=False)  # fmt: skip
    return plain(figure, 320, top=26, left=60, bottom=44)
